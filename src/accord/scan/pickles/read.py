"""Files that are pickles: one stream or several, with raw arrays between the opcodes, and what follows the last."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import Final, cast

from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.pickles.arrays import Arrays
from accord.scan.pickles.carving import carve
from accord.scan.pickles.judge import sights
from accord.scan.pickles.machine import run
from accord.scan.pickles.probing import is_pickle, is_torch_legacy
from accord.scan.rating import Sight

__all__ = ["carve", "is_pickle", "is_torch_legacy", "read", "torch_legacy"]

_IN_MEMORY: Final = 96 << 20
_MOST_STREAMS: Final = 200_000
_BLOCK: Final = 512
_PADDING: Final = 1 << 16


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Follow one stream after the other, and look at what is left behind the last."""
    part = _in_memory(part)
    at = 0
    for count in range(_MOST_STREAMS):
        at = _behind_padding(part, at, first=not count)
        if at >= part.size:
            return
        arrays = Arrays(part, look)
        story = run(part, at, look, after_build=arrays)
        if count and not story.stopped and not is_pickle(part.slice(at)):
            yield from _trailing(part, at, look)
            return
        for inner in (*arrays.stories, story):
            yield from sights(inner, part, look)
        at = story.end
        if not story.stopped:
            yield from carve(part.slice(at), look, offset=at)
            return
    yield part.sees("limit-met", f"there are more than {_MOST_STREAMS} streams: the rest was not looked at", offset=at)


def _trailing(part: Part, at: int, look: Look) -> Iterator[Sight]:
    yield part.sees("trailing", f"{part.size - at} bytes follow the end of the pickle", offset=at)
    yield from carve(part.slice(at), look, offset=at)
    yield from look.inside(part.stretch("trailing", at, part.size - at))


def _in_memory(part: Part) -> Part:
    """Return a part whose bytes lie in memory, where that is cheap: single bytes are read many times."""
    if not isinstance(part.source, mmap) or part.size > _IN_MEMORY:
        return part
    return Part(part.read(0, part.size), name=part.name, member=part.member)


def _behind_padding(part: Part, at: int, *, first: bool) -> int:
    """Return where bytes go on after zeros that fill a block, as `dbm.dumb` keeps a shelf, or fill the end."""
    if first or part.read(at, 1) != b"\0":
        return at
    end = -(-at // _BLOCK) * _BLOCK
    if end <= at + _BLOCK and not part.read(at, min(end, part.size) - at).strip(b"\0"):
        return min(end, part.size)
    return at


def torch_legacy(part: Part, look: Look) -> Iterator[Sight]:
    """Leave a file as PyTorch wrote them before its ZIP format to the reader of its storages."""
    from accord.scan.kinds import Reader, resolve

    yield from cast("Reader", resolve("containers.torch_legacy:read"))(part, look)
