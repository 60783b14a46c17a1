"""Opens the database and brings its tables up to date, also when two processes come at once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from accord.core.errors import RecordError
from accord.record.tables import HEAD

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

_LOCK_KEY = 0x6163636F7264  # "accord"


def open_database(state: Path, url: str | None) -> Engine:
    """Return an engine on `url`, or on the SQLite file of the state folder, with its tables at head.

    Raises `RecordError` when it cannot be opened, or was made by a newer Accord.
    """
    from sqlalchemy import URL, create_engine, event
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    try:
        with contextlib.ExitStack() as undo:
            engine = create_engine(url or URL.create("sqlite", database=str((state / "accord.db").absolute())))
            undo.callback(engine.dispose)
            if engine.dialect.name not in {"sqlite", "postgresql"}:
                raise RecordError(f"the store does not work on {engine.dialect.name}", code="ACC-E530")
            if engine.dialect.name == "sqlite":
                event.listen(engine, "connect", _tune)
                event.listen(engine, "begin", _begin)
            with _alone(engine, state):
                _to_head(engine)
            undo.pop_all()
            return engine
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        hint = "a URL like postgresql+psycopg://host/name needs: pip install accord[pg]"
        raise RecordError("the store's address cannot be used", hint=hint, code="ACC-E530") from error
    except DBAPIError as error:
        raise RecordError(f"the store cannot be opened: {error.orig}", code="ACC-E530") from error


@contextlib.contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose changes are kept all or none; raises `RecordError` when the database refuses."""
    from sqlalchemy.exc import DBAPIError

    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise RecordError(f"the store cannot be used: {error.orig}", code="ACC-E530") from error


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a transaction that changes something: it is never left half way, with the database locked by its own dead.

    Ctrl-C waits until it is over. Raises `RecordError` when the database refuses.
    """
    with _undisturbed(), transaction(engine) as connection:
        yield connection


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield  # nothing is raised here: signals are handled in the main thread alone
        return
    came: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _, frame: came.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(signal.SIGINT, came[0])


def _tune(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # sqlite3 would commit before DDL: half a migration could stay after a crash
    for setting in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _version(engine: Engine) -> str | None:
    """Ask by plain SQL, since importing Alembic takes longer than all else."""
    from sqlalchemy import inspect, text

    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _to_head(engine: Engine) -> None:
    found = _version(engine)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise RecordError(
            f"the store has schema {found}, made by a newer Accord; this one knows {HEAD}",
            hint="update accord, or give another folder in ACCORD_HOME",
            code="ACC-E531",
        )
    with engine.begin() as connection:
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextlib.contextmanager
def _alone(engine: Engine, state: Path) -> Iterator[None]:
    """Hold the lock under which tables are made: a file beside SQLite, an advisory lock on PostgreSQL."""
    from sqlalchemy import text

    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
        return
    handle = os.open(state / "accord.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
