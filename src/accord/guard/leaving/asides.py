"""Texts read in other ways than letter by letter: first letters, spelled letters, parts with words between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Final, NamedTuple

from accord.content.language import common
from accord.core.shipped import lines_of
from accord.guard.leaving.ciphers import FEWEST, spelling
from accord.guard.leaving.forms import LEAST, Form, folded, letters_of, needed
from accord.guard.leaving.letters import Found
from accord.guard.leaving.sifting import Sieve, may_be_morse, sieve, words_of
from accord.guard.leaving.substrings import Owned, Substrings, Track

_TOKEN: Final = re.compile(
    r"(?P<word>[^\W_]+(?:['\u2019][^\W_]+)*)|(?P<line>\n)|(?P<end>[.!?]+(?=\s))|(?P<code>[.\u00b7\u2022\u2013\u2014\u2212_-]+)"
)
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_OPEN: Final = re.compile(r"(?:[^\W_]+(?:['\u2019][^\W_]+)*['\u2019]?|[.!?\u00b7\u2022\u2013\u2014\u2212_-]+)\Z")
_SENTENCES: Final = re.compile(r"[.!?]\s{1,4}[\"'(*]{0,2}([^\W_])")
_LINES: Final = re.compile(r"\n[^\w\n]{0,12}(?:\d{1,2}[.)] {0,3})?[^\w\n]{0,12}([^\W_])")
_CODED: Final = re.compile(r"(?:[.\u00b7\u2022\u2013\u2014\u2212_-]{1,6}[ /|\t\n]{1,4}){5}")
_DOTS: Final = str.maketrans("\u00b7\u2022\u2013\u2014\u2212_", "..----")
_ENDS: Final = (". ", "! ", "? ", ".\n", "!\n", "?\n")
_LONGEST_WORD = 64
_PART = 3
_LONGEST_PART = 24
_GAP = 12  # words between two parts
_AS_IN = 4  # words between a letter and the word that tells it again
_FEW = 7  # ends of lines or sentences from which on first letters can tell a canary
_FIRST: Final = itemgetter(0)


class Bare(NamedTuple):
    """The canaries as they are and reversed, for all readings that look for nothing else.

    `joined` asks for more of a canary that is made of words: in parts its words may stand in any text.
    """

    substrings: Substrings
    joined: Substrings
    sieve: Sieve
    parts: frozenset[str]
    alphabet: frozenset[str]
    telling: frozenset[str]
    fewest: int


def bare(canaries: Iterable[str]) -> Bare | None:
    """Return what the other readings look for; None where no canary is long enough for them."""
    plain = [letters for letters in map(letters_of, canaries) if len(letters) >= FEWEST]
    if not plain:
        return None
    ways = [(one, how) for one in plain for one, how in ((one, "as it is"), (one[::-1], "reversed"))]
    owned = [Owned(Form(text, FEWEST, how), -1) for text, how in ways]
    joined = [Owned(Form(text, needed(text), how), -1) for text, how in ways]
    parts = frozenset(part for one in plain for part in _parts_of(one))
    windows = [one[at : at + FEWEST] for one in plain for at in range(len(one) - FEWEST + 1)]
    fewest = min(len(set(window)) for window in windows)
    return Bare(
        substrings=Substrings(owned),
        joined=Substrings(joined),
        sieve=sieve(text for text, _ in ways),
        parts=parts,
        alphabet=frozenset("".join(plain)),
        telling=parts.union(*plain, spelling()) - {"a", "i"},
        fewest=fewest,
    )


def _parts_of(plain: str) -> Iterator[str]:
    """Yield the parts of a canary that are no words; what is a word may stand in any text."""
    for size in range(_PART, min(_LONGEST_PART, len(plain) - 1) + 1):
        for at in range(len(plain) - size + 1):
            part = plain[at : at + size]
            if not part.isalpha() or not common(part):
                yield part


class Alone:
    """Counts letters that stand alone and words that stand for one; `K as in Kilo` is one letter, not two."""

    __slots__ = ("_last", "since")

    def __init__(self) -> None:
        self._last = ("", False)
        self.since = 0

    def counted(self, letter: str, *, spelled: bool) -> tuple[str, str, str]:
        """Return the letter as it counts with each `one`, with each `a`, and without both; empty where it does not."""
        again = self._last == (letter, not spelled) and self.since <= _AS_IN
        apart = bool(self.since or not self._last[0])
        self._last, self.since = (("", False) if again else (letter, spelled)), 0
        if again:
            return "", "", ""
        if spelled and letter == "1" and apart:
            return letter, "", ""
        article = not spelled and apart and letter in {"a", "i"}
        letter = letter if letter.isascii() else "".join(map(folded, letter))
        return letter, letter, "" if article else letter


class Asides:
    """Reads a text word by word, in six ways at once; less than half a microsecond a word."""

    __slots__ = (
        "_alone",
        "_at",
        "_bare",
        "_gap",
        "_line",
        "_longest",
        "_near",
        "_rest",
        "_sentence",
        "_spelling",
        "tracks",
    )

    def __init__(self, known: Bare) -> None:
        self._bare = known
        self._spelling = spelling()
        self.tracks = {way: Track(known.joined if way == "in parts" else known.substrings) for way in WAYS}
        self._rest = ""
        self._at = 0
        self._line = self._sentence = True
        self._alone = Alone()
        self._gap = self._longest = 0
        self._near = False

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away."""
        if not final and text.isalnum() and len(self._rest) + len(text) < _LONGEST_WORD:
            self._rest += text
            return []
        text = self._rest + text
        match = None if final else _OPEN.search(text, max(0, len(text) - _LONGEST_WORD))
        cut = match.start() if match else len(text)
        base, self._rest = self._at, text[cut:]
        self._at += cut
        found: list[Found] = []
        for token in _TOKEN.finditer(text, 0, cut):
            kind = token.lastgroup
            start, end = base + token.start(), base + token.end()
            if kind == "word":
                marker = text[token.end() : token.end() + 1] in {".", ")"}
                found += self._word(token["word"], start, end, marker=marker)
            elif kind == "line":
                self._line = self._sentence = True
            else:
                self._sentence = self._sentence or kind == "end"
                found += self._coded(token[0], start, end)
        lengths = [track.length for track in self.tracks.values()]
        self._longest = max(lengths)
        self._near = LEAST - 1 in lengths
        return found

    def _word(self, word: str, start: int, end: int, *, marker: bool) -> list[Found]:
        small = word.lower()
        stands_for = self._spelling.get(small)
        first = small[0]
        found = self._step("first letters of words", first, start, end)
        if self._sentence:
            found += self._step("first letters of sentences", first, start, end)
            self._sentence = False
        if self._line and not (marker and small.isdigit()):
            found += self._step("first letters of lines", first, start, end)
            self._line = False
        if stands_for is not None or len(small) == 1:
            found += self._single(stands_for or small, start, end, spelled=stands_for is not None)
        else:
            self._alone.since += 1
        if small in self._bare.parts:
            self._gap = 0
            for letter in small:
                found += self._step("in parts", letter, start, end)
        elif self.tracks["in parts"].length:
            self._gap += 1
            if self._gap > _GAP:
                self.tracks["in parts"].reset()
        if self.tracks["Morse code"].length:
            self.tracks["Morse code"].reset()
        return found

    def _single(self, letter: str, start: int, end: int, *, spelled: bool) -> list[Found]:
        """Read a letter that stands alone, or a word that stands for one, in all ways of counting it."""
        told = zip(_ALONE, self._alone.counted(letter, spelled=spelled), strict=True)
        return [found for way, letters in told for found in self._step(way, letters, start, end)]

    def _coded(self, mark: str, start: int, end: int) -> list[Found]:
        letter = _morse().get(mark.translate(_DOTS), "")
        return self._step("Morse code", letter, start, end) if letter else []

    def _step(self, way: str, letters: str, start: int, end: int) -> list[Found]:
        track = self.tracks[way]
        letters = letters if letters.isascii() else "".join(map(folded, letters))
        return [_told(track, end, way) for letter in letters if track.step(letter, start)]

    @property
    def open(self) -> int | None:
        """Return where a part of a canary begins that may still go on, or None; a word may be its fourth letter."""
        if self._longest >= LEAST:
            return min(track.begin for track in self.tracks.values() if track.length >= LEAST)
        return self._at if self._rest and self._near else None

    @property
    def spread(self) -> Found | None:
        """Return what is too much of a canary to let it go for what stands between its letters."""
        told = (_told(track, self._at, way) for way, track in self.tracks.items() if track.is_spread)
        return next(told, None)


_ALONE: Final = ("letter by letter, with each one", "letter by letter, with each a", "letter by letter")
WAYS: Final = (
    "first letters of words", "first letters of sentences", "first letters of lines", "letter by letter",
    "letter by letter, with each a",
    "letter by letter, with each one", "in parts", "Morse code",
)  # fmt: skip
"""The ways in which a text is read."""


def _told(track: Track, end: int, way: str) -> Found:
    owned = track.found
    how = way if owned.form.how == "as it is" else f"{way}, {owned.form.how}"
    return Found(track.begin, end, owned._replace(form=owned.form._replace(how=how)))


def may_hold(text: str, known: Bare) -> bool:
    """Tell whether a text may hold a canary in one of these ways, at a fiftieth of the price of reading it."""
    if text.isascii():
        data = text.encode("ascii")
        words, morse = words_of(data), may_be_morse(data)
    else:
        text = text.lower()
        words, morse = _WORD.findall(text), True
    if not known.telling.isdisjoint(words) and _is_telling(words, known):
        return True
    if known.sieve.holds("".join(map(_FIRST, words))) or (morse and _CODED.search(text) is not None):
        return True
    if text.count("\n") >= _FEW and known.sieve.holds("".join(_LINES.findall("\n" + text)).lower()):
        return True
    ends = sum(map(text.count, _ENDS))
    return ends >= _FEW and known.sieve.holds("".join(_SENTENCES.findall(". " + text)).lower())


def _is_telling(words: Sequence[str], known: Bare) -> bool:
    distinct = set(words)
    return not known.parts.isdisjoint(distinct) or _has_single(words, distinct, known)


def _has_single(words: Sequence[str], distinct: set[str], known: Bare) -> bool:
    """Tell whether letters that stand alone, or are spelled, give eight in a row of a canary in any way of counting."""
    letters = known.alphabet & distinct
    spelled = distinct & spelling().keys()
    if len(letters) + len(spelled) < known.fewest:
        return False
    told = sum(len(word) == 1 or word in spelled for word in words)
    if told < FEWEST or len(letters | {spelling()[word] for word in spelled}) < known.fewest:
        return False
    return any(map(known.sieve.holds, map("".join, zip(*_singles(words), strict=True))))


def _singles(words: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what each letter that is told counts for: with each one, with each a, and without both."""
    alone = Alone()
    stands_for = spelling().get
    for word in words:
        told = stands_for(word)
        if told is not None or len(word) == 1:
            yield alone.counted(told or word, spelled=told is not None)
        else:
            alone.since += 1


@cache
def _morse() -> Mapping[str, str]:
    return {mark: letter for mark, _, letter in (line.partition("\t") for line in lines_of("content/morse.tsv"))}
