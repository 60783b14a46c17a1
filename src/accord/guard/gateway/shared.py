"""Numbers that the workers of one gateway share: each writes a row of its own, and whoever asks adds the rows up."""

from __future__ import annotations

import mmap
from typing import Final

WORKERS: Final = 64
WIDTH: Final = 8_192


class Rows:
    """Numbers by worker and place; made before the workers are, so that all of them see the same memory."""

    __slots__ = ("_map", "_numbers", "workers")

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._map = mmap.mmap(-1, workers * WIDTH * 8)
        self._numbers = memoryview(self._map).cast("d")

    def add(self, worker: int, place: int, amount: float = 1.0) -> None:
        """Add to a number of a worker."""
        self._numbers[worker * WIDTH + place] += amount

    def put(self, worker: int, place: int, value: float) -> None:
        """Set a number of a worker."""
        self._numbers[worker * WIDTH + place] = value

    def of(self, worker: int, place: int) -> float:
        """Return a number of a worker."""
        return self._numbers[worker * WIDTH + place]

    def total(self, place: int) -> float:
        """Return a number over all workers."""
        return sum(self._numbers[place::WIDTH])
