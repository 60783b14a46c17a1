"""The way to the model, when what stands there breaks, lies, dawdles or says more than it was asked."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import pytest
from aiohttp import ClientRequest
from aiohttp.base_protocol import BaseProtocol
from hypothesis import given
from hypothesis import strategies as st

from accord.guard.gateway import upstream as ways
from accord.guard.gateway.upstream import HttpUpstream
from accord.guard.gateway.wire import RefusedError

OK: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
RESET: Final = b"<reset>"
END: Final = b"<end>"
CHUNKED: Final = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Raw:
    """A server that answers each request with bytes that are written down, and counts who connects."""

    def __init__(self, *answers: tuple[bytes, ...]) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.sent = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(dict(_fields(head)).get(b"content-length", b"0"))
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(length))
                if not await self._play(writer, self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _play(self, writer: asyncio.StreamWriter, answer: tuple[bytes, ...]) -> bool:
        for part in answer:
            if part in {RESET, END}:
                if part == RESET:
                    sock = writer.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                return False
            writer.write(part)
            await writer.drain()
            self.sent += len(part)
            await asyncio.sleep(0.002)
        return True


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return [(name.lower(), value.strip()) for name, _, value in pairs if name]


@asynccontextmanager
async def before(*answers: tuple[bytes, ...]) -> AsyncIterator[tuple[HttpUpstream, Raw]]:
    """Yield the way to a server with those answers."""
    raw = Raw(*answers)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    raw.port = server.sockets[0].getsockname()[1]
    try:
        async with HttpUpstream(f"http://127.0.0.1:{raw.port}/base/v1") as way:
            yield way, raw
    finally:
        server.close()


async def ask(way: HttpUpstream, body: bytes | None = b"{}") -> tuple[int, bytes]:
    """Ask once and read the whole answer."""
    reply = await way.send("POST", "/chat/completions", {"x-one": "1"}, body)
    try:
        return reply.status, await reply.read()
    finally:
        reply.close()


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_request_is_written_as_it_was_given_and_asks_for_nothing_packed() -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            reply = await way.send(
                "POST", "/chat/completions?beta=a&b=", {"X-One": "1", "content-type": "x"}, b'{"a": 1}'
            )
            assert (reply.status, await reply.read()) == (200, b"{}")
            reply.close()
            line, _, rest = raw.heads[0].partition(b"\r\n")
            assert line == b"POST /base/v1/chat/completions?beta=a&b= HTTP/1.1"
            assert dict(_fields(b"\r\n" + rest)) == {
                b"host": b"127.0.0.1:%d" % raw.port,
                b"accept": b"*/*",
                b"accept-encoding": b"identity",
                b"user-agent": b"accord",
                b"x-one": b"1",
                b"content-type": b"x",
                b"content-length": b"8",
            }
            assert raw.bodies == [b'{"a": 1}']

    run(work)


def test_tools_stand_beside_the_models() -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            (await way.send("GET", "/mcp", {}, None)).close()
            assert raw.heads[0].startswith(b"GET /base/mcp HTTP/1.1\r\n")
            assert b"content-length" not in raw.heads[0]

    run(work)


def test_a_connection_is_kept_for_the_next_request_and_two_at_once_take_two() -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            for _ in range(3):
                assert await ask(way) == (200, b"{}")
            assert raw.connections == 1
            assert [*await asyncio.gather(ask(way), ask(way))] == [(200, b"{}")] * 2
            assert raw.connections == 2

    run(work)


@pytest.mark.parametrize(
    ("name", "value"), [("x-two", "1\r\nhost: other"), ("x-two", "1\nx: y"), ("x\r\nhost: other\r\nx", "1")]
)
def test_a_header_that_would_be_two_reaches_nobody(name: str, value: str) -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            with pytest.raises(RefusedError):
                await way.send("POST", "/chat/completions", {name: value}, b"{}")
            await asyncio.sleep(0.02)
            assert raw.heads == []

    run(work)


def test_a_header_goes_on_in_the_bytes_that_came_or_not_at_all() -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            written = "jalapeño".encode()
            (await way.send("POST", "/chat/completions", {"x-two": written.decode("latin-1")}, b"{}")).close()
            assert dict(_fields(raw.heads[0]))[b"x-two"] == written
            with pytest.raises(RefusedError) as refused:
                await way.send("POST", "/chat/completions", {"x-two": "\xf1"}, b"{}")
            assert refused.value.code == "ACC-E754"

    run(work)


def test_a_body_of_any_size_goes_on_as_it_was_given() -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            for size in (0, 1, 1 << 16, 3 << 20):
                assert await ask(way, b"x" * size) == (200, b"{}")
                assert raw.bodies.pop() == b"x" * size

    run(work)


@pytest.mark.parametrize(
    "answer",
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", END),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", RESET),
        (b"HTTP/1.1 200 OK\r\ncontent-le", END),
        (b"HTTP/1.1 200 OK\r\ncontent-le", RESET),
        (CHUNKED + b"2\r\n{}\r\n", END),
        (CHUNKED + b"2\r\n{}\r\n", RESET),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", END),
        (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",),
        (CHUNKED + b"2\r\n{}}}\r\n0\r\n\r\n",),
        (END,),
        (RESET,),
        (CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n"),
        (CHUNKED, b"2\r\n{}}}\r\n0\r\n\r\n"),
        (CHUNKED, b"2\r\n{}\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
        (CHUNKED, b"2;" + b"y" * 200_000, END),
        (b"HTTP/1.1 100 Continue\r\n\r\n", END),
    ],
)
def test_an_answer_that_does_not_come_whole_is_none(answer: tuple[bytes, ...]) -> None:
    async def work() -> None:
        async with before(answer, (OK,)) as (way, raw):
            with pytest.raises(RefusedError) as refused:
                await ask(way)
            assert (refused.value.code, refused.value.status) == ("ACC-E757", 502)
            assert await ask(way) == (200, b"{}")
            assert raw.connections == 2

    run(work)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * ((64 << 10) + 10) + b"\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * ((64 << 10) // 6) + b"content-length: 2\r\n\r\n{}",
    ],
)
def test_an_answer_that_two_readers_would_read_differently_is_none(answer: bytes) -> None:
    async def work() -> None:
        async with before((answer,), (OK,)) as (way, _):
            with pytest.raises(RefusedError) as refused:
                await ask(way)
            assert (refused.value.code, refused.value.status) == ("ACC-E757", 502)
            assert await ask(way) == (200, b"{}")

    run(work)


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nx: ", CHUNKED + b"2\r\n{}\r\n0\r\nx: "])
def test_a_line_without_an_end_is_not_gathered(begun: bytes) -> None:
    async def work() -> None:
        async with before((begun, *[b"y" * 8_192] * 2_000)) as (way, raw):
            with pytest.raises(RefusedError):
                await ask(way)
            assert raw.sent < 8 << 20

    run(work)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ((b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" + OK), b"{}"),
        ((CHUNKED, b"1;ext=1\r\n{\r\n", b"1\r\n}\r\n", b"0\r\nx-trailer: content-type\r\n\r\n"), b"{}"),
        ((b"HTTP/1.1 200 OK\r\n\r\n{", b"}", END), b"{}"),
        ((b"HTTP/1.0 200 OK\r\n\r\n{}", END), b"{}"),
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), b""),
        ((*(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"[at : at + 1] for at in range(40)), b"{}"[:0]), b"{}"),
        ((b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",), b""),
    ],
)
def test_what_is_allowed_is_read(answer: tuple[bytes, ...], body: bytes) -> None:
    async def work() -> None:
        async with before(answer, (OK,)) as (way, _):
            assert (await ask(way))[1] == body
            assert await ask(way) == (200, b"{}")

    run(work)


def test_trailers_change_no_header() -> None:
    async def work() -> None:
        answer = CHUNKED + b"2\r\n{}\r\n0\r\nx-accord: 1\r\ntransfer-encoding: other\r\n\r\n"
        async with before((answer,)) as (way, _):
            reply = await way.send("POST", "/chat/completions", {}, b"{}")
            await reply.read()
            assert [*reply.headers.items()] == [("Transfer-Encoding", "chunked")]
            reply.close()

    run(work)


@pytest.mark.parametrize("behind", [OK, b"garbage", b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n"])
@pytest.mark.parametrize("later", [True, False])
def test_what_stands_behind_an_answer_answers_nobody(behind: bytes, *, later: bool) -> None:
    async def work() -> None:
        first = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst"
        async with before((first, behind) if later else (first + behind,), (OK,)) as (way, raw):
            with suppress(RefusedError):  # what comes together may be refused together
                assert await ask(way) == (200, b"first")
            await asyncio.sleep(0.05)
            assert await ask(way) == (200, b"{}")
            assert raw.connections == 2

    run(work)


def test_a_connection_that_was_closed_while_it_waited_is_not_used_again() -> None:
    async def work() -> None:
        async with before((OK, END), (OK,)) as (way, raw):
            assert await ask(way) == (200, b"{}")
            await asyncio.sleep(0.05)
            assert await ask(way) == (200, b"{}")
            assert raw.connections == 2

    run(work)


def test_a_request_that_may_have_been_acted_on_is_never_sent_twice() -> None:
    async def work() -> None:
        async with before((OK,), (END,), (OK,)) as (way, raw):
            assert await ask(way) == (200, b"{}")
            with pytest.raises(RefusedError) as refused:
                await ask(way)
            assert refused.value.code == "ACC-E757"
            assert len(raw.heads) == 2

    run(work)


def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    async def work() -> None:
        last = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
        async with before((last,), (OK,)) as (way, raw):
            assert [await ask(way), await ask(way)] == [(200, b"{}")] * 2
            assert raw.connections == 2

    run(work)


def test_an_answer_that_nobody_waits_for_any_more_takes_its_connection_with_it() -> None:
    async def work() -> None:
        async with before((b"",), (OK,)) as (way, raw):
            asking = asyncio.ensure_future(ask(way))
            await asyncio.sleep(0.05)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            raw.answers = [(OK,)]
            assert await ask(way) == (200, b"{}")
            assert raw.connections == 2

    run(work)


def test_a_stream_that_is_left_early_takes_its_connection_with_it() -> None:
    async def work() -> None:
        async with before((CHUNKED + b"2\r\nab\r\n", b"2\r\ncd\r\n", b"0\r\n\r\n"), (OK,)) as (way, raw):
            reply = await way.send("POST", "/chat/completions", {}, b"{}")
            async for part in reply.chunks():
                assert part == b"ab"
                break
            reply.close()
            assert await ask(way) == (200, b"{}")
            assert raw.connections == 2

    run(work)


def test_of_a_stream_that_nobody_reads_little_is_taken() -> None:
    async def work() -> None:
        parts = [b"%x\r\n" % (1 << 16) + b"x" * (1 << 16) + b"\r\n"] * 400
        async with before((CHUNKED, *parts, b"0\r\n\r\n")) as (way, raw):
            reply = await way.send("POST", "/chat/completions", {}, b"{}")
            await asyncio.sleep(1.2)
            assert raw.sent < 16 << 20
            assert sum([len(part) async for part in reply.chunks()]) == 400 << 16
            reply.close()

    run(work)


def test_an_answer_is_whole_within_its_bound_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "ANSWER_BYTES", 300_000)
    large = [b"%x\r\n" % 50_000 + b"x" * 50_000 + b"\r\n"]

    async def work() -> None:
        told = b"HTTP/1.1 200 OK\r\ncontent-length: 300001\r\n\r\n"
        async with before(
            (CHUNKED, *large * 6, b"0\r\n\r\n"), (CHUNKED, *large * 7, b"0\r\n\r\n"), (told, b"x" * 10)
        ) as (way, _):
            assert len((await ask(way))[1]) == 300_000
            for _ in range(2):
                with pytest.raises(RefusedError) as refused:
                    await ask(way)
                assert refused.value.code == "ACC-E758"

    run(work)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_an_answer_that_is_packed_although_nobody_asked_is_unpacked(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    async def work() -> None:
        packed = pack(b"{}" * 50_000)
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
        async with before((head, packed[:20], packed[20:])) as (way, raw):
            assert [await ask(way), await ask(way)] == [(200, b"{}" * 50_000)] * 2
            assert raw.connections == 1

    run(work)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"{}"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}")[:-3]),
        ("gzip", gzip.compress(b"{}") + gzip.compress(b"{}")),
        ("gzip", gzip.compress(b"{}") + b"x"),
        ("gzip", gzip.compress(bytes(40 << 20))),
    ],
)
def test_what_is_packed_in_another_way_or_is_a_bomb_is_refused(coding: str, body: bytes) -> None:
    async def work() -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        async with before((head + body,)) as (way, _):
            with pytest.raises(RefusedError) as refused:
                await ask(way)
            assert refused.value.code == "ACC-E758"

    run(work)


def test_an_upstream_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_SILENT", 0.1)

    async def work() -> None:
        for begun in (b"", b"HTTP/1.1 200 OK\r\n", CHUNKED + b"2\r\n"):
            async with before((begun,)) as (way, _):
                with pytest.raises(RefusedError) as refused:
                    await ask(way)
                assert (refused.value.code, refused.value.status) == ("ACC-E757", 504)

    run(work)


def test_an_upstream_that_drips_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_SILENT", 0.1)

    async def work() -> None:
        drops = [b"1\r\nx\r\n"] * 100  # a fifth of a second, two milliseconds each
        async with before((CHUNKED, *drops, b"0\r\n\r\n")) as (way, _):
            assert await ask(way) == (200, b"x" * 100)

    run(work)


def test_connections_that_wait_for_too_long_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_KEPT", 0.1)

    async def work() -> None:
        async with before((OK,)) as (way, raw):
            assert await ask(way) == (200, b"{}")
            await asyncio.sleep(0.3)
            assert await ask(way) == (200, b"{}")
            assert raw.connections == 2

    run(work)


def test_a_name_that_nobody_answers_to_is_said() -> None:
    async def work() -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            async with HttpUpstream(f"http://localhost:{sock.getsockname()[1]}/v1") as way:
                with pytest.raises(RefusedError) as refused:
                    await ask(way)
        assert (refused.value.code, refused.value.status) == ("ACC-E757", 502)

    run(work)


PIECES = st.sampled_from(
    [
        OK,
        CHUNKED,
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"2\r\n{}\r\n",
        b"0\r\n\r\n",
        b"\r\n",
        b"x: y\r\n",
        b"HTTP/1.1 20",
        b"\0",
    ]
)


@given(parts=st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=8))
def test_whatever_comes_is_an_answer_or_a_refusal_and_never_another_error(parts: list[bytes]) -> None:
    async def work() -> None:
        async with before((*parts, END)) as (way, _):
            with suppress(RefusedError):
                await ask(way)

    run(work)


def test_bodies_of_any_size_come_whole_behind_their_heads() -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            bodies = [b"", b"{}", b"x" * 70_000, b"y" * (ways._AT_ONCE), b"z" * (ways._AT_ONCE + 1)]  # what is tested
            for body in bodies:
                assert await ask(way, body) == (200, b"{}")
            assert raw.bodies == bodies
            assert raw.connections == 1
            assert [dict(_fields(head))[b"content-length"] for head in raw.heads] == [
                b"%d" % len(one) for one in bodies
            ]

    run(work)


def test_a_body_of_bytes_needs_no_task_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def apart(*_: object) -> None:
        raise AssertionError

    async def work() -> None:
        async with before((OK,)) as (way, raw):
            monkeypatch.setattr(ClientRequest, "write_bytes", apart)
            assert await ask(way, b"{} ") == (200, b"{}")
            assert raw.bodies == [b"{} "]

    run(work)


def test_a_body_waits_where_what_was_sent_before_has_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with before((OK,)) as (way, raw):
            assert await ask(way, b"first") == (200, b"{}")
            monkeypatch.setattr(BaseProtocol, "writing_paused", property(lambda _: True))
            assert await ask(way, b"second") == (200, b"{}")
            assert raw.bodies == [b"first", b"second"]

    run(work)
