"""HTTP towards callers: what a connection may do to the gateway, and what it gets for it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from accord.guard.gateway import protocol
from accord.guard.gateway.protocol import HEAD_BYTES, BoundedProtocol

POST: Final = b"POST /a?b=c HTTP/1.1\r\nhost: x\r\n"
GET: Final = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
Heard = list[dict[str, Any]]


class Echo:
    """Answers with what it was sent; keeps each scope and what it was told."""

    def __init__(self) -> None:
        self.scopes: Heard = []
        self.told: list[str] = []
        self.errors: list[str] = []
        self.gate: asyncio.Event | None = None
        self.open = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        kind = scope["path"].strip("/")
        self.open += 1
        try:
            await getattr(self, kind, self.a)(scope, receive, send)
        finally:
            self.open -= 1

    async def a(self, scope: Any, receive: Any, send: Any) -> None:
        """Take the whole body and say how long it was."""
        body, more = b"", True
        while more:
            message = await receive()
            self.told.append(message["type"])
            if message["type"] == "http.disconnect":
                break
            body += message["body"]
            more = message["more_body"]
        if self.gate is not None:
            await self.gate.wait()
        said = json.dumps([scope["method"], len(body)]).encode()
        await self.answer(send, said)

    async def early(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer without taking the body."""
        await self.answer(send, b"early")

    async def stream(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer in parts."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"one", b"", b"two"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def begins(self, scope: Any, receive: Any, send: Any) -> None:
        """Begin to answer, then wait."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        if self.gate is not None:
            await self.gate.wait()
        await send({"type": "http.response.body", "body": b"two"})

    async def flood(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer without an end, as long as it is taken."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(10_000):
            await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
            self.told.append("sent")

    async def breaks(self, scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    async def half(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        raise ZeroDivisionError

    async def splits(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"1\r\nset-cookie: y")]})

    async def longer(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"12"})

    async def waits(self, scope: Any, receive: Any, send: Any) -> None:
        """Wait until the caller leaves."""
        await receive()
        self.told.append((await receive())["type"])

    async def answer(self, send: Any, body: bytes) -> None:
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Said(logging.Handler):
    """Keeps the names of the errors that a server tells of."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is not None and record.exc_info[0] is not None:
            self._errors.append(record.exc_info[0].__name__)


class There:
    """A server, and a caller of it."""

    def __init__(self, app: Echo, state: ServerState, port: int) -> None:
        self.app = app
        self.state = state
        self.port = port

    async def raw(self, *parts: bytes, pause: float = 0.01) -> bytes:
        """Send parts, and return everything that comes until the connection ends or nothing more comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        got = b""
        try:
            while part := await asyncio.wait_for(reader.read(1 << 16), 0.3):
                got += part
        except TimeoutError:
            got += b"<open>"
        except ConnectionError:
            got += b"<reset>"
        writer.close()
        return got


@asynccontextmanager
async def serving() -> AsyncIterator[There]:
    app, state, loop = Echo(), ServerState(), asyncio.get_running_loop()
    state.default_headers = [(b"date", b"today")]
    config = Config(app, lifespan="off", timeout_keep_alive=75, log_config=None)
    config.load()
    log = logging.getLogger("uvicorn.error")
    log.propagate = False
    log.addHandler(said := Said(app.errors))
    server = await loop.create_server(lambda: BoundedProtocol(config, state, {}, loop), "127.0.0.1", 0)
    try:
        yield There(app, state, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for connection in tuple(state.connections):
            connection.shutdown()
        log.removeHandler(said)


def run(work: Callable[[There], Coroutine[Any, Any, None]]) -> None:
    async def inside() -> None:
        async with serving() as there:
            await work(there)

    asyncio.run(asyncio.wait_for(inside(), 20))


def test_a_request_is_told_as_asgi_tells_it_and_the_connection_goes_on() -> None:
    async def work(there: There) -> None:
        got = await there.raw(POST + b"X-Two: 2\r\ncontent-length: 2\r\n\r\n{}", GET)
        assert got.count(b"HTTP/1.1 200 OK\r\ndate: today\r\n") == 2
        assert b'["POST", 2]' in got
        assert got.endswith(b'["GET", 0]<open>')
        scope = there.app.scopes[0]
        assert (scope["type"], scope["path"], scope["query_string"]) == ("http", "/a", b"b=c")
        assert scope["headers"] == [(b"host", b"x"), (b"x-two", b"2"), (b"content-length", b"2")]
        assert scope["client"][0] == "127.0.0.1"

    run(work)


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"/a%20b?c", "/a b"), (b"http://other/a", "/a"), (b"//a", "//a"), (b"/a#b", "/a"), (b"/%zz", "/%zz")],
)
def test_an_address_is_read_in_one_way(target: bytes, path: str) -> None:
    async def work(there: There) -> None:
        await there.raw(b"GET " + target + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        assert [scope["path"] for scope in there.app.scopes] == [path]

    run(work)


def test_parts_come_chunked_and_the_connection_of_an_old_caller_ends() -> None:
    async def work(there: There) -> None:
        got = await there.raw(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
        assert got.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n<open>")
        old = await there.raw(b"GET /a HTTP/1.0\r\n\r\n")
        assert old.endswith(b'connection: close\r\n\r\n["GET", 0]')
        headless = await there.raw(b"HEAD /a HTTP/1.1\r\nhost: x\r\n\r\n")
        assert headless.endswith(b"content-length: 11\r\n\r\n<open>")

    run(work)


def test_a_body_may_come_in_parts_and_large_ones_wait_outside() -> None:
    async def work(there: There) -> None:
        parts = [b"1f4\r\n" + b"x" * 500 + b"\r\n"] * 20
        got = await there.raw(
            POST + b"transfer-encoding: chunked\r\n\r\n", *parts, b"0\r\nx-trailer: 1\r\n\r\n", pause=0
        )
        assert b'["POST", 10000]' in got
        await there.raw(POST + b"transfer-encoding: chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\n")
        assert [(b"x-trailer", b"1") in scope["headers"] for scope in there.app.scopes] == [False, False]
        size = 3 << 20
        got = await there.raw(POST + b"content-length: %d\r\n\r\n" % size + bytes(size))
        assert b'["POST", %d]' % size in got

    run(work)


def test_a_caller_who_asks_first_is_told_to_go_on() -> None:
    async def work(there: There) -> None:
        got = await there.raw(POST + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n", b"{}")
        assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
        refused = await there.raw(b"POST /early HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert refused.startswith(b"HTTP/1.1 200 OK")

    run(work)


def test_requests_that_come_at_once_are_answered_in_order_one_at_a_time() -> None:
    async def work(there: There) -> None:
        there.app.gate = asyncio.Event()
        asking = asyncio.ensure_future(there.raw(GET + POST + b"content-length: 3\r\n\r\nabc" + GET))
        await asyncio.sleep(0.1)
        assert there.app.open == 1
        there.app.gate.set()
        got = await asking
        assert [got.count(one) for one in (b'["GET", 0]', b'["POST", 3]')] == [2, 1]
        assert got.index(b'["GET", 0]') < got.index(b'["POST", 3]') < got.rindex(b'["GET", 0]')

    run(work)


@pytest.mark.parametrize(
    "bad",
    [
        b"GET /a HTTP/1.1\r\nx: " + b"y" * (HEAD_BYTES + 1) + b"\r\n\r\n",
        b"GET /a HTTP/1.1\r\n" + b"x: y\r\n" * (HEAD_BYTES // 6 + 1) + b"\r\n",
        b"GET /" + b"a" * (HEAD_BYTES + 1) + b" HTTP/1.1\r\n\r\n",
        b"GET /a HTTP/1.1\r\nx : y\r\n\r\n",
        b"GET /a HTTP/1.1\r\nx: y\r\n z\r\n\r\n",
        b"GET /a HTTP/1.1\nx: y\n\n",
        b"GET /\xc3\xa4 HTTP/1.1\r\n\r\n",
        b"CONNECT a.example:443 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        POST + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
        POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\r\n" * 10 + b"\0",
    ],
)
def test_what_can_be_read_in_two_ways_is_answered_with_400_and_an_end(bad: bytes) -> None:
    async def work(there: There) -> None:
        got = await there.raw(bad)
        assert got.startswith(b"HTTP/1.1 400 ") or got == b"<reset>"
        assert b"<open>" not in got
        assert there.app.scopes == []

    run(work)


@pytest.mark.parametrize("begun", [b"GET /a HTTP/1.1\r\nx: ", b"GET /", POST + b"transfer-encoding: chunked\r\n\r\n2;"])
def test_a_line_without_an_end_is_not_gathered(begun: bytes) -> None:
    async def work(there: There) -> None:
        got = await there.raw(begun, *[b"y" * 16_384] * 40, pause=0.001)
        assert b"<open>" not in got

    run(work)


def test_garbage_behind_a_request_is_refused_and_never_within_an_answer_that_has_begun() -> None:
    async def work(there: There) -> None:
        got = await there.raw(GET + b"\0garbage\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 400 ")
        assert got.count(b"HTTP/1.1") == 1
        there.app.gate = asyncio.Event()
        begun = await there.raw(b"GET /begins HTTP/1.1\r\nhost: x\r\n\r\n", b"\0garbage\r\n\r\n")
        assert begun.endswith(b"\r\n\r\n3\r\none\r\n")
        there.app.gate.set()
        broken = await there.raw(POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n")
        assert broken.count(b"HTTP/1.1") == 1
        assert there.app.told[-1] == "http.disconnect"

    run(work)


@pytest.mark.parametrize(
    ("path", "starts", "ends", "error"),
    [
        (b"breaks", b"HTTP/1.1 500 ", b"Internal Server Error", "ZeroDivisionError"),
        (b"half", b"HTTP/1.1 200 ", b"3\r\none\r\n", "ZeroDivisionError"),
        (b"splits", b"", b"", "RuntimeError"),
        (b"longer", b"", b"", "RuntimeError"),
    ],
)
def test_an_application_that_breaks_ends_its_connection(path: bytes, starts: bytes, ends: bytes, error: str) -> None:
    async def work(there: There) -> None:
        got = await there.raw(b"GET /" + path + b" HTTP/1.1\r\nhost: x\r\n\r\n" + GET)
        assert got.startswith(starts)
        assert got.endswith(ends)
        assert b"set-cookie" not in got
        assert there.app.errors == [error]
        assert not there.state.connections
        assert not there.state.tasks

    run(work)


def test_who_leaves_is_noticed_at_once() -> None:
    async def work(there: There) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(b"GET /waits HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.sleep(0.05)
        assert there.app.told == []
        writer.close()
        await asyncio.sleep(0.1)
        assert there.app.told == ["http.disconnect"]
        assert not there.state.connections
        assert not there.state.tasks

    run(work)


def test_an_answer_that_nobody_takes_is_not_read_ahead() -> None:
    async def work(there: There) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port, limit=1 << 12)
        writer.write(b"GET /flood HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.sleep(0.5)
        count = len(there.app.told)
        assert count < 400
        await reader.readexactly(8 << 20)
        assert len(there.app.told) > count
        writer.close()
        await asyncio.sleep(0.2)
        assert there.app.open == 0

    run(work)


def test_who_takes_nothing_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_STALLED", 0.1)
    monkeypatch.setattr(protocol, "_TICK", 0.05)

    async def work(there: There) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", there.port, limit=1 << 12)
        writer.write(b"GET /flood HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.sleep(1)
        assert (there.app.open, there.app.errors) == (0, [])
        writer.close()

    run(work)


@pytest.mark.parametrize(
    "sent", [b"", b"GET /a HT", POST + b"content-length: 9\r\n\r\n{}", POST + b"content-length: 9\r\n\r\n", GET]
)
def test_a_connection_on_which_nothing_comes_is_ended(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.05)
    monkeypatch.setattr(protocol, "_BODY_SECONDS", 0.05)
    monkeypatch.setattr(protocol, "_TICK", 0.02)

    async def work(there: There) -> None:
        got = await there.raw(sent)
        assert (b"<open>" in got) == (sent == GET)  # what is at rest has seventy-five seconds
        assert there.app.open == 0

    run(work)


def test_what_comes_drop_by_drop_without_becoming_a_request_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.1)
    monkeypatch.setattr(protocol, "_TICK", 0.02)

    async def work(there: There) -> None:
        drops = [b"x"] * 200
        for begun in (b"GET /", GET + b"GET /", b"POST /early HTTP/1.1\r\ncontent-length: 999\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
            asking = asyncio.ensure_future(reader.read())
            for drop in (begun, *drops):
                writer.write(drop)
                await asyncio.sleep(0.005)
                if asking.done():
                    break
            assert asking.done()
            assert asking.exception() is not None or asking.result().count(b"HTTP/1.1 ") <= 1
            writer.close()

    run(work)


def test_an_answer_may_take_longer_than_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_BODY_SECONDS", 0.02)
    monkeypatch.setattr(protocol, "_TICK", 0.01)

    async def work(there: There) -> None:
        there.app.gate = asyncio.Event()
        asking = asyncio.ensure_future(there.raw(POST + b"content-length: 2\r\n\r\n{}"))
        await asyncio.sleep(0.2)
        there.app.gate.set()
        assert b'["POST", 2]' in await asking

    run(work)


def test_what_comes_behind_an_early_answer_is_dropped_and_the_next_request_is_read() -> None:
    async def work(there: There) -> None:
        body = bytes(200_000)
        got = await there.raw(b"POST /early HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body), body, GET)
        assert b"early" in got
        assert got.endswith(b'["GET", 0]<open>')

    run(work)


def test_at_the_end_of_the_server_an_answer_is_given_and_a_connection_at_rest_ended() -> None:
    async def work(there: There) -> None:
        resting = asyncio.ensure_future(there.raw(GET))
        await asyncio.sleep(0.05)
        there.app.gate = asyncio.Event()
        asking = asyncio.ensure_future(there.raw(GET))
        await asyncio.sleep(0.05)
        for connection in tuple(there.state.connections):
            connection.shutdown()
        there.app.gate.set()
        assert b"<open>" not in await resting
        got = await asking
        assert b"connection: close" in got
        assert got.endswith(b'["GET", 0]')

    run(work)


PIECES = st.sampled_from(
    [
        GET,
        POST,
        b"\r\n",
        b"content-length: 2\r\n\r\n{}",
        b"transfer-encoding: chunked\r\n\r\n",
        b"2\r\n{}\r\n",
        b"0\r\n\r\n",
    ]
)


@given(parts=st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=10))
def test_whatever_comes_every_answer_is_whole_and_nothing_stays_open(parts: list[bytes]) -> None:
    async def work(there: There) -> None:
        got = b""
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
        for part in parts:
            writer.write(part)
        writer.write_eof()
        try:
            while part := await asyncio.wait_for(reader.read(1 << 16), 2):
                got += part
        except ConnectionError:
            pass
        writer.close()
        assert got.count(b"HTTP/1.1 ") == got.count(b"HTTP/1.1 200 OK\r\n") + got.count(b"HTTP/1.1 400 ")
        await asyncio.sleep(0.005)
        assert (there.app.open, there.app.errors) == (0, [])
        assert not there.state.connections

    run(work)
