"""The files of the system: bounded reading, digests, and glob patterns over one walk."""

from __future__ import annotations

import hashlib
import re
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from accord.core.canon import Digest, digest
from accord.core.errors import AccordError
from accord.core.settings import MIB, Settings
from accord.scan.walk import File, open_inside

ABSENT = Digest("sha256:" + "0" * 64)
"""Stands for the digest of a file that is not there."""

_WILD = re.compile(r"[*?]")


class Identity(NamedTuple):
    """The digest and size of a file or folder, or why there is none."""

    digest: Digest | None
    size: int | None
    problem: str | None


class Files:
    """Everything readable below the root; remembers digests, never contents."""

    def __init__(self, root: Path, entries: Iterable[File], settings: Settings) -> None:
        self.root = root
        self._sizes = {entry.path: entry.size for entry in entries}
        self._paths = tuple(sorted(self._sizes))
        self._settings = settings
        self._known: dict[str, Identity] = {}
        self._matched: dict[tuple[str, ...], tuple[str, ...]] = {}

    def has(self, path: str) -> bool:
        """Tell whether the walk saw a regular file of this path."""
        return path in self._sizes

    def matching(self, *patterns: str) -> tuple[str, ...]:
        """Return the walked paths that match any of the glob patterns, in order."""
        if patterns not in self._matched:
            self._matched[patterns] = tuple(sorted({path for glob in patterns for path in self._match(glob)}))
        return self._matched[patterns]

    def below(self, folder: str) -> tuple[str, ...]:
        """Return the walked paths inside a folder."""
        return self._starting("" if folder == "." else folder + "/")

    def _match(self, glob: str) -> tuple[str, ...]:
        """Match only the paths that start as the glob does: checks ask for what stands beside each of many files."""
        start = _WILD.split(glob, maxsplit=1)[0]
        if start == glob:
            return (glob,) if glob in self._sizes else ()
        candidates = self._starting(start)
        if not candidates:
            return ()
        pattern = _pattern(glob)
        return tuple(path for path in candidates if pattern.fullmatch(path))

    def _starting(self, prefix: str) -> tuple[str, ...]:
        """Return the paths that start with a prefix (and more, where its last character has none after it)."""
        if not prefix:
            return self._paths
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1) if ord(prefix[-1]) < sys.maxunicode else None
        first = bisect_left(self._paths, prefix)
        return self._paths[first : bisect_left(self._paths, after) if after else None]

    def open(self, path: str) -> BinaryIO:
        """Open one regular file inside the root; raises `AccordError` where that cannot be."""
        return open_inside(self.root, path)

    def read(self, path: str) -> bytes:
        """Read one small file whole; raises `AccordError` where it is too large or cannot be read."""
        limit = self._settings.max_file
        with self.open(path) as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise AccordError(f"larger than {limit // MIB} MiB", code="ACC-E401", hint="raise max_file in accord.toml")
        return data

    def identify(self, path: str, *, limit: int, stop: float) -> Identity:
        """Hash one file or folder, unless it is larger than `limit` bytes or `stop` (monotonic seconds) has come."""
        if path not in self._known:
            self._known[path] = self._identify(path, limit, stop)
        return self._known[path]

    def digest(self, path: str) -> Digest:
        """Return the digest of one file for comparison later; `ABSENT` where it cannot be read."""
        stop = time.monotonic() + self._settings.hash_seconds
        return self.identify(path, limit=self._settings.max_hash, stop=stop).digest or ABSENT

    def _identify(self, path: str, limit: int, stop: float) -> Identity:
        try:
            if path not in self._sizes and (self.root / path).is_dir() and not (self.root / path).is_symlink():
                return self._identify_folder(path, limit, stop)
            with self.open(path) as stream:
                size = stream.seek(0, 2)
                if size > limit:
                    return Identity(None, size, "too large to be hashed")
                stream.seek(0)
                return _hash(stream, size, stop)
        except AccordError as error:
            return Identity(None, None, error.message)
        except OSError as error:
            return Identity(None, None, f"cannot be read: {error.strerror}")

    def _identify_folder(self, folder: str, limit: int, stop: float) -> Identity:
        paths = self.below(folder)
        total = sum(self._sizes[path] for path in paths)
        if total > limit:
            return Identity(None, total, "too large to be hashed")
        parts = [(path, self.identify(path, limit=limit, stop=stop)) for path in paths]
        problem = next((f"{path}: {one.problem}" for path, one in parts if one.problem), None)
        if problem:
            return Identity(None, total, problem)
        return Identity(
            digest([[path.encode("utf-8", "surrogateescape").hex(), one.digest] for path, one in parts]), total, None
        )


def _hash(stream: BinaryIO, size: int, stop: float) -> Identity:
    total = hashlib.sha256()
    for chunk in _chunks(stream):
        total.update(chunk)
        if time.monotonic() > stop:
            return Identity(None, size, "not hashed: the time for hashing was used up")
    return Identity(Digest("sha256:" + total.hexdigest()), size, None)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(4 * MIB):
        yield chunk


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts), re.DOTALL)
