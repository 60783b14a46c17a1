"""What of a text is the attack, and what is the honest text that it hides in.

A page with an order in it is an attack; a rule that met the page without the order would stop the page. What the
oracle waits for tells where the order stands; what stands around it belongs to it as far as it sounds hostile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from accord.guard.meanings import Meanings

_MOST_SENTENCES: Final = 64
_LEAST_TOLD: Final = 8.0  # of an honest part, in words that tell everything: two or three sentences
_LEAST_LEFT: Final = 3.0  # of the attack

Sounds = Callable[[str], bool]
"""Tells whether a text sounds like an attack."""

_Place = tuple[int, int]


class Parted(NamedTuple):
    """The attack in a text, and the honest parts around it."""

    attack: str
    honest: tuple[str, ...] = ()


def parted(table: Meanings, text: str, marks: Sequence[str], *, sounds: Sounds) -> Parted:
    """Part a text; `marks` are what the oracle waits for. A text in which nothing is told apart is all attack."""
    places = _sentences(table, text)
    if not 1 < len(places) <= _MOST_SENTENCES:
        return Parted(text)
    marked = [at for at, place in enumerate(places) if any(mark in text[slice(*place)] for mark in marks)]
    hostile = _Heard(text, places, sounds)
    if not marked:
        marked = [at for at in range(len(places)) if hostile.at(at)]
    if not marked:
        return Parted(text)
    first, last = _begin(hostile, marked[0]), _end(hostile, marked[-1])
    start, end = places[first][0] if first else 0, places[last][1] if last < len(places) - 1 else len(text)
    around = (text[:start], text[end:])
    honest = tuple(part for part in around if table.told(table.rows(part)) >= _LEAST_TOLD)
    attack = text[start:end].strip()
    return Parted(attack, honest) if honest and table.told(table.rows(attack)) >= _LEAST_LEFT else Parted(text)


class _Heard:
    """How the sentences of a text sound, each asked once at most."""

    def __init__(self, text: str, places: Sequence[_Place], sounds: Sounds) -> None:
        self.text, self.places, self._sounds = text, places, sounds
        self._known: dict[_Place, bool] = {}

    def at(self, first: int, last: int | None = None) -> bool:
        """Tell whether a sentence, or a run of them, sounds hostile."""
        key = (first, first if last is None else last)
        if key not in self._known:
            self._known[key] = self._sounds(self.text[self.places[key[0]][0] : self.places[key[1]][1]])
        return self._known[key]


def _begin(heard: _Heard, first: int) -> int:
    """Return the sentence where the attack begins: what stands before it is honest, or the head of that is."""
    if first and heard.at(0, first - 1):
        return next((at for at in range(first) if heard.at(at) or heard.at(0, at)), first)
    while first and heard.at(first - 1):
        first -= 1
    return first


def _end(heard: _Heard, last: int) -> int:
    final = len(heard.places) - 1
    if last < final and heard.at(last + 1, final):
        return next((at for at in range(final, last, -1) if heard.at(at) or heard.at(at, final)), last)
    while last < final and heard.at(last + 1):
        last += 1
    return last


def _sentences(table: Meanings, text: str) -> tuple[_Place, ...]:
    found = table.read(text)
    return () if found is None else tuple(found.places)
