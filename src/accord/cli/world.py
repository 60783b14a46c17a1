"""What the doors hand to the engine: the time, progress on stderr, and whom to trust."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from accord.cli import say
from accord.core.errors import AccordError
from accord.core.text import one_line

if TYPE_CHECKING:
    from accord.record.trust import Trust

_PAUSE = 0.1


def now(environ: Mapping[str, str]) -> datetime:
    """Return the time, UTC: the clock's, or `ACCORD_NOW` (RFC 3339) where a run must be repeatable.

    Raises `AccordError` for an `ACCORD_NOW` that is no time.
    """
    fixed = environ.get("ACCORD_NOW")
    if fixed is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError as error:
        raise AccordError(f"ACCORD_NOW is no time: {fixed!r}", code="ACC-E131", hint="2026-11-22T12:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def progress(stream: TextIO) -> Callable[[int, int, str], None]:
    """Return what draws progress: one line that is drawn over on a terminal, nothing in a pipe."""
    if not stream.isatty():
        return lambda _done, _total, _what: None
    drawn = [0.0]

    def draw(done: int, total: int, what: str) -> None:
        finished = total > 0 and done == total
        if not finished and time.monotonic() - drawn[0] < _PAUSE:
            return
        drawn[0] = time.monotonic()
        line = "" if finished else f"{done}/{total} {one_line(what, 60)}"
        stream.write(f"\r\x1b[2K{line}")
        stream.flush()

    return draw


def trust_for(source: str | None, *, state: Path, root: Path | None, moment: datetime) -> Trust:
    """Return whom to trust: the trust file of a flag or the environment, and the keys of this machine."""
    from accord.record.keys import list_keys
    from accord.record.trust import Trust, read_trust

    local = list_keys(state)
    if source is None:
        return Trust(local=local)
    roots = [name for name in os.environ.get("ACCORD_TRUST_ROOT", "").split(",") if name]
    trust = read_trust(source, state=state, root_dir=root, roots=roots, now=moment, local=local)
    if trust.pinned_now:
        say(f"pinned the roots of {source}: from now on only they may sign it")
    return trust
