"""Addresses within the argument of a tool call: `Eve <eve@x.example>, b@x.example` is sent to two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from accord.case.heard import values
from accord.case.patterns import glob

_SEPARATORS: Final = ",;\n"
_AROUND: Final = " \t\r\n[](){}'\":"
_CLOSING: Final = (('"', '"'), ("(", ")"), ("<", ">"))
_MOST_WORDS: Final = 5
"""Words of one entry; a longer one is prose."""


class _Piece(NamedTuple):
    """A part of an entry, and what opened it: a quotation mark, a bracket or nothing."""

    opening: str
    text: str


def fits(pattern: str, argument: object) -> bool:
    """Tell whether an argument is what a glob wants: itself, any member of a list, or any address in a text.

    Addresses are looked for where the glob holds an `@`. A display name is no address, whatever it looks like.
    """
    texts = tuple(value.strip() for value in values(argument))
    if any(glob(pattern, text) for text in texts):
        return True
    return "@" in pattern and any(glob(pattern, one) for text in texts if "@" in text for one in addresses(text))


def addresses(text: str) -> tuple[str, ...]:
    """Return the addresses of a list of recipients, as headers, forms and models write it; none of prose."""
    found: list[str] = []
    for entry in _entries(text):
        those = _of_entry(entry)
        if those is None:
            return ()
        found += those
    return tuple(found)


def _entries(text: str) -> Iterator[tuple[_Piece, ...]]:
    """Yield the entries of a list; a separator in a quotation or in brackets separates nothing."""
    closing = {opening: (end, text.rfind(end)) for opening, end in _CLOSING}  # what is never closed opens nothing
    pieces: list[_Piece] = []
    position = start = 0
    while position < len(text):
        char = text[position]
        end, last = closing.get(char, ("", -1))
        if char in _SEPARATORS or last > position:
            pieces.append(_Piece("", text[start:position]))
        if char in _SEPARATORS:
            yield tuple(pieces)
            pieces = []
        elif last > position:
            start, position = position + 1, text.index(end, position + 1)
            pieces.append(_Piece(char, text[start:position]))
        else:
            position += 1
            continue
        position = start = position + 1
    yield (*pieces, _Piece("", text[start:]))


def _of_entry(pieces: tuple[_Piece, ...]) -> tuple[str, ...] | None:
    """Return the addresses of one entry, none where it is a name alone; None where it is prose."""
    routes = tuple(piece.text for piece in pieces if piece.opening == "<")
    plain = " ".join(piece.text for piece in pieces if not piece.opening).strip(_AROUND)
    if routes:
        return tuple(_bare(routes))
    if not plain:  # nothing but quotations, as in a list that was written as JSON
        return tuple(_bare(piece.text for piece in pieces if piece.opening == '"'))
    words = plain.replace("<", " ").split()
    return tuple(_bare(words)) if len(words) <= _MOST_WORDS else None


def _bare(texts: Iterable[str]) -> Iterator[str]:
    """Yield what has an `@`, without `mailto:`, the name of a group, and what surrounds it."""
    for text in texts:
        for one in text.replace(";", ",").split(","):
            if "@" in one:
                yield one.strip(_AROUND).rpartition(":")[2].strip().rstrip(".")
