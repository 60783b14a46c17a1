"""Hashed n-grams of a text by numpy alone: of characters (3 to 5), of words (1 to 3), no loop per n-gram.

Every n-gram is kept at the place where it begins, so that the sum over any window is a difference of two running sums.
"""

from __future__ import annotations

import string
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Codes = NDArray[np.uint32]
    Hashes = NDArray[np.uint32]
    _Kinds = NDArray[np.uint8]
    _Powers = tuple[NDArray[np.uint64], NDArray[np.uint64]]

CHAR_BITS: Final = 21
WORD_BITS: Final = 20
SIZE: Final = (1 << CHAR_BITS) + (1 << WORD_BITS)
"""How many weights a model over these n-grams has."""

LONGEST: Final = 1 << 16
"""Characters of one view that are looked at in one go."""

# numbers as arrays of no dimension: numpy takes them in half the time
_MIX: Final = np.array(0x9E3779B1, np.uint32)
_STEPS: Final = np.array((0x01000193, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F), np.uint32)
_STEP: Final = tuple(_STEPS[at, ...] for at in range(4))
_SALTS: Final = np.array((0x51ED2705, 0x7F4A7C15, 0x2545F491), np.uint32)
_SALT: Final = tuple(_SALTS[at, ...] for at in range(3))
_FINISH: Final = np.array(0xBF58476D1CE4E5B9, np.uint64)
_CHAR_SHIFT: Final = np.array(32 - CHAR_BITS, np.uint32)
_WORD_SHIFT: Final = np.array(CHAR_BITS - WORD_BITS, np.uint32)  # after the other one
_WORDS_AT: Final = np.array(1 << CHAR_BITS, np.uint32)
_13, _15 = np.array(13, np.uint32), np.array(15, np.uint32)
_29, _32 = np.array(29, np.uint64), np.array(32, np.uint64)
_PRIME: Final = 0x100000001B3
_INVERSE: Final = pow(_PRIME, -1, 1 << 64)

_BLANK: Final = 32
_ZERO: Final = 48
_SPARE: Final = 4  # characters behind a text, so that as many n-grams of each size begin in it as it has places
_OTHER, _LETTER, _ALONE, _WHITE, _DIGIT = range(5)
_LETTERS: Final = (string.ascii_lowercase + "0'").encode()
_ASCII: Final = bytes(
    _BLANK if code <= _BLANK else _ZERO if chr(code).isdigit() else code for code in bytes(range(128)).lower()
) + bytes(128)
_ASCII_KINDS: Final = bytes(_LETTER if code in _LETTERS else _OTHER for code in range(256))


class Grams(NamedTuple):
    """The n-grams of a text: hashes and the place where each begins, in characters of the text."""

    size: int
    hashes: Hashes
    places: Places


class Folded(NamedTuple):
    """Small letters with digits made one and runs of white space made one blank, a blank before and one behind.

    `codes` are those characters and four that mean nothing; `gone` are the places of blanks that were left out.
    `before` are the places in `codes` before each word, `last` those of its last character.
    """

    size: int
    codes: Codes
    before: Places
    last: Places
    gone: Places | None

    @property
    def length(self) -> int:
        """Return how many characters there are, the two blanks among them."""
        return len(self.codes) - _SPARE


def grams(text: str) -> Grams:
    """Return all n-grams of a text of at most `LONGEST` characters."""
    made = folded(text)
    length, count = made.length, len(made.before)
    if length < 5:
        return Grams(made.size, np.zeros(0, np.uint32), np.zeros(0, np.int64))
    all_ = hashes(made)
    places = np.arange(made.size) if made.gone is None else np.delete(np.arange(made.size), made.gone)
    places = np.concatenate((places[:1], places, places[-1:]))
    kept = [all_[size * length : (size + 1) * length - size - 2] for size in range(3)]
    begins = [places[: len(part)] for part in kept]
    begins += [places[made.before[: count - size] + 1] for size in range(min(3, count))]
    return Grams(made.size, np.concatenate((*kept, all_[3 * length :])), np.concatenate(begins))


def folded(text: str) -> Folded:
    """Return what of a text is hashed, of at most `LONGEST` characters."""
    text = text[:LONGEST]
    return _of_ascii(text) if text.isascii() else _of_any(text)


def _of_ascii(text: str) -> Folded:
    data = text.encode("ascii").translate(_ASCII)
    gone = None
    if b"  " in data:
        blank = np.frombuffer(data, np.uint8) == _BLANK
        gone = np.flatnonzero(blank[1:] & blank[:-1]) + 1
        while b"  " in data:
            data = data.replace(b"  ", b" ")
    data = b" %b \0\0\0\0" % data
    letters = np.frombuffer(data.translate(_ASCII_KINDS), np.bool_)
    (edges,) = (letters[1:] != letters[:-1]).nonzero()
    return Folded(len(text), np.frombuffer(data, np.uint8).astype(np.uint32), edges[::2], edges[1::2], gone)


def _of_any(text: str) -> Folded:
    low = text.lower()
    if len(low) != len(text):
        low = "".join(char.lower()[:1] or char for char in text)
    codes = np.zeros(len(low) + 2 + _SPARE, np.uint32)
    codes[0] = codes[-1 - _SPARE] = _BLANK
    codes[1 : -1 - _SPARE] = np.frombuffer(low.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds().take(codes, mode="clip")
    white = kinds == _WHITE
    np.putmask(codes, white, _BLANK)
    np.putmask(codes, kinds == _DIGIT, _ZERO)
    inside = white[1 : -1 - _SPARE]
    gone = np.flatnonzero(inside[1:] & inside[:-1]) + 1
    if not len(gone):
        return Folded(len(text), codes, *_words(kinds), None)
    keep = np.ones(len(codes), np.bool_)
    keep[gone + 1] = False
    return Folded(len(text), codes[keep], *_words(kinds[keep]), gone)


def _words(kinds: _Kinds) -> tuple[Places, Places]:
    """Return the places before words and of their last letters: runs of letters and digits, some letters alone."""
    alone = kinds == _ALONE
    letter = (kinds == _LETTER) | (kinds == _DIGIT)
    if not alone.any():
        (edges,) = (letter[1:] != letter[:-1]).nonzero()
        return edges[::2], edges[1::2]
    begins = letter[1:] & ~letter[:-1] | alone[1:]
    ends = letter[:-1] & ~letter[1:] | alone[:-1]
    return begins.nonzero()[0], ends.nonzero()[0]


@cache
def _kinds() -> _Kinds:
    """Return what each character of the first plane is, in small letters; what is beyond counts as the last one."""
    kinds = np.full(1 << 16, _LETTER, np.uint8)
    kinds[:0xC0] = _OTHER
    kinds[np.frombuffer(_LETTERS, np.uint8)] = _LETTER
    kinds[0x2E80:0xAC00] = kinds[0xF900:0xFB00] = _ALONE
    kinds[: _BLANK + 1] = kinds[0xA0] = kinds[0x3000] = _WHITE
    kinds[48:58] = _DIGIT
    return kinds


def hashes(text: Folded) -> Hashes:
    """Return the hashes of three, four and five characters at every place, then those of one, two and three words.

    Of n-grams that begin where a text of `length` has no room for them (the last two, three and four places), the
    hash means nothing.
    """
    length, count = text.length, len(text.before)
    sizes = min(3, count)
    found = np.empty(3 * length + sizes * count - sizes * (sizes - 1) // 2, np.uint32)
    _of_characters(text.codes, length, found)
    words = found[3 * length :]
    if count:
        _of_words(_sums(text), words)
    np.multiply(found, _MIX, found)
    np.right_shift(found, _CHAR_SHIFT, found)
    np.right_shift(words, _WORD_SHIFT, words)
    np.add(words, _WORDS_AT, words)
    return found


def _of_characters(codes: Codes, length: int, found: Hashes) -> None:
    rolled = codes[:length] * _STEP[0]
    shifted = np.empty(length, np.uint32)
    for size in (2, 3, 4, 5):
        longer = rolled if size == 2 else found[(size - 3) * length : (size - 2) * length]
        np.bitwise_xor(rolled, codes[size - 1 : size - 1 + length], longer)
        np.multiply(longer, _STEP[(size - 1) % 4], longer)
        np.right_shift(longer, _15, shifted)
        np.bitwise_xor(longer, shifted, longer)
        rolled = longer


def _of_words(words: Hashes, found: Hashes) -> None:
    count = len(words)
    np.bitwise_xor(words, _SALT[0], found[:count])
    rolled, at = words, count
    for size in range(1, min(3, count)):
        rolled = rolled[:-1] * _STEP[1]
        np.bitwise_xor(rolled, words[size:], rolled)
        np.bitwise_xor(rolled, rolled >> _13, rolled)
        np.bitwise_xor(rolled, _SALT[size], found[at : at + count - size])
        at += count - size


def _sums(text: Folded) -> Hashes:
    """Hash all words at once: a polynomial by running sums, taken back to each word's own beginning."""
    powers, inverses = _powers(len(text.codes))
    running = text.codes * powers
    np.add.accumulate(running, out=running)
    value = running.take(text.last)
    np.subtract(value, running.take(text.before), value)
    np.multiply(value, inverses.take(text.before), value)
    np.bitwise_xor(value, value >> _29, value)
    np.multiply(value, _FINISH, value)
    return (value >> _32).astype(np.uint32)


def _powers(count: int) -> _Powers:
    """Return the powers of a prime, and those of its inverse, which begin with the first."""
    size = 2048
    while size < count:
        size *= 2
    up, down = _both(size)
    return up[:count], down


@cache
def _both(size: int) -> _Powers:
    up, down = np.full(size, _PRIME, np.uint64), np.full(size, _INVERSE, np.uint64)
    up[0] = 1
    return np.cumprod(up), np.cumprod(down)
