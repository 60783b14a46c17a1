"""Thresholds: a named false-alarm rate is kept, too little traffic changes nothing, damaged files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import CatalogError
from accord.guard.detector.calibration import FEWEST, above, applied, calibrated, readings, written
from accord.guard.detector.words import Reading, logit, probability

SHIPPED = {"default": Reading(flag=0.5, block=0.9)}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=400), st.sampled_from((0.001, 0.01, 0.1)))
def test_no_more_than_the_named_share_reaches_the_threshold(scores: list[float], rate: float) -> None:
    threshold = above(scores, rate)
    if threshold < 1.0:
        assert sum(score >= threshold for score in scores) <= rate * len(scores)


def test_a_noisy_house_gets_a_higher_threshold() -> None:
    honest = [("user", at / 1000) for at in range(1000)]
    made = calibrated(SHIPPED, honest, [("user", 0.995), ("user", 0.7)], rate=0.01)
    assert made.by_channel["user"].flag > 0.98
    measured = made.measured[0]
    assert (measured.alarms_before, measured.alarms_after) == (0.5, 0.01)
    assert (measured.caught_before, measured.caught_after) == (1.0, 0.5)


def test_too_little_traffic_changes_nothing_and_is_told() -> None:
    made = calibrated(SHIPPED, [("memory", 0.9)] * (FEWEST - 1))
    assert made.by_channel == {}
    assert made.measured[0].before == made.measured[0].after == 0.5


def test_blocking_never_happens_below_flagging() -> None:
    made = calibrated(SHIPPED, [("user", 0.3)] * 500)
    assert made.by_channel["user"].block >= made.by_channel["user"].flag


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = calibrated(SHIPPED, [("user", at / 500) for at in range(500)])
    file = tmp_path / "calibration.json"
    file.write_text(json.dumps({"calibration": 1, "channels": written(made.by_channel)}))
    found = applied(SHIPPED, file)
    assert found["user"].flag == pytest.approx(made.by_channel["user"].flag)
    assert found["default"] == SHIPPED["default"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"calibration": 2, "channels": {}}',
        '{"calibration": 1, "channels": []}',
        '{"calibration": 1, "channels": {"user": {"flag": 7}}}',
        '{"calibration": 1, "channels": {"user": {"slope":-1,"offset":0,"low":0,"high":1,"flag":1,"block":1}}}',
        '{"calibration": 1, "channels": {"user": {"slope":1,"offset":0,"low":0,"high":1,"flag":NaN,"block":1}}}',
    ],
)
def test_a_damaged_calibration_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(text)
    with pytest.raises(CatalogError, match="cannot be read"):
        applied(SHIPPED, file)


def test_thresholds_without_a_default_are_refused() -> None:
    with pytest.raises(CatalogError, match="default"):
        readings({"user": {}})


@given(st.floats(0.001, 0.999))
def test_a_logit_is_the_inverse_of_a_probability(chance: float) -> None:
    assert probability(logit(chance)) == pytest.approx(chance)
