"""What a scanned file is rated, and the reasons that readers give for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from accord.core.finding import Finding


class Rating(StrEnum):
    """What may be thought of a file; the order of the members is the order of badness. Only `safe` passes a gate."""

    SAFE = "safe"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    DANGEROUS = "dangerous"


class Sight(NamedTuple):
    """One reason, as a reader gives it; rating, severity, fix and references come from its kind (`data/scan/reasons`).

    `message` is the fact, in lower case, with its evidence; `name` the callable, operator or key it is about;
    `offset` counts bytes from the start of the part that `member` names (None: the file itself).
    """

    kind: str
    message: str
    name: str = ""
    member: str | None = None
    offset: int | None = None
    line: int | None = None
    column: int | None = None


class Seen(NamedTuple):
    """A reason as the world sees it: what it makes of the file, what it names, and the finding."""

    rating: Rating
    name: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """One file, looked at whole: its format by content, its rating, every reason, bytes and seconds.

    `beside` names the files next to it that were asked for.
    """

    path: str
    format: str
    rating: Rating
    size: int
    seconds: float
    reasons: tuple[Seen, ...] = ()
    beside: tuple[str, ...] = ()


def worst(ratings: Iterable[Rating]) -> Rating:
    """Return the worst of some ratings; none at all is `safe`."""
    order = tuple(Rating)
    return max(ratings, key=order.index, default=Rating.SAFE)
