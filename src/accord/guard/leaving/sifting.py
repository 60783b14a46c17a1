"""Telling at the speed of copying a text that it holds nothing of some others, before it is read letter by letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

GRAM: Final = 5
"""Letters in a run by which a text is known again."""

STRIDE: Final = 4
"""Letters from one run that is looked at to the next: eight letters in a row hold one of them whole."""

RUN: Final = GRAM + STRIDE - 1
"""Letters in a row of which one run is always looked at."""

_AT_ONCE: Final = 1 << 14
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = b"0123456789"


def _shape(groups: dict[bytes, bytes], other: bytes) -> bytes:
    table = bytearray(other * 256)
    for mark, group in groups.items():
        for byte in group:
            table[byte] = mark[0]
    return bytes(table)


_WORDS: Final = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if byte in _LETTERS + _DIGITS else 32 for byte in range(256)
)
_MORSE: Final = _shape({b"m": b".-_", b" ": b" /|\t\n"}, b"#")
_LOOKS: Final = _shape({b"a": _LETTERS, b"1": _DIGITS + b"@$", b"2": b"!|+", b" ": b" \t\n"}, b"#")


class Sieve(NamedTuple):
    """Runs of letters by which texts are known again: short ones to look for, longer ones to be sure."""

    grams: frozenset[str]
    runs: frozenset[str]

    def holds(self, letters: str) -> bool:
        """Tell whether a text may hold eight letters in a row of what is known."""
        if not _has_gram(letters, self.grams):
            return False
        met = (at for at in range(0, len(letters), STRIDE) if letters[at : at + GRAM] in self.grams)
        return any(
            letters[start : start + RUN] in self.runs for at in met for start in range(max(0, at - STRIDE + 1), at + 1)
        )


def sieve(texts: Iterable[str], *, words: Iterable[str] = (), common: str = "") -> Sieve:
    """Return what finds texts again; of `words` written together only runs that do not stand in what is common."""
    whole, joined = tuple(texts), tuple(words)
    told = frozenset(gram for gram in _parts(joined, GRAM) if gram not in common)
    return Sieve(frozenset(_parts(whole, GRAM)) | told, frozenset(_parts((*whole, *joined), RUN)))


def _parts(texts: Iterable[str], size: int) -> Iterator[str]:
    return (text[at : at + size] for text in texts for at in range(len(text) - size + 1))


def _has_gram(letters: str, grams: frozenset[str]) -> bool:
    size = len(letters)
    if size <= _AT_ONCE:
        return not grams.isdisjoint(map(letters.__getitem__, _steps()[: (size + STRIDE - 1) // STRIDE]))
    return not grams.isdisjoint(letters[at : at + GRAM] for at in range(0, size, STRIDE))


@cache
def _steps() -> tuple[slice, ...]:
    return tuple(slice(at, at + GRAM) for at in range(0, _AT_ONCE, STRIDE))


def words_of(data: bytes) -> list[str]:
    """Return the words of a text in ASCII, in small letters; an apostrophe parts none."""
    return data.translate(_WORDS, b"'").decode("ascii").split()


def may_be_morse(data: bytes) -> bool:
    """Tell whether a text in ASCII has marks of Morse code with blanks between them."""
    shape = data.translate(_MORSE)
    return b"m m" in shape or b"m  m" in shape or b"m   m" in shape


def may_be_leet(data: bytes) -> bool:
    """Tell whether letters and digits touch in a text in ASCII, or stand apart by turns."""
    shape = data.translate(_LOOKS)
    return b"a1" in shape or b"1a" in shape or b"2a" in shape or b"a 1 a" in shape
