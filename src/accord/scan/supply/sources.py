"""Reading the files of a feed from disk: a folder, a ZIP, a tar, or one file. Nothing is unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from accord.core.canon import Digest
from accord.core.errors import AccordError
from accord.core.finding import Place
from accord.core.text import shown
from accord.record.state import read_file
from accord.scan.supply.osv import LARGEST

_RECORDS: Final = (".json", ".jsonl", ".ndjson", ".yaml", ".yml")
_BROKEN: Final = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, lzma.LZMAError, zlib.error,
                  zipfile.BadZipFile)  # fmt: skip
_MOST_FILES = 2_000_000
_MOST_BYTES = 16 << 30
_BLOCK = 512
_LONG_NAME = 4096


class Held(NamedTuple):
    """A file of a source: its name, and what it holds or why it was not read."""

    name: str
    data: bytes
    problem: str = ""


class Origin:
    """A source under way: yields its files, and knows its digest when it has been read to the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._left = _MOST_BYTES

    @property
    def digest(self) -> Digest:
        """Return the digest of the file, or of all names and contents of a folder."""
        return Digest("sha256:" + self._digest.hexdigest())

    def files(self) -> Iterator[Held]:
        """Yield every file that may hold records, in a stable order; raises `AccordError` for what is no source."""
        if self._path.is_dir():
            yield from self._folder()
            return
        try:
            with self._path.open("rb") as file:
                head = file.read(6)
            self._hash_file()
            yield from self._one(head)
        except _BROKEN as error:
            raise _unreadable(self._path, error) from error

    def _one(self, head: bytes) -> Iterator[Held]:
        if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
            yield from self._zip()
            return
        if self._path.suffix == ".tar" or head.startswith((b"\x1f\x8b", b"\xfd7zXZ", b"BZh")):
            with self._path.open("rb") as file:
                yield from self._tar(_opened(file, head))
        elif self._path.suffix.lower() in {".jsonl", ".ndjson"}:
            yield from self._lines()
        elif self._path.suffix.lower() in _RECORDS:
            yield Held(self._path.name, read_file(self._path, 256 << 20))
        else:
            raise ValueError("neither a folder, an archive nor a file of records")

    def _lines(self) -> Iterator[Held]:
        with self._path.open("rb") as stream:
            while line := stream.readline(LARGEST + 1):
                fits = len(line) <= LARGEST
                yield Held("line.jsonl", line if fits else b"", "" if fits else "a line is too long")

    def _hash_file(self) -> None:
        with self._path.open("rb") as file:
            while chunk := file.read(4 << 20):
                self._digest.update(chunk)

    def _folder(self) -> Iterator[Held]:
        count = 0
        unread: list[OSError] = []
        for folder, folders, names in os.walk(self._path, onerror=unread.append):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in sorted(names):
                path = Path(folder, name)
                if not name.lower().endswith(_RECORDS):
                    continue
                count += 1
                _bounded(count)
                held = self._spend(_read(path, shown(str(path.relative_to(self._path)))))
                self._digest.update(f"{held.name}\0{hashlib.sha256(held.data).hexdigest()}\n".encode())
                yield held
            links = [name for name in folders if Path(folder, name).is_symlink()]
            yield from (Held(shown(name), b"", "a link to a folder, which is not followed") for name in links)
        yield from (Held(shown(str(one.filename)), b"", f"cannot be read: {one.strerror}") for one in unread)

    def _spend(self, held: Held) -> Held:
        self._left -= len(held.data)
        if self._left < 0:
            raise AccordError(
                f"{shown(str(self._path))} holds more than {_MOST_BYTES >> 30} GiB of records",
                hint="import it in parts, one ecosystem each",
                code="ACC-E820",
            )
        return held

    def _zip(self) -> Iterator[Held]:
        with zipfile.ZipFile(self._path) as archive:
            for count, one in enumerate(archive.infolist()):
                _bounded(count)
                if one.is_dir() or not one.filename.lower().endswith(_RECORDS):
                    continue
                yield self._spend(_member(archive, one))

    def _tar(self, stream: _Readable) -> Iterator[Held]:
        """Walk the headers of a tar (POSIX.1-2017 pax, ustar, GNU long names), reading forward only."""
        longer = ""
        for count in range(_MOST_FILES * 2):
            header = stream.read(_BLOCK)
            if len(header) < _BLOCK:
                raise ValueError("the tar has no end: a part of it is missing")
            if not header.strip(b"\0"):
                return
            size, kind = _tar_size(header), header[156:157]
            name, longer = longer or _tar_name(header), ""
            _bounded(count // 2)
            if kind in {b"L", b"x"} and size <= _LONG_NAME * 16:
                longer = _long_name(_take(stream, size), kind)
            elif kind in {b"0", b"\0"} and name.lower().endswith(_RECORDS) and size <= LARGEST:
                yield self._spend(Held(shown(name), _take(stream, size)))
            else:
                _pass_over(stream, size)
                if kind not in b"xgLK5" and name.lower().endswith(_RECORDS):
                    why = "larger than 8 MiB" if kind in {b"0", b"\0"} else "it is no plain file"
                    yield Held(shown(name), b"", why)


class _Readable(Protocol):
    """A stream that is read forward."""

    def read(self, size: int, /) -> bytes:
        """Return that many bytes, or fewer at the end."""


class _Xz:
    """An xz stream whose dictionary may not be larger than memory allows."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ahead = b""
        self._unpack = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=256 << 20)

    def read(self, size: int, /) -> bytes:
        """Return that many bytes, or fewer at the end."""
        held = bytearray()
        while len(held) < size:
            if self._unpack.eof and not self._next():
                break
            raw, self._ahead = self._ahead or (self._file.read(1 << 16) if self._unpack.needs_input else b""), b""
            if not raw and self._unpack.needs_input:
                raise EOFError("the xz stream ends early")
            held += self._unpack.decompress(raw, size - len(held))
        return bytes(held)

    def _next(self) -> bool:
        """Go on with the stream that follows, zeros between them passed over; tell whether there is one."""
        self._ahead = self._unpack.unused_data.lstrip(b"\0")
        while not self._ahead and (raw := self._file.read(1 << 16)):
            self._ahead = raw.lstrip(b"\0")
        if self._ahead:
            self._unpack = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=256 << 20)
        return bool(self._ahead)


def _member(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> Held:
    name = shown(one.filename)
    try:
        with archive.open(one) as member:
            return _bounded_size(name, member.read(LARGEST + 1))
    except _BROKEN as error:
        return Held(name, b"", f"cannot be unpacked: {error}")


def _opened(file: IO[bytes], head: bytes) -> _Readable:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if head.startswith(b"\xfd7zXZ"):
        return _Xz(file)
    return bz2.BZ2File(file) if head.startswith(b"BZh") else file


def _tar_size(header: bytes) -> int:
    field = header[124:136]
    wide = field[0] & 0x80  # base 256, as GNU writes it
    size = int.from_bytes(field, "big") & ((1 << 95) - 1) if wide else _octal(field)
    told = _octal(header[148:156])
    if not 0 <= size <= _MOST_BYTES or sum(header[:148]) + 256 + sum(header[156:]) != told:
        raise ValueError("a header of the tar is damaged")
    return size


def _octal(field: bytes) -> int:
    return int(field.strip(b"\0 ") or b"0", 8)


def _tar_name(header: bytes) -> str:
    name = header[:100].rstrip(b"\0")
    prefix = header[345:500].rstrip(b"\0") if header[257:262] == b"ustar" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "surrogateescape")


def _long_name(data: bytes, kind: bytes) -> str:
    if kind == b"L":
        return data.rstrip(b"\0").decode("utf-8", "surrogateescape")
    _, found, rest = data.partition(b" path=")
    return rest.partition(b"\n")[0].decode("utf-8", "surrogateescape") if found else ""


def _take(stream: _Readable, size: int) -> bytes:
    data = stream.read(size + -size % _BLOCK)
    if len(data) < size:
        raise ValueError("the tar ends in the middle of a file")
    return data[:size]


def _pass_over(stream: _Readable, size: int) -> None:
    left = size + -size % _BLOCK
    while left > 0:
        chunk = stream.read(min(left, 1 << 20))
        if not chunk:
            raise ValueError("the tar ends in the middle of a file")
        left -= len(chunk)


def _read(path: Path, name: str) -> Held:
    try:
        if path.is_symlink():
            return Held(name, b"", "a link, which is not followed")
        return Held(name, read_file(path, LARGEST))
    except (OSError, ValueError) as error:
        return Held(name, b"", f"cannot be read: {error}")


def _bounded_size(name: str, data: bytes) -> Held:
    return Held(name, b"", "larger than 8 MiB") if len(data) > LARGEST else Held(name, data)


def _bounded(count: int) -> None:
    if count >= _MOST_FILES:
        raise AccordError(f"the source holds more than {_MOST_FILES:,} files", code="ACC-E820")


def _unreadable(path: Path, error: Exception) -> AccordError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return AccordError(
        f"{shown(str(path))} cannot be read as a feed: {why[:200]}",
        hint="give a folder, a ZIP, a tar (gz, xz, bz2) or a file of OSV records",
        code="ACC-E820",
        where=Place(path=shown(str(path))),
    )
