"""Names of packages whose arguments or states decide, because they evaluate some of what they are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from accord.scan.pickles import special
from accord.scan.pickles.lists import CALL, Named, uses
from accord.scan.pickles.special import Judge, applied, arguments, attribute, data_only, doubtful, fine
from accord.scan.pickles.state import State
from accord.scan.pickles.values import DICT, Call, Doubt, Import, Nest, Value

StateJudge = Callable[[State, Mapping[str, Value]], Doubt | None]

_SCIPY: Final = re.compile(
    r"\ndef _parse_args\(self, (?P<s>(?:\w+, )*) ?(?P<i>loc=0(?:, scale=1)?)\):\n"
    r"    return \((?P=s)\), (?P<o>loc, (?:scale|1))\n\n"
    r"def _parse_args_rvs\(self, (?P=s) ?(?P=i), size=None\):\n"
    r"    return self\._argcheck_rvs\((?P=s) ?(?P=o), size=size\)\n\n"
    r"def _parse_args_stats\(self, (?P=s) ?(?P=i), moments='mv'\):\n"
    r"    return \((?P=s)\), (?P=o), moments\n"
)
_SPOKEN: Final = re.compile(
    r"Ellipsis|NotImplemented|None|(?:range|slice)\((?:-?[0-9]{1,18}|None)(?:, (?:-?[0-9]{1,18}|None)){0,2}\)"
)
_DESCRIBED: Final = re.compile(r"<(?:method|slot wrapper|attribute|member) '\w+' of '\w+' objects>")
_ELSEWHERE: Final = {"ItemGetterType": ("operator", "itemgetter"), "PartialType": ("functools", "partial")}
_SINGLETONS: Final = frozenset({"NoneType", "EllipsisType", "NotImplementedType"})


def judge_of(name: str) -> Judge | None:
    """Return who looks at the arguments of a name, if anybody has to."""
    found = special.JUDGES.get(name) or JUDGES.get(name)
    if found is None and name.startswith(tuple(PREFIXES)):
        return data_only
    return found


def _type_by_name(state: State, call: Call) -> Value | None:
    """`dill._dill._load_type("name")` is a type of Python's own, or code."""
    args = state.plain(call.args)
    name = args[0] if isinstance(args, tuple) and len(args) == 1 and isinstance(args[0], str) else ""
    if name in _SINGLETONS:
        return fine(call)
    if name in _ELSEWHERE:
        return state.name(*_ELSEWHERE[name], call.at)
    if uses(Named("builtins", name)):
        return state.name("builtins", name, call.at)
    return doubtful(call, "pickle-dangerous-call", f"gets the type {name[:40]!r}, which is no type of data")


def _type_of_types(state: State, call: Call) -> Value | None:
    """`cloudpickle.cloudpickle._builtin_type("name")` is what the module `types` calls so."""
    args = state.plain(call.args)
    name = args[0] if isinstance(args, tuple) and len(args) == 1 else None
    return state.name("types", name, call.at) if isinstance(name, str) else None


def _array(state: State, call: Call) -> Value | None:
    """`dill._dill._create_array(f, args, state, npdict)` calls f(*args) and sets the state."""
    args = arguments(call)
    if len(args) < 2:
        return None
    target = args[0]
    if type(target) is Import and CALL in target.uses:
        return fine(call)
    return Call("call", target, args[1], call.at)


def _spoken(state: State, call: Call) -> Value | None:
    """`dill._dill._eval_repr(text)` evaluates: only constants are fine."""
    args = state.plain(call.args)
    said = args[0] if isinstance(args, tuple) and len(args) == 1 else None
    return fine(call) if isinstance(said, str) and _SPOKEN.fullmatch(said) else None


def _described(state: State, call: Call) -> Value | None:
    """`dill._dill._getattr(cls, name, text)` evaluates a part of the text: only that of a method is fine."""
    args = arguments(call)
    said = [state.plain(one) for one in args[1:]]
    if len(said) != 2 or not all(isinstance(one, str) for one in said):
        return None
    name, text = str(said[0]), str(said[1])
    return attribute(state, call, args[0], name) if name.isidentifier() and _DESCRIBED.fullmatch(text) else None


def state_doubt(state: State, subject: Call, value: Value) -> Doubt | None:
    """Return why a state must not be set on an object whose class evaluates or opens some of it."""
    if type(subject.target) is not Import:
        return None
    full = subject.target.named.full
    judge = next((one for prefix, one in PREFIXES.items() if full.startswith(prefix)), None)
    if judge is None:
        return None
    if type(value) is not Nest or value.kind != DICT or value.partial:
        return Doubt("pickle-unclear-state", "a state cannot be told that its class acts on")
    items = list(state.spread(value.items))
    fields: dict[str, Value] = {}
    for key, one in zip(items[::2], items[1::2], strict=False):
        name = state.plain(key) if type(key) is int else None
        if not isinstance(name, str):
            return Doubt("pickle-unclear-state", "a state has a key that only running would tell")
        fields[name] = one
    return judge(state, fields)


def _template(state: State, fields: Mapping[str, Value]) -> Doubt | None:
    """SciPy's distributions run a field of their state: only what SciPy itself writes there is fine."""
    if "_parse_arg_template" not in fields:
        return None
    said = state.plain(fields["_parse_arg_template"])
    if isinstance(said, str) and _SCIPY.fullmatch(said):
        return None
    return Doubt("pickle-dangerous-call", "runs a text of its state that SciPy did not write")


def _formula(_state: State, fields: Mapping[str, Value]) -> Doubt | None:
    """Statsmodels evaluates a formula when it restores a design."""
    for name in ("restore_design_info", "restore_model_spec"):
        if name in fields:
            return Doubt("pickle-dangerous-call", f"evaluates a formula of its state ({name})")
    return None


def _memory(state: State, fields: Mapping[str, Value]) -> Doubt | None:
    """Accept a cache of joblib that has no place on the disk."""
    places = [state.plain(fields[name]) for name in ("location", "store_backend", "cachedir") if name in fields]
    return None if all(one is None for one in places) else Doubt("pickle-dangerous-call", "caches results in a folder")


JUDGES: Final[Mapping[str, Judge]] = MappingProxyType(
    {
        "dill._dill._load_type": _type_by_name,
        "dill.dill._load_type": _type_by_name,
        "cloudpickle.cloudpickle._builtin_type": _type_of_types,
        "dill._dill._create_array": _array,
        "dill._dill._eval_repr": _spoken,
        "dill._dill._getattr": _described,
        "torch._tensor._rebuild_from_type": applied,
        "joblib.memory.Memory": data_only,
    }
)
"""By name, who looks at the arguments."""

DOERS: Final = special.DOERS | {_type_by_name, _array, _spoken, _described}
"""Who judges functions that run, load or import what they are given."""

PREFIXES: Final[Mapping[str, StateJudge]] = MappingProxyType(
    {
        "scipy.stats._continuous_distns.": _template,
        "scipy.stats._discrete_distns.": _template,
        "scipy.stats._distn_infrastructure.rv_": _template,
        "statsmodels.base.data.": _formula,
        "joblib.memory.Memory": _memory,
    }
)
"""By the start of a class's name, who looks at its state; the bare object is fine."""
