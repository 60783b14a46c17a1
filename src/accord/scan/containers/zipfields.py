"""The records of a ZIP file as they stand there: its ends, its directory, and the header before each member."""

from __future__ import annotations

import re
import struct
from typing import Final, NamedTuple

from accord.scan.look import OverError
from accord.scan.part import BrokenError, Part

LOCAL: Final = b"PK\x03\x04"
CENTRAL: Final = b"PK\x01\x02"
END: Final = b"PK\x05\x06"
DESCRIPTOR: Final = b"PK\x07\x08"
ENCRYPTED: Final = 0x2041
"""Flag bits of encrypted members, and of an encrypted directory."""
DESCRIBED: Final = 0x08
UTF8: Final = 0x800

_WINDOW: Final = 65_557
_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_CENTRAL: Final = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL: Final = struct.Struct("<4s2B4HL2L2H")
_FULL: Final = 0xFFFFFFFF


class End(NamedTuple):
    """The end of a directory: where it stands, where the directory must end, and what it says of it."""

    at: int
    floor: int
    members: int
    size: int
    offset: int
    comment: int
    lies: tuple[str, ...]


class Record(NamedTuple):
    """What the directory says about a member; `offset` is that of its header, by the directory's own count."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    lies: tuple[str, ...]


class Header(NamedTuple):
    """What stands before a member's bytes; `begin` is where these begin."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    begin: int
    lies: tuple[str, ...]


class Directory(NamedTuple):
    """The records of a directory, and where the last one ends."""

    records: tuple[Record, ...]
    stop: int


class Extra(NamedTuple):
    """The extra fields that change what readers see: the longer sizes, and another name."""

    longer: bytes | None
    name: bytes | None
    lies: tuple[str, ...]


def shown(name: bytes, flags: int) -> str:
    """Return a member's name as Python reads it."""
    try:
        return name.decode("utf-8" if flags & UTF8 else "cp437")
    except UnicodeDecodeError:
        return name.decode("utf-8", "backslashreplace")


def ends(part: Part) -> list[End]:
    """Return every end that some reader takes for that of the file; honest files have one."""
    base = max(part.size - _WINDOW, 0)
    tail = part.tail(_WINDOW)
    found = [one.start() + base for one in re.finditer(END, tail) if one.start() + 22 <= len(tail)]
    if not found:
        return []
    exact = [at for at in found if at + 22 + int.from_bytes(part.read(at + 20, 2), "little") == part.size]
    first = min([*exact, found[-1]])
    read = [_end(part, at) for at in found if at >= first]
    return [one for one in read if one.at in {*exact, found[-1]} or _plausible(part, one)]


def _plausible(part: Part, end: End) -> bool:
    return part.read(end.floor - end.size, 4) == CENTRAL or part.read(end.offset, 4) == CENTRAL


def _end(part: Part, at: int) -> End:
    _, _disk, _first, here, count, size, offset, comment = _END.unpack(part.exactly(at, _END.size))
    end = End(at, at, count, size, offset, comment, () if here == count else ("its counts of members differ",))
    locator = part.read(at - _LOCATOR.size, _LOCATOR.size)
    if at < _LOCATOR.size or not locator.startswith(b"PK\x06\x07"):
        return end
    floor = at - _LOCATOR.size - _END64.size
    if part.read(floor, 4) != b"PK\x06\x06":
        return end._replace(lies=("its 64-bit end is not where readers look for it",))
    fields = _END64.unpack(part.exactly(floor, _END64.size))
    count64, size64, offset64 = fields[7:]
    lies: tuple[str, ...] = () if fields[1] == 44 else ("its 64-bit end has an odd size",)
    if _LOCATOR.unpack(locator)[2] not in {floor, size64 + offset64}:
        lies += ("its 64-bit end is in two places",)
    narrow = ((count, count64, 0xFFFF), (size, size64, _FULL), (offset, offset64, _FULL))
    if any(short not in {min(long, most), most} for short, long, most in narrow):
        lies += ("its two ends differ",)
    return End(at, floor, count64, size64, offset64, comment, lies)


def directory(part: Part, at: int, floor: int, most: int) -> Directory:
    """Return the records that stand from `at` to `floor`, as long as one follows the other.

    Raises `BrokenError` where one is cut off, `OverError` when there are more than `most`.
    """
    data = part.read(at, floor - at)
    here = 0
    records: list[Record] = []
    while data.startswith(CENTRAL, here):
        if here + _CENTRAL.size > len(data):
            raise BrokenError("the directory is cut off", at + here)
        fields = _CENTRAL.unpack_from(data, here)
        named, extended, noted = fields[12:15]
        begin = here + _CENTRAL.size
        here = begin + named + extended + noted
        if here > len(data):
            raise BrokenError("the directory is cut off", at + begin)
        name = data[begin : begin + named]
        extra = data[begin + named : begin + named + extended]
        records.append(_record(fields, name, extra))
        if len(records) > most:
            raise OverError(f"there are more than {most} members")
    return Directory(tuple(records), at + here)


def _record(fields: tuple[int, ...], name: bytes, extra: bytes) -> Record:
    system, flags, method = fields[2], fields[5], fields[6]
    crc, packed, size = fields[9], fields[10], fields[11]
    offset = fields[18]
    mode = fields[17] >> 16 if system in {3, 19} or fields[17] >> 28 == 0xA else 0
    if not extra:
        return Record(name, flags, method, crc, packed, size, offset, mode, ())
    read = _extra(extra)
    longer = read.longer or b""
    wide: list[int] = []
    for value in (size, packed, offset):
        if value == _FULL and len(longer) >= 8:
            value, longer = int.from_bytes(longer[:8], "little"), longer[8:]  # noqa: PLW2901  # the wide one counts
        wide.append(value)
    lies = read.lies
    if read.name is not None and read.name != name:
        lies += ("it has a second name in an extra field",)
    return Record(name, flags, method, crc, wide[1], wide[0], wide[2], mode, lies)


def header(part: Part, at: int) -> Header | None:
    """Return the header of the member at `at`, or None when there is none."""
    data = part.read(at, _LOCAL.size)
    if len(data) < _LOCAL.size or not data.startswith(LOCAL):
        return None
    _, _, _, flags, method, _, _, crc, packed, size, named, extended = _LOCAL.unpack(data)
    rest = part.read(at + _LOCAL.size, named + extended)
    name, extra = rest[:named], rest[named:]
    lies: tuple[str, ...] = ()
    if extra and not (extra.startswith(b"FB") and int.from_bytes(extra[2:4], "little") == len(extra) - 4):
        read = _extra(extra)
        longer = read.longer or b""
        if size == _FULL and len(longer) >= 8:
            size, longer = int.from_bytes(longer[:8], "little"), longer[8:]
        if packed == _FULL and len(longer) >= 8:
            packed = int.from_bytes(longer[:8], "little")
        if read.name is not None and read.name != name:
            lies = ("it has a second name in an extra field",)
    return Header(name, flags, method, crc, packed, size, at + _LOCAL.size + named + extended, lies)


def described(part: Part, at: int, record: Record) -> int:
    """Return how many bytes of description stand at `at` and say what the directory says; 0 when none does."""
    data = part.read(at, 24)
    begin = 4 if data.startswith(DESCRIPTOR) else 0
    for layout in ("<L2Q", "<3L"):  # the wide one first: of an empty member both fit
        size = struct.calcsize(layout)
        said = data[begin : begin + size]
        if len(said) == size and struct.unpack(layout, said) == (record.crc, record.packed, record.size):
            return begin + size
    return 0


def _extra(data: bytes) -> Extra:
    longer = name = None
    lies: tuple[str, ...] = ()
    at = 0
    while at + 4 <= len(data):
        field, size = struct.unpack_from("<2H", data, at)
        value = data[at + 4 : at + 4 + size]
        if len(value) != size:
            lies += ("an extra field is cut off",)
        if field == 1:
            lies += ("its sizes stand there twice",) if longer is not None else ()
            longer = value
        elif field == 0x7075:
            name = value[5:]
        at += 4 + size
    return Extra(longer, name, lies)
