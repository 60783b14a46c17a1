"""Server-sent events: split as they arrive, and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from accord.guard.gateway.wire import RefusedError, is_twofold, read_json
from accord.guard.gateway.words import Event

LONGEST: Final = 8 << 20
"""Bytes of one event; an answer with a longer one is not looked at, so it does not pass."""
_NAME: Final = re.compile(rb"[a-z_.]{1,80}")


class Events:
    """Splits a body into events; what is not yet whole is kept."""

    __slots__ = ("_left", "_longest")

    def __init__(self, longest: int = LONGEST) -> None:
        self._left = b""
        self._longest = longest

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that are whole now."""
        return (event for raw in self.whole(chunk) if (event := _event(raw)))

    def whole(self, chunk: bytes) -> list[bytes]:
        """Return the lines of each event that is whole now."""
        data = self._left + chunk if self._left else chunk
        if b"\r" in data:
            data = _plain(data)
        *whole, self._left = data.split(b"\n\n")
        if len(self._left) > self._longest:
            raise RefusedError(f"an event is longer than {self._longest} bytes", code="ACC-E758", status=502)
        return whole

    def end(self) -> Iterator[Event]:
        """Yield what stands at the end without its blank line."""
        left, self._left = self._left.strip(b"\r\n"), b""
        if left and (event := _event(left)):
            yield event


def _plain(data: bytes) -> bytes:
    """Return lines that end in LF; a CR at the very end may be half of an end and stays."""
    tail = b"\r" if data.endswith(b"\r") else b""
    return data[: len(data) - len(tail)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + tail


def _event(raw: bytes) -> Event | None:
    """Read one event; comments and fields that nobody uses are left out."""
    if raw.startswith(b"data: ") and b"\n" not in raw:
        return Event(raw + b"\n\n", "", raw[6:])
    name, data = "", []
    for line in raw.split(b"\n"):
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"event":
            name = value.decode() if _NAME.fullmatch(value) else ""
        elif key == b"data":
            data.append(value)
    if not data:
        return Event(b":\n\n", "", b"") if raw.startswith(b":") else None
    joined = b"\n".join(data)
    return Event(_framed(name, joined), name, joined)


def _framed(name: str, data: bytes) -> bytes:
    head = b"event: " + name.encode("ascii", "replace") + b"\n" if name else b""
    return head + b"".join(b"data: " + line + b"\n" for line in data.split(b"\n")) + b"\n"


def parsed(event: Event) -> tuple[Event, dict[str, Any]]:
    """Return an event as every reader takes it, with what it says.

    Raises `RefusedError` where that is no object or too deep.
    """
    try:
        value = read_json(event.data, unique=False)
    except RefusedError as error:
        raise RefusedError(f"an event of the answer cannot be read: {error}", code="ACC-E758", status=502) from error
    if not isinstance(value, dict):
        raise RefusedError("an event of the answer is no object", code="ACC-E758", status=502)
    if is_twofold(event.data, value):
        event = event._replace(raw=written(value, event.name))
    return event, value


def written(value: Any, name: str = "") -> bytes:
    """Return an event that carries a value."""
    return _framed(name, orjson.dumps(value))
