"""The way to the model: one pool of connections, no redirects, and bounded answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Protocol

from accord.guard.gateway.wire import RefusedError

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

ANSWER_BYTES = 32 << 20
"""Bytes of an answer that comes whole."""


class Reply(Protocol):
    """What an upstream answers."""

    @property
    def status(self) -> int:
        """Return the status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers."""

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
    """An answer over HTTP."""

    __slots__ = ("_response", "headers", "status")

    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = response.headers

    async def read(self) -> bytes:
        """Return the whole body, however it is bounded."""
        response = self._response
        length = response.content_length
        if length is not None and length <= ANSWER_BYTES and "content-encoding" not in response.headers:
            return await _guarded(response.read())
        parts, size = [], 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > ANSWER_BYTES:
                response.close()
                raise RefusedError(f"the answer has more than {ANSWER_BYTES} bytes", code="ACC-E758", status=502)
            parts.append(chunk)
        return b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        from aiohttp import ClientError

        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (ClientError, TimeoutError, OSError) as error:
            raise _broken(error) from error

    def close(self) -> None:
        """Give the connection up: back to the pool where the answer is whole."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class HttpUpstream:
    """A model's HTTP interface."""

    def __init__(self, base: str, session: ClientSession) -> None:
        self._base = base.rstrip("/")
        self._session = session

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request and return what comes back, as soon as its head is there."""
        from aiohttp import ClientError

        base = self._base.removesuffix("/v1") if path == "/mcp" else self._base  # tools stand beside the models
        url = base + path
        try:
            response = await self._session.request(method, url, data=body, headers=headers, allow_redirects=False)
        except (ClientError, TimeoutError, OSError) as error:
            raise _broken(error) from error
        return HttpReply(response)


def session() -> ClientSession:
    """Return a pool of connections to an upstream; to be closed by whoever opens it."""
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=4, enable_cleanup_closed=False),
        timeout=ClientTimeout(total=None, sock_connect=10, sock_read=300),
        cookie_jar=DummyCookieJar(),
        headers={"Accept-Encoding": "identity"},
        skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
        trust_env=False,
    )


async def _guarded(reading: object) -> bytes:
    from collections.abc import Awaitable
    from typing import cast

    from aiohttp import ClientError

    try:
        return await cast(Awaitable[bytes], reading)
    except (ClientError, TimeoutError, OSError) as error:
        raise _broken(error) from error


def _broken(error: BaseException) -> RefusedError:
    status = 504 if isinstance(error, TimeoutError) else 502
    return RefusedError(f"the upstream failed: {type(error).__name__}", code="ACC-E757", status=status)
