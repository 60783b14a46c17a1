"""The opcodes that look names up, call things and set their state. Nothing is: it is noted what would be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from accord.scan.pickles.dtypes import doubt_of_dtype
from accord.scan.pickles.kept import hands_over, keep
from accord.scan.pickles.lists import CALL, NEW, SPECIAL
from accord.scan.pickles.literals import Operation
from accord.scan.pickles.packages import judge_of, state_doubt
from accord.scan.pickles.special import endless, is_fixed
from accord.scan.pickles.state import MOST_PERSISTENT, FrameError, State, StopError
from accord.scan.pickles.states import doubt_of
from accord.scan.pickles.values import DICT, Buffer, Call, Change, Doubt, Import, Nest, Persistent, Run, Value

_FIXED: Final = Doubt("pickle-patches", "the state of something is set that others share")


def global_(state: State, at: int) -> int:
    """Look up a name that stands in two lines."""
    first, middle = state.line(at)
    second, end = state.line(middle)
    state.stack.append(state.name(_decoded(first, "utf-8"), _decoded(second, "utf-8"), at - 1))
    return end


def _decoded(line: bytes, encoding: str) -> str:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        raise StopError(f"a name is not {encoding.upper()}") from None


def stack_global(state: State, at: int) -> int:
    """Look up a name whose two parts are on the stack."""
    name, module = state.pop(), state.pop()
    parts = [state.plain(one) if type(one) is int else None for one in (module, name)]
    if not (isinstance(parts[0], str) and isinstance(parts[1], str)):
        if isinstance(module, Call | Persistent) or isinstance(name, Call | Persistent):
            state.lies.setdefault("a name is looked up that only running would tell", at - 1)
        raise StopError("what is looked up is no text")
    state.stack.append(state.name(parts[0], parts[1], at - 1))
    return at


def reduce(state: State, at: int) -> int:
    """Call the second value with the topmost."""
    args, target = state.pop(), state.pop()
    _check_callable(target)
    _check_arguments(state, args, at)
    state.stack.append(called(state, Call("call", target, args, at - 1)))
    return at


def _check_arguments(state: State, args: Value, at: int) -> None:
    if isinstance(args, int | Nest | Run | Buffer):
        raise StopError("arguments are no tuple")
    if type(args) is not tuple:
        state.lies.setdefault("something is called with arguments that only running would tell", at - 1)


def _check_callable(target: Value) -> None:
    if isinstance(target, int | tuple | Nest | Run | Buffer):
        raise StopError("something is called that cannot be")


def newobj(state: State, at: int) -> int:
    """Make a bare instance of the class below, with arguments."""
    args, target = state.pop(), state.pop()
    return _new(state, Call("new", target, args, at - 1), at)


def newobj_ex(state: State, at: int) -> int:
    """Make a bare instance of a class, with arguments and keywords."""
    keywords, args, target = state.pop(), state.pop(), state.pop()
    if isinstance(keywords, int | tuple | Run | Buffer) or (type(keywords) is Nest and keywords.kind != DICT):
        raise StopError("keywords are no dict")
    return _new(state, Call("new", target, args, at - 1, keywords=keywords), at)


def _new(state: State, call: Call, at: int) -> int:
    _check_callable(call.target)
    _check_arguments(state, call.args, at)
    state.stack.append(called(state, call))
    return at


def obj(state: State, at: int) -> int:
    """Make an instance of the class that stands above the last mark, with all above it."""
    begin = state.marker()
    items = state.items(begin)
    if not items:
        raise StopError("more is taken from the stack than is on it")
    _check_callable(items[0])
    if state.doers:
        keep(state, items[1:], at)
    state.stack.append(called(state, Call("call" if items[1:] else "new", items[0], tuple(items[1:]), at - 1)))
    return at


def inst(state: State, at: int) -> int:
    """Look up a class in two lines, and make an instance of it with all above the last mark."""
    begin = state.marker()
    first, middle = state.line(at)
    second, end = state.line(middle)
    target = state.name(_decoded(first, "ascii"), _decoded(second, "ascii"), at - 1)
    items = state.items(begin)
    if state.doers:
        keep(state, items, at)
    state.stack.append(called(state, Call("call" if items else "new", target, tuple(items), at - 1)))
    return end


def called(state: State, call: Call, *, inner: bool = False) -> Value:
    """Return what a call is seen as; what no allow-list covers is noted."""
    target = call.target
    call.args = _apart(state, call.args)
    if type(target) is Import:
        judge = judge_of(target.named.full)
        call.doubt = endless(state, call) or hands_over(call)
        if judge is not None and call.doubt is None and not _has_keywords(call):
            return _by_arguments(state, call, judge(state, call), inner=inner)
        call.listed = call.doubt is None and judge is None and _is_listed(target, call)
    if not call.listed:
        state.do(call)
    return call


def _apart(state: State, value: Value) -> Value:
    """Return a tuple with each of its numbers on its own, so that each has its place."""
    return tuple(state.spread(value)) if type(value) is tuple and Run in map(type, value) else value


def _by_arguments(state: State, call: Call, value: Value | None, *, inner: bool) -> Value:
    """Take a judge's word; what it makes of the call may have to be judged itself, once."""
    if type(value) is Call and not value.listed and not inner:
        return called(state, value, inner=True)
    if value is None or (type(value) is Call and not value.listed):
        state.do(call)
        return call
    if call.payload is not None:
        state.do(call)
    if type(call.target) is Import:
        call.target.uses |= {SPECIAL}
    return value


def _has_keywords(call: Call) -> bool:
    """Tell whether arguments have names: who judges arguments knows them by their places."""
    return call.keywords is not None and not (type(call.keywords) is Nest and not call.keywords.count)


def _is_listed(target: Import, call: Call) -> bool:
    if CALL in target.uses:
        return True
    return call.how == "new" and NEW in target.uses


def build(state: State, at: int) -> int:
    """Set the state of the value below the topmost."""
    state.has(2)
    value = state.stack.pop()
    subject = state.stack[-1]
    if isinstance(subject, int | tuple | Nest | Run | Buffer):
        if type(value) is int and state.plain(value) is None:
            return at
        raise StopError("a state is set on what has none")
    if type(subject) is Call:
        return _build_instance(state, subject, value, at)
    doubt = Doubt("pickle-patches", "a class, function or module is changed") if type(subject) is Import else None
    state.do(Change("state", subject, value, at - 1, doubt=doubt))
    return at


def _build_instance(state: State, subject: Call, value: Value, at: int) -> int:
    value = subject.state = _apart(state, value)
    if state.doers:
        keep(state, (value,), at)
    doubt = (
        _FIXED
        if is_fixed(subject)
        else (doubt_of(state, value) or state_doubt(state, subject, value) or doubt_of_dtype(state, subject, value))
    )
    if doubt:
        state.do(Change("state", subject, value, at - 1, doubt=doubt))
    after = state.after_build(state, subject, at) if state.after_build else at
    if type(value) is Nest:
        state.forget(value)
    return after if after == at else _jump(state, at, after)


def _jump(state: State, at: int, after: int) -> int:
    """Go on behind raw bytes, where no frame is under way."""
    if at < state.frame_end:
        state.lies.setdefault("raw bytes stand within a frame: unpicklers disagree on it", at)
    state.frame_end, state.bound = at, state.limit
    raise FrameError(after)


def persid(state: State, at: int) -> int:
    """Ask the reader for what it knows under a text."""
    line, end = state.line(at, 0)
    _decoded(line, "ascii")
    return _persistent(state, at, at, end)


def binpersid(state: State, at: int) -> int:
    """Ask the reader for what it knows under the topmost value."""
    return _persistent(state, state.pop(), at, at)


def _persistent(state: State, pid: Value, at: int, end: int) -> int:
    found = Persistent(pid, at - 1)
    if len(state.persistent) < MOST_PERSISTENT:
        state.persistent.append(found)
    # ("module", class, file, source): how PyTorch's old format wraps a class; its reader gives the class itself
    wrapped = pid[1] if isinstance(pid, tuple) and len(pid) == 4 else None
    state.stack.append(wrapped if isinstance(wrapped, Import) else found)
    return end


OPERATIONS: Final[Mapping[bytes, Operation]] = MappingProxyType(
    {
        b"c": global_, b"\x93": stack_global, b"R": reduce, b"\x81": newobj, b"\x92": newobj_ex, b"o": obj, b"i": inst,
        b"b": build, b"P": persid, b"Q": binpersid,
    }
)  # fmt: skip
"""By opcode, what looks up, calls and changes."""
