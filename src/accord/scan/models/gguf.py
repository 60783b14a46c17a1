"""GGUF: metadata within bounds, templates judged and never rendered, tensors that follow one another to the end."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.look import Look, OverError
from accord.scan.models.templates import Use, judge, looks_like_template
from accord.scan.models.tensors import tensor_types
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_STRING: Final = 8
_ARRAY: Final = 9
_BOOL: Final = 7
_DEEPEST = 4
_DIMENSIONS = 8
_LONGEST_NAME = 65_535
_MOST_TEMPLATES = 100
_TICK = 1 << 14
_MOST_SIZE = 1 << 62
_NO_FILE = 1 << 48


class _Tensor(NamedTuple):
    name: str
    kind: int
    offset: int
    size: int | None


class _Cursor:
    """Goes through the metadata; every length is held against what is left before anything is read."""

    def __init__(self, part: Part, look: Look) -> None:
        self.part, self.look, self.at = part, look, 8
        (self.version,) = struct.unpack("<I", part.exactly(4, 4))
        self.order = "<"
        if self.version & 0xFFFF == 0:
            self.order = ">"
            (self.version,) = struct.unpack(">I", part.exactly(4, 4))
        if not 1 <= self.version <= 3:
            raise BrokenError(f"version {self.version} is none of 1 to 3", 4)
        self.length = struct.Struct(self.order + ("I" if self.version == 1 else "Q"))

    def number(self, letter: str) -> int | float:
        """Return the next number by its letter of `struct`."""
        layout = self.order + letter
        (value,) = self.part.unpack(layout, self.at)
        self.at += struct.calcsize(layout)
        return value if isinstance(value, float) else int(value)

    def whole(self, letter: str) -> int:
        """Return the next whole number."""
        return int(self.number(letter))

    def count(self) -> int:
        """Return the next length or count, as wide as the version has them."""
        (value,) = self.length.unpack(self.part.exactly(self.at, self.length.size))
        self.at += self.length.size
        return int(value)

    def room(self, count: int, width: int, what: str) -> None:
        """Raise `BrokenError` when `count` things of at least `width` bytes cannot be there.

        Raises `OverError` (kind `overflow`) when their size passes what any file has: that is no accident.
        """
        if count * width >= _NO_FILE:
            raise OverError(f"{count} {what} are announced, to overflow what readers compute with", "overflow")
        if count * width > self.part.size - self.at:
            raise BrokenError(f"{count} {what} are announced and {self.part.size - self.at} bytes are left", self.at)

    def text(self, most: int | None = None) -> str:
        """Return the next text."""
        size = self.count()
        self.room(size, 1, "bytes of text")
        if most is not None and size > most:
            raise BrokenError(f"a name of {size} bytes is longer than {most}", self.at)
        found = self.part.read(self.at, size)
        self.at += size
        return found.decode("utf-8", "replace")

    def pass_texts(self, count: int) -> None:
        """Go past many texts without making them."""
        self.room(count, self.length.size, "texts")
        source, unpack, width = self.part.source, self.length.unpack_from, self.length.size
        here, stop = self.part.start + self.at, self.part.start + self.part.size
        last = stop - width
        for index in range(count):
            if here > last:
                raise BrokenError(f"text {index} of {count} lies beyond the end", self.at)
            here += width + unpack(source, here)[0]
            if index % _TICK == 0:
                self.look.tick()
        if here > stop:
            raise BrokenError(f"the last of {count} texts ends beyond the end", self.at)
        self.at = here - self.part.start

    def pass_array(self, depth: int = 0) -> None:
        """Go past an array, of arrays too."""
        kind, count = self.whole("I"), self.count()
        if depth >= _DEEPEST:
            raise BrokenError(f"arrays nest more than {_DEEPEST} deep", self.at)
        if kind == _STRING:
            self.pass_texts(count)
        elif kind == _ARRAY:
            self.room(count, 4 + self.length.size, "arrays")
            for _ in range(count):
                self.look.tick()
                self.pass_array(depth + 1)
        elif kind in _SCALARS:
            width = struct.calcsize("<" + _SCALARS[kind])
            self.room(count, width, f"items of {width} bytes")
            self.at += count * width
        else:
            raise BrokenError(f"an array holds the unknown type {kind}", self.at)


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read the metadata and the list of tensors, and account for every byte."""
    cursor = _Cursor(part, look)
    tensors, pairs = cursor.count(), cursor.count()
    cursor.room(tensors, 8 + cursor.length.size, "tensors")
    cursor.room(pairs, 5 + cursor.length.size, "pairs of metadata")
    alignment, keys = 32, set[str]()
    for _ in range(pairs):
        key, kind = cursor.text(_LONGEST_NAME), cursor.whole("I")
        if key in keys:
            raise BrokenError(f"the key {one_line(key)} stands twice", cursor.at)
        keys.add(key)
        if key == "general.alignment" and kind in _SCALARS:
            alignment = _alignment(cursor, kind)
        else:
            yield from _value(cursor, key, kind)
    yield from _tensors(part, look, [_tensor(cursor) for _ in range(tensors)], begin=cursor.at, alignment=alignment)


def read_old(part: Part, look: Look) -> Iterator[Sight]:
    """Say that a file is of the formats before GGUF, which llama.cpp no longer reads."""
    look.name_format(part, "ggml")
    yield part.sees(
        "old-format", f"it starts with {part.head[:4][::-1].decode('ascii', 'replace')}, a forerunner of GGUF"
    )


def _alignment(cursor: _Cursor, kind: int) -> int:
    found = cursor.number(_SCALARS[kind])
    if not isinstance(found, int) or not 0 < found <= 1 << 20 or found & (found - 1):
        raise BrokenError(f"the alignment {found} is no power of two", cursor.at)
    return found


def _value(cursor: _Cursor, key: str, kind: int) -> Iterator[Sight]:
    """Go past a value; a text is looked at."""
    cursor.look.tick()
    if kind == _STRING:
        at = cursor.at
        yield from _text(cursor, key, cursor.text(), at)
    elif kind == _ARRAY and "template" in key:
        yield from _templates(cursor, key)
    elif kind == _ARRAY:
        cursor.pass_array()
    elif kind in _SCALARS:
        found = cursor.number(_SCALARS[kind])
        if kind == _BOOL and found not in {0, 1}:
            raise BrokenError(f"the truth of {one_line(key)} is {found}", cursor.at)
    else:
        raise BrokenError(f"the key {one_line(key)} has the unknown type {kind}", cursor.at)


def _text(cursor: _Cursor, key: str, text: str, at: int) -> Iterator[Sight]:
    """Judge a template; other texts only when they can be one that somebody would render."""
    if "template" in key:
        yield from judge(text, cursor.part, cursor.look, name=key, offset=at)
    elif looks_like_template(text):
        yield from judge(text, cursor.part, cursor.look, name=key, offset=at, use=Use.PROMPT)


def _templates(cursor: _Cursor, key: str) -> Iterator[Sight]:
    """Judge a list of templates; other lists under such a key are passed."""
    begin = cursor.at
    if (kind := cursor.whole("I")) != _STRING:
        cursor.at = begin
        cursor.pass_array()
        return
    count = cursor.count()
    cursor.room(count, cursor.length.size, "texts")
    if count > _MOST_TEMPLATES:
        raise OverError(f"{one_line(key)} holds {count} templates, and {_MOST_TEMPLATES} are read")
    for _ in range(count):
        yield from _value(cursor, key, kind)


def _tensor(cursor: _Cursor) -> _Tensor:
    name, count = cursor.text(_LONGEST_NAME), cursor.whole("I")
    shown = one_line(name)
    if count > _DIMENSIONS:
        raise OverError(f"the tensor {shown} has {count} dimensions, and readers keep room for 4", "overflow")
    shape = [cursor.count() for _ in range(count)]
    kind, offset = cursor.whole("I"), cursor.whole("Q")
    elements = 1
    for length in shape:
        elements *= length
        if elements >= _MOST_SIZE:
            raise OverError(f"the size of the tensor {shown} passes 62 bits", "overflow")
    known = tensor_types("gguf").get(str(kind))
    if known is None:
        return _Tensor(name, kind, offset, None)
    if elements % known.block or (shape and shape[0] % known.block):
        raise BrokenError(f"the rows of {shown} are no whole blocks of {known.name}", cursor.at)
    return _Tensor(name, kind, offset, elements // known.block * known.bits // 8)


def _tensors(part: Part, look: Look, found: list[_Tensor], *, begin: int, alignment: int) -> Iterator[Sight]:
    """Hold the tensors' places against one another and the end of the file."""
    padded: Callable[[int], int] = lambda size: -(-size // alignment) * alignment  # noqa: E731  # one line, used thrice
    names = {one.name for one in found}
    if len(names) != len(found):
        raise BrokenError(f"{len(found)} tensors have {len(names)} names", begin)
    start, end, sized = padded(begin), 0, all(one.size is not None for one in found)
    for one in sorted(found, key=lambda tensor: (tensor.offset, tensor.size or 0)):
        shown = one_line(one.name)
        if one.size is None:
            yield part.sees(
                "tensor-type-unknown", f"the tensor {shown} has the unknown type {one.kind}", name=str(one.kind)
            )
        if one.offset % alignment and one.offset < _NO_FILE:
            raise BrokenError(f"the tensor {shown} begins at {one.offset}, which is not aligned to {alignment}", begin)
        if one.offset < end:
            raise BrokenError(f"the tensor {shown} begins at {one.offset}, within the one before it", begin)
        if sized and (one.offset > padded(end) or _filled(part, start + end, start + one.offset)):
            yield part.sees("hole", f"{one.offset - end} bytes before {shown} belong to no tensor", offset=start + end)
            yield from look.inside(part.stretch("between the tensors", start + end, one.offset - end))
        end = one.offset + (one.size or 0)
        if end >= _NO_FILE:
            raise OverError(f"the tensor {shown} ends at {end}, to overflow what readers compute with", "overflow")
        if start + end > part.size:
            raise BrokenError(f"the tensor {shown} ends {start + end - part.size} bytes beyond the file", begin)
    if found and _filled(part, begin, start):
        yield part.sees("hole", "the bytes between the metadata and the tensors are no padding", offset=begin)
        yield from look.inside(part.stretch("before the tensors", begin, start - begin))
    last = start + end if found else begin
    rest = padded(last)
    if part.size > rest or (sized and _filled(part, last, rest)):
        at = last if _filled(part, last, rest) else rest
        yield part.sees("trailing", f"{part.size - at} bytes follow the last tensor", offset=at)
        yield from look.inside(part.stretch("after the tensors", at, part.size - at))


def _filled(part: Part, at: int, end: int) -> bool:
    """Tell whether something other than zeros stands where only padding should."""
    return at < end and bool(part.read(at, end - at).strip(b"\0"))
