"""The log of decisions: one JSON line each, whole, on disk before the reply ends, and without what it kept back."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from accord.core.errors import AccordError
from accord.core.guard import Decision, Hit, Outcome
from accord.core.text import one_line
from accord.guard.engine import excepted_text
from accord.guard.gateway.judging import Judged
from accord.guard.gateway.wire import RefusedError

EXCERPT: Final = 160
"""Characters of a text that a line may show, what was met taken out."""

_AROUND: Final = 2_000
_BEGINNING: Final = b'{"decision":"'
_LONGEST: Final = 1 << 20
Mask = Callable[[str], str]


class DecisionLog:
    """A file that several workers append to; a line is written at once, or the reply does not go out."""

    def __init__(self, path: Path) -> None:
        try:
            access = os.O_WRONLY if path.is_fifo() else os.O_RDWR
            flags = access | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._handle = os.open(path, flags, 0o600)
        except OSError as error:
            message = f"the log {path.name} cannot be opened: {error.strerror}"
            raise AccordError(message, hint="name a file that can be written", code="ACC-E759") from error
        self._is_file = stat.S_ISREG(os.fstat(self._handle).st_mode)

    def write(self, lines: Sequence[bytes]) -> None:
        """Append lines with one call; raises `RefusedError` where they are not all written.

        The lock ends with whoever holds it, so that what a killed worker left torn is mended by the next to write.
        """
        data = b"".join(lines)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            try:
                data = self._mended() + data
                count = os.write(self._handle, data)
            finally:
                fcntl.flock(self._handle, fcntl.LOCK_UN)
        except OSError as error:
            raise RefusedError(
                f"the decision cannot be written: {error.strerror}", code="ACC-E759", status=503
            ) from error
        if count != len(data):
            raise RefusedError("the decision cannot be written whole", code="ACC-E759", status=503)

    def _mended(self) -> bytes:
        """Cut off a decision that was written in part, whose reply never went out; return what ends any other line."""
        size = os.fstat(self._handle).st_size if self._is_file else 0
        if size == 0 or os.pread(self._handle, 1, size - 1) == b"\n":
            return b""
        start = max(0, size - _LONGEST)
        before, found, head = os.pread(self._handle, size - start, start).rpartition(b"\n")
        begun = head[: len(_BEGINNING)] == _BEGINNING[: len(head)]
        if not begun or (start and not found):
            return b"\n"
        try:
            os.ftruncate(self._handle, start + len(before) + len(found))
        except OSError:  # a file that may only be appended to, `chattr +a`
            return b"\n"
        return b""

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


def line(judged: Judged, about: dict[str, Any], mask: Mask, now: float) -> bytes:
    """Return the line of one decision; `about` is what the request says of itself."""
    made = judged.decision
    said = {
        "decision": made.id,
        "time": _told(now),
        "kind": judged.kind,
        "outcome": made.outcome.value,
        **about,
        **judged.measured,
        "policy": made.policy,
        "rules": made.rules,
        "subject": made.subject,
        "enforced": made.enforced,
    }
    if made.outcome is not Outcome.ALLOW or made.message:  # what a person allowed is on record with who it was
        said |= _why(made, judged.text, mask)
    return orjson.dumps(said, default=str, option=orjson.OPT_APPEND_NEWLINE)


def _told(now: float) -> str:
    """Return a time to the millisecond."""
    second, rest = divmod(round(now * 1e6), 1_000_000)
    return f"{_second(second)}.{rest // 1_000:03}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"


def _why(made: Decision, text: str, mask: Mask) -> dict[str, Any]:
    why: dict[str, Any] = {
        "code": made.code,
        "message": one_line(mask(made.message), 300),
        "where": one_line(mask(made.where), 200),
        "start": made.start,
        "end": made.end,
        "path": [one_line(mask(step), 200) for step in made.path],
        "hits": [_hit(hit) for hit in made.hits[:16]],
    }
    if text:
        why["text"] = excepted_text(text)
        why["excerpt"] = excerpt(text, made, mask)
    return why


def _hit(hit: Hit) -> dict[str, Any]:
    said = {"rule": hit.rule, "outcome": hit.outcome.value, "start": hit.start, "end": hit.end, "view": hit.view}
    return {**said, "score": round(hit.score, 4)}


def excerpt(text: str, made: Decision, mask: Mask) -> str:
    """Return some of a text around what was met, with secrets and canaries taken out."""
    start = max(0, made.start - 40)
    behind = min(start, _AROUND)
    around = mask(text[start - behind : start + _AROUND])  # far beyond what is shown, so that nothing is cut in half
    return one_line(around[behind:], EXCERPT)
