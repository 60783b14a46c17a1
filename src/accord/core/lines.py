"""Lines between a process and its child: pipes that carry whole messages, each with its length before it."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterable
from math import inf
from typing import Final, NamedTuple

_LARGEST: Final = 64 << 20  # bytes of one message
_HEAD: Final = 8  # bytes of a length
_CHUNK: Final = 1 << 20


class Line(NamedTuple):
    """One end of a line: the descriptor that is read, and the one that is written."""

    hears: int
    says: int

    def send(self, message: bytes) -> None:
        """Write a message; raises `OSError` when nobody reads."""
        for piece in (len(message).to_bytes(_HEAD, "big"), message):
            left = memoryview(piece)
            while left:
                left = left[os.write(self.says, left) :]

    def receive(self, *, until: float = inf) -> bytes:
        """Return the next message.

        Raises `EOFError` when the other end is closed, `TimeoutError` when it is not whole at the time `until` of
        the monotonic clock, `OSError` when it is too large.
        """
        length = int.from_bytes(self._exactly(_HEAD, until), "big")
        if length > _LARGEST:
            raise OSError(f"a message of {length} bytes is over {_LARGEST}")
        return self._exactly(length, until)

    def close(self) -> None:
        """Close this end."""
        os.close(self.hears)
        os.close(self.says)

    def _exactly(self, count: int, until: float) -> bytes:
        chunks: list[bytes] = []
        while count:
            if until < inf and not ready([self], seconds=until - time.monotonic()):
                raise TimeoutError
            chunk = os.read(self.hears, min(count, _CHUNK))
            if not chunk:
                raise EOFError
            chunks.append(chunk)
            count -= len(chunk)
        return b"".join(chunks)


def pair() -> tuple[Line, Line]:
    """Return the two ends of a new line; each process closes the one that it does not use."""
    theirs_hears, ours_says = os.pipe()
    ours_hears, theirs_says = os.pipe()
    return Line(ours_hears, ours_says), Line(theirs_hears, theirs_says)


def ready(among: Iterable[Line], *, seconds: float) -> list[Line]:
    """Return the lines on which something arrived or whose other end is closed, waiting so long for the first."""
    by_number = {one.hears: one for one in among}
    poll = select.poll()  # unlike `select`, it takes descriptors above 1024
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(max(0.0, seconds) * 1000)]
