"""What a decoder changes in a text, and the view that comes of it: the changes, and a little around them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

CONTEXT = 64
"""Characters that stay before and after what was changed."""

_JOINT = "\n"


class Way(Enum):
    """How the characters of a new text lie in the stretch that it stands for."""

    WHOLE = "whole"  # any part of it stands for the whole stretch
    EVEN = "even"  # each stands for an equal share
    MIRROR = "mirror"  # one for one, from the end


class Edit(NamedTuple):
    """A stretch of a text, and what it is read as."""

    start: int
    end: int
    text: str
    way: Way = Way.WHOLE


class Piece(NamedTuple):
    """A stretch of a view and the stretch of the text that it stands for."""

    begin: int
    length: int
    start: int
    end: int
    way: Way


class Edited(NamedTuple):
    """The text of a view and where its pieces come from."""

    text: str
    at: Callable[[int, int], tuple[int, int]]


def edited(text: str, edits: Iterable[Edit], *, room: int) -> Edited:
    """Return what `edits`, in order and apart, make of `text`: changed stretches with their surroundings.

    At most `room` characters; what is beyond is left out.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    size = done = 0

    def put(start: int, end: int, new: str, way: Way) -> None:
        nonlocal size
        if len(new) > room - size:
            new, way = new[: room - size], Way.WHOLE
        if new:
            pieces.append(Piece(size, len(new), start, end, way))
            parts.append(new)
            size += len(new)

    for edit in edits:
        if size >= room:
            break
        if parts and edit.start - done > 2 * CONTEXT:
            put(done, done + CONTEXT, text[done : done + CONTEXT], Way.EVEN)
            put(done + CONTEXT, done + CONTEXT, _JOINT, Way.WHOLE)
        begin = done if parts and edit.start - done <= 2 * CONTEXT else max(done, edit.start - CONTEXT)
        put(begin, edit.start, text[begin : edit.start], Way.EVEN)
        put(edit.start, edit.end, edit.text, edit.way)
        done = edit.end
    end = min(len(text), done + CONTEXT)
    put(done, end, text[done:end], Way.EVEN)
    return Edited("".join(parts), _Places(pieces, len(text)).at)


def replaced(text: str, edits: Iterable[Edit]) -> Edited:
    """Return what `edits`, in order and apart, make of `text`, with all that stands between them."""
    parts: list[str] = []
    pieces: list[Piece] = []
    size = done = 0
    for start, end, new, way in (*edits, Edit(len(text), len(text), "")):
        for said, begin, stop, how in ((text[done:start], done, start, Way.EVEN), (new, start, end, way)):
            if said:
                pieces.append(Piece(size, len(said), begin, stop, how))
                parts.append(said)
                size += len(said)
        done = end
    return Edited("".join(parts), _Places(pieces, len(text)).at)


class _Places:
    """The map from offsets of a view to offsets of the text that it was made from."""

    __slots__ = ("_begins", "_pieces", "_size")

    def __init__(self, pieces: list[Piece], size: int) -> None:
        self._pieces = pieces
        self._begins = [piece.begin for piece in pieces]
        self._size = size

    def at(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the text that holds all that a stretch of the view stands for."""
        if not self._pieces:
            return 0, self._size
        first = max(0, bisect_right(self._begins, start) - 1)
        last = max(first, bisect_right(self._begins, max(start, end - 1)) - 1)
        reached = [_covered(piece, start, max(start + 1, end)) for piece in self._pieces[first : last + 1]]
        return min(low for low, _ in reached), max(high for _, high in reached)


def _covered(piece: Piece, start: int, end: int) -> tuple[int, int]:
    low, high = max(0, start - piece.begin), min(piece.length, end - piece.begin)
    size = piece.end - piece.start
    if piece.way is Way.WHOLE or low >= high:
        return piece.start, piece.end
    if piece.way is Way.MIRROR:
        low, high = piece.length - high, piece.length - low
    return piece.start + low * size // piece.length, piece.start - (-high * size // piece.length)
