"""Universal Binary JSON, as XGBoost writes it: walked within bounds, its first keys told, its numbers passed over."""

from __future__ import annotations

import struct
from typing import Final

from accord.scan.look import Look
from accord.scan.part import BrokenError, Part

_WHOLE: Final = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q"}
_WIDTHS: Final = {
    b"Z": 0,
    b"T": 0,
    b"F": 0,
    b"N": 0,
    b"i": 1,
    b"U": 1,
    b"C": 1,
    b"I": 2,
    b"l": 4,
    b"d": 4,
    b"L": 8,
    b"D": 8,
}
_DEEPEST = 200
_TICK = 1 << 14
_LONGEST_KEY = 65_536


class _Level:
    """An array or object that is open: how many items are left, or None when a mark ends it, and their type if one."""

    __slots__ = ("left", "named", "sort")

    def __init__(self, *, named: bool, left: int | None, sort: bytes) -> None:
        self.named, self.left, self.sort = named, left, sort


class _Walker:
    def __init__(self, part: Part, look: Look) -> None:
        self.part, self.look, self.at, self.steps = part, look, 0, 0

    def mark(self) -> bytes:
        """Return the next byte."""
        self.steps += 1
        if self.steps % _TICK == 0:
            self.look.tick()
        self.at += 1
        return self.part.exactly(self.at - 1, 1)

    def length(self) -> int:
        """Return the length that stands here."""
        sort = self.mark()
        if sort not in _WHOLE:
            raise BrokenError(f"a length has the type {sort!r}", self.at - 1)
        (found,) = self.part.unpack(_WHOLE[sort], self.at)
        self.at += struct.calcsize(_WHOLE[sort])
        if not 0 <= found <= self.part.size:
            raise BrokenError(f"a length of {found} cannot be there", self.at)
        return int(found)

    def skip(self, count: int) -> None:
        """Go past some bytes."""
        if count > self.part.size - self.at:
            raise BrokenError(f"{count} bytes are announced and {self.part.size - self.at} are left", self.at)
        self.at += count

    def key(self) -> str:
        """Return the key that stands here."""
        size = self.length()
        if size > _LONGEST_KEY:
            raise BrokenError(f"a key has {size} bytes", self.at)
        found = self.part.exactly(self.at, size)
        self.at += size
        return found.decode("utf-8")

    def open(self, *, named: bool) -> _Level | None:
        """Return the level that begins here, None when its items were passed at once."""
        sort = b""
        if self.part.read(self.at, 1) == b"$":
            sort = self.part.exactly(self.at + 1, 1)
            self.at += 2
        if self.part.read(self.at, 1) != b"#":
            if sort:
                raise BrokenError("a type of items without their number", self.at)
            return _Level(named=named, left=None, sort=b"")
        self.at += 1
        count = self.length()
        if sort in _WIDTHS and not named:
            self.skip(count * _WIDTHS[sort])
            return None
        return _Level(named=named, left=count, sort=sort)


def first_keys(part: Part, look: Look) -> tuple[dict[str, int], int]:
    """Walk one value; return the keys of the outermost object with their places, and where the value ends.

    Raises `BrokenError` where it is no such value.
    """
    walker, keys = _Walker(part, look), dict[str, int]()
    if walker.mark() != b"{":
        raise BrokenError("it does not begin with an object", 0)
    levels = [walker.open(named=True)]
    while levels:
        level = levels[-1]
        if level is None or level.left == 0 or (level.left is None and _closes(walker, level)):
            levels.pop()
            continue
        if level.left is not None:
            level.left -= 1
        key = walker.key() if level.named else ""
        if len(levels) == 1:
            if key in keys:
                raise BrokenError(f"the key {key!a:.100} stands twice", walker.at)
            keys[key] = walker.at
        inner = _value(walker, level.sort)
        levels += [inner] if inner is not None else []
        if len(levels) > _DEEPEST:
            raise BrokenError(f"it nests more than {_DEEPEST} deep", walker.at)
    return keys, walker.at


def _closes(walker: _Walker, level: _Level) -> bool:
    if walker.part.exactly(walker.at, 1) != (b"}" if level.named else b"]"):
        return False
    walker.at += 1
    return True


def _value(walker: _Walker, sort: bytes) -> _Level | None:
    """Go past a value, or return the level that it opens."""
    sort = sort or walker.mark()
    if sort in _WIDTHS:
        walker.skip(_WIDTHS[sort])
    elif sort in {b"S", b"H"}:
        walker.skip(walker.length())
    elif sort in {b"{", b"["}:
        return walker.open(named=sort == b"{")
    else:
        raise BrokenError(f"a value has the type {sort!r}", walker.at - 1)
    return None
