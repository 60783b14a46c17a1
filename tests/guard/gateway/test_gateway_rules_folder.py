"""A folder of rules that goes away under a running gateway takes nothing out of force; an empty one does."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gatekeeping import Loopback
from guard.gateway.test_gateway_workers import ACCORD, Running, children, process_ended, until

from accord.core.canon import digest
from accord.core.case import Action
from accord.core.guard import GuardRule
from accord.guard.doors.loading import in_force
from accord.guard.gateway.keeping import Kept
from accord.guard.gateway.reload import Renewed
from accord.guard.rules.shelf import RuleSet, Shelf, own_keys
from accord.record.keys import Signer, signing_key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULE = GuardRule(rule=1, id="rule-1", case=digest("x"), name="n", action=Action.BLOCK, regex=("purple elephant dance",))


@pytest.fixture
def signer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signer:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "state"))
    return signing_key(tmp_path / "state", {})


@pytest.fixture
def folder(tmp_path: Path, signer: Signer) -> Path:
    Shelf(tmp_path / "rules").put((RULE,), signer)
    return tmp_path / "rules"


def test_rules_stay_in_force_while_their_folder_is_away(folder: Path) -> None:
    shelf = Renewed(lambda: Shelf(folder), lambda: NOW)
    before = shelf.current()
    assert [rule.id for rule in before.rules] == ["rule-1"]
    away = folder.rename(folder.with_name("away"))
    assert any(shelf.changed() for _ in range(20))
    held = shelf.current()
    assert (held.rules, held.digest) == (before.rules, before.digest)
    assert [one.reason for one in held.refused] == [
        "the folder cannot be looked into: the rules that were in force stay"
    ]
    assert not any(shelf.changed() for _ in range(20)), "it is told once"
    away.rename(folder)
    assert shelf.changed()
    assert shelf.current() == before


def test_a_rule_that_is_taken_out_of_its_folder_is_out_of_force(folder: Path, signer: Signer) -> None:
    shelf = Renewed(lambda: Shelf(folder), lambda: NOW)
    shelf.current()
    assert Shelf(folder).remove("rule-1", signer)
    assert any(shelf.changed() for _ in range(20))
    assert shelf.current().rules == ()


def test_a_folder_that_was_never_there_holds_no_rules(tmp_path: Path, signer: Signer) -> None:
    shelf = Renewed(lambda: Shelf(tmp_path / "rules", own_keys()), lambda: NOW)
    assert (shelf.current().rules, shelf.current().refused) == ((), ())
    Shelf(tmp_path / "rules").put((RULE,), signer)
    assert any(shelf.changed() for _ in range(20))
    assert [rule.id for rule in shelf.current().rules] == ["rule-1"]


def test_the_doors_of_a_program_keep_their_rules_too(folder: Path, tmp_path: Path, signer: Signer) -> None:
    (tmp_path / "guard.yaml").write_text("guard: 1\ndetector: off\n")
    current = in_force(tmp_path / "guard.yaml", folder, say=lambda _: None)
    away = folder.rename(folder.with_name("away"))
    assert {len(current().in_force.rules) for _ in range(20)} == {1}
    away.rename(folder)
    assert Shelf(folder).remove("rule-1", signer)
    assert 0 in {len(current().in_force.rules) for _ in range(20)}


def test_who_comes_while_the_folder_is_away_goes_on_from_what_the_others_read(folder: Path, signer: Signer) -> None:
    kept, first = Kept(), Renewed(lambda: Shelf(folder), lambda: NOW)
    Shelf(folder).put((replace(RULE, id="rule-2", regex=("a",)),), signer)  # signed to block, too broad to
    first.share(kept)
    before = first.current()
    away = folder.rename(folder.with_name("away"))
    second = Renewed(lambda: Shelf(folder), lambda: NOW)
    second.share(kept)
    held = second.current()
    assert (held.rules, held.digest, held.held) == (before.rules, before.digest, before.held)
    assert [one.reason for one in held.refused] == [
        "the folder cannot be looked into: the rules that were in force stay"
    ]
    assert not any(second.changed() for _ in range(20)), "it is told once"
    away.rename(folder)
    assert second.changed()
    assert second.current() == before


def test_rules_that_were_taken_away_before_the_folder_went_do_not_come_back(folder: Path, signer: Signer) -> None:
    kept, first = Kept(), Renewed(lambda: Shelf(folder), lambda: NOW)
    first.share(kept)
    first.current()
    assert Shelf(folder).remove("rule-1", signer)
    assert first.current().rules == ()
    folder.rename(folder.with_name("away"))
    second = Renewed(lambda: Shelf(folder), lambda: NOW)
    second.share(kept)
    assert second.current().rules == ()


def test_a_folder_that_goes_away_while_it_is_read_takes_nothing_out_of_force(folder: Path) -> None:
    class Going(Shelf):
        def current(self, now: datetime | None = None) -> RuleSet:
            if folder.exists():
                folder.rename(folder.with_name("away"))
            return super().current(now)

    opened: list[type[Shelf]] = [Shelf]
    shelf = Renewed(lambda: opened[-1](folder), lambda: NOW)
    before = shelf.current()
    opened.append(Going)
    assert shelf.current().rules == before.rules


def test_a_worker_that_restarts_while_the_rules_are_away_runs_what_its_siblings_run(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "guard.yaml").write_text("guard: 1\ndetector: off\n")
    with Loopback() as upstream:
        argv = [ACCORD, "guard", "serve", "--upstream", upstream.url, "--port", "0", "--workers", "2"]
        argv += ["--policy", str(tmp_path / "guard.yaml"), "--rules", str(folder)]
        process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        with process_ended(process):
            assert process.stderr is not None
            line = process.stderr.readline().strip()
            assert line.startswith("the guard listens on"), line
            threading.Thread(target=process.stderr.read, daemon=True).start()
            there = Running(process, int(line.rpartition(":")[2]), tmp_path / "log", tmp_path / "guard.yaml")
            before = there.ask("a purple elephant dance, please")
            assert before[0] == 403
            away = folder.rename(folder.with_name("away"))
            for old in children(process.pid):
                os.kill(old, signal.SIGKILL)
                assert until(lambda old=old: old not in children(process.pid) and len(children(process.pid)) == 2)  # type: ignore[misc]  # its own
            answers = [there.ask("a purple elephant dance, please") for _ in range(6)]
            assert {status for status, _, _ in answers} == {403}
            assert {headers["x-accord-rules"] for _, headers, _ in answers} == {before[1]["x-accord-rules"]}
            away.rename(folder)
            assert there.ask("a purple elephant dance, please")[0] == 403
