"""The files of a source, read within limits: text out of them is data, never anything else."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

LARGEST = 64 << 20
"""Bytes of one file, unpacked."""

MOST_FILES = 10_000
MOST_RECORDS = 100_000
_LONGEST_FIELD = 1 << 20


Found = TypeVar("Found")


class UnreadableError(ValueError):
    """A file that is not what it should be; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A file or folder to import: `single` when the user named one file."""

    root: Path
    files: tuple[Path, ...]
    single: bool

    def named(self, *endings: str) -> Iterator[Source]:
        """Yield the files whose names end so, `.gz` aside; one that the user named is taken whatever it is called."""
        for path in self.files:
            name = path.name.casefold().removesuffix(".gz")
            if self.single or name.endswith(endings):
                yield Source(path=path, shown=self.shown(path))

    def shown(self, path: Path) -> str:
        """Return how messages name a file: its path inside the source."""
        name = path.name if self.single else path.relative_to(self.root).as_posix()
        return clean(shown(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of a tree."""

    path: Path
    shown: str

    @property
    def ending(self) -> str:
        """Return the ending of the name, without `.gz`, small."""
        return Path(self.path.name.casefold().removesuffix(".gz")).suffix

    def text(self) -> str:
        """Return the text of the file.

        Raises `UnreadableError` for what is too large, is not UTF-8 or is cut off.
        """
        try:
            return self._data().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableError(f"it is not UTF-8: byte {error.start:,}") from error

    def json(self) -> object:
        """Return the JSON document in the file."""
        return parsed(self.text())

    def lines(self) -> Iterator[tuple[str, object]]:
        """Yield the value of each line of JSON lines, or the error for which it has none, and how to name it."""
        for number, line in enumerate(self.text().split("\n"), 1):
            if line.strip():
                try:
                    value: object = parsed(line)
                except UnreadableError as error:
                    value = error
                yield f"{self.shown}:{number}", value

    def rows(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield the rows of a table with a head, comma or tab separated, and how to name each."""
        mark = "\t" if self.ending == ".tsv" else ","
        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.DictReader(io.StringIO(self.text(), newline=""), delimiter=mark)
        try:
            for number, row in enumerate(reader, 1):
                yield f"{self.shown}:row {number}", {str(key): value for key, value in row.items()}
        except csv.Error as error:
            raise UnreadableError(f"it is no table: {error}") from error

    def _data(self) -> bytes:
        with _opened(self.path) as file:
            data = file.read(LARGEST + 1)
        if data[:2] == b"\x1f\x8b":
            data = _unpacked(data)
        if len(data) > LARGEST:
            raise UnreadableError(f"it is larger than {LARGEST >> 20} MiB")
        return data


def each(
    tree: Tree, endings: tuple[str, ...], read: Callable[[Source], Iterator[Found]]
) -> Iterator[Found | tuple[str, str]]:
    """Yield what `read` finds in each file; of one that cannot be read, its name and the reason.

    Raises `UnreadableError` when it is the very file that the user named.
    """
    for source in tree.named(*endings):
        try:
            yield from read(source)
        except UnreadableError as error:
            if tree.single:
                raise
            yield source.shown, str(error)


def tree(path: Path) -> Tree:
    """Return the files to import under `path`, in order of their names; links inside it are not followed.

    Raises `ManifestError` where there is nothing to read.
    """
    name = shown(str(path))
    where = Place(path=name)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        hint = "check the path and its permissions"
        raise ManifestError(f"{name} cannot be read", hint=hint, code="ACC-E610", where=where) from error
    if stat.S_ISREG(mode):
        return Tree(root=path, files=(path,), single=True)
    if not stat.S_ISDIR(mode):
        hint = "name a file or a folder"
        raise ManifestError(f"{name} is neither a file nor a folder", hint=hint, code="ACC-E610", where=where)
    found = tuple(islice(_inside(path), MOST_FILES + 1))
    if len(found) > MOST_FILES:
        message = f"{name} holds more than {MOST_FILES:,} files"
        raise ManifestError(message, hint="name a smaller folder", code="ACC-E610", where=where)
    return Tree(root=path, files=tuple(sorted(found)), single=False)


def parsed(text: str) -> object:
    """Return the value of a JSON text.

    Raises `UnreadableError` for anything else.
    """
    try:
        value: object = json.loads(text)
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"it is no JSON: {one_line(str(error), 120)}") from error
    return value


def member(record: object, *keys: str) -> str:
    """Return the first of these members that is a text with something in it, or nothing."""
    if isinstance(record, Mapping):
        for key in keys:
            value = record.get(key)
            if isinstance(value, str) and value.strip():
                return value
    return ""


def items(value: object) -> tuple[object, ...]:
    """Return the items of a list, or nothing."""
    return tuple(value[:MOST_RECORDS]) if isinstance(value, list) else ()


def texts(value: object) -> tuple[str, ...]:
    """Return a text, or the texts in a list, without empty ones."""
    return tuple(one for one in ((value,) if isinstance(value, str) else items(value)) if isinstance(one, str) and one)


def _inside(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in names:
            path = Path(root, name)
            if not path.is_symlink() and not name.startswith("."):
                yield path


def _opened(path: Path) -> io.BufferedReader:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise UnreadableError("it cannot be read") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnreadableError("it is not a regular file")
    return os.fdopen(handle, "rb")


def _unpacked(data: bytes) -> bytes:
    packed = zlib.decompressobj(wbits=31)
    try:
        whole = packed.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise UnreadableError("it is packed, and broken") from error
    if not packed.eof and len(whole) <= LARGEST:
        raise UnreadableError("it is packed, and cut off")
    return whole
