"""Hashed n-grams of a text by numpy alone: of characters (3 to 5), of words (1 to 3), no loop per n-gram.

Every n-gram is kept at the place where it begins, so that the sum over any window is a difference of two running sums.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Codes = NDArray[np.uint32]
    Hashes = NDArray[np.uint32]
    _Powers = tuple[NDArray[np.uint64], NDArray[np.uint64]]

CHAR_BITS: Final = 21
WORD_BITS: Final = 20
SIZE: Final = (1 << CHAR_BITS) + (1 << WORD_BITS)
"""How many weights a model over these n-grams has."""

LONGEST: Final = 1 << 16
"""Characters of one view that are looked at in one go."""

_MIX: Final = np.uint32(0x9E3779B1)
_STEP: Final = (np.uint32(0x01000193), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35), np.uint32(0x27D4EB2F))
_SALT: Final = (np.uint32(0x51ED2705), np.uint32(0x7F4A7C15), np.uint32(0x2545F491))
_PRIME: Final = 0x100000001B3
_INVERSE: Final = pow(_PRIME, -1, 1 << 64)


class Grams(NamedTuple):
    """The n-grams of a text: hashes and the place where each begins, in characters of the text."""

    size: int
    hashes: Hashes
    places: Places


def grams(text: str) -> Grams:
    """Return all n-grams of a text of at most `LONGEST` characters."""
    codes, places = _folded(text[:LONGEST])
    if len(codes) < 5:
        return Grams(min(len(text), LONGEST), np.zeros(0, np.uint32), np.zeros(0, np.int64))
    found = [(hashes, places[: len(hashes)]) for hashes in _of_characters(codes)]
    found += [(hashes, places[start]) for hashes, start in _of_words(codes)]
    hashed, begins = [hashes for hashes, _ in found], [begin for _, begin in found]
    return Grams(min(len(text), LONGEST), np.concatenate(hashed), np.concatenate(begins))


def _folded(text: str) -> tuple[Codes, Places]:
    """Return small letters with digits made one and white space folded, and where each stood."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(char.lower()[:1] or char for char in text)
    codes = np.frombuffer(low.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    white = (codes <= 32) | (codes == 0xA0) | (codes == 0x3000)
    keep = np.ones(len(codes), bool)
    keep[1:] = ~(white[1:] & white[:-1])
    folded = np.where(white, np.uint32(32), codes)
    folded = np.where((folded >= 48) & (folded <= 57), np.uint32(48), folded)[keep]
    edge = np.array([32], np.uint32)
    places = np.flatnonzero(keep)
    last = places[-1:] if len(places) else np.zeros(1, np.int64)
    first = places[:1] if len(places) else np.zeros(1, np.int64)
    return np.concatenate((edge, folded, edge)), np.concatenate((first, places, last))


def _of_characters(codes: Codes) -> list[Hashes]:
    found = []
    rolled = codes * _STEP[0]
    shift = np.uint32(32 - CHAR_BITS)
    for size in (2, 3, 4, 5):
        if len(codes) < size:
            break
        rolled = (rolled[: len(codes) - size + 1] ^ codes[size - 1 :]) * _STEP[(size - 1) % 4]
        rolled ^= rolled >> np.uint32(15)
        if size > 2:
            found.append((rolled * _MIX) >> shift)
    return found


def _of_words(codes: Codes) -> list[tuple[Hashes, Places]]:
    """Hash runs of letters and digits; a letter of a script without spaces is a word by itself."""
    dense = (codes >= 0x2E80) & (codes < 0xAC00) | (codes >= 0xF900) & (codes < 0xFB00)
    letter = (codes >= 97) & (codes <= 122) | (codes == 48) | (codes == 39) | (codes > 0xBF)
    begins = letter & ~dense
    begins[1:] &= ~(letter[:-1] & ~dense[:-1])
    begins |= dense
    ends = letter & ~dense
    ends[:-1] &= ~(letter[1:] & ~dense[1:])
    ends |= dense
    start, end = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    if not len(start):
        return []
    words = _sums(codes, start, end)
    shift = np.uint32(32 - WORD_BITS)
    offset = np.uint32(1 << CHAR_BITS)
    found = [(((words ^ _SALT[0]) * _MIX >> shift) + offset, start)]
    rolled = words
    for size in (2, 3):
        if len(words) < size:
            break
        rolled = (rolled[: len(words) - size + 1] * _STEP[1]) ^ words[size - 1 :]
        rolled = rolled ^ (rolled >> np.uint32(13))
        found.append((((rolled ^ _SALT[size - 1]) * _MIX >> shift) + offset, start[: len(rolled)]))
    return found


def _sums(codes: Codes, start: Places, end: Places) -> Hashes:
    """Hash many stretches at once: a polynomial by running sums, taken back to the stretch's own beginning."""
    powers, inverses = _powers(len(codes))
    running = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes.astype(np.uint64) * powers, out=running[1:])
    value = (running[end] - running[start]) * inverses[start]
    value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    return (value >> np.uint64(32)).astype(np.uint32)


def _powers(count: int) -> _Powers:
    size = 2048
    while size < count:
        size *= 2
    up, down = _both(size)
    return up[:count], down


@cache
def _both(size: int) -> _Powers:
    up, down = np.full(size, _PRIME, np.uint64), np.full(size, _INVERSE, np.uint64)
    up[0] = down[0] = 1
    return np.cumprod(up), np.cumprod(down)
