"""Evidence is used again while nothing it rests on changed, and never beyond that."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from accord.core.assessment import Assessment
from accord.core.settings import Settings
from accord.record.store import open_store
from accord.testing import World

Stranger = Callable[..., str]
READS = """\
for source in ctx.sources('**/*.cfg'):
    if 'bad' in source.text:
        yield Finding(message='bad', where=Place(path=source.path), fix='x')
"""


def reused(assessment: Assessment, check: str) -> bool:
    (ref,) = [ref for ref in assessment.evidence if ref.check == check]
    return ref.reused


def made(tmp_path: Path, plugin: str) -> World:
    world = World(tmp_path / "w", settings=Settings(plugins=(plugin,)))
    world.write("accord.yaml")
    return world


def test_an_unchanged_system_runs_nothing_but_what_asks_for_the_time(world: World) -> None:
    world.assess()
    again = world.assess()
    run = {ref.check for ref in again.evidence if not ref.reused and ref.state in {"pass", "fail"}}
    assert len([ref for ref in again.evidence if ref.reused]) > 5
    with open_store(world.state) as store:
        stored = store.latest_evidence("sample")
    clocked = {check for (check, _), one in stored.items() if any(inp.kind == "clock" for inp in one.evidence().inputs)}
    assert run
    assert run <= clocked


def test_a_changed_input_runs_the_check_again(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": READS}))
    world.write("a.cfg", "good")
    world.assess()
    assert reused(world.assess(), "ACME001")
    world.write("a.cfg", "bad")
    third = world.assess()
    assert not reused(third, "ACME001")
    assert [one.message for one in third.findings if one.check == "ACME001"] == ["bad"]


def test_a_new_file_that_matches_runs_the_check_again(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": READS}))
    world.assess()
    world.write("deep/b.cfg", "bad")
    assert not reused(world.assess(), "ACME001")


def test_a_file_that_no_check_read_changes_nothing(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": READS}))
    world.write("a.cfg", "good")
    world.assess()
    world.write("other.bin", "x")
    assert reused(world.assess(), "ACME001")


def test_new_code_of_a_check_runs_it_again(tmp_path: Path, stranger: Stranger) -> None:
    import sys

    world = made(tmp_path, stranger({"ACME001": READS}))
    world.assess()
    stranger({"ACME001": "yield from ()  # another version"})
    for name in [name for name in sys.modules if name.startswith("acme")]:
        del sys.modules[name]
    assert not reused(world.assess(), "ACME001")


def test_evidence_that_asked_for_the_time_is_collected_each_time(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": "assert ctx.now\nyield from ()"}))
    world.assess()
    assert not reused(world.assess(), "ACME001")


def test_old_evidence_is_collected_anew(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": READS}, claim="2.4.a/register-present"))  # counts 90 days
    world.assess()
    world.wait(days=89)
    assert reused(world.assess(), "ACME001")
    world.wait(days=2)
    assert not reused(world.assess(), "ACME001")


def test_stored_evidence_goes_stale_at_the_gate(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": READS}, claim="1.3.n/role-matrix-probe"))  # counts 30 days
    world.assess()
    world.wait(days=31)
    gate = world.gate()
    assert gate is not None
    assert any(one.provision == "1.3.n" and "older than P30D" in one.message for one in gate.reasons)


def test_forged_evidence_is_not_used(tmp_path: Path, stranger: Stranger) -> None:
    world = made(tmp_path, stranger({"ACME001": READS}))
    world.write("a.cfg", "bad")
    world.assess()
    with open_store(world.state) as store:
        stored = store.latest_evidence("sample")["ACME001", "system"]
    with contextlib.closing(sqlite3.connect(world.state / "accord.db")) as db, db:
        forged = stored.envelope[:-40] + b"A" * 20 + stored.envelope[-20:]
        db.execute("update evidence set envelope = ? where id = ?", (forged, stored.id))
    again = world.assess()
    assert not reused(again, "ACME001")
    assert [one.message for one in again.findings if one.check == "ACME001"] == ["bad"]


def test_another_manifest_is_another_subject_and_the_stored_gate_fails(world: World) -> None:
    first = world.assess()
    world.write("accord.yaml", (world.root / "accord.yaml").read_text().replace("answers questions", "asks"))
    gate = world.gate()
    assert gate is not None
    assert any("another digest" in one.message and not one.waivable for one in gate.reasons)
    assert world.assess().subject != first.subject


def test_the_same_inputs_give_the_same_evidence_whatever_the_folder(tmp_path: Path) -> None:
    worlds = [World(tmp_path / name) for name in ("one", "deep/two")]
    for one in worlds:
        one.write("accord.yaml")
    first, second = (one.assess() for one in worlds)
    same = [replace(ref, id="", seconds=0.0) for ref in first.evidence]
    assert same == [replace(ref, id="", seconds=0.0) for ref in second.evidence]
    assert first.subject == second.subject
