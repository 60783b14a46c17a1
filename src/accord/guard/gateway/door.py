"""The ASGI application: which route, which caller, and every step from the body of a request to its answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import orjson

from accord.content.tables import table_of
from accord.core.guard import Decision, Outcome
from accord.guard.gateway import tracing
from accord.guard.gateway.agreeing import Agreement
from accord.guard.gateway.bodies import body_of
from accord.guard.gateway.callers import Callers
from accord.guard.gateway.earlier import Earlier
from accord.guard.gateway.failing import FAILED, answered
from accord.guard.gateway.judging import LONG
from accord.guard.gateway.log import DecisionLog
from accord.guard.gateway.metrics import Metrics
from accord.guard.gateway.reading import Reading, Tools, object_of
from accord.guard.gateway.routes import ROUTES, Route
from accord.guard.gateway.shared import Rows
from accord.guard.gateway.streaming import Ending, relay
from accord.guard.gateway.visit import Receive, Scope, Send, Visit
from accord.guard.gateway.whole import looked_at
from accord.guard.gateway.wire import Path, RefusedError, changed, path_of, put, read_json
from accord.guard.gateway.words import Asked, Before, Guarding, Watch
from accord.record.remembered import Remembered

if TYPE_CHECKING:
    from accord.guard.gateway.upstream import Reply, Upstream

Extra = Callable[[Visit], Awaitable[None]]
"""A route that another door adds; it answers the visit itself."""

_PATIENCE: Final = 0.25
_QUERY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=&")
_MODELS: Final = re.compile(r"/v1/models(/[A-Za-z0-9_.:@-]{1,100}){0,4}")
_TOKENS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")


class Gateway:
    """Stands in front of one upstream. `guard` may be replaced at any time: a request keeps the one it began with."""

    def __init__(
        self,
        guard: Guarding,
        upstream: Upstream,
        *,
        log: DecisionLog | None = None,
        rows: Rows | None = None,
        worker: int = 0,
        watch: Watch | None = None,
        now: Callable[[], float] = time.time,
        own_key: str | None = None,
        shared: Remembered | None = None,
    ) -> None:
        self.guard = guard
        self.upstream = upstream
        self.log = log
        self.rows = rows or Rows()
        self.metrics = Metrics(self.rows, worker)
        self.agreement = Agreement(self.rows, worker)
        self.agreement.tell(guard.digests)
        self.callers = Callers(guard.policy, self.rows, worker)
        self.watch = watch
        self.now = now
        self.tools = Tools()
        self.shared = shared
        self.earlier = Earlier(self.metrics, shared)
        self.tracer = tracing.tracer()
        self.in_flight = 0
        self.tested = False
        self._worker = worker
        self._own_key = own_key
        self._extra: dict[str, Extra] = {}
        self._routes = {f"/v1{route.path}": route for route in ROUTES}
        headers = table_of("guard/forms.yaml")["headers"]
        self._up = frozenset(name.encode() for name in headers["up"])
        self._down = frozenset(headers["down"])
        self._once = frozenset(name.encode() for name in headers["once"])

    def add(self, routes: Mapping[str, Extra]) -> None:
        """Let another door answer some paths."""
        self._extra.update(routes)

    def take_up(self, guard: Guarding) -> None:
        """Put another policy or rule set in force; requests that have begun keep theirs."""
        if guard.policy is not self.guard.policy:
            self.callers = Callers(guard.policy, self.rows, self._worker)
        self.guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        route = self._routes.get(path)
        name = route.name if route else "mcp" if path == "/mcp" else "models" if _is_models(path) else "other"
        visit = Visit(self, scope, receive, send, name)
        self.in_flight += 1
        self.metrics.count("in_flight")
        try:
            with tracing.span(self.tracer, name, visit.id, scope["headers"]) as span:
                await answered(self._answered(visit, path, route), partial(_refused, visit))
                tracing.told(span, visit)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not visit.left or (task is not None and task.uncancel()):
                raise
            self.metrics.count("disconnects")
            visit.record()
        finally:
            visit.deaf()
            self.in_flight -= 1
            self.metrics.count("in_flight", -1)

    async def _answered(self, visit: Visit, path: str, route: Route | None) -> None:
        self._read_headers(visit)
        if route is not None:
            await self._post(visit, route)
        else:
            await self._get(visit, path)

    def _read_headers(self, visit: Visit) -> None:
        headers = visit.headers
        for name, value in visit.scope["headers"]:
            if name in headers and name in self._once:
                raise RefusedError(f"the header {name.decode('ascii', 'replace')} stands twice", code="ACC-E754")
            headers[name] = value

    async def _get(self, visit: Visit, path: str) -> None:
        if (extra := self._extra.get(path)) is not None:
            await extra(visit)
            return
        method = visit.scope["method"]
        known = path in {"/health", "/metrics"} or _is_models(path)
        if not known:
            raise RefusedError("no such route: nothing passes that is not looked at", code="ACC-E754", status=404)
        if method != "GET":
            raise RefusedError(f"{method} is not answered here", code="ACC-E754", status=405)
        allowed = visit.judge.said(Outcome.ALLOW, "", "")
        policy, rules = self.guard.digests
        if path == "/health":
            told = {"ok": self.tested, "rules": rules, "policy": policy, "workers": self.agreement.shown()}
            await visit.answer(200 if self.tested else 503, orjson.dumps(told), allowed)
        elif path == "/metrics":
            page = self.metrics.page(rules, policy)
            await visit.answer(200, page, allowed, [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")])
        else:
            await self._models(visit, path, allowed)

    async def _models(self, visit: Visit, path: str, allowed: Decision) -> None:
        visit.caller = self.callers.known(visit.headers)
        self.callers.take(visit.caller, self.now(), 0)
        visit.judge.note(allowed, "request")
        reply = await self.upstream.send("GET", path.removeprefix("/v1"), self.onwards(visit.headers), None)
        await self._other(visit, reply)

    async def _post(self, visit: Visit, route: Route) -> None:
        """Take a request of a wire form through every step."""
        if visit.scope["method"] != "POST":
            raise RefusedError(f"{visit.scope['method']} is not answered here", code="ACC-E754", status=405)
        body = await self.taken(visit)
        parsed = object_of(read_json(body), "the body")
        previous = parsed.get("previous_response_id") if route.name == "responses" else None
        before = await self.earlier.before(visit.judge.caller, previous) if previous else None
        asked = self._asked(visit, route, parsed, before)
        self._watched(visit, asked)
        made = await visit.judge.admit(asked)
        if made.stops:
            await visit.blocked(made)
            return
        if made.outcome is Outcome.REDACT and made.enforced:
            body = await _redacted(body, parsed, asked, visit)
        query = visit.scope.get("query_string", b"").decode("latin-1")
        if len(query) > 200 or not _QUERY.issuperset(query):
            raise RefusedError("the address carries a query that is not plain", code="ACC-E754")
        visit.listen(after=_PATIENCE)
        began = time.perf_counter()
        headers = self.onwards(visit.headers)
        reply = await self.upstream.send("POST", route.path + (f"?{query}" if query else ""), headers, body)
        visit.waited(time.perf_counter() - began)
        try:
            await self._reply(visit, route, reply, asked)
        finally:
            reply.close()

    async def taken(self, visit: Visit) -> bytes:
        """Return the body of a request that a known caller may make now: with this every door begins."""
        limits = visit.judge.guard.policy.limits
        visit.caller = self.callers.known(visit.headers)
        visit.judge.caller, visit.judge.limits = visit.caller.name, visit.caller.limits
        in_flight = self.in_flight if self.rows.workers == 1 else self.metrics.total("in_flight")
        if in_flight > limits.in_flight:
            raise RefusedError(f"{limits.in_flight} requests are in flight", code="ACC-E756", status=429, retry=1)
        body = await body_of(visit.headers, visit.receive, visit.caller.limits.body_bytes)
        self.callers.take(visit.caller, self.now(), len(body) // 4)
        return body

    def _asked(self, visit: Visit, route: Route, parsed: dict[str, Any], before: Before | None) -> Asked:
        policy = visit.judge.guard.policy
        limits = visit.caller.limits if visit.caller else policy.limits
        many = parsed.get(route.most)
        if isinstance(many, list) and len(many) > limits.messages:
            raise RefusedError(f"{route.most} holds more than {limits.messages} items", code="ACC-E751")
        for key in _TOKENS if limits.answer_tokens else ():
            wanted = parsed.get(key)
            if wanted is not None and (type(wanted) is not int or wanted > limits.answer_tokens):
                raise RefusedError(f"{key} is no number up to {limits.answer_tokens}", code="ACC-E751")
        asked = route.read(parsed, Reading(policy, before), self.tools)
        if asked.streamed and visit.scope.get("http_version") == "1.0":
            raise RefusedError("a stream needs HTTP/1.1", code="ACC-E754")
        visit.about["model"] = visit.mask(asked.model[:80])
        return asked

    def _watched(self, visit: Visit, asked: Asked) -> None:
        if self.watch is None or visit.caller is None:
            return
        ruling = self.watch.saw(visit.caller.name, asked.pieces, self.now())
        if ruling is None:
            return
        if ruling.outcome.stops and visit.judge.said(Outcome.BLOCK, "", "").enforced:
            raise RefusedError(ruling.message, code=ruling.code, status=429, retry=60)
        visit.judge.note(visit.judge.said(Outcome.FLAG, ruling.code, ruling.message), "limit")

    def onwards(self, headers: Mapping[bytes, bytes]) -> dict[str, str]:
        """Return the headers that go on to the upstream; nothing else does."""
        onwards = {name.decode(): headers[name].decode("latin-1") for name in self._up & headers.keys()}
        onwards["content-type"] = "application/json"
        tracing.onwards(self.tracer, onwards)
        if self._own_key is not None:
            for name in ("authorization", "x-api-key", "api-key"):
                onwards.pop(name, None)
            onwards["authorization"] = f"Bearer {self._own_key}"
            onwards["x-api-key"] = self._own_key
        return onwards

    def _back(self, reply: Reply, media: bytes) -> list[tuple[bytes, bytes]]:
        """Return the headers of an upstream's answer that go back."""
        back = [(b"content-type", media)]
        for name, value in reply.headers.items():
            low = name.lower()
            if (low in self._down or low.startswith(("x-ratelimit-", "anthropic-ratelimit-"))) and _is_plain(value):
                back.append((low.encode(), value.encode()))
        return back

    async def _reply(self, visit: Visit, route: Route, reply: Reply, asked: Asked) -> None:
        media = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if reply.status != 200:
            await self._other(visit, reply)
        elif media == "text/event-stream" and route.stream is not None:
            stream = route.stream(visit.judge)
            back = self._back(reply, b"text/event-stream; charset=utf-8")
            ending: list[Ending] = (
                [partial(self.earlier.heard, visit.judge.caller, asked, stream)] if asked.stored else []
            )
            await relay(visit, reply, stream, back, ending)
        elif media == "application/json":
            began = time.perf_counter()
            body = await reply.read()
            visit.waited(time.perf_counter() - began)
            await self._whole(visit, route, reply, asked, body)
        else:
            raise RefusedError(f"the upstream answered with {media[:60]!r}", code="ACC-E758", status=502)

    async def _whole(self, visit: Visit, route: Route, reply: Reply, asked: Asked, body: bytes) -> None:
        try:
            parsed = object_of(read_json(body, unique=False), "the answer")
            id_ = parsed.get("id")
            look = partial(looked_at, body, parsed, route.shape, visit.judge)
            looked = look() if len(body) <= LONG else await asyncio.to_thread(look)
        except RefusedError as error:
            raise RefusedError(f"the answer cannot be read: {error}", code="ACC-E758", status=502) from error
        visit.judge.usage = parsed.get("usage")
        visit.spent()
        if asked.stored and isinstance(id_, str):
            await self.earlier.keep(visit.judge.caller, id_, asked.conversation, looked.calls)
        if looked.body is not body:
            self.metrics.count("cuts")
        if route.name != "embeddings":
            visit.answered()
        await visit.answer(200, looked.body, visit.judge.worst(), self._back(reply, b"application/json"))

    async def _other(self, visit: Visit, reply: Reply) -> None:
        """Pass on an answer that is no answer of a model: an error, or the list of models."""
        try:
            body = await reply.read()
        finally:
            reply.close()
        status = reply.status if reply.status >= 400 or reply.status == 200 else 502
        made = visit.judge.release(body.decode("utf-8", "replace"), "body")
        media = reply.headers.get("content-type", "")
        media = media if _is_plain(media) else "application/json"
        if reply.status >= 400:
            self.metrics.count("upstream_errors")
        if status != reply.status:
            raise RefusedError(f"the upstream answered with the status {reply.status}", code="ACC-E758", status=502)
        if made.withholds:
            raise RefusedError("the answer of the upstream holds what may not leave", code="ACC-E758", status=502)
        await visit.answer(status, body, visit.judge.worst(), self._back(reply, media.encode()))


async def _refused(visit: Visit, error: Exception) -> None:
    """Answer that something is not let by, or broke; once the head is gone, an answer that is not whole says it."""
    message = f"the gateway failed: {type(error).__name__}: {str(error)[:120]}"
    refused = error if isinstance(error, RefusedError) else RefusedError(message, code=FAILED, status=500)
    if not visit.streaming:
        await visit.refuse(refused)
        return
    with suppress(RefusedError):
        visit.judge.note(visit.judge.said(Outcome.BLOCK, refused.code, visit.mask(refused.message)), "cut")
        visit.record()


async def _redacted(body: bytes, parsed: dict[str, Any], asked: Asked, visit: Visit) -> bytes:
    """Return a request without what is to be taken out; raises `RefusedError` where that has no place in the body."""
    edits: dict[Path, object] = {}
    for where, text in (await visit.judge.redacting(asked.pieces)).items():
        path = path_of(where)
        value: Any = parsed
        for step in path:
            inside = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list)
            value = value[step] if inside and (isinstance(step, int) or step in value) else None
        if not isinstance(value, str):
            raise RefusedError(f"{where} holds what is to be taken out and cannot be", code="ACC-E752", status=403)
        edits[path] = text
        put(parsed, path, text)
    return changed(body, edits, parsed)


def _is_models(path: str) -> bool:
    return _MODELS.fullmatch(path) is not None and not {".", ".."} & set(path.split("/"))


def _is_plain(value: str) -> bool:
    """Tell whether the value of a header may go back: no reader takes it for more than one."""
    return 0 < len(value) < 200 and value.isascii() and value.isprintable()
