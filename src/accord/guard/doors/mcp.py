"""What a guard does with the messages of the Model Context Protocol, whatever carries them.

https://modelcontextprotocol.io/specification: JSON-RPC 2.0 between a client (the agent) and a server (the tools).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from accord.core.case import Channel
from accord.core.errors import AccordError
from accord.core.guard import Decision, Outcome
from accord.core.system import Mode
from accord.core.trial import ToolCall
from accord.guard.approvals import Approvals
from accord.guard.doors.jsonrpc import Object, blocked, key_of, parsed, protocol, texts, written
from accord.guard.doors.memory import MOST_OPEN, Memory
from accord.guard.doors.telling import Telling, one_text
from accord.guard.engine import Guard
from accord.guard.flow import Tool
from accord.guard.gateway.failing import decided
from accord.guard.gateway.judging import Judged
from accord.guard.gateway.wiring import Spending

_READ: Final = Tool(
    name="read_resource",
    description="Read a resource by its address.",
    schema={"type": "object", "properties": {"url": {"type": "string"}}},
)


class Passage(NamedTuple):
    """What becomes of a message: what goes on, what goes back to its sender instead, and what was decided."""

    onward: bytes | None
    back: bytes | None = None
    judged: tuple[Judged, ...] = ()

    @property
    def stopped(self) -> Decision | None:
        """Return the first decision that stopped something."""
        return next((one.decision for one in self.judged if one.decision.stops), None)


class McpDoor:
    """One session between a client and a server.

    A tool that the server shows with another description than the pinned one, or with one that gives orders to the
    model, is taken out of the list and cannot be called. Without the user's words nobody knows what was asked for:
    `asked` supplies them where the agent shares them, and otherwise only what the policy lets run unasked may run.
    """

    def __init__(
        self,
        guard: Callable[[], Guard],
        clock: Callable[[], datetime],
        *,
        asked: str | None = None,
        spending: Spending | None = None,
        caller: str = "",
        approvals: Approvals | None = None,
    ) -> None:
        self.guard = guard
        self.clock = clock
        self.caller = caller
        self.approvals = approvals
        self.spending = spending or Spending()
        self.memory = Memory(asked, self.spending, caller)

    def exchange(self, open_: dict[str, Object] | None = None) -> Exchange:
        """Begin a run of messages whose answers come back the same way; `open_` are requests that wait already."""
        return Exchange(self, {} if open_ is None else open_)


class Exchange:
    """Messages between the two, and the requests that are not answered yet."""

    def __init__(self, door: McpDoor, open_: dict[str, Object]) -> None:
        self._door = door
        self._telling = Telling(door.guard, door.clock, door.memory)
        self.open = open_

    def from_client(self, data: bytes) -> Passage:
        """Rule on a message that the agent sends to the server."""
        return self._each(data, self._asked_for)

    def from_server(self, data: bytes) -> Passage:
        """Rule on a message that the server sends to the agent."""
        passage = self._each(data, self._told)
        unread = passage.onward is None and passage.judged[:1] and passage.judged[0].kind == "refusal"
        return passage._replace(back=None) if unread else passage

    def _each(self, data: bytes, rule: Callable[[Object], _One]) -> Passage:
        """Rule on a message, or on each of a batch; what cannot be read goes nowhere."""
        try:
            message = parsed(data)
        except AccordError as error:
            made = self._said(Outcome.BLOCK, error.code, error.message, always=True)
            return Passage(None, written([blocked(None, made)], joined=False), (Judged("refusal", made),))
        joined = isinstance(message, list)
        many = message if isinstance(message, list) else [message]
        ruled = [rule(one) for one in many]
        judged = tuple(note for one in ruled for note in one.judged)
        onward = [one.onward for one in ruled if one.onward is not None]
        back = [one.back for one in ruled if one.back is not None]
        same = len(onward) == len(many) and all(kept is given for kept, given in zip(onward, many, strict=True))
        if same and b"\r" not in data and b"\n" not in data:
            return Passage(data, None, judged)  # unaltered, byte for byte
        return Passage(written(onward, joined=joined), written(back, joined=joined), judged)

    def _asked_for(self, message: Object) -> _One:
        """Rule on a request, a notification or an answer of the client."""
        method = message.get("method")
        if method is None:
            return self._answer(message)
        refused = self._opens(message, method)
        if refused is not None:
            back = None if message.get("id") is None else blocked(message["id"], refused)
            return _One(None, back, (Judged("refusal", refused),))
        params = message.get("params")
        call, rest, more = self._meant(method, params if isinstance(params, dict) else {}, message)
        left = self._released([rest, _outside(message)], f"mcp:{method}")
        ruled = [left] if left.decision.outcome is not Outcome.ALLOW or call is None else []
        if call is not None and not _withheld(left):  # what does not go for its words uses up nobody's grant
            ruled.append(Judged("call", self._authorised(call, *more), call.name))
        stopped = next((one.decision for one in ruled if one.decision.stops or _withheld(one)), None)
        if stopped is not None:
            back = None if message.get("id") is None else blocked(message["id"], stopped)
            return _One(None, back, tuple(ruled))
        if call is not None:
            self._door.memory.ran(call, self._door.clock())
        if message.get("id") is not None:
            self.open[key_of(message["id"])] = message
            self._door.memory.opens(key_of(message["id"]), message)
        elif method == "notifications/cancelled" and isinstance(params, dict):
            self._closed(params.get("requestId"))
        return _One(message, None, tuple(ruled))

    def _opens(self, message: Object, method: str) -> Decision | None:
        """Return why a request cannot be asked now."""
        ident, params = message.get("id"), message.get("params")
        if method == "tools/call":
            shaped = isinstance(params, dict) and isinstance(params.get("name"), str)
            given = params.get("arguments") if isinstance(params, dict) else None
            if not shaped or not isinstance(given, dict | None):
                said = "a call names a tool and gives its arguments as an object"
                return self._said(Outcome.BLOCK, "ACC-E772", said, always=True)
        if ident is not None and key_of(ident) in self.open:
            return self._said(Outcome.BLOCK, "ACC-E776", f"the id {str(ident)[:40]!r} is not answered yet", always=True)
        if ident is not None and len(self.open) >= MOST_OPEN:
            return self._said(Outcome.BLOCK, "ACC-E779", f"{MOST_OPEN} requests are not answered", always=True)
        return None

    def _meant(self, method: str, params: Object, message: Object) -> tuple[ToolCall | None, object, tuple[Tool, ...]]:
        """Return the call that a request is, if it is one, what else it says, and a tool that is not in the list."""
        if method == "tools/call":
            call = ToolCall(name=str(params.get("name", ""))[:1_000], args=params.get("arguments") or {})
            return call, {key: value for key, value in params.items() if key != "arguments"}, ()
        address = params.get("uri")
        if method in {"resources/read", "resources/subscribe"} and isinstance(address, str):
            strange = _elsewhere(address) and address not in self._door.memory.listed
            read = ToolCall(name=_READ.name, args={"url": address}) if strange else None
            return read, params, () if _READ.name in self._door.memory.tools else (_READ,)
        if method in protocol()["requests"] or method.startswith("notifications/"):
            return None, message.get("params"), ()
        return ToolCall(name=method[:1_000], args=params), message.get("params"), ()

    def _answer(self, message: Object) -> _One:
        """Rule on what the client answers to a request of the server."""
        ruled = self._released(_outside(message), "mcp:answer")
        if not (ruled.decision.stops or _withheld(ruled)):
            return _One(message, None, (ruled,))
        return _One(blocked(message.get("id"), ruled.decision), None, (ruled,))

    def _authorised(self, call: ToolCall, *more: Tool) -> Decision:
        door = self._door
        barred = door.memory.barred.get(call.name)
        if barred is not None:
            return barred
        guard, now = door.guard(), door.clock()
        listed = next((tool for tool in guard.policy.tools if tool.name == call.name), None)
        cleared = listed is not None and listed.clearance is not None
        scene = door.memory.scene(call, *more, whole=cleared)
        scene = scene._replace(spent=door.spending.others(scene.spent, listed, now))
        made = decided(lambda: guard.authorise(scene, call, now=now), guard.policy, effect=True)
        return made if door.approvals is None else door.approvals.settled(made, call, door.caller, now=now)

    def _released(self, value: object, where: str) -> Judged:
        guard = self._door.guard()
        text = "\n".join(texts(value))
        made = decided(lambda: guard.release(text, where=where), guard.policy, effect=True)
        return Judged("request", made, text)

    def _told(self, message: Object) -> _One:
        """Rule on what the server says: an answer to a request of the client, or a request of its own."""
        ident = message.get("id")
        if "method" in message:
            text, ruled = self._telling.looked_at(
                message.get("params"), Channel.TOOL_OUTPUT, f"mcp:{message['method']}"
            )
            if ruled.decision.stops:
                return _One(None, None if ident is None else blocked(ident, ruled.decision), (ruled,))
            if ident is not None and message["method"] not in protocol()["silent"][0]:
                self._door.memory.read(ToolCall(name=message["method"][:1_000]), one_text(text))
            kept = message if text is message.get("params") else {**message, "params": text}
            return _One(kept, None, (ruled,))
        request = self._closed(ident)
        if request is None:
            made = self._said(
                Outcome.BLOCK, "ACC-E776", f"nothing of the id {str(ident)[:40]!r} was asked", always=True
            )
            return _One(None, None, (Judged("refusal", made),))
        return self._answered(request, message)

    def _closed(self, ident: object) -> Object | None:
        """Return the request that waited under an id, and keep that it waits no more."""
        request = self.open.pop(key_of(ident), None)
        if request is not None:
            self._door.memory.closes(key_of(ident))
        return request

    def _answered(self, request: Object, message: Object) -> _One:
        """Rule on an answer, and keep of it what later calls may carry."""
        method, where = request["method"], "result" if "result" in message else "error"
        channel = Channel(protocol()["requests"].get(method, Channel.TOOL_OUTPUT))
        said, ruled = self._telling.answered(method, message[where], channel)
        told = method in protocol()["told"][0] or method not in protocol()["requests"]
        stopped = next((one.decision for one in ruled if one.decision.stops and one.kind == "answer"), None)
        if told:
            self._door.memory.read(_asked(request, message, self._door.memory), "" if stopped else one_text(said))
        if stopped is not None:
            return _One(blocked(message["id"], stopped), None, ruled)
        return _One(message if said is message[where] else {**message, where: said}, None, ruled)

    def _said(self, outcome: Outcome, code: str, message: str, *, always: bool = False) -> Decision:
        """Return a decision that the door itself makes; what has no readable form is stopped `always`."""
        guard = self._door.guard()
        policy, rules = guard.digests
        enforced = always or guard.policy.mode is Mode.ENFORCE
        ident = secrets.token_hex(12)
        return Decision(
            id=ident, outcome=outcome, code=code, message=message, enforced=enforced, policy=policy, rules=rules
        )


class _One(NamedTuple):
    onward: Object | None
    back: Object | None = None
    judged: tuple[Judged, ...] = ()


def _outside(message: Object) -> Object:
    """Return what a message says beside its parameters, its id and its method among it."""
    return {key: value for key, value in message.items() if key not in {"jsonrpc", "params"}}


def _withheld(judged: Judged) -> bool:
    return judged.kind == "request" and judged.decision.withholds


def _elsewhere(address: str) -> bool:
    """Tell whether an address may lead out of the server: it names a host of the net."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return True
    return parts.scheme != "file" and (
        "." in host or ":" in host or parts.scheme in {"http", "https", "ws", "wss", "ftp"}
    )


def _asked(request: Mapping[str, Any], message: Mapping[str, Any], memory: Memory) -> ToolCall:
    """Return the call that an answer belongs to; a task is the call that began it."""
    method, params = request["method"], request.get("params")
    params = params if isinstance(params, dict) else {}
    if method == "tasks/result":
        return memory.tasks.get(str(params.get("taskId")), ToolCall(name=method))
    if method != "tools/call":
        return ToolCall(name=_READ.name if method == "resources/read" else method, args={"url": params.get("uri", "")})
    call = ToolCall(name=params["name"][:1_000], args=params.get("arguments") or {})
    result = message.get("result")
    task = result.get("task") if isinstance(result, dict) else None
    if isinstance(task, dict):
        memory.begins(str(task.get("taskId")), call)
    return call
