"""What each worker has in force, told to the others: two that read the files at different times come to agree."""

from __future__ import annotations

import time
from typing import Any, Final

from accord.core.canon import Digest
from accord.guard.gateway.shared import Rows

_PLACE: Final = 128  # behind what is counted, before what callers have used
_DIGITS: Final = 12  # of a digest: what a number of a row holds exactly


class Agreement:
    """What one worker says it has in force, and what it hears of the others."""

    def __init__(self, rows: Rows, worker: int) -> None:
        self._rows = rows
        self._worker = worker
        self._heard = 0.0

    def tell(self, digests: tuple[Digest, Digest], read: float | None = None) -> None:
        """Say what is in force here, and when the files were read from which it was made."""
        told = (*map(_number, digests), time.monotonic() if read is None else read)
        for place, value in enumerate(told, _PLACE):
            self._rows.put(self._worker, place, value)

    def is_behind(self) -> bool:
        """Tell whether another worker read the policy later than this one, and found another one: once a reading."""
        mine, _, read = self._of(self._worker)
        later = max((one[2] for one in self._told() if one[0] != mine), default=0.0)
        if later <= max(read, self._heard):
            return False
        self._heard = later
        return True

    def shown(self) -> dict[str, Any]:
        """Return whether all workers have the same in force, and what the one has that read it first."""
        told = self._told()
        oldest = min(told, key=lambda one: one[2])
        agreed = len({one[:2] for one in told}) == 1
        policy, rules = (f"sha256:{int(number):0{_DIGITS}x}" for number in oldest[:2])
        return {"count": self._rows.workers, "agree": agreed, "slowest": {"policy": policy, "rules": rules}}

    def _told(self) -> list[tuple[float, float, float]]:
        """Return what each worker has told; one that has not begun has told nothing."""
        told = map(self._of, range(self._rows.workers))
        return [one for one in told if one[2]]

    def _of(self, worker: int) -> tuple[float, float, float]:
        of = self._rows.of
        return of(worker, _PLACE), of(worker, _PLACE + 1), of(worker, _PLACE + 2)


def _number(digest: Digest) -> float:
    return float(int(digest.removeprefix("sha256:")[:_DIGITS], 16))
