"""Values of HDF5 attributes, and the judging of those that a loader takes for a configuration or a pickle."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from accord.scan.kinds import Probe, resolve
from accord.scan.models.hdf5_file import Hdf5, Kind, Message, Typed
from accord.scan.models.keras_config import judge_bytes
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_CONFIGURATIONS: Final = frozenset({"model_config", "training_config", "layer_config", "optimizer_config"})
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{16}")
_BASE64_HEAD: Final = 8192
_MOST_VALUES: Final = 20_000
_MOST_BYTES: Final = 64 << 20
_MOST_CARVED: Final = 200_000


class Attribute(NamedTuple):
    """An attribute: its name, its datatype, how many elements it has, and where they lie."""

    name: str
    typed: Typed
    items: int
    at: int
    end: int


def attribute(file: Hdf5, at: int, size: int) -> Attribute | None:
    """Return the attribute that a message describes, None when its datatype lies where it is not read."""
    reader = file.reader(at)
    version, flags = reader.number(1), reader.number(1)
    named, shaped, spaced = reader.number(2), reader.number(2), reader.number(2)
    if version not in (1, 2, 3):
        raise BrokenError(f"an attribute is of version {version}", at)
    if version == 3:
        reader.skip(1)
    name = file.part.exactly(reader.at, named).split(b"\0", 1)[0].decode("utf-8", "replace")
    shape = reader.at + _padded(named, version)
    space = shape + _padded(shaped, version)
    data = space + _padded(spaced, version)
    if version > 1 and flags & 2:
        return None
    typed = _committed(file, shape) if version > 1 and flags & 1 else file.typed(shape)[0]
    return None if typed is None else Attribute(name, typed, file.elements(space), data, at + size)


def _padded(size: int, version: int) -> int:
    return size + (-size % 8 if version == 1 else 0)


def typed_of(file: Hdf5, message: Message) -> Typed | None:
    """Return the datatype of a message, which may lie in another object."""
    return _committed(file, message.at) if message.shared else file.typed(message.at)[0]


def _committed(file: Hdf5, at: int) -> Typed | None:
    reader = file.reader(at)
    version, kind = reader.number(1), reader.number(1)
    if version == 1:
        reader.skip(6)
    address = reader.address()
    if version > 3 or (version == 3 and kind != 2) or address is None:
        return None
    for message in file.messages(address):
        if message.kind == Kind.TYPE and not message.shared:
            return file.typed(message.at)[0]
    return None


def values(file: Hdf5, named: Attribute) -> Iterator[bytes]:
    """Yield what an attribute holds that is text or bytes, element by element."""
    typed, size = named.typed, named.typed.size
    while typed.kind == 10 and typed.under:
        typed = typed.under[0]
    count = min(size // max(typed.size, 1) * named.items, (named.end - named.at) // max(typed.size, 1))
    if typed.kind == 9:
        yield from _variable(file, typed, named.at, count)
    elif typed.kind == 3:
        for index in range(min(count, _MOST_VALUES)):
            yield file.part.read(named.at + index * typed.size, min(typed.size, _MOST_BYTES))
    elif typed.kind in (5, 6) or (typed.kind == 0 and typed.size == 1):
        yield file.part.read(named.at, min(count * typed.size, _MOST_BYTES))


def _variable(file: Hdf5, typed: Typed, at: int, count: int) -> Iterator[bytes]:
    wide = typed.under[0].size if typed.under else 1
    for index in range(min(count, _MOST_VALUES)):
        reader = file.reader(at + index * (8 + file.widths.offset))
        length, address, number = reader.number(4), reader.address(), reader.number(4)
        if length and address:
            begin, size = file.values.stretch(address, number)
            yield file.part.read(begin, min(size, length * max(wide, 1), _MOST_BYTES))


def judge_value(file: Hdf5, where: str, name: str, value: bytes) -> Iterator[Sight]:
    """Yield what is wrong with a value that is a Keras configuration or a pickle, as it is or in base64."""
    text = value.rstrip(b"\0")
    if text[:1] == b"\x80" or text[-1:] == b"." or b"\n" in text:
        child = file.part.child(where, text)
        if is_pickle(child):
            yield from file.look.inside(child)
            return
    packed = _unpacked(text)
    if packed is not None:
        yield from file.look.inside(file.part.child(where, packed))
    elif (name in _CONFIGURATIONS and text) or (text.lstrip()[:1] in (b"{", b"[") and b'"class_name"' in text):
        yield from judge_bytes(text, file.part, file.look)


def _unpacked(text: bytes) -> bytes | None:
    """Return the pickle that a text holds in base64."""
    if len(text) % 4 or not _BASE64.match(text):
        return None
    try:
        if is_pickle(Part(b64decode(text[:_BASE64_HEAD], validate=True), name="")):
            return b64decode(text, validate=True)
    except ValueError:
        pass
    return None


def is_pickle(part: Part) -> bool:
    """Tell whether a value starts as a pickle."""
    return cast("Probe", resolve("pickles.read:is_pickle"))(part)


def carved(file: Hdf5) -> Iterator[Sight]:
    """Yield what is seen in the pickles among all values of variable length."""
    at, count = file.part.find(b"GCOL"), 0
    while at >= 0:
        for index, (begin, size) in file.values.listed(at).items():
            count += 1
            if count > _MOST_CARVED:
                raise BrokenError("there are too many values of variable length")
            yield from judge_value(file, f"heap {at:x}/{index}", "", file.part.read(begin, min(size, _MOST_BYTES)))
        at = file.part.find(b"GCOL", at + 4)
