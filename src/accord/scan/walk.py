"""Walking a folder and opening what is in it, without ever being led out of it or held up in it."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, NamedTuple

from accord.core.errors import AccordError
from accord.core.finding import Place, Skipped
from accord.core.text import shown

PRUNED: Final = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".hypothesis", ".accord", "dist", "build", ".eggs", "site-packages",
})  # fmt: skip
"""Names of folders that hold dependencies, caches or state: never looked into."""

_MOST_SKIPPED = 1000
_READ: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_ODD: Final = (
    (stat.S_ISFIFO, "named pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


class File(NamedTuple):
    """A regular file: its path relative to the root (bytes that are not UTF-8 kept, PEP 383) and its size."""

    path: str
    size: int
    mtime_ns: int


class Walk(NamedTuple):
    """What lies below a root, in order of paths, and what was left out."""

    files: tuple[File, ...]
    skipped: tuple[Skipped, ...]


def walk(root: Path, *, max_files: int, max_depth: int, seconds: float, pruned: Collection[str] = PRUNED) -> Walk:
    """Return the regular files below `root`; links are never followed, and every limit that cuts is recorded.

    Raises `AccordError` when `root` itself cannot be read.
    """
    if not root.is_dir():
        raise AccordError(
            f"{shown(str(root))} is not a folder that can be read",
            hint="name the folder that holds the system",
            code="ACC-E804",
        )
    trip = _Trip(root, max_files, max_depth, time.monotonic() + seconds, pruned)
    pending = [""]
    while pending and not trip.over:
        found = trip.look_into(pending.pop())
        pending += reversed(found)
    for folder in reversed(pending):
        trip.skip(folder, trip.over)
    return Walk(tuple(sorted(trip.files)), trip.skips())


def read_head(root: Path, path: str, n: int) -> bytes:
    """Return the first `n` bytes of a file inside `root`; raises `AccordError` as `open_inside` does."""
    with open_inside(root, path) as file:
        try:
            return file.read(n)
        except OSError as error:
            raise _unreadable(path, error) from error


def open_inside(root: Path, path: str) -> BinaryIO:
    """Open a regular file inside `root` for reading; links out of it, and pipes or devices, are refused.

    Links in the middle may lead elsewhere inside `root`. Raises `AccordError`: ACC-E801 the file cannot be read,
    ACC-E802 it leads out of the root or is a link, ACC-E803 it is no regular file.
    """
    try:
        fd = _open(root, path)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and stat.S_ISLNK(_mode(root, path)):
            raise _outside(path, "it is a symbolic link") from error
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise AccordError(f"{shown(path)} is not a regular file", code="ACC-E803", where=Place(path=shown(path)))
    return os.fdopen(fd, "rb")


class _Trip:
    """One walk under way: what was found, what was skipped, and whether a limit was met."""

    def __init__(
        self, root: Path, max_files: int, max_depth: int, deadline: float, pruned: Collection[str] = PRUNED
    ) -> None:
        self.files: list[File] = []
        self.over = ""
        self._root = root
        self._max_files = max_files
        self._max_depth = max_depth
        self._deadline = deadline
        self._pruned = pruned
        self._skipped: list[Skipped] = []
        self._more = 0

    def skip(self, path: str, reason: str) -> None:
        """Record what was left out; after a thousand only their number."""
        if len(self._skipped) < _MOST_SKIPPED:
            self._skipped.append(Skipped(path=shown(path) or ".", reason=reason))
        else:
            self._more += 1

    def skips(self) -> tuple[Skipped, ...]:
        """Return what was left out."""
        rest = (Skipped(path=".", reason=f"and {self._more} more"),) if self._more else ()
        return (*sorted(self._skipped, key=lambda one: (one.path, one.reason)), *rest)

    def look_into(self, folder: str) -> list[str]:
        """Take up the files of one folder and return the folders in it."""
        try:
            with os.scandir(self._root / folder) as entries:
                listed = sorted(islice(entries, 2 * self._max_files + 1000), key=lambda entry: entry.name)
        except OSError as error:
            self.skip(folder, f"unreadable: {error.strerror}")
            return []
        below: list[str] = []
        if folder and self._pruned is PRUNED and any(entry.name == "pyvenv.cfg" for entry in listed):
            self.skip(folder, "dependency or cache folder")
            return []
        for entry in listed:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not self._room(path):
                break
            self._take(entry, path, below)
        return below

    def _room(self, path: str) -> bool:
        if len(self.files) >= self._max_files:
            self.over = f"the limit of {self._max_files} files was met: this and what follows was not looked at"
        elif time.monotonic() > self._deadline:
            self.over = "the time for it was over: this and what follows was not looked at"
        else:
            return True
        self.skip(path, self.over)
        return False

    def _take(self, entry: os.DirEntry[str], path: str, below: list[str]) -> None:
        try:
            if entry.is_symlink():
                self.skip(path, "symbolic link")
            elif entry.is_dir(follow_symlinks=False):
                self._take_folder(entry.name, path, below)
            else:
                self._take_file(entry.stat(follow_symlinks=False), path)
        except OSError as error:
            self.skip(path, f"unreadable: {error.strerror}")

    def _take_folder(self, name: str, path: str, below: list[str]) -> None:
        if name in self._pruned or (self._pruned is PRUNED and name.endswith(".egg-info")):
            self.skip(path, "dependency or cache folder")
        elif path.count("/") + 1 >= self._max_depth:
            self.skip(path, f"deeper than {self._max_depth} folders")
        else:
            below.append(path)

    def _take_file(self, status: os.stat_result, path: str) -> None:
        if stat.S_ISREG(status.st_mode):
            self.files.append(File(path, status.st_size, status.st_mtime_ns))
        else:
            self.skip(path, next((what for is_odd, what in _ODD if is_odd(status.st_mode)), "not a regular file"))


def _open(root: Path, path: str) -> int:
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.parts or ".." in pure.parts or "\0" in path:
        raise _outside(path, "it is not a path below the root")
    if os.open in os.supports_dir_fd:
        try:
            return _step_by_step(root, pure.parts)
        except OSError:  # perhaps a link in the middle, which may lead elsewhere inside
            pass
    top = os.path.realpath(root)
    folder = os.path.realpath(Path(top, *pure.parts[:-1]), strict=True)
    if folder != top and not folder.startswith(top.rstrip(os.sep) + os.sep):
        raise _outside(path, "a link leads out of the root")
    if os.open in os.supports_dir_fd:
        return _step_by_step(root, (*PurePosixPath(os.path.relpath(folder, top)).parts, pure.name))
    return os.open(Path(folder, pure.name), _READ)


def _step_by_step(root: Path, parts: tuple[str, ...]) -> int:
    """Open each folder from the one before it, so that a folder swapped for a link is refused."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], _READ, dir_fd=at)
    finally:
        os.close(at)


def _mode(root: Path, path: str) -> int:
    try:
        return os.lstat(root / path).st_mode
    except (OSError, ValueError):
        return 0


def _unreadable(path: str, error: Exception) -> AccordError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else "the path is not valid"
    return AccordError(f"{shown(path)} cannot be read: {why}", code="ACC-E801", where=Place(path=shown(path)))


def _outside(path: str, why: str) -> AccordError:
    return AccordError(
        f"{shown(path)} is not opened: {why}",
        hint="put the file itself into the folder",
        code="ACC-E802",
        where=Place(path=shown(path)),
    )
