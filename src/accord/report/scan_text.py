"""The report of a scan for the terminal: the worst reasons in full, then always what was and was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from accord.core.text import one_line
from accord.report.columns import wrap
from accord.scan.rating import Rating

if TYPE_CHECKING:
    from accord.scan.rating import Rated, Seen
    from accord.scan.sweep import Scan

_WIDTH: Final = 80
_PER_FILE: Final = 3
_FILES: Final = 20
_LISTED: Final = 8


def render(scan: Scan) -> str:
    """Return the report as text in eighty columns."""
    return "".join(f"{line.rstrip()}\n" for line in (*_reasons(scan), *_summary(scan)))


def _reasons(scan: Scan) -> Iterator[str]:
    order = tuple(Rating)
    told = sorted((one for one in scan.files if one.reasons), key=lambda one: (-order.index(one.rating), one.path))
    for rated in told[:_FILES]:
        yield from _file(rated)
    if len(told) > _FILES:
        yield f"and {len(told) - _FILES:,} more files with reasons: see --format json"
        yield ""


def _file(rated: Rated) -> Iterator[str]:
    from accord.report import outline  # weighs more than the rest of a scan that finds nothing

    order = tuple(Rating)
    listed = sorted(rated.reasons, key=lambda one: (-order.index(one.rating), *outline.badness(one.finding)))
    for seen in listed[:_PER_FILE]:
        yield from _reason(seen, rated)
    if len(listed) > _PER_FILE:
        yield f"and {len(listed) - _PER_FILE:,} more reasons about {one_line(rated.path, 60)}"
        yield ""


def _reason(seen: Seen, rated: Rated) -> Iterator[str]:
    from accord.report import outline

    finding = seen.finding
    message, *rest = wrap(f"{finding.severity}[{finding.check}]: {one_line(finding.message)}", _WIDTH)
    yield message
    yield from (f"  {line}" for line in wrap(" ".join(rest), _WIDTH - 2))
    yield from _hung("  ┌─ ", outline.place(finding.where))
    if seen.name:
        yield from _hung("  = seen: ", seen.name)
    yield from _hung("  = rated: ", f"{seen.rating} ({rated.format})")
    yield from _hung("  = fix: ", one_line(finding.fix or ""))
    yield from _hung("  = more: ", f"accord explain {finding.check}" + "".join(f", {ref}" for ref in finding.refs))
    yield ""


def _hung(head: str, text: str) -> Iterator[str]:
    for number, line in enumerate(wrap(text, _WIDTH - len(head))):
        yield (head if number == 0 else " " * len(head)) + line


def _summary(scan: Scan) -> Iterator[str]:
    counts = Counter(one.rating for one in scan.files)
    listed = ", ".join(f"{counts[rating]:,} {rating}" for rating in Rating)
    yield f"Looked at {len(scan.files):,} {'file' if len(scan.files) == 1 else 'files'}: {listed}"
    formats = Counter(one.format for one in scan.files if one.format != "other")
    if formats:
        yield from _hung("  formats: ", ", ".join(f"{count:,} {name}" for name, count in sorted(formats.items())))
    yield f"Not looked at: {len(scan.skipped):,}"
    for one in scan.skipped[:_LISTED]:
        yield from _hung("  ", f"{one_line(one.path, 200)}: {one_line(one.reason, 200)}")
    if len(scan.skipped) > _LISTED:
        yield f"  and {len(scan.skipped) - _LISTED:,} more: see --format json"
    yield f"Gate: {'PASS' if scan.rating is Rating.SAFE else 'FAIL'}: " + (
        "every file that was looked at is safe" if scan.rating is Rating.SAFE else "only safe files pass"
    )
