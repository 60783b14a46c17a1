"""NeMo archives: the classes that the configuration has built, and the weights beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight
from accord.scan.repositories import entries
from accord.scan.repositories.documents import mappings, read_yaml, strings
from accord.scan.repositories.remote import leaves

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive

_MOST = 8 << 20
_PREFIX = "nemo:"


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what restoring the model would build; the weights and tokenizers are looked inside as members.

    Raises `BrokenError` when the configuration is no YAML.
    """
    for entry in archive.entries:
        if entry.name.endswith((".yaml", ".yml")):
            yield from _configuration(archive.open(entry), look)


def _configuration(part: Part, look: Look) -> Iterator[Sight]:
    documents = read_yaml(part.whole(_MOST).decode("utf-8-sig"), look)
    if documents is None:
        raise BrokenError(f"{one_line(part.name, 80)} is no YAML")
    for document in documents:
        yield from entries.judge(document, part, look)
        for text in strings(document.value, look):
            if text.startswith(_PREFIX) and leaves(text.removeprefix(_PREFIX)):
                shown = one_line(text, 120)
                yield part.sees("path-outside", f"an artefact leads outside of the archive: {shown}", name=_PREFIX)
        if not any(True for _ in mappings(document.value, look)):
            raise BrokenError(f"{one_line(part.name, 80)} describes no model")
