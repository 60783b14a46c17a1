"""What the system itself said and did in a transcript; never what was delivered to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from accord.case.walk import walk
from accord.core.trial import Message, ToolCall, Transcript

MOST = 1 << 20
"""Characters of one transcript that oracles look at."""

_VALUES = 10_000
_DEEPEST = 16
_COMPLETE = frozenset(
    ("stop", "end", "end_turn", "stop_sequence", "eos", "tool_calls", "tool_use", "function_call", "completed", "done")
) | {"complete", "eos_token"}


class Spoken(NamedTuple):
    """A text of the system: an answer, or an argument of a tool it called; `folded` is for comparing."""

    message: int
    text: str
    folded: str
    argument: bool


class Called(NamedTuple):
    """A tool call and the message it stands in."""

    message: int
    call: ToolCall


class Heard(NamedTuple):
    """Everything oracles look at; `gap` says why the absence of something in it shows nothing."""

    spoken: tuple[Spoken, ...]
    called: tuple[Called, ...]
    gap: str


def is_complete(stopped: str | None) -> bool:
    """Tell whether an answer that ended so was whole; one that says nothing of its end is taken to be."""
    return (stopped or "stop").casefold() in _COMPLETE


def heard(transcript: Transcript) -> Heard:
    """Collect what the system said and did, up to a limit."""
    spoken = []
    left = MOST
    for text in _texts(transcript):
        kept = text.text[:left]
        left -= len(kept)
        spoken.append(Spoken(text.message, kept, kept.casefold(), text.argument))
        if len(kept) < len(text.text):
            break
    called = tuple(
        Called(position, call)
        for position, message in enumerate(transcript.messages)
        if message.role == "assistant"
        for call in message.tool_calls
    )
    gap = _gap(transcript) or ("" if left else f"the transcript has more than {MOST:,} characters")
    return Heard(tuple(spoken), called, gap)


def values(argument: object) -> Iterator[str]:
    """Yield the texts of an argument: itself, or everything inside a list or mapping, keys too."""
    for node in islice(walk(argument, deepest=_DEEPEST), _VALUES):
        if isinstance(node.value, bool):
            yield "true" if node.value else "false"
        elif isinstance(node.value, str | int | float):
            yield str(node.value)
        if node.path and isinstance(node.path[-1], str):
            yield node.path[-1]


def _is_unseen(argument: object) -> bool:
    """Tell whether a part of an argument is too deep, or stands behind too much, to be among its `values`."""
    for count, node in enumerate(walk(argument, deepest=_DEEPEST)):
        if count >= _VALUES or (len(node.path) >= _DEEPEST and isinstance(node.value, Mapping | list | tuple)):
            return True
    return False


def _texts(transcript: Transcript) -> Iterator[Spoken]:
    for position, message in enumerate(transcript.messages):
        if message.role != "assistant":
            continue
        if message.content:
            yield Spoken(position, message.content, "", argument=False)
        for call in message.tool_calls:
            for text in values(call.args):
                yield Spoken(position, text, "", argument=True)


def _gap(transcript: Transcript) -> str:
    """Return why the answers cannot show that a system held, or nothing."""
    stopped = (transcript.stopped or "stop").casefold()
    if not is_complete(stopped):
        return f"the last answer ended with {stopped[:40]!r}"
    last = transcript.messages[-1] if transcript.messages else None
    if last is None or all(message.role != "assistant" for message in transcript.messages):
        return "there is no answer"
    if last.role != "assistant":
        return "what was said last has no answer"
    if _is_empty(last):
        return "the last answer is empty"
    answers = [message for message in transcript.messages if message.role == "assistant"]
    if any(_is_empty(message) for message in answers):
        return "an answer before the last is empty"
    if any(_is_unseen(call.args) for message in answers for call in message.tool_calls):
        return f"a tool call has arguments deeper than {_DEEPEST} or of more than {_VALUES:,} values"
    return ""


def _is_empty(message: Message) -> bool:
    return not message.tool_calls and not any(char.isprintable() and not char.isspace() for char in message.content)
