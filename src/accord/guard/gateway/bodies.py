"""The body of a request: taken within its bound and in time, unpacked, and only where it says that it is JSON."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from typing import Final

from accord.guard.gateway.visit import Receive
from accord.guard.gateway.wire import RefusedError

_SECONDS: Final = 30.0


async def body_of(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """Return the body of a request, unpacked, within its bound."""
    media, _, parameters = headers.get(b"content-type", b"application/json").lower().partition(b";")
    charset = parameters.strip().removeprefix(b"charset=").strip(b'"')
    if media.strip() != b"application/json" or charset not in {b"", b"utf-8", b"utf8"}:
        raise RefusedError("the body is not declared as JSON in UTF-8", code="ACC-E754", status=415)
    packed = headers.get(b"content-encoding", b"identity").strip().lower()
    if packed not in {b"identity", b"gzip", b""}:
        raise RefusedError("the body is packed as nothing but gzip may be", code="ACC-E754", status=415)
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _more(receive, body, limit)
    if len(body) > limit:
        raise _too_large(limit)
    return _unpacked(body, limit) if packed == b"gzip" else body


async def _more(receive: Receive, begun: bytes, limit: int) -> bytes:
    """Return the rest of a body that comes in parts, in time and within its bound."""
    try:
        async with asyncio.timeout(_SECONDS):
            return await _gathered(receive, begun, limit)
    except TimeoutError as error:
        raise RefusedError("the body did not come in time", code="ACC-E754", status=408) from error


async def _gathered(receive: Receive, begun: bytes, limit: int) -> bytes:
    parts, size, more = [begun], len(begun), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError("the caller left in the middle of the body", code="ACC-E754")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        more = bool(message.get("more_body"))
    return b"".join(parts)


def _unpacked(body: bytes, limit: int) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        data = unpacking.decompress(body, limit + 1)
    except zlib.error as error:
        raise RefusedError("the body is no gzip", code="ACC-E750") from error
    if len(data) > limit:
        raise _too_large(limit)
    if not unpacking.eof or unpacking.unused_data:
        raise RefusedError("the body is not one whole gzip", code="ACC-E750")
    return data


def _too_large(limit: int) -> RefusedError:
    return RefusedError(f"the body has more than {limit} bytes", code="ACC-E751", status=413)
