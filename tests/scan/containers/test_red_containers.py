"""One payload in every container, packing and place that its loaders would read; and the same without the payload."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
Zipped = Callable[..., bytes]

MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
EXEC = b"\x80\x02c__builtin__\nexec\n(X\x10\x00\x00\x00print('harmless')tR."
POPEN = b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93]\x8c\x04trueA"[:-1] + b"a\x85R."
SYSTEM = b"cposix\nsystem\n(S'echo'\ntR."
OLD = b"(S'echo'\nios\nsystem\n."
PAYLOADS = {"exec": EXEC, "popen": POPEN, "system": SYSTEM, "old": OLD}
NAMES = {"exec": "builtins.exec", "popen": "subprocess.Popen", "system": "posix.system", "old": "os.system"}
HONEST = pickle.dumps({"weights": [1.0, 2.0], "name": "model"}, protocol=2)


def said(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


def names(rated: Rated) -> set[str]:
    return {one.name for one in rated.reasons}


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.comment = comment
    return file.getvalue()


def tar_of(*members: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def torch_of(data: bytes, *, folder: str = "archive", method: int = zipfile.ZIP_STORED) -> bytes:
    return zip_of(
        (f"{folder}/data.pkl", data), (f"{folder}/byteorder", b"little"), (f"{folder}/version", b"3\n"), method=method
    )


def package_of(data: bytes) -> bytes:
    return zip_of(
        ("pkg/.data/extern_modules", b"sys\n"), ("pkg/.data/version", b"6\n"), ("pkg/model/model.pkl", data),
        ("pkg/byteorder", b"little"),
    )  # fmt: skip


def legacy_of(data: bytes, *, place: int = 3) -> bytes:
    parts = [b"\x80\x02" + MAGIC + b".", b"\x80\x02M\xe9\x03.", b"\x80\x02}.", HONEST, b"\x80\x02]."]
    parts[place] = data
    return b"".join(parts)


def npy_of(data: bytes, *, version: int = 1, descr: str = "'|O'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}\n".encode()
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


def lzma_of(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


def joblib_old(data: bytes) -> bytes:
    return b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data)


def long_name(data: bytes) -> bytes:
    return tar_of(("a/" * 80 + "model.pkl", data), form=tarfile.GNU_FORMAT)


WRAPS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "torch": torch_of,
    "torch in a folder of another name": lambda data: torch_of(data, folder="x y"),
    "torch without a folder": lambda data: zip_of(("data.pkl", data), ("version", b"3\n")),
    "torch.package": package_of,
    "old torch": legacy_of,
    "old torch, its list of storages": lambda data: legacy_of(data, place=4),
    "old torch, its system": lambda data: legacy_of(data, place=2),
    "torch in torch": lambda data: zip_of(("archive/data.pkl", HONEST), ("archive/data/0", torch_of(data))),
    "an array of objects": npy_of,
    "an array of objects, version 2": lambda data: npy_of(data, version=2),
    "an array of objects, version 3": lambda data: npy_of(data, version=3),
    "an array of records with objects": lambda data: npy_of(data, descr="[('a', '<f8'), ('b', '|O')]"),
    "an array of parts with objects": lambda data: npy_of(data, descr="[('a', [('b', 'O', (2,))])]"),
    "an archive of arrays": lambda data: zip_of(("weights.npy", npy_of(data))),
    "a packed archive of arrays": lambda data: zip_of(("weights.npy", npy_of(data)), method=zipfile.ZIP_DEFLATED),
    "a raw member among arrays": lambda data: zip_of(("weights.npy", data)),
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lzma_of,
    "zlib": zlib.compress,
    "zlib, hardly packed": lambda data: zlib.compress(data, 0),
    "what joblib wrote of old": joblib_old,
    "gzip in gzip": lambda data: gzip.compress(gzip.compress(data)),
    "gzip in xz in bzip2": lambda data: bz2.compress(lzma.compress(gzip.compress(data))),
    "two streams of gzip": lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]),
    "zip": lambda data: zip_of(("model.pkl", data)),
    "deflated": lambda data: zip_of(("model.pkl", data), method=zipfile.ZIP_DEFLATED),
    "zip by bzip2": lambda data: zip_of(("model.pkl", data), method=zipfile.ZIP_BZIP2),
    "zip by lzma": lambda data: zip_of(("model.pkl", data), method=zipfile.ZIP_LZMA),
    "zip in zip": lambda data: zip_of(("a.zip", zip_of(("b.zip", zip_of(("c", data)))))),
    "zip under a picture's name": lambda data: zip_of(("picture.png", data)),
    "zip under a hidden name": lambda data: zip_of((".__x", data)),
    "a comment of a zip": lambda data: zip_of(("readme.txt", b"words"), comment=data),
    "behind a zip": lambda data: zip_of(("readme.txt", b"words")) + data,
    "before a zip": lambda data: data + zip_of(("readme.txt", b"words")),
    "tar": lambda data: tar_of(("model.pkl", data)),
    "tar of old": lambda data: tar_of(("model.pkl", data), form=tarfile.USTAR_FORMAT),
    "tar with a long name": long_name,
    "tar in gzip": lambda data: gzip.compress(tar_of(("model.pkl", data))),
    "zip in tar in xz": lambda data: lzma.compress(tar_of(("a.zip", zip_of(("m", data))))),
    "NeMo": lambda data: gzip.compress(
        tar_of(("model_config.yaml", b"name: x\n"), ("model_weights.ckpt", torch_of(data)))
    ),
    "torch as a tar": lambda data: tar_of(("sys_info", HONEST), ("pickle", data), ("storages", b"\x80\x02K\x00."),
                                          ("tensors", b"\x80\x02K\x00.")),
    "behind a pickle": lambda data: HONEST + data,
    "behind three pickles": lambda data: HONEST * 3 + data,
    "behind zeros": lambda data: HONEST + b"\0" * (512 - len(HONEST)) + data,
}  # fmt: skip
REFUSED_ANYWAY = {"a comment of a zip", "behind a zip", "before a zip", "old torch, its system"}


@pytest.mark.parametrize("way", WRAPS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_named_wherever_it_is(rated: Rate, way: str, payload: str) -> None:
    found = rated("model.bin", WRAPS[way](PAYLOADS[payload]))
    assert found.rating is Rating.DANGEROUS, said(found)
    assert NAMES[payload] in names(found)


@pytest.mark.parametrize("way", [one for one in WRAPS if one not in REFUSED_ANYWAY])
def test_plain_data_in_the_same_place_is_safe(rated: Rate, way: str) -> None:
    found = rated("model.bin", WRAPS[way](HONEST))
    bad = [one.finding.message for one in found.reasons if one.rating is not Rating.SAFE]
    if way in {"two streams of gzip", "torch in torch"} and bad:
        assert way == "torch in torch", bad  # a record that no tensor refers to is read as what it is
    else:
        assert found.rating is Rating.SAFE, bad


@pytest.mark.parametrize("padding", [1, 600, (1 << 20) + 1, 3 << 20])
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_stream_behind_zeros_is_seen(rated: Rate, pack: Callable[[bytes], bytes], padding: int) -> None:
    padding += -padding % 4
    honest = rated("model.gz", pack(HONEST) + b"\0" * padding)
    assert honest.rating is Rating.SAFE, said(honest)
    found = rated("model.gz", pack(HONEST) + b"\0" * padding + pack(EXEC))
    assert found.rating is not Rating.SAFE


SPOILED: dict[str, dict[str, object]] = {
    "another checksum": {"central": {"crc": 1}, "local": {"crc": 1}},
    "another checksum in the directory": {"central": {"crc": 7}},
    "the flag of encryption": {"flags": 1},
    "a flag in the directory": {"central": {"flags": 1}},
    "a flag before it": {"local": {"flags": 0x800}},
    "another name before it": {"local": {"name": b"archive/readme.txt"}},
    "another name in the directory": {"central": {"name": b"archive/readme.txt"}},
    "another size before it": {"local": {"size": 1}},
    "a smaller size in the directory": {"central": {"size": 2, "packed": 2}},
    "another packing before it": {"local": {"method": 8}},
    "another packing in the directory": {"central": {"method": 8}},
    "an unknown packing": {"method": 77},
    "no entry in the directory": {"listed": False},
    "a name that leads out": {"name": "../../model.pkl"},
    "a name from the root": {"name": "/etc/model.pkl"},
    "a name on a drive": {"name": "C:\\model.pkl"},
    "a name cut by a zero": {"name": b"archive/data.pkl\0.txt"},
    "bytes before it": {"before": b"hidden bytes of nobody"},
    "a mark of a link": {"mode": 0o120777},
}


@pytest.mark.parametrize("lie", SPOILED)
@pytest.mark.parametrize("payload", ["exec", "old"])
def test_no_lie_of_a_header_hides_a_payload(rated: Rate, zipped: Zipped, lie: str, payload: str) -> None:
    member: dict[str, object] = {"name": "archive/data.pkl", "data": PAYLOADS[payload], **SPOILED[lie]}
    found = rated("model.pt", zipped([{"name": "archive/version", "data": b"3\n"}, member]))
    assert found.rating is not Rating.SAFE
    if lie not in {"a smaller size in the directory", "another packing in the directory"}:
        assert NAMES[payload] in names(found), said(found)


@pytest.mark.parametrize("lie", SPOILED)
def test_a_lie_alone_is_refused_without_a_payload(rated: Rate, zipped: Zipped, lie: str) -> None:
    member: dict[str, object] = {"name": "archive/data.pkl", "data": HONEST, **SPOILED[lie]}
    found = rated("model.pt", zipped([{"name": "archive/version", "data": b"3\n"}, member]))
    assert found.rating is not Rating.SAFE


@pytest.mark.parametrize("first", [True, False])
def test_both_of_two_members_with_one_name_are_read(rated: Rate, zipped: Zipped, first: bool) -> None:  # noqa: FBT001
    members = [{"name": "archive/data.pkl", "data": one} for one in ((EXEC, HONEST) if first else (HONEST, EXEC))]
    found = rated("model.pt", zipped(members))
    assert found.rating is Rating.DANGEROUS
    assert "builtins.exec" in names(found)


def storage(kind: str = "FloatStorage", *, pid: bytes = b"") -> bytes:
    """A pickle that refers to a storage of one item, or to whatever `pid` pushes."""
    given = (
        pid or b"(X\x07\x00\x00\x00storagectorch\n" + kind.encode() + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01t"
    )
    return b"\x80\x02" + given + b"Q."


@pytest.mark.parametrize(
    "pid",
    [
        b"X\x04\x00\x00\x00echo",
        b"(X\x07\x00\x00\x00storagecos\nsystem\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01t",
        b"(X\x07\x00\x00\x00storagectorch\nnn\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01t",
        b"(X\x06\x00\x00\x00modulecos\nsystem\nNNt",
        b"cos\nsystem\n(S'echo'\ntR",
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ\xff\xff\xff\xfft",
    ],
)
def test_a_persistent_id_is_a_storage_or_refused(rated: Rate, pid: bytes) -> None:
    data = zip_of(("archive/data.pkl", storage(pid=pid)), ("archive/data/0", b"\0" * 4))
    assert rated("model.pt", data).rating is not Rating.SAFE


@pytest.mark.parametrize(("kind", "size"), [("FloatStorage", 4), ("DoubleStorage", 8), ("ByteStorage", 1)])
def test_a_storage_is_as_long_as_its_record(rated: Rate, kind: str, size: int) -> None:
    for length, rating in ((size, Rating.SAFE), (size + 1, None)):
        found = rated("model.pt", zip_of(("archive/data.pkl", storage(kind)), ("archive/data/0", b"A" * length)))
        assert (found.rating is Rating.SAFE) == (rating is Rating.SAFE), said(found)


@pytest.mark.parametrize("member", ["storages", "tensors"])
@pytest.mark.parametrize("announced", [b"(K\x01K\x02ccollections\ndeque\nt", b"}", b"ccollections\ndeque\n)R"])
def test_an_odd_announcement_in_the_first_format_of_torch_is_refused(
    rated: Rate, member: str, announced: bytes
) -> None:
    parts = {"sys_info": HONEST, "pickle": HONEST, "storages": b"\x80\x02K\x00.", "tensors": b"\x80\x02K\x00."}
    swallowed = b"\x80\x02C" + bytes([len(EXEC)]) + EXEC + b"."
    parts[member] = b"\x80\x02K\x01.\x80\x02" + announced + b"." + swallowed
    found = rated("model.tar", tar_of(*parts.items()))
    assert found.rating is not Rating.SAFE, said(found)


@pytest.mark.parametrize("code", ["import os\nos.system('echo')", "print('x')", "def f():\n    return 1\n"])
def test_code_in_a_package_of_torch_is_told(rated: Rate, code: str) -> None:
    data = zip_of(
        ("pkg/.data/extern_modules", b"sys\n"), ("pkg/.data/version", b"6\n"), ("pkg/model/model.pkl", HONEST),
        ("pkg/model/__init__.py", code.encode()), ("pkg/byteorder", b"little"),
    )  # fmt: skip
    found = rated("model.pt", data)
    assert found.rating is not Rating.SAFE
    assert (found.rating is Rating.DANGEROUS) == ("os.system" in code), said(found)


@pytest.mark.parametrize("size", [110 << 20, 600 << 20])
@pytest.mark.parametrize("outer", [lambda data: data, gzip.compress, lambda data: zip_of(("a", data))])
def test_a_bomb_is_refused_in_time(rated: Rate, outer: Callable[[bytes], bytes], size: int) -> None:
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(size >> 20)) + packer.flush()
    found = rated("model.bin", outer(data))
    assert found.rating is Rating.DANGEROUS, said(found)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "C:\\x"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_out_of_a_tar_is_refused(rated: Rate, kind: bytes, target: str) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("weights")
        info.type, info.linkname = kind, target
        archive.addfile(info)
    assert rated("model.tar", file.getvalue()).rating is Rating.DANGEROUS


HEADERS = {
    "a call": "{'descr': __import__('os').system('echo'), 'fortran_order': False, 'shape': (1,), }",
    "a comprehension": "{'descr': [x for x in ()], 'fortran_order': False, 'shape': (1,), }",
    "another key": "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}",
    "a missing key": "{'descr': '<f8', 'shape': (1,), }",
    "a negative count": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
    "a true count": "{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }",
    "a deep nest": "{'descr': " + "(" * 99 + ")" * 99 + ", 'fortran_order': False, 'shape': (1,), }",
    "a text of types": "{'descr': 'i4,O', 'fortran_order': False, 'shape': (1,), }",
    "a class": "{'descr': 'object', 'fortran_order': False, 'shape': (1,), }",
    "a huge array": "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
}


@pytest.mark.parametrize("lie", HEADERS)
def test_a_header_of_an_array_is_plain_or_refused(rated: Rate, lie: str, within: Within) -> None:
    header = HEADERS[lie].encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + EXEC
    with within(100):
        found = rated("weights.npy", data)
    assert found.rating is not Rating.SAFE


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "pack", [zlib.compress, gzip.compress, bz2.compress, base64.b64encode, torch_of, lambda data: data]
)
def test_a_pickle_in_a_call_that_loads_is_named_too(rated: Rate, payload: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(PAYLOADS[payload])
    found = rated("model.pkl", b"\x80\x03cpickle\nloads\nB" + struct.pack("<I", len(packed)) + packed + b"\x85R.")
    assert found.rating is Rating.DANGEROUS
    assert {"pickle.loads", "_pickle.loads"} & names(found)
    if payload in {"exec", "popen"}:
        assert NAMES[payload] in names(found), said(found)
