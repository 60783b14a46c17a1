"""R data (RDS, RDA): a walk over the serialised objects, with nothing built; promises and functions are code."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from accord.core.shipped import lines_of
from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_NIL, _SYM, _LIST, _CLO, _ENV, _PROM, _LANG, _SPECIAL, _BUILTIN, _CHAR = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
_LGL, _INT, _REAL, _CPLX, _DOT, _BCODE = 10, 13, 14, 15, 17, 21
_EXTPTR, _WEAKREF, _RAW, _S4 = 22, 23, 24, 25
_ATTRLIST, _ATTRLANG, _BCREPREF, _BCREPDEF, _REF = 239, 240, 243, 244, 255
_SINGLE: Final = frozenset({_NIL, 241, 242, 250, 251, 252, 253, 254})
_CODE: Final = {
    _CLO: "a function",
    _SPECIAL: "a primitive",
    _BUILTIN: "a primitive",
    _BCODE: "byte code",
    _DOT: "arguments of a call",
    _BCREPREF: "byte code",
    _BCREPDEF: "byte code",
}
_WIDTH: Final = {_LGL: 4, _INT: 4, _REAL: 8, _CPLX: 16, _RAW: 1}
_PLAIN: Final = 0
_CALLED: Final = 1
_HEADS: Final = re.compile(
    rb"(?:RD[AXB][23]\n)?(?:X\n\0\0\0[\2\3][\0-\xff]{2}|B\n[\2\3]\0\0\0[\0-\xff]{2}|A\n[23]\n\d{5,6}\n)", re.DOTALL
)
_TOKEN: Final = re.compile(rb"[ \t\r\n]*([^ \t\r\n]{1,400})")
_ESCAPED: Final = re.compile(rb"\\(?:[0-7]{3}|.)|[^\\]", re.DOTALL)
_MOST_TEXT = 64 << 20
_MOST_NAME = 10_000
_MOST_SIGHTS = 100


class _Code(NamedTuple):
    kind: str
    message: str
    name: str
    at: int


class _StopError(Exception):
    """What follows cannot be walked, and what was seen decides already."""


def is_rdata(part: Part) -> bool:
    """Tell whether a part starts as R writes its data: binary, in the byte order of the net or the machine, or text."""
    return bool(_HEADS.match(part.read(0, 40)))


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield the objects of R data that R evaluates or that are code."""
    walk = _Walk(part, look, 5 if part.read(0, 2) == b"RD" else 0)
    broken: BrokenError | None = None
    try:
        walk.run()
    except _StopError:
        pass
    except BrokenError as error:
        broken = error
    for one in walk.found[:_MOST_SIGHTS]:
        yield part.sees(one.kind, one.message, name=one.name, offset=one.at)
    if broken:
        raise broken
    if walk.whole and walk.at < part.size and part.read(walk.at, 64).strip(b"\0\n\r "):
        yield part.sees("trailing", f"{part.size - walk.at} bytes follow the R data", offset=walk.at)
        yield from look.inside(part.slice(walk.at))


class _Walk:
    """One pass over serialised objects, in the order in which they lie; the stack holds how many items are due."""

    def __init__(self, part: Part, look: Look, at: int) -> None:
        self.at = at
        self.found: list[_Code] = []
        self.whole = False
        self._part = part
        self._look = look
        self._ascii = False
        self._order = ">"
        self._names: list[str] = []
        self._due: list[tuple[int, int]] = []

    def run(self) -> None:
        """Read the header and every item."""
        self._header()
        self._due = [(1, _PLAIN)]
        count = 0
        while self._due:
            many, place = self._due.pop()
            if many > 1:
                self._due.append((many - 1, place))
            count += 1
            if count % 4096 == 0:
                self._look.tick()
            self._item(place)
        self.whole = True

    def _header(self) -> None:
        mark = self._part.exactly(self.at, 2)
        self._ascii = mark == b"A\n"
        self._order = "<" if mark == b"B\n" else ">"
        self.at += 2
        if self._ascii and self._part.size > _MOST_TEXT:
            raise BrokenError(f"R data as text of {self._part.size} bytes are more than {_MOST_TEXT >> 20} MiB")
        version = self._int()
        self._int()
        self._int()
        if version == 3:
            self._text(self._int())
        elif version != 2:
            raise BrokenError(f"R data of version {version} are none that are known", self.at)

    def _item(self, place: int) -> None:
        begin = self.at
        flags = self._int()
        kind = flags & 0xFF
        attributes, tagged = flags >> 9 & 1, flags >> 10 & 1
        if kind in _SINGLE:
            return
        if kind in _CODE:
            self._sees("r-code", f"the data hold {_CODE[kind]}", _CODE[kind], begin)
        if kind == _PROM:
            self._sees("r-promise", "a promise is evaluated as soon as it is touched", "promise", begin)
        if kind in {_BCODE, _BCREPDEF, _BCREPREF}:
            raise _StopError  # its layout is its own, and the file is dangerous already
        if kind == _SYM:
            self._symbol(place, begin)
        elif kind == _REF:
            self._reference(flags >> 8, place, begin)
        elif kind in {_LANG, _ATTRLANG}:
            self._push(1, place)  # base::system is a call in the place of a function
            self._push(1, _CALLED)
            self._push(tagged + (1 if kind == _ATTRLANG else attributes), _PLAIN)
        elif kind in {_LIST, _CLO, _PROM, _DOT, _ATTRLIST}:
            self._push(2 + tagged + (1 if kind == _ATTRLIST else attributes), place)
        elif kind == _ENV:
            self._int()
            self._names.append("")
            self._push(4, place)
        elif kind in {_EXTPTR, _WEAKREF}:
            self._names.append("")
            self._push((2 if kind == _EXTPTR else 0) + attributes, place)
        else:
            self._data(kind, attributes, place, begin)

    def _data(self, kind: int, attributes: int, place: int, begin: int) -> None:
        """Pass a vector, or what else has no name: its numbers are skipped, its items and attributes are due."""
        if attributes and kind != _S4:
            self._push(1, place)
        match kind:
            case 9:
                self._text(self._int())
            case 7 | 8:
                self._text(self._int())
            case 10 | 13 | 14 | 15 | 24:
                self._numbers(kind, self._length())
            case 16:
                self._strings(self._length())
            case 19 | 20:
                self._push(self._length(), _PLAIN)
            case 25:
                self._push(attributes, _PLAIN)
            case 238:
                self._push(3, place)
            case 247 | 248 | 249:
                self._int()
                self._names.append("")
                self._strings(self._length())
            case _:
                raise BrokenError(f"an item has the type {kind}, which R does not write", begin)

    def _push(self, count: int, place: int) -> None:
        if count > self._part.size:
            raise BrokenError(f"{count} items are announced in {self._part.size} bytes", self.at)
        if count:
            self._due.append((count, place))

    def _symbol(self, place: int, begin: int) -> None:
        self._int()
        name = self._text(self._int())
        self._names.append(name)
        self._called(name, place, begin)

    def _reference(self, packed: int, place: int, begin: int) -> None:
        number = packed or self._int()
        if not 0 < number <= len(self._names):
            raise BrokenError(f"a reference leads to object {number} of {len(self._names)}", begin)
        self._called(self._names[number - 1], place, begin)

    def _called(self, name: str, place: int, begin: int) -> None:
        """Judge a symbol in the place of a function; elsewhere it is a column's name as well."""
        if place == _CALLED and name in _harmful():
            self._sees("r-code", f"a stored call names {one_line(name, 60)}", name, begin)

    def _sees(self, kind: str, message: str, name: str, at: int) -> None:
        if len(self.found) < _MOST_SIGHTS:
            self.found.append(_Code(kind, message, one_line(name, 60), at))

    def _int(self) -> int:
        if self._ascii:
            word = self._word()
            try:
                return -(1 << 31) if word == b"NA" else int(word)
            except ValueError:
                raise BrokenError("a number of the R data is none", self.at) from None
        data = self._part.exactly(self.at, 4)
        self.at += 4
        return int(struct.unpack(f"{self._order}i", data)[0])

    def _length(self) -> int:
        length = self._int()
        if length == -1:
            length = (self._int() << 32) + (self._int() & 0xFFFFFFFF)
        if not 0 <= length <= self._part.size:
            raise BrokenError(f"a vector of {length} values is announced in {self._part.size} bytes", self.at)
        return length

    def _numbers(self, kind: int, length: int) -> None:
        if self._ascii:
            for _ in range(length * (2 if kind == _CPLX else 1)):
                self._word()
            return
        size = length * _WIDTH[kind]
        if self.at + size > self._part.size:
            raise BrokenError(f"a vector of {size} bytes leaves the data", self.at)
        self.at += size

    def _strings(self, length: int) -> None:
        for number in range(length):
            if number % 4096 == 0:
                self._look.tick()
            if self._int() & 0x2FF != _CHAR:
                raise BrokenError("a vector of texts holds something else", self.at)
            self._pass_text(self._int())

    def _pass_text(self, length: int) -> None:
        if self._ascii:
            self._text(length)
        elif length > 0:
            if self.at + length > self._part.size:
                raise BrokenError(f"a text of {length} bytes leaves the data", self.at)
            self.at += length

    def _text(self, length: int) -> str:
        """Return a text of which only the start matters; -1 stands for a missing one."""
        if length < -1 or length > self._part.size:
            raise BrokenError(f"a text of {length} bytes is announced", self.at)
        if length <= 0:
            return ""
        if not self._ascii:
            data = self._part.exactly(self.at, min(length, _MOST_NAME))
            self._pass_text(length)
            return data.decode("utf-8", "replace")
        while self._part.read(self.at, 1) in {b" ", b"\n", b"\t", b"\r"}:
            self.at += 1
        window = self._part.read(self.at, 4 * length)
        found, at = bytearray(), 0
        while len(found) < length:
            match = _ESCAPED.match(window, at)
            if not match:
                raise BrokenError("a text of the R data ends too early", self.at)
            found += match[0][-1:]
            at = match.end()
        self.at += at
        return bytes(found).decode("utf-8", "replace")

    def _word(self) -> bytes:
        match = _TOKEN.match(self._part.read(self.at, 512))
        if not match:
            raise BrokenError("the R data end too early", self.at)
        self.at += match.end()
        return match[1]


@cache
def _harmful() -> frozenset[str]:
    return frozenset(lines_of("scan/r_functions.tsv"))
