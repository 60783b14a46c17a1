"""What the guards of one house remember for one another for a day: sealed, bounded, in a file or on a server."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from accord.core.errors import RecordError, TamperError
from accord.record.memory_file import FilePlace, private_folder
from accord.record.state import read_file, write_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

SECONDS: Final = 86_400
"""How long a thing is remembered after the last word on it."""

MOST_BYTES: Final = 64 << 20
"""What may be remembered of one owner; what was not used for longest is given up first."""

MOST_THINGS: Final = 8_192
"""How many things may be remembered of one owner."""

LARGEST: Final = 32 << 20
"""The largest single entry, in bytes."""

_EVERY: Final = 64  # writes after which room is made
_KEY, _NONCE, _SMALL = 32, 12, 200


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


class Place(Protocol):
    """Where it is kept: two tables, turns, and the errors that say it cannot be used just now."""

    errors: tuple[type[Exception], ...]
    hint: str

    def prepare(self, mark: bytes, /) -> None:
        """Open it; raises `RecordError` where it belongs to a newer Accord, or to others with another secret."""

    def ask(self, statement: str, values: Sequence[object] = (), /) -> list[tuple[object, ...]]:
        """Return the rows of a query."""

    def change(self, statement: str, values: Sequence[object] = (), /) -> int:
        """Return how many rows a statement changed."""

    def changing(self, name: bytes, /) -> AbstractContextManager[None]:
        """Keep what is changed inside, all or none; nobody else changes the thing meanwhile."""

    def may_tidy(self) -> bool:
        """Tell whether nobody else makes room at this moment."""

    def turn(self, name: bytes, /) -> AbstractContextManager[None]:
        """Keep all others out of their turn with a thing."""

    def close(self) -> None:
        """Close it; it may be opened again."""


class Remembered:
    """Things by their owner and name, each a run of numbered entries. It opens its place when it is first asked.

    The place is a file in `folder`, or the PostgreSQL server of `url`, which the guards of several machines share. It
    holds neither names nor owners nor keys: an entry is opened by the secret that lies in the folder, its owner
    and its name together, so whoever does not know the name (an id that the provider gave the caller) reads nothing.
    One process makes one of these after it was forked; threads may share it.
    """

    def __init__(self, folder: Path, url: str | None = None, *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now
        self._guarded = threading.Lock()
        self._place = _place(folder, url)
        self._secret: bytes | None = None
        self._writes = 0

    def read(self, thing: Thing, after: int = 0) -> tuple[Entry, ...] | None:
        """Return the entries numbered above `after`; None where nothing is known of a thing.

        Raises `RecordError` where any of them is missing or cannot be read, or was given up for want of room.
        """
        with self._used() as (place, secret):
            names = _names(secret, thing)
            rows = place.ask(
                "SELECT thing.first, entry.number, entry.sealed FROM thing LEFT JOIN entry"
                " ON entry.name = thing.name AND entry.number > ? WHERE thing.name = ? AND thing.used > ?"
                " ORDER BY entry.number",
                (after, names.thing, int(self._now()) - SECONDS),
            )
        if not rows:
            return None
        first = cast("int", rows[0][0])
        found = [cast("tuple[int, bytes]", row[1:]) for row in rows if row[1] is not None]
        expected = range(max(first, after + 1), max(first, after + 1) + len(found))
        if not first or [number for number, _ in found] != [*expected]:
            raise RecordError("a part of what was remembered is gone", code="ACC-E530")
        return tuple(Entry(number, _opened(names, number, sealed), sealed[:_NONCE]) for number, sealed in found)

    def put(self, thing: Thing, value: bytes, *, number: int = 1) -> bytes:
        """Remember one entry in the place of whatever was known of a thing; its mark is returned."""
        with self._changing(thing) as (place, names):
            sealed = _sealed(names, number, value)
            place.change("DELETE FROM entry WHERE name = ?", (names.thing,))
            place.change("DELETE FROM thing WHERE name = ?", (names.thing,))
            row = (names.thing, names.owner, int(self._now()), number, len(sealed))
            place.change("INSERT INTO thing (name, owner, used, first, size) VALUES (?, ?, ?, ?, ?)", row)
            place.change("INSERT INTO entry (name, number, sealed) VALUES (?, ?, ?)", (names.thing, number, sealed))
        return sealed[:_NONCE]

    def add(self, thing: Thing, value: bytes, *, number: int) -> bytes:
        """Remember one entry more, of the next number; its mark is returned.

        Raises `RecordError` where the number is taken, or the thing is not remembered any more.
        """
        with self._changing(thing) as (place, names):
            sealed = _sealed(names, number, value)
            told = (int(self._now()), len(sealed), names.thing)
            if not place.change("UPDATE thing SET used = ?, size = size + ? WHERE name = ? AND first > 0", told):
                raise RecordError("what was remembered is gone", code="ACC-E530")
            place.change("INSERT INTO entry (name, number, sealed) VALUES (?, ?, ?)", (names.thing, number, sealed))
        return sealed[:_NONCE]

    def drop(self, thing: Thing) -> None:
        """Forget a thing."""
        with self._changing(thing) as (place, names):
            place.change("DELETE FROM entry WHERE name = ?", (names.thing,))
            place.change("DELETE FROM thing WHERE name = ?", (names.thing,))

    @contextlib.contextmanager
    def turn(self, thing: Thing) -> Iterator[None]:
        """Keep all other threads, processes and machines out of their turn with a thing.

        The end of a process ends its turn. Raises `RecordError` where nobody lets us in.
        """
        with self._used() as (place, secret):
            name = _names(secret, thing).thing
        with contextlib.ExitStack() as leaving:
            with self._told():
                leaving.enter_context(place.turn(name))
            yield

    def close(self) -> None:
        """Close the place; it opens again when it is asked."""
        with self._guarded:
            self._place.close()
            self._secret = None

    @contextlib.contextmanager
    def _used(self) -> Iterator[tuple[Place, bytes]]:
        """Give the place and the secret to one thread at a time."""
        with self._guarded, self._told():
            if self._secret is None:
                private_folder(self._folder)
                secret = _secret(self._folder)
                self._place.prepare(hmac.digest(secret, b"mark", hashlib.sha256))
                self._secret = secret
                with self._place.changing(b"room"):
                    _make_room(self._place, int(self._now()))
            yield self._place, self._secret

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our own words that the place cannot be used; it is opened anew when it is asked again."""
        try:
            yield
        except self._place.errors as error:
            raise RecordError(
                f"what guards remember cannot be kept: {error}", hint=self._place.hint, code="ACC-E530"
            ) from error

    @contextlib.contextmanager
    def _changing(self, thing: Thing) -> Iterator[tuple[Place, _Names]]:
        """Give the place for a change that is made as a whole or not at all."""
        with self._used() as (place, secret):
            names = _names(secret, thing)
            with place.changing(names.thing):
                yield place, names
                self._writes += 1
                if self._writes % _EVERY == 0:
                    _make_room(place, int(self._now()))


def _place(folder: Path, url: str | None) -> Place:
    if url is None or url.startswith("sqlite"):
        return FilePlace(folder)
    from accord.record.memory_server import ServerPlace

    return ServerPlace(url, folder)


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


def _make_room(place: Place, now: int) -> None:
    """Forget what is old, and give up what owners have too much of: that it was given up is remembered."""
    if not place.may_tidy():
        return
    place.change("DELETE FROM entry WHERE name IN (SELECT name FROM thing WHERE used <= ?)", (now - SECONDS,))
    place.change("DELETE FROM thing WHERE used <= ?", (now - SECONDS,))
    total = "SELECT owner, count(*), CAST(sum(size) AS BIGINT) FROM thing WHERE first > 0 GROUP BY owner"
    for owner, count, size in cast("list[tuple[bytes, int, int]]", place.ask(total)):
        if count > MOST_THINGS or size > MOST_BYTES:
            _give_up(place, owner, count - MOST_THINGS, size - MOST_BYTES)


def _give_up(place: Place, owner: bytes, many: int, much: int) -> None:
    """Give up so many things of an owner, and so many bytes, what was not used for longest first."""
    held = "SELECT name, size FROM thing WHERE owner = ? AND first > 0 ORDER BY used, rowid"
    for name, freed in cast("list[tuple[bytes, int]]", place.ask(held, (owner,))):
        if many <= 0 and much <= 0:
            return
        place.change("DELETE FROM entry WHERE name = ?", (name,))
        place.change("UPDATE thing SET first = 0, size = 0 WHERE name = ?", (name,))
        many, much = many - 1, much - freed
