"""JSON from strangers, read so that it has one meaning: bounded, no member twice, exact members only."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import NoReturn

from accord.core.errors import RecordError
from accord.core.finding import Place

_DEEPEST = 32
_MOST_PARTS = 2_000_000


class Document:
    """A place in a JSON document that knows its name, so that a complaint can say where."""

    def __init__(self, value: object, *, name: str, path: str, code: str) -> None:
        self.value = value
        self._name = name
        self._path = path
        self._code = code

    def refuse(self, why: str) -> NoReturn:
        """Raise `RecordError` with this place."""
        where = Place(path=self._path, member=self._name or None)
        subject = f"{self._name}: " if self._name else ""
        raise RecordError(f"{self._path} cannot be used: {subject}{why}", code=self._code, where=where)

    def at(self, value: object, name: str) -> Document:
        """Return a place inside this one."""
        whole = f"{self._name}.{name}" if self._name else name
        return Document(value, name=whole, path=self._path, code=self._code)

    def members(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Document]:
        """Return the members of an object that has all of the required ones and no other than these."""
        said = self.mapping()
        missing = [name for name in required if name not in said]
        unknown = sorted(said.keys() - {*required, *optional})
        if missing or unknown:
            self.refuse(f"it lacks {missing[0]}" if missing else f"the member {unknown[0][:80]!r} is not known")
        return said

    def mapping(self) -> dict[str, Document]:
        """Return the members of any object."""
        if not isinstance(self.value, Mapping):
            self.refuse("it is no object")
        return {name: self.at(value, name) for name, value in self.value.items()}

    def items(self, most: int) -> tuple[Document, ...]:
        """Return the items of an array of at most so many."""
        if not isinstance(self.value, list) or len(self.value) > most:
            self.refuse(f"it is no array of at most {most}")
        return tuple(self.at(value, str(number)) for number, value in enumerate(self.value))

    def text(self, most: int = 4096) -> str:
        """Return a text of at most so many characters, whole in Unicode."""
        if not isinstance(self.value, str) or len(self.value) > most:
            self.refuse(f"it is no text of at most {most} characters")
        if any("\ud800" <= char <= "\udfff" for char in self.value):
            self.refuse("it holds half a character")
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.refuse("it is neither true nor false")
        return self.value

    def whole(self, most: int) -> int:
        """Return a whole number from 1 to `most`, also where it is written as 5.0."""
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
            self.refuse(f"it is no whole number from 1 to {most}")
        return value

    def blob(self) -> bytes:
        """Return what base64 of one spelling stands for."""
        if not isinstance(self.value, str) or not self.value.isascii():
            self.refuse("it is no base64")
        try:
            data = base64.b64decode(self.value, validate=True)
        except binascii.Error:
            self.refuse("it is no base64")
        if base64.b64encode(data).decode() != self.value:
            self.refuse("its base64 is not in its one spelling")
        return data


def read_document(data: bytes, *, path: str, code: str, limit: int, parts: int = _MOST_PARTS) -> Document:
    """Return the top of a JSON document.

    Raises `RecordError` when it is too large or too deep, has more than so many parts, is no UTF-8 or no JSON, or has
    a member twice.
    """
    top = Document(None, name="", path=path, code=code)
    if len(data) > limit:
        top.refuse(f"it is larger than {limit >> 10} KiB")
    if sum(map(data.count, (b",", b"[", b"{"))) > parts:  # each costs memory many times its byte
        top.refuse(f"it has more than {parts} parts")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_constant)
    except UnicodeDecodeError:
        top.refuse("it is not UTF-8")
    except (ValueError, RecursionError) as error:
        top.refuse(f"it is no JSON: {str(error)[:200]}")
    if _depth_over(value):
        top.refuse(f"it is nested deeper than {_DEEPEST} levels")
    return Document(value, name="", path=path, code=code)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    said: dict[str, object] = {}
    for name, value in pairs:
        if name in said:
            raise ValueError(f"the member {name[:80]!r} stands twice")
        said[name] = value
    return said


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _depth_over(value: object) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
