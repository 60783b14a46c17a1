"""Reading TorchScript archives: a module's data as pickles, and its program in a language close to Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.torchscript_code import Program, judge, mentioned, own_names
from accord.scan.part import Part
from accord.scan.rating import Sight

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive, Entry

_CODE: Final = re.compile(r"(?:[^/]+/)?code/(.+)\.py\Z")
_MOST_CODE: Final = 32 << 20
_MOST_ENUMERATED: Final = 20
_MOST_BYTECODE: Final = 64 << 20
_BUILDERS: Final = re.compile(
    r"torch\.jit\._pickle\.(?:build_(?:(?:int|double|bool|tensor|complexdouble)list|tensor_from_id)|restore_type_tag)\Z"
)


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what a TorchScript archive calls or holds beyond PyTorch; what is left is looked inside after."""
    from accord.scan.containers.torch import take_marks

    sources: list[tuple[str, Part, str]] = []
    for entry in archive.entries:
        code = _CODE.match(entry.name)
        if code:
            part = archive.open(entry)
            look.name_format(part, "torchscript-code")
            sources.append((code[1].replace("/", "."), part, part.whole(_MOST_CODE).decode("utf-8")))
    program = own_names((module, text) for module, _, text in sources)
    for _, part, text in sources:
        look.tick()
        yield from judge(text, program, part)
    for entry in archive.entries:
        yield from _member(archive, entry, program, look)
    take_marks(archive)


def _member(archive: Archive, entry: Entry, program: Program, look: Look) -> Iterator[Sight]:
    folder, _, inner = entry.name.rpartition("/")
    if inner.endswith(".debug_pkl"):
        yield from _pickle(archive, entry, program, look, None)
    elif "/" in folder or not inner.endswith(".pkl"):
        return
    else:
        yield from _pickle(archive, entry, program, look, entry.name.removesuffix(".pkl") + "/")
        if inner == "bytecode.pkl":
            part = archive.open(entry)
            yield from mentioned(part.whole(_MOST_BYTECODE), part)


def _tupled(part: Part, look: Look) -> Part:
    """Return a pickle with the values of enumerations in tuples: PyTorch's pickler leaves them bare."""
    from accord.scan.pickles.machine import run

    for _ in range(_MOST_ENUMERATED):
        story = run(part, 0, look)
        if story.stopped or part.size > _MOST_BYTECODE or part.read(story.end, 1) != b"R":
            break
        data = part.read(0, part.size)
        part = Part(data[: story.end] + b"\x85" + data[story.end :], name=part.name, member=part.member)
    return part


def _pickle(archive: Archive, entry: Entry, program: Program, look: Look, folder: str | None) -> Iterator[Sight]:
    """Judge a pickle: classes of the archive's own program are no import, and neither are the helpers of its reader."""
    from accord.scan.containers.storages import References
    from accord.scan.containers.torch import read_pickle, storage_sights

    part = _tupled(archive.open(entry), look)
    references = References()
    for sight in read_pickle(part, look, references):
        if _BUILDERS.match(sight.name):
            continue
        if not sight.name.startswith("__torch__."):
            yield sight
        elif not program.holds(sight.name):
            fact = f"the pickle names {one_line(sight.name)[:160]}, which the program does not define"
            yield part.sees("torch-custom", fact, name=sight.name, offset=sight.offset)
    if folder is not None:
        yield from storage_sights(archive, references.storages.values(), folder, "")
