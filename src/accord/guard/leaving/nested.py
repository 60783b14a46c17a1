"""Canaries in a code of a code, met while the text comes in pieces: what stands in codes is undone and read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from accord.content.views import View
from accord.guard.leaving.letters import Found
from accord.guard.leaving.peeling import may_peel, peeled
from accord.guard.leaving.substrings import Owned

_KEPT: Final = 2_048  # characters that are read again with each piece
_STRIDE: Final = 96  # times that a text is longer than the piece for which it is read again
_FEWEST = 8  # characters in which a code may be known
_SHORT = 256
_TAIL: Final = 200  # characters of a view in which something that may go on begins
_CALM: Final = re.compile(r"\s[A-Za-z]?[a-z]{2,14}[,.]?")
_CALM_END: Final = re.compile(r"(?:\s[A-Za-z]?[a-z]{2,14}[,.]?){2}\Z")


class Way(Protocol):
    """A way of reading a text."""

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away."""
        ...

    @property
    def open(self) -> int | None:
        """Return where a part of a canary begins that may still go on, or None."""
        ...

    @property
    def spread(self) -> Found | None:
        """Return what is too much of a canary to let it go."""
        ...


class Nested:
    """Reads again what codes say, from the last plain word on; such a word costs next to nothing."""

    __slots__ = ("_at", "_begin", "_meets", "_new", "_reads", "_spread", "_tail")

    def __init__(self, reads: Callable[[], Iterable[Way]], meets: Callable[[str], Iterable[Found]]) -> None:
        self._reads = reads
        self._meets = meets
        self._tail = ""
        self._at = self._new = 0
        self._begin: int | None = None
        self._spread: Found | None = None

    def read(self, text: str, *, final: bool = False) -> list[Found]:
        """Read on; return what gives something away."""
        self._at += len(text)
        if _CALM.fullmatch(text) is not None:
            self._forget()
            return []
        self._tail = self._tail[-_KEPT:] + text
        self._new += len(text)
        if len(self._tail) < _FEWEST or (self._new * _STRIDE < len(self._tail) and not final):
            return []
        self._new, self._begin, self._spread = 0, None, None
        found = self._peeled(ends=final) if len(self._tail) > _SHORT or may_peel(self._tail) else []
        if len(text) > _FEWEST and _CALM_END.search(text, max(0, len(text) - 40)):
            self._forget()
        return found

    def _forget(self) -> None:
        self._tail, self._new, self._begin, self._spread = "", 0, None, None

    def _peeled(self, *, ends: bool) -> list[Found]:
        base = self._at - len(self._tail)
        found: list[Found] = []
        for view in peeled(self._tail, ends=ends):
            met = ((view.at(one.start, one.end), one.what) for one in self._meets(view.text))
            found += [Found(base + start, base + end, _as(what, view.kind)) for (start, end), what in met]
            if not ends:
                self._ends_in(view, base)
        return found

    def _ends_in(self, view: View, base: int) -> None:
        """Take note of what has begun at the end of a view."""
        before = max(0, len(view.text) - _TAIL)
        for reader in self._reads():
            reader.read(view.text[before:])
            self._goes_on(view, reader, base, before)

    def _goes_on(self, view: View, reader: Way, base: int, before: int) -> None:
        if (begun := reader.open) is not None:
            begin = base + view.at(before + begun, before + begun + 1)[0]
            self._begin = begin if self._begin is None else min(begin, self._begin)
        if self._spread is None and (spread := reader.spread) is not None:
            start, end = view.at(before + spread.start, before + spread.end)
            self._spread = Found(base + start, base + end, _as(spread.what, view.kind))

    @property
    def open(self) -> int | None:
        """Return where a part of a canary begins that may still go on, or None."""
        return self._begin

    @property
    def spread(self) -> Found | None:
        """Return what is too much of a canary to let it go."""
        return self._spread


def _as(owned: Owned, kind: str) -> Owned:
    told = kind if owned.form.how == "as it is" else f"{kind}, {owned.form.how}"
    return owned._replace(form=owned.form._replace(how=told))
