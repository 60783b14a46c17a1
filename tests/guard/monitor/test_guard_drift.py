"""The drift test: hardly ever an alarm without a change, soon one with it, whatever the values look like."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from accord.guard.monitor.drift import EVERY, LEARNING, Alarm, Drift

Source = Callable[[random.Random], float]


def rare(share: float) -> Source:
    return lambda chance: float(chance.random() < share)


def slow(scale: float) -> Source:
    return lambda chance: chance.lognormvariate(0, 1) * scale


def first_alarm(values: Iterator[float], drift: Drift) -> Alarm | None:
    return next((alarm for value in values if (alarm := drift.add(value)) is not None), None)


@pytest.mark.parametrize("source", [rare(0.05), slow(1.0), lambda chance: chance.gauss(0, 1), lambda _: 3.0])
def test_a_stream_that_does_not_change_hardly_ever_alarms(source: Source) -> None:
    alarms = values = 0
    for seed in range(40):
        chance = random.Random(seed)
        drift = Drift(every=2_000, seed=1_000 + seed)
        alarms += sum(drift.add(source(chance)) is not None for _ in range(1_500))
        values += 1_500
    assert alarms <= values / 2_000 * 1.5, "at most one in 2,000 values on average, with room for chance"


@pytest.mark.parametrize(
    ("before", "after", "within"),
    [
        (rare(0.05), rare(0.3), 150),
        (slow(1.0), slow(4.0), 150),
        (rare(0.3), rare(0.02), 400),
        (rare(0.1), rare(0.0), 300),
    ],
)
def test_a_sudden_change_is_found_soon(before: Source, after: Source, within: int) -> None:
    found = 0
    for seed in range(20):
        chance = random.Random(seed)
        drift = Drift(seed=1_000 + seed)
        assert first_alarm((before(chance) for _ in range(1_000)), drift) is None
        found += first_alarm((after(chance) for _ in range(within)), drift) is not None
    assert found >= 18


def test_a_guard_or_a_model_that_stops_refusing_is_noticed_however_rare_its_refusals_were() -> None:
    found = 0
    for seed in range(8):
        chance = random.Random(seed)
        drift = Drift(seed=1_000 + seed, reference=[float(chance.random() < 0.03) for _ in range(10_000)])
        found += first_alarm(iter([0.0] * 700), drift) is not None
    assert found >= 7


def test_a_slow_change_is_found_too() -> None:
    found = 0
    for seed in range(20):
        chance = random.Random(seed)
        drift = Drift(seed=1_000 + seed)
        found += first_alarm((chance.gauss(step / 1_000, 1) for step in range(3_000)), drift) is not None
    assert found >= 18


def test_an_alarm_says_which_way_and_the_test_begins_anew() -> None:
    drift = Drift(seed=1)
    values = [0.0, 1.0] * LEARNING
    assert first_alarm(iter(values), drift) is None
    higher = first_alarm(iter([5.0] * 100), drift)
    assert higher is not None
    assert higher.higher
    assert higher.evidence >= EVERY
    assert drift.evidence == 0


def test_values_that_are_no_numbers_are_left_out() -> None:
    drift = Drift()
    assert first_alarm(iter([float("nan"), float("inf")] * 500), drift) is None
    assert drift.evidence == 0


def test_a_reference_spares_the_learning() -> None:
    chance = random.Random(3)
    drift = Drift(seed=4, reference=[chance.gauss(0, 1) for _ in range(500)])
    alarm = first_alarm((chance.gauss(3, 1) for _ in range(60)), drift)
    assert alarm is not None
    assert alarm.at <= 40


def test_the_same_seed_decides_the_same() -> None:
    values = [random.Random(5).random() for _ in range(300)]
    one, other = Drift(seed=9), Drift(seed=9)
    for value in values:
        one.add(value)
        other.add(value)
    assert one.evidence == other.evidence
