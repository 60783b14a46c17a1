"""What a server of tools, or a recorded request, says of tools, as entries for guard.yaml that hold them to that."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import orjson

from accord.core.canon import Digest
from accord.core.errors import AccordError, ManifestError, RecordError
from accord.core.finding import Place
from accord.core.guard import GuardPolicy
from accord.guard.doors.jsonrpc import LARGEST, Object, parsed
from accord.guard.doors.memory import MOST_TOOLS
from accord.guard.doors.orders import orders
from accord.guard.flow import Tool, pin
from accord.guard.flow.proving import LONGEST_LINE
from accord.guard.flow.tools import facts_of
from accord.guard.gateway import chat, messages, responses
from accord.guard.gateway.reading import Reading, Tools
from accord.guard.gateway.wire import RefusedError, read_json
from accord.guard.gateway.words import Asked

_SECONDS: Final = 30.0
_MOST_PAGES: Final = 100
_VERSION: Final = "2025-11-25"
_HOSTED: Final = GuardPolicy(guard=1, opaque=("hosted",))  # tools at the provider are no tools of ours


async def offered(command: Sequence[str], environment: Mapping[str, str]) -> tuple[Tool, ...]:
    """Start a server, ask it for its tools, and end it. Raises `AccordError` where it does not answer."""
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, env=dict(environment), start_new_session=True, limit=LARGEST
    )
    try:
        async with asyncio.timeout(_SECONDS):
            return await _listed(server)
    except (TimeoutError, ValueError, ConnectionError) as error:
        message = f"the server does not list its tools: {type(error).__name__}"
        raise AccordError(message, hint="run it by hand and see", code="ACC-E778") from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        await server.wait()


def entries(tools: Sequence[Tool]) -> Iterator[str]:
    """Yield the lines of guard.yaml; what gives orders is left out, with the reason."""
    yield "tools:"
    for tool in sorted(tools, key=lambda one: one.name):
        said = orders(tool.description)
        if said:
            yield f"  # {_quoted(tool.name)} gives orders to the model: {_quoted(said)}"
            continue
        facts = facts_of(tool, None)
        yield f"  - name: {_quoted(tool.name)}"
        yield f"    pin: {pin(tool)}"
        if facts is None or not facts.reads:
            effect = facts.effect.value if facts is not None else "unknown: say what it does"
            yield f"    # effect by its name: {effect}; add `approval: none` where it may run unasked"


def recorded(lines: Iterable[str], path: str) -> tuple[Tool, ...]:
    """Return the tools of recorded requests, as the gateway would read them; one described in two ways comes twice.

    Raises `ManifestError` for a line that is no request.
    """
    found: dict[Digest, Tool] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        for tool in _requested(line, Place(path=path, line=number)):
            found.setdefault(pin(tool), tool)
        if len(found) > MOST_TOOLS:
            raise ManifestError(f"more than {MOST_TOOLS} tools are described", code="ACC-E724", where=Place(path=path))
    return tuple(found.values())


def _requested(line: str, where: Place) -> tuple[Tool, ...]:
    hint = "give request bodies, one a line"
    try:
        said = read_json(line.encode()) if len(line) <= LONGEST_LINE else None
        if not isinstance(said, dict):
            raise ManifestError("a line is no request", hint=hint, code="ACC-E724", where=where)
        tools = {key: said[key] for key in ("tools", "functions") if isinstance(said.get(key), list)}
        read = responses.read if "input" in said else messages.read if "input_schema" in line else chat.read
        asked: Asked = read({"messages": [], "input": [], **tools}, Reading(_HOSTED), Tools())
    except (RefusedError, RecordError) as error:
        message = f"a request cannot be read: {error.message}"
        raise ManifestError(message, hint=hint, code="ACC-E724", where=where) from error
    return asked.tools


async def _listed(server: asyncio.subprocess.Process) -> tuple[Tool, ...]:
    about = {"protocolVersion": _VERSION, "capabilities": {}, "clientInfo": {"name": "accord", "version": "1"}}
    await _asked(server, 1, "initialize", about)
    _tell(server, {"method": "notifications/initialized"})
    tools: list[Tool] = []
    more: dict[str, Any] = {}
    for page in range(2, _MOST_PAGES):
        result = await _asked(server, page, "tools/list", more)
        found = result.get("tools")
        tools += (_tool(one) for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
        cursor = result.get("nextCursor")
        if not isinstance(cursor, str) or len(tools) > MOST_TOOLS:
            break
        more = {"cursor": cursor}
    return tuple(tools)


async def _asked(server: asyncio.subprocess.Process, ident: int, method: str, params: Object) -> Object:
    """Ask one thing, and return the answer to it; whatever else is said is passed over."""
    _tell(server, {"id": ident, "method": method, "params": params})
    while server.stdout is not None and (line := await server.stdout.readline()):
        try:
            message = parsed(line)
        except AccordError:
            continue
        if isinstance(message, dict) and message.get("id") == ident and isinstance(message.get("result"), dict):
            result: Object = message["result"]
            return result
    raise ConnectionError("the server ended")


def _tell(server: asyncio.subprocess.Process, message: Object) -> None:
    if server.stdin is not None:
        server.stdin.write(orjson.dumps({"jsonrpc": "2.0", **message}) + b"\n")


def _tool(entry: Mapping[str, Any]) -> Tool:
    schema = entry.get("inputSchema")
    description = str(entry.get("description") or "")
    return Tool(name=str(entry.get("name")), description=description, schema=schema if isinstance(schema, dict) else {})


def _quoted(text: str) -> str:
    return orjson.dumps(text[:200]).decode("ascii", "replace")
