"""Finding parts through entry points: allowed by name first, loaded after."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from accord.core.canon import Digest
from accord.core.check import Check
from accord.core.errors import PluginError
from accord.core.finding import Plugin

OURS = "accord"

_OTHERS = ("accord.targets", "accord.oracles", "accord.detectors", "accord.formats", "accord.mutators")


class Loaded(NamedTuple):
    """A check and the package it came from."""

    check: Check
    plugin: Plugin


def load_checks(allowed: frozenset[str]) -> dict[str, Loaded]:
    """Return every check of the allowed packages by its code, in order of codes.

    `allowed` holds distribution names; ours is always allowed. Raises `PluginError` for an allowed package
    that is not installed, cannot be imported, or repeats a code.
    """
    found: dict[str, Loaded] = {}
    for entry in _entries("accord.checks", allowed):
        module = _import(entry)
        plugin = describe(entry, module)
        for one in _checks_below(module):
            _claim_code(one, plugin, found)
    return dict(sorted(found.items()))


def load_named(group: str, name: str, allowed: frozenset[str]) -> object | None:
    """Return the object that an allowed package offers under `name` in an entry-point group, or None."""
    for entry in _entries(group, allowed):
        if entry.name == name:
            return _load(entry)
    return None


def names(group: str, allowed: frozenset[str]) -> tuple[str, ...]:
    """Return the names that allowed packages offer in a group, without loading anything."""
    return tuple(sorted({entry.name for entry in _entries(group, allowed)}))


def describe(entry: EntryPoint, module: ModuleType) -> Plugin:
    """Return name, version and the digest over the source files of the package that an entry point names."""
    dist = entry.dist
    top = importlib.import_module(module.__name__.partition(".")[0])
    return Plugin(name=_dist_name(entry), version=dist.version if dist else "0", digest=_source_digest(top))


def _entries(group: str, allowed: frozenset[str]) -> list[EntryPoint]:
    wanted = {_normal(name) for name in allowed} | {OURS}
    chosen = {
        (_normal(_dist_name(e)), e.name): e for e in entry_points(group=group) if _normal(_dist_name(e)) in wanted
    }
    if group == "accord.checks":
        absent = wanted - {dist for dist, _ in chosen}
        if absent:  # a package may offer formats or targets alone
            absent -= {_normal(_dist_name(entry)) for other in _OTHERS for entry in entry_points(group=other)}
        if absent:
            raise PluginError(
                f"the plug-in {min(absent)!r} is allowed but offers no checks here",
                hint="install the package, or take its name off the list of plug-ins",
                code="ACC-E301",
            )
    return [chosen[key] for key in sorted(chosen)]


def _load(entry: EntryPoint) -> object:
    try:
        loaded: object = entry.load()
    except Exception as error:  # plug-in load: one of the three broad places
        raise _broken(entry, error) from error
    return loaded


def _import(entry: EntryPoint) -> ModuleType:
    loaded = _load(entry)
    if isinstance(loaded, ModuleType):
        return loaded
    raise PluginError(f"the entry point {entry.name!r} names no module", code="ACC-E303")


def _broken(entry: EntryPoint, error: Exception) -> PluginError:
    return PluginError(
        f"the plug-in {_dist_name(entry)} cannot be loaded: {type(error).__name__}: {error}",
        hint="mend or remove it; nothing of it was used",
        code="ACC-E303",
    )


def _checks_below(module: ModuleType) -> Iterator[Check]:
    for inner in [module, *_modules_below(module)]:
        for value in vars(inner).values():
            if isinstance(value, Check) and value.module == inner.__name__:
                yield value


def _modules_below(module: ModuleType) -> Iterator[ModuleType]:
    if not hasattr(module, "__path__"):
        return
    for info in pkgutil.walk_packages(module.__path__, prefix=module.__name__ + "."):
        try:
            yield importlib.import_module(info.name)
        except Exception as error:  # plug-in load: one of the three broad places
            raise PluginError(
                f"the check module {info.name} cannot be imported: {type(error).__name__}: {error}",
                hint="import heavy or optional packages inside the check",
                code="ACC-E303",
            ) from error


def _claim_code(one: Check, plugin: Plugin, found: dict[str, Loaded]) -> None:
    other = found.get(one.code)
    if other is not None:
        raise PluginError(f"the code {one.code} is used by {other.check.module} and {one.module}", code="ACC-E304")
    if one.code.startswith("ACC") and plugin.name != OURS:
        raise PluginError(
            f"{plugin.name} uses the code {one.code}: codes that start with ACC are built in",
            hint="give the plug-in's checks a prefix of their own",
            code="ACC-E304",
        )
    found[one.code] = Loaded(one, plugin)


def _dist_name(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else ""


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _source_digest(top: ModuleType) -> Digest:
    """Hash every source and data file below a package, by name and content."""
    total = hashlib.sha256()
    for folder in sorted(getattr(top, "__path__", [])) or [str(top.__file__)]:
        for path in sorted(Path(folder).rglob("*")) or [Path(folder)]:
            if path.suffix in {".py", ".yaml", ".j2", ".css"} and path.is_file():
                total.update(bytes(path.relative_to(folder)) + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return Digest("sha256:" + total.hexdigest())
