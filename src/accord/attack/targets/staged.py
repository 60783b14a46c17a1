"""A target that uses MCP servers, attacked through a server of ours that it is connected to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from accord.attack.effects import bound
from accord.attack.targets.hostile import Serving
from accord.attack.targets.line import Endpoint, Line, Opening
from accord.attack.targets.stage import Stage
from accord.core.case import Channel
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.trial import Capability, Delivery, Reply, Turn

_OURS = frozenset({Capability.TOOL_DESCRIPTION, Capability.TOOL_OUTPUT})


class StagedEndpoint:
    """A target that uses MCP servers, together with the server of ours that it is connected to."""

    stateless = False
    shared = True

    def __init__(self, inner: Endpoint, port: int) -> None:
        """Take the way in which the application is asked, and the port at which it looks for our server."""
        self.stage = Stage()
        self._inner = inner
        self._port = port
        self._serving: Serving | None = None

    @property
    def name(self) -> str:
        """Return the name of the application."""
        return self._inner.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the application lets us do, with descriptions and outputs of tools besides."""
        return self._inner.capabilities | _OURS

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return what is stood in for, which descriptions and outputs of tools are no longer."""
        return self._inner.simulated - {Channel.TOOL_DESCRIPTION, Channel.TOOL_OUTPUT}

    async def open(self) -> None:
        """Start our server and open the application; raises `TargetError` where the port is taken."""
        await self._inner.open()
        self._serving = Serving(self.stage)
        await self._serving.start(self._port)

    async def close(self) -> None:
        """Let go of the application and stop our server."""
        await self._inner.close()
        serving, self._serving = self._serving, None
        if serving is not None:
            await serving.stop()

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_StagedSession]:
        """Open a session; leaving it shows the approved tools again."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_StagedSession]:
        async with self._inner.session(line, opening) as inner:
            session = _StagedSession(self, inner, opening)
            try:
                yield session
            finally:
                if session.planted:
                    self.stage.clear()
                    await self.changed()

    def unvisited(self) -> TargetError:
        """Return the error of a trial whose attack nobody can have seen, so that its answer shows nothing."""
        return TargetError(
            f"{self.name} never connected to our MCP server at http://127.0.0.1:{self._port}/mcp",
            hint="connect the application to that address, or correct `mcp_port`",
            code="ACC-E667",
        )

    async def changed(self) -> None:
        """Tell whoever is connected that the tools have changed."""
        if self._serving is not None:
            await self._serving.announce()


class _StagedSession:
    """A session with an application that our server is part of."""

    def __init__(self, endpoint: StagedEndpoint, inner: Target, opening: Opening) -> None:
        self.capabilities = endpoint.capabilities
        self.planted = False
        self._endpoint = endpoint
        self._inner = inner
        self._opening = opening

    async def plant(self, delivery: Delivery, /) -> None:
        """Show the text at our server, or hand it to the application."""
        if delivery.channel not in _OURS:
            await self._inner.plant(delivery)
            return
        if not self.planted:
            self._endpoint.stage.clear()
        self.planted = True
        self._endpoint.stage.plant(delivery)
        await self._endpoint.changed()

    async def ask(self, turn: Turn, /) -> Reply:
        """Ask the application; calls of our own tools are among those that it made."""
        reply = await self._inner.ask(turn)
        if self.planted and not self._endpoint.stage.visited:
            raise self._endpoint.unvisited()
        ours = self._endpoint.stage.calls() if self.planted else ()
        made = tuple(bound(call, self._opening.tools) for call in ours)
        return replace(reply, tool_calls=(*reply.tool_calls, *made))

    async def state(self) -> Mapping[str, object]:
        """Return the application's state."""
        return await self._inner.state()
