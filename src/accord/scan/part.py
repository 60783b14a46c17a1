"""A file, or a member of one, as bytes that can be read at random; nothing is copied that is not asked for."""

from __future__ import annotations

import struct
from mmap import mmap
from typing import Any

from accord.scan.rating import Sight

HEAD = 4096
"""How many bytes of its start show the format of a part."""

Source = bytes | mmap
"""What bytes are read from."""


class BrokenError(ValueError):
    """What is read does not keep to its format: reading goes no further. `offset` is in the part."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Part:
    """Bytes from `start` to `start + size` of a source, and what they are called.

    `name` is the last part of the path, `member` the way from the file to here: `archive.zip` holds `a/b.pkl`
    is None for the file, then `a/b.pkl`, then `a/b.pkl!inner`.
    """

    __slots__ = ("member", "name", "size", "source", "start")

    def __init__(
        self, source: Source, *, name: str, start: int = 0, size: int | None = None, member: str | None = None
    ) -> None:
        self.source = source
        self.name = name
        self.member = member
        self.start = min(max(start, 0), len(source))
        left = len(source) - self.start
        self.size = left if size is None else min(max(size, 0), left)

    def read(self, at: int, count: int) -> bytes:
        """Return the bytes from `at`, fewer than `count` where the part ends."""
        if at < 0 or count <= 0 or at >= self.size:
            return b""
        begin = self.start + at
        return self.source[begin : begin + min(count, self.size - at)]

    def exactly(self, at: int, count: int) -> bytes:
        """Return `count` bytes from `at`.

        Raises `BrokenError` where the part ends before.
        """
        found = self.read(at, count)
        if len(found) != count:
            raise BrokenError(f"{count} bytes are announced and {len(found)} are there", at)
        return found

    def unpack(self, layout: str, at: int) -> tuple[Any, ...]:
        """Return the fields at `at` by a layout of `struct`.

        Raises `BrokenError` where the part ends before.
        """
        return struct.unpack(layout, self.exactly(at, struct.calcsize(layout)))

    def find(self, mark: bytes, at: int = 0, end: int | None = None) -> int:
        """Return where `mark` stands next, from `at`, or -1."""
        stop = self.size if end is None else min(end, self.size)
        found = self.source.find(mark, self.start + max(at, 0), self.start + stop)
        return found - self.start if found >= 0 else -1

    def rfind(self, mark: bytes, at: int = 0, end: int | None = None) -> int:
        """Return where `mark` stands last, from `at`, or -1."""
        stop = self.size if end is None else min(end, self.size)
        found = self.source.rfind(mark, self.start + max(at, 0), self.start + stop)
        return found - self.start if found >= 0 else -1

    @property
    def head(self) -> bytes:
        """Return the first 4 KiB."""
        return self.read(0, HEAD)

    def tail(self, count: int) -> bytes:
        """Return the last `count` bytes."""
        return self.read(max(self.size - count, 0), count)

    def whole(self, most: int) -> bytes:
        """Return everything.

        Raises `BrokenError` when that is more than `most` bytes.
        """
        if self.size > most:
            raise BrokenError(f"{self.size} bytes are more than the {most} that are read of such content")
        return self.read(0, self.size)

    def slice(self, at: int, size: int | None = None) -> Part:
        """Return a stretch of this part as a part under the same name; offsets start anew at `at`."""
        room = max(self.size - at, 0)
        wanted = room if size is None else min(size, room)
        return Part(self.source, name=self.name, start=self.start + at, size=wanted, member=self.member)

    def child(self, name: str, source: Source, *, start: int = 0, size: int | None = None) -> Part:
        """Return a member of this part, with bytes of its own or a stretch of the same source."""
        member = name if self.member is None else f"{self.member}!{name}"
        return Part(source, name=name.rpartition("/")[2] or name, start=start, size=size, member=member)

    def stretch(self, name: str, at: int, size: int) -> Part:
        """Return a member that lies in this part as it is: `size` bytes from `at`, uncopied."""
        room = max(self.size - at, 0)
        return self.child(name, self.source, start=self.start + at, size=min(max(size, 0), room))

    def sees(
        self,
        kind: str,
        message: str,
        *,
        name: str = "",
        offset: int | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> Sight:
        """Return a reason about this part; `kind` is a key of `data/scan/reasons`."""
        return Sight(kind, message, name, self.member, offset, line, column)
