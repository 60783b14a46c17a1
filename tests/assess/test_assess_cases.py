"""Artifact cases that came in: they fail a gate that passed, and what cannot be read of them is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.assess.cases import shelved
from accord.core.assessment import Assessment
from accord.core.finding import Input, State
from accord.core.system import About, Exchange, Role, System
from accord.scan.cases import QUESTION
from accord.testing import World

MANIFEST = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: sorts letters, kind: [classifier]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
components:
  models: [{id: m1, source: "file:m/sorter.pkl", origin: trained here by train.py}]
"""
CASE = """\
case: 1
name: NAME
summary: a checkpoint that looks like plain weights and holds a marker of a known bad publisher
severity: high
kind: artifact
steps: [{ask: "QUESTION"}]
broke: {says: "uses collections.OrderedDict"}
control: {served: {says: format}}
origin: {by: "org:example", licence: Apache-2.0}
proof:
  broke: [{role: user, content: "QUESTION"}, {role: assistant, content: "format pickle\\nuses collections.OrderedDict"}]
  control: [{role: user, content: "QUESTION"}, {role: assistant, content: "format safetensors"}]
"""
ORDERED = b"ccollections\nOrderedDict\n)R."


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.write("accord.yaml", MANIFEST)
    made.write("m/sorter.pkl", ORDERED)
    return made


def receive(world: World, path: str = "orders.yaml", *, name: str = "order-in-a-dictionary", text: str = CASE) -> Path:
    case = world.state / "cases" / path
    case.parent.mkdir(parents=True, exist_ok=True)
    case.write_text(text.replace("NAME", name).replace("QUESTION", QUESTION))
    return case


def state(assessment: Assessment, check: str = "ACC220") -> State:
    return next(one.state for one in assessment.evidence if one.check == check)


def messages(assessment: Assessment) -> list[str]:
    return [one.message for one in assessment.findings if one.check == "ACC220"]


def asked_for(*collections: str) -> System:
    about = About(id="s", name="S", version="1", purpose="sorts", kind=("classifier",))
    exchange = Exchange(collections=collections) if collections else None
    return System(accord=1, system=about, owners={Role.SYSTEM_OWNER: "o"}, exchange=exchange)


def test_a_case_that_comes_in_fails_a_file_that_passed_and_is_named(world: World) -> None:
    before = world.assess()
    assert state(before) is State.PASS
    receive(world)
    after = world.assess()
    assert state(after) is State.FAIL
    assert messages(after)[0].startswith("it is what the case order-in-a-dictionary (sha256:")
    assert any(reason.provision == "1.3.e" and not reason.waivable for reason in after.gate.reasons)
    assert any("ACC220" in reason.message for reason in after.gate.reasons)


def test_the_stored_gate_is_stale_as_soon_as_a_case_comes_in(world: World) -> None:
    world.assess()
    gate = world.gate()
    assert gate
    assert not any("cases came in" in reason.message for reason in gate.reasons)
    case = receive(world)
    gate = world.gate()
    assert gate
    assert any("cases came in" in reason.message for reason in gate.reasons)
    case.unlink()
    gate = world.gate()
    assert gate
    assert not any("cases came in" in reason.message for reason in gate.reasons)


def test_the_cases_are_an_input_and_the_same_ones_run_nothing_again(world: World) -> None:
    receive(world)
    world.assess()
    again = world.assess()
    assert [one.reused for one in again.evidence if one.check in {"ACC220", "ACC221"}] == [True, True]
    receive(world, "another.yaml", name="another", text=CASE.replace("collections.OrderedDict", "none.such"))
    changed = world.assess()
    assert [one.reused for one in changed.evidence if one.check in {"ACC220", "ACC221"}] == [False, False]
    assert len(messages(changed)) == 1


def test_a_case_that_cannot_be_read_is_not_looked_at_and_that_is_said(world: World) -> None:
    receive(world, text="case: 9\n")
    done = world.assess()
    assert state(done) is State.NOT_RUN
    reason = next(one.reason for one in done.evidence if one.check == "ACC220")
    assert reason
    assert reason.startswith("not looked at: cases/orders.yaml")


def test_one_bad_case_does_not_stop_the_others(world: World) -> None:
    receive(world)
    receive(world, "bad.yaml", text="[")
    assert state(world.assess()) is State.FAIL


def test_cases_of_other_kinds_are_not_matched_against_files(world: World) -> None:
    receive(world, text=CASE.replace("kind: artifact", "kind: conversation"))
    assert state(world.assess()) is State.PASS


def test_only_the_collections_of_the_manifest_count_where_it_names_some(world: World) -> None:
    receive(world, "ours/a.yaml", name="a")
    receive(world, "theirs/deep/b.yaml", name="b")
    receive(world, "c.yaml", name="c")
    assert [case.name for case in shelved(world.state, asked_for()).cases] == ["c", "a", "b"]
    assert [case.name for case in shelved(world.state, asked_for("ours")).cases] == ["c", "a"]
    assert [case.name for case in shelved(world.state, asked_for("theirs", "../..", "/etc")).cases] == ["c", "b"]


def test_links_lead_nowhere(world: World, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.yaml").write_text(CASE.replace("QUESTION", QUESTION))
    (world.state / "cases").mkdir(parents=True)
    (world.state / "cases" / "linked").symlink_to(tmp_path / "elsewhere")
    assert shelved(world.state, asked_for()).cases == ()


def test_no_shelf_is_an_input_too(world: World) -> None:
    done = world.assessed()
    from accord.record.store import open_store

    with open_store(world.state) as store:
        stored = store.evidence([one.id for one in done.assessment.evidence if one.check == "ACC220"])
    inputs: tuple[Input, ...] = next(iter(stored.values())).evidence().inputs
    assert [one.kind for one in inputs if one.kind == "cases"] == ["cases"]
