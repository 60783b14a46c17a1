"""A streamed chat completion: one run a choice, and a choice that is cut leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from accord.core.guard import Outcome
from accord.core.trial import ToolCall
from accord.guard.gateway.chat import CALLING, around, spoken
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.lanes import Entry, Lane
from accord.guard.gateway.parts import arguments, spelled
from accord.guard.gateway.reading import joined, list_in, object_of, wrong
from accord.guard.gateway.sse import parsed, written
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
        """Return what writes the event with another text: without tokens, and in a cut run without an end."""

        def write(text: str) -> bytes:
            ends = None if lane.hit is not None else self.choice.get("finish_reason")
            own = {**self.choice, "finish_reason": ends, "logprobs": None, "delta": {**self.delta, key: text}}
            return written({**self.chunk, "choices": [own]})

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
        self.done = False
        self.called: list[ToolCall] = []

    def feed(self, event: Event) -> None:
        """Take one event; what comes after the end is passed over."""
        if self.done:
            return
        if not event.data:
            self._put(event.raw)
            return
        if event.data == b"[DONE]":
            self._end(event.raw)
            return
        chunk = parsed(event)
        intact = chunk.keys() <= _TOP
        around = [chunk[key] for key in _AROUND if key in chunk]
        if not intact or around != self._around_before or chunk.get("usage") is not None:
            self._around_before = around
            intact = not self._around(chunk)
            self._about = {key: chunk[key] for key in ("id", "object", "created", "model") if key in chunk}
        choices = list_in(chunk, "choices")
        if not choices:
            self._put(event.raw if intact else written(chunk))
        for choice in choices:
            alone = len(choices) == 1 and intact
            self._choice(chunk, object_of(choice, "choices"), event.raw if alone else None)

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
        if self._judge.release(joined(around), "event").outcome in {Outcome.ALLOW, Outcome.FLAG}:
            return False
        for key, value in around.items():
            made = self._judge.release(joined(value), f"event.{key[:40]}")
            if made.enforced and made.outcome not in {Outcome.ALLOW, Outcome.FLAG}:
                del chunk[key]
        return not around.keys() <= chunk.keys()

    def _choice(self, chunk: dict[str, Any], choice: dict[str, Any], raw: bytes | None) -> None:
        index = choice.get("index", 0)
        if type(index) is not int or not 0 <= index < 256:
            wrong("a choice of the answer has no number", "ACC-E758")
        known = self._choices.get(index)
        if known is None:
            known = self._choices[index] = _Choice(Lane(self._judge, f"choices[{index}]"))
        if known.lane.hit is not None or known.finished:
            return
        delta = choice.get("delta")
        if not _is_plain(choice, delta):
            wrong("a choice of the answer has another form", "ACC-E758")
        part = _Part(chunk, choice, delta if isinstance(delta, dict) else {}, raw)
        texts = [key for key, value in part.delta.items() if value and key != "role" and isinstance(value, str)]
        logprobs = choice.get("logprobs")
        if logprobs is not None and spoken(logprobs) not in {"", *(part.delta[key] for key in texts)}:
            part = part._replace(choice={**choice, "logprobs": None}, raw=None)
        extra = {key: value for key, value in choice.items() if key not in _CHOICE}
        extra |= {key: value for key, value in part.delta.items() if not isinstance(value, str) and value is not None}
        if extra or len(texts) > 1:
            self._several(known, part, texts, extra)
        elif texts:
            known.lane.text(texts[0], part.whole(), part.delta[texts[0]], part.with_text(known.lane, texts[0]))
        else:
            known.lane.plain(part.whole())
        if choice.get("finish_reason") is not None:
            self._finish(known, index)

    def _several(self, known: _Choice, part: _Part, texts: list[str], extra: dict[str, Any]) -> None:
        """Put an event that holds more than one text, or calls, into its run as one event for each."""
        calls = {key: extra.pop(key) for key in CALLING & extra.keys()}
        only = bool(calls) and not texts and not extra and part.choice.get("finish_reason") is None
        quiet = part._replace(choice={**part.choice, "finish_reason": None, "logprobs": None}, raw=None)
        for key in texts:
            mine = quiet._replace(delta={key: part.delta[key]})
            known.lane.text(key, mine.whole(), part.delta[key], mine.with_text(known.lane, key))
        if extra:
            rest = {key: value for key, value in part.delta.items() if key not in calls and key not in texts}
            empty = quiet._replace(delta={}).whole()
            known.lane.text("extra", quiet._replace(delta=rest).whole(), spelled(extra), lambda _: empty)
        if calls:
            self._hold(known, calls)
            told = {key: part.delta[key] for key in ("role",) if key in part.delta} | calls
            known.held.append(known.lane.hold(part.whole() if only else quiet._replace(delta=told).whole()))
        if part.choice.get("finish_reason") is not None:
            last = part._replace(choice={**part.choice, "logprobs": None}, delta={}, raw=None)
            known.lane.plain(last.whole())

    def _hold(self, known: _Choice, calls: dict[str, Any]) -> None:
        """Put the parts of tool calls together."""
        parts = [("function_call", {"function": calls["function_call"]})] if calls.get("function_call") else []
        for item in list_in(calls, "tool_calls"):
            part = object_of(item, "tool_calls")
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
        did = list(self.called)
        for number, call in enumerate(known.calls.values()):
            raw, name = call.get("arguments", "") + call.get("input", ""), call.get("name", "")
            args = arguments(raw, call["kind"])
            where = f"choices[{index}].tool_calls[{number}]"
            made = self._judge.beside(call.get("beside", ""), where)
            made = made or self._judge.call(Called((), index, name, args), did, where)
            if made.stops or made.outcome is Outcome.REDACT:
                known.lane.drop(known.held, made)
                return
            did.append(ToolCall(name=name, args=args or {}))
        self.called = did
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
