"""The walk and the door to files: complete, bounded, and never led out of the root."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import AccordError
from accord.scan.walk import PRUNED, Walk, open_inside, read_head, walk


def look(root: Path, *, max_files: int = 1000, max_depth: int = 20, seconds: float = 20) -> Walk:
    return walk(root, max_files=max_files, max_depth=max_depth, seconds=seconds)


def reasons(walked: Walk) -> dict[str, str]:
    return {one.path: one.reason for one in walked.skipped}


def test_files_come_in_order_of_paths_with_their_sizes(tmp_path: Path) -> None:
    for name in ("b/c.txt", "a.txt", "b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [(file.path, file.size) for file in look(tmp_path).files] == [("a.txt", 5), ("b.txt", 5), ("b/c.txt", 7)]


@pytest.mark.parametrize("name", sorted(PRUNED))
def test_folders_of_dependencies_and_caches_are_left_out_and_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "x" / name / "deep").mkdir(parents=True)
    (tmp_path / "x" / name / "deep" / "a.py").touch()
    walked = look(tmp_path)
    assert walked.files == ()
    assert reasons(walked) == {f"x/{name}": "dependency or cache folder"}


def test_a_virtual_environment_is_known_by_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "my-env").mkdir()
    (tmp_path / "my-env" / "pyvenv.cfg").touch()
    assert reasons(look(tmp_path)) == {"my-env": "dependency or cache folder"}


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").symlink_to("real/a")
    walked = look(tmp_path)
    assert [file.path for file in walked.files] == ["real/a"]
    assert reasons(walked) == dict.fromkeys(("loop", "dangling", "file"), "symbolic link")


def test_pipes_and_sockets_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert reasons(look(tmp_path)) == {"pipe": "named pipe", "socket": "socket"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)
    assert reasons(look(tmp_path)) == {"shut": "unreadable: Permission denied"}


def test_the_limit_of_files_is_kept_and_said(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}").touch()
    walked = look(tmp_path, max_files=4)
    assert [file.path for file in walked.files] == ["0", "1", "2", "3"]
    assert reasons(walked) == {"4": "the limit of 4 files was met: this and what follows was not looked at"}


def test_folders_that_are_still_to_come_when_a_limit_is_met_are_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").touch()
    assert set(reasons(look(tmp_path, max_files=1))) == {"b/x", "c"}


def test_the_limit_of_depth_is_kept_and_said(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    assert reasons(look(tmp_path, max_depth=2)) == {"a/b": "deeper than 2 folders"}


def test_when_time_is_over_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    walked = look(tmp_path, seconds=-1)
    assert walked.files == ()
    assert "time" in reasons(walked)["a"]


def test_after_a_thousand_left_out_only_their_number_is_said(tmp_path: Path) -> None:
    for number in range(1005):
        (tmp_path / f"{number}").symlink_to("nowhere")
    skipped = look(tmp_path, max_files=2000).skipped
    assert len(skipped) == 1001
    assert skipped[-1].reason == "and 5 more"


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AccordError) as caught:
        look(tmp_path / "absent")
    assert caught.value.code == "ACC-E804"


NAMES = st.binary(min_size=1, max_size=30).filter(lambda name: not set(name) & {0, 47} and name not in {b".", b".."})


@given(names=st.sets(NAMES, max_size=8))
def test_any_name_survives_and_opens_again(tmp_path_factory: pytest.TempPathFactory, names: set[bytes]) -> None:
    root = tmp_path_factory.mktemp("names")
    made = {os.fsdecode(name) for name in names if os.fsdecode(name) not in PRUNED}
    for name in made:
        (root / name).write_bytes(os.fsencode(name))
    walked = look(root)
    assert {file.path for file in walked.files} == made
    assert all(read_head(root, file.path, 99) == os.fsencode(file.path) for file in walked.files)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("absent", "ACC-E801"), ("a/b", "ACC-E801"), ("loop/x", "ACC-E801"), ("out", "ACC-E802"), ("in", "ACC-E802"),
        ("dir/../a", "ACC-E802"), ("/etc/passwd", "ACC-E802"), ("a\0b", "ACC-E802"), ("", "ACC-E802"),
        ("outdir/secret", "ACC-E802"), ("dir", "ACC-E803"), ("pipe", "ACC-E803"),
    ],
)  # fmt: skip
def test_what_is_no_regular_file_inside_is_not_opened(tmp_path: Path, path: str, code: str) -> None:
    root = tmp_path / "root"
    (root / "dir").mkdir(parents=True)
    (tmp_path / "secret").write_text("outside")
    (root / "a").write_text("inside")
    (root / "out").symlink_to("../secret")
    (root / "in").symlink_to("a")
    (root / "outdir").symlink_to("..")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    with pytest.raises(AccordError) as caught:
        open_inside(root, path)
    assert caught.value.code == code


def test_a_link_in_the_middle_may_lead_elsewhere_inside(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("inside")
    (tmp_path / "alias").symlink_to("real")
    assert read_head(tmp_path, "alias/a", 6) == b"inside"


def test_opening_leaves_no_descriptor_behind(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "a").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("dir/a", "dir/absent", "dir"):
        try:
            open_inside(tmp_path, path).close()
        except AccordError:
            continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before
