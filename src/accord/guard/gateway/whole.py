"""Answers that come whole: every text and tool call is looked at, and only what may not leave is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple

from accord.core.guard import Decision, Outcome
from accord.core.trial import ToolCall
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.wire import Path, changed, put, where_of
from accord.guard.gateway.words import Answer, Called, Cut, Text

_BESIDE: Final = frozenset({"annotations", "citations", "logprobs"})  # stand beside what people are shown


class Shape(NamedTuple):
    """How a form reads an answer and cuts it; `echoes` are members that only repeat the request."""

    answer: Callable[[Mapping[str, Any]], Answer]
    cut: Cut
    echoes: frozenset[str] = frozenset()


class Looked(NamedTuple):
    """An answer that may leave, and the tool calls in it."""

    body: bytes
    calls: tuple[Called, ...]


def looked_at(data: bytes, parsed: dict[str, Any], shape: Shape, judge: Judge) -> Looked:
    """Return an answer without what may not leave; where nothing was met, the bytes as they came."""
    edits: dict[Path, object] = {}
    answer = shape.answer(parsed)
    if not answer.calls and _is_clear(answer.texts, judge):
        return Looked(data, ())
    by_lane: defaultdict[int, list[Text]] = defaultdict(list)
    for text in answer.texts:
        by_lane[text.lane].append(text)
    around = by_lane.pop(-1, [])
    if around and judge.release("\n".join(text.text for text in around), "").outcome is not Outcome.ALLOW:
        _around(around, parsed, judge, edits)
    shut = {lane for lane, texts in by_lane.items() if _lane(texts, parsed, shape.cut, judge, edits)}
    calls: list[Called] = []
    for lane in dict.fromkeys(call.lane for call in answer.calls):
        mine = [call for call in answer.calls if call.lane == lane]
        if lane in shut or not _authorised(mine, calls, judge):
            _apply(shape.cut(parsed, lane, None, "") if lane not in shut else {}, parsed, edits)
        else:
            calls += mine
    return Looked(changed(data, edits, parsed), tuple(calls))


def _is_clear(texts: tuple[Text, ...], judge: Judge) -> bool:
    """Tell at one glance that nothing is to be met in an answer: in its texts, across them, and in what is around."""
    lanes: defaultdict[int, list[str]] = defaultdict(list)
    for text in texts:
        lanes[text.lane].append(text.text)
    around = "\n".join(lanes.pop(-1, ()))
    across = ["".join(said) for said in lanes.values() if len(said) > 1]
    if not judge.is_clear([*chain.from_iterable(lanes.values()), *across, around]):
        return False
    for text in texts:
        if text.lane >= 0:
            judge.hears(text)
    return True


def _around(texts: list[Text], parsed: Any, judge: Judge, edits: dict[Path, object]) -> None:
    for text in texts:
        made = judge.release(text.text, where_of(text.path))
        if made.enforced and made.outcome not in {Outcome.ALLOW, Outcome.FLAG}:
            _apply({text.path: judge.guard.redacted(text.text, made.hits)}, parsed, edits)


def _lane(texts: list[Text], parsed: Any, cut: Cut, judge: Judge, edits: dict[Path, object]) -> bool:
    """Look at the texts of one choice; tell whether it had to be cut."""
    for text in texts:
        judge.hears(text)
        made = judge.release(text.text, where_of(text.path), shown=_BESIDE.isdisjoint(text.path))
        if made.stops:
            _apply(cut(parsed, text.lane, text.path, kept(judge, text.text, made)), parsed, edits)
            return True
        if made.outcome is Outcome.REDACT and made.enforced:
            new = None if text.path[-1] == "logprobs" else judge.guard.redacted(text.text, made.hits)
            _apply({text.path: new}, parsed, edits)
    if len(texts) > 1:
        return _across(texts, parsed, cut, judge, edits)
    return False


def _across(texts: list[Text], parsed: Any, cut: Cut, judge: Judge, edits: dict[Path, object]) -> bool:
    """Look at the texts of one choice as a reader does who joins them."""
    if any(text.path in edits for text in texts):
        return False
    joined = "".join(text.text for text in texts)
    made = judge.release(joined, "answer", shown=True)
    if not made.stops and not (made.outcome is Outcome.REDACT and made.enforced):
        return False
    end = max((hit.end for hit in made.hits), default=len(joined))
    at = 0
    for text in texts:
        at += len(text.text)
        if at >= end:
            _apply(cut(parsed, text.lane, text.path, ""), parsed, edits)
            return True
    return False


def kept(judge: Judge, text: str, made: Decision) -> str:
    """Return what may leave of a text that is cut: what stands before the first thing that stops it."""
    stops = [hit.start for hit in made.hits if hit.outcome.stops]
    before = text[: min(stops, default=0)]
    hits = [hit for hit in made.hits if hit.outcome is Outcome.REDACT and hit.end <= len(before)]
    return judge.guard.redacted(before, hits) if hits else before


def _authorised(calls: list[Called], before: list[Called], judge: Judge) -> bool:
    """Ask about each call of a choice; one that stops, stops them all."""
    did = [ToolCall(name=call.name, args=call.args or {}) for call in before]
    allowed = True
    for call in calls:
        allowed = not judge.call(call, did, where_of(call.path)).stops and allowed
        did.append(ToolCall(name=call.name, args=call.args or {}))
    return allowed


def _apply(new: Mapping[Path, object], parsed: Any, edits: dict[Path, object]) -> None:
    for path, value in new.items():
        edits[path] = value
        put(parsed, path, value)
