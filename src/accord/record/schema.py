"""JSON Schema of the files that people write, generated from the words, so that editors say what `decode` says."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from inspect import cleandoc
from typing import Any, Literal, NamedTuple, NewType, Union, get_args, get_origin, get_type_hints

from accord.core.assessment import Assessment, Attestation, Waivers
from accord.core.canon import Digest, wire_name
from accord.core.case import Case, Condition, Need, Step
from accord.core.errors import CatalogError
from accord.core.guard import GuardPolicy
from accord.core.system import Call, System
from accord.core.threats import ThreatModel

NAMES = ("manifest", "threats", "waivers", "attestation", "case", "guard", "assessment")
"""What `schema` knows."""

Schema = dict[str, Any]

_EXACTLY_ONE = (Call, Condition, Need, Step)  # what their __post_init__ demands
_EXACT = 2**53 - 1
_TEXT = ("string", "number")


class _Document(NamedTuple):
    """A word that is a whole file, and the key that holds its version."""

    word: Any
    version: str


def schema(name: str) -> Schema:
    """Return the JSON Schema (2020-12) of a kind of file; raises `CatalogError` for a name that is not in `NAMES`."""
    documents = {
        "manifest": _Document(System, "accord"),
        "threats": _Document(ThreatModel, "threats"),
        "waivers": _Document(Waivers, "waivers"),
        "attestation": _Document(Attestation, "attestation"),
        "case": _Document(Case, "case"),
        "guard": _Document(GuardPolicy, "guard"),
        "assessment": _Document(Assessment, "accord"),
    }
    if name not in documents:
        raise CatalogError(f"there is no schema {name[:80]!r}", hint=f"known are {', '.join(NAMES)}", code="ACC-E201")
    document = documents[name]
    words: dict[str, Schema] = {}
    _schema(document.word, words)
    top = words.pop(document.word.__name__)
    top["properties"][document.version] = {"const": 1}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:accord:schema:{name}:1"}
    made = {**head, "title": name, **top, "$defs": dict(sorted(words.items()))}
    return _typed(made) if name == "assessment" else made


def _typed(value: Any) -> Any:
    """Return a schema for a file that Accord writes itself: there a text is a text."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return "string" if value == [*_TEXT] else [_typed(item) for item in value]
    return value


def _schema(kind: Any, words: dict[str, Schema]) -> Schema:
    """Return the schema of a field's type; words go to `words` once, by name."""
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    if is_dataclass(kind):
        return _word(kind, words)
    if isinstance(kind, NewType):
        return {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"} if kind is Digest else {"type": "string"}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], words)}
    if origin is Mapping:
        keys = _schema(arguments[0], words)
        return {"type": "object", "propertyNames": keys, "additionalProperties": _schema(arguments[1], words)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(argument, words) for argument in arguments]}
    raise TypeError(f"no schema for {kind!r}")


def _word(kind: Any, words: dict[str, Schema]) -> Schema:
    reference = {"$ref": f"#/$defs/{kind.__name__}"}
    if kind.__name__ in words:
        return reference
    made: Schema = {"description": cleandoc(kind.__doc__), "type": "object", "additionalProperties": False}
    words[kind.__name__] = made
    hints = get_type_hints(kind)
    made["properties"] = {wire_name(field.name): _schema(hints[field.name], words) for field in fields(kind)}
    made["required"] = [
        wire_name(field.name) for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
    ]
    if kind in _EXACTLY_ONE:
        made["oneOf"] = [
            {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in made["properties"]
        ]
    return reference


_SCALARS: Mapping[Any, Schema] = types.MappingProxyType(
    {
        str: {"type": [*_TEXT]},  # YAML without quotes: `version: 2.10` is the text 2.10
        bool: {"type": "boolean"},
        int: {"type": "integer", "minimum": -_EXACT, "maximum": _EXACT},
        float: {"type": "number"},
        date: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        datetime: {"type": "string", "format": "date-time"},
        object: {},
        type(None): {"type": "null"},
    }
)
