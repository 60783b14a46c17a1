"""An archive as every container's reader gives it: entries by name, opened only when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight


class Entry(NamedTuple):
    """A file in an archive: its clean name, bytes unpacked and packed, and whether it lies there as it is."""

    name: str
    size: int
    packed: int
    plain: bool
    number: int


class Openers(NamedTuple):
    """How an archive gets at the bytes of an entry: whole as a part, or only its first bytes."""

    whole: Callable[[Entry], Part]
    head: Callable[[Entry, int], bytes]


class Archive:
    """The files of one archive, and which of them have been dealt with.

    A reader of a layout opens or takes what it knows; what it leaves is looked inside by the container's reader.
    """

    def __init__(
        self,
        part: Part,
        kind: str,
        entries: Iterable[Entry],
        look: Look,
        openers: Openers,
        *,
        notes: Iterable[Sight] = (),
    ) -> None:
        self.part = part
        self.format = kind
        self.entries = tuple(entries)
        self.notes = notes
        """What opening entries brought to light; the container's reader reports it."""
        self._look = look
        self._openers = openers
        self._by_name = {one.name: one for one in self.entries}
        self._done: set[int] = set()
        self.names = frozenset(self._by_name)
        self.root = _root(self.names)

    def find(self, name: str) -> Entry | None:
        """Return the entry that a loader gets by its full name: the last of several."""
        return self._by_name.get(name)

    def under(self, name: str) -> Entry | None:
        """Return the entry of that name below the top folder."""
        return self._by_name.get(self.root + name)

    def open(self, entry: Entry) -> Part:
        """Return the bytes of an entry; whoever opens it judges it.

        Raises `BrokenError` when it cannot be unpacked, `OverError` when a limit is met.
        """
        self._done.add(entry.number)
        return self._openers.whole(entry)

    def head(self, entry: Entry, count: int) -> bytes:
        """Return the first bytes of an entry, without dealing with it."""
        return self._openers.head(entry, count)

    def inside(self, entry: Entry) -> Iterator[Sight]:
        """Recognise an entry by its content and read it."""
        yield from self._look.inside(self.open(entry))

    def take(self, entry: Entry) -> None:
        """Note that an entry is accounted for without being opened: raw numbers whose size was checked."""
        self._done.add(entry.number)

    def left(self) -> Iterator[Entry]:
        """Yield what was not dealt with so far."""
        return (one for one in self.entries if one.number not in self._done)


def _root(names: Iterable[str]) -> str:
    """Return the one folder that all names lie in, with its slash, or nothing."""
    tops = {name.partition("/")[:2] for name in names}
    if len(tops) == 1:
        top, slash = next(iter(tops))
        return top + "/" if slash else ""
    return ""
