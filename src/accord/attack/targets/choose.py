"""From a target of the manifest to the endpoint that reaches it; what a way needs is imported when it is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from accord.attack.targets.line import Endpoint
from accord.core.errors import TargetError
from accord.core.system import TargetSpec


def endpoint(target: TargetSpec, *, root: Path | None = None) -> Endpoint:
    """Return what reaches a target; nothing is opened or imported of the system yet.

    `root` is the folder of the manifest, where a Python target or a command lies. Raises `TargetError` where a
    credential is not in the environment.
    """
    if target.mcp_port is not None:
        from accord.attack.targets.staged import StagedEndpoint

        return StagedEndpoint(endpoint(replace(target, mcp_port=None), root=root), target.mcp_port)
    call, folder = target.call, root or Path()
    if call.openai is not None:
        from accord.attack.targets.openai import OpenAi

        return OpenAi(call.openai)
    if call.http is not None:
        from accord.attack.targets.http import HttpEndpoint

        return HttpEndpoint(call.http)
    if call.python is not None:
        from accord.attack.targets.python import python_endpoint

        return python_endpoint(call.python, folder)
    return _beyond(target, folder)


def _beyond(target: TargetSpec, folder: Path) -> Endpoint:
    """Return what reaches a target that is no model and no web service."""
    call = target.call
    if call.mcp is not None:
        from accord.attack.targets.mcp import McpEndpoint

        return McpEndpoint(call.mcp, folder)
    if call.command is not None:
        from accord.attack.targets.command import CommandEndpoint

        return CommandEndpoint(call.command, folder)
    if call.harness is not None:
        from accord.attack.targets.harness import DoorEndpoint

        return DoorEndpoint(call.harness)
    raise TargetError(f"the target {target.id!r} cannot be attacked", code="ACC-E656")


def rounds_of_tools(target: TargetSpec) -> int:
    """Return how many requests may follow a turn in which the model calls a tool that we answer."""
    if target.call.openai is None:
        return 0
    from accord.attack.targets.openai import TOOL_ROUNDS

    return TOOL_ROUNDS
