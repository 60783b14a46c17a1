"""Which reader looks at a part, decided by its content; a name helps only formats without a mark of their own."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from accord.scan.part import Part
from accord.scan.rating import Sight

if TYPE_CHECKING:
    from accord.scan.look import Look

Reader = Callable[["Part", "Look"], Iterator[Sight]]
"""Reads one part and yields the reasons it sees; it spends the budget of the look."""

Probe = Callable[["Part"], bool]
"""Tells whether a part is of one format, from few bytes."""


class Kind(NamedTuple):
    """A format by name, and where its reader lies: `wing.module:function` below `accord.scan`."""

    format: str
    reader: str


MARKS: Final = (
    (1, b'\0\0\0\0\0\0\0{"', Kind("safetensors", "models.safetensors:read")),  # before LZMA: a header of 93 bytes
    (0, b"PK\x03\x04", Kind("zip", "containers.zips:read")),
    (0, b"PK\x05\x06", Kind("zip", "containers.zips:read")),
    (0, b"\x93NUMPY", Kind("numpy", "containers.numpy:read")),
    (0, b"\x1f\x8b", Kind("gzip", "containers.streams:read")),
    (4, b"1AY&SY", Kind("bzip2", "containers.streams:read")),
    (4, b"\x17rE8P\x90", Kind("bzip2", "containers.streams:read")),
    (0, b"\xfd7zXZ\0", Kind("xz", "containers.streams:read")),
    (0, b"\x5d\0\0", Kind("lzma", "containers.streams:read")),
    (0, b"\x28\xb5\x2f\xfd", Kind("zstd", "containers.streams:read")),
    (0, b"\x04\x22\x4d\x18", Kind("lz4", "containers.streams:read")),
    (0, b"ZF0x", Kind("zlib", "containers.streams:read")),
    (0, b"7z\xbc\xaf\x27\x1c", Kind("7z", "containers.sevenzip:read")),
    (257, b"ustar", Kind("tar", "containers.tars:read")),
    (0, b"SQLite format 3\0", Kind("sqlite", "containers.databases:read")),
    (0, b"\xce\x9a\x57\x13", Kind("gdbm", "containers.databases:read")),
    (0, b"\xcf\x9a\x57\x13", Kind("gdbm", "containers.databases:read")),
    (0, b"\xd1\x9a\x57\x13", Kind("gdbm", "containers.databases:read")),
    (12, b"\x61\x15\x06\0", Kind("berkeley-db", "containers.databases:read_berkeley")),
    (0, b"GGUF", Kind("gguf", "models.gguf:read")),
    (0, b"tjgg", Kind("ggml", "models.gguf:read_old")),
    (0, b"lmgg", Kind("ggml", "models.gguf:read_old")),
    (0, b"fmgg", Kind("ggml", "models.gguf:read_old")),
    (0, b"\x89HDF\r\n\x1a\n", Kind("hdf5", "models.hdf5:read")),
    (4, b"TFL3", Kind("tflite", "models.tflite:read")),
    (4, b"ORTM", Kind("onnx-runtime", "models.onnx_runtime:read")),
    (0, b"\x7fELF", Kind("elf", "models.programs:read")),
    (0, b"MZ", Kind("pe", "models.programs:read")),
    (0, b"\xfe\xed\xfa", Kind("mach-o", "models.programs:read")),
    (0, b"\xce\xfa\xed\xfe", Kind("mach-o", "models.programs:read")),
    (0, b"\xcf\xfa\xed\xfe", Kind("mach-o", "models.programs:read")),
    (0, b"\xca\xfe\xba\xbe", Kind("java-or-mach-o", "models.programs:read")),
    (0, b"\0asm", Kind("wasm", "models.programs:read")),
    (0, b"dex\n0", Kind("android-bytecode", "models.programs:read")),
    (0, b"\x1bLua", Kind("lua-bytecode", "models.programs:read")),
    (0, b"\x1bLJ", Kind("lua-bytecode", "models.programs:read")),
    (0, b"BC\xc0\xde", Kind("llvm-bytecode", "models.programs:read")),
    (0, b"!<arch>\n", Kind("native-archive", "models.programs:read")),
    (0, b"L\0\0\0\x01\x14\x02\0", Kind("shortcut", "models.programs:read")),
    (0, b"CBM1", Kind("catboost", "models.trees:read")),
    (0, b"binf", Kind("xgboost", "models.trees:read")),
    (0, b"{L\0", Kind("xgboost", "models.trees:read")),
    (0, b"tree\nversion=v", Kind("lightgbm", "models.trees:read")),
)
"""Formats with a mark that no other content starts with by chance."""

PROBES: Final = (
    ("pickles.read:is_torch_legacy", Kind("torch-legacy", "pickles.read:torch_legacy")),
    ("pickles.read:is_pickle", Kind("pickle", "pickles.read:read")),
    ("containers.streams:is_zlib", Kind("zlib", "containers.streams:read")),
    ("models.safetensors:is_safetensors", Kind("safetensors", "models.safetensors:read")),
    ("models.trees:is_old_xgboost", Kind("xgboost", "models.trees:read")),
    ("models.onnx:is_onnx", Kind("onnx", "models.onnx:read")),
    ("models.hdf5:is_behind", Kind("hdf5", "models.hdf5:read_behind")),
    ("models.tensorflow_bundle:is_bundle", Kind("tensorflow-checkpoint", "models.tensorflow_bundle:read")),
    ("models.coreml:is_coreml", Kind("coreml", "models.coreml:read")),
    ("models.tensorflow:is_saved_model", Kind("tensorflow-savedmodel", "models.tensorflow:read_saved_model")),
    ("models.tensorflow:is_graph", Kind("tensorflow-graph", "models.tensorflow:read_graph")),
    ("models.tensorflow_text:is_text_graph", Kind("tensorflow-text", "models.tensorflow_text:read")),
    ("containers.tars:is_old_tar", Kind("tar", "containers.tars:read")),
    ("models.rdata:is_rdata", Kind("rdata", "models.rdata:read")),
    ("models.others:is_known", Kind("model", "models.others:read")),
    ("models.msgpack:is_msgpack", Kind("msgpack", "models.msgpack:read")),
    ("repositories.texts:is_text", Kind("other", "repositories.texts:read")),
)
"""Formats that only a look at their structure tells, in the order in which they are asked."""

UNKNOWN: Final = Kind("unknown", "models.unknown:read")
_PROMISES: Final = (
    (re.compile(r"\.safetensors$"), {"safetensors"}),
    (re.compile(r"\.gguf$"), {"gguf"}),
    (re.compile(r"\.onnx$"), {"onnx"}),
    (re.compile(r"\.(?:tflite|lite)$"), {"tflite"}),
)
_RUNS: Final = {"elf", "pe", "mach-o", "java-or-mach-o", "wasm"}


def kind_of(part: Part) -> Kind:
    """Return the format of a part and who reads it; what no reader knows is `UNKNOWN`."""
    marked = by_mark(part.head)
    if marked:
        return marked
    return next((kind for probe, kind in PROBES if cast("Probe", resolve(probe))(part)), UNKNOWN)


def by_mark(head: bytes) -> Kind | None:
    """Return the format that the first bytes of a part alone tell, as the inventory asks too."""
    return next((kind for offset, mark, kind in MARKS if head.startswith(mark, offset)), None)


def disguise(part: Part, kind: Kind) -> Sight | None:
    """Return the reason when the name promises a format that can hold no code, and the content is another."""
    name = part.name.lower()
    if kind.format in _RUNS or not part.size:
        return None
    for pattern, formats in _PROMISES:
        ending = pattern.search(name)
        if ending and kind.format not in formats:
            return part.sees("disguised", f"the name ends in {ending[0]} and the content is {kind.format}")
    return None


@cache
def resolve(reference: str) -> object:
    """Import what `wing.module:function` names below this room, on its first use."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(f"accord.scan.{module}"), name)
