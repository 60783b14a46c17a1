"""A command as a target: one run a turn, or one process a session that speaks JSON lines.

With `lines`, each request is one line of JSON on standard input and has an `id` that its answer, one line on standard
output, repeats: `{"id": 1, "do": "ask", "text": …}` is answered by `{"id": 1, "text": …, "tool_calls": […]}`,
`{"do": "plant", "channel", "name", "text"}` by the id alone, `{"do": "state"}` by `{"state": {…}}`. An answer
with `error` says that it could not be done.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from accord.attack.effects import bound
from accord.attack.targets.cells import Paths, ShapeError, at, parsed, read, state_of
from accord.attack.targets.line import Answer, Failure, Line, Opening
from accord.attack.targets.replies import MOST_BYTES, safe_text, safe_value
from accord.attack.targets.wire import from_environment, hidden
from accord.core.call import CommandCall
from accord.core.case import Channel
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Capability, Delivery, Reply, Turn

_PATIENCE = 1.0  # seconds for the last words of a process that is gone
_TOLD = 2000
_STRAY = 1000  # lines that answer nothing, before the process counts as mad


class CommandEndpoint:
    """A command that is run for each turn, or kept for each session."""

    stateless = False
    shared = False

    def __init__(self, call: CommandCall, folder: Path) -> None:
        """Take the command, and the folder it runs in; nothing is started before a session asks."""
        self.call = call
        self.folder = folder
        self._program = ""
        self._environment: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Return the command's own name, without its arguments."""
        return Path(self.call.run[0]).name if self.call.run else "command"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the manifest says the process can do; a command that is run each turn can only be asked."""
        return frozenset(self.call.can) if self.call.lines else frozenset()

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return nothing: what is delivered is handed to the process."""
        return frozenset()

    async def open(self) -> None:
        """Find the command and its variables; raises `TargetError` where one is missing."""
        program = self.call.run[0] if self.call.run else ""
        inside = self.folder / program
        found = str(inside.absolute()) if "/" in program and inside.is_file() else shutil.which(program)
        if not program or found is None:
            hint = "correct `command: {run: [...]}` in the manifest"
            raise TargetError(f"there is no command {program[:80]!r}", hint=hint, code="ACC-E662")
        self._program = found
        self._environment = {
            name: from_environment(f"env:{name}", f"the command {self.name}") for name in self.call.environment
        }

    async def close(self) -> None:
        """Let go of nothing: processes end with their sessions."""

    def scrub(self, text: str) -> str:
        """Return text without the values of the variables that were handed over."""
        return hidden((value for value in self._environment.values() if len(value) > 3), text)

    async def start(self, *, told: bool = True) -> Process:
        """Start the process in a group of its own, and hear its complaints where `told`; raises `OSError`."""
        return await asyncio.create_subprocess_exec(
            self._program,
            *self.call.run[1:],
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE if told else DEVNULL,
            env=self._environment,
            cwd=self.folder,
            limit=MOST_BYTES,
            start_new_session=True,
        )

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_Lines | _Turns]:
        """Open a session; leaving it ends whatever it started, with everything that was started by that."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_Lines | _Turns]:
        if not self.call.lines:
            yield _Turns(self, line, opening)
            return
        session = _Lines(self, line, opening)
        try:
            yield session
        finally:
            await session.end()


class _Turns:
    """A session of a command that is run anew for each turn."""

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, endpoint: CommandEndpoint, line: Line, opening: Opening) -> None:
        self._endpoint = endpoint
        self._line = line

    async def plant(self, delivery: Delivery, /) -> None:
        """Refuse: there is nowhere to put it."""
        raise _no_way(self._endpoint.name, delivery)

    async def ask(self, turn: Turn, /) -> Reply:
        """Run the command once, with the text as its input."""
        return await self._line.send(lambda: self._run(turn.text))

    async def state(self) -> Mapping[str, object]:
        """Return nothing."""
        return {}

    async def _run(self, text: str) -> Answer | Failure:
        began = time.perf_counter()
        try:
            process = await self._endpoint.start()
        except OSError as error:
            return Failure(f"{self._endpoint.name} does not start: {error.strerror}", again=False)
        feed, tail = asyncio.create_task(_feed(process, text)), asyncio.create_task(_tail(process.stderr))
        try:
            out = await _bounded(process.stdout)
            status = 0 if isinstance(out, Failure) else await process.wait()
        finally:
            await ended(process)
            await asyncio.wait({feed, tail}, timeout=_PATIENCE)
            feed.cancel()
            told = tail.result() if tail.done() else ""
            tail.cancel()
        if isinstance(out, Failure):
            return out
        if status:
            said = one_line(self._endpoint.scrub(told), 200)
            return Failure(f"{self._endpoint.name} ended with status {status}: {said}", again=status not in {126, 127})
        answer = self._endpoint.scrub(out).rstrip("\r\n")
        return Answer(Reply(text=answer, raw=answer, seconds=time.perf_counter() - began))


class _Lines:
    """A session with one process that speaks JSON lines."""

    def __init__(self, endpoint: CommandEndpoint, line: Line, opening: Opening) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._line = line
        self._opening = opening
        self._process: Process | None = None
        self._drain: asyncio.Task[str] | None = None
        self._last = 0

    async def plant(self, delivery: Delivery, /) -> None:
        """Hand the text over; raises `TargetError` where the process does not take such."""
        if delivery.channel not in self.capabilities:
            raise _no_way(self._endpoint.name, delivery)
        said = {"do": "plant", "channel": delivery.channel, "name": delivery.name, "text": delivery.text}
        await self._line.send(lambda: self._asked(said))

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something and wait for the answer."""
        return await self._line.send(lambda: self._asked({"do": "ask", "text": turn.text}))

    async def state(self) -> Mapping[str, object]:
        """Return the state that the process tells."""
        if Capability.STATE not in self.capabilities:
            return {}
        reply = await self._line.send(lambda: self._asked({"do": "state"}))
        return state_of(at(parsed(reply.raw), "state"))

    async def end(self) -> None:
        """End the process and everything it started."""
        process, self._process = self._process, None
        if process is not None:
            await ended(process)
        if self._drain is not None:
            self._drain.cancel()

    async def _asked(self, said: Mapping[str, object]) -> Answer | Failure:
        began = time.perf_counter()
        try:
            process = await self._started()
        except OSError as error:
            return Failure(f"{self._endpoint.name} does not start: {error.strerror}", again=False)
        self._last += 1
        wanted = self._last
        await written(process, json.dumps({"id": wanted, **said}).encode() + b"\n")
        found = await self._answer(process, wanted)
        if isinstance(found, Failure):
            return found
        if "error" in found:
            return Failure(f"{self._endpoint.name}: {one_line(str(found['error']), 200)}", again=False)
        raw = json.dumps(safe_value(found))
        seconds = time.perf_counter() - began
        try:
            if said["do"] == "state":
                state_of(at(found, "state"))
            if said["do"] != "ask":
                return Answer(Reply(text="", raw=raw, seconds=seconds))
            reading = read({**found, "id": None}, Paths(calls="tool_calls"))
        except ShapeError as error:
            return Failure(f"{self._endpoint.name}: {error}")
        calls = tuple(bound(call, self._opening.tools) for call in reading.calls)
        reply = Reply(text=reading.text, tool_calls=calls, stopped=reading.stopped, raw=raw, seconds=seconds)
        return Answer(reply, tokens=reading.tokens)

    async def _started(self) -> Process:
        if self._process is None:
            self._process = await self._endpoint.start()
            self._drain = asyncio.create_task(_tail(self._process.stderr))
        return self._process

    async def _answer(self, process: Process, wanted: int) -> dict[str, object] | Failure:
        """Return the line that answers a request; late answers to earlier ones are passed over."""
        for _ in range(_STRAY):
            try:
                data = await process.stdout.readline() if process.stdout else b""
            except ValueError:
                return Failure(f"{self._endpoint.name} wrote a line of more than {MOST_BYTES:,} bytes", again=False)
            if not data:
                return Failure(f"{self._endpoint.name} ended without an answer", again=False)
            try:
                found = parsed(self._endpoint.scrub(data.decode("utf-8", "replace")))
            except ShapeError:
                return Failure(f"{self._endpoint.name} wrote a line that is not JSON", again=False)
            if isinstance(found, dict) and found.get("id") == wanted:
                return found
        return Failure(f"{self._endpoint.name} wrote {_STRAY:,} lines that answer nothing", again=False)


async def ended(process: Process) -> None:
    """Kill a process and its whole group, and wait until it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):  # some versions of Python wait for pipes that a stray grandchild holds open
        async with asyncio.timeout(_PATIENCE):
            await process.wait()


async def _feed(process: Process, text: str) -> None:
    await written(process, safe_text(text).encode())
    if process.stdin is not None:
        process.stdin.close()


async def written(process: Process, data: bytes) -> None:
    """Write to a process; one that does not want to read has said its answer already, or none."""
    if process.stdin is not None:
        with suppress(ConnectionError):
            process.stdin.write(data)
            await process.stdin.drain()


async def _bounded(stream: asyncio.StreamReader | None) -> str | Failure:
    parts, size = [], 0
    while stream is not None and (chunk := await stream.read(1 << 16)):
        parts.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            return Failure(f"the answer is larger than {MOST_BYTES:,} bytes", again=False)
    return b"".join(parts).decode("utf-8", "replace")


async def _tail(stream: asyncio.StreamReader | None) -> str:
    """Read a stream to its end, so that nobody waits for us, and return the last of it."""
    last = b""
    while stream is not None and (chunk := await stream.read(1 << 16)):
        last = (last + chunk)[-_TOLD:]
    return last.decode("utf-8", "replace")


def _no_way(name: str, delivery: Delivery) -> TargetError:
    return TargetError(
        f"{name} has no way to plant through {delivery.channel}",
        hint="speak JSON lines (`lines: true`) and name the channel in `can`",
        code="ACC-E663",
    )
