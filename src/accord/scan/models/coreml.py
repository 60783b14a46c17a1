"""Core ML models: layers and models that are classes of the host application are code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.protobuf import BYTES, VARINT, Field, fields, sketch, text
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_PIPELINES: Final = frozenset({200, 201, 202})
_NETWORKS: Final = frozenset({303, 403, 500})
_PROGRAM = 502
_CUSTOM_MODEL, _LINKED_MODEL, _SERIALIZED = 555, 556, 3000
_PLAIN: Final = frozenset(
    {300, 301, 302, 304, 400, 401, 402, 404, 501, 560, 600, 601, 602, 603, 604, 606, 607, 609, 610, 900}
    | {2000, 2001, 2002, 2003, 2004, 2005, 2006}
)
_TYPES: Final = _PIPELINES | _NETWORKS | _PLAIN | {_PROGRAM, _CUSTOM_MODEL, _LINKED_MODEL, _SERIALIZED}
_ABOUT: Final = frozenset({1, 2, 10})
_CUSTOM_LAYER = 500
_DEEPEST = 12
_MOST_VERSION = 50


def is_coreml(part: Part) -> bool:
    """Tell whether a part is a Core ML model: a version, a description, and one of its types."""
    found = sketch(part.head, 8)
    if not found or found[0][:2] != (1, VARINT) or not 0 < found[0][2] < _MOST_VERSION:
        return False
    if any(number not in _ABOUT | _TYPES for number, _, _ in found):
        return False
    numbers = {number for number, wire, _ in found if wire == BYTES}
    return bool(numbers & _TYPES) or (part.name.lower().endswith(".mlmodel") and 2 in numbers)


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield the layers and models that are code of somebody else.

    Raises `BrokenError` where the message breaks, or nests too deeply.
    """
    yield from _model(part, look, 0, part.size, 0)


def _model(part: Part, look: Look, at: int, end: int, depth: int) -> Iterator[Sight]:
    if depth > _DEEPEST:
        raise BrokenError(f"models nest more than {_DEEPEST} deep", at)
    for field in fields(part, look, at, end):
        if field.number in _ABOUT or field.number in _PLAIN:
            continue
        if field.wire != BYTES or field.number not in _TYPES:
            yield part.sees("unwalked-format", f"the model holds an unknown field {field.number}", offset=field.at)
        elif field.number in _PIPELINES:
            yield from _pipeline(part, look, field, depth)
        elif field.number in _NETWORKS:
            yield from _network(part, look, field)
        elif field.number == _PROGRAM:
            yield from _program(part, look, field)
        elif field.number == _CUSTOM_MODEL:
            name = _text_of(part, look, field, 10)
            yield part.sees("custom-model", f"the model is the class {name} of its host", name=name, offset=field.at)
        else:
            what = "links to another model" if field.number == _LINKED_MODEL else "is packed in a way of its own"
            yield part.sees("unwalked-format", f"the model {what}", name=str(field.number), offset=field.at)


def _pipeline(part: Part, look: Look, field: Field, depth: int) -> Iterator[Sight]:
    for inner in fields(part, look, field.at, field.end):
        if inner.number != 1 or inner.wire != BYTES:
            continue
        if field.number == 202:
            yield from _model(part, look, inner.at, inner.end, depth + 1)
        else:  # a classifier or regressor holds a pipeline, which holds the models
            yield from _pipeline(part, look, inner._replace(number=202), depth)


def _network(part: Part, look: Look, field: Field) -> Iterator[Sight]:
    for layer in fields(part, look, field.at, field.end):
        if layer.number != 1 or layer.wire != BYTES:
            continue
        for inner in fields(part, look, layer.at, layer.end):
            if inner.number == _CUSTOM_LAYER and inner.wire == BYTES:
                name = _text_of(part, look, inner, 10)
                yield part.sees("custom-model", f"a layer is the class {name} of its host", name=name, offset=inner.at)


def _program(part: Part, look: Look, field: Field) -> Iterator[Sight]:
    """Walk a program's operations, in blocks within blocks: functions(2).value(2).blocks(3).value(2).operations(3)."""
    for function in _inner(part, look, field, 2, 2):
        for block in _inner(part, look, function, 3, 2):
            yield from _block(part, look, block, 0)
    for mark in (b"@model_path/..", b"@model_path//"):
        at = part.find(mark, field.at, field.end)
        if at >= 0:
            yield part.sees("path-outside", "weights are read from outside of the model", name="@model_path", offset=at)


def _block(part: Part, look: Look, block: Field, depth: int) -> Iterator[Sight]:
    if depth > _DEEPEST:
        raise BrokenError(f"blocks nest more than {_DEEPEST} deep", block.at)
    for operation in _inner(part, look, block, 3):
        yield from _operation(part, look, operation, depth)


def _operation(part: Part, look: Look, operation: Field, depth: int) -> Iterator[Sight]:
    for inner in fields(part, look, operation.at, operation.end):
        if inner.number == 1 and inner.wire == BYTES:
            kind = one_line(text(part, inner, 1000), 80)
            if "custom" in kind.lower():
                yield part.sees("custom-model", f"the operation {kind} is code of its host", name=kind, offset=inner.at)
        elif inner.number == 4 and inner.wire == BYTES:
            yield from _block(part, look, inner, depth + 1)


def _inner(part: Part, look: Look, field: Field, *path: int) -> Iterator[Field]:
    """Yield the messages below a field along a path of numbers."""
    for one in fields(part, look, field.at, field.end):
        if one.number == path[0] and one.wire == BYTES:
            if len(path) == 1:
                yield one
            else:
                yield from _inner(part, look, one, *path[1:])


def _text_of(part: Part, look: Look, field: Field, number: int) -> str:
    """Return the first text under a number in a message: for a custom class, its name."""
    names = [
        text(part, one, 1000)
        for one in fields(part, look, field.at, field.end)
        if one.number == number and one.wire == BYTES
    ]
    return one_line(names[0], 80) if names else "(no name)"
