"""Bytes in a pickle that its calls would read on: pickles in pickles, packed or not, are looked at as well."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from accord.scan.look import Look, OverError
from accord.scan.part import Part
from accord.scan.pickles.machine import Story
from accord.scan.pickles.probing import is_pickle, is_torch_legacy
from accord.scan.pickles.texts import literal
from accord.scan.pickles.values import Buffer, Call, Import, Value
from accord.scan.rating import Sight

_MOST_VALUES: Final = 16
_MOST_BYTES: Final = 64 << 20
_OCTETS: Final = b"CB\x8e\x96"
_TEXTS: Final = b"UTS\x8cX\x8dV"
_MARKS: Final = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x5d\0\0",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
)


def payloads(call: Call, story: Story, part: Part, look: Look) -> Iterator[Sight]:
    """Yield what is seen in bytes that a doubtful call is given, or that a listed one is known to load."""
    for count, value in enumerate(_values(call)):
        if count >= _MOST_VALUES:
            return
        inner = _part(value, story, part)
        if inner is None:
            continue
        if _is_worth(inner):
            yield from look.inside(inner)
        elif call.payload is not None:
            yield inner.sees("pickle-broken", "what would be loaded from bytes is no pickle and no archive")
        elif _is_base64(inner):
            yield from _decoded(inner, look)


def _values(call: Call) -> Iterator[Value]:
    if call.payload is not None:
        yield call.payload
        return
    todo: list[Value] = [call.args]
    depth = 0
    while todo and depth < 100:
        depth += 1
        one = todo.pop()
        if type(one) is tuple:
            todo += one[:_MOST_VALUES]
        else:
            yield one


def _part(value: Value, story: Story, part: Part, encoding: str = "latin-1") -> Part | None:
    """Return bytes as a part: uncopied where they stand as they are."""
    if type(value) is Buffer or (type(value) is int and part.source[value - 1] in _OCTETS):
        at = value.at if isinstance(value, Buffer) else value
        width = {0x43: 1, 0x42: 4}.get(part.source[at - 1], 8)
        size = int.from_bytes(part.source[at : at + width], "little")
        return part.stretch("bytes", story.place(at + width), size) if size > 1 else None
    if type(value) is Call and type(value.target) is Import and value.target.named.name == "encode":
        args = value.args if type(value.args) is tuple else ()
        said = story.plain(args[1]) if len(args) > 1 else "utf-8"
        return _part(args[0], story, part, str(said)) if args else None
    if type(value) is int and part.source[value - 1] in _TEXTS:
        written = literal(part.source, value, _MOST_BYTES)
        if isinstance(written, str) and len(written) > 1:
            if len(written) * 4 >= _MOST_BYTES and len(written.encode("utf-8", "replace")) >= _MOST_BYTES:
                raise OverError(f"text of more than {_MOST_BYTES >> 20} MiB would be read as a file")
            return part.child("bytes", _encoded(written, encoding))
    return None


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding, "replace")
    except LookupError:
        return text.encode("latin-1", "replace")


def _is_worth(inner: Part) -> bool:
    """Tell whether bytes are a pickle, or packed: the rest is data of the call, which is doubted anyway."""
    return inner.read(0, 8).startswith(_MARKS) or is_torch_legacy(inner) or is_pickle(inner)


def _is_base64(inner: Part) -> bool:
    head = inner.read(0, 64)
    return inner.size >= 16 and all(chr(one).isalnum() or one in b"+/=_-\n" for one in head)


def _decoded(inner: Part, look: Look) -> Iterator[Sight]:
    try:
        found = base64.b64decode(
            inner.read(0, _MOST_BYTES), b"-_" if b"-" in inner.head or b"_" in inner.head else None
        )
    except (binascii.Error, ValueError):
        return
    decoded = inner.child("base64", found)
    if _is_worth(decoded):
        yield from look.inside(decoded)
