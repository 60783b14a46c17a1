"""Text in columns of a terminal: how wide it is, and where it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import combining, east_asian_width


def cells(text: str) -> int:
    """Return how many columns a terminal needs for one line of cleaned text."""
    if text.isascii():
        return len(text)
    return sum(_cell(char) for char in text)


def pad(text: str, width: int) -> str:
    """Return text cut or filled up to exactly `width` columns."""
    cut = clip(text, width)
    return cut + " " * (width - cells(cut))


def clip(text: str, width: int) -> str:
    """Return text cut to at most `width` columns, with a mark where something is missing."""
    return text if cells(text) <= width else _head(text, width - 1) + "…"


def wrap(text: str, width: int) -> list[str]:
    """Break one line of text between words into lines of at most `width` columns; a longer word breaks inside."""
    lines: list[str] = []
    line = ""
    for word in _words(text, width):
        joined = f"{line} {word}" if line else word
        if cells(joined) <= width:
            line = joined
            continue
        lines.append(line)
        line = word
    return [*lines, line] if line else lines


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        rest = word
        while cells(rest) > width:
            head = _head(rest, width) or rest[0]
            yield head
            rest = rest[len(head) :]
        if rest:
            yield rest


def _head(text: str, width: int) -> str:
    used = 0
    for position, char in enumerate(text):
        used += _cell(char)
        if used > width:
            return text[:position]
    return text


def _cell(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
