"""The headers of a tar file, in every dialect: v7, ustar, GNU and pax, each joined with those that only prepare it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.look import OverError
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

BLOCK: Final = 512
_LONGEST_NAME: Final = 1 << 16
_LONGEST_PAX: Final = 1 << 20
_OCTAL: Final = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_PAX: Final = re.compile(rb"(\d{1,8}) ")


class Member(NamedTuple):
    """A member: its name by the strongest dialect and by its plain header, what it is, and where its bytes lie."""

    name: str
    plain_name: str
    type: str
    target: str
    begin: int
    size: int
    at: int


@dataclass(slots=True)
class _Prepared:
    """What headers before a member said about it."""

    name: str | None = None
    target: str | None = None
    size: int | None = None
    lies: list[str] = field(default_factory=list)


class Header(NamedTuple):
    """One block that starts a member, or prepares the next one."""

    name: str
    type: str
    target: str
    size: int


def header(block: bytes) -> Header | None:
    """Return the header that a block is, or None when its checksum does not fit."""
    if len(block) < BLOCK or _number(block[148:156]) not in _sums(block):
        return None
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    size = _number(block[124:136])
    if size is None or size < 0:
        return None
    kind = chr(block[156]) if block[156] else "0"
    return Header(f"{prefix}/{name}" if prefix else name, kind, _text(block[157:257]), size)


def members(part: Part, most: int) -> Iterator[Member | Sight]:
    """Yield the members, and what is wrong with their headers.

    Raises `BrokenError` where a header breaks, `OverError` when there are more than `most`.
    """
    at, count = 0, 0
    prepared, everywhere = _Prepared(), _Prepared()
    while at < part.size:
        block = part.read(at, BLOCK)
        if not block.strip(b"\0"):
            yield from _end(part, at)
            return
        one = header(block)
        if one is None:
            raise BrokenError("the header of a member does not fit its checksum", at)
        begin = at + BLOCK + (_sparse(part, at) if one.type == "S" else 0)
        size = one.size if one.type not in "123456" or one.type == "1" else 0
        if one.type in "LKxgX":
            _prepare(part, one, begin, everywhere if one.type == "g" else prepared)
        else:
            yield from (_lie(part, lie, at) for lie in (*prepared.lies, *everywhere.lies))
            size = size if prepared.size is None else prepared.size
            name = prepared.name or everywhere.name or one.name
            target = prepared.target or everywhere.target or one.target
            yield Member(name, one.name, one.type, target, begin, size, at)
            prepared = _Prepared()
        count += 1
        if count > most:
            raise OverError(f"there are more than {most} members")
        if begin + size > part.size:
            raise BrokenError(f"the member {one_line(one.name, 100)} is cut off", begin)
        at = begin + -(-size // BLOCK) * BLOCK
    yield part.sees("malformed", "it has no end", offset=at)


def _sparse(part: Part, at: int) -> int:
    """Return how many bytes of a sparse file's map stand behind its header (GNU's old way)."""
    size = 0
    flag = part.read(at + 482, 1)
    while flag == b"\1":
        size += BLOCK
        flag = part.read(at + size + 504, 1)
    return size


def _lie(part: Part, lie: str, at: int) -> Sight:
    return part.sees("readings-differ", lie, offset=at)


def _end(part: Part, at: int) -> Iterator[Sight]:
    """Look for bytes behind the blocks of zeros that end a tar."""
    step = 1 << 20
    here = at
    while here < part.size:
        data = part.read(here, step)
        left = data.lstrip(b"\0")
        if left:
            here += len(data) - len(left)
            here -= here % BLOCK
            yield part.sees("trailing", f"{part.size - here} bytes follow the end of the archive", offset=here)
            return
        here += step


def _prepare(part: Part, one: Header, begin: int, into: _Prepared) -> None:
    most = _LONGEST_NAME if one.type in "LK" else _LONGEST_PAX
    if one.size > most:
        raise BrokenError(f"a header of {one.size} bytes", begin)
    data = part.exactly(begin, one.size)
    if one.type == "L":
        into.name = _text(data)
    elif one.type == "K":
        into.target = _text(data)
    else:
        _prepare_pax(data, begin, into)


def _prepare_pax(data: bytes, begin: int, into: _Prepared) -> None:
    at = 0
    seen: set[bytes] = set()
    while at < len(data) and data[at]:
        match = _PAX.match(data, at)
        length = int(match[1]) if match else 0
        record = data[at : at + length]
        key, equals, value = record[match.end() - at : -1].partition(b"=") if match else (b"", b"", b"")
        if not match or not equals or len(record) != length or record[-1:] != b"\n":
            raise BrokenError("an extended header is broken", begin + at)
        if key in seen:
            into.lies.append(f"an extended header has {one_line(key.decode('latin-1'), 50)} twice")
        seen.add(key)
        if key in {b"path", b"GNU.sparse.name"}:
            into.name = _text(value)
        elif key == b"linkpath":
            into.target = _text(value)
        elif key == b"size":
            into.size = int(value) if value.isdigit() and len(value) < 19 else None
        at += length


def _text(data: bytes) -> str:
    name = data.partition(b"\0")[0]
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _number(data: bytes) -> int | None:
    if data[:1] in {b"\x80", b"\xff"}:
        value = int.from_bytes(data[1:], "big")
        return value if data[0] == 0x80 else value - (1 << (8 * (len(data) - 1)))
    match = _OCTAL.fullmatch(data)
    return int(match[1] or b"0", 8) if match else None


def _sums(block: bytes) -> set[int]:
    """Return the sums that a header may have: of its bytes, unsigned and, as old writers took them, signed."""
    counted = block[:148] + block[156:BLOCK]
    unsigned = 256 + sum(counted)
    return {unsigned, unsigned - 256 * sum(1 for one in counted if one > 127)}
