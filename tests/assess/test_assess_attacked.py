"""Campaigns reach the gate: signed ones on this digest only, and a stored gate is overtaken by what came after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from accord.assess.cases import shelved
from accord.assess.prepare import prepare
from accord.case.suites import suite
from accord.core.assessment import Assessment
from accord.core.campaign import Campaign
from accord.core.finding import State
from accord.core.system import Exchange
from accord.record.campaign_files import write_campaign
from accord.record.keys import signing_key
from accord.testing import World
from accord.testing.campaigns import Played, play

MANIFEST = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
attack: {suites: [llm-baseline]}
"""
CASES = suite("llm-baseline")
FIRST = next(case for case in CASES if "LLM01" in case.threat.owasp)
TOLD = (Path(__file__).parents[1] / "checks" / "ACC260" / "good" / "shared" / "told.yaml").read_text("utf-8")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.write("accord.yaml", MANIFEST)
    return made


def attacked(world: World, name: str = "c1", *, state: Path | None = None, **changes: object) -> Campaign:
    """Sign a campaign on the system as it is now, in which every case of the suite held."""
    played = Played(suites=("llm-baseline",), days=0, **changes)  # type: ignore[arg-type]  # the fields of Played
    subject = prepare(world.asked()).subject
    campaign = play(name, played, CASES, system="sample", subject=subject, now=world.now)
    write_campaign(world.state, campaign, signing_key(state or world.state, {}))
    return campaign


def state(assessment: Assessment, check: str = "ACC252") -> State:
    return next(one.state for one in assessment.evidence if one.check == check)


def reason(assessment: Assessment, check: str = "ACC252") -> str:
    return next(one.reason or "" for one in assessment.evidence if one.check == check)


def told(world: World) -> list[str]:
    """Return the reasons of the stored gate, as it decides now."""
    gate = world.gate()
    assert gate
    return [one.message for one in gate.reasons]


def receive(world: World, name: str = "told.yaml", text: str = TOLD) -> Path:
    case = world.state / "cases" / name
    case.parent.mkdir(parents=True, exist_ok=True)
    case.write_text(text, "utf-8")
    return case


def test_a_release_that_nobody_attacked_does_not_pass(world: World) -> None:
    done = world.assess()
    assert state(done) is State.NOT_RUN
    assert {"3.2.b", "3.4.a", "1.3.k"} <= {one.provision for one in done.gate.reasons}
    assert all(one.waivable for one in done.gate.reasons if str(one.check).startswith("ACC25"))


def test_a_signed_campaign_in_which_everything_held_passes(world: World) -> None:
    attacked(world)
    done = world.assess()
    assert [state(done, code) for code in ("ACC250", "ACC252", "ACC254", "ACC259")] == [State.PASS] * 4
    assert state(done, "ACC251") is State.NOT_APPLICABLE


def test_a_break_reaches_the_gate_with_the_case_and_the_numbers(world: World) -> None:
    attacked(world, broke={FIRST.name: 30})
    messages = [one.message for one in world.assess().gate.reasons]
    assert any(f"the case {FIRST.name} broke the system in 5 of 5 trials" in one for one in messages)


def test_a_changed_system_needs_a_campaign_of_its_own(world: World) -> None:
    attacked(world)
    assert state(world.assess()) is State.PASS
    world.write("accord.yaml", MANIFEST.replace("answers questions", "answers all questions"))
    done = world.assess()
    assert state(done) is State.NOT_RUN
    assert "attacked another digest" in reason(done)


def test_a_campaign_that_an_unknown_key_signed_counts_for_nothing(world: World, tmp_path: Path) -> None:
    attacked(world, state=tmp_path / "elsewhere")
    done = world.assess()
    assert state(done) is State.NOT_RUN
    assert "no campaign against this system is on record" in reason(done)


def test_a_campaign_that_was_altered_counts_for_nothing(world: World) -> None:
    campaign = attacked(world, broke={FIRST.name: 30})
    path = world.state / "campaigns" / f"{campaign.campaign}.json"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(bytes(data))
    assert state(world.assess()) is State.NOT_RUN


def test_a_campaign_on_another_system_is_not_mixed_in(world: World) -> None:
    subject = prepare(world.asked()).subject
    other = play("c9", Played(days=0), CASES, system="another", subject=subject, now=world.now)
    write_campaign(world.state, other, signing_key(world.state, {}))
    assert state(world.assess()) is State.NOT_RUN


def test_evidence_is_used_again_until_a_campaign_comes(world: World) -> None:
    attacked(world)
    world.assess()
    again = {one.check: one.reused for one in world.assess().evidence}
    assert again["ACC252"]
    attacked(world, "c2", broke={FIRST.name: 3})
    after = {one.check: one.reused for one in world.assess().evidence}
    assert not after["ACC252"]


def test_a_stored_gate_is_overtaken_by_a_campaign(world: World) -> None:
    attacked(world)
    world.assess()
    assert not any("since it was collected" in one for one in told(world))
    attacked(world, "c2", broke={FIRST.name: 99})
    assert any("ACC252 stale" in one and "campaigns were run" in one for one in told(world))


def test_a_stored_gate_is_overtaken_by_a_conversation_that_comes_in_and_by_no_other_check(world: World) -> None:
    world.write("accord.yaml", MANIFEST.replace("level: baseline", "level: standard"))
    attacked(world)
    done = world.assess()
    assert state(done, "ACC260") is State.PASS
    case = receive(world)
    stale = [one for one in told(world) if "since it was collected" in one]
    assert [one.partition(" ")[0] for one in stale] == ["ACC260"]
    case.unlink()
    assert not any("since it was collected" in one for one in told(world))


def test_a_shared_case_that_did_not_run_is_not_run_by_name(world: World) -> None:
    attacked(world)
    receive(world)
    done = world.assess()
    assert state(done, "ACC260") is State.NOT_RUN
    assert "case system-prompt-told: it did not run on this digest" in reason(done, "ACC260")


def test_the_shelf_keeps_the_kinds_apart(world: World) -> None:
    receive(world)
    receive(world, "broken.yaml", "case: 9\n")
    receive(world, "refused.yaml", TOLD.replace("rule: {", "rule: {regex: ['(a'], "))
    system = prepare(world.asked()).system
    shelf = shelved(world.state, system)
    assert [case.name for case in shelf.conversations] == ["system-prompt-told"]
    assert shelf.cases == ()
    assert [one.path for one in shelf.unread] == ["cases/broken.yaml"]
    assert [one.path for one in shelf.refused] == ["cases/refused.yaml"]
    assert "lint refuses" in shelf.refused[0].reason


@pytest.mark.parametrize(("named", "count"), [((), 2), (("ours",), 1), (("nobody's",), 0)])
def test_conversations_hold_by_collection_as_other_cases_do(world: World, named: tuple[str, ...], count: int) -> None:
    receive(world, "ours/a.yaml")
    receive(world, "theirs/b.yaml", TOLD.replace("name: system-prompt-told", "name: told-again"))
    system = prepare(world.asked()).system
    wanted = replace(system, exchange=Exchange(collections=named)) if named else system
    assert len(shelved(world.state, wanted).conversations) == count
