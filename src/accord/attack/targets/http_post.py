"""One HTTP request to a target: bounded, never redirected, and whatever goes wrong is a failure with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.attack.targets.line import Failure
from accord.attack.targets.replies import MOST_BYTES, retry_after
from accord.core.errors import TargetError
from accord.core.text import one_line

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_AGAIN: Final = frozenset({408, 409, 425, 429})
_LIMITED: Final = frozenset({429, 503, 529})


class Body(NamedTuple):
    """The body of an answer with status 200 to 299, and the id the target gave the request."""

    data: bytes
    status: int
    request_id: str | None = None


def client() -> ClientSession:
    """Return an HTTP client for the running loop: no redirects, no proxies, no cookies, no limit but the campaign's.

    Raises `TargetError` where aiohttp is not installed.
    """
    try:
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
    except ImportError as error:
        raise TargetError("HTTP targets need aiohttp", hint="pip install accord[llm]", code="ACC-E654") from error
    return ClientSession(
        connector=TCPConnector(limit=0, ttl_dns_cache=300),
        timeout=ClientTimeout(total=None, sock_connect=30),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "accord"},
    )


async def post(http: ClientSession, url: str, data: bytes, headers: Mapping[str, str]) -> Body | Failure:
    """Send a request and return its whole body, at most 1 MiB of it."""
    from aiohttp import ClientError, InvalidURL

    try:
        async with http.post(url, data=data, headers=headers, allow_redirects=False) as response:
            refusal = refused(response)
            if refusal is None or response.status == 403:
                return _blocked(await _whole(response), refusal)
            return refusal
    except InvalidURL as error:
        return Failure(f"the address cannot be used: {one_line(str(error), 200)}", again=False)
    except (ClientError, OSError, ValueError, EOFError) as error:
        return Failure(f"{type(error).__name__}: {one_line(str(error), 200)}")


def _blocked(body: Body | Failure, refusal: Failure | None) -> Body | Failure:
    """Return the body of an answer; a 403 is one only where a guard says that it blocked the request."""
    if refusal is None or isinstance(body, Failure):
        return refusal or body
    told = guard_said(body.data)
    return refusal if told is None else Body(told.encode(), body.status, body.request_id)


def guard_said(data: bytes) -> str | None:
    """Return what a guard says that blocked a request, or None where none did."""
    import msgspec

    try:
        said = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict) or error.get("type") != "guard_blocked":
        return None
    return f"blocked by the guard: {one_line(str(error.get('message') or error.get('code') or ''), 300)}"


async def _whole(response: ClientResponse) -> Body | Failure:
    kept = bytearray()
    async for chunk in response.content.iter_any():
        kept += chunk
        if len(kept) > MOST_BYTES:
            response.close()
            return Failure(f"the answer is larger than {MOST_BYTES:,} bytes", response.status, again=False)
    return Body(bytes(kept), response.status, _request_id(response))


def _request_id(response: ClientResponse) -> str | None:
    return one_line(response.headers.get("x-request-id", ""), 200) or None


def refused(response: ClientResponse) -> Failure | None:
    """Return why a response is no answer, by its status alone, or nothing."""
    status = response.status
    if 200 <= status < 300:
        return None
    return Failure(
        f"HTTP {status} {one_line(response.reason or '', 80)}".strip(),
        status,
        _request_id(response),
        retry_after=retry_after(response.headers),
        again=status >= 500 or status in _AGAIN,
        limited=status in _LIMITED,
    )
