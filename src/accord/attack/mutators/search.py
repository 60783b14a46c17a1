"""An adaptive attacker without a model: random search over the slots of a wrapper, led by the oracle's partial score.

Its state is what the history says: the best wrapper so far, from which one or two slots are turned.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from accord.attack.mutators.converter import Converter, Family, Steps, Wording, on_texts, parsed, size
from accord.attack.mutators.history import Attempt, History, Key, Slot
from accord.attack.mutators.wordings import filled, slots

NAME: Final = "slots"
_RETRIES: Final = 16
_PARENTS: Final = 3

Choice = tuple[int, ...]
"""The number of the chosen text in each slot, in the order of the slots."""


class _Seen(NamedTuple):
    """Wrappers that were tried on this case, and those to start from with their scores."""

    tried: frozenset[Choice]
    best: tuple[tuple[Choice, int], ...]


def wrapping() -> Converter:
    """Return the converter that builds the wrapper which its parameter names: `slots:3.0.2.1.4`."""
    table = slots().slots

    def convert(steps: Steps, draws: Wording, parameter: str) -> Steps | None:
        choice = _choice(parameter)
        return None if choice is None else on_texts(lambda text, _: _wrapped(text, choice))(steps, draws, "")

    return Converter(
        name=NAME,
        does="puts a wrapper around the attack whose parts the search chooses",
        family=Family.FRAME,
        convert=convert,
        extra=sum(max(map(size, texts)) + 1 for texts in table.values()),
    )


def choose(seed: int, slot: Slot, history: History, kit: Mapping[str, Converter]) -> tuple[str, ...]:
    """Return the next wrapper to try on a case; nothing in round 0."""
    if slot.round == 0:
        return ()
    key = hmac.digest(str(seed).encode(), f"search\0{slot.round}\0{slot.id}".encode("utf-8", "replace"), "sha256")
    seen = _seen(slot, history)
    for attempt in range(_RETRIES):
        choice = _next(seen.best, hashlib.shake_256(key + bytes([attempt])).digest(128))
        if choice not in seen.tried:
            return (named(choice),)
    return (named(_random(hashlib.shake_256(key + b"random").digest(128))),)


def named(choice: Choice) -> str:
    """Return the name of the mutation that a choice makes."""
    return f"{NAME}:{'.'.join(map(str, choice))}"


def _choice(parameter: str) -> Choice | None:
    """Return the choice that a parameter names, or None where there is none such."""
    parts, widths = parameter.split("."), _widths()
    if len(parts) != len(widths) or not all(part.isascii() and part.isdecimal() and len(part) < 4 for part in parts):
        return None
    choice = tuple(map(int, parts))
    return choice if all(at < width for at, width in zip(choice, widths, strict=True)) else None


def _widths() -> Choice:
    return tuple(len(texts) for texts in slots().slots.values())


def _wrapped(text: str, choice: Choice) -> str:
    table = slots().slots
    said = {name: texts[at] for (name, texts), at in zip(table.items(), choice, strict=True)}
    body = filled(said.pop("formatting"), {"text": text})
    closing = said.pop("closing")
    before = " ".join(part for part in said.values() if part)
    return "\n".join(part for part in (before, body, closing) if part)


def _seen(slot: Slot, history: History) -> _Seen:
    own = history.wrappers.get(Key(NAME, case=slot.case), ())
    near = history.wrappers.get(Key(NAME, channel=slot.channel), ())
    ranked = [*_scored(own), *_scored(near)] if own and own[0].score else [*_scored(near), *_scored(own)]
    promising = tuple((choice, score) for choice, score in ranked if score)
    return _Seen(frozenset(choice for choice, _ in _scored(own)), promising[:_PARENTS])


def _scored(attempts: Sequence[Attempt]) -> list[tuple[Choice, int]]:
    """Return the wrappers of attempts, with their scores."""
    found = []
    for attempt in attempts:
        names = [parsed(name) for name in attempt.mutation]
        choice = next((_choice(one.parameter) for one in names if one.name == NAME), None)
        if choice is not None:
            found.append((choice, attempt.score))
    return found


def _next(best: Sequence[tuple[Choice, int]], noise: bytes) -> Choice:
    """Turn one or two slots of a good wrapper, now and then after mixing two; without one take any."""
    if not best or noise[0] < 26:
        return _random(noise[1:])
    parent = best[0][0] if noise[1] < 179 else best[noise[2] % len(best)][0]
    other = best[noise[3] % len(best)][0]
    mixed = [
        two if noise[4] < 64 and noise[32 + at] & 1 else one
        for at, (one, two) in enumerate(zip(parent, other, strict=True))
    ]
    fresh = _random(noise[64:])
    for turn in range(1 + (noise[5] < 90)):
        at = noise[6 + turn] % len(mixed)
        mixed[at] = fresh[at]
    return tuple(mixed)


def _random(noise: bytes) -> Choice:
    return tuple(int.from_bytes(noise[4 * at : 4 * at + 4], "big") % width for at, width in enumerate(_widths()))
