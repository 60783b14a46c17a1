"""What a try of the attack on the tool policy is: a world, the texts and records planted in it, and one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from worlds import WORLDS
from worlds.plans import WorldPlan

from accord.core.trial import Message, ToolCall


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
