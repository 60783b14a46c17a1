"""Reading and writing single case files for the subcommands of `accord case`."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, shown

if TYPE_CHECKING:
    from accord.core.case import Case
    from accord.core.system import System


def read_case(path: Path) -> Case:
    """Return the case in a file."""
    from accord.case.lint import load

    return load(path, shown=clean(shown(str(path))))


def read_system(path: Path | None) -> System | None:
    """Return the system of a manifest, a file or the folder of one; nothing without a path."""
    from accord.core.system import System
    from accord.record.codec import load

    if path is None:
        return None
    found = path / "accord.yaml" if path.is_dir() else path
    return load(found, System, shown=clean(shown(str(found))))


def put(data: bytes, out: Path | None) -> None:
    """Write to the file, replaced as a whole and no link followed, or to stdout without one."""
    if out is None:
        click.echo(data, nl=False)
        return
    name = clean(shown(str(out)))
    draft = out.with_name(f".{out.name[:80]}.{os.getpid()}.tmp")
    try:
        _regular(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.replace(out)
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            draft.unlink()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        hint = "check the folder and its permissions"
        raise ManifestError(
            f"{name} cannot be written: {reason}", hint=hint, code="ACC-E622", where=Place(path=name)
        ) from error


def _regular(out: Path) -> None:
    if out.exists() and not out.is_file():
        raise OSError(0, "it is no regular file")


def put_case(case: Case, out: Path | None) -> None:
    """Write a case as YAML to the file, or to stdout without one."""
    from accord.case.importers.written import yaml_of

    put(yaml_of(case), out)
