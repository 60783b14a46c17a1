"""All ways in which a text that leaves is read for canaries, side by side, in pieces or whole."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from accord.guard.leaving.asides import Asides, Bare, bare, may_hold
from accord.guard.leaving.ciphers import FEWEST, sieve_of
from accord.guard.leaving.forms import LEAST, Form, letters_of, needed
from accord.guard.leaving.letters import Found, Reader, readings, undone
from accord.guard.leaving.nested import Nested, Way
from accord.guard.leaving.sifting import RUN, Sieve, may_be_leet, sieve
from accord.guard.leaving.substrings import Owned, Substrings, Track

_LEET: Final = str.maketrans(
    "0123456789@$!|+lL\u20acABCDEFGHIJKMNOPQRSTUVWXYZ",
    "oizeasgtbgasiitiieabcdefghijkmnopqrstuvwxyz",
)
_SIGNS: Final = re.compile(r"[0-9@$!|+\u20ac]")
_AWAKE = 96  # characters after a digit or a mark in which it may stand for a letter
_HEAD: Final = re.compile(r"(?<![A-Za-z0-9])(?:H4sI|eJ[w-z]|eN[o-r]|eA[E-H]|eF[4-7])")
_HEADS: Final = ("H4sI", "eJ", "eN", "eA", "eF")
_HEAD_SIZE = 4
_NOT_CODED: Final = re.compile(r"[^A-Za-z0-9+/_\s\\%-]|%(?!2[BFbf]|2?\Z)")
_SPACE: Final = re.compile(r"\\n|[\s\\]")
_PERCENT: Final = re.compile(r"%2([BFbf])")
_OPEN: Final = re.compile(r"(?:%2?|\\)\Z")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_MOST_RUNS: Final = 256
_UNFOLDS: Final = 1 << 17  # characters that compressed data may unfold to
_TAIL = 12  # characters in which the first letters of a canary stand
_PREFIX = 3  # letters of a canary that are held as soon as they come


class Compiled(NamedTuple):
    """Texts in one automaton, and what tells at a glance that they are not there."""

    substrings: Substrings
    sieve: Sieve


class Known(NamedTuple):
    """The canaries compiled for every way of reading; one automaton holds those that are letters in a row."""

    substrings: Substrings
    bare: Bare | None
    leet: Compiled | None
    begins: Mapping[str, bool]
    ends: frozenset[str]
    sieve: Sieve
    least: int


def compiled(owned: Iterable[Owned], canaries: Iterable[str]) -> Known:
    """Compile canaries and their forms."""
    known, all_of_them = tuple(canaries), tuple(owned)
    begins = dict(_begins(known))
    return Known(
        substrings=Substrings(all_of_them),
        bare=bare(known),
        leet=_leet(known),
        begins=begins,
        ends=frozenset(begin[-1] for begin in begins),
        sieve=sieve_of(all_of_them),
        least=min((one.form.need for one in all_of_them), default=0),
    )


class Reading:
    """Reads a text piece by piece in all ways; of a canary as it is not even the first letter is let go."""

    __slots__ = ("_asides", "_at", "_known", "_letters", "_readers", "_tail")

    def __init__(self, known: Known) -> None:
        self._known = known
        self._letters = Reader(known.substrings)
        asides: list[Way] = [Packed(known.substrings), Nested(partial(_by_letters, known), partial(met, known=known))]
        if known.bare is not None:
            asides.append(Asides(known.bare))
        if known.leet is not None:
            asides.append(Leet(known.leet))
        self._asides = tuple(asides)
        self._readers: tuple[Way, ...] = (self._letters, *asides)
        self._tail = "\n"
        self._at = 0

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away, what begins first before the rest."""
        found = self._letters.read(text, final=final)
        for aside in self._asides:
            found += aside.read(text, final=final)
        self._tail = (self._tail + text)[-_TAIL:]
        self._at += len(text)
        return self._widened(found) if found else found

    def _widened(self, found: list[Found]) -> list[Found]:
        """Return what was found, the first begun where the first open part begins: what is cut is cut before it."""
        first, *rest = sorted(found, key=lambda one: (one.start, one.end))
        begun = self.open
        return [first if begun is None else first._replace(start=min(first.start, begun)), *rest]

    @property
    def unread(self) -> int:
        """Return how many characters at the end may be the beginning of an escape or of markup."""
        return self._letters.unread

    @property
    def open(self) -> int | None:
        """Return where a part of a canary begins that may still go on, or None."""
        least = self._begun()
        for one in self._readers:
            at = one.open
            if at is not None and (least is None or at < least):
                least = at
        return least

    @property
    def spread(self) -> Found | None:
        """Return the open part if it is too much of a canary to let it go for what stands between its letters."""
        told = (one.spread for one in self._readers)
        return next((found for found in told if found is not None), None)

    def _begun(self) -> int | None:
        """Return where the text ends with the first letters of a canary as it is."""
        tail, begins = self._tail, self._known.begins
        if tail[-1:] not in self._known.ends:
            return None
        for size in range(min(len(tail) - 1, _TAIL - 1), 0, -1):
            glued = begins.get(tail[-size:])
            if glued is not None and (glued or not tail[-size - 1].isalnum()):
                return self._at - size
        return None


def _begins(canaries: Iterable[str]) -> Iterable[tuple[str, bool]]:
    """Yield the beginnings of canaries up to three letters, and whether each counts within a word too."""
    for canary in canaries:
        letters = 0
        for at, char in enumerate(canary[: _TAIL - 1]):
            letters += char.isalnum()
            if letters > _PREFIX:
                break
            yield canary[: at + 1], letters > 1 or not (char.islower() or char.isspace())


class Leet:
    """Reads letters that are written as digits and marks; asleep where there are none of those."""

    __slots__ = ("_at", "_awake", "_known", "_raw", "_track")

    def __init__(self, known: Compiled) -> None:
        self._known = known
        self._track: Track | None = None
        self._awake = 0
        self._raw = ""
        self._at = 0

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away."""
        signs = _SIGNS.search(text) is not None
        self._awake = _AWAKE if signs else self._awake - len(text)
        base, self._at = self._at, self._at + len(text)
        if self._awake <= 0:
            self._track = None
        elif self._track is None:
            text, base = self._raw + text, base - len(self._raw)
            self._track = Track(self._known.substrings)
        self._raw = (self._raw + text)[-_AWAKE:]
        return self._stepped(self._track, text, base) if self._track is not None else []

    def _stepped(self, track: Track, text: str, base: int) -> list[Found]:
        found = []
        for at, letter in enumerate(text.translate(_LEET)):
            if letter.isalpha() and track.step(letter, base + at):
                found.append(Found(track.begin, base + at + 1, _as(track.found, "with digits for letters")))
        return found

    @property
    def open(self) -> int | None:
        """Return where a part of a canary begins that may still go on, or None."""
        return self._track.begin if self._track is not None and self._track.length >= LEAST else None

    @property
    def spread(self) -> Found | None:
        """Return what is too much of a canary to let it go."""
        track = self._track
        if track is None or not track.is_spread:
            return None
        return Found(track.begin, self._at, _as(track.found, "with digits for letters"))


class Packed:
    """Unfolds compressed data in base64 while it comes, and reads what it says."""

    __slots__ = ("_at", "_begin", "_coded", "_inner", "_left", "_raw", "_substrings", "_tail", "_unfold")

    def __init__(self, substrings: Substrings) -> None:
        self._substrings = substrings
        self._tail = ""
        self._at = 0
        self._begin = 0
        self._coded = self._raw = ""
        self._left = 0
        self._inner: Reader | None = None
        self._unfold = zlib.decompressobj(47)

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away."""
        window, base = self._tail + text, self._at - len(self._tail)
        self._at += len(text)
        self._tail = window[-_HEAD_SIZE:]
        if self._inner is not None:
            return self._more(text, self._at - len(text))
        match = _HEAD.search(window)
        if match is None:
            return []
        self._begin, self._coded, self._raw, self._left = base + match.start(), "", "", _UNFOLDS
        self._inner, self._unfold = Reader(self._substrings), zlib.decompressobj(47)
        return self._more(window[match.start() :], self._begin)

    def _more(self, text: str, base: int) -> list[Found]:
        """Take on what belongs to the data, and say what stands in it."""
        inner = self._inner
        text, base = self._raw + text, base - len(self._raw)
        open_ = _OPEN.search(text)
        text, self._raw = (text[: open_.start()], text[open_.start() :]) if open_ else (text, "")
        end = _NOT_CODED.search(text)
        coded = _SPACE.sub("", text[: end.start()] if end else text)
        self._coded += _PERCENT.sub(lambda found: "+" if found[1] in "Bb" else "/", coded)
        whole = len(self._coded) // 4 * 4 if end is None else len(self._coded)
        said = self._unfolded(self._coded[:whole])
        self._coded = self._coded[whole:]
        stop = base + (end.start() if end else len(text))
        found = inner.read(said) if inner is not None and said else []
        if end is not None:
            self._inner = None
        return [Found(self._begin, stop, _as(one.what, "compressed")) for one in found[:1]]

    def _unfolded(self, coded: str) -> str:
        try:
            data = binascii.a2b_base64(coded.translate(_URL_SAFE) + "=" * (-len(coded) % 4))
            said = self._unfold.decompress(data, self._left) if self._left > 0 else b""
        except (zlib.error, binascii.Error):
            self._inner = None
            return ""
        self._left -= len(said)
        return said.decode("utf-8", "replace")

    @property
    def open(self) -> int | None:
        """Return where compressed data begins that goes on."""
        return self._begin if self._inner is not None else None

    @property
    def spread(self) -> Found | None:
        """Return what is too much of a canary to let it go."""
        found = self._inner.open if self._inner is not None else None
        if self._inner is None or found is None:
            return None
        return self._inner.spread


def _as(owned: Owned, how: str) -> Owned:
    told = how if owned.form.how == "as it is" else f"{how}, {owned.form.how}"
    return owned._replace(form=owned.form._replace(how=told))


def _leet(canaries: Iterable[str]) -> Compiled | None:
    """Return the canaries in letters that digits look like; those without letters are no words."""
    plain = [letters_of(canary.translate(_LEET)) for canary in canaries if sum(map(str.isalpha, canary)) >= LEAST]
    owned = [
        Owned(Form(told, needed(told), how), -1)
        for one in plain
        if len(one) >= FEWEST
        for told, how in ((one, "as it is"), (one[::-1], "reversed"))
    ]
    return Compiled(Substrings(owned), sieve(one.form.text for one in owned)) if owned else None


def _by_letters(known: Known) -> tuple[Way, ...]:
    """Return the ways of reading in which what stands in a code is held."""
    letters = Reader(known.substrings)
    return (letters,) if known.leet is None else (letters, Leet(known.leet))


def met(text: str, known: Known) -> list[Found]:
    """Return what a whole text gives away in any way of reading; one without any sign of that is not read."""
    found = Reader(known.substrings).read(text, final=True) if may_give_away(text, known) else []
    return found + beside(text, known, met=bool(found))


def may_give_away(text: str, known: Known) -> bool:
    """Tell whether a text may hold a part of a canary: a run of eight holds one of five at every fourth place."""
    return known.least < RUN or any(known.sieve.holds(letters_of(reading)) for reading in readings(text))


def may_be_met(text: str, known: Known) -> bool:
    """Tell whether a text has any sign by which it is read in one of the ways of `met`."""
    if may_give_away(text, known):
        return True
    if len(text) < FEWEST:
        return False
    if known.bare is not None and (may_hold(text, known.bare) or undone(text)):
        return True
    return _has_leet(text, known) or _has_head(text)


def beside(text: str, known: Known, *, met: bool = False) -> list[Found]:
    """Return what the other ways of reading see in a whole text; a text without any sign of them is not read.

    Where nothing is `met`, a text with many escapes is read without them too.
    """
    found: list[Found] = []
    if len(text) < FEWEST:
        return found
    if known.bare is not None and may_hold(text, known.bare):
        found += Asides(known.bare).read(text, final=True)
    if known.leet is not None and _has_leet(text, known):
        found += Leet(known.leet).read(text, final=True)
    if _has_head(text):
        found += _packed(text, known.substrings)
    if known.bare is not None and not (met or found) and (plain := undone(text)) and may_hold(plain, known.bare):
        told = Asides(known.bare).read(plain, final=True)
        found += [Found(0, len(text), one.what) for one in told[:1]]
    return found


def _has_leet(text: str, known: Known) -> bool:
    leet = known.leet
    return leet is not None and _may_be_leet(text) and leet.sieve.holds(letters_of(text.translate(_LEET)))


def _has_head(text: str) -> bool:
    return any(head in text for head in _HEADS) and _HEAD.search(text) is not None


def _may_be_leet(text: str) -> bool:
    return may_be_leet(text.encode("ascii")) if text.isascii() else _SIGNS.search(text) is not None


def _packed(text: str, substrings: Substrings) -> list[Found]:
    """Read each run of compressed data in a whole text; what follows the first is read in pieces of its own."""
    found: list[Found] = []
    heads = [match.start() for match in _HEAD.finditer(text)]
    for at, begin in enumerate(heads[:_MOST_RUNS]):
        until = heads[at + 1] if at + 1 < len(heads) else len(text)
        told = Packed(substrings).read(text[begin:until] + " ", final=True)
        found += [one._replace(start=one.start + begin, end=min(one.end + begin, len(text))) for one in told]
    return found
