"""MessagePack, as Flax and others save parameters: nested maps, arrays in extension types, and nothing that is code."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.kinds import kind_of
from accord.scan.look import Look
from accord.scan.models.tensors import tensor_types
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_DEEPEST = 500
_TICK = 1 << 14
_PROBED = 48
_LONGEST_TEXT = 1 << 16
_MOST_DIMENSIONS = 64
_TIMESTAMP = -1
_ARRAYS: Final = {1: "an array", 3: "a scalar"}
_COMPLEX = 2
_SIZES: Final = {
    0xC0: 0,
    0xC2: 0,
    0xC3: 0,
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD3: 8,
}
_NUMBERS: Final = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_LENGTHS: Final = {
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xC7: ("extension", ">B"), 0xC8: ("extension", ">H"), 0xC9: ("extension", ">I"),
    0xD9: ("text", ">B"), 0xDA: ("text", ">H"), 0xDB: ("text", ">I"),
    0xDC: ("list", ">H"), 0xDD: ("list", ">I"), 0xDE: ("map", ">H"), 0xDF: ("map", ">I"),
}  # fmt: skip
_MARKS: Final = frozenset(
    {"pickle", "torch-legacy", "zip", "7z", "tar", "gzip", "bzip2", "xz", "zstd", "zlib", "lz4", "elf", "pe", "mach-o"}
    | {"hdf5", "numpy"}
)


class _Item(NamedTuple):
    """The head of an item: what it is, how many bytes or items follow, and where they do."""

    sort: str
    length: int
    at: int
    code: int = 0


def is_msgpack(part: Part) -> bool:
    """Tell a map with texts for keys, as far as its first items go; under its own name, any container."""
    named = part.name.lower().endswith((".msgpack", ".mpk", ".flax"))
    try:
        item = _item(part, 0)
        if named:
            return item.sort in {"map", "list", "extension"}
        return item.sort == "map" and item.length > 0 and _starts(part)
    except ValueError:
        return False


def _starts(part: Part) -> bool:
    """Tell whether the first items follow one another as in a map whose keys, and those of maps in it, are texts."""
    at, levels = 0, [("", 1)]
    for _ in range(_PROBED):
        while levels and not levels[-1][1]:
            levels.pop()
        if not levels:
            return at == part.size
        sort, left = levels.pop()
        levels.append((sort, left - 1))
        item = _item(part, at)
        at = item.at
        if sort == "map" and left % 2 == 0 and (item.sort != "text" or item.length > 1000):
            return False
        if item.sort in {"map", "list"}:
            levels.append((item.sort, item.length * (2 if item.sort == "map" else 1)))
            continue
        if item.sort == "text" and item.length < _LONGEST_TEXT:
            part.exactly(at, item.length).decode("utf-8")
        at += item.length
        if at > part.size:
            return False
    return True


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Walk the one value that the file holds."""
    at, count = 0, 0
    left = [1]
    while left:
        if not left[-1]:
            left.pop()
            continue
        left[-1] -= 1
        count += 1
        if count % _TICK == 0:
            look.tick()
        item = _item(part, at)
        at = item.at
        if item.sort in {"map", "list"}:
            items = item.length * (2 if item.sort == "map" else 1)
            if items > part.size - at or len(left) > _DEEPEST:
                raise BrokenError(f"a {item.sort} of {item.length} items, {len(left)} deep, cannot be there", at)
            left.append(items)
            continue
        if item.length > part.size - at:
            raise BrokenError(f"{item.length} bytes of {item.sort} are announced and {part.size - at} are left", at)
        if item.sort == "bytes" or (item.sort == "text" and _ends_like_a_pickle(part, item)):
            yield from _bytes(part, look, item)
        elif item.sort == "extension":
            yield from _extension(part, look, item)
        at += item.length
    if at < part.size:
        yield part.sees("trailing", f"{part.size - at} bytes follow the value", offset=at)
        yield from look.inside(part.stretch("after the value", at, part.size - at))


def _item(part: Part, at: int) -> _Item:
    """Return the head of the item at a place.

    Raises `BrokenError` when there is none.
    """
    code = part.exactly(at, 1)[0]
    if code < 0x80 or code >= 0xE0:
        return _Item("number", 0, at + 1)
    if code < 0x90:
        return _Item("map", code & 15, at + 1)
    if code < 0xA0:
        return _Item("list", code & 15, at + 1)
    if code < 0xC0:
        return _Item("text", code & 31, at + 1)
    if code in _SIZES:
        return _Item("number", _SIZES[code], at + 1)
    if 0xD4 <= code <= 0xD8:
        return _Item("extension", 1 << (code - 0xD4), at + 2, *part.unpack("b", at + 1))
    if code not in _LENGTHS:
        raise BrokenError(f"the code {code:#x} is never used", at)
    sort, layout = _LENGTHS[code]
    (count,) = part.unpack(layout, at + 1)
    begin = at + 1 + struct.calcsize(layout)
    if sort == "extension":
        return _Item(sort, count, begin + 1, *part.unpack("b", begin))
    return _Item(sort, count, begin)


def _bytes(part: Part, look: Look, item: _Item) -> Iterator[Sight]:
    """Look inside bytes that are something of their own; plain ones are nobody's business."""
    inner = part.stretch(f"bytes at {item.at}", item.at, item.length)
    form = kind_of(inner).format if item.length > 1 else ""
    if "pickle" in form:
        yield part.sees("serialised-object", f"{item.length} bytes are a {form}", offset=item.at)
    if form in _MARKS:
        yield from look.inside(inner)


def _ends_like_a_pickle(part: Part, item: _Item) -> bool:
    """Tell whether a text may be a pickle: before 2013 the format had texts for bytes, and some still write so."""
    return item.length > 1 and part.read(item.at + item.length - 1, 1) == b"."


def _extension(part: Part, look: Look, item: _Item) -> Iterator[Sight]:
    if item.code == _TIMESTAMP and item.length in {4, 8, 12}:
        return
    if item.code in _ARRAYS:
        yield from _array(part, look, item)
    elif item.code == _COMPLEX:
        end = _past_numbers(part, item, 2)
        if end != item.at + item.length:
            raise BrokenError("a complex number is no pair of numbers", item.at)
    else:
        message = f"{item.length} bytes are of the extension type {item.code}, which no framework's parameters have"
        yield part.sees("extension-unknown", message, name=f"ext {item.code}", offset=item.at)
        yield from _bytes(part, look, item)


def _past_numbers(part: Part, item: _Item, count: int) -> int:
    """Return where a list of numbers ends."""
    head = _item(part, item.at)
    if head.sort != "list" or head.length != count:
        raise BrokenError(f"a list of {count} items should stand here", item.at)
    at = head.at
    for _ in range(count):
        one = _item(part, at)
        if one.sort != "number":
            raise BrokenError("a number should stand here", at)
        at = one.at + one.length
    return at


def _array(part: Part, look: Look, item: _Item) -> Iterator[Sight]:
    """Hold an array's bytes against its shape and type: it is a list of shape, name of the type, and bytes."""
    head = _item(part, item.at)
    if head.sort != "list" or head.length != 3:
        raise BrokenError(f"{_ARRAYS[item.code]} is no list of shape, type and bytes", item.at)
    shape, at = _shape(part, head.at)
    named = _item(part, at)
    kind = (
        part.exactly(named.at, min(named.length, 200)).decode("utf-8", "replace")
        if named.sort in {"text", "bytes"}
        else ""
    )
    data = _item(part, named.at + named.length)
    if data.sort not in {"bytes", "text"} or data.at + data.length != item.at + item.length:
        raise BrokenError(f"{_ARRAYS[item.code]} does not end with its bytes", item.at)
    known = tensor_types("msgpack").get(kind)
    if kind in {"object", "O", "|O", "object_"}:
        yield part.sees("serialised-object", "an array holds Python objects", name=kind, offset=item.at)
        yield from look.inside(part.stretch(f"array at {item.at}", data.at, data.length))
    elif known is None:
        message = f"{_ARRAYS[item.code]} is of the unknown type {one_line(kind, 80)}"
        yield part.sees("tensor-type-unknown", message, name=kind, offset=item.at)
        yield from _bytes(part, look, data)
    else:
        needed = known.bits // 8
        for length in shape:
            needed *= length
        if needed != data.length:
            raise BrokenError(f"an array needs {needed:.20g} bytes by its shape and has {data.length}", item.at)


def _shape(part: Part, at: int) -> tuple[list[int], int]:
    """Return the lengths of an array, and where they end."""
    head = _item(part, at)
    if head.sort != "list" or head.length > _MOST_DIMENSIONS:
        raise BrokenError("a shape should stand here", at)
    shape, at = [], head.at
    for _ in range(head.length):
        one = _item(part, at)
        code = part.exactly(at, 1)[0]
        if code >= 0x80 and code not in _NUMBERS:
            raise BrokenError("a length should stand here", at)
        value = code if code < 0x80 else part.unpack(_NUMBERS[code], at + 1)[0]
        if not isinstance(value, int) or value < 0:
            raise BrokenError(f"{value} is no length", at)
        shape.append(value)
        at = one.at + one.length
    return shape, at
