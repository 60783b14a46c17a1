"""Small models that are protocol buffers: sentencepiece, Caffe, PaddlePaddle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.protobuf import BYTES, FIXED32, VARINT, Field, fields, sketch, text
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_PIECES, _TRAINER, _NORMALIZER, _SELF_TEST, _DENORMALIZER = 1, 2, 3, 4, 5
_LONGEST_PIECE = 4096
_CAFFE_FIELDS: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 100})
_CAFFE_LAYER, _CAFFE_OLD_LAYER = 100, 2
_PYTHON_PARAM = 130
_PADDLE_FIELDS: Final = frozenset({1, 4, 5})
_PADDLE_START: Final = re.compile(rb"\x0a[\x80-\xff]{0,9}[\x00-\x7f]\x08\x00\x10(?:\xff{9}\x01|\xff{4}\x0f|\x00)")
_PADDLE_CODE: Final = re.compile(
    r"py_func|pylayer|py_layer|run_program|custom_op|(?:load|save)(?:_combine)?|read_file|print|listen_and_serv|send|recv"
)
_PADDLE_NAME: Final = re.compile(r"[a-z][a-z0-9_.]{0,80}")
_LAYER: Final = re.compile(r"[A-Z][A-Za-z0-9_]{1,60}")


def is_sentencepiece(part: Part) -> bool:
    """Tell whether a part is a sentencepiece model: texts with scores, then how they were trained."""
    head = part.head
    found = sketch(head, 3)
    if not found or any(number != _PIECES or wire != BYTES or size > _LONGEST_PIECE for number, wire, size in found):
        return False
    inner = sketch(head[2 : 2 + found[0][2]], 4)
    return (
        bool(inner)
        and inner[0][:2] == (1, BYTES)
        and all(one[:2] in {(1, BYTES), (2, FIXED32), (3, VARINT)} for one in inner)
    )


def read_sentencepiece(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what of a sentencepiece model is neither a piece nor a setting.

    Raises `BrokenError` where a piece is none.
    """
    for field in fields(part, look):
        if field.wire != BYTES or field.number not in {_PIECES, _TRAINER, _NORMALIZER, _SELF_TEST, _DENORMALIZER}:
            message = f"the vocabulary holds a field {field.number} that sentencepiece does not write"
            yield part.sees("unwalked-format", message, name=str(field.number), offset=field.at)
        elif field.number == _PIECES and field.size > _LONGEST_PIECE:
            raise BrokenError(f"a piece of {field.size} bytes is no piece of a word", field.at)


def is_caffe(part: Part) -> bool:
    """Tell whether a part is a network of Caffe with its weights."""
    found = sketch(part.head, 16)
    if not found or any(number not in _CAFFE_FIELDS for number, _, _ in found):
        return False
    layered = any(number == _CAFFE_LAYER and wire == BYTES for number, wire, _ in found)
    return layered or (part.name.lower().endswith(".caffemodel") and found[0][:2] in {(1, BYTES), (2, BYTES)})


def read_caffe(part: Part, look: Look) -> Iterator[Sight]:
    """Yield the layers of a network that are Python code, or of no type.

    Raises `BrokenError` where the message breaks.
    """
    for field in fields(part, look):
        if field.number == _CAFFE_LAYER and field.wire == BYTES:
            yield from _caffe_layer(part, look, field)
        elif field.number not in _CAFFE_FIELDS:
            yield part.sees("unwalked-format", f"the network holds an unknown field {field.number}", offset=field.at)


def _caffe_layer(part: Part, look: Look, layer: Field) -> Iterator[Sight]:
    for inner in fields(part, look, layer.at, layer.end):
        kind = text(part, inner, 1000) if inner.number == 2 and inner.wire == BYTES else None
        if kind == "Python" or inner.number == _PYTHON_PARAM:
            yield part.sees("layer-python", "a layer of the network is Python code", name="Python", offset=inner.at)
        elif kind is not None and not _LAYER.fullmatch(kind):
            shown = one_line(kind, 80)
            yield part.sees("layer-unknown", f"a layer has the type {shown}", name=shown, offset=inner.at)


def is_paddle(part: Part) -> bool:
    """Tell whether a part is a program of PaddlePaddle."""
    return bool(_PADDLE_START.match(part.read(0, 40)))


def read_paddle(part: Part, look: Look) -> Iterator[Sight]:
    """Yield the operators of a program that are code or reach for files.

    Raises `BrokenError` where the message breaks.
    """
    for field in fields(part, look):
        if field.number not in _PADDLE_FIELDS or field.wire != BYTES:
            yield part.sees("unwalked-format", f"the program holds an unknown field {field.number}", offset=field.at)
        elif field.number == 1:
            yield from _paddle_block(part, look, field)


def _paddle_block(part: Part, look: Look, block: Field) -> Iterator[Sight]:
    for one in fields(part, look, block.at, block.end):
        if one.number == 4 and one.wire == BYTES:
            yield from _paddle_operator(part, look, one.at, one.end)


def _paddle_operator(part: Part, look: Look, at: int, end: int) -> Iterator[Sight]:
    for field in fields(part, look, at, end):
        if field.number != 3 or field.wire != BYTES:
            continue
        kind = text(part, field, 1000)
        shown = one_line(kind, 80)
        if _PADDLE_CODE.fullmatch(kind):
            yield part.sees(
                "layer-python", f"the operator {shown} runs code or reaches for files", name=shown, offset=field.at
            )
        elif not _PADDLE_NAME.fullmatch(kind):
            yield part.sees("layer-unknown", f"the operator {shown} is none of Paddle's", name=shown, offset=field.at)
