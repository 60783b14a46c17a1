"""AgentDojo's tools before the one generic policy: the suite's name chooses the manifest of tools, never a rule.

What a tool does is read from what the tool says of itself (name, description, JSON schema), exactly as the gateway
reads the tools of a request; nothing about the benchmark's tasks, people or attackers is known here.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final, NamedTuple, cast

from accord.core.guard import GuardPolicy, GuardTool, Outcome, Ruling
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Flow, Tool, compile_flow

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MOST: Final = 4_096


class _Step(NamedTuple):
    """A step of a history, kept so that its id stays its own, and what it is in our words."""

    step: Mapping[str, object]
    messages: tuple[Message, Message]


_STEPS: Final[dict[int, _Step]] = {}


def decide(suite: str, user_prompt: str, history: Sequence[Mapping[str, object]], call: Mapping[str, object]) -> bool:
    """Tell whether the policy lets a call run; to ask a person first is no."""
    return rule(suite, user_prompt, history, call).outcome is Outcome.ALLOW


def rule(suite: str, user_prompt: str, history: Sequence[Mapping[str, object]], call: Mapping[str, object]) -> Ruling:
    """Return what the policy says of a call."""
    conversation = [_asked(user_prompt)]
    for step in history:
        conversation += _said(step)
    return flow_of(suite).authorise(conversation, _call(call), now=NOW)


@lru_cache(maxsize=256)
def _asked(user_prompt: str) -> Message:
    return Message(role="user", content=user_prompt)


def _said(step: Mapping[str, object]) -> tuple[Message, Message]:
    """Return a step as the messages that an application would hold already; each is made once."""
    known = _STEPS.get(id(step))
    if known is None or known.step is not step:
        done = cast(Mapping[str, object], step["call"])
        asked = Message(role="assistant", tool_calls=(_call(done),))
        told = Message(role="tool", name=str(done["function"]), content=str(step["output"]))
        if len(_STEPS) > _MOST:
            _STEPS.clear()
        known = _STEPS[id(step)] = _Step(step, (asked, told))
    return known.messages


def _call(said: Mapping[str, object]) -> ToolCall:
    return ToolCall(name=str(said["function"]), args=cast(Mapping[str, object], said["args"]))


def compiled() -> None:
    """Compile the policies of all suites, as an application does before it takes calls."""
    from agentdojo.task_suite.load_suites import get_suites

    for suite in get_suites("v1.2.1"):
        flow_of(suite)
    gc.collect()
    gc.freeze()  # as the gateway does once it is loaded: what stays is not gone through again and again


@cache
def flow_of(suite: str) -> Flow:
    """Return the policy over the tools of a suite, all of them listed and none described beyond what it says."""
    from agentdojo.task_suite.load_suites import get_suites

    tools = [
        Tool(name=tool.name, description=tool.description, schema=tool.parameters.model_json_schema())
        for tool in get_suites("v1.2.1")[suite].tools
    ]
    return compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=tool.name) for tool in tools)), tools)
