"""What monitoring leaves on file: a comparison of canary prompts, and incidents with the causes that people found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from accord.core.clock import utc
from accord.core.text import one_line


class Comparison(NamedTuple):
    """One comparison of canary prompts; not `enough` answers tell nothing."""

    time: datetime
    model: str
    changed: bool
    enough: bool


class Cause(NamedTuple):
    """What somebody found an incident to be."""

    incident: str
    text: str
    by: str


class OnFile(NamedTuple):
    """The incidents of a file by their ids, with their times and what they say, and the causes that were named.

    `bad` counts lines that are neither.
    """

    times: Mapping[str, datetime]
    said: Mapping[str, str]
    causes: Mapping[str, Cause]
    bad: int

    @property
    def open(self) -> tuple[str, ...]:
        """Return the incidents without a cause, in the order of the file."""
        return tuple(one for one in self.times if one not in self.causes)


def comparison_of(text: str) -> Comparison | None:
    """Return the comparison that a file holds, or None."""
    said = _object(text)
    time = _time(said)
    known = all(isinstance(said.get(name), bool) for name in ("changed", "enough"))
    return Comparison(time, _text(said, "model"), said["changed"], said["enough"]) if time and known else None


def on_file(lines: Iterable[str]) -> OnFile:
    """Return what a file of incidents holds; of several causes of one incident the last counts."""
    times: dict[str, datetime] = {}
    told: dict[str, str] = {}
    causes: dict[str, Cause] = {}
    bad = 0
    for line in lines:
        if not line.strip():
            continue
        said = _object(line)
        time, id_ = _time(said), _text(said, "id")
        cause = Cause(_text(said, "incident"), _text(said, "cause"), _text(said, "by"))
        if id_ and time:
            times.setdefault(id_, time)
            told.setdefault(id_, _text(said, "message"))
        elif all(part.strip() for part in cause) and "@" in cause.by:
            causes[cause.incident] = cause
        else:
            bad += 1
    return OnFile(times, told, causes, bad)


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _time(said: Mapping[str, Any]) -> datetime | None:
    try:
        return utc(said["time"])
    except (ValueError, TypeError, KeyError):
        return None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return one_line(value, 400) if isinstance(value, str) else ""
