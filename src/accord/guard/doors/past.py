"""What sessions had read that their client did not end: its agent still knows it when the next one begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import orjson

from accord.core.errors import RecordError
from accord.guard.doors.memory import Memory, Note
from accord.guard.recent import Recent
from accord.record.remembered import Remembered, Thing

LASTS: Final = 3_600
"""Seconds for which sessions of the same caller begin with it."""

_KINDS: Final = frozenset({"read", "lost"})
_HEAVIEST: Final = 4 << 20  # characters of what was read
_LOST: Final = "lost"


class Past:
    """What callers' sessions had read when their server ended them, or when they could not be read any more.

    A server would otherwise have its own words forgotten by ending a session, and letting the client begin another.
    """

    def __init__(self, shared: Remembered | None, now: Callable[[], float]) -> None:
        self._shared = shared
        self._now = now
        self._here: Recent[tuple[float, list[Note]]] = Recent(4_096)

    def leave(self, caller: str, memory: Memory | None) -> None:
        """Keep what a session had read; without its memory, that it may have read anything."""
        read = [[_LOST]] if memory is None else [note for note in memory.notes() if note[0] in _KINDS]
        if not read:
            return
        known = self._known(caller)
        notes = [*known, *(note for note in read if note not in known)]
        if sum(len(note[-1]) for note in notes) > _HEAVIEST:
            notes = [[_LOST]]
        try:
            if self._shared is not None:
                self._shared.put(_thing(caller), orjson.dumps([self._now(), notes]))
                return
        except (RecordError, TypeError):
            notes = [[_LOST]]
        self._here.put(caller, (self._now(), notes))

    def enter(self, caller: str, memory: Memory) -> None:
        """Let a session that begins know what may come up in it."""
        for note in self._known(caller):
            memory.learn(note)

    def _known(self, caller: str) -> list[Note]:
        told = [self._here.get(caller), self._told(caller)]
        return [note for one in told if one is not None and self._now() - one[0] < LASTS for note in one[1]]

    def _told(self, caller: str) -> tuple[float, list[Note]] | None:
        """Return what other workers left as well; where that cannot be read, it may be anything."""
        try:
            found = self._shared.read(_thing(caller)) if self._shared is not None else None
            if not found:
                return None
            at, notes = orjson.loads(found[-1].value)
        except (RecordError, ValueError, TypeError):
            return self._now(), [[_LOST]]
        return at, notes


def _thing(caller: str) -> Thing:
    return Thing("past", caller, "")
