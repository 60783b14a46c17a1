"""What a session has used up, and which grants it has consumed. The caller keeps it; nothing here has a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

WINDOWS: Final = {"per_minute": timedelta(minutes=1), "per_hour": timedelta(hours=1), "per_day": timedelta(days=1)}
"""The names of the limits that a time goes with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Calls by tool: how many in this session, the times of those of the last day, and the grants that are used up."""

    calls: Mapping[str, int] = field(default_factory=dict)
    recent: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    used: frozenset[str] = frozenset()

    def after(self, name: str, now: datetime, *, grant: str = "") -> Spent:
        """Return what is used up once a call has run, with the grant that allowed it."""
        kept = tuple(at for at in self.recent.get(name, ()) if now - at < WINDOWS["per_day"])
        return replace(
            self,
            calls={**self.calls, name: self.calls.get(name, 0) + 1},
            recent={**self.recent, name: (*kept, now)},
            used=self.used | {grant} if grant else self.used,
        )

    def beyond(self, name: str, limits: Mapping[str, int], now: datetime) -> str:
        """Return the limit that one more call would break, in words; empty where none would."""
        for limit, most in limits.items():
            if limit == "per_session":
                used = self.calls.get(name, 0)
            elif limit in WINDOWS:
                used = sum(now - at < WINDOWS[limit] for at in self.recent.get(name, ()))
            else:
                return f"the limit {limit!r} is not known"
            if used >= most:
                return f"{used} calls of {most} are used {limit.replace('_', ' ')}"
        return ""


UNSPENT: Final = Spent()
"""What is used up where nothing is."""
