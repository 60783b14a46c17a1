"""What can be told of a text at the speed of copying it: enough to refuse most ways of hiding something."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Final, NamedTuple

from accord.content.decoding.edits import Edit
from accord.content.language import odd

_FEWEST_DIGITS = 12
_LETTERS: Final = string.ascii_letters.encode()


def table(groups: dict[bytes, bytes], other: bytes) -> bytes:
    """Return what translates bytes to the mark of their group, and all others to another one."""
    made = bytearray(other * 256)
    for mark, group in groups.items():
        for byte in group:
            made[byte] = mark[0]
    return bytes(made)


_SHAPE: Final = table(
    {b"a": string.ascii_lowercase.encode(), b"A": string.ascii_uppercase.encode(), b"1": b"0123456789",
     b" ": b" \t\r\n", b"@": b"@$!|+"}, b"#",
)  # fmt: skip
_RUNS: Final = table({b"x": _LETTERS + b"0123456789+/_-"}, b"#")
_HEX: Final = table({b"h": b"0123456789abcdefABCDEF", b" ": b" \t\r\n:,;-"}, b"#")
_SPACED: Final = table({b"a": _LETTERS + b"?0134578@$!", b" ": b" \t\r\n.-_*,|/+~"}, b"#")
_MORSE: Final = table({b"m": b".-", b" ": b" /|\r\n"}, b"#")
_WORDS: Final = table({bytes([small]): bytes([small, small - 32]) for small in string.ascii_lowercase.encode()}, b" ")
_PROSE: Final = _LETTERS + b" \t\r\n.,;:?\"'){}"  # what most text is made of, and tells nothing by itself
_NO_DIGIT: Final = bytes(byte for byte in range(256) if byte not in b"0123456789")
_BACKWARDS: Final = (b" the of ", b"instructions previous", b" the to ", b" the in ", b"prompt system")
_OTHER_PAIRS: Final = (b"**", b"__", b"``", b"~~", b"](")


class Signs(NamedTuple):
    """A text, its ASCII (a question mark for what is none), and what it may hold."""

    text: str
    plain: bool
    data: bytes
    base64: bool
    hex: bool
    codes: bool
    morse: bool
    escapes: bool
    markup: bool
    leet: bool
    spaced: bool
    odd: frozenset[str]
    backwards: bool


def signs(text: str) -> Signs:
    """Look at a text, without any search that reads a character twice: 10 microseconds for 1,000 of them."""
    data = text.encode("ascii", "replace")
    plain = text.isascii()
    shape = data.translate(_SHAPE)
    rest = data.translate(None, _PROSE)
    numbers = len(rest.translate(None, _NO_DIGIT)) if rest else 0
    small = data.translate(_WORDS)
    hidden = odd().any.intersection(small.decode("ascii").split())
    aside = bool(numbers) and (b"a1" in shape or b"1a" in shape or b"A1" in shape or b"1A" in shape)
    mixed = aside or b"aA" in shape
    return Signs(
        text=text,
        plain=plain,
        data=data,
        base64=mixed or b"x" * 16 in data.translate(_RUNS),
        hex=numbers > 0 and _has_hex(data),
        codes=numbers >= _FEWEST_DIGITS,
        morse=(b"-" in rest or b".." in data) and _has_morse(data.translate(_MORSE)),
        escapes=_has_escapes(data, rest),
        markup=b"<" in rest or any(pair in rest and pair in data for pair in _OTHER_PAIRS),
        leet=(aside and b"1a" in shape.replace(b"A", b"a")) or (b"@" in shape and (b"a@a" in shape or b"a@1" in shape)),
        spaced=b"a a a a" in data.translate(_SPACED),
        odd=hidden if plain else hidden.union(odd().any.intersection(text.lower().split())),
        backwards=_is_backwards(data, small),
    )


def _has_hex(data: bytes) -> bool:
    shape = data.translate(_HEX)
    return b"h" * 10 in shape or b"hh hh hh" in shape or data.count(b"0x") >= 3


def _has_morse(shape: bytes) -> bool:
    return b"m mm" in shape and b"mm m" in shape


def _has_escapes(data: bytes, rest: bytes) -> bool:
    if b"%" in rest or b"\\" in rest or (b"&" in rest and b"&#" in data):
        return True
    return b"=" in rest and (rest.count(b"=") >= 3 or b"=\n" in data or b"=\r" in data)


def small_words(data: bytes) -> list[str]:
    """Return the words of ASCII, in small letters."""
    return data.translate(_WORDS).decode("ascii").split()


def _is_backwards(data: bytes, small: bytes) -> bool:
    """Tell whether words stand in an order that hardly any sentence has; `small` has a blank for all but letters."""
    if b" the of " in small or b" the to " in small or b" the in " in small:
        return any(pair in data.lower() for pair in _BACKWARDS)
    if b"instructions previous" in small or b"prompt system" in small:
        return any(pair in data.lower() for pair in _BACKWARDS)
    return False


def stretches(shape: bytes, needles: Iterable[bytes]) -> list[tuple[int, int]]:
    """Return which stretches of a shape, between signs that stand for anything else, hold one of some needles."""
    found: set[tuple[int, int]] = set()
    for needle in needles:
        at = shape.find(needle)
        while at >= 0:
            end = shape.find(b"#", at)
            end = len(shape) if end < 0 else end
            found.add((shape.rfind(b"#", 0, at) + 1, end))
            at = shape.find(needle, end)
    return sorted(found)


class Change(NamedTuple):
    """How a text was read, and what is changed for it."""

    kind: str
    edits: tuple[Edit, ...]
