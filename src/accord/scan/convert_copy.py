"""The numbers of a tensor, row by row, whatever order they lie in: once in long strides, once address by address.

The two share no arithmetic on purpose. The first writes a file, and the second says whether that is right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from mmap import MADV_DONTNEED, mmap
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from accord.scan.convert_plan import Tensor
from accord.scan.look import Look
from accord.scan.part import Part

_PIECE: Final = 1 << 20
_BAND: Final = 16 << 20
_SPAN: Final = 32 << 20
_MOST_ROWS: Final = 1 << 16
_FORMATS: Final[Mapping[int, Literal["B", "H", "I", "Q"]]] = MappingProxyType({1: "B", 2: "H", 4: "I", 8: "Q"})
_MOST_MAPPED: Final = 96 << 20
_OFTEN: Final = 64
_PAGE: Final = 4096
_STATM: Final = Path("/proc/self/statm")


class _Axis(NamedTuple):
    size: int
    stride: int


def in_strides(tensor: Tensor, look: Look) -> Iterator[bytes]:
    """Yield the bytes of a tensor row by row, in pieces of a few MiB."""
    if not tensor.size:
        return
    axes = _merged(tensor)
    last = axes.pop() if axes else _Axis(1, 1)
    ease = _Ease(tensor.data, look)
    if last.stride < 2 or not axes:
        for start in _starts(axes, tensor.offset):
            yield from _along(tensor, start, last, ease)
        return
    rows = axes.pop()
    high = max(_BAND // (last.size * tensor.kind.width), 1)
    for start in _starts(axes, tensor.offset):
        for row in range(0, rows.size, high):
            band = _Axis(min(high, rows.size - row), rows.stride)
            yield from _banded(tensor, start + row * rows.stride, band, last, ease)


def _merged(tensor: Tensor) -> list[_Axis]:
    """Return as few axes as tell the same: one of size 1 says nothing, and one that continues the next is its part."""
    axes: list[_Axis] = []
    for size, stride in zip(tensor.shape, tensor.strides, strict=True):
        if size == 1:
            continue
        if axes and axes[-1].stride == stride * size:
            axes[-1] = _Axis(axes[-1].size * size, stride)
        else:
            axes.append(_Axis(size, stride))
    return axes


def _starts(axes: list[_Axis], offset: int) -> Iterator[int]:
    """Yield where each run along the last axis starts, as an odometer counts."""
    counts = [0] * len(axes)
    at = offset
    while True:
        yield at
        for place in range(len(axes) - 1, -1, -1):
            counts[place] += 1
            at += axes[place].stride
            if counts[place] < axes[place].size:
                break
            at -= counts[place] * axes[place].stride
            counts[place] = 0
        else:
            return


def _along(tensor: Tensor, start: int, axis: _Axis, ease: _Ease) -> Iterator[bytes]:
    """Yield the items along one axis."""
    width, data = tensor.kind.width, tensor.data
    most = _fitting(axis, width)
    for done in range(0, axis.size, most):
        count = min(most, axis.size - done)
        begin = start + done * axis.stride
        ease.count(count * width * max(axis.stride, 1))
        if axis.stride == 1:
            yield data.exactly(begin * width, count * width)
        elif not axis.stride:
            yield data.exactly(begin * width, width) * count
        else:
            yield _every(data, begin, _Axis(count, axis.stride), width)


def _fitting(axis: _Axis, width: int) -> int:
    """Return how many items along an axis are taken at once, so that few of the pages between them are held."""
    return max(min(_PIECE // width, _SPAN // (max(axis.stride, 1) * width)), 1)


def _banded(tensor: Tensor, start: int, rows: _Axis, axis: _Axis, ease: _Ease) -> Iterator[bytes]:
    """Yield several rows as one piece: those of a transposed matrix share their pages, which are read once for all."""
    if rows.size == 1:
        yield from _along(tensor, start, axis, ease)
        return
    width = tensor.kind.width
    most = _fitting(axis, width)
    band = bytearray(rows.size * axis.size * width)
    for done in range(0, axis.size, most):
        part = _Axis(min(most, axis.size - done), axis.stride)
        for row in range(rows.size):
            found = _every(tensor.data, start + row * rows.stride + done * axis.stride, part, width)
            at = (row * axis.size + done) * width
            band[at : at + len(found)] = found
        ease.count(part.size * part.stride * width)
    yield bytes(band)


def _every(data: Part, begin: int, axis: _Axis, width: int) -> bytes:
    first = data.start + begin * width
    end = first + ((axis.size - 1) * axis.stride + 1) * width
    with memoryview(data.source) as whole, whole[first:end] as span, span.cast(_FORMATS[width]) as items:
        return items[:: axis.stride].tobytes()


def by_address(tensor: Tensor, look: Look) -> Iterator[bytes]:
    """Yield the same bytes by the address of every single item; only numbers that lie in a row are read in one go."""
    if not tensor.size:
        return
    data, width = tensor.data, tensor.kind.width
    ease = _Ease(data, look)
    if tensor.strides == tuple(math.prod(tensor.shape[axis + 1 :]) for axis in range(len(tensor.shape))):
        begin = tensor.offset * width
        for at in range(begin, begin + tensor.size, _PIECE):
            ease.count(_PIECE)
            yield data.exactly(at, min(_PIECE, begin + tensor.size - at))
        return
    *outer, last = tensor.shape
    high = max(min(_BAND // (last * width), _MOST_ROWS), 1)
    for first in range(0, math.prod(outer), high):
        rows = range(first, min(first + high, math.prod(outer)))
        yield from _rows(tensor, [tensor.offset + _distance(row, outer, tensor.strides[:-1]) for row in rows], ease)


def _rows(tensor: Tensor, starts: list[int], ease: _Ease) -> Iterator[bytes]:
    """Yield rows, given where each starts, item by item."""
    source, base, width = tensor.data.source, tensor.data.start, tensor.kind.width
    last, step = tensor.shape[-1], tensor.strides[-1]
    block = max(min(_PIECE, _SPAN // max(step, 1)) // width, 1)
    rows: list[list[bytes]] = [[] for _ in starts]
    for first in range(0, last, block):
        items = range(first, min(first + block, last))
        for row, start in zip(rows, starts, strict=True):
            places = [base + (start + item * step) * width for item in items]
            row.append(b"".join([source[at : at + width] for at in places]))
        ease.count(len(items) * max(step, 1) * width)
    yield b"".join([piece for row in rows for piece in row])


def _distance(number: int, sizes: list[int], strides: tuple[int, ...]) -> int:
    """Return how many items the row of a number is away from the first."""
    away = 0
    for size, stride in zip(reversed(sizes), reversed(strides), strict=True):
        number, index = divmod(number, size)
        away += index * stride
    return away


class _Ease:
    """Lets go of mapped pages when many were read, and looks at the clock; neither changes what is read."""

    def __init__(self, data: Part, look: Look) -> None:
        self._source = data.source
        self._look = look
        self._bytes = 0
        self._calls = 0

    def count(self, size: int) -> None:
        """Note that a piece was read, of so many bytes with what lies between."""
        self._bytes += size
        self._calls += 1
        if self._bytes < _PIECE and self._calls < _OFTEN:
            return
        self._bytes = self._calls = 0
        self._look.tick()
        if isinstance(self._source, mmap) and _mapped() > _MOST_MAPPED:
            self._source.madvise(MADV_DONTNEED)


def _mapped() -> int:
    """Return how many bytes of files this process holds in memory; where the kernel does not say, very many."""
    try:
        return int(_STATM.read_bytes().split()[2]) * _PAGE
    except (OSError, IndexError, ValueError):
        return _MOST_MAPPED + 1
