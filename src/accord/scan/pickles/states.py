"""What BUILD sets: a state may be any data, but not what makes an object do something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.scan.pickles.blame import rules
from accord.scan.pickles.state import State
from accord.scan.pickles.texts import literal
from accord.scan.pickles.values import DICT, Call, Doubt, Import, Nest, Value

_MAPS: Final = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"})
_ADDERS: Final = frozenset({"append", "extend", "add"})


def doubt_of(state: State, value: Value) -> Doubt | None:
    """Return why a state is not only data, or None."""
    if type(value) is tuple and len(value) == 2 and isinstance(value[1], Call):
        return (
            Doubt("pickle-unclear-state", "attributes are set that only running would tell")
            if _maps(value[1])
            else None
        )
    for one in value if type(value) is tuple and len(value) == 2 else (value,):
        if type(one) is not Nest or one.kind != DICT:
            continue
        for found in _doubts(state, one):
            return found
        if one.partial:
            return Doubt("pickle-unclear-state", f"a state has {one.count} keys, and not all were looked at")
    return None


def _maps(value: Call) -> bool:
    return isinstance(value.target, Import) and value.target.named.full in _MAPS


def _doubts(state: State, nest: Nest) -> Iterator[Doubt]:
    fine = state.fine_keys
    items = nest.items
    if any(type(one) is not int for one in items[::2]):
        items = list(state.spread(items))
    for index in range(0, len(items) - 1, 2):
        key = items[index]
        if type(key) is int and key in fine:
            continue
        doubt = _doubt_of_key(state, key, items[index + 1])
        if doubt:
            yield doubt


def _doubt_of_key(state: State, key: Value, value: Value) -> Doubt | None:
    if type(key) is not int:
        wanted = Doubt("pickle-unclear-state", "a state has a key that only running would tell")
        return wanted if isinstance(key, Call | Import) else None
    text = literal(state.data, key, 1000)
    if text in _ADDERS:
        if isinstance(value, Import | Call):
            return Doubt("pickle-patches", f"a state replaces the method {text}, which the unpickler calls")
        return None
    if not isinstance(text, str) or not text.startswith("__") or not text.endswith("__") or text not in rules().dunders:
        if len(state.fine_keys) < 100_000:
            state.fine_keys.add(key)
        return None
    return Doubt("pickle-patches", f"a state sets {text}")
