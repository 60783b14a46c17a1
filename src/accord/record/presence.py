"""Tells which processes that share a PostgreSQL database are still there: each holds a lock that dies with it."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from accord.core.errors import RecordError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_PATIENCE: Final = 10.0
"""Seconds that the server may take to notice that a process of the same name has died."""

_PAUSE: Final = 0.1


@contextlib.contextmanager
def present(url: str, name: str) -> Iterator[None]:
    """Be known to others by a name for the time of a block.

    Raises `RecordError` where another process has that name, or the database cannot be used.
    """
    with _connected(url) as connection:
        ends = time.monotonic() + _PATIENCE
        while not _taken(connection, name):
            if time.monotonic() > ends:
                message = f"another process is called {name[:80]!r} on this database"
                raise RecordError(message, hint="give each worker a --name of its own", code="ACC-E657")
            time.sleep(_PAUSE)
        yield


def gone(url: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that no process has. Raises `RecordError` where the database cannot be used."""
    with _connected(url) as connection:
        return tuple(name for name in names if _taken(connection, name))


def _taken(connection: Connection, name: str) -> bool:
    from sqlalchemy import text

    key = int.from_bytes(hashlib.sha256(f"accord worker {name}".encode()).digest()[:8], "big", signed=True)
    return bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar())


@contextlib.contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """Open a connection whose end gives every lock back."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    engine: Engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise RecordError(f"the store cannot be used: {error.orig}", code="ACC-E530") from error
    finally:
        engine.dispose()
