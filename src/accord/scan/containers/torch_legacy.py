"""PyTorch's format before its ZIP: five pickles one after the other, then the raw numbers of every storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.scan.containers.storages import References
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight

_PARTS: Final = ("magic number", "version", "system", "object", "list of storages")
_COUNT: Final = 8  # before the numbers of each storage stands how many they are


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Judge the five pickles, and account for the numbers after them without reading them."""
    from accord.scan.pickles.judge import sights
    from accord.scan.pickles.machine import run

    references = References()
    at = 0
    for name in _PARTS:
        story = run(part, at, look)
        yield from sights(story, part, look, persistent=references.accept)
        at = story.end
        if not story.stopped:
            yield part.sees("malformed", f"its {name} is cut off or broken", offset=at)
            yield from _rest(part, look, at)
            return
    size = sum(one.size + _COUNT for one in references.storages.values())
    if at + size > part.size:
        fact = f"its tensors have {size} bytes and {part.size - at} are there"
        yield part.sees("torch-storage", fact, offset=at)
        yield from _rest(part, look, at)
    elif at + size < part.size:
        yield part.sees("trailing", f"{part.size - at - size} bytes follow its tensors", offset=at + size)
        yield from _rest(part, look, at + size)


def _rest(part: Part, look: Look, at: int) -> Iterator[Sight]:
    if at < part.size:
        yield from look.inside(part.stretch("(trailing bytes)", at, part.size - at))
