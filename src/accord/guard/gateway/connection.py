"""One connection to the upstream: HTTP/1.1 as llhttp reads it, one request at a time, given up at the first oddity."""

from __future__ import annotations

import asyncio
from typing import Final, cast

import httptools

from accord.guard.gateway.wire import RefusedError

HEAD_BYTES: Final = 64 << 10
"""Bytes of the head of an answer, with what comes before it and the trailers behind it."""
_INTERIM: Final = 256
"""Bytes as which an answer counts that only announces another one."""
_HIGH: Final = 256 << 10
"""Bytes of a body that wait to be taken; with more of them nothing is read."""


class Connection(asyncio.Protocol):
    """Carries one request and its answer, then the next. What nobody asked for makes it useless.

    `at` is when something came last; `whole` says that the answer is, or that none is awaited.
    """

    __slots__ = (
        "_alive", "_ends", "_head", "_keeps", "_loop", "_more", "_named", "_open", "_parser", "_parts", "_paused",
        "_raw", "_size", "_spoiled", "_transport", "_why", "at", "headers", "status", "whole",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, alive: set[Connection]) -> None:
        self._loop = loop
        self._alive = alive
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._head: asyncio.Future[None] | None = None
        self._more: asyncio.Future[None] | None = None
        self._parts: list[bytes] = []
        self._size = self._raw = self._named = 0
        self._open = self._ends = self._paused = self._spoiled = False
        self._keeps = True
        self._why: tuple[str, int] | None = None
        self.status = 0
        self.headers: dict[str, str] = {}
        self.at = loop.time()
        self.whole = True

    # ---------------------------------------------------------------- what the owner asks

    async def ask(self, head: bytes, body: bytes) -> None:
        """Send a request and wait for the head of its answer."""
        self.status, self.headers, self._raw, self._named = 0, {}, 0, 0
        self.whole = self._open = self._ends = self._keeps = False
        self.at = self._loop.time()
        self._head = self._loop.create_future()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(head + body)
        else:
            self._fail("the connection was lost")
        try:
            await self._head
        finally:
            self._head = None
            if not self._open:
                self.abort()

    async def part(self) -> bytes:
        """Return what has come of the body; nothing at its end."""
        while not self._parts:
            if self.whole:
                return b""
            if self._why is not None:
                raise self._broken()
            self._more = self._loop.create_future()
            try:
                await self._more
            finally:
                self._more = None
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._size = [], 0
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self.at = self._loop.time()
            self._transport.resume_reading()
        return data

    @property
    def reusable(self) -> bool:
        """Tell whether another request may be sent here."""
        if self._spoiled or self._why is not None or not self.whole or self._parts:
            return False
        return self._transport is not None and not self._transport.is_closing() and self._keeps

    def abort(self) -> None:
        """End the connection at once."""
        self._spoiled = True
        if self._transport is not None:
            self._transport.abort()

    def expire(self, before: float) -> None:
        """Give an answer up of which nothing came since some time, unless it is we who do not take it."""
        if not self.whole and not self._paused and self.at < before:
            self._fail("nothing came for too long", 504)

    # ---------------------------------------------------------------- what the loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection up."""
        self._transport = cast(asyncio.Transport, transport)
        self._alive.add(self)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self.whole:
            self.abort()
            return
        self.at = self._loop.time()
        self._raw += len(data)  # the parser gathers a header of any length before it tells
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._spoiled = True  # what stands behind an answer that is whole is no matter of the answer
            self._fail("its answer is no HTTP")
            return
        if self._raw > HEAD_BYTES and not self.whole:
            self._fail("the head of its answer is too large")

    def eof_received(self) -> bool:
        """Take an end: it is the end of the answer only where nothing else says where that is."""
        self._ended()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take a loss."""
        self._alive.discard(self)
        if exc is None:
            self._ended()
        else:
            self._fail(f"the connection broke ({type(exc).__name__})")

    def _ended(self) -> None:
        if self._open and self._ends and self._why is None:
            self.on_message_complete()
        else:
            self._fail("it ended before its answer did")

    # ---------------------------------------------------------------- what the parser says

    def on_message_begin(self) -> None:
        """Begin an answer; one that nobody asked for spoils the connection."""
        if self.whole:
            raise ValueError("an answer without a request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header of the head; those behind the body are counted and forgotten."""
        self._told(len(name) + len(value) + 4)
        if not self._open:
            self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """Give the head to whoever waits, unless it only announces another one."""
        status = self._parser.get_status_code()
        if status < 200:
            if status == 101:
                raise ValueError("an upgrade that nobody asked for")
            self.headers = {}
            self._told(_INTERIM)
            return
        coding = self.headers.get("transfer-encoding")
        if coding is not None and coding.strip().lower() != "chunked":
            raise ValueError("a transfer coding that nobody here reads")
        self.status, self._open = status, True
        self._ends = coding is None and "content-length" not in self.headers
        self._keeps = bool(self._parser.should_keep_alive())
        if self._head is not None and not self._head.done():
            self._head.set_result(None)

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body until it is taken."""
        self._raw = 0
        self._parts.append(data)
        self._size += len(data)
        if self._size > _HIGH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        """End an answer."""
        if self._open and not self.whole:
            self.whole = True
            self._wake()

    def _told(self, size: int) -> None:
        self._named += size
        if self._named > HEAD_BYTES:
            raise ValueError("a head that is too large")

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _fail(self, why: str, status: int = 502) -> None:
        """End an answer that will not become whole, once."""
        if self.whole or self._why is not None:
            return
        self._why = (why, status)
        if self._head is not None and not self._head.done():
            self._head.set_exception(self._broken())
        self._wake()
        self.abort()

    def _broken(self) -> RefusedError:
        why, status = self._why or ("", 502)
        return RefusedError(f"the upstream failed: {why}", code="ACC-E757", status=status)
