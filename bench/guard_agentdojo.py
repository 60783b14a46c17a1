"""AgentDojo's tools before the one generic policy: the suite's name chooses the manifest of tools, never a rule.

What a tool does is read from what the tool says of itself (name, description, JSON schema), exactly as the gateway
reads the tools of a request; nothing about the benchmark's tasks, people or attackers is known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

from accord.core.guard import GuardPolicy, GuardTool, Outcome, Ruling
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Flow, Tool, compile_flow

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def decide(suite: str, user_prompt: str, history: Sequence[Mapping[str, object]], call: Mapping[str, object]) -> bool:
    """Tell whether the policy lets a call run; to ask a person first is no."""
    return rule(suite, user_prompt, history, call).outcome is Outcome.ALLOW


def rule(suite: str, user_prompt: str, history: Sequence[Mapping[str, object]], call: Mapping[str, object]) -> Ruling:
    """Return what the policy says of a call."""
    conversation = [Message(role="user", content=user_prompt)]
    for step in history:
        done = step["call"]
        assert isinstance(done, Mapping)
        conversation.append(Message(role="assistant", tool_calls=(_call(done),)))
        conversation.append(Message(role="tool", name=str(done["function"]), content=str(step["output"])))
    return flow_of(suite).authorise(conversation, _call(call), now=NOW)


def _call(said: Mapping[str, object]) -> ToolCall:
    args = said["args"]
    assert isinstance(args, Mapping)
    return ToolCall(name=str(said["function"]), args=args)


@cache
def flow_of(suite: str) -> Flow:
    """Return the policy over the tools of a suite, all of them listed and none described beyond what it says."""
    from agentdojo.task_suite.load_suites import get_suites

    tools = [
        Tool(name=tool.name, description=tool.description, schema=tool.parameters.model_json_schema())
        for tool in get_suites("v1.2.1")[suite].tools
    ]
    return compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=tool.name) for tool in tools)), tools)
