"""Answers that come whole: every text and tool call is looked at, and only what may not leave is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import orjson

from accord.core.guard import Decision, Outcome
from accord.guard.gateway.judging import Judge, did_by
from accord.guard.gateway.told import calls_in, may_call
from accord.guard.gateway.wire import Named, Path, RefusedError, changed, is_twofold, put, where_of
from accord.guard.gateway.words import Answer, Called, Cut, Text

_BESIDE: Final = frozenset({"annotations", "citations", "logprobs"})  # stand beside what people are shown
_STEERING: Final = frozenset({"type", "id", "role", "status", "object", "index", "call_id", "tool_use_id", "logprobs"})


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
    """Return an answer without what may not leave; where nothing was met, the bytes as they came.

    Raises `RefusedError` where what may not leave has no place of its own, or calls stand where none may.
    """
    if is_twofold(data, parsed):
        data = orjson.dumps(parsed)
    edits: dict[Path, object] = {}
    answer = shape.answer(parsed)
    if answer.calls or may_call(data):
        _check_calls(parsed, answer, shape, judge)
    if not answer.calls and _is_clear(answer.texts, judge):
        return Looked(data, ())
    by_lane: defaultdict[int, list[Text]] = defaultdict(list)
    for text in answer.texts:
        by_lane[text.lane].append(text)
    _around(by_lane.pop(-1, []), parsed, judge, edits)
    shut = {lane for lane, texts in by_lane.items() if _lane(texts, parsed, shape.cut, judge, edits)}
    calls: list[Called] = []
    for lane in dict.fromkeys(call.lane for call in answer.calls):
        mine = [call for call in answer.calls if call.lane == lane]
        asked = [(call, where_of(call.path)) for call in mine]
        if lane in shut or judge.calls(asked, [did_by(call) for call in calls]) is not None:
            _apply(shape.cut(parsed, lane, None, "") if lane not in shut else {}, parsed, edits)
        else:
            calls += mine
    return Looked(changed(data, edits, parsed), tuple(calls))


def _check_calls(parsed: dict[str, Any], answer: Answer, shape: Shape, judge: Judge) -> None:
    """Refuse an answer with calls in places where its form has none: some reader may find them there."""
    if calls_in({key: value for key, value in parsed.items() if key not in shape.echoes}) == len(answer.calls):
        return
    message = "a tool call stands where this form has none"
    if judge.note(judge.said(Outcome.BLOCK, "ACC-E761", message), "call").stops:
        raise RefusedError(message, code="ACC-E761", status=502)


def _is_clear(texts: tuple[Text, ...], judge: Judge) -> bool:
    """Tell at one glance that nothing is to be met in an answer: in its texts, across them, and in what is around."""
    lanes: defaultdict[int, list[Text]] = defaultdict(list)
    for text in texts:
        lanes[text.lane].append(text)
    around = "\n".join(text.text for text in lanes.pop(-1, ()))
    across = [_joined(group) for said in lanes.values() for group in _read_as_one(said)]
    if not judge.is_clear([*(text.text for said in lanes.values() for text in said), *across, around]):
        return False
    for text in texts:
        if text.lane >= 0:
            judge.hears(text)
    return True


def _joined(texts: Iterable[Text]) -> str:
    return "".join(text.text for text in texts)


def _read_as_one(texts: list[Text]) -> list[list[Text]]:
    """Return the texts of a choice that a reader may join: all its words, and those under one name."""
    words: list[Text] = []
    by_name: defaultdict[str, list[Text]] = defaultdict(list)
    for text in texts if len(texts) > 1 else ():
        name = next((step for step in reversed(text.path) if isinstance(step, str)), "")
        if name not in _STEERING and not isinstance(text.path[-1], Named):
            words.append(text)
            by_name[name].append(text)
    groups = [words, *by_name.values()] if len(by_name) > 1 else [words]
    return [group for group in groups if len(group) > 1]


def _around(texts: list[Text], parsed: Any, judge: Judge, edits: dict[Path, object]) -> None:
    """Take out of what surrounds the choices what may not leave; what only all of it together tells, cannot be."""
    made = judge.release("\n".join(text.text for text in texts), "") if texts else None
    if made is None or made.outcome is Outcome.ALLOW:
        return
    met = [_is_taken_out(text, parsed, judge, edits) for text in texts]
    if made.withholds and not any(met):
        raise RefusedError("what surrounds the answer tells what may not leave", code="ACC-E758", status=502)


def _is_taken_out(text: Text, parsed: Any, judge: Judge, edits: dict[Path, object]) -> bool:
    made = judge.release(text.text, where_of(text.path))
    if made.withholds:
        _apply({text.path: instead_of(text.path, judge.guard.redacted(text.text, made.hits))}, parsed, edits)
    return made.withholds


def instead_of(path: Path, redacted: str) -> str | None:
    """Return what takes the place of a text: tokens and their numbers go whole."""
    return None if path[-1] == "logprobs" else redacted


def _lane(texts: list[Text], parsed: Any, cut: Cut, judge: Judge, edits: dict[Path, object]) -> bool:
    """Look at the texts of one choice; tell whether it had to be cut."""
    left = []
    for text in texts:
        judge.hears(text)
        new: str | None = text.text
        made = judge.release(text.text, where_of(text.path), shown=_BESIDE.isdisjoint(text.path))
        if made.stops:
            _apply(cut(parsed, text.lane, text.path, kept(judge, text.text, made)), parsed, edits)
            return True
        if made.withholds:
            new = instead_of(text.path, judge.guard.redacted(text.text, made.hits))
            _apply({text.path: new}, parsed, edits)
        left.append(text._replace(text=new or ""))
    return any(_across(group, parsed, cut, judge, edits) for group in _read_as_one(left))


def _across(texts: list[Text], parsed: Any, cut: Cut, judge: Judge, edits: dict[Path, object]) -> bool:
    """Look at the texts of one choice as a reader does who joins them."""
    joined = _joined(texts)
    made = judge.release(joined, "answer", shown=True)
    if not made.withholds:
        return False
    end = max((hit.end for hit in made.hits), default=len(joined))
    at = 0
    for text in texts:
        at += len(text.text)
        if at >= end:
            break
    _apply(cut(parsed, text.lane, text.path, ""), parsed, edits)
    return True


def kept(judge: Judge, text: str, made: Decision) -> str:
    """Return what may leave of a text that is cut: what stands before the first thing that stops it."""
    stops = [hit.start for hit in made.hits if hit.outcome.stops]
    before = text[: min(stops, default=0)]
    hits = [hit for hit in made.hits if hit.outcome is Outcome.REDACT and hit.end <= len(before)]
    return judge.guard.redacted(before, hits) if hits else before


def _apply(new: Mapping[Path, object], parsed: Any, edits: dict[Path, object]) -> None:
    for path, value in new.items():
        edits[path] = value
        put(parsed, path, value)
