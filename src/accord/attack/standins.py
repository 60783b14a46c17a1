"""What stands in where no manifest says it: a tool for each effect, and honest tasks that any assistant can serve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from accord.core.shipped import DATA
from accord.core.system import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standins:
    """The tools that a bare model is offered, and the tasks it is asked."""

    tools: tuple[Tool, ...]
    tasks: tuple[str, ...]


@cache
def standins() -> Standins:
    """Return what `data/attack/standins.yaml` holds."""
    from accord.record.codec import decode

    return decode((DATA / "attack" / "standins.yaml").read_bytes(), Standins, path="standins.yaml")


def standin(does: str) -> Tool:
    """Return the tool that stands in for an effect; one that only its inventor knows (`x-NAME`) gets its own name."""
    known = (tool for tool in standins().tools if tool.does == does)
    name = does.removeprefix("x-").replace("-", "_")
    return next(known, None) or Tool(id=name, does=does, args={"content": "text"}, description=f"Do this: {name}.")
