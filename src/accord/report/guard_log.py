"""What a log of the guard's decisions tells: what was stopped and why, and what somebody should look at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from accord.core.guard import GuardAllowed, GuardPolicy, Outcome
from accord.guard.monitor.entries import Entry

MOST: Final = 200
"""So many codes, texts to review and bypasses stand in a report at most."""

_KEPT: Final = 10_000  # codes and texts, of which the most frequent are shown
_SENSORS: Final = ("detector", "rule-", "R-")  # what codes begin with that are estimates, not facts


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: how often it decided, how that ended, when last, and an example."""

    code: str
    count: int
    outcomes: tuple[tuple[Outcome, int], ...]
    last: datetime
    example: Entry


@dataclass(frozen=True, slots=True)
class Review:
    """A text that may have been stopped for nothing: how often it came, from how many callers, the least sure first."""

    entry: Entry
    count: int
    callers: int


@dataclass(frozen=True, slots=True)
class Exempted:
    """An exception of the policy: for how many days it still holds, and how many decisions it has changed."""

    exception: GuardAllowed
    days: int
    used: int


@dataclass(frozen=True, slots=True)
class Told:
    """A log, worked out. `bad` counts lines that are no decision; `milliseconds` are the guard's own, p50 and p99.

    `more_reasons` and `more_reviews` count those that came most seldom and are not shown.
    """

    first: datetime | None
    last: datetime | None
    decisions: int
    bad: int
    outcomes: tuple[tuple[Outcome, int], ...]
    shadow: int
    reasons: tuple[Reason, ...]
    more_reasons: int
    reviews: tuple[Review, ...]
    more_reviews: int
    bypasses: tuple[Entry, ...]
    exempted: tuple[Exempted, ...]
    running: tuple[tuple[str, str], ...]
    milliseconds: tuple[float, float] | None


def told(log: Iterable[Entry | None], *, policy: GuardPolicy | None, today: date) -> Told:
    """Work a log out in one pass; what is kept of it is bounded."""
    keeping = _Keeping()
    for entry in log:
        keeping.take(entry)
    exceptions = policy.allow if policy else ()
    reasons, reviews = keeping.reasons(), keeping.reviews()
    return Told(
        first=keeping.first,
        last=keeping.last,
        decisions=sum(keeping.outcomes.values()),
        bad=keeping.bad,
        outcomes=tuple((outcome, keeping.outcomes[outcome]) for outcome in Outcome if keeping.outcomes[outcome]),
        shadow=keeping.shadow,
        reasons=tuple(reasons[:MOST]),
        more_reasons=max(0, len(reasons) - MOST) + keeping.dropped_codes,
        reviews=tuple(reviews[:MOST]),
        more_reviews=max(0, len(reviews) - MOST) + keeping.dropped_texts,
        bypasses=tuple(keeping.bypasses),
        exempted=tuple(
            Exempted(one, (one.expires - today).days, keeping.excused[one.rule, one.text]) for one in exceptions
        ),
        running=tuple(keeping.running),
        milliseconds=keeping.times(),
    )


class _Keeping:
    """What is counted while a log is read."""

    def __init__(self) -> None:
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.bad = self.shadow = self.dropped_codes = self.dropped_texts = 0
        self.outcomes: Counter[Outcome] = Counter()
        self.excused: Counter[tuple[str, str]] = Counter()
        self.bypasses: list[Entry] = []
        self.running: dict[tuple[str, str], None] = {}
        self._codes: dict[str, Counter[Outcome]] = {}
        self._examples: dict[str, Entry] = {}
        self._texts: dict[tuple[str, str], Entry] = {}
        self._times: list[float] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._callers: dict[tuple[str, str], set[str]] = {}

    def take(self, entry: Entry | None) -> None:
        """Count one line."""
        if entry is None:
            self.bad += 1
            return
        self.first = min(self.first or entry.time, entry.time)
        self.last = max(self.last or entry.time, entry.time)
        if len(self.running) < MOST:
            self.running[entry.policy, entry.rules] = None
        if entry.seconds is not None and len(self._times) < 100_000:
            self._times.append(entry.seconds)
        if entry.sums_up:
            return
        self.outcomes[entry.outcome] += 1
        self.shadow += not entry.enforced and entry.outcome.stops
        if entry.kind == "bypass" and len(self.bypasses) < MOST:
            self.bypasses.append(entry)
        if entry.outcome is not Outcome.ALLOW:
            self._object(entry)
        elif entry.code:
            self.excused[entry.code, entry.text] += 1

    def _object(self, entry: Entry) -> None:
        code = entry.code or "no reason given"
        self._codes.setdefault(code, Counter())[entry.outcome] += 1
        self._examples[code] = entry
        if entry.text and entry.code.startswith(_SENSORS):
            text = (code, entry.text)
            self._texts[text] = entry
            self._counts[text] += 1
            self._callers.setdefault(text, set()).add(entry.key)
        if max(len(self._codes), len(self._texts)) > 2 * _KEPT:
            self._prune()

    def _prune(self) -> None:
        """Forget what came most seldom, and count it."""
        for code in [one.code for one in self.reasons()[_KEPT:]]:
            del self._codes[code], self._examples[code]
            self.dropped_codes += 1
        for one in self.reviews()[_KEPT:]:
            text = (one.entry.code, one.entry.text)
            del self._texts[text], self._counts[text], self._callers[text]
            self.dropped_texts += 1

    def reasons(self) -> list[Reason]:
        """Return the codes, the most frequent first."""
        found = []
        for code, counts in self._codes.items():
            outcomes = tuple((outcome, counts[outcome]) for outcome in reversed(Outcome) if counts[outcome])
            example = self._examples[code]
            found.append(Reason(code, counts.total(), outcomes, example.time, example))
        return sorted(found, key=lambda one: (-one.count, one.code))

    def reviews(self) -> list[Review]:
        """Return texts that a sensor stopped: those first that come often, from many callers, and with a low score."""
        found = [Review(entry, self._counts[text], len(self._callers[text])) for text, entry in self._texts.items()]
        return sorted(found, key=lambda one: (-one.callers, -one.count, one.entry.score or 0.0, one.entry.decision))

    def times(self) -> tuple[float, float] | None:
        """Return the median and the 99th percentile of the guard's own time, in milliseconds."""
        if not self._times:
            return None
        ordered = sorted(self._times)
        return ordered[len(ordered) // 2] * 1e3, ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3
