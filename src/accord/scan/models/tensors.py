"""The types that tensors are stored in, and how many bits they take, from `data/scan/tensor_types.tsv`."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from accord.core.shipped import lines_of


class TensorType(NamedTuple):
    """A type of tensor: how many values make a block, and how many bits a block takes."""

    name: str
    block: int
    bits: int


@cache
def tensor_types(form: str) -> dict[str, TensorType]:
    """Return the types of one format, by what a file writes for them."""
    lines = lines_of("scan/tensor_types.tsv")
    rows = [line.split("\t") for line in lines if line.startswith(f"{form}\t")]
    return {sign: TensorType(name, int(block), int(bits)) for _, sign, name, block, bits in rows}
