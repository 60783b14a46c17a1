"""Model formats with few users: which one a part is, by its mark or its structure, and who reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple, cast

from accord.core.shipped import lines_of
from accord.core.text import one_line
from accord.scan.kinds import Reader, resolve
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight


class Other(NamedTuple):
    """A format, the test for it, and its reader."""

    format: str
    shows: Callable[[Part, bytes], bool]
    reader: str


def is_known(part: Part) -> bool:
    """Tell whether a part is of one of these formats."""
    return _which(part) is not None


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what the format's own reader sees."""
    other = _which(part)
    if other is not None:
        look.name_format(part, other.format)
        yield from cast("Reader", resolve(other.reader))(part, look)


def read_unwalked(part: Part, look: Look) -> Iterator[Sight]:
    """Yield that a format is known and not read."""
    form = look.format_of(part) or "this format"
    yield part.sees("unwalked-format", f"{form} is recognised by its mark, and nothing here reads it", name=form)


def read_engine(part: Part, look: Look) -> Iterator[Sight]:
    """Yield that a compiled engine is native code, and where it carries a library of its own."""
    yield part.sees("engine-plugin", "a TensorRT engine is code that was compiled for one device", name="tensorrt")
    at = part.find(b"\x7fELF")
    if at >= 0:
        yield part.sees("layer-custom", f"the engine carries a native library at {at}", name="plugin", offset=at)
    for mark, (what, pattern) in _NATIVE.items():
        found = _native(part, look, mark, pattern)
        if found:
            yield part.sees("layer-custom", f"the engine names the {what} {found}", name=found)


def _native(part: Part, look: Look, mark: bytes, pattern: re.Pattern[bytes]) -> str | None:
    """Return the name of a native library or a plugin that stands in an engine as text; NVIDIA's own are passed."""
    at = part.find(mark)
    for _ in range(_MOST_HITS):
        if at < 0:
            break
        look.tick()
        found = next(pattern.finditer(part.read(max(at - 80, 0), min(at, 80) + len(mark) + 40)), None)
        name = found[0].decode("ascii") if found else ""
        if name and name not in _own_plugins():
            return one_line(name, 100)
        at = part.find(mark, at + 1)
    return None


@cache
def _own_plugins() -> frozenset[str]:
    return frozenset(lines_of("scan/tensorrt_plugins.tsv"))


def _which(part: Part) -> Other | None:
    head = part.head
    if len(head) < 8:
        return None
    return next((other for other in _OTHERS if other.shows(part, head)), None)


def _starts(*marks: bytes) -> Callable[[Part, bytes], bool]:
    return lambda _part, head: head.startswith(marks)


def _named(pattern: str, *marks: bytes) -> Callable[[Part, bytes], bool]:
    found = re.compile(pattern, re.IGNORECASE).search
    return lambda part, head: bool(found(part.name)) and (not marks or head.startswith(marks))


def _at4(*marks: bytes) -> Callable[[Part, bytes], bool]:
    return lambda _part, head: head[4:8] in marks


def _asks(reference: str) -> Callable[[Part, bytes], bool]:
    """Return a test that lies in the format's own module, loaded when the bytes before did not decide."""
    return lambda part, _head: cast("Callable[[Part], bool]", resolve(reference))(part)


def _is_faiss(_part: Part, head: bytes) -> bool:
    return bool(_FAISS.match(head)) and b"\0" in head[:64]


_FAISS: Final = re.compile(rb"I[xwBHNv][A-Za-z0-9]{2}")
_NATIVE: Final = {
    b".so": ("native library", re.compile(rb"[\w./\\-]{4,80}\.so(?![A-Za-z])")),
    b".dll": ("native library", re.compile(rb"[\w./\\-]{4,80}\.dll(?![A-Za-z])")),
    b"Plugin": ("plugin", re.compile(rb"[A-Za-z_]\w{0,60}Plugin\w{0,30}")),
    b"_TRT": ("plugin", re.compile(rb"[A-Za-z]\w{0,60}_TRT(?!\w)")),
}
_MOST_HITS = 1000
_PYTHON: Final = re.compile(rb"[\0-\xff][\x0c-\x0e]\r\n[\0-\3]\0\0\0", re.DOTALL)
_PROTOBUF: Final = re.compile(rb"[\x08\x0a\x12\x1a]")
_UNWALKED = "models.others:read_unwalked"


def _message(reference: str) -> Callable[[Part, bytes], bool]:
    """Return a test for a protocol buffer: most bytes cannot start one."""
    asks = _asks(reference)
    return lambda part, head: bool(_PROTOBUF.match(head)) and asks(part, head)


_OTHERS: Final = (
    Other("tensorrt", _starts(b"ptrt", b"trtp", b"ftrt", b"trtf"), "models.others:read_engine"),
    Other("tensorrt", _named(r"\.(?:engine|plan|trt)$"), "models.others:read_engine"),
    Other("python-bytecode", lambda _part, head: bool(_PYTHON.match(head)), "models.programs:read"),
    Other("executorch", _at4(b"ET12", b"ET13", b"ET11"), _UNWALKED),
    Other("ggml", _starts(b"lmgg", b"fmgg", b"tjgg", b"algg", b"ggml", b"ggjt", b"ggla"), _UNWALKED),
    Other("faiss", _is_faiss, _UNWALKED),
    Other("rknn", _starts(b"RKNN"), _UNWALKED),
    Other("matlab", _starts(b"MATLAB 5.0 MAT-file", b"MATLAB 7."), _UNWALKED),
    Other("mxnet-params", _starts(b"\x12\x01\0\0\0\0\0\0"), "models.weights:read_mxnet"),
    Other("fasttext", _starts(b"\xba\x16\x4f\x2f"), "models.weights:read_fasttext"),
    Other("coreml-weights", _asks("models.weights:is_coreml"), "models.weights:read_coreml"),
    Other("tfrecord", _asks("models.weights:is_tfrecord"), "models.weights:read_tfrecord"),
    Other("paddle-params", _asks("models.weights:is_paddle"), "models.weights:read_paddle"),
    Other("word2vec", _asks("models.weights:is_word2vec"), "models.weights:read_word2vec"),
    Other("torch7", _asks("models.torch7:is_torch7"), "models.torch7:read"),
    Other("coreml", _message("models.coreml:is_coreml"), "models.coreml:read"),
    Other("paddle", _message("models.messages:is_paddle"), "models.messages:read_paddle"),
    Other("caffe", _message("models.messages:is_caffe"), "models.messages:read_caffe"),
    Other("sentencepiece", _message("models.messages:is_sentencepiece"), "models.messages:read_sentencepiece"),
)  # fmt: skip
