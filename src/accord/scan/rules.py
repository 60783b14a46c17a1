"""What the Python reader knows by name, from `data/recognisers/python.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from accord.content.tables import table_of


class LoadRule(NamedTuple):
    """A call that loads code: `when` (keyword, value) makes it unsafe, `unless` makes it safe."""

    fix: str
    when: tuple[str, object] | None
    unless: tuple[str, object] | None


class Rules(NamedTuple):
    """Names of Python libraries and what they mean."""

    clients: Mapping[str, str]
    langchain: Mapping[str, str]
    methods: Mapping[str, str]
    hub: frozenset[str]
    stores: Mapping[str, str]
    vectorstores: Mapping[str, str]
    loads: Mapping[str, LoadRule]


@cache
def rules() -> Rules:
    """Return the names, read once."""
    said = table_of("recognisers/python.yaml")
    return Rules(
        clients=said["clients"],
        langchain=said["langchain"],
        methods=said["methods"],
        hub=frozenset(said["hub"]),
        stores=said["stores"],
        vectorstores=said["vectorstores"],
        loads={one["name"]: LoadRule(one["fix"], _pair(one, "when"), _pair(one, "unless")) for one in said["loads"]},
    )


def _pair(one: Mapping[str, list[object]], key: str) -> tuple[str, object] | None:
    return (str(one[key][0]), one[key][1]) if key in one else None
