"""The log of the guard's decisions as checks read it: JSON lines, of which each tells when something was decided."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from accord.core import Context
from accord.core.clock import utc


class Kept(NamedTuple):
    """The lines of a log, with their numbers, and the times of those that are decisions."""

    lines: tuple[tuple[int, str], ...]
    times: tuple[datetime, ...]


def entries(ctx: Context, path: str) -> Kept | None:
    """Return what a log holds, or None where there is none that can be read."""
    text = ctx.text(path)
    if text is None:
        return None
    lines = tuple((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    times = tuple(time for _, line in lines if (time := _time(line)) is not None)
    return Kept(lines, times)


def _time(line: str) -> datetime | None:
    """Return when a line says that something was decided; None for a line that is no decision."""
    try:
        said = json.loads(line)
        return utc(said["time"]) if isinstance(said, dict) and "decision" in said else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
