"""How many requests are in flight: as many as the target bears, never more than asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

_SHARE: Final = 0.25
"""The share of refusals among recent answers from which on the target is taken to be overloaded."""

_WINDOW: Final = 60
_CUT: Final = 0.7
_GROWTH: Final = 4.0  # requests in flight more for each window of answers
_LONGEST_PAUSE: Final = 60.0


class Limiter:
    """Additive increase, multiplicative decrease of the requests in flight.

    A target that now and then refuses one request (429, 503) makes that request wait. Only when it refuses many of the
    latest is the number in flight cut, and everybody waits as long as it asks for. Used in one event loop.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.in_flight = 0
        self._window = float(most)
        self._latest: deque[bool] = deque(maxlen=_WINDOW)
        self._since_cut = 0
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def thriving(self) -> bool:
        """Tell whether the target answers nearly all of the latest requests."""
        return sum(self._latest) < _SHARE * len(self._latest)

    async def enter(self, *, again: bool = False) -> None:
        """Wait for a place among the requests in flight.

        What is sent `again` goes before what was never sent: else all that failed would be left for the end.
        """
        if self._free() and not self._waiting:
            self.in_flight += 1
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.appendleft(future) if again else self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next."""
        self.in_flight -= 1
        self._wake()

    def answered(self) -> None:
        """Note that the target bore a request: a little more may be in flight."""
        self._latest.append(False)
        self._since_cut += 1
        self._window = min(self.most, self._window + _GROWTH / max(1.0, self._window))

    def refused(self, retry_after: float | None) -> None:
        """Note that the target has too much to do, and for how many seconds it asks us to wait."""
        self._latest.append(True)
        self._since_cut += 1
        if sum(self._latest) / _WINDOW < _SHARE:
            return
        loop = asyncio.get_running_loop()
        if self._since_cut >= self._window:
            self._window, self._since_cut = max(1.0, self._window * _CUT), 0
        if retry_after:
            self._paused_until = max(self._paused_until, loop.time() + min(retry_after, _LONGEST_PAUSE))
            loop.call_at(self._paused_until, self._go_on, self._paused_until)

    def _go_on(self, pause: float) -> None:
        """End a pause, unless a longer one was asked for since; timers may come a moment early."""
        if pause == self._paused_until:
            self._paused_until = 0.0
            self._wake()

    def _free(self) -> bool:
        if self.in_flight >= int(self._window):
            return False
        return not self._paused_until or asyncio.get_running_loop().time() >= self._paused_until

    def _wake(self) -> None:
        while self._waiting and self._free():
            future = self._waiting.popleft()
            if not future.done():
                self.in_flight += 1
                future.set_result(None)
