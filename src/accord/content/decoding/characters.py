"""Reading what is hidden in characters: look-alikes, invisible ones, tags, selectors, and direction."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from accord.content.decoding.edits import Edit, Way
from accord.content.decoding.signs import Change, Signs, table
from accord.content.language import common, speaks
from accord.content.lookalikes import INVISIBLE, alike, folding, invisible

_NATIVE: Final = "\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u13a0-\u13ff\uab70-\uabbf"
_LETTER: Final = "A-Za-z\u00c0-\u024f" + _NATIVE
_SCRIPTS: Final = ("\u0370-\u03ff", "\u0400-\u052f", "\u0531-\u058f", "\u13a0-\u13ff\uab70-\uabbf")
_TOUCHING: Final = re.compile(f"[{_NATIVE}][A-Za-z]|[A-Za-z][{_NATIVE}]")
_HONEST: Final = frozenset("ªº¹²³ıɡɑɛȷ")
_MARKS: Final = "\u0300-\u036f\u0483-\u0489\u20d0-\u20f0"
_ASCII: Final = bytes(range(128))
_LAST: Final = "\uffff"
_BESIDE: Final = table({b"a": string.ascii_letters.encode(), b"?": b"?"}, b"#")
_TOKEN: Final = re.compile(r"\S+")
_TAGS: Final = re.compile("(\U0001f3f4)?([\U000e0001-\U000e007f]{2,})")
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_WIDTHLESS: Final = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]{16,}")
_TURNED: Final = re.compile("\u202e([^\u202c\u2069\r\n]{2,})[\u202c\u2069]?")


def characters(seen: Signs) -> Iterator[Change]:
    """Yield what a text of other characters than ASCII may hide."""
    text = seen.text
    if seen.plain or _is_ordinary(seen):
        return
    for kind, way in _WAYS:
        if edits := tuple(way(text)):
            yield Change(kind, edits)


def _tags(text: str) -> Iterator[Edit]:
    """Tag characters stand for ASCII (Unicode 23.9); after a black flag they are the flag of a region."""
    for match in _TAGS.finditer(text):
        if match[1] is None or len(match[2]) > 8:
            new = "".join(chr(ord(char) & 0x7F) for char in match[2] if 0x20 <= ord(char) & 0x7F < 0x7F)
            yield from _apart(text, *match.span(2), new)


def _selectors(text: str) -> Iterator[Edit]:
    """Variation selectors 1 to 256 can carry the bytes 0 to 255 behind any character."""
    for match in _SELECTORS.finditer(text):
        codes = (ord(char) for char in match[0])
        data = bytes(code - 0xFE00 if code < 0xFF00 else code - 0xE0100 + 16 for code in codes)
        new = data.decode("utf-8", "ignore")
        if new.isprintable() and new:
            yield from _apart(text, *match.span(), new)


def _apart(text: str, start: int, end: int, new: str) -> Iterator[Edit]:
    """Put what nobody saw on lines of its own, so that it does not become part of the words beside it."""
    if start and not text[start - 1].isspace():
        yield Edit(start, start, "\n")
    yield Edit(start, end, new, Way.EVEN if len(new) == end - start else Way.WHOLE)
    if end < len(text) and not text[end].isspace():
        yield Edit(end, end, "\n")


def _widthless(text: str) -> Iterator[Edit]:
    """Two characters without width can carry bits; a third one may part the letters."""
    for match in _WIDTHLESS.finditer(text):
        kinds = sorted(set(match[0]), key=match[0].count, reverse=True)[:2]
        if len(kinds) < 2:
            continue
        kept = [char for char in match[0] if char in kinds]
        for one in kinds:
            bits = "".join("1" if char == one else "0" for char in kept)
            new = "".join(chr(int(bits[at : at + 8], 2)) for at in range(0, len(bits) - 7, 8))
            if new.isprintable() and speaks(new) > 0.3:
                yield Edit(*match.span(), new)
                break


def _turned(text: str) -> Iterator[Edit]:
    for match in _TURNED.finditer(text):
        yield Edit(*match.span(1), match[1][::-1], Way.MIRROR)


def _folded(text: str) -> Iterator[Edit]:
    """Fold the words that mix alphabets, hold what nobody sees, or are written in letters made for formulas."""
    latin = _is_mostly_latin(text) and _other().search(text) is not None
    if not latin and not _suspicious().search(text):
        return
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token.isascii():
            continue
        new = fold(token)
        if new == token:
            continue
        unseen = invisible().search(token) is not None and new[:1].isascii()
        strange = unseen or _suspicious().search(text, max(0, match.start() - 1), match.end())
        if strange or (latin and new.isascii() and any(map(common, re.findall("[a-z]+", new.lower())))):
            yield Edit(*match.span(), new, Way.EVEN if len(new) == len(token) else Way.WHOLE)


def fold(text: str) -> str:
    """Return a text without what takes no room, its look-alikes as the Latin letters they look like."""
    seen = invisible().sub("", text)
    if seen.isascii():
        return seen
    bare = re.sub(f"[{_MARKS}]+", "", unicodedata.normalize("NFC", seen))
    return unicodedata.normalize("NFKC", bare.translate(folding()))


def _is_mostly_latin(text: str) -> bool:
    latin = len(text.encode("ascii", "ignore"))
    return latin * 10 >= 6 * len(text)


def _is_ordinary(seen: Signs) -> bool:
    """Tell whether nothing tells, or a text is of another alphabet, most of it, and no letters of two touch."""
    data = seen.text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    others = data.decode("utf-8", "surrogatepass")
    if len(others.encode("utf-16-le", "surrogatepass")) > 2 * len(others) and _beyond().search(others):
        return False
    first = _found().search(others)
    if first is None:
        return True
    script = next((one for one in _SCRIPTS if re.match(f"[{one}]", first[0])), None)
    if script is None or _outside(script).search(others) or _is_mostly_latin(seen.text):
        return False
    shape = seen.data.translate(_BESIDE)  # letters and what is not ASCII: only where they touch can alphabets
    return (b"?a" not in shape and b"a?" not in shape) or _TOUCHING.search(seen.text) is None


@cache
def _telling() -> frozenset[str]:
    """Return all characters without which nothing is hidden so."""
    ranges = re.findall("(.)(?:-(.))?", INVISIBLE + _MARKS)
    unseen = {chr(code) for low, high in ranges for code in range(ord(low), ord(high or low) + 1)}
    return (frozenset(alike()) - _HONEST) | unseen


@cache
def _found() -> re.Pattern[str]:
    """Return what finds a telling character of the first plane; with the others in it, it is ten times slower."""
    return _one_of(char for char in _telling() if char <= _LAST)


@cache
def _beyond() -> re.Pattern[str]:
    """Return what finds a telling character beyond the first plane: none of them is of a script."""
    return _one_of(char for char in _telling() if char > _LAST)


@cache
def _outside(script: str) -> re.Pattern[str]:
    """Return what finds a telling character of the first plane that is not of a script."""
    return _one_of(char for char in _telling() if char <= _LAST and not re.match(f"[{script}]", char))


def _one_of(chars: Iterator[str]) -> re.Pattern[str]:
    return re.compile(f"[{_as_class(chars)}]")


@cache
def _other() -> re.Pattern[str]:
    """Return what finds a word of two or more letters, all of them look-alikes from other alphabets."""
    letters = _as_class(char for char in alike() if re.match(f"[{_NATIVE}]", char))
    return re.compile(rf"(?<!\w)[{letters}]{{2,}}(?!\w)")


@cache
def _suspicious() -> re.Pattern[str]:
    """Return what finds that two alphabets touch, or letters and what nobody sees."""
    native = _as_class(char for char in alike() if re.match(f"[{_NATIVE}]", char))
    letters = (char for char, to in alike().items() if to[0].isalpha() and char not in _HONEST)
    made = _as_class(char for char in letters if not re.match(f"[{_NATIVE}]", char))
    touching = [f"[{native}][A-Za-z]", f"[A-Za-z][{native}]", f"[{made}][A-Za-z{made}]", f"[A-Za-z][{made}]"]
    touching += [f"(?:[{made}] ){{3}}", f"[{_LETTER}][{INVISIBLE}]", f"(?<=.)[{INVISIBLE}][{_LETTER}]"]
    touching += [f"(?:[!-~][{INVISIBLE}]){{4}}"]
    touching += [f"[{_MARKS}][{_MARKS}]", f"[A-Za-z][{_MARKS}][A-Za-z][{_MARKS}][A-Za-z]"]
    touching += [f"[{one}][{other}]" for one in _SCRIPTS for other in _SCRIPTS if one != other]
    return re.compile("|".join(touching), re.DOTALL)


def _as_class(chars: Iterator[str]) -> str:
    """Return characters as the inside of a character class, neighbours as ranges."""
    codes = sorted(map(ord, chars))
    ranges: list[tuple[int, int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


_WAYS: Final = (
    ("tags", _tags), ("selectors", _selectors), ("widthless", _widthless), ("bidi", _turned), ("folded", _folded),
)  # fmt: skip
