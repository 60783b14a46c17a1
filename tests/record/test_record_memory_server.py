"""What the guards of several machines remember on one PostgreSQL server: the words of a file, and turns for all."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from accord.core.errors import RecordError, TamperError
from accord.record import memory_server, remembered
from accord.record.remembered import SECONDS, Remembered, Thing

SESSION = Thing("session", "ann", "mcp-0f9a8b7c6d5e4f3a")
WORDS = b"please pay 4711 euros to Mallory" * 20


@pytest.fixture
def url() -> str:
    return os.environ["ACCORD_TEST_PG_URL"]


@pytest.fixture
def machines(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folders of two machines, the second with the key of the first."""
    one, other = tmp_path / "one" / "guard-memory", tmp_path / "other" / "guard-memory"
    for folder in (one, other):
        folder.mkdir(parents=True, mode=0o700)
    (one / "memory.key").write_bytes(bytes(range(32)))
    shutil.copy(one / "memory.key", other)
    return one, other


@pytest.fixture
def kept(machines: tuple[Path, Path], url: str) -> Iterator[Remembered]:
    found = Remembered(machines[0], url)
    yield found
    found.close()


@pytest.fixture
def elsewhere(machines: tuple[Path, Path], url: str) -> Iterator[Remembered]:
    found = Remembered(machines[1], url)
    yield found
    found.close()


def values(kept: Remembered, thing: Thing = SESSION) -> list[bytes]:
    return [entry.value for entry in kept.read(thing) or ()]


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("SET search_path TO accord_guard"))
        found = connection.execute(text(statement))
        told = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return told


@pytest.mark.postgres
def test_one_machine_reads_what_another_wrote_and_adds_to_it(kept: Remembered, elsewhere: Remembered) -> None:
    kept.put(SESSION, b"old")
    kept.put(SESSION, WORDS)
    elsewhere.add(SESSION, b"more", number=2)
    assert values(kept) == [WORDS, b"more"]
    with pytest.raises(RecordError):
        kept.add(SESSION, b"another second", number=2)
    assert values(elsewhere) == [WORDS, b"more"]
    elsewhere.drop(SESSION)
    assert kept.read(SESSION) is None
    with pytest.raises(RecordError):
        kept.add(SESSION, b"third", number=3)


@pytest.mark.postgres
def test_the_server_is_shown_neither_words_nor_names(kept: Remembered, url: str) -> None:
    kept.put(SESSION, WORDS)
    data = repr(rows(url, "SELECT * FROM thing, entry, made_by")).encode()
    assert not [word for word in (b"Mallory", b"mcp-0f9a", b"ann'") if word in data]
    rows(url, "UPDATE entry SET sealed = overlay(sealed placing '\\x00000000'::bytea from 20)")
    with pytest.raises(TamperError):
        kept.read(SESSION)


@pytest.mark.postgres
def test_machines_with_different_secrets_do_not_share_a_server(kept: Remembered, url: str, tmp_path: Path) -> None:
    kept.put(SESSION, WORDS)
    stranger = Remembered(tmp_path / "third" / "guard-memory", url)
    with pytest.raises(RecordError, match="another secret") as refused:
        stranger.put(SESSION, b"x")
    assert "memory.key" in (refused.value.hint or "")
    assert values(kept) == [WORDS]


@pytest.mark.postgres
def test_a_newer_server_is_left_alone(kept: Remembered, elsewhere: Remembered, url: str) -> None:
    kept.put(SESSION, WORDS)
    rows(url, "UPDATE made_by SET version = 9")
    with pytest.raises(RecordError, match="newer") as refused:
        elsewhere.read(SESSION)
    assert refused.value.code == "ACC-E531"


@pytest.mark.postgres
def test_what_is_a_day_old_leaves_the_server(machines: tuple[Path, Path], url: str) -> None:
    now = 1_000_000.0
    kept = Remembered(machines[0], url, now=lambda: now)
    kept.put(SESSION, WORDS)
    now += SECONDS
    assert kept.read(SESSION) is None
    for at in range(remembered._EVERY):
        kept.put(SESSION._replace(name=f"other{at}"), b"x")
    assert rows(url, "SELECT count(*) FROM entry") == [(remembered._EVERY,)]
    kept.close()


@pytest.mark.postgres
def test_an_owner_who_has_too_much_loses_the_oldest_of_his_own(
    kept: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_THINGS", 10)
    monkeypatch.setattr(remembered, "_EVERY", 1)
    kept.put(SESSION._replace(owner="bob"), WORDS)
    for at in range(30):
        kept.put(SESSION._replace(name=f"s{at}"), WORDS)
    assert values(kept, SESSION._replace(owner="bob")) == [WORDS]
    assert [values(kept, SESSION._replace(name=f"s{at}")) for at in range(20, 30)] == [[WORDS]] * 10
    with pytest.raises(RecordError):
        kept.read(SESSION._replace(name="s3"))


def _writes(folder: Path, url: str, at: int) -> None:
    kept = Remembered(folder, url)
    for _ in range(15):
        with kept.turn(SESSION):
            known = kept.read(SESSION)
            if known is None:
                kept.put(SESSION, b"%d" % at)
            else:
                kept.add(SESSION, b"%d" % at, number=len(known) + 1)
    os._exit(0)


@pytest.mark.postgres
def test_machines_take_turns_and_lose_nothing_of_each_other(
    machines: tuple[Path, Path], kept: Remembered, url: str
) -> None:
    context = multiprocessing.get_context("fork")
    many = [context.Process(target=_writes, args=(machines[at % 2], url, at)) for at in range(4)]
    for one in many:
        one.start()
    for one in many:
        one.join(60)
    assert sorted(values(kept)) == sorted([b"0", b"1", b"2", b"3"] * 15)


def _keeps_its_turn(folder: Path, url: str, ready: Path) -> None:
    kept = Remembered(folder, url)
    with kept.turn(SESSION):
        kept.put(SESSION, b"written before the end")
        ready.touch()
        time.sleep(60)


@pytest.mark.postgres
def test_a_killed_machine_leaves_its_turn_and_what_it_wrote(
    machines: tuple[Path, Path], elsewhere: Remembered, url: str, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("fork")
    one = context.Process(target=_keeps_its_turn, args=(machines[0], url, tmp_path / "ready"))
    one.start()
    while not (tmp_path / "ready").exists():
        time.sleep(0.01)
    one.kill()
    one.join()
    with elsewhere.turn(SESSION):
        assert values(elsewhere) == [b"written before the end"]


@pytest.mark.postgres
def test_nobody_waits_for_ever_for_a_turn(
    kept: Remembered, elsewhere: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_server, "PATIENCE", 1)
    with kept.turn(SESSION), pytest.raises(RecordError), elsewhere.turn(SESSION):
        raise AssertionError


ENDS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


@pytest.mark.postgres
def test_a_connection_that_was_lost_is_made_again_and_a_turn_that_was_lost_is_said(
    kept: Remembered, elsewhere: Remembered, url: str
) -> None:
    kept.put(SESSION, WORDS)
    elsewhere.put(SESSION._replace(name="other"), WORDS)

    def ends() -> None:
        with kept.turn(SESSION):
            rows(url, ENDS)
            with elsewhere.turn(SESSION):  # the server gave it to the next
                pass

    with pytest.raises(RecordError):
        ends()
    with pytest.raises(RecordError):
        kept.read(SESSION)
    assert values(kept) == [WORDS]
    with kept.turn(SESSION):
        kept.add(SESSION, b"more", number=2)
    assert values(kept) == [WORDS, b"more"]


@pytest.mark.postgres
def test_threads_of_one_machine_take_turns_too(kept: Remembered) -> None:
    kept.put(SESSION, b"0")

    def adds() -> None:
        with kept.turn(SESSION):
            kept.add(SESSION, b"1", number=len(values(kept)) + 1)

    many = [threading.Thread(target=adds) for _ in range(12)]
    for one in many:
        one.start()
    for one in many:
        one.join()
    assert len(values(kept)) == 13


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y"])
def test_an_address_of_something_else_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(RecordError):
        Remembered(tmp_path / "guard-memory", url)


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    kept = Remembered(tmp_path / "guard-memory", "postgresql+psycopg://127.0.0.1:9/none")
    for action in (lambda: kept.read(SESSION), lambda: kept.put(SESSION, b"x")):
        with pytest.raises(RecordError):
            action()
