"""What the checks on tools share: the declaration of a tool, and what calling it does to the world."""

from __future__ import annotations

from typing import Final

from accord.checks.places import manifest_place
from accord.core import Asset, Context, Place
from accord.core.system import Effect, Tool

_READS: Final = frozenset({"read-private", "fetch-url"})
_FINAL: Final = frozenset({"pay", "order", "publish", "send-message", "delete-record", "run-code", "change-access"})


def declared(ctx: Context, asset: Asset) -> Tool | None:
    """Return what the manifest says about a tool, or None for one that it does not name."""
    return next((tool for tool in ctx.system.components.tools if asset.declared and tool.id == asset.id), None)


def acts(tool: Tool) -> bool:
    """Tell whether calling the tool changes something; a tool that says nothing about it does."""
    if tool.effect is None:
        return tool.does not in _READS
    return tool.effect not in {Effect.NONE, Effect.READ}


def irreversible(tool: Tool) -> bool:
    """Tell whether what the tool does cannot be undone: as it states, else by the word for what it does."""
    return tool.does in _FINAL if tool.effect is None else tool.effect is Effect.IRREVERSIBLE


def tool_place(ctx: Context, asset: Asset) -> Place:
    """Return where a tool is declared, or, for one that is not, where it was found."""
    if asset.declared or asset.path is None:
        return manifest_place(ctx, asset.id)
    line = asset.facts.get("line", "")
    return Place(path=asset.path, line=int(line) if line.isdecimal() else None)
