"""Whether a version is one that an advisory is about: PEP 440 for PyPI, semantic versions, else exact names only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, total_ordering
from typing import Any, Final, NamedTuple

from accord.scan.supply.osv import Advisory, Range

_SEMVER: Final = re.compile(
    r"[vV=]{0,2}(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]{0,200})?"
)


_DIGITS: Final = frozenset("123456789")  # 01.0 and 0!1.0 are 1.0


class Decision(NamedTuple):
    """Whether a version is affected (None: cannot be told, `why`), and the nearest version that is not."""

    affected: bool | None
    fixed: str | None = None
    why: str = ""


@total_ordering
class Semver:
    """A semantic version (semver.org 2.0.0 §11), with the leniency of Go and npm: `v1.2`, four numbers."""

    __slots__ = ("key",)

    def __init__(self, text: str) -> None:
        match = _SEMVER.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:40]!r} is no semantic version")
        numbers = tuple(int(match[part] or 0) for part in range(1, 5))
        parts = match[5].split(".") if match[5] else []
        self.key = (numbers, not parts, tuple(_identifier(part) for part in parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Semver) and self.key == other.key

    def __lt__(self, other: Semver) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _identifier(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() and part.isascii() and len(part) <= 18 else (1, 0, part)


@lru_cache(maxsize=65_536)
def _pep440(text: str) -> Any:
    from packaging.version import InvalidVersion, Version

    if len(text) > 200:
        raise ValueError("the version is longer than 200 characters")
    try:
        return Version(text)
    except InvalidVersion as error:
        raise ValueError(f"{text[:40]!r} is no version of PEP 440") from error


@lru_cache(maxsize=65_536)
def _semver(text: str) -> Semver:
    return Semver(text)


_ORDERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "PyPI": _pep440, "npm": _semver, "crates.io": _semver, "Go": _semver, "NuGet": _semver, "Pub": _semver,
    "Hex": _semver, "SwiftURL": _semver, "GitHub Actions": _semver,
}  # fmt: skip


def ordered(ecosystem: str) -> bool:
    """Tell whether versions of an ecosystem can be ordered here; elsewhere only listed versions are found."""
    return ecosystem.partition(":")[0] in _ORDERS


def decide(advisory: Advisory, version: str) -> Decision:
    """Return whether an advisory is about a version, as OSV's evaluation says; unknown is never unaffected."""
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", version):
        return _by_commit(advisory, version)
    ranges = [one for one in advisory.ranges if one.kind != "GIT"]
    order = _ORDERS.get(advisory.ecosystem.partition(":")[0])
    if order is None:
        return _by_name(advisory, version, ranges)
    try:
        at = order(_public(version, ranges) if advisory.ecosystem == "PyPI" else version)
    except ValueError as error:
        return Decision(affected=True) if version in advisory.versions else Decision(affected=None, why=str(error))
    if _listed(advisory.versions, at, version, order):
        return Decision(affected=True, fixed=_nearest(ranges, at, order))
    try:
        inside = any(_inside(one, at, order) for one in ranges)
    except ValueError as error:
        return Decision(affected=None, why=f"{advisory.id}: {error}")
    if not inside and not ranges and not advisory.versions:
        if any(one.kind == "GIT" for one in advisory.ranges):
            return Decision(affected=None, why=f"{advisory.id} names commits only")
        return Decision(affected=True)  # neither range nor list: OSV says every version
    return Decision(affected=inside, fixed=_nearest(ranges, at, order) if inside else None)


def _public(version: str, ranges: Iterable[Range]) -> str:
    """Return a version without its local part, as PEP 440 compares it with one that has none: 2.0+cu118 is 2.0."""
    told = any("+" in value for one in ranges for _, value in one.events)
    return version if told else version.partition("+")[0]


def _listed(versions: Iterable[str], at: object, version: str, order: Callable[[str], object]) -> bool:
    for one in versions:
        if one == version:
            return True
        if one[:1] != version[:1] and one[:1] in _DIGITS and version[:1] in _DIGITS:
            continue  # 1.0 and 2.0 are never equal: most are told apart without reading them
        try:
            if order(one) == (order(version) if "+" in one else at):
                return True
        except ValueError:
            continue
    return False


def _by_commit(advisory: Advisory, commit: str) -> Decision:
    named = {value for one in advisory.ranges for what, value in one.events if what in {"introduced", "last_affected"}}
    if commit in named or commit in advisory.versions:
        return Decision(affected=True)
    return Decision(affected=None, why="it is pinned to a commit, whose place in the history is not known here")


def _by_name(advisory: Advisory, version: str, ranges: list[Range]) -> Decision:
    if version in advisory.versions:
        return Decision(affected=True)
    if not ranges or advisory.versions:
        return Decision(affected=False if advisory.versions else None, why=f"{advisory.id} names no versions")
    return Decision(affected=None, why=f"versions of {advisory.ecosystem} cannot be ordered here")


def _inside(one: Range, at: Any, order: Callable[[str], Any]) -> bool:
    """Walk the events in order of version, as OSV's evaluation algorithm does."""
    limits = [value for what, value in one.events if what == "limit"]
    if limits and "*" not in limits and not any(at < order(value) for value in limits):
        return False
    vulnerable = all(what != "introduced" for what, _ in one.events)  # none: since ever, for all that is known
    for value, what in sorted(_placed(one, order), key=_place):
        if what == "introduced":
            vulnerable = vulnerable or value is None or at >= value
        elif value is not None and (at >= value if what == "fixed" else at > value):
            vulnerable = False
    return vulnerable


def _placed(one: Range, order: Callable[[str], Any]) -> list[tuple[Any, str]]:
    """Return events with their versions; None is the version before all."""
    return [
        (None if (what, value) == ("introduced", "0") else order(value), what)
        for what, value in one.events
        if what != "limit"
    ]


class _Place(NamedTuple):
    first: bool
    value: Any
    rank: int


def _place(event: tuple[Any, str]) -> _Place:
    value, what = event
    rank = {"fixed": 0, "introduced": 1, "last_affected": 2}[what]
    return _Place(value is not None, 0 if value is None else value, rank)


def _nearest(ranges: Iterable[Range], at: Any, order: Callable[[str], Any]) -> str | None:
    """Return the first version above this one that a range calls fixed."""
    found: list[tuple[Any, str]] = []
    for one in ranges:
        for what, text in one.events:
            try:
                value = order(text) if what == "fixed" else None
            except ValueError:
                continue
            if value is not None and value > at:
                found.append((value, text))
    return min(found, key=lambda pair: pair[0])[1] if found else None
