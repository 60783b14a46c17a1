"""The bytes of a ZIP's members: unpacked within bounds, and held against what was announced."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.containers.packing import UNPACKING, Stream, zip_unpacker
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_SUMMED: Final = 16 << 20
RATIO: Final = 100
"""How many times its size a member may unpack to before a big one counts as a bomb."""


class Slot(NamedTuple):
    """Where a member's bytes lie, how they are packed, and what was announced (None: nothing was)."""

    name: str
    begin: int
    packed: int
    size: int | None
    method: int
    crc: int | None


def unpacked(part: Part, slot: Slot, look: Look, notes: list[Sight]) -> Part:
    """Return a member's bytes; what does not fit the announcement goes to `notes`.

    Raises `BrokenError` when it cannot be unpacked, `OverError` when a limit is met.
    """
    name = one_line(slot.name, 200)
    if slot.method == 0:
        member = part.stretch(slot.name, slot.begin, slot.packed)
        if slot.size is not None and slot.size != slot.packed:
            fact = f"the member {name} is announced with {slot.size} bytes and has {slot.packed}"
            notes.append(part.sees("readings-differ", fact, name=name))
        if slot.crc is not None and member.size <= _SUMMED and zlib.crc32(member.read(0, member.size)) != slot.crc:
            notes.append(part.sees("checksum", f"the checksum of the member {name} is wrong", name=name))
        return member
    opened = zip_unpacker(slot.method, part, slot.begin)
    if opened is None:
        fact = f"the member {name} is packed by method {slot.method}"
        notes.append(part.sees("unknown-packing", fact, name=name))
        return part.stretch(slot.name, slot.begin, slot.packed)
    stream = Stream(part, opened.begin, slot.begin + slot.packed, opened.make)
    body = _Body(stream, slot)
    member = look.unpack(part, slot.name, body.chunks(), packed=slot.packed)
    notes.extend(part.sees(kind, f"the member {name} {fact}", name=name) for kind, fact in body.lies())
    return member


class _Body:
    """A member's chunks on their way, counted and summed, and cut where more comes than was announced."""

    def __init__(self, stream: Stream, slot: Slot) -> None:
        self._stream = stream
        self._slot = slot
        self._size = 0
        self._crc = 0

    def chunks(self) -> Iterator[bytes]:
        most = self._slot.size
        try:
            for chunk in self._stream.chunks():
                self._size += len(chunk)
                self._crc = zlib.crc32(chunk, self._crc)
                yield chunk
                if most is not None and self._size > most:
                    return
        except UNPACKING as error:
            if not self._size:
                raise BrokenError(f"it cannot be unpacked: {one_line(str(error), 100)}", self._slot.begin) from error

    def lies(self) -> Iterator[tuple[str, str]]:
        slot = self._slot
        if slot.size is not None and self._size != slot.size:
            more = "at least " if self._size > slot.size else ""
            yield "readings-differ", f"is announced with {slot.size} bytes and unpacks to {more}{self._size}"
        elif not self._stream.complete:
            yield "malformed", "is cut off"
        elif slot.crc is not None and self._crc != slot.crc:
            yield "checksum", "has a wrong checksum"
        elif self._stream.stop < slot.begin + slot.packed:
            yield "hidden-bytes", f"has {slot.begin + slot.packed - self._stream.stop} bytes after its end"


def head(part: Part, slot: Slot, count: int) -> bytes:
    """Return the first bytes of a member, as far as they can be had."""
    if slot.method == 0:
        return part.read(slot.begin, min(count, slot.packed))
    opened = zip_unpacker(slot.method, part, slot.begin)
    if opened is None:
        return b""
    found = b""
    try:
        for chunk in Stream(part, opened.begin, slot.begin + slot.packed, opened.make).chunks():
            found += chunk
            if len(found) >= count:
                break
    except UNPACKING:
        pass
    return found[:count]


def swollen(part: Part, slots: Iterable[Slot], look: Look) -> Iterator[Sight]:
    """Yield a bomb by what is announced alone, without unpacking it."""
    packed = [one for one in slots if one.method]
    size = sum(one.size or 0 for one in packed)
    within = sum(one.packed for one in packed)
    if size > look.limits.bomb and size > RATIO * max(within, 1):
        yield part.sees("bomb", f"{within} packed bytes are announced to unpack to {size}")
