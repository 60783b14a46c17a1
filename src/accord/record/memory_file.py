"""Where the guards of one machine remember: a SQLite file that its processes share, and turns by locks on files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from accord.core.errors import RecordError
from accord.record.state import prepare_state

PATIENCE: Final = 30.0
"""Seconds for which a turn is waited for."""

_TURNS: Final = 64
_VERSION: Final = 1
_TABLES: Final = """
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS thing
  (name BLOB PRIMARY KEY, owner BLOB NOT NULL, used INTEGER NOT NULL, first INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS thing_used ON thing (owner, used);
CREATE TABLE IF NOT EXISTS entry
  (name BLOB NOT NULL, number INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (name, number));
PRAGMA user_version=1;
"""


class FilePlace:
    """A file in a private folder. One process makes one of these after it was forked."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
    hint = "remove the folder guard-memory of the state folder, or make room"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db: sqlite3.Connection | None = None

    def prepare(self, _mark: bytes) -> None:
        """Open the file and make its tables; one process does so at a time."""
        path = self._folder / "memory.db"
        os.close(_private(path))  # what SQLite writes beside it gets the same mode
        handle = _private(self._folder / "turn-open")
        db = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            _wait_for(handle)
            _make(db)
        except (sqlite3.Error, RecordError):
            db.close()
            raise
        finally:
            os.close(handle)
        self._db = db

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        return self._open.execute(statement, values).fetchall()

    def change(self, statement: str, values: Sequence[object] = ()) -> int:
        """Return how many rows a statement changed."""
        return self._open.execute(statement, values).rowcount

    @contextlib.contextmanager
    def changing(self, _name: bytes) -> Iterator[None]:
        """Keep what is changed inside, all or none; others change nothing meanwhile."""
        db = self._open
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")

    def may_tidy(self) -> bool:
        """Tell whether nobody else makes room at this moment: whoever changes is alone."""
        return True

    @contextlib.contextmanager
    def turn(self, name: bytes) -> Iterator[None]:
        """Keep all other threads and processes out; the end of a process ends its turn."""
        handle = _private(self._folder / f"turn-{name[0] % _TURNS:02d}")
        try:
            _wait_for(handle)
            yield
        finally:
            os.close(handle)

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
        self._db = None

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise sqlite3.ProgrammingError("the file is closed")
        return self._db


def private_folder(folder: Path) -> None:
    """Make a folder of the state folder that nobody else may read."""
    prepare_state(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _make(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA user_version").fetchone()[0] not in {0, _VERSION}:
        raise RecordError("what guards remember was written by a newer Accord", code="ACC-E531")
    db.executescript(_TABLES)
    db.execute("PRAGMA synchronous=NORMAL")  # survives the end of a process; a loss of power loses what is new


def _private(path: Path) -> int:
    """Open a file that nobody else may read, and make it where there is none; a link is refused."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(handle).st_mode & 0o077:
            os.fchmod(handle, 0o600)
    except OSError:
        os.close(handle)
        raise
    return handle


def _wait_for(handle: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise RecordError("another process keeps its turn", code="ACC-E530") from None
            time.sleep(0.002)
        else:
            return
