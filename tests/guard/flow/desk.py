"""The desk that the scenes of the tool policy play at: its tools, and one conversation with one call a scene."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from accord.core.guard import GuardPolicy, GuardTool, Outcome, Ruling
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Flow, Tool, compile_flow

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
IBAN: Final = "DE89370400440532013000"
OTHER: Final = "GB33BUKB20201555555555"
ALLOW, ASK, BLOCK = Outcome.ALLOW, Outcome.ASK, Outcome.BLOCK
STOPS: Final = None
"""What a scene expects that must be stopped, by a question or by a refusal."""

Step = tuple[str, Mapping[str, object], object]


def tool(name: str, needed: str = "", optional: str = "", **kinds: str) -> Tool:
    """Return a tool that declares arguments by name; they are strings where nothing else is said."""
    names = [*needed.split(), *optional.split()]
    properties = {one: {"type": kinds.get(one, "string")} for one in names}
    return Tool(name=name, schema={"properties": properties, "required": needed.split()})


TOOLS: Final = (
    tool("send_mail", "to body", "subject", to="array"),
    tool("pay", "iban amount", "subject", amount="number"),
    tool("read_document", "path"),
    tool("search_mail", "query"),
    tool("open_page", "url"),
    tool("delete_file", "file_id"),
    tool("list_files"),
    tool("get_profile"),
    tool("list_transactions"),
    tool("search_contacts", "query"),
    tool("list_events"),
    tool("create_event", "title start_time", "end_time participants location", participants="array"),
    tool("cancel_event", "event_id"),
    tool("share_file", "file_id email permission"),
    tool("create_file", "filename content"),
    tool("change_password", "password"),
    tool("run_command", "command"),
)
DESK: Final = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TOOLS)), TOOLS)


class Scene(NamedTuple):
    """What the user wishes, what has been read so far, and the call that the policy then has to rule on."""

    wish: str
    steps: tuple[Step, ...]
    name: str
    args: Mapping[str, object]
    expected: Outcome | None
    code: str = ""


def told(wish: str, *steps: Step) -> tuple[Message, ...]:
    """Return a conversation: the user's words, then each call with what it handed out."""
    messages = [Message(role="user", content=wish)]
    for name, args, output in steps:
        messages.append(Message(role="assistant", tool_calls=(ToolCall(name=name, args=args),)))
        text = output if isinstance(output, str) else json.dumps(output)
        messages.append(Message(role="tool", name=name, content=text))
    return tuple(messages)


def desk(*listed: GuardTool, **words: object) -> Flow:
    """Return the policy of the desk with some tools listed differently, and other words of guard.yaml."""
    said = {one.name: one for one in listed}
    tools = tuple(said.get(one.name, GuardTool(name=one.name)) for one in TOOLS)
    return compile_flow(GuardPolicy(guard=1, tools=tools, **words), TOOLS)  # type: ignore[arg-type]  # words of the policy


def ruled(scene: Scene, flow: Flow = DESK) -> Ruling:
    """Return the ruling on the call of a scene."""
    call = ToolCall(name=scene.name, args=scene.args)
    return flow.authorise(told(scene.wish, *scene.steps), call, now=NOW)


def check(scene: Scene, flow: Flow = DESK) -> None:
    """Hold a scene against what it expects; whatever stops says why, and which way the value came."""
    ruling = ruled(scene, flow)
    if scene.expected is STOPS:
        assert ruling.outcome.stops, ruling
    else:
        assert ruling.outcome is scene.expected, ruling
    if scene.code:
        assert ruling.code == scene.code, ruling
    if ruling.outcome.stops:
        assert ruling.code.startswith("ACC-E7"), ruling
        assert ruling.message, ruling
        assert ruling.path, ruling
