"""Reading letters that are written as numbers or in Morse code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from accord.content.decoding.blocks import blocks
from accord.content.decoding.edits import Edit
from accord.content.decoding.escapes import escapes
from accord.content.decoding.signs import Change, Signs, signs, stretches, table
from accord.content.decoding.wording import wording
from accord.content.language import speaks
from accord.core.shipped import lines_of

_NUMBERS: Final = re.compile(r"\d(?<![\w.]\d)\d{0,7}(?:[\s,;|:/-]{1,3}\d{1,8}){4,}(?![\w.]\w)")
_BITS: Final = re.compile(r"[01](?<!\d[01])[01]{39,}(?!\d)")
_MORSE: Final = re.compile(r"[.-](?<![\w.-][.-])[.-]{0,5}(?:[ /|\r\n]{1,5}[.-]{1,6}){4,}(?![\w.-])")
_SHAPE: Final = table({b"1": b"0123456789", b" ": b" \t\n\r\v\f\x1c\x1d\x1e\x1f,;|:/-"}, b"#")
_NEAR: Final = (b"1 1", b"1  1", b"1   1")  # two numbers of a row
_BINARY: Final = table({b"b": b"01"}, b"#")
_FEWEST_NUMBERS = 5
_FEWEST = 16  # characters of what is hidden twice
_PARTS: Final = re.compile(r"([.-]+)([^.-]*)")


def codes(seen: Signs) -> Iterator[Change]:
    """Yield what rows of numbers spell, and what dots and dashes do."""
    if seen.codes and (edits := tuple(_numbers(seen))):
        yield Change("codes", edits)
    if seen.morse and (edits := tuple(_morse(seen.text))):
        yield Change("morse", edits)


def _numbers(seen: Signs) -> Iterator[Edit]:
    text = seen.text
    found = [(match.span(), re.findall(r"\d+", match[0])) for match in _rows(seen)]
    if b"b" * 40 in seen.data.translate(_BINARY):
        found += [
            (match.span(), [match[0][at : at + 8] for at in range(0, len(match[0]), 8)])
            for match in _BITS.finditer(text)
            if len(match[0]) % 8 == 0
        ]
    done = 0
    for (start, end), numbers in sorted(found):
        said = next(filter(None, (_spelled(numbers, radix) for radix in _radixes(numbers))), None)
        if said and start >= done:
            yield Edit(start, end, said)
            done = end


def _rows(seen: Signs) -> Iterator[re.Match[str]]:
    """Yield rows of numbers; of a text that is all ASCII, only stretches that hold enough of them are searched."""
    if not seen.plain:
        yield from _NUMBERS.finditer(seen.text)
        return
    shape = seen.data.translate(_SHAPE)
    for start, end in stretches(shape, _NEAR):
        if end - start >= 2 * _FEWEST_NUMBERS - 1 and len(shape[start:end].split()) >= _FEWEST_NUMBERS:
            yield from _NUMBERS.finditer(seen.text, start, end + 2)


def _radixes(numbers: list[str]) -> tuple[int, ...]:
    """Return in which ways numbers can be meant."""
    digits = set("".join(numbers))
    if digits <= {"0", "1"} and max(map(len, numbers)) in {7, 8}:
        return (2,)
    return (10,) if any(int(digit) > 7 for digit in digits) else (10, 8)


def _spelled(numbers: list[str], radix: int) -> str | None:
    """Return what numbers spell, if it is language; bytes of UTF-8 or code points."""
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
