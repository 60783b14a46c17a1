"""What a session has noted, written where every worker reads it: whichever is asked next goes on from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import orjson

from accord.core.errors import RecordError
from accord.guard.doors.memory import Memory, Note
from accord.record.remembered import Entry, Remembered, Thing

_MOST: Final = 1_024  # entries after which a session is written anew, as short as it can be
_HEAVIEST: Final = 16 << 20  # bytes of them


class Journal:
    """One session as the workers share it. Its notes are added one message after another, in the turn of each.

    One that is `unknown` never began, or is so old that it is forgotten.
    """

    def __init__(self, shared: Remembered, caller: str, session: str) -> None:
        self._shared = shared
        self._thing = Thing("session", caller, session)
        self.named = bool(session)
        self.unknown = False
        self._seen = 0
        self._first = 0
        self._mark = b""
        self._grown = 0

    @contextmanager
    def turn(self, memory: Memory) -> Iterator[None]:
        """Keep other workers out while a message is ruled on: what they noted is known before, ours is kept after.

        Raises `RecordError` where the session is over, or what it noted cannot be read or kept.
        """
        with self._shared.turn(self._thing):
            self._catch_up(memory)
            try:
                yield
            finally:
                self._write(memory)

    def begin(self, memory: Memory) -> None:
        """Begin the session with what was noted before it had its name; one that had this name before is over."""
        with self._shared.turn(self._thing):
            self._anew(memory, 1)

    def end(self) -> None:
        """End the session for every worker."""
        self._shared.drop(self._thing)

    def _catch_up(self, memory: Memory) -> None:
        """Take what was noted elsewhere; messages without a session have one that nobody can begin anew: it goes on."""
        try:
            entries = self._shared.read(self._thing, self._seen - 1 if self._seen else 0)
            if entries is not None:
                self._take(memory, entries)
        except RecordError:
            if self.named:
                raise
            memory.forget()
            memory.lose()
            self._anew(memory, 1)
            return
        if entries is None and self.named:
            self.unknown = True
            raise RecordError("the session is over", code="ACC-E530")
        if entries is None and self._seen:  # too old for the others, and known here
            self._anew(memory, 1)

    def _take(self, memory: Memory, entries: Sequence[Entry]) -> None:
        if self._seen and (not entries or (entries[0].number, entries[0].mark) != (self._seen, self._mark)):
            memory.forget()  # another worker has written it anew
            self._seen = 0
            entries = self._shared.read(self._thing) or ()
        for entry in entries[1:] if self._seen else entries:
            _apply(entry, memory)
            self._saw(entry.number, entry.mark, len(entry.value))

    def _write(self, memory: Memory) -> None:
        noted, memory.noted = memory.noted, []
        if not noted:
            return
        if not self._seen:
            self._put(noted, 1)
        elif self._seen - self._first >= _MOST or self._grown > _HEAVIEST:
            self._anew(memory, self._seen + 1)
        else:
            data = _data(noted)
            self._saw(self._seen + 1, self._shared.add(self._thing, data, number=self._seen + 1), len(data))

    def _anew(self, memory: Memory, number: int) -> None:
        memory.noted = []
        self._put(list(memory.notes()), number)

    def _put(self, notes: list[Note], number: int) -> None:
        data = _data(notes)
        self._saw(number, self._shared.put(self._thing, data, number=number), len(data))
        self._first, self._grown = number, 0

    def _saw(self, number: int, mark: bytes, size: int) -> None:
        if not self._seen:
            self._first, self._grown = number, 0
        self._seen, self._mark = number, mark
        self._grown += size


def _data(notes: list[Note]) -> bytes:
    try:
        return orjson.dumps(notes)
    except TypeError as error:
        raise RecordError("a note of a session cannot be written", code="ACC-E530") from error


def _apply(entry: Entry, memory: Memory) -> None:
    try:
        for note in orjson.loads(entry.value):
            memory.take(note)
    except (ValueError, TypeError) as error:
        raise RecordError("a note of a session cannot be read", code="ACC-E530") from error
