"""Numbers and texts as the old protocols write them: what stands in a line, and whether the unpickler would take it."""

from __future__ import annotations

import re
from mmap import mmap
from typing import Final

_C_LONG: Final = re.compile(rb"[ \t\n\r\f\v]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")
_REAL: Final = re.compile(
    rb"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)\Z", re.IGNORECASE
)
_ESCAPE: Final = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_SINGLE: Final = {
    b"\n": b"", b"\\": b"\\", b"'": b"'", b'"': b'"', b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n",
    b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip
_MOST_DIGITS: Final = 4300
_WIDTHS: Final = {0x55: 1, 0x54: 4, 0x43: 1, 0x42: 4, 0x8E: 8, 0x8C: 1, 0x58: 4, 0x8D: 8, 0x8A: 1, 0x8B: 4, 0x96: 8}
_CONSTANTS: Final = {0x4E: None, 0x88: True, 0x89: False}
_SIZES: Final = {0x4B: 1, 0x4D: 2, 0x4A: 4}

Plain = None | bool | int | float | str | bytes


def integer(line: bytes) -> int | bool:
    """Return what INT pushes: C's reading first, then Python's.

    Raises `ValueError`.
    """
    text = line.partition(b"\0")[0]
    found = _C_LONG.match(text)
    if found and len(text) < 40:
        sign, digits = found.groups()
        base = 16 if digits[:2] in {b"0x", b"0X"} else 8 if digits[:1] == b"0" else 10
        value = int(sign + digits, base)
        if -(1 << 63) <= value < 1 << 63:
            return bool(value) if len(line) == 2 and value in {0, 1} else value
    return _python(text)


def long_integer(line: bytes) -> int:
    """Return what LONG pushes, with or without the L at its end.

    Raises `ValueError`.
    """
    return _python(line.removesuffix(b"L").partition(b"\0")[0])


def _python(text: bytes) -> int:
    if len(text) > _MOST_DIGITS + 40 and not re.match(rb"\s*[+-]?0[xXoObB]", text):
        raise ValueError(f"{len(text)} digits are more than Python converts")
    return int(text, 0)


def real(line: bytes) -> float:
    """Return what FLOAT pushes.

    Raises `ValueError`.
    """
    text = line.partition(b"\0")[0]
    if not _REAL.match(text):
        raise ValueError("it is not a number")
    value = float(text)
    if value in {float("inf"), float("-inf")} and b"n" not in text.lower():
        raise ValueError("the number is too large")
    return value


def quoted(line: bytes) -> str:
    """Return what STRING pushes, with the escapes of Python 2 undone.

    Raises `ValueError`.
    """
    if len(line) < 2 or line[0] != line[-1] or line[:1] not in {b"'", b'"'}:
        raise ValueError("the text has no quotes")
    inner = line[1:-1]
    if b"\\" not in inner:
        return inner.decode("latin-1")
    return _ESCAPE.sub(_unescaped, _checked(inner)).decode("latin-1")


def _checked(inner: bytes) -> bytes:
    """Refuse a lone backslash at the end, and one before an x without two digits."""
    rest = _ESCAPE.sub(b"", inner)
    if b"\\" in rest or any(found[1] == b"x" for found in _ESCAPE.finditer(inner)):
        raise ValueError("an escape is cut")
    return inner


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1] == b"x":
        return bytes([int(code[1:], 16)])
    if code[:1].isdigit() and code[:1] < b"8":
        return bytes([int(code, 8) & 0xFF])
    return _SINGLE.get(code, b"\\" + code)


def escaped(line: bytes) -> str:
    """Return what UNICODE pushes.

    Raises `ValueError`.
    """
    return line.decode("raw_unicode_escape")


def literal(data: bytes | mmap, at: int, most: int = 1 << 20) -> Plain:
    """Return the plain value whose argument stands at `at`; of long text and bytes not more than `most`."""
    code = data[at - 1]
    if code in _CONSTANTS:
        return _CONSTANTS[code]
    if code in _SIZES:
        size = _SIZES[code]
        return int.from_bytes(data[at : at + size], "little", signed=code == 0x4A)
    if code == 0x47:
        import struct

        return float(struct.unpack(">d", data[at : at + 8])[0])
    if code in _WIDTHS:
        return _counted(data, at, code, most)
    line = data[at : data.find(b"\n", at)]
    match chr(code):
        case "I":
            return integer(line)
        case "L":
            return long_integer(line)
        case "F":
            return real(line)
        case "S":
            return quoted(line)
        case "P":
            return line.decode("ascii")
        case _:
            return escaped(line)


def _counted(data: bytes | mmap, at: int, code: int, most: int) -> Plain:
    begin = at + _WIDTHS[code]
    size = int.from_bytes(data[at:begin], "little")
    inner = data[begin : begin + min(size, most)]
    if code in {0x8A, 0x8B}:
        return int.from_bytes(inner, "little", signed=True)
    if code in {0x58, 0x8C, 0x8D}:
        return inner.decode("utf-8", "surrogatepass" if size <= most else "ignore")
    if code in {0x55, 0x54}:
        return inner.decode("latin-1")
    return inner
