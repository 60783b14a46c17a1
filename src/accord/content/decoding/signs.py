"""What can be told of a text at the speed of copying it: enough to refuse most ways of hiding something."""

from __future__ import annotations

import string
from typing import Final, NamedTuple

from accord.content.decoding.edits import Edit
from accord.content.language import odd

_LETTERS: Final = string.ascii_letters.encode()


def _table(groups: dict[bytes, bytes], other: bytes) -> bytes:
    table = bytearray(other * 256)
    for mark, group in groups.items():
        for byte in group:
            table[byte] = mark[0]
    return bytes(table)


_SHAPE: Final = _table(
    {b"a": string.ascii_lowercase.encode(), b"A": string.ascii_uppercase.encode(), b"1": b"0123456789",
     b" ": b" \t\r\n", b"@": b"@$!|+"}, b"#",
)  # fmt: skip
_RUNS: Final = _table({b"x": _LETTERS + b"0123456789+/_-", b" ": b" \t\r\n"}, b"#")
_HEX: Final = _table({b"h": b"0123456789abcdefABCDEF", b" ": b" \t\r\n:,;-"}, b"#")
_SPACED: Final = _table({b"a": _LETTERS + b"?0134578@$!", b" ": b" \t\r\n.-_*,|/+~"}, b"#")
_MORSE: Final = _table({b"m": b".-", b" ": b" /|\r\n"}, b"#")
_WORDS: Final = _table({bytes([small]): bytes([small, small - 32]) for small in string.ascii_lowercase.encode()}, b" ")
_BACKWARDS: Final = (b" the of ", b"instructions previous", b" the to ", b" the in ", b"prompt system")
_ESCAPES: Final = (b"%", b"&#", b"\\", b"=\n", b"=\r")


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
    """Look at a text, without any search that reads a character twice."""
    data = text.encode("ascii", "replace")
    plain = text.isascii()
    shape = data.translate(_SHAPE)
    digits = b"1" in shape
    mixed = b"aA" in shape or (digits and (b"a1" in shape or b"1a" in shape or b"A1" in shape or b"1A" in shape))
    return Signs(
        text=text,
        plain=plain,
        data=data,
        base64=mixed or b"x" * 16 in data.translate(_RUNS),
        hex=digits and _has_hex(data.translate(_HEX), data),
        codes=digits and shape.count(b"1") >= 12,
        morse=_has_morse(data.translate(_MORSE)),
        escapes=any(mark in data for mark in _ESCAPES) or data.count(b"=") >= 3,
        markup=b"<" in data or b"**" in data or b"](" in data or b"__" in data or b"``" in data or b"~~" in data,
        leet=(mixed and b"1a" in shape.replace(b"A", b"a")) or b"a@a" in shape or b"a@1" in shape,
        spaced=_is_spaced(data.translate(_SPACED)),
        odd=_odd_words(text, data, plain=plain),
        backwards=_is_backwards(data),
    )


def _has_hex(shape: bytes, data: bytes) -> bool:
    return b"h" * 10 in shape or b"hh hh hh" in shape or data.count(b"0x") >= 3


def _has_morse(shape: bytes) -> bool:
    return b"m mm" in shape and b"mm m" in shape


def _is_spaced(shape: bytes) -> bool:
    return b"a a a a" in shape


def _odd_words(text: str, data: bytes, *, plain: bool) -> frozenset[str]:
    """Return the words that are common only when read in another way."""
    if plain:
        return odd().any.intersection(data.translate(_WORDS).decode("ascii").split())
    return odd().any.intersection(text.lower().split()) | odd().any.intersection(
        data.translate(_WORDS).decode("ascii").split()
    )


def _is_backwards(data: bytes) -> bool:
    """Tell whether words stand in an order that hardly any sentence has."""
    small = data.lower()
    return any(pair in small for pair in _BACKWARDS)


class Change(NamedTuple):
    """How a text was read, and what is changed for it."""

    kind: str
    edits: tuple[Edit, ...]
