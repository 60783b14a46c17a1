"""Files of keys and values, in which `shelve` keeps pickles: Berkeley DB, gdbm, and SQLite."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_PAGE: Final = struct.Struct("<8x3L2H2B")
_HEADER: Final = 26
_TABLES: Final = {2, 13}
_OVERFLOW: Final = 7
_PLAIN, _ELSEWHERE = 1, 3
_MOST_VALUE: Final = 64 << 20


class _Head(NamedTuple):
    number: int
    before: int
    after: int
    entries: int
    free: int
    level: int
    type: int


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Find the pickles in a store whose values lie in one piece, wherever they are."""
    from accord.scan.pickles.carving import carve_all

    yield from carve_all(part, look)


def read_berkeley(part: Part, look: Look) -> Iterator[Sight]:
    """Look inside every value of a Berkeley DB hash, the long ones put together from their pages.

    Raises `BrokenError` where a page breaks.
    """
    (size,) = part.unpack("<L", 20)
    if size not in {1 << power for power in range(9, 17)}:
        raise BrokenError(f"pages of {size} bytes", 20)
    for at in range(size, part.size, size):
        head = _Head(*_PAGE.unpack(part.exactly(at, _HEADER)))
        if head.type in _TABLES:
            yield from _values(part, look, at, size)
    yield from read(part, look)


def _values(part: Part, look: Look, at: int, size: int) -> Iterator[Sight]:
    """Look inside the values of one page: keys and values stand by turns, from its end to its start."""
    page = part.exactly(at, size)
    entries = _Head(*_PAGE.unpack_from(page)).entries
    if _HEADER + 2 * entries > size:
        raise BrokenError(f"a page of {entries} entries", at)
    places = struct.unpack_from(f"<{entries}H", page, _HEADER)
    ends = (size, *places)
    for number in range(1, entries, 2):
        begin, stop = places[number], ends[number]
        item = page[begin:stop]
        if not item or begin >= stop:
            raise BrokenError("an entry of a page without bytes", at)
        name = f"value {at // size}.{number // 2}"
        if item[0] == _PLAIN:
            yield from look.inside(part.stretch(name, at + begin + 1, stop - begin - 1))
        elif item[0] == _ELSEWHERE and len(item) >= 12:
            page_number, length = struct.unpack_from("<2L", item, 4)
            yield from look.inside(part.child(name, _joined(part, page_number, length, size)))
        else:
            yield part.sees("unknown-packing", f"an entry of the type {item[0]}", offset=at + begin)


def _joined(part: Part, number: int, length: int, size: int) -> bytes:
    """Return a value that lies on pages of its own, each naming the next."""
    if length > min(_MOST_VALUE, part.size):
        raise BrokenError(f"a value of {length} bytes")
    found = bytearray()
    while number and len(found) < length:
        at = number * size
        head = _Head(*_PAGE.unpack(part.exactly(at, _HEADER)))
        if head.type != _OVERFLOW or not 0 < head.free <= size - _HEADER:
            raise BrokenError("a page of a long value is of another type", at)
        found += part.exactly(at + _HEADER, head.free)
        number = head.after
    if len(found) != length:
        raise BrokenError(f"a value of {length} bytes has {len(found)}")
    return bytes(found)
