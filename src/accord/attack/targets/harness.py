"""An application that embeds a harness, as a target: in this process, or behind the harness's door."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace

from accord.attack.effects import bound
from accord.attack.targets.cells import MISSING, Reading, ShapeError, at, parsed, read, state_of, tool_calls
from accord.attack.targets.cells import Paths as Places
from accord.attack.targets.embedded import Harness
from accord.attack.targets.line import Answer, Failure, Line, Opening
from accord.attack.targets.replies import safe_value
from accord.attack.targets.runner import Runner, said
from accord.attack.targets.sitting import Sitting
from accord.attack.targets.wire import GOODBYE, Got, Request, Wire, refused
from accord.core.call import HarnessCall
from accord.core.case import Channel
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Capability, Delivery, Reply, ToolCall, Turn


class HarnessEndpoint:
    """An application in this process that embeds a harness; each session sees only what was planted for it."""

    stateless = False
    shared = False

    def __init__(self, harness: Harness, name: str, runner: Runner) -> None:
        """Take the harness, the name that reports show, and who runs the application's functions."""
        self.harness = harness
        self.runner = runner
        self._name = name
        self._turn = asyncio.Lock()

    @property
    def name(self) -> str:
        """Return the module and name of the harness."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the application has wrapped."""
        return self.harness.capabilities

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return nothing: the application itself reads what is planted."""
        return frozenset()

    async def open(self) -> None:
        """See that there is something to ask; raises `TargetError` where the harness has no answering function."""
        if self.harness.answer is None:
            hint = "name the function that answers a text: harness.answers(answer)"
            raise TargetError(f"{self._name} answers nothing", hint=hint, code="ACC-E661")

    async def close(self) -> None:
        """Let go of the threads."""
        self.runner.close()

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_Seated]:
        """Open a session; what was planted is forgotten with it."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_Seated]:
        async with self._turn if self.harness.alone else nullcontext():
            try:
                yield _Seated(self, line, opening)
            finally:
                self.harness.seat(None)


class _Seated:
    """A session with an application in this process."""

    def __init__(self, endpoint: HarnessEndpoint, line: Line, opening: Opening) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._line = line
        self._opening = opening
        self._sitting = Sitting()

    async def plant(self, delivery: Delivery, /) -> None:
        """Let this session's calls see the text; raises `TargetError` where the application has not wrapped the way."""
        if delivery.channel not in self.capabilities:
            raise unwrapped(self._endpoint.name, delivery.channel)
        self._sitting.plant(delivery)

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something and wait for the answer."""
        return await self._line.send(lambda: self._asked(turn.text))

    async def state(self) -> Mapping[str, object]:
        """Return the application's own snapshot."""
        snapshot = self._endpoint.harness.snapshot
        if snapshot is None:
            return {}
        return await told_state(self._endpoint.name, self._endpoint.runner, self._inside, snapshot)

    async def _asked(self, text: str) -> Answer | Failure:
        answer = self._endpoint.harness.answer
        if answer is None:
            return Failure(f"{self._endpoint.name} answers nothing", again=False)
        began = time.perf_counter()
        reading = await heard(self._endpoint.name, self._endpoint.runner, self._inside, answer, text)
        seconds = time.perf_counter() - began
        if isinstance(reading, Failure):
            return reading
        calls = (*reading.calls, *self._sitting.calls())
        made = tuple(bound(call, self._opening.tools) for call in calls)
        raw = reading.text
        return Answer(Reply(text=raw, tool_calls=made, stopped=reading.stopped, raw=raw, seconds=seconds))

    def _inside(self, function: Callable[..., object], *args: object) -> object:
        """Call a function as part of this session; the context is a copy, and ends with the call."""
        self._endpoint.harness.seat(self._sitting)
        value = function(*args)
        return self._awaited(value) if inspect.isawaitable(value) else value

    async def _awaited(self, value: Awaitable[object]) -> object:
        self._endpoint.harness.seat(self._sitting)
        return await value


class DoorEndpoint:
    """An application in another process, reached through the door of its harness."""

    stateless = False
    shared = False

    def __init__(self, call: HarnessCall) -> None:
        """Take the address and where the token is; nothing is sent before `open`."""
        self.call = call
        token = call.token
        self.wire = Wire(call.url, {"Authorization": token})

    @property
    def name(self) -> str:
        """Return the address of the door."""
        return self.wire.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the manifest says that the application has wrapped."""
        return frozenset(self.call.can)

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return nothing: the application itself reads what is planted."""
        return frozenset()

    async def open(self) -> None:
        """Ask what the application has wrapped; raises `TargetError` where it is less than the manifest says."""
        await self.wire.open()
        found = await self.told(Request("GET", self.call.url), patience=GOODBYE)
        told = at(found, "capabilities") if not isinstance(found, Failure) else found
        if isinstance(told, Failure) or not isinstance(told, list):
            await self.wire.close()
            why = told.error if isinstance(told, Failure) else "it is no door of a harness"
            hint = "start the application, and export the token of its door"
            raise TargetError(f"{self.name} does not open: {why}", hint=hint, code="ACC-E665")
        missing = sorted(self.capabilities - {str(one) for one in told})
        if missing:
            await self.wire.close()
            hint = f"wrap it in the application, or take it out of `can`; wrapped is: {', '.join(map(str, told))[:200]}"
            raise TargetError(f"{self.name} has not wrapped {missing[0]}", hint=hint, code="ACC-E665")

    async def close(self) -> None:
        """Close every connection."""
        await self.wire.close()

    async def told(self, request: Request, *, patience: float = 600.0) -> object:
        """Send one request to the door and return what it says, or the failure."""
        got = await self.wire.exchange(request, patience=patience)
        failure = got if isinstance(got, Failure) else refused(self.wire, got)
        if failure is not None or not isinstance(got, Got):
            return failure
        try:
            return parsed(got.text)
        except ShapeError as error:
            return Failure(f"{self.name} {error}", again=False)

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_Through]:
        """Open a session; what was planted is forgotten with it."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_Through]:
        found = await self.told(Request("POST", f"{self.call.url.rstrip('/')}/sessions", body=b"{}"), patience=GOODBYE)
        name = MISSING if isinstance(found, Failure) else at(found, "session")
        if not isinstance(name, str) or not name.isalnum():
            why = found.error if isinstance(found, Failure) else "it begins no session"
            raise TargetError(f"{self.name}: {why}", hint="look at the application's own log", code="ACC-E665")
        path = f"{self.call.url.rstrip('/')}/sessions/{name}"
        try:
            yield _Through(self, line, opening, path=path)
        finally:
            await self.wire.exchange(Request("DELETE", path), patience=GOODBYE)


class _Through:
    """A session through the door."""

    def __init__(self, endpoint: DoorEndpoint, line: Line, opening: Opening, *, path: str) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._line = line
        self._opening = opening
        self._path = path

    async def plant(self, delivery: Delivery, /) -> None:
        """Hand the text over; raises `TargetError` where the application has not wrapped the way."""
        if delivery.channel not in self.capabilities:
            raise unwrapped(self._endpoint.name, delivery.channel)
        given = {"channel": delivery.channel, "name": delivery.name, "text": delivery.text}
        await self._line.send(lambda: self._sent("plant", given))

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something and wait for the answer."""
        return await self._line.send(lambda: self._sent("ask", {"text": turn.text}))

    async def state(self) -> Mapping[str, object]:
        """Return the application's own snapshot."""
        if Capability.STATE not in self.capabilities:
            return {}
        reply = await self._line.send(lambda: self._sent("state", None))
        return state_of(at(parsed(reply.raw), "state"))

    async def _sent(self, deed: str, given: Mapping[str, object] | None) -> Answer | Failure:
        body = None if given is None else json.dumps(given).encode()
        method = "GET" if given is None else "POST"
        found = await self._endpoint.told(Request(method, f"{self._path}/{deed}", body=body))
        if isinstance(found, Failure):
            return found
        raw = json.dumps(safe_value(found))
        try:
            if deed == "state":
                state_of(at(found, "state"))
            if deed != "ask":
                return Answer(Reply(text="", raw=raw))
            inner = at(found, "answer")
            reading = read(inner if isinstance(inner, dict) else {"answer": inner}, Places())
            known = _seen(at(found, "tool_calls"))
        except ShapeError as error:
            return Failure(f"{self._endpoint.name}: {error}", again=False)
        made = tuple(bound(call, self._opening.tools) for call in (*reading.calls, *known))
        return Answer(Reply(text=reading.text, tool_calls=made, stopped=reading.stopped, raw=raw))


async def heard(name: str, runner: Runner, function: Callable[..., object], *args: object) -> Reading | Failure:
    """Return what an application answers; whatever it raises, or returns that cannot be read, is a failure."""
    ran = await runner.run(function, *args)
    if ran.error is not None:
        return Failure(one_line(f"{name} raised {ran.problem}", 300), again=False)
    read_ = await runner.soon(said, ran.value)  # beside the loop too: an object may do anything when it is looked at
    if isinstance(read_.error, ShapeError):
        return Failure(one_line(f"{name} {read_.error}", 300), again=False)
    if not isinstance(read_.value, Reading):
        return Failure(one_line(f"{name} returned what cannot be read: {read_.problem}", 300), again=False)
    return read_.value


async def told_state(name: str, runner: Runner, function: Callable[..., object], *args: object) -> dict[str, object]:
    """Return the state that an application tells; raises `TargetError` where it does not, or not whole."""
    ran = await runner.soon(function, *args)
    kept = await runner.soon(state_of, ran.value) if ran.error is None else ran
    if not isinstance(kept.value, dict):
        raise TargetError(f"{name} does not tell its state: {one_line(kept.problem, 200)}", code="ACC-E661")
    return kept.value


def unwrapped(name: str, channel: str) -> TargetError:
    """Return the error that says that an application cannot be fed through a channel."""
    return TargetError(
        f"{name} has no way to plant through {channel}",
        hint="wrap what reads it with the harness",
        code="ACC-E663",
    )


def _seen(listed: object) -> tuple[ToolCall, ...]:
    """Return the tool calls that the harness saw, with the effects that it knows."""
    calls = tool_calls(listed)
    items = listed if isinstance(listed, list) else []
    effects = [item.get("does") if isinstance(item, dict) else None for item in items]
    return tuple(
        replace(call, does=does) if isinstance(does, str) else call for call, does in zip(calls, effects, strict=True)
    )
