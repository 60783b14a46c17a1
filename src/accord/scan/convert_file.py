"""Writing a safetensors file from a plan, and the proof that what was written is what the source holds."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Final, NamedTuple

from accord.scan.convert_copy import by_address, in_strides
from accord.scan.convert_plan import Plan, Tensor, UnfitError, quoted
from accord.scan.look import Look

_LONGEST_HEADER: Final = 10 << 20
_PIECE: Final = 1 << 20
_ALIGNED: Final = 8


class DifferError(Exception):
    """What was written is not what the source holds: `message` says where."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Laid(NamedTuple):
    """A tensor as a header announces it: from `begin` to `end` of the bytes behind the header."""

    sign: str
    shape: tuple[int, ...]
    begin: int
    end: int


def write(plan: Plan, out: BinaryIO, look: Look) -> int:
    """Write a whole file and return its bytes.

    Raises `UnfitError` when its header gets longer than loaders take.
    """
    header = _header(plan)
    out.write(struct.pack("<Q", len(header)) + header)
    size = 8 + len(header)
    for tensor in plan.tensors:
        for piece in in_strides(tensor, look):
            out.write(piece)
            size += len(piece)
    out.flush()
    return size


def _header(plan: Plan) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": plan.framework}}
    at = 0
    for one in plan.tensors:
        entries[one.name] = {"dtype": one.kind.sign, "shape": one.shape, "data_offsets": (at, at + one.size)}
        at += one.size
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNED)
    if len(text) > _LONGEST_HEADER:
        raise UnfitError(f"the names of its tensors would take {len(text)} bytes, which is more than loaders read")
    return text


def prove(plan: Plan, new: BinaryIO, look: Look) -> None:
    """Compare every tensor of a new file with the source, by SHA-256 of its bytes row by row.

    Raises `DifferError` where they are not the same.
    """
    new.seek(0)
    laid, begin = read_header(new)
    if laid.keys() != {one.name for one in plan.tensors}:
        raise DifferError("the new file has other tensors than the source")
    at = 0
    for name, there in laid.items():
        if there.begin != at:
            raise DifferError(f"{quoted(name)} begins at {there.begin} and the one before it ends at {at}")
        at = there.end
    if new.seek(0, 2) != begin + at:
        raise DifferError("the new file does not end with its last tensor")
    for tensor in plan.tensors:
        _compare(tensor, laid[tensor.name], new, begin, look)


def _compare(tensor: Tensor, there: Laid, new: BinaryIO, begin: int, look: Look) -> None:
    if (there.sign, there.shape) != (tensor.kind.sign, tensor.shape):
        raise DifferError(f"{quoted(tensor.name)} has another type or shape in the new file")
    new.seek(begin + there.begin)
    if _digest(_pieces(new, there.end - there.begin)) != _digest(by_address(tensor, look)):
        raise DifferError(f"{quoted(tensor.name)} has other values in the new file")


def _digest(pieces: Iterable[bytes]) -> bytes:
    total = hashlib.sha256()
    for piece in pieces:
        total.update(piece)
    return total.digest()


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise DifferError("the new file ends early")
        size -= len(piece)
        yield piece


def read_header(file: BinaryIO) -> tuple[Mapping[str, Laid], int]:
    """Return the tensors that a file announces, in its order, and where their bytes begin.

    Raises `DifferError` when it cannot be read.
    """
    try:
        (size,) = struct.unpack("<Q", file.read(8))
        said = json.loads(file.read(min(size, _LONGEST_HEADER)), object_pairs_hook=_once)
        said.pop("__metadata__", None)
        return {name: _laid(one) for name, one in said.items()}, 8 + size
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise DifferError(f"the header of the new file cannot be read: {type(error).__name__}") from error


def _laid(one: Mapping[str, object]) -> Laid:
    shape, offsets = one["shape"], one["data_offsets"]
    if not isinstance(shape, list) or not isinstance(offsets, list):
        raise TypeError("no list")
    begin, end = offsets
    return Laid(str(one["dtype"]), tuple(shape), begin, end)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
