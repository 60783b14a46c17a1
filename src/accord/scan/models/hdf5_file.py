"""The structure of an HDF5 file: superblock, object headers and their messages (HDF5 format II, IV)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.models import hdf5_dense
from accord.scan.models.hdf5_heaps import Collections, Reader, Widths
from accord.scan.part import BrokenError, Part

MARK: Final = b"\x89HDF\r\n\x1a\n"
_MOST_MESSAGES: Final = 1_000_000
_NESTED: Final = 12


class Kind(IntEnum):
    """The messages of an object header that matter."""

    NIL = 0
    SPACE = 1
    LINK_INFO = 2
    TYPE = 3
    LINK = 6
    OUTSIDE = 7
    LAYOUT = 8
    FILTERS = 11
    ATTRIBUTE = 12
    SHARED_TABLE = 15
    CONTINUED = 16
    TABLE = 17
    DRIVER = 20
    ATTRIBUTE_INFO = 21


class Message(NamedTuple):
    """One message of an object header: its kind, flags, and where its body lies."""

    kind: int
    flags: int
    at: int
    size: int

    @property
    def shared(self) -> bool:
        """Tell whether the body only says where the message lies."""
        return bool(self.flags & 2)


class Typed(NamedTuple):
    """A datatype, as far as it matters: its class, its size, and what is under it."""

    kind: int
    size: int
    text: bool = False
    under: tuple[Typed, ...] = ()


class Root(NamedTuple):
    """What the superblock says: the root group, the end of the file, the extension, whether a driver splits it."""

    group: int
    end: int
    extension: int | None
    driver: int | None


class Hdf5:
    """One HDF5 file, opened by its superblock."""

    def __init__(self, part: Part, look: Look) -> None:
        self.part = part
        self.look = look
        self._count = 0
        self.widths, self.root = _superblock(part)
        self.values = Collections(part, self.widths)

    def reader(self, at: int) -> Reader:
        """Return a reader of numbers from an offset."""
        return Reader(self.part, at, self.widths)

    def messages(self, at: int) -> Iterator[Message]:
        """Yield the messages of the object header at an address, with those of its continuations."""
        new = self.part.exactly(at, 4) == b"OHDR"
        waiting, met = [self._second(at) if new else self._first(at)], set[int]()
        while waiting:
            begin, end, ordered = waiting.pop(0)
            if begin in met or end > self.part.size:
                raise BrokenError("an object header reaches beyond the file or leads back into itself", begin)
            met.add(begin)
            for message in self._chunk(begin, end, new=new, ordered=ordered):
                if message.kind == Kind.CONTINUED:
                    waiting.append(self._continued(message, new=new, ordered=ordered))
                else:
                    yield message

    def _first(self, at: int) -> tuple[int, int, bool]:
        if self.part.exactly(at, 1) != b"\1":
            raise BrokenError("an object header is of no known version", at)
        size = self.reader(at + 8).number(4)
        return at + 16, at + 16 + size, False

    def _second(self, at: int) -> tuple[int, int, bool]:
        reader = self.reader(at + 4)
        version, flags = reader.number(1), reader.number(1)
        if version != 2:
            raise BrokenError(f"an object header is of version {version}", at)
        reader.skip((16 if flags & 32 else 0) + (4 if flags & 16 else 0))
        size = reader.number(1 << (flags & 3))
        return reader.at, reader.at + size, bool(flags & 4)

    def _continued(self, message: Message, *, new: bool, ordered: bool) -> tuple[int, int, bool]:
        reader = self.reader(message.at)
        begin, size = reader.address(), reader.length()
        if begin is None:
            raise BrokenError("an object header goes on nowhere", message.at)
        if not new:
            return begin, begin + size, False
        self.reader(begin).mark(b"OCHK")
        return begin + 4, begin + size - 4, ordered

    def _chunk(self, at: int, end: int, *, new: bool, ordered: bool) -> Iterator[Message]:
        front = (6 if ordered else 4) if new else 8
        while at + front <= end:
            reader = self.reader(at)
            kind = reader.number(1 if new else 2)
            size, flags = reader.number(2), reader.number(1)
            body = at + front
            if body + size > end:
                raise BrokenError("a message of an object header is longer than the header", at)
            self._count += 1
            if self._count > _MOST_MESSAGES:
                raise BrokenError("there are too many messages")
            yield Message(kind, flags, body, size)
            at = body + size

    def dense(self, info: Message, *, wide: int) -> Iterator[tuple[int, int]]:
        """Yield where the messages lie that an info message keeps in a heap, and their sizes."""
        reader = self.reader(info.at + 1)
        if reader.number(1) & 1:
            reader.skip(wide)
        heap, tree = reader.address(), reader.address()
        if heap is not None and tree is not None:
            yield from hdf5_dense.messages(self.part, self.look, self.widths, heap=heap, tree=tree)

    def typed(self, at: int, depth: int = 0) -> tuple[Typed, int]:
        """Return the datatype at an offset, and where it ends."""
        reader = self.reader(at)
        first, bits, size = reader.number(1), reader.number(3), reader.number(4)
        kind, version = first & 15, first >> 4
        if depth > _NESTED or not 1 <= version <= 5:
            raise BrokenError(f"a datatype is of version {version} or nests too deeply", at)
        match kind:
            case 0 | 1 | 2 | 4:
                return Typed(kind, size), reader.at + {0: 4, 1: 12, 2: 2, 4: 4}[kind]
            case 3 | 7:
                return Typed(kind, size, text=kind == 3), reader.at
            case 5:
                return Typed(kind, size), reader.at + (bits & 255)
            case 6:
                return self._compound(reader, bits & 0xFFFF, version, Typed(kind, size), depth)
            case 8:
                return self._enumerated(reader, bits & 0xFFFF, version, size, depth)
            case 9:
                under, end = self.typed(reader.at, depth + 1)
                return Typed(kind, size, text=bits & 15 == 1, under=(under,)), end
            case 10:
                count = reader.number(1)
                reader.skip((3 if version < 3 else 0) + count * 4 * (2 if version < 3 else 1))
                under, end = self.typed(reader.at, depth + 1)
                return Typed(kind, size, under=(under,)), end
            case _:
                raise BrokenError(f"a datatype is of class {kind}", at)

    def _name(self, reader: Reader, version: int) -> None:
        end = self.part.find(b"\0", reader.at, reader.at + 65536)
        if end < 0:
            raise BrokenError("the name of a field does not end", reader.at)
        length = end + 1 - reader.at
        reader.skip(length + (-length % 8 if version < 3 else 0))

    def _compound(self, reader: Reader, count: int, version: int, made: Typed, depth: int) -> tuple[Typed, int]:
        under: list[Typed] = []
        for _ in range(count):
            self.look.tick()
            self._name(reader, version)
            reader.skip(_wide(made.size) if version >= 3 else 4)
            if version == 1:
                reader.skip(28)
            one, reader.at = self.typed(reader.at, depth + 1)
            under.append(one)
        return made._replace(under=tuple(under)), reader.at

    def _enumerated(self, reader: Reader, count: int, version: int, size: int, depth: int) -> tuple[Typed, int]:
        under, reader.at = self.typed(reader.at, depth + 1)
        for _ in range(count):
            self._name(reader, version)
        return Typed(8, size, under=(under,)), reader.at + count * under.size

    def elements(self, at: int) -> int:
        """Return how many elements a dataspace has."""
        reader = self.reader(at)
        version, rank, flags = reader.number(1), reader.number(1), reader.number(1)
        if version == 1:
            reader.skip(5)
        elif version == 2:
            if reader.number(1) == 2:
                return 0
        else:
            raise BrokenError(f"a dataspace is of version {version}", at)
        if rank > 32 or flags > 3:
            raise BrokenError(f"a dataspace has {rank} dimensions", at)
        count = 1
        for _ in range(rank):
            count *= reader.length()
        return count


def _wide(number: int) -> int:
    return (number.bit_length() + 7) // 8 or 1


def _superblock(part: Part) -> tuple[Widths, Root]:
    if part.exactly(0, 8) != MARK:
        raise BrokenError("there is no HDF5 signature", 0)
    version = part.exactly(8, 1)[0]
    wide, long = part.unpack("<BB", 13 if version < 2 else 9)
    if wide not in (2, 4, 8) or long not in (2, 4, 8) or version > 3:
        raise BrokenError(f"a superblock of version {version} has addresses of {wide} and lengths of {long} bytes", 8)
    reader = Reader(part, {0: 24, 1: 28}.get(version, 12), Widths(wide, long, 0))
    base = reader.number(wide)
    widths = Widths(wide, long, 0)  # addresses count from where the superblock lies, whatever it says
    reader.widths = widths
    if version < 2:
        reader.address()
        end, driver = reader.address(), reader.address()
        extension, group = None, reader.skip(wide).address()
    else:
        driver = None
        extension, end, group = reader.address(), reader.address(), reader.address()
    if group is None or end is None:
        raise BrokenError("the superblock has no root group or no end", 8)
    return widths, Root(group, max(end - base, 0), extension, driver)
