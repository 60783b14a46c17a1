"""What stands between the network and the routes: identity, rate, size, and errors that tell nothing."""

import hmac
import json
import os
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app import journal

SECURITY_TXT = Path(__file__).resolve().parent.parent / ".well-known" / "security.txt"
OPEN_PATHS = frozenset({"/health", "/.well-known/security.txt"})
MAX_BYTES = 8192
MAX_LENGTHS = {"message": 2000, "session": 64, "name": 64, "text": 6000}


def protect(app: Starlette) -> Starlette:
    """Ask every caller for a token of HELPDESK_TOKENS, a JSON object of token to customer address."""
    tokens: dict[str, str] = json.loads(os.environ.get("HELPDESK_TOKENS", "{}"))
    if not tokens:
        raise SystemExit('helpdesk: set HELPDESK_TOKENS, for example {"a-long-random-token": "moss@example.org"}')
    rate = int(os.environ.get("HELPDESK_RATE", "20"))
    asked: defaultdict[str, deque[float]] = defaultdict(deque)

    async def guarded(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path in OPEN_PATHS:
            return await call_next(request)
        who = _owner(request.headers.get("authorization", ""), tokens)
        if who is None:
            return JSONResponse({"error": "unauthorised"}, status_code=401, headers={"www-authenticate": "Bearer"})
        if _too_fast(asked[who], rate):
            return JSONResponse({"error": "too many requests"}, status_code=429, headers={"retry-after": "60"})
        request.state.caller = who
        response = await call_next(request)
        response.headers["ratelimit-remaining"] = str(rate - len(asked[who]))
        return response

    app.add_middleware(BaseHTTPMiddleware, dispatch=guarded)
    app.router.routes.append(Route("/.well-known/security.txt", security_txt))
    return app


async def security_txt(request: Request) -> PlainTextResponse:
    """Say where to report a vulnerability."""
    return PlainTextResponse(SECURITY_TXT.read_text("utf-8"))


def caller(request: Request) -> str:
    """Return who is asking."""
    who: str = request.state.caller
    return who


async def body(request: Request) -> Mapping[str, str]:
    """Return the request's content if it is an object of short texts."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise HTTPException(413, "too large")
    try:
        fields = json.loads(content)
    except ValueError as error:
        raise HTTPException(400, "not JSON") from error
    needed = ("message",) if request.url.path == "/chat" else ("name", "text")
    if not isinstance(fields, dict) or not all(name in fields for name in needed):
        raise HTTPException(400, f"needed: {', '.join(needed)}")
    for name, value in fields.items():
        if not isinstance(value, str) or len(value) > MAX_LENGTHS.get(name, 0):
            raise HTTPException(
                413 if isinstance(value, str) and name in MAX_LENGTHS else 400, "unknown or too long field"
            )
    return fields


def failed(request: Request, error: Exception) -> JSONResponse:
    """Tell the client that something went wrong, and the log what."""
    journal.note("error", path=request.url.path, error=repr(error))
    return JSONResponse({"error": "internal error"}, status_code=500)


def _owner(header: str, tokens: Mapping[str, str]) -> str | None:
    """Return whose token it is; every token is compared, so that time tells nothing."""
    given = header.removeprefix("Bearer ").encode()
    found = [who for token, who in tokens.items() if hmac.compare_digest(token.encode(), given)]
    return found[0] if found else None


def _too_fast(times: deque[float], rate: int) -> bool:
    """Say whether this request is one too many within a minute, and remember it otherwise."""
    now = time.monotonic()
    while times and times[0] < now - 60:
        times.popleft()
    if len(times) >= rate:
        return True
    times.append(now)
    return False
