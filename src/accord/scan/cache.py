"""Ratings kept between runs, for files that took long to read.

A rating is used again when the file is the same on disk (path, device, inode, size, times of change) *and* the bytes
that were read for it have the digest that they had. The time of change in nanoseconds cannot be known before the
file exists here, so a folder that arrives with a cache of its own brings nothing that fits.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from accord import __version__
from accord.core.errors import RecordError
from accord.scan.rating import Rated
from accord.scan.trace import Stretch, Traced, digest_of, merged
from accord.scan.wire import as_json, from_json

SMALLEST: Final = 1 << 20
"""Files below a mebibyte are read anew: that is as quick as looking here."""

_SLOW: Final = 0.2  # seconds from which a rating is worth keeping
_LARGEST: Final = 4 << 20
_MOST_STRETCHES: Final = 50_000


class Cache(NamedTuple):
    """The folder where ratings are kept, and what else they depend on: limits and cases, as text."""

    folder: Path
    terms: str

    def rating(self, file: BinaryIO, path: str, source: Traced, rate: Callable[[], Rated]) -> Rated:
        """Return the kept rating of a file, or that of `rate`, which is kept when it took long."""
        status = os.fstat(file.fileno())
        terms = f"{self.terms} {path}"
        kept = self.folder / "scan" / f"{status.st_dev:x}-{status.st_ino:x}-{zlib.crc32(terms.encode()):08x}.json"
        begin = time.perf_counter()
        rated = _read(kept, _identity(status, terms), source) if os.path.lexists(kept) else None
        if rated:
            return rated
        rated = rate()
        if time.perf_counter() - begin > _SLOW and not rated.beside:
            _write(self.folder, kept, _identity(status, terms), source, rated)
        return rated


def _identity(status: os.stat_result, terms: str) -> str:
    """Return what a kept rating holds for; its name tells only where it lies, so that most files cost one look."""
    file_id = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return json.dumps([*file_id, _engine(), terms])


@cache
def _engine() -> str:
    """Return what our own readers and lists are: a change in any of them makes every kept rating void."""
    from hashlib import sha256

    home = Path(__file__).parent
    files = sorted(path for folder in (home, home.parent / "data") for path in folder.rglob("*.*") if path.is_file())
    stated = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.suffix != ".pyc"]
    return sha256(json.dumps([__version__, stated]).encode()).hexdigest()


def _read(kept: Path, identity: str, source: Traced) -> Rated | None:
    from accord.record.state import read_file

    try:
        said = json.loads(read_file(kept, _LARGEST))
        stretches = [Stretch(*one) for one in said["stretches"]]
        if said["identity"] != identity or said["digest"] != digest_of(source, stretches):
            return None
        return from_json(said["rated"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, kept: Path, identity: str, source: Traced, rated: Rated) -> None:
    from accord.record.state import prepare_state, write_file

    stretches = list(merged(source.stretches))
    if len(stretches) > _MOST_STRETCHES or any(one.rating.value == "unknown" for one in rated.reasons):
        return  # what was cut short by a limit is looked at again
    body = {"stretches": stretches, "digest": digest_of(source, stretches), "rated": as_json(rated)}
    try:
        prepare_state(folder)
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        write_file(kept, json.dumps({"identity": identity, **body}).encode(), mode=0o600)
    except (OSError, RecordError):
        return  # a cache that cannot be written costs time and nothing else
