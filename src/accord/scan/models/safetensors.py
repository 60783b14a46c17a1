"""Safetensors: a header in JSON, then tensors that must follow one another without a hole, an overlap or a rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple, NoReturn

from accord.core.text import one_line
from accord.scan.look import Look, OverError
from accord.scan.models.tensors import tensor_types
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MOST_ALLOWED = 100_000_000
_MOST_READ = 10 << 20
_MOST_NUMBER = 1 << 63
_NO_FILE = 1 << 48
_START: Final = re.compile(rb"\{\s*[\"}]")
_KEYS: Final = frozenset({"dtype", "shape", "data_offsets"})


class _Stretch(NamedTuple):
    begin: int
    end: int
    name: str


def is_safetensors(part: Part) -> bool:
    """Tell a small number and the start of a JSON object behind it; under its own name the number may be any."""
    head = part.head
    named = part.name.lower().endswith(".safetensors")
    return (head[6:8] == b"\0\0" or named) and bool(_START.match(head, 8))


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read the header as the strictest loader does, and account for every byte behind it."""
    size, header = _header(part)
    begin, room = 8 + size, part.size - 8 - size
    stretches = []
    for name, entry in header.items():
        if name == "__metadata__":
            _check_notes(entry)
            continue
        stretch, strange = _stretch(name, entry)
        stretches.append(stretch)
        if strange:
            message = f"the tensor {one_line(name)} has the unknown type {one_line(strange)}"
            yield part.sees("tensor-type-unknown", message, name=strange)
    stretches.sort()
    end = max((one.end for one in stretches), default=0)
    if end > room:
        last = max(stretches, key=lambda one: one.end)
        message = f"the tensor {one_line(last.name)} ends at {last.end} of {room} bytes of data"
        raise BrokenError(message, begin)
    yield from _gaps(part, look, stretches, begin)
    if end < room:
        yield part.sees("trailing", f"{room - end} bytes follow the last tensor", offset=begin + end)
        yield from look.inside(part.stretch("after the tensors", begin + end, room - end))


def _gaps(part: Part, look: Look, stretches: list[_Stretch], begin: int) -> Iterator[Sight]:
    """Yield what lies between tensors, and raise where two of them overlap."""
    for one, other in pairwise([_Stretch(0, 0, "the header"), *stretches]):
        if other.begin < one.end:
            names = f"{one_line(one.name)} and {one_line(other.name)}"
            raise BrokenError(f"the tensors {names} overlap at {other.begin}", begin + other.begin)
        if other.begin > one.end:
            gap = other.begin - one.end
            yield part.sees(
                "hole", f"{gap} bytes before {one_line(other.name)} belong to no tensor", offset=begin + one.end
            )
            yield from look.inside(part.stretch("between the tensors", begin + one.end, gap))


def _header(part: Part) -> tuple[int, dict[str, object]]:
    (size,) = part.unpack("<Q", 0)
    if size >= _NO_FILE:
        raise OverError(f"the header announces {size} bytes, to overflow what readers compute with", "overflow")
    if size > _MOST_ALLOWED or size > part.size - 8:
        raise BrokenError(f"the header announces {size} bytes, and the file has {part.size}", 0)
    if size > _MOST_READ:
        raise OverError(f"the header has {size} bytes, and {_MOST_READ} are read")
    text = part.exactly(8, size).decode("utf-8")
    header = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_refuse)
    if not isinstance(header, dict):
        raise BrokenError("the header is no JSON object", 8)
    return size, header


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        raise BrokenError(f"the header has the key {one_line(twice)} twice", 8)
    for key in found:
        key.encode("utf-8")  # half a surrogate pair is no text to other loaders
    return found


def _refuse(text: str) -> NoReturn:
    raise BrokenError(f"the header holds {one_line(text)[:40]}, where only whole numbers may stand", 8)


def _check_notes(entry: object) -> None:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise BrokenError("__metadata__ holds something other than texts", 8)


def _stretch(name: str, entry: object) -> tuple[_Stretch, str | None]:
    """Return where a tensor lies, and its type if that is unknown."""
    shown = one_line(name)
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise BrokenError(f"the entry {shown} is no dtype, shape and data_offsets", 8)
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not (isinstance(kind, str) and _is_numbers(shape) and _is_numbers(offsets) and len(offsets) == 2):
        raise BrokenError(f"the tensor {shown} has a type, shape or place that is no such thing", 8)
    begin, end = offsets
    if end >= _NO_FILE:
        raise OverError(f"the tensor {shown} ends at {end}, to overflow what readers compute with", "overflow")
    if begin > end:
        raise BrokenError(f"the tensor {shown} ends at {end} before it begins at {begin}", 8)
    kinds = tensor_types("safetensors")
    if kind not in kinds:
        return _Stretch(begin, end, name), kind
    bits = kinds[kind].bits
    for count in shape:
        bits *= count
        if bits >= _MOST_NUMBER:
            raise OverError(f"the size of the tensor {shown} passes 64 bits", "overflow")
    if bits != 8 * (end - begin):
        raise BrokenError(f"the tensor {shown} needs {bits / 8:g} bytes by its shape and has {end - begin}", 8)
    return _Stretch(begin, end, name), None


def _is_numbers(found: object) -> bool:
    return (
        isinstance(found, list)
        and len(found) <= 64
        and all(type(one) is int and 0 <= one < _MOST_NUMBER for one in found)
    )
