"""MCP over HTTP, as a route of the gateway: one address for messages both ways, sessions that any worker goes on with.

https://modelcontextprotocol.io/specification, "streamable HTTP", with and without sessions.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from accord.core.errors import AccordError, RecordError
from accord.core.guard import Outcome
from accord.guard.doors.events import Event, Events
from accord.guard.doors.journal import Journal
from accord.guard.doors.jsonrpc import blocked, parsed, protocol, written
from accord.guard.doors.mcp import Exchange, McpDoor, Passage
from accord.guard.doors.memory import Memory
from accord.guard.doors.past import Past
from accord.guard.engine import Guard
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.visit import Visit
from accord.guard.gateway.wire import RefusedError
from accord.guard.gateway.wiring import Spending, Wired

if TYPE_CHECKING:
    from accord.guard.gateway.upstream import Reply

PATH: Final = "/mcp"
"""The address of the route, here and at the server."""

_MOST: Final = 4_096
_HEAVIEST: Final = 16 << 20  # characters that all sessions remember together; each is kept in three ways
_LONGEST: Final = 1_000
_GONE: Final = 404
_HOME: Final = frozenset({"localhost", "127.0.0.1", "::1"})
T = TypeVar("T")
_BACK: Final = ("mcp-session-id", "mcp-protocol-version", "www-authenticate", "retry-after")


class Kept:
    """A session as this worker knows it, and where it writes what the others have to know, once it has a name."""

    def __init__(self, door: McpDoor, leave: Callable[[Memory | None], None], journal: Journal | None = None) -> None:
        self.door = door
        self.leave = leave
        self.journal = journal
        self.over = False
        self._turn = asyncio.Lock()

    async def ruled(self, exchange: Exchange, data: bytes, *, outward: bool, visit: Visit) -> Passage:
        """Rule on one message; those of a session take turns, and nobody else waits."""
        rule = exchange.from_client if outward else exchange.from_server
        passage = await self.done(partial(rule, data))
        for judged in passage.judged:
            visit.judge.judged.append(judged)
        return passage

    async def done(self, action: Callable[[], T]) -> T:
        """Return what is done in a turn of the session; raises `RefusedError` where it is over or cannot be kept."""
        async with self._turn:
            try:
                return await asyncio.to_thread(self._in_turn, action)
            except RecordError as error:
                self.over = True
                if self.journal is None or not self.journal.unknown:
                    await asyncio.to_thread(self.leave, None)
                status = 404 if self.journal is not None and self.journal.named else 503
                raise RefusedError(f"the session cannot go on: {error}", code="ACC-E777", status=status) from error

    def _in_turn(self, action: Callable[[], T]) -> T:
        if self.journal is None:
            return action()
        with self.journal.turn(self.door.memory):
            return action()


class McpSessions:
    """The route. A session is known by its caller and the id that the server gave it.

    Requests without an id belong to one session of their caller: what one of them read, the next may carry.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._spending = Spending()
        self._spending.divide(gateway.metrics.worker, gateway.rows.workers)
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._past = Past(gateway.shared, gateway.now)

    async def __call__(self, visit: Visit) -> None:
        """Answer one request."""
        gateway, method = self._gateway, visit.scope["method"]
        _check_origin(visit)
        if gateway.rows.workers > 1 and gateway.shared is None:
            message = "several workers answer, and they have no place to share sessions in"
            raise RefusedError(message, code="ACC-E777", status=503)
        if method not in {"POST", "GET", "DELETE"}:
            raise RefusedError(f"{method} is not answered here", code="ACC-E754", status=405)
        if visit.scope.get("http_version") == "1.0":
            raise RefusedError("a stream needs HTTP/1.1", code="ACC-E754")
        body = await gateway.taken(visit)
        session = _session(visit)
        kept = await self._of(visit, session, body if method == "POST" else b"")
        if method == "POST":
            await self._post(visit, kept, body)
            return
        late = kept.door.exchange(kept.door.memory.late)
        visit.judge.note(visit.judge.said(Outcome.ALLOW, "", ""), "request")
        visit.listen()
        reply = await gateway.upstream.send(method, PATH, self._headers(visit), None)
        try:
            await self._reply(visit, kept, late, reply)
        finally:
            reply.close()
        if method == "DELETE" and reply.status < 300:
            self._kept.pop((visit.judge.caller, session), None)
            if kept.journal is not None:
                await asyncio.to_thread(kept.journal.end)

    async def _post(self, visit: Visit, kept: Kept, body: bytes) -> None:
        """Take a message of the client to the server, and what it answers back."""
        if body.lstrip()[:1] == b"[":
            raise RefusedError("a batch is not answered over HTTP", code="ACC-E777")
        exchange = kept.door.exchange()
        passage = await kept.ruled(exchange, body, outward=True, visit=visit)
        if passage.onward is None:
            stopped = passage.stopped
            if passage.back is None and stopped is not None:
                await visit.blocked(stopped)
            else:
                await visit.answer(200, passage.back or b"", visit.judge.worst())
            return
        headers = self._headers(visit, passage.onward)
        visit.listen()
        reply = await self._gateway.upstream.send("POST", PATH, headers, passage.onward)
        try:
            if not _session(visit) and _begins(body):
                given = reply.headers.get("mcp-session-id") or ""
                await self._named(kept, visit.judge.caller, given if len(given) <= _LONGEST else "")
            await self._reply(visit, kept, exchange, reply)
        finally:
            reply.close()

    async def _reply(self, visit: Visit, kept: Kept, exchange: Exchange, reply: Reply) -> None:
        if reply.status == _GONE and _session(visit):  # its client begins another, and its agent knows what it read
            await asyncio.to_thread(kept.leave, kept.door.memory)
        media = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        back = [(name.encode(), value.encode("latin-1", "replace")) for name, value in _backwards(reply)]
        if reply.status == 200 and media == "text/event-stream":
            await self._stream(visit, kept, exchange, reply, [(b"content-type", b"text/event-stream"), *back])
            return
        body = await reply.read()
        if media == "application/json" and body.strip():
            passage = await kept.ruled(exchange, body, outward=False, visit=visit)
            told = passage.onward or _instead(exchange, passage)
            if told is None and reply.status >= 400:
                await visit.answer(reply.status, b"", visit.judge.worst(), back)  # an error that is no message
                return
            if told is None:
                raise RefusedError("the answer of the server is none", code="ACC-E777", status=502)
            status = reply.status if reply.status == 200 or 400 <= reply.status < 600 else 502
            await visit.answer(status, told, visit.judge.worst(), [(b"content-type", b"application/json"), *back])
        elif reply.status < 300 and not body.strip():
            await visit.answer(reply.status, b"", visit.judge.worst(), back)
        elif reply.status >= 400:
            await visit.answer(reply.status, b"", visit.judge.worst(), back)  # its words are not passed on
        else:
            raise RefusedError(f"the server answered {reply.status} with {media[:60]!r}", code="ACC-E777", status=502)

    async def _stream(
        self, visit: Visit, kept: Kept, exchange: Exchange, reply: Reply, headers: list[tuple[bytes, bytes]]
    ) -> None:
        """Pass events on, one by one; what the guard answers in the client's place goes back to the server."""
        await visit.begin(200, visit.judge.worst(), headers)
        async for event in _events(reply):
            if not event.data:
                await visit.part(event.written(b""))
                continue
            passage = await kept.ruled(exchange, event.data, outward=False, visit=visit)
            if passage.back is not None:
                answer = await self._gateway.upstream.send("POST", PATH, self._headers(visit), passage.back)
                answer.close()
            await visit.part(event.written(passage.onward or b""))
        visit.deaf()
        await visit.part(b"", last=True)

    async def _of(self, visit: Visit, session: str, body: bytes) -> Kept:
        """Return the session of a request; the first message of one begins it, and has no name yet."""
        caller, shared = visit.judge.caller, self._gateway.shared
        if not session and _begins(body):
            kept = self._made(caller, None)
            await kept.done(partial(self._past.enter, caller, kept.door.memory))
            return kept
        known = self._kept.get((caller, session))
        if known is not None and not known.over:
            self._kept.move_to_end((caller, session))
            return known
        if session and (shared is None or len(session) > _LONGEST):
            raise RefusedError("no session of this id is known here", code="ACC-E777", status=404)
        kept = self._made(caller, None if shared is None else Journal(shared, caller, session))
        if session:
            await kept.done(bool)  # what there is to do is done before
        self._keep((caller, session), kept)
        return kept

    def _made(self, caller: str, journal: Journal | None) -> Kept:
        wired = self._gateway.guard
        asking = wired.approvals if isinstance(wired, Wired) else None
        door = McpDoor(self._guard, self._clock, spending=self._spending, caller=caller, approvals=asking)
        door.memory.noted = None if self._gateway.shared is None else []
        return Kept(door, partial(self._past.leave, caller), journal)

    async def _named(self, kept: Kept, caller: str, given: str) -> None:
        """Keep a session by the id that the server gave it; one without is that of all messages without."""
        shared = self._gateway.shared
        if shared is not None:
            journal = Journal(shared, caller, given)
            if given:
                await kept.done(partial(journal.begin, kept.door.memory))
            kept.journal = journal
        if given or (caller, "") not in self._kept:
            self._keep((caller, given), kept)

    def _keep(self, key: tuple[str, str], kept: Kept) -> None:
        self._kept[key] = kept
        while len(self._kept) > _MOST or sum(one.door.memory.weight for one in self._kept.values()) > _HEAVIEST:
            self._kept.popitem(last=False)

    def _headers(self, visit: Visit, body: bytes | None = None) -> dict[str, str]:
        """Return the headers that go on; those that repeat the body have to say the same."""
        onwards = self._gateway.onwards(visit.headers)
        allowed = frozenset(name.encode() for name in protocol()["up"]) - {b"authorization"}
        for name in allowed & visit.headers.keys():
            onwards[name.decode()] = _fit(visit, name, visit.headers[name].decode("latin-1"))
        if body is not None:
            onwards |= _mirrored(visit, body)
        onwards.setdefault("accept", "application/json, text/event-stream")
        return onwards

    def _guard(self) -> Guard:
        guard = self._gateway.guard
        if not isinstance(guard, Wired):
            raise RefusedError("this gateway has no engine of its own", code="ACC-E777", status=503)
        return guard.engine

    def _clock(self) -> datetime:
        return datetime.fromtimestamp(self._gateway.now(), UTC)


def _mirrored(visit: Visit, body: bytes) -> dict[str, str]:
    """Return the headers that repeat a message; raises `RefusedError` where they say something else."""
    message = parsed(body)
    params = message.get("params") if isinstance(message, dict) else None
    params = params if isinstance(params, dict) else {}
    method = message.get("method") if isinstance(message, dict) else None
    name = params.get("name", params.get("uri"))
    found = {}
    for key, raw in visit.headers.items():
        value = raw.decode("latin-1")
        if (key == b"mcp-method" and value != method) or (key == b"mcp-name" and _plain(value) != name):
            raise RefusedError(f"the header {key.decode()} says something else than the body", code="ACC-E777")
        if key.startswith(b"mcp-param-"):
            _fit(visit, key, value)
        elif key not in {b"mcp-method", b"mcp-name"}:
            continue
        found[key.decode("ascii", "replace")] = value
    return found


def _fit(visit: Visit, name: bytes, value: str) -> str:
    """Return the value of a header that goes on; raises `RefusedError` where it holds what may not leave."""
    made = visit.judge.release(_plain(value), name.decode("ascii", "replace"))
    if made.withholds or len(value) > _LONGEST:
        raise RefusedError("a header holds what may not leave", code=made.code or "ACC-E777", status=403)
    return value


def _plain(value: str) -> str:
    """Return the value of a header that may be packed (`=?base64?...?=`)."""
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[9:-2], validate=True).decode()
    except (binascii.Error, ValueError):
        return value


def _instead(exchange: Exchange, passage: Passage) -> bytes | None:
    """Return the error that answers a request whose answer cannot be read."""
    stopped = passage.stopped
    if stopped is None or not exchange.open:
        return None
    _, request = exchange.open.popitem()
    return written([blocked(request["id"], stopped)], joined=False)


async def _events(reply: Reply) -> AsyncIterator[Event]:
    events, chunks = Events(), reply.chunks()
    try:
        async for chunk in chunks:
            for event in events.feed(chunk):
                yield event
    finally:
        with suppress(RuntimeError):
            await chunks.aclose()  # type: ignore[attr-defined]  # a generator, as every reply makes it


def _backwards(reply: Reply) -> list[tuple[str, str]]:
    found = [(name, reply.headers.get(name)) for name in _BACK]
    return [(name, value) for name, value in found if value and len(value) <= _LONGEST and value.isprintable()]


def _begins(body: bytes) -> bool:
    """Tell whether a message is the first of a session: nothing that only looks so forgets what was read."""
    try:
        message = parsed(body)
    except AccordError:
        return False
    return isinstance(message, dict) and message.get("method") == "initialize"


def _session(visit: Visit) -> str:
    return visit.headers.get(b"mcp-session-id", b"").decode("latin-1")


def _check_origin(visit: Visit) -> None:
    """Refuse what a page in a browser sends, unless the page comes from this machine."""
    origin = visit.headers.get(b"origin")
    if origin is None:
        return
    try:
        host = urlsplit(origin.decode("latin-1")).hostname
    except ValueError:
        host = None
    if host not in _HOME:
        raise RefusedError("a page of another host asks", code="ACC-E777", status=403)
