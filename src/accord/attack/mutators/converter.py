"""A converter: a pure function on the filled steps of a case that says the same attack otherwise."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from accord.case.faults import LARGEST_CASE, LONGEST_TEXT, MOST_STEPS
from accord.core.case import Channel, Deliver, Step
from accord.core.errors import PluginError
from accord.core.text import one_line

Steps = tuple[Step, ...]
MOST_COMPOSED = 2
_LONGEST_NAME = 80


class Family(StrEnum):
    """What a converter changes; two are composed in this order only, and never two of one family."""

    REWRITE = "rewrite"
    FRAME = "frame"
    ENCODING = "encoding"
    TURNS = "turns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a converter may draw on: a key for draws, values that must survive, names where they are known."""

    key: bytes
    keep: tuple[str, ...] = ()
    model: str = ""
    user: str = ""

    def draw(self, label: str, count: int) -> int:
        """Return a number below `count` that depends on the key and `label` alone."""
        drawn = hmac.digest(self.key, label.encode("utf-8", "replace"), "sha256")
        return int.from_bytes(drawn[:8], "big") % count

    def pick(self, label: str, texts: Sequence[str]) -> str:
        """Return one of the texts."""
        return texts[self.draw(label, len(texts))]


class Called(NamedTuple):
    """The name of a converter and its parameter, which stand together as `NAME:PARAMETER`."""

    name: str
    parameter: str


Convert = Callable[[Steps, Wording, str], Steps | None]
"""Converts filled steps, with the parameter of the name; None where the converter does not apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converter:
    """A way to say an attack otherwise.

    A text of N bytes becomes at most `factor` * N + `extra` bytes. `decode` undoes `encode`, where that is possible.
    `prior` is how many successes a bandit believes in before it has seen any, from published results. `hides` says
    that who does not undo it cannot see what another converter put inside.
    """

    name: str
    does: str
    family: Family
    convert: Convert
    factor: int = 1
    extra: int = 4096
    prior: int = 1
    hides: bool = False
    encode: Callable[[str, Wording], str | None] | None = None
    decode: Callable[[str], str] | None = None


def wording(seed: int, trial: str, *, keep: tuple[str, ...] = (), model: str = "", user: str = "") -> Wording:
    """Return the draws of one trial: they depend on the campaign's seed and the trial's id alone.

    `keep` are the values of the variables; `model` and `user` are names that a text may call.
    """
    names = (one_line(name, _LONGEST_NAME) for name in (model, user))
    key = hmac.digest(str(seed).encode(), b"wording\0" + trial.encode("utf-8", "replace"), "sha256")
    return Wording(key=key, keep=tuple(value for value in keep if value), model=next(names), user=next(names))


def compose(names: Sequence[str], steps: Steps, draws: Wording, kit: Mapping[str, Converter]) -> Steps | None:
    """Return the steps after each named converter in turn, or None where one does not apply or grows beyond a case.

    Raises `PluginError` for more than two names, or one that is not in `kit`.
    """
    if len(names) > MOST_COMPOSED:
        raise PluginError(f"{len(names)} converters are composed, the limit is {MOST_COMPOSED}", code="ACC-E630")
    converted: Steps | None = steps
    for name in names:
        called = parsed(name)
        if called.name not in kit:
            hint = f"known are {', '.join(sorted(kit))}; a plug-in's must be allowed by its package's name"
            raise PluginError(f"there is no converter {one_line(name, 80)!r}", hint=hint, code="ACC-E630")
        converted = kit[called.name].convert(converted, draws, called.parameter) if converted else None
    return converted if converted is not None and within_limits(converted) else None


def parsed(name: str) -> Called:
    """Split the name of a mutation into the converter's name and its parameter."""
    head, _, tail = name.partition(":")
    return Called(head, tail)


def hostile(steps: Steps) -> tuple[int, ...]:
    """Return the positions of the steps that carry the attack.

    They are every delivery but the system message, which sets the scene; where nothing else is delivered, every
    literal question; where there is none either, the system message. A task of the receiver's own is never one.
    """
    delivered = [at for at, step in enumerate(steps) if step.deliver and step.deliver.channel is not Channel.SYSTEM]
    asked = [at for at, step in enumerate(steps) if isinstance(step.ask, str)]
    return tuple(delivered or asked or [at for at, step in enumerate(steps) if step.deliver])


def channel_of(steps: Steps) -> Channel:
    """Return the channel through which the attack of a case enters first."""
    positions = hostile(steps)
    deliver = steps[positions[0]].deliver if positions else None
    return deliver.channel if deliver else Channel.USER


def text_of(step: Step) -> str:
    """Return the literal text of a step."""
    if step.deliver:
        return step.deliver.text
    return step.ask if isinstance(step.ask, str) else ""


def with_text(step: Step, text: str) -> Step:
    """Return a step that says another text through the same channel."""
    return replace(step, deliver=replace(step.deliver, text=text)) if step.deliver else replace(step, ask=text)


def planted(channel: Channel, text: str, name: str | None) -> Step:
    """Return a step that delivers a text."""
    return Step(deliver=Deliver(channel=channel, text=text, name=name))


def on_texts(change: Callable[[str, Wording], str | None]) -> Convert:
    """Return a conversion of every hostile text; it does not apply where one of them cannot be changed or is empty."""

    def convert(steps: Steps, draws: Wording, parameter: str) -> Steps | None:
        positions = hostile(steps)
        changed = list(steps)
        for at in positions:
            text = text_of(steps[at])
            said = change(text, draws) if text.strip() else None
            if said is None or said == text:
                return None
            changed[at] = with_text(steps[at], said)
        return tuple(changed) if positions else None

    return convert


def within_limits(steps: Steps) -> bool:
    """Tell whether the steps keep to the limits of a case: steps, bytes a text, bytes in all."""
    if len(steps) > MOST_STEPS:
        return False
    sizes = [size(text_of(step)) for step in steps]
    return max(sizes, default=0) <= LONGEST_TEXT and sum(sizes) <= LARGEST_CASE


def size(text: str) -> int:
    """Return the bytes of a text as it is sent."""
    return len(text.encode("utf-8", "replace"))
