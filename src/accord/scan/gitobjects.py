"""Objects of a git repository, read from its files alone: loose ones and packs, without running git or any hook."""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final, NamedTuple

from accord.core.errors import AccordError
from accord.scan.walk import open_inside

LARGEST = 16 << 20
"""The largest object that is unpacked, in bytes."""

_TYPES: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFS_DELTA, _REF_DELTA = 6, 7
_PACKED = LARGEST + (LARGEST >> 8)  # no object of that size is packed into more
_DEEPEST = 512
_CACHED = 48 << 20
_MOST_LOOSE = 500_000
_LARGEST_INDEX = 1 << 30


class GitError(Exception):
    """An object or a pack is not what git writes; the message says how."""


class Thing(NamedTuple):
    """An object: its type and what it holds."""

    type: str
    data: bytes


class _Entry(NamedTuple):
    """An object in a pack: its type number, where its compressed bytes start, and the base of a delta."""

    number: int
    start: int
    base: int | str | None


class Objects:
    """The objects below a `.git` folder; `problems` tells what could not be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[str] = []
        self._loose = dict(_loose(folder))
        self._packs = [pack for name in _pack_names(folder) if (pack := self._open(name))]
        self._homes = {name: pack for pack in self._packs for name in pack.offsets}

    def names(self) -> Iterator[str]:
        """Yield the name (hex) of every object."""
        yield from self._homes
        yield from (name for name in self._loose if name not in self._homes)

    def type_of(self, name: str) -> str:
        """Return the type of an object without unpacking it; raises `GitError`."""
        pack = self._homes.get(name)
        if pack is None:
            return self.read(name).type
        entry = pack.entry(pack.offsets[name])
        for _ in range(_DEEPEST):  # a pack may name bases in a circle
            if entry.base is None:
                return _TYPES.get(entry.number, "unknown")
            if isinstance(entry.base, str):  # never among the offsets of the pack
                return "unknown"
            entry = pack.entry(entry.base)
        raise GitError("a chain of deltas is too long")

    def has(self, name: str) -> bool:
        """Tell whether an object is here, whether or not it can be read."""
        return name in self._homes or name in self._loose

    def read(self, name: str) -> Thing:
        """Return an object; raises `GitError` where it is missing, damaged or too large."""
        pack = self._homes.get(name)
        if pack is not None:
            return pack.read(pack.offsets[name])
        path = self._loose.get(name)
        if path is None:
            raise GitError("an object is missing")
        return _read_loose(self._folder, path)

    def close(self) -> None:
        """Let go of the packs."""
        for pack in self._packs:
            pack.close()

    def _open(self, name: str) -> _Pack | None:
        try:
            return _Pack(self._folder, name)
        except (AccordError, GitError, OSError, ValueError) as error:
            self.problems.append(f"the pack {name[:60]} cannot be read: {error}")
            return None


class _Pack:
    """One pack with its index (gitformat-pack, index version 2)."""

    def __init__(self, folder: Path, name: str) -> None:
        with open_inside(folder, f"objects/pack/{name}.idx") as file:
            index = file.read(_LARGEST_INDEX + 1)
        self.offsets = _read_index(index)
        with open_inside(folder, f"objects/pack/{name}.pack") as file:
            self._map = mmap(file.fileno(), 0, access=ACCESS_READ)
        if self._map[:4] != b"PACK" or int.from_bytes(self._map[8:12], "big") != len(self.offsets):
            raise GitError("it does not agree with its index")
        self._order = sorted(self.offsets.values())
        self._cache: dict[int, Thing] = {}
        self._held = 0

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()

    def entry(self, offset: int) -> _Entry:
        """Return what the head of an entry says."""
        head = self._map[offset : offset + 64]
        if offset < 12 or not head:
            raise GitError("an entry lies outside of its pack")
        number, at = head[0] >> 4 & 7, 1
        while head[at - 1] & 0x80 and at < 12:
            at += 1
        if number == _REF_DELTA:
            name = head[at : at + 20].hex()
            return _Entry(number, offset + at + 20, self.offsets.get(name, name))
        if number != _OFS_DELTA:
            return _Entry(number, offset + at, None)
        back = head[at] & 0x7F
        while head[at] & 0x80 and at < 24:
            at += 1
            back = (back + 1) << 7 | head[at] & 0x7F
        if not 0 < back <= offset:
            raise GitError("a delta has its base outside of its pack")
        return _Entry(number, offset + at + 1, offset - back)

    def read(self, offset: int) -> Thing:
        """Return the object at an offset, its deltas applied."""
        deltas: list[tuple[int, bytes]] = []
        found = self._cache.get(offset)
        while found is None:
            entry = self.entry(offset)
            data = self._inflate(entry.start)
            if isinstance(entry.base, str):
                raise GitError("a delta has its base outside of its pack")
            if entry.base is None:
                found = Thing(_TYPES.get(entry.number, "unknown"), data)
                self._keep(offset, found)
                break
            deltas.append((offset, data))
            if len(deltas) > _DEEPEST:
                raise GitError("a chain of deltas is too long")
            offset = entry.base
            found = self._cache.get(offset)
        for at, delta in reversed(deltas):
            found = Thing(found.type, _apply(found.data, delta))
            self._keep(at, found)
        return found

    def _inflate(self, start: int) -> bytes:
        after = bisect_right(self._order, start)
        end = self._order[after] if after < len(self._order) else len(self._map)
        unpack = zlib.decompressobj()
        try:
            data = unpack.decompress(self._map[start : min(end, start + _PACKED)], LARGEST + 1)
        except zlib.error as error:
            raise GitError("an object is damaged") from error
        if len(data) > LARGEST:
            raise GitError(f"an object is larger than {LARGEST >> 20} MiB")
        if not unpack.eof:
            raise GitError("an object is cut off")
        return data

    def _keep(self, offset: int, thing: Thing) -> None:
        if self._held > _CACHED:
            self._cache.clear()
            self._held = 0
        self._cache[offset] = thing
        self._held += len(thing.data)


def _apply(base: bytes, delta: bytes) -> bytes:
    """Return what a delta makes of its base: copies from it, and bytes of its own."""
    size, at = _length(delta, 0)
    total, at = _length(delta, at)
    if size != len(base) or total > LARGEST:
        raise GitError("a delta does not fit its base")
    made = bytearray()
    while at < len(delta):
        code = delta[at]
        at += 1
        if not code & 0x80:
            made += delta[at : at + code]
            at += code
            continue
        start = length = 0
        for bit in range(7):
            if code >> bit & 1:
                byte, at = delta[at : at + 1] or b"\0", at + 1
                start, length = (
                    (start | byte[0] << 8 * bit, length) if bit < 4 else (start, length | byte[0] << 8 * (bit - 4))
                )
        made += base[start : start + (length or 0x10000)]
        if len(made) > total:
            break
    if len(made) != total:
        raise GitError("a delta makes something else than it says")
    return bytes(made)


def _length(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, at + place + 1
    raise GitError("a delta is cut off")


def _read_index(index: bytes) -> dict[str, int]:
    if index[:8] != b"\xfftOc\0\0\0\2":
        raise GitError("its index is of a version that is not read")
    count = int.from_bytes(index[1028:1032], "big")
    shas, small = 1032, 1032 + count * 24
    if len(index) < 1032 + count * 28 + 40:
        raise GitError("its index is cut off")
    large = small + count * 4
    found: dict[str, int] = {}
    for one in range(count):
        offset = int.from_bytes(index[small + one * 4 : small + one * 4 + 4], "big")
        if offset & 0x80000000:
            place = large + (offset & 0x7FFFFFFF) * 8
            offset = int.from_bytes(index[place : place + 8], "big")
        found[index[shas + one * 20 : shas + one * 20 + 20].hex()] = offset
    return found


def _pack_names(folder: Path) -> list[str]:
    with suppress(OSError):
        return sorted(one.stem for one in (folder / "objects" / "pack").iterdir() if one.suffix == ".pack")
    return []


def _loose(folder: Path) -> Iterator[tuple[str, str]]:
    count = 0
    for top in sorted((folder / "objects").iterdir()) if (folder / "objects").is_dir() else ():
        if not re.fullmatch(r"[0-9a-f]{2}", top.name) or top.is_symlink() or not top.is_dir():
            continue
        for one in sorted(top.iterdir()):
            count += 1
            if count > _MOST_LOOSE:
                return
            if re.fullmatch(r"[0-9a-f]{38}", one.name):
                yield top.name + one.name, f"objects/{top.name}/{one.name}"


def _read_loose(folder: Path, path: str) -> Thing:
    try:
        with open_inside(folder, path) as file:
            data = zlib.decompressobj().decompress(file.read(LARGEST + 1), LARGEST + 100)
    except (AccordError, OSError, zlib.error) as error:
        raise GitError("an object cannot be read") from error
    head, _, body = data.partition(b"\0")
    kind, _, size = head.partition(b" ")
    if not size.isdigit() or len(size) > 12 or int(size) != len(body) or len(body) > LARGEST:
        raise GitError("an object is damaged or too large")
    return Thing(kind.decode("ascii", "replace"), body)
