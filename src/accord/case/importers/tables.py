"""What the importers know of other collections, as it stands in `data/imports.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from accord.core.case import Channel
from accord.core.shipped import DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words that tell an effect, and the argument of it that carries what the attacker wants."""

    does: str
    argument: str
    tool: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where a format's data comes from."""

    by: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Everything that is known."""

    goals: tuple[str, ...]
    places: tuple[str, ...]
    systems: tuple[str, ...]
    tops: tuple[str, ...]
    channels: Mapping[str, Channel]
    effects: tuple[Words, ...]
    formats: Mapping[str, Known]


@cache
def tables() -> Tables:
    """Return the tables; they are read once."""
    from accord.record.codec import decode

    return decode((DATA / "imports.yaml").read_bytes(), Tables, path="imports.yaml")
