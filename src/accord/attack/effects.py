"""What a tool call does, in the words that cases share: the manifest binds a tool to its effect and arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from accord.core.system import Tool
from accord.core.trial import ToolCall


def bound(call: ToolCall, tools: Iterable[Tool]) -> ToolCall:
    """Return the call with its effect, and the effect's arguments (`recipient`) beside the tool's own (`to`).

    A call that says its effect already, or of a tool that nobody declared, comes back as it is.
    """
    tool = next((tool for tool in tools if tool.id == call.name), None)
    if tool is None or tool.does is None or call.does is not None:
        return call
    return replace(call, does=tool.does, args={**call.args, **_shared(call.args, tool.args)})


def _shared(given: Mapping[str, object], binding: Mapping[str, str]) -> dict[str, object]:
    return {name: given[own] for name, own in binding.items() if own in given}
