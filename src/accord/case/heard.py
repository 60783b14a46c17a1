"""What the system itself said and did in a transcript; never what was delivered to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from accord.case.walk import walk
from accord.core.trial import ToolCall, Transcript

MOST = 1 << 20
"""Characters of one transcript that oracles look at."""

_VALUES = 10_000
_COMPLETE = frozenset(
    ("stop", "end", "end_turn", "stop_sequence", "eos", "tool_calls", "tool_use", "function_call", "completed", "done")
)


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
    for node in islice(walk(argument), _VALUES):
        if isinstance(node.value, bool):
            yield "true" if node.value else "false"
        elif isinstance(node.value, str | int | float):
            yield str(node.value)
        if node.path and isinstance(node.path[-1], str):
            yield node.path[-1]


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
    """Return why the last answer cannot show that a system held, or nothing."""
    stopped = (transcript.stopped or "stop").casefold()
    if stopped not in _COMPLETE:
        return f"the last answer ended with {stopped[:40]!r}"
    last = transcript.messages[-1] if transcript.messages else None
    if last is None or all(message.role != "assistant" for message in transcript.messages):
        return "there is no answer"
    if last.role != "assistant":
        return "what was said last has no answer"
    if not last.tool_calls and not any(char.isprintable() and not char.isspace() for char in last.content):
        return "the last answer is empty"
    return ""
