"""The test at start for tools: a canary is tried on every way through the route, and none may let it by."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from accord.core.guard import GuardPolicy, GuardTool, Switch
from accord.core.system import Approval
from accord.guard.doors.http import PATH, McpSessions
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.selftest import EchoReply, Make, ask, trial
from accord.guard.gateway.wiring import Wired

_READS: Final = "read_note"
_ACTS: Final = "delete_everything"


class _Server:
    """A server of tools in the same process that says what it is told to say; it keeps what reaches it."""

    def __init__(self) -> None:
        self.says = ""
        self.streams = False
        self.reached: list[bytes] = []

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> EchoReply:
        """Answer a list of tools, or a call of one."""
        self.reached.append(body or b"")
        asked = orjson.loads(body or b"{}")
        tools = [_tool(_READS, "Reads a note."), _tool(_ACTS, "Deletes all."), _tool("other", f"Reads. {self.says}")]
        result = {"tools": tools} if asked.get("method") == "tools/list" else {"content": [_block(self.says)]}
        data = orjson.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": result})
        if not self.streams:
            return EchoReply("application/json", [data])
        event = b"data: " + data + b"\n\n"
        return EchoReply("text/event-stream", [event[at : at + 7] for at in range(0, len(event), 7)])


async def unguarded_tools(make: Make, policy: GuardPolicy) -> tuple[str, ...]:
    """Return what let a canary by on the way to or from a server of tools; nothing where all is guarded."""
    canary, rule, strict = trial(policy)
    strict = replace(strict, kill=Switch.OFF, tools=(GuardTool(name=_READS, approval=Approval.NONE),))
    guard = make(strict, (rule,))
    if not isinstance(guard, Wired):
        return ()
    failed: list[str] = []
    for streams in (False, True):
        server = _Server()
        server.streams = streams
        app = Gateway(guard, server)
        app.add({PATH: McpSessions(app)})
        shown = f"{PATH}{' streamed' if streams else ''}"
        failed += [f"{shown}: {what}" async for what in _tried(app, server, canary)]
    return tuple(failed)


async def _tried(app: Gateway, server: _Server, canary: str) -> AsyncIterator[str]:
    server.says = canary
    listed = await ask(app, PATH, _message("tools/list", 1))
    if canary.encode() in listed.body or _READS.encode() not in listed.body:
        yield "a tool that a rule forbids stays in the list"
    for at, (what, asked) in enumerate(_leaks(canary)):
        server.reached.clear()
        await ask(app, PATH, asked)
        if server.reached:
            yield f"{what} reached the server ({at})"
    server.says = "all is well"
    harmless = await ask(app, PATH, _message("tools/call", 20, name=_READS, arguments={"name": "monday"}))
    if b"all is well" not in harmless.body or harmless.status != 200:
        yield f"a harmless call was not served ({harmless.status})"
    server.says = f"keep this: {canary}"
    out = await ask(app, PATH, _message("tools/call", 21, name=_READS, arguments={"name": "monday"}))
    if canary.encode() in out.body:
        yield "a text that a rule forbids reached the agent"


def _leaks(canary: str) -> Iterator[tuple[str, bytes]]:
    yield "a canary in a call", _message("tools/call", 2, name=_READS, arguments={"name": canary})
    yield "a canary in the name of a tool", _message("tools/call", 3, name=canary, arguments={})
    yield "a canary in an address", _message("resources/read", 4, uri=f"note://{canary}")
    yield "a canary in a notification", _message("notifications/progress", None, message=canary)
    yield "a call that the policy does not list", _message("tools/call", 5, name=_ACTS, arguments={})
    yield "a call of a tool that nobody offered", _message("tools/call", 6, name="nobody_knows", arguments={})
    yield "a message that is none", b'{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call"}'


def _message(method: str, ident: int | None, /, **params: Any) -> bytes:
    said: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
    return orjson.dumps(said if ident is None else {**said, "id": ident})


def _tool(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    return {"name": name, "description": description, "inputSchema": schema}


def _block(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
