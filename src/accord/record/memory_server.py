"""Where the guards of several machines remember: two tables of a schema of their own on a PostgreSQL server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from accord.core.errors import RecordError
from accord.record.memory_file import PATIENCE

if TYPE_CHECKING:
    from psycopg import Connection

_VERSION: Final = 1
_MAKING: Final = 0x6163636F7264  # "accord": the same turn in which the store's tables are made
_TIDYING: Final = 0x74696479  # "tidy"
_SPARE: Final = 8  # connections kept for turns to come
_TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS accord_guard;
CREATE TABLE IF NOT EXISTS thing (
  name BYTEA PRIMARY KEY, owner BYTEA NOT NULL, used BIGINT NOT NULL, first BIGINT NOT NULL, size BIGINT NOT NULL,
  rowid BIGINT GENERATED ALWAYS AS IDENTITY);
CREATE INDEX IF NOT EXISTS thing_used ON thing (owner, used);
CREATE TABLE IF NOT EXISTS entry
  (name BYTEA NOT NULL, number BIGINT NOT NULL, sealed BYTEA NOT NULL, PRIMARY KEY (name, number));
CREATE TABLE IF NOT EXISTS made_by (version INTEGER NOT NULL, mark BYTEA NOT NULL);
"""


class ServerPlace:
    """A server of PostgreSQL. One process makes one of these after it was forked; a lost connection is made anew.

    A turn is a lock of a session, so it needs a connection of its own to the server itself: a pooler that hands
    sessions around in the middle would hand the turn around with them.
    """

    hint = "see whether the server of ACCORD_DATABASE can be reached, and may be written to"

    def __init__(self, url: str, folder: Path) -> None:
        self._wanted = _conninfo(url)
        self._folder = folder
        self._db: Connection[tuple[Any, ...]] | None = None
        self._mark = b""
        self._spare: list[Connection[tuple[Any, ...]]] = []
        self._guarded = threading.Lock()
        self.errors = _errors()

    def prepare(self, mark: bytes) -> None:
        """Connect and make the tables; machines whose secrets differ do not share a server."""
        self._mark = mark
        _ = self._open

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        return list(self._open.execute(_asked(statement), values))

    def change(self, statement: str, values: Sequence[object] = ()) -> int:
        """Return how many rows a statement changed."""
        return self._open.execute(_asked(statement), values).rowcount

    @contextlib.contextmanager
    def changing(self, name: bytes) -> Iterator[None]:
        """Keep what is changed inside, all or none; nobody else changes the thing meanwhile."""
        with self._open.transaction():
            self.ask("SELECT pg_advisory_xact_lock(?)", (_number(name[8:]),))  # not the turn's: we may have it
            yield

    def may_tidy(self) -> bool:
        """Tell whether nobody else makes room at this moment."""
        return bool(self.ask("SELECT pg_try_advisory_xact_lock(?)", (_TIDYING,))[0][0])

    @contextlib.contextmanager
    def turn(self, name: bytes) -> Iterator[None]:
        """Keep all others out; the end of a process, or of its connection, ends its turn.

        Raises `RecordError` at the end of a turn that was lost on the way: what was done in it does not count.
        """
        with self._guarded:
            db = self._spare.pop() if self._spare else None
        db = db if db is not None and not db.closed else self._connected()
        held = False
        try:
            db.execute("SELECT pg_advisory_lock(%s)", (_number(name),))
            held = True
            yield
        finally:
            released = held and self._left(db, name)
            if not released:
                db.close()
        if not released:
            raise RecordError("the server ended a turn before its time", code="ACC-E530")

    def close(self) -> None:
        """Close all connections."""
        with self._guarded:
            spare, self._spare = self._spare, []
        for db in (*spare, *([self._db] if self._db is not None else [])):
            db.close()
        self._db = None

    def _left(self, db: Connection[tuple[Any, ...]], name: bytes) -> bool:
        """End a turn and tell whether it was still ours."""
        with contextlib.suppress(*self.errors):
            row = db.execute("SELECT pg_advisory_unlock(%s)", (_number(name),)).fetchone()
            if row and row[0]:
                with self._guarded:
                    keep = len(self._spare) < _SPARE
                    self._spare += [db] * keep
                if not keep:
                    db.close()
                return True
        return False

    @property
    def _open(self) -> Connection[tuple[Any, ...]]:
        if self._db is None or self._db.closed:
            with contextlib.ExitStack() as undo:
                db = self._connected()
                undo.callback(db.close)
                self._make(db)
                undo.pop_all()
            self._db = db
        return self._db

    def _connected(self) -> Connection[tuple[Any, ...]]:
        import psycopg

        db = psycopg.connect(self._wanted, autocommit=True, connect_timeout=int(PATIENCE))
        db.execute("SET search_path TO accord_guard")
        db.execute(f"SET lock_timeout TO '{PATIENCE:.3f}s'")
        return db

    def _make(self, db: Connection[tuple[Any, ...]]) -> None:
        with db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            for statement in filter(str.strip, _TABLES.split(";")):
                db.execute(statement.encode())
            found = db.execute("SELECT version, mark FROM made_by").fetchone()
            if found is None:
                db.execute("INSERT INTO made_by (version, mark) VALUES (%s, %s)", (_VERSION, self._mark))
        if found is not None and found[0] != _VERSION:
            raise RecordError("what guards remember was written by a newer Accord", code="ACC-E531")
        if found is not None and found[1] != self._mark:
            message = "the guards that share this server have another secret than this machine"
            hint = f"copy {self._folder.name}/memory.key from a machine that uses it into {self._folder}"
            raise RecordError(message, hint=hint, code="ACC-E530")


def _conninfo(url: str) -> str:
    """Return an address as the driver wants it; raises `RecordError` for one of no PostgreSQL server."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    hint = "a URL like postgresql+psycopg://host/name needs: pip install accord[pg]"
    try:
        given = make_url(url)
    except ArgumentError as error:
        raise RecordError("the address in ACCORD_DATABASE cannot be used", hint=hint, code="ACC-E530") from error
    if given.get_backend_name() != "postgresql":
        message = f"what guards remember is not kept on {given.get_backend_name()}"
        raise RecordError(message, hint=hint, code="ACC-E530")
    return given.set(drivername="postgresql").render_as_string(hide_password=False)


def _errors() -> tuple[type[Exception], ...]:
    try:
        import psycopg
    except ImportError as error:
        message = "what guards remember cannot be kept on PostgreSQL: a package is not installed"
        raise RecordError(message, hint="install accord[pg]", code="ACC-E530") from error
    return (psycopg.Error, OSError)


def _asked(statement: str) -> bytes:
    """Return a statement of ours with the driver's own mark for a value."""
    return statement.replace("?", "%s").encode()


def _number(name: bytes) -> int:
    """Return the number of the lock of a thing."""
    return int.from_bytes(name[:8].ljust(8, b"\0"), "big", signed=True)
