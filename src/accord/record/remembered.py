"""What the processes of a guard remember for one another for a day: sealed, bounded, in one SQLite file."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from accord.core.errors import RecordError, TamperError
from accord.record.state import prepare_state, read_file, write_file

SECONDS: Final = 86_400
"""How long a thing is remembered after the last word on it."""

MOST_BYTES: Final = 64 << 20
"""What may be remembered of one owner; what was not used for longest is given up first."""

MOST_THINGS: Final = 8_192
"""How many things may be remembered of one owner."""

LARGEST: Final = 32 << 20
"""The largest single entry, in bytes."""

_EVERY: Final = 64  # writes after which room is made
_PATIENCE: Final = 30.0  # seconds for which a turn is waited for
_TURNS: Final = 64
_KEY, _NONCE, _SMALL = 32, 12, 200
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


class Thing(NamedTuple):
    """What is remembered: of which kind it is, whose, and the name by which its owner asks for it."""

    kind: str
    owner: str
    name: str


class Entry(NamedTuple):
    """One word on a thing; `mark` differs whenever it was written anew."""

    number: int
    value: bytes
    mark: bytes


class _Names(NamedTuple):
    """What stands in the file for a thing and its owner, and the key that is not in it."""

    thing: bytes
    owner: bytes
    key: bytes


class Remembered:
    """Things by their owner and name, each a run of numbered entries. It opens its file when it is first asked.

    The file holds neither names nor owners nor keys: an entry is opened by the secret that lies beside it, its owner
    and its name together, so whoever does not know the name (an id that the provider gave the caller) reads nothing.
    One process makes one of these after it was forked; threads may share it.
    """

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now
        self._guarded = threading.Lock()
        self._open: tuple[sqlite3.Connection, bytes] | None = None
        self._writes = 0

    def read(self, thing: Thing, after: int = 0) -> tuple[Entry, ...] | None:
        """Return the entries numbered above `after`; None where nothing is known of a thing.

        Raises `RecordError` where any of them is missing or cannot be read, or was given up for want of room.
        """
        with self._used() as (db, secret):
            names = _names(secret, thing)
            rows = db.execute(
                "SELECT thing.first, entry.number, entry.sealed FROM thing LEFT JOIN entry"
                " ON entry.name = thing.name AND entry.number > ? WHERE thing.name = ? AND thing.used > ?"
                " ORDER BY entry.number",
                (after, names.thing, int(self._now()) - SECONDS),
            ).fetchall()
        if not rows:
            return None
        first = rows[0][0]
        found = [(number, sealed) for _, number, sealed in rows if number is not None]
        expected = range(max(first, after + 1), max(first, after + 1) + len(found))
        if not first or [number for number, _ in found] != [*expected]:
            raise RecordError("a part of what was remembered is gone", code="ACC-E530")
        return tuple(Entry(number, _opened(names, number, sealed), sealed[:_NONCE]) for number, sealed in found)

    def put(self, thing: Thing, value: bytes, *, number: int = 1) -> bytes:
        """Remember one entry in the place of whatever was known of a thing; its mark is returned."""
        with self._changing() as (db, secret):
            names = _names(secret, thing)
            sealed = _sealed(names, number, value)
            db.execute("DELETE FROM entry WHERE name = ?", (names.thing,))
            row = (names.thing, names.owner, int(self._now()), number, len(sealed))
            db.execute("INSERT OR REPLACE INTO thing (name, owner, used, first, size) VALUES (?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO entry VALUES (?, ?, ?)", (names.thing, number, sealed))
        return sealed[:_NONCE]

    def add(self, thing: Thing, value: bytes, *, number: int) -> bytes:
        """Remember one entry more, of the next number; its mark is returned.

        Raises `RecordError` where the number is taken, or the thing is not remembered any more.
        """
        with self._changing() as (db, secret):
            names = _names(secret, thing)
            sealed = _sealed(names, number, value)
            told = (int(self._now()), len(sealed), names.thing)
            found = db.execute("UPDATE thing SET used = ?, size = size + ? WHERE name = ? AND first > 0", told)
            if not found.rowcount:
                raise RecordError("what was remembered is gone", code="ACC-E530")
            db.execute("INSERT INTO entry VALUES (?, ?, ?)", (names.thing, number, sealed))
        return sealed[:_NONCE]

    def drop(self, thing: Thing) -> None:
        """Forget a thing."""
        with self._changing() as (db, secret):
            name = _names(secret, thing).thing
            db.execute("DELETE FROM entry WHERE name = ?", (name,))
            db.execute("DELETE FROM thing WHERE name = ?", (name,))

    @contextlib.contextmanager
    def turn(self, thing: Thing) -> Iterator[None]:
        """Keep all other threads and processes out of their turn with a thing; the end of a process ends its turn.

        Raises `RecordError` where nobody lets us in.
        """
        with self._used() as (_, secret):
            handle = _private(self._folder / f"turn-{_names(secret, thing).thing[0] % _TURNS:02d}")
        try:
            _wait_for(handle)
            yield
        finally:
            os.close(handle)

    def close(self) -> None:
        """Close the file."""
        with self._guarded:
            if self._open is not None:
                self._open[0].close()
            self._open = None

    @contextlib.contextmanager
    def _used(self) -> Iterator[tuple[sqlite3.Connection, bytes]]:
        """Give the database and the secret to one thread at a time."""
        with self._guarded:
            try:
                if self._open is None:
                    self._open = _database(self._folder, int(self._now())), _secret(self._folder)
                yield self._open
            except (sqlite3.Error, OSError) as error:
                raise RecordError(
                    f"what guards remember cannot be kept: {error}",
                    hint="remove the folder guard-memory of the state folder, or make room",
                    code="ACC-E530",
                ) from error

    @contextlib.contextmanager
    def _changing(self) -> Iterator[tuple[sqlite3.Connection, bytes]]:
        """Give the database for a change that is made as a whole or not at all."""
        with self._used() as (db, secret):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db, secret
                self._writes += 1
                if self._writes % _EVERY == 0:
                    _make_room(db, int(self._now()))
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")


def _database(folder: Path, now: int) -> sqlite3.Connection:
    prepare_state(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "memory.db"
    os.close(_private(path))  # what SQLite writes beside it gets the same mode
    handle = _private(folder / "turn-open")
    db = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        _wait_for(handle)
        _prepare(db)
        _make_room(db, now)
    except (sqlite3.Error, RecordError):
        db.close()
        raise
    finally:
        os.close(handle)
    return db


def _prepare(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA user_version").fetchone()[0] not in {0, _VERSION}:
        raise RecordError("what guards remember was written by a newer Accord", code="ACC-E531")
    db.executescript(_TABLES)
    db.execute("PRAGMA synchronous=NORMAL")  # survives the end of a process; a loss of power loses what is new


def _secret(folder: Path) -> bytes:
    path = folder / "memory.key"
    if not path.exists():
        with contextlib.suppress(FileExistsError):  # another process was quicker
            write_file(path, secrets.token_bytes(_KEY), mode=0o600, replace=False)
    try:
        found = read_file(path, _KEY)
    except ValueError as error:
        raise RecordError(f"the secret of what guards remember is {error}", code="ACC-E530") from error
    if len(found) != _KEY:
        raise RecordError("the secret of what guards remember is cut off", code="ACC-E530")
    return found


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
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise RecordError("another process keeps its turn", code="ACC-E530") from None
            time.sleep(0.002)
        else:
            return


def _names(secret: bytes, thing: Thing) -> _Names:
    parts = [part.encode("utf-8", "surrogatepass") for part in thing]
    said = b"".join(b"%d:%s," % (len(part), part) for part in parts)
    told = (b"thing:" + said, b"owner:" + parts[1], b"key:" + said)
    return _Names(*(hmac.digest(secret, one, hashlib.sha256) for one in told))


def _sealed(names: _Names, number: int, value: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(value) > LARGEST:
        raise RecordError(f"{len(value):,} bytes are too many to remember at once", code="ACC-E530")
    packed = b"z" + zlib.compress(value, 1) if len(value) > _SMALL else b"-" + value
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(names.key).encrypt(nonce, packed, names.thing + b"%d" % number)


def _opened(names: _Names, number: int, sealed: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        packed = AESGCM(names.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], names.thing + b"%d" % number)
    except (InvalidTag, ValueError) as error:
        raise TamperError("what was remembered was changed", code="ACC-E532") from error
    return zlib.decompressobj().decompress(packed[1:], LARGEST) if packed[:1] == b"z" else packed[1:]


def _make_room(db: sqlite3.Connection, now: int) -> None:
    """Forget what is old, and give up what owners have too much of: that it was given up is remembered."""
    db.execute("DELETE FROM entry WHERE name IN (SELECT name FROM thing WHERE used <= ?)", (now - SECONDS,))
    db.execute("DELETE FROM thing WHERE used <= ?", (now - SECONDS,))
    total = "SELECT owner, count(*), sum(size) FROM thing WHERE first > 0 GROUP BY owner"
    for owner, count, size in db.execute(total).fetchall():
        if count > MOST_THINGS or size > MOST_BYTES:
            _give_up(db, owner, count - MOST_THINGS, size - MOST_BYTES)


def _give_up(db: sqlite3.Connection, owner: bytes, many: int, much: int) -> None:
    """Give up so many things of an owner, and so many bytes, what was not used for longest first."""
    held = "SELECT name, size FROM thing WHERE owner = ? AND first > 0 ORDER BY used, rowid"
    for name, freed in db.execute(held, (owner,)).fetchall():
        if many <= 0 and much <= 0:
            return
        db.execute("DELETE FROM entry WHERE name = ?", (name,))
        db.execute("UPDATE thing SET first = 0, size = 0 WHERE name = ?", (name,))
        many, much = many - 1, much - freed
