"""Names whose arguments decide: what calling them with these would do, without doing it.

A judge returns the value that the call results in. It marks a call as listed when the arguments are fine, and puts a
doubt on it when they are not; None means that the call stays as it is, unlisted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeGuard

from accord.scan.pickles import costs
from accord.scan.pickles.blame import rules
from accord.scan.pickles.lists import CALL, NEW, translated, uses
from accord.scan.pickles.state import State
from accord.scan.pickles.values import Buffer, Call, Doubt, Import, Value

Judge = Callable[[State, Call], Value | None]

_ENCODINGS: Final = frozenset(["latin1", "latin-1", "iso-8859-1", "ascii", "us-ascii", "utf-8", "utf8"])
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_FRACTION: Final = re.compile(r"[+-]?[0-9]{1,4000}(?:/[0-9]{1,4000})?\Z")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,3}\Z")
_LOGGER: Final = re.compile(r"[\w.-]{0,200}\Z")
_MOST_PATTERN: Final = 20_000
_MOST_CLASSES: Final = 200
_MOST_ENDLESS: Final = 20_000_000
_GROUPS: Final = frozenset({"combinations", "combinations_with_replacement", "permutations", "product"})
_SERIES: Final = ("builtins.range", "itertools.")
_FIXED: Final = frozenset({"builtins.getattr", "builtins.type", "logging.getLogger"})


def endless(state: State, call: Call) -> Doubt | None:
    """Return a doubt when a call would walk through a series that is very long or never ends."""
    args = call.args if type(call.args) is tuple else ()
    if type(call.target) is Import and call.target.named.module == "itertools":
        said = state.plain(call.keywords)
        asked = [*map(state.plain, args[1:]), *(said.values() if isinstance(said, dict) else ())]
        most = max((one for one in asked if isinstance(one, int)), default=0)
        if most > _MOST_ENDLESS and call.target.named.name in _GROUPS:
            return Doubt("pickle-bomb", f"asks for groups of {costs.about(most)} items")
    for one in args:
        if type(one) is not Call or type(one.target) is not Import or not one.target.named.full.startswith(_SERIES):
            continue
        if _length(state, one) > _MOST_ENDLESS:
            return Doubt(
                "pickle-bomb", f"walks through {one.target.named.full} of {costs.about(_length(state, one))} items"
            )
    return None


def is_fixed(call: Call) -> bool:
    """Tell whether what a call returns is shared, so that its state must not be set."""
    return type(call.target) is Import and call.target.named.full in _FIXED


def _length(state: State, series: Call) -> int:
    bounds = state.plain(series.args)
    if not isinstance(bounds, tuple) or not all(isinstance(one, int) for one in bounds) or not 1 <= len(bounds) <= 3:
        return 1 << 62
    if type(series.target) is not Import or series.target.named.full != "builtins.range":
        return 1 << 62
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    return max((stop - start) // step, 0) if step else 0


def arguments(call: Call) -> tuple[Value, ...]:
    """Return the arguments of a call, as far as they stand in the stream."""
    return call.args if type(call.args) is tuple else ()


def fine(call: Call) -> Call:
    """Mark a call as listed, with these arguments."""
    call.listed = True
    return call


def doubtful(call: Call, kind: str, message: str) -> Value | None:
    """Put a doubt on a call."""
    call.doubt = Doubt(kind, message)
    return None


def _getattr(state: State, call: Call) -> Value | None:
    """`getattr(Class, "NAME")` is a longer name; of an instance it is a method, fine as a value that nobody calls."""
    args = arguments(call)
    name = state.plain(args[1]) if len(args) == 2 else None
    if not isinstance(name, str):
        return None
    return attribute(state, call, args[0], name)


def attribute(state: State, call: Call, of: Value, name: str) -> Value | None:
    """Return what an attribute is seen as: of a class a longer name, of an instance a method that nobody may call."""
    if type(of) is Import:
        longer = f"{of.named.name}.{name}"
        if _is_member(of, name) and not uses(translated(of.named.module, longer, old=of.old)):
            return fine(call)
        return state.name(of.named.module, longer, call.at)
    if type(of) is Call and of.listed and type(of.target) is Import and _is_harmless(of.target, name):
        method = Call("call", call.target, call.args, call.at)
        return fine(method)
    return None


def _is_harmless(target: Import, name: str) -> bool:
    """Tell whether a method of an instance may be kept: not what a path does, or what runs things by its name."""
    if name.startswith("__") or target.named.package == "pathlib":
        return False
    words = set() if name.startswith("_") else set(name.split("_"))
    return name not in rules().verbs and not words & (rules().verbs | rules().words)


def _is_member(of: Import, name: str) -> bool:
    """Tell whether a name may be a member of an enumeration: a class that is called with values and has no state."""
    if _CONSTANT.match(name):
        return bool(of.uses & {CALL, NEW})
    return of.uses == {CALL} and not name.startswith("_") and not rules().verbs & {name, *name.split("_")}


def _partial(state: State, call: Call) -> Value | None:
    args = arguments(call)
    of = args[0] if args else None
    known = (type(of) is Import and of.uses - {"special"}) or (type(of) is Call and of.listed)
    return fine(call) if known else None


def _encode(state: State, call: Call) -> Value | None:
    args = state.plain(call.args)
    if not isinstance(args, tuple) or not 1 <= len(args) <= 3 or not isinstance(args[0], str | bytes):
        return None
    said = [one for one in args[1:] if not (isinstance(one, str) and one.lower().replace("_", "-") in _ENCODINGS)]
    if said and said != ["strict"]:
        return doubtful(call, "pickle-dangerous-call", f"encodes with {str(said[0])[:40]!r}: a codec can be any code")
    return fine(call)


def _octets(state: State, call: Call) -> Value | None:
    args = arguments(call)
    size = state.plain(args[0]) if args else 0
    if isinstance(size, int) and not isinstance(size, bool) and size > costs.MOST_BYTES:
        return doubtful(call, "pickle-bomb", f"asks for {costs.about(size)} bytes of memory")
    call.doubt = endless(state, call)
    return None if call.doubt else fine(call)


def _reconstructor(state: State, call: Call) -> Value | None:
    """`copyreg._reconstructor(cls, base, state)` makes a bare instance, like NEWOBJ."""
    args = arguments(call)
    if len(args) != 3 or type(args[1]) is not Import or CALL not in args[1].uses:
        return None  # the base is made with the state as its argument
    return Call("new", args[0], (), call.at)


def _newobj(state: State, call: Call) -> Value | None:
    args = arguments(call)
    return Call("new", args[0], args[1:], call.at) if args else None


def _newobj_ex(state: State, call: Call) -> Value | None:
    args = arguments(call)
    return Call("new", args[0], args[1], call.at, keywords=args[2]) if len(args) == 3 else None


def _one_argument(state: State, call: Call) -> Value | None:
    return fine(call) if len(arguments(call)) == 1 else None


def _decoded(state: State, value: Value) -> object:
    """Return plain data, also where old protocols write bytes as encoded text."""
    if type(value) is Call and value.listed and type(value.target) is Import and value.target.named.name == "encode":
        return state.plain(arguments(value)[0])
    return state.plain(value)


def _pattern(state: State, call: Call) -> Value | None:
    args = tuple(_decoded(state, one) for one in arguments(call))
    if not args or not isinstance(args[0], str | bytes):
        return None
    pattern = args[0] if isinstance(args[0], str) else args[0].decode("latin-1")
    if len(pattern) > _MOST_PATTERN or pattern.count("[") > _MOST_CLASSES:
        return doubtful(call, "pickle-bomb", f"compiles a pattern of {len(args[0])} characters")
    return fine(call)


def _text_argument(expected: re.Pattern[str]) -> Judge:
    def judge(state: State, call: Call) -> Value | None:
        args = state.plain(call.args)
        if not isinstance(args, tuple) or not args:
            return None
        if isinstance(args[0], str) and not expected.match(args[0]):
            return None
        return fine(call) if all(isinstance(one, str | int | float | None) for one in args) else None

    return judge


def _logger(state: State, call: Call) -> Value | None:
    args = state.plain(call.args)
    if (
        not isinstance(args, tuple)
        or len(args) > 1
        or not all(isinstance(one, str) and _LOGGER.match(one) for one in args)
    ):
        return None
    return fine(call)


def _nested(state: State, call: Call) -> Value | None:
    """Bytes that are a file themselves: they are looked at, and decide."""
    args = arguments(call)
    found = args[0] if args else ()
    if _is_call_of(found, "io.BytesIO", "_io.BytesIO"):
        content = found.args if found.state is None else found.state
        if type(content) is not tuple or not content or (len(content) > 1 and state.plain(content[1]) != 0):
            return None
        found = content[0]
    if type(found) is int or type(found) is Buffer or _is_call_of(found, "_codecs.encode", "codecs.encode"):
        call.payload = found
        return fine(call)
    return None


def _is_call_of(value: Value, *names: str) -> TypeGuard[Call]:
    if type(value) is not Call or not value.listed or type(value.target) is not Import:
        return False
    return value.target.named.full in names


def _named_ufunc(state: State, call: Call) -> Value | None:
    """`_ufunc_reconstruct("module", "name")` imports: it is the name that it looks up."""
    args = state.plain(call.args)
    if not isinstance(args, tuple) or len(args) != 2:
        return None
    module, name = args
    return state.name(module, name, call.at) if isinstance(module, str) and isinstance(name, str) else None


def _plain_only(state: State, call: Call) -> Value | None:
    return fine(call) if all(type(one) is int for one in arguments(call)) else None


def data_only(state: State, call: Call) -> Value | None:
    """Whatever the arguments of a bare instance are, they are only kept."""
    if call.how != "new":
        return None
    return fine(call)


def _listed_arguments(state: State, call: Call) -> Value | None:
    """Anything plain, and names that are on a list."""
    for one in arguments(call):
        if type(one) is Import and not one.uses:
            return None
        if isinstance(one, Call) and not one.listed:
            return None
    return fine(call)


def _of_numpy_random(_state: State, call: Call) -> Value | None:
    """Accept only NumPy's own kinds of generators, and what makes them: they are called."""
    for one in arguments(call):
        made = one.target if type(one) is Call and one.listed else one
        if type(made) is not int and not (type(made) is Import and made.named.module.startswith("numpy.random.")):
            return None
    return fine(call)


def _shaped(state: State, call: Call) -> Value | None:
    """`numpy…_reconstruct(ndarray, shape, dtype)` asks for memory of that shape."""
    args = arguments(call)
    shape = state.plain(args[1]) if len(args) == 3 else None
    if not isinstance(shape, tuple) or type(args[0]) is not Import or not args[0].uses:
        return None
    size = 1
    for one in shape:
        size *= one if isinstance(one, int) else costs.MOST_BYTES + 1
    if size > costs.MOST_BYTES:
        return doubtful(call, "pickle-bomb", f"asks for an array of {costs.about(size)} items")
    return fine(call)


def _sized(state: State, call: Call) -> Value | None:
    """`numpy.ndarray(shape, …)` asks for memory of that shape at once."""
    shape = state.plain(arguments(call)[0]) if arguments(call) else ()
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    size = math.prod(one if isinstance(one, int) else costs.MOST_BYTES + 1 for one in sizes)
    if size > costs.MOST_BYTES:
        return doubtful(call, "pickle-bomb", f"asks for an array of {costs.about(size)} items")
    return fine(call)


def applied(state: State, call: Call) -> Value | None:
    """See a call through a given function: `_rebuild_from_type_v2(func, type, args, state)` calls func(*args)."""
    args = arguments(call)
    if len(args) != 4 or type(args[1]) is not Import or not args[1].uses:
        return None
    call.state = args[3]
    inner = Call("call", args[0], args[2], call.at)
    doubt = endless(state, inner)
    target = args[0]
    if doubt is None and type(target) is Import and CALL in target.uses:
        return fine(call)
    return inner


DOERS: Final = frozenset({_getattr, _reconstructor, _newobj, _newobj_ex, _nested, _named_ufunc, applied})
"""Who judges functions that run, load or import what they are given."""

JUDGES: Final[Mapping[str, Judge]] = MappingProxyType(
    {
        "builtins.getattr": _getattr,
        "functools.partial": _partial,
        "_codecs.encode": _encode,
        "codecs.encode": _encode,
        "builtins.bytes": _octets,
        "builtins.bytearray": _octets,
        "copyreg._reconstructor": _reconstructor,
        "copyreg.__newobj__": _newobj,
        "copyreg.__newobj_ex__": _newobj_ex,
        "builtins.type": _one_argument,
        "builtins.iter": _one_argument,
        "re._compile": _pattern,
        "re.compile": _pattern,
        "fractions.Fraction": _text_argument(_FRACTION),
        "zoneinfo.ZoneInfo": _text_argument(_ZONE),
        "zoneinfo.ZoneInfo._unpickle": _text_argument(_ZONE),
        "logging.getLogger": _logger,
        "torch.storage._load_from_bytes": _nested,
        "keras.src.saving.keras_saveable.KerasSaveable._unpickle_model": _nested,
        "keras.src.saving.pickle_utils.deserialize_model_from_bytecode": _nested,
        "keras.saving.pickle_utils.deserialize_model_from_bytecode": _nested,
        "numpy.core._ufunc_reconstruct": _named_ufunc,
        "numpy._core._ufunc_reconstruct": _named_ufunc,
        "numpy.core._DType_reconstruct": _listed_arguments,
        "numpy._core._DType_reconstruct": _listed_arguments,
        "torch._utils._rebuild_wrapper_subclass": _listed_arguments,
        "torch.jit._pickle.build_tensor_from_id": _plain_only,
        "joblib.numpy_pickle.NDArrayWrapper": data_only,
        "joblib.numpy_pickle.ZNDArrayWrapper": data_only,
        "joblib.numpy_pickle_compat.NDArrayWrapper": data_only,
        "joblib.numpy_pickle_compat.ZNDArrayWrapper": data_only,
        "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper": data_only,
        "sklearn.externals.joblib.numpy_pickle.NDArrayWrapper": data_only,
        "sklearn.externals.joblib.numpy_pickle.ZNDArrayWrapper": data_only,
        "joblib.numpy_pickle.NumpyArrayWrapper": data_only,
        "numpy.ndarray": _sized,
        "numpy.recarray": _sized,
        "numpy.chararray": _sized,
        "numpy.core.multiarray._reconstruct": _shaped,
        "numpy._core.multiarray._reconstruct": _shaped,
        "torch._tensor._rebuild_from_type_v2": applied,
        "torch._tensor._rebuild_from_type": applied,
        "torch.tensor._rebuild_from_type_v2": applied,
        "torch.tensor._rebuild_from_type": applied,
        "numpy.random._pickle.__generator_ctor": _of_numpy_random,
        "numpy.random._pickle.__bit_generator_ctor": _of_numpy_random,
        "numpy.random._pickle.__randomstate_ctor": _of_numpy_random,
    }
)
"""By name, who looks at the arguments."""
