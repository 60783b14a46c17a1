"""Small drawings for pages: inline SVG whose text says all that its shapes say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final, NamedTuple

from accord.core.assessment import Outcome
from accord.core.text import one_line

SYMBOLS: Final[Mapping[Outcome, str]] = {
    Outcome.MET: '<circle cx="8" cy="8" r="6.2"/>',
    Outcome.PARTLY: '<circle class="o" cx="8" cy="8" r="5.5"/><path d="M8 1.8a6.2 6.2 0 0 0 0 12.4z"/>',
    Outcome.NOT_MET: '<path d="M2 2h12v12H2z"/><path class="x" d="M5 5l6 6M11 5l-6 6"/>',
    Outcome.NOT_ASSESSED: '<circle class="o d" cx="8" cy="8" r="5.5"/>',
    Outcome.NOT_APPLICABLE: '<path d="M3 7h10v2H3z"/>',
}
"""The shape of each outcome, in a box of 16 by 16."""


class Part(NamedTuple):
    """One part of a bar: which outcome, and how many."""

    outcome: Outcome
    number: int


def symbols() -> str:
    """Return the shapes, to be put into a page once and used by `mark`."""
    shapes = "".join(f'<symbol id="i-{name}" viewBox="0 0 16 16">{shape}</symbol>' for name, shape in SYMBOLS.items())
    hatch = (
        '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="h" d="M0 0v5"/></pattern>'
    )
    return f'<svg width="0" height="0" class="defs" aria-hidden="true"><defs>{hatch}{shapes}</defs></svg>'


def mark(outcome: Outcome) -> str:
    """Return the shape of an outcome; the word has to stand beside it."""
    return f'<svg class="i"><use href="#i-{outcome}"/></svg>'


def bar(parts: Iterable[Part], *, title: str, width: int = 160, height: int = 12) -> str:
    """Return a bar whose parts differ by shape (solid, hatched, crossed, hollow, a line) and not only by colour."""
    known = [part for part in parts if part.number > 0]
    whole = sum(part.number for part in known)
    told = escape(one_line(title, 300), quote=True)
    drawn: list[str] = []
    left = 0.0
    for part in known:
        size = width * part.number / whole
        drawn.append(_piece(part.outcome, round(left, 1), round(max(size - 1.5, 0.5), 1), height))
        left += size
    inside = "".join(drawn)
    box = f'viewBox="0 0 {width} {height}" preserveAspectRatio="xMinYMid"'
    return f'<svg class="bar" role="img" {box}><title>{told}</title>{inside}</svg>'


def range_bar(share: float, *, low: float, high: float, title: str, width: int = 160, height: int = 12) -> str:
    """Return a line from 0 to 1 with an interval on it and a mark where the share itself is."""
    told = escape(one_line(title, 300), quote=True)
    middle = height / 2
    left, right, at = (round(width * value, 1) for value in (low, high, share))
    drawn = (
        f'<rect class="not-applicable" x="0" y="{middle - 0.5:g}" width="{width}" height="1"/>'
        f'<rect class="not-met" x="{left:g}" y="{middle - 2:g}" width="{max(right - left, 1):g}" height="4"/>'
        f'<rect class="met" x="{max(at - 1, 0):g}" y="0" width="2" height="{height}"/>'
    )
    box = f'viewBox="0 0 {width} {height}" preserveAspectRatio="xMinYMid"'
    return f'<svg class="bar" role="img" {box}><title>{told}</title>{drawn}</svg>'


def _piece(outcome: Outcome, left: float, size: float, height: int) -> str:
    if outcome is Outcome.NOT_APPLICABLE:
        return f'<rect class="{outcome}" x="{left:g}" y="{height / 2 - 1:g}" width="{size:g}" height="2"/>'
    inset = 0.6 if outcome in {Outcome.NOT_ASSESSED, Outcome.PARTLY} else 0
    box = f'x="{left + inset:g}" y="{inset:g}" width="{max(size - 2 * inset, 0.4):g}" height="{height - 2 * inset:g}"'
    piece = f'<rect class="{outcome}" {box}/>'
    if outcome is Outcome.NOT_MET:
        middle = left + size / 2
        cross = f"M{middle - 3:g} {height / 2 - 3:g}l6 6M{middle + 3:g} {height / 2 - 3:g}l-6 6"
        piece += f'<path class="x" d="{cross}"/>' if size > 8 else ""
    return piece
