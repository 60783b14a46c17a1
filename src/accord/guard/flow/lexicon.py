"""The shipped tables of deeds, things and small words, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final, NamedTuple

from accord.core.shipped import lines_of
from accord.core.system import Effect

OWN: Final = "own"
"""The group of a deed that no table knows: it is asked for by the tool's own word."""

_FOLDER: Final = "guard/flow/"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^0-9A-Za-z]+")


class Slot(StrEnum):
    """What an argument of a tool is for."""

    RECIPIENT = "recipient"
    URL = "url"
    PATH = "path"
    TARGET = "target"
    AMOUNT = "amount"
    DATE = "date"
    SECRET = "secret"
    ACCESS = "access"
    CODE = "code"
    TITLE = "title"
    CONTENT = "content"
    OTHER = "other"
    FLAG = "flag"


class Group(NamedTuple):
    """Deeds that are asked for in the same words: what they do to the world, and the words."""

    effect: Effect
    does: str
    asks: frozenset[str]


class Lexicon(NamedTuple):
    """All tables: deeds by group, groups by the first word of a tool's name, things, slots and small words."""

    groups: Mapping[str, Group]
    deeds: Mapping[str, tuple[str, ...]]
    asked: frozenset[str]
    things: Mapping[str, frozenset[str]]
    slots: Mapping[str, Slot]
    small: Mapping[str, frozenset[str]]
    months: Mapping[str, int]
    access: Mapping[str, frozenset[str]]


@cache
def lexicon() -> Lexicon:
    """Return the tables as they ship."""
    groups, deeds = _verbs()
    small = dict(_rows("words.tsv"))
    return Lexicon(
        groups=groups,
        deeds=deeds,
        asked=frozenset(word for group in groups.values() for word in group.asks),
        things=_things(),
        slots={word: Slot(kind) for kind, words in _rows("slots.tsv") for word in reversed(words.split())},
        small={kind: frozenset(words.split()) for kind, words in small.items()},
        months={name: int(number) for number, names in _pairs(small["month"]) for name in names},
        access={short: frozenset(names) for short, names in _pairs(small["access"])},
    )


@lru_cache(maxsize=2048)
def slot_named(name: str) -> Slot:
    """Return what an argument or field is for by its name alone."""
    parts = name_words(name)
    slots = lexicon().slots
    whole = slots.get("_".join(parts))
    return whole or next((slots[part] for part in reversed(parts) if part in slots), Slot.OTHER)


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in snake, kebab, dotted or camel case, in lower case."""
    return tuple(part.lower() for part in _CAMEL.split(name[:200]) if part)


def _rows(name: str) -> Iterator[tuple[str, str]]:
    for line in lines_of(_FOLDER + name):
        kind, _, words = line.partition("\t")
        yield kind, words


def _pairs(words: str) -> Iterator[tuple[str, list[str]]]:
    for word in words.split():
        short, _, names = word.partition(":")
        yield short, names.split(",")


def _verbs() -> tuple[dict[str, Group], dict[str, tuple[str, ...]]]:
    groups = {OWN: Group(Effect.WRITE, "", frozenset())}
    deeds: dict[str, tuple[str, ...]] = {}
    for line in lines_of(_FOLDER + "verbs.tsv"):
        name, effect, does, firsts, asks = line.split("\t")
        groups[name] = Group(Effect(effect), does, frozenset(asks.split()))
        for first in firsts.split():
            deeds[first] = (*deeds.get(first, ()), name)
    return groups, deeds


def _things() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in lines_of(_FOLDER + "nouns.tsv"):
        names = frozenset(line.split())
        for name in names:
            found[name] = found.get(name, frozenset()) | names
    return found
