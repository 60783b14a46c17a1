"""`accord sign`, `verify-model` and `feeds` as whole processes against what is hostile: exit codes and messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Accord = Callable[..., Any]
AFFECTED = [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"]}]
RECORD = {"id": "EX-1", "modified": "2026-01-01T00:00:00Z", "affected": AFFECTED}


@pytest.fixture
def model(accord: Accord, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "weights.bin").write_bytes(b"w" * 100)
    assert accord("sign", "model", cwd=tmp_path).code == 0
    return folder


@pytest.mark.parametrize(
    "out", ["model/config.json", "model/weights.bin", "model", "other.pub", "notes.txt", "model/x.pub", "empty"]
)
def test_signing_writes_over_nothing_but_signatures(out: str, accord: Accord, model: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "empty").write_bytes(b"")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = accord("sign", "model", "--out", out, cwd=tmp_path)
    assert (done.code, done.out) == (2, b"")
    assert "Traceback" not in done.err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_file_is_never_its_own_signature(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    done = accord("sign", "m.gguf", "--out", "m.gguf", cwd=tmp_path)
    assert done.code == 2
    assert "error[ACC-E846]: m.gguf cannot be written: it is there, and it is no signature" in done.err
    assert (tmp_path / "m.gguf").read_bytes() == b"GGUF"


def test_signing_again_replaces_the_signature(accord: Accord, model: Path, tmp_path: Path) -> None:
    (model / "config.json").write_text("[]")
    assert accord("verify-model", "model", cwd=tmp_path).code == 1
    assert accord("sign", "model", cwd=tmp_path).code == 0
    assert accord("verify-model", "model", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("attack", "word"),
    [
        (lambda model: (model / "weights.bin").write_bytes(b"v" * 100), b"changed: weights.bin"),
        (lambda model: (model / "weights.bin").unlink(), b"removed: weights.bin"),
        (
            lambda model: (model / "weights.bin").rename(model / "w.bin"),
            b"renamed: w.bin: it was signed as weights.bin",
        ),
        (lambda model: (model / "evil.py").write_bytes(b"x"), b"added: evil.py"),
        (lambda model: (model / "evil").symlink_to("/etc/passwd"), b"link: evil"),
        (lambda model: (model / "\u202egpj.exe").write_bytes(b"x"), b"1 things do not hold"),
        (lambda model: (model / "a\nb").write_bytes(b"x"), b"odd-name: a"),
    ],
)
def test_a_changed_folder_ends_with_one_and_names_it(
    attack: Callable[[Path], object], word: bytes, accord: Accord, model: Path, tmp_path: Path
) -> None:
    attack(model)
    done = accord("verify-model", "model", cwd=tmp_path)
    assert done.code == 1, done.err
    assert word in done.out
    assert not {"\u202e", "\x1b"} & set(done.out.decode())
    said = accord("verify-model", "model", "--format", "json", cwd=tmp_path)
    assert (said.code, said.json["ok"]) == (1, False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "ACC-E842"),
        (b"{}", "ACC-E842"),
        (b"[" * 100_000, "ACC-E842"),
        (b"\xff\xfe", "ACC-E842"),
        (b"null", "ACC-E842"),
        (b'{"mediaType":' + b"[" + b"[]," * 5_000_000 + b"[]]}", "ACC-E842"),
    ],
)
def test_a_signature_that_is_none_ends_with_two(
    content: bytes, code: str, accord: Accord, model: Path, tmp_path: Path
) -> None:
    (model / "model.sig").write_bytes(content)
    done = accord("verify-model", "model", cwd=tmp_path)
    assert (done.code, done.out) == (2, b"")
    assert f"error[{code}]" in done.err
    assert "Traceback" not in done.err
    assert done.peak < 300 << 20


def test_two_signatures_in_one_bundle_end_with_two(accord: Accord, model: Path, tmp_path: Path) -> None:
    said = json.loads((model / "model.sig").read_bytes())
    said["dsseEnvelope"]["signatures"] *= 2
    (model / "model.sig").write_text(json.dumps(said))
    done = accord("verify-model", "model", cwd=tmp_path)
    assert done.code == 2
    assert "a bundle has one signature, and this one has several" in done.err


def test_unsigned_links_that_pass_are_printed(accord: Accord, model: Path, tmp_path: Path) -> None:
    (model / "more").symlink_to("/etc")
    done = accord("verify-model", "model", "--ignore-unsigned", cwd=tmp_path)
    assert done.code == 0
    assert b"= unsigned: more" in done.out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.zip", b"PK\x03\x04"),
        ("x.zip", b""),
        ("x.tar", bytes(100)),
        ("x.tar", b"x" * 512),
        ("x.json", b"{"),
        ("x.json", b"[" * 100_000),
        ("x.yaml", b"a: &a [*a]\n"),
        ("x.txt", b"{}"),
        ("x.tar.gz", b"\x1f\x8b\x08"),
        ("x.json", json.dumps(RECORD | {"affected": []}).encode()),
        ("x.jsonl", b"\n" * 1000),
        ("x.json", b"[]"),
    ],
)
def test_a_feed_that_is_none_ends_with_two_and_leaves_nothing(
    name: str, content: bytes, accord: Accord, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    done = accord("feeds", "import", name, cwd=tmp_path)
    assert (done.code, done.out) == (2, b"")
    assert "error[ACC-E82" in done.err
    assert "Traceback" not in done.err
    assert accord("feeds", "list", "--format", "json", cwd=tmp_path).json == {"feeds": []}


def test_a_good_feed_ends_with_zero_and_is_listed(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps([RECORD, {"id": "EX-2\x1b[31m"}]))
    done = accord("feeds", "import", "x.json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "1 were skipped" in done.err
    assert "\x1b" not in done.err
    listed = accord("feeds", "list", "--format", "json", cwd=tmp_path)
    assert [one["records"] for one in listed.json["feeds"]] == [1]


def test_half_a_feed_ends_with_two_and_the_old_one_stands(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(RECORD))
    assert accord("feeds", "import", "x.json", "--name", "mine", cwd=tmp_path).code == 0
    (tmp_path / "y.tar").write_bytes(bytes(0))
    assert accord("feeds", "import", "y.tar", "--name", "mine", cwd=tmp_path).code == 2
    listed = accord("feeds", "list", "--format", "json", cwd=tmp_path)
    assert [(one["name"], one["problem"]) for one in listed.json["feeds"]] == [("mine", None)]
