"""Finding in a transcript what the steps of a case delivered, and with it the values its variables had."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from accord.case.variables import pieces
from accord.core.case import AnyTask, Channel, Step
from accord.core.trial import Message

SHORTEST_TOKEN = 11
"""Letters and digits that make 64 bits: log2(62^11) = 65.5."""

_CANDIDATES = 1_000
_RUN = re.compile(r"[A-Za-z0-9]+")


_SAID = (Channel.USER, Channel.SYSTEM)


class Delivered(NamedTuple):
    """What was found: the variables' values, and the first message that delivered; or why it was not found."""

    vars: Mapping[str, str]
    first: int = 0
    reason: str = ""


class Match(NamedTuple):
    """The values of variables, with those that this match adds, and where it ends."""

    vars: Mapping[str, str]
    end: int


class _Found(NamedTuple):
    message: int
    match: Match


def delivered(steps: Sequence[Step], messages: Sequence[Message]) -> Delivered:
    """Find the texts of the steps in the messages that reached the system.

    What is said (system, user) comes in the order of the steps. What is planted (a document, a tool's output)
    may be read at any time, so it may stand anywhere. A step that takes any honest task has no text to find.
    """
    known: Mapping[str, str] = {}
    said = (0, 0)  # message and offset after what was said last
    firsts = []
    for number, step in enumerate(steps, 1):
        if isinstance(step.ask, AnyTask):
            continue
        planted = step.deliver is not None and step.deliver.channel not in _SAID
        found = _find(step, messages, (0, 0) if planted else said, known)
        if found is None and step.when is not None:  # a branch that was not taken
            continue
        if found is None:
            return Delivered(known, reason=f"the text of step {number} is not delivered, or not in its order")
        known = found.match.vars
        said = said if planted else (found.message, found.match.end)
        firsts.append(found.message)
    return Delivered(known, min(firsts, default=-1))


def match(template: str, text: str, start: int, known: Mapping[str, str]) -> Match | None:
    """Find `template` in `text` from `start`: as it is, with each `{{NAME}}` standing for letters and digits."""
    parts = pieces(template)
    for position in _starts(parts, text, start, known):
        found = _walk(parts, text, position, known)
        if found:
            return found
    return None


def _find(step: Step, messages: Sequence[Message], start: tuple[int, int], known: Mapping[str, str]) -> _Found | None:
    text = step.deliver.text if step.deliver else str(step.ask)
    channel = step.deliver.channel if step.deliver else Channel.USER
    for position, message in enumerate(messages[start[0] :], start[0]):
        if not _carries(message, channel):
            continue
        found = match(text.strip(), message.content, start[1] if position == start[0] else 0, known)
        if found:
            return _Found(position, found)
    return None


def _carries(message: Message, channel: Channel) -> bool:
    """Tell whether a message can be a delivery through a channel; never what the system said itself."""
    if message.role == "assistant" or (channel in _SAID and message.role != channel):
        return False
    return message.channel is None or message.channel == channel


def _starts(parts: Sequence[str], text: str, start: int, known: Mapping[str, str]) -> Iterator[int]:
    """Yield where the template may begin: wherever its first fixed text stands, or a run of letters and digits."""
    lead = parts[0] or (known.get(parts[1], "") if len(parts) > 1 else "")
    if not lead:
        yield from (run.start() for run, _ in zip(_RUN.finditer(text, start), range(_CANDIDATES), strict=False))
        return
    position = text.find(lead, start)
    for _ in range(_CANDIDATES):
        if position < 0:
            return
        yield position
        position = text.find(lead, position + 1)


def _walk(parts: Sequence[str], text: str, position: int, known: Mapping[str, str]) -> Match | None:
    values = dict(known)
    for index, part in enumerate(parts):
        if index % 2 and part not in values:
            token = _token(text, position, _following(parts, index, values))
            if token is None:
                return None
            values[part] = token
        fixed = values[part] if index % 2 else part
        if not text.startswith(fixed, position):
            return None
        position += len(fixed)
    return Match(values, position)


def _following(parts: Sequence[str], index: int, values: Mapping[str, str]) -> str | None:
    """Return the fixed text after a variable, or None where another unknown one follows at once."""
    after = parts[index + 1]
    if after or index + 2 >= len(parts):
        return after
    return values.get(parts[index + 2])


def _token(text: str, position: int, after: str | None) -> str | None:
    """Return the letters and digits from `position` on, less those that belong to the fixed text after them."""
    run = _RUN.match(text, position)
    if run is None or after is None:
        return None
    lead = _RUN.match(after)
    tail = lead[0] if lead else ""
    token = run[0].removesuffix(tail) if tail else run[0]
    return token if token and (not tail or run[0].endswith(tail)) else None
