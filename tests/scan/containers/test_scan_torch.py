from __future__ import annotations

import io
import pickle
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pytest

from accord.scan.containers.torch_legacy import read as legacy_reader
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
MAGIC: Final = 0x1950A86A20F9469CFC6C
BENCH: Final = Path(__file__).parents[3] / ".venv-bench" / "bin" / "python"


class Storage:
    """Stands for one storage; the pickler below writes a persistent id for it."""

    def __init__(self, key: str, count: int, kind: str = "FloatStorage", **how: object) -> None:
        self.key = key
        self.count = count
        self.kind = kind
        self.how = how


def pickled(value: object, *, form: str = "storage", view: bool = False) -> bytes:
    """Return a pickle whose storages are persistent ids, spelt opcode by opcode: torch is not needed for it."""
    pieces: list[Storage] = []
    data = pickle.dumps(_marked(value, pieces), protocol=2)
    for number, one in enumerate(pieces):
        mark = pickle.dumps(f"<<storage {number}>>", protocol=2)[2:-1]
        text = mark[: mark.index(b"q")]
        at = data.index(text)
        end = at + len(text)
        put = 2 if data[end : end + 1] == b"q" else 5
        pid = b"(" + _text(form) + b"ctorch\n" + one.kind.encode() + b"\n" + _text(one.key) + _text("cpu")
        pid += b"J" + struct.pack("<i", one.count) + (b"N" if view else b"") + b"tQ"
        data = data[:at] + pid + data[end : end + put] + data[end + put :]
    return data


def _marked(value: object, pieces: list[Storage]) -> object:
    if isinstance(value, Storage):
        pieces.append(value)
        return f"<<storage {len(pieces) - 1}>>"
    if isinstance(value, dict):
        return {key: _marked(one, pieces) for key, one in value.items()}
    return value


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def saved(
    value: object, records: Mapping[str, bytes], *, method: int = zipfile.ZIP_STORED, pickle_bytes: bytes | None = None
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("archive/data.pkl", pickled(value) if pickle_bytes is None else pickle_bytes)
        archive.writestr("archive/byteorder", "little")
        for key, data in records.items():
            archive.writestr(f"archive/{key}", data)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/.data/serialization_id", "0" * 40)
    return out.getvalue()


def legacy(value: object, numbers: bytes, *, protocol: int = 2) -> bytes:
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    heads = b"".join(pickle.dumps(one, protocol=protocol) for one in (MAGIC, 1001, system))
    return heads + pickled(value, view=True) + pickle.dumps(["0"], protocol=protocol) + numbers


def messages(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


def dangerous(rated: Rated) -> set[str | None]:
    return {one.finding.where.member for one in rated.reasons if one.rating is Rating.DANGEROUS}


def test_a_checkpoint_is_safe_and_its_tensors_are_not_read(rated: Rate, payload: bytes) -> None:
    numbers = payload + bytes(-len(payload) % 4)  # whatever the numbers look like, they are numbers
    found = rated("m.pt", saved({"w": Storage("0", len(numbers) // 4), "epoch": 3}, {"data/0": numbers}))
    assert (found.rating, found.format) == (Rating.SAFE, "torch"), messages(found)


def test_a_payload_in_the_pickle_is_found(rated: Rate, payload: bytes) -> None:
    assert dangerous(rated("m.pt", saved(None, {}, pickle_bytes=payload))) == {"archive/data.pkl"}


def test_a_payload_in_a_record_that_no_tensor_refers_to_is_found(rated: Rate, payload: bytes) -> None:
    records = {"data/0": bytes(16), "data/1": payload, "extra/more.bin": payload}
    found = rated("m.pt", saved({"w": Storage("0", 4)}, records))
    assert dangerous(found) == {"archive/data/1", "archive/extra/more.bin"}


def test_a_payload_behind_the_pickle_is_found(rated: Rate, payload: bytes) -> None:
    data = saved(None, {}, pickle_bytes=pickled({"a": 1}) + payload)
    assert dangerous(rated("m.pt", data)) == {"archive/data.pkl!(trailing bytes)"}


@pytest.mark.parametrize("records", [{}, {"data/0": bytes(15)}, {"data/0": bytes(17)}])
def test_a_tensor_without_its_bytes_is_malformed(rated: Rate, records: dict[str, bytes]) -> None:
    found = rated("m.pt", saved({"w": Storage("0", 4)}, records))
    assert any("the record 0" in one.finding.message for one in found.reasons), messages(found)
    assert found.rating is Rating.MALFORMED


def test_a_storage_with_two_sizes_is_not_safe(rated: Rate) -> None:
    data = saved({"a": Storage("0", 4), "b": Storage("0", 8)}, {"data/0": bytes(16)})
    assert "two sizes" in messages(rated("m.pt", data))


@pytest.mark.parametrize(("kind", "form"), [("OddStorage", "storage"), ("FloatStorage", "file"), ("load", "storage")])
def test_a_reference_to_anything_else_is_not_safe(rated: Rate, kind: str, form: str) -> None:
    data = pickled({"w": Storage("0", 4, kind)}, form=form)
    assert rated("m.pt", saved(None, {"data/0": bytes(16)}, pickle_bytes=data)).rating is not Rating.SAFE


def test_a_compressed_record_is_malformed(rated: Rate) -> None:
    data = saved({"w": Storage("0", 40)}, {"data/0": bytes(160)}, method=zipfile.ZIP_DEFLATED)
    found = rated("m.pt", data)
    assert found.rating is Rating.MALFORMED
    assert "is compressed" in messages(found)


def test_a_renamed_pickle_is_found_by_its_content(rated: Rate, payload: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/weights.txt", payload)
        archive.writestr("archive/version", "3\n")
    assert dangerous(rated("m.pt", out.getvalue())) == {"archive/weights.txt"}


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_the_old_format_is_safe_when_its_bytes_fit(rated: Rate, protocol: int) -> None:
    numbers = struct.pack("<q", 4) + bytes(16)
    found = rated("old.pt", legacy({"w": Storage("0", 4)}, numbers, protocol=protocol))
    assert (found.rating, found.format) == (Rating.SAFE, "torch-legacy"), messages(found)
    assert legacy_reader.__doc__


def test_a_payload_in_any_pickle_of_the_old_format_is_found(rated: Rate, payload: bytes) -> None:
    values: tuple[object, ...] = (MAGIC, 1001, {}, {}, [])
    whole = [pickle.dumps(one, protocol=2) for one in values]
    for number in range(1, 5):
        data = b"".join(payload if number == one else part for one, part in enumerate(whole))
        assert dangerous(rated("old.pt", data)) == {None}


def test_a_payload_behind_the_numbers_of_the_old_format_is_found(rated: Rate, payload: bytes) -> None:
    numbers = struct.pack("<q", 4) + bytes(16)
    found = rated("old.pt", legacy({"w": Storage("0", 4)}, numbers + payload))
    assert dangerous(found) == {"(trailing bytes)"}


def test_too_few_numbers_in_the_old_format_are_malformed(rated: Rate) -> None:
    found = rated("old.pt", legacy({"w": Storage("0", 4)}, bytes(20)))
    assert any("24 bytes and 20 are there" in one.finding.message for one in found.reasons), messages(found)


def first_format(*, storages: bytes, tensors: bytes, value: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        system = pickle.dumps({"protocol_version": 1000}, protocol=2)
        for name, data in {"sys_info": system, "storages": storages, "tensors": tensors, "pickle": value}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_the_first_format_is_a_tar_of_pickles_and_numbers(rated: Rate, payload: bytes) -> None:
    one = b"\x80\x02K\x01X\x03\x00\x00\x00cpuctorch\nFloatStorage\n\x87."
    storages = pickle.dumps(1, 2) + one + struct.pack("<q", 4) + bytes(16) + pickle.dumps([], 2)
    tensor = b"\x80\x02K\x02K\x01ctorch\nFloatStorage\n\x87."
    tensors = pickle.dumps(1, 2) + tensor + struct.pack("<iiqqq", 1, 0, 4, 1, 0)
    value = b"\x80\x02}X\x01\x00\x00\x00wK\x02Qs."
    found = rated("first.tar", first_format(storages=storages, tensors=tensors, value=value))
    assert (found.rating, found.format) == (Rating.SAFE, "torch-tar"), messages(found)
    for bad in ({"storages": storages + payload}, {"tensors": payload}, {"value": payload}):
        parts = {"storages": storages, "tensors": tensors, "value": value, **bad}
        assert dangerous(rated("first.tar", first_format(**parts))), bad


def packaged(code: bytes, value: bytes | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("p/.data/extern_modules", "torch\n")
        archive.writestr("p/.data/version", "6\n")
        archive.writestr("p/.data/0.storage", bytes(16))
        archive.writestr("p/model/model.pkl", value or pickled({"w": Storage("0", 4)}))
        archive.writestr("p/code.py", code)
    return out.getvalue()


def test_a_package_is_safe_only_without_code(rated: Rate, payload: bytes) -> None:
    empty = rated("p.pt", packaged(b"\n"))
    assert (empty.rating, empty.format) == (Rating.SAFE, "torch-package"), messages(empty)
    assert rated("p.pt", packaged(b"def forward(x):\n    return x + 1\n")).rating is Rating.UNKNOWN
    assert rated("p.pt", packaged(b"import os\nos.system('true')\n")).rating is Rating.DANGEROUS
    assert dangerous(rated("p.pt", packaged(b"\n", payload))) == {"p/model/model.pkl"}


def test_a_zip_of_a_gibibyte_is_rated_in_milliseconds(tmp_path: Path, within: Within) -> None:
    from accord.scan.engine import Target, rate

    size = 1 << 30
    value = pickled({"w": Storage("0", size // 4)})
    path = tmp_path / "big.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("big/data.pkl", value)
        archive.writestr("big/version", "3\n")
    head = path.read_bytes()
    directory = head.index(b"PK\x01\x02")
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0x21, 0, size, size, 10, 0) + b"big/data/0"
    end = struct.unpack_from("<4s4H2LH", head, head.index(b"PK\x05\x06"))
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0x21, 0, size, size, 10, 0, 0, 0, 0, 0, directory
    )
    entries = head[directory : directory + end[5]] + central + b"big/data/0"
    with path.open("wb") as file:
        file.write(head[:directory] + local)
        file.seek(size, 1)
        at = file.tell()
        file.write(entries + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(entries), at, 0))
    rate(Target(tmp_path, "big.pt", "big.pt"))  # the first call imports
    with within(3):
        found = rate(Target(tmp_path, "big.pt", "big.pt"))
    assert (found.rating, found.format) == (Rating.SAFE, "torch"), messages(found)


@pytest.mark.skipif(not BENCH.exists() or shutil.which("env") is None, reason="make bench-env makes the frameworks")
def test_what_torch_saves_is_safe_by_every_protocol(tmp_path: Path) -> None:
    from accord.scan.engine import Target, rate

    program = Path(__file__).with_name("torch_saves.py")
    subprocess.run([BENCH, program, tmp_path], check=True, timeout=120, env={"OMP_NUM_THREADS": "1"})
    files = sorted(tmp_path.iterdir())
    assert len(files) >= 15
    found = {path.name: rate(Target(tmp_path, path.name, path.name)) for path in files}
    assert {name: messages(one) for name, one in found.items() if one.rating is not Rating.SAFE} == {}


def test_an_archive_of_two_layouts_is_read_as_both(rated: Rate) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.pkl", pickled({"a": 1}))
        archive.writestr("schema.json", '{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}')
    found = rated("two.zip", out.getvalue())
    assert found.rating is not Rating.SAFE
