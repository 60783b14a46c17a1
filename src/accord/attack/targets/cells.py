"""Templates of requests, and what an answer of unknown make says: text, tool calls, why it ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from accord.attack.targets.replies import DEEPEST, MOST_VALUES, safe_text, safe_value
from accord.case.walk import walk
from accord.core.trial import ToolCall

MISSING: Final = object()
"""What `at` finds where a path leads nowhere."""

_SLOT = re.compile(r"\{\{([a-z0-9]+)\}\}")
_RAW = frozenset({"messages"})  # JSON already
_TEXTS = ("answer", "reply", "response", "text", "message", "content", "output", "result", "choices.0.message.content")
_ENDS = ("stopped", "stop_reason", "finish_reason", "choices.0.finish_reason")
_NAMES = ("name", "tool", "tool_name", "function")
_ARGS = ("args", "arguments", "input", "parameters")
_CALLS = ("tool_calls", "choices.0.message.tool_calls", "message.tool_calls")
_PIECES = "choices.0.delta.content"
_EXACT = 2**53 - 1
_MOST_CALLS = 256


class ShapeError(ValueError):
    """An answer that is not of the form that is wanted; the message says in what way."""


class Paths(NamedTuple):
    """Where in an answer things stand, as the manifest says it; None tries the usual places."""

    answer: str | None = None
    calls: str | None = None
    stopped: str | None = None


class Reading(NamedTuple):
    """What an answer says."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    stopped: str | None = None
    id: str | None = None
    tokens: int | None = None


def body(template: str, values: Mapping[str, str], *, kind: str) -> str:
    """Fill the `{{NAME}}` of a body, each value escaped as the content type `kind` asks; unknown names stay."""
    if "json" in kind:
        return _filled(template, values, lambda name, value: value if name in _RAW else json.dumps(value)[1:-1])
    if "urlencoded" in kind:
        return _filled(template, values, lambda _, value: quote_plus(value, errors="replace"))
    if "xml" in kind:
        return _filled(template, values, lambda _, value: escape(value, {'"': "&quot;"}))
    return _filled(template, values, lambda _, value: value)


def address(template: str, values: Mapping[str, str]) -> str:
    """Fill the `{{NAME}}` of an address; a value can never become more than one part of it."""
    return _filled(template, values, lambda _, value: quote(value, safe="", errors="replace"))


def header(template: str, values: Mapping[str, str]) -> str:
    """Fill the `{{NAME}}` of a header; control characters, which would begin another one, become spaces."""
    return _filled(template, values, lambda _, value: re.sub(r"[^\x20-\x7e]", " ", value))


def at(value: object, path: str) -> object:
    """Return what a dotted path leads to, or `MISSING`; `.` is the value itself."""
    if path == ".":
        return value
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key, MISSING)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 6 and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def parsed(text: str) -> object:
    """Return what JSON text says; raises `ShapeError` for anything else, however deep it is nested."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ShapeError(f"not JSON: {type(error).__name__}") from error


def read(value: object, paths: Paths) -> Reading:
    """Return what a decoded answer says; raises `ShapeError` where a declared part has another form."""
    calls = _calls_of(value, paths.calls)
    text = _answer_of(value, paths.answer, bool(calls))
    found = at(value, "id")
    tokens = at(value, "usage.total_tokens")
    return Reading(
        text=safe_text(text),
        calls=calls,
        stopped=_stopped(value, paths.stopped),
        id=safe_text(found)[:200] if isinstance(found, str) else None,
        tokens=tokens if isinstance(tokens, int) and 0 <= tokens <= _EXACT else None,
    )


def tool_calls(items: object) -> tuple[ToolCall, ...]:
    """Return tool calls of any usual make; raises `ShapeError` for a list in which one cannot be read."""
    if not isinstance(items, list | tuple):
        raise ShapeError(f"tool calls are a {_kind(items)}, not a list")
    if len(items) > _MOST_CALLS:
        raise ShapeError(f"more than {_MOST_CALLS} tool calls")
    return tuple(_call(item, position) for position, item in enumerate(items))


def arguments(given: object) -> dict[str, object]:
    """Return the arguments of a tool call by name; what is no object is kept under a name of its own."""
    if isinstance(given, str):
        try:
            given = parsed(given)
        except ShapeError:
            return {"arguments": safe_text(str(given))}
    found = safe_value(given)
    if isinstance(found, dict):
        return found
    return {} if found is None else {"arguments": found}


def state_of(value: object) -> dict[str, object]:
    """Return a state, whole; raises `ShapeError` for what is no mapping, or is too deep or too large to be kept."""
    if not isinstance(value, Mapping):
        raise ShapeError("the state is missing" if value is MISSING else "the state is no mapping")
    for count, node in enumerate(walk(value, deepest=DEEPEST)):
        if count >= MOST_VALUES or (len(node.path) >= DEEPEST and isinstance(node.value, Mapping | list | tuple)):
            raise ShapeError(f"the state is nested too deep, or has more than {MOST_VALUES:,} values")
    made = safe_value(value)
    return made if isinstance(made, dict) else {}


def events(text: str) -> Iterator[str]:
    """Yield the data of each event of a `text/event-stream`; only CR and LF end a line of one."""
    for block in re.split(r"\n\n|\r\r|\r\n\r\n", text):
        lines = [line[5:].removeprefix(" ") for line in re.split(r"\r\n|\r|\n", block) if line.startswith("data:")]
        if lines:
            yield "\n".join(lines)


def streamed(text: str, paths: Paths) -> Reading:
    """Return what a stream of events says: the texts of all of them, in order.

    Raises `ShapeError` for an error among them, and where its end is known and does not come.
    """
    parts: list[str] = []
    calls: list[ToolCall] = []
    stopped: str | None = None
    ended = paths.stopped is None and not (paths.answer or "").startswith("choices.")
    for data in events(text):
        if data == "[DONE]":
            ended = True
            continue
        if not data.startswith(("{", '"')):
            parts.append(data)
            continue
        value = parsed(data)
        if _is_error(value):
            raise ShapeError("the stream told an error")
        delta = at(value, paths.answer or _PIECES)
        ended = ended and not (paths.answer is None and delta is not MISSING)
        parts.append(_plain(delta) or "" if paths.answer or delta is not MISSING else _usual(value) or "")
        calls += _calls_of(value, paths.calls)
        stopped = _stopped(value, paths.stopped) or stopped
    if not ended and stopped is None:
        raise ShapeError("the stream was cut: its end did not come")
    return Reading(safe_text("".join(parts)), tuple(calls), stopped)


def _filled(template: str, values: Mapping[str, str], escape: Callable[[str, str], str]) -> str:
    """Fill in one pass, so that a value that holds `{{NAME}}` itself stays as it is."""
    return _SLOT.sub(lambda slot: escape(slot[1], values[slot[1]]) if slot[1] in values else slot[0], template)


def _answer_of(value: object, path: str | None, acted: bool) -> str:  # noqa: FBT001  # whether it called a tool
    if path is not None:
        found = at(value, path)
        text = "" if found is MISSING and acted else _plain(found)
        if text is None:
            raise ShapeError(f"no text at {path!r} in the answer" if found is MISSING else f"{path!r} is no text")
        return text
    if _is_error(value):
        raise ShapeError("an `error` stands in the answer")
    text = _usual(value)
    if text is None and not acted:
        raise ShapeError(f"none of {', '.join(_TEXTS[:8])} in the answer; say where it stands with `answer`")
    return text or ""


def _usual(value: object) -> str | None:
    """Return the text at the usual places; null there is an empty answer.

    Raises `ShapeError` where two of them hold different texts: which is the answer is not for us to guess.
    """
    if isinstance(value, str):
        return value
    places = {path: at(value, path) for path in _TEXTS}
    plain = {path: _plain(found) for path, found in places.items() if found is not MISSING}
    texts = [text for text in plain.values() if text is not None]
    told = {text: path for path, text in plain.items() if text and text.strip()}
    if len(told) > 1:
        raise ShapeError(f"{' and '.join(sorted(told.values()))} hold different texts; say which with `answer`")
    return next(iter(told or texts), None)


def _is_error(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value.get("error"))


def _plain(value: object, depth: int = 0) -> str | None:
    """Return the text of a text, of null, of a message, or of a list of parts; None for anything else."""
    if value is None or isinstance(value, str):
        return value or ""
    if depth > 3:
        return None
    if isinstance(value, Mapping):
        inside = value.get("text", value.get("content", MISSING))
        return None if inside is MISSING else _plain(inside, depth + 1)
    if isinstance(value, list) and value:
        parts = [_plain(item, depth + 1) for item in value]
        return "".join(part or "" for part in parts) if any(part is not None for part in parts) else None
    return None


def _calls_of(value: object, path: str | None) -> tuple[ToolCall, ...]:
    """Return the calls at a path, or at the usual places, where an empty value is none."""
    if path is not None:
        found = at(value, path)
        return () if found is MISSING or found is None else tool_calls(found)
    usual = (at(value, place) for place in _CALLS)
    found = next((one for one in usual if one is not MISSING and one), ())
    return tool_calls(found)


def _call(item: object, position: int) -> ToolCall:
    if not isinstance(item, Mapping):
        raise ShapeError(f"tool call {position} is a {_kind(item)}")
    inner = item.get("function")
    sources = [inner, item] if isinstance(inner, Mapping) else [item]
    name = _first(sources, _NAMES)
    if not isinstance(name, str) or not name.strip():
        raise ShapeError(f"tool call {position} has no name")
    given = _first(sources, _ARGS)
    return ToolCall(name=safe_text(name).strip()[:200], args=arguments(None if given is MISSING else given))


def _first(sources: Sequence[Mapping[str, object]], names: Sequence[str]) -> object:
    found = (source[name] for source in sources for name in names if name in source)
    return next((value for value in found if not isinstance(value, Mapping) or names is _ARGS), MISSING)


def _stopped(value: object, path: str | None) -> str | None:
    for place in (path,) if path is not None else _ENDS:
        found = at(value, place)
        if isinstance(found, str) and found:
            return safe_text(found)[:80]
    return None


def _kind(value: object) -> str:
    return {dict: "mapping", str: "text", type(None): "null"}.get(type(value), type(value).__name__)
