"""`accord init` drafts two files, asks nothing, and overwrites nothing unasked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accord.record.manifest import read_manifest, read_threats

CLIENT = "from openai import OpenAI\nOpenAI().responses.create(model='gpt-4.1')\n"


def accord(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # our own program
        [sys.executable, "-c", "from accord.cli import main; main()", *map(str, words)],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(CLIENT)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_two_drafts_are_written_and_load(repo: Path) -> None:
    done = accord("init", cwd=repo)
    assert (done.returncode, done.stdout) == (0, "")
    assert names(repo) == ["accord.yaml", "app.py", "threats.yaml"]
    manifest = read_manifest(repo)
    assert manifest is not None
    assert [one.source for one in manifest.system.components.models] == ["api:openai/gpt-4.1"]
    assert read_threats(repo, manifest.system) is not None
    assert "found 1 model" in done.stderr


def test_print_writes_both_drafts_to_stdout_and_no_file(repo: Path) -> None:
    done = accord("init", "--print", cwd=repo)
    assert done.returncode == 0
    assert "\naccord: 1\n" in done.stdout
    assert "\nthreats: 1\n" in done.stdout
    assert names(repo) == ["app.py"]


@pytest.mark.parametrize("there", ["accord.yaml", "threats.yaml"])
def test_when_one_of_them_exists_neither_is_written(repo: Path, there: str) -> None:
    (repo / there).write_text("mine")
    done = accord("init", cwd=repo)
    assert done.returncode == 2
    assert f"error[ACC-E805]: {there} exists already" in done.stderr
    assert names(repo) == sorted(["app.py", there])
    assert (repo / there).read_text() == "mine"


def test_force_overwrites_both(repo: Path) -> None:
    for name in ("accord.yaml", "threats.yaml"):
        (repo / name).write_text("mine")
    assert accord("init", "--force", cwd=repo).returncode == 0
    assert read_manifest(repo) is not None
    assert names(repo) == ["accord.yaml", "app.py", "threats.yaml"]


def test_a_link_is_not_written_through_even_with_force(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "victim"
    target.write_text("mine")
    (repo / "accord.yaml").symlink_to(target)
    assert accord("init", "--force", cwd=repo).returncode == 2
    assert target.read_text() == "mine"
    assert "threats.yaml" not in names(repo)


def test_the_same_folder_gives_the_same_drafts(repo: Path) -> None:
    assert accord("init", "--print", cwd=repo).stdout == accord("init", repo, "--print", cwd=repo.parent).stdout


def test_a_path_that_is_no_folder_is_bad_input(repo: Path) -> None:
    assert accord("init", "app.py", cwd=repo).returncode == 2
    assert accord("init", "absent", cwd=repo).returncode == 2


def test_an_empty_folder_gives_a_draft_that_loads(tmp_path: Path) -> None:
    done = accord("init", cwd=tmp_path)
    assert done.returncode == 0
    assert read_manifest(tmp_path) is not None
    assert "found nothing of an AI system" in done.stderr


def test_hostile_names_and_links_end_in_a_draft_that_loads_and_a_clean_terminal(tmp_path: Path) -> None:
    head = b"GGUF" + bytes(60)
    for name in (
        b"\x1b[31mred.gguf",
        b"\xff.gguf",
        b"ab: c.gguf",
        b"- x.gguf",
        b"no.gguf",
        "\u202eevil.gguf".encode(),
        b"a\nb.gguf",
    ):
        (tmp_path / os.fsdecode(name)).write_bytes(head)
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe.gguf")
    done = accord("init", cwd=tmp_path)
    assert done.returncode == 0
    assert not set(done.stderr) & set("\x1b\u202e")
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert {one.source for one in manifest.system.components.models} == {
        "file:ab: c.gguf",
        "file:- x.gguf",
        "file:no.gguf",
    }
    assert "# 4 more were found" in (tmp_path / "accord.yaml").read_text("utf-8")
    assert "not looked at: 2" in done.stderr
