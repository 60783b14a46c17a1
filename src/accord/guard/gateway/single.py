"""A streamed answer that is one run of events: what it has in common whatever its form is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

from accord.core.guard import Outcome
from accord.core.trial import ToolCall
from accord.guard.gateway.judging import Judge, did_by
from accord.guard.gateway.lanes import Entry, Lane
from accord.guard.gateway.reading import wrong
from accord.guard.gateway.sse import parsed, written
from accord.guard.gateway.told import kinds, spelled
from accord.guard.gateway.words import Called, Event

_KIND: Final = re.compile(r"[a-z0-9_.]{1,80}")


class Form(Protocol):
    """How a form reads its events and ends an answer that is cut; `id` names the answer."""

    @property
    def id(self) -> object:
        """Return the name of the answer, by which a later request may go on from it."""

    def take(self, event: Event, said: dict[str, Any]) -> bool:
        """Take one event; tell whether it was the last one."""

    def closing(self) -> list[bytes]:
        """Return the events that end an answer which was cut."""


class Run:
    """What a form works with: the judge, the run of events, and the calls that were allowed so far."""

    def __init__(self, judge: Judge, where: str) -> None:
        self.judge = judge
        self.lane = Lane(judge, where)
        self.called: list[ToolCall] = []
        self.allowed: list[Called] = []
        self._at: dict[str, int] = {}

    def text(self, event: Event, said: dict[str, Any], key: str, path: tuple[str, str | None]) -> None:
        """Queue an event with a part of the text `key`, which stands at `path`: a member, or one inside of it."""
        outer, inner = path
        value = said[outer] if inner is None else said[outer][inner]

        def write(new: str) -> bytes:
            changed = new if inner is None else {**said[outer], inner: new}
            return written({**said, outer: changed}, event.name)

        self.lane.text(key, event.raw, value, write)

    def in_order(self, key: str, index: object) -> None:
        """Refuse a part of a text behind the parts of a later one: a reader joins what nobody here has seen joined."""
        at = index if type(index) is int else 0
        if at < self._at.get(key, 0):
            wrong("a text of the answer goes on behind another one", "ACC-E758")
        self._at[key] = at

    def beside(self, extra: object) -> None:
        """Look at what an event says beside the text that it carries a part of."""
        if text := spelled(extra):
            self.lane.undivided("extra", b"", text, b"")

    def known(self, kind: str) -> None:
        """Refuse a kind of part that no form knows and that may not leave: its name leaves with it."""
        if kind not in kinds() and self.judge.beside(kind, "type") is not None:
            wrong("a part of the answer is of a kind that may not leave", "ACC-E758")

    def cut(self, message: str, where: str) -> None:
        """End the answer here for a call that nobody can decide on, unless all is only noted."""
        made = self.judge.note(self.judge.said(Outcome.BLOCK, "ACC-E761", message, where=where), "call")
        if made.stops:
            self.lane.drop([], made)

    def decide(self, found: Called, held: list[Entry], beside: str, where: str) -> None:
        """Decide on a call, now that it is whole: its events leave, or the answer is cut where they stand."""
        made = self.judge.beside(beside, where) or self.judge.calls([(found, where)], self.called)
        if made is not None:
            self.lane.drop(held, made)
        else:
            self.called.append(did_by(found))
            self.allowed.append(found)
            self.lane.allow(held)


class Single:
    """Takes the events of an upstream and gives those that may leave."""

    def __init__(self, judge: Judge, where: str, form: Callable[[Run], Form]) -> None:
        self._run = Run(judge, where)
        self._form = form(self._run)
        self._out: list[bytes] = []
        self._left = False
        self.done = False

    @property
    def called(self) -> list[ToolCall]:
        """Return the calls that were allowed."""
        return self._run.called

    @property
    def allowed(self) -> list[Called]:
        """Return the calls that were allowed, as they stand in the answer."""
        return self._run.allowed

    @property
    def id(self) -> object:
        """Return the name of the answer."""
        return self._form.id

    @property
    def held(self) -> bool:
        """Tell whether some text is held back."""
        return self._run.lane.held

    def feed(self, event: Event) -> None:
        """Take one event; what comes after the end is passed over."""
        if self.done:
            return
        if not event.data or event.data == b"[DONE]" or event.name == "ping":
            raw = written({"type": "ping"}, "ping") if event.data and event.name else event.raw
            self._out = [*self._out, *self._run.lane.ready(), raw]
            return
        event, said = _named(event)
        if self._run.judge.strange(said):
            wrong("a member of the answer has a name that may not leave", "ACC-E758")
        self._left = self._form.take(event, said) or self._left

    def out(self) -> list[bytes]:
        """Return what may leave now."""
        lane = self._run.lane
        out, self._out = [*self._out, *lane.ready()], []
        if lane.hit is not None and not self.done:
            out += self._form.closing()
            self.done = True
        self.done = self.done or self._left
        return out

    def broken(self) -> None:
        """Take the upstream's end before it said that it was done."""
        self._run.lane.finish()

    def flush(self) -> None:
        """Let go what may leave after a silence."""
        self._run.lane.flush()


def _named(event: Event) -> tuple[Event, dict[str, Any]]:
    """Return an event and what it says; one that is of two kinds at once, or of no kind in words, is refused."""
    event, said = parsed(event)
    kind = said.get("type")
    if kind is not None and event.name and kind != event.name:
        wrong(f"an event is {event.name[:40]!r} and {str(kind)[:40]!r} at once", "ACC-E758")
    if kind is not None and not (isinstance(kind, str) and _KIND.fullmatch(kind)):
        wrong("an event of the answer is of no kind", "ACC-E758")
    return event, said
