"""The case files that a command is given: files as they are, folders by what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from accord.cli import say
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import one_line, shown

MOST_FILES: Final = 10_000
"""Cases of one folder that are looked at."""


def case_files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files of paths in order; raises `ManifestError` for a folder without cases, or with too many."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        name = shown(str(path))
        found = sorted(islice(_inside(path), MOST_FILES + 1))
        if len(found) > MOST_FILES:
            message, hint, code = f"{name} holds more than {MOST_FILES:,} cases", "name smaller folders", "ACC-E602"
            raise ManifestError(message, hint=hint, code=code, where=Place(path=name))
        if not found:
            message, hint = f"{name} holds no case", "cases are files that end in .yaml or .yml"
            raise ManifestError(message, hint=hint, code="ACC-E603", where=Place(path=name))
        yield from found


def _inside(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        name = shown(os.fsdecode(error.filename or folder))
        hint = "check its permissions"
        raise ManifestError(f"{name} cannot be read", hint=hint, code="ACC-E601", where=Place(path=name)) from error

    for root, _, names in os.walk(folder, onerror=refuse, followlinks=False):
        for name in names:
            path = Path(root, name)
            if not name.endswith((".yaml", ".yml")):
                continue
            if path.is_symlink():
                say(f"{one_line(shown(str(path)))} is a link, and was passed over")
                continue
            yield path
