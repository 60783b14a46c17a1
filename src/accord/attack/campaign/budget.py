"""What a campaign may spend: asked before each request, so that it is never exceeded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from accord.core.errors import TargetError

SPENT = "ACC-E651"
"""The code of the error that ends a campaign because nothing is left."""

_HINT: Final = "give more: accord attack resume --budget"
_ANSWER_TOKENS: Final = 256  # of one answer, until a longer one came: a short first one promises nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Hard limits: requests, tokens, money (in the currency of the price) and minutes; None is no limit.

    `price` is what a million tokens cost, where somebody said so.
    """

    requests: int | None = None
    tokens: int | None = None
    money: float | None = None
    minutes: float | None = None
    price: float | None = None

    @property
    def limited(self) -> bool:
        """Tell whether there is any limit."""
        return any(limit is not None for limit in (self.requests, self.tokens, self.money, self.minutes))


class Aside(NamedTuple):
    """Tokens set aside for a request: those that it asks with, and those together with its answer's."""

    asked: int
    whole: int


class Purse:
    """Counts what was spent, with what is in flight already set aside."""

    def __init__(self, limits: Spending, *, clock: Callable[[], float], requests: int = 0, tokens: int = 0) -> None:
        self.limits = limits
        self.requests = requests
        self.tokens = tokens
        self._aside = 0
        self._answer = _ANSWER_TOKENS
        self._settled = asyncio.Event()
        self._clock = clock
        self._started = clock()
        self._seconds = 0.0

    @property
    def money(self) -> float:
        """Return what all tokens cost so far."""
        return self.tokens * (self.limits.price or 0.0) / 1_000_000

    def went_before(self, seconds: float) -> None:
        """Count the time of earlier sittings."""
        self._seconds = seconds

    def left(self) -> float | None:
        """Return the seconds that are left, or None where there is no limit."""
        if self.limits.minutes is None:
            return None
        return max(0.0, self.limits.minutes * 60 - self._seconds - (self._clock() - self._started))

    async def take(self, tokens: int) -> Aside:
        """Set aside a request, its guessed tokens and as many for its answer as the longest one so far had, or 256.

        Waits where what is in flight may leave enough. Raises `TargetError` (`ACC-E651`) when it cannot.
        """
        while told := self.over(tokens + self._answer):
            if not self._aside or self.over(tokens + self._answer - self._aside):
                raise TargetError(f"the budget is spent: {told}", hint=_HINT, code=SPENT)
            self._settled.clear()
            await self._settled.wait()
        self.requests += 1
        aside = Aside(tokens, tokens + self._answer)
        self._aside += aside.whole
        return aside

    def settle(self, aside: Aside, spent: int) -> None:
        """Count what a request really cost in place of what was set aside for it."""
        self._aside -= aside.whole
        self.tokens += spent
        self._answer = max(spent - aside.asked, self._answer)
        self._settled.set()

    def over(self, tokens: int) -> str:
        """Return which limit one more request would exceed, or nothing."""
        limits = self.limits
        after = self.tokens + self._aside + tokens
        if limits.requests is not None and self.requests + 1 > limits.requests:
            return f"{limits.requests} requests"
        if limits.tokens is not None and after > limits.tokens:
            return f"{limits.tokens} tokens"
        if limits.money is not None and after * (limits.price or 0.0) / 1_000_000 > limits.money:
            return f"{limits.money:g} of money"
        if self.left() == 0.0:
            return f"{limits.minutes:g} minutes"
        return ""
