"""What each kind of reason means: its rating, severity, fix and references, from `data/scan/reasons`."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from accord.content.tables import table_of
from accord.core.finding import Finding, Place, Severity
from accord.core.shipped import DATA
from accord.core.text import one_line
from accord.scan.rating import Rating, Seen, Sight

_LONGEST = 400


class Reason(NamedTuple):
    """A kind of reason: what it makes of a file, the check that reports it, and what people are told."""

    rating: Rating
    severity: Severity
    check: str
    title: str
    fix: str
    refs: tuple[str, ...]


@cache
def reasons() -> dict[str, Reason]:
    """Return the kinds of reasons by name, read once and only when something was seen."""
    found: dict[str, Reason] = {}
    for page in sorted((DATA / "scan" / "reasons").iterdir()):
        for kind, one in table_of(f"scan/reasons/{page.name}").items():
            rating, severity = Rating(one["rating"]), Severity(one["severity"])
            found[kind] = Reason(rating, severity, one["check"], one["title"], one["fix"], tuple(one["refs"]))
    return found


@cache
def provisions() -> dict[str, tuple[str, ...]]:
    """Return the provisions that each check's findings bear on."""
    said = table_of("scan/provisions.yaml")
    return {check: tuple(names) for check, names in said.items()}


def seen(sight: Sight, path: str) -> Seen:
    """Return a sight with its kind's meaning, at its place."""
    reason = reasons()[sight.kind]
    where = Place(path=path, line=sight.line, column=sight.column, member=sight.member, offset=sight.offset)
    finding = Finding(
        message=one_line(sight.message)[:_LONGEST],
        where=where,
        severity=reason.severity,
        fix=reason.fix,
        refs=reason.refs,
        check=reason.check,
        provisions=provisions()[reason.check],
    )
    return Seen(reason.rating, one_line(sight.name)[:_LONGEST], finding)
