"""torch.package archives: pickles, their storages, and the Python code that comes with them and runs when loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.scan.containers.archive import Archive
from accord.scan.containers.torch import read_record, take_marks
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight

_LONGEST_BLANK: Final = 1 << 20


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Judge the pickles and name the code; `.data/extern_modules` lists what is imported from outside."""
    for entry in archive.entries:
        if entry.name.endswith(".pkl"):
            yield from read_record(archive, entry, look, archive.root + ".data/", ".storage")
        elif entry.name.endswith(".py"):
            yield from _code(archive.open(entry))
    take_marks(archive)


def _code(part: Part) -> Iterator[Sight]:
    from accord.scan.effects import judge

    if part.read(0, _LONGEST_BLANK).strip() or part.size > _LONGEST_BLANK:
        yield from judge(part, part, "loading the package runs")
