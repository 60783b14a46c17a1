"""What was spent on each target, counted over all workers of an assessment: a budget is one for all checks."""

from __future__ import annotations

from multiprocessing import Array

_MOST = 512  # targets that can be counted


class Spent:
    """Counters in memory that forked workers share."""

    def __init__(self) -> None:
        self._counts = Array("q", _MOST)

    def another(self, target: int, *, most: int | None) -> bool:
        """Count one more request to the target of a position in the manifest; False where `most` is used up."""
        if target >= _MOST:
            return False
        with self._counts.get_lock():
            if most is not None and self._counts[target] >= most:
                return False
            self._counts[target] += 1
            return True
