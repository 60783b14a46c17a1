"""PyTorch's ZIP format: one pickle, and a record of raw numbers for each storage that it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.containers.archive import Archive, Entry
from accord.scan.containers.storages import References, Storage
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight

_MARKS: Final = (
    "version",
    "byteorder",
    ".format_version",
    ".storage_alignment",
    ".data/serialization_id",
    ".data/version",
)
_MARK: Final = re.compile(rb"[0-9a-z.]{0,64}\n?")


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Read what torch.save writes: judge the pickle, and count the bytes of its tensors without reading them."""
    for entry in archive.entries:
        folder, _, name = entry.name.rpartition("data.pkl")
        if not name and folder.count("/") <= 1 and (not folder or folder.endswith("/")):
            yield from packed_sights(archive, (entry,))
            yield from read_record(archive, entry, look, folder + "data/")
    take_marks(archive)


def read_record(archive: Archive, entry: Entry, look: Look, folder: str, suffix: str = "") -> Iterator[Sight]:
    """Judge a pickle of an archive, and account for the storages that it refers to in `folder`."""
    part = archive.open(entry)
    references = References()
    yield from read_pickle(part, look, references)
    yield from storage_sights(archive, references.storages.values(), folder, suffix)


def read_pickle(part: Part, look: Look, references: References) -> Iterator[Sight]:
    """Judge a pickle that may refer to storages; what follows it is looked at too."""
    from accord.scan.pickles.judge import sights
    from accord.scan.pickles.machine import run

    look.name_format(part, "pickle")
    story = run(part, 0, look)
    yield from sights(story, part, look, persistent=references.accept)
    if story.stopped and story.end < part.size:
        yield part.sees("trailing", f"{part.size - story.end} bytes follow the pickle", offset=story.end)
    if story.end < part.size:
        yield from look.inside(part.stretch("(trailing bytes)", story.end, part.size - story.end))


def storage_sights(archive: Archive, storages: Iterable[Storage], folder: str, suffix: str) -> Iterator[Sight]:
    """Take the records whose size is what the pickle says; say which are not there, or of another size, or packed."""
    for one in storages:
        entry = archive.find(f"{folder}{one.key}{suffix}")
        key = one_line(one.key, 100)
        if entry is None:
            if one.device != "meta":
                yield archive.part.sees("torch-storage", f"the record {key} of a tensor is not there", name=key)
        elif entry.size not in {one.size, 0}:  # 0: the inputs of a trace are kept without their numbers
            fact = f"the record {key} has {entry.size} bytes and its tensor {one.size}"
            yield archive.part.sees("torch-storage", fact, name=key)
        else:
            yield from packed_sights(archive, (entry,))
            archive.take(entry)


def packed_sights(archive: Archive, entries: Iterable[Entry]) -> Iterator[Sight]:
    """Yield the records that are compressed: PyTorch stores what it writes."""
    for entry in entries:
        if not entry.plain and archive.format == "zip":
            name = one_line(entry.name, 200)
            yield archive.part.sees("torch-packed", f"the record {name} is compressed", name=name)


def take_marks(archive: Archive) -> None:
    """Take the few short records that say how the archive was written."""
    for name in _MARKS:
        entry = archive.under(name)
        if entry and entry.plain and _MARK.fullmatch(archive.head(entry, 100)):
            archive.take(entry)
