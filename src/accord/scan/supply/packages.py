"""A package as a lock file names it, whatever the kind of lock file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Package(NamedTuple):
    """One package of a lock file; `version` is None where it is not pinned, `line` None where it is not known.

    `ecosystem` is OSV's word for where it comes from. `origin` is the address where it comes from somewhere else than
    its index: an archive, a repository, a folder. `scripts` tells that the lock says it runs a script when installed.
    """

    name: str
    version: str | None
    hashed: bool
    line: int | None
    ecosystem: str = "PyPI"
    origin: str | None = None
    scripts: bool = False


class Lock(NamedTuple):
    """What a lock file says; `problem` says why it could not be read."""

    kind: str
    packages: tuple[Package, ...]
    problem: str | None = None

    @property
    def loose(self) -> tuple[Package, ...]:
        """Return the packages without an exact version."""
        return tuple(one for one in self.packages if one.version is None)

    @property
    def unhashed(self) -> tuple[Package, ...]:
        """Return the packages without a hash."""
        return tuple(one for one in self.packages if not one.hashed)


def listed(value: object) -> Iterable[object]:
    """Return a value that is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def mapping(value: object) -> Mapping[str, object]:
    """Return a value that is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def table(value: object, name: str) -> Mapping[str, object]:
    """Return a mapping, an empty one for None; raises `ValueError` for anything else."""
    if not isinstance(value, dict | None):
        raise ValueError(f"{name} is no object")  # noqa: TRY004  # a broken lock file, not a wrong call
    return value or {}


def rows(value: object, name: str) -> Iterable[Mapping[str, object]]:
    """Return packages with their names, none for None; raises `ValueError` for anything else."""
    whole = value is None or (isinstance(value, list) and all(text_of(mapping(one).get("name")) for one in value))
    if not whole:
        raise ValueError(f"{name} is no list of packages with names")
    return map(mapping, listed(value))


def text_of(value: object) -> str | None:
    """Return a value that is a text with something in it, else None."""
    return value if isinstance(value, str) and value else None


def commit_in(address: str) -> str | None:
    """Return the commit that an address of a repository ends with."""
    match = re.search(r"[#@=]([0-9a-f]{40}|[0-9a-f]{64})(?:$|[&#\s])", address[-200:])
    return match[1] if match else None
