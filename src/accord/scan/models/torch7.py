"""Torch 7 files: a walk over their tables, tensors and objects; functions in them are Lua code."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_NIL, _NUMBER, _STRING, _TABLE, _TORCH, _BOOLEAN, _FUNCTION, _OLD_RECURSIVE, _RECURSIVE = range(9)
_START: Final = re.compile(
    rb"\x04\0\0\0[\x01-\xff]\0\0\0\x03\0\0\0V 1|\x03\0\0\0\x01\0\0\0[\0-\xff]{2}\0\0[\x01-\x05]\0\0\0|"
    rb"[\x06-\x08]\0\0\0[\x01-\xff]\0\0\0[\0-\xff]{3}\0\x1bL|[4678]\n1\n\d{1,6}\n",
    re.DOTALL,
)
_STORAGE: Final = re.compile(r"torch\.(?:Cuda)?(Byte|Char|Short|Int|Long|Float|Double|Half|)Storage")
_TENSOR: Final = re.compile(r"torch\.(?:Cuda)?(?:Byte|Char|Short|Int|Long|Float|Double|Half|)Tensor")
_CLASS: Final = re.compile(
    r"(?:nn|cudnn|cunn|nngraph|graph|tnt|torch|tds|image|rnn|dpnn|inn|optim|paths)\.[A-Za-z]\w{0,60}|nn\.\w{1,60}"
)
_WIDTH: Final = {"Byte": 1, "Char": 1, "Short": 2, "Half": 2, "Int": 4, "Float": 4, "": 4, "Long": 8, "Double": 8}
_LUA: Final = (b"\x1bLJ", b"\x1bLua", b"os.execute", b"io.popen", b"loadstring", b"package.loadlib", b"ffi.load")
_NAME: Final = re.compile(r"\.(?:t7|th7?|t7b)$", re.IGNORECASE)
_MOST_OBJECTS = 5_000_000


def is_torch7(part: Part) -> bool:
    """Tell whether a part starts as Torch 7 writes: an object, a table or a function, with its first index."""
    head = part.read(0, 32)
    if _NAME.search(part.name):
        return bool(_START.match(head)) or head[:1] < b"\x09" or head[1:2] == b"\n"
    return bool(_START.match(head)) and head[:1] != b"\3"


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield the functions in a Torch 7 file, and the classes that nobody vouches for.

    Raises `BrokenError` where the walk breaks.
    """
    for mark in _LUA:
        at = part.find(mark)
        if at >= 0:
            shown = mark.decode("ascii").strip("\x1b")
            yield part.sees("lua-code", f"Lua code stands at {at}: {shown}", name=shown, offset=at)
            break
    if part.read(1, 1) == b"\n":
        yield part.sees("unwalked-format", "a Torch 7 file written as text is not read here", name="torch7")
        return
    walk = _Walk(part, look)
    yield from walk.sights()


class _Walk:
    """One pass over the objects as they lie; how many are due stands on a stack of our own."""

    def __init__(self, part: Part, look: Look) -> None:
        self._part = part
        self._look = look
        self._at = 0
        self._known: set[int] = set()
        self._due = 1

    def sights(self) -> Iterator[Sight]:
        """Walk every object, and yield those that are code or unknown."""
        count = 0
        while self._due:
            self._due -= 1
            count += 1
            if count > _MOST_OBJECTS:
                raise BrokenError(f"there are more than {_MOST_OBJECTS} objects", self._at)
            if count % 4096 == 0:
                self._look.tick()
            yield from self._object()
        if self._at < self._part.size:
            yield self._part.sees("trailing", f"{self._part.size - self._at} bytes follow the objects", offset=self._at)
            yield from self._look.inside(self._part.slice(self._at))

    def _object(self) -> Iterator[Sight]:
        begin = self._at
        kind = self._int()
        if kind in {_NIL, _BOOLEAN, _NUMBER}:
            self._skip({_NIL: 0, _BOOLEAN: 4, _NUMBER: 8}[kind])
        elif kind == _STRING:
            self._skip(self._int())
        elif kind in {_FUNCTION, _OLD_RECURSIVE, _RECURSIVE}:
            yield self._part.sees("lua-code", f"a function is stored at {begin}", name="function", offset=begin)
            if self._fresh():
                self._skip(self._int())
                self._due += 1  # what the function holds on to
        elif kind == _TABLE:
            if self._fresh():
                pairs = self._int()
                if not 0 <= pairs <= self._part.size:
                    raise BrokenError(f"a table of {pairs} entries is announced", begin)
                self._due += 2 * pairs
        elif kind == _TORCH:
            yield from self._torch(begin)
        else:
            raise BrokenError(f"an object has the type {kind}, which Torch 7 does not write", begin)

    def _torch(self, begin: int) -> Iterator[Sight]:
        if not self._fresh():
            return
        name = self._text()
        if name.startswith("V "):
            name = self._text()
        storage = _STORAGE.fullmatch(name)
        if storage:
            self._skip(self._long() * _WIDTH[storage[1]])
        elif _TENSOR.fullmatch(name):
            dimensions = self._int()
            if not 0 <= dimensions <= 64:
                raise BrokenError(f"a tensor has {dimensions} dimensions", begin)
            self._skip(8 * (2 * dimensions + 1))
            self._due += 1
        else:
            if not _CLASS.fullmatch(name):
                shown = one_line(name, 80)
                yield self._part.sees("layer-unknown", f"an object is of the class {shown}", name=shown, offset=begin)
            self._due += 1

    def _fresh(self) -> bool:
        """Read an index, and tell whether its object follows here or stood before."""
        index = self._int()
        if index in self._known:
            return False
        self._known.add(index)
        return True

    def _text(self) -> str:
        size = self._int()
        if not 0 <= size <= 10_000:
            raise BrokenError(f"a name of {size} bytes is announced", self._at)
        self._at += size
        return self._part.exactly(self._at - size, size).decode("utf-8", "replace")

    def _skip(self, size: int) -> None:
        if size < 0 or self._at + size > self._part.size:
            raise BrokenError(f"{size} bytes are announced beyond the end", self._at)
        self._at += size

    def _int(self) -> int:
        self._at += 4
        return int(struct.unpack("<i", self._part.exactly(self._at - 4, 4))[0])

    def _long(self) -> int:
        self._at += 8
        return int(struct.unpack("<q", self._part.exactly(self._at - 8, 8))[0])
