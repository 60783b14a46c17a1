"""What the headers of model files say of themselves: sizes, types and names, never tensors."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import BinaryIO, Final, NamedTuple

from accord.core.shipped import DATA
from accord.core.text import one_line

_HEADER = 16 << 20
_METADATA = 32 << 20
_MOST_PAIRS, _MOST_TENSORS, _MOST_FIELDS = 100_000, 1_000_000, 200_000
_FEATURES = 65_536
_SCALARS: Final = ("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?", "", "", "<Q", "<q", "<d")
_TEXT, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What numbers and keys in headers stand for."""

    gguf_file_types: tuple[str, ...]
    gguf_keys: Mapping[str, str]
    onnx_types: tuple[str, ...]

    def gguf(self, number: int) -> str:
        """Return the kind of a GGUF file."""
        known = 0 <= number < len(self.gguf_file_types)
        return self.gguf_file_types[number] if known else f"file type {number}"

    def onnx(self, number: int) -> str:
        """Return a type of ONNX tensors."""
        return self.onnx_types[number] if 0 <= number < len(self.onnx_types) else f"type {number}"


@cache
def codes() -> Codes:
    """Return the shipped table."""
    from accord.record.codec import decode

    return decode((DATA / "headers.yaml").read_bytes(), Codes, path="headers.yaml")


class Told(NamedTuple):
    """Facts of one file by name, and how many values its tensors have, by type (None where that is not known)."""

    facts: dict[str, str]
    types: Counter[str] | None


def header_of(stream: BinaryIO, size: int) -> Told:
    """Return what the header of a file says; a file of another format, or a broken one, says nothing.

    Raises `OSError` where it cannot be read.
    """
    head = stream.read(16)
    stream.seek(0)
    try:
        if head[:4] == b"GGUF":
            return _gguf(stream)
        if head[8:9] == b"{" and len(head) == 16:
            return _safetensors(stream, size)
        if head[:1] == b"\x08" or head[:1] == b"\x12":
            return _onnx(stream, size)
    except (ValueError, struct.error, RecursionError, OverflowError, LookupError, TypeError):
        return Told({}, None)  # broken: what it says cannot be relied on
    return Told({}, None)


def _safetensors(stream: BinaryIO, size: int) -> Told:
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > min(size - 8, _HEADER):
        raise ValueError("the header is longer than the file")
    header = json.loads(stream.read(length))
    if not isinstance(header, dict):
        raise ValueError("the header is no object")  # noqa: TRY004  # what is broken says nothing
    notes = dict(header.pop("__metadata__", {}))
    types: Counter[str] = Counter()
    for one in header.values():
        types[str(one["dtype"])[:20]] += prod(_size(part) for part in one["shape"][:32])
    known = {"format": "producer", "license": "licence", "base_model": "base_model"}
    facts = {known[key]: str(value) for key, value in notes.items() if key in known}
    return Told(facts, types)


def _size(part: object) -> int:
    if not isinstance(part, int) or not 0 <= part < 1 << 48:
        raise ValueError("no size of a tensor")
    return part


class _Gguf:
    """The metadata of a GGUF file, read value by value; long arrays are passed over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4
        version = self.number("<I")
        if version not in {2, 3}:
            raise ValueError("an unknown version")

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def text(self) -> str:
        length = self.number("<Q")
        if length > len(self._data) - self._at:
            raise ValueError("a text that is longer than the file")
        self._at += length
        return self._data[self._at - length : self._at][:4096].decode("utf-8", "replace")

    def value(self, kind: int) -> str:
        if kind == _TEXT:
            return self.text()
        if kind == _ARRAY:
            return self._array()
        return str(self.number(_SCALARS[kind]))

    def _array(self) -> str:
        kind, count = self.number("<I"), self.number("<Q")
        if kind == _ARRAY or count > len(self._data):
            raise ValueError("arrays of arrays are not read")
        if kind != _TEXT:
            self._at += count * struct.calcsize(_SCALARS[kind])
            return ""
        kept = [self.text() for _ in range(min(count, 8))]
        for _ in range(count - len(kept)):
            (length,) = struct.unpack_from("<Q", self._data, self._at)
            self._at += 8 + length
        return ", ".join(kept)

    def shape(self) -> int:
        """Pass over the entry of one tensor and return how many values it has."""
        self.text()
        dimensions = self.number("<I")
        if dimensions > 8:
            raise ValueError("a tensor of too many dimensions")
        count = prod(self.number("<Q") for _ in range(dimensions))
        self._at += 12
        return count


def _gguf(stream: BinaryIO) -> Told:
    reader = _Gguf(stream.read(_METADATA))
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    if pairs > _MOST_PAIRS or tensors > _MOST_TENSORS:
        raise ValueError("more than a model has")
    facts: dict[str, str] = {}
    keys = codes().gguf_keys
    for _ in range(pairs):
        key = reader.text()
        value = reader.value(reader.number("<I"))
        if key == "general.file_type":
            facts["quantization"] = codes().gguf(int(value))
        elif key.endswith(".context_length"):
            facts["context_length"] = value
        elif key in keys and value:
            facts.setdefault(keys[key], value)
    try:
        count = sum(reader.shape() for _ in range(tensors))
    except (ValueError, struct.error):  # the list goes on behind what was read
        return Told(facts, None)
    return Told(facts, Counter({facts.get("quantization", "mixed"): count}))


class _Wire(NamedTuple):
    """One field of a protobuf message: its number, its value or length, and where its bytes begin."""

    number: int
    value: int
    at: int | None


def _onnx(stream: BinaryIO, size: int) -> Told:
    facts: dict[str, str] = {}
    names = {2: "producer", 3: "producer_version"}
    types: Counter[str] = Counter()
    budget = [_MOST_FIELDS]
    for one in _fields(stream, 0, size, budget):
        if one.number in names and one.at is not None and one.value < 200:
            stream.seek(one.at)
            facts[names[one.number]] = stream.read(one.value).decode()
        elif one.number == 7 and one.at is not None:
            _graph(stream, one, types, budget)
    if not facts and not types:
        return Told({}, None)
    return Told(facts, types)


def _graph(stream: BinaryIO, graph: _Wire, types: Counter[str], budget: list[int]) -> None:
    start = graph.at or 0
    for one in _fields(stream, start, start + graph.value, budget):
        if one.number == 5 and one.at is not None:
            _tensor(stream, one, types, budget)


def _tensor(stream: BinaryIO, tensor: _Wire, types: Counter[str], budget: list[int]) -> None:
    kind, shape, start = 0, 1, tensor.at or 0
    for part in _fields(stream, start, start + tensor.value, budget):
        if part.number == 1:
            shape *= prod(_packed(stream, part)) if part.at is not None else part.value
        elif part.number == 2:
            kind = part.value
    types[codes().onnx(kind)] += shape


def _packed(stream: BinaryIO, field: _Wire) -> Iterator[int]:
    if field.value > _FEATURES:
        raise ValueError("more dimensions than a tensor has")
    stream.seek(field.at or 0)
    end = (field.at or 0) + field.value
    while stream.tell() < end:
        yield _varint(stream)


def _fields(stream: BinaryIO, at: int, end: int, budget: list[int]) -> Iterator[_Wire]:
    while at < end:
        budget[0] -= 1
        if budget[0] < 0:
            raise ValueError("more fields than are read")
        stream.seek(at)
        key = _varint(stream)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value = _varint(stream)
            at = stream.tell()
            yield _Wire(number, value, None)
        elif wire == 2:
            length = _varint(stream)
            begin = stream.tell()
            at = begin + length
            if not number or at > end:
                raise ValueError("a field that is longer than its message")
            yield _Wire(number, length, begin)
        elif wire in {1, 5}:
            at = stream.tell() + (8 if wire == 1 else 4)
        else:
            raise ValueError("no protobuf")


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            raise ValueError("cut")
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
    raise ValueError("a number that does not end")


def said(types: Counter[str]) -> dict[str, str]:
    """Return the number of parameters and their types, the most frequent first."""
    listed = ", ".join(one_line(name, 20) for name, count in types.most_common(4) if count and name)
    count = sum(types.values())
    total = {"parameters": str(count)} if types and count < 1 << 63 else {}
    return total | ({"dtype": listed} if listed else {})
