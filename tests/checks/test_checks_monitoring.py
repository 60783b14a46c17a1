"""The checks on monitoring at their edges: what is not there, what is too little, and what hides."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from accord.checks.detection import drilled
from accord.core.check import Check
from accord.core.guard import GuardPolicy, Switch
from accord.core.plugins import load_checks
from accord.testing.conform import _NOTHING, _laid_out, _once
from accord.testing.world import NOON

HERE = Path(__file__).parent
CHECKS = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}
LINE = {"decision": "d1", "time": "2026-11-22T08:00:00Z", "kind": "request", "outcome": "allow"}


class Looked:
    """What one check found in a folder, and what it left out."""

    def __init__(self, check: Check, folder: Path) -> None:
        from accord.assess.prepare import prepare

        with _laid_out(folder) as (world, _):
            ran = _once(check, prepare(world.asked()), _NOTHING)
        self.messages = [finding.message for one in ran for finding in one.findings]
        self.skipped = [one.reason for ran_one in ran for one in ran_one.skipped]


def looked(
    code: str, folder: Path, guard: str = "log: decisions.jsonl", mode: str = "600", **files: str | bytes
) -> Looked:
    good = HERE / "ACC289" / "good"
    (folder / "guard.yaml").write_text((good / "guard.yaml").read_text("utf-8"), "utf-8")
    manifest = (good / "accord.yaml").read_text("utf-8").replace("log: decisions.jsonl", guard)
    (folder / "accord.yaml").write_text(manifest, "utf-8")
    for name, content in files.items():
        file = folder / f"{name}.jsonl"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(int(mode, 8))
    return Looked(CHECKS[code], folder)


def jsonl(lines: Iterable[object]) -> str:
    return "".join(f"{json.dumps(line)}\n" for line in lines)


@pytest.mark.parametrize("code", ["ACC283", "ACC284", "ACC288", "ACC289", "ACC290"])
def test_without_a_log_nobody_could_look(code: str, tmp_path: Path) -> None:
    there = looked(code, tmp_path)
    assert there.messages == []
    assert there.skipped == ["there is no log of decisions (ACC280)"]


@pytest.mark.parametrize("code", ["ACC283", "ACC284"])
def test_too_little_traffic_shows_nothing(code: str, tmp_path: Path) -> None:
    there = looked(code, tmp_path, decisions=jsonl([LINE] * 199))
    assert (there.messages, there.skipped) == ([], ["no stream has the 200 values that a drill needs"])


def test_a_model_without_a_comparison_and_one_from_the_future_are_findings(tmp_path: Path) -> None:
    assert looked("ACC285", tmp_path).messages == ["the manifest names no comparison of canary prompts"]
    for text in ("{}", "[", '{"time": "yesterday", "changed": false, "enough": true}'):
        there = looked("ACC285", tmp_path, "canary: c.jsonl", c=text)
        assert there.messages == ["the manifest names c.jsonl, which holds no comparison of canary prompts"]
    later = {"time": (NOON + timedelta(days=3)).isoformat(), "changed": False, "enough": False}
    messages = looked("ACC285", tmp_path, "canary: c.jsonl", c=json.dumps(later)).messages
    assert messages == [
        "the model was last compared on 2026-11-25", "the comparison had too few answers to tell a change",
    ]  # fmt: skip


def test_incidents_need_a_file_and_odd_lines_of_it_are_told(tmp_path: Path) -> None:
    assert looked("ACC286", tmp_path).messages == ["the manifest names no file of incidents"]
    assert looked("ACC286", tmp_path, "incidents: i.jsonl").messages == [
        "the manifest names i.jsonl, which is not there"
    ]
    there = looked("ACC286", tmp_path, "incidents: i.jsonl", i="{}\nx\n")
    assert (there.messages, there.skipped) == ([], ["2 lines are neither an incident nor a cause"])
    assert looked("ACC286", tmp_path, "incidents: i.jsonl", i="").messages == []


def test_a_log_of_another_policy_alone_is_a_finding_and_an_old_one_is_not_looked_at(tmp_path: Path) -> None:
    other = {**LINE, "policy": "sha256:" + "ab" * 32}
    there = looked("ACC288", tmp_path, decisions=jsonl([other] * 3))
    assert there.messages == ["none of the 3 decisions of the last seven days was made with the documented policy"]
    old = {**other, "time": "2026-10-01T08:00:00Z"}
    assert looked("ACC288", tmp_path, decisions=jsonl([old])).skipped


def test_lines_that_are_no_decision_do_not_shift_the_numbers(tmp_path: Path) -> None:
    there = looked("ACC289", tmp_path, decisions="x\u2028y\n\n" + jsonl([{**LINE, "outcome": "block"}]))
    assert there.messages == [
        "the decision d1 does not name a reason, its place, the policy, the rules, a text or a path"
    ]


@pytest.mark.parametrize(("mode", "count"), [("600", 0), ("640", 0), ("644", 1), ("602", 1), ("666", 1)])
def test_only_what_everybody_may_do_counts(mode: str, count: int, tmp_path: Path) -> None:
    assert len(looked("ACC290", tmp_path, mode=mode, decisions=jsonl([LINE])).messages) == count


def test_a_folder_that_lets_nobody_in_is_enough(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "d.jsonl").write_text(jsonl([LINE]), "utf-8")
    assert looked("ACC290", tmp_path, "log: logs/d.jsonl").messages
    (tmp_path / "logs").chmod(0o700)
    assert not looked("ACC290", tmp_path, "log: logs/d.jsonl").messages


@pytest.mark.parametrize(
    ("listed", "tracked"), [(b"decisions.jsonl", True), (b"old/decisions.jsonl", False), (b"x", False)]
)
def test_a_log_that_git_lists_is_a_finding(listed: bytes, tracked: bool, tmp_path: Path) -> None:  # noqa: FBT001
    git = tmp_path / "dot-git"
    git.mkdir()
    entry = bytes(60) + struct.pack(">H", len(listed)) + listed + b"\0" * 4
    (git / "index").write_bytes(b"DIRC" + struct.pack(">II", 2, 1) + entry)
    there = looked("ACC290", tmp_path, decisions=jsonl([LINE]))
    assert ("git tracks the log" in there.messages) is tracked


def test_a_guard_without_its_detector_sees_nothing_in_the_drill() -> None:
    seen = drilled(GuardPolicy(guard=1, detector=Switch.OFF))
    assert {one.attacks.hits for one in seen.values()} == {0}
    assert {one.attacks.total for one in seen.values()} == {20}
    assert len(seen) == 5


def test_a_line_that_sums_an_answer_up_need_not_say_it_again(tmp_path: Path) -> None:
    line = {**LINE, "kind": "answer", "outcome": "block"}
    assert looked("ACC289", tmp_path, decisions=jsonl([{**line, "size": 7}])).messages == []
    assert looked("ACC289", tmp_path, decisions=jsonl([line])).messages
