"""HTTP/1 towards callers, as llhttp reads it, under uvicorn's server: bounded in size and time, and cheap (ADR 10)."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

import httptools

from accord.guard.gateway.turn import Turn

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

HEAD_BYTES: Final = 64 << 10
HEAD_SECONDS: Final = 20.0
_BODY_SECONDS: Final = 60.0  # between two parts of a body; the door has a bound for the whole of it
_TICK: Final = 5.0
"""Seconds between two looks at what a connection has come to: no timer is set for a single request."""
_HIGH: Final = 64 << 10
_BAD: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 30\r\n"
    b"connection: close\r\n\r\nInvalid HTTP request received."
)
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}


class BoundedProtocol(asyncio.Protocol):
    """One connection of a caller. Heads that are too long or too large, and bodies that stop coming, end it."""

    __slots__ = (
        "_app", "_client", "_dated", "_due", "_expects", "_headers", "_idle", "_loop", "_named", "_parser", "_paused",
        "_queue", "_raw", "_reading", "_server", "_state", "_ticking", "_transport", "_turn", "_url", "room",
    )  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app = config.loaded_app
        self._idle = float(config.timeout_keep_alive)
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._client: tuple[str, int] | None = None
        self._server: tuple[str, int] | None = None
        self._turn: Turn | None = None
        self._reading: Turn | None = None
        self._queue: deque[Turn] = deque()
        self._headers: list[tuple[bytes, bytes]] = []
        self._url = b""
        self._raw = self._named = 0
        self._paused = self._expects = False
        self._due = 0.0
        self._ticking: asyncio.TimerHandle | None = None
        self._dated: tuple[object, bytes] = (None, b"")
        self.room: asyncio.Event | None = None

    # ---------------------------------------------------------------- what the loop and the server say

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a first head."""
        self._transport = cast(asyncio.Transport, transport)
        self._client = _address(transport.get_extra_info("peername"))
        self._server = _address(transport.get_extra_info("sockname"))
        self._state.connections.add(self)  # type: ignore[arg-type]  # it is asked for nothing but `shutdown`
        self._due = self._loop.time() + HEAD_SECONDS
        self._ticking = self._loop.call_later(_TICK, self._tick)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever answers here that nobody listens."""
        self._state.connections.discard(self)
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        self.resume_writing()
        for turn in (self._turn, *self._queue):
            if turn is not None:
                turn.gone()
        self._queue.clear()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._raw += len(data)  # the parser gathers a header of any length before it tells
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._reading is not None:
                self._reading.keeps = False
        except httptools.HttpParserError:
            self._bad()
            return
        if self._raw > HEAD_BYTES:
            self._bad()

    def eof_received(self) -> bool:
        """Take the end of what a caller sends as its leaving."""
        return False

    def pause_writing(self) -> None:
        """Hold answers back: the caller does not take them."""
        if self.room is None:
            self.room = asyncio.Event()

    def resume_writing(self) -> None:
        """Let answers go on."""
        if self.room is not None:
            self.room.set()
            self.room = None

    def shutdown(self) -> None:
        """End the connection, after the answer that is being given."""
        if self._turn is None:
            self.close()
        else:
            self._turn.keeps = False

    # ---------------------------------------------------------------- what the parser says

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._headers = []
        self._url = b""
        self._named = 0
        self._expects = False
        if self._turn is None:
            self._due = self._loop.time() + HEAD_SECONDS

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those behind a body are counted and forgotten."""
        self._count(len(name) + len(value))
        low = name.lower()
        if low == b"expect":
            self._expects = value.lower() == b"100-continue"
        self._headers.append((low, value))

    def on_headers_complete(self) -> None:
        """Begin to answer, or wait for the turn."""
        version, url = self._parser.get_http_version(), self._url
        if url[:1] != b"/" or url[:2] == b"//" or b"#" in url:
            parsed = httptools.parse_url(url)
            raw, query = parsed.path or b"", parsed.query or b""
        else:
            raw, _, query = url.partition(b"?")
        path = raw.decode("ascii")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": self._parser.get_method().decode("ascii"),
            "scheme": "http",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
        }
        modern = version == "1.1"
        keeps = modern and bool(self._parser.should_keep_alive())
        self._raw = 0
        self._headers = []
        self._reading = turn = Turn(self, scope, keeps=keeps, expects=modern and self._expects)
        if self._turn is None:
            self._start(turn)
        else:
            self._queue.append(turn)
            self._pause()

    def on_body(self, data: bytes) -> None:
        """Pass a part of a body on; what is too much for now waits outside."""
        self._raw = 0
        turn = self._reading
        if turn is None or turn.done:
            return
        self._due = self._loop.time() + _BODY_SECONDS
        if turn.body(data) > _HIGH:
            self._pause()

    def on_message_complete(self) -> None:
        """End a request."""
        self._raw = 0
        self._headers = []
        if self._reading is not None:
            self._reading.ended()
            self._reading = None

    def _count(self, size: int) -> None:
        self._named += size + 4
        if self._named > HEAD_BYTES:
            raise ValueError("the head of a request is too large")

    # ---------------------------------------------------------------- what a turn asks for

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """End the connection when everything is sent."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def more(self) -> None:
        """Read on where reading waits for whoever asks now."""
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def head(self) -> bytes:
        """Return the headers of every answer; the server makes them anew each second."""
        now = self._state.default_headers
        if self._dated[0] is not now:
            self._dated = (now, b"".join(b"%b: %b\r\n" % one for one in now))
        return self._dated[1]

    def answered(self, turn: Turn) -> None:
        """Go on with the next request, or wait for one."""
        self._state.total_requests += 1
        if turn.task is not None:
            self._state.tasks.discard(turn.task)
        if turn is not self._turn:
            return
        self._turn = None
        if not turn.keeps or turn.cut:
            self.close()
            return
        self._due = self._loop.time() + (self._idle if turn.whole else _BODY_SECONDS)
        if self._queue:
            self._start(self._queue.popleft())
        if not self._queue:
            self.more()

    # ----------------------------------------------------------------

    def _start(self, turn: Turn) -> None:
        self._turn = turn
        self._due = self._loop.time() + _BODY_SECONDS
        turn.task = self._loop.create_task(turn.run(self._app))
        self._state.tasks.add(turn.task)

    def _bad(self) -> None:
        """Give up what can be read in two ways; an answer that is being given comes to its end first."""
        self._pause()
        for turn in (self._reading, self._turn):
            if turn is not None:
                turn.cut = True
                turn.wake()
        self._queue.clear()
        if self._turn is None:
            self.write(_BAD)
            self.close()

    def _pause(self) -> None:
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _tick(self) -> None:
        """End a connection that is overdue: nobody answers on it, or somebody waits for a body that does not come."""
        turn = self._turn
        waits = turn is None or (turn is self._reading and not self._paused)
        if waits and self._loop.time() >= self._due:
            self._ticking = None
            self.close()
            return
        self._ticking = self._loop.call_later(_TICK, self._tick)


def _address(found: object) -> tuple[str, int] | None:
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) and len(found) >= 2 else None
