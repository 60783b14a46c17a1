"""The engine as the gateway asks it: with the time, and with what each caller has used up."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from accord.core.canon import Digest
from accord.core.guard import Decision, GuardPolicy, GuardTool, Hit, Piece
from accord.core.trial import Message, ToolCall
from accord.guard.engine import Guard, Scene
from accord.guard.flow import Spent, Tool
from accord.guard.flow.answers import Links
from accord.guard.flow.spending import WINDOWS
from accord.guard.gateway.words import UNSEEN, AsideError, Watched

if TYPE_CHECKING:
    from accord.guard.approvals import Approvals
    from accord.guard.detector.encoder import Encoder

_MOST: Final = 4_096


class Spending:
    """When each caller called which tool, for limits by minute, hour and day; it outlives a reload.

    Several workers divide a limit among themselves: what all of them allow together is never more than it says.
    """

    def __init__(self) -> None:
        self._recent: dict[str, Spent] = {}
        self._worker, self._workers = 0, 1

    def divide(self, worker: int, workers: int) -> None:
        """Say which of how many workers this is."""
        self._worker, self._workers = worker, workers

    def others(self, spent: Spent, tool: GuardTool | None, now: datetime) -> Spent:
        """Return what is used up where that which other workers may allow counts as used."""
        if self._workers == 1 or tool is None:
            return spent
        taken: list[datetime] = []
        for limit, window in WINDOWS.items():  # the shortest first: a call within a minute is one within the day
            most = tool.limits.get(limit, 0)
            left = most - most // self._workers - (self._worker < most % self._workers)
            taken += [now - window / 2] * (left - len(taken))
        kept = (*spent.recent.get(tool.name, ()), *taken)
        return replace(spent, recent={**spent.recent, tool.name: kept})

    def of(self, caller: str, conversation: Sequence[Message]) -> Spent:
        """Return what a caller has used up, in this conversation and lately."""
        names = Counter(call.name for message in conversation for call in message.tool_calls if call.name != UNSEEN)
        recent = self._recent.get(caller)
        return Spent(calls=names, recent=recent.recent if recent else {})

    def note(self, caller: str, name: str, now: datetime) -> None:
        """Note a call that was allowed."""
        before = self._recent.pop(caller, None) or Spent()
        self._recent[caller] = before.after(name, now)
        if len(self._recent) > _MOST:
            self._recent.pop(next(iter(self._recent)))


class Patient:
    """An encoder that is asked in threads only: in the event loop it would make everybody wait.

    Threads take turns: several at once would share the same cores and each be slower.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._turn = threading.Lock()
        self.here = threading.local()

    def score(self, windows: Sequence[str], places: Sequence[tuple[int, int]] = ()) -> list[float]:
        """Return the scores of windows, or raise `AsideError` where nobody may wait for them."""
        if getattr(self.here, "hurries", False):
            raise AsideError
        with self._turn:
            return self._encoder.score([*windows], [*places])


class Wired:
    """A guard with a clock."""

    def __init__(
        self,
        guard: Guard,
        spending: Spending | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        patient: Patient | None = None,
        approvals: Approvals | None = None,
    ) -> None:
        self.approvals = approvals
        self._guard = guard
        self._spending = spending or Spending()
        self._now = now
        self._patient = patient
        self._limited = {tool.name: tool for tool in guard.policy.tools if tool.limits}
        self.policy: GuardPolicy = guard.policy
        self.digests: tuple[Digest, Digest] = guard.digests

    @property
    def engine(self) -> Guard:
        """Return the guard itself, for a door that keeps time and sessions on its own."""
        return self._guard

    def admit(self, pieces: Sequence[Piece]) -> Decision:
        """Decide on what comes in."""
        today = self._now().date()
        if self._patient is None or not _in_loop():
            return self._guard.admit(pieces, today=today)
        self._patient.here.hurries = True
        try:
            return self._guard.admit(pieces, today=today)
        finally:
            self._patient.here.hurries = False

    def is_clear(self, texts: Sequence[str], /) -> bool:
        """Tell at a glance that texts may leave as they are."""
        return self._guard.is_clear(texts)

    def release(self, text: str, links: Links | None = None, /) -> Decision:
        """Decide on a whole text that leaves; `links` finds the addresses in it that nobody named."""
        return self._guard.release(text, links=links)

    def minding(self, made: Decision, conversation: Sequence[Message], /) -> Wired:
        """Return what is asked about the answer to a request that was decided on."""
        guard = self._guard.minding(made, conversation)
        if guard is self._guard:
            return self
        other = copy(self)
        other._guard = guard  # noqa: SLF001  # its own
        return other

    def redacted(self, text: str, hits: Sequence[Hit]) -> str:
        """Return a text with what was met taken out."""
        return self._guard.redacted(text, hits)

    def stream(self, links: Links | None = None, /) -> Watched:
        """Begin a text that leaves in parts."""
        return self._guard.stream(links)

    def authorise(
        self,
        conversation: Sequence[Message],
        call: ToolCall,
        tools: Sequence[Tool],
        caller: str,
        pending: Sequence[str] = (),
        /,
    ) -> Decision:
        """Decide on one tool call of a caller; nothing is used up by this. `pending` are those beside it."""
        now = self._now()
        spent = self._spending.of(caller, conversation) if self._limited else Spent()
        for name in pending if self._limited else ():
            spent = replace(spent, recent=spent.after(name, now).recent)
        spent = self._spending.others(spent, self._limited.get(call.name), now)
        return self._guard.authorise(Scene(conversation, tools, spent), call, now=now)

    def may_run(self, made: Decision, call: ToolCall, caller: str) -> bool:
        """Tell whether a call that was decided on runs as things are: it is let by, or a grant lies there for it."""
        return not made.stops or (self.approvals is not None and self.approvals.granted(call, caller, now=self._now()))

    def settled(self, made: Decision, call: ToolCall, caller: str) -> Decision:
        """Return a decision after a person's word; a call that runs is counted, and uses up its grant."""
        now = self._now()
        if self.approvals is not None:
            made = self.approvals.settled(made, call, caller, now=now)
        if self._limited and not made.stops:
            self._spending.note(caller, call.name, now)
        return made


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
