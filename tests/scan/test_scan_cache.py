"""Ratings that are kept: used again for the very same file, and for nothing else."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from mmap import ACCESS_READ
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan import cache as kept_ratings
from accord.scan.cache import Cache
from accord.scan.engine import Target, Terms, rate
from accord.scan.rating import Rated
from accord.scan.trace import Stretch, Traced, digest_of, merged


@pytest.fixture(autouse=True)
def everything_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_ratings, "_SLOW", -1.0)


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    path.write_bytes(b"PAR1" + os.urandom(2 << 20))
    return path


def rating(path: Path, state: Path, terms: str = "") -> Rated:
    return rate(Target(path.parent, path.name, path.name), Terms(cache=Cache(state, terms)))


def kept(state: Path) -> list[Path]:
    return sorted((state / "scan").glob("*.json"))


def forged(state: Path) -> None:
    """Make what is kept say something else, so that its use shows."""
    said = json.loads(kept(state)[0].read_text())
    said["rated"]["format"] = "from the cache"
    kept(state)[0].write_text(json.dumps(said))


def test_an_unchanged_file_is_not_read_again(big: Path, tmp_path: Path) -> None:
    first = rating(big, tmp_path / "state")
    forged(tmp_path / "state")
    assert first.format == "other"
    assert rating(big, tmp_path / "state").format == "from the cache"


def test_a_changed_byte_makes_the_file_new_even_when_its_times_are_put_back(big: Path, tmp_path: Path) -> None:
    rating(big, tmp_path / "state")
    forged(tmp_path / "state")
    before = big.stat()
    with big.open("r+b") as file:
        file.write(b"XAR1")
    os.utime(big, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert rating(big, tmp_path / "state").format != "from the cache"


def test_what_was_read_must_have_the_digest_it_had(big: Path, tmp_path: Path) -> None:
    rating(big, tmp_path / "state")
    forged(tmp_path / "state")
    said = json.loads(kept(tmp_path / "state")[0].read_text())
    said["digest"] = "0" * 64
    kept(tmp_path / "state")[0].write_text(json.dumps(said))
    assert rating(big, tmp_path / "state").format == "other"


def test_other_cases_ask_anew(big: Path, tmp_path: Path) -> None:
    rating(big, tmp_path / "state")
    forged(tmp_path / "state")
    assert rating(big, tmp_path / "state", terms="a case more").format == "other"


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b'{"stretches": 3}', b"\xff" * 100])
def test_a_broken_cache_is_no_cache(big: Path, tmp_path: Path, junk: bytes) -> None:
    rating(big, tmp_path / "state")
    kept(tmp_path / "state")[0].write_bytes(junk)
    assert rating(big, tmp_path / "state").format == "other"


def test_a_folder_that_cannot_be_written_costs_only_time(big: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands here")
    assert rating(big, tmp_path / "state").format == "other"


def test_small_files_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text("hello")
    rating(tmp_path / "small.txt", tmp_path / "state")
    assert not (tmp_path / "state").exists()


class TestTrace:
    def test_every_byte_that_is_read_or_searched_is_noted(self, big: Path) -> None:
        with big.open("rb") as file:
            traced = Traced(file.fileno(), 0, access=ACCESS_READ)
            assert traced[0:4] == b"PAR1"
            assert traced.find(b"\0nowhere to be found\0", 100, 200) == -1
            assert traced[300] is not None
            assert list(merged(traced.stretches)) == [Stretch(0, 4), Stretch(100, 200), Stretch(300, 301)]

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda one: Stretch(*sorted(one)))))
    def test_merged_stretches_cover_the_same_bytes(self, stretches: list[Stretch]) -> None:
        covered = {at for one in stretches for at in range(*one)}
        out = [one for one in merged(stretches) if one.stop > one.start]
        assert {at for one in out for at in range(*one)} == covered
        assert all(a.stop < b.start for a, b in pairwise(out))

    def test_the_digest_is_of_bytes_and_places(self, big: Path) -> None:
        with big.open("rb") as file:
            traced = Traced(file.fileno(), 0, access=ACCESS_READ)
            assert digest_of(traced, [Stretch(0, 10)]) != digest_of(traced, [Stretch(0, 11)])
            assert digest_of(traced, [Stretch(0, 3 << 20)]) == digest_of(traced, [Stretch(0, 3 << 20)])
