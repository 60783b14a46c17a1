"""What stands between the network and the routes."""

import traceback
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse


def protect(app: Starlette) -> Starlette:
    """Let web pages of any origin call the service."""
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    return app


def caller(request: Request) -> str:
    """Return who is asking."""
    return "anonymous"


async def body(request: Request) -> Any:  # whatever the client sent
    """Return the request's content."""
    return await request.json()


def failed(request: Request, error: Exception) -> JSONResponse:
    """Tell the client what went wrong, in full."""
    return JSONResponse({"error": repr(error), "detail": traceback.format_exception(error)}, status_code=500)
