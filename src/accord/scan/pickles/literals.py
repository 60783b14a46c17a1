"""The opcodes that put plain data on the stack, with the rules of the C unpickler for what it refuses.

Each operation takes the state and the offset after its opcode, and returns the offset of the next opcode. A plain
value is the offset of its argument; the opcode stands in the byte before.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from accord.scan.pickles import costs, texts
from accord.scan.pickles.state import State, StopError
from accord.scan.pickles.values import DICT, LIST, SET, Buffer, Run

Operation = Callable[[State, int], int]

_MEMOIZE: Final = 0x94
_BINPUT: Final = 0x71
_LONG_BINPUT: Final = 0x72
_PUT: Final = 0x70
_NUMBERS: Final = frozenset(b"KMJGN\x88\x89")
_RUN: Final = re.compile(rb"(?:K.|M..|J....|G.{8}|[N\x88\x89]){2,4096}+", re.DOTALL)
_SHORT_REAL: Final = re.compile(rb"-?[0-9]{1,20}(?:\.[0-9]{0,20})?(?:e-?[0-9]{1,2})?\n")
_FEW_DIGITS: Final = re.compile(rb"(?:0|-?[1-9][0-9]{0,17})\n")
_FOUR: Final = struct.Struct("<I").unpack_from
_BIG: Final = range(8, 1025)


def _number(size: int) -> Operation:
    """Return the operation that pushes a number of `size` bytes, or a stretch of them where many follow."""

    def push(state: State, at: int) -> int:
        end = at + size
        if end < state.bound and state.data[end] in _NUMBERS:
            run = _RUN.match(state.data, at - 1, state.bound)
            if run:
                state.stack.append(Run(at - 1, run.end()))
                return run.end()
        if end > state.limit:
            raise StopError("a number is cut", cut=True)
        state.stack.append(at)
        return end

    return push


def _memoized(state: State, at: int, end: int) -> int:
    """Push plain data, and do at once the memo opcode that nearly always follows."""
    state.stack.append(at)
    bound = state.bound
    if end >= bound or not state.even:
        return end
    data, memo = state.data, state.memo
    code = data[end]
    if code == _MEMOIZE:
        memo.append(at)
        return end + 1
    if code == _BINPUT and end + 1 < bound and data[end + 1] == len(memo):
        memo.append(at)
        return end + 2
    if code == _LONG_BINPUT and end + 4 < bound and _FOUR(data, end + 1)[0] == len(memo):
        memo.append(at)
        return end + 5
    if code == _PUT:
        written = b"%d\n" % len(memo)
        after = end + 1 + len(written)
        if after <= bound and data[end + 1 : after] == written:
            memo.append(at)
            return after
    return end


def text(state: State, at: int) -> int:
    """Push UTF-8 text after a length of four bytes."""
    begin = at + 4
    if begin > state.limit:
        raise StopError("the length of a text is cut", cut=True)
    end = begin + _FOUR(state.data, at)[0]
    if end > state.limit:
        raise StopError(f"{end - begin} bytes of text are announced and {state.limit - begin} are there", cut=True)
    inner = state.data[begin:end]
    if not inner.isascii():
        _check_utf8(inner)
    return _memoized(state, at, end)


def long_text(state: State, at: int) -> int:
    """Push UTF-8 text after a length of eight bytes."""
    begin = at + 8
    end = begin + int.from_bytes(state.data[at:begin], "little")
    if end > state.limit:
        raise StopError(f"{end - begin} bytes of text are announced and too few are there", cut=True)
    inner = state.data[begin:end]
    if not inner.isascii():
        _check_utf8(inner)
    return _memoized(state, at, end)


def short_text(state: State, at: int) -> int:
    """Push UTF-8 text of less than 256 bytes."""
    data = state.data
    end = at + 1 + data[at]
    if end > state.limit:
        raise StopError("a text is cut", cut=True)
    inner = data[at + 1 : end]
    if not inner.isascii():
        _check_utf8(inner)
    if end < state.bound and data[end] == _MEMOIZE and state.even:
        state.stack.append(at)
        state.memo.append(at)
        return end + 1
    return _memoized(state, at, end)


def escaped_text(state: State, at: int) -> int:
    """Push the text of a line, with escapes of its own kind."""
    line, end = state.line(at, 0)
    if b"\\" in line:
        _checked(texts.escaped, line)
    return _memoized(state, at, end)


def integer(state: State, at: int) -> int:
    """Push the number that stands in a line."""
    found = _FEW_DIGITS.match(state.data, at, state.limit)
    if found:
        state.stack.append(at)
        return found.end()
    return _any_integer(state, at)


def _check_utf8(text: bytes) -> None:
    try:
        text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise StopError("a text is not UTF-8") from None


def _octets(width: int) -> Operation:
    """Return the operation that pushes bytes after a length of `width` bytes."""

    def push(state: State, at: int) -> int:
        begin = at + width
        end = begin + int.from_bytes(state.data[at:begin], "little")
        if end > state.limit:
            raise StopError(f"{end - begin} bytes are announced and {max(state.limit - begin, 0)} are there", cut=True)
        return _memoized(state, at, end)

    return push


def _long(width: int) -> Operation:
    """Return the operation that pushes a number of any size."""

    def push(state: State, at: int) -> int:
        begin = at + width
        state.need(begin)
        size = int.from_bytes(state.data[at:begin], "little", signed=width == 4)
        if size < 0:
            raise StopError("a number has a negative length")
        state.need(begin + size)
        if size in _BIG:
            state.keys.number(int.from_bytes(state.data[begin : begin + size], "little", signed=True))
        state.stack.append(at)
        return begin + size

    return push


def _checked(check: Callable[[bytes], object], line: bytes) -> None:
    try:
        check(line)
    except ValueError as error:
        raise StopError(f"a line does not hold what its opcode says: {error}") from None


def _written(check: Callable[[bytes], object], least: int) -> Operation:
    """Return the operation that pushes what stands in a line of text, if the reader would take it."""

    def push(state: State, at: int) -> int:
        line, end = state.line(at, least)
        _checked(check, line)
        return _memoized(state, at, end)

    return push


def _digits(check: Callable[[bytes], object]) -> Operation:
    push = _written(check, 1)

    def watched(state: State, at: int) -> int:
        stop = state.data.find(b"\n", at, state.limit)
        if stop - at > costs.MOST_DIGITS:
            state.bombs.setdefault(f"a number of {stop - at} digits takes the square of that in steps", at - 1)
        return push(state, at)

    return watched


def real(state: State, at: int) -> int:
    """Push the number with a point that stands in a line."""
    found = _SHORT_REAL.match(state.data, at, state.limit)
    if found:
        state.stack.append(at)
        return found.end()
    return _any_real(state, at)


_any_real: Final = _written(texts.real, 1)
_any_integer: Final = _digits(texts.integer)


def _nest(kind: str) -> Operation:
    def push(state: State, at: int) -> int:
        state.stack.append(state.nest(kind))
        return at

    return push


def empty_tuple(state: State, at: int) -> int:
    """Push the tuple of nothing."""
    state.stack.append(())
    return at


def byte_array(state: State, at: int) -> int:
    """Push bytes that can be changed."""
    begin = at + 8
    state.need(begin)
    end = begin + int.from_bytes(state.data[at:begin], "little")
    state.need(end)
    state.stack.append(Buffer(at))
    return end


def next_buffer(_state: State, _at: int) -> int:
    """Take a buffer from beside the stream: nobody passes one when a file is loaded."""
    raise StopError("the stream refers to buffers that are not in the file")


OPERATIONS: Final[Mapping[bytes, Operation]] = MappingProxyType(
    {
        b"N": _number(0), b"\x88": _number(0), b"\x89": _number(0), b"K": _number(1), b"M": _number(2),
        b"J": _number(4), b"G": _number(8), b"\x8a": _long(1), b"\x8b": _long(4),
        b"I": integer, b"L": _digits(texts.long_integer), b"F": real,
        b"S": _written(texts.quoted, 0), b"V": escaped_text,
        b"U": _octets(1), b"T": _octets(4), b"C": _octets(1), b"B": _octets(4), b"\x8e": _octets(8),
        b"\x8c": short_text, b"X": text, b"\x8d": long_text, b"\x96": byte_array, b"\x97": next_buffer,
        b"]": _nest(LIST), b"}": _nest(DICT), b"\x8f": _nest(SET), b")": empty_tuple,
    }
)  # fmt: skip
"""By opcode, what pushes plain data."""
