"""What was last in force, kept where a worker that takes another's place finds it again."""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PART: Final = 1 << 20


class Kept:
    """One value of all workers, made before they are, in memory that no name leads to.

    Whoever reads it finds it whole: it is written beside the one that holds, which a single byte then replaces. A
    writer that is killed leaves the old one.
    """

    __slots__ = ("_chosen", "_files")

    def __init__(self) -> None:
        self._files = (_nameless(), _nameless())
        self._chosen = mmap.mmap(-1, 1)  # 0 is nothing yet, then one or the other

    def put(self, data: bytes) -> None:
        """Keep a value in the place of the one before; raises `OSError` where there is no room for it."""
        with self._turn():
            chosen = 2 if self._chosen[0] == 1 else 1
            file = self._files[chosen - 1]
            os.ftruncate(file, 0)
            for at in range(0, len(data), _PART):
                _write(file, data[at : at + _PART], at)
            self._chosen[0] = chosen

    def get(self, most: int | None = None) -> bytes:
        """Return the value, or how it begins; nothing where none was kept."""
        with self._turn():
            chosen = self._chosen[0]
            if not chosen:
                return b""
            file = self._files[chosen - 1]
            size = os.fstat(file).st_size
            end = size if most is None else min(size, most)
            return b"".join(os.pread(file, min(_PART, end - at), at) for at in range(0, end, _PART))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        fcntl.lockf(self._files[0], fcntl.LOCK_EX)  # a process that dies gives it up
        try:
            yield
        finally:
            fcntl.lockf(self._files[0], fcntl.LOCK_UN)


def _nameless() -> int:
    try:
        return os.memfd_create("accord-guard")
    except (AttributeError, OSError):  # no such call on this system
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def _write(file: int, data: bytes, at: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(file, data[done:], at + done)
