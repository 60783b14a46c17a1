"""Bare numbers that a description beside them lays claim to: weights of OpenVINO, ncnn and TensorFlow.js."""

from __future__ import annotations

from typing import Final

from accord.scan.look import Look
from accord.scan.part import Part

_MANIFEST = "model.json"
_MOST = 16 << 20
_DESCRIBED: Final = ((".xml", b"<net", "openvino-weights"), (".param", b"7767517", "ncnn-weights"))


def claim(part: Part, look: Look) -> str | None:
    """Return the format of weights that a file beside describes; None when nothing does."""
    if part.member is not None or not part.name.lower().endswith(".bin"):
        return None
    stem = part.name[: -len(".bin")]
    for end, mark, name in _DESCRIBED:
        beside = look.beside(stem + end)
        if beside is not None and mark in beside.head:
            return name
    manifest = look.beside(_MANIFEST) if "shard" in part.name else None
    if manifest is not None and manifest.size <= _MOST:
        text = manifest.read(0, manifest.size)
        if b'"weightsManifest"' in text and f'"{part.name}"'.encode() in text:
            return "tensorflowjs-weights"
    return None
