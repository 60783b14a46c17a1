"""The opcodes that move values: marks, memo, tuples, and what is put into lists, dicts and sets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from accord.scan.pickles.kept import adds, keep
from accord.scan.pickles.literals import Operation
from accord.scan.pickles.special import is_fixed
from accord.scan.pickles.state import FrameError, State, StopError
from accord.scan.pickles.values import (
    DICT,
    FROZENSET,
    LIST,
    SET,
    Buffer,
    Call,
    Change,
    Doubt,
    Extension,
    Import,
    Nest,
    Run,
    Value,
)

_SHARED: Final = Doubt("pickle-patches", "things are put into something that others share")
_OWN_METHOD: Final = Doubt("pickle-patches", "things are put into something whose method may be its own")
_HIGHEST: Final = 5
_MOST_INDEX: Final = (1 << 63) - 1


def mark(state: State, at: int) -> int:
    """Put a mark on the stack."""
    state.fence = len(state.stack)
    state.marks.append(state.fence)
    return at


def pop(state: State, at: int) -> int:
    """Take the topmost value away, or the mark when it is the topmost."""
    if state.marks and state.marks[-1] == len(state.stack):
        state.marker()
    else:
        state.pop()
    return at


def pop_mark(state: State, at: int) -> int:
    """Take everything down to the last mark away."""
    del state.stack[state.marker() :]
    return at


def dup(state: State, at: int) -> int:
    """Push the topmost value again."""
    state.has(1)
    top = state.stack[-1]
    if type(top) is tuple or type(top) is Nest:
        state.shared += 1
    state.stack.append(top)
    return at


def memoize(state: State, at: int) -> int:
    """Put the topmost value into the memo under the count of its entries."""
    stack = state.stack
    if len(stack) <= state.fence or type(stack[-1]) is Run:
        state.has(1)
    if state.even:
        state.memo.append(stack[-1])
    else:
        state.remember(len(state.memo) - state.holes + len(state.far), stack[-1])
    return at


def _put(state: State, index: int) -> None:
    stack = state.stack
    if len(stack) <= state.fence or type(stack[-1]) is Run:
        state.has(1)
    if state.even and index == len(state.memo):
        state.memo.append(stack[-1])
    else:
        state.remember(index, stack[-1])


def binput(state: State, at: int) -> int:
    """Put the topmost value into the memo at an index of one byte."""
    state.need(at + 1)
    _put(state, state.data[at])
    return at + 1


def long_binput(state: State, at: int) -> int:
    """Put the topmost value into the memo at an index of four bytes."""
    state.need(at + 4)
    _put(state, int.from_bytes(state.data[at : at + 4], "little"))
    return at + 4


def put(state: State, at: int) -> int:
    """Put the topmost value into the memo at an index in decimal digits."""
    line, end = state.line(at)
    state.has(1)
    _put(state, _index(line))
    return end


def get(state: State, at: int) -> int:
    """Push what the memo holds at an index in decimal digits."""
    line, end = state.line(at)
    state.stack.append(state.recall(_index(line)))
    return end


def _index(line: bytes) -> int:
    try:
        index = int(line.partition(b"\0")[0][:100], 10)
    except ValueError:
        raise StopError("a memo index is no number") from None
    if not 0 <= index <= _MOST_INDEX:
        raise StopError(f"there is no memo index {index}")
    return index


def binget(state: State, at: int) -> int:
    """Push what the memo holds at an index of one byte."""
    state.need(at + 1)
    index, memo = state.data[at], state.memo
    found = memo[index] if index < len(memo) else None
    state.stack.append(found if type(found) is int else state.recall(index))
    return at + 1


def long_binget(state: State, at: int) -> int:
    """Push what the memo holds at an index of four bytes."""
    state.need(at + 4)
    index, memo = int.from_bytes(state.data[at : at + 4], "little"), state.memo
    found = memo[index] if index < len(memo) else None
    state.stack.append(found if type(found) is int else state.recall(index))
    return at + 4


def proto(state: State, at: int) -> int:
    """Take the protocol's number; the last one counts, wherever it stands."""
    state.need(at + 1)
    if state.data[at] > _HIGHEST:
        raise StopError(f"there is no protocol {state.data[at]}")
    state.proto = state.data[at]
    return at + 1


def frame(state: State, at: int) -> int:
    """Check that a frame's bytes are there; the C unpickler asks no more, the Python one wants its end respected."""
    begin = at + 8
    state.need(begin)
    size = int.from_bytes(state.data[at:begin], "little")
    if begin + size > state.total:
        raise StopError("a frame reaches beyond the data", cut=True)
    if at - 1 < state.frame_end:
        state.lies.setdefault("a frame begins before the last one ends: unpicklers disagree on it", at - 1)
    state.frame_end = begin + size
    state.bound = min(state.limit, state.frame_end)
    raise FrameError(begin)


def stop(state: State, at: int) -> int:
    """End, with the topmost value as the result."""
    state.result = state.pop()
    if state.doers:
        keep(state, (state.result,), at)
    if at < state.frame_end:
        state.lies.setdefault("the last frame reaches beyond the end: unpicklers disagree on it", at - 1)
    state.end = at
    return state.limit + 1


def _tuple(count: int) -> Operation:
    def make(state: State, at: int) -> int:
        state.has(count)
        stack = state.stack
        if state.doers:
            keep(state, stack[-count:], at)
        stack[-count:] = [tuple(stack[-count:])]
        return at

    return make


def tuple_to_mark(state: State, at: int) -> int:
    """Make a tuple of everything down to the last mark."""
    begin = state.marker()
    stack = state.stack
    if state.doers:
        keep(state, stack[begin:], at)
    stack[begin:] = [tuple(stack[begin:])]
    return at


def list_to_mark(state: State, at: int) -> int:
    """Make a list of everything down to the last mark."""
    begin = state.marker()
    state.stack.append(state.nest(LIST, _kept(state, begin, at)))
    return at


def dict_to_mark(state: State, at: int) -> int:
    """Make a dict of everything down to the last mark."""
    begin = state.marker()
    items = _pairs(state, _kept(state, begin, at))
    state.check_keys(items[::2])
    state.stack.append(state.nest(DICT, items))
    return at


def frozenset_to_mark(state: State, at: int) -> int:
    """Make a frozenset of everything down to the last mark."""
    begin = state.marker()
    items = _kept(state, begin, at)
    state.check_keys(items)
    state.stack.append(state.nest(FROZENSET, items))
    return at


def _pairs(state: State, items: list[Value]) -> list[Value]:
    """Return items with every number on its own, so that keys and values take turns."""
    if Run in map(type, items):
        items = [place for one in items for place in (state.places(one) if type(one) is Run else (one,))]
    if len(items) % 2:
        raise StopError("a key has no value")
    return items


def append(state: State, at: int) -> int:
    """Append the topmost value to the list below it."""
    stack = state.stack
    if len(stack) - 1 > state.fence and type(stack[-1]) is not Run:
        nest = stack[-2]
        if type(nest) is Nest and nest.kind == LIST and not state.doers:
            state.put(nest, [stack.pop()])
            return at
    state.has(1)
    if len(state.stack) - 1 <= state.fence:
        raise StopError("there is nothing to append to")
    return _extend(state, len(state.stack) - 1, at)


def appends(state: State, at: int) -> int:
    """Append everything down to the last mark to the list below it."""
    return _extend(state, state.marker(), at)


def _extend(state: State, begin: int, at: int) -> int:
    subject = _below(state, begin)
    if subject is None:
        return at
    items = _kept(state, begin, at)
    if type(subject) is Nest and subject.kind == LIST:
        state.put(subject, items)
    elif type(subject) is Buffer:
        state.lies.setdefault("a bytearray is added to: nobody writes that", at - 1)
    else:
        _by_method(state, subject, items, at)
    return at


def setitem(state: State, at: int) -> int:
    """Set one item of the dict below it."""
    stack = state.stack
    if len(stack) - 2 > state.fence and type(stack[-2]) is int and type(stack[-1]) is not Run:
        nest = stack[-3]
        if type(nest) is Nest and nest.kind == DICT and not state.doers:
            state.put(nest, stack[-2:])
            del stack[-2:]
            return at
    state.has(2)
    return _set(state, len(state.stack) - 2, at)


def setitems(state: State, at: int) -> int:
    """Set everything down to the last mark as items of the dict below it."""
    return _set(state, state.marker(), at)


def _set(state: State, begin: int, at: int) -> int:
    subject = _below(state, begin)
    if subject is None:
        return at
    items = _pairs(state, _kept(state, begin, at))
    if type(subject) is Nest and subject.kind == DICT:
        state.check_keys(items[::2])
        state.put(subject, items)
    elif type(subject) is Buffer or (type(subject) is Nest and subject.kind == LIST):
        state.lies.setdefault("items of a list are set one by one: nobody writes that", at - 1)
    else:
        if state.contents and type(subject) is Call:
            state.contents.add(subject, items)
        _into(state, subject, items, at)
    return at


def additems(state: State, at: int) -> int:
    """Add everything down to the last mark to the set below it."""
    begin = state.marker()
    subject = _below(state, begin)
    if subject is None:
        return at
    items = _kept(state, begin, at)
    if type(subject) is Nest and subject.kind == SET:
        state.check_keys(items)
        state.put(subject, items)
    else:
        _by_method(state, subject, items, at)
    return at


def _kept(state: State, begin: int, at: int) -> list[Value]:
    """Take everything above a height of the stack, to be kept in a nest."""
    items = state.items(begin)
    if state.doers:
        keep(state, items, at)
    return items


def _below(state: State, begin: int) -> Value | None:
    """Return what is added to, or None when nothing is added."""
    if begin <= state.fence:
        raise StopError("more is taken from the stack than is on it")
    if begin == len(state.stack):
        return None
    subject = state.stack[begin - 1]
    if type(subject) is Run:
        raise StopError("things are put into a number")
    return subject


def _by_method(state: State, subject: Value, items: list[Value], at: int) -> None:
    """Note that `append`, `extend` or `add` would be called, which an object may have of its own."""
    if type(subject) is Call and subject.listed and not adds(subject):
        state.do(Change("items", subject, (), at - 1, doubt=_OWN_METHOD))
    else:
        _into(state, subject, items, at)


def _into(state: State, subject: Value, items: list[Value], at: int) -> None:
    """Note that a method of something that is no plain nest would be called; what has none ends the stream."""
    if isinstance(subject, int | tuple | Nest | Buffer):
        raise StopError("things are put into something that takes none")
    if type(subject) is Call and subject.listed:
        if is_fixed(subject):
            state.do(Change("items", subject, (), at - 1, doubt=_SHARED))
    else:
        state.do(Change("items", subject, tuple(items[:64]), at - 1))


def _extension(size: int) -> Operation:
    def push(state: State, at: int) -> int:
        state.need(at + size)
        code = int.from_bytes(state.data[at : at + size], "little", signed=size == 4)
        if code <= 0:
            raise StopError(f"there is no extension {code}")
        one = Extension(code, at - 1)
        state.do(one)
        state.stack.append(one)
        return at + size

    return push


def readonly_buffer(state: State, at: int) -> int:
    """Make a view of the topmost buffer that cannot be changed."""
    state.has(1)
    top = state.stack[-1]
    if isinstance(top, tuple | Nest | Import) or (type(top) is int and state.data[top - 1] not in b"CB\x8e"):
        raise StopError("a read-only view is asked of what is no buffer")
    if type(top) is not int and type(top) is not Buffer:
        state.lies.setdefault("a read-only view is asked of what only running would tell", at - 1)
    return at


OPERATIONS: Final[Mapping[bytes, Operation]] = MappingProxyType(
    {
        b"(": mark, b"0": pop, b"1": pop_mark, b"2": dup, b".": stop, b"\x80": proto, b"\x95": frame,
        b"\x94": memoize, b"q": binput, b"r": long_binput, b"p": put, b"g": get, b"h": binget, b"j": long_binget,
        b"\x85": _tuple(1), b"\x86": _tuple(2), b"\x87": _tuple(3), b"t": tuple_to_mark, b"l": list_to_mark,
        b"d": dict_to_mark, b"\x91": frozenset_to_mark, b"a": append, b"e": appends, b"s": setitem, b"u": setitems,
        b"\x90": additems, b"\x82": _extension(1), b"\x83": _extension(2), b"\x84": _extension(4),
        b"\x98": readonly_buffer,
    }
)  # fmt: skip
"""By opcode, what moves values."""
