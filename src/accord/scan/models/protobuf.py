"""Walking protocol buffers without their schema compiled in: fields as they lie, nothing copied, nothing recursive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from accord.scan.look import Look
from accord.scan.part import BrokenError, Part

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

_TICK = 1 << 14
_FIXED: Final = {FIXED64: 8, FIXED32: 4}
_WINDOW = 1 << 16


class Field(NamedTuple):
    """One field of a message: its number, its wire type, its value (for bytes the length), and where its payload lies.

    `at` counts from the start of the part, in nested messages too.
    """

    number: int
    wire: int
    value: int
    at: int
    size: int

    @property
    def end(self) -> int:
        """Return where the payload ends."""
        return self.at + self.size


def fields(part: Part, look: Look, at: int = 0, end: int | None = None) -> Iterator[Field]:
    """Yield the fields of the message that lies from `at` to `end`, as they come.

    Raises `BrokenError` at the first byte that is no field.
    """
    source, base = part.source, part.start
    stop = base + (part.size if end is None else min(end, part.size))
    here, count = base + at, 0
    while here < stop:
        count += 1
        if count % _TICK == 0:
            look.tick()
        begin = here
        tag = source[here]
        here += 1
        if tag > 127:
            tag, here = _varint(part, begin, stop)
        wire, number = tag & 7, tag >> 3
        if not 0 < number < 1 << 29:
            raise BrokenError(f"a field has the number {number}", begin - base)
        if wire in {VARINT, BYTES}:
            first = here
            value = source[here] if here < stop else 128
            here += 1
            if value > 127:
                value, here = _varint(part, first, stop)
            size = value if wire == BYTES else here - first
            start = here if wire == BYTES else first
        elif wire in _FIXED:
            size, start = _FIXED[wire], here
            value = int.from_bytes(source[here : here + size], "little")
        else:
            raise BrokenError(f"field {number} has the wire type {wire}", begin - base)
        here = start + size
        if here > stop:
            raise BrokenError(
                f"field {number} announces {size} bytes and {max(stop - start, 0)} are there", begin - base
            )
        yield Field(number, wire, value, start - base, size)


def _varint(part: Part, at: int, stop: int) -> tuple[int, int]:
    """Return a number and where it ends; `at` and `stop` count in the source."""
    source, value = part.source, 0
    for place in range(10):
        if at + place >= stop:
            break
        byte = source[at + place]
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            if value >= 1 << 64:
                break
            return value, at + place + 1
    raise BrokenError("a number does not end within 64 bits", at - part.start)


def raw(part: Part, field: Field, most: int) -> bytes:
    """Return the payload of a field of bytes.

    Raises `BrokenError` when the field is no bytes, or more than `most`.
    """
    if field.wire != BYTES:
        raise BrokenError(f"field {field.number} should hold bytes and has the wire type {field.wire}", field.at)
    if field.size > most:
        raise BrokenError(f"field {field.number} holds {field.size} bytes, and {most} are read of such", field.at)
    return part.read(field.at, field.size)


def text(part: Part, field: Field, most: int = 65_536) -> str:
    """Return the payload of a text field.

    Raises `BrokenError` when it is no UTF-8, or more than `most` bytes.
    """
    try:
        return raw(part, field, most).decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenError(f"the text in field {field.number} is not UTF-8", field.at) from None


def whole(field: Field) -> int:
    """Return the value of a number field.

    Raises `BrokenError` when the field holds something else.
    """
    if field.wire != VARINT:
        raise BrokenError(f"field {field.number} should hold a number and has the wire type {field.wire}", field.at)
    return field.value


def numbers(part: Part, look: Look, field: Field) -> Iterator[int]:
    """Yield the numbers of one occurrence of a repeated field, packed or not."""
    if field.wire != BYTES:
        yield whole(field)
        return
    here, stop, count = part.start + field.at, part.start + field.end, 0
    while here < stop:
        count += 1
        if count % _TICK == 0:
            look.tick()
        value, here = _varint(part, here, stop)
        yield value


def signed(value: int) -> int:
    """Return an unsigned number of 64 bits as the signed one with the same bits."""
    return value - (1 << 64) if value >= 1 << 63 else value


def after_run(part: Part, at: int, end: int, *, number: int, wire: int) -> int:
    """Return where a run of one small repeated number or float ends, that stands unpacked from `at`.

    Trees keep millions of them so, and a pattern passes them at a hundred times the speed of fields.
    """
    here = at
    while here < end:
        window = part.read(here, min(_WINDOW, end - here))
        found = _run(number, wire).match(window)
        passed = found.end() if found else 0
        here += passed
        if passed < len(window) - 10 or passed == 0:
            break
    return here


@cache
def _run(number: int, wire: int) -> re.Pattern[bytes]:
    # no possessive quantifier: Python before 3.11.5 matches those wrongly (gh-106052)
    tag = re.escape(bytes([number << 3 | wire]))
    item = b"." * _FIXED[wire] if wire in _FIXED else rb"[\x80-\xff]{0,9}[\x00-\x7f]"
    return re.compile(rb"(?:" + tag + item + rb")*", re.DOTALL)


def sketch(data: bytes, most: int = 64) -> list[tuple[int, int, int]]:
    """Return number, wire type and value (or length) of the first fields of a head, for probes.

    It ends quietly where the head does; what cannot be a message gives an empty list.
    """
    found: list[tuple[int, int, int]] = []
    try:
        for one in sketched(data):
            found.append(one)
            if len(found) == most:
                break
    except BrokenError as broken:
        return found if len(data) - (broken.offset or 0) < 10 and "wire type" not in broken.message else []
    return found


def sketched(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield number, wire type and value (or length) of the fields that begin within a head.

    Raises `BrokenError` at what is none, or is cut off by the head's end.
    """
    part, here = Part(data, name=""), 0
    while here < len(data):
        tag, after = _varint(part, here, len(data))
        wire, number = tag & 7, tag >> 3
        if not 0 < number < 1 << 29 or wire not in {VARINT, FIXED64, BYTES, FIXED32}:
            raise BrokenError(f"field {number} has the wire type {wire}", here)
        here, value = after, _FIXED.get(wire, 0)
        if not value:
            value, here = _varint(part, here, len(data))
        yield number, wire, value
        here += 0 if wire == VARINT else value
