"""Arguments of a call as they were looked at: plain values of one's own, which nobody changes between look and use."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from pathlib import PurePath
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from accord.core.errors import GuardError

_DEEPEST: Final = 32
_MOST: Final = 10_000
_BITS: Final = 4_096  # of a number: longer ones are no amounts, and take longer to print than to refuse
_FIXED: Final = (date, time, timedelta, tzinfo, Decimal, Fraction, UUID, PurePath)  # nobody can change these


class Given(NamedTuple):
    """The arguments of one call: as plain values by their names, and those that the function is called with."""

    told: Mapping[str, Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def given(function: Callable[..., object], signature: inspect.Signature, args: Any, kwargs: Any) -> Given:
    """Return the arguments of a call, copied; raises `GuardError` for what cannot be looked at.

    The object of a method is none of them, nor is what a `partial` was made with. Defaults are the program's own word
    and are not told.
    """
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise GuardError(f"{name_of(function)} is not called as it is declared: {error}") from error
    taken = _Taken()
    told: dict[str, Any] = {}
    for at, (name, value) in enumerate(bound.arguments.items()):
        kind = signature.parameters[name].kind
        if at == 0 and name not in kwargs and is_own(function, name):
            continue
        plain, bound.arguments[name] = taken.value(value)
        if kind is not inspect.Parameter.VAR_KEYWORD:
            told[name] = plain
        elif twice := told.keys() & plain.keys():
            raise GuardError(f"{name_of(function)} is given {min(twice)!r} twice")
        else:
            told |= plain
    return Given(told, bound.args, bound.kwargs)


def is_own(function: Callable[..., object], name: str) -> bool:
    """Tell whether the first argument of a function is the object of a method."""
    told = getattr(function, "__qualname__", "").rpartition("<locals>.")[2]
    return name in {"self", "cls"} and "." in told


def name_of(function: Callable[..., object]) -> str:
    """Return the name by which a model calls a function; a `partial` goes by that of the function in it."""
    inner = function
    while isinstance(inner, partial):
        inner = inner.func
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


class _Taken:
    """Copies values, each with its plain form, so that both are those of one moment."""

    def __init__(self) -> None:
        self._left = _MOST

    def value(self, said: object, depth: int = 0) -> tuple[Any, Any]:
        """Return the plain form of a value, and a copy of it that nobody else holds."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise GuardError(f"the arguments are nested deeper than {_DEEPEST} or hold more than {_MOST} values")
        if said is None or said is True or said is False:
            return said, said
        if isinstance(said, Enum):
            return self.value(said.value, depth + 1)[0], said
        if isinstance(said, str | int | float | bytes | bytearray | memoryview):
            return _scalar(said)
        if isinstance(said, Decimal) and not said.is_finite():
            raise GuardError(f"{said} is no argument")
        if isinstance(said, _FIXED):
            return str(said), said
        if isinstance(said, Mapping):
            return self._mapping(said, depth)
        if isinstance(said, list | tuple | set | frozenset):
            return self._listed(said, depth)
        return self._record(said, depth)

    def _mapping(self, said: Mapping[Any, Any], depth: int) -> tuple[Any, Any]:
        pairs = list(dict.items(said)) if isinstance(said, dict) else list(said.items())
        keys = [self.value(key, depth + 1) for key, _ in pairs]
        values = [self.value(value, depth + 1) for _, value in pairs]
        plain = {str(key[0]): value[0] for key, value in zip(keys, values, strict=True)}
        if len(plain) != len(pairs):
            raise GuardError("two keys of an argument read alike")
        return plain, {key[1]: value[1] for key, value in zip(keys, values, strict=True)}

    def _listed(self, said: Any, depth: int) -> tuple[Any, Any]:
        kind = next(kind for kind in (list, tuple, set, frozenset) if isinstance(said, kind))
        items = [self.value(item, depth + 1) for item in kind.__iter__(said)]
        used = [item[1] for item in items]
        named = kind is tuple and hasattr(said, "_fields")  # a named tuple
        return [item[0] for item in items], tuple.__new__(type(said), used) if named else cast(Any, kind)(used)

    def _record(self, said: object, depth: int) -> tuple[Any, Any]:
        """Copy a record: a dataclass, or what keeps its fields as such. Nothing else tells what is in it."""
        names = [one.name for one in fields(said)] if is_dataclass(said) and not isinstance(said, type) else []
        known = getattr(type(said), "model_fields", None)
        names = names or (list(known) if isinstance(known, Mapping) else [])
        if not names:
            raise GuardError(f"an argument cannot be looked at: it is a {type(said).__name__}")
        try:
            used = copy.deepcopy(said)
        except (TypeError, ValueError, RecursionError) as error:
            raise GuardError(f"an argument cannot be copied: it is a {type(said).__name__}") from error
        return {name: self.value(getattr(used, name, None), depth + 1)[0] for name in names}, used


def _scalar(said: str | float | bytes | bytearray | memoryview) -> tuple[Any, Any]:
    """Return what a scalar is, whatever a class of its own says of it."""
    if isinstance(said, str):
        plain = str.__str__(said)
        return plain, plain
    if isinstance(said, bytes | bytearray | memoryview):
        data = bytes(memoryview(said))
        return data.decode("utf-8", "replace"), bytearray(data) if isinstance(said, bytearray) else data
    if isinstance(said, int):
        number = int.__add__(said, 0)
        if number.bit_length() > _BITS:
            raise GuardError(f"a number of {number.bit_length()} bits is no argument")
        return number, number
    value = float.__add__(said, 0.0)
    if not math.isfinite(value):
        raise GuardError(f"{value} is no argument")
    return value, value
