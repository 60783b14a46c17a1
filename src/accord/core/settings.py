"""Settings: defaults, then `accord.toml`, then `ACCORD_*`, then flags."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from accord.core.errors import ManifestError
from accord.core.finding import Place

MIB = 1 << 20

FILE = "accord.toml"
"""Stands beside the manifest."""

_MOST = 2**53  # far beyond any sense, and still safe to add up


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How Accord runs. Bytes, seconds and counts; `0` workers means one for each core, at most four."""

    plugins: tuple[str, ...] = ()  # packages whose checks, formats and targets may be used
    workers: int = 0  # processes that run checks
    check_seconds: int = 20  # longest time of one check on one asset
    check_memory: int = 2048 * MIB  # most memory of one check
    max_files: int = 200_000  # files that the walk looks at; the rest is named as not looked at
    max_depth: int = 64  # folders below folders
    max_file: int = 8 * MIB  # largest text file that checks read
    max_hash: int = 4096 * MIB  # largest file that is hashed
    walk_seconds: int = 30  # longest time of the walk
    feed_days: int = 90  # oldest feed of vulnerabilities; level standard allows 30 at most, critical 7
    hash_seconds: int = 60  # longest time of all hashing


def read_settings(folder: Path, environ: Mapping[str, str], plugins: tuple[str, ...] = ()) -> Settings:
    """Return the settings that hold in `folder`; `plugins` are names given by flags.

    Raises `ManifestError` for a file that is no TOML, an unknown key or a wrong type.
    """
    values: dict[str, object] = {}
    path = folder / FILE
    if path.exists() or path.is_symlink():
        values |= {name: _typed(name, value, FILE) for name, value in _from_file(path).items()}
    for field in fields(Settings):
        variable = "ACCORD_" + field.name.upper()
        text = environ.get(variable)
        if text is not None:
            listed = [name for name in text.split(",") if name] if field.name == "plugins" else _whole(text)
            values[field.name] = _typed(field.name, listed, variable)
    known = replace(Settings(), **values)  # type: ignore[arg-type]  # checked by _typed
    return replace(known, plugins=tuple(dict.fromkeys((*known.plugins, *plugins))))


def state_folder(folder: Path, environ: Mapping[str, str]) -> Path:
    """Return where state lies: `$ACCORD_HOME`, else `.accord` in `folder`."""
    home = environ.get("ACCORD_HOME")
    return Path(home) if home else folder / ".accord"


def _from_file(path: Path) -> dict[str, object]:
    import tomllib

    where = Place(path=FILE)
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe or a device would hold us up
                raise ManifestError(f"{FILE} is not a regular file", hint="write it", code="ACC-E130", where=where)
            data = file.read(MIB + 1)
        if len(data) > MIB:
            raise ManifestError(f"{FILE} is larger than 1 MiB", hint="shorten it", code="ACC-E130", where=where)
        return tomllib.loads(data.decode())
    except (ValueError, OSError, RecursionError) as error:  # tomllib.TOMLDecodeError is a kind of ValueError
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise ManifestError(
            f"{FILE} cannot be read: {reason}", hint="write lines like: workers = 2", code="ACC-E130", where=where
        ) from error


def _typed(name: str, value: object, source: str) -> object:
    """Return a setting as its type; `source` is the file or variable that it comes from."""
    default = {field.name: field.default for field in fields(Settings)}.get(name)
    where = Place(path=source)
    if default is None:
        known = ", ".join(field.name for field in fields(Settings))
        raise ManifestError(
            f"{source} has the unknown key {name[:80]!r}", hint=f"known are {known}", code="ACC-E130", where=where
        )
    subject = f"the setting {name}" if source == FILE else source
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        hint = f'write {name} = ["package"]'
        raise ManifestError(f"{subject} takes a list of names", hint=hint, code="ACC-E130", where=where)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
        return value
    raise ManifestError(
        f"{subject} takes a whole number, not {str(value)[:80]!r}",
        hint=f"write {name} = {default}",
        code="ACC-E130",
        where=where,
    )


def _whole(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text
