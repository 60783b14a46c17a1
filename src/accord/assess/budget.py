"""What was spent on each target, counted over all workers of an assessment: a budget is one for all checks."""

from __future__ import annotations

import fcntl
import os
import tempfile
import weakref
from pathlib import Path

_WIDTH = 8  # bytes of one counter


class Spent:
    """Counters that forked workers share: a nameless file and a lock that a dead worker cannot keep."""

    def __init__(self) -> None:
        self._handle, name = tempfile.mkstemp()
        Path(name).unlink()
        weakref.finalize(self, os.close, self._handle)

    def another(self, target: int, *, most: int | None) -> bool:
        """Count one more request to the target of a position in the manifest; False where `most` is used up."""
        handle, at = self._handle, target * _WIDTH
        fcntl.lockf(handle, fcntl.LOCK_EX, _WIDTH, at)
        try:
            count = int.from_bytes(os.pread(handle, _WIDTH, at), "big")
            if most is not None and count >= most:
                return False
            os.pwrite(handle, (count + 1).to_bytes(_WIDTH, "big"), at)
            return True
        finally:
            fcntl.lockf(handle, fcntl.LOCK_UN, _WIDTH, at)
