"""Settings: defaults, then `accord.toml`, then `ACCORD_*`, then flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from accord.core.errors import ManifestError
from accord.core.finding import Place

MIB = 1 << 20


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
    hash_seconds: int = 60  # longest time of all hashing


def read_settings(folder: Path, environ: Mapping[str, str], plugins: tuple[str, ...] = ()) -> Settings:
    """Return the settings that hold in `folder`; `plugins` are names given by flags.

    Raises `ManifestError` for a file that is no TOML, an unknown key or a wrong type.
    """
    values: dict[str, object] = {}
    path = folder / "accord.toml"
    if path.is_file():
        values |= _from_file(path)
    for field in fields(Settings):
        text = environ.get("ACCORD_" + field.name.upper())
        if text is not None:
            values[field.name] = (
                [name for name in text.split(",") if name] if field.name == "plugins" else _whole(field.name, text)
            )
    known = replace(Settings(), **{name: _typed(name, value) for name, value in values.items()})  # type: ignore[arg-type]  # checked by _typed
    return replace(known, plugins=tuple(dict.fromkeys((*known.plugins, *plugins))))


def state_folder(folder: Path, environ: Mapping[str, str]) -> Path:
    """Return where state lies: `$ACCORD_HOME`, else `.accord` in `folder`."""
    home = environ.get("ACCORD_HOME")
    return Path(home) if home else folder / ".accord"


def _from_file(path: Path) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ManifestError(
            f"accord.toml cannot be read: {error}", code="ACC-E130", where=Place(path=str(path))
        ) from error


def _typed(name: str, value: object) -> object:
    default = {field.name: field.default for field in fields(Settings)}.get(name)
    if default is None:
        known = ", ".join(field.name for field in fields(Settings))
        raise ManifestError(f"accord.toml has the unknown key {name!r}", hint=f"known are {known}", code="ACC-E130")
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ManifestError(f"the setting {name} takes a list of names", code="ACC-E130")
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ManifestError(f"the setting {name} takes a whole number, not {value!r}", code="ACC-E130")


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ManifestError(f"ACCORD_{name.upper()} takes a whole number, not {text!r}", code="ACC-E130") from error
