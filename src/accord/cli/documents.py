"""Writing an assessment in the formats asked for: to a folder, or one of them to stdout."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from accord.core.assessment import Assessment
from accord.core.contracts import Format
from accord.core.errors import AccordError
from accord.core.plugins import load_named, names

_GROUP = "accord.formats"

Writers = Mapping[str, Format]
"""The writer of each format, by name; the name is the file's extension."""


def writers(wanted: tuple[str, ...], plugins: frozenset[str], *, single: bool) -> Writers:
    """Return the writers of the formats asked for.

    Raises `AccordError` for an unknown format, or for several where only one can go to stdout.
    """
    if not wanted:
        raise AccordError("no format is named", code="ACC-E132", hint="give --format txt, json or html")
    if single and len(wanted) != 1:
        raise AccordError("only one format can go to stdout", code="ACC-E132", hint="give --out DIR")
    found: dict[str, Format] = {}
    for name in wanted:
        writer = load_named(_GROUP, name, plugins)
        if writer is None:
            known = ", ".join(names(_GROUP, plugins))
            raise AccordError(f"there is no format {name!r}", code="ACC-E132", hint=f"known are {known}")
        found[name] = cast(Format, writer)
    return found


def refuse_file(folder: Path | None) -> None:
    """Raise `AccordError` where `--out` cannot become a folder, before anything is done for it."""
    for path in (folder, *folder.absolute().parents) if folder else ():
        if path.is_dir():
            return
        if path.exists() or path.is_symlink():
            raise AccordError(f"{path} is no folder", code="ACC-E133", hint="give another folder to --out")


def render(assessment: Assessment, writer: Format) -> bytes:
    """Return a document as UTF-8 bytes."""
    out = io.StringIO()
    writer(assessment, out)
    return out.getvalue().encode("utf-8", "backslashreplace")


def print_document(assessment: Assessment, chosen: Writers) -> None:
    """Print the one document that was asked for; the text report in colour where the terminal takes it."""
    ((name, writer),) = chosen.items()
    if name == "txt" and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        from accord.report.text import render as draw

        data = draw(assessment, colour=True, ascii=False).encode()
    else:
        data = render(assessment, writer)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_documents(assessment: Assessment, chosen: Writers, folder: Path) -> dict[str, bytes]:
    """Write one file for each format and return their contents by file name."""
    documents = {f"assessment.{name}": render(assessment, writer) for name, writer in chosen.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in documents.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise AccordError(f"{folder} cannot be written: {error.strerror}", code="ACC-E133") from error
    return documents
