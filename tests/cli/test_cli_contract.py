"""What CONTRACT promises to scripts of assess, gate, report, verify, schema, explain and init."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

Accord = Callable[..., Any]

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
VERDICTS: Final = frozenset({"met", "partly", "not-met", "not-assessed", "not-applicable"})
STATES: Final = frozenset({"pass", "fail", "error", "not-run", "stale", "not-applicable", "waived"})
SEVERITIES: Final = frozenset({"low", "medium", "high", "critical"})
PLACES: Final = frozenset({"path", "line", "column", "member", "offset"})
FORMATS: Final = ("txt", "json", "html", "sarif")
NOW: Final = "2026-11-22T12:00:00Z"


@pytest.fixture
def kept(accord: Accord, system: Path) -> Path:
    """Return the folder into which a system was assessed, in every format."""
    out = system.parent / "out"
    done = accord(
        "assess", ".", "--format", "html,json", "--format", "txt", "--format", "sarif", "--out", out, cwd=system
    )
    assert (done.code, done.out) == (1, b""), done.err
    return out


def test_an_assessment_has_the_promised_fields_and_values(accord: Accord, system: Path) -> None:
    done = accord("assess", "--format", "json", cwd=system)
    said = done.json
    assert done.code == 1
    assert (said["accord"], DIGEST.fullmatch(said["id"]) is None, DIGEST.fullmatch(said["subject"]) is None) == (
        1,
        False,
        False,
    )
    assert TIME.fullmatch(said["created"])
    assert said["system"].items() >= {"id": "sample", "name": "Sample", "version": "1"}.items()
    assert said["profile"] == {"catalogue": "gsaisd-2023", "level": "baseline"}
    assert (said["waivers"], said["attestations"], said["gate"]["passed"]) == ([], [], False)
    assert len({one["guideline"] for one in said["provisions"]}) == 17
    assert len({one["id"] for one in said["provisions"]}) == len(said["provisions"]) == 104
    evidence = {one["id"] for one in said["evidence"]}
    findings = {one["id"] for one in said["findings"]}
    for one in said["provisions"]:
        assert {"id", "guideline", "title", "verdict", "reasons", "evidence"} <= one.keys()
        assert (one["verdict"] in VERDICTS, one["id"].startswith(one["guideline"]), bool(one["title"])) == (True,) * 3
        assert evidence.issuperset(one["evidence"])
        assert all(isinstance(reason, str) for reason in one["reasons"])
    for one in said["evidence"]:
        assert DIGEST.fullmatch(one["id"])
        assert {"check", "check_version", "asset", "state", "reason", "findings", "reused", "seconds"} <= one.keys()
        assert (one["state"] in STATES, one["seconds"] >= 0, findings.issuperset(one["findings"])) == (True,) * 3
        assert one["reused"] is False
    for one in said["findings"]:
        assert {"id", "check", "message", "severity", "where", "fix", "provisions", "refs"} <= one.keys()
        assert (one["severity"] in SEVERITIES, one["where"].keys() >= PLACES) == (True, True)
    for one in said["gate"]["reasons"]:
        assert {"provision", "message", "evidence", "waivable"} <= one.keys()
        assert evidence.issuperset(one["evidence"])


def test_every_key_of_the_document_is_snake_case(accord: Accord, system: Path) -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {*value, *(key for item in value.values() for key in keys(item))}
        return {key for item in value for key in keys(item)} if isinstance(value, list) else set()

    said = accord("assess", "--format", "json", cwd=system).json
    ids = {"sections", "guidelines", "counts", "checks"}  # keyed by ids
    assert [
        key for key in keys({key: said[key] for key in said.keys() - ids}) if not re.fullmatch(r"[a-z][a-z0-9_]*", key)
    ] == []


def test_the_second_run_uses_evidence_again(accord: Accord, system: Path) -> None:
    first = accord("assess", "--format", "json", cwd=system).json
    second = accord("assess", "--format", "json", cwd=system).json
    again = {one["id"] for one in second["evidence"] if one["reused"]}
    assert len(again) > 5
    assert again <= {one["id"] for one in first["evidence"]}
    assert second["previous"] == first["id"]


def test_a_first_use_makes_a_development_key_and_says_so(accord: Accord, system: Path) -> None:
    first = accord("assess", "--format", "json", cwd=system)
    assert "development key" in first.err
    assert (system / ".accord").is_dir()
    assert "development key" not in accord("assess", "--format", "json", cwd=system).err


def test_a_folder_without_a_manifest_is_assessed(accord: Accord, system: Path) -> None:
    (system / "accord.yaml").unlink()
    done = accord("assess", ".", cwd=system)
    assert done.code in {0, 1}
    assert "no accord.yaml" in done.err
    assert "development key" in done.err
    assert (system / "accord.yaml").exists() is False
    (system.parent / "empty").mkdir()
    assert accord("assess", ".", "--format", "json", cwd=system.parent / "empty").code in {0, 1}


def test_a_gate_that_passes_exits_0(accord: Accord, system: Path) -> None:
    assert accord("assess", "--baseline", cwd=system).code == 0
    done = accord("gate", ".", "--format", "json", cwd=system)
    assert (done.code, done.json["passed"]) == (0, True)
    (system / "more.py").write_text("import pickle\npickle.load(open('x', 'rb'))\n")
    assert accord("assess", cwd=system).code == 1


def test_out_holds_one_file_for_each_format_and_what_proves_them(kept: Path) -> None:
    assert {path.name for path in kept.iterdir() if path.is_file()} == {f"assessment.{name}" for name in FORMATS}
    assert (kept / "assessment.html").read_text("utf-8").lower().startswith("<!doctype html>")


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_byte_equal_to_what_assess_wrote(name: str, accord: Accord, kept: Path, system: Path) -> None:
    written = (kept / f"assessment.{name}").read_bytes()
    id_ = json.loads((kept / "assessment.json").read_bytes())["id"]
    for what in ("latest", id_, id_[7:19], kept / "assessment.json"):
        done = accord("report", what, "--format", name, cwd=system)
        assert (done.code, done.out == written) == (0, True), (what, done.err)
    again = system.parent / "again"
    assert accord("report", "latest", "--format", name, "--out", again, cwd=system).code == 0
    assert (again / f"assessment.{name}").read_bytes() == written


def test_a_gate_is_decided_on_folder_file_id_and_latest(accord: Accord, kept: Path, system: Path) -> None:
    said = json.loads((kept / "assessment.json").read_bytes())
    for what in (".", system, kept / "assessment.json", said["id"], "latest"):
        done = accord("gate", what, "--format", "json", cwd=system)
        assert (done.code, done.json["passed"]) == (1, False), (what, done.err)
        assert [(one["provision"], one["message"]) for one in done.json["reasons"]] == [
            (one["provision"], one["message"]) for one in said["gate"]["reasons"]
        ]
    (system / "prompts" / "system.md").write_text("changed\n")
    changed = accord("gate", ".", "--format", "json", cwd=system)
    assert any("another digest" in one["message"] for one in changed.json["reasons"])


def test_a_gate_without_anything_stored_is_undecided(accord: Accord, system: Path) -> None:
    for what in (".", "latest", "sha256:" + "0" * 64):
        done = accord("gate", what, cwd=system)
        assert (done.code, done.out, "undecided" in done.err) == (3, b"", True)
    assert not (system / ".accord").exists()


@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_tampered_assessment_is_refused(command: str, accord: Accord, kept: Path, system: Path) -> None:
    text = (kept / "assessment.json").read_text()
    altered = system.parent / "altered.json"
    altered.write_text(text.replace('"verdict": "not-met"', '"verdict": "met"'))
    done = accord(command, altered, cwd=system)
    assert (done.code, done.out, "error[ACC-E410]" in done.err) == (2, b"", True), done
    for blob in (path for path in (system / ".accord" / "blobs").rglob("*") if path.is_file()):
        blob.chmod(0o600)
        blob.write_bytes(blob.read_bytes().replace(b'"verdict": "not-met"', b'"verdict": "met"'))
    done = accord(command, "latest", cwd=system)
    assert (done.code, done.out, done.err.count("error[")) == (2, b"", 1), done


def test_evidence_whose_stored_state_was_changed_is_not_used(accord: Accord, kept: Path, system: Path) -> None:
    connection = sqlite3.connect(system / ".accord" / "accord.db")
    connection.execute(
        "UPDATE evidence SET state = 'pass', envelope = replace(envelope, '\"payload\":\"', '\"payload\":\"AAAA')"
    )
    connection.commit()
    connection.close()
    said = accord("assess", "--format", "json", cwd=system).json
    assert not any(one["reused"] for one in said["evidence"])
    assert not said["gate"]["passed"]
    assert accord("verify", ".accord", cwd=system).code == 1


def test_what_was_written_verifies_until_one_byte_changes(accord: Accord, kept: Path, system: Path) -> None:
    assert accord("verify", kept, cwd=system).code == 0
    files = [path for path in kept.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        data = path.read_bytes()
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        done = accord("verify", kept, cwd=system)
        assert (done.code, "broken: " in done.out.decode()) == (1, True), (path, done)
        path.write_bytes(data)
    assert accord("verify", kept, cwd=system).code == 0


def test_an_exported_document_is_verified(accord: Accord, kept: Path, system: Path) -> None:
    for name in ("json", "html", "sarif"):
        path = kept / f"assessment.{name}"
        assert accord("report", "--verify", path, cwd=system).code == 0
        path.write_bytes(path.read_bytes().replace(b"pickle", b"tickle"))
        assert accord("report", "--verify", path, cwd=system).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["assess", ".", "--format", "pdf"],
        ["assess", ".", "--format", "json,pdf", "--out", "out"],
        ["assess", ".", "--format", ""],
        ["assess", ".", "--format", "json,html"],
        ["assess", "missing"],
        ["assess", ".", "--colour"],
        ["assess", ".", "--out", "accord.yaml"],
        ["assess", ".", "--out", "accord.yaml/out"],
        ["assess", ".", "--until", "tomorrow"],
        ["assess", ".", "--baseline", "--until", "2001-01-01"],
        ["assess", ".", "--plugin", "no-such"],
        ["assess", ".", "--trust", "missing.json"],
        ["gate", ".", "--format", "html"],
        ["gate", "."],
        ["report", "latest", "--format", "pdf"],
        ["report", "--verify", "missing.json"],
        ["report", "accord.yaml"],
        ["verify", "missing"],
        ["verify", "."],
        ["schema", "nothing"],
        ["explain", "9.9.z"],
        ["init", "missing"],
        ["init", "."],
        ["nothing"],
    ],
)
def test_bad_input_exits_2_with_a_message_and_writes_nothing(
    arguments: list[str], accord: Accord, system: Path
) -> None:
    if arguments == ["gate", "."]:
        (system / "accord.yaml").write_text("accord: [\n")
    before = sorted(str(path) for path in system.rglob("*"))
    done = accord(*arguments, cwd=system)
    assert (done.code, done.out) == (2, b""), done
    assert done.err
    assert "Traceback" not in done.err
    assert sorted(str(path) for path in system.rglob("*")) == before


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ACCORD_HOME", "accord.yaml"), ("ACCORD_HOME", "/proc/no"), ("ACCORD_NOW", "noon"), ("ACCORD_WORKERS", "many"),
     ("ACCORD_DATABASE", "mysql://x/y"), ("ACCORD_DATABASE", "nonsense"), ("ACCORD_KEY", "nonsense")],
)  # fmt: skip
def test_a_broken_environment_is_bad_input(variable: str, value: str, accord: Accord, system: Path) -> None:
    done = accord("assess", ".", cwd=system, **{variable: value})
    assert (done.code, done.out, done.err.count("error[")) == (2, b"", 1), done


def test_what_nobody_caught_exits_3(accord: Accord, system: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "acme_format-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "acme_format.py").write_text("def write(assessment, out):\n    raise RuntimeError('out of luck')\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-format\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[accord.formats]\nodd = acme_format:write\n")
    arguments = ("assess", ".", "--format", "odd", "--plugin", "acme-format")
    done = accord(*arguments, cwd=system, PYTHONPATH=str(site))
    assert (done.code, done.out) == (3, b"")
    assert "Accord broke" in done.err
    assert accord(*arguments[:-2], cwd=system, PYTHONPATH=str(site)).code == 2  # not allowed by name


@pytest.mark.parametrize("name", ["manifest", "threats", "waivers", "attestation", "case", "guard", "assessment"])
def test_schemas_are_one_json_document(name: str, accord: Accord, system: Path) -> None:
    done = accord("schema", name, cwd=system)
    assert (done.code, done.err, done.json["$schema"].startswith("https://json-schema.org/")) == (0, "", True)


@pytest.mark.parametrize("id_", ["1.3.i", "1.3", "ACC114", "AML.T0051", "ACC-E101"])
def test_explain_has_the_promised_fields(id_: str, accord: Accord, system: Path) -> None:
    done = accord("explain", id_, "--format", "json", cwd=system)
    assert (done.code, done.json["id"]) == (0, id_)
    assert {"id", "kind", "title", "text", "provisions", "checks", "see"} <= done.json.keys()


def test_init_drafts_what_loads_and_overwrites_nothing(accord: Accord, system: Path) -> None:
    mine = (system / "accord.yaml").read_bytes()
    assert accord("init", ".", cwd=system).code == 2
    assert (system / "accord.yaml").read_bytes() == mine
    (system / "accord.yaml").unlink()
    printed = accord("init", ".", "--print", cwd=system)
    assert (printed.code, b"accord: 1" in printed.out, (system / "accord.yaml").exists()) == (0, True, False)
    assert (accord("init", ".", cwd=system).code, accord("assess", ".", cwd=system).code) == (0, 1)


def comparable(said: Any) -> Any:
    """Return an assessment without what may differ: seconds, keys, and the ids that follow from these."""
    text = json.dumps({key: value for key, value in said.items() if key not in {"id", "signer", "seconds"}})
    for one in said["evidence"]:
        text = text.replace(one["id"], f"{one['check']} {one['asset']}")
    return json.loads(re.sub(r'"seconds": [0-9.e-]+', '"seconds": 0', text))


def test_two_runs_say_the_same_whatever_surrounds_them(accord: Accord, system: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "deep" / "system"
    shutil.copytree(system, other)
    for path in sorted(other.rglob("*"), reverse=True):
        os.utime(path, (1, 1))
    plain = {"ACCORD_NOW": NOW, "PYTHONHASHSEED": "1", "LC_ALL": "C"}
    odd = {
        "ACCORD_NOW": NOW,
        "PYTHONHASHSEED": "77",
        "LC_ALL": "C.UTF-8",
        "TZ": "Pacific/Auckland",
        "ACCORD_WORKERS": "1",
    }
    first = accord("assess", ".", "--format", "json", cwd=system, **plain)
    second = accord("assess", other, "--format", "json", cwd=tmp_path, **odd)
    assert comparable(first.json) == comparable(second.json)
