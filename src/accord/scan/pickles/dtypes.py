"""The state of `numpy.dtype`: one that lies about its items makes bytes of the file pass for addresses of objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeGuard

from accord.scan.pickles.state import State
from accord.scan.pickles.values import DICT, Call, Doubt, Import, Nest, Value

_NAME: Final = "numpy.dtype"
_KIND: Final = re.compile(r"[<>|=]?([?bBhHiIlLqQefdgFDGSUVaOMmcu])([0-9]{0,9})")
_LETTERS: Final = {"?": 1, "b": 1, "B": 1, "c": 1, "h": 2, "H": 2, "e": 2, "i": 4, "I": 4, "f": 4, "d": 8, "l": 8,
                   "L": 8, "q": 8, "Q": 8, "F": 8, "D": 16, "g": 16, "G": 32, "M": 8, "m": 8, "O": 8}  # fmt: skip
_OF_ANY_SIZE: Final = "SUVa"
_HAS_OBJECTS: Final = 1
_FLAGS: Final = 7
_DEEPEST: Final = 16
_LIE: Final = Doubt("pickle-dangerous-call", "makes bytes of the file pass for addresses of objects")


class Item(NamedTuple):
    """What one item of an array is: its bytes, and whether objects are in it."""

    size: int
    objects: bool


def item(state: State, dtype: Value | None) -> Item | None:
    """Return what a `numpy.dtype` describes, or None where that cannot be told."""
    if not is_dtype(dtype):
        return None
    args = state.plain(dtype.args)
    code = args[0] if isinstance(args, tuple) and args else None
    found = _KIND.fullmatch(code) if isinstance(code, str) else None
    free = found is None or found[1] in _OF_ANY_SIZE
    if found is None and not _is_record(code):
        return None
    said = dtype.state if type(dtype.state) is tuple and len(dtype.state) > _FLAGS else None
    size = _LETTERS.get(found[1], 0) if found is not None else 0
    if found is not None and found[2]:
        size = int(found[2]) * (4 if found[1] == "U" else 1)
    objects = found is not None and found[1] == "O"
    if said is None:
        return Item(size, objects)
    flags, asked = state.plain(said[_FLAGS]), state.plain(said[5])
    if free and isinstance(asked, int) and asked >= 0:
        size = asked
    return Item(size, objects or (isinstance(flags, int) and bool(flags & _HAS_OBJECTS)))


def _is_record(code: object) -> bool:
    return isinstance(code, Import) and code.named.full in {"numpy.record", "numpy.rec.record", "numpy.void"}


def is_dtype(value: Value | None) -> TypeGuard[Call]:
    """Tell whether a value is what `numpy.dtype` returns."""
    return type(value) is Call and type(value.target) is Import and value.target.named.full == _NAME


def doubt_of_dtype(state: State, subject: Call, value: Value) -> Doubt | None:
    """Return why a state must not be set on a dtype: it hides that its items are objects."""
    if type(subject.target) is Import and subject.target.named.full.startswith("numpy.dtypes."):
        return Doubt("pickle-unclear-state", "sets the state of a dtype that is shared")
    if not is_dtype(subject):
        return None
    if type(value) is not tuple or len(value) <= _FLAGS:
        return None  # older states have no flags: NumPy finds them itself
    flags = state.plain(value[_FLAGS])
    if isinstance(flags, int) and flags & _HAS_OBJECTS:
        return None
    args = state.plain(subject.args)
    code = args[0] if isinstance(args, tuple) and args else None
    found = _KIND.fullmatch(code) if isinstance(code, str) else None
    if found is None and not _is_record(code):
        return Doubt("pickle-unclear-state", f"sets the state of a dtype made from {str(code)[:40]!r}")
    if found is not None and found[1] == "O":
        return _LIE
    return _LIE if any(_may_hold(state, one, _DEEPEST) for one in _inner(value)) else None


def _may_hold(state: State, one: Value, depth: int) -> bool:
    if depth <= 0 or not is_dtype(one):
        return True
    found = item(state, one)
    return found is None or found.objects


def _inner(said: tuple[Value, ...]) -> Iterator[Value]:
    """Yield the dtypes of the fields, and that of a subarray."""
    fields, sub = said[4], said[2]
    if type(sub) is tuple:
        yield from sub[:1]
    if type(fields) is Nest and fields.kind == DICT:
        if fields.partial and not fields.items:
            yield ()
        yield from (one[0] if type(one) is tuple and one else one for one in fields.items if type(one) in {tuple, Call})
