"""Exact binomial bounds: against tabulated values, against their own definition, and by coverage."""

from __future__ import annotations

import math
import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.proportion import at_least, deviate, interval, lower, needed, upper

samples = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def tail(hits: int, n: int, share: float) -> float:
    """The chance of `hits` or more, added up term by term."""
    exact = Fraction(share)
    return float(sum(math.comb(n, k) * exact**k * (1 - exact) ** (n - k) for k in range(hits, n + 1)))


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (2, 10, 0.0252, 0.5561),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (0, 20, 0.0, 0.1684),
        (3, 20, 0.0321, 0.3789),
        (10, 20, 0.2720, 0.7280),
        (1, 30, 0.0008, 0.1722),
        (15, 30, 0.3130, 0.6870),
        (4, 50, 0.0222, 0.1923),
        (50, 100, 0.3983, 0.6017),
        (1, 100, 0.0003, 0.0545),
        (100, 1000, 0.0821, 0.1203),
    ],
)
def test_two_sided_intervals_are_those_of_the_tables(hits: int, n: int, low: float, high: float) -> None:
    found = interval(hits, n)
    assert found.low == pytest.approx(low, abs=6e-5)
    assert found.high == pytest.approx(high, abs=6e-5)


@pytest.mark.parametrize(
    ("limit", "hits", "trials"),
    [(0.05, 0, 59), (0.01, 0, 299), (0.10, 0, 29), (0.05, 1, 93), (0.05, 2, 124), (0.05, 3, 153), (0.01, 1, 473)],
)
def test_so_many_trials_are_needed_to_show_a_limit(limit: float, hits: int, trials: int) -> None:
    assert needed(limit, hits=hits) == trials
    assert upper(hits, trials) <= limit < upper(hits, trials - 1)


def test_more_confidence_needs_more_trials() -> None:
    assert needed(0.05, 0.9) == 45
    assert needed(0.05, 0.99) == 90


def test_nothing_seen_shows_nothing() -> None:
    assert interval(0, 0) == (0.0, 1.0)
    assert upper(0, 0) == 1.0
    assert lower(0, 0) == 0.0


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_what_is_no_share_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        upper(hits, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, 2.0, math.nan])
def test_what_is_no_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="a confidence lies between 0 and 1"):
        upper(1, 5, confidence)


@pytest.mark.parametrize("limit", [0.0, 1.0, -0.5, math.nan])
def test_what_is_no_limit_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="a limit lies between 0 and 1"):
        needed(limit)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), st.floats(0.6, 0.999))
def test_the_upper_bound_is_where_so_few_hits_become_rare(sample: tuple[int, int], confidence: float) -> None:
    hits, n = sample
    bound = upper(hits, n, confidence)
    assert 1 - tail(hits + 1, n, bound) == pytest.approx(1 - confidence, rel=1e-7)


@given(samples)
def test_lower_and_upper_mirror_each_other(sample: tuple[int, int]) -> None:
    hits, n = sample
    assert lower(hits, n) == pytest.approx(1 - upper(n - hits, n), abs=1e-12)


@given(samples)
def test_the_share_lies_in_its_interval_and_inside_the_bounds(sample: tuple[int, int]) -> None:
    hits, n = sample
    found = interval(hits, n)
    assert 0 <= found.low <= lower(hits, n) <= hits / n <= upper(hits, n) <= found.high <= 1


@given(samples)
def test_bounds_grow_with_hits_and_narrow_with_trials(sample: tuple[int, int]) -> None:
    hits, n = sample
    assert upper(hits, n + 1) < upper(hits, n) or upper(hits, n) == 1.0
    assert upper(hits + 1, n + 1) > upper(hits, n + 1)


@given(st.floats(0.002, 0.5), st.integers(0, 5))
def test_needed_is_the_least_number_that_does(limit: float, hits: int) -> None:
    trials = needed(limit, hits=hits)
    assert upper(hits, trials) <= limit
    assert trials == max(1, hits) or upper(hits, trials - 1) > limit


@settings(max_examples=60, deadline=None)
@given(samples, st.floats(0.01, 0.99))
def test_the_chance_of_so_many_hits_is_the_sum_of_its_terms(sample: tuple[int, int], share: float) -> None:
    hits, n = sample
    assert at_least(hits, n, share) == pytest.approx(tail(hits, n, share), rel=1e-8, abs=1e-14)


def test_chances_at_the_ends() -> None:
    assert at_least(0, 5, 0.0) == 1.0
    assert at_least(1, 5, 0.0) == 0.0
    assert at_least(5, 5, 1.0) == 1.0


def test_the_95_percent_interval_covers_the_truth_in_93_of_100_seeds() -> None:
    covered = 0
    for seed in range(100):
        rng = random.Random(seed)
        hits = sum(rng.random() < 0.3 for _ in range(600))
        found = interval(hits, 600)
        covered += found.low <= 0.3 <= found.high
    assert covered >= 93


@pytest.mark.parametrize(("share", "n"), [(0.05, 59), (0.02, 200), (0.5, 30), (0.9, 40)])
def test_the_upper_bound_lies_below_the_truth_at_most_one_time_in_twenty(share: float, n: int) -> None:
    missed = sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1) if upper(k, n) < share)
    assert missed <= 0.05


def test_large_samples_are_exact_too() -> None:
    found = interval(500_000, 1_000_000)
    assert found.low == pytest.approx(0.5 - 0.00098, abs=2e-6)
    assert found.high == pytest.approx(0.5 + 0.00098, abs=2e-6)
    assert upper(3, 1_000_000) == pytest.approx(7.7537e-6, rel=1e-3)  # a quantile of the Poisson distribution


def test_a_thousand_different_bounds_take_less_than_two_seconds() -> None:
    start = time.process_time()
    for n in range(1_000, 2_000):
        upper(n // 7, n)
    assert time.process_time() - start < 2


def test_two_standard_deviations_are_about_95_percent() -> None:
    assert deviate() == pytest.approx(1.959964, abs=1e-6)
