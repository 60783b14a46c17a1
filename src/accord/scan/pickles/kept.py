"""What must not be kept or handed on: functions that only their seen arguments make harmless, for others to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from accord.scan.pickles.lists import CALL, SPECIAL, is_stdlib
from accord.scan.pickles.packages import DOERS, judge_of
from accord.scan.pickles.special import arguments
from accord.scan.pickles.state import State
from accord.scan.pickles.values import Call, Change, Doubt, Import, Value

_LISTS: Final = frozenset({"builtins.list", "collections.deque"})
_WALKING: Final = frozenset(
    {"builtins.dict", "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.enumerate",
     "builtins.zip",
     "builtins.reversed", "builtins.iter", "collections.deque", "collections.Counter", "collections.OrderedDict"}
)  # fmt: skip
_JOBLIB: Final = ("joblib.", "sklearn.externals.joblib.")


def keep(state: State, items: Sequence[Value], at: int) -> None:
    """Note where a function is kept as a value whose arguments decide: what calls it later chooses them."""
    for one in items:
        if type(one) is Import and one.uses <= {SPECIAL} and judge_of(one.named.full) in DOERS:
            doubt = Doubt("pickle-dangerous-name", f"keeps {one.named.full} as a value, for something else to call")
            state.do(Change("value", one, (), at - 1, doubt=doubt))


def adds(subject: Call) -> bool:
    """Tell whether putting things into an object runs what its class says: pickles do so before its state is set."""
    if subject.state is not None or type(subject.target) is not Import:
        return False
    return subject.how == "new" or subject.target.named.full in _LISTS


def hands_over(call: Call) -> Doubt | None:
    """Return a doubt when a call that is listed would make or run something of what it is given."""
    target = call.target
    full = target.named.full if type(target) is Import else ""
    if type(target) is not Import or not (CALL in target.uses or full in _WALKING):
        return None
    walks = full in _WALKING or full.startswith("itertools.")
    for one in arguments(call):
        if type(one) is Import and one.named.module.startswith(_JOBLIB):
            return Doubt("pickle-dangerous-call", f"is given {one.named.full}, which reads what follows in the file")
        if walks and type(one) is Call and type(one.target) is Import and not is_stdlib(one.target.named.package):
            return Doubt(
                "pickle-unlisted-call", f"walks through {one.target.named.full}, which may run code of its own"
            )
    return None
