"""Which files are converted, by the format that they were rated as."""

from __future__ import annotations

from typing import Final

from accord.scan import convert_numpy, convert_torch
from accord.scan.convert_plan import ALONE, Plan, UnfitError, finished
from accord.scan.look import Look
from accord.scan.part import Part

STREAMS: Final = frozenset({"gzip", "bzip2", "xz", "lzma", "zlib", "zstd", "lz4"})
"""The formats of compressed streams, which joblib packs its pickles into."""


def planned(part: Part, form: str, look: Look) -> Plan:
    """Return what becomes of a file that was rated safe.

    Raises `UnfitError` when it is not weights alone, `BrokenError` or `OverError` when it cannot be read.
    """
    match form:
        case "torch":
            return finished(convert_torch.archive_tensors(part, look), "pt", look)
        case "torch-legacy":
            return finished(convert_torch.legacy_tensors(part, look), "pt", look)
        case "npz":
            return finished(convert_numpy.archive_tensors(part, look), "np", look)
        case "numpy":
            return finished([convert_numpy.array_tensor(part, ALONE)], "np", look)
        case "pickle":
            return finished(convert_numpy.pickle_tensors(part, look), "np", look)
        case _ if form in STREAMS:
            inner = convert_numpy.unpacked(part, look)
            return finished(convert_numpy.pickle_tensors(inner, look), "np", look)
        case _:
            raise UnfitError(f"a file of the format {form} is not converted: only pickles and arrays of weights are")
