"""Walking protocol buffers: fields as they lie, and a reason where they do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.look import Look
from accord.scan.models.protobuf import (
    BYTES,
    FIXED32,
    VARINT,
    after_run,
    fields,
    numbers,
    raw,
    signed,
    sketch,
    text,
    whole,
)
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight


def _nothing(_part: Part, _look: Look) -> Iterator[Sight]:
    yield from ()


LOOK = Look(_nothing)


def part(data: bytes) -> Part:
    return Part(b"??" + data + b"!!", name="p", start=2, size=len(data))


def test_every_wire_type_is_read() -> None:
    data = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d\x01\0\0\0" + b"\x21\x02\0\0\0\0\0\0\0"
    found = [(one.number, one.wire, one.value, one.at, one.size) for one in fields(part(data), LOOK)]
    assert found == [(1, 0, 150, 1, 2), (2, 2, 3, 5, 3), (3, 5, 1, 9, 4), (4, 1, 2, 14, 8)]


def test_nested_messages_keep_the_offsets_of_the_part() -> None:
    one = part(b"\x12\x04\x0a\x02hi")
    (outer,) = fields(one, LOOK)
    (inner,) = fields(one, LOOK, outer.at, outer.end)
    assert (inner.at, text(one, inner), raw(one, inner, 2)) == (4, "hi", b"hi")


@pytest.mark.parametrize(
    "data",
    [b"\x08", b"\x0a", b"\x0a\x05abc", b"\x00\x00", b"\x0b", b"\x0c", b"\x0e", b"\x0d\0\0", b"\x80",
     b"\x08" + b"\xff" * 10 + b"\x01",
     b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
)  # fmt: skip
def test_what_is_no_field_is_told_with_its_place(data: bytes) -> None:
    with pytest.raises(BrokenError) as broken:
        list(fields(part(data), LOOK))
    assert broken.value.offset is not None


def test_texts_and_numbers_are_what_they_should_be() -> None:
    one = part(b"\x0a\x02\xff\xfe\x10\x05\x1a\x03\x01\x96\x01")
    strange, five, packed = fields(one, LOOK)
    with pytest.raises(BrokenError):
        text(one, strange)
    with pytest.raises(BrokenError):
        text(one, five)
    with pytest.raises(BrokenError):
        raw(one, strange, 1)
    with pytest.raises(BrokenError):
        whole(strange)
    assert [*numbers(one, LOOK, five), *numbers(one, LOOK, packed)] == [5, 1, 150]
    assert (whole(five), signed(5), signed((1 << 64) - 1)) == (5, 5, -1)


@pytest.mark.parametrize(("count", "wire"), [(0, VARINT), (1, VARINT), (70_000, VARINT), (50_000, FIXED32)])
def test_runs_of_unpacked_numbers_are_passed_whole(count: int, wire: int) -> None:
    item = b"\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" if wire == VARINT else b"\x45\x40\x40\x40\x40"
    data = item * count + b"\xa0\x01\x07"
    assert after_run(part(data), 0, len(data), number=8, wire=wire) == len(item) * count


def test_a_sketch_shows_the_first_fields_and_ends_quietly() -> None:
    assert sketch(b"\x08\x01\x12\xe8\x07" + b"x" * 20) == [(1, VARINT, 1), (2, BYTES, 1000)]
    assert sketch(b"\x07\x07\x07") == []
    assert sketch(b"") == []


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_a_reason(data: bytes) -> None:
    sketch(data)
    try:
        found = list(fields(part(data), LOOK))
    except BrokenError:
        return
    assert all(one.number > 0 and one.end <= len(data) for one in found)
