"""A streamed chat completion: one run a choice, and a choice that is cut leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from accord.core.guard import Outcome
from accord.core.trial import ToolCall
from accord.guard.gateway.chat import around
from accord.guard.gateway.judging import Judge, did_by
from accord.guard.gateway.lanes import Entry, Lane
from accord.guard.gateway.parts import arguments
from accord.guard.gateway.reading import list_in, object_of, wrong
from accord.guard.gateway.sse import parsed, written
from accord.guard.gateway.told import CALLING, calls_in, spelled, spoken, unspoken, walked
from accord.guard.gateway.words import Called, Event

_TOP: Final = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "obfuscation"}
)
_AROUND: Final = tuple(sorted(_TOP - {"choices", "usage"}))
_ENDS: Final = re.compile("[a-z_]{1,32}")
_ROLES: Final = frozenset({"assistant", "system", "user", "tool", "developer", "model"})
_CHOICE: Final = frozenset({"index", "delta", "finish_reason", "logprobs"})
_MOST_CALLS: Final = 128


class _Part(NamedTuple):
    """One choice of one event: what surrounds it, and the bytes where they hold nothing else."""

    chunk: dict[str, Any]
    choice: dict[str, Any]
    delta: dict[str, Any]
    raw: bytes | None

    def whole(self) -> bytes:
        """Return the event as it came, or with what is here."""
        if self.raw is not None:
            return self.raw
        return written({**self.chunk, "choices": [{**self.choice, "delta": self.delta}]})

    def with_text(self, lane: Lane, key: str) -> Callable[[str], bytes]:
        """Return what writes the event with another text: without tokens, and in a cut run without an end.

        What the answer has cost is told the first time only.
        """
        chunks = iter((self.chunk,))

        def write(text: str) -> bytes:
            ends = None if lane.hit is not None else self.choice.get("finish_reason")
            own = {**self.choice, "finish_reason": ends, "logprobs": None, "delta": {**self.delta, key: text}}
            return written({**next(chunks, _unpaid(self.chunk)), "choices": [own]})

        return write


class _Choice:
    """What has come of one choice."""

    __slots__ = ("calls", "finished", "held", "lane")

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.held: list[Entry] = []
        self.calls: dict[str, dict[str, str]] = {}
        self.finished = False


class ChatStream:
    """Takes the events of an upstream and gives those that may leave."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._choices: dict[int, _Choice] = {}
        self._about: dict[str, Any] = {}
        self._around_before: list[Any] | None = None
        self._out: list[bytes] = []
        self._marks = ""
        self.done = False
        self.called: list[ToolCall] = []

    def feed(self, event: Event) -> None:
        """Take one event; what comes after the end is passed over."""
        if self.done:
            return
        if not event.data:
            self._put(event.raw)
            return
        if event.data.strip() == b"[DONE]":
            self._end(event.raw)
            return
        event, chunk = parsed(event)
        if self._judge.strange(chunk):
            wrong("a member of the answer has a name that may not leave", "ACC-E758")
        if chunk.get("usage") is not None:
            self._judge.usage = chunk["usage"]
        intact = chunk.keys() <= _TOP
        around = [chunk[key] for key in _AROUND if key in chunk]
        if not intact or around != self._around_before or chunk.get("usage") is not None:
            self._around_before = around
            intact = not self._around(chunk)
            self._about = {key: chunk[key] for key in ("id", "object", "created", "model") if key in chunk}
        choices = list_in(chunk, "choices")
        alone = len(choices) == 1 and intact
        told = False
        for choice in choices:
            mine = _unpaid(chunk) if told else chunk
            told = self._choice(mine, object_of(choice, "choices"), event.raw if alone else None) or told
        if not told and (not choices or chunk.get("usage") is not None):
            self._put(event.raw if intact and not choices else written({**chunk, "choices": []}))

    def out(self) -> list[bytes]:
        """Return what may leave now."""
        out, self._out = self._out, []
        for index, choice in self._choices.items():
            out += choice.lane.ready()
            if choice.lane.hit is not None and not choice.lane.closed:
                choice.lane.closed = True
                out.append(self._closing(index))
        shut = sum(one.lane.closed for one in self._choices.values())
        if not self.done and shut == len(self._choices) >= self._judge.asked.choices:
            self.done = True
            out.append(b"data: [DONE]\n\n")
        return out

    def broken(self) -> None:
        """Take the upstream's end before it said that it was done: open tool calls are never told."""
        for choice in self._choices.values():
            if not choice.finished:
                choice.lane.finish()
        self.done = self.done or (bool(self._choices) and all(one.finished for one in self._choices.values()))

    def flush(self) -> None:
        """Let go what may leave after a silence."""
        for choice in self._choices.values():
            choice.lane.flush()

    @property
    def held(self) -> bool:
        """Tell whether some text is held back."""
        return any(choice.lane.held for choice in self._choices.values())

    def _around(self, chunk: dict[str, Any]) -> bool:
        """Look at what surrounds the choices, and take out what may not leave; tell whether anything was."""
        around = {key: value for key, value in chunk.items() if key != "choices"}
        if self._judge.release("\n".join(text for _, text in walked(around)), "event").outcome in {
            Outcome.ALLOW,
            Outcome.FLAG,
        }:
            return False
        for key, value in around.items():
            if self._judge.beside("\n".join(text for _, text in walked(value)), f"event.{key[:40]}") is not None:
                del chunk[key]
        return not around.keys() <= chunk.keys()

    def _choice(self, chunk: dict[str, Any], choice: dict[str, Any], raw: bytes | None) -> bool:
        """Put an event of a choice into its run; tell whether there was still something to put there."""
        index = choice.get("index", 0)
        if type(index) is not int or not 0 <= index < 256:
            wrong("a choice of the answer has no number", "ACC-E758")
        known = self._choices.get(index)
        if known is None:
            known = self._choices[index] = _Choice(Lane(self._judge, f"choices[{index}]"))
        if known.lane.hit is not None or known.finished:
            return False
        delta = choice.get("delta")
        if not _is_plain(choice, delta):
            wrong("a choice of the answer has another form", "ACC-E758")
        part = _Part(chunk, choice, delta if isinstance(delta, dict) else {}, raw)
        texts = [key for key, value in part.delta.items() if value and key != "role" and isinstance(value, str)]
        if choice.get("logprobs") is not None and not self._is_faithful(part, texts):
            part = part._replace(choice={**choice, "logprobs": None}, raw=None)
        around = {key: value for key, value in choice.items() if key not in _CHOICE}
        extra = {key: value for key, value in part.delta.items() if not isinstance(value, str) and value is not None}
        if len(texts) > 1 or not CALLING.isdisjoint(extra) or not self._is_aside([extra, around]):
            self._several(known, part, texts, extra, around)
        elif texts:
            known.lane.text(texts[0], part.whole(), part.delta[texts[0]], part.with_text(known.lane, texts[0]))
        else:
            known.lane.plain(part.whole())
        if choice.get("finish_reason") is not None:
            self._finish(known, index)
        return True

    def _is_faithful(self, part: _Part, texts: list[str]) -> bool:
        """Tell whether tokens spell the text that they stand beside, and nothing else that may not leave."""
        logprobs = part.choice["logprobs"]
        if not self._judge.enforces:
            return True
        spelt = spoken(logprobs) in {"", *(part.delta[key] for key in texts)}
        return spelt and self._judge.beside(unspoken(logprobs), "logprobs") is None

    def _several(
        self, known: _Choice, part: _Part, texts: list[str], extra: dict[str, Any], around: dict[str, Any]
    ) -> None:
        """Put an event that holds more than one text, or calls, into its run as one event for each."""
        calls = {key: extra.pop(key) for key in CALLING & extra.keys()}
        self._check_calls(known, [extra, around])
        ends = part.choice.get("finish_reason") is not None
        only = len(texts) + bool(extra or around) + bool(calls) == 1
        plain = {key: value for key, value in part.choice.items() if key in _CHOICE - {"logprobs"}}
        ended = part._replace(choice=plain, delta={}, raw=None)
        quiet = ended._replace(chunk=_unpaid(part.chunk), choice={**plain, "finish_reason": None})
        for key in texts:
            mine = quiet._replace(delta={key: part.delta[key]})
            known.lane.text(key, mine.whole(), part.delta[key], mine.with_text(known.lane, key))
        if extra or around:
            rest = {key: value for key, value in part.delta.items() if key not in calls and key not in texts}
            whole = part if only else quiet._replace(choice={**quiet.choice, **around}, delta=rest)
            known.lane.undivided("extra", whole.whole(), spelled([extra, around]), (ended if only else quiet).whole())
        if calls:
            self._hold(known, calls)
            told = {key: part.delta[key] for key in ("role",) if key in part.delta} | calls
            known.held.append(known.lane.hold(part.whole() if only else quiet._replace(delta=told).whole()))
        if not only and ends:
            known.lane.plain(ended.whole())
        elif not only and part.chunk.get("usage") is not None:
            known.lane.plain(written({**part.chunk, "choices": []}))

    def _is_aside(self, beside: list[dict[str, Any]]) -> bool:
        """Tell whether what stands beside a text is nothing but marks, as of a filter that found nothing: `safe`."""
        told = [text for _, text in walked(beside)]
        if not told:
            return True
        if calls_in(beside) or not all(map(_ENDS.fullmatch, told)):
            return False
        if (said := " ".join(told)) != self._marks and self._judge.is_clear([said, "".join(told)]):
            self._marks = said
        return said == self._marks

    def _check_calls(self, known: _Choice, beside: list[dict[str, Any]]) -> None:
        """Cut a choice with calls where its form has none: some reader may find them there."""
        if calls_in(beside):
            made = self._judge.said(Outcome.BLOCK, "ACC-E761", "a tool call stands where this form has none")
            if self._judge.note(made, "call").stops:
                known.lane.drop([], made)

    def _hold(self, known: _Choice, calls: dict[str, Any]) -> None:
        """Put the parts of tool calls together."""
        parts = [("function_call", {"function": calls["function_call"]})] if calls.get("function_call") else []
        for item in list_in(calls, "tool_calls"):
            part = object_of(item, "tool_calls")
            if type(part.get("index", 0)) not in {int, type(None)}:
                wrong("a call of the answer has no number", "ACC-E758")
            parts.append((str(part.get("index", part.get("id"))), part))
        for key, part in parts:
            kind = "custom" if "custom" in part else "function"
            call = known.calls.setdefault(key, {"kind": kind})
            if call["kind"] != kind:
                wrong("a call of the answer is of two kinds", "ACC-E758")
            _add(call, object_of(part.get(kind) or {}, "tool_calls"))
            named = {name: part.get(name) for name in ("id", "type")}
            call["beside"] = call.get("beside", "") + spelled([named, around(part, kind)])
        if len(known.calls) > _MOST_CALLS:
            wrong(f"more than {_MOST_CALLS} tool calls in one answer", "ACC-E766")

    def _finish(self, known: _Choice, index: int) -> None:
        """Decide on the calls of a choice, now that they are whole."""
        known.finished = True
        known.lane.finish()
        asked = []
        for number, call in enumerate(known.calls.values()):
            where = f"choices[{index}].tool_calls[{number}]"
            if (made := self._judge.beside(call.get("beside", ""), where)) is not None:
                known.lane.drop(known.held, made)
                return
            args = arguments(call.get("arguments", "") + call.get("input", ""), call["kind"])
            asked.append((Called((), index, call.get("name", ""), args), where))
        stopped = self._judge.calls(asked, self.called)
        if stopped is not None:
            known.lane.drop(known.held, stopped)
            return
        self.called += [did_by(call) for call, _ in asked]
        known.lane.allow(known.held)

    def _end(self, raw: bytes) -> None:
        for index, choice in self._choices.items():
            if not choice.finished:
                self._finish(choice, index)
        self._put(raw)
        self.done = True

    def _put(self, raw: bytes) -> None:
        """Add an event that belongs to no choice; where every choice was cut, the answer has ended before it."""
        out = self.out()
        self._out = out if self.done else [*out, raw]

    def _closing(self, index: int) -> bytes:
        return written({**self._about, "choices": [{"index": index, "delta": {}, "finish_reason": "content_filter"}]})


def _unpaid(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return what surrounds a choice without what the answer has cost."""
    return {key: value for key, value in chunk.items() if key != "usage"}


def _is_plain(choice: dict[str, Any], delta: object) -> bool:
    """Tell whether what steers a choice is of the few words it may be."""
    if delta is not None and not isinstance(delta, dict):
        return False
    ends, role = choice.get("finish_reason"), (delta or {}).get("role")
    if ends is not None and not (isinstance(ends, str) and _ENDS.fullmatch(ends)):
        return False
    return role is None or (isinstance(role, str) and role in _ROLES)


def _add(call: dict[str, str], part: dict[str, Any]) -> None:
    for key in ("name", "arguments", "input"):
        if isinstance(value := part.get(key), str):
            call[key] = call.get(key, "") + value
