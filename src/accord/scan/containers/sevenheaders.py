"""The header of a 7z file: which blocks are packed how, and which files lie in them."""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

from accord.scan.part import BrokenError

_END, _HEADER, _PROPERTIES, _ADDED, _STREAMS, _FILES = range(6)
_PACKED, _UNPACKED, _SUBSTREAMS, _SIZE, _DIGEST, _FOLDERS, _CODED_SIZES, _COUNTS = range(6, 14)
_EMPTY, _EMPTY_FILE, _ANTI, _NAMES = range(14, 18)
_ATTRIBUTES: Final = 21
_MOST_CODERS: Final = 8


class Coder(NamedTuple):
    """One step of packing: its method and its properties."""

    method: bytes
    properties: bytes


class Folder(NamedTuple):
    """A block that is packed as one: its steps from the outermost, None when they branch; its sizes and checksum."""

    coders: tuple[Coder, ...] | None
    begin: int
    packed: int
    size: int
    crc: int | None


class File(NamedTuple):
    """A file of the archive: its attributes, and where in which folder its bytes are; no folder for an empty one."""

    name: str
    attributes: int
    folder: int | None
    begin: int
    size: int
    crc: int | None


class Streams(NamedTuple):
    """The folders, and the stretches of each that are files: sizes and checksums."""

    folders: tuple[Folder, ...]
    pieces: tuple[tuple[tuple[int, int | None], ...], ...]


class _Shape(NamedTuple):
    coders: tuple[Coder, ...]
    order: tuple[int, ...] | None
    inputs: int
    outputs: int
    main: int


class Cursor:
    """A place in the header; it never reads beyond its end, and believes no count that its bytes cannot hold."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next bytes.

        Raises `BrokenError` where the header ends before.
        """
        if count < 0 or self._at + count > len(self._data):
            raise BrokenError("the header of the 7z file is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """Return the next number: the first byte tells by its leading ones how many bytes follow."""
        first = self.byte()
        more = 8 - (first ^ 0xFF).bit_length()
        value = int.from_bytes(self.take(more), "little")
        return value if more >= 7 else value | (first & ((1 << (7 - more)) - 1)) << (8 * more)

    def count(self) -> int:
        """Return the next number as a count of things that take at least a bit each."""
        value = self.number()
        if value > 8 * len(self._data):
            raise BrokenError(f"the header of the 7z file announces {value} of something")
        return value

    def bits(self, count: int) -> list[bool]:
        """Return the next truths, eight a byte."""
        data = self.take((count + 7) // 8)
        return [bool(data[one >> 3] & (0x80 >> (one & 7))) for one in range(count)]

    def given(self, count: int) -> list[bool]:
        """Return for which of so many things a value follows."""
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> list[int | None]:
        """Return the checksums of so many things."""
        return [int.from_bytes(self.take(4), "little") if one else None for one in self.given(count)]

    def expect(self, kind: int) -> None:
        """Take the byte that starts a section.

        Raises `BrokenError` when it is another.
        """
        found = self.byte()
        if found != kind:
            raise BrokenError(f"the header of the 7z file has a section {found} where {kind} belongs")

    def inner(self) -> Cursor:
        """Return a cursor over the next property, whose size stands before it."""
        return Cursor(self.take(self.number()))

    @property
    def rest(self) -> bytes:
        """Return what was not read."""
        return self._data[self._at :]


def streams(cursor: Cursor) -> Streams:
    """Return what a section of streams says."""
    begin, sizes = 32, [0]
    folders: tuple[Folder, ...] = ()
    pieces: tuple[tuple[tuple[int, int | None], ...], ...] | None = None
    while kind := cursor.byte():
        if kind == _PACKED:
            begin, sizes = _packed(cursor)
        elif kind == _UNPACKED:
            folders = _folders(cursor, begin, sizes)
        elif kind == _SUBSTREAMS:
            pieces = _pieces(cursor, folders)
        else:
            raise BrokenError(f"the header of the 7z file has an unknown section {kind}")
    return Streams(folders, pieces if pieces is not None else tuple(((one.size, one.crc),) for one in folders))


def _packed(cursor: Cursor) -> tuple[int, list[int]]:
    begin, count = 32 + cursor.number(), cursor.count()
    sizes: list[int] = []
    while kind := cursor.byte():
        if kind == _SIZE:
            sizes = [cursor.number() for _ in range(count)]
        elif kind == _DIGEST:
            cursor.digests(count)
        else:
            raise BrokenError(f"the header of the 7z file has an unknown section {kind}")
    return begin, sizes


def _folders(cursor: Cursor, begin: int, packed: list[int]) -> tuple[Folder, ...]:
    cursor.expect(_FOLDERS)
    count = cursor.count()
    if cursor.byte():
        raise BrokenError("the header of the 7z file is in two places")
    shapes = [_shape(cursor) for _ in range(count)]
    cursor.expect(_CODED_SIZES)
    sizes = [[cursor.number() for _ in range(one.outputs)][one.main] for one in shapes]
    crcs: list[int | None] = [None] * count
    while kind := cursor.byte():
        if kind != _DIGEST:
            raise BrokenError(f"the header of the 7z file has an unknown section {kind}")
        crcs = cursor.digests(count)
    if sum(one.inputs for one in shapes) > len(packed):
        raise BrokenError("the header of the 7z file has more folders than packed streams")
    found: list[Folder] = []
    used = 0
    for shape, size, crc in zip(shapes, sizes, crcs, strict=True):
        within = sum(packed[used : used + shape.inputs])
        coders = None if shape.order is None else tuple(shape.coders[one] for one in shape.order)
        found.append(Folder(coders, begin, within, size, crc))
        begin, used = begin + within, used + shape.inputs
    return tuple(found)


def _shape(cursor: Cursor) -> _Shape:
    """Read how the steps of a folder hang together."""
    coders: list[Coder] = []
    inputs = outputs = 0
    count = cursor.count()
    if not 0 < count <= _MOST_CODERS:
        raise BrokenError(f"a block of the 7z file is packed in {count} steps")
    for _ in range(count):
        flags = cursor.byte()
        method = cursor.take(flags & 0x0F)
        ins, outs = (cursor.count(), cursor.count()) if flags & 0x10 else (1, 1)
        coders.append(Coder(method, cursor.take(cursor.count()) if flags & 0x20 else b""))
        inputs, outputs = inputs + ins, outputs + outs
    if not 0 < outputs <= inputs <= 32:
        raise BrokenError("a block of the 7z file has steps that do not join")
    pairs = {cursor.number(): cursor.number() for _ in range(outputs - 1)}
    packed = inputs - (outputs - 1)
    if packed > 1:
        for _ in range(packed):
            cursor.number()
    main = next((one for one in range(outputs) if one not in pairs.values()), 0)
    order = _order(main, pairs, count) if packed == 1 and inputs == outputs == count else None
    return _Shape(tuple(coders), order, packed, outputs, main)


def _order(main: int, pairs: dict[int, int], count: int) -> tuple[int, ...] | None:
    order = [main]
    while order[-1] in pairs and len(order) <= count:
        order.append(pairs[order[-1]])
    return tuple(order) if len(order) == count and {*order} == {*range(count)} else None


def _pieces(cursor: Cursor, folders: tuple[Folder, ...]) -> tuple[tuple[tuple[int, int | None], ...], ...]:
    counts = [1] * len(folders)
    sizes: list[list[int]] | None = None
    crcs: list[int | None] = []
    while kind := cursor.byte():
        if kind == _COUNTS:
            counts = [cursor.count() for _ in folders]
        elif kind == _SIZE:
            sizes = [[cursor.number() for _ in range(max(count - 1, 0))] for count in counts]
        elif kind == _DIGEST:
            both = zip(folders, counts, strict=True)
            crcs = cursor.digests(sum(count for one, count in both if count != 1 or one.crc is None))
        else:
            raise BrokenError(f"the header of the 7z file has an unknown section {kind}")
    told = iter(crcs)
    found: list[tuple[tuple[int, int | None], ...]] = []
    for number, (one, count) in enumerate(zip(folders, counts, strict=True)):
        given = sizes[number] if sizes else [0] * max(count - 1, 0)
        lengths = [*given, one.size - sum(given)] if count else []
        if any(length < 0 for length in lengths):
            raise BrokenError("the files of a block of the 7z file are longer than the block")
        known = [one.crc] if count == 1 and one.crc is not None else [next(told, None) for _ in lengths]
        found.append(tuple(zip(lengths, known, strict=True)))
    return tuple(found)


def files(cursor: Cursor, packed: Streams) -> tuple[File, ...]:
    """Return the files that a section of files tells of."""
    count = cursor.count()
    names: list[str] = []
    empty = [False] * count
    attributes = [0] * count
    while kind := cursor.byte():
        inner = cursor.inner()
        if kind == _EMPTY:
            empty = inner.bits(count)
        elif kind == _NAMES:
            names = _names(inner)
        elif kind == _ATTRIBUTES:
            given = inner.given(count)
            inner.expect(0)
            attributes = [int.from_bytes(inner.take(4), "little") if one else 0 for one in given]
    if len(names) != count:
        raise BrokenError(f"the 7z file has {count} files and {len(names)} names")
    return _placed(names, attributes, empty, packed)


def _placed(names: list[str], attributes: list[int], empty: list[bool], packed: Streams) -> tuple[File, ...]:
    places: list[tuple[int, int, int, int | None]] = []
    for number, pieces in enumerate(packed.pieces):
        begin = 0
        for size, crc in pieces:
            places.append((number, begin, size, crc))
            begin += size
    if len(places) != empty.count(False):
        raise BrokenError(f"the 7z file has {empty.count(False)} files with bytes and {len(places)} places for them")
    told = iter(places)
    found: list[File] = []
    for name, mode, bare in zip(names, attributes, empty, strict=True):
        folder, begin, size, crc = (None, 0, 0, None) if bare else next(told)
        found.append(File(name, mode, folder, begin, size, crc))
    return tuple(found)


def _names(cursor: Cursor) -> list[str]:
    cursor.expect(0)
    text = cursor.rest.decode("utf-16-le", "surrogatepass")
    return text.split("\0")[:-1]


def checked(data: bytes, crc: int | None) -> bytes:
    """Return a header whose checksum fits.

    Raises `BrokenError` for another.
    """
    if crc is not None and zlib.crc32(data) != crc:
        raise BrokenError("the checksum of the 7z file's header is wrong")
    return data
