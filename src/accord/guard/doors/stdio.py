"""An MCP server behind the guard, over its standard input and output: the wrapper stands where the server stood."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from accord.core.errors import GuardError
from accord.guard.doors.jsonrpc import LARGEST, blocked, written
from accord.guard.doors.mcp import Exchange, McpDoor, Passage
from accord.guard.gateway.judging import Judged

_PATIENCE: Final = 2.0  # seconds for the server to end by itself
_CHUNK: Final = 1 << 16

Noting = Callable[[Judged], None]
"""Keeps a decision; when it raises `GuardError`, nothing goes on."""


class _Reading(Protocol):
    async def read(self, count: int, /) -> bytes: ...


class _Writing(Protocol):
    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...


class _Way(NamedTuple):
    """One direction: where messages come from, who rules on them, where they go, and where refusals go."""

    lines: _Lines
    rule: Callable[[bytes], Passage]
    onward: _Writing
    back: _Writing


async def wrap(command: Sequence[str], door: McpDoor, *, note: Noting, environment: Mapping[str, str]) -> int:
    """Run the server and pass messages between it and our own standard streams; return its exit code.

    The server gets the given environment and nothing else. Each line is one message; one that may not go on is
    answered by the guard itself. Raises `OSError` when the command cannot be started, and `GuardError` when a
    decision cannot be kept: then nothing passes any more.
    """
    server = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    to_server, from_server = server.stdin, server.stdout
    if to_server is None or from_server is None:
        raise OSError("the server has no streams")
    work = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, lambda: work and work.cancel())
    try:
        ours, to_client = await _own_streams()
        exchange = door.exchange()
        down = _pump(_Way(_Lines(ours), exchange.from_client, to_server, to_client), exchange, note)
        up = _pump(_Way(_Lines(from_server), exchange.from_server, to_client, to_server), exchange, note)
        await _both(asyncio.ensure_future(down), asyncio.ensure_future(up), to_server)
    except asyncio.CancelledError:
        pass
    finally:
        to_server.close()
        code = await _ended(server)
    return code


async def _both(down: asyncio.Task[None], up: asyncio.Task[None], to_server: asyncio.StreamWriter) -> None:
    """Pump until one side ends; what the server still says after its input ended goes on, for a while."""
    try:
        await asyncio.wait({down, up}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done() and not down.exception():
            to_server.close()
            await asyncio.wait({up}, timeout=_PATIENCE)
    finally:
        for task in (down, up):
            task.cancel()
        ended = await asyncio.gather(down, up, return_exceptions=True)
    for one in ended:
        if isinstance(one, Exception) and not isinstance(one, OSError):
            raise one


async def _ended(server: asyncio.subprocess.Process) -> int:
    """Wait for the server to end, then tell it to, then end it and all that it started."""
    for one in (None, signal.SIGTERM, signal.SIGKILL):
        if one is not None:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, one)
        with suppress(TimeoutError):
            return await asyncio.wait_for(server.wait(), _PATIENCE)
    return -signal.SIGKILL


async def _pump(way: _Way, exchange: Exchange, note: Noting) -> None:
    """Rule on one message after the other; each goes on before the next one is looked at."""
    while (line := await way.lines.next()) is not None:
        passage = way.rule(line)
        for judged in passage.judged:
            note(judged)
        if passage.onward is None and way.rule == exchange.from_server and len(exchange.open) == 1:
            passage = _instead(passage, exchange)
        for message, to in ((passage.onward, way.onward), (passage.back, way.back)):
            if message is not None:
                to.write(message.strip() + b"\n")
                await to.drain()


def _instead(passage: Passage, exchange: Exchange) -> Passage:
    """Answer the one open request where the server's message was too large and can only have been its answer."""
    large = next((one.decision for one in passage.judged if one.decision.code == "ACC-E770"), None)
    if large is None:
        return passage
    _, request = exchange.open.popitem()
    return Passage(written([blocked(request["id"], large)], joined=False))


class _Lines:
    """Splits what comes into lines that hold anything; of one that is too long only so much that this is seen."""

    def __init__(self, source: _Reading) -> None:
        self._source = source
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False

    async def next(self) -> bytes | None:
        """Return the next line, or None at the end."""
        while True:
            end = self._buffer.find(b"\n", self._searched)
            if end >= 0:
                line, skipped = bytes(self._buffer[:end]), self._skipping
                del self._buffer[: end + 1]
                self._searched, self._skipping = 0, False
                if line.strip() and not skipped:
                    return line
                continue
            self._searched = len(self._buffer)
            if self._searched > LARGEST:
                long, skipped = bytes(self._buffer), self._skipping
                self._buffer.clear()
                self._searched, self._skipping = 0, True
                if not skipped:
                    return long
            chunk = await self._source.read(_CHUNK)
            if not chunk:
                return None
            self._buffer += chunk


async def _own_streams() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return our own input and output; raises `OSError` where they are files, which nobody can wait on."""
    reader = asyncio.StreamReader(limit=_CHUNK)
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    except ValueError as error:
        raise OSError("standard input and output have to be pipes") from error
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


def unkept(error: Exception) -> GuardError:
    """Return the error that ends everything where a decision cannot be kept."""
    return GuardError(f"the decision cannot be kept: {error}", code="ACC-E759", hint="nothing passes without a record")
