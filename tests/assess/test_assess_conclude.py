"""An assessment is whole: all practices, every reference kept, every count right, and sealed by its digest."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from accord.assess.plan import companion
from accord.core.assessment import Assessment, Outcome
from accord.core.finding import Severity, State
from accord.core.settings import Settings
from accord.record.catalogue import load_catalogue
from accord.record.codec import from_json, to_json
from accord.record.statement import seal_assessment
from accord.record.store import open_store
from accord.testing import World
from accord.testing.world import states

Stranger = Callable[..., str]
WARN = "4.1.a"
READS = """\
for source in ctx.sources('*.cfg'):
    if 'bad' in source.text:
        yield Finding(message='bad is ' + source.text, where=Place(path=source.path), fix='x')
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    world = World(tmp_path_factory.mktemp("w"))
    world.write("accord.yaml")
    world.write("app.py", "import pickle\n\n\ndef load(path):\n    return pickle.load(open(path, 'rb'))\n" * 2)
    world.write("prompts/system.md", "You answer questions about orders.\n" * 3)
    return world.assess()


def lax(tmp_path: Path, plugin: str) -> World:
    world = World(tmp_path / "w", settings=Settings(plugins=(plugin,)))
    world.write("accord.yaml")
    return world


def test_all_practices_stand_in_every_assessment_in_order(whole: Assessment) -> None:
    ids = [one.id for one in load_catalogue().provisions()]
    assert [one.id for one in whole.provisions] == ids
    assert len(ids) == 104
    assert len({one.guideline for one in whole.provisions}) == 17
    assert {one.guideline for one in whole.provisions} <= set(whole.guidelines)


def test_the_companion_stands_apart_and_is_not_counted(whole: Assessment) -> None:
    assert [one.id for one in whole.companion] == [one.id for one in companion(load_catalogue())]
    assert sum(whole.counts.values()) == len(whole.provisions)


def test_counts_add_up(whole: Assessment) -> None:
    assert set(whole.counts) == {str(outcome) for outcome in Outcome}
    assert {name: count for name, count in whole.counts.items() if count} == Counter(states(whole).values())


def test_no_reference_dangles(whole: Assessment) -> None:
    evidence = {ref.id for ref in whole.evidence}
    findings = {one.id for one in whole.findings}
    assert {one for verdict in (*whole.provisions, *whole.companion) for one in verdict.evidence} <= evidence
    assert {one for reason in whole.gate.reasons for one in reason.evidence} <= evidence
    assert {one for ref in whole.evidence for one in ref.findings} == findings
    assert {ref.check for ref in whole.evidence} == set(whole.checks)
    assert {ref.asset for ref in whole.evidence} - {"system"} <= {asset.id for asset in whole.assets}
    assert {one.provisions for one in whole.findings}


def test_every_piece_of_evidence_is_signed_and_stored_under_its_id(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.write("accord.yaml")
    assessment = world.assess()
    ids = [ref.id for ref in assessment.evidence]
    assert len(set(ids)) == len(ids)
    with open_store(world.state) as store:
        assert set(store.evidence(ids)) == set(ids)


def test_findings_stand_once_and_the_worst_first(whole: Assessment) -> None:
    assert len(whole.findings) > 1
    assert len({one.id for one in whole.findings}) == len(whole.findings)
    order = tuple(Severity)
    badness = [order.index(one.severity) for one in whole.findings]
    assert badness == sorted(badness, reverse=True)


def test_the_seal_is_the_digest_of_all_the_rest(whole: Assessment) -> None:
    assert seal_assessment(whole).id == whole.id
    assert seal_assessment(replace(whole, id="")).id == whole.id
    others = [
        replace(whole, notes=("x",)),
        replace(whole, gate=replace(whole.gate, passed=not whole.gate.passed)),
        replace(whole, provisions=whole.provisions[::-1]),
        replace(whole, seconds=whole.seconds + 1),
    ]
    assert len({whole.id, *(seal_assessment(one).id for one in others)}) == 5


def test_an_assessment_goes_out_and_comes_back_as_it_was(whole: Assessment) -> None:
    again = from_json(to_json(whole), Assessment, path="a.json", limit=1 << 24)
    assert again == whole
    assert to_json(again) == to_json(whole)


def test_the_gate_of_a_minimal_system_gives_a_reason_for_every_failure(whole: Assessment) -> None:
    assert whole.gate.passed == (not whole.gate.reasons)
    required = {one.id for one in whole.provisions if one.required}
    assert {reason.provision for reason in whole.gate.reasons} <= required | {None}


def test_what_was_not_looked_at_is_named_once_and_at_most_a_thousand_times(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.write("accord.yaml")
    for number in range(1200):
        (world.root / f"link{number}").symlink_to("nowhere")
    skipped = world.assess().skipped
    assert len(skipped) == 1000
    assert len(set(skipped)) == 1000
    assert all(one.reason for one in skipped)


def test_an_unchanged_system_has_no_changes_but_names_its_predecessor(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.write("accord.yaml")
    first, second = world.assess(), world.assess()
    assert (first.previous, first.changes) == (None, ())
    assert (second.previous, second.changes) == (first.id, ())
    assert second.id != first.id


def test_changes_name_what_came_what_went_and_what_turned(tmp_path: Path, stranger: Stranger) -> None:
    world = lax(tmp_path, stranger({"ACME001": READS}, claim="1.4.g/new-cases-rerun-since-choice"))
    world.write("a.cfg", "bad once")
    world.assess()
    world.write("a.cfg", "bad twice")
    kinds = [(one.kind, one.before, one.after) for one in world.assess().changes]
    assert kinds == [("finding", "ACME001 bad is bad once", None), ("finding", None, "ACME001 bad is bad twice")]
    world.write("a.cfg", "good")
    turned, gone = world.assess().changes
    assert (turned.id, turned.kind, turned.before, turned.after) == ("1.4.g", "provision", "not-met", "met")
    assert (gone.kind, gone.after) == ("finding", None)


def test_assessments_of_two_systems_in_one_store_do_not_follow_one_another(tmp_path: Path) -> None:
    one, other = World(tmp_path / "one"), World(tmp_path / "two")
    other.state = one.state
    one.write("accord.yaml")
    other.write("accord.yaml", (one.root / "accord.yaml").read_text().replace("sample", "another"))
    one.assess()
    assert other.assess().previous is None


def paid(tmp_path: Path, stranger: Stranger) -> World:
    """Return a world whose release has passed, with everything but a warning owed as debt."""
    world = lax(tmp_path, stranger({"ACME001": READS}, claim="4.1.a/output-metrics-flowing"))
    world.write("a.cfg", "good")
    first = world.assess(baseline=True)
    assert first.gate.passed, first.gate.reasons
    assert states(first)[WARN] == "met"
    return world


def test_what_a_release_met_may_not_fail_in_the_next(tmp_path: Path, stranger: Stranger) -> None:
    world = paid(tmp_path, stranger)
    world.write("a.cfg", "bad")
    second = world.assess()
    assert next(one.gate for one in second.provisions if one.id == WARN) == "warn"
    assert [one.message for one in second.gate.reasons] == ["regression: met in the last release, now not-met"]
    world.write("a.cfg", "good")
    assert world.assess().gate.passed


def test_a_failed_assessment_does_not_lower_what_is_compared_with(tmp_path: Path, stranger: Stranger) -> None:
    world = paid(tmp_path, stranger)
    world.write("a.cfg", "bad")
    first, second = world.assess(), world.assess()
    assert not first.gate.passed
    said = [[(one.provision, one.check, one.message) for one in each.gate.reasons] for each in (first, second)]
    assert said[1] == said[0], "what could not be looked at is looked for again, so that its evidence is another"


def test_a_finding_out_of_contract_is_evidence_of_an_error(tmp_path: Path, stranger: Stranger) -> None:
    body = "yield Finding(message='x', where=Place(path='a', line='three'), severity='dreadful')"
    world = lax(tmp_path, stranger({"ACME001": body, "ACME002": "yield 'nothing like a finding'"}))
    found = {ref.check: ref for ref in world.assess().evidence}
    assert found["ACME001"].state is State.ERROR
    assert "out of contract" in str(found["ACME001"].reason)
    assert found["ACME002"].state is State.ERROR


def test_an_assessment_is_valid_for_the_schema_that_we_print(whole: Assessment) -> None:
    import json
    import sys

    import jsonschema

    accord = Path(sys.executable).parent / "accord"
    schema = subprocess.run([accord, "schema", "assessment"], check=True, capture_output=True).stdout
    jsonschema.validate(json.loads(to_json(whole)), json.loads(schema))
