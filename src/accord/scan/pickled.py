"""Telling a pickle from text and noise by reading its first opcodes, never loading it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_MOST = 2000
_LONGEST = 1 << 32
_TORCH_MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
_TELLTALE = re.compile(
    rb"\((?:dp|lp|p)\d+\n"  # protocol 0 containers, memoised
    rb"|[\]}]q."  # protocol 1 containers, memoised
    rb"|(?:\(?c|\(i)[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n"  # the name of a class or function
    rb"|\([SVIFLXUK(]",
    re.DOTALL,
)


class _Op(NamedTuple):
    name: str
    argument: int  # bytes; -1 up to a line feed, -2 two lines; -11, -14, -18 a length of 1, 4, 8 bytes before it
    pops: int  # -1: to the mark and the mark, -2: to the mark and one more
    pushes: int


_TABLE: Final = {
    code: _Op(name, argument, pops, pushes)
    for code, name, argument, pops, pushes in (
        (b"(", "MARK", 0, 0, 0), (b".", "STOP", 0, 1, 0), (b"0", "POP", 0, 1, 0), (b"1", "POP_MARK", 0, -1, 0),
        (b"2", "DUP", 0, 1, 2), (b"F", "FLOAT", -1, 0, 1), (b"I", "INT", -1, 0, 1), (b"J", "BININT", 4, 0, 1),
        (b"K", "BININT1", 1, 0, 1), (b"L", "LONG", -1, 0, 1), (b"M", "BININT2", 2, 0, 1), (b"N", "NONE", 0, 0, 1),
        (b"P", "PERSID", -1, 0, 1), (b"Q", "BINPERSID", 0, 1, 1), (b"R", "REDUCE", 0, 2, 1),
        (b"S", "STRING", -1, 0, 1), (b"T", "BINSTRING", -14, 0, 1), (b"U", "SHORT_BINSTRING", -11, 0, 1),
        (b"V", "UNICODE", -1, 0, 1), (b"X", "BINUNICODE", -14, 0, 1), (b"a", "APPEND", 0, 2, 1),
        (b"b", "BUILD", 0, 2, 1), (b"c", "GLOBAL", -2, 0, 1), (b"d", "DICT", 0, -1, 1), (b"}", "EMPTY_DICT", 0, 0, 1),
        (b"e", "APPENDS", 0, -2, 1), (b"g", "GET", -1, 0, 1), (b"h", "BINGET", 1, 0, 1), (b"i", "INST", -2, -1, 1),
        (b"j", "LONG_BINGET", 4, 0, 1), (b"l", "LIST", 0, -1, 1), (b"]", "EMPTY_LIST", 0, 0, 1),
        (b"o", "OBJ", 0, -1, 1), (b"p", "PUT", -1, 1, 1), (b"q", "BINPUT", 1, 1, 1), (b"r", "LONG_BINPUT", 4, 1, 1),
        (b"s", "SETITEM", 0, 3, 1), (b"t", "TUPLE", 0, -1, 1), (b")", "EMPTY_TUPLE", 0, 0, 1),
        (b"u", "SETITEMS", 0, -2, 1), (b"G", "BINFLOAT", 8, 0, 1), (b"\x80", "PROTO", 1, 0, 0),
        (b"\x81", "NEWOBJ", 0, 2, 1), (b"\x82", "EXT1", 1, 0, 1), (b"\x83", "EXT2", 2, 0, 1),
        (b"\x84", "EXT4", 4, 0, 1),
        (b"\x85", "TUPLE1", 0, 1, 1), (b"\x86", "TUPLE2", 0, 2, 1), (b"\x87", "TUPLE3", 0, 3, 1),
        (b"\x88", "NEWTRUE", 0, 0, 1), (b"\x89", "NEWFALSE", 0, 0, 1), (b"\x8a", "LONG1", -11, 0, 1),
        (b"\x8b", "LONG4", -14, 0, 1), (b"B", "BINBYTES", -14, 0, 1), (b"C", "SHORT_BINBYTES", -11, 0, 1),
        (b"\x8c", "SHORT_BINUNICODE", -11, 0, 1), (b"\x8d", "BINUNICODE8", -18, 0, 1),
        (b"\x8e", "BINBYTES8", -18, 0, 1),
        (b"\x8f", "EMPTY_SET", 0, 0, 1), (b"\x90", "ADDITEMS", 0, -2, 1), (b"\x91", "FROZENSET", 0, -1, 1),
        (b"\x92", "NEWOBJ_EX", 0, 3, 1), (b"\x93", "STACK_GLOBAL", 0, 2, 1), (b"\x94", "MEMOIZE", 0, 1, 1),
        (b"\x95", "FRAME", 8, 0, 0), (b"\x96", "BYTEARRAY8", -18, 0, 1), (b"\x97", "NEXT_BUFFER", 0, 0, 1),
        (b"\x98", "READONLY_BUFFER", 0, 1, 1),
    )
}  # fmt: skip


class _End(NamedTuple):
    """How reading the opcodes ended: at STOP, at the end of the data, or at nonsense."""

    how: str
    at: int
    read: int


def is_torch_legacy(head: bytes) -> bool:
    """Tell whether a file starts as PyTorch wrote them before its ZIP format."""
    return head.startswith(_TORCH_MAGIC)


def is_pickle(head: bytes, *, whole: bool) -> bool:
    """Tell whether `head` is the start of a pickle (all of it when `whole`), of protocol 0 to 5."""
    end = _read(head)
    if head[:1] == b"\x80" and b"\x02" <= head[1:2] <= b"\x05":
        return end.how == "stop" or (end.how == "data" and not whole and end.read >= 3) or end.read >= 8
    if not _TELLTALE.match(head):
        return False
    if end.how == "stop":
        return (not whole or not head[end.at :].strip()) and end.read >= 3
    return end.how == "data" and not whole and end.read >= 8


def _read(head: bytes) -> _End:
    """Follow the opcodes with a stack of nothing but its height: text soon takes more than was put there."""
    stack = [0]  # heights between marks
    count = at = 0
    for op, after in _opcodes(head):
        if op is None:
            return _End("nonsense" if after < len(head) else "data", after, count)
        count, at = count + 1, after
        if op.name == "MARK":
            stack.append(0)
        elif not _moved(stack, op):
            return _End("nonsense", at, count)
        if op.name == "STOP":
            return _End("stop" if stack == [0] else "nonsense", at, count)
        if count >= _MOST:
            break
    return _End("data", at, count)


def _moved(stack: list[int], op: _Op) -> bool:
    if op.pops < 0:
        if len(stack) < 2:
            return False
        stack.pop()
        if op.pops == -2 and stack[-1] < 1:
            return False
        stack[-1] += op.pushes - (1 if op.pops == -2 else 0)
        return True
    if stack[-1] < op.pops:
        return op.name == "POP" and len(stack) > 1 and bool(stack.pop() + 1)  # POP may take a mark
    stack[-1] += op.pushes - op.pops
    return True


def _opcodes(head: bytes) -> Iterator[tuple[_Op | None, int]]:
    at = 0
    while at < len(head):
        op = _TABLE.get(head[at : at + 1])
        after = _after(head, at + 1, op.argument) if op else None
        if op is None or after is None:
            yield None, at
            return
        if after > len(head):
            yield None, len(head)
            return
        yield op, after
        at = after


def _after(head: bytes, at: int, argument: int) -> int | None:
    """Return where the argument at `at` ends (beyond the data when it is cut), or None for an impossible one."""
    if argument >= 0:
        return at + argument
    if argument >= -2:
        for _ in range(-argument):
            end = head.find(b"\n", at)
            if end < 0:
                return len(head) + 1
            at = end + 1
        return at
    width = -argument - 10
    if at + width > len(head):
        return len(head) + 1
    length = int.from_bytes(head[at : at + width], "little")
    return at + width + length if length < _LONGEST else None
