"""Ratings as JSON, as CONTRACT's `accord scan --format json` has them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from accord.core.canon import digest
from accord.core.finding import Finding, Place, Severity
from accord.scan.rating import Rated, Rating, Seen

if TYPE_CHECKING:
    from accord.scan.sweep import Scan

_PLACE: Final = ("path", "line", "column", "member", "offset")


def as_json(rated: Rated) -> dict[str, object]:
    """Return a rating as plain JSON values."""
    return {
        "path": rated.path,
        "format": rated.format,
        "verdict": rated.rating.value,
        "size": rated.size,
        "seconds": round(rated.seconds, 6),
        "findings": [_reason(one) for one in rated.reasons],
    }


def as_object(scan: Scan) -> dict[str, object]:
    """Return a whole scan as plain JSON values."""
    counts = {rating.value: sum(one.rating is rating for one in scan.files) for rating in Rating}
    return {
        "files": [as_json(one) for one in scan.files],
        "skipped": [{"path": one.path, "reason": one.reason} for one in scan.skipped],
        "counts": {**counts, "skipped": len(scan.skipped)},
    }


def from_json(said: Mapping[str, object]) -> Rated:
    """Return the rating that `as_json` wrote; only for what our own workers and caches wrote."""
    found = cast("list[Mapping[str, object]]", said["findings"])
    return Rated(
        path=cast("str", said["path"]),
        format=cast("str", said["format"]),
        rating=Rating(cast("str", said["verdict"])),
        size=cast("int", said["size"]),
        seconds=cast("float", said["seconds"]),
        reasons=tuple(_seen(one) for one in found),
    )


def identified(seen: Seen) -> Seen:
    """Return a reason whose finding has its id: the digest of what it says."""
    said = _reason(seen)
    return seen._replace(finding=replace(seen.finding, id=str(said["id"])))


def _reason(seen: Seen) -> dict[str, object]:
    finding = seen.finding
    body: dict[str, object] = {
        "check": finding.check,
        "message": finding.message,
        "severity": finding.severity.value,
        "where": {name: getattr(finding.where, name) for name in _PLACE},
        "fix": finding.fix,
        "provisions": list(finding.provisions),
        "refs": list(finding.refs),
        "name": seen.name,
    }
    return {"id": finding.id or digest(body), **body, "rating": seen.rating.value}


def _seen(said: Mapping[str, object]) -> Seen:
    finding = Finding(
        id=cast("str", said["id"]),
        check=cast("str", said["check"]),
        message=cast("str", said["message"]),
        severity=Severity(cast("str", said["severity"])),
        where=Place(**cast("Mapping[str, str]", said["where"])),  # type: ignore[arg-type]  # each field is of its own type
        fix=cast("str | None", said["fix"]),
        provisions=tuple(cast("list[str]", said["provisions"])),
        refs=tuple(cast("list[str]", said["refs"])),
    )
    return Seen(Rating(cast("str", said["rating"])), cast("str", said["name"]), finding)
