"""HTTP/1 towards callers: uvicorn's protocol, with bounds for what it gathers and for how long it waits (ADR 10)."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

HEAD_BYTES: Final = 64 << 10
_HEAD_SECONDS: Final = 20.0  # for a head, and for what is still to come of a request that is answered
_BODY_SECONDS: Final = 60.0  # between two parts of a body; the door has a bound for the whole of it
_STALLED: Final = 120.0  # seconds that a caller may take for one part of an answer
_JOINED: Final = 64 << 10
_TICK: Final = 5.0
"""Seconds between two looks at what a connection has come to: no timer is set for a single request."""


class Joined:
    """A transport that sends what is written in one go at once: uvicorn writes an answer's head and body apart."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []
        self._size = 0
        self.abort = transport.abort
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Send bytes, with what else is written before anybody else has a turn."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size > _JOINED:
            self.flush()

    def close(self) -> None:
        """End the connection when everything is sent."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send what was written."""
        parts, self._parts, self._size = self._parts, [], 0
        if parts:
            self._transport.write(parts[0] if len(parts) == 1 else b"".join(parts))


class BoundedProtocol(HttpToolsProtocol):
    """One connection of a caller. Heads that are too long or too large, and bodies that stop coming, end it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._raw = 0  # bytes since the last part of a body
        self._heard = self._begun = self.loop.time()
        self._open = True
        self._stalled: float | None = None
        self._ticking: asyncio.TimerHandle | None = None

    # ---------------------------------------------------------------- what the loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a first head."""
        self._joined = Joined(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, self._joined))
        self._ticking = self.loop.call_later(_TICK, self._tick)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever answers here that nobody listens."""
        if self._ticking is not None:
            self._ticking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._heard = self.loop.time()
        self._raw += len(data)  # the parser gathers a header of any length before it tells
        super().data_received(data)
        if self._raw > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def pause_writing(self) -> None:
        """Hold answers back: the caller does not take them."""
        self._stalled = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Let answers go on."""
        self._stalled = None
        super().resume_writing()

    # ---------------------------------------------------------------- what the parser says

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._open = True
        self._begun = self._heard
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer; what stands behind the body is no part of the head."""
        if sum([len(name) + len(value) + 4 for name, value in self.headers]) + len(self.url) > HEAD_BYTES:
            raise ValueError("the head of a request is too large")
        self._raw = 0
        super().on_headers_complete()
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Pass a part of a body on."""
        self._raw = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._raw = 0
        self._open = False
        super().on_message_complete()

    # ---------------------------------------------------------------- what ends a connection

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one."""
        self._begun = self.loop.time()
        self._joined.flush()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what can be read in two ways, and never within an answer that has begun."""
        cycle = self._last()
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _tick(self) -> None:
        if self._is_overdue(self.loop.time()):
            self.transport.abort()
            return
        self._ticking = self.loop.call_later(_TICK, self._tick)

    def _is_overdue(self, now: float) -> bool:
        """Tell whether nobody answers here, or somebody waits for what does not come or is not taken."""
        if self._stalled is not None and now - self._stalled > _STALLED:
            return True
        cycle = self._last()
        if cycle is None or cycle.response_complete:
            quiet = now - self._heard > self.timeout_keep_alive
            return quiet or (self._open and now - self._begun > _HEAD_SECONDS)
        return cycle.more_body and not self.flow.read_paused and now - self._heard > _BODY_SECONDS

    def _last(self) -> RequestResponseCycle | None:
        """Return the last request that began, where there was one."""
        return self.cycle
