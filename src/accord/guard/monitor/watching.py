"""Behaviour over time, read from the log of decisions: one drift test a stream, and an incident where one alarms."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from accord.core.canon import Digest, digest
from accord.core.guard import Outcome
from accord.guard.monitor.drift import EVERY, Alarm, Drift
from accord.guard.monitor.entries import Entry

MOST: Final = 100
"""So many models are watched each alone, and the others together: names of models come from callers."""

OTHERS: Final = "all other models"
"""What the models are called that are watched together."""

FEWEST: Final = 200
"""So many values of a stream a drill needs."""

_COUNTED: Final = 10_000  # names of models


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A change in one stream that chance does not explain.

    `id` is the digest of stream and decision, so that the same log tells of the same incident again. `number` counts
    the values of the stream so far; `evidence` is what the test held: `every` values pass between two false alarms.
    """

    id: Digest
    stream: str
    model: str
    time: datetime
    decision: str
    number: int
    evidence: float
    higher: bool
    message: str


class Stream(NamedTuple):
    """What is measured at each entry of some kind, and how a change reads."""

    name: str
    measure: Callable[[Entry], float | None]
    said: str


def _of(kind: str, measure: Callable[[Entry], float | None]) -> Callable[[Entry], float | None]:
    return lambda entry: measure(entry) if entry.kind == kind else None


STREAMS: Final = (
    Stream("stopped", _of("request", lambda entry: float(entry.outcome.stops)), "requests are stopped"),
    Stream(
        "flagged", _of("request", lambda entry: float(entry.outcome is not Outcome.ALLOW)), "requests are objected to"
    ),
    Stream("calls-refused", _of("call", lambda entry: float(entry.outcome.stops)), "tool calls are refused"),
    Stream(
        "withheld",
        lambda entry: float(entry.outcome not in {Outcome.ALLOW, Outcome.FLAG}) if entry.sums_up else None,
        "answers are cut or redacted",
    ),
    Stream("refusals", lambda entry: None if entry.refusal is None else float(entry.refusal), "the model refuses"),
    Stream("answer-size", lambda entry: entry.size, "answers are long"),
    Stream("model-seconds", lambda entry: entry.upstream, "the model takes its time"),
    Stream("guard-seconds", lambda entry: entry.seconds, "the guard takes its time"),
)
"""What is watched of each model."""


def apart(log: Iterable[Entry | None]) -> frozenset[str]:
    """Return the models with the most lines in a log: those that are watched each alone."""
    counts: Counter[str] = Counter()
    for entry in log:
        if entry is not None:
            counts[entry.model] += 1
        if len(counts) > 2 * _COUNTED:
            counts = Counter(dict(counts.most_common(_COUNTED)))
    return frozenset(name for name, _ in counts.most_common(MOST))


def watched(
    log: Iterable[Entry | None], alone: Collection[str], *, every: int = EVERY, seed: int = 0
) -> Iterator[Incident]:
    """Yield the incidents in a log, in order; models that are not watched `alone` are watched together.

    `every` is shared: it bounds the false alarms of all streams together.
    """
    tests: dict[tuple[str, str], Drift] = {}
    for entry in log:
        if entry is None:
            continue
        model = entry.model if entry.model in alone else OTHERS
        for stream in STREAMS:
            value = stream.measure(entry)
            if value is None:
                continue
            key = (stream.name, model)
            test = tests.setdefault(key, Drift(every=every * len(STREAMS), seed=seed + len(tests)))
            alarm = test.add(value)
            if alarm is not None:
                yield _incident(stream, entry, alarm, model)


def _incident(stream: Stream, entry: Entry, alarm: Alarm, model: str) -> Incident:
    way = "more" if alarm.higher else "less"
    return Incident(
        id=digest({"stream": stream.name, "model": model, "decision": entry.decision}),
        stream=stream.name,
        model=model,
        time=entry.time,
        decision=entry.decision,
        number=alarm.at,
        evidence=round(alarm.evidence),
        higher=alarm.higher,
        message=f"{stream.said} {way} than before, seen after {alarm.at} values",
    )


def drilled(
    log: Iterable[Entry | None], stream: str, *, slow: bool, share: float = 0.3, most: int = 2_000
) -> int | None:
    """Return after how many values a change planted into a real stream is noticed, or None where it is not.

    The stream's own values are replayed; then a share of them is replaced by values that it hardly ever shows, at
    once or more and more. None also where the log holds fewer values than a test needs to learn.
    """
    measure = next(one.measure for one in STREAMS if one.name == stream)
    values = [value for entry in log if entry is not None and (value := measure(entry)) is not None][-most:]
    test, chance = Drift(reference=values), random.Random(1)  # noqa: S311  # a drill
    if len(values) < FEWEST:
        return None
    strange = max(values) + 1.0 if max(values) > 1 or min(values) < 0 else 1.0 if sum(values) < len(values) / 2 else 0.0
    for n in range(most):
        grown = min(1.0, n / (most / 2)) if slow else 1.0
        if test.add(strange if chance.random() < share * grown else chance.choice(values)) is not None:
            return n + 1
    return None


def counted(log: Iterable[Entry | None]) -> Mapping[str, int]:
    """Return how many values each stream has in a log."""
    counts: dict[str, int] = {stream.name: 0 for stream in STREAMS}
    for entry in log:
        for stream in STREAMS if entry is not None else ():
            counts[stream.name] += stream.measure(entry) is not None if entry is not None else 0
    return counts
