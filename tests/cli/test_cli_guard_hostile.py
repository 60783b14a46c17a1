"""What the guard's commands are given may be a pipe, a device, another file or nothing: an error, and nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from accord.cli import accord
from accord.core.errors import AccordError
from accord.guard.detector.calibration import readings

HONEST = {"text": "When do you open?", "channel": "user"}
LINE = {"decision": "d1", "time": "2026-11-22T08:00:00Z", "kind": "request", "outcome": "allow"}
LOW = {"slope": 1.0, "offset": 0.0, "low": 0.1, "high": 0.9, "flag": 0.5, "block": 0.8}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(accord, [str(one) for one in arguments], input=text, standalone_mode=False)


@pytest.fixture
def policy(home: Path) -> Path:
    (home / "guard.yaml").write_text("guard: 1\n")
    return home / "guard.yaml"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_might_never_end_is_bad_input_at_once(home: Path, policy: Path, kind: str) -> None:
    (home / "log.jsonl").write_text("")
    path = {"pipe": home / "pipe", "device": Path("/dev/zero"), "folder": home}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    commands = (
        ("report", path),
        ("watch", path),
        ("watch", home / "log.jsonl", "--incidents", path),
        ("calibrate", path),
        ("canary", path, "--url", "http://127.0.0.1:9/v1", "--model", "m"),
        ("policy", "pins", path),
        ("policy", "test", policy, "--traffic", path),
        ("score", "--calibration", path),
    )
    for command in commands:
        done = ran("guard", *command, text="")
        assert done.exception is not None, command
        assert type(done.exception).__module__.startswith(("accord.", "click.")), (command, done.exception)


def test_one_endless_line_is_not_held_whole(home: Path) -> None:
    from accord.record.state import lines_of

    log = home / "long.jsonl"
    log.write_bytes(b"first\n" + b"x" * 5_000 + b"\nlast")

    assert list(lines_of(log, 100)) == [b"first\n", None, b"last"]
    assert list(lines_of(log, 5_001)) == [b"first\n", b"x" * 5_000 + b"\n", b"last"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_utc_cannot_tell_is_no_decision(home: Path, time: str) -> None:
    lines = [LINE, {**LINE, "time": time}, {**LINE, "time": "2026-11-22T10:00:00+02:00"}]
    (home / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))

    done = ran("guard", "report", "log.jsonl", "--format", "json")

    told = json.loads(done.stdout)
    assert (told["decisions"], told["bad"]) == (2, 1)
    assert told["first"] == told["last"]


def test_the_report_of_a_log_is_verified_like_any_other_document(home: Path) -> None:
    (home / "log.jsonl").write_text(json.dumps({**LINE, "outcome": "block", "code": "detector"}) + "\n")
    assert ran("guard", "report", "log.jsonl", "--format", "html", "--out", "out").return_value == 0

    assert ran("report", "--verify", "out/guard.html").return_value == 0

    page = (home / "out" / "guard.html").read_text("utf-8")
    (home / "out" / "guard.html").write_text(page.replace("1 request stopped", "0 requests stopped"), "utf-8")
    assert ran("report", "--verify", "out/guard.html").return_value == 1


def test_a_policy_that_does_not_mean_what_it_says_is_not_shown_beside_a_log(home: Path) -> None:
    (home / "log.jsonl").write_text("")
    (home / "guard.yaml").write_text("guard: 1\ntools: [{name: a, does: pay}, {name: a, does: pay}]\n")

    assert getattr(ran("guard", "report", "log.jsonl", "--policy", "guard.yaml").exception, "code", "") == "ACC-E793"


def test_a_line_feed_alone_ends_a_line(home: Path, policy: Path) -> None:
    said = json.dumps({"text": "One\u2028two\x0cthree\x85four", "channel": "user"}, ensure_ascii=False)
    (home / "honest.jsonl").write_text(f"{said}\r\n{json.dumps(HONEST)}\n", "utf-8")
    from accord.guard.rules.benign import read_benign

    assert [one.text for one in read_benign(home / "honest.jsonl")] == ["One\u2028two\x0cthree\x85four", HONEST["text"]]


def traffic(path: Path, channel: str, count: int = 210) -> Path:
    lines = (json.dumps({"text": f"When do you open on day {n}?", "channel": channel}) for n in range(count))
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_a_second_calibration_leaves_other_channels_as_they_were(home: Path) -> None:
    file = home / "calibration.json"
    for channel in ("user", "retrieval"):
        done = ran("guard", "calibrate", traffic(home / "t.jsonl", channel), "--calibration", file)
        assert done.return_value == 0, done.output

    assert set(json.loads(file.read_text())["channels"]) == {"user", "retrieval"}
    assert list(home.glob(".calibration*")) == []


@pytest.mark.parametrize("content", ["precious\n", "{}", '{"calibration": 7, "channels": {}}'])
def test_another_file_is_not_written_over_by_a_calibration(home: Path, content: str) -> None:
    file = home / "notes.json"
    file.write_text(content)

    done = ran("guard", "calibrate", traffic(home / "t.jsonl", "user"), "--calibration", file)

    assert isinstance(done.exception, AccordError)
    assert file.read_text() == content


@pytest.mark.parametrize("wrong", [{"low": 0.95}, {"flag": 0.9}, {"high": 1.5}, {"slope": 0.0}, {"block": True}])
def test_thresholds_that_contradict_each_other_are_none(wrong: dict[str, float]) -> None:
    assert readings({"default": LOW})["default"].flag == 0.5
    with pytest.raises(AccordError):
        readings({"default": {**LOW, **wrong}})


@pytest.mark.parametrize("made", ["folder", "link"])
def test_kept_thresholds_that_are_no_file_are_not_passed_over(home: Path, made: str) -> None:
    kept = home / "state" / "guard" / "calibration.json"
    kept.parent.mkdir(parents=True)
    if made == "folder":
        kept.mkdir()
    else:
        kept.symlink_to(home / "nowhere")

    assert isinstance(ran("guard", "score", text="").exception, AccordError)


def test_a_model_is_compared_with_its_own_answers_alone(home: Path) -> None:
    (home / "b.json").write_text(json.dumps({"model": "one", "answers": {"q": ["a", "a"]}}))

    done = ran("guard", "canary", "b.json", "--url", "http://127.0.0.1:9/v1", "--model", "two")

    assert getattr(done.exception, "code", "") == "ACC-E791"
    assert "answers of one" in str(done.exception)


@pytest.mark.parametrize(
    "more", [("--url", "ftp://127.0.0.1/v1"), ("--url", "http://127.0.0.1:9/v1", "--record", "--out", "c.json")]
)
def test_what_a_canary_cannot_do_is_misuse(home: Path, more: tuple[str, ...]) -> None:
    done = ran("guard", "canary", "b.json", "--model", "m", *more)

    assert type(done.exception).__name__ == "UsageError"
    assert not (home / "c.json").exists()


def test_traffic_without_a_call_proves_no_policy(home: Path, policy: Path) -> None:
    (home / "quiet.jsonl").write_text(json.dumps({"messages": [{"role": "user", "content": "Hello"}]}) + "\n")

    done = CliRunner().invoke(accord, ["guard", "policy", "test", str(policy), "--traffic", "quiet.jsonl"])

    assert done.exit_code == 1
    assert "nothing was proved" in done.stderr


def test_a_linked_case_in_a_folder_is_told_and_passed_over(home: Path) -> None:
    (home / "cases").mkdir()
    (home / "cases" / "linked.yaml").symlink_to(home / "elsewhere.yaml")

    done = ran("guard", "rules", "add", "cases", "--rules", "rules")

    assert done.return_value == 2
    assert "is a link, and was passed over" in done.stderr


def test_a_folder_of_approvals_that_is_not_there_is_told(home: Path) -> None:
    done = ran("guard", "approvals", "list", "--approvals", home / "none")

    assert done.return_value == 0
    assert "is not there" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_output_that_cannot_be_written_is_said_in_one_line(home: Path) -> None:
    (home / "log.jsonl").write_text(json.dumps(LINE) + "\n")
    command = [sys.executable, "-c", "from accord.cli import main; main()", "guard", "report", "log.jsonl"]

    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)

    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert b"cannot be written" in done.stderr
