"""A streamed answer on its way back: looked at event by event, held back as little as can be, ended with its caller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from accord.core.guard import Outcome
from accord.guard.gateway.judging import LONG
from accord.guard.gateway.sse import Events, written
from accord.guard.gateway.wire import RefusedError
from accord.guard.gateway.words import Event

if TYPE_CHECKING:
    from accord.guard.gateway.routes import Streaming
    from accord.guard.gateway.upstream import Reply
    from accord.guard.gateway.visit import Visit

SILENCE: Final = 0.04
"""Seconds after which what is open, and neither of a canary nor of a secret, is let go."""

_AT_ONCE: Final = 64

Ending = Callable[[], Awaitable[None]]
"""What is done before the end of a stream leaves."""


async def relay(
    visit: Visit, reply: Reply, stream: Streaming, headers: list[tuple[bytes, bytes]], endings: list[Ending]
) -> None:
    """Pass a stream on until it is done, broken, or nobody listens."""
    visit.listen()
    await visit.begin(200, visit.judge.worst(), headers)
    try:
        ended = await _pump(visit, reply, stream, endings)
    finally:  # who leaves in the middle has used up what came until then
        visit.spent()
    parts = stream.out()
    await _end(endings)
    if not ended:
        message = "the upstream ended in the middle of its answer"
        made = visit.judge.note(visit.judge.said(Outcome.FLAG, "ACC-E757", message), "upstream")
        visit.door.metrics.count("upstream_errors")
        error = {"type": "upstream_error", "code": "ACC-E757", "message": message, "decision": made.id}
        parts.append(written({"type": "error", "error": error}, "error"))
    if any(one.decision.stops for one in visit.judge.judged):
        visit.door.metrics.count("cuts")
    visit.deaf()
    visit.answered()
    await visit.part(b"".join(parts), last=True)


async def _pump(visit: Visit, reply: Reply, stream: Streaming, endings: list[Ending]) -> bool:
    """Feed events until the stream is done; tell whether the upstream said so itself."""
    chunks = reply.chunks()
    try:
        if await _passed(visit, chunks, stream, endings):
            return True
    except RefusedError as refused:
        visit.judge.note(visit.judge.said(Outcome.FLAG, refused.code, refused.message), "upstream")
        if refused.code == "ACC-E759":
            raise
    finally:
        with suppress(RuntimeError):
            await chunks.aclose()  # type: ignore[attr-defined]  # a generator, as every reply makes it
    done = stream.done
    stream.broken()
    return done or stream.done


async def _passed(visit: Visit, chunks: AsyncIterator[bytes], stream: Streaming, endings: list[Ending]) -> bool:
    """Pass on event after event; tell whether the stream is done before the bytes end."""
    events, silence = Events(), _Silence(visit, stream)
    try:
        while (chunk := await _next(visit, chunks, silence)) is not None:
            await _fed(stream, events.feed(chunk))
            out = stream.out()
            if stream.done:
                await _end(endings)
            if out:
                await visit.part(b"".join(out))
            if stream.done:
                return True
    finally:
        await silence.over()
    await _fed(stream, events.end())
    return False


async def _fed(stream: Streaming, events: Iterator[Event]) -> None:
    """Feed events that came at once; others have their turn between many, and while a long one is looked at."""
    for number, event in enumerate(events, 1):
        if len(event.data) > LONG:
            await asyncio.to_thread(stream.feed, event)
        else:
            stream.feed(event)
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


async def _end(endings: list[Ending]) -> None:
    """Do what is done before the end of a stream leaves, once."""
    while endings:
        await endings.pop()()


async def _next(visit: Visit, chunks: AsyncIterator[bytes], silence: _Silence) -> bytes | None:
    """Return the next bytes; while text is held and nothing comes, let go what may leave."""
    began = time.perf_counter()
    silence.begin()
    try:
        return await anext(chunks, None)
    finally:
        visit.waited(time.perf_counter() - began)
        await silence.over()


class _Silence:
    """Lets go what may leave of a held text when nothing comes for some time: one timer, and a task where it rings."""

    __slots__ = ("_flushing", "_stream", "_timer", "_visit")

    def __init__(self, visit: Visit, stream: Streaming) -> None:
        self._visit = visit
        self._stream = stream
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to wait, where anything is held."""
        if self._stream.held:
            self._timer = asyncio.get_running_loop().call_later(SILENCE, self._ring)

    async def over(self) -> None:
        """End the waiting; what is being let go is let go first."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            await flushing

    def _ring(self) -> None:
        self._timer = None
        self._flushing = asyncio.ensure_future(self._flush())

    async def _flush(self) -> None:
        self._stream.flush()
        if out := self._stream.out():
            await self._visit.part(b"".join(out))
