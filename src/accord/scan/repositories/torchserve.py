"""TorchServe archives: the handler that the manifest names is code, unless it is one of the server's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from accord.core.text import one_line
from accord.scan import effects
from accord.scan.look import Look
from accord.scan.part import BrokenError
from accord.scan.rating import Sight
from accord.scan.repositories.documents import read_json
from accord.scan.repositories.remote import leaves

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive

_OWN: Final = frozenset(
    {"image_classifier", "image_segmenter", "object_detector", "text_classifier", "text_handler", "base_handler"}
)
_FILES: Final = ("handler", "modelFile", "serializedFile", "requirementsFile", "configFile")
_MOST = 1 << 20


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what serving the archive would run: its handler, its model file and all code that they may import.

    Raises `BrokenError` when the manifest is none.
    """
    entry = archive.find("MAR-INF/MANIFEST.json")
    if entry is None:
        raise BrokenError("the archive has no MAR-INF/MANIFEST.json")
    document = read_json(archive.open(entry).whole(_MOST).decode("utf-8"))
    value = document.value if document else None
    model = value.get("model") if isinstance(value, dict) else None
    if not isinstance(model, dict):
        raise BrokenError("the manifest does not describe a model")
    held = [model, *(one["model"] for one in _hidden(document.hidden if document else ()))]
    for one in held:
        yield from _named(one, archive)
    for found in archive.entries:
        if found.name.endswith((".py", ".pyw")):
            yield from effects.judge(archive.open(found), archive.part, "serving runs")


def _hidden(values: tuple[object, ...]) -> Iterator[dict[str, dict[str, object]]]:
    """Yield readings of the manifest that an equal key replaced."""
    for one in values:
        if isinstance(one, dict) and isinstance(one.get("model"), dict):
            yield one
        elif isinstance(one, dict):
            yield {"model": one}


def _named(model: Mapping[str, object], archive: Archive) -> Iterator[Sight]:
    """Judge the names of files in a manifest."""
    for key in _FILES:
        name = model.get(key)
        if not isinstance(name, str) or not name:
            continue
        shown = one_line(name, 120)
        file = name.partition(":")[0]
        if leaves(file) or leaves(name):
            yield archive.part.sees("path-outside", f"{key} leads outside of the archive: {shown}", name=shown)
        elif (
            key == "handler" and archive.find(file) is None and archive.find(f"{file}.py") is None and file not in _OWN
        ):
            yield archive.part.sees("served-code", f"the handler {shown} is not in the archive", name=shown)
    if isinstance(model.get("requirementsFile"), str):
        yield archive.part.sees(
            "requirement-odd", "the server may install packages that the archive lists", name="requirementsFile"
        )
