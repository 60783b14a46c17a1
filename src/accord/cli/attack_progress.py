"""Progress of a campaign on stderr: one line with rate, found, unsure and how long it still takes."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self, TextIO

from accord.core.campaign import TrialResult

_PAUSE: Final = 0.1
_WIDTH: Final = 24


class Progress:
    """Draws over one line on a terminal; in a pipe it says nothing."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = total
        self._terminal = stream.isatty()
        self._started = time.monotonic()
        self._drawn = 0.0
        self._done = self._broke = self._unsure = self._errors = self._requests = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        if self._terminal:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def seen(self, result: TrialResult) -> None:
        """Count a finished trial."""
        self._done += 1
        self._broke += result.outcome == "broke"
        self._unsure += result.outcome == "unsure"
        self._errors += result.outcome == "error"
        self._requests += len(result.tries)
        now = time.monotonic()
        if self._terminal and now - self._drawn >= _PAUSE:
            self._drawn = now
            self._stream.write(f"\r\x1b[2K{self.line(now - self._started)}")
            self._stream.flush()

    def line(self, seconds: float) -> str:
        """Return the line after so many seconds."""
        share = self._done / self._total if self._total else 1.0
        rate = self._done / seconds if seconds > 0 else 0.0
        left = (self._total - self._done) / rate if rate else 0.0
        bar = "█" * int(share * _WIDTH)
        told = f"{self._done}/{self._total} {rate:.0f}/s · {self._broke} broke · {self._unsure} unsure"
        return f"{bar:░<{_WIDTH}} {told} · {self._errors} errors · {_minutes(left)} left"


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
