"""Reading letters that are written as numbers or in Morse code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from accord.content.decoding.blocks import blocks
from accord.content.decoding.edits import Edit
from accord.content.decoding.escapes import escapes
from accord.content.decoding.signs import Change, Signs, signs
from accord.content.decoding.wording import wording
from accord.content.language import speaks
from accord.core.shipped import lines_of

_NUMBERS: Final = re.compile(r"(?<![\w.])\d{1,8}(?:[\s,;|:/-]{1,3}\d{1,8}){4,}(?![\w.]\w)")
_BITS: Final = re.compile(r"(?<!\d)[01]{40,}(?!\d)")
_MORSE: Final = re.compile(r"(?<![\w.-])[.-]{1,6}(?:[ /|\r\n]{1,5}[.-]{1,6}){4,}(?![\w.-])")
_FEWEST = 16  # characters of what is hidden twice
_PARTS: Final = re.compile(r"([.-]+)([^.-]*)")


def codes(seen: Signs) -> Iterator[Change]:
    """Yield what rows of numbers spell, and what dots and dashes do."""
    if seen.codes and (edits := tuple(_numbers(seen.text))):
        yield Change("codes", edits)
    if seen.morse and (edits := tuple(_morse(seen.text))):
        yield Change("morse", edits)


def _numbers(text: str) -> Iterator[Edit]:
    found = [(match.span(), re.findall(r"\d+", match[0])) for match in _NUMBERS.finditer(text)]
    found += [
        (match.span(), [match[0][at : at + 8] for at in range(0, len(match[0]), 8)])
        for match in _BITS.finditer(text)
        if len(match[0]) % 8 == 0
    ]
    done = 0
    for (start, end), numbers in sorted(found):
        said = next(filter(None, (_spelled(numbers, radix) for radix in (2, 10, 8))), None)
        if said and start >= done:
            yield Edit(start, end, said)
            done = end


def _spelled(numbers: list[str], radix: int) -> str | None:
    """Return what numbers spell, if it is language; bytes of UTF-8 or code points."""
    longest = max(map(len, numbers))
    if (radix == 2) != (longest in {7, 8} and all(set(one) <= {"0", "1"} for one in numbers)):
        return None
    if radix == 8 and any(digit in "89" for one in numbers for digit in one):
        return None
    values = [int(one, radix) for one in numbers]
    if max(values) > 0xFFFF or sum(value < 32 for value in values) * 10 > len(values):
        return None
    try:
        text = bytes(values).decode("utf-8") if max(values) < 256 else "".join(map(chr, values))
    except UnicodeDecodeError:
        return None
    return text if _makes_sense(text) else None


def _makes_sense(text: str) -> bool:
    """Tell whether a text is language, or something hidden once more."""
    if sum(char.isalpha() or char == " " for char in text) * 4 >= len(text) * 3 and speaks(text) >= 0.4:
        return True
    if not text.isprintable() or len(text) < _FEWEST:
        return False
    seen = signs(text)
    return any(next(way(seen), None) for way in (blocks, wording, escapes)) or next(_morse(text), None) is not None


def _morse(text: str) -> Iterator[Edit]:
    letters = _letters()
    for match in _MORSE.finditer(text):
        spelled = []
        for mark, gap in _PARTS.findall(match[0]):
            spelled.append(letters.get(mark, ""))
            spelled.append(" " if "/" in gap or "|" in gap or "\n" in gap or len(gap) >= 3 else "")
        said = "".join(spelled).strip()
        if speaks(said) >= 0.4:
            yield Edit(*match.span(), said)


@cache
def _letters() -> Mapping[str, str]:
    return {mark: letter for mark, _, letter in (line.partition("\t") for line in lines_of("content/morse.tsv"))}
