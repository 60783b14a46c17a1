"""Numbers that the workers of one gateway share: each writes a row of its own, and whoever asks reads those of all."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
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


class Rings:
    """What each worker saw last, as runs of `width` whole numbers; made before the workers are.

    Each worker writes a ring of its own. What it holds outlives the worker: whoever takes its place reads it again.
    """

    __slots__ = ("_heads", "_map", "_most", "_numbers", "_width", "workers")

    def __init__(self, workers: int = 1, *, width: int = 6, most: int = 1 << 15) -> None:
        self.workers = workers
        self._width = width
        self._most = most
        self._map = mmap.mmap(-1, workers * (1 + width * most) * 8)  # what is never written takes no memory
        self._numbers = memoryview(self._map).cast("q")
        self._heads = workers * width * most

    def write(self, worker: int, run: Sequence[int]) -> None:
        """Write one run into the ring of a worker; the oldest makes room."""
        head = self._numbers[self._heads + worker]
        at = (worker * self._most + head % self._most) * self._width
        for place, number in enumerate(run, at):
            self._numbers[place] = number
        self._numbers[self._heads + worker] = head + 1  # last, so that nobody reads half a run

    def head(self, worker: int) -> int:
        """Return how many runs a worker has written."""
        return self._numbers[self._heads + worker]

    def between(self, worker: int, seen: int, head: int) -> Iterator[tuple[int, ...]]:
        """Yield the runs of a worker from one number to another, as far as they are still there."""
        width = self._width
        for run in range(max(seen, head - self._most), head):
            at = (worker * self._most + run % self._most) * width
            found = tuple(self._numbers[at : at + width])
            if self.head(worker) - run <= self._most:  # else it was written over meanwhile
                yield found


class Ring:
    """The rings as one worker sees them: it writes to its own, and hears what the others wrote since it last asked."""

    __slots__ = ("_rings", "_seen", "_worker")

    def __init__(self, rings: Rings, worker: int) -> None:
        self._rings = rings
        self._worker = worker
        self._seen = [0] * self._rings.workers

    def tell(self, run: Sequence[int]) -> None:
        """Let the others know; `news` does not repeat it."""
        self._rings.write(self._worker, run)
        self._seen[self._worker] = self._rings.head(self._worker)

    def news(self) -> list[tuple[int, ...]]:
        """Return what others wrote since; at first also what a worker wrote in whose place this one is."""
        found: list[tuple[int, ...]] = []
        for worker, seen in enumerate(self._seen):
            head = self._rings.head(worker)
            if head != seen:
                found += self._rings.between(worker, seen, head)
                self._seen[worker] = head
        return found
