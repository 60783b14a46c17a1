"""An MCP server as a target: listed, called, and watched for tools that change after they were seen first.

A server alone has no model that could be led astray. What a case can show of it is what its tools answer (a secret,
a planted text), and its state: `tools.NAME.description`, `instructions`, `altered` (the list of tools is another than
the first one that this campaign saw: a rug pull) and `twins` (two tools whose names differ in signs only).
An ask goes to the tool that takes one text, or to the one that the manifest names; a text that is JSON like
`{"tool": NAME, "arguments": {…}}` calls that tool.
"""

from __future__ import annotations

import json
import re
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from accord.attack.targets.cells import MISSING, ShapeError, at, events, parsed
from accord.attack.targets.command import CommandEndpoint, ended, written
from accord.attack.targets.line import Answer, Failure, Line, Opening
from accord.attack.targets.replies import MOST_BYTES, safe_text, safe_value
from accord.attack.targets.wire import GOODBYE, Got, Request, Wire, refused
from accord.core.call import CommandCall, McpCall
from accord.core.canon import Digest, digest
from accord.core.case import Channel
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Capability, Delivery, Reply, Turn

VERSION = "2025-06-18"
"""The revision of the protocol that is spoken."""

_PAGES = 20
_MOST_TOOLS = 500
_STRAY = 1000


class Offer(NamedTuple):
    """A tool as a server lists it; `digest` is of everything that the server says of it."""

    name: str
    description: str
    schema: Mapping[str, object]
    digest: Digest


class _Refused(Exception):  # noqa: N818  # it never leaves this module, and carries a value
    """A request that brought nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


class _Pipe(Protocol):
    """A way to a server: requests, one at a time."""

    async def request(self, message: Mapping[str, object]) -> Mapping[str, object]:
        """Send a request and return the message that answers it; raises `_Refused` where none comes."""

    async def notify(self, message: Mapping[str, object]) -> None:
        """Send what is not answered."""

    async def end(self) -> None:
        """Close the way."""


class McpEndpoint:
    """An MCP server, at an address or started by a command for each session."""

    stateless = False
    shared = False
    capabilities: frozenset[Capability] = frozenset({Capability.STATE})
    simulated: frozenset[Channel] = frozenset()

    def __init__(self, call: McpCall, folder: Path) -> None:
        """Take the address or the command; nothing is sent before a session asks."""
        self.call = call
        self.first: Mapping[str, str] | None = None
        self._wire = Wire(call.url or "", call.headers)
        self._command = CommandEndpoint(CommandCall(run=call.command, environment=call.environment), folder)

    @property
    def name(self) -> str:
        """Return the address without credentials, or the command's own name."""
        return self._wire.name if self.call.url else self._command.name

    async def open(self) -> None:
        """Take the credentials out of the environment, and find the command."""
        await (self._wire if self.call.url else self._command).open()

    async def close(self) -> None:
        """Close every connection; processes end with their sessions."""
        await self._wire.close()

    def pipe(self) -> _Pipe:
        """Return a new way to the server."""
        return _OverHttp(self._wire) if self.call.url else _OverProcess(self._command)

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_McpSession]:
        """Open a session."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_McpSession]:
        session = _McpSession(self, line)
        try:
            yield session
        finally:
            await session.end()


class _McpSession:
    """One connection to a server."""

    def __init__(self, endpoint: McpEndpoint, line: Line) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._line = line
        self._pipe: _Pipe | None = None
        self._greeting: Mapping[str, object] = {}
        self._number = 0

    async def plant(self, delivery: Delivery, /) -> None:
        """Refuse: a server takes no texts but as arguments of its tools."""
        raise TargetError(
            f"{self._endpoint.name} has no way to plant through {delivery.channel}",
            hint="attack the application that uses the server, with `mcp_port`, instead",
            code="ACC-E663",
        )

    async def ask(self, turn: Turn, /) -> Reply:
        """Call the tool that the text is for, and return what it answers."""
        return await self._line.send(lambda: self._answered(turn.text))

    async def state(self) -> Mapping[str, object]:
        """List the tools and return what there is, compared with the first list."""
        reply = await self._line.send(self._listed)
        found = parsed(reply.raw)
        return found if isinstance(found, dict) else {}

    async def end(self) -> None:
        """Close the connection."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            await pipe.end()

    async def _answered(self, text: str) -> Answer | Failure:
        began = time.perf_counter()
        try:
            name, given = await self._chosen(text)
            result = await self._result("tools/call", {"name": name, "arguments": given})
        except _Refused as refusal:
            return refusal.failure
        said = _said(result)
        return Answer(Reply(text=said, raw=json.dumps(safe_value(result)), seconds=time.perf_counter() - began))

    async def _listed(self) -> Answer | Failure:
        try:
            offers = await self._offers()
        except _Refused as refusal:
            return refusal.failure
        shown = {one.name: one.digest for one in offers}
        first = self._endpoint.first
        if first is None:
            self._endpoint.first = first = shown
        instructions = self._greeting.get("instructions")
        plain = Counter(re.sub(r"[\W_]+|v\d+$", "", one.name.casefold()) for one in offers)
        state = {
            "tools": {one.name: {"description": one.description} for one in offers},
            "instructions": instructions if isinstance(instructions, str) else "",
            "altered": shown != first,
            "changed": sorted(name for name in shown.keys() & first.keys() if shown[name] != first[name]),
            "added": sorted(shown.keys() - first.keys()),
            "removed": sorted(first.keys() - shown.keys()),
            "twins": any(count > 1 for count in plain.values()),
        }
        return Answer(Reply(text="", raw=json.dumps(safe_value(state))))

    async def _chosen(self, text: str) -> tuple[str, Mapping[str, object]]:
        """Return the tool that a text is for, and its arguments."""
        call = self._endpoint.call
        direct = _direct(text)
        if direct is not None:
            return direct
        if call.tool and call.argument:
            return call.tool, {call.argument: text}
        fitting = [(one.name, argument) for one in await self._offers() if (argument := _only_text(one.schema))]
        fitting = [pair for pair in fitting if call.tool in {None, pair[0]}]
        if len(fitting) != 1:
            found = f"{len(fitting)} tools that take one text"
            raise _Refused(Failure(f"{self._endpoint.name} has {found}: name `tool` and `argument`", again=False))
        return fitting[0][0], {fitting[0][1]: text}

    async def _offers(self) -> tuple[Offer, ...]:
        """List the tools, page by page."""
        offers: list[Offer] = []
        cursor: object = None
        for _ in range(_PAGES):
            result = await self._result("tools/list", {"cursor": cursor} if isinstance(cursor, str) else {})
            listed = result.get("tools")
            if not isinstance(listed, list):
                raise _Refused(Failure(f"{self._endpoint.name} answers no list of tools", again=False))
            offers += [_offer(one) for one in listed]
            cursor = result.get("nextCursor")
            if not isinstance(cursor, str):
                return tuple(offers)
            if len(offers) > _MOST_TOOLS:
                break
        raise _Refused(Failure(f"{self._endpoint.name} lists tools without end", again=False))

    async def _result(self, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        """Send a request, greeting the server first where that was not done, and return its result."""
        pipe = self._pipe
        if pipe is None:
            pipe = self._endpoint.pipe()
            self._pipe = pipe
            client = {"name": "accord", "version": "1"}
            hello = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": client}
            try:
                self._greeting = await self._asked(pipe, "initialize", hello)
                await pipe.notify({"jsonrpc": "2.0", "method": "notifications/initialized"})
            except _Refused:
                await self.end()
                raise
        return await self._asked(pipe, method, params)

    async def _asked(self, pipe: _Pipe, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        self._number += 1
        message = await pipe.request({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        result = message.get("result")
        if isinstance(result, dict):
            return result
        error = at(message, "error.message")
        why = error if isinstance(error, str) else "no result"
        raise _Refused(Failure(one_line(f"{self._endpoint.name}: {method}: {why}", 300), again=False))


class _OverHttp:
    """The way over streamable HTTP."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._id: dict[str, str] = {}

    async def request(self, message: Mapping[str, object]) -> Mapping[str, object]:
        """Post a request; the answer is JSON, or an event of a stream."""
        got = await self._posted(message)
        found = next((one for one in self._messages(got) if one.get("id") == message["id"] and "method" not in one), {})
        if not found:
            raise _Refused(self._wire.failure(f"{self._wire.name} does not answer the request", status=got.status))
        own = got.headers.get("Mcp-Session-Id")
        if own is not None and re.fullmatch(r"[\x21-\x7e]{1,200}", own):
            self._id = {"Mcp-Session-Id": own}
        return found

    async def notify(self, message: Mapping[str, object]) -> None:
        """Post a notification."""
        await self._posted(message)

    async def end(self) -> None:
        """Tell the server that the session is over."""
        if self._id:
            await self._wire.exchange(Request("DELETE", self._wire.url, self._headers()), patience=GOODBYE)

    async def _posted(self, message: Mapping[str, object]) -> Got:
        body = json.dumps(message).encode()
        got = await self._wire.exchange(Request("POST", self._wire.url, self._headers(), body))
        failure = got if isinstance(got, Failure) else refused(self._wire, got)
        if failure is not None or isinstance(got, Failure):
            raise _Refused(failure or Failure("no answer"))
        return got

    def _headers(self) -> dict[str, str]:
        kinds = "application/json, text/event-stream"
        head = {"Accept": kinds, "Content-Type": "application/json", **self._id}
        return {**head, "MCP-Protocol-Version": VERSION} if self._id else head

    def _messages(self, got: Got) -> list[Mapping[str, object]]:
        texts = [*events(got.text)] if got.kind == "text/event-stream" else [got.text]
        try:
            found = [parsed(text) for text in texts if text.strip()]
        except ShapeError as error:
            raise _Refused(self._wire.failure(f"{self._wire.name} answers {error}", status=got.status)) from error
        return [one for one in found if isinstance(one, dict)]


class _OverProcess:
    """The way over standard input and output."""

    def __init__(self, command: CommandEndpoint) -> None:
        self._command = command
        self._process: Process | None = None

    async def request(self, message: Mapping[str, object]) -> Mapping[str, object]:
        """Write a request, and read lines until one answers it."""
        process = await self._send(message)
        for _ in range(_STRAY):
            try:
                data = await process.stdout.readline() if process.stdout else b""
            except ValueError as error:
                raise self._failed(f"wrote a line of more than {MOST_BYTES:,} bytes") from error
            if not data:
                raise self._failed("ended without an answer")
            try:
                found = parsed(self._command.scrub(data.decode("utf-8", "replace")))
            except ShapeError as error:
                raise self._failed("wrote a line that is not JSON") from error
            if isinstance(found, dict) and found.get("id") == message["id"] and "method" not in found:
                return found
        raise self._failed(f"wrote {_STRAY:,} lines that answer nothing")

    async def notify(self, message: Mapping[str, object]) -> None:
        """Write a notification."""
        await self._send(message)

    async def end(self) -> None:
        """End the process and everything it started."""
        process, self._process = self._process, None
        if process is not None:
            await ended(process)

    async def _send(self, message: Mapping[str, object]) -> Process:
        if self._process is None:
            try:
                self._process = await self._command.start(told=False)
            except OSError as error:
                raise self._failed(f"does not start: {error.strerror}") from error
        await written(self._process, json.dumps(message).encode() + b"\n")
        return self._process

    def _failed(self, what: str) -> _Refused:
        return _Refused(Failure(f"{self._command.name} {what}", again=False))


def _offer(value: object) -> Offer:
    name, description, schema = (at(value, key) for key in ("name", "description", "inputSchema"))
    if not isinstance(name, str) or not name:
        raise _Refused(Failure("the server lists a tool without a name", again=False))
    if description is not MISSING and not isinstance(description, str | None):
        raise _Refused(Failure("the server lists a tool whose description is no text", again=False))
    made = safe_value(schema)
    text = safe_text(description) if isinstance(description, str) else ""
    whole = digest(json.dumps(safe_value(value), sort_keys=True))
    return Offer(safe_text(name)[:200], text, made if isinstance(made, dict) else {}, whole)


def _only_text(schema: Mapping[str, object]) -> str | None:
    """Return the one text that a tool wants, or None where it wants none or more."""
    fields = schema.get("properties")
    if not isinstance(fields, dict):
        return None
    required = schema.get("required")
    wanted = [name for name in required if name in fields] if isinstance(required, list) and required else [*fields]
    texts = [name for name in wanted if at(fields[name], "type") == "string"]
    return str(texts[0]) if len(wanted) == len(texts) == 1 else None


def _direct(text: str) -> tuple[str, Mapping[str, object]] | None:
    """Return the call that a text spells out as JSON, or None where it is a text."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = parsed(text)
    except ShapeError:
        return None
    name, given = at(found, "tool"), at(found, "arguments")
    return (name, given) if isinstance(name, str) and isinstance(given, dict) else None


def _said(result: Mapping[str, object]) -> str:
    """Return the texts of a tool's result, with those of embedded resources and its structured content."""
    content = result.get("content")
    parts = [at(one, key) for one in content for key in ("text", "resource.text")] if isinstance(content, list) else []
    texts = [part for part in parts if isinstance(part, str)]
    if result.get("structuredContent") is not None:  # a program reads these, whatever the texts say
        told = json.dumps(safe_value(result["structuredContent"]), ensure_ascii=False)
        texts += [] if told in texts else [told]
    return safe_text("\n".join(texts))
