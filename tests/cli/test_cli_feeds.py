"""`accord feeds` imports and lists, tells what it left out, and never keeps an empty feed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from accord.cli.feeds import command
from accord.core.errors import AccordError

RECORD = {
    "id": "EX-1",
    "modified": "2026-11-20T00:00:00Z",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"]}],
}


def run(state: Path, *words: str) -> Result:
    environment = {"ACCORD_HOME": str(state), "ACCORD_NOW": "2026-11-22T12:00:00Z"}
    return CliRunner().invoke(command, list(words), env=environment, standalone_mode=False)


def source(folder: Path) -> Path:
    path = folder / "PyPI data"
    path.mkdir(exist_ok=True)
    (path / "EX-1.json").write_text(json.dumps(RECORD), "utf-8")
    (path / "EX-2.json").write_text("{}", "utf-8")
    return path


def test_an_import_tells_records_ages_and_what_was_skipped(tmp_path: Path) -> None:
    done = run(tmp_path / "state", "import", str(source(tmp_path)))
    assert "pypi-data" in done.stdout
    assert "newest 2026-11-20T00:00:00Z" in done.stdout
    assert "1 were skipped" in done.stderr
    assert "EX-2.json" in done.stderr


def test_json_is_one_document(tmp_path: Path) -> None:
    done = run(tmp_path / "state", "import", str(source(tmp_path)), "--name", "mine", "--format", "json")
    said = json.loads(done.stdout)
    assert said["feed"]["ecosystems"] == {"PyPI": {"records": 1, "newest": "2026-11-20T00:00:00Z"}}
    assert (said["withdrawn"], said["skipped"]) == (0, 1)
    listed = json.loads(run(tmp_path / "state", "list", "--format", "json").stdout)
    assert listed["feeds"] == [said["feed"]]


def test_the_list_says_when_there_is_none(tmp_path: Path) -> None:
    done = run(tmp_path / "state", "list")
    assert done.stdout == ""
    assert "no feed yet" in done.stderr


def test_a_damaged_feed_is_listed_as_such(tmp_path: Path) -> None:
    run(tmp_path / "state", "import", str(source(tmp_path)), "--name", "mine")
    (tmp_path / "state" / "feeds" / "mine" / "feed.json").write_text("{", "utf-8")
    assert "unreadable" in run(tmp_path / "state", "list").stdout


@pytest.mark.parametrize(
    ("words", "code"), [(("import", "nothing"), "ACC-E820"), (("import", ".", "--name", "NO"), "ACC-E822")]
)
def test_bad_input_is_an_error_with_its_page(words: tuple[str, ...], code: str, tmp_path: Path) -> None:
    done = run(tmp_path / "state", *words)
    assert isinstance(done.exception, AccordError)
    assert done.exception.code == code
