"""Campaigns that were never run are counted as real ones are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.case.identity import identity
from accord.case.suites import suite
from accord.core.campaign import Campaign
from accord.core.canon import Digest
from accord.core.errors import ManifestError
from accord.core.proportion import needed
from accord.testing.campaigns import Played, play, play_folder
from accord.testing.world import NOON

CASES = suite("llm-baseline")[:6]
SUBJECT = Digest("sha256:" + "1" * 64)
NAMES = [case.name for case in CASES]


def played(**said: object) -> Campaign:
    """Return a campaign of six cases."""
    word = Played(**said)  # type: ignore[arg-type]  # the fields of Played
    return play("one", word, CASES, system="sample", subject=SUBJECT, now=NOON)


def test_what_is_not_named_held_and_was_served() -> None:
    campaign = played(trials=4)
    assert {(one.held, one.broke, one.served) for one in campaign.cases} == {(4, 0, 4)}
    assert [one.id for one in campaign.cases] == [identity(case) for case in CASES]


def test_without_trials_each_pool_gets_what_it_needs_to_pass() -> None:
    campaign = played()
    assert all(pool.decided >= needed(0.05) for pool in campaign.pools)
    assert campaign.gate.passed


@given(broke=st.integers(0, 9), unsure=st.integers(0, 9), error=st.integers(0, 9))
def test_every_trial_comes_to_one_thing(broke: int, unsure: int, error: int) -> None:
    name = NAMES[0]
    campaign = played(trials=9, broke={name: broke}, unsure={name: unsure}, error={name: error})
    case = campaign.cases[0]
    assert case.broke + case.held + case.unsure + case.error == case.trials == 9
    assert case.broke == broke
    assert case.unsure == min(unsure, 9 - broke)
    assert all(other.held == 9 for other in campaign.cases[1:])
    assert bool(case.span) == bool(case.trial) == bool(broke)


def test_what_does_not_apply_is_told_with_its_threat_and_not_counted() -> None:
    campaign = played(trials=1, not_applicable={NAMES[2]: "no tools"})
    (unfit,) = campaign.not_applicable
    assert (unfit.case, unfit.reason, unfit.id) == (NAMES[2], "no tools", identity(CASES[2]))
    assert unfit.threat == CASES[2].threat
    assert NAMES[2] not in {one.name for one in campaign.cases}


def test_refusing_everybody_is_seen_in_the_controls() -> None:
    campaign = played(trials=3, refused=(NAMES[1],))
    refused = next(one for one in campaign.cases if one.name == NAMES[1])
    assert (refused.served, refused.not_served, refused.verdict) == (0, 3, "not-run")


def test_another_digest_and_another_day_are_told() -> None:
    assert played(trials=1).subject == SUBJECT
    assert played(trials=1, elsewhere=True).subject != SUBJECT
    assert (NOON - played(trials=1, days=8).created).days == 8


def test_a_folder_holds_one_file_a_campaign_newest_first(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("{suites: [leak], days: 9}\n")
    (tmp_path / "new.yaml").write_text("{suites: [leak], only: [in-a-poem], trials: 2}\n")
    new, old = play_folder(tmp_path, system="sample", subject=SUBJECT, now=NOON)
    assert (new.campaign.campaign, old.campaign.campaign) == ("new", "old")
    assert [one.name for one in new.campaign.cases] == ["in-a-poem"]
    assert len(old.campaign.cases) == len(suite("leak"))


def test_a_word_that_is_not_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("{suites: [leak], brok: {}}\n")
    with pytest.raises(ManifestError):
        play_folder(tmp_path, system="sample", subject=SUBJECT, now=NOON)
