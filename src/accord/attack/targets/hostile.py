"""The protocol side of our MCP server: streamable HTTP on loopback, and `python -m` for a client that starts servers.

`python -m accord.attack.targets.hostile http://127.0.0.1:PORT` speaks over standard input and output and shows what
the campaign's server at that address shows. It ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import urllib.request
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from accord.attack.targets.stage import GREETING, HARMLESS, Stage
from accord.core.errors import TargetError

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

_PATIENCE = 5.0
_TICKS = 500
_LISTENERS = 16
_LARGEST = 1 << 20
_SCHEMA: Mapping[str, object] = {"type": "object", "properties": {"text": {"type": "string"}}}

Show = Callable[[], Awaitable[Mapping[str, str]]]
CallTool = Callable[[str, object], Awaitable[str]]


class _Told(Protocol):
    """A connection that can be told that the tools have changed."""

    async def send_tool_list_changed(self) -> None:
        """Tell it."""


class Serving:
    """Our server while it runs."""

    def __init__(self, stage: Stage) -> None:
        """Take what is shown; nothing listens before `start`."""
        self.stage = stage
        self.port = 0
        self._told: deque[Any] = deque(maxlen=_LISTENERS)
        self._server: Any = None
        self._task: asyncio.Task[None] | None = None
        self._protocol: Server[Any] | None = None

    async def start(self, port: int) -> None:
        """Listen on loopback; raises `TargetError` where the port is taken or MCP is not installed."""
        uvicorn, app = self._built()
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            listening.close()
            raise TargetError(
                f"our MCP server cannot listen on port {port}: {error}",
                hint="give `mcp_port` another port, and connect the application to that",
                code="ACC-E667",
            ) from error
        self.port = listening.getsockname()[1]

        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._server.capture_signals = nullcontext  # signals are the campaign's
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        for _ in range(_TICKS):
            if self._server.started or self._task.done():
                break
            await asyncio.sleep(0.01)
        if not self._server.started:
            await self.stop()
            listening.close()
            raise TargetError(f"our MCP server does not start on port {self.port}", code="ACC-E667")

    async def stop(self) -> None:
        """Stop listening."""
        task, self._task = self._task, None
        if task is not None:
            self._server.should_exit = True
            await asyncio.wait({task}, timeout=_PATIENCE)
            task.cancel()

    async def announce(self) -> None:
        """Tell every connection that the tools have changed; one that is gone is told nothing."""
        if self._protocol is not None:
            self._protocol.instructions = self.stage.instructions
        tasks = {asyncio.create_task(self._tell(one)) for one in tuple(self._told)}
        if tasks:
            done, late = await asyncio.wait(tasks, timeout=1.0)
            for task in late:
                task.cancel()
            for task in done:
                task.exception()  # looked at: the connection is gone

    async def _tell(self, connection: _Told) -> None:
        await connection.send_tool_list_changed()

    def _built(self) -> tuple[Any, Any]:
        try:
            import uvicorn
            from starlette.responses import JSONResponse
            from starlette.routing import Route
        except ImportError as error:
            raise TargetError("our MCP server needs mcp", hint="install accord[llm]", code="ACC-E654") from error

        async def shown(request: Any) -> Any:
            if _from_a_page(request.headers):
                return JSONResponse({"error": "not from here"}, status_code=403)
            if request.method == "GET":
                return JSONResponse({"instructions": self.stage.instructions, "tools": self.stage.tools()})
            said = await request.json()
            return JSONResponse({"text": self.stage.called(str(said["name"]), said.get("args"))})

        async def show() -> Mapping[str, str]:
            return self.stage.tools()

        async def call(name: str, args: object) -> str:
            return self.stage.called(name, args)

        self._protocol = protocol(show, call, instructions=self.stage.instructions, connected=self._told.append)
        route = Route("/stage", shown, methods=["GET", "POST"])
        return uvicorn, self._protocol.streamable_http_app(custom_starlette_routes=[route])


def _from_a_page(headers: Mapping[str, str]) -> bool:
    """Tell whether a page in a browser asks: it names an Origin, or another host that leads to this machine."""
    host = headers.get("host", "").rpartition(":")[0]
    return host not in {"127.0.0.1", "localhost"} or "origin" in headers


def protocol(
    show: Show, call: CallTool, *, instructions: str, connected: Callable[[Any], None] = lambda _: None
) -> Server[Any]:
    """Return a server that lists what `show` returns and answers what `call` does; raises `TargetError` without MCP."""
    try:
        from mcp import types
        from mcp.server.lowlevel import Server
    except ImportError as error:
        raise TargetError("our MCP server needs mcp", hint="install accord[llm]", code="ACC-E654") from error

    async def listed(ctx: Any, _: Any) -> Any:
        connected(ctx.session)
        tools = [
            types.Tool(name=name, description=text, input_schema=dict(_SCHEMA)) for name, text in (await show()).items()
        ]
        return types.ListToolsResult(tools=tools)

    async def called(ctx: Any, params: Any) -> Any:
        text = await call(params.name, params.arguments)
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)])

    return Server("small-tools", version="1", instructions=instructions, on_list_tools=listed, on_call_tool=called)


def main(address: str) -> None:
    """Serve over standard input and output what the campaign's server at `address` shows, until the input ends."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost"}:
        raise SystemExit("accord: the address of the campaign's server is http://127.0.0.1:PORT")
    place = f"http://{parts.netloc}/stage"

    async def show() -> Mapping[str, str]:
        found = (await asyncio.to_thread(_fetched, place, None)).get("tools", dict(HARMLESS))
        return {str(name): str(text) for name, text in found.items()}

    async def call(name: str, args: object) -> str:
        found = await asyncio.to_thread(_fetched, place, {"name": name, "args": args})
        return str(found.get("text", "done"))

    async def serve() -> None:
        from mcp.server.stdio import stdio_server

        greeting = (await asyncio.to_thread(_fetched, place, None)).get("instructions", GREETING)
        server = protocol(show, call, instructions=str(greeting))
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    asyncio.run(serve())


def _fetched(place: str, said: Mapping[str, object] | None) -> dict[str, Any]:
    """Ask the campaign's server; where it is gone, there is nothing planted."""
    data = None if said is None else json.dumps(said).encode()
    request = urllib.request.Request(place, data=data, headers={"Content-Type": "application/json"})  # noqa: S310  # loopback, see main
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_PATIENCE) as reply:
            found = json.loads(reply.read(_LARGEST))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    main(*sys.argv[1:2])
