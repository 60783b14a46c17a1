"""Whether arguments are plain JSON of a size that can be judged: a call with anything else is refused unread."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

DEEPEST: Final = 64
"""Levels of arguments inside one another."""

MOST: Final = 20_000
"""Values in the arguments of one call, of any kind."""

_EXACT: Final = 1 << 53
_BITS: Final = 512  # an integer of 150 digits counts nothing that a tool works on


def unreadable(args: Mapping[str, object]) -> str:
    """Return why arguments cannot be judged, in words; empty for plain JSON."""
    for name, value in args.items():
        if type(name) is not str or not (type(value) is str or _plain(value)):
            return _unreadable(args)
    return ""


def _unreadable(args: Mapping[str, object]) -> str:
    """Return the same by looking at every value inside of the others."""
    stack: list[tuple[object, int]] = [(args, 0)]
    for _ in range(MOST):
        if not stack:
            return ""
        value, deep = stack.pop()
        if isinstance(value, Mapping | list | tuple):
            if deep > DEEPEST:
                return "arguments that are nested too deep"
            if isinstance(value, Mapping) and not all(isinstance(name, str) for name in value):
                return "a name that is no text"
            stack.extend((item, deep + 1) for item in (value.values() if isinstance(value, Mapping) else value))
        elif wrong := _wrong(value):
            return wrong
    return "" if not stack else "more values than the policy reads"


def _plain(value: object) -> bool:
    """Tell whether a value is of the kinds that most arguments are, at a glance."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if isinstance(value, float | int):
        return -_EXACT < value < _EXACT
    return isinstance(value, list) and len(value) < MOST and all(type(one) is str for one in value)


def _wrong(value: object) -> str:
    """Return what is wrong with a plain value."""
    if value is None or isinstance(value, str | bool):
        return ""
    if isinstance(value, int):
        return "a number that is too long" if value.bit_length() > _BITS else ""
    if isinstance(value, float):
        return "" if isfinite(value) else "what is no number"
    return f"what is no JSON ({type(value).__name__[:40]})"
