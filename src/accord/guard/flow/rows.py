"""What a source hands out, as rows of a table: CSV, tables of Markdown, lists in JSON and in Python's notation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.outputs import LARGEST, NOTATION, Field, field_of, read_output, unquoted, when

_COUNTS: Final = frozenset({"total", "count", "size", "page", "pages", "limit", "offset", "results", "next"})
_DEEP: Final = 12
_MOST: Final = 2_000


class Row(NamedTuple):
    """One row; `group` is the name of the list it stands in. A list within a row makes a row of each of its items."""

    group: str
    fields: tuple[Field, ...]


@lru_cache(maxsize=256)
def read_rows(text: str) -> tuple[Row, ...]:
    """Return the rows of an output; none where it is no table."""
    if len(text) > LARGEST or not text.strip():
        return ()
    tree = _json(text)
    if tree is None and text.lstrip()[:1] in "[{(" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        tree = _notation(text)
    if tree is not None:
        return tuple(_walk("", tree, (), _DEEP))[:_MOST]
    return tuple(Row("", tuple(record)) for record in read_output(text).records)[:_MOST]


def _json(text: str) -> object:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _walk(group: str, said: object, above: tuple[Field, ...], deep: int) -> Iterator[Row]:
    """Yield the rows of a value: of a mapping its plain fields with those above, or the rows of the lists in it."""
    if isinstance(said, list) and deep:
        for item in said:
            yield from _walk(group, item, above, deep - 1)
        return
    if not isinstance(said, Mapping) or not deep:
        return
    plain = (*above, *_plain(said, deep))
    lists = [(str(name), value) for name, value in said.items() if _rows_in(value)]
    for name, value in lists:
        yield from _walk(name, value, plain, deep - 1)
    if not lists:
        yield Row(group, plain)


def _rows_in(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_rows_in(one) for one in value.values())
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _plain(said: Mapping[object, object], deep: int) -> Iterator[Field]:
    listing = any(map(_rows_in, said.values()))
    for name, value in said.items():
        if _rows_in(value) or value is None or (listing and str(name).casefold() in _COUNTS):
            continue
        if isinstance(value, Mapping) and deep:
            yield from _plain(value, deep - 1)
        elif isinstance(value, list):
            yield from (field_of(str(name), str(one)) for one in value if not isinstance(one, list | Mapping))
        else:
            yield field_of(str(name), value if isinstance(value, str) else str(value))


def _notation(text: str) -> object:
    """Return what Python's `repr` wrote as lists and mappings; None for what is no such notation."""
    tokens: list[tuple[str, str]] = []
    at = 0
    for match in NOTATION.finditer(text):
        if text[at : match.start()].strip():
            return None
        at, kind = match.end(), match.lastgroup or ""
        said = when(match["when"]) if kind == "when" else match["key"] if kind == "key" else match.group()
        tokens.append((kind, unquoted(said.rstrip()) if kind == "string" else said.strip()))
    if text[at:].strip() or not tokens:
        return None
    try:
        value, end = _value(tokens, 0, _DEEP)
    except (IndexError, ValueError):
        return None
    return value if end == len(tokens) and not isinstance(value, str) else None


def _value(tokens: Sequence[tuple[str, str]], at: int, deep: int) -> tuple[object, int]:
    """Return the value that begins at a token, and where it ends."""
    kind, said = tokens[at]
    if not deep:
        raise ValueError(said)
    if kind == "bare" and tokens[at + 1 : at + 2] == [("open", "(")]:
        return _members(tokens, at + 2, deep)
    if kind == "open":
        return _members(tokens, at + 1, deep) if said == "{" else _items(tokens, at + 1, deep)
    if kind in {"string", "bare", "when"}:
        return said, at + 1
    raise ValueError(said)


def _items(tokens: Sequence[tuple[str, str]], at: int, deep: int) -> tuple[object, int]:
    found: list[object] = []
    while tokens[at][0] != "close":
        if tokens[at][0] == "comma":
            at += 1
            continue
        value, at = _value(tokens, at, deep - 1)
        found.append(value)
    return found, at + 1


def _members(tokens: Sequence[tuple[str, str]], at: int, deep: int) -> tuple[object, int]:
    found: dict[str, object] = {}
    while tokens[at][0] != "close":
        kind, said = tokens[at]
        if kind == "comma":
            at += 1
            continue
        if kind == "key":
            found[said], at = _value(tokens, at + 1, deep - 1)
        elif tokens[at + 1][0] == "colon":
            found[said], at = _value(tokens, at + 2, deep - 1)
        else:
            found[f"#{len(found)}"], at = _value(tokens, at, deep - 1)
    return found, at + 1


def numbered(key: str) -> bool:
    """Tell whether a column is headed by a sign for numbers: `N°`, `#`."""
    return key.strip().strip(".").casefold() in {"n°", "nº", "№", "#", "n", "nr", "no"}
