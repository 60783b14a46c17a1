"""Packs made to hold a reader up: deltas in circles, bombs, cut objects, lying indexes; and histories with holes."""

from __future__ import annotations

import hashlib
import itertools
import struct
import time
import zlib
from pathlib import Path

import pytest

from accord.scan.gitobjects import LARGEST, GitError, Objects
from accord.scan.history import Passage, Reading

COMMIT, TREE, BLOB, OFS, REF = 1, 2, 3, 6, 7
A, B, C = b"\xaa" * 20, b"\xbb" * 20, b"\xcc" * 20


def head(kind: int, size: int) -> bytes:
    """Return the head of an entry in a pack (gitformat-pack)."""
    parts = [kind << 4 | size & 15]
    size >>= 4
    while size:
        parts[-1] |= 0x80
        parts.append(size & 0x7F)
        size >>= 7
    return bytes(parts)


def entry(kind: int, data: bytes, base: bytes = b"") -> bytes:
    return head(kind, len(data)) + base + zlib.compress(data)


def length(size: int) -> bytes:
    parts = [size & 0x7F]
    while size := size >> 7:
        parts[-1] |= 0x80
        parts.append(size & 0x7F)
    return bytes(parts)


def pack(root: Path, *entries: tuple[bytes, bytes], offsets: dict[bytes, int] | None = None) -> Path:
    """Write a pack of raw entries with an index of version 2, honest but for `offsets`."""
    body = b"PACK" + struct.pack(">II", 2, len(entries))
    places: dict[bytes, int] = {}
    for name, raw in entries:
        places[name] = len(body)
        body += raw
    places |= offsets or {}
    names = sorted(places)
    index = b"\xfftOc\0\0\0\2" + b"".join(
        struct.pack(">I", sum(name[0] <= one for name in names)) for one in range(256)
    )
    index += b"".join(names) + bytes(4 * len(names)) + b"".join(struct.pack(">I", places[name]) for name in names)
    folder = root / ".git" / "objects" / "pack"
    folder.mkdir(parents=True)
    (folder / "pack-a.pack").write_bytes(body + hashlib.sha1(body, usedforsecurity=False).digest())
    (folder / "pack-a.idx").write_bytes(index + bytes(40))
    return root / ".git"


def loose(git: Path, kind: str, data: bytes) -> str:
    whole = f"{kind} {len(data)}\0".encode() + data
    name = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = git / "objects" / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zlib.compress(whole))
    return name


def committed(git: Path, *files: tuple[str, str], mode: str = "100644") -> str:
    tree = b"".join(f"{mode} {path}".encode() + b"\0" + bytes.fromhex(blob) for path, blob in sorted(files))
    return loose(git, "commit", f"tree {loose(git, 'tree', tree)}\ncommitter a <a@x> 1 +0000\n\nx".encode())


def read(git: Path, *, seconds: float = 5) -> tuple[list[Passage], list[str]]:
    reading = Reading(git, seconds=seconds)
    started = time.process_time()
    found = list(reading.passages())
    assert time.process_time() - started < seconds + 2
    return found, reading.left_out


def grown(base: int, total: int, code: bytes) -> bytes:
    return length(base) + length(total) + code


COPY = grown(3, 3, b"\x90\x03")
CIRCLES = {
    "to itself": ((A, entry(REF, COPY, A)),),
    "of two": ((A, entry(REF, COPY, B)), (B, entry(REF, COPY, A))),
    "of three": ((A, entry(REF, COPY, B)), (B, entry(REF, COPY, C)), (C, entry(REF, COPY, A))),
    "that a good object leads into": ((A, entry(REF, COPY, B)), (B, entry(REF, COPY, B)), (C, entry(REF, COPY, A))),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_deltas_in_a_circle_end_and_are_told(name: str, tmp_path: Path) -> None:
    passages, left_out = read(pack(tmp_path, *CIRCLES[name]))
    assert passages == []
    assert left_out == [f"{len(CIRCLES[name])} objects are missing, damaged or too large"]


def test_an_honest_chain_beside_a_circle_is_read(tmp_path: Path) -> None:
    chain = ((A, entry(BLOB, b"abc")), (B, entry(REF, COPY + b"", A)), (C, entry(REF, grown(3, 2, b"\x02hi"), B)))
    passages, left_out = read(pack(tmp_path, *chain, (b"\xdd" * 20, entry(REF, COPY, b"\xdd" * 20))))
    assert [one.text for one in passages] == ["abc", "hi"]
    assert left_out == ["1 objects are missing, damaged or too large"]


@pytest.mark.parametrize("links", [500, 600, 20_000])
def test_a_long_chain_is_read_or_told_and_takes_no_longer_than_it_may(links: int, tmp_path: Path) -> None:
    names = [number.to_bytes(20, "big") for number in range(links)]
    body = [(names[0], entry(BLOB, b"abc"))]
    body += [(name, entry(REF, COPY, before)) for before, name in itertools.pairwise(names)]
    passages, left_out = read(pack(tmp_path, *body))
    assert [one.text for one in passages] == (["abc"] if links < 20_000 else [])
    assert bool(left_out) is (links > 512)


@pytest.mark.parametrize(
    "delta",
    [
        grown(3, LARGEST + 1, b"\x90\x03"),
        grown(3, 1 << 60, b"\x90\x03"),
        grown(1 << 60, 3, b"\x90\x03"),
        grown(3, LARGEST, b"\x80" * 1000),
        grown(3, 5, b"\x90\x03" * 5),
        grown(3, 3, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        grown(3, 3, b"\x00" * 50),
        grown(3, 3, b"\x7fab"),
        b"\xff" * 30,
        b"",
        grown(3, 3, b""),
        grown(3, 3, b"\x91\x02\x03"),
    ],
)
def test_a_delta_that_makes_something_else_is_refused(delta: bytes, tmp_path: Path) -> None:
    git = pack(tmp_path, (A, entry(BLOB, b"abc")), (B, entry(REF, delta, A)))
    with pytest.raises((GitError, IndexError)):
        Objects(git).read(B.hex())
    passages, left_out = read(git)
    assert [one.text for one in passages] == ["abc"]
    assert left_out


def test_an_object_that_unpacks_without_end_is_told(tmp_path: Path) -> None:
    git = pack(tmp_path, (A, entry(BLOB, bytes(64 << 20))), (B, entry(BLOB, b"abc")))
    with pytest.raises(GitError, match="larger than 16 MiB"):
        Objects(git).read(A.hex())
    assert read(git)[1]


@pytest.mark.parametrize("keep", [0, 1, 5, 40, -1, -5])
def test_a_cut_object_is_never_read_as_a_whole_one(keep: int, tmp_path: Path) -> None:
    text = "".join(f"line {number} {hashlib.sha256(bytes([number])).hexdigest()}\n" for number in range(99)).encode()
    raw = head(BLOB, len(text)) + zlib.compress(text)[: keep or 1]
    git = pack(tmp_path, (A, raw), (B, entry(BLOB, b"abc")))
    with pytest.raises(GitError):
        Objects(git).read(A.hex())
    passages, left_out = read(git)
    assert ([one.text for one in passages], len(left_out)) == (["abc"], 1)


@pytest.mark.parametrize("offset", [0, 4, 11, 1 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_an_index_that_points_outside_is_told(offset: int, tmp_path: Path) -> None:
    git = pack(tmp_path, (A, entry(BLOB, b"abc")), (B, entry(BLOB, b"def")), offsets={B: offset})
    passages, left_out = read(git)
    assert all(one.text != "def" for one in passages)
    assert left_out


def test_a_delta_whose_base_is_elsewhere_is_told(tmp_path: Path) -> None:
    passages, left_out = read(pack(tmp_path, (A, entry(REF, COPY, b"\xee" * 20)), (B, entry(BLOB, b"abc"))))
    assert [one.text for one in passages] == ["abc"]
    assert isinstance(left_out, list)


def test_a_delta_that_reaches_before_its_pack_is_told(tmp_path: Path) -> None:
    passages, left_out = read(pack(tmp_path, (A, entry(OFS, COPY, b"\x7f")), (B, entry(BLOB, b"abc"))))
    assert ([one.text for one in passages], len(left_out)) == (["abc"], 1)


def test_a_tree_in_a_circle_is_walked_once(tmp_path: Path) -> None:
    tree = b"40000 down\0" + A + b"100644 f.txt\0" + B
    commit = b"tree " + A.hex().encode() + b"\ncommitter a <a@x> 1 +0000\n\nx"
    git = pack(tmp_path, (A, entry(TREE, tree)), (B, entry(BLOB, b"abc")), (C, entry(COMMIT, commit)))
    passages, _ = read(git)
    assert [(one.path, one.text) for one in passages] == [("f.txt", "abc")]


def test_files_that_are_not_here_are_told_as_in_a_partial_clone(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    here = loose(git, "blob", b"abc")
    committed(git, ("a.txt", here), ("b.txt", "1" * 40), ("c.txt", "2" * 40))
    committed(git, ("b.txt", "1" * 40))
    passages, left_out = read(git)
    assert [one.path for one in passages] == ["a.txt"]
    assert left_out == ["2 files of commits are not here, as in a partial clone"]


def test_a_whole_history_has_no_holes(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    blob = loose(git, "blob", b"abc")
    committed(git, ("a.txt", blob), ("again.txt", blob))
    committed(git, ("sub", "3" * 40), mode="160000")
    committed(git, ("link", "4" * 40), mode="120000")
    assert read(git)[1] == []


@pytest.mark.parametrize("name", ["../../x", "a\nb", "\x1b[31m", "a/b", "", ".git", "\u202egpj"])
def test_odd_names_in_a_tree_are_names(name: str, tmp_path: Path) -> None:
    git = tmp_path / ".git"
    committed(git, (name, loose(git, "blob", b"abc")))
    passages, _ = read(git)
    assert [one.text for one in passages] == ["abc"]
