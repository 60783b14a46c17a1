"""Files are found by pattern, read within bounds, and known by their content alone."""

from __future__ import annotations

import fnmatch
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.files import ABSENT, Files, Identity
from accord.core.canon import digest_bytes
from accord.core.errors import AccordError
from accord.core.settings import MIB, Settings
from accord.scan.walk import File, walk

NAMES = st.text("ab.[]{}+^$\\ é", min_size=1, max_size=4).filter(lambda name: name not in {".", ".."})
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
SEGMENT = st.text("ab.*?", min_size=1, max_size=4).filter(lambda part: "**" not in part)
GLOBS = st.lists(st.one_of(SEGMENT, st.just("**")), min_size=1, max_size=3).map("/".join)


def named(*paths: str) -> Files:
    return Files(Path("/nonexistent"), [File(path, 1, 0) for path in paths], Settings())


def below(folder: Path, **settings: int) -> Files:
    walked = walk(folder, max_files=1000, max_depth=10, seconds=10)
    return Files(folder, walked.files, Settings(**settings))  # type: ignore[arg-type]  # whole numbers only


def identity(files: Files, path: str, *, limit: int = MIB) -> Identity:
    return files.identify(path, limit=limit, stop=time.monotonic() + 60)


def fits(parts: list[str], globs: list[str]) -> bool:
    """Say what a pattern matches, folder by folder: the plain meaning, written another way."""
    if not globs:
        return not parts
    if globs[0] == "**":
        if len(globs) == 1:
            return bool(parts)
        return any(fits(parts[skip:], globs[1:]) for skip in range(len(parts)))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], globs[0]) and fits(parts[1:], globs[1:])


@given(st.sets(PATHS, max_size=8), GLOBS)
def test_a_pattern_matches_what_it_means_folder_by_folder(paths: set[str], glob: str) -> None:
    expected = sorted(path for path in paths if fits(path.split("/"), glob.split("/")))
    assert list(named(*paths).matching(glob)) == expected


@given(st.sets(PATHS, max_size=8), st.lists(GLOBS, max_size=3))
def test_several_patterns_match_the_union_in_order_and_each_path_once(paths: set[str], globs: list[str]) -> None:
    files = named(*paths)
    found = files.matching(*globs)
    assert list(found) == sorted({path for glob in globs for path in files.matching(glob)})


@given(st.sets(PATHS, max_size=8))
def test_two_stars_match_everything_and_a_plain_name_itself(paths: set[str]) -> None:
    files = named(*paths)
    assert files.matching("**") == files.matching("**/*") == tuple(sorted(paths))
    assert all(files.matching(path) == (path,) for path in paths)


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("*.py", ("a.py",)),
        ("**/*.py", ("a.py", "src/b.py", "src/deep/c.py")),
        ("src/*.py", ("src/b.py",)),
        ("src/**", ("src/b.py", "src/deep/c.py", "src/x\ny.txt")),
        ("src/**/*.py", ("src/b.py", "src/deep/c.py")),
        ("?.py", ("a.py",)),
        ("SRC/**", ()),
        ("src", ()),
        ("src/", ()),
        ("/a.py", ()),
        ("[a].py", ()),
        ("src/x*", ("src/x\ny.txt",)),
        ("**/.env*", (".env", "deploy/.env.local")),
    ],
)
def test_patterns_by_example(glob: str, found: tuple[str, ...]) -> None:
    files = named("a.py", "src/b.py", "src/deep/c.py", "src/x\ny.txt", ".env", "deploy/.env.local")
    assert files.matching(glob) == found


@given(st.sets(PATHS, max_size=8), PATHS)
def test_what_is_below_a_folder_is_what_begins_with_its_name_and_a_slash(paths: set[str], folder: str) -> None:
    files = named(*paths)
    assert list(files.below(folder)) == sorted(path for path in paths if path.startswith(folder + "/"))
    assert files.below(".") == tuple(sorted(paths))


def test_only_regular_files_that_were_walked_are_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "folder").mkdir()
    files = below(tmp_path)
    assert [name for name in ("a", "link", "folder", "b") if files.has(name)] == ["a"]


@given(st.binary(max_size=200))
def test_a_file_is_known_by_its_content_alone(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("f")
    (folder / "a").write_bytes(data)
    (folder / "b").write_bytes(data)
    files = below(folder)
    assert identity(files, "a") == identity(files, "b") == Identity(digest_bytes(data), len(data), None)


FOLDER = {"one": b"1", "deep/two": b"2", "three": b"3"}


def folder_digest(folder: Path, contents: dict[str, bytes]) -> str | None:
    for name, data in contents.items():
        file = folder / "kb" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return identity(below(folder), "kb").digest


@pytest.mark.parametrize(
    "other",
    [
        FOLDER | {"one": b"4"},
        FOLDER | {"four": b""},
        {"one": b"1", "deep/two": b"2"},
        {"one": b"1", "two": b"2", "three": b"3"},
        FOLDER | {"one": b"3", "three": b"1"},
    ],
    ids=["content", "addition", "removal", "moved", "swapped"],
)
def test_a_folder_is_another_with_any_change_in_it(tmp_path: Path, other: dict[str, bytes]) -> None:
    assert folder_digest(tmp_path / "x", FOLDER) != folder_digest(tmp_path / "y", other)


def test_a_folder_is_the_same_wherever_it_lies_and_whatever_lies_beside_it(tmp_path: Path) -> None:
    first = folder_digest(tmp_path / "x", FOLDER)
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "beside").write_text("x")
    (tmp_path / "y" / "kb2").write_text("x")
    assert folder_digest(tmp_path / "y", FOLDER) == first
    assert first is not None


def test_a_folder_with_a_part_that_cannot_be_read_has_no_digest_and_names_the_part(tmp_path: Path) -> None:
    folder_digest(tmp_path, FOLDER)
    files = below(tmp_path)
    (tmp_path / "kb" / "one").unlink()
    found = identity(files, "kb")
    assert found.digest is None
    assert str(found.problem).startswith("kb/one: ")


def test_a_folder_is_bounded_as_a_whole(tmp_path: Path) -> None:
    folder_digest(tmp_path, FOLDER)
    assert identity(below(tmp_path), "kb", limit=2) == Identity(None, 3, "too large to be hashed")
    assert identity(below(tmp_path), "kb", limit=3).digest is not None


def test_nothing_is_hashed_after_the_time_for_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    found = below(tmp_path).identify("a", limit=MIB, stop=time.monotonic() - 1)
    assert (found.digest, found.size) == (None, 1)
    assert "time for hashing was used up" in str(found.problem)


def test_a_sparse_giant_is_not_hashed(tmp_path: Path) -> None:
    with (tmp_path / "giant").open("wb") as file:
        file.truncate(100 << 30)
    assert identity(below(tmp_path), "giant", limit=4096 * MIB) == Identity(None, 100 << 30, "too large to be hashed")


@pytest.mark.parametrize(("size", "whole"), [(MIB, True), (MIB + 1, False)])
def test_a_file_is_read_whole_up_to_the_limit_and_refused_beyond_it(tmp_path: Path, size: int, *, whole: bool) -> None:
    (tmp_path / "a").write_bytes(b"x" * size)
    files = below(tmp_path, max_file=MIB)
    if whole:
        assert len(files.read("a")) == size
        return
    with pytest.raises(AccordError, match="larger than 1 MiB") as caught:
        files.read("a")
    assert caught.value.code == "ACC-E401"
    assert "max_file" in caught.value.hint


def test_a_file_that_grew_after_the_walk_is_still_bounded(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    files = below(tmp_path, max_file=MIB)
    (tmp_path / "a").write_bytes(bytes(2 * MIB))
    with pytest.raises(AccordError, match="larger than 1 MiB"):
        files.read("a")


@pytest.mark.parametrize("path", ["link", "inside/link", "loop", "folder/x", "../secret", "/etc/hostname", "pipe"])
def test_nothing_leads_out_of_the_root_or_holds_us_up(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    for secret in (tmp_path / "secret", tmp_path / "out" / "x"):
        secret.write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "inside" / "link").symlink_to("../../secret")
    (root / "loop").symlink_to("loop")
    (root / "folder").symlink_to(tmp_path / "out")
    os.mkfifo(root / "pipe")
    files = below(root)
    with pytest.raises(AccordError):
        files.read(path)
    assert files.digest(path) == ABSENT
    assert not files.has(path)


def test_what_is_absent_has_a_digest_that_no_content_has(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    files = below(tmp_path)
    assert files.digest("gone") == ABSENT
    assert files.digest("empty") == digest_bytes(b"") != ABSENT
