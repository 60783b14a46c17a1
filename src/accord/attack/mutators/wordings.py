"""The texts and tables of the converters: our own, read from data when somebody asks for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from accord.core.errors import CatalogError, ManifestError

T = TypeVar("T")

_PLACE = re.compile(r"\{([a-z]{1,10})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a converter does, the texts that it may put around an attack, and what an attack may not hold then.

    `prior` is how many successes are believed in before any was seen.
    """

    does: str
    wordings: tuple[str, ...]
    prior: int = 1
    cannot_hold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Letters and what stands for them, one for one."""

    from_: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words and what stands for them, and the texts that say so."""

    wordings: tuple[str, ...]
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What stands for a name that nobody knows."""

    model: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The frames by the names of their converters, and made-up exchanges (question and answer)."""

    unknown: Names
    frames: Mapping[str, Frame]
    shots: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encodings:
    """The hints of the encodings by the names of their converters, and the letters of two of them."""

    encodings: Mapping[str, Frame]
    leet: Letters
    homoglyph: Letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrites:
    """English orders in the past tense, and glossaries by language."""

    past_tense: Words
    glossaries: Mapping[str, Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """How the first, the next and the last part of a split text are announced."""

    first: tuple[str, ...]
    next: tuple[str, ...]
    last: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What is said in the turns before, between and after."""

    split: Parts
    warm_up: tuple[tuple[str, ...], ...]
    insist: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The slots of the wrapper by name, each with its choices."""

    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What an attacker model is told, and the signs of a refusal."""

    brief: str
    aim: str
    state: str
    nothing: str
    refusals: tuple[str, ...] = field(default=())


@cache
def frames() -> Frames:
    """Return the frames; they are read once."""
    return _read("frames", Frames)


@cache
def encodings() -> Encodings:
    """Return the hints and letters of the encodings; they are read once."""
    return _read("encodings", Encodings)


@cache
def rewrites() -> Rewrites:
    """Return the tables of words; they are read once."""
    return _read("rewrites", Rewrites)


@cache
def turns() -> Turns:
    """Return what is said over several turns; it is read once."""
    return _read("turns", Turns)


@cache
def slots() -> Slots:
    """Return the slots of the wrapper; they are read once."""
    return _read("slots", Slots)


@cache
def brief() -> Brief:
    """Return what an attacker model is told; it is read once."""
    return _read("crescendo", Brief)


def filled(wording: str, places: Mapping[str, str]) -> str:
    """Return a wording with its `{places}` replaced, once: what is put in is never looked into."""
    return _PLACE.sub(lambda match: places.get(match[1], match[0]), wording)


def _read(name: str, kind: type[T]) -> T:
    from importlib.resources import files

    from accord.record.codec import decode

    try:
        return decode(
            files("accord").joinpath("data", "attack", f"{name}.yaml").read_bytes(), kind, path=f"{name}.yaml"
        )
    except (OSError, ManifestError) as error:
        message = f"the shipped wordings {name}.yaml are damaged: {error}"
        raise CatalogError(message, hint="install Accord anew", code="ACC-E633") from error
