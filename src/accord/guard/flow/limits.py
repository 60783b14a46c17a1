"""Limits that the user sets on what is chosen: `over 500`, `moins de 150 €`, `more than a month overdue`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import lexicon, meanings
from accord.guard.flow.shapes import numbers, without_accents
from accord.guard.flow.stems import stem

_SPAN: Final = 8  # words after an exception that name whom it is for
_ENDS: Final = frozenset(".!?;\n")
_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\s\w]")


class Bound(NamedTuple):
    """A limit that the user sets on what is chosen: more or less than a number, or older than so many days."""

    over: bool
    number: float
    days: bool


@lru_cache(maxsize=256)
def bounds_in(text: str) -> tuple[Bound, ...]:
    """Return the limits in a text: `over 500`, `moins de 150 €`, `more than a month overdue`."""
    words = _WORD.findall(text.lower())
    found: list[Bound] = []
    for at in range(len(words)):
        over = _compared(words, at, "above")
        under = _compared(words, at, "beneath")
        size = over or under
        if not size:
            continue
        rest = words[at + size : at + size + 4]
        rest = [one for one in rest if one not in "$€£¥₹"]
        number, unit = _figure(rest[0]) if rest else None, rest[1] if len(rest) > 1 else ""
        span = _days_of(unit)
        if number is None:
            continue
        if rest[0].isalpha() and not span:
            continue
        found.append(Bound(bool(over), number * (span or 1), days=bool(span)))
    return tuple(found)


def _compared(words: Sequence[str], at: int, kind: str) -> int:
    """Return how many words compare here: `more than` are two."""
    small = lexicon().small[kind]
    for size in (3, 2, 1):
        if "_".join(words[at : at + size]) in small and len(words[at : at + size]) == size:
            return size
    return 0


def _figure(word: str) -> float | None:
    if word[0].isdigit():
        return next(iter(numbers(word)), None)
    number = meanings("counted").get(word)
    return float(number) if number else None


def _days_of(unit: str) -> int:
    return {"0": 1, "1": 7, "2": 30}.get(meanings("span").get(unit, ""), 0)


@lru_cache(maxsize=256)
def withheld(text: str) -> bool:
    """Tell whether the user says of a number that it is held back: `keep 35 euros of it`, `minus the 20`."""
    words = _WORD.findall(text.lower())
    keeping = [at for at, word in enumerate(words) if word in lexicon().small["keeping"]]
    return any(word[0].isdigit() for at in keeping for word in words[at + 1 : at + 4])


@lru_cache(maxsize=256)
def excluded_words(text: str) -> frozenset[str]:
    """Return the words that name what the user keeps out: `not Brunner`, `leave the face masks out`, `sauf Kévin`."""
    words = _WORD.findall(text.lower())
    small, found = lexicon().small, set[str]()
    for at, word in enumerate(words):
        after = [*takewhile(lambda one: one not in _ENDS, words[at + 1 : at + 1 + _SPAN])]
        if word in small["staying"]:
            found.update(_named(words[max(0, at - 3) : at]))
        elif word in small["leaving"] and small["leftout"] & set(after):
            stop = next(spot for spot, one in enumerate(after) if one in small["leftout"])
            found.update(_named(after[:stop]))
        elif word in small["negation"] and not small["touching"].isdisjoint(after[:1]):
            found.update(_named(after[1:]))
        elif word in small["excluding"] and not (after[:1] and after[0] in lexicon().asked):
            stop = next((spot for spot, one in enumerate(after) if one in {",", "but", "and", "und"}), len(after))
            found.update(_named(after[:stop]))
    return frozenset(found)


def _named(words: Sequence[str]) -> Iterator[str]:
    small = lexicon().small
    for word in words:
        if word[0].isalpha() and word not in small["stop"] and not _usual_small(word):
            yield stem(word)
            yield without_accents(stem(word))


def _usual_small(word: str) -> bool:
    small = lexicon().small
    return word in small["determiner"] or word in small["linking"] or word in small["personal"] or len(word) < 3


def conditioned(text: str, words: frozenset[str]) -> bool:
    """Tell whether the user says which of many things they mean: by a limit, an exception, or `whose`."""
    return bool(bounds_in(text) or excluded_words(text) or words & lexicon().small["whose"])
