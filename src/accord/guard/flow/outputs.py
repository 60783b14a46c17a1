"""What a tool handed out, as records of fields: JSON, Python's notation, plain YAML, tables; all else is free text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, slot_named
from accord.guard.flow.notation import tokens, unquoted
from accord.guard.flow.shapes import form_of
from accord.guard.flow.tables import rows

LARGEST: Final = 1 << 18
"""Characters of an output that are read as records; a longer one is free text."""

_DEEP: Final = 16
_FIELDS: Final = 20_000
_FREE: Final = 60
_LOOKS: Final = re.compile(r"\s*(?:[\[{]|[A-Za-z_]\w*=['\"\d\[{(])")
_KEY: Final = re.compile(r"[\w-]{1,60}:( |$)")
_GOES_ON: Final = re.compile(r"[ -]*[\w '\"-]{1,60}:( |\n|$)|[ ]*- |\s")
_YAML: Final = re.compile(
    r"(?P<indent> *)(?P<dash>(?:- )*-?)"
    r"(?:(?P<key>[\w ./-]{1,80}|'(?:[^'\n]|'')*'|\"(?:[^\"\\\n]|\\.)*\"):(?=[ \n]|\Z))?"
    r"[ ]*(?P<value>'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"|[^\n]*)(?:\n|\Z)",
    re.DOTALL,
)


class Field(NamedTuple):
    """A value and its key. `free` is running text that somebody wrote, in which anything may stand."""

    key: str
    value: str
    free: bool


class Output(NamedTuple):
    """The records of an output; none where it is free text as a whole."""

    records: tuple[tuple[Field, ...], ...]
    text: str


@lru_cache(maxsize=512)
def read_output(text: str) -> Output:
    """Return the records of an output."""
    if len(text) > LARGEST or not text.strip():
        return Output((), text)
    records = _json(text)
    if records is None:
        records = _notation(text) if _LOOKS.match(text) else _yaml(text) or _table(text)
    return Output(tuple(tuple(record) for record in records or () if record), text)


@lru_cache(maxsize=256)
def field_forms(text: str, slot: Slot) -> frozenset[str]:
    """Return the values of the fields of an output, in the form in which values of a slot are compared."""
    return frozenset(form_of(field.value, slot) for record in read_output(text).records for field in record)


def field_of(key: str, value: str) -> Field:
    """Return a field, free where its text is long or its key says that people write there."""
    long = len(value) > _FREE or "\n" in value or value.count(" ") > 6 or slot_named(key) is Slot.CONTENT
    return Field(key, value, long)


def _json(text: str) -> list[list[Field]] | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inner = _listed(said)
    return [list(_walk("", item, _DEEP)) for item in inner][:_FIELDS]


def _listed(said: object) -> list[object]:
    """Return the records of a JSON value: the items of a list, also of the only list in a mapping."""
    if isinstance(said, list):
        return said
    if isinstance(said, Mapping):
        lists = [
            value for value in said.values() if isinstance(value, list) and value and isinstance(value[0], Mapping)
        ]
        if lists and (len(lists) == 1 or len(lists) == len(said)):
            return [item for one in lists for item in one]
    return [said]


def _walk(key: str, said: object, deep: int) -> Iterator[Field]:
    if isinstance(said, Mapping) and deep:
        for name, value in said.items():
            yield from _walk(str(name), value, deep - 1)
    elif isinstance(said, list) and deep:
        for value in said:
            yield from _walk(key, value, deep - 1)
    elif said is not None:
        yield field_of(key, said if isinstance(said, str) else str(said))


def _notation(text: str) -> list[list[Field]] | None:
    """Read what Python's `repr` wrote: a record for each item of its list."""
    found = tokens(text)
    if found is None:
        return None
    record: list[Field] = []
    records, stack, listed = [record], list[str](), found[0][2] == "["
    key, held = "", ""
    for named, value, sign in found:
        key = named or key
        if value is not None:
            held = value
            record.append(field_of(key, value))
        elif sign == ",":
            if listed and len(stack) == 1:
                record = []
                records.append(record)
        elif sign == ":":
            key = record.pop().value if record and stack and stack[-1] == "{" else key
        elif sign in "[({":
            stack.append(sign)
            if record and sign == "(" and record[-1].value == held:
                record.pop()  # the name of a class
        elif not stack:
            return None
        else:
            stack.pop()
    return None if stack else records


def _yaml(text: str) -> list[list[Field]] | None:
    """Read plain block YAML: keys, dashes and scalars; None for what is not clearly that."""
    if text[:1].isspace() or not _starts_like_yaml(text):
        return None
    records: list[list[Field]] = []
    at, key, inset = 0, "", 0
    for _ in range(_FIELDS):
        if at >= len(text):
            return records
        match = _YAML.match(text, at)
        if match is None:
            return None
        at = match.end()
        indent, dash, name, value = len(match["indent"]), match["dash"], match["key"], match["value"].rstrip()
        if not match.group().strip():
            continue
        if (dash and indent == 0) or not records:
            records.append([])
        if name is None and not dash:
            if not _continues(records[-1], indent, inset, value):
                return None
            continue
        key = _scalar(name) if name is not None else key if indent else ""
        inset = indent + (len(dash) + 1 if dash and name is not None else 0)
        if value not in {"", "[]", "{}", "null"}:
            if value[0] in "|>&*!%@`":
                return None
            records[-1].append(field_of(key, _scalar(value)))
    return None


def _table(text: str) -> list[list[Field]] | None:
    """Read a whole table; whoever can forge a line in one could write a record of their own as well."""
    found = rows(text)
    return None if found is None else [[field_of(key, cell) for key, cell in row if cell] for row in found[:_FIELDS]]


def _starts_like_yaml(text: str) -> bool:
    first, _, second = text.partition("\n")
    return first.startswith("- ") or (bool(_KEY.match(first)) and (not second or bool(_GOES_ON.match(second))))


def _continues(record: list[Field], indent: int, inset: int, value: str) -> bool:
    """Append a folded line to the scalar it belongs to; a line that is no deeper than its key is no such line."""
    if not record or indent <= inset:
        return False
    last = record[-1]
    record[-1] = Field(last.key, f"{last.value} {value}", free=True)
    return True


def _scalar(said: str) -> str:
    if said[:1] == "'" and said[-1:] == "'" and len(said) > 1:
        return re.sub(r"\s*\n\s*", " ", said[1:-1].replace("''", "'"))
    if said[:1] == '"' and said[-1:] == '"' and len(said) > 1:
        folded = re.sub(r"\\\n\s*|\s*\n\s*", lambda found: "" if found.group()[0] == "\\" else " ", said)
        return unquoted(folded)
    return said
