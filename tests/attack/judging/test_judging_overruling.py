"""A person may decide one result otherwise: signed, bound to what was said, with an end, and always told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from accord.attack.judging.overruling import apply
from accord.core.campaign import TrialResult
from accord.core.canon import digest
from accord.core.errors import RecordError
from accord.core.finding import TrustLevel
from accord.core.system import Level, Role
from accord.record.keys import Signer, list_keys, make_key
from accord.record.overrule import Overrule, OverruleRead, read_overrules, write_overrule
from accord.record.trust import Trust, TrustedKey, TrustFile

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAID: Final = digest("what was said")
NOTE: Final = Overrule(
    overrule=1,
    campaign="C-1",
    trial="t1",
    transcript=SAID,
    outcome="held",
    was="broke",
    reason="the word is the customer's own name",
    role=Role.SECURITY_LEAD,
    created=date(2026, 11, 20),
    expires=date(2026, 12, 20),
)
RESULTS: Final = (
    TrialResult(trial="t0", outcome="broke", transcript=digest("else")),
    TrialResult(trial="t1", outcome="broke", transcript=SAID, reason="judged: it does"),
)


@pytest.fixture
def lead(tmp_path: Path) -> Signer:
    return make_key(tmp_path, "security-lead")


def read(
    state: Path, *, trust: Trust | None = None, level: Level = Level.BASELINE, at: datetime = NOW
) -> tuple[OverruleRead, ...]:
    return read_overrules(state, "C-1", trust=trust or Trust(local=list_keys(state)), level=level, at=at)


def outcomes(read_: tuple[OverruleRead, ...]) -> list[str]:
    return [result.outcome for result in apply(RESULTS, read_).results]


def test_an_overrule_changes_one_result_and_is_told(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, NOTE, lead)
    ruled = apply(RESULTS, read(tmp_path))
    assert [result.outcome for result in ruled.results] == ["broke", "held"]
    assert ruled.results[1].reason == (
        "overruled from broke by the security-lead until 2026-12-20: the word is the customer's own name"
    )
    assert ruled.told == (
        "the security-lead overruled t1 from broke to held until 2026-12-20: the word is the customer's own name",
    )


def test_a_held_trial_can_be_called_broken(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, replace(NOTE, outcome="broke", was="unsure"), lead)
    results = (replace(RESULTS[1], outcome="unsure"),)
    assert [one.outcome for one in apply(results, read(tmp_path)).results] == ["broke"]


def test_without_overrules_nothing_changes(tmp_path: Path) -> None:
    assert apply(RESULTS, read(tmp_path)) == (RESULTS, ())


def test_overrules_of_other_campaigns_are_passed_over(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, replace(NOTE, campaign="C-2"), lead)
    assert read(tmp_path) == ()


def test_a_newer_overrule_of_a_trial_takes_the_place_of_the_older(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, NOTE, lead)
    write_overrule(tmp_path, replace(NOTE, reason="looked again"), lead)
    (found,) = read(tmp_path)
    assert found.note is not None
    assert found.note.reason == "looked again"


@pytest.mark.parametrize("days", [-1, 31, 4_000])
def test_outside_its_days_it_is_ignored_and_named(tmp_path: Path, lead: Signer, days: int) -> None:
    write_overrule(tmp_path, NOTE, lead)
    found = read(tmp_path, at=NOW + timedelta(days=days))
    ruled = apply(RESULTS, found)
    assert [one.outcome for one in ruled.results] == ["broke", "broke"]
    assert ruled.told == ("the overrule of t1 from broke to held is ignored: it counts from 2026-11-20 to 2026-12-20",)


def test_it_counts_on_its_last_day(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, NOTE, lead)
    assert outcomes(read(tmp_path, at=NOW + timedelta(days=30))) == ["broke", "held"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires": date(2027, 2, 19)}, "it ends within 90 days"),
        ({"expires": date(2026, 11, 19)}, "it ends within 90 days"),
        ({"role": Role.SYSTEM_OWNER}, "the system-owner may not overrule"),
        ({"reason": " "}, "its reason is empty"),
        ({"reason": "x" * 2_001}, "longer than 2,000"),
        ({"reason": "fine\u202e"}, "hidden characters"),
        ({"outcome": "broke"}, "the trial is broke already"),
        ({"overrule": 2}, "its format 2 is not known"),
    ],
)
def test_what_could_never_count_is_not_written(
    tmp_path: Path, lead: Signer, change: dict[str, object], words: str
) -> None:
    note = replace(NOTE, **change)  # type: ignore[arg-type]  # one field each
    with pytest.raises(RecordError, match=words) as caught:
        write_overrule(tmp_path, note, lead)
    assert caught.value.code == "ACC-E636"
    assert not (tmp_path / "overrules").exists()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (replace(RESULTS[1], transcript=digest("another run")), "it is about another transcript of that trial"),
        (replace(RESULTS[1], transcript=None), "it is about another transcript of that trial"),
        (replace(RESULTS[1], outcome="held"), "the trial is held, not broke"),
        (replace(RESULTS[1], outcome="error"), "the trial is error, not broke"),
        (replace(RESULTS[1], trial="t9"), "the campaign has no such trial"),
    ],
)
def test_an_overrule_fits_one_transcript_only(tmp_path: Path, lead: Signer, result: TrialResult, words: str) -> None:
    write_overrule(tmp_path, NOTE, lead)
    ruled = apply((result,), read(tmp_path))
    assert ruled.results == (result,)
    assert ruled.told == (f"the overrule of t1 from broke to held is ignored: {words}",)


def test_a_control_run_cannot_be_overruled(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, replace(NOTE, was="served"), lead)
    ruled = apply((replace(RESULTS[1], outcome="served"),), read(tmp_path))
    assert ruled.results[0].outcome == "served"
    assert "is ignored" in ruled.told[0]


def test_the_key_of_another_role_does_not_count(tmp_path: Path) -> None:
    write_overrule(tmp_path, NOTE, make_key(tmp_path, "developer"))
    (found,) = read(tmp_path)
    assert (found.counted, found.problem) == (False, "no key of the security-lead signed it")


def test_an_unknown_key_does_not_count(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, NOTE, lead)
    (found,) = read(tmp_path, trust=Trust())
    assert (found.note, found.counted) == (None, False)
    assert "is ignored: signed by" in apply(RESULTS, (found,)).told[0]


def test_a_changed_overrule_is_ignored_and_named(tmp_path: Path, lead: Signer) -> None:
    path = write_overrule(tmp_path, NOTE, lead)
    envelope = json.loads(path.read_bytes())
    envelope["signatures"][0]["sig"] = "A" * 86 + "=="
    path.write_text(json.dumps(envelope), "utf-8")
    ruled = apply(RESULTS, read(tmp_path))
    assert ruled.results == RESULTS
    assert f"the overrule {path.name} is ignored: the signature of key" in ruled.told[0]


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 10_000, b"x" * (2 << 20)])
def test_a_damaged_file_is_named_and_stops_nothing(tmp_path: Path, lead: Signer, data: bytes) -> None:
    write_overrule(tmp_path, NOTE, lead)
    (tmp_path / "overrules" / "0.json").write_bytes(data)
    ruled = apply(RESULTS, read(tmp_path))
    assert [one.outcome for one in ruled.results] == ["broke", "held"]
    assert "the overrule 0.json is ignored" in ruled.told[0]


def test_above_baseline_a_local_key_is_not_enough(tmp_path: Path, lead: Signer) -> None:
    write_overrule(tmp_path, NOTE, lead)
    (found,) = read(tmp_path, level=Level.STANDARD)
    assert "level standard asks for one that a trust file names" in found.problem


@pytest.mark.parametrize(
    ("revoked", "roles", "counted"),
    [(False, (Role.SECURITY_LEAD,), True), (True, (Role.SECURITY_LEAD,), False), (False, (Role.LEGAL,), False)],
)
def test_a_trust_file_says_whose_overrule_counts(
    tmp_path: Path, lead: Signer, *, revoked: bool, roles: tuple[Role, ...], counted: bool
) -> None:
    import base64

    write_overrule(tmp_path, NOTE, lead)
    key = TrustedKey(
        keyid=lead.keyid,
        public=base64.b64encode(lead.public).decode(),
        level=TrustLevel.PIPELINE,
        roles=roles,
        revoked=revoked,
    )
    file = TrustFile(trust=1, expires=date(2027, 1, 1), roots=(lead.keyid,), keys=(key,))
    (found,) = read(tmp_path, trust=Trust(file=file, local=list_keys(tmp_path)), level=Level.CRITICAL)
    assert found.counted is counted


def test_an_older_note_that_is_put_back_under_another_name_does_not_count(tmp_path: Path, lead: Signer) -> None:
    path = write_overrule(tmp_path, NOTE, lead)
    path.rename(path.with_name("0.json"))
    (found,) = read(tmp_path)
    assert not found.counted
    assert "belongs" in found.problem
