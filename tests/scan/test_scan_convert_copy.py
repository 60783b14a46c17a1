"""Copying numbers in any order of their axes, both ways, held against a third that only counts."""

from __future__ import annotations

import io
import itertools
import mmap
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan import convert_copy
from accord.scan.convert_copy import by_address, in_strides
from accord.scan.convert_file import DifferError, prove, read_header, write
from accord.scan.convert_plan import Kind, Plan, Tensor, UnfitError, column_major, finished, row_major
from accord.scan.look import Limits, Look, OverError
from accord.scan.part import BrokenError, Part, Source
from accord.scan.rating import Sight

KINDS: Final = {1: Kind("U8", 1), 2: Kind("F16", 2), 4: Kind("F32", 4), 8: Kind("F64", 8)}


def nothing(_part: Part, _look: Look) -> Iterator[Sight]:
    yield from ()


def look(seconds: float = 60.0) -> Look:
    return Look(nothing, Limits(seconds=seconds))


def reach(shape: Sequence[int], strides: Sequence[int], offset: int) -> int:
    return offset + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


def numbered(count: int, width: int) -> bytes:
    return b"".join((number % (1 << 8 * width)).to_bytes(width, "little") for number in range(count))


def plainly(data: bytes, width: int, shape: Sequence[int], strides: Sequence[int], offset: int) -> bytes:
    """Return the bytes as the definition of strides has them, and nothing cleverer."""
    found = b""
    for index in itertools.product(*map(range, shape)):
        at = (offset + sum(one * stride for one, stride in zip(index, strides, strict=True))) * width
        found += data[at : at + width]
    return found


@st.composite
def views(draw: st.DrawFn) -> tuple[int, list[int], list[int], int]:
    shape = draw(st.lists(st.integers(0, 5), max_size=5))
    strides = draw(st.lists(st.integers(0, 9), min_size=len(shape), max_size=len(shape)))
    return draw(st.sampled_from([1, 2, 4, 8])), shape, strides, draw(st.integers(0, 7))


@given(views())
def test_both_readings_are_what_strides_mean(view: tuple[int, list[int], list[int], int]) -> None:
    width, shape, strides, offset = view
    data = numbered(max(reach(shape, strides, offset), 1), width)
    tensor = Tensor(
        "w", KINDS[width], tuple(shape), tuple(strides), Part(b"\xff\xff\xff" + data, name="w", start=3), offset
    )
    expected = plainly(data, width, shape, strides, offset)
    assert b"".join(in_strides(tensor, look())) == expected
    assert b"".join(by_address(tensor, look())) == expected


@given(st.permutations(range(4)), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_axes_in_any_order_are_copied_in_that_order(order: list[int], sizes: list[int]) -> None:
    strides = row_major(tuple(sizes))
    shape, turned = tuple(sizes[axis] for axis in order), tuple(strides[axis] for axis in order)
    data = numbered(reach(sizes, strides, 0), 2)
    tensor = Tensor("w", KINDS[2], shape, turned, Part(data, name="w"))
    assert b"".join(in_strides(tensor, look())) == plainly(data, 2, shape, turned, 0)
    assert b"".join(by_address(tensor, look())) == plainly(data, 2, shape, turned, 0)


@pytest.mark.parametrize(("piece", "band", "span"), [(8, 16, 64), (16, 100, 16), (1 << 20, 64, 128)])
def test_small_pieces_bands_and_spans_change_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, piece: int, band: int, span: int
) -> None:
    monkeypatch.setattr(convert_copy, "_PIECE", piece)
    monkeypatch.setattr(convert_copy, "_BAND", band)
    monkeypatch.setattr(convert_copy, "_SPAN", span)
    monkeypatch.setattr(convert_copy, "_MOST_MAPPED", 0)
    data = numbered(600, 4)
    (tmp_path / "data").write_bytes(data)
    with (tmp_path / "data").open("rb") as file:
        source: Source = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for shape, strides in (
        ((20, 30), (1, 20)),
        ((600,), (1,)),
        ((300,), (2,)),
        ((4, 600), (0, 1)),
        ((10, 6, 10), (1, 100, 10)),
    ):
        tensor = Tensor("w", KINDS[4], shape, strides, Part(source, name="w"))
        assert b"".join(in_strides(tensor, look())) == plainly(data, 4, shape, strides, 0)
        assert b"".join(by_address(tensor, look())) == plainly(data, 4, shape, strides, 0)


@given(st.lists(st.integers(1, 6), max_size=5).map(tuple))
def test_rows_and_columns_are_each_other_turned_round(shape: tuple[int, ...]) -> None:
    assert row_major(shape) == column_major(shape[::-1])[::-1]


def test_a_tensor_without_items_is_no_work_however_large_its_other_sizes() -> None:
    tensor = Tensor("w", KINDS[4], (1 << 40, 0, 1 << 40), (1, 1, 1), Part(b"", name="w"))
    assert list(in_strides(tensor, look())) == list(by_address(tensor, look())) == []


def test_a_long_copy_ends_when_the_time_is_over() -> None:
    tensor = Tensor("w", KINDS[1], (1 << 22,), (1,), Part(bytes(1 << 22), name="w"))
    for way in (in_strides, by_address):
        with pytest.raises(OverError):
            list(way(tensor, look(seconds=-1.0)))


def plan(**shapes: tuple[int, ...]) -> Plan:
    tensors = []
    for name, shape in shapes.items():
        size = reach(shape, row_major(shape), 0) if 0 not in shape else 1
        tensors.append(Tensor(name, KINDS[2], shape, row_major(shape), Part(numbered(size, 2), name=name)))
    return finished(tensors, "np", look())


@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"),
        st.lists(st.integers(0, 4), max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read_back_and_proven(shapes: dict[str, list[int]]) -> None:
    try:
        made = plan(**{name: tuple(shape) for name, shape in shapes.items()})
    except UnfitError:
        assert any("\ud800" <= letter <= "\udfff" for name in shapes for letter in name)
        return
    out = io.BytesIO()
    size = write(made, out, look())
    assert size == len(out.getvalue())
    prove(made, out, look())
    out.seek(0)
    laid, begin = read_header(out)
    assert begin % 8 == 0
    assert {name: list(one.shape) for name, one in laid.items()} == shapes


@given(st.data())
def test_no_changed_byte_is_proven(data: st.DataObject) -> None:
    made = plan(a=(3, 2), b=(2,))
    out = io.BytesIO()
    write(made, out, look())
    body = bytearray(out.getvalue())
    at = data.draw(st.integers(0, len(body) - 1).filter(lambda at: body[at : at + 1] != b" "))
    body[at] ^= data.draw(st.integers(1, 255))
    header = slice(8, 8 + struct.unpack_from("<Q", out.getvalue())[0])
    if b'"format":"np"' not in body[header]:
        return  # what is not a tensor is not compared; the new file is rated besides
    with pytest.raises(DifferError):
        prove(made, io.BytesIO(bytes(body)), look())


@pytest.mark.parametrize(
    "change", [lambda data: data + b"\0", lambda data: data[:-1], lambda data: data[:0], lambda data: data[:4]]
)
def test_a_file_that_is_longer_or_shorter_is_not_proven(change: object) -> None:
    made = plan(a=(3, 2))
    out = io.BytesIO()
    write(made, out, look())
    assert callable(change)
    with pytest.raises(DifferError):
        prove(made, io.BytesIO(change(out.getvalue())), look())


def test_a_name_that_stands_twice_is_not_proven() -> None:
    header = (
        b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
    )
    with pytest.raises(DifferError):
        read_header(io.BytesIO(struct.pack("<Q", len(header)) + header))


def test_names_longer_than_loaders_read_are_refused() -> None:
    tensors = [Tensor(f"{'x' * 4000}{number}", KINDS[1], (1,), (1,), Part(b"\0", name="w")) for number in range(2700)]
    with pytest.raises(UnfitError):
        write(finished(tensors, "np", look()), io.BytesIO(), look())


@pytest.mark.parametrize(
    ("shape", "strides"), [((1,) * 65, (1,) * 65), ((2, 2), (1,)), ((2,), (-1,)), ((-2,), (1,)), ((9,), (1,))]
)
def test_tensors_that_cannot_be_are_refused(shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
    with pytest.raises(BrokenError):
        finished([Tensor("w", KINDS[1], shape, strides, Part(bytes(8), name="w"))], "np", look())
