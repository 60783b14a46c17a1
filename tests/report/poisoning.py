"""Puts a hostile text in front of every text of a word."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum


def poison(value: object, text: str, spared: Collection[str] = ()) -> object:
    """Return the word with a text in front of every text in it, names included; fields that are `spared` stay."""
    match value:
        case Enum():
            return value
        case str():
            return text + value
        case tuple():
            return tuple(poison(one, text, spared) for one in value)
        case Mapping():
            return {text + str(key): poison(one, text, spared) for key, one in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            free = [one.name for one in fields(value) if one.name not in spared]
            return replace(value, **{name: poison(getattr(value, name), text, spared) for name in free})
        case _:
            return value
