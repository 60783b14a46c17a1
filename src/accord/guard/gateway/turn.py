"""One request and its answer on a connection, as ASGI has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final, Protocol

LEAVING: Final = "accord.leaving"
"""The extension of ASGI by which an application is told at once that its caller has left."""

STALLED: Final = 120.0
"""Seconds that a caller may take for one part of an answer."""

_LINES: Final = {one.value: b"HTTP/1.1 %d %s\r\n" % (one.value, one.phrase.encode()) for one in HTTPStatus}
_BODILESS: Final = frozenset({204, 304})
_BROKE: Final = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: 21\r\n"
    b"connection: close\r\n\r\nInternal Server Error"
)
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

App = Callable[..., Any]


class Line(Protocol):
    """The connection that a turn is on."""

    room: asyncio.Event | None
    """What to wait for before more is written, where the other side does not take what was."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def close(self) -> None:
        """End the connection when everything is sent."""

    def more(self) -> None:
        """Read on."""

    def head(self) -> bytes:
        """Return the headers of every answer."""

    def answered(self, turn: Turn) -> None:
        """Take note that a turn is over."""


class Turn:
    """Gives an application the request as it comes and writes what it answers.

    `keeps` tells whether the connection goes on afterwards, `whole` whether the request has come to its end,
    `left` whether nobody is there any more, and `cut` that no more of the request can be read.
    """

    __slots__ = (
        "_begun", "_chunked", "_expects", "_held", "_line", "_missing", "_parts", "_size", "_told", "_waiting", "cut",
        "done", "keeps", "left", "scope", "task", "whole",
    )  # fmt: skip

    def __init__(self, line: Line, scope: MutableMapping[str, Any], *, keeps: bool, expects: bool) -> None:
        self._line = line
        self.scope = scope
        self.keeps = keeps
        self._expects = expects
        self._parts: list[bytes] = []
        self._size = 0
        self._waiting: asyncio.Future[None] | None = None
        self._told: Callable[[], None] | None = None
        self._begun = self._chunked = False
        self._missing = 0
        self._held = b""
        self.whole = self.done = self.left = self.cut = False
        self.task: asyncio.Task[None] | None = None
        scope["extensions"] = {LEAVING: self.leaving}

    # ---------------------------------------------------------------- the request

    def body(self, data: bytes) -> int:
        """Keep a part of the body; return how much waits."""
        self._parts.append(data)
        self._size += len(data)
        self.wake()
        return self._size

    def ended(self) -> None:
        """Note that the request is whole."""
        self.whole = True
        self.wake()

    def gone(self) -> None:
        """Note that the caller has left."""
        self.left = True
        self.wake()
        if self._told is not None and not self.done:
            self._told()

    def wake(self) -> None:
        """Let whoever waits for the request look again."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def leaving(self, told: Callable[[], None] | None) -> None:
        """Have a function called when the caller leaves, or none."""
        self._told = told
        if told is not None and self.left:
            told()

    async def receive(self) -> dict[str, Any]:
        """Return what has come of the request; at its end, wait until the caller has left."""
        if not (self._parts or self.whole or self._over()):
            if self._expects:
                self._line.write(_CONTINUE)
            await self._more()
        self._expects = False
        if self.whole and self._size < 0:
            while not self._over():
                await self._more()
        if self._over():
            return {"type": "http.disconnect"}
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._size = [], -1 if self.whole else 0
        return {"type": "http.request", "body": data, "more_body": not self.whole}

    def _over(self) -> bool:
        return self.left or self.done or (self.cut and not self._parts)

    async def _more(self) -> None:
        self._line.more()
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    # ---------------------------------------------------------------- the answer

    async def send(self, message: Mapping[str, Any]) -> None:
        """Write a part of the answer; the head goes with the body where that is known to be at hand."""
        if self._line.room is not None:
            await self._room()
        if self.left:
            return
        if not self._begun:
            self._begin(message)
            return
        if self.done:
            raise RuntimeError("the answer is over")
        data: bytes = message.get("body", b"")
        last = not message.get("more_body")
        if self._chunked:
            data = (b"%x\r\n%b\r\n" % (len(data), data) if data else b"") + (b"0\r\n\r\n" if last else b"")
        elif self._missing >= 0:
            self._missing -= len(data)
            if self._missing < 0 or (last and self._missing):
                raise RuntimeError("the answer has another length than it says")
        if self.scope["method"] == "HEAD":
            data = b""
        if self._held or data:
            self._line.write(self._held + data)
            self._held = b""
        if last:
            self._finish()

    async def _room(self) -> None:
        """Wait until the caller has taken what was sent before; raises `TimeoutError` where it does not."""
        async with asyncio.timeout(STALLED):
            while self._line.room is not None and not self.left:
                await self._line.room.wait()

    def _begin(self, message: Mapping[str, Any]) -> None:
        status = message["status"]
        parts = [_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status, self._line.head()]
        length = -1
        for name, value in message.get("headers", ()):
            parts.append(b"%b: %b\r\n" % (name, value))
            if name == b"content-length":
                length = int(value)
            elif name == b"connection" and value == b"close":
                self.keeps = False
        lines = len(parts) - 1 + parts[1].count(b"\n")
        self._missing = length
        if length < 0 and status not in _BODILESS and self.scope["method"] != "HEAD":
            if self.scope["http_version"] == "1.1":
                self._chunked = True
                parts.append(b"transfer-encoding: chunked\r\n")
                lines += 1
            else:
                self.keeps = False
        parts.append(b"\r\n" if self.keeps else b"connection: close\r\n\r\n")
        head = b"".join(parts)
        if head.count(b"\n") != lines + (1 if self.keeps else 2) or head.count(b"\r") != head.count(b"\n"):
            raise RuntimeError("a header is no single line")
        self._begun = True
        if length >= 0:
            self._held = head
        else:
            self._line.write(head)

    def _finish(self) -> None:
        self.done = True
        self.wake()
        self._line.answered(self)

    async def run(self, app: App) -> None:
        """Let an application answer, and end what it leaves open."""
        try:
            await app(self.scope, self.receive, self.send)
        finally:
            if not self.done:
                self._abandon()

    def _abandon(self) -> None:
        self.keeps = False
        if self.task is not None:
            self.task.add_done_callback(_told)
        if not self.left:
            if not self._begun:
                self._line.write(_BROKE)
            self._line.close()
        self._finish()


def _told(task: asyncio.Task[None]) -> None:
    """Say why an application did not answer to the end."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        task.get_loop().call_exception_handler({"message": "an answer broke off", "exception": error})
