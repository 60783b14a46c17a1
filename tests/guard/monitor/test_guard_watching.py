"""A log tells of a change in behaviour as an incident, once, with the stream, the way and the decision."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from accord.core.guard import Outcome
from accord.guard.monitor.entries import Entry
from accord.guard.monitor.watching import MOST, OTHERS, STREAMS, Incident, apart, counted, drilled, watched

START = datetime(2026, 11, 22, tzinfo=UTC)


def log(blocked: float, count: int, *, seed: int, model: str = "m", seconds: float = 0.5) -> Iterator[Entry]:
    chance = random.Random(seed)
    for n in range(count):
        outcome = Outcome.BLOCK if chance.random() < blocked else Outcome.ALLOW
        yield Entry(
            decision=f"{seed}-{n}",
            time=START + timedelta(seconds=n),
            kind="request",
            outcome=outcome,
            enforced=True,
            model=model,
            upstream=seconds * chance.lognormvariate(0, 0.3),
        )


def seen(log: Iterable[Entry | None]) -> Iterator[Incident]:
    kept = list(log)
    return watched(kept, apart(kept))


def test_a_wave_of_blocked_requests_is_an_incident_that_says_what_and_when() -> None:
    quiet, wave = list(log(0.02, 1_000, seed=1)), list(log(0.4, 200, seed=2))
    found = list(seen([*quiet, *wave]))
    assert {one.stream for one in found} <= {"stopped", "flagged"}
    assert found
    first = found[0]
    assert first.higher
    assert first.number > 1_000
    assert first.decision.startswith("2-")
    assert "more than before" in first.message


def test_an_ordinary_day_is_no_incident() -> None:
    assert not list(seen(log(0.05, 3_000, seed=3)))


def test_the_same_log_tells_of_the_same_incidents() -> None:
    entries = [*log(0.02, 600, seed=4), *log(0.5, 100, seed=5)]
    assert list(seen(entries)) == list(seen(entries))


def test_a_slower_model_is_noticed_and_another_model_is_counted_apart() -> None:
    slower = [*log(0.0, 500, seed=6), *log(0.0, 200, seed=7, seconds=2.0)]
    assert {one.stream for one in seen(slower)} == {"model-seconds"}
    other = [*log(0.0, 500, seed=6), *log(0.0, 200, seed=7, seconds=2.0, model="another")]
    assert not list(seen(other))


@pytest.mark.parametrize("slow", [False, True])
def test_a_drill_on_the_houses_own_traffic_is_noticed(slow: bool) -> None:  # noqa: FBT001  # the parameter
    noticed = drilled(log(0.03, 1_500, seed=8), "stopped", slow=slow)
    assert noticed is not None
    assert noticed < (1_500 if slow else 200)


def test_a_drill_without_enough_traffic_shows_nothing() -> None:
    assert drilled(log(0.03, 50, seed=9), "stopped", slow=False) is None


def test_lines_that_are_no_decision_are_left_out() -> None:
    assert not list(seen([None] * 100))
    assert counted([None, *log(0.1, 5, seed=10)])["stopped"] == 5
    assert set(counted([])) == {stream.name for stream in STREAMS}


def test_a_flood_of_made_up_names_hides_no_change_of_a_model() -> None:
    flood = [one for n in range(2 * MOST) for one in log(0.0, 4, seed=1_000 + n, model=f"made-up-{n}")]
    real = [*log(0.02, 700, seed=11), *log(0.5, 150, seed=12)]

    found = list(seen([*flood, *real]))

    assert "m" in {one.model for one in found}


def test_models_that_hardly_anybody_names_are_watched_together() -> None:
    many = [one for n in range(MOST) for one in log(0.02, 20, seed=2_000 + n, model=f"often-{n}")]
    rare = [one for n in range(300) for one in log(0.0, 3, seed=3_000 + n, model=f"seldom-{n}")]
    worse = [one for n in range(300, 400) for one in log(1.0, 2, seed=3_000 + n, model=f"seldom-{n}")]

    found = list(seen([*many, *rare, *worse]))

    assert {one.model for one in found} == {OTHERS}
    assert {one.stream for one in found} == {"stopped", "flagged"}
