"""What the gateway counts, as Prometheus reads it."""

from __future__ import annotations

from itertools import product
from typing import Final

from accord.core.guard import Outcome
from accord.guard.gateway.shared import Rows

ROUTES: Final = ("chat", "responses", "embeddings", "messages", "models", "mcp", "other")
EVENTS: Final[dict[str, str]] = {
    "bypasses": "requests that went on although the guard could not look at them",
    "cuts": "answers that were cut or changed",
    "calls_refused": "tool calls that were refused",
    "limited": "requests refused by a limit",
    "refused": "requests refused for their form",
    "upstream_errors": "answers of the upstream that failed or could not be read",
    "log_errors": "decisions that could not be written",
    "memory_errors": "conversations that could not be remembered, or not be read again",
    "reloads": "rule sets or policies taken up",
    "reload_errors": "rule sets or policies that could not be taken up",
    "disconnects": "callers that left before their answer",
    "in_flight": "requests being answered",
}
_BOUNDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_REQUESTS: Final = {pair: place for place, pair in enumerate(product(ROUTES, tuple(Outcome)))}
_EVENTS: Final = {name: 64 + place for place, name in enumerate(EVENTS)}
_OWN: Final = 100
"""Seconds spent in the gateway itself, the upstream apart: buckets, then their sum."""


class Metrics:
    """The counters of one worker."""

    __slots__ = ("_rows", "worker")

    def __init__(self, rows: Rows | None = None, worker: int = 0) -> None:
        self._rows = rows or Rows()
        self.worker = worker

    def request(self, route: str, outcome: Outcome, seconds: float) -> None:
        """Count one request and the time the gateway itself took for it."""
        self._rows.add(self.worker, _REQUESTS[route, outcome])
        bucket = next((place for place, bound in enumerate(_BOUNDS) if seconds <= bound), len(_BOUNDS))
        self._rows.add(self.worker, _OWN + bucket)
        self._rows.add(self.worker, _OWN + len(_BOUNDS) + 1, seconds)

    def count(self, event: str, amount: int = 1) -> None:
        """Count an event."""
        self._rows.add(self.worker, _EVENTS[event], amount)

    def total(self, event: str) -> float:
        """Return how often an event was counted, over all workers."""
        return self._rows.total(_EVENTS[event])

    def page(self, rules: str, policy: str) -> bytes:
        """Return everything in Prometheus' text format."""
        lines = ["# HELP accord_guard_requests_total requests by route and decision"]
        lines.append("# TYPE accord_guard_requests_total counter")
        for (route, outcome), place in _REQUESTS.items():
            if amount := self._rows.total(place):
                lines.append(f'accord_guard_requests_total{{route="{route}",decision="{outcome}"}} {amount:.0f}')
        for name, about in EVENTS.items():
            kind = "gauge" if name == "in_flight" else "counter"
            full = f"accord_guard_{name}" + ("" if kind == "gauge" else "_total")
            lines += [
                f"# HELP {full} {about}",
                f"# TYPE {full} {kind}",
                f"{full} {self._rows.total(_EVENTS[name]):.0f}",
            ]
        lines.append("# HELP accord_guard_own_seconds time in the gateway itself, until the answer begins")
        lines.append("# TYPE accord_guard_own_seconds histogram")
        count = 0.0
        for place, bound in enumerate((*_BOUNDS, float("inf"))):
            count += self._rows.total(_OWN + place)
            shown = "+Inf" if bound == float("inf") else f"{bound:g}"
            lines.append(f'accord_guard_own_seconds_bucket{{le="{shown}"}} {count:.0f}')
        lines.append(f"accord_guard_own_seconds_sum {self._rows.total(_OWN + len(_BOUNDS) + 1):.6f}")
        lines.append(f"accord_guard_own_seconds_count {count:.0f}")
        lines.append("# TYPE accord_guard_running_info gauge")
        lines.append(f'accord_guard_running_info{{rules="{rules}",policy="{policy}"}} 1')
        return ("\n".join(lines) + "\n").encode()


def place_of(event: str) -> int:
    """Return where an event is counted."""
    return _EVENTS[event]
