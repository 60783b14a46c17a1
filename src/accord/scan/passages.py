"""Text of datasets and documents, a piece at a time: rows, notebooks, office files, plain or compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

_PIECE = 1 << 20
_LONGEST_LINE = 1 << 20
_LARGEST_PART = 32 << 20
_MOST_PARTS = 2000
_TABLE: Final = re.compile(r"\.(?:csv|tsv)(?:\.(?:gz|bz2|xz))?$", re.I)
_ESCAPED: Final = re.compile(r"\\(?:[nrt\"/]|u00(?:2[0-9a-f]|3[0-9a-f]|40))", re.I)
_TAG: Final = re.compile(r"<[^<>]{0,4000}>")
_OFFICE: Final = re.compile(
    r"(?:word/(?:document|header\d{0,3}|footer\d{0,3}|comments|footnotes)|ppt/(?:slides|notesSlides)/[\w.-]{1,60}|xl/(?:sharedStrings|comments\d{0,3}|worksheets/[\w.-]{1,60})|content)\.xml"
)
_UNREAD: Final = (
    (b"PAR1", "Parquet"), (b"ARROW1", "Arrow"), (b"FEA1", "Feather"), (b"Obj\x01", "Avro"), (b"ORC", "ORC"),
    (b"%PDF", "PDF"), (b"\x89HDF", "HDF5"), (b"SQLite format 3", "SQLite"), (b"\x93NUMPY", "NumPy"),
)  # fmt: skip
_BROKEN: Final = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
                  zipfile.BadZipFile)  # fmt: skip


class Piece(NamedTuple):
    """A piece of text: the line that it begins at (None where there are no lines), and the member that it is in."""

    text: str
    line: int | None
    member: str | None


class UnreadError(Exception):
    """What was not looked at, and why."""


def pieces(stream: IO[bytes], path: str, *, most: int) -> Iterator[Piece]:
    """Yield the text of a file in pieces of about 1 MiB, cut between lines, its escapes of JSON undone.

    Every piece of a table begins with the line that names the columns; `line` counts as if it did not. Raises
    `UnreadError` at the end of `most` bytes, and for what is no text.
    """
    head = stream.read(16)
    stream.seek(0)
    kind = next((name for magic, name in _UNREAD if head.startswith(magic)), None)
    if kind:
        raise UnreadError(f"{kind} is not read")
    try:
        if head.startswith(b"PK\x03\x04"):
            yield from _office(stream, most)
        else:
            yield from _lines(_unpacked(stream, head), path, most)
    except _BROKEN as error:
        raise UnreadError(f"cannot be read to its end: {str(error)[:120]}") from error


def _unpacked(stream: IO[bytes], head: bytes) -> IO[bytes] | io.BufferedIOBase:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if head.startswith(b"\xfd7zXZ") else stream


def _lines(stream: IO[bytes] | io.BufferedIOBase, path: str, most: int) -> Iterator[Piece]:
    header = ""
    held: list[str] = []
    size = total = 0
    start = number = 1
    table = bool(_TABLE.search(path))
    while raw := stream.readline(_LONGEST_LINE):
        if number == 1 and b"\0" in raw[:4096]:
            raise UnreadError("it is no text")
        line = plain(raw.decode("utf-8", "replace"))
        header = line if table and number == 1 else header
        held.append(line)
        size += len(raw)
        total += len(raw)
        number += raw.endswith(b"\n")
        if size >= _PIECE or total >= most:
            yield _piece(header, held, start)
            held, size, start = [], 0, number
        if total >= most:
            if stream.read(1):
                raise UnreadError(f"only the first {most >> 20} MiB were looked at")
            return
    if held:
        yield _piece(header, held, start)


def _piece(header: str, held: list[str], start: int) -> Piece:
    """Return lines with the names of the columns before them, in the line before the first."""
    named = header[:_PIECE] if header and start > 1 else ""
    return Piece(named + "".join(held), start - 1 if named else start, None)


def plain(text: str) -> str:
    """Return text with what JSON and notebooks escape as the character that it stands for, in the same place."""
    return _ESCAPED.sub(_meant, text) if "\\" in text else text


def _meant(match: re.Match[str]) -> str:
    code = match[0][1:]
    meant = " " if code in "nrt" else code if code in '"/' else chr(int(code[1:], 16))
    return meant.rjust(len(match[0]))


def _office(stream: IO[bytes], most: int) -> Iterator[Piece]:
    """Yield the texts of a document (OOXML, ODF), its markup blanked; nothing is parsed that could refer anywhere."""
    total = 0
    with zipfile.ZipFile(stream) as archive:
        members = [one for one in archive.infolist()[:_MOST_PARTS] if _OFFICE.fullmatch(one.filename)]
        if not members:
            raise UnreadError("a ZIP that is no document is not read")
        for one in members:
            with archive.open(one) as member:
                data = member.read(min(_LARGEST_PART, most - total) + 1)
            total += len(data)
            yield Piece(_TAG.sub(_blank, data.decode("utf-8", "replace")), None, one.filename)
            if total > most or len(data) > _LARGEST_PART:
                raise UnreadError(f"only the first {most >> 20} MiB were looked at")
        if len(archive.infolist()) > _MOST_PARTS:
            raise UnreadError(f"only the first {_MOST_PARTS} parts of the document were looked at")


def _blank(match: re.Match[str]) -> str:
    """Keep words apart where a paragraph or cell ends, and together where only their looks change."""
    return "\n" if re.match(r"</(?:w:p|a:p|text:p|si|c|row)\b", match[0]) else ""
