"""`accord case`: exit codes, the JSON of the contract, and terminals that obey nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import accord
from accord.cli import accord as door
from accord.core.errors import AccordError

CASES = Path(accord.__file__).parent / "data" / "cases"
GOOD = CASES / "system-prompt-told.yaml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(door, ["case", *map(str, arguments)], standalone_mode=True)


def test_lint_passes_good_cases_with_0() -> None:
    result = run("lint", CASES, "--format", "json")
    files = json.loads(result.stdout)["files"]
    assert result.exit_code == 0
    assert [Path(file["path"]).name for file in files] == [path.name for path in sorted(CASES.rglob("*.yaml"))]
    assert all(file["ok"] and file["id"].startswith("sha256:") and file["problems"] == [] for file in files)


def test_lint_refuses_with_2_and_a_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text(GOOD.read_text().replace("summary: ", "summary: see http://evil.ru/ "))
    result = run("lint", GOOD, bad, "--format", "json")
    good, refused = json.loads(result.stdout)["files"]
    assert result.exit_code == 2
    assert good["ok"]
    assert not refused["ok"]
    assert refused["problems"][0]["message"] == "'evil.ru' may be a live host"
    assert refused["problems"][0]["where"] == {"line": 3, "column": 10}


def test_lint_of_a_missing_file_is_one_message_and_2(tmp_path: Path) -> None:
    result = run("lint", tmp_path / "missing.yaml")
    assert result.exit_code == 2
    assert "does not exist" in result.stdout
    assert "Traceback" not in result.output


def test_lint_never_obeys_what_a_case_says(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        GOOD.read_text()
        .replace("name: system", 'name: "\\e[2J\\u202esystem"', 1)
        .replace("system-prompt-told\n", 'x"\n', 1)
    )
    for result in (run("lint", tmp_path), run("verify", tmp_path), run("show", tmp_path / "x.yaml")):
        assert "\x1b" not in result.output
        assert "\u202e" not in result.output


def test_folders_are_read_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "one.yaml").write_text(GOOD.read_text())
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    (tmp_path / "deep" / "link.yaml").symlink_to(GOOD)
    (tmp_path / "readme.md").write_text("no case")
    files = json.loads(run("lint", tmp_path, "--format", "json").stdout)["files"]
    assert [Path(file["path"]).name for file in files] == ["one.yaml"]


def test_a_folder_without_cases_is_refused_and_not_called_good(tmp_path: Path) -> None:
    result = CliRunner().invoke(door, ["case", "lint", str(tmp_path)], standalone_mode=False)
    assert isinstance(result.exception, AccordError)
    assert result.exception.code == "ACC-E603"


def test_a_pipe_in_the_folder_is_a_problem_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    result = run("lint", tmp_path)
    assert result.exit_code == 2
    assert "not a regular file" in result.stdout


def test_verify_says_0_1_or_2(tmp_path: Path) -> None:
    assert run("verify", CASES).exit_code == 0
    text = GOOD.read_text()
    (tmp_path / "unproven.yaml").write_text(text.partition("proof:")[0])
    (tmp_path / "no-case.yaml").write_text("[]")
    unproven = run("verify", tmp_path / "unproven.yaml")
    assert unproven.exit_code == 1
    assert "the case has no proof" in unproven.stdout
    result = run("verify", tmp_path)
    assert result.exit_code == 2
    assert "error[ACC-E" in result.stderr


def test_show_tells_what_a_case_is() -> None:
    result = run("show", GOOD)
    assert result.exit_code == 0
    for part in ("system-prompt-told (medium, TLP:CLEAR)", "sha256:", "deliver system", '"leaks": "{{code}}"'):
        assert part in result.stdout


@pytest.mark.parametrize("arguments", [("lint",), ("verify",), ("lint", "x", "--format", "xml")])
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
