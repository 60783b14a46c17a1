"""The header of a NumPy array: held against a strict grammar, never evaluated, and what it says of the bytes behind."""

from __future__ import annotations

import ast
import math
import re
from typing import Final, NamedTuple

from accord.scan.part import BrokenError, Part

MAGIC: Final = b"\x93NUMPY"
_LONGEST: Final = 1 << 20
_DEEPEST: Final = 32
_STRING: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'|\"(?:[^\"\\\n]|\\[^\n])*\"")
_REST: Final = re.compile(r"(?:[\s0-9()\[\]{},:L]|True|False)*")
_TYPE: Final = re.compile(r"([<>|=]?)([?bBiufcOSUVMmaT])(\d*)(\[\d*(?:Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as|generic)\])?")


class Array(NamedTuple):
    """One array: where its bytes begin, how many there are, and whether these are a pickle of objects instead.

    `shape`, `kind` and `by_columns` are what the header says of its items.
    """

    begin: int
    size: int
    objects: bool
    shape: tuple[int, ...]
    kind: object
    by_columns: bool


def array(part: Part, at: int = 0) -> Array:
    """Return what the header at `at` says.

    Raises `BrokenError` when NumPy would not have written it.
    """
    major, minor = part.exactly(at + 6, 2)
    if (major, minor) not in {(1, 0), (2, 0), (3, 0)}:
        raise BrokenError(f"an array of version {major}.{minor}", at + 6)
    (length,) = part.unpack("<H" if major == 1 else "<I", at + 8)
    begin = at + (10 if major == 1 else 12)
    if length > _LONGEST:
        raise BrokenError(f"the header of an array has {length} bytes", at + 8)
    said = _parsed(part.exactly(begin, length).decode("utf-8" if major == 3 else "latin-1"), begin)
    if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
        raise BrokenError("the header of an array has other keys than descr, fortran_order and shape", begin)
    shape = said["shape"]
    if not isinstance(shape, tuple) or not all(type(one) is int and 0 <= one < 1 << 62 for one in shape):
        raise BrokenError("the shape of an array is no tuple of counts", begin)
    if not isinstance(said["fortran_order"], bool) or len(shape) > 64:
        raise BrokenError("the header of an array says what NumPy does not", begin)
    item = _item(said["descr"], 0)
    size = item.size * math.prod(shape)
    return Array(begin + length, size, item.objects, shape, said["descr"], said["fortran_order"])


class _Item(NamedTuple):
    size: int
    objects: bool


def _parsed(text: str, begin: int) -> object:
    rest = _STRING.sub("", text)
    depth = deepest = 0
    for character in rest:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if not _REST.fullmatch(rest) or deepest > _DEEPEST:
        raise BrokenError("the header of an array is no plain literal", begin)
    if "L" in rest:
        text = re.sub(r"(\d)L\b", r"\1", text)  # Python 2 wrote long counts so
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise BrokenError("the header of an array is no plain literal", begin) from error


def _item(said: object, depth: int) -> _Item:
    """Return the size of what a type's description describes, and whether there are objects in it."""
    if depth > _DEEPEST:
        raise BrokenError("the type of an array nests too deeply")
    match said:
        case str():
            return _scalar(said)
        case list():
            items = [_field(one, depth + 1) for one in said]
            return _Item(sum(one.size for one in items), any(one.objects for one in items))
        case (inner, tuple() | int() as shape):
            item = _item(inner, depth + 1)
            return _Item(item.size * _count(shape), item.objects)
        case _:
            raise BrokenError("the type of an array is not one that NumPy writes")


def _field(said: object, depth: int) -> _Item:
    match said:
        case (str() | (str(), str()), inner):
            return _item(inner, depth)
        case (str() | (str(), str()), inner, shape):
            item = _item(inner, depth)
            return _Item(item.size * _count(shape), item.objects)
        case _:
            raise BrokenError("a field of an array's type is not one that NumPy writes")


def _count(shape: object) -> int:
    counts = shape if isinstance(shape, tuple) else (shape,)
    if not all(type(one) is int and 0 <= one < 1 << 62 for one in counts):
        raise BrokenError("a field of an array has an odd shape")
    return math.prod(counts)


def _scalar(said: str) -> _Item:
    match = _TYPE.fullmatch(said)
    if not match:
        raise BrokenError(f"the type of an array is {said[:40]!r}")
    letter, size = match[2], int(match[3] or "1") if len(match[3]) < 10 else 1 << 62
    if letter in "OT":
        return _Item(8, objects=True)
    return _Item(size * 4 if letter == "U" else size, objects=False)
