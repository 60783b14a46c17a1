"""The door of a harness: JSON over HTTP on loopback, for a campaign that runs in another process.

`GET /` tells what the application wrapped, `POST /sessions` begins a trial, `POST /sessions/ID/plant` and `/ask`
and `GET /sessions/ID/state` are what a target can do, `DELETE /sessions/ID` ends it. Each needs the token.
"""

from __future__ import annotations

import asyncio
import hmac
import inspect
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from contextvars import copy_context
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from accord.attack.targets.cells import ShapeError, state_of
from accord.attack.targets.runner import said as heard
from accord.attack.targets.sitting import Sitting
from accord.core.trial import Delivery, ToolCall

if TYPE_CHECKING:
    from accord.attack.targets.embedded import Call, Harness

LARGEST = 1 << 20
"""Bytes of a request that are read."""

MOST = 256
"""Trials at once; the one that was silent longest makes room."""

_IDLE = 900.0
_HOSTS = frozenset({"127.0.0.1", "localhost"})


class _Seat(NamedTuple):
    sitting: Sitting
    used: float


class _Refused(NamedTuple):
    status: int
    reason: str


def opened(harness: Harness, *, port: int, token: str | None) -> str:
    """Open the door and return its address; it closes with the process.

    Raises `ValueError` where there is no token: whoever may plant texts in an application must be known.
    """
    wanted = token or os.environ.get("ACCORD_HARNESS_TOKEN", "")
    if len(wanted) < 16:
        raise ValueError("the door of the harness needs a token of 16 characters: export ACCORD_HARNESS_TOKEN")
    house = _House(harness, wanted)
    server = _Server(("127.0.0.1", port), lambda *parts: _Visitor(house, *parts))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


class _House:
    """The trials that are going on, and what can be done in them."""

    def __init__(self, harness: Harness, token: str) -> None:
        self.token = token
        self._harness = harness
        self._seats: dict[str, _Seat] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # an `alone` harness serves one trial at a time

    def reply(self, method: str, path: str, said: Mapping[str, object]) -> Mapping[str, object] | _Refused:
        """Do what a request asks."""
        match (method, *path.strip("/").split("/")):
            case ("GET", ""):
                return {"accord_harness": 1, "capabilities": sorted(self._harness.capabilities)}
            case ("POST", "sessions"):
                return {"session": self._begin()}
            case ("DELETE", "sessions", name):
                with self._lock:
                    self._seats.pop(name, None)
                return {}
            case (_, "sessions", name, deed):
                sitting = self._found(name)
                return _Refused(404, "no such session") if sitting is None else self._do(sitting, (method, deed), said)
        return _Refused(404, "no such page")

    def _begin(self) -> str:
        now, name = time.monotonic(), secrets.token_hex(16)
        with self._lock:
            for old in [old for old, seat in self._seats.items() if now - seat.used > _IDLE]:
                del self._seats[old]
            if len(self._seats) >= MOST:
                del self._seats[min(self._seats, key=lambda one: self._seats[one].used)]
            self._seats[name] = _Seat(Sitting(), now)
        return name

    def _found(self, name: str) -> Sitting | None:
        with self._lock:
            seat = self._seats.get(name)
            if seat is None:
                return None
            self._seats[name] = seat._replace(used=time.monotonic())
            return seat.sitting

    def _do(
        self, sitting: Sitting, deed: tuple[str, str], said: Mapping[str, object]
    ) -> Mapping[str, object] | _Refused:
        harness = self._harness
        match deed:
            case ("POST", "plant"):
                channel, text, name = said.get("channel"), said.get("text"), said.get("name")
                if not isinstance(channel, str) or not isinstance(text, str) or channel not in harness.capabilities:
                    return _Refused(400, "the application has not wrapped this channel")
                sitting.plant(Delivery(channel=channel, text=text, name=name if isinstance(name, str) else None))
                return {}
            case ("POST", "ask") if harness.answer is not None:
                return self._answered(harness.answer, sitting, str(said.get("text", "")))
            case ("GET", "state") if harness.snapshot is not None:
                return _stated(self._run(harness.snapshot, sitting))
        return _Refused(404, "the application has no such function")

    def _answered(self, function: Call, sitting: Sitting, text: str) -> Mapping[str, object] | _Refused:
        """Return what the application answers, as in its own process: the text, its end, the calls told and made."""
        try:
            reading = heard(self._run(function, sitting, text))
        except ShapeError as error:
            return _Refused(500, f"the application {error}")
        answer = reading.text if reading.stopped is None else {"answer": reading.text, "stopped": reading.stopped}
        return {"answer": answer, "tool_calls": [_wire(call) for call in (*reading.calls, *sitting.calls())]}

    def _run(self, function: Call, sitting: Sitting, *args: object) -> object:
        def inside() -> object:
            self._harness.seat(sitting)
            try:
                value = function(*args)
                return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value
            finally:
                self._harness.seat(None)

        if not self._harness.alone:
            return copy_context().run(inside)
        with self._turn:
            return copy_context().run(inside)


class _Server(ThreadingHTTPServer):
    request_queue_size = 512  # as many visitors as a campaign may send at once


class _Visitor(BaseHTTPRequestHandler):
    """One request at the door."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def __init__(self, house: _House, *parts: object) -> None:
        self._house = house
        super().__init__(*parts)  # type: ignore[arg-type]  # socketserver hands over what its handlers take

    def do_GET(self) -> None:  # the name that http.server calls
        """Answer what is only read."""
        self._serve()

    def do_POST(self) -> None:  # the same
        """Answer what does something."""
        self._serve()

    def do_DELETE(self) -> None:  # the same
        """End a trial."""
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base
        """Write nothing into the application's own output."""

    def _serve(self) -> None:
        refused = self._stranger()
        said = {} if refused else self._said()
        answer = refused or (said if isinstance(said, _Refused) else None)
        done = answer or self._house.reply(self.command, self.path, said if isinstance(said, dict) else {})
        status, content = (done.status, {"error": done.reason}) if isinstance(done, _Refused) else (200, dict(done))
        data = json.dumps(content).encode()
        self.close_connection = self.close_connection or answer is not None
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stranger(self) -> _Refused | None:
        """Refuse a page of a browser (another Host, an Origin), and whoever does not know the token."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in _HOSTS or self.headers.get("Origin"):
            return _Refused(403, "not from here")
        given = self.headers.get("Authorization", "").removeprefix("Bearer ").encode("utf-8", "replace")
        known = hmac.compare_digest(given, self._house.token.removeprefix("Bearer ").encode())
        return None if known else _Refused(401, "the token is wrong")

    def _said(self) -> dict[str, object] | _Refused:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or len(length) > 9 or int(length) > LARGEST or self.headers.get("Transfer-Encoding"):
            return _Refused(413, "too large")
        try:
            said = json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError):
            return _Refused(400, "not JSON")
        return said if isinstance(said, dict) else _Refused(400, "not an object")


async def _awaited(value: object) -> object:
    return await value if inspect.isawaitable(value) else value


def _stated(value: object) -> Mapping[str, object] | _Refused:
    """Return a state, whole."""
    try:
        return {"state": state_of(value)}
    except ShapeError as error:
        return _Refused(500, f"{error}")


def _wire(call: ToolCall) -> Mapping[str, object]:
    return {"name": call.name, "args": call.args, "does": call.does}
