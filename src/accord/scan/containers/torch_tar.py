"""PyTorch's first format: a tar of a pickle, of the storages and of the tensors that it refers to by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from accord.scan.containers.archive import Archive
from accord.scan.containers.storages import item_size
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MOST: Final = 100_000


Gap = Callable[[Part, int, object], int]
"""Returns how many raw bytes follow a pickle that says so much."""


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Judge every pickle in it; between them the numbers are counted and not read."""
    gaps: dict[str, Gap | None] = {"pickle": None, "storages": _storage_gap, "tensors": _tensor_gap}
    for name, gap in gaps.items():
        entry = archive.find(name)
        if entry is None:
            continue
        part = archive.open(entry)
        look.name_format(part, "pickle")
        yield from _pickles(part, look, gap)


def _storage_gap(part: Part, at: int, said: object) -> int:
    """Count what stands after a storage's key, device and class: how many items, and these."""
    match said:
        case (_, _, kind) if (size := item_size(kind)) is not None:
            (count,) = part.unpack("<q", at)
            return 8 + max(int(count), 0) * size
        case list() if len(said) != 3:
            return 0  # the views of storages, which stand last
        case _:
            raise BrokenError("a storage is announced in a way that PyTorch does not write", at)


def _tensor_gap(part: Part, at: int, said: object) -> int:
    """Count what stands after a tensor's key and class: how many dimensions, its sizes, its strides and its offset."""
    if not isinstance(said, tuple):
        raise BrokenError("a tensor is announced in a way that PyTorch does not write", at)
    (count,) = part.unpack("<i", at)
    return 16 + 16 * max(int(count), 0)


def _accept(reference: object) -> str | None:
    """Accept the number of a tensor, alone or with the sources of a module, which are compared and not run."""
    number = reference[0] if isinstance(reference, tuple) and reference else reference
    return None if isinstance(number, int | str) else "it refers to something that is no tensor"


def _pickles(part: Part, look: Look, gap: Gap | None) -> Iterator[Sight]:
    from accord.scan.pickles.judge import sights
    from accord.scan.pickles.machine import run

    at, number = 0, 0
    while at < part.size and number < _MOST:
        story = run(part, at, look)
        yield from sights(story, part, look, persistent=_accept)
        if not story.stopped:
            return
        at = story.end
        said = story.plain(story.result)
        if number and gap:
            at += gap(part, at, said)
        elif gap is None and at < part.size:
            yield part.sees("trailing", f"{part.size - at} bytes follow the pickle", offset=at)
        number += 1
        look.tick()
    if at != part.size:
        raise BrokenError(f"{at} bytes are announced and {part.size} are there", part.size)
