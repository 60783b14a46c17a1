"""What the tests of targets stand on: a line that sends once, and a victim that writes whatever bytes it likes."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

import pytest

from accord.attack.targets.line import Failure, Line, Send
from accord.core.errors import TargetError
from accord.core.trial import Reply


class Asked(NamedTuple):
    """A request as the victim read it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body or b"null")


Respond = Callable[[Asked], bytes | Iterable[bytes]]
Serve = Callable[[Respond], str]


class OneTry:
    """A line that sends each request once, waits so long, and tells a failure as an error."""

    def __init__(self, patience: float) -> None:
        self.patience = patience

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        try:
            answer = await asyncio.wait_for(request(), self.patience)
        except TimeoutError as error:
            raise TargetError("timeout", code="ACC-E650") from error
        if isinstance(answer, Failure):
            raise TargetError(repr(answer), code="ACC-E650")
        return answer.reply


@pytest.fixture
def line() -> Line:
    """Return a line that sends once and waits three seconds."""
    return OneTry(3)


@pytest.fixture
def patient() -> Line:
    """Return a line that waits for a whole interpreter to start on a busy machine."""
    return OneTry(60)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what starts a victim and returns its address."""
    with ExitStack() as stack:
        yield lambda respond: stack.enter_context(_serving(respond))


@contextmanager
def _serving(respond: Respond) -> Iterator[str]:
    class Visit(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self) -> None:
            asked = _read(self.rfile)
            with suppress(OSError):
                answer = respond(asked)
                for part in [answer] if isinstance(answer, bytes) else answer:
                    self.wfile.write(part)
                    self.wfile.flush()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Visit) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _read(stream: Any) -> Asked:
    method, path, _ = (stream.readline().decode() or "GET / -").split(" ", 2)
    headers = {}
    while (row := stream.readline().decode().strip()) != "":
        name, _, value = row.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(method, path, headers, stream.read(int(headers.get("content-length", 0))))
