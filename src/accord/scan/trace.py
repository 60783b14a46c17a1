"""A mapped file that remembers which of its bytes were read, so that a rating can be bound to just these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import TYPE_CHECKING, NamedTuple, SupportsIndex

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer


class Stretch(NamedTuple):
    """Bytes of a file, from `start` up to and without `stop`."""

    start: int
    stop: int


class Traced(mmap):
    """A mapping that notes every stretch that is read."""

    stretches: list[Stretch]

    def __getitem__(self, key: SupportsIndex | slice) -> bytes:  # type: ignore[override]  # an index gives an int, as in mmap
        """Return bytes, and note them."""
        start, stop, _ = key.indices(len(self)) if isinstance(key, slice) else (int(key), int(key) + 1, 1)
        self._note(start, stop)
        return super().__getitem__(key)  # type: ignore[return-value]  # as above

    def find(self, sub: Buffer, start: int = 0, end: int | None = None) -> int:
        """Return where `sub` stands next, and note what was searched."""
        stop = len(self) if end is None else min(end, len(self))
        found = super().find(sub, start, stop)
        self._note(start, stop if found < 0 else found + len(bytes(sub)))
        return found

    def rfind(self, sub: Buffer, start: int = 0, end: int | None = None) -> int:
        """Return where `sub` stands last, and note what was searched."""
        stop = len(self) if end is None else min(end, len(self))
        found = super().rfind(sub, start, stop)
        self._note(start if found < 0 else found, stop)
        return found

    def _note(self, start: int, stop: int) -> None:
        noted = self.__dict__.setdefault("stretches", [])
        if noted and noted[-1].start <= start <= noted[-1].stop:
            noted[-1] = Stretch(noted[-1].start, max(noted[-1].stop, stop))
        else:
            noted.append(Stretch(start, stop))


def merged(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield stretches in order, none touching another."""
    last: Stretch | None = None
    for one in sorted(stretches):
        if last is None or one.start > last.stop:
            if last:
                yield last
            last = one
        else:
            last = Stretch(last.start, max(last.stop, one.stop))
    if last:
        yield last


def digest_of(source: mmap, stretches: Iterable[Stretch]) -> str:
    """Return the SHA-256 of the bytes in some stretches, in hex."""
    from hashlib import sha256

    total = sha256()
    for one in stretches:
        total.update(b"%d:%d:" % one)
        for at in range(one.start, min(one.stop, len(source)), 1 << 20):
            total.update(mmap.__getitem__(source, slice(at, min(at + (1 << 20), one.stop))))
    return total.hexdigest()
