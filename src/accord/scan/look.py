"""One file under scan: how deep, how much and how long it may be looked into, and what lies beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap

from accord.core.text import one_line
from accord.scan.part import Part
from accord.scan.rating import Sight

_IN_MEMORY = 32 << 20
_RATIO = 100
_SMALL = 16 << 20
_MOST_NAMES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far one file is looked into: levels, members, bytes unpacked (in all), seconds."""

    depth: int = 10
    members: int = 100_000
    unpacked: int = 512 << 20
    bomb: int = 96 << 20
    seconds: float = 60.0


class OverError(Exception):
    """A limit was met: what follows was not looked at, so the file cannot be `safe`. `kind` is the reason's."""

    def __init__(self, message: str, kind: str = "limit-met") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


class Look:
    """One file under scan. Readers get it with each part and spend its budget."""

    def __init__(
        self,
        read: Callable[[Part, Look], Iterator[Sight]],
        limits: Limits | None = None,
        beside: Callable[[str], Part | None] = lambda _path: None,
    ) -> None:
        self.limits = limits or Limits()
        self.beside = beside
        """Open a file by its path relative to the folder of the scanned one; None where there is none."""
        self._read = read
        self._formats: dict[str | None, str] = {}
        self._used: dict[str, None] = {}
        self._depth = 0
        self._members = 0
        self._unpacked = 0
        self._deadline = time.monotonic() + self.limits.seconds

    def inside(self, part: Part) -> Iterator[Sight]:
        """Recognise a member or an appended stretch, and read it by its own format.

        Raises `OverError` when members nest too deeply, are too many, or the time is over.
        """
        self.tick()
        self._members += 1
        if self._depth >= self.limits.depth:
            where = one_line(part.member or "")
            raise OverError(f"members nest more than {self.limits.depth} deep at {where}", "nested")
        if self._members > self.limits.members:
            raise OverError(f"there are more than {self.limits.members} members")
        self._depth += 1
        try:
            yield from self._read(part, self)
        finally:
            self._depth -= 1

    def name_format(self, part: Part, name: str) -> None:
        """Say what a part is; a reader that knows better than the mark (a ZIP that is a Keras model) says it again."""
        self._formats[part.member] = name

    def format_of(self, part: Part) -> str | None:
        """Return what a part was said to be."""
        return self._formats.get(part.member)

    def uses(self, *names: str) -> None:
        """Remember what loading this file would use (callables, classes, operators), safe or not: cases match it."""
        if len(self._used) < _MOST_NAMES:
            self._used.update(dict.fromkeys(names))

    @property
    def used(self) -> tuple[str, ...]:
        """Return what loading this file would use, in the order in which it was seen."""
        return tuple(self._used)

    def tick(self) -> None:
        """Stop when the time is over; call it in long loops.

        Raises `OverError`.
        """
        if time.monotonic() > self._deadline:
            raise OverError(f"the {self.limits.seconds:g} seconds for one file were over")

    def unpack(self, part: Part, name: str, chunks: Iterable[bytes], *, packed: int) -> Part:
        """Return what a stream of chunks unpacks to as a member of `part`; big ones wait on disk, not in memory.

        `packed` is the size before. Raises `OverError` (kind `bomb`) when it swells beyond reason.
        """
        from tempfile import SpooledTemporaryFile

        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            size = 0
            for chunk in chunks:
                size += len(chunk)
                self._unpacked += len(chunk)
                self._check_swelling(name, size, packed)
                if size > 2 * _IN_MEMORY and chunk == bytes(len(chunk)):
                    spool.seek(len(chunk), os.SEEK_CUR)  # a hole, so that a bomb of zeros costs no writing
                else:
                    spool.write(chunk)
            if size <= _IN_MEMORY:
                spool.seek(0)
                return part.child(name, spool.read())
            spool.truncate(size)
            spool.flush()
            return part.child(name, mmap(spool.fileno(), 0, access=ACCESS_READ))

    def _check_swelling(self, name: str, size: int, packed: int) -> None:
        if self._unpacked > self.limits.bomb and size > _RATIO * max(packed, 1):
            raise OverError(f"{packed} bytes of {one_line(name)} unpack to more than {size}", "bomb")
        if self._unpacked > self.limits.unpacked:
            raise OverError(f"more than {self.limits.unpacked >> 20} MiB had to be unpacked")
        if size > _SMALL:
            self.tick()
