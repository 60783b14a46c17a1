"""`accord guard approvals`: what waits is shown as it is, and allowed with a signature that a gateway takes."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from accord.cli import accord
from accord.core.errors import RecordError
from accord.core.guard import Decision, Outcome
from accord.core.trial import ToolCall
from accord.guard.approvals import Approvals
from accord.guard.rules.shelf import own_keys

CALL = ToolCall(name="refund", args={"account": "Аnna\u202eb", "amount": 20})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "approvals"


def ran(folder: Path, *arguments: str) -> Result:
    argv = ["guard", "approvals", *arguments, "--approvals", str(folder)]
    return CliRunner().invoke(accord, argv, standalone_mode=False)


def settled(folder: Path, call: ToolCall = CALL) -> Decision:
    made = Decision(id="d1", outcome=Outcome.ASK, code="ACC-E720", message="a person\x1b[2J has to allow it")
    return Approvals(folder, own_keys).settled(made, call, "teller", now=datetime.now(UTC))


def waiting(folder: Path) -> list[dict[str, Any]]:
    done = ran(folder, "list", "--format", "json")
    assert done.exception is None
    found: list[dict[str, Any]] = json.loads(done.stdout)["waiting"]
    return found


def test_what_waits_is_shown_with_letters_that_look_like_others_spelled(folder: Path) -> None:
    assert waiting(folder) == []
    settled(folder)
    (one,) = waiting(folder)
    assert (one["tool"], one["args"], one["caller"]) == ("refund", dict(CALL.args), "teller")
    text = ran(folder, "list").stdout
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert '"\\u0410nna\\u202eb"' in text
    assert "1 call waits" in text


def test_a_grant_is_signed_and_taken_once(folder: Path) -> None:
    settled(folder)
    done = ran(folder, "grant", waiting(folder)[0]["id"], "--minutes", "5", "--by", "ann", "--format", "json")
    said = json.loads(done.stdout)
    assert (said["by"], said["tool"], done.return_value) == ("ann", "refund", 0)
    assert "development key" in done.stderr
    assert settled(folder).message == "allowed by ann"
    assert settled(folder).outcome is Outcome.ASK


def test_a_grant_needs_a_call_that_waits(folder: Path) -> None:
    for arguments in (("grant", "0123456789abcdef"), ("refuse", "../../x")):
        done = ran(folder, *arguments)
        assert isinstance(done.exception, RecordError)
        assert done.exception.code == "ACC-E725"
    assert not folder.exists()
    assert not (Path(os.environ["ACCORD_HOME"]) / "keys").exists()


def test_a_refused_call_waits_no_longer(folder: Path) -> None:
    settled(folder)
    assert ran(folder, "refuse", "d1").stdout.startswith("refused ")
    assert waiting(folder) == []
