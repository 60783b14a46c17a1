"""A folder of rules that goes away under a running gateway takes nothing out of force; an empty one does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from accord.core.canon import digest
from accord.core.case import Action
from accord.core.guard import GuardRule
from accord.guard.doors.loading import in_force
from accord.guard.gateway.reload import Renewed
from accord.guard.rules.shelf import Shelf, own_keys
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


def test_a_rule_that_is_taken_out_of_its_folder_is_out_of_force(folder: Path) -> None:
    shelf = Renewed(lambda: Shelf(folder), lambda: NOW)
    shelf.current()
    assert Shelf(folder).remove("rule-1")
    assert any(shelf.changed() for _ in range(20))
    assert shelf.current().rules == ()


def test_a_folder_that_was_never_there_holds_no_rules(tmp_path: Path, signer: Signer) -> None:
    shelf = Renewed(lambda: Shelf(tmp_path / "rules", own_keys()), lambda: NOW)
    assert (shelf.current().rules, shelf.current().refused) == ((), ())
    Shelf(tmp_path / "rules").put((RULE,), signer)
    assert any(shelf.changed() for _ in range(20))
    assert [rule.id for rule in shelf.current().rules] == ["rule-1"]


def test_the_doors_of_a_program_keep_their_rules_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "guard.yaml").write_text("guard: 1\ndetector: off\n")
    current = in_force(tmp_path / "guard.yaml", folder, say=lambda _: None)
    away = folder.rename(folder.with_name("away"))
    assert {len(current().in_force.rules) for _ in range(20)} == {1}
    away.rename(folder)
    assert Shelf(folder).remove("rule-1")
    assert 0 in {len(current().in_force.rules) for _ in range(20)}
