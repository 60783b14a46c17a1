"""Reading Keras 3 archives: a configuration, weights as HDF5 or arrays, and assets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from accord.scan.look import Look
from accord.scan.models.keras_config import judge_bytes
from accord.scan.part import Part
from accord.scan.rating import Sight

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive

_MOST: Final = 64 << 20
_CONFIGURATIONS: Final = re.compile(
    r"(?:.*/)?(?:config|metadata|quantization_config|task|preprocessor|tokenizer|[^/]*_config)\.json\Z", re.I
)


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what a Keras archive names in its configurations; what else lies in it is looked inside after."""
    found = False
    for entry in archive.entries:
        if not _CONFIGURATIONS.match(entry.name):
            continue
        part = archive.open(entry)
        found = found or entry.name == archive.root + "config.json"
        yield from read_configuration(part, look)
    if not found:
        yield archive.part.sees("malformed", "the archive holds no config.json")


def read_configuration(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what a configuration names that Keras does not hold."""
    look.name_format(part, "keras-config")
    yield from judge_bytes(part.whole(_MOST), part, look)
