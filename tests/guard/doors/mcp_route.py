"""The route of the gateway as tests ask it: in this process, and as a program with a real server behind it."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from guard.doors.mcp_peers import ATTACK, CANARY, NOW, SERVER, TOOLS, answer, guard, said

from accord.guard.doors.http import PATH, McpSessions
from accord.guard.engine import Guard
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.log import DecisionLog
from accord.guard.gateway.selftest import Answered
from accord.guard.gateway.shared import Rows
from accord.guard.gateway.wiring import Wired
from accord.record.remembered import Remembered


class Reply:
    def __init__(self, data: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = {"content-type": "application/json", **headers}
        self._data = data

    async def read(self) -> bytes:
        return self._data

    async def chunks(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._data), 5):
            yield self._data[at : at + 5]

    def close(self) -> None:
        pass


class Server:
    """Answers what the test puts down, and keeps what came."""

    def __init__(self) -> None:
        self.next: list[Reply] = []
        self.came: list[tuple[str, Mapping[str, str], bytes | None]] = []

    def says(self, data: bytes, status: int = 200, **headers: str) -> None:
        self.next.append(Reply(data, status, {name.replace("_", "-"): value for name, value in headers.items()}))

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        assert path == PATH
        self.came.append((method, headers, body))
        return self.next.pop(0) if self.next else Reply(b"", 202, {})


class Route:
    """A gateway in this process, asked without a socket."""

    def __init__(
        self,
        made: Guard | None = None,
        workers: int = 1,
        log: DecisionLog | None = None,
        *,
        number: int = 0,
        shared: Remembered | None = None,
        server: Server | None = None,
    ) -> None:
        self.server = server or Server()
        wired, rows = Wired(made or guard()), Rows(workers)
        self.app = Gateway(wired, self.server, rows=rows, worker=number, log=log, now=NOW.timestamp, shared=shared)
        self.app.add({PATH: McpSessions(self.app)})

    def ask(self, data: bytes, method: str = "POST", **headers: str) -> Answered:
        return asyncio.run(self._ask(data, method, headers))

    async def _ask(self, data: bytes, method: str, headers: Mapping[str, str]) -> Answered:
        sent: list[Any] = []
        left = [{"type": "http.request", "body": data, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if left:
                return left.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": PATH, "query_string": b"", "http_version": "1.1"}
        await self.app({**scope, "headers": [(b"content-type", b"application/json"), *raw]}, receive, send)
        whole = b"".join(part.get("body", b"") for part in sent[1:])
        return Answered(sent[0]["status"], dict(sent[0]["headers"]), whole)

    def begins(self, session: str = "s1", **headers: str) -> str:
        self.server.says(answer(1, {"protocolVersion": "2025-11-25"}), mcp_session_id=session)
        self.ask(said("initialize", 1), **headers)
        self.server.says(answer(2, {"tools": list(TOOLS)}))
        self.ask(said("tools/list", 2), mcp_session_id=session, **headers)
        return session


class Served(NamedTuple):
    """A gateway that runs: the address of its route, and its process."""

    address: str
    process: subprocess.Popen[bytes]


@contextmanager
def gateway(folder: Path, *more: str) -> Iterator[Served]:
    """Start a real server behind `accord guard serve`; `sent.txt` holds what it did, `log.jsonl` what was decided."""
    uvicorn = pytest.importorskip("uvicorn")
    pytest.importorskip("mcp")
    names: dict[str, Any] = {"__name__": "notes"}
    program = SERVER.replace("ATTACK", ATTACK).replace("server.run(*sys.argv[2:3])", "")
    exec(program.replace("sys.argv[1]", repr(str(folder / "sent.txt"))), names)  # ours, from beside this file
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    app = names["server"].streamable_http_app()
    behind = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=behind.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    (folder / "guard.yaml").write_text(
        f"guard: 1\ndetector: off\ncanaries: [{CANARY}]\ntools:\n  - name: send_message\n    approval: none\n"
    )
    told_by = subprocess.Popen(
        [
            sys.executable, "-c", "from accord.cli import main; main()", "guard", "serve", "--port", "0",
            "--upstream", f"http://127.0.0.1:{sock.getsockname()[1]}/v1", "--policy", str(folder / "guard.yaml"),
            "--log", str(folder / "log.jsonl"), *more,
        ],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert told_by.stderr is not None
    heard = b""
    while b"listens on" not in heard:
        heard = told_by.stderr.readline()
        assert heard, "the gateway ended"
    found = re.search(rb"http://[\d.:]+", heard)
    assert found is not None
    threading.Thread(target=told_by.stderr.read, daemon=True).start()
    yield Served(found[0].decode() + PATH, told_by)
    told_by.terminate()
    told_by.wait(20)
    told_by.stderr.close()
    names["sent"].close()
    behind.should_exit = True
    thread.join(10)
    sock.close()
