"""Walking flat buffers by the numbers of their fields: every offset is checked, nothing is copied."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from accord.scan.part import BrokenError, Part


@dataclass(frozen=True, slots=True)
class Vector:
    """Items of one width that lie in a row; `at` is where the first lies."""

    part: Part
    at: int
    count: int
    width: int

    @property
    def size(self) -> int:
        """Return how many bytes the items take."""
        return self.count * self.width

    def raw(self, most: int) -> bytes:
        """Return the bytes of the items.

        Raises `BrokenError` when they are more than `most`.
        """
        if self.size > most:
            raise BrokenError(f"{self.size} bytes are more than the {most} that are read of such content", self.at)
        return self.part.read(self.at, self.size)


class Table(NamedTuple):
    """One table: where it lies, and where the list of its fields' places lies."""

    part: Part
    at: int
    vtable: int
    slots: int
    size: int

    def place(self, slot: int) -> int | None:
        """Return where the field of a slot lies, or None when it was left out."""
        if slot >= self.slots:
            return None
        (offset,) = self.part.unpack("<H", self.vtable + 4 + 2 * slot)
        if offset >= self.size:
            raise BrokenError(f"a field lies {offset} bytes into a table of {self.size}", self.at)
        return self.at + offset if offset else None

    def number(self, slot: int, layout: str = "<i", default: int = 0) -> int:
        """Return a number by its layout of `struct`."""
        place = self.place(slot)
        return default if place is None else int(self.part.unpack(layout, place)[0])

    def text(self, slot: int, most: int = 65_536) -> str | None:
        """Return a text, or None when it was left out.

        Raises `BrokenError` when it is no UTF-8, or more than `most` bytes.
        """
        place = self.place(slot)
        return None if place is None else text_at(self.part, _follow(self.part, place), most)

    def table(self, slot: int) -> Table | None:
        """Return the table that a field leads to, or None when it was left out; a union's value is one too."""
        place = self.place(slot)
        return None if place is None else table_at(self.part, _follow(self.part, place))

    def vector(self, slot: int, width: int) -> Vector:
        """Return the items of a field, none when it was left out."""
        place = self.place(slot)
        if place is None:
            return Vector(self.part, 0, 0, width)
        at = _follow(self.part, place)
        (count,) = self.part.unpack("<I", at)
        if at + 4 + count * width > self.part.size:
            raise BrokenError(f"{count} items of {width} bytes are announced beyond the end", at)
        return Vector(self.part, at + 4, count, width)

    def tables(self, slot: int) -> Iterator[Table]:
        """Yield the tables that a vector of offsets leads to."""
        items = self.vector(slot, 4)
        for index in range(items.count):
            yield table_at(self.part, _follow(self.part, items.at + 4 * index))

    def texts(self, slot: int, most: int = 65_536) -> Iterator[str]:
        """Yield the texts that a vector of offsets leads to."""
        items = self.vector(slot, 4)
        for index in range(items.count):
            yield text_at(self.part, _follow(self.part, items.at + 4 * index), most)


def root(part: Part, at: int = 0) -> Table:
    """Return the table that a buffer starts with.

    Raises `BrokenError` when there is none within the part.
    """
    return table_at(part, _follow(part, at))


def table_at(part: Part, at: int) -> Table:
    """Return the table at a place.

    Raises `BrokenError` when it, or its list of fields, is not within the part.
    """
    (back,) = part.unpack("<i", at)
    vtable = at - back
    if vtable < 0:
        raise BrokenError("a table's list of fields lies before the start", at)
    listed, size = part.unpack("<HH", vtable)
    if listed < 4 or listed % 2 or size < 4 or vtable + listed > part.size or at + size > part.size:
        raise BrokenError(f"a table of {size} bytes with a list of {listed} does not fit", at)
    return Table(part, at, vtable, (listed - 4) // 2, size)


def text_at(part: Part, at: int, most: int = 65_536) -> str:
    """Return the text at a place.

    Raises `BrokenError` when it is no UTF-8, or more than `most` bytes.
    """
    (count,) = part.unpack("<I", at)
    if count > most:
        raise BrokenError(f"a text of {count} bytes is longer than the {most} that are read", at)
    try:
        return part.exactly(at + 4, count).decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenError("a text is not UTF-8", at) from None


def _follow(part: Part, place: int) -> int:
    """Return where an offset leads."""
    (offset,) = struct.unpack("<I", part.exactly(place, 4))
    if offset == 0 or place + offset >= part.size:
        raise BrokenError(f"an offset of {offset} leads beyond the end", place)
    return place + int(offset)
