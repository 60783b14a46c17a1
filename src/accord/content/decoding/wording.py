"""Reading words that are moved, turned round, spelled with digits, or spread out: only where language comes of it."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from accord.content.decoding.edits import Edit, Way
from accord.content.decoding.signs import Change, Signs, small_words, stretches, table
from accord.content.language import common, odd, parted, words

_WORD: Final = re.compile(r"[^\W\d_]+")
_WORDS: Final = re.compile(r"\S+")
_LEET: Final = str.maketrans("01345789@$!|+", "oieastbgasilt")
_LEET_WORD: Final = re.compile(r"(?<![\w@$])[A-Za-z013457@$](?:[A-Za-z013457@$]|[!|+](?=[\w@$]))+(?![\w@$])")
_LEET_SHAPE: Final = table(
    {b"a": b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", b"1": b"013457", b"@": b"@$", b"!": b"!|+"}, b"#"
)
_LEET_MARKS: Final = (b"a1", b"1a", b"@", b"!a", b"!1")
_ALONE: Final = table(
    {b"a": b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?", b" ": b" \t.-_*,|/+~"}, b"#"
)
_SPACED: Final = re.compile(r"(?<![^\W_])[^\W_](?:[ \t.\-_*,|/+~]{1,3}[^\W_](?![^\W_])){4,}")
_SINGLE: Final = b" a "
_FAR: Final = 5  # a letter and three signs between it and the next, and one more
_GAP: Final = re.compile(r"([^\W_])([ \t.\-_*,|/+~]{0,3})")
_ENOUGH = 14
_FORWARD: Final = ("of the ", "in the ", "to the ", "all the ", "previous instructions", "system prompt")
_BACKWARD: Final = ("the of ", "the in ", "the to ", "the all ", "instructions previous", "prompt system")


def wording(seen: Signs) -> Iterator[Change]:
    """Yield what a text says when its words are read in another way."""
    if seen.odd:
        yield from _hidden(seen, odd().rot13, "rot13", (_moved,))
        yield from _hidden(seen, odd().backwards, "reversed", (_mirrored, _each_mirrored))
    if seen.backwards and (edit := _reordered(seen.text)):
        yield Change("reversed", (edit,))
    if seen.leet and (edits := tuple(_leet(seen))):
        yield Change("leet", edits)
    if seen.spaced and _stand_alone(seen.data) and (edits := tuple(_spaced(seen.text))):
        yield Change("spaced", edits)


def _hidden(
    seen: Signs, table: frozenset[str], kind: str, ways: tuple[Callable[[str, int, int], tuple[Edit, ...]], ...]
) -> Iterator[Change]:
    """Read the lines from the first to the last word that is hidden so, where enough of them stand together."""
    here = seen.odd & table
    if not here or (len(here) == 1 and max(map(len, here)) < 9):
        return
    places = _places(seen.text, here) if _outweigh(seen, here) else None
    if places is None:
        return
    start = seen.text.rfind("\n", 0, places[0]) + 1
    end = seen.text.find("\n", places[1])
    for way in ways:
        yield Change(kind, way(seen.text, start, len(seen.text) if end < 0 else end))


def _outweigh(seen: Signs, hidden: frozenset[str]) -> bool:
    """Tell whether hidden words outweigh the plain ones anywhere; of a text that is not all ASCII, that they may."""
    if not seen.plain:
        return True
    known = words()
    weight = 0
    for word in small_words(seen.data):
        if word in hidden:
            weight += _weight(len(word))
            if weight >= _ENOUGH:
                return True
        elif weight:
            weight = max(0, weight - (6 if word in known else 2))
    return False


def _weight(size: int) -> int:
    return 4 if size == 3 else 8 if size < 6 else 12 if size < 9 else 16


def _places(text: str, hidden: frozenset[str]) -> tuple[int, int] | None:
    """Return where hidden words begin and end, if somewhere they outweigh the plain ones."""
    known = words()
    weight = best = 0
    first = last = -1
    for match in _WORD.finditer(text):
        word = match[0].lower()
        if word in hidden:
            weight += _weight(len(word))
            best = max(best, weight)
            first, last = (match.start() if first < 0 else first), match.end()
        else:
            weight = max(0, weight - (6 if word in known else 2))
    return (first, last) if best >= _ENOUGH else None


def _moved(text: str, start: int, end: int) -> tuple[Edit, ...]:
    return (Edit(start, end, codecs.encode(text[start:end], "rot13"), Way.EVEN),)


def _mirrored(text: str, start: int, end: int) -> tuple[Edit, ...]:
    return (Edit(start, end, text[start:end][::-1], Way.MIRROR),)


def _each_mirrored(text: str, start: int, end: int) -> tuple[Edit, ...]:
    return tuple(Edit(*match.span(), match[0][::-1], Way.MIRROR) for match in _WORD.finditer(text, start, end))


def _reordered(text: str) -> Edit | None:
    """Turn the order of words round where pairs of them stand the wrong way more often than the right one."""
    small = text.lower()
    if sum(map(small.count, _BACKWARD)) <= sum(map(small.count, _FORWARD)):
        return None
    return Edit(0, len(text), " ".join(reversed(text.split())))


def _leet(seen: Signs) -> Iterator[Edit]:
    """Read digits as the letters they look like, in texts with two such words or more."""
    spans = stretches(seen.data.translate(_LEET_SHAPE), _LEET_MARKS)  # what is digits alone is never a sure word
    mixed = (match for start, end in spans for match in _LEET_WORD.finditer(seen.text, start, end + 1))
    if _is_leet(seen.text, tuple(_unleeted_words(mixed))):
        edits = tuple(_unleeted_words(_LEET_WORD.finditer(seen.text)))
        yield from edits if _is_leet(seen.text, edits) else ()


def _unleeted_words(matches: Iterable[re.Match[str]]) -> Iterator[Edit]:
    for match in matches:
        read = _unleeted(match[0])
        if read is not None:
            yield Edit(*match.span(), read, Way.EVEN)


def _is_leet(text: str, edits: Sequence[Edit]) -> bool:
    """Tell whether enough of what was read are common words in which not all is digits."""
    digits = {edit.text.lower(): sum(map(str.isdigit, text[edit.start : edit.end])) for edit in edits}
    sure = {word: count for word, count in digits.items() if len(word) > 2 and count < len(word) and common(word)}
    return len(sure) >= 2 or any(len(word) >= 6 and count >= 2 for word, count in sure.items())


def _unleeted(token: str) -> str | None:
    if token.isalpha():
        return None
    read = token.translate(_LEET)
    if "1" not in token or common(read.lower()) or token.count("1") > 3:
        return read if common(read.lower()) or (_is_inside(token) and len(token) > 2) else None
    places = [at for at, char in enumerate(token) if char == "1"]
    for letters in product("il", repeat=len(places)):
        said = list(read)
        for place, letter in zip(places, letters, strict=True):
            said[place] = letter
        if common("".join(said).lower()):
            return "".join(said)
    return read if _is_inside(token) and len(token) > 2 else None


def _is_inside(token: str) -> bool:
    """Tell whether digits stand among letters: `v2` and `utf8` only end in one."""
    bare = token.rstrip("0123456789@$!|+")
    return bool(bare) and not bare.isalpha()


def _stand_alone(data: bytes) -> bool:
    """Tell whether letters or digits stand by themselves, three in a row at least."""
    shape = data.translate(_ALONE)
    last = run = -_FAR
    at = shape.find(_SINGLE)
    while at >= 0:
        run = run + 1 if at - last < _FAR else 1
        if run >= 3:
            return True
        last = at
        at = shape.find(_SINGLE, at + 2)
    return False


def _spaced(text: str) -> Iterator[Edit]:
    """Put letters together that are written apart; wider gaps part words, and without them common words do."""
    for match in _SPACED.finditer(text):
        pairs = _GAP.findall(match[0])
        usual = Counter(gap for _, gap in pairs[:-1]).most_common(1)[0][0]
        joined = "".join(char + (" " if _is_wider(gap, usual) else "") for char, gap in pairs).strip()
        said = " ".join(" ".join(parted(run)) if len(run) > 16 else _part(run) for run in joined.lower().split(" "))
        letters = sum(len(word) for word in said.split(" ") if len(word) > 2 and common(word))
        if letters * 2 >= len(pairs):
            yield Edit(*match.span(), said)


def _is_wider(gap: str, usual: str) -> bool:
    """Tell whether a gap parts words: it is wider than most, or blank where most are not."""
    return len(gap) > len(usual) or (gap.isspace() and bool(usual) and not usual.isspace())


def _part(run: str) -> str:
    return run if common(run) else " ".join(parted(run))
