"""What was handed in, in one form: the messages in their order, and what the reporter says about them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from accord.core.finding import Severity
from accord.core.trial import Message, ToolCall

LARGEST = 16 << 20
"""Bytes of a file that is read."""

MOST_MESSAGES = 2_000
LONGEST = 48 << 10
"""Characters that are kept of one message."""

_LEAVES = 200
_DEEPEST = 12


class NotTalkError(ValueError):
    """What was handed in holds no conversation; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A conversation and what is told about it; `tools` are descriptions of tools that the system was given."""

    messages: tuple[Message, ...]
    title: str = ""
    prose: str = ""
    severity: Severity | None = None
    tools: Mapping[str, str] = field(default_factory=dict)


def kept(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield messages that say or do something, cut to a length; one that repeats the one before is left out.

    Of more than can be kept it is the end, where the deed stands, and the system message at the beginning.
    """
    lead: Message | None = None
    last: deque[Message] = deque(maxlen=MOST_MESSAGES)
    for message in _distinct(messages):
        lead = lead or message
        last.append(message)
    if lead and lead is not last[0] and lead.role == "system":
        yield lead
    yield from last


def _distinct(messages: Iterable[Message]) -> Iterator[Message]:
    before: Message | None = None
    for message in messages:
        text = message.content.strip()[:LONGEST]
        one = Message(
            role=message.role, content=text, name=message.name, channel=message.channel, tool_calls=message.tool_calls
        )
        if (text or one.tool_calls) and one != before:
            before = one
            yield one


def arguments(value: object) -> Mapping[str, object]:
    """Return the arguments of a call: a mapping, a JSON text of one, or a text alone as `input`."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("{"):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = text
    if isinstance(value, Mapping):
        return {str(key): bounded(item) for key, item in list(value.items())[:_LEAVES]}
    return {} if value in (None, "", []) else {"input": bounded(value)}


def bounded(value: object, depth: int = 0) -> object:
    """Return a plain value as texts, lists and mappings of limited depth and number."""
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, bool | int | float) or value is None:
        return value if not isinstance(value, int) or isinstance(value, bool) or abs(value) < 1 << 53 else str(value)
    if depth >= _DEEPEST:
        return ""
    if isinstance(value, Mapping):
        return {str(key)[:200]: bounded(item, depth + 1) for key, item in list(value.items())[:_LEAVES]}
    if isinstance(value, list | tuple):
        return [bounded(item, depth + 1) for item in value[:_LEAVES]]
    return str(value)[:LONGEST]


def leaves(args: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each text or number of a call's arguments with the name that stands nearest above it."""
    waiting: list[tuple[str, object, int]] = [(name, value, 0) for name, value in reversed(tuple(args.items()))]
    for _ in range(_LEAVES):
        if not waiting:
            return
        name, value, depth = waiting.pop()
        if isinstance(value, Mapping) and depth < _DEEPEST:
            waiting.extend((str(key), item, depth + 1) for key, item in reversed(tuple(value.items())))
        elif isinstance(value, list | tuple) and depth < _DEEPEST:
            waiting.extend((name, item, depth + 1) for item in reversed(value))
        elif isinstance(value, str) and value.strip():
            yield name, value.strip()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, f"{value:g}" if isinstance(value, float) else str(value)


def called(name: object, args: object) -> ToolCall:
    """Return a call as a transcript holds it."""
    return ToolCall(name=str(name)[:200], args=arguments(args))
