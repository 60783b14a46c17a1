"""Packages and runtimes that nobody mends any more, from a table that ships with its date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from accord.content.tables import table_of
from accord.scan.supply.osv import normal

_FROM: Final = re.compile(
    r"^\s{0,8}FROM\s{1,8}(?:--platform=\S{1,60}\s{1,8})?(?:[\w.-]{1,100}(?::\d{1,5})?/){0,4}(python|node|debian|ubuntu|centos):v?(\d{1,2}(?:\.\d{1,2})?|[a-z]{4,12})",
    re.M | re.I,
)
_SLIM: Final = re.compile(r"-(jessie|stretch|buster|bullseye|bookworm|trixie)\b")


class GivenUp(NamedTuple):
    """A package that its makers gave up: since which year, and what to take instead."""

    since: int
    instead: str


class Ended(NamedTuple):
    """A runtime that is past its last day, and where a file asks for it."""

    name: str
    version: str
    end: date
    line: int


def given_up(ecosystem: str, name: str) -> GivenUp | None:
    """Return since when a package is not mended, where the table knows it."""
    said = _table()["packages"].get(ecosystem, {}).get(normal(ecosystem, name))
    return GivenUp(int(said["since"]), str(said["instead"])) if said else None


def ended_runtimes(path: str, text: str, today: date) -> Iterator[Ended]:
    """Yield ended runtimes that a file asks for: Dockerfile, `.python-version`, `.nvmrc`, `runtime.txt`."""
    for name, version, line in _asked(path.rpartition("/")[2].lower(), text[: 1 << 20]):
        end = _end(name, version)
        if end is not None and end < today:
            yield Ended(name, version, end, line)


def _asked(file: str, text: str) -> Iterator[tuple[str, str, int]]:
    if "dockerfile" in file or file.startswith("containerfile"):
        for match in _FROM.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            yield match[1].lower(), match[2].lower(), line
            rest = text[match.end() : match.end() + 60].partition("\n")[0]
            yield from (("debian", one[1], line) for one in _SLIM.finditer(rest))
        return
    found = re.match(r"\s*(?:python-|v|lts/)?(\d{1,2}(?:\.\d{1,2})?)", text)
    name = {".python-version": "python", "runtime.txt": "python", ".nvmrc": "node", ".node-version": "node"}.get(file)
    if found and name:
        yield name, found[1], 1


def _end(name: str, version: str) -> date | None:
    known: Mapping[str, Any] = _table()["runtimes"][name]
    end = known.get(version) or known.get(version.partition(".")[0])
    return end if isinstance(end, date) else None


@cache
def _table() -> Mapping[str, Any]:
    said: Mapping[str, Any] = table_of("supply/ended.yaml")
    return said
