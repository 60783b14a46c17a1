"""Packages of lock files against feeds: what is known to be wrong with the very versions that are locked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from accord.core.contracts import Feed, Feeds
from accord.core.finding import Severity
from accord.scan.supply.feeds import look_up
from accord.scan.supply.osv import Advisory, normal
from accord.scan.supply.packages import Package
from accord.scan.supply.versions import Decision, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that is wrong with one package, whatever number of records tell of it."""

    package: Package
    id: str
    aliases: tuple[str, ...]
    kind: str
    severity: Severity
    summary: str
    fixed: str | None
    feeds: tuple[str, ...]


class Matched(NamedTuple):
    """What was found, and what could not be decided: (package, why)."""

    hits: tuple[Hit, ...]
    undecided: tuple[tuple[Package, str], ...]


class _Told(NamedTuple):
    advisory: Advisory
    decision: Decision
    feed: str


def match(packages: Iterable[Package], feeds: Iterable[Feed]) -> Matched:
    """Return every hit of the packages that have a version, each vulnerability once.

    Raises `RecordError` where a feed cannot be read.
    """
    pinned = [one for one in dict.fromkeys(packages) if one.version]
    keys = {(one.ecosystem, one.name) for one in pinned}
    known: dict[tuple[str, str], list[tuple[str, Advisory]]] = {}
    for feed in feeds:
        for key, advisories in look_up(feed, keys).items():
            known.setdefault(key, []).extend((feed.name, one) for one in advisories)
    hits: list[Hit] = []
    undecided: list[tuple[Package, str]] = []
    for package in pinned:
        told = [
            _Told(one, decide(one, package.version or ""), feed)
            for feed, one in known.get((package.ecosystem, normal(package.ecosystem, package.name)), ())
        ]
        hits += (_hit(package, group) for group in _groups([one for one in told if one.decision.affected]))
        sure = {name for one in told if one.decision.affected is not None for name in _names(one)}
        why = next(
            (one.decision.why for one in told if one.decision.affected is None and one.advisory.id not in sure), ""
        )
        undecided += [(package, why)] if why else []
    return Matched(tuple(hits), tuple(undecided))


def _names(one: _Told) -> tuple[str, ...]:
    return (one.advisory.id, *one.advisory.aliases)


def _groups(told: list[_Told]) -> Iterator[list[_Told]]:
    """Yield records that are aliases of one another together, whichever of them says so."""
    home: dict[str, int] = {}
    groups: list[list[_Told]] = []
    for one in told:
        joined = sorted({home[name] for name in _names(one) if name in home})
        at = joined[0] if joined else len(groups)
        if not joined:
            groups.append([])
        for other in joined[1:]:
            groups[at] += groups[other]
            home.update((name, at) for member in groups[other] for name in _names(member))
            groups[other] = []
        groups[at].append(one)
        home.update((name, at) for name in _names(one))
    yield from (group for group in groups if group)


def _hit(package: Package, group: list[_Told]) -> Hit:
    order = list(Severity)
    names = sorted({name for one in group for name in _names(one)}, key=_rank)
    kinds = {one.advisory.kind for one in group}
    fixed = [one.decision.fixed for one in group if one.decision.fixed]
    kind = next(kind for kind in ("malicious", "vulnerable", "unmaintained") if kind in kinds)
    return Hit(
        package=package,
        id=names[0],
        aliases=tuple(names[1:]),
        kind=kind,
        severity=max((Severity(one.advisory.severity) for one in group), key=order.index),
        summary=next((one.advisory.summary for one in group if one.advisory.summary), ""),
        fixed=fixed[0] if fixed else None,
        feeds=tuple(sorted({one.feed for one in group})),
    )


def _rank(name: str) -> tuple[int, str]:
    """Put the names that people know first: a malicious package, a CVE, then what databases call it."""
    prefixes = ("MAL-", "CVE-", "GHSA-", "PYSEC-", "RUSTSEC-", "GO-")
    return next((place for place, prefix in enumerate(prefixes) if name.startswith(prefix)), len(prefixes)), name


def problems(feeds: Feeds, ecosystems: Iterable[str], now: datetime) -> Iterator[str]:
    """Yield why the feeds are no answer for these ecosystems: none there, none that covers one, unreadable, too old."""
    for feed in feeds.feeds:
        if feed.problem:
            yield feed.problem
    for ecosystem in sorted(set(ecosystems)):
        newest = max(
            (
                (feed.coverage[ecosystem].newest, feed.name)
                for feed in feeds.feeds
                if ecosystem in feed.coverage and feed.coverage[ecosystem].records  # not withdrawn ones alone
            ),
            default=None,
        )
        if newest is None:
            yield f"no feed of vulnerabilities covers {ecosystem}"
        elif (now - newest[0]).total_seconds() > feeds.days * 86_400:
            age = (now - newest[0]).days
            yield f"the newest record of {ecosystem} (feed {newest[1]}) is {age} days old, more than {feeds.days}"


def coverage_of(feeds: Feeds) -> Mapping[str, str]:
    """Return the feeds that cover each ecosystem, with the day of their newest record, as messages say it."""
    told: dict[str, list[str]] = {}
    for feed in feeds.feeds:
        for ecosystem, one in feed.coverage.items():
            told.setdefault(ecosystem, []).append(f"{feed.name} of {one.newest:%Y-%m-%d}")
    return {ecosystem: ", ".join(sorted(names)) for ecosystem, names in told.items()}
