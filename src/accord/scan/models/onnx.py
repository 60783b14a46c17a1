"""ONNX: every operator of every graph by its domain, every path to weights elsewhere, every tensor's size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from accord.core.shipped import lines_of
from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.onnx_operators import Operator, objection
from accord.scan.models.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    Field,
    after_run,
    fields,
    numbers,
    signed,
    sketched,
    text,
    whole,
)
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_DEEPEST = 48
_LONGEST_NAME = 4096
_LONGEST_PATH = 65_536
_MOST_ELEMENTS = 1 << 62
_EXTERNAL = 1
_WIRES: Final = {
    "varint": VARINT,
    "fixed64": FIXED64,
    "fixed32": FIXED32,
    "text": BYTES,
    "bytes": BYTES,
    "message": BYTES,
}
_OUTSIDE: Final = re.compile(
    r"^[/\\~]|^[A-Za-z][\w+.-]*:|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00|_ORT_MEM_ADDR_|%2[eEfF]|\$[({A-Z]"
)
_BITS: Final = dict(
    enumerate([0, 32, 8, 8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, 64, 128, 16, 8, 8, 8, 8, 4, 4, 4, 8, 2, 2])
)
"""Bits of a value by the number of its type; texts have none."""


class _Sort(NamedTuple):
    """A field of a message: its name, how it lies, and whether it may stand more than once."""

    name: str
    wire: int
    many: bool


class _Tensor:
    """What one tensor says of itself, gathered field by field."""

    __slots__ = ("dims", "entries", "external", "name", "packed", "raw", "type")

    def __init__(self) -> None:
        self.dims: list[int] = []
        self.entries: list[tuple[str, str]] = []
        self.external = False
        self.name = ""
        self.packed = 0
        self.raw: int | None = None
        self.type = 0


def is_onnx(part: Part) -> bool:
    """Tell a model by its first fields: a version, then what a model has, up to a graph or a set of operators."""
    sorts, versioned, size = _sorts("Model"), False, 0
    named = part.name.lower().endswith(".onnx")
    try:
        for number, wire, value in sketched(part.head):
            if number not in sorts or sorts[number].wire != wire:
                return False
            size += value if wire == BYTES else 0
            versioned = versioned or (number == 1 and 0 < value < 1000)
            if number in {7, 8, 25}:
                return named or (versioned and size <= part.size)
    except BrokenError:
        return False
    return False


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Walk the whole model."""
    yield from _Walk(part, look).model()


class _Walk:
    """One way through a model; what was said of an operator or a place once is not said again."""

    def __init__(self, part: Part, look: Look) -> None:
        self.part, self.look = part, look
        self.own: set[Operator] = set()
        self.faults: dict[str, int] = {}
        self.calls: dict[Operator, set[Operator]] = {}
        self.used: dict[Operator, int] = {}
        self.places: dict[str, Part | None] = {}

    def model(self) -> Iterator[Sight]:
        """Yield what is seen; nodes are judged last, when functions are known, and even if the model breaks."""
        try:
            yield from self._model()
        except BrokenError as broken:
            self.faults.setdefault(broken.message, broken.offset or 0)
        for used, at in self.used.items():
            fault = objection(used, own=used in self.own)
            if fault:
                yield self.part.sees(fault.kind, fault.message, name=used.full, offset=at)
        if self._is_endless():
            self.faults.setdefault("a function of the model calls itself, in the end", 0)
        for message, at in self.faults.items():
            yield self.part.sees("malformed", message, offset=at)

    def _model(self) -> Iterator[Sight]:
        for name, field in self._fields("Model", 0, self.part.size):
            if name == "graph":
                yield from self._graph(field, 0)
            elif name == "functions":
                yield from self._function(field)
            elif name == "training_info":
                yield from self._training(field)
            elif name.startswith("unknown"):
                yield self._unknown(name, field)

    def _fields(self, message: str, at: int, end: int) -> Iterator[tuple[str, Field]]:
        """Yield the fields of a message by name; note those that lie otherwise than they should, or stand twice."""
        sorts, seen = _sorts(message), set[int]()
        for field in fields(self.part, self.look, at, end):
            sort = sorts.get(field.number)
            if sort is None:
                yield f"unknown field {field.number} of {message}", field
                continue
            if field.wire != sort.wire and not (sort.many and field.wire == BYTES):
                self.faults.setdefault(f"the field {sort.name} of {message} has the wire type {field.wire}", field.at)
                continue
            if not sort.many and field.number in seen:
                self.faults.setdefault(f"the field {sort.name} of {message} stands twice", field.at)
            seen.add(field.number)
            yield sort.name, field

    def _unknown(self, name: str, field: Field) -> Sight:
        return self.part.sees("field-unknown", f"the {name} is not known here", name=name, offset=field.at)

    def _training(self, field: Field) -> Iterator[Sight]:
        for name, inner in self._fields("TrainingInfo", field.at, field.end):
            if name in {"initialization", "algorithm"}:
                yield from self._graph(inner, 1)
            elif name.startswith("unknown"):
                yield self._unknown(name, inner)

    def _graph(self, field: Field, depth: int, owner: Operator | None = None) -> Iterator[Sight]:
        if depth > _DEEPEST:
            raise BrokenError(f"graphs nest more than {_DEEPEST} deep", field.at)
        for name, inner in self._fields("Graph", field.at, field.end):
            if name == "node":
                yield from self._node(inner, depth, owner)
            elif name == "initializer":
                yield from self._tensor(inner)
            elif name == "sparse_initializer":
                yield from self._sparse(inner)
            elif name.startswith("unknown"):
                yield self._unknown(name, inner)

    def _function(self, field: Field) -> Iterator[Sight]:
        parts = list(self._fields("Function", field.at, field.end))
        names = {name: text(self.part, inner, _LONGEST_NAME) for name, inner in parts if name in {"name", "domain"}}
        own = Operator(names.get("domain", ""), names.get("name", ""))
        self.own.add(own)
        for name, inner in parts:
            if name == "node":
                yield from self._node(inner, 0, own)
            elif name == "attribute_proto":
                yield from self._attribute(inner, 0, own)
            elif name.startswith("unknown"):
                yield self._unknown(name, inner)

    def _node(self, field: Field, depth: int, owner: Operator | None) -> Iterator[Sight]:
        op_type = domain = ""
        for name, inner in self._fields("Node", field.at, field.end):
            if name == "attribute":
                yield from self._attribute(inner, depth, owner)
            elif name == "op_type":
                op_type = text(self.part, inner, _LONGEST_NAME)
            elif name == "domain":
                domain = text(self.part, inner, _LONGEST_NAME)
            elif name.startswith("unknown"):
                yield self._unknown(name, inner)
        used = Operator(domain, op_type)
        self.used.setdefault(used, field.at)
        if owner is not None:
            self.calls.setdefault(owner, set()).add(used)

    def _attribute(self, field: Field, depth: int, owner: Operator | None) -> Iterator[Sight]:
        at: int | None = field.at
        while at is not None:
            run = None
            for name, inner in self._fields("Attribute", at, field.end):
                if name in {"floats", "ints"} and inner.wire != BYTES:
                    run = after_run(self.part, inner.end, field.end, number=inner.number, wire=inner.wire)
                    break  # what follows the run is read anew
                yield from self._attribute_field(name, inner, depth, owner)
            at = run

    def _attribute_field(self, name: str, inner: Field, depth: int, owner: Operator | None) -> Iterator[Sight]:
        if name in {"g", "graphs"}:
            yield from self._graph(inner, depth + 1, owner)
        elif name in {"t", "tensors"}:
            yield from self._tensor(inner)
        elif name in {"sparse_tensor", "sparse_tensors"}:
            yield from self._sparse(inner)
        elif name.startswith("unknown"):
            yield self._unknown(name, inner)

    def _sparse(self, field: Field) -> Iterator[Sight]:
        for name, inner in self._fields("SparseTensor", field.at, field.end):
            if name in {"values", "indices"}:
                yield from self._tensor(inner)
            elif name.startswith("unknown"):
                yield self._unknown(name, inner)

    def _tensor(self, field: Field) -> Iterator[Sight]:
        tensor = _Tensor()
        for name, inner in self._fields("Tensor", field.at, field.end):
            if name == "dims":
                tensor.dims.extend(signed(one) for one in numbers(self.part, self.look, inner))
            elif name == "data_type":
                tensor.type = whole(inner)
            elif name == "raw_data":
                tensor.raw = inner.size
            elif name == "name":
                tensor.name = one_line(text(self.part, inner, _LONGEST_PATH), 100)
            elif name == "external_data":
                tensor.entries.append(self._entry(inner))
            elif name.endswith("_data"):
                tensor.packed += inner.size
            elif name == "data_location":
                tensor.external = whole(inner) == _EXTERNAL
            elif name.startswith("unknown"):
                yield self._unknown(name, inner)
        yield from self._sized(tensor, field)
        if tensor.external or tensor.entries:
            yield from self._outside(tensor, field)

    def _entry(self, field: Field) -> tuple[str, str]:
        found = {"key": "", "value": ""}
        for name, inner in self._fields("StringStringEntry", field.at, field.end):
            if name in found:
                found[name] = text(self.part, inner, _LONGEST_PATH)
        return found["key"], found["value"]

    def _sized(self, tensor: _Tensor, field: Field) -> Iterator[Sight]:
        """Hold what a tensor holds against its shape."""
        elements = 1
        for count in tensor.dims:
            elements *= count
            if count < 0 or elements >= _MOST_ELEMENTS:
                message = f"the shape of the tensor {tensor.name} holds {count} and passes 62 bits"
                yield self.part.sees("overflow", message, name=tensor.name, offset=field.at)
                return
        if tensor.type not in _BITS:
            message = f"the tensor {tensor.name} has the unknown type {tensor.type}"
            yield self.part.sees("tensor-type-unknown", message, name=str(tensor.type), offset=field.at)
        elif not (tensor.external or tensor.entries):
            needed = -(-elements * _BITS[tensor.type] // 8)
            lies = tensor.raw != needed if tensor.raw is not None and needed else elements > 2 * tensor.packed
            if lies and not (tensor.raw is not None and not needed):
                held = tensor.packed if tensor.raw is None else tensor.raw
                message = f"the tensor {tensor.name} needs {needed} bytes by its shape and has {held}"
                yield self.part.sees("malformed", message, name=tensor.name, offset=field.at)

    def _outside(self, tensor: _Tensor, field: Field) -> Iterator[Sight]:
        """Judge where a tensor's weights lie when they are not in the model."""
        keys = [key for key, _ in tensor.entries]
        said = dict(tensor.entries)
        place = said.get("location", "")
        shown = one_line(place, 120)
        if len(keys) != len(said) or not place:
            message = f"the tensor {tensor.name} says {'twice' if place else 'nowhere'} where its weights lie"
            yield self.part.sees("malformed", message, name=tensor.name, offset=field.at)
        for one in {value for key, value in tensor.entries if key in {"location", "basepath"} and value}:
            if _OUTSIDE.search(one):
                message = f"the weights of {tensor.name} lie at {one_line(one, 120)}"
                yield self.part.sees("outside-path", message, name=tensor.name, offset=field.at)
                return
        if place and self.part.member is None:
            yield from self._beside(tensor, said, shown, field)

    def _beside(self, tensor: _Tensor, said: dict[str, str], shown: str, field: Field) -> Iterator[Sight]:
        place = said["location"]
        if place not in self.places:
            self.places[place] = self.look.beside(place)
            if self.places[place] is None:
                yield self.part.sees(
                    "beside-missing", f"the weights lie in {shown}, which is not beside it", name=shown
                )
        other = self.places[place]
        if other is None:
            return
        offset, length = said.get("offset", "0"), said.get("length", "0")
        if not (offset.isascii() and offset.isdigit() and length.isascii() and length.isdigit()):
            message = f"the weights of {tensor.name} have the place {one_line(offset, 40)}, {one_line(length, 40)}"
            yield self.part.sees("malformed", message, name=tensor.name, offset=field.at)
        elif int(offset[:20]) + int(length[:20]) > other.size:
            message = f"the weights of {tensor.name} end beyond the {other.size} bytes of {shown}"
            yield self.part.sees("malformed", message, name=tensor.name, offset=field.at)

    def _is_endless(self) -> bool:
        """Tell whether functions call one another in a ring: those that nobody calls are taken away until none is."""
        calls = {own: self.calls.get(own, set()) & self.own for own in self.own}
        callers = Counter(called for found in calls.values() for called in found)
        free = [own for own in calls if not callers[own]]
        for own in free:
            for called in calls[own]:
                callers[called] -= 1
                if not callers[called]:
                    free.append(called)
        return len(free) < len(calls)


@cache
def _sorts(message: str) -> dict[int, _Sort]:
    lines = lines_of("scan/onnx_fields.tsv")
    rows = [line.split("\t") for line in lines if line.startswith(f"{message}\t")]
    return {int(number): _Sort(name, _WIRES[wire], many == "many") for _, number, name, wire, many in rows}
