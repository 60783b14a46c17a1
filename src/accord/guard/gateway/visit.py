"""One request from its head to the end of its answer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from accord.core.guard import Decision, Outcome
from accord.guard.gateway.failing import is_bypass, masked
from accord.guard.gateway.judging import Judge, Judged
from accord.guard.gateway.log import line
from accord.guard.gateway.wire import RefusedError, digest_header, refusal
from accord.guard.gateway.words import Caller

if TYPE_CHECKING:
    from accord.guard.gateway.door import Gateway

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON: Final = (b"content-type", b"application/json")
_KINDS: Final[Mapping[int, str]] = {
    401: "authentication_error",
    403: "guard_blocked",
    429: "rate_limit_error",
    502: "upstream_error",
    503: "guard_unavailable",
    504: "upstream_error",
}


class Visit:
    """What is known of one request, and the only way to answer it."""

    __slots__ = (
        "_listening", "_own", "_waited", "_written", "about", "caller", "door", "headers", "id", "judge", "left",
        "receive", "route", "scope", "send", "started", "status", "streaming",
    )  # fmt: skip

    def __init__(self, door: Gateway, scope: Scope, receive: Receive, send: Send, route: str) -> None:
        self.door = door
        self.scope = scope
        self.receive = receive
        self.send = send
        self.route = route
        self.id = os.urandom(8).hex()
        self.judge = Judge(door.guard)
        self.headers: dict[bytes, bytes] = {}
        self.caller: Caller | None = None
        self.about: dict[str, Any] = {"request": self.id, "route": route}
        self.started = time.perf_counter()
        self.status = 0
        self.streaming = False
        self._waited = 0.0
        self._own: float | None = None
        self._written = 0
        self.left = False
        self._listening: asyncio.Task[None] | asyncio.TimerHandle | None = None

    def listen(self, after: float = 0.0) -> None:
        """From some time on, end the work for a caller that leaves."""
        worker = asyncio.current_task()
        if isinstance(self._listening, asyncio.Task):
            return
        self.deaf()
        if after:
            self._listening = asyncio.get_running_loop().call_later(after, self._begin, worker)
        else:
            self._begin(worker)

    def deaf(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    def _begin(self, worker: asyncio.Task[None] | None) -> None:
        self._listening = asyncio.ensure_future(self._listen(worker))

    async def _listen(self, worker: asyncio.Task[None] | None) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if worker is not None:
            worker.cancel()

    def waited(self, seconds: float) -> None:
        """Note time that the upstream took, which is not ours."""
        self._waited += seconds

    def answered(self) -> None:
        """Sum the answer up, before it ends."""
        own = self._own if self._own is not None else time.perf_counter() - self.started - self._waited
        self.judge.answered(upstream=self._waited, seconds=own)

    def spent(self) -> None:
        """Count the tokens of the answer for its caller."""
        if self.caller is not None:
            self.door.callers.spent(self.caller, self.door.now(), self.judge.spent)

    def record(self) -> None:
        """Write the decisions that are not written yet; raises `RefusedError` where that fails."""
        judged = self.judge.judged
        new, self._written = judged[self._written :], len(judged)
        if not new:
            return
        for one in new:
            if is_bypass(one.decision):
                self.door.metrics.count("bypasses")
            if one.kind == "call" and one.decision.stops:
                self.door.metrics.count("calls_refused")
        if self.door.log is None:
            return
        about = self.about if self.caller is None else {**self.about, "key": self.caller.name}
        try:
            self.door.log.write([line(self._named(_as_bypass(one)), about, self.mask, self.door.now()) for one in new])
        except RefusedError:
            self.door.metrics.count("log_errors")
            raise

    def _named(self, judged: Judged) -> Judged:
        """Say what was in force where a decision that stands for a guard that failed does not say it itself."""
        made = judged.decision
        if made.policy is not None:
            return judged
        policy, rules = self.judge.guard.digests
        named = replace(made, policy=policy, rules=rules, where=made.where or "body", path=made.path or ("guard",))
        return judged._replace(decision=named)

    def mask(self, text: str) -> str:
        """Return a text as a log may show it."""
        return masked(self.judge.guard, text)

    def marks(self, made: Decision) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell the decision."""
        return [
            (b"x-accord-decision", made.outcome.value.encode()),
            (b"x-accord-rules", digest_header(self.judge.guard.digests[1])),
            (b"x-accord-decision-id", made.id.encode()),
        ]

    async def answer(
        self, status: int, body: bytes, made: Decision, headers: Sequence[tuple[bytes, bytes]] = (_JSON,)
    ) -> None:
        """Write the decisions, then answer whole."""
        self.record()
        self._counted(made)
        self.deaf()
        length = (b"content-length", b"%d" % len(body))
        self.status, self.streaming = status, True
        await self.send(
            {"type": "http.response.start", "status": status, "headers": [*headers, length, *self.marks(made)]}
        )
        await self.send({"type": "http.response.body", "body": body})

    async def begin(self, status: int, made: Decision, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Write the decisions so far, then begin an answer that comes in parts."""
        self.record()
        self._counted(made)
        self.status, self.streaming = status, True
        await self.send({"type": "http.response.start", "status": status, "headers": [*headers, *self.marks(made)]})

    async def part(self, body: bytes, *, last: bool = False) -> None:
        """Write the decisions so far, then send a part of an answer."""
        self.record()
        await self.send({"type": "http.response.body", "body": body, "more_body": not last})

    async def refuse(self, refused: RefusedError) -> None:
        """Answer that a request or its answer is not let by, and say why."""
        refused.message = self.mask(refused.message)
        made = self.judge.said(Outcome.BLOCK, refused.code, refused.message, where=refused.where)
        kind = {429: "limit", 502: "upstream", 504: "upstream"}.get(refused.status, "refusal")
        self.judge.note(made, kind)
        metrics = self.door.metrics
        metrics.count({"limit": "limited", "upstream": "upstream_errors"}.get(kind, "refused"))
        headers = [_JSON, *([(b"retry-after", b"%d" % refused.retry)] if refused.retry else [])]
        kind_shown = _KINDS.get(refused.status, "invalid_request_error")
        try:
            self.record()
        except RefusedError as unwritten:
            refused, kind_shown = unwritten, "guard_unavailable"
            self._written = len(self.judge.judged)
        body = refusal(refused.code, refused.message, made.id, kind=kind_shown)
        await self.answer(refused.status, body, made, headers)

    async def blocked(self, made: Decision) -> None:
        """Answer that a request was blocked."""
        body = refusal(made.code, made.message or "the request was blocked", made.id)
        await self.answer(403, body, made)

    def _counted(self, made: Decision) -> None:
        self._own = seconds = time.perf_counter() - self.started - self._waited
        self.door.metrics.request(self.route, made.outcome, seconds)


def _as_bypass(judged: Judged) -> Judged:
    return judged._replace(kind="bypass") if is_bypass(judged.decision) else judged
