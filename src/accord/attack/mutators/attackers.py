"""Attackers that ask a model what to say next, and the loop that lets one at a system within bounds.

What the attacker's model says is text from outside: it is cut, cleaned, loses its live hosts and is never run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from accord.case.importers.reserve import harmless
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.text import clean
from accord.core.trial import Message, Reply, Turn

LONGEST_TURN: Final = 4_000
_LONGEST_HEARD: Final = 16_000
_CHARACTERS_A_TOKEN: Final = 4

Talk = tuple[Message, ...]
Complete = Callable[[Talk], Awaitable[str]]
"""Asks the attacker's model."""

Answer = Callable[[Talk], Awaitable[Reply]]
"""Says the last message of a conversation to the system under attack, which knows the ones before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far an attacker may go: turns said, turns taken back, tokens of its own model (estimated)."""

    turns: int = 8
    backs: int = 3
    tokens: int = 20_000

    def __post_init__(self) -> None:
        if not (1 <= self.turns <= 64 and 0 <= self.backs <= 64 and 1 <= self.tokens <= 10_000_000):
            raise TargetError(
                "the bounds of an attacker make no sense",
                hint="use 1 to 64 turns, up to 64 taken back, and 1 to 10,000,000 tokens",
                code="ACC-E634",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """What an attacker sees: the goal, the conversation as the system knows it, and what was taken back."""

    goal: str
    bounds: Bounds
    messages: Talk = ()
    taken_back: Talk = ()
    backs: int = 0
    partial: float = 0.0

    @property
    def turns(self) -> int:
        """Return how many turns stand in the conversation."""
        return sum(message.role == "user" for message in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What an attacker does next: say a text, take the last exchange back, or neither: stop, with the reason."""

    say: str | None = None
    back: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chase:
    """What became of it: the conversation, requests and completions that were made, tokens, and why it ended."""

    messages: Talk
    asked: int
    completions: int
    tokens: int
    partial: float
    reason: str


class Attacker(Protocol):
    """A way to go after a goal over several turns; all it knows is in `pursuit`."""

    async def __call__(self, pursuit: Pursuit, complete: Complete, /) -> Move:
        """Decide on the next move, asking the model through `complete`."""


class _SpentError(Exception):
    """The attacker's model may not be asked any more."""


class _Meter:
    """Asks the model, and counts what that takes."""

    def __init__(self, complete: Complete, limit: int) -> None:
        self._complete = complete
        self._limit = limit
        self.completions = 0
        self.tokens = 0

    async def ask(self, messages: Talk) -> str:
        """Ask once, unless the prompt alone would go beyond the limit; what comes back is cut."""
        cost = sum(len(message.content) for message in messages) // _CHARACTERS_A_TOKEN + 1
        if self.tokens + cost > self._limit:
            raise _SpentError
        said = (await self._complete(messages))[:_LONGEST_HEARD]
        self.completions += 1
        self.tokens += cost + len(said) // _CHARACTERS_A_TOKEN
        return said


async def pursue(
    attacker: Attacker,
    goal: str,
    complete: Complete,
    answer: Answer,
    *,
    bounds: Bounds,
    score: Callable[[Talk], float],
) -> Chase:
    """Let an attacker talk to a system until `score` says 1.0, it stops, or a bound is reached.

    `score` is how near the conversation came, by the case's own oracle; the attacker's model never judges.
    """
    meter, asked = _Meter(complete, bounds.tokens), 0
    pursuit, reason = Pursuit(goal=goal, bounds=bounds), f"all {bounds.turns} turns were said"
    while asked < bounds.turns + bounds.backs:
        try:
            move = await attacker(pursuit, meter.ask)
        except _SpentError:
            reason = f"the attacker's model may not be asked for more than {bounds.tokens:,} tokens"
            break
        if move.back and pursuit.messages and pursuit.backs < bounds.backs:
            pursuit = _without_last(pursuit)
            continue
        text = harmless_turn(move.say or "")
        if move.back or not text or pursuit.turns >= bounds.turns:
            reason = "the attacker may take no more turns back" if move.back else move.reason or reason
            break
        asked += 1
        pursuit = await _said(pursuit, text, answer, score)
        if pursuit.partial >= 1.0:
            reason = "the goal is reached"
            break
    return Chase(
        messages=pursuit.messages,
        asked=asked,
        completions=meter.completions,
        tokens=meter.tokens,
        partial=pursuit.partial,
        reason=reason,
    )


def harmless_turn(text: str) -> str:
    """Return what an attacker's model wants to say: cut, without control characters, with reserved hosts alone."""
    kept = clean(text[:LONGEST_TURN]).strip()
    return harmless((kept,), "")[0][:LONGEST_TURN] if kept else ""


async def _said(pursuit: Pursuit, text: str, answer: Answer, score: Callable[[Talk], float]) -> Pursuit:
    talk = (*pursuit.messages, Message(role="user", content=text, channel="user"))
    reply = await answer(talk)
    talk = (*talk, Message(role="assistant", content=reply.text, tool_calls=reply.tool_calls))
    return replace(pursuit, messages=talk, partial=score(talk))


def _without_last(pursuit: Pursuit) -> Pursuit:
    """Take the last exchange out of the conversation, and remember it."""
    start = max(at for at, message in enumerate(pursuit.messages) if message.role == "user")
    taken = (*pursuit.taken_back, *pursuit.messages[start:])
    return replace(pursuit, messages=pursuit.messages[:start], taken_back=taken, backs=pursuit.backs + 1)


def over_sessions(open_session: Callable[[], Awaitable[Target]]) -> Answer:
    """Return a way to talk to a target that remembers: after a turn is taken back, a fresh session hears the rest."""
    sessions: list[tuple[Target, Talk]] = []

    async def answer(talk: Talk) -> Reply:
        said = tuple(message for message in talk if message.role == "user")
        target, known = sessions.pop() if sessions else (await open_session(), ())
        if said[: len(known)] != known or len(said) == len(known):
            target, known = await open_session(), ()
        for message in said[len(known) : -1]:
            await target.ask(Turn(text=message.content))
        reply = await target.ask(Turn(text=said[-1].content))
        sessions.append((target, said))  # only now: a session in which something failed is not used again
        return reply

    return answer
