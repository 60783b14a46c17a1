"""Sends requests: limited, within the budget, again where that can help, and each one on record before it counts."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, NamedTuple

from accord.attack.campaign.budget import Purse
from accord.attack.campaign.limiter import Limiter
from accord.attack.targets.line import Answer, Failure, Send
from accord.core.campaign import Try
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Reply
from accord.record.campaigns import Sent
from accord.record.writer import Writer

UNANSWERED: Final = "ACC-E650"
"""The code of the error that ends a trial because its target never answered."""

DOWN: Final = "ACC-E652"
"""The code of the error that ends a campaign because its target answers nothing any more."""

MOST_TRIES: Final = 6
"""Requests that fail, after which a question stays without an answer."""

MOST_REFUSALS: Final = 16
"""The same for requests that a target refuses because it has too much to do."""

MOST_ALONE: Final = 8
"""The same for refusals of one request while the target answers others: it is not the load that it refuses."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 60.0
_SHORTEST: Final = 0.25  # seconds that any request may take
_REMEMBERED, _ENOUGH, _RELEARN = 400, 50, 25
_EARLY: Final = 0.001  # seconds by which a timer may go off too soon
_DEAD_AFTER: Final = 20
"""Failures in a row, beyond one for each request in flight, after which a target is taken to be down."""

_BUSY_FOR: Final = 180.0
"""Seconds for which a target may refuse everything because it has too much to do."""

_LONGEST_WAIT: Final = 240.0
"""Seconds that one request may wait in all because it is refused: longer than a target may refuse everything."""

_SUSPECT: Final = 2
"""Refusals of one request while others are answered, from which on more of them say nothing about the load."""

_CHANCE: Final = 3
"""Failures in a row that may happen to any target."""

_LIMITED_PAUSE: Final = 1.0
"""Seconds of the first pause where a target has too much to do and does not say for how long."""

_REFUSED_PAUSE: Final = 0.25
"""The same where it answers nearly all others: one refusal says little about the load."""

_HANGS: Final = 5
"""Times as long as nearly all others take, after which a request is taken to hang."""


class Patience:
    """How long a request may take: the limit that was asked for, or less where the target is known to be fast.

    A request that takes five times as long as nearly all others do hangs; it is given up and sent again, each time
    with twice the patience, so that a slow answer still comes through. What is learned holds for requests that are
    on their way, too. One timer watches all of them: it goes off when the first may be up, and looks who is.
    """

    def __init__(self, most: float) -> None:
        self.most = most
        self._seen: deque[float] = deque(maxlen=_REMEMBERED)
        self._answers = 0
        self._usual = most
        self._waiting: set[_Bound] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf  # uvloop's handle of what is due at once does not tell when

    def bounded(self, attempt: int, left: float | None) -> _Bound:
        """Return what cancels whatever takes too long at its so-many-th attempt, from 0; `TimeoutError` comes then.

        `left` are the seconds that the campaign itself has left.
        """
        return _Bound(self, attempt, left)

    def took(self, seconds: float) -> None:
        """Learn from a request that was answered."""
        self._seen.append(seconds)
        self._answers += 1
        if len(self._seen) >= _ENOUGH and self._answers % _RELEARN == 0:
            before, self._usual = self._usual, max(_SHORTEST, _HANGS * sorted(self._seen)[int(len(self._seen) * 0.95)])
            if self._usual < before and self._waiting:
                self._look()

    def allowed(self, attempt: int) -> float:
        """Return the seconds that a request may take at its so-many-th attempt; the last gets all there is."""
        return self.most if attempt >= MOST_TRIES - 1 else min(self.most, self._usual * 2.0**attempt)

    @property
    def pause(self) -> float:
        """Return the longest pause before a request is sent again: a fast target is soon asked anew."""
        return min(_LONGEST_PAUSE, max(_SHORTEST, self._usual))

    def watch(self, bound: _Bound) -> None:
        """Watch over a request that begins now."""
        self._waiting.add(bound)
        if bound.ends < self._due:
            self._wake_at(bound.ends)

    def forget(self, bound: _Bound) -> None:
        """Watch no more over a request."""
        self._waiting.discard(bound)

    def _look(self) -> None:
        """End what is up, and wake for the next; timers may come a moment early."""
        now = asyncio.get_running_loop().time()
        for bound in self._waiting:
            bound.shorten(self.allowed(bound.attempt))
        for bound in [bound for bound in self._waiting if bound.ends <= now + _EARLY]:
            bound.end()
        self._wake_at(min((bound.ends for bound in self._waiting), default=None))

    def _wake_at(self, ends: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = math.inf if ends is None else ends
        self._timer = None if ends is None else asyncio.get_running_loop().call_at(ends, self._look)


class _Bound:
    """One request on its way: when it is up, and what ends it then."""

    __slots__ = ("_limit", "_patience", "_started", "attempt", "ends")

    def __init__(self, patience: Patience, attempt: int, left: float | None) -> None:
        self.attempt = attempt
        self._patience = patience
        self._limit = asyncio.timeout(None)
        self._started = asyncio.get_running_loop().time()
        allowed = patience.allowed(attempt)
        self.ends = self._started + (allowed if left is None else min(allowed, left))

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._patience.watch(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience.forget(self)
        await self._limit.__aexit__(kind, error, trace)

    def shorten(self, allowed: float) -> None:
        """Let the request take no longer than so many seconds; never longer than before."""
        self.ends = min(self.ends, self._started + allowed)

    def end(self) -> None:
        """Cancel the request: its time is up."""
        self._patience.forget(self)
        self._limit.reschedule(0.0)


class Breaker:
    """Notices that a target is down, so that a campaign does not ask it a thousand times more.

    Some failures are excused for a while: a target may refuse for minutes because it has too much to do, and one that
    stalls has as long as a request was meant to have, however soon we gave up.
    """

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = most + _DEAD_AFTER
        self._clock = clock
        self._since = clock()
        self._streak: Counter[float] = Counter()
        self._last = ""

    def answered(self) -> None:
        """Note an answer."""
        self._streak.clear()
        self._since = self._clock()

    def failed(self, error: str, *, excused: float = 0.0) -> None:
        """Note a request without an answer; it counts when none at all came for more seconds than it is excused."""
        self._streak[excused] += 1
        self._last = error

    @property
    def answering(self) -> bool:
        """Tell whether the target answers: no more failed in a row than may happen to any target."""
        return self._streak.total() <= _CHANCE

    def check(self) -> None:
        """Raise `TargetError` (`ACC-E652`) when the target is down."""
        silent = self._clock() - self._since
        if sum(count for excused, count in self._streak.items() if excused <= silent) >= self._limit:
            message = (
                f"the target is down: the last {self._streak.total()} requests failed, the last one with {self._last!r}"
            )
            raise TargetError(message, hint="see that it runs, then go on with: accord attack resume", code=DOWN)


class Sender(NamedTuple):
    """What all trials of a process share."""

    limiter: Limiter
    purse: Purse
    patience: Patience
    breaker: Breaker
    writer: Writer
    ended: asyncio.Event
    """Set when the campaign cannot go on: nobody waits to try again then."""


class _Refusals:
    """How often one request was refused because the target had too much to do, and how long it waited for that."""

    def __init__(self) -> None:
        self.count = self.alone = 0
        self.waited = 0.0

    @property
    def alone_again(self) -> bool:
        """Tell whether the request is refused for what it is, and not for the load."""
        return self.alone >= _SUSPECT

    def noted(self, *, thriving: bool) -> None:
        """Count a refusal; `thriving` says that the target answers others."""
        self.count += 1
        self.alone += thriving or self.alone_again

    def end(self, pause: float) -> str:
        """Return why the request does not wait for another pause, or nothing."""
        if self.alone >= MOST_ALONE:
            return f"{self.count} times, while others were answered"
        if self.count >= MOST_REFUSALS:
            return f"{self.count} times"
        over = self.waited + pause > _LONGEST_WAIT
        self.waited += pause
        return f"{self.count} times, and it may wait {_LONGEST_WAIT:.0f} s in all" if over else ""


class TrialLine:
    """The line of one trial; what an earlier sitting recorded is not sent again.

    It is sent `again` where the target has forgotten what was said; the tries on record count all the same.
    """

    def __init__(self, sender: Sender, trial: int, recorded: Sequence[Sent] = (), *, again: bool = False) -> None:
        self.tries: list[Try] = [sent.tried for sent in recorded] if again else []
        self._sender = sender
        self._trial = trial
        self._recorded = deque(() if again else recorded)

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        """Send a request until it is answered; each try is durable before the next begins."""
        last = Failure("it was never sent")
        attempt, late, refusals = 0, 0, _Refusals()
        while self._recorded:
            sent = self._recorded.popleft()
            self.tries.append(sent.tried)
            if sent.reply is not None:
                return sent.reply
            last = Failure(sent.tried.error or last.error)
            attempt += 1
        while attempt < MOST_TRIES:
            patient = attempt if attempt == MOST_TRIES - 1 else late
            answer = await self._once(request, attempt, patient, refusals, tokens)
            if isinstance(answer, Answer):
                return answer.reply
            last = answer
            attempt += not answer.limited
            late += answer.late
            if not answer.again or attempt == MOST_TRIES:
                break
            pause = self._pause(answer, refusals.count if answer.limited else attempt - late)
            if answer.limited and (told := refusals.end(pause)):
                last = Failure(f"{answer.error}, {told}")
                break
            await self._rest(pause)
        raise TargetError(f"never answered: {last.error}", hint="look at the target's log", code=UNANSWERED)

    async def _once(
        self, request: Send, attempt: int, patient: int, refusals: _Refusals, tokens: int
    ) -> Answer | Failure:
        limiter, purse, patience, breaker, writer, _ = self._sender
        await limiter.enter(again=bool(self.tries) and breaker.answering)
        try:
            breaker.check()
            aside = await purse.take(tokens)
            started = time.monotonic()
            try:
                async with patience.bounded(patient, purse.left()):
                    answer = await request()
            except TimeoutError:
                answer = Failure(f"no answer within {time.monotonic() - started:.3g} s", late=True)
            seconds = time.monotonic() - started
            cost = _cost(answer)
            purse.settle(aside, cost)
            self._learn(answer, seconds, attempt, refusals)
            tried = Try(status=answer.status, reply_id=_id(answer), error=_error(answer), seconds=round(seconds, 6))
            reply = answer.reply if isinstance(answer, Answer) else None
            self.tries.append(tried)
            await writer.kept(Sent(self._trial, len(self.tries) - 1, tried, cost, reply))
            return answer
        finally:
            limiter.leave()

    def _learn(self, answer: Answer | Failure, seconds: float, attempt: int, refusals: _Refusals) -> None:
        limiter, purse, patience, breaker, _, _ = self._sender
        if isinstance(answer, Answer):
            limiter.answered()
            patience.took(seconds)
            breaker.answered()
            return
        if answer.limited:
            refusals.noted(thriving=limiter.thriving)
        if refusals.alone_again:  # what failed before may go on failing: at the end of a campaign nothing else is left
            return
        if attempt == 0:
            breaker.failed(answer.error, excused=_excused(answer, patience.most))
        if answer.limited:
            limiter.refused(_shorter(answer.retry_after, purse.left()))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_shorter(seconds, self._sender.purse.left())):
                await self._sender.ended.wait()
        if self._sender.ended.is_set():
            raise TargetError("the campaign has ended", code=DOWN)

    def _pause(self, failure: Failure, count: int) -> float:
        """Return how long to wait after the so-many-th failure of its sort; one that came late was waited for already.

        The spread is the trial's own, so that not all come at once.
        """
        if failure.retry_after is not None:
            return min(failure.retry_after, _LONGEST_PAUSE)
        if failure.late:
            return 0.0
        spread = zlib.crc32(f"{self._trial} {count}".encode()) / 2**32
        limited = _REFUSED_PAUSE if self._sender.limiter.thriving else _LIMITED_PAUSE
        first = limited if failure.limited else _FIRST_PAUSE
        return min(self._sender.patience.pause, first * 2.0 ** (count - 1) * (0.5 + spread))


def _excused(failure: Failure, most: float) -> float:
    """Return for how many seconds without any answer a failure does not say that the target is down."""
    if failure.limited:
        return _BUSY_FOR
    return most if failure.late else 0.0


def _shorter(seconds: float | None, left: float | None) -> float | None:
    return seconds if seconds is None or left is None else min(seconds, left)


def _cost(answer: Answer | Failure) -> int:
    return (answer.tokens or 0) if isinstance(answer, Answer) else 0


def _id(answer: Answer | Failure) -> str | None:
    found = answer.reply.id if isinstance(answer, Answer) else answer.reply_id
    return one_line(found, 200) if found else None


def _error(answer: Answer | Failure) -> str | None:
    return None if isinstance(answer, Answer) else one_line(answer.error, 300)
