"""The way to the model, by aiohttp: connections that are kept, no redirects, and bounded answers (ADR 10)."""

from __future__ import annotations

import asyncio
import io
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final, Protocol, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ClientRequest,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from aiohttp.connector import Connection

from accord.guard.gateway.wire import RefusedError

ANSWER_BYTES: Final = 32 << 20
"""Bytes of an answer that comes whole."""
_LINE_BYTES: Final = 8 << 10  # of one line of its head, of which there are 128 at most
_CONNECTING: Final = 10.0  # seconds for all addresses of a name
_SILENT: Final = 300.0  # seconds in which nothing of an answer came
_KEPT: Final = 4.0  # seconds for which a connection waits; many servers end theirs after five
_STALE: Final = 8
_UNPACKED: Final = 64 << 10
_AT_ONCE: Final = 1 << 20
_PLAIN: Final = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "accord"}


class Reply(Protocol):
    """What an upstream answers."""

    @property
    def status(self) -> int:
        """Return the status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers; their names may be asked for in small letters."""

    async def read(self) -> bytes:
        """Return the whole body."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""

    def close(self) -> None:
        """Give the connection up; an answer that is not whole is not waited for."""


class Upstream(Protocol):
    """Where requests go on to."""

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request; `path` follows the base that ends in `/v1`."""


class HttpReply:
    """An answer over HTTP; it holds its connection until it is whole or closed."""

    __slots__ = ("_closed", "_response", "headers", "status")

    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self._closed: asyncio.Future[None] | None = None
        if not response.content.is_eof():
            self._watch(response.connection)
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        """Return the whole body, however it is bounded."""
        content = self._response.content
        if content.is_eof() and content.exception() is None and "content-encoding" not in self.headers:
            return content.read_nowait()  # it came with its head: never more than is read in one go
        parts, size = [], 0 if (self._response.content_length or 0) <= ANSWER_BYTES else ANSWER_BYTES
        async for chunk in self.chunks():
            size += len(chunk)
            if size > ANSWER_BYTES:
                raise RefusedError(f"the answer has more than {ANSWER_BYTES} bytes", code="ACC-E758", status=502)
            parts.append(chunk)
        return b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        packed = self.headers.get("content-encoding", "identity").strip().lower()
        unpacking = _Unpacking(packed) if packed not in {"identity", ""} else None
        while data := await self._part():
            if unpacking is None:
                yield data
                continue
            for part in unpacking.feed(data):
                yield part
        if unpacking is not None:
            unpacking.end()

    async def _part(self) -> bytes:
        try:
            return await self._response.content.readany()
        except (ClientError, OSError, TimeoutError) as error:
            raise _failed(error) from error

    def close(self) -> None:
        """Give the connection up: back to those that wait where the answer is whole."""
        if self._closed is not None:
            self._closed.remove_done_callback(self._ended)
        if not self._response.content.at_eof():
            self._response.close()

    def _watch(self, connection: Connection | None) -> None:
        """Have the answer end with its connection: aiohttp tells nobody of a chunk that it cannot read."""
        protocol = connection.protocol if connection is not None else None
        self._closed = protocol.closed if protocol is not None else None
        if self._closed is None:
            self._ended()
            return
        self._closed.remove_done_callback(_noted)
        self._closed.add_done_callback(_noted)
        self._closed.add_done_callback(self._ended)

    def _ended(self, _: object = None) -> None:
        content = self._response.content
        if not content.is_eof() and content.exception() is None:
            content.set_exception(ServerDisconnectedError())


def _noted(closed: asyncio.Future[None]) -> None:
    """Take note of how a connection ended, also where no answer is read on it any more."""
    if not closed.cancelled():
        closed.exception()


class _Unpacking:
    """An answer that comes packed although that was not asked for: unpacked in small parts."""

    def __init__(self, packed: str) -> None:
        if packed not in {"gzip", "x-gzip", "deflate"}:
            raise RefusedError(f"the answer is packed as {packed[:40]!r}", code="ACC-E758", status=502)
        self._unpacking = zlib.decompressobj(wbits=47)  # gzip or zlib, whichever it says it is

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes out of a part."""
        while data:
            try:
                part = self._unpacking.decompress(data, _UNPACKED)
            except zlib.error as error:
                raise RefusedError("the answer cannot be unpacked", code="ACC-E758", status=502) from error
            data = self._unpacking.unconsumed_tail
            if self._unpacking.unused_data:
                raise RefusedError("something stands behind the packed answer", code="ACC-E758", status=502)
            if part:
                yield part

    def end(self) -> None:
        """Check that nothing is missing."""
        if not self._unpacking.eof:
            raise RefusedError("the packed answer is not whole", code="ACC-E758", status=502)


class _StaleError(Exception):
    """Something came on a connection that nobody had asked anything on; nothing was sent there."""


class _Request(ClientRequest):
    """A request that goes out on no connection on which an answer stands already: it would be another one's.

    Bytes are written right behind the head: aiohttp makes a payload and a task of its own for each body.
    """

    _bytes = b""

    def update_body_from_data(self, body: object, _stacklevel: int = 3) -> None:
        """Take the body."""
        if type(body) is not bytes or self.compress or self.chunked:
            super().update_body_from_data(body, _stacklevel)
            return
        self._bytes = body
        self.headers["content-length"] = str(len(body))

    async def send(self, conn: Connection) -> ClientResponse:
        """Write the request."""
        if conn.protocol is None or conn.protocol.should_close:
            raise _StaleError
        if self._bytes and conn.protocol.writing_paused:  # what was sent before has to leave first
            super().update_body_from_data(self._bytes)
            self._bytes = b""
        response = await super().send(conn)
        if self._bytes and conn.transport is not None:
            conn.transport.write(self._bytes)
        return response


class HttpUpstream:
    """A model's HTTP interface, plain or over TLS; to be made in a running loop, and left there."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._session = ClientSession(
            connector=TCPConnector(limit=0, keepalive_timeout=_KEPT),
            cookie_jar=DummyCookieJar(),
            headers=_PLAIN,
            request_class=_Request,
            auto_decompress=False,
            timeout=ClientTimeout(sock_connect=_CONNECTING, sock_read=_SILENT),
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
        )

    async def __aenter__(self) -> Self:
        """Begin to keep connections."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all connections."""
        await self._session.close()

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request and return what comes back, as soon as its head is there."""
        base = self._base.removesuffix("/v1") if path == "/mcp" else self._base  # tools stand beside the models
        for _ in range(_STALE):
            try:
                return await self._sent(method, base + path, headers, body)
            except _StaleError:  # that connection is gone; another one is taken or made
                continue
        raise RefusedError("the upstream failed: it answers before it is asked", code="ACC-E757", status=502)

    async def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        data = io.BytesIO(body) if body is not None and len(body) > _AT_ONCE else body
        lines = {name: value if value.isascii() else _as_utf8(value) for name, value in headers.items()}
        try:
            response = await self._session.request(method, url, headers=lines, data=data, allow_redirects=False)
        except ValueError as error:
            raise RefusedError("a header is no single line", code="ACC-E754") from error
        except (ClientError, OSError, TimeoutError) as error:
            raise _failed(error) from error
        coding = response.headers.get("transfer-encoding", "chunked").strip().lower()
        if response.status < 200 or coding != "chunked":
            response.close()
            raise RefusedError("the upstream failed: its answer is no HTTP", code="ACC-E757", status=502)
        return HttpReply(response)


def _as_utf8(value: str) -> str:
    """Return a header so that the bytes that came go on; aiohttp writes UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError as error:
        raise RefusedError("a header is not UTF-8", code="ACC-E754") from error


def _failed(error: Exception) -> RefusedError:
    match error:
        case ConnectionTimeoutError():
            why = "no connection in time"
        case TimeoutError():
            why = "nothing came for too long"
        case ClientConnectorError():
            why = "no connection"
        case ClientResponseError():
            why = "its answer is no HTTP"
        case ClientPayloadError() | ServerDisconnectedError():
            why = "it ended before its answer did"
        case _:
            why = f"the connection broke ({type(error).__name__})"
    status = 504 if isinstance(error, TimeoutError) else 502
    return RefusedError(f"the upstream failed: {why}", code="ACC-E757", status=status)
