"""The one canonical form: RFC 8785 (JCS) bytes of plain values and words, and their digests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from json import JSONEncoder
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, Final, NewType

Digest = NewType("Digest", str)
"""`sha256:` and 64 hexadecimal digits."""

_EXACT = 2**53 - 1  # RFC 8785 §3.2.2.3: numbers are IEEE 754 doubles
_ENCODER: Final = JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_UNSURE: Final = re.compile(  # what JSON in C may write unlike RFC 8785: some doubles, and integers that are too long
    r"(?:^|[:,\[])-?(?:\d+\.0|[\d.]+e[-+]?\d+|\d{16,})(?:[,}\]]|$)"
)
_MANY: Final = 200  # items from which a list is long
_DEEP: Final = 2  # a statement holds an assessment, which holds the long lists
_PLAIN = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:
    """Return `value` as JSON types only: words become mappings, enums their values, times RFC 3339 UTC.

    Raises `TypeError` for anything that has no JSON form, `ValueError` for NaN and infinities.
    """
    if type(value) in _PLAIN:  # the most by far: an assessment holds a million of them
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("NaN and infinities have no canonical form")
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(getattr(value, name)) for name, key in _names(type(value))}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items) if isinstance(value, set | frozenset) else items
    raise TypeError(f"{type(value).__name__} has no canonical form")


def wire_name(name: str) -> str:
    """Return the key of a field on the wire: `from_` stands for the keyword `from`."""
    return name.removesuffix("_")


@cache
def _names(word: type[Any]) -> tuple[tuple[str, str], ...]:
    """Return the name of each field of a word, and its key on the wire."""
    return tuple((field.name, wire_name(field.name)) for field in fields(word))


def members(value: Any) -> dict[str, Any] | None:
    """Return the members of a word or mapping by their keys on the wire, as they are; None for any other value."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: getattr(value, name) for name, key in _names(type(value))}
    return {str(plain(key)): item for key, item in value.items()} if isinstance(value, Mapping) else None


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a plain value or word.

    Raises `ValueError` for NaN, infinities, integers beyond 2^53 - 1 and lone surrogates.
    """
    return b"".join(_pieces(value, _DEEP))


def is_long(value: Any) -> bool:
    """Tell whether a value is a list that is better written one item after the other than made plain as a whole."""
    return isinstance(value, list | tuple) and len(value) > _MANY


def _pieces(value: Any, deep: int) -> Iterator[bytes]:
    """Yield the bytes of a value; long lists one item after the other: their plain form takes ten times the memory."""
    if not _has_long(value, deep):
        yield _whole(value)
    elif is_long(value):
        for position, item in enumerate(value):
            yield b"," if position else b"["
            yield _whole(item)
        yield b"]"
    else:
        inside = members(value) or {}
        for position, key in enumerate(_ordered(inside)):
            yield (b"," if position else b"{") + _whole(key) + b":"
            yield from _pieces(inside[key], deep - 1)
        yield b"}"


def _has_long(value: Any, deep: int) -> bool:
    inside = members(value) if deep and type(value) not in _PLAIN else None
    return is_long(value) if inside is None else any(_has_long(one, deep - 1) for one in inside.values())


def _whole(value: Any) -> bytes:
    said = plain(value)
    text = _ENCODER.encode(said)
    if not text.isascii() or _UNSURE.search(text):
        parts: list[str] = []
        _write(said, parts)
        text = "".join(parts)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a lone surrogate has no canonical form") from error


def digest(value: Any) -> Digest:
    """Return the SHA-256 digest of the canonical bytes of `value`, which need not be in memory as a whole."""
    from hashlib import sha256  # here: commands that hash nothing need not load OpenSSL

    total = sha256()
    for piece in _pieces(value, _DEEP):
        total.update(piece)
    return Digest("sha256:" + total.hexdigest())


def digest_bytes(data: bytes) -> Digest:
    """Return the SHA-256 digest of `data` as `sha256:` + hex."""
    from hashlib import sha256

    return Digest("sha256:" + sha256(data).hexdigest())


def _write(value: Any, parts: list[str]) -> None:
    match value:
        case None:
            parts.append("null")
        case bool():
            parts.append("true" if value else "false")
        case str():
            parts.append(encode_basestring(value))
        case int():
            if abs(value) > _EXACT:
                raise ValueError(f"{value} is beyond the exact integers of RFC 8785")
            parts.append(str(value))
        case float():
            parts.append(_number(value))
        case list():
            _write_items(value, parts)
        case _:
            _write_members(value, parts)


def _write_items(items: list[Any], parts: list[str]) -> None:
    parts.append("[")
    for position, item in enumerate(items):
        if position:
            parts.append(",")
        _write(item, parts)
    parts.append("]")


def _ordered(said: Mapping[str, Any]) -> list[str]:
    # RFC 8785 §3.2.3: sorted by UTF-16 code units, not by code points
    keys = sorted(said)
    if not all(map(str.isascii, keys)):
        keys.sort(key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return keys


def _write_members(said: Mapping[str, Any], parts: list[str]) -> None:
    parts.append("{")
    for position, key in enumerate(_ordered(said)):
        if position:
            parts.append(",")
        parts.append(encode_basestring(key))
        parts.append(":")
        _write(said[key], parts)
    parts.append("}")


def _number(value: float) -> str:
    """Write a double as ECMAScript does (RFC 8785 §3.2.2.3); Python's repr has the same shortest digits."""
    if not isfinite(value):
        raise ValueError("NaN and infinities have no canonical form")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + int(exponent or 0)  # value = 0.DIGITS × 10^point
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return f"{sign}{digits}{'0' * (point - count)}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = point - 1
    head = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{head}e{'+' if power > 0 else '-'}{abs(power)}"
