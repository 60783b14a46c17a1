"""Safetensors: honest files pass in no time, and every lie of the header is told."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.engine import rate_open
from accord.scan.models.safetensors import is_safetensors
from accord.scan.part import Part
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
NAME = "model.safetensors"


def framed(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def entry(begin: int, end: int, dtype: str = "F32", shape: list[int] | None = None) -> dict[str, object]:
    return {"dtype": dtype, "shape": [(end - begin) // 4] if shape is None else shape, "data_offsets": [begin, end]}


def saved(tensors: Mapping[str, object], data: bytes) -> bytes:
    return framed(json.dumps(tensors).encode(), data)


HONEST = saved({"__metadata__": {"format": "pt"}, "b": entry(8, 24), "a": entry(0, 8)}, bytes(24))


def rated_bytes(data: bytes, name: str = NAME) -> Rated:
    return rate_open(io.BytesIO(data), name)


def kinds(found: Rated) -> set[str]:
    return {one.finding.check or "" for one in found.reasons}


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"w": entry(0, 16)},
        {"scalar": entry(0, 4, shape=[]), "w": entry(4, 16)},
        {"empty": entry(0, 0, shape=[0, 1 << 40]), "w": entry(0, 16)},
        {"half": entry(0, 16, "BF16", [2, 4])},
        {"four": entry(0, 16, "F4", [32])},
        {"eight": entry(0, 16, "F8_E4M3", [16])},
        {"__metadata__": {"note": "os.system('x') {{ ''.__class__ }}", "leer": ""}, "w": entry(0, 16)},
        {"models/../w": entry(0, 16)},
    ],
)
def test_honest_files_are_safe(rated: Rate, tensors: Mapping[str, object]) -> None:
    found = rated(NAME, saved(tensors, bytes(0 if not tensors else 16)))
    assert (found.format, found.rating, found.reasons) == ("safetensors", Rating.SAFE, ())


def test_padding_of_the_header_with_blanks_is_fine(rated: Rate) -> None:
    header = json.dumps({"w": entry(0, 16)}).encode()
    assert rated(NAME, framed(header + b" " * 7, bytes(16))).rating is Rating.SAFE


def test_the_first_byte_of_the_length_may_look_like_a_pickle(rated: Rate) -> None:
    header = json.dumps({"w": entry(0, 16)}).encode()
    for size in (0x0280, 0x0380, 0x0480, 0x0580, 0x28, 0x7D, 0x5D, 0x80):
        assert rated(NAME, framed(header.ljust(size), bytes(16))).rating is Rating.SAFE


ENTRY = b'{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
BROKEN = {
    "a header beyond the end": struct.pack("<Q", 1 << 20) + b'{"a":1}',
    "a key twice": framed(b'{"w":%s,"w":%s}' % (ENTRY, ENTRY), b"x"),
    "a key twice inside": framed(b'{"w":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', b"x"),
    "a number that is none": framed(b'{"w":{"dtype":"U8","shape":[NaN],"data_offsets":[0,1]}}', b"x"),
    "a number with a fraction": framed(b'{"w":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', b"x"),
    "a truth for a number": framed(b'{"w":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', b"x"),
    "a negative length": saved({"w": entry(0, 4, shape=[-1])}, bytes(4)),
    "a reversed place": saved({"w": {"dtype": "U8", "shape": [0], "data_offsets": [4, 0]}}, bytes(4)),
    "an end beyond the file": saved({"w": entry(0, 16)}, bytes(12)),
    "a shape that needs more": saved({"w": entry(0, 16, shape=[5])}, bytes(16)),
    "an overlap": saved({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12)),
    "the same bytes twice": saved({"a": entry(0, 8), "b": entry(0, 8)}, bytes(8)),
    "a hole": saved({"a": entry(0, 8), "b": entry(12, 20)}, bytes(20)),
    "a hole at the start": saved({"a": entry(4, 12)}, bytes(12)),
    "bytes at the end": HONEST + b"\0\0\0\0",
    "metadata that is no text": saved({"__metadata__": {"a": 1}, "w": entry(0, 4)}, bytes(4)),
    "metadata that is a list": saved({"__metadata__": ["a"], "w": entry(0, 4)}, bytes(4)),
    "a key too many": saved({"w": entry(0, 4) | {"code": "x"}}, bytes(4)),
    "a key too few": saved({"w": {"dtype": "U8", "shape": [4]}}, bytes(4)),
    "an entry that is a list": saved({"w": [1]}, b""),
    "no JSON": framed(b'{"w": ', b""),
    "a second value": framed(b'{"w": {}} {}', b""),
    "half a letter": framed(b'{"\\ud800": {"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x"),
    "no UTF-8": framed(b'{"\xff": {"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x"),
    "brackets without end": framed(b'{"w":' + b"[" * 100_000, b""),
}  # fmt: skip


@pytest.mark.parametrize("lie", BROKEN)
def test_every_lie_of_a_header_is_malformed(rated: Rate, lie: str) -> None:
    found = rated(NAME, BROKEN[lie])
    assert found.rating is Rating.MALFORMED
    assert found.reasons


@pytest.mark.parametrize("shape", [[1 << 32, 1 << 32], [1 << 62, 4], [(1 << 62) + 1, 1 << 40]])
def test_shapes_that_overflow_64_bits_are_attacks_and_are_called_so(rated: Rate, shape: list[int]) -> None:
    found = rated(NAME, saved({"w": entry(0, 4, "U8", shape)}, bytes(4)))
    assert found.rating is Rating.DANGEROUS


def test_a_length_of_the_header_near_64_bits_is_an_attack(rated: Rate) -> None:
    assert rated(NAME, struct.pack("<Q", (1 << 64) - 9) + b'{"a":1}').rating is Rating.DANGEROUS


def test_an_unknown_type_is_unknown(rated: Rate) -> None:
    found = rated(NAME, saved({"w": entry(0, 4, "F2_NEW", [16])}, bytes(4)))
    assert found.rating is Rating.UNKNOWN
    assert found.reasons[0].name == "F2_NEW"


def test_a_header_too_big_to_read_is_unknown(rated: Rate) -> None:
    assert rated(NAME, framed(b'{"__metadata__":{"a":"' + b"x" * (11 << 20) + b'"}}')).rating is Rating.UNKNOWN


def test_a_zip_behind_the_tensors_is_looked_inside(rated: Rate) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    found = rated(NAME, HONEST + packed.getvalue())
    assert found.rating is Rating.DANGEROUS
    assert any("system" in one.name for one in found.reasons)


def test_a_pickle_behind_the_tensors_is_looked_inside(rated: Rate) -> None:
    found = rated(NAME, HONEST + b"cos\nsystem\n(S'true'\ntR.")
    assert found.rating is Rating.DANGEROUS


def test_a_pickle_between_the_tensors_is_looked_inside(rated: Rate) -> None:
    payload = b"cos\nsystem\n(S'true'\ntR."
    tensors = {"a": entry(0, 8), "b": entry(8 + len(payload), 16 + len(payload))}
    assert rated(NAME, saved(tensors, bytes(8) + payload + bytes(8))).rating is Rating.DANGEROUS


def polyglot(payload: bytes) -> bytes:
    """Return a valid file whose first byte is a pickle's opcode for a text; more texts lead on to the tensor."""
    size, begin = 0x5054, b'{"__metadata__":{"a":"'
    end = b'"},"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(payload), len(payload))
    header = begin + b"x" * (0x50 + 5 - 8 - len(begin))
    while (left := size - len(header)) > 128:
        step = min(100, left - 2 - 80)
        header += b"U" + bytes([step]) + b"y" * step
    header += b"U" + bytes([left - 2]) + b"y" * (left - 2 - len(end)) + end
    return framed(header, payload)


def test_a_file_that_is_a_pickle_as_well_is_read_as_one(rated: Rate) -> None:
    content = polyglot(b"0cos\nsystem\n(S'true'\ntR.")
    assert json.loads(content[8:0x505C])
    assert content[:1] == b"T"
    for name in (NAME, "model.pkl", "model.bin"):
        assert rated(name, content).rating is Rating.DANGEROUS


def test_another_format_under_the_name_is_no_safetensors(rated: Rate) -> None:
    assert rated(NAME, b"just words\n").rating is Rating.MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"abcdefg{",
        b'function{"a":1}',
        bytes(64),
        b"\x89PNG\r\n\x1a\n" + bytes(20),
        struct.pack("<Q", 9) + b"[1,2,3,4]",
    ],
)
def test_other_files_are_not_claimed(data: bytes) -> None:
    assert not is_safetensors(Part(data, name="data.bin"))


def test_a_gigabyte_is_read_in_no_time(rated: Rate, tmp_path: Path, within: Within) -> None:
    tensors = {f"layer.{index}": entry(index << 20, (index + 1) << 20) for index in range(1024)}
    head = saved(tensors, b"")
    path = tmp_path / NAME
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + (1 << 30))
    with path.open("rb") as file, within(60):
        found = rate_open(file, NAME)
    assert found.rating is Rating.SAFE


@given(
    st.lists(st.tuples(st.integers(0, len(HONEST) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, len(HONEST)),
)
def test_no_change_of_bytes_breaks_the_reader(within: Within, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(HONEST)
    for at, value in changes:
        data[at] = value
    with within(100):
        for changed in (bytes(data), bytes(data[:cut])):
            rated_bytes(changed)


@given(st.binary(max_size=300))
def test_no_header_breaks_the_reader(header: bytes) -> None:
    assert rated_bytes(framed(b"{" + header, b"")).rating in Rating
