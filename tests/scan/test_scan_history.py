"""The history of git is read from its objects alone: loose, packed, deltas, hostile; git is asked only by the tests."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.contracts import History
from accord.scan import gitobjects
from accord.scan.gitobjects import GitError, Objects
from accord.scan.history import Passage, Reading, find_history, stamp_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the tests make repositories with git")
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


def git(root: Path, *words: str, day: int = 1) -> str:
    when = f"2026-01-{day:02}T00:00:00Z"
    environment = {**ENVIRONMENT, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    done = subprocess.run(["git", *words], cwd=root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def commit(root: Path, files: dict[str, str], *, day: int = 1) -> str:
    if not (root / ".git").exists():
        git(root, "init", "-q", "-b", "main")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", f"day {day}", day=day)
    return git(root, "rev-parse", "HEAD").strip()


def read(root: Path, *, seconds: float = 20) -> tuple[list[Passage], list[str]]:
    reading = Reading(root / ".git", seconds=seconds)
    return list(reading.passages()), reading.left_out


def grow(root: Path) -> None:
    """Make a repository whose pack holds chains of deltas."""
    lines = [f"line {number} {random.Random(number).random()}" for number in range(2000)]
    for day in range(1, 20):
        lines[day * 50] = f"changed on day {day}"
        commit(root, {"big.txt": "\n".join(lines), f"src/part{day}.py": f"x = {day}\n"}, day=day)
    git(root, "gc", "-q", "--aggressive", "--prune=now")


def test_a_line_that_was_removed_is_found_with_its_commit_and_path(tmp_path: Path) -> None:
    first = commit(tmp_path, {"app/settings.py": "a = 1\nsecret = 'here'\n"}, day=1)
    commit(tmp_path, {"app/settings.py": "a = 1\n"}, day=2)
    passages, left_out = read(tmp_path)
    (found,) = [one for one in passages if "secret" in one.text]
    assert (found.path, found.commit, left_out) == ("app/settings.py", first, [])
    assert found.lines[found.text.split("\n").index("secret = 'here'")] == 2


def test_a_line_is_told_once_however_often_it_was_committed(tmp_path: Path) -> None:
    grow(tmp_path)
    passages, left_out = read(tmp_path)
    told = "\n".join(one.text for one in passages).split("\n")
    assert left_out == []
    assert told.count("changed on day 7") == 1
    assert sum(line.startswith("line 0 ") for line in told) == 1


def test_packs_give_exactly_what_git_gives(tmp_path: Path) -> None:
    grow(tmp_path)
    objects = Objects(tmp_path / ".git")
    names = git(tmp_path, "cat-file", "--batch-check=%(objectname) %(objecttype)", "--batch-all-objects").split()
    theirs = dict(zip(names[::2], names[1::2], strict=True))
    assert {name: objects.type_of(name) for name in objects.names()} == theirs
    for name, kind in theirs.items():
        raw = subprocess.run(["git", "cat-file", kind, name], cwd=tmp_path, capture_output=True, check=True).stdout
        assert objects.read(name).data == raw
    objects.close()


def test_what_no_commit_holds_any_more_is_found_too(tmp_path: Path) -> None:
    commit(tmp_path, {"a.txt": "kept\n"})
    (tmp_path / "b.txt").write_text("dropped\n", "utf-8")
    git(tmp_path, "add", "b.txt")
    git(tmp_path, "rm", "-q", "--cached", "b.txt")
    passages, _ = read(tmp_path)
    assert [(one.path, one.commit) for one in passages if "dropped" in one.text] == [("", "")]


def test_binary_files_are_no_text(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.bin").write_bytes(b"\0secret")
    commit(tmp_path, {})
    assert [one for one in read(tmp_path)[0] if "secret" in one.text] == []


def test_a_shallow_clone_and_alternates_are_told(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    grow(tmp_path / "one")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tmp_path / 'one'}", "two")
    assert any("shallow" in one for one in read(tmp_path / "two")[1])
    git(tmp_path, "clone", "-q", "--shared", str(tmp_path / "one"), "three")
    assert any("alternates" in one for one in read(tmp_path / "three")[1])


def test_a_history_longer_than_its_time_says_so(tmp_path: Path) -> None:
    grow(tmp_path)
    passages, left_out = read(tmp_path, seconds=-1)
    assert passages == []
    assert "not read to its end" in left_out[0]


def test_hooks_and_configuration_are_never_run(tmp_path: Path) -> None:
    commit(tmp_path, {"a.txt": "a\n"})
    marker = tmp_path / "ran"
    (tmp_path / ".git" / "config").write_text(
        f"[core]\n\tfsmonitor = touch {marker}\n\tsshCommand = touch {marker}\n", "utf-8"
    )
    assert read(tmp_path)[0]
    assert not marker.exists()


def test_links_in_place_of_objects_lead_nowhere(tmp_path: Path) -> None:
    commit(tmp_path, {"a.txt": "a\n"})
    outside = tmp_path / "outside"
    outside.write_bytes(zlib.compress(b"blob 6\0secret"))
    folder = tmp_path / ".git" / "objects" / "aa"
    folder.mkdir(exist_ok=True)
    (folder / ("b" * 38)).symlink_to(outside)
    passages, left_out = read(tmp_path)
    assert not any("secret" in one.text for one in passages)
    assert left_out


def test_where_the_history_lies_is_told(tmp_path: Path) -> None:
    system = tmp_path / "system"
    system.mkdir()
    assert find_history(system) == History(None)
    assert stamp_of(system) == []
    (system / ".git").write_text("gitdir: /elsewhere\n", "utf-8")
    assert "outside" in find_history(system).problem
    (system / ".git").unlink()
    (tmp_path / ".git").mkdir()
    assert "above" in find_history(system).problem


def test_the_stamp_changes_with_a_commit(tmp_path: Path) -> None:
    commit(tmp_path, {"a.txt": "a\n"})
    before = stamp_of(tmp_path)
    assert before == stamp_of(tmp_path)
    commit(tmp_path, {"a.txt": "b\n"}, day=2)
    assert stamp_of(tmp_path) != before


def test_a_loose_object_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ".git" / "objects" / "aa"
    folder.mkdir(parents=True)
    (folder / ("b" * 38)).write_bytes(zlib.compress(b"blob 9\0" + bytes(gitobjects.LARGEST * 2)))
    with pytest.raises(GitError):
        Objects(tmp_path / ".git").read("aa" + "b" * 38)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_packs_never_break_the_reader(data: st.DataObject, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    if not root.exists():
        root.mkdir()
        grow(root)
    for suffix in ("pack", "idx"):
        (path,) = (root / ".git" / "objects" / "pack").glob(f"*.{suffix}")
        keep = path.with_name("kept." + suffix + "-whole")
        if not keep.exists():
            keep.write_bytes(path.read_bytes())
        whole = bytearray(keep.read_bytes())
        for _ in range(data.draw(st.integers(0, 5))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.chmod(0o644)
        path.write_bytes(
            bytes(whole[: data.draw(st.integers(0, len(whole)))]) if data.draw(st.booleans()) else bytes(whole)
        )
    read(root, seconds=5)


@given(base=st.binary(max_size=60), delta=st.binary(max_size=60))
def test_no_delta_makes_more_than_it_may(base: bytes, delta: bytes) -> None:
    try:
        made = gitobjects._apply(base, delta)
    except GitError:
        return
    assert len(made) <= gitobjects.LARGEST
