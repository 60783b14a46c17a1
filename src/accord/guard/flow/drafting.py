"""A first guard.yaml from what accord.yaml declares: every tool listed, irreversible ones approved by a person."""

from __future__ import annotations

from collections.abc import Mapping

from accord.core.case import Argument, Does
from accord.core.guard import GuardTool, Integrity
from accord.core.system import Approval, Effect, System
from accord.core.system import Tool as Declared
from accord.guard.flow.tools import Tool, facts_of

_STRANGERS = "strangers"


def drafted(system: System) -> dict[str, object]:
    """Return a policy as plain values, ready to be written; deny by default needs no line of its own."""
    policy: dict[str, object] = {"guard": 1, "mode": "enforce", "detector": "on", "delegation": "on"}
    policy["on_error"] = {"read": "closed", "write": "closed"}
    tools = [_tool(tool) for tool in system.components.tools]
    if tools:
        policy["tools"] = tools
    sources: list[dict[str, object]] = [
        {"match": f"retrieval:{store.id}*", "integrity": "untrusted", "writers": list(store.writers) or [_STRANGERS]}
        for store in system.components.retrieval
    ]
    if sources:
        policy["sources"] = sources
    return policy


def unknown(system: System) -> tuple[str, ...]:
    """Return the tools of which neither the manifest nor their names tell the effect: they stay blocked."""
    return tuple(tool.id for tool in system.components.tools if _facts_missing(tool))


def _tool(tool: Declared) -> dict[str, object]:
    said: dict[str, object] = {"name": tool.id}
    if tool.does:
        said["does"] = tool.does
    if tool.effect is not None:
        said["effect"] = tool.effect.value
    if tool.args:
        said["args"] = dict(tool.args)
    if tool.does == Does.READ_PRIVATE and Argument.TARGET in tool.args:  # whose records: nobody else decides that
        said["demands"] = {tool.args[Argument.TARGET]: Integrity.USER.value}
    if tool.description:
        said["description"] = tool.description
    limits: Mapping[str, int] = tool.limits
    if limits:
        said["limits"] = dict(limits)
    approval = tool.approval or (Approval.HUMAN if _final(tool) else None)
    if approval not in {None, Approval.NONE}:
        said["approval"] = approval.value if approval else ""
    return said


def _final(tool: Declared) -> bool:
    facts = facts_of(Tool(name=tool.id, description=tool.description or ""), _listed(tool))
    return facts is not None and facts.effect is Effect.IRREVERSIBLE


def _facts_missing(tool: Declared) -> bool:
    return facts_of(Tool(name=tool.id, description=tool.description or ""), _listed(tool)) is None


def _listed(tool: Declared) -> GuardTool:
    return GuardTool(name=tool.id, does=tool.does, effect=tool.effect, args=tool.args)
