"""Cutting a text into stretches that end as sentences do, and those into words in small letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

TOKEN: Final = re.compile(r"\{\{\w{1,64}\}\}|https?://[^\s<>\"']{1,200}|[\w\u0300-\u036f]{1,64}")
"""What is a word: a variable of a case, an address, or letters and digits."""

_END: Final = re.compile(
    r"[.!?;:\n<\u3002\uff01\uff1f\uff1b\u061f\u0964]"  # one class first: that is searched for fast
    r"(?:(?<=[.!?;:])[.!?;:]*(?=[\s<\"')\]]|$)|(?<=\n)\n*|(?<=<)/?[A-Za-z!][^<>]{0,80}>"
    r"|(?<=[\u3002\uff01\uff1f\uff1b\u061f\u0964]))"
)
_SIGNS: Final = ".!?;:\n<\u3002\uff01\uff1f\uff1b\u061f\u0964"
_SMALL: Final = bytes(at if chr(at).isalnum() or at == 95 else 32 for at in bytes(range(256)).lower())


def tokens_of(text: str) -> Callable[[int, int], Sequence[str]]:
    """Return what gives the words of a part of a text, in small letters."""
    if text.isascii() and "{{" not in text and "://" not in text:
        plain = text.encode("ascii").translate(_SMALL).decode("ascii")
        return lambda start, end: plain[start:end].split()
    small = text.lower()
    if len(small) == len(text):
        return partial(TOKEN.findall, small)
    return lambda start, end: [word.lower() for word in TOKEN.findall(text, start, end)]


def at_most(text: str) -> int:
    """Return how many stretches a text has at most: one more than signs that can end one and are not its last."""
    return 1 + sum(map(text[:-1].count, _SIGNS))


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the stretches of a text stand."""
    start = 0
    for match in _END.finditer(text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)
