"""NumPy files: arrays one after the other, and archives of them; objects in an array are a pickle."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from accord.scan.containers.archive import Archive, Entry
from accord.scan.containers.npy import MAGIC, array
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MOST_ARRAYS: Final = 100_000
_HEADER: Final = 1 << 16


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read a file of one array or more; a pickle of objects is judged, numbers are counted and not read."""
    at = 0
    for _ in range(_MOST_ARRAYS):
        try:
            one = array(part, at)
        except BrokenError as broken:
            yield part.sees("array-header", broken.message, offset=broken.offset)
            yield from _rest(part, look, at + len(MAGIC))
            return
        if one.objects:
            at = yield from _objects(part, look, one.begin)
        elif one.begin + one.size > part.size:
            raise BrokenError(
                f"{one.size} bytes of numbers are announced and {part.size - one.begin} are there", one.begin
            )
        else:
            at = one.begin + one.size
        if part.read(at, len(MAGIC)) != MAGIC:
            break
        look.tick()
    if at < part.size:
        yield part.sees("trailing", f"{part.size - at} bytes follow the array", offset=at)
        yield from _rest(part, look, at)


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Read an archive of arrays; packed numbers of the announced size are not unpacked."""
    for entry in archive.entries:
        if _is_numbers(archive, entry):
            archive.take(entry)
    yield from ()


def _is_numbers(archive: Archive, entry: Entry) -> bool:
    """Tell whether a packed member is an array of numbers and nothing else, by its header and announced size."""
    if entry.plain:
        return False
    head = archive.head(entry, _HEADER)
    if not head.startswith(MAGIC):
        return False
    try:
        one = array(Part(head, name=entry.name))
    except BrokenError:
        return False
    return not one.objects and one.begin + one.size == entry.size


def _objects(part: Part, look: Look, at: int) -> Generator[Sight, None, int]:
    from accord.scan.pickles.judge import sights
    from accord.scan.pickles.machine import run

    story = run(part, at, look)
    yield from sights(story, part, look)
    return story.end


def _rest(part: Part, look: Look, at: int) -> Iterator[Sight]:
    if at < part.size:
        yield from look.inside(part.stretch("(trailing bytes)", at, part.size - at))
