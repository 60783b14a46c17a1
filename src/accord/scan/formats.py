"""What the inventory says of a file: the model format it has, from the marks that the scan goes by (`kinds`).

This names what lies there; it does not say whether it is safe to load. `runs_code` says only that the format
can hold code which loading runs, not that this file does. It sees the first bytes of a file alone, and where the scan
looks into whatever may be a model, it keeps silent about what may be none.
"""

from __future__ import annotations

import bz2
import lzma
import re
import struct
import zlib
from typing import Final, NamedTuple

from accord.scan.containers.streams import is_zlib
from accord.scan.kinds import Kind, by_mark
from accord.scan.part import HEAD, Part
from accord.scan.pickles.probing import TORCH_LEGACY, is_start

__all__ = ["HEAD", "TAIL", "Format", "recognise"]

TAIL = 65_536
"""How many bytes of a ZIP file's end `recognise` wants to see."""


class Format(NamedTuple):
    """A format of models or of their stores, and whether loading such a file can run code."""

    name: str
    runs_code: bool


_MARKED: Final = {
    "gguf": Format("gguf", runs_code=False),
    "ggml": Format("ggml", runs_code=False),
    "hdf5": Format("hdf5", runs_code=True),
    "tflite": Format("tflite", runs_code=False),
    "catboost": Format("catboost", runs_code=False),
    "zlib": Format("joblib", runs_code=True),  # the mark of old joblib; plain zlib has none
}
_LATER: Final = (  # what the scan asks after it has looked for a pickle
    (0, re.compile(rb"binf"), Format("xgboost", runs_code=False)),
    (4, re.compile(rb"ET12"), Format("executorch", runs_code=False)),
    (0, re.compile(rb"[fp]trt"), Format("tensorrt", runs_code=True)),
    (0, re.compile(rb"\xba\x16O/"), Format("fasttext", runs_code=False)),
    (
        0,
        re.compile(rb"(?:IxF[2Il]|IwF[lLdR]|IxM[p2a]|IHN[fpscF])(?=.{0,11}\0)", re.DOTALL),
        Format("faiss", runs_code=False),
    ),
)
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
    kind = by_mark(head)
    marked = _MARKED.get(kind.format) if kind else None
    if marked:
        return marked
    for told in (_zip, _numpy, _safetensors, _tar):
        found = told(head, size, tail)
        if found is not None:
            return found
    if TORCH_LEGACY.match(head):
        return Format("torch-legacy", runs_code=True)
    if is_start(head, whole=size <= len(head)):
        return Format("pickle", runs_code=True)
    return _compressed(head, kind) or _later(head) or _onnx(head, name) or _text_model(head) or _by_name(head, name)


def _later(head: bytes) -> Format | None:
    return next((found for at, pattern, found in _LATER if pattern.match(head, at)), None)


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


def _compressed(head: bytes, kind: Kind | None) -> Format | None:
    unpack = _UNPACK.get(kind.format) if kind else _inflate if is_zlib(Part(head, name="")) else None
    if unpack and is_start(unpack(head), whole=False):
        return Format("pickle-compressed", runs_code=True)
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


_UNPACK: Final = {"gzip": _inflate, "xz": _unpack_xz, "bzip2": _unpack_bzip2}


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
