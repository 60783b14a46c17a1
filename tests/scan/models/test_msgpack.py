"""MessagePack: parameters of Flax pass; objects, pickles and strange extensions do not. Written by hand here."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.engine import rate_open
from accord.scan.models.msgpack import is_msgpack
from accord.scan.part import Part
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
NAME = "params.msgpack"
PICKLE = b"\x80\x04cos\nsystem\n(S'true'\ntR."


def text(value: str) -> bytes:
    raw = value.encode()
    return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)])) + raw


def mapped(items: Mapping[str, bytes]) -> bytes:
    return b"\xde" + struct.pack(">H", len(items)) + b"".join(text(key) + value for key, value in items.items())


def held(value: bytes) -> bytes:
    return b"\xc6" + struct.pack(">I", len(value)) + value


def extension(code: int, value: bytes) -> bytes:
    return b"\xc9" + struct.pack(">Ib", len(value), code) + value


def array(shape: tuple[int, ...], kind: str, value: bytes, code: int = 1) -> bytes:
    lengths = b"".join(b"\xce" + struct.pack(">I", one) for one in shape)
    return extension(code, b"\x93" + bytes([0x90 | len(shape)]) + lengths + text(kind) + held(value))


def flax(**more: bytes) -> bytes:
    layer = mapped({"kernel": array((2, 3), "float32", bytes(24)), "bias": array((3,), "bfloat16", bytes(6))})
    numbers = {
        "small": b"\x05",
        "minus": b"\xff",
        "none": b"\xc0",
        "true": b"\xc3",
        "half": b"\xcb" + bytes(8),
        "list": b"\x92\x01\x02",
    }
    state = {"step": array((), "int32", bytes(4), 3), "z": extension(2, b"\x92\xcb" + bytes(8) + b"\xcb" + bytes(8))}
    return mapped({"params": mapped({"Dense_0": layer}), "name": text("model"), **numbers, **state, **more})


HONEST = flax()


def rated_bytes(content: bytes) -> Rated:
    return rate_open(io.BytesIO(content), NAME)


def test_parameters_of_flax_are_safe(rated: Rate) -> None:
    for name in (NAME, "checkpoint"):
        found = rated(name, HONEST)
        assert (found.format, found.rating, found.reasons) == ("msgpack", Rating.SAFE, ())


@pytest.mark.parametrize(
    "more",
    [
        {"w": array((1,), "object", PICKLE)},
        {"w": array((1,), "|O", PICKLE)},
        {"w": extension(77, PICKLE)},
        {"w": extension(1, b"\x93\x90" + text("custom") + held(PICKLE))},
        {"w": held(PICKLE)},
        {"w": mapped({"nd": b"\xc3", "kind": held(b"O"), "data": held(PICKLE)})},
    ],
)
def test_serialised_objects_are_found_wherever_they_hide(rated: Rate, more: dict[str, bytes]) -> None:
    assert rated(NAME, flax(**more)).rating is Rating.DANGEROUS


def test_pickles_that_are_harmless_are_objects_all_the_same(rated: Rate) -> None:
    assert rated(NAME, flax(w=held(b"\x80\x04K\x05."))).rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    "more", [{"w": extension(77, b"some bytes")}, {"w": extension(-1, b"123")}, {"w": array((2,), "float12", bytes(3))}]
)
def test_strange_extensions_and_types_are_unknown(rated: Rate, more: dict[str, bytes]) -> None:
    assert rated(NAME, flax(**more)).rating is Rating.UNKNOWN


def test_plain_bytes_and_times_are_nobodys_business(rated: Rate) -> None:
    assert rated(NAME, flax(w=held(b"\x01\x02\x03 any"), t=extension(-1, bytes(8)))).rating is Rating.SAFE


BROKEN = {
    "an array that is too short": flax(w=array((2, 3), "float32", bytes(20))),
    "a shape that overflows": flax(w=array((1 << 31, 1 << 31, 1 << 31), "float32", bytes(4))),
    "an array that is no list": flax(w=extension(1, text("hello"))),
    "an array of two": flax(w=extension(1, b"\x92\x90" + text("float32"))),
    "a shape of texts": flax(w=extension(1, b"\x93\x91" + text("x") + text("float32") + held(b""))),
    "more behind an array": flax(w=extension(1, b"\x93\x90" + text("uint8") + held(b"x") + b"\x01")),
    "a number of texts": flax(w=extension(2, b"\x92" + text("a") + text("b"))),
    "a map beyond the end": b"\xdf\xff\xff\xff\xff" + text("a") + b"\x01",
    "a list beyond the end": flax(w=b"\xdd\xff\xff\xff\xff"),
    "a text beyond the end": HONEST[:-4],
    "a code that is never used": flax(w=b"\xc1"),
    "lists in lists": flax(w=b"\x91" * 5000 + b"\x01"),
    "bytes at the end": HONEST + b"\x01\x02",
}


@pytest.mark.parametrize("lie", BROKEN)
def test_every_lie_is_malformed(rated: Rate, lie: str) -> None:
    assert rated(NAME, BROKEN[lie]).rating is Rating.MALFORMED


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80", b"\x81", b"\x81\xa1", b"\x81\x01\x02", b"\x82\xa1a\x01\x01\x02",
     b"\x81\xa1\xff\x01", b"\x93\x01\x02\x03", "ünï".encode("latin-1"),
     b"\x89PNG\r\n\x1a\n" + bytes(30), b"\x80\x04K\x05.", b"\x81\xa1a\x01 and more"],
)  # fmt: skip
def test_other_files_are_not_claimed(content: bytes) -> None:
    assert not is_msgpack(Part(content, name="data.bin"))


@given(st.binary(max_size=200))
def test_random_bytes_break_neither_probe_nor_reader(content: bytes) -> None:
    is_msgpack(Part(content, name="x"))
    assert rated_bytes(b"\x81\xa1a" + content).rating in Rating


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
