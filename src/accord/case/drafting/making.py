"""A draft case out of what was read: the likeliest reading that makes a case which verifies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

from accord.case.drafting.composing import composed
from accord.case.drafting.deeds import Attack, obeyed
from accord.case.drafting.leaking import leaked
from accord.case.drafting.spans import Span, hostility
from accord.case.drafting.talk import Reading
from accord.case.verify import verify
from accord.core.case import Case, Channel, Origin
from accord.core.system import System
from accord.core.trial import Message

_TRIES = 12
_FAINT = -1.5
_LOUD = 3  # different words of attacks; honest descriptions command and require too


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user says of the draft beside what was read."""

    name: str = ""
    origin: Origin = field(default_factory=Origin)
    system: System | None = None


class NoCaseError(ValueError):
    """What was read makes no case that verifies; the message says why."""


def drafted(reading: Reading, wish: Wish | None = None) -> Case:
    """Return the case of a conversation, verified.

    Raises `NoCaseError` where nothing that the system did obeys what it was told, or no case of it verifies.
    """
    wanted = wish or Wish()
    reading = _described(reading)
    ways = _ranked((*obeyed(reading, wanted.system), *leaked(reading)))
    if not ways:
        raise NoCaseError("no call and no answer of the system follows from anything that it was told")
    reason = ""
    for way in islice(ways, _TRIES):
        case = composed(reading, way, wanted.name, wanted.origin, system=wanted.system)
        result = verify(case)
        if result.ok:
            return case
        reason = reason or result.reason
    raise NoCaseError(f"no case of it verifies: {reason}")


def _described(reading: Reading) -> Reading:
    """Return the conversation with descriptions of tools that sound like an attack as what was planted first."""
    planted = tuple(
        Message(role="tool", channel=str(Channel.TOOL_DESCRIPTION), name=name, content=text)
        for name, text in reading.tools.items()
        if hostility(text, Span(0, len(text))) >= _LOUD
    )
    return replace(reading, messages=(*planted, *reading.messages)) if planted else reading


def _ranked(ways: Iterable[Attack]) -> tuple[Attack, ...]:
    return tuple(
        sorted((way for way in ways if way.score > _FAINT), key=lambda way: (-way.score, way.deed, way.message))
    )
