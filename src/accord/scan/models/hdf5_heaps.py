"""Where HDF5 keeps names and values of variable length: heaps and trees (HDF5 format III.A-III.G)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.part import BrokenError, Part

_MOST_NODES: Final = 1_000_000


class Widths(NamedTuple):
    """How wide addresses and lengths are in a file, and where address 0 lies."""

    offset: int
    length: int
    base: int

    @property
    def nowhere(self) -> int:
        """Return the address that stands for none."""
        return (1 << 8 * self.offset) - 1


class Reader:
    """Reads numbers in order from a part of a file; never beyond its end."""

    __slots__ = ("at", "part", "widths")

    def __init__(self, part: Part, at: int, widths: Widths) -> None:
        self.part = part
        self.at = at
        self.widths = widths

    def number(self, size: int) -> int:
        """Return the next little-endian number of `size` bytes."""
        found = self.part.exactly(self.at, size) if size else b""
        self.at += size
        return int.from_bytes(found, "little")

    def address(self) -> int | None:
        """Return the next address as an offset in the part, None where it stands for nowhere."""
        found = self.number(self.widths.offset)
        return None if found == self.widths.nowhere else found + self.widths.base

    def length(self) -> int:
        """Return the next length."""
        return self.number(self.widths.length)

    def mark(self, expected: bytes) -> None:
        """Step over a signature.

        Raises `BrokenError` where another stands.
        """
        found = self.part.exactly(self.at, len(expected))
        if found != expected:
            raise BrokenError(f"{expected.decode()} is announced and {found!r} stands there", self.at)
        self.at += len(expected)

    def skip(self, count: int) -> Reader:
        """Step over bytes."""
        self.at += count
        return self


class Entry(NamedTuple):
    """One name in an old group: what it stands for, and where the object lies (None for a soft link)."""

    name: str
    address: int | None


def entries(part: Part, look: Look, widths: Widths, *, tree: int, heap: int) -> Iterator[Entry]:
    """Yield the names of an old group: a B-tree of symbol nodes, with the names in a local heap."""
    reader = Reader(part, heap, widths)
    reader.mark(b"HEAP")
    reader.skip(4)
    size = reader.length()
    reader.length()
    data = reader.address()
    if data is None:
        raise BrokenError("the names of a group lie nowhere", heap)
    for node in _leaves(part, look, widths, tree):
        reader = Reader(part, node, widths)
        reader.mark(b"SNOD")
        count = reader.skip(2).number(2)
        for _ in range(count):
            begin, address = reader.number(widths.offset), reader.address()
            cached = reader.number(4)
            reader.skip(20)
            if begin >= size:
                raise BrokenError("a name lies behind the names of its group", node)
            name = text_at(part, data + begin, size - begin)
            yield Entry(name, None if cached == 2 else address)


def _leaves(part: Part, look: Look, widths: Widths, root: int) -> Iterator[int]:
    waiting, met = [root], set[int]()
    while waiting:
        at = waiting.pop()
        if at in met or len(met) > _MOST_NODES:
            raise BrokenError("a tree of names leads back into itself", at)
        met.add(at)
        look.tick()
        reader = Reader(part, at, widths)
        reader.mark(b"TREE")
        kind, level, count = reader.number(1), reader.number(1), reader.number(2)
        if kind != 0:
            raise BrokenError(f"a tree of names is of type {kind}", at)
        reader.skip(2 * widths.offset)
        for _ in range(count):
            reader.length()
            child = reader.address()
            if child is None:
                raise BrokenError("a tree of names leads nowhere", at)
            if level:
                waiting.append(child)
            else:
                yield child


def text_at(part: Part, at: int, most: int) -> str:
    """Return the text that ends at the next NUL, within `most` bytes."""
    found = part.read(at, min(most, 65536)).split(b"\0", 1)[0]
    return found.decode("utf-8", "replace")


class Collections:
    """The global heap: values of variable length, found by the address of their collection and an index."""

    def __init__(self, part: Part, widths: Widths) -> None:
        self._part = part
        self._widths = widths
        self._met: dict[int, dict[int, tuple[int, int]]] = {}

    def stretch(self, address: int, index: int) -> tuple[int, int]:
        """Return where a value lies, and its size.

        Raises `BrokenError` when there is none.
        """
        found = self.listed(address, strict=True).get(index)
        if found is None:
            raise BrokenError(f"a value of the global heap is missing: {index}", address)
        return found

    def listed(self, address: int, *, strict: bool = False) -> Mapping[int, tuple[int, int]]:
        """Return where each value of a collection lies, and its size, by index; none where it is broken.

        Raises `BrokenError` instead when `strict`.
        """
        if address not in self._met:
            try:
                self._met[address] = dict(self._objects(address))
            except BrokenError:
                if strict:
                    raise
                return {}
        return self._met[address]

    def _objects(self, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
        reader = Reader(self._part, address, self._widths)
        reader.mark(b"GCOL")
        end = address + reader.skip(4).length()
        while reader.at + 8 + self._widths.length <= end:
            index = reader.number(2)
            size = reader.skip(6).length()
            if not index:
                return
            if reader.at + size > min(end, self._part.size):
                raise BrokenError("a value of the global heap reaches beyond its collection", reader.at)
            yield index, (reader.at, size)
            reader.skip(size + -size % 8)
