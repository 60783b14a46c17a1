"""The shipped tables of deeds, things and small words, read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final, NamedTuple
from unicodedata import combining, normalize

from accord.core.shipped import lines_of
from accord.core.system import Effect

OWN: Final = "own"
"""The group of a deed that no table knows: it is asked for by the tool's own word."""

_ENOUGH: Final = 3  # little words of a language that a text is in
_FOLDER: Final = "guard/flow/"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^0-9A-Za-z]+")


_LEADS: Final = frozenset({"id", "ids", "nr", "num", "numero"})  # of a name: `idNote`, `nr_meczu`


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


@cache
def _particles() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(words.split()) for _, words in _rows("particles.tsv"))


@lru_cache(maxsize=512)
def particles_in(words: frozenset[str]) -> frozenset[str]:
    """Return the little words of the languages that a text is in by its words: English ones are no part of it."""
    told = words - lexicon().small["stop"]
    return frozenset().union(*(one & words for one in _particles() if len(one & told) >= _ENOUGH))


@lru_cache(maxsize=64)
def either(*kinds: str) -> frozenset[str]:
    """Return the small words of any of these kinds; `asked` is every word that asks for a deed, `months` a month's."""
    table = lexicon()
    sets = {"asked": table.asked, "months": table.months.keys()}
    return frozenset().union(*(sets[kind] if kind in sets else table.small[kind] for kind in kinds))


@lru_cache(maxsize=64)
def meanings(kind: str) -> Mapping[str, str]:
    """Return what each word of a row of pairs stands for: of `2:two,zwei` both stand for `2`."""
    pairs = (pair.partition(":") for pair in lexicon().small[kind])
    return {name: short for short, _, names in pairs for name in names.split(",")}


def kin_of(words: Iterable[str]) -> frozenset[str]:
    """Return words, and those that people use for the same things."""
    said, things = frozenset(words), lexicon().things
    return said.union(*(things[word] for word in said if word in things))


@lru_cache(maxsize=1024)
def unheard_of(verbs: frozenset[str]) -> frozenset[str]:
    """Return those of a tool's words that no table knows."""
    return verbs - lexicon().asked


@lru_cache(maxsize=2048)
def slot_named(name: str) -> Slot:
    """Return what an argument or field is for by its name alone."""
    parts = name_words(name)
    slots = lexicon().slots
    whole = slots.get("_".join(parts))
    if whole or not parts:
        return whole or Slot.OTHER
    found = next((slots[part] for part in reversed(parts) if part in slots), Slot.OTHER)
    if parts[-1] == "code" and len(parts) > 1 and found is Slot.CODE and slots.get(parts[-2]) is not Slot.CODE:
        found = Slot.OTHER  # of a currency, of a country, of a plan
    if parts[-1].endswith("datum") or (parts[-1] == "at" and len(parts) > 1 and found is Slot.OTHER):
        return Slot.DATE  # ablesedatum, publishAt
    if parts[0] == "data" and len(parts) > 1 and parts[1] not in lexicon().small["english_data"]:
        return Slot.DATE  # dataAgendamento, data_inizio
    first = len(parts) > 1 and parts[0] in _LEADS and found is not Slot.RECIPIENT
    return Slot.TARGET if first or (found is Slot.OTHER and identifies(name)) else found


@lru_cache(maxsize=2048)
def identifies(name: str) -> bool:
    """Tell whether an argument or field is called like what tells one thing from all others: `invoiceNo`, `ean`."""
    parts, small = name_words(name), lexicon().small
    if not parts or small["coded"].intersection(parts) or parts == ("code",) or parts[0] in small["kind"]:
        return False
    return parts[-1] in small["idlike"] or parts[0] in _LEADS or parts[-1].endswith(tuple(small["ending_id"]))


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in snake, kebab, dotted or camel case, in lower case."""
    plain = name[:200]
    if not plain.isascii():
        plain = "".join(letter for letter in normalize("NFD", plain) if not combining(letter))
    return tuple(part.lower() for part in _CAMEL.split(plain) if part)


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
