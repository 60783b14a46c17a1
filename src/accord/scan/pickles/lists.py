"""The allow-lists: which names a pickle may hold and what may be done with them, read for the packages it names."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from accord.core.shipped import DATA, lines_of

CALL: Final = "call"
NEW: Final = "new"
NAME: Final = "name"
SPECIAL: Final = "special"

_STDLIB: Final = "stdlib"
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NOTHING: Final[frozenset[str]] = frozenset()


class Named(NamedTuple):
    """A name as this version of Python would look it up, with Python 2's names translated in old streams."""

    module: str
    name: str

    @property
    def full(self) -> str:
        """Return the dotted name."""
        return f"{self.module}.{self.name}"

    @property
    def package(self) -> str:
        """Return the topmost package."""
        return self.module.partition(".")[0]


@cache
def pages() -> frozenset[str]:
    """Return the packages that have an allow-list; `stdlib` is one of them."""
    return frozenset(one.stem for one in (DATA / "globals").glob("*.tsv"))


@cache
def page(package: str) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return a package's list: by module and name, what may be done with it."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    if package not in pages():
        return found
    for line in lines_of(f"globals/{package}.tsv"):
        module, use, names = line.split("\t", 2)
        known = found.setdefault(module, {})
        for name in names.split():
            known[name] = known.get(name, _NOTHING) | {use}
    return found


def uses(named: Named) -> frozenset[str]:
    """Return what may be done with a name: `call`, `new`, `name`, `special`; nothing when it is on no list."""
    package = _STDLIB if is_stdlib(named.package) else named.package
    if not _PLAIN.match(package):
        return _NOTHING
    if package not in pages():
        return _NOTHING
    return page(package).get(named.module, {}).get(named.name, _NOTHING)


def is_listed(package: str) -> bool:
    """Tell whether a package has an allow-list, so that a name missing there means something."""
    return is_stdlib(package) or package in pages()


def is_stdlib(package: str) -> bool:
    """Tell whether a topmost package is of the standard library, of any version."""
    return package in sys.stdlib_module_names or package in _gone()


@cache
def _gone() -> frozenset[str]:
    return frozenset(page(_STDLIB).get("(gone)", {}))


@cache
def _old_names() -> tuple[Mapping[str, str], Mapping[tuple[str, str], tuple[str, str]]]:
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    return IMPORT_MAPPING, NAME_MAPPING


def translated(module: str, name: str, *, old: bool) -> Named:
    """Return what the unpickler looks up; before protocol 3 (`old`), names of Python 2 stand for today's."""
    if not old:
        return Named(module, name)
    modules, names = _old_names()
    if (module, name) in names:
        return Named(*names[module, name])
    return Named(modules.get(module, module), name)
