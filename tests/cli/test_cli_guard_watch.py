"""`accord guard watch`, `report` and `canary`: what a log tells, and whether a model is still the same."""

from __future__ import annotations

import json
import random
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from victim import victim_running

from accord.cli import accord
from accord.core.errors import AccordError
from accord.guard.monitor.records import comparison_of, on_file


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(accord, [str(one) for one in arguments], standalone_mode=False)


def write_log(path: Path, blocked: list[float]) -> Path:
    chance = random.Random(7)
    lines = [
        {
            "decision": f"d{n}",
            "time": f"2026-11-22T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
            "kind": "request",
            "outcome": "block" if chance.random() < share else "allow",
            "code": "detector",
            "model": "m",
        }
        for n, share in enumerate(blocked)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_a_wave_is_an_incident_and_the_next_look_at_the_same_log_is_quiet(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.jsonl", [0.02] * 900 + [0.5] * 150)
    incidents = tmp_path / "incidents.jsonl"
    first = ran("guard", "watch", log, "--incidents", incidents)
    assert first.return_value == 1
    assert "requests are stopped more than before" in first.output
    assert len(incidents.read_text("utf-8").splitlines()) >= 1
    assert ran("guard", "watch", log, "--incidents", incidents).return_value == 0


def test_a_quiet_log_is_quiet_in_json_too(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.jsonl", [0.02] * 500)
    quiet = ran("guard", "watch", log, "--format", "json")
    assert quiet.return_value == 0
    told = json.loads(quiet.output)
    assert (told["incidents"], told["values"]["stopped"]) == ([], 500)


def test_the_report_is_written_in_every_format(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.jsonl", [0.2] * 50)
    assert ran("guard", "report", log, "--format", "text,json,html", "--out", tmp_path / "out").return_value == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["guard.html", "guard.json", "guard.txt"]
    assert json.loads((tmp_path / "out" / "guard.json").read_text("utf-8"))["decisions"] == 50


@pytest.mark.parametrize("formats", ["json,html", "pdf", ","])
def test_a_report_on_stdout_is_one_document_of_a_known_format(tmp_path: Path, formats: str) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("")
    done = ran("guard", "report", log, "--format", formats)
    assert isinstance(done.exception, AccordError | click.UsageError)
    assert done.stdout == ""


def test_a_report_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("")
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "out", Path("/proc/nowhere")):
        assert getattr(ran("guard", "report", log, "--out", folder).exception, "code", "") == "ACC-E133"


def test_a_format_that_watch_does_not_know_is_misuse(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("")
    assert isinstance(ran("guard", "watch", tmp_path / "log.jsonl", "--format", "html").exception, click.UsageError)


def test_a_model_that_does_not_answer_is_undecided_and_answers_that_cannot_be_kept_are_bad_input(
    tmp_path: Path,
) -> None:
    nobody = ("--url", "http://127.0.0.1:9/v1", "--model", "m")
    assert ran("guard", "canary", tmp_path / "b.json", *nobody, "--record").return_value == 3
    assert not (tmp_path / "b.json").exists()
    with victim_running() as victim:
        asked = ("--url", victim.url, "--model", "m", "--times", "2", "--record")
        done = ran("guard", "canary", tmp_path / "no" / "b.json", *asked)
    assert getattr(done.exception, "code", "") == "ACC-E791"


def test_a_log_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    assert getattr(ran("guard", "report", tmp_path / "no.jsonl").exception, "code", "") == "ACC-E790"


def test_the_same_model_answers_as_before(tmp_path: Path) -> None:
    with victim_running() as victim:
        url = f"{victim.url}"
        baseline = tmp_path / "baseline.json"
        asked = ("guard", "canary", baseline, "--url", url, "--model", "m", "--times", "2")
        assert ran(*asked, "--record").return_value == 0
        same = ran(*asked)
        assert same.return_value == 0, same.output
        assert "answers as before" in same.output
        told = json.loads(baseline.read_text("utf-8"))
        told["answers"] = {question: ["something else entirely", "and this"] for question in told["answers"]}
        baseline.write_text(json.dumps(told), "utf-8")
        other = ran(*asked)
        assert other.return_value == 1, other.output


def test_a_baseline_that_holds_no_answers_is_bad_input(tmp_path: Path) -> None:
    with victim_running() as victim:
        url = f"{victim.url}"
        (tmp_path / "b.json").write_text("[]", "utf-8")
        asked = ran("guard", "canary", tmp_path / "b.json", "--url", url, "--model", "m", "--times", "2")
        assert getattr(asked.exception, "code", "") == "ACC-E791"


def test_a_comparison_is_kept_where_the_manifest_can_name_it(tmp_path: Path) -> None:
    with victim_running() as victim:
        asked = ("guard", "canary", tmp_path / "b.json", "--url", victim.url, "--model", "m", "--times", "2")
        assert ran(*asked, "--record").return_value == 0
        assert ran(*asked, "--out", tmp_path / "canary.json").return_value == 0
        kept = comparison_of((tmp_path / "canary.json").read_text("utf-8"))
        assert kept is not None
        assert (kept.model, kept.changed, kept.enough) == ("m", False, True)
        nowhere = ran(*asked, "--out", tmp_path / "no" / "canary.json")
        assert getattr(nowhere.exception, "code", "") == "ACC-E791"


def test_an_incident_gets_its_cause_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.jsonl", [0.02] * 900 + [0.5] * 150)
    incidents = tmp_path / "incidents.jsonl"
    assert ran("guard", "watch", log, "--incidents", incidents).return_value == 1
    first = on_file(incidents.read_text("utf-8").splitlines()).open[0]
    asked = ("guard", "watch", log, "--incidents", incidents, "--text", "a campaign of spam", "--by", "ops@example.org")
    assert ran(*asked, "--cause", first[7:19]).return_value == 0
    kept = on_file(incidents.read_text("utf-8").splitlines())
    assert (kept.causes[first].text, kept.causes[first].by, kept.bad) == ("a campaign of spam", "ops@example.org", 0)
    assert first not in kept.open
    assert ran("guard", "watch", log, "--incidents", incidents).return_value == 0
    for unknown in ("", "ffffffffffffffffffff", "sha256:"):
        assert getattr(ran(*asked, "--cause", unknown).exception, "code", "") == "ACC-E792"


def test_a_cause_without_a_name_is_misuse(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.jsonl", [0.02] * 9)
    for more in (("--cause", "ab"), ("--by", "a@example.org"), ("--incidents", log, "--cause", "ab", "--text", "x")):
        assert "a cause takes" in str(ran("guard", "watch", log, *more).exception)


def test_a_torn_last_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.jsonl", [0.02] * 900 + [0.5] * 150)
    incidents = tmp_path / "incidents.jsonl"
    incidents.write_text('{"id": "sha256:ab", "ti', "utf-8")
    assert ran("guard", "watch", log, "--incidents", incidents).return_value == 1
    assert on_file(incidents.read_text("utf-8").splitlines()).bad == 1
    assert ran("guard", "watch", log, "--incidents", incidents).return_value == 0
    folder = ran("guard", "watch", log, "--incidents", tmp_path)
    assert getattr(folder.exception, "code", "") == "ACC-E792"
