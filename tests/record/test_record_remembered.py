"""What guards remember for one another is sealed, belongs to its owner, ages, and is never half there."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.errors import RecordError, TamperError
from accord.record import memory_file, remembered
from accord.record.remembered import SECONDS, Remembered, Thing

ANSWER = Thing("response", "ann", "resp_0f9a8b7c6d5e4f3a")
WORDS = b"please pay 4711 euros to Mallory" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "guard-memory"


@pytest.fixture
def kept(folder: Path) -> Iterator[Remembered]:
    found = Remembered(folder)
    yield found
    found.close()


def values(kept: Remembered, thing: Thing = ANSWER, after: int = 0) -> list[bytes]:
    found = kept.read(thing, after)
    assert found is not None
    return [entry.value for entry in found]


def test_what_one_process_wrote_another_reads(folder: Path, kept: Remembered) -> None:
    kept.put(ANSWER, WORDS)
    kept.add(ANSWER, b"more", number=2)
    other = Remembered(folder)
    assert values(other) == [WORDS, b"more"]
    assert values(other, after=1) == [b"more"]
    assert values(other, after=2) == []
    other.close()


@pytest.mark.parametrize(
    "thing",
    [
        Thing("response", "bob", ANSWER.name),
        Thing("response", "ann", "resp_0f9a8b7c6d5e4f3b"),
        Thing("session", "ann", ANSWER.name),
        Thing("response", "annr", ANSWER.name[1:]),
        Thing("response", "", ANSWER.name),
    ],
)
def test_a_name_says_nothing_to_another_caller_or_under_another_kind(kept: Remembered, thing: Thing) -> None:
    kept.put(ANSWER, WORDS)
    assert kept.read(thing) is None


def test_the_files_are_private_and_show_neither_words_nor_names(folder: Path, kept: Remembered) -> None:
    old = os.umask(0)
    try:
        kept.put(ANSWER, WORDS)
        with kept.turn(ANSWER):
            pass
    finally:
        os.umask(old)
    files = [path for path in folder.iterdir() if path.is_file()]
    assert {"memory.db", "memory.db-wal", "memory.key"} <= {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    data = b"".join(path.read_bytes() for path in files)
    assert not [word for word in (b"Mallory", b"resp_0f9a", b"ann") if word in data]


def test_a_file_that_others_could_read_is_closed_to_them(folder: Path, kept: Remembered) -> None:
    folder.mkdir(parents=True)
    (folder / "memory.db").touch(0o644)
    kept.put(ANSWER, WORDS)
    assert stat.S_IMODE((folder / "memory.db").stat().st_mode) == 0o600


def test_a_link_in_the_place_of_the_file_is_refused(folder: Path, tmp_path: Path, kept: Remembered) -> None:
    folder.mkdir(parents=True)
    (folder / "memory.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordError):
        kept.put(ANSWER, WORDS)
    assert not (tmp_path / "elsewhere").exists()


def change(folder: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(folder / "memory.db") as db:
        db.execute(statement, values)
    db.close()


def test_an_entry_that_was_changed_is_not_read(folder: Path, kept: Remembered) -> None:
    kept.put(ANSWER, WORDS)
    change(folder, "UPDATE entry SET sealed = zeroblob(length(sealed))")
    with pytest.raises(TamperError):
        kept.read(ANSWER)


def test_entries_that_changed_places_are_not_read(folder: Path, kept: Remembered) -> None:
    kept.put(ANSWER, b"first")
    kept.add(ANSWER, b"second", number=2)
    change(folder, "UPDATE entry SET number = number + 10")
    change(folder, "UPDATE entry SET number = 13 - number")
    with pytest.raises(TamperError):
        kept.read(ANSWER)


@pytest.mark.parametrize("number", [1, 2])
def test_a_thing_of_which_a_part_is_gone_is_not_read(folder: Path, kept: Remembered, number: int) -> None:
    kept.put(ANSWER, b"first")
    kept.add(ANSWER, b"second", number=2)
    kept.add(ANSWER, b"third", number=3)
    change(folder, "DELETE FROM entry WHERE number = ?", number)
    with pytest.raises(RecordError):
        kept.read(ANSWER)


def test_a_copy_without_its_secret_says_nothing(folder: Path, kept: Remembered, tmp_path: Path) -> None:
    kept.put(ANSWER, WORDS)
    kept.close()
    other = tmp_path / "copy"
    other.mkdir()
    (other / "memory.db").write_bytes((folder / "memory.db").read_bytes())
    stolen = Remembered(other)
    assert stolen.read(ANSWER) is None
    stolen.close()


@pytest.mark.parametrize(("name", "data"), [("memory.db", b"no database" * 99), ("memory.key", b"short")])
def test_files_that_are_something_else_are_said(folder: Path, kept: Remembered, name: str, data: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / name).write_bytes(data)
    for action in (lambda: kept.put(ANSWER, WORDS), lambda: kept.read(ANSWER), lambda: kept.drop(ANSWER)):
        with pytest.raises(RecordError):
            action()


def test_a_file_of_a_newer_version_is_left_alone(folder: Path, kept: Remembered) -> None:
    kept.put(ANSWER, WORDS)
    kept.close()
    change(folder, "PRAGMA user_version = 9")
    with pytest.raises(RecordError, match="newer") as refused:
        kept.read(ANSWER)
    assert refused.value.code == "ACC-E531"


def test_what_is_a_day_old_is_forgotten_and_leaves_the_file(folder: Path) -> None:
    now = 1_000_000.0
    kept = Remembered(folder, now=lambda: now)
    kept.put(ANSWER, WORDS)
    now += SECONDS - 1
    assert kept.read(ANSWER) is not None
    kept.add(ANSWER, b"again", number=2)
    now += SECONDS - 1
    assert kept.read(ANSWER) is not None, "a word on it makes it young again"
    now += 1
    assert kept.read(ANSWER) is None
    for at in range(remembered._EVERY):
        kept.put(ANSWER._replace(name=f"other{at}"), b"x")
    kept.close()
    with sqlite3.connect(folder / "memory.db") as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone()[0] == remembered._EVERY
    db.close()


def test_what_is_a_day_old_leaves_the_file_when_somebody_opens_it(folder: Path) -> None:
    now = 1_000_000.0
    for _ in range(2):
        kept = Remembered(folder, now=lambda at=now: at)  # type: ignore[misc]  # the hour of this round
        assert kept.read(ANSWER) is None
        with sqlite3.connect(folder / "memory.db") as db:
            assert db.execute("SELECT count(*) FROM entry").fetchone()[0] == 0
        db.close()
        kept.put(ANSWER, WORDS)
        kept.close()
        now += SECONDS


def test_an_owner_who_has_too_much_loses_the_oldest_of_his_own(
    folder: Path, kept: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_THINGS", 10)
    monkeypatch.setattr(remembered, "_EVERY", 1)
    kept.put(ANSWER._replace(owner="bob"), WORDS)
    for at in range(30):
        kept.put(ANSWER._replace(name=f"r{at}"), WORDS)
    assert values(kept, ANSWER._replace(owner="bob")) == [WORDS]
    assert [values(kept, ANSWER._replace(name=f"r{at}")) for at in range(20, 30)] == [[WORDS]] * 10
    with pytest.raises(RecordError):
        kept.read(ANSWER._replace(name="r3"))
    with pytest.raises(RecordError):
        kept.add(ANSWER._replace(name="r3"), b"more", number=2)


def test_what_one_owner_may_have_is_bounded_in_bytes(
    folder: Path, kept: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_BYTES", 100_000)
    monkeypatch.setattr(remembered, "_EVERY", 1)
    for at in range(50):
        kept.put(ANSWER._replace(name=f"r{at}"), os.urandom(20_000))
    with sqlite3.connect(folder / "memory.db") as db:
        assert db.execute("SELECT sum(length(sealed)) FROM entry").fetchone()[0] <= 100_000
    db.close()
    with pytest.raises(RecordError):
        kept.put(ANSWER, b"x" * (remembered.LARGEST + 1))


def test_nobody_adds_under_a_number_that_is_taken_or_to_what_is_gone(kept: Remembered) -> None:
    kept.put(ANSWER, b"first")
    kept.add(ANSWER, b"second", number=2)
    with pytest.raises(RecordError):
        kept.add(ANSWER, b"another second", number=2)
    assert values(kept) == [b"first", b"second"]
    kept.drop(ANSWER)
    assert kept.read(ANSWER) is None
    with pytest.raises(RecordError):
        kept.add(ANSWER, b"third", number=3)


def test_what_is_written_anew_has_another_mark(kept: Remembered) -> None:
    marks = {kept.put(ANSWER, b"same") for _ in range(5)}
    assert len(marks) == 5
    found = kept.read(ANSWER)
    assert found is not None
    assert found[0].mark in marks


def _writes(folder: Path, at: int, count: int) -> None:
    kept = Remembered(folder)
    for _ in range(count):
        with kept.turn(ANSWER):
            known = kept.read(ANSWER)
            if known is None:
                kept.put(ANSWER, b"%d" % at)
            else:
                kept.add(ANSWER, b"%d" % at, number=len(known) + 1)
    os._exit(0)


def test_processes_take_turns_and_lose_nothing_of_each_other(folder: Path, kept: Remembered) -> None:
    context = multiprocessing.get_context("fork")
    many = [context.Process(target=_writes, args=(folder, at, 25)) for at in range(3)]
    for one in many:
        one.start()
    for one in many:
        one.join(60)
    assert sorted(values(kept)) == sorted([b"0", b"1", b"2"] * 25)


def _keeps_its_turn(folder: Path, ready: Path) -> None:
    kept = Remembered(folder)
    with kept.turn(ANSWER):
        kept.put(ANSWER, b"written before the end")
        ready.touch()
        time.sleep(60)


def test_a_killed_process_leaves_its_turn_and_what_it_wrote(folder: Path, kept: Remembered, tmp_path: Path) -> None:
    one = multiprocessing.get_context("fork").Process(target=_keeps_its_turn, args=(folder, tmp_path / "ready"))
    one.start()
    while not (tmp_path / "ready").exists():
        time.sleep(0.01)
    one.kill()
    one.join()
    with kept.turn(ANSWER):
        assert values(kept) == [b"written before the end"]


def test_nobody_waits_for_ever_for_a_turn(kept: Remembered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_file, "PATIENCE", 0.01)
    with kept.turn(ANSWER), pytest.raises(RecordError), kept.turn(ANSWER):
        raise AssertionError


TEXTS = st.text(max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.tuples(TEXTS, TEXTS, TEXTS), st.tuples(TEXTS, TEXTS, TEXTS), st.binary(max_size=2_000))
def test_two_things_are_one_only_where_all_three_parts_agree(
    tmp_path_factory: pytest.TempPathFactory, one: tuple[str, str, str], other: tuple[str, str, str], value: bytes
) -> None:
    kept = Remembered(tmp_path_factory.mktemp("memory") / "guard-memory")
    kept.put(Thing(*one), value)
    assert values(kept, Thing(*one)) == [value]
    assert (kept.read(Thing(*other)) is not None) == (one == other)
    kept.close()
