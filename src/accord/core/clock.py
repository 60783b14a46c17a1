"""Durations and times as the catalogue writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?"
)
_DAYS = (365, 30, 7, 1)


def duration(text: str) -> timedelta:
    """Read an ISO 8601 duration (`P90D`, `P6M`, `PT12H`); a month counts 30 days and a year 365.

    Raises `ValueError` for anything else.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration like P90D")
    *long, hours, minutes = (int(group or 0) for group in match.groups())
    days = sum(count * size for count, size in zip(long, _DAYS, strict=True))
    return timedelta(days=days, hours=hours, minutes=minutes)


def utc(text: str) -> datetime:
    """Read a time in ISO 8601 as UTC, which is also meant where it names no offset.

    Raises `ValueError` for anything else, and for a moment that UTC cannot tell: before the year 1, after 9999.
    """
    told = datetime.fromisoformat(text)
    try:
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is no moment that UTC can tell") from error


def rfc3339(moment: datetime) -> str:
    """Write an aware time as RFC 3339 UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
