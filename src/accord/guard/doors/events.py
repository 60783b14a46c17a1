"""Server-sent events with their ids, which a client needs to go on where it was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.guard.doors.jsonrpc import LARGEST
from accord.guard.gateway import sse

_FIELDS: Final = frozenset({b"id", b"retry"})


class Event(NamedTuple):
    """One event: its data, and the lines of it that no message is in."""

    data: bytes
    about: bytes

    def written(self, data: bytes) -> bytes:
        """Return the event with other data; without any it keeps only its id, or the line open."""
        if not data:
            return (self.about + b"data:\n\n") if self.about else b":\n\n"
        return self.about + b"event: message\ndata: " + data + b"\n\n"


class Events:
    """Splits a body into events; what is not yet whole is kept."""

    def __init__(self) -> None:
        self._events = sse.Events(LARGEST + 4_096)

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that are whole now."""
        return map(_event, self._events.whole(chunk))


def _event(raw: bytes) -> Event:
    data, about = [], b""
    for line in raw.split(b"\n"):
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"data":
            data.append(value)
        elif key in _FIELDS and len(value) <= 1_000:
            about += key + b": " + value + b"\n"
    return Event(b"\n".join(data).strip(), about)
