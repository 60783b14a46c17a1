"""Feeds in the state folder: imported once, looked up by package, each with its age, its digest and what it left out.

A feed is two files in `feeds/NAME/`: `feed.json` says what it is, and names the other, a table of advisories, one
JSON line each, in 256 parts by the digest of the package's name. Only the parts that are asked for are read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from accord.core.canon import Digest
from accord.core.contracts import Coverage, Feed
from accord.core.errors import AccordError, RecordError
from accord.core.finding import Place
from accord.core.text import one_line, shown
from accord.record.state import prepare_state, read_file, sync_folder, write_file
from accord.scan.supply.osv import Advisory, Record, normal, read_records
from accord.scan.supply.sources import Held, Origin

PARTS = 256
"""Into how many parts a table is divided."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FLUSH = 32 << 20  # bytes of advisories held in memory while importing
_EXAMPLES = 20
_LARGEST_HEAD = 4 << 20
_LARGEST_PART = 256 << 20
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int, int, str], None]
"""Is told how many records were read, of how many (0: not known), and what is going on."""


class _Part(msgspec.Struct, frozen=True, array_like=True):
    """Where a part of the table lies, and its digest."""

    offset: int
    length: int
    sha256: str


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `feed.json` says."""

    feed: int
    name: str
    source: str
    digest: str
    imported: datetime
    records: int
    withdrawn: int
    skipped: int
    reasons: list[tuple[str, str]]
    coverage: dict[str, tuple[int, datetime]]
    table: str
    parts: list[_Part]


class Imported(NamedTuple):
    """What an import did; `skipped` counts records that are none, `reasons` shows the first of them."""

    feed: Feed
    withdrawn: int
    skipped: int
    reasons: tuple[tuple[str, str], ...]


def import_feed(source: Path, state: Path, *, name: str, now: datetime, progress: Progress) -> Imported:
    """Read OSV records from `source` and keep them as the feed `name`, in place of an older one.

    Raises `AccordError`: ACC-E820 the source cannot be read, ACC-E821 there is no record in it, ACC-E822 the name is
    none, ACC-E823 the state folder cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise AccordError(
            f"{name!r} is no name of a feed", hint="use small letters, digits, dots and hyphens", code="ACC-E822"
        )
    folder = prepare_state(state) / "feeds" / name
    work = folder / f".new-{secrets.token_hex(6)}"
    try:
        work.mkdir(parents=True)
        reading = _Reading(work, now)
        origin = Origin(source)
        for held in origin.files():
            reading.take(held)
            progress(reading.seen, 0, f"records read, {reading.skipped} skipped")
        reading.flush()
        if not reading.records:
            raise _nothing(source, reading)
        return _publish(folder, reading, Digest(origin.digest), name=name, source=shown(source.name))
    except OSError as error:
        raise _broken(f"the feed cannot be kept: {error.strerror}", folder) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.rmdir()  # nothing came of a first import


class _Reading:
    """An import under way: advisories go to files by part, so that memory stays bounded."""

    def __init__(self, work: Path, now: datetime) -> None:
        self.work = work
        self.now = now
        self.seen = self.records = self.withdrawn = self.skipped = 0
        self.reasons: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self.newest: dict[str, datetime] = {}
        self._waiting: dict[int, list[bytes]] = {}
        self._held = 0
        self._encode = msgspec.json.Encoder().encode

    def take(self, held: Held) -> None:
        """Take up the records of one file."""
        for record in [held.problem] if held.problem else read_records(held.data, held.name):
            self.seen += 1
            if isinstance(record, str):
                self._skip(held.name, record)
            elif record.withdrawn and record.withdrawn <= self.now:
                self.withdrawn += 1
                self._note(record)
            else:
                self.records += 1
                self._note(record)
                self._keep(record.advisories)

    def flush(self) -> None:
        """Write what is held in memory."""
        for part, lines in self._waiting.items():
            with (self.work / f"{part}").open("ab") as file:
                file.write(b"".join(lines))
        self._waiting, self._held = {}, 0

    def _note(self, record: Record) -> None:
        """Let the newest date of an ecosystem grow; a date in the future makes nothing fresh."""
        moment = record.modified if record.modified <= self.now else _OLDEST
        for ecosystem in {one.ecosystem for one in record.advisories}:
            self.newest[ecosystem] = max(self.newest.get(ecosystem, _OLDEST), moment)
            self.counts[ecosystem] += not (record.withdrawn and record.withdrawn <= self.now)

    def _keep(self, advisories: Iterable[Advisory]) -> None:
        for one in advisories:
            line = self._encode(one) + b"\n"
            self._waiting.setdefault(part_of(one.ecosystem, one.package), []).append(line)
            self._held += len(line)
        if self._held > _FLUSH:
            self.flush()

    def _skip(self, name: str, reason: str) -> None:
        self.skipped += 1
        if len(self.reasons) < _EXAMPLES:
            self.reasons.append((one_line(name, 200), one_line(reason, 200)))


def part_of(ecosystem: str, package: str) -> int:
    """Return the part of the table in which a package stands."""
    return hashlib.sha256(f"{ecosystem}\0{package}".encode("utf-8", "surrogatepass")).digest()[0]


def _publish(folder: Path, reading: _Reading, digest: Digest, *, name: str, source: str) -> Imported:
    """Write the table, then the head that names it: whoever reads sees the old feed or the new one, whole."""
    table = f"{secrets.token_hex(8)}.lines"
    parts = tuple(_write_table(folder / table, reading.work))
    head = _Head(
        feed=1,
        name=name,
        source=source,
        digest=digest,
        imported=reading.now,
        records=reading.records,
        withdrawn=reading.withdrawn,
        skipped=reading.skipped,
        reasons=reading.reasons,
        coverage={one: (reading.counts[one], newest) for one, newest in sorted(reading.newest.items())},
        table=table,
        parts=list(parts),
    )
    write_file(folder / "feed.json", msgspec.json.format(msgspec.json.encode(head), indent=1) + b"\n")
    for old in folder.glob("*.lines"):
        if old.name != table:
            old.unlink(missing_ok=True)
    return Imported(_feed(head, folder), head.withdrawn, head.skipped, tuple(head.reasons))


def _write_table(path: Path, work: Path) -> Iterator[_Part]:
    offset = 0
    with path.open("xb") as file:
        for part in range(PARTS):
            held = work / f"{part}"
            data = b"".join(sorted(held.read_bytes().splitlines(keepends=True))) if held.exists() else b""
            file.write(data)
            yield _Part(offset, len(data), hashlib.sha256(data).hexdigest())
            offset += len(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def list_feeds(state: Path) -> tuple[Feed, ...]:
    """Return the feeds of a state folder, by name; one that cannot be read has a `problem`."""
    try:
        names = sorted(one.name for one in (state / "feeds").iterdir() if _NAME.fullmatch(one.name))
    except OSError:
        return ()
    return tuple(_listed(state / "feeds" / name) for name in names)


def _listed(folder: Path) -> Feed:
    try:
        return _feed(_head(folder), folder)
    except RecordError as error:
        return Feed(folder.name, Digest("sha256:" + "0" * 64), _OLDEST, 0, {}, folder, error.message)


def _feed(head: _Head, folder: Path) -> Feed:
    coverage = {name: Coverage(count, newest) for name, (count, newest) in head.coverage.items()}
    return Feed(head.name, Digest(head.digest), head.imported, head.records, coverage, folder, skipped=head.skipped)


def _head(folder: Path) -> _Head:
    try:
        head = msgspec.json.decode(read_file(folder / "feed.json", _LARGEST_HEAD), type=_Head)
    except (OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise _broken(f"the feed {folder.name} cannot be read: {one_line(str(error), 160)}", folder) from error
    if head.feed != 1 or len(head.parts) != PARTS or not re.fullmatch(r"[0-9a-f]{16}\.lines", head.table):
        raise _broken(f"the feed {folder.name} is not one that this version wrote", folder)
    return head


def look_up(feed: Feed, packages: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], tuple[Advisory, ...]]:
    """Return what a feed says about packages (ecosystem, name); whoever is not in it has no entry.

    Raises `RecordError` where the table is damaged or gone: that is never "no known vulnerabilities".
    """
    wanted: dict[int, set[tuple[str, str]]] = {}
    for ecosystem, name in packages:
        key = (ecosystem, normal(ecosystem, name))
        wanted.setdefault(part_of(*key), set()).add(key)
    head = _head(feed.folder)
    found: dict[tuple[str, str], list[Advisory]] = {}
    try:
        with (feed.folder / head.table).open("rb") as file:
            parts = (_read_part(file, head.parts[part], feed, keys) for part, keys in sorted(wanted.items()))
            for one in chain.from_iterable(parts):
                found.setdefault((one.ecosystem, one.package), []).append(one)
    except (OSError, msgspec.DecodeError) as error:
        raise _broken(f"the table of the feed {feed.name} cannot be read: {error}", feed.folder) from error
    return {key: tuple(advisories) for key, advisories in found.items()}


def _read_part(file: BinaryIO, part: _Part, feed: Feed, keys: AbstractSet[tuple[str, str]]) -> Iterator[Advisory]:
    """Yield the advisories of one part that are about these packages, when all of it is as it was written."""
    file.seek(part.offset)
    data = file.read(min(part.length, _LARGEST_PART))
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise _broken(f"the table of the feed {feed.name} is damaged", feed.folder)
    advisories = msgspec.json.Decoder(Advisory).decode_lines(data)
    yield from (one for one in advisories if (one.ecosystem, one.package) in keys)


def _broken(message: str, folder: Path) -> RecordError:
    return RecordError(
        message, hint="import it again: accord feeds import", code="ACC-E823", where=Place(path=shown(str(folder)))
    )


def _nothing(source: Path, reading: _Reading) -> AccordError:
    first = f": {reading.reasons[0][0]}: {reading.reasons[0][1]}" if reading.reasons else ""
    return AccordError(
        f"{shown(str(source))} holds no OSV record that counts{first}",
        hint="give a folder, an archive or a file of OSV records (JSON or YAML)",
        code="ACC-E821",
        where=Place(path=shown(str(source))),
    )
