"""The way to the model: connections that are kept, no redirects, and bounded answers (ADR 10)."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from ssl import SSLContext, create_default_context
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from accord.guard.gateway.connection import Connection
from accord.guard.gateway.wire import RefusedError

ANSWER_BYTES: Final = 32 << 20
"""Bytes of an answer that comes whole."""
_CONNECTING: Final = 10.0  # seconds for all addresses of a name
_ONE_ADDRESS: Final = 4.0
_SILENT: Final = 300.0  # seconds in which nothing of an answer came
_KEPT: Final = 4.0  # seconds for which a connection waits; many servers end theirs after five
_LOOK: Final = 1.0
_UNPACKED: Final = 64 << 10


class Reply(Protocol):
    """What an upstream answers."""

    @property
    def status(self) -> int:
        """Return the status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers, by their names in small letters."""

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
    """An answer over HTTP; it holds its connection until it is closed."""

    __slots__ = ("_connection", "_pool", "headers", "status")

    def __init__(self, connection: Connection, pool: HttpUpstream) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        self.status = connection.status
        self.headers: Mapping[str, str] = connection.headers

    async def read(self) -> bytes:
        """Return the whole body, however it is bounded."""
        connection = self._connection
        if connection is not None and connection.whole and "content-encoding" not in self.headers:
            return await connection.part()
        length = self.headers.get("content-length", "0")
        parts, size = [], int(length) if length.isdigit() and int(length) > ANSWER_BYTES else 0
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
        while (connection := self._connection) is not None and (data := await connection.part()):
            if unpacking is None:
                yield data
                continue
            for part in unpacking.feed(data):
                yield part
        if unpacking is not None:
            unpacking.end()

    def close(self) -> None:
        """Give the connection up: back to those that wait where the answer is whole."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)


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


class HttpUpstream:
    """A model's HTTP interface, plain or over TLS; to be entered before it is asked."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base.rstrip("/"))
        self._host = parts.hostname or ""
        self._tls: SSLContext | None = None
        if parts.scheme == "https":
            self._tls = create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        self._port = parts.port or (443 if self._tls else 80)
        self._base = parts.path
        name = f"[{self._host}]" if ":" in self._host else self._host
        shown = name if parts.port is None else f"{name}:{parts.port}"
        self._always = f" HTTP/1.1\r\nhost: {shown}\r\naccept-encoding: identity\r\n"
        self._alive: set[Connection] = set()
        self._idle: list[Connection] = []
        self._looking: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        """Begin to look after connections."""
        self._look()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all connections."""
        if self._looking is not None:
            self._looking.cancel()
        for connection in tuple(self._alive):
            connection.abort()
        await asyncio.sleep(0)

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request and return what comes back, as soon as its head is there."""
        base = self._base.removesuffix("/v1") if path == "/mcp" else self._base  # tools stand beside the models
        sent = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        length = "" if body is None else f"content-length: {len(body)}\r\n"
        head = f"{method} {base}{path}{self._always}{sent}{length}\r\n"
        if head.count("\n") != len(headers) + (4 if body is None else 5):
            raise RefusedError("a header is no single line", code="ACC-E754")
        connection = self._waiting() or await self._connected()
        await connection.ask(head.encode("latin-1"), body or b"")
        return HttpReply(connection, self)

    def give_back(self, connection: Connection) -> None:
        """Take back a connection; one whose answer is not whole, or says more than it should, is ended."""
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.abort()

    def _waiting(self) -> Connection | None:
        """Return the connection that was used last and still holds."""
        before = asyncio.get_running_loop().time() - _KEPT
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and connection.at >= before:
                return connection
            connection.abort()
        return None

    async def _connected(self) -> Connection:
        """Return a new connection."""
        try:
            async with asyncio.timeout(_CONNECTING):
                return await self._first()
        except TimeoutError as error:
            raise RefusedError("the upstream failed: no connection in time", code="ACC-E757", status=504) from error
        except (OSError, IndexError) as error:
            message = f"the upstream failed: no connection ({type(error).__name__})"
            raise RefusedError(message, code="ACC-E757", status=502) from error

    async def _first(self) -> Connection:
        """Return a connection to the first address, in order, that answers soon."""
        found = await asyncio.get_running_loop().getaddrinfo(self._host, self._port, type=1)
        addresses = [str(address[0]) for *_, address in found]
        for address in addresses[:-1]:
            with suppress(OSError):
                return await asyncio.wait_for(self._to(address), _ONE_ADDRESS)
        return await self._to(addresses[-1])

    async def _to(self, address: str) -> Connection:
        loop = asyncio.get_running_loop()
        name = self._host if self._tls else None
        _, connection = await loop.create_connection(
            lambda: Connection(loop, self._alive), address, self._port, ssl=self._tls, server_hostname=name
        )
        return connection

    def _look(self) -> None:
        """End connections that wait for too long, and answers of which nothing comes."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._alive):
            connection.expire(now - _SILENT)
        while self._idle and (self._idle[0].at < now - _KEPT or not self._idle[0].reusable):
            self._idle.pop(0).abort()
        self._looking = loop.call_later(_LOOK, self._look)
