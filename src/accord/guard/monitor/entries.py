"""The log of decisions, read back line by line; whatever is no decision is counted, and nothing in it is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from accord.core.clock import utc
from accord.core.errors import RecordError
from accord.core.guard import Outcome
from accord.core.text import one_line, shown
from accord.record.state import lines_of

LONGEST: Final = 1 << 20
"""The longest line that is read, in bytes."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{1,64}")
_OUTCOMES: Final = {one.value: one for one in Outcome}


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision as it was logged. `kind` is request, answer, call, refusal, limit or bypass.

    `seconds` is the guard's own time, `upstream` the model's; `size` counts the characters of an answer, `refusal`
    tells whether it reads like one.
    """

    decision: str
    time: datetime
    kind: str
    outcome: Outcome
    enforced: bool
    code: str = ""
    message: str = ""
    where: str = ""
    path: tuple[str, ...] = ()
    excerpt: str = ""
    text: str = ""
    score: float | None = None
    key: str = ""
    route: str = ""
    model: str = ""
    policy: str = ""
    rules: str = ""
    seconds: float | None = None
    upstream: float | None = None
    size: float | None = None
    refusal: bool | None = None

    @property
    def sums_up(self) -> bool:
        """Tell whether this sums a whole answer up; what was decided about its parts has lines of its own."""
        return self.kind == "answer" and self.size is not None


def entries(path: Path) -> Iterator[Entry | None]:
    """Yield each decision in a log, and None for each line that is none.

    Raises `RecordError` when the file cannot be read.
    """
    try:
        lines = (line for line in lines_of(path, LONGEST) if line is None or line.strip())
        yield from (None if line is None else entry_of(line) for line in lines)
    except OSError as error:
        message = f"the log {shown(str(path))} cannot be read: {error.strerror}"
        raise RecordError(
            message, hint="name the file that `accord guard serve --log` writes", code="ACC-E790"
        ) from error


def entry_of(line: bytes) -> Entry | None:
    """Return the decision that a line holds, or None."""
    try:
        said = json.loads(line)
        if not isinstance(said, dict):
            return None
        made = Entry(
            decision=_text(said, "decision"),
            time=utc(said["time"]),
            kind=_text(said, "kind"),
            outcome=_OUTCOMES[said["outcome"]],
            enforced=said.get("enforced") is not False,
            score=_score(said.get("hits")),
            path=tuple(one_line(str(step), 200) for step in _list(said.get("path"))[:16]),
            seconds=_number(said.get("seconds")),
            upstream=_number(said.get("upstream")),
            size=_number(said.get("size")),
            refusal=said["refusal"] if isinstance(said.get("refusal"), bool) else None,
            code=_text(said, "code"),
            message=_text(said, "message"),
            where=_text(said, "where"),
            excerpt=_text(said, "excerpt"),
            text=text if _DIGEST.fullmatch(text := _text(said, "text")) else "",
            key=_text(said, "key"),
            route=_text(said, "route"),
            model=_text(said, "model"),
            policy=_text(said, "policy"),
            rules=_text(said, "rules"),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return made if made.decision else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return one_line(value, 400) if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and 0 <= value < 1e9 else None  # type: ignore[operator, arg-type]  # known says so


def _score(hits: object) -> float | None:
    scores = [
        number for hit in _list(hits) if isinstance(hit, dict) and (number := _number(hit.get("score"))) is not None
    ]
    return max(scores, default=None)
