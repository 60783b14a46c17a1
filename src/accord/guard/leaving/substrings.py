"""All parts of many texts in one automaton: which part of them the letters read last are, a letter at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from accord.content.language import words
from accord.guard.leaving.forms import Form

SPREAD: Final = 6
"""Letters that may have left, and one, when what is between them is longer than what is held."""

_NEVER = 1 << 30


class Owned(NamedTuple):
    """A form, and whose it is."""

    form: Form
    owner: int


class Substrings:
    """A suffix automaton: linear to build, one step a letter.

    `need[state]` is how many letters in a row give away what the state's texts are parts of; `deep[state]` tells
    that a shorter end of them already does; `odd[state]` is how many letters at their end stand in no common word.
    """

    __slots__ = ("deep", "least", "length", "link", "need", "next", "odd", "owned", "whose")

    def __init__(self, owned: Iterable[Owned]) -> None:
        self.owned = tuple(owned)
        self.next: list[dict[str, int]] = [{}]
        self.link = [-1]
        self.length = [0]
        for one in self.owned:
            last = 0
            for letter in one.form.text:
                last = self._extended(last, letter)
        size = len(self.next)
        self.need = [_NEVER] * size
        self.least = [_NEVER] * size
        self.odd = [_NEVER] * size
        self.whose = [0] * size
        self._mark()
        self.deep = [False] * size
        for state in sorted(range(1, size), key=self.length.__getitem__):
            above = self.link[state]
            self.deep[state] = above > 0 and (self.deep[above] or self.length[above] >= self.need[above])

    def _new(self, length: int) -> int:
        self.next.append({})
        self.link.append(-1)
        self.length.append(length)
        return len(self.next) - 1

    def _extended(self, last: int, letter: str) -> int:
        known = self.next[last].get(letter)
        if known is not None:
            return known if self.length[known] == self.length[last] + 1 else self._cloned(last, letter, known)
        made = self._new(self.length[last] + 1)
        state = last
        while state >= 0 and letter not in self.next[state]:
            self.next[state][letter] = made
            state = self.link[state]
        if state < 0:
            self.link[made] = 0
        else:
            other = self.next[state][letter]
            fits = self.length[other] == self.length[state] + 1
            self.link[made] = other if fits else self._cloned(state, letter, other)
        return made

    def _cloned(self, state: int, letter: str, other: int) -> int:
        clone = self._new(self.length[state] + 1)
        self.next[clone] = self.next[other].copy()
        self.link[clone] = self.link[other]
        self.link[other] = clone
        while state >= 0 and self.next[state].get(letter) == other:
            self.next[state][letter] = clone
            state = self.link[state]
        return clone

    def _mark(self) -> None:
        for place, (form, _) in enumerate(self.owned):
            state = 0
            for letter, odd in zip(form.text, _odd(form.text), strict=True):
                state = self.next[state][letter]
                self.least[state] = min(form.least, self.least[state])
                self.odd[state] = min(odd, self.odd[state])
                if form.need < self.need[state]:
                    self.need[state], self.whose[state] = form.need, place
        for state in sorted(range(1, len(self.next)), key=self.length.__getitem__, reverse=True):
            above = self.link[state]
            if above > 0 and self.need[state] < self.need[above]:
                self.need[above], self.whose[above] = self.need[state], self.whose[state]
            self.least[max(above, 0)] = min(self.least[state], self.least[max(above, 0)])
            self.odd[max(above, 0)] = min(self.odd[state], self.odd[max(above, 0)])


def _odd(text: str) -> Iterator[int]:
    """Yield how many letters up to each place, two or three, stand side by side in no common word and no number."""
    usual = _usual()
    for at in range(len(text)):
        if at and text[at - 1 : at + 1] not in usual:
            yield 2
        else:
            yield 3 if at > 1 and text[at - 2 : at + 1] not in usual else _NEVER


@cache
def _usual() -> frozenset[str]:
    """Return the runs of two and three letters that stand in common words, and of as many digits."""
    runs = ((word, size, at) for word in words() for size in (2, 3) for at in range(len(word) - size + 1))
    digits = (f"{number:0{size}d}" for size in (2, 3) for number in range(10**size))
    return frozenset(word[at : at + size] for word, size, at in runs).union(digits)


class Track:
    """Where one reading of a text stands: the longest end of it that is a part of something, and where that began."""

    __slots__ = ("_in", "length", "starts", "state")

    def __init__(self, substrings: Substrings) -> None:
        self._in = substrings
        self.state = 0
        self.length = 0
        self.starts: list[int] = []

    def step(self, letter: str, start: int) -> bool:
        """Read a letter; tell whether what was read now gives something away."""
        known = self._in
        state = self.state
        after = known.next[state].get(letter)
        if after is None:
            while after is None and state > 0:
                state = known.link[state]
                after = known.next[state].get(letter)
            self.length = known.length[state]
            if after is None:
                self.state = self.length = 0
                return False
        self.state = after
        self.length += 1
        self.starts.append(start)
        if len(self.starts) > 2 * self.length + 4_096:
            del self.starts[: -self.length]
        return self.length >= known.need[after] or known.deep[after]

    @property
    def begin(self) -> int:
        """Return where the open part begins."""
        return self.starts[-self.length]

    @property
    def due(self) -> int:
        """Return how many letters would give the open part away."""
        return self._in.need[self.state]

    @property
    def found(self) -> Owned:
        """Return what the open part is a part of."""
        known = self._in
        state = self.state
        if self.length < known.need[state]:
            state = known.link[state]
            while state > 0 and known.length[state] < known.need[state]:
                state = known.link[state]
        return known.owned[known.whose[state]]

    def reset(self) -> None:
        """Forget what was read."""
        self.state = self.length = 0
        self.starts.clear()

    @property
    def is_open(self) -> bool:
        """Tell whether so much of something was read that it is held: of what stands in no word, two letters do."""
        if self.length >= self._in.least[self.state]:
            return True
        odd = self._in.odd[self.state]
        return odd <= self.length and self.starts[-1] - self.starts[-odd] == odd - 1

    @property
    def is_spread(self) -> bool:
        """Tell whether the open part is too much to let it go for what stands between its letters."""
        return self.length >= max(SPREAD, self.due // 2)

    def copy(self) -> Track:
        """Return another reading that stands at the same place."""
        other = Track(self._in)
        other.state, other.length = self.state, self.length
        other.starts = self.starts[-self.length :] if self.length else []
        return other

    def same(self, other: Track) -> bool:
        """Tell whether two readings stand at the same place."""
        return self.state == other.state and self.length == other.length
