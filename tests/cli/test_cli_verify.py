"""`accord verify`, `accord key` and `accord trust`, as a user types them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from accord.cli import main
from accord.record.bundle import write_bundle
from accord.record.codec import to_json
from accord.record.dsse import to_json as envelope_json
from accord.record.store import open_store
from accord.testing.world import World


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `accord` with arguments."""

    def ran(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["accord", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return Said(int(str(caught.value.code)), said.out, said.err)

    return ran


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def kept(tmp_path: Path) -> World:
    """Assess the smallest world and write its bundle into `out`."""
    world = World(tmp_path / "world")
    world.write("accord.yaml")
    done = world.assessed()
    out = tmp_path / "out"
    out.mkdir()
    (out / "assessment.json").write_bytes(to_json(done.assessment))
    with open_store(world.state) as store:
        stored = store.evidence([item.id for item in done.assessment.evidence])
    assert done.receipt is not None
    write_bundle(
        out,
        done.assessment,
        envelope=envelope_json(done.envelope),
        evidence=[item.envelope for item in stored.values()],
        receipt=done.receipt,
        files=["assessment.json"],
        keys=[],
        signer=done.signer,
    )
    return world


def test_what_an_assessment_wrote_verifies(run: Run, home: Path, kept: World, tmp_path: Path) -> None:
    for folder in (tmp_path / "out", tmp_path / "out" / "bundle", kept.state):
        said = run("verify", folder)
        assert (said.code, said.out.splitlines()[0][:5]) == (0, "good:"), said


def test_json_names_kind_and_problems(run: Run, home: Path, kept: World, tmp_path: Path) -> None:
    assert json.loads(run("verify", kept.state, "--format", "json").out) == {
        "path": str(kept.state),
        "kind": "state",
        "ok": True,
        "problems": [],
    }
    (tmp_path / "out" / "assessment.json").write_text("{}")
    said = run("verify", tmp_path / "out", "--format", "json")
    found = json.loads(said.out)
    assert (said.code, found["kind"], found["ok"]) == (1, "bundle", False)
    assert found["problems"][0] == {
        "place": "assessment.json",
        "message": "the file was changed after it was signed",
    }


def test_a_broken_state_exits_1_with_the_place(run: Run, home: Path, kept: World) -> None:
    connection = sqlite3.connect(kept.state / "accord.db")
    connection.execute("UPDATE evidence SET state = 'pass', \"check\" = 'ACC\x1b[31m'")
    connection.commit()
    connection.close()
    said = run("verify", kept.state)
    assert said.code == 1
    assert "broken: evidence sha256:" in said.out
    assert "\x1b" not in said.out


def test_a_project_with_a_state_folder_verifies(run: Run, home: Path, kept: World, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    kept.state.rename(project / ".accord")
    assert run("verify", project).code == 0


def test_nothing_to_verify_is_bad_input(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = run("verify", tmp_path / "empty")
    assert said.code == 2
    assert "error[ACC-E550]" in said.err
    assert run("verify", tmp_path / "none").code == 2
    assert not home.exists()


def test_a_key_is_made_once_listed_and_exported(run: Run, home: Path) -> None:
    made = run("key", "new", "risk-owner")
    keyid = made.out.strip()
    assert (made.code, len(keyid)) == (0, 64)
    assert (run("key", "new", "risk-owner").code, run("key", "list").out.split()) == (2, ["risk-owner", keyid])
    assert run("key", "export", "risk-owner").out.startswith("-----BEGIN PUBLIC KEY-----")
    exported = json.loads(run("key", "export", "risk-owner", "--format", "json").out)
    assert (exported["keyid"], exported["role"]) == (keyid, "risk-owner")
    assert json.loads(run("key", "list", "--format", "json").out) == {"keys": [exported]}


def test_a_key_that_is_missing_or_badly_named_is_bad_input(run: Run, home: Path) -> None:
    assert "error[ACC-E502]" in run("key", "export", "legal").err
    assert "error[ACC-E504]" in run("key", "new", "../legal").err
    assert run("key", "list").out == ""


def trust_yaml(run: Run, folder: Path, *, roots: str | None = None) -> tuple[Path, str]:
    run("key", "new", "root")
    key = json.loads(run("key", "export", "root", "--format", "json").out)
    path = folder / "trust.yaml"
    path.write_text(
        f"trust: 1\nexpires: 2099-01-01\nroots: [{roots or key['keyid']}]\n"
        f'keys:\n  - {{keyid: {key["keyid"]}, public: "{key["public"]}", level: independent, roles: [risk-owner]}}\n'
    )
    return path, key["keyid"]


def test_a_trust_file_is_signed_shown_and_used(run: Run, home: Path, kept: World, tmp_path: Path) -> None:
    path, keyid = trust_yaml(run, tmp_path)
    signed = tmp_path / "trust.json"
    assert run("trust", "sign", path, "--key", "root", "--out", signed).code == 0
    assert f"signed   {keyid}" in run("trust", "show", signed).out
    shown = json.loads(run("trust", "show", signed, "--format", "json").out)
    assert (shown["signed_by"], shown["keys"][0]["roles"]) == ([keyid], ["risk-owner"])
    said = run("verify", tmp_path / "out", "--trust", signed)
    assert said.code == 1
    assert "does not give to" in said.out
    assert "pinned the roots" in said.err


def test_a_trust_file_beside_what_it_judges_is_refused(run: Run, home: Path, kept: World, tmp_path: Path) -> None:
    path, _ = trust_yaml(run, tmp_path)
    run("trust", "sign", path, "--key", "root", "--out", tmp_path / "out" / "trust.json")
    assert "error[ACC-E521]" in run("verify", tmp_path / "out", "--trust", tmp_path / "out" / "trust.json").err


def test_only_a_root_signs_a_trust_file(run: Run, home: Path, tmp_path: Path) -> None:
    path, _ = trust_yaml(run, tmp_path)
    run("key", "new", "legal")
    said = run("trust", "sign", path, "--key", "legal", "--out", tmp_path / "trust.json")
    assert (said.code, "error[ACC-E522]" in said.err) == (2, True)
    assert not (tmp_path / "trust.json").exists()


def test_a_trust_file_with_a_strange_root_or_member_is_refused(run: Run, home: Path, tmp_path: Path) -> None:
    path, _ = trust_yaml(run, tmp_path, roots="0" * 64)
    assert "error[ACC-E520]" in run("trust", "sign", path, "--key", "root", "--out", tmp_path / "t.json").err
    path.write_text(path.read_text() + "more: 1\n")
    said = run("trust", "sign", path, "--key", "root", "--out", tmp_path / "t.json")
    assert (said.code, "more" in said.err) == (2, True)


@pytest.mark.usefixtures("home", "kept")
def test_one_fault_at_many_places_is_one_line_and_json_has_them_all(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out" / "bundle" / "evidence.dsse.jsonl").write_bytes(b"{}\n" * 5)
    said = run("verify", tmp_path / "out")
    assert said.code == 1
    assert [line for line in said.out.splitlines() if line.endswith("(and at 4 more places)")]
    listed = json.loads(run("verify", tmp_path / "out", "--format", "json").out)["problems"]
    assert sum("evidence.dsse.jsonl:" in one["place"] for one in listed) == 5
