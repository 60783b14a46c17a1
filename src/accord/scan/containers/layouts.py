"""What an archive is, by the names in it, and who reads it; what that reader leaves is looked inside one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from accord.scan.containers.archive import Archive, Entry
from accord.scan.engine import BREAKS
from accord.scan.kinds import resolve
from accord.scan.look import Look
from accord.scan.part import BrokenError
from accord.scan.rating import Sight

if TYPE_CHECKING:
    ArchiveReader = Callable[[Archive, Look], Iterator[Sight]]


class Layout(NamedTuple):
    """A format that is an archive: the names that show it, and who reads it (`wing.module:function`).

    Of one family only the first that shows is read; of several families each, since a loader may take either.
    """

    format: str
    shows: Callable[[Archive], bool]
    reader: str
    family: str = ""


_EXPORTED: Final = r"^(?:[^/]+/)?(?:archive_format|serialized_exported_program\.json)$"


def _has(*names: str) -> Callable[[Archive], bool]:
    return lambda archive: all(name in archive.names for name in names)


def _under(*names: str) -> Callable[[Archive], bool]:
    return lambda archive: any(archive.root + name in archive.names for name in names)


def _any(pattern: str) -> Callable[[Archive], bool]:
    found = re.compile(pattern).search
    return lambda archive: any(found(name) for name in archive.names)


def _is_torchscript(archive: Archive) -> bool:
    return _any(r"^(?:[^/]+/)?constants\.pkl$")(archive) and _any(r"^(?:[^/]+/)?code/")(archive)


def _is_npz(archive: Archive) -> bool:
    return bool(archive.names) and all(name.endswith(".npy") for name in archive.names)


LAYOUTS: Final = (
    Layout("keras", _has("config.json", "metadata.json"), "models.keras:read_archive"),
    Layout("keras", _has("config.json", "model.weights.h5"), "models.keras:read_archive"),
    Layout("keras", _has("config.json", "model.weights.npz"), "models.keras:read_archive"),
    Layout("torchscript", _is_torchscript, "models.torchscript:read_archive", "torch"),
    Layout("torch-export", _any(_EXPORTED), "models.torch_export:read_archive", "torch"),
    Layout("torch-package", _under(".data/extern_modules"), "containers.torch_package:read_archive", "torch"),
    Layout("torch", _any(r"^(?:[^/]+/)?data\.pkl$"), "containers.torch:read_archive", "torch"),
    Layout("torch-tar", _has("sys_info", "pickle", "storages"), "containers.torch_tar:read_archive", "torch"),
    Layout("skops", _has("schema.json"), "repositories.skops:read_archive"),
    Layout("torchserve", _has("MAR-INF/MANIFEST.json"), "repositories.torchserve:read_archive"),
    Layout("tensorflow", _any(r"\.data-\d{5}-of-\d{5}$"), "models.tensorflow_bundle:read_archive"),
    Layout("nemo", _any(r"^(?:[^/]+/)?model_config\.ya?ml$"), "repositories.nemo:read_archive"),
    Layout("npz", _is_npz, "containers.numpy:read_archive"),
)  # fmt: skip
"""Asked in this order; the first that shows gives the format its name."""


def shown(archive: Archive) -> tuple[Layout, ...]:
    """Return what an archive may be taken for, one layout of each family."""
    found: dict[str, Layout] = {}
    for one in LAYOUTS:
        if one.shows(archive):
            found.setdefault(one.family or one.format, one)
    return tuple(found.values())


def read_members(archive: Archive, look: Look) -> Iterator[Sight]:
    """Read an archive by its layout, then look inside everything that its reader left.

    Raises what the layout's reader met, after everything else was looked at.
    """
    broken: Exception | None = None
    layouts = shown(archive)
    if layouts:
        look.name_format(archive.part, layouts[0].format)
    for layout in layouts:
        try:
            yield from cast("ArchiveReader", resolve(layout.reader))(archive, look)
        except BREAKS as error:
            broken = error
    for entry in tuple(archive.left()):
        yield from _inside(archive, entry, look)
    yield from archive.notes
    if broken:
        raise broken


def _inside(archive: Archive, entry: Entry, look: Look) -> Iterator[Sight]:
    try:
        member = archive.open(entry)
    except BrokenError as error:
        yield archive.part.sees("malformed", f"the member {entry.name}: {error.message}", name=entry.name)
        return
    yield from look.inside(member)
