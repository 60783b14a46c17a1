"""What lies in a model's folder, all of it, and the digests of what is in it: read once, on several cores."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from accord.core.canon import Digest, digest
from accord.core.errors import AccordError, RecordError
from accord.core.finding import Place
from accord.core.text import shown
from accord.scan.origin.manifest import MOST_FILES, is_covered
from accord.scan.walk import open_inside

DEEPEST: Final = 64
"""So many folders below folders are looked into."""

Progress = Callable[[int, int, str], None]
"""Is told how many bytes are read, of how many, and of what."""

_CHUNK = 4 << 20
_SMALL: Final = 64 << 20  # bytes of a model that one thread hashes
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Entry(NamedTuple):
    """A regular file: its path with `/` below the model (`.` where the model is one file), size and time.

    `target` is where a link inside the folder leads, where links are allowed.
    """

    path: str
    size: int
    mtime_ns: int = 0
    target: str | None = None


class Odd(NamedTuple):
    """Something that no signature can cover: a link, a pipe, a device, a name that is no text, a folder unread."""

    path: str
    kind: str
    what: str


class Tree(NamedTuple):
    """Everything in a model's folder, in order of paths; `ignored` and `empty` are folders and files left out."""

    files: tuple[Entry, ...]
    odd: tuple[Odd, ...] = ()
    empty: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class Span(NamedTuple):
    """A part of a file to be hashed; the end of the file where `end` is None."""

    path: str
    start: int = 0
    end: int | None = None


class Hashed(NamedTuple):
    """The digest of a span in hex, or why it could not be read."""

    span: Span
    digest: str | None
    problem: str | None = None


def look(model: Path, *, ignore: Iterable[str] = (), links: bool = False) -> Tree:
    """Return everything in a model's folder but what is ignored; links are followed only inside, and to files.

    Raises `RecordError` where it cannot be read, or holds more than 200,000 files or 64 levels.
    """
    try:
        status = model.stat()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "the path is not valid"
        raise _unreadable(model, f"cannot be read: {why}") from error
    if stat.S_ISREG(status.st_mode):
        return Tree((Entry(".", status.st_size, status.st_mtime_ns),))
    if not stat.S_ISDIR(status.st_mode):
        raise _unreadable(model, "is neither a file nor a folder")
    trip = _Trip(model, tuple(ignore), links=links)
    pending = [""]
    while pending:
        pending += trip.look_into(pending.pop())
    return Tree(tuple(sorted(trip.files)), tuple(sorted(trip.odd)), tuple(sorted(trip.empty)), tuple(trip.ignored))


def listing(model: Path) -> Digest:
    """Return a digest of names, sizes and times of what lies there: equal while nobody wrote to it."""
    tree = look(model)
    files = [[shown(one.path), one.size, str(one.mtime_ns)] for one in tree.files]
    return digest([files, [[shown(one.path), one.what] for one in tree.odd]])


def hashes(
    model: Path, tree: Tree, spans: Iterable[Span], *, algorithm: str, progress: Progress | None = None
) -> Iterator[Hashed]:
    """Yield the digest of every span, in their order; several at a time, for hashing leaves the interpreter free."""
    targets = {one.path: one.target for one in tree.files if one.target}
    total, done = sum(one.size for one in tree.files), [0]

    def read(span: Span) -> Hashed:
        def told(count: int) -> None:
            done[0] += count
            if progress:
                progress(min(done[0], total), total, shown(span.path))

        return _hash(model, span, targets.get(span.path), algorithm, told)

    waiting = iter(spans)
    if total < _SMALL:  # threads cost more than they save, and a forked worker is better off without any
        yield from map(read, waiting)
        return
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        while batch := tuple(islice(waiting, 4096)):
            yield from pool.map(read, batch)


class _Trip:
    """One look at a folder under way."""

    def __init__(self, model: Path, ignore: tuple[str, ...], *, links: bool) -> None:
        self.files: list[Entry] = []
        self.odd: list[Odd] = []
        self.empty: list[str] = []
        self.ignored: list[str] = []
        self._model = model
        self._top = os.path.realpath(model)
        self._ignore = ignore
        self._links = links

    def look_into(self, folder: str) -> list[str]:
        """Take up the files of one folder and return the folders in it."""
        try:
            with os.scandir(self._model / folder) as entries:
                listed = list(islice(entries, MOST_FILES + 1))
        except OSError as error:
            self.odd.append(Odd(folder or ".", "unreadable", f"a folder that cannot be read: {error.strerror}"))
            return []
        if len(self.files) + len(listed) > MOST_FILES:
            raise _unreadable(self._model, f"holds more than {MOST_FILES:,} files")
        if not listed:
            self.empty.append(shown(folder) or ".")
        below: list[str] = []
        for entry in sorted(listed, key=lambda one: one.name):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if is_covered(path, self._ignore):
                self.ignored.append(shown(path))
            else:
                self._take(entry, path, below)
        return below

    def _take(self, entry: os.DirEntry[str], path: str, below: list[str]) -> None:
        try:
            if shown(path) != path or any(char < " " or "\x7f" <= char <= "\x9f" for char in path):
                self.odd.append(Odd(shown(path), "odd-name", "its name cannot be written into a signature"))
            elif entry.is_symlink():
                self._take_link(path)
            elif entry.is_dir(follow_symlinks=False):
                if path.count("/") + 1 >= DEEPEST:
                    raise _unreadable(self._model, f"has more than {DEEPEST} levels of folders")
                below.append(path)
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                self.files.append(Entry(path, status.st_size, status.st_mtime_ns))
            else:
                self.odd.append(Odd(path, "special", "a pipe, socket or device"))
        except OSError as error:
            self.odd.append(Odd(path, "unreadable", f"it cannot be read: {error.strerror}"))

    def _take_link(self, path: str) -> None:
        real = os.path.realpath(self._model / path)
        inside = real.startswith(self._top.rstrip(os.sep) + os.sep)
        if not self._links:
            self.odd.append(Odd(path, "link", "a symbolic link, and the signature allows none"))
        elif not inside:
            self.odd.append(Odd(path, "link", "a symbolic link that leads out of the model"))
        elif not os.path.isfile(real):  # noqa: PTH113  # realpath gave a text
            self.odd.append(Odd(path, "link", "a symbolic link to no file"))
        else:
            status = os.stat(real)  # noqa: PTH116  # the same
            target = os.path.relpath(real, self._top).replace(os.sep, "/")
            self.files.append(Entry(path, status.st_size, status.st_mtime_ns, target))


def _hash(model: Path, span: Span, target: str | None, algorithm: str, told: Callable[[int], None]) -> Hashed:
    total = hashlib.new(algorithm)
    try:
        with _open(model, target or span.path) as stream:
            _read(stream, span, total.update, told)
    except AccordError as error:
        return Hashed(span, None, error.message)
    except OSError as error:
        return Hashed(span, None, f"it cannot be read: {error.strerror}")
    return Hashed(span, total.hexdigest())


def _read(stream: BinaryIO, span: Span, update: Callable[[memoryview], None], told: Callable[[int], None]) -> None:
    if span.start:
        stream.seek(span.start)
    left = span.end - span.start if span.end is not None else None
    buffer = memoryview(bytearray(_CHUNK if left is None else max(1, min(_CHUNK, left))))
    while left is None or left > 0:
        count = stream.readinto(buffer if left is None else buffer[: min(len(buffer), left)])  # type: ignore[attr-defined]  # a buffered file has it
        if not count:
            break
        update(buffer[:count])
        left = None if left is None else left - count
        told(count)


def _open(model: Path, path: str) -> BinaryIO:
    if path != ".":
        return open_inside(model, path)
    handle = os.open(model, _READ)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _unreadable(model, "is not a regular file")
    return os.fdopen(handle, "rb", buffering=0)


def _unreadable(model: Path, why: str) -> RecordError:
    name = shown(str(model))
    return RecordError(f"the model {name} {why}", code="ACC-E843", where=Place(path=name))
