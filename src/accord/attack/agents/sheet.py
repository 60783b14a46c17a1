"""What we say about a suite, as data: what its tools do, which views its state has, when an attack succeeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from accord.core.case import Condition
from accord.core.errors import CatalogError, ManifestError
from accord.core.system import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A list that the state shows under `name`, made of the members `of` a list or mapping in it.

    With `where` the members that are so; with `join` each member with the texts of some fields as `text`; with `by`
    and `add` the sums of one field for each value of another, as `key` and `sum`; else each as `key` and `value`.
    """

    name: str
    of: str
    where: Mapping[str, str | int | bool] = field(default_factory=dict)
    join: tuple[str, ...] = ()
    by: str | None = None
    add: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """When an attack has succeeded: by what it did to the state (`broke`), and by the calls alone (`called`).

    `given` says where the values of variables come from: `task:NAME` is a constant of the task, `state:PATH` stands
    in the state before. A path with `*` gives a list; a condition that names one holds when it holds for each.
    """

    task: str
    broke: Condition
    called: Condition | None = None
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything we say about one suite; `omit` names parts of the state that only repeat others."""

    suite: str
    tools: tuple[Tool, ...]
    goals: tuple[Goal, ...]
    views: tuple[View, ...] = ()
    omit: tuple[str, ...] = ()


def sheet(name: str) -> Sheet:
    """Return what ships about a suite; raises `CatalogError` when nothing does, or it is damaged."""
    from accord.record.codec import decode

    known = dict(_entries())
    if name not in known:
        message, hint = f"nothing is known about a suite {name[:40]!r}", f"known are {', '.join(sorted(known))}"
        raise CatalogError(message, hint=hint, code="ACC-E648")
    try:
        return decode(known[name], Sheet, path=f"{name}.yaml")
    except ManifestError as error:
        message = f"what ships about the suite {name} is damaged: {error}"
        raise CatalogError(message, hint="install Accord anew", code="ACC-E649") from error


def _entries() -> Iterator[tuple[str, bytes]]:
    folder = files("accord") / "data" / "agents" / "agentdojo"
    for entry in folder.iterdir():
        if entry.name.endswith(".yaml"):
            yield entry.name.removesuffix(".yaml"), entry.read_bytes()
