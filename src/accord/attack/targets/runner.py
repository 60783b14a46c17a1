"""Running a team's own functions: away from the campaign's loop, so that one that hangs or crashes stops nobody."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from multiprocessing.pool import ThreadPool
from queue import Empty, SimpleQueue
from typing import Any, Literal, NamedTuple

from accord.attack.targets.cells import Paths, Reading, ShapeError, read, tool_calls
from accord.attack.targets.replies import safe_call, safe_text, safe_value
from accord.core.trial import Reply

THREADS = 32
"""Functions that may run at once; so many that never come back, and no other is called."""

SOON = 120.0
"""Seconds for what is called beside the asking, which nobody else bounds: to make, feed, look at and close."""

_LONGEST = 1 << 20


class Ran(NamedTuple):
    """What a function returned, or what it raised."""

    value: object = None
    error: BaseException | None = None

    @property
    def problem(self) -> str:
        """Return what went wrong, in one line."""
        return f"{type(self.error).__name__}: {safe_value(self.error)}" if self.error is not None else ""


class Runner:
    """A pool of threads for plain functions, and one loop in a thread for coroutines; nothing runs before a call."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._pool: ThreadPool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lost = 0

    async def run(self, function: Callable[..., object], *args: object) -> Ran:
        """Call a function, sync or async, in a copy of the present context, and return what came of it.

        When this is cancelled, a coroutine is cancelled too; a plain function cannot be, and is left behind.
        """
        if inspect.iscoroutinefunction(function):
            return await self._awaited(function(*args))
        if self._lost >= THREADS:
            return Ran(error=TimeoutError(f"{self._lost} calls never came back"))
        ran = await self._threaded(function, *args)
        return await self._awaited(ran.value) if inspect.iscoroutine(ran.value) else ran

    async def soon(self, function: Callable[..., object], *args: object) -> Ran:
        """Call a function that nobody else waits for with a limit, for at most `SOON` seconds."""
        try:
            async with asyncio.timeout(SOON):
                return await self.run(function, *args)
        except TimeoutError:
            return Ran(error=TimeoutError(f"it did not come back within {SOON:g} s"))

    def close(self) -> None:
        """Let go of the threads; those that hang are daemons, and hold nobody up."""
        pool, self._pool = self._pool, None
        loop, self._loop = self._loop, None
        if pool is not None:
            pool.terminate()  # waits for nobody: the threads of a pool cannot be ended
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    async def _threaded(self, function: Callable[..., object], *args: object) -> Ran:
        if self._pool is None:
            self._pool = ThreadPool(THREADS)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Ran] = loop.create_future()

        def arrived(ran: Ran) -> None:
            if done.done():
                self._lost -= 1
            else:
                done.set_result(ran)

        def tell(ran: Ran) -> None:
            with suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(arrived, ran)

        self._pool.apply_async(
            copy_context().run,
            (_called, function, *args),
            callback=lambda value: tell(Ran(value)),
            error_callback=lambda error: tell(Ran(error=error)),
        )
        try:
            return await done
        except asyncio.CancelledError:
            self._lost += 1
            raise

    async def _awaited(self, coroutine: Coroutine[Any, Any, object]) -> Ran:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_turn, args=(self._loop,), daemon=True).start()
        work = asyncio.run_coroutine_threadsafe(_unexiting(coroutine), self._loop)
        done = asyncio.wrap_future(work)
        try:
            await asyncio.wait({done})
        finally:
            work.cancel()
        if done.cancelled():
            return Ran(error=TimeoutError("the call was cancelled"))
        error = done.exception()
        return Ran(error=error) if error is not None else Ran(done.result())


def called(function: Callable[..., object], *args: object, timeout: float) -> Ran:
    """Call a plain function in a thread of its own and wait so long for it; one that hangs is left behind."""
    pool: ThreadPool = ThreadPool(1)
    answers: SimpleQueue[Ran] = SimpleQueue()
    pool.apply_async(
        _called,
        (function, *args),
        callback=lambda value: answers.put(Ran(value)),
        error_callback=lambda error: answers.put(Ran(error=error)),
    )
    try:
        ran = answers.get(timeout=timeout)
    except Empty:
        ran = Ran(error=TimeoutError(f"it did not come back within {timeout:.0f} s"))
    pool.terminate()
    return ran


def said(value: object) -> Reading:
    """Return what a function's value says: a text, a mapping like a JSON answer, a `Reply`, or a message object.

    Raises `ShapeError` for anything else, and for a text that is too long.
    """
    if isinstance(value, Reply):
        reading = _reply(value)
    elif value is None or isinstance(value, str):
        reading = Reading(safe_text(value or ""))
    elif isinstance(value, dict | list):
        kept = safe_value(value)
        reading = read(kept if isinstance(kept, dict) else {"answer": kept}, Paths())
    else:
        reading = _message(value)
    if len(reading.text) > _LONGEST:
        raise ShapeError(f"the answer is longer than {_LONGEST:,} characters")
    return reading


def _reply(value: Reply) -> Reading:
    """Read a `Reply` that an application made, whatever stands in it."""
    told: tuple[object, ...] = (value.text, value.stopped or "", value.id or "")
    text, stopped, name = (one if isinstance(one, str) else None for one in told)
    if text is None or stopped is None or name is None:
        raise ShapeError("returned a Reply whose text, end or id is no text")
    calls = tuple(replace(safe_call(call.name, call.args), does=call.does) for call in value.tool_calls)
    return Reading(safe_text(text), calls, safe_text(stopped) or None, safe_text(name) or None)


def _message(value: object) -> Reading:
    """Read an object with a text, as the messages of frameworks have it."""
    for name in ("text", "content", "answer", "output"):
        found = getattr(value, name, None)
        if isinstance(found, str | list):
            calls = getattr(value, "tool_calls", None)
            text = read({"answer": safe_value(found)}, Paths()).text
            return Reading(text, tool_calls(safe_value(calls)) if isinstance(calls, list | tuple) else ())
    raise ShapeError(f"returned a {type(value).__name__}, not a text, a mapping or a Reply")


def _called(function: Callable[..., object], *args: object) -> object:
    """Call a function; that it wants to end the process is an error like others."""
    with _Contained():
        return function(*args)


async def _unexiting(coroutine: Coroutine[Any, Any, object]) -> object:
    with _Contained():
        return await coroutine


class _Contained:
    """Makes an ordinary error of what is none: what would end a thread or a loop, or look like our own cancellation."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> Literal[False]:
        """Raise what came as an ordinary error, where it is none."""
        if isinstance(error, SystemExit):
            raise RuntimeError("it wanted to end the process") from error  # noqa: TRY004  # it stands for the other
        if error is not None and not isinstance(error, Exception):
            told = f"{type(error).__name__}: {safe_value(error)}"
            raise RuntimeError(told) from error
        return False


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, then close it with everything that still waits in it."""
    asyncio.set_event_loop(loop)
    loop.run_forever()
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    if waiting:
        loop.run_until_complete(asyncio.wait(waiting, timeout=1.0))
    loop.close()
