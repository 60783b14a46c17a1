"""The tensors of NumPy's files, and of pickles and joblib files of arrays; numpy is not needed."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.containers.npy import array
from accord.scan.convert_plan import (
    MOST_ITEMS,
    Kind,
    Tensor,
    UnfitError,
    column_major,
    kind_of,
    named,
    quoted,
    row_major,
)
from accord.scan.convert_torch import are_counts, members, opened
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.pickles.arrays import Arrays, fields
from accord.scan.pickles.machine import Story, run
from accord.scan.pickles.state import State, StopError
from accord.scan.pickles.values import Buffer, Call, Contents, Import, Value
from accord.scan.rating import Sight

_HOMES: Final = ("numpy.core.", "numpy._core.")
_SIGN: Final = re.compile(r"([<>|=])([a-zA-Z]\d{0,3})")
_STATE: Final = 8
_PIECE: Final = 1 << 20
_WIDTHS: Final = {0x43: 1, 0x42: 4, 0x8E: 8, 0x96: 8, 0x55: 1, 0x54: 4}
_LINE: Final = 0x56
_TEXTS: Final = {0x8C: 1, 0x58: 4, 0x8D: 8}


def archive_tensors(part: Part, look: Look) -> Iterator[Tensor]:
    """Yield the arrays of an archive, under their names in it."""
    for name, slot in members(part, look).items():
        yield array_tensor(opened(part, slot, look), name.removesuffix(".npy"))


def array_tensor(part: Part, name: str) -> Tensor:
    """Return the array that a file of NumPy's own format is.

    Raises `UnfitError` for one that safetensors cannot hold.
    """
    one = array(part)
    if one.objects or not isinstance(one.kind, str):
        raise UnfitError(f"{quoted(name)} is an array of {'objects' if one.objects else 'records'}, not of numbers")
    kind = _numbers(one.kind, name)
    if one.begin + one.size != part.size:
        raise UnfitError(f"{part.size - one.begin - one.size} bytes follow the array {quoted(name)}")
    data = part.stretch(name, one.begin, one.size)
    return Tensor(name, kind, one.shape, (column_major if one.by_columns else row_major)(one.shape), data)


def _numbers(sign: str, name: str) -> Kind:
    """Return the type that NumPy writes like `<f4`."""
    found = _SIGN.fullmatch(sign)
    kind = kind_of("numpy", found[2] if found else sign, name)
    if found and found[1] in ">=" and kind.width > 1:
        raise UnfitError(f"the numbers of {quoted(name)} are big-endian, and safetensors files are little-endian")
    return kind


def unpacked(part: Part, look: Look) -> Part:
    """Return what a compressed stream holds, as `joblib.dump(compress=…)` writes it.

    Raises `BrokenError` when it does not unpack to the end.
    """
    from accord.scan.containers.streams import read

    found: list[Part] = []

    def take(inner: Part, _look: Look) -> Iterator[Sight]:
        found.append(inner)
        yield from ()

    said = [one.message for one in read(part, Look(take, look.limits))]
    if said or len(found) != 1:
        raise BrokenError(said[0] if said else "it does not unpack")
    return found[0]


def pickle_tensors(part: Part, look: Look) -> Iterator[Tensor]:
    """Yield the arrays of one pickle, as pickle, NumPy or joblib write it."""
    contents = Contents(MOST_ITEMS)
    builds = _Builds(part, look)
    story = run(part, 0, look, after_build=builds, contents=contents)
    if not story.stopped:
        raise BrokenError(f"its pickle breaks: {story.why}", story.end)
    if story.end != part.size:
        raise UnfitError(f"{part.size - story.end} bytes follow the first pickle: only one is converted")
    if builds.twice:
        raise UnfitError("it sets the state of something twice, so that its meaning changes on the way")
    yield from named(story, contents, _Leaf(part, story, builds, look).tensor, look)


class _Raw(NamedTuple):
    """A joblib wrapper: its attributes, and where the numbers behind it end in the source."""

    said: dict[str, Value]
    end: int


class _Builds:
    """Notes the arrays that joblib writes between the opcodes, and whether any state is set twice."""

    def __init__(self, part: Part, look: Look) -> None:
        self.twice = False
        self._arrays = Arrays(part, look)
        self._seen: dict[int, tuple[Call, _Raw | None]] = {}

    def __call__(self, state: State, subject: Call, at: int) -> int:
        """Return where opcodes go on."""
        end = self._arrays(state, subject, at)
        self.twice = self.twice or id(subject) in self._seen
        raw = _Raw(dict(fields(state, subject.state)), end) if _full(subject).endswith(".NumpyArrayWrapper") else None
        self._seen[id(subject)] = (subject, raw)
        if len(self._seen) > MOST_ITEMS:
            raise StopError(f"more than {MOST_ITEMS} states are set")
        return end

    def raw(self, subject: Call) -> _Raw | None:
        """Return what was noted of a wrapper."""
        return self._seen.get(id(subject), (subject, None))[1]


class _Leaf:
    """Tells arrays among the values of one pickle."""

    def __init__(self, part: Part, story: Story, builds: _Builds, look: Look) -> None:
        self._part = part
        self._story = story
        self._builds = builds
        self._look = look
        self._decoded: dict[int, tuple[Call, Part]] = {}

    def tensor(self, name: str, value: Value) -> Tensor | None:
        """Return the tensor that a value is, or None.

        Raises `UnfitError` for an array that safetensors cannot hold.
        """
        if type(value) is not Call:
            return None
        full = _full(value)
        if full.startswith("joblib.") and full.endswith(".NumpyArrayWrapper"):
            return self._joblib(name, value)
        if not full.startswith(_HOMES):
            return None
        if full.endswith(".multiarray._reconstruct"):
            return self._reconstructed(name, value)
        if full.endswith(".numeric._frombuffer"):
            return self._from_buffer(name, value)
        return None

    def _joblib(self, name: str, value: Call) -> Tensor:
        raw = self._builds.raw(value)
        if raw is None:
            raise BrokenError(f"{quoted(name)} has no numbers")
        said, story = raw.said, self._story
        self._check_class(name, said.get("subclass"))
        kind = self._kind(name, said.get("dtype"))
        shape, order = story.plain(said.get("shape")), story.plain(said.get("order"))
        size = _product(name, shape) * kind.width
        data = Part(self._part.source, name=name, start=raw.end - size, size=size)
        return _laid(name, kind, shape, data, by_columns=order == "F")

    def _reconstructed(self, name: str, value: Call) -> Tensor:
        args = value.args if type(value.args) is tuple else ()
        self._check_class(name, args[0] if args else None)
        state = value.state if type(value.state) is tuple else ()
        if len(state) != 5:
            raise UnfitError(f"{quoted(name)} has a state that NumPy does not write")
        kind = self._kind(name, state[2])
        by_columns = self._story.plain(state[3])
        return _laid(name, kind, self._story.plain(state[1]), self._bytes(name, state[4]), by_columns=bool(by_columns))

    def _from_buffer(self, name: str, value: Call) -> Tensor:
        if type(value.args) is not tuple or len(value.args) != 4:
            raise BrokenError(f"{quoted(name)} has no buffer")
        data, kind, shape, order = value.args
        by_columns = self._story.plain(order) == "F"
        found = self._bytes(name, data)
        return _laid(name, self._kind(name, kind), self._story.plain(shape), found, by_columns=by_columns)

    def _check_class(self, name: str, of: Value | None) -> None:
        if type(of) is not Import or of.named.full != "numpy.ndarray":
            raise UnfitError(f"{quoted(name)} is of another class than ndarray")

    def _kind(self, name: str, dtype: Value | None) -> Kind:
        if type(dtype) is not Call or _full(dtype) != "numpy.dtype":
            raise UnfitError(f"{quoted(name)} has a type that is not one of NumPy's own")
        args, state = self._story.plain(dtype.args), self._story.plain(dtype.state)
        code = args[0] if isinstance(args, tuple) and args and isinstance(args[0], str) else "?"
        if not isinstance(state, tuple) or len(state) != _STATE or state[2:5] != (None, None, None):
            raise UnfitError(f"{quoted(name)} is of the type {one_line(code, 60)}, which safetensors files do not hold")
        return _numbers(f"{state[1]}{code}", name)

    def _bytes(self, name: str, value: Value) -> Part:
        """Return the numbers of an array, where they stand in the pickle."""
        if type(value) is Call and _full(value) == "_codecs.encode":
            return self._encoded(name, value)
        if type(value) is Call and _full(value) == "builtins.bytes" and value.args == ():
            return Part(b"", name=name)  # how protocols 0 to 2 write no bytes at all
        at = value.at if type(value) is Buffer else value
        part = self._part
        width = _WIDTHS.get(part.source[at - 1]) if type(at) is int and at > part.start else None
        if type(at) is not int or width is None:
            raise UnfitError(f"the numbers of {quoted(name)} are written in a way that is not converted")
        begin = at + width
        size = int.from_bytes(part.source[at:begin], "little")
        return Part(part.source, name=name, start=begin, size=size)

    def _encoded(self, name: str, value: Call) -> Part:
        """Return numbers that protocols 0 to 2 write as a text, one character a byte."""
        known = self._decoded.get(id(value))
        if known:
            return known[1]
        args = value.args if type(value.args) is tuple else ()
        at = args[0] if args else None
        part = self._part
        code = part.source[at - 1] if type(at) is int else 0
        if type(at) is not int or code not in {*_TEXTS, _LINE} or self._story.plain(args[-1]) != "latin1":
            raise UnfitError(f"the numbers of {quoted(name)} are written in a way that is not converted")
        if code == _LINE:
            size = max(part.source.find(b"\n", at) - at, 0)
            chunks: Iterable[bytes] = (part.source[at : at + size].decode("raw_unicode_escape").encode("latin-1"),)
        else:
            begin = at + _TEXTS[code]
            size = int.from_bytes(part.source[at:begin], "little")
            chunks = _decoded(Part(part.source, name=name, start=begin, size=size))
        found = self._look.unpack(part, name, chunks, packed=size)
        self._decoded[id(value)] = (value, found)
        return found


def _decoded(text: Part) -> Iterable[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, text.size, _PIECE):
        yield decoder.decode(text.read(at, _PIECE)).encode("latin-1")
    decoder.decode(b"", final=True)


def _full(call: Call) -> str:
    return call.target.named.full if type(call.target) is Import else ""


def _product(name: str, shape: object) -> int:
    if not are_counts(shape) or min(shape, default=0) < 0:
        raise BrokenError(f"{quoted(name)} has a shape that cannot be told")
    return math.prod(shape)


def _laid(name: str, kind: Kind, shape: object, data: Part, *, by_columns: bool) -> Tensor:
    size = _product(name, shape) * kind.width
    if not are_counts(shape) or data.size != size:
        raise BrokenError(f"{quoted(name)} needs {size} bytes by its shape and has {data.size}")
    return Tensor(name, kind, shape, (column_major if by_columns else row_major)(shape), data)
