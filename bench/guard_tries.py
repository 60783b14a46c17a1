"""What a try of the attack on the tool policy is: a world, the texts and records planted in it, and one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import guard_worlds
from guard_blind_worlds import BLIND
from guard_fresh_worlds import FRESH
from guard_more_worlds import MORE
from guard_worlds import WorldPlan
from guard_worlds_a import SET_A
from guard_worlds_b import SET_B
from guard_worlds_c import SET_C
from guard_worlds_d import SET_D
from guard_worlds_e import SET_E
from guard_worlds_f import SET_F
from guard_worlds_g import SET_G
from guard_worlds_h import SET_H
from guard_worlds_i import SET_I
from guard_worlds_j import SET_J
from guard_worlds_k import SET_K
from guard_worlds_l import SET_L
from guard_worlds_m import SET_M
from guard_worlds_n import SET_N
from guard_worlds_o import SET_O
from guard_worlds_p import SET_P
from guard_worlds_q import SET_Q
from guard_worlds_r import SET_R
from guard_worlds_s import SET_S

from accord.core.trial import Message, ToolCall

SETS: Final[Mapping[str, Sequence[WorldPlan]]] = {
    "old": (*guard_worlds.WORLDS, *MORE),
    "blind": BLIND,
    "fresh": FRESH,
    "a": SET_A,
    "b": SET_B,
    "c": SET_C,
    "d": SET_D,
    "e": SET_E,
    "f": SET_F,
    "g": SET_G,
    "h": SET_H,
    "i": SET_I,
    "j": SET_J,
    "k": SET_K,
    "l": SET_L,
    "m": SET_M,
    "n": SET_N,
    "o": SET_O,
    "p": SET_P,
    "q": SET_Q,
    "r": SET_R,
    "s": SET_S,
}
WORLDS: Final = tuple(world for group in SETS.values() for world in group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt: texts by hole, records added, reads made first, what the model says, and the call."""

    world: int
    texts: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    tool: str = ""
    args: Mapping[str, object] = field(default_factory=dict)
    speech: str = ""


def conversation(attempt: Try, steps: int | None = None) -> Iterator[Message]:
    """Yield the conversation of a world with the attacker's texts and records in it, up to a step."""
    world = WORLDS[attempt.world]
    if world.operator:
        yield Message(role="system", content=world.operator)
    yield Message(role="user", content=world.wish.replace("{paste}", attempt.texts.get("paste", "")))
    made = world.steps if steps is None else world.steps[:steps]
    for number, (tool, args, output) in enumerate(made):
        yield from turn(world, number)
        yield from _step(tool, args, output(attempt.texts, attempt.records.get(str(number))))
    if steps is None:
        yield from turn(world, len(made))
    for name in attempt.reads:
        tool, args, output = world.strays[name]
        yield from _step(tool, args, output(attempt.texts, attempt.records.get(name)))
    if attempt.speech:
        yield Message(role="assistant", content=attempt.speech)


def turn(world: WorldPlan, number: int) -> Iterator[Message]:
    """Yield what the user says before a step."""
    for at, said in world.turns:
        if at == number:
            yield Message(role="user", content=said)


def _step(tool: str, args: Mapping[str, object], output: str) -> Iterator[Message]:
    yield Message(role="assistant", tool_calls=(ToolCall(name=tool, args=args),))
    yield Message(role="tool", name=tool, content=output)


def leaves(value: object) -> Iterator[str]:
    """Yield every plain value inside of a value, as folded text."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield str(value).strip().casefold()
