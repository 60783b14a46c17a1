"""The history of a git repository: every text that was ever committed, each line once, within bounds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from accord.core.contracts import History
from accord.core.errors import AccordError
from accord.core.text import shown
from accord.scan.gitobjects import GitError, Objects, Thing
from accord.scan.walk import open_inside

_MOST_OBJECTS = 1_000_000
_MOST_BYTES = 1 << 30
_MOST_LINES = 4_000_000
_LARGEST_TEXT = 4 << 20
_DEEPEST = 64


class Passage(NamedTuple):
    """The lines of a committed file that stood in none before it; `lines` are their numbers in the file."""

    path: str
    commit: str
    text: str
    lines: tuple[int, ...]


def find_history(root: Path) -> History:
    """Return the git folder in `root`; a problem where it lies elsewhere, neither where there is none."""
    folder = root / ".git"
    if folder.is_symlink() or folder.is_file():
        return History(None, "the history lies outside of the folder (a worktree or submodule)")
    if folder.is_dir():
        return History(folder)
    if any((parent / ".git").exists() for parent in root.resolve().parents):
        return History(None, "the history lies in a folder above: assess the whole repository to look into it")
    return History(None)


def stamp_of(root: Path) -> list[list[str]]:
    """Return what changes when anything is committed, fetched or packed: the names and sizes of packs, the heads."""
    folder = find_history(root).folder
    if folder is None:
        return []
    names = [path for pattern in ("objects/??", "objects/pack/*.pack", "packed-refs", "shallow", "HEAD")
             for path in folder.glob(pattern)]  # fmt: skip
    return sorted([shown(one.relative_to(folder).as_posix()), *_size(one)] for one in names)


def _size(path: Path) -> list[str]:
    try:
        status = path.lstat()
    except OSError:
        return []
    return [str(status.st_size), str(status.st_mtime_ns)]  # as text: nanoseconds are beyond the numbers of JSON


class Reading:
    """One reading of a history; afterwards `left_out` tells what was not looked at."""

    def __init__(self, folder: Path, *, seconds: float) -> None:
        self._folder = folder
        self._deadline = time.monotonic() + seconds
        self._bytes = 0
        self._broken = 0
        self._seen: set[int] = set()
        self.left_out: list[str] = []

    def passages(self) -> Iterator[Passage]:
        """Yield what is new in every file of every commit, the oldest commit first, then what no commit holds."""
        if self._outside():
            return
        objects = Objects(self._folder)
        try:
            self.left_out += objects.problems[:20]
            yield from self._read(objects)
        finally:
            objects.close()
        if self._broken:
            self.left_out.append(f"{self._broken} objects are missing, damaged or too large")

    def _outside(self) -> bool:
        config = self._text("config")
        if re.search(r"objectformat\s*=\s*sha256", config, re.I):
            self.left_out.append("the repository names objects by SHA-256, which is not read")
            return True
        if self._text("objects/info/alternates").strip():
            self.left_out.append("objects of another repository (alternates) were not looked at")
        if self._text("shallow").strip():
            self.left_out.append("the clone is shallow: what was committed before is not here")
        return False

    def _text(self, path: str) -> str:
        try:
            with open_inside(self._folder, path) as file:
                return file.read(1 << 20).decode("utf-8", "replace")
        except (AccordError, OSError):
            return ""

    def _read(self, objects: Objects) -> Iterator[Passage]:
        commits: list[tuple[int, str, str]] = []
        blobs: set[str] = set()
        for count, name in enumerate(objects.names()):
            if count >= _MOST_OBJECTS or self._late(f"after {count} objects"):
                self.left_out.append(f"more than {_MOST_OBJECTS} objects") if count >= _MOST_OBJECTS else None
                break
            kind = self._type(objects, name)
            if kind == "blob":
                blobs.add(name)
            elif kind == "commit" and (thing := self._thing(objects, name)):
                commits.append(_commit(thing, name))
        trees: set[str] = set()
        gone: set[str] = set()
        for _, name, tree in sorted(commits):
            for blob, path in self._files(objects, tree, trees):
                if blob in blobs:
                    blobs.discard(blob)
                    yield from self._passage(objects, blob, path, name)
                elif not objects.has(blob):
                    gone.add(blob)
        if gone:
            self.left_out.append(f"{len(gone)} files of commits are not here, as in a partial clone")
        for blob in sorted(blobs):
            yield from self._passage(objects, blob, "", "")

    def _files(self, objects: Objects, top: str, trees: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the blobs of a tree with their paths; a tree that was met before is not walked again."""
        waiting = [(top, "")]
        while waiting and not self._late("in the trees"):
            tree, folder = waiting.pop()
            if tree in trees or folder.count("/") > _DEEPEST:
                continue
            trees.add(tree)
            thing = self._thing(objects, tree)
            for mode, name, sha in _entries(thing.data if thing and thing.type == "tree" else b""):
                if mode.startswith(b"4"):
                    waiting.append((sha, f"{folder}{name}/"))
                elif mode.startswith(b"10"):
                    yield sha, folder + name

    def _passage(self, objects: Objects, name: str, path: str, commit: str) -> Iterator[Passage]:
        if self._late("in the files"):
            return
        thing = self._thing(objects, name)
        if thing is None or b"\0" in thing.data[:8000]:
            return
        if len(thing.data) > _LARGEST_TEXT:
            self._broken += 1
            return
        self._bytes += len(thing.data)
        kept: list[str] = []
        lines: list[int] = []
        for number, line in enumerate(thing.data.split(b"\n"), 1):
            key = hash(line)
            if key in self._seen and b"KEY" not in line:  # a key has lines that others have too
                continue
            self._seen.add(key)
            kept.append(line.decode("utf-8", "replace"))
            lines.append(number)
        if kept:
            yield Passage(shown(path), commit, "\n".join(kept), tuple(lines))

    def _late(self, where: str) -> bool:
        over = (
            "the time" if time.monotonic() > self._deadline
            else "the bytes" if self._bytes > _MOST_BYTES
            else "the lines" if len(self._seen) > _MOST_LINES
            else ""
        )  # fmt: skip
        if over and not any(one.startswith("the history was not read to its end") for one in self.left_out):
            self.left_out.append(f"the history was not read to its end: {over} for it was used up {where}")
        return bool(over)

    def _type(self, objects: Objects, name: str) -> str:
        try:
            return objects.type_of(name)
        except (GitError, IndexError):
            self._broken += 1
            return "unknown"

    def _thing(self, objects: Objects, name: str) -> Thing | None:
        try:
            return objects.read(name)
        except (GitError, IndexError):
            self._broken += 1
            return None


def _commit(thing: Thing, name: str) -> tuple[int, str, str]:
    """Return when a commit was made, its name and its tree."""
    head = thing.data.partition(b"\n\n")[0][:100_000]
    tree = re.match(rb"tree ([0-9a-f]{40})\n", head)
    when = re.search(rb"^committer .{0,1000}> (\d{1,12}) ", head, re.M)
    return int(when[1]) if when else 0, name, tree[1].decode() if tree else ""


def _entries(data: bytes) -> Iterator[tuple[bytes, str, str]]:
    at = 0
    while at < len(data):
        end = data.find(b"\0", at)
        if end < 0 or end + 21 > len(data):
            return
        mode, _, name = data[at:end].partition(b" ")
        yield mode, name.decode("utf-8", "surrogateescape"), data[end + 1 : end + 21].hex()
        at = end + 21
