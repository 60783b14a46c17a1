"""Telling which model format a file has, from its content.

This names what lies there; it does not say whether it is safe to load. `runs_code` says only that the format
can hold code which loading runs, not that this file does.
"""

from __future__ import annotations

import bz2
import lzma
import re
import struct
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

from accord.scan.pickles.probing import TORCH_LEGACY, is_start

HEAD = 4096
"""How many bytes of a file's start `recognise` wants to see."""

TAIL = 65_536
"""How many bytes of a ZIP file's end `recognise` wants to see."""


class Format(NamedTuple):
    """A format of models or of their stores, and whether loading such a file can run code."""

    name: str
    runs_code: bool


_MAGIC: Final = (
    (0, b"GGUF", Format("gguf", runs_code=False)),
    (0, b"tjgg", Format("ggml", runs_code=False)),
    (0, b"fmgg", Format("ggml", runs_code=False)),
    (0, b"lmgg", Format("ggml", runs_code=False)),
    (0, b"\x89HDF\r\n\x1a\n", Format("hdf5", runs_code=True)),
    (4, b"TFL3", Format("tflite", runs_code=False)),
    (4, b"ET12", Format("executorch", runs_code=False)),
    (0, b"CBM1", Format("catboost", runs_code=False)),
    (0, b"binf", Format("xgboost", runs_code=False)),
    (0, b"ftrt", Format("tensorrt", runs_code=True)),
    (0, b"ptrt", Format("tensorrt", runs_code=True)),
    (0, b"ZF0x", Format("joblib", runs_code=True)),
    (0, b"\xba\x16O/", Format("fasttext", runs_code=False)),
    (0, b"IxF", Format("faiss", runs_code=False)),
    (0, b"IwF", Format("faiss", runs_code=False)),
    (0, b"IxM", Format("faiss", runs_code=False)),
    (0, b"IHN", Format("faiss", runs_code=False)),
)
_FAISS = re.compile(rb"(?:IxF[2Il]|IwF[lLdR]|IxM[p2a]|IHN[fpscF])")
_NAMED: Final = (
    (re.compile(r"saved_model\.pb$"), re.compile(rb"[\x08\x0a\x12]"), Format("tensorflow-savedmodel", runs_code=True)),
    (re.compile(r"\.pb$"), re.compile(rb"\x0a[\x01-\xff]"), Format("tensorflow-graph", runs_code=True)),
    (re.compile(r"\.mlmodel$"), re.compile(rb"\x08[\x01-\x20]\x12"), Format("coreml", runs_code=False)),
    (re.compile(r"\.pdmodel$"), re.compile(rb"\x0a"), Format("paddle", runs_code=False)),
    (re.compile(r"\.llamafile$"), re.compile(rb"MZ|\x7fELF|PK"), Format("llamafile", runs_code=True)),
    (re.compile(r"\.msgpack$"), re.compile(rb"[\x80-\x8f\xde\xdf]"), Format("flax", runs_code=False)),
    (re.compile(r"\.pmml$"), re.compile(rb"\s*<"), Format("pmml", runs_code=False)),
    (re.compile(r"\.joblib(?:\.\w+)?$"), re.compile(rb"BZh|\xfd7zXZ|\x04\x22M\x18"), Format("joblib", runs_code=True)),
    (re.compile(r"\.(?:pkl|pickle)(?:\.\w+)?$"), re.compile(rb"BZh|\xfd7zXZ|\x04\x22M\x18"),
     Format("pickle-compressed", runs_code=True)),
)  # fmt: skip
_ONNX_MAKERS = re.compile(
    rb"pytorch|onnx|keras|skl|sklearn|tf2|tensorflow|paddle|cntk|mxnet|caffe|ml\.net|matlab|xgboost|lightgbm|cv2|spox|backend",
    re.I,
)
_MEMBERS: Final = (
    (re.compile(r"(?:^|/)MAR-INF/MANIFEST\.json$"), Format("torchserve-archive", runs_code=True)),
    (re.compile(r"(?:^|/)constants\.pkl$"), Format("torchscript", runs_code=True)),
    (re.compile(r"(?:^|/)data\.pkl$|^archive/(?:data|version|byteorder)"), Format("torch", runs_code=True)),
    (re.compile(r"^model\.weights\.h5$"), Format("keras", runs_code=True)),
    (re.compile(r"^data/modelblob$|^data/variables\.pkl$|(?:^|/)[^/]+\.(?:pkl|pickle|joblib)$"),
     Format("zip-of-pickles", runs_code=True)),
    (re.compile(r"^schema\.json$"), Format("skops", runs_code=False)),
    (re.compile(r"^[^/]+\.npy$"), Format("numpy-archive", runs_code=False)),
    (re.compile(r"(?:^|/)[^/]+\.(?:safetensors|gguf|onnx|h5|pt|pth)$"), Format("zip-of-models", runs_code=True)),
)  # fmt: skip


def recognise(head: bytes, *, name: str, size: int, tail: bytes = b"") -> Format | None:
    """Return the model format of a file, or None for a file of another kind.

    `head` is its first 4 KiB, `tail` the end of a ZIP file, where its list of members lies. Content decides; the
    name helps only for formats without a mark of their own.
    """
    name = name.lower()
    if len(head) < 4 or size < 4:
        return None
    for kind in (_by_magic, _zip, _numpy, _safetensors, _tar):
        found = kind(head, size, tail)
        if found is not None:
            return found
    if TORCH_LEGACY.match(head):
        return Format("torch-legacy", runs_code=True)
    if is_start(head, whole=size <= len(head)):
        return Format("pickle", runs_code=True)
    return _compressed(head) or _onnx(head, name) or _text_model(head) or _by_name(head, name)


def _by_magic(head: bytes, _size: int, _tail: bytes) -> Format | None:
    for offset, mark, found in _MAGIC:
        if head.startswith(mark, offset):
            return found if found.name != "faiss" or (_FAISS.match(head) and b"\0" in head[:16]) else None
    return None


def _zip(head: bytes, _size: int, tail: bytes) -> Format | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    names = frozenset((*_zip_names(head, b"PK\x03\x04", 26, 30), *_zip_names(tail, b"PK\x01\x02", 28, 46)))
    if "config.json" in names and "metadata.json" in names:
        return Format("keras", runs_code=True)
    for pattern, found in _MEMBERS:
        member = any(pattern.search(one) for one in names)
        if member and (found.name != "skops" or any(one.endswith(".npy") for one in names) or len(names) == 1):
            return found
    return None


def _zip_names(data: bytes, mark: bytes, at_length: int, at_name: int) -> list[str]:
    names: list[str] = []
    at = data.find(mark)
    while at >= 0 and at + at_name <= len(data) and len(names) < 2000:
        (length,) = struct.unpack_from("<H", data, at + at_length)
        if length <= 1024:
            names.append(data[at + at_name : at + at_name + length].decode("utf-8", "replace"))
        at = data.find(mark, at + 4)
    return names


def _numpy(head: bytes, _size: int, _tail: bytes) -> Format | None:
    if not head.startswith(b"\x93NUMPY"):
        return None
    return Format("numpy", runs_code=bool(re.search(rb"'descr'\s*:\s*[^}]{0,2000}?['|]O['8]?", head)))


def _safetensors(head: bytes, size: int, _tail: bytes) -> Format | None:
    if len(head) < 10 or head[8:9] != b"{":
        return None
    (length,) = struct.unpack_from("<Q", head)
    fits = 2 <= length <= size - 8 and head[9:10] in b'"} \n\t'
    return Format("safetensors", runs_code=False) if fits else None


def _tar(head: bytes, _size: int, _tail: bytes) -> Format | None:
    if head[257:262] != b"ustar" and not head.startswith((b"sys_info\0", b"pickle\0")):
        return None
    first = head[:100].rstrip(b"\0").removeprefix(b"./")
    if first in {b"model_config.yaml", b"model_weights.ckpt"}:
        return Format("nemo", runs_code=True)
    if first in {b"sys_info", b"pickle", b"storages", b"tensors"}:
        return Format("torch-tar", runs_code=True)
    return None


def _compressed(head: bytes) -> Format | None:
    for mark, unpack in _UNPACK:
        if head.startswith(mark):
            inner = unpack(head)
            return Format("pickle-compressed", runs_code=True) if is_start(inner, whole=False) else None
    return None


def _inflate(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=47).decompress(head, 1024)
    except zlib.error:
        return b""


def _unpack_xz(head: bytes) -> bytes:
    try:
        # a hostile header may ask for a dictionary of gigabytes
        return lzma.LZMADecompressor(memlimit=64 << 20).decompress(head, 1024)
    except (lzma.LZMAError, EOFError, MemoryError):
        return b""


def _unpack_bzip2(head: bytes) -> bytes:
    try:
        return bz2.BZ2Decompressor().decompress(head, 1024)
    except (OSError, EOFError, ValueError):
        return b""


_UNPACK: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\x78\x01", _inflate),
    (b"\x78\x5e", _inflate),
    (b"\x78\x9c", _inflate),
    (b"\x78\xda", _inflate),
    (b"\x1f\x8b\x08", _inflate),
    (b"\xfd7zXZ\0", _unpack_xz),
    (b"BZh", _unpack_bzip2),
)


def _onnx(head: bytes, name: str) -> Format | None:
    # ModelProto: field 1 ir_version (varint), then field 2 producer_name or another length-delimited field
    if head[0] != 0x08 or not 1 <= head[1] <= 32:
        return None
    if name.endswith((".onnx", ".ort")):
        return Format("onnx", runs_code=False)
    length = head[3] if head[2] == 0x12 else 0
    maker, after = head[4 : 4 + length], head[4 + length : 5 + length]
    known = (
        0 < length < 64
        and maker.isascii()
        and _ONNX_MAKERS.search(maker)
        and after in (b"\x1a", b"\x22", b"\x28", b"\x32", b"\x3a", b"B")
    )
    return Format("onnx", runs_code=False) if known else None


def _text_model(head: bytes) -> Format | None:
    start = head[:256].lstrip()
    if start.startswith(b"tree\nversion=v"):
        return Format("lightgbm", runs_code=False)
    if re.match(rb'\{\s*"learner"\s*:\s*\{', start) or (head[:3] == b"{L\0" and b"learner" in head[:32]):
        return Format("xgboost", runs_code=False)
    if re.match(rb"<\?xml[^>]{0,200}\?>\s*<net\s+name=", start):
        return Format("openvino", runs_code=False)
    return Format("pmml", runs_code=False) if b"<PMML" in start else None


def _by_name(head: bytes, name: str) -> Format | None:
    for pattern, start, found in _NAMED:
        if pattern.search(name) and start.match(head):
            return found
    return None
