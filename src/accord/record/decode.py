"""Plain values to words, by the types of their fields: strict, and with the path to whatever is refused."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple, NewType, Union, get_args, get_origin, get_type_hints

from accord.core.canon import Digest, wire_name
from accord.record.yaml12 import Plain, resolve

Read = Callable[[Any], Any]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_MANY = 10_000  # characters of a text that a message may look at


class RefusedError(Exception):
    """A value that does not fit; `path` leads to it, innermost first, and `key` names a key that is wrong itself."""

    def __init__(self, message: str, *, hint: str, code: str = "ACC-E109", key: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.key = key
        self.path: list[str | int] = []


class _Member(NamedTuple):
    """A field of a word: its name in Python and how its value is read."""

    name: str
    read: Read


class _Shape(NamedTuple):
    """The fields of a word by their names on the wire, and which of them must be there."""

    members: dict[str, _Member]
    required: tuple[str, ...]


def reader(kind: Any) -> Read:
    """Return the function that turns a plain value into `kind`, a word or a type of a word's field.

    Raises `TypeError` for a type that no word may use.
    """
    return _reader(kind)


@cache
def _reader(kind: Any) -> Read:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if is_dataclass(kind):
        return _word_reader(kind)
    if isinstance(kind, NewType):
        return _read_digest if kind is Digest else reader(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _choice_reader({member.value: member for member in kind})
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is Literal:
        return _choice_reader({value: value for value in arguments})
    if origin is tuple and arguments[1:] == (...,):
        return _list_reader(reader(arguments[0]))
    if origin is Mapping:
        return _mapping_reader(reader(arguments[0]), reader(arguments[1]))
    if origin in (Union, types.UnionType):
        return _union_reader(arguments)
    raise TypeError(f"the codec reads no {kind!r}")


@cache
def shape(kind: type) -> _Shape:
    """Return the fields of a word as they stand on the wire."""
    hints = get_type_hints(kind)
    members = {wire_name(field.name): _Member(field.name, reader(hints[field.name])) for field in fields(kind)}
    required = tuple(
        wire_name(field.name) for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
    )
    return _Shape(members, required)


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """Return the known word that `word` was probably meant to be, or None."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word[:80], known, n=1, cutoff=0.6)), None)


def _word_reader(kind: Any) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _wrong("a mapping", value)
        members, required = shape(kind)
        found: dict[str, Any] = {}
        for key, item in value.items():
            member = members.get(key)
            if member is None:
                raise _unknown(key, tuple(members))
            try:
                found[member.name] = member.read(item)
            except RefusedError as refused:
                refused.path.append(key)
                raise
        for name in required:
            if name not in value:
                raise RefusedError(f"lacks the key {name!r}", hint=f"add `{name}:`", code="ACC-E108")
        try:
            return kind(**found)
        except ValueError as error:
            raise RefusedError(f"is not allowed: {error}", hint="see `accord schema`") from error

    return read


def _unknown(key: str, known: tuple[str, ...]) -> RefusedError:
    near = nearest(key, known)
    hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
    return RefusedError(f"has the unknown key {key[:80]!r}", hint=hint, code="ACC-E107", key=key)


def _list_reader(item: Read) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise _wrong("a list", value)
        found = []
        for position, one in enumerate(value):
            try:
                found.append(item(one))
            except RefusedError as refused:
                refused.path.append(position)
                raise
        return tuple(found)

    return read


def _mapping_reader(read_key: Read, read_value: Read) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _wrong("a mapping", value)
        found = {}
        for key, item in value.items():
            try:
                known = read_key(key)
            except RefusedError as refused:
                raise RefusedError(
                    f"has the unknown key {key[:80]!r}", hint=refused.hint, code="ACC-E107", key=key
                ) from refused
            try:
                found[known] = read_value(item)
            except RefusedError as refused:
                refused.path.append(key)
                raise
        return found

    return read


def _choice_reader(choices: dict[str, Any]) -> Read:
    def read(value: Any) -> Any:
        found = choices.get(value) if isinstance(value, str) else None
        if found is None:
            near = nearest(value, tuple(choices)) if isinstance(value, str) else None
            hint = (f"did you mean {near!r}? " if near else "") + f"known are {', '.join(choices)}"
            raise RefusedError(f"does not take {_shown(value)}", hint=hint)
        return found

    return read


def _union_reader(kinds: tuple[Any, ...]) -> Read:
    """Choose by the form of the value: null, mapping, list, a plain scalar's own type, or a text."""
    words = [kind for kind in kinds if is_dataclass(kind) or get_origin(kind) is Mapping]
    lists = [kind for kind in kinds if get_origin(kind) is tuple]
    numbers = [kind for kind in kinds if kind in (bool, int, float)]
    texts = [kind for kind in kinds if kind not in (*words, *lists, *numbers, type(None))]
    if max(len(words), len(lists), len(texts)) > 1:
        raise TypeError(f"the codec cannot tell {kinds!r} apart")
    empty = type(None) in kinds
    either = " or ".join(
        _NAMES.get(kind, "a mapping" if kind in words else "a list" if kind in lists else "a text") for kind in kinds
    )
    read_word, read_list, read_text = (reader(group[0]) if group else None for group in (words, lists, texts))
    read_number = {kind: reader(kind) for kind in numbers}

    def read(value: Any) -> Any:
        if value is None or (type(value) is Plain and empty and _resolved(value) is None):
            chosen: Read | None = _nothing if empty else None
        elif type(value) is dict:
            chosen = read_word
        elif type(value) is list:
            chosen = read_list
        else:
            plain = _resolved(value) if type(value) is Plain and read_number else value
            chosen = read_number.get(type(plain)) or (read_text if isinstance(value, str) else None)
        if chosen is None:
            raise _wrong(either, value)
        return chosen(value)

    return read


def _nothing(_: Any) -> None:
    return None


def _read_str(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is not Plain:
        raise _wrong("a text", value)
    if len(value) <= 5 and (value[:1] in _SUSPECTS or not value):
        meant = _resolved(value)
        if meant is None or isinstance(meant, bool):
            raise RefusedError(
                f"takes a text, not {_shown(value)}",
                hint="put quotes around it" if value else "write a text, or leave the key out",
            )
    return str(value)


def _read_bool(value: Any) -> bool:
    meant = _resolved(value)
    if type(meant) is bool:
        return meant
    raise _wrong("true or false", value)


def _read_int(value: Any) -> int:
    meant = _resolved(value)
    if type(meant) is int:
        return meant
    raise _wrong("a whole number", value)


def _read_float(value: Any) -> float:
    meant = _resolved(value)
    if type(meant) in (int, float):
        return float(meant)
    raise _wrong("a number", value)


def _read_date(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise RefusedError(f"takes a date, and there is no {value}", hint="write it like 2027-01-31") from error
    raise _wrong("a date like 2027-01-31", value)


def _read_datetime(value: Any) -> datetime:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise RefusedError(
                f"takes a time, and there is no {value}", hint="write it like 2027-01-31T12:00:00Z"
            ) from error
    raise _wrong("a time like 2027-01-31T12:00:00Z", value)


def _read_digest(value: Any) -> Digest:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return Digest(str(value))
    raise _wrong("a digest, sha256: and 64 hexadecimal digits", value)


def _read_any(value: Any) -> Any:
    if type(value) is dict:
        return {key: _read_any(item) for key, item in value.items()}
    if type(value) is list:
        return tuple(_read_any(item) for item in value)
    return _resolved(value)


def _resolved(value: Any) -> Any:
    if type(value) is not Plain:
        return value
    try:
        return resolve(value)
    except ValueError as error:
        raise RefusedError(
            f"does not take {_shown(value)}: it {error}", hint="put quotes around it if it is a text"
        ) from error


def _wrong(wanted: str, value: Any) -> RefusedError:
    hint = "leave the key out if there is nothing to say" if _shown(value) == "nothing" else "see `accord schema`"
    return RefusedError(f"takes {wanted}, not {_shown(value)}", hint=hint)


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None | "" | "~" | "null" if value is None or type(value) is Plain:
            return "nothing"
        case str():
            return repr(str(value[:60])) + ("…" if len(value) > 60 else "")
        case _:
            return str(value)


_SUSPECTS = frozenset("nNtTfF~.+-")
_NAMES: Mapping[Any, str] = types.MappingProxyType(
    {str: "a text", bool: "true or false", int: "a whole number", float: "a number", type(None): "nothing"}
)
_SCALARS: Mapping[Any, Read] = types.MappingProxyType(
    {
        str: _read_str,
        bool: _read_bool,
        int: _read_int,
        float: _read_float,
        date: _read_date,
        datetime: _read_datetime,
        object: _read_any,
    }
)
