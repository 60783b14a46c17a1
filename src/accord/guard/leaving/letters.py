"""Reading text for its letters alone, in pieces: escapes undone, markup read twice, once without it."""

from __future__ import annotations

import html
import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from accord.guard.leaving.forms import folded
from accord.guard.leaving.substrings import Owned, Substrings, Track

_MARKUP: Final = 4_096  # characters after which what looked like markup is taken for text
_ESCAPE: Final = re.compile(
    r"%(?:25){0,3}[0-9A-Fa-f]{2}|&(?:amp;){0,3}(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z]{2,8};)"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2}"
)
_TOKEN: Final = re.compile(rf"(?P<escape>{_ESCAPE.pattern})|(?P<open><(?=[A-Za-z/!])|\]\()|.", re.DOTALL)
_OPEN: Final = re.compile(
    r"(?:%(?:25){0,3}[0-9A-Fa-f]?|&(?:amp;){0,3}(?:#[0-9]{0,7}|#[xX][0-9A-Fa-f]{0,6}|[A-Za-z]{0,8})"
    r"|\\(?:u[0-9A-Fa-f]{0,3}|u\{[0-9A-Fa-f]{0,6}|U[0-9A-Fa-f]{0,7}|x[0-9A-Fa-f]?|[0-3][0-7]?)?|<|\])\Z"
)
_MARKS: Final = re.compile(r"[%&\\<\]]")
_STRIPPED: Final = re.compile(r"<[A-Za-z/!][^<>]{0,4096}>|\]\([^()]{0,4096}\)")
UNSEEN: Final = re.compile("[\U000e0000-\U000e01ef]")
"""Characters without width that stand for letters or bytes."""

_TAIL = 28
_MANY = 6  # escapes from which on a text is read without them in all ways
_NESTED = 3  # times that something is escaped once more
_HIGHEST = 0x110000


class Found(NamedTuple):
    """What gives something away: where it begins and ends, and what it is."""

    start: int
    end: int
    what: Owned


class Reader:
    """Reads a text piece by piece and says where the open part of a canary begins.

    What stands in tags and addresses is read both as text and as if it were not there.
    """

    def __init__(self, substrings: Substrings) -> None:
        self._with = Track(substrings)
        self._without: Track | None = None
        self._closing = ""
        self._opened = 0
        self._bytes = b""
        self._rest = ""
        self._at = 0

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away, once for each letter with which it does."""
        text = self._rest + text
        cut = len(text) if final else _whole(text)
        self._rest = text[cut:]
        base, self._at = self._at, self._at + cut
        simple = not self._closing and self._without is None and not self._bytes
        if simple and text.isascii() and not _MARKS.search(text, 0, cut):
            return self._plain(text[:cut], base)
        return self._marked(text[:cut], base)

    def _plain(self, text: str, base: int) -> list[Found]:
        found = []
        step = self._with.step
        for at, letter in enumerate(text.lower()):
            if letter.isalnum() and step(letter, base + at):
                found.append(_given(self._with, base + at + 1))
        return found

    def _marked(self, text: str, base: int) -> list[Found]:
        found: list[Found] = []
        for match in _TOKEN.finditer(text):
            start, end = base + match.start(), base + match.end()
            if match["escape"] and (letters := self._meant(match["escape"])) is not None:
                found += self._letters(letters, start, end)
                continue
            self._bytes = b""
            if UNSEEN.match(match[0]):
                found += self._unseen(match[0], start, end)
            elif match["open"] and not self._closing:
                self._enter(match["open"], start)
            elif self._closing and (match[0] == self._closing or start - self._opened > _MARKUP):
                self._leave(closed=match[0] == self._closing)
            else:
                found += self._letters("".join(map(folded, match[0])), start, end)
        return found

    def _enter(self, mark: str, start: int) -> None:
        self._closing = ">" if mark == "<" else ")"
        self._opened = start
        self._without = self._without or self._with.copy()

    def _leave(self, *, closed: bool) -> None:
        self._closing = ""
        if not closed:
            self._without = None

    def _unseen(self, char: str, start: int, end: int) -> list[Found]:
        """Read a character that nobody sees: as the letter it stands for, and as if it were not there."""
        letters = folded(char)
        if not letters:
            return []
        self._without = self._without or self._with.copy()
        return [_given(self._with, end) for letter in letters if self._with.step(letter, start)]

    def _letters(self, letters: str, start: int, end: int) -> list[Found]:
        found = []
        for letter in letters:
            if self._with.step(letter, start):
                found.append(_given(self._with, end))
            other = self._without
            if other is None or self._closing:
                continue
            if other.step(letter, start):
                found.append(_given(other, end))
            elif other.same(self._with):
                self._without = None
        return found

    def _meant(self, escape: str) -> str | None:
        """Return the letters that an escape stands for; bytes of UTF-8 wait for one another."""
        if escape[0] == "&":
            self._bytes = b""
            return "".join(map(folded, _named(escape)))
        code = _code(escape)
        if code < 0x80 or code > 0xFF or escape[1] in "uU":
            self._bytes = b""
            return folded(chr(code)) if code < _HIGHEST else ""
        self._bytes = (self._bytes + bytes([code]))[-4:]
        for size in range(2, len(self._bytes) + 1):
            try:
                said = self._bytes[-size:].decode("utf-8")
            except UnicodeDecodeError:
                continue
            self._bytes = b""
            return "".join(map(folded, said))
        return ""

    @property
    def unread(self) -> int:
        """Return how many characters at the end may be the beginning of an escape or of markup."""
        return len(self._rest)

    @property
    def open(self) -> int | None:
        """Return where a part of a canary begins that may still go on, or None."""
        tracks = (self._with,) if self._without is None else (self._with, self._without)
        return min((track.begin for track in tracks if track.is_open), default=None)

    @property
    def spread(self) -> Found | None:
        """Return the open part if it is too much of a canary to let it go for what stands between its letters."""
        for track in (self._with,) if self._without is None else (self._with, self._without):
            if track.is_spread:
                return Found(track.begin, self._at, track.found)
        return None


def _given(track: Track, end: int) -> Found:
    return Found(track.begin, end, track.found)


def _whole(text: str) -> int:
    """Return how much of a text is surely whole: an escape or a mark at its end may go on."""
    tail = max(0, len(text) - _TAIL)
    match = _OPEN.search(text, tail) if _MARKS.search(text, tail) else None
    return match.start() if match else len(text)


def readings(text: str) -> set[str]:
    """Return a text as it may be read: with and without markup and invisible letters, with escapes and undone."""
    if not text.isascii() and UNSEEN.search(text):
        return _readings(text) | _readings(UNSEEN.sub("", text))
    return _readings(text)


def undone(text: str) -> str:
    """Return a text with its escapes undone where there are many; empty where there are few."""
    if sum(map(text.count, "%&\\")) < _MANY or len(_ESCAPE.findall(text)) < _MANY:
        return ""
    return _ESCAPE.sub(_undone, _unquoted(text))


def _readings(text: str) -> set[str]:
    if not _MARKS.search(text):
        return {text}
    stripped = _STRIPPED.sub("", text)
    undone = _ESCAPE.sub(_undone, _unquoted(text))
    return {text, stripped, undone, _STRIPPED.sub("", undone), _ESCAPE.sub(_undone, _unquoted(stripped))}


def _unquoted(text: str) -> str:
    for _ in range(_NESTED):
        if "%" not in text:
            break
        text = unquote(text, errors="ignore")
    return text


def _named(escape: str) -> str:
    """Return what an entity stands for, also where its mark is an entity."""
    for _ in range(_NESTED):
        escape = html.unescape(escape)
    return html.unescape(escape)


def _code(escape: str) -> int:
    """Return the number in an escape; one that is escaped again has it at its end."""
    if escape[0] == "%":
        return int(escape[-2:], 16)
    return int(escape.lstrip("\\xuU").strip("{}"), 8 if escape[1] in "0123" else 16)


def _undone(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[0] == "&":
        return _named(escape)
    code = _code(escape)
    return chr(code) if code < _HIGHEST else ""
