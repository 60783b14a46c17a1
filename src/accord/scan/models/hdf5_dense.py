"""Many links or attributes of one object in HDF5: a fractal heap that holds them, and a B-tree of its ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.models.hdf5_heaps import Reader, Widths
from accord.scan.part import BrokenError, Part

_MOST_NODES: Final = 200_000
_RECORDS: Final = {5: 4, 6: 8, 8: 0, 9: 0}
"""Where the heap id stands in a record of each type of tree."""


def messages(part: Part, look: Look, widths: Widths, *, heap: int, tree: int) -> Iterator[tuple[int, int]]:
    """Yield where each message of a dense store lies, and its size."""
    found = _heap(part, widths, heap)
    for record in _records(part, look, widths, tree):
        yield found.place(record)


class _Heap(NamedTuple):
    part: Part
    widths: Widths
    id_size: int
    width: int
    first: int
    largest: int
    bits: int
    root: int
    rows: int
    most: int

    def place(self, record: bytes) -> tuple[int, int]:
        """Return where the object lies that a heap id names."""
        kind = record[0] >> 4 & 3
        if record[0] >> 6 or kind == 1:
            raise BrokenError("a link or attribute is stored in a way that is not read", self.root)
        if kind == 2:
            raise BrokenError("a link or attribute is stored in its own id", self.root)
        wide = (self.bits + 7) // 8
        size_wide = (min(self.largest, self.most).bit_length() + 7) // 8
        offset = int.from_bytes(record[1 : 1 + wide], "little")
        size = int.from_bytes(record[1 + wide : 1 + wide + size_wide], "little")
        block, begin = self._block(self.root, self.rows, 0, offset)
        at = block + offset - begin
        self.part.exactly(at, size)
        return at, size

    def _block(self, at: int, rows: int, begin: int, offset: int) -> tuple[int, int]:
        """Return the direct block that holds an offset of the heap, and the offset it begins with."""
        while rows:
            reader = Reader(self.part, at, self.widths)
            reader.mark(b"FHIB")
            table = reader.at + 1 + self.widths.offset + (self.bits + 7) // 8
            row, first = self._row(begin, offset)
            if row >= rows:
                raise BrokenError("an id names a place behind its heap", at)
            size = self.first << max(row - 1, 0)
            column = (offset - begin - first) // size
            reader.at = table + (row * self.width + column) * self.widths.offset
            child = reader.address()
            if child is None:
                raise BrokenError("an id names a block that is not there", at)
            begin += first + column * size
            at, rows = child, 0 if size <= self.largest else (size // (self.first * self.width)).bit_length()
        Reader(self.part, at, self.widths).mark(b"FHDB")
        return at, begin

    def _row(self, begin: int, offset: int) -> tuple[int, int]:
        row, first = 0, 0
        while True:
            size = (self.first << max(row - 1, 0)) * self.width
            if offset - begin < first + size:
                return row, first
            row, first = row + 1, first + size


def _heap(part: Part, widths: Widths, at: int) -> _Heap:
    reader = Reader(part, at, widths)
    reader.mark(b"FRHP")
    id_size, filters = reader.skip(1).number(2), reader.number(2)
    if filters:
        raise BrokenError("links or attributes are compressed", at)
    most = reader.skip(1).number(4)
    reader.skip(2 * widths.offset + 10 * widths.length)
    width, first, largest = reader.number(2), reader.length(), reader.length()
    bits = reader.number(2)
    root = reader.skip(2).address()
    rows = reader.number(2)
    if root is None or not width or not first or first & first - 1 or not 0 < bits <= 64 or rows > 64:
        raise BrokenError("a heap of links or attributes has no sensible shape", at)
    return _Heap(part, widths, id_size, width, first, largest, bits, root, rows, most)


class _Tree(NamedTuple):
    part: Part
    widths: Widths
    kind: int
    node: int
    record: int

    def most(self, depth: int) -> tuple[int, ...]:
        """Return how wide the counts in child pointers are at each depth (III.A.2)."""
        room = (self.node - 10) // self.record
        found, total = [room], room
        for _ in range(depth):
            pointer = self.widths.offset + _wide(found[0]) + (_wide(total) if len(found) > 1 else 0)
            here = (self.node - 10 - pointer) // (self.record + pointer)
            total = (here + 1) * total + here
            found.append(total)
        return tuple(found)


def _wide(number: int) -> int:
    return (number.bit_length() + 7) // 8


def _records(part: Part, look: Look, widths: Widths, at: int) -> Iterator[bytes]:
    reader = Reader(part, at, widths)
    reader.mark(b"BTHD")
    kind, node, record = reader.skip(1).number(1), reader.number(4), reader.number(2)
    depth = reader.number(2)
    root = reader.skip(2).address()
    count = reader.number(2)
    if kind not in _RECORDS or record < _RECORDS[kind] + 7 or node < 10 + record or depth > 20:
        raise BrokenError(f"a tree of links or attributes has no sensible shape (type {kind})", at)
    if root is None:
        return
    tree = _Tree(part, widths, kind, node, record)
    totals = tree.most(depth)
    waiting, met = [(root, count, depth)], 0
    while waiting:
        where, number, level = waiting.pop()
        met += 1
        look.tick()
        if met > _MOST_NODES:
            raise BrokenError("a tree of links or attributes has too many nodes", at)
        yield from _node(tree, where, number)
        if level:
            waiting.extend(_children(tree, where, number, level, totals))


def _node(tree: _Tree, at: int, count: int) -> Iterator[bytes]:
    if tree.part.exactly(at, 4) not in (b"BTLF", b"BTIN") or 6 + count * tree.record > tree.node:
        raise BrokenError("a node of a tree of links or attributes is none", at)
    begin = _RECORDS[tree.kind]
    for index in range(count):
        yield tree.part.exactly(at + 6 + index * tree.record, tree.record)[begin:]


def _children(tree: _Tree, at: int, count: int, level: int, totals: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    reader = Reader(tree.part, at + 6 + count * tree.record, tree.widths)
    for _ in range(count + 1):
        child = reader.address()
        number = reader.number(_wide(totals[0]))
        if level > 1:
            reader.skip(_wide(totals[level - 1]))
        if child is None:
            raise BrokenError("a tree of links or attributes leads nowhere", at)
        yield child, number, level - 1
