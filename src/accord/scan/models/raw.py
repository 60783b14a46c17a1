"""Bare numbers that a description beside them lays claim to: weights of ONNX, OpenVINO, ncnn and TensorFlow.js."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.scan.look import Look
from accord.scan.models.onnx import is_onnx
from accord.scan.part import Part

_MANIFEST = "model.json"
_MOST = 16 << 20
_LONGEST_NAME = 4096
_MOST_SEARCHED = 256 << 20
_DESCRIBED: Final = ((".xml", b"<net", "openvino-weights"), (".param", b"7767517", "ncnn-weights"))
_STEM: Final = re.compile(r"(?P<stem>.+?)(?:\.onnx)?[._](?:data|weights?|bin|params|ext(?:ernal)?)(?:[._-]?\d{1,4})?")
_USUAL: Final = ("model.onnx", "model_quantized.onnx", "decoder_model_merged.onnx", "encoder_model.onnx")


def claim(part: Part, look: Look) -> str | None:
    """Return the format of weights that a file beside describes; None when nothing does."""
    if part.member is not None:
        return None
    return _by_description(part, look) or _by_manifest(part, look) or _by_onnx(part, look)


def _by_description(part: Part, look: Look) -> str | None:
    """Return whose weights these are by the description of the same name."""
    if not part.name.lower().endswith(".bin"):
        return None
    for end, mark, name in _DESCRIBED:
        beside = look.beside(part.name[: -len(".bin")] + end)
        if beside is not None and mark in beside.head:
            return name
    return None


def _by_manifest(part: Part, look: Look) -> str | None:
    manifest = look.beside(_MANIFEST) if "shard" in part.name and part.name.lower().endswith(".bin") else None
    if manifest is not None and manifest.size <= _MOST:
        text = manifest.read(0, manifest.size)
        if b'"weightsManifest"' in text and f'"{part.name}"'.encode() in text:
            return "tensorflowjs-weights"
    return None


def _by_onnx(part: Part, look: Look) -> str | None:
    """Return `onnx-weights` when a model beside says that its weights lie in a file of this name."""
    told = part.name.encode("utf-8", "surrogateescape")
    if not 0 < len(told) < _LONGEST_NAME:
        return None
    mark = b"\x0a\x08location\x12" + _length(len(told)) + told
    for name in _models(part.name):
        model = look.beside(name)
        if model is not None and is_onnx(model) and model.find(mark, 0, _MOST_SEARCHED) >= 0:
            return "onnx-weights"
    return None


def _models(name: str) -> Iterator[str]:
    """Yield what the model may be called whose weights have a name."""
    found = _STEM.fullmatch(name)
    own = [f"{found['stem']}.onnx"] if found else []
    yield from dict.fromkeys((*own, f"{name}.onnx", *_USUAL))


def _length(count: int) -> bytes:
    return bytes([count]) if count < 128 else bytes([count & 127 | 128, count >> 7])
