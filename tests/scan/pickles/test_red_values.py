"""What an attacker does with names that lists allow: keeps them, hands them over, sets them, or lies about data."""

from __future__ import annotations

import argparse
import collections
import copyreg
import functools
import io
import itertools
import pathlib
import pickle
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from accord.scan.rating import Rated, Rating

from .opcodes import (
    NONE,
    SYSTEM,
    build,
    call,
    dict_,
    list_,
    name,
    new,
    number,
    octets,
    stream,
    text,
    tuple_,
)

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]

LOAD = "torch.storage:_load_from_bytes"
SPACE = "argparse:Namespace"
WRAPPER = "joblib.numpy_pickle:NumpyArrayWrapper"
ATLAS = "networkx.classes.coreviews:FilterAtlas"
PAIR = tuple_(text("append"), name(LOAD))
DOERS = (
    LOAD,
    "builtins:getattr",
    "copyreg:_reconstructor",
    "copyreg:__newobj__",
    "copyreg:__newobj_ex__",
    "numpy.core:_ufunc_reconstruct",
    "numpy._core:_ufunc_reconstruct",
    "torch._tensor:_rebuild_from_type_v2",
    "keras.src.saving.pickle_utils:deserialize_model_from_bytecode",
    "keras.src.saving.keras_saveable:KerasSaveable._unpickle_model",
    "dill._dill:_load_type",
)


def names(rated: Rated) -> set[str]:
    return {one.name for one in rated.reasons if one.rating is not Rating.SAFE}


def said(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


KEEPERS: dict[str, Callable[[bytes], bytes]] = {
    "a list": list_,
    "a list of one, by APPEND": lambda one: b"]" + one + b"a",
    "a tuple": tuple_,
    "a short tuple": lambda one: one + b"\x85",
    "a tuple of three": lambda one: NONE + one + NONE + b"\x87",
    "the value of a dict": lambda one: dict_(key=one),
    "the value of a dict, by SETITEM": lambda one: b"}" + text("key") + one + b"s",
    "the key of a dict": lambda one: b"}" + one + NONE + b"s",
    "a set": lambda one: b"\x8f(" + one + b"\x90",
    "a frozenset": lambda one: b"(" + one + b"\x91",
    "an old list": lambda one: b"(" + one + b"l",
    "an old dict": lambda one: b"(" + text("key") + one + b"d",
    "an argument of OBJ": lambda one: b"(" + name("collections:defaultdict") + one + b"o",
    "an argument of INST": lambda one: b"(" + one + b"icollections\ndefaultdict\n",
    "a default of a dict": lambda one: call("collections:defaultdict", one),
    "an item of a deque": lambda one: call("collections:deque") + one + b"a",
    "an item of an OrderedDict": lambda one: call("collections:OrderedDict") + text("key") + one + b"s",
    "a state": lambda one: build(new(SPACE), dict_(func=one)),
    "a bare state": lambda one: build(new(SPACE), one),
    "a part of a partial": lambda one: build(
        call("functools:partial", name("builtins:int")), tuple_(one, tuple_(octets(SYSTEM)), b"}", NONE)
    ),
    "what comes out of the memo": lambda one: one + b"\x940]h\x00a",
    "what is duplicated": lambda one: b"]" + one + b"20" + b"a",
    "the result": lambda one: one,
}


@pytest.mark.parametrize("way", KEEPERS)
def test_a_function_that_loads_bytes_must_not_be_kept(rated: Rate, way: str) -> None:
    found = rated("model.pkl", stream(KEEPERS[way](name(LOAD))))
    assert found.rating is Rating.DANGEROUS, said(found)
    assert "torch.storage._load_from_bytes" in names(found)


@pytest.mark.parametrize("way", KEEPERS)
def test_a_class_of_data_may_be_kept_in_the_same_way(rated: Rate, way: str) -> None:
    if way in {"a bare state", "a part of a partial"}:
        pytest.skip("no class can be put there")
    found = rated("model.pkl", stream(KEEPERS[way](name("builtins:int"))))
    assert found.rating is Rating.SAFE, said(found)


@pytest.mark.parametrize("doer", DOERS)
@pytest.mark.parametrize("protocol", [4, 5])
def test_no_function_that_runs_what_it_is_given_may_be_kept(rated: Rate, doer: str, protocol: int) -> None:
    found = rated("model.pkl", stream(list_(name(doer)), protocol=protocol))
    assert found.rating is Rating.DANGEROUS, said(found)
    assert doer.replace(":", ".") in said(found)


@pytest.mark.parametrize(
    "state",
    [
        dict_(append=name(LOAD)),
        call("builtins:dict", list_(PAIR)),
        call("collections:OrderedDict", list_(PAIR)),
        call("collections:OrderedDict") + text("append") + name(LOAD) + b"s",
        tuple_(NONE, dict_(append=name(LOAD))),
        tuple_(dict_(append=name(LOAD)), NONE),
        tuple_(NONE, call("builtins:dict", list_(PAIR))),
    ],
)
def test_a_method_of_its_own_is_not_called_with_bytes(rated: Rate, state: bytes) -> None:
    found = rated("model.pkl", stream(build(new(SPACE), state), octets(SYSTEM), b"a"))
    assert found.rating is Rating.DANGEROUS, said(found)


@pytest.mark.parametrize("put", [b"a", b"e", b"\x90"])
@pytest.mark.parametrize(
    "subject",
    [
        build(new(SPACE), dict_(x=NONE)),
        build(new(SPACE), call("builtins:dict", list_())),
        build(call("io:BytesIO"), tuple_(octets(b"x"), number(0), dict_(x=NONE))),
        call("functools:partial", name("builtins:int")),
        call("types:SimpleNamespace"),
        call("torch._tensor:_rebuild_from_type_v2", name("torch._utils:_rebuild_tensor_v2"), name("torch:Tensor"),
             tuple_(NONE, number(0), tuple_(), tuple_(), b"\x89", NONE), dict_(x=NONE)),
    ],
)  # fmt: skip
def test_nothing_is_put_into_what_may_have_a_method_of_its_own(rated: Rate, subject: bytes, put: bytes) -> None:
    items = NONE if put == b"a" else b"(" + NONE
    found = rated("model.pkl", stream(subject, items, put))
    assert found.rating is Rating.DANGEROUS, said(found)
    assert "may be its own" in said(found)


class Row(list[int]):
    """A list with attributes, as honest programs have them: its items come before its state."""


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        collections.deque([1, 2], 4),
        collections.defaultdict(int, a=1),
        collections.OrderedDict([("a", argparse.Namespace(b=1))]),
        argparse.Namespace(append=[1], items=(1, 2)),
        functools.partial(int, base=2),
        {"pure": pathlib.PurePosixPath("a/b"), "types": [int, dict, str.upper]},
        list(itertools.repeat(argparse.Namespace(x=1), 3)),
        bytearray(b"\x00\x01" * 300),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_standard_library_pickles_stays_safe(rated: Rate, value: object, protocol: int) -> None:
    found = rated("model.pkl", pickle.dumps(value, protocol=protocol))
    assert found.rating is Rating.SAFE, said(found)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("value", [io.BytesIO(b"abc"), io.StringIO("abc"), [io.BytesIO()]])
def test_a_file_in_memory_is_safe(rated: Rate, value: object, protocol: int) -> None:
    found = rated("model.pkl", pickle.dumps(value, protocol=protocol))
    assert found.rating is Rating.SAFE, said(found)


@pytest.mark.parametrize(
    "made",
    [
        b"(" + name("xgboost.core:Booster") + NONE + text("/etc/passwd") + b"o",
        b"(" + name("lightgbm.basic:Booster") + NONE + text("https://example.invalid/x") + b"o",
        b"(" + NONE + text("model.bin") + b"ixgboost.core\nBooster\n",
        call("copyreg:_reconstructor", name("xgboost.core:Booster"), name("xgboost.core:Booster"), dict_(a=NONE)),
        call("copyreg:_reconstructor", name(SPACE), name("networkx.classes.graph:Graph"), NONE),
    ],
)
def test_a_class_listed_for_bare_instances_is_not_called_with_arguments(rated: Rate, made: bytes) -> None:
    found = rated("model.pkl", stream(made))
    assert found.rating is not Rating.SAFE
    assert names(found) & {"xgboost.core.Booster", "lightgbm.basic.Booster", "copyreg._reconstructor"}


def test_a_bare_instance_of_the_same_class_is_fine(rated: Rate) -> None:
    for made in (
        b"(" + name("xgboost.core:Booster") + b"o",
        new("xgboost.core:Booster"),
        call("copyreg:_reconstructor", name("xgboost.core:Booster"), name("builtins:object"), NONE),
        call("copyreg:__newobj__", name("xgboost.core:Booster")),
    ):
        found = rated("model.pkl", stream(made))
        assert found.rating is Rating.SAFE, said(found)


def test_copyreg_as_python_writes_it_is_fine(rated: Rate) -> None:
    assert copyreg.__name__ in pickle.dumps(argparse.Namespace(a=1), protocol=0).decode().replace("copy_reg", "copyreg")
    assert rated("model.pkl", pickle.dumps(argparse.Namespace(a=1), protocol=0)).rating is Rating.SAFE


FILTER = dict_(_atlas=b"}" + text("x") + NONE + b"s", NODE_OK=name("builtins:len"))
WALKERS = ("dict", "list", "tuple", "set", "frozenset", "enumerate", "zip", "reversed")


@pytest.mark.parametrize("walker", [*(f"builtins:{one}" for one in WALKERS), "builtins:iter", "collections:deque",
                                    "collections:Counter", "collections:OrderedDict", "itertools:chain"])  # fmt: skip
def test_no_object_of_a_package_is_walked_through(rated: Rate, walker: str) -> None:
    found = rated("model.pkl", stream(call(walker, build(new(ATLAS), FILTER))))
    assert found.rating is not Rating.SAFE
    assert walker.replace(":", ".") in said(found)


@pytest.mark.parametrize("walker", ["list", "tuple", "set", "frozenset"])
def test_plain_things_are_walked_through(rated: Rate, walker: str) -> None:
    inner = call("builtins:range", number(1), number(9))
    found = rated("model.pkl", stream(call(f"builtins:{walker}", inner), b"0", call(f"builtins:{walker}", list_(NONE))))
    assert found.rating is Rating.SAFE, said(found)


@pytest.mark.parametrize("method", ["unlink", "write_text", "write_bytes", "rmdir", "touch", "rename", "parent"])
@pytest.mark.parametrize("kind", ["pathlib:Path", "pathlib:PosixPath"])
def test_no_method_of_a_path_is_kept(rated: Rate, kind: str, method: str) -> None:
    made = call("builtins:getattr", call(kind, text("/tmp/x")), text(method))  # nothing is opened
    found = rated("model.pkl", stream(made))
    assert found.rating is Rating.DANGEROUS
    assert "builtins.getattr" in names(found)


@pytest.mark.parametrize("method", ["load_model", "run", "download_all", "exec_code", "__reduce__", "__class__"])
def test_no_method_that_runs_or_loads_is_kept(rated: Rate, method: str) -> None:
    made = call("builtins:getattr", new("sklearn.linear_model._logistic:LogisticRegression"), text(method))
    assert rated("model.pkl", stream(made)).rating is Rating.DANGEROUS


@pytest.mark.parametrize("method", ["predict", "_lazy_load_hook", "score"])
def test_a_method_of_a_model_may_be_kept(rated: Rate, method: str) -> None:
    made = call("builtins:getattr", new("sklearn.linear_model._logistic:LogisticRegression"), text(method))
    found = rated("model.pkl", stream(made))
    assert found.rating is Rating.SAFE, said(found)


BYTES_OF: dict[str, bytes] = {
    "bytes of a list": call("builtins:bytes", list_(*map(number, SYSTEM))),
    "a bytearray of a list": call("builtins:bytearray", list_(*map(number, SYSTEM))),
    "an array": call("array:array", text("B"), list_(*map(number, SYSTEM))),
    "a deque": call("collections:deque", list_(*map(number, SYSTEM))),
    "a file not at its start": build(call("io:BytesIO"), tuple_(octets(b"N." + SYSTEM), number(2), NONE)),
    "plain bytes": octets(SYSTEM),
    "encoded text": call("_codecs:encode", text(SYSTEM.decode("latin-1")), text("latin1")),
    "a text of no pickle": octets(b"a long line of words that is only text"),
    "an old pickle without a mark": octets(b"cos\nsystem\n(S'echo'\ntR."),
    "a pickle of its own in a pickle": octets(stream(call(LOAD, octets(SYSTEM)))),
}


@pytest.mark.parametrize("way", BYTES_OF)
def test_bytes_that_are_loaded_are_told_or_refused(rated: Rate, way: str) -> None:
    found = rated("model.pkl", stream(call(LOAD, BYTES_OF[way])))
    assert found.rating is not Rating.SAFE, way
    if way in {"plain bytes", "encoded text", "an old pickle without a mark", "a pickle of its own in a pickle"}:
        assert "os.system" in names(found), said(found)


def test_text_is_encoded_as_it_says_before_it_is_read(rated: Rate) -> None:
    hidden = "C\x7f" + "\x7f" * 0x7F + "0cos\nsystem\n(S'echo'\ntR."
    shifted = "\x80\x02" + "U\x85" + "a" * 0x85 + "."
    for encoding in ("latin1", "utf-8"):
        found = rated("model.pkl", stream(call(LOAD, call("_codecs:encode", text(hidden), text(encoding)))))
        assert found.rating is Rating.DANGEROUS
    assert rated("model.pkl", stream(call(LOAD, call("_codecs:encode", text(shifted), text("latin1"))))).rating is (
        Rating.SAFE
    )
    other = rated("model.pkl", stream(call(LOAD, call("_codecs:encode", text(shifted), text("utf-8")))))
    assert other.rating is not Rating.SAFE


@pytest.mark.parametrize("order", range(0, 60, 12))
def test_the_hundredth_reason_does_not_hide_the_next(rated: Rate, order: int) -> None:
    unlisted = b"".join(name(f"strange{one}.part:Thing") + b"0" for one in range(150 + order))
    found = rated("model.pkl", stream(unlisted, name("os:system"), b"0", NONE))
    assert found.rating is Rating.DANGEROUS
    assert "os.system" in names(found)


@pytest.mark.parametrize("constructor", ["generator", "bit_generator", "randomstate"])
@pytest.mark.parametrize("given", [name(LOAD), name("builtins:list"), new("xgboost.core:Booster")])
def test_numpy_makes_no_generator_with_a_stranger(rated: Rate, constructor: str, given: bytes) -> None:
    found = rated("model.pkl", stream(call(f"numpy.random._pickle:__{constructor}_ctor", octets(SYSTEM), given)))
    assert found.rating is not Rating.SAFE


def test_numpy_makes_its_own_generators(rated: Rate) -> None:
    inner = name("numpy.random._pickle:__bit_generator_ctor")
    made = call("numpy.random._pickle:__generator_ctor", text("PCG64"), inner)
    found = rated("model.pkl", stream(made))
    assert found.rating is Rating.SAFE, said(found)


def dtype(code: bytes, *state: bytes) -> bytes:
    made = call("numpy:dtype", code, b"\x89", b"\x88")
    return build(made, tuple_(*state)) if state else made


def flags(value: int, *, fields: bytes = NONE, sub: bytes = NONE, size: int = -1) -> tuple[bytes, ...]:
    names_ = NONE if fields == NONE else tuple_(text("f"))
    return number(3), text("|"), sub, names_, fields, number(size), number(-1), number(value)


OBJECTS = dtype(text("O8"), *flags(63))
LIES: dict[str, bytes] = {
    "objects without their mark": dtype(text("O8"), *flags(0)),
    "objects in a field": dtype(text("V8"), *flags(0, fields=dict_(f=tuple_(OBJECTS, number(0))), size=8)),
    "objects in a part": dtype(text("V8"), *flags(0, sub=tuple_(OBJECTS, tuple_(number(1))), size=8)),
    "objects in a record": dtype(
        name("numpy:record"), *flags(16, fields=dict_(f=tuple_(OBJECTS, number(0))), size=8)
    ),
    "objects two fields deep": dtype(
        text("V8"),
        *flags(0, fields=dict_(f=tuple_(dtype(text("V8"), *flags(27, fields=dict_(f=tuple_(OBJECTS, number(0))))),
                                        number(0))), size=8),
    ),
    "a class of objects": dtype(name("numpy:object_"), *flags(0)),
    "fields in a text": dtype(text("i4,O"), *flags(0)),
    "a class that is shared": build(call("numpy.dtypes:ObjectDType"), tuple_(*flags(0))),
}  # fmt: skip


@pytest.mark.parametrize("way", LIES)
@pytest.mark.parametrize("used", ["alone", "in an array"])
def test_a_dtype_that_hides_objects_is_refused(rated: Rate, way: str, used: str) -> None:
    made = LIES[way]
    if used == "in an array":
        array = call("numpy.core.multiarray:_reconstruct", name("numpy:ndarray"), tuple_(number(0)), octets(b"b"))
        made = build(array, tuple_(number(1), tuple_(number(1)), made, b"\x89", octets(b"AAAAAAAA")))
    assert rated("model.pkl", stream(made)).rating is not Rating.SAFE


@pytest.mark.parametrize(
    "made",
    [
        OBJECTS,
        dtype(text("f8")),
        dtype(text("f8"), *flags(0)),
        dtype(text("U10"), *flags(8, size=40)),
        dtype(text("V8"), *flags(0, fields=dict_(f=tuple_(dtype(text("f8"), *flags(0)), number(0))), size=8)),
        dtype(text("V8"), *flags(63, fields=dict_(f=tuple_(OBJECTS, number(0))), size=8)),
        dtype(name("numpy:record"), *flags(0, fields=dict_(f=tuple_(dtype(text("i8")), number(0))), size=8)),
    ],
)
def test_a_dtype_that_says_what_it_is_is_safe(rated: Rate, made: bytes) -> None:
    found = rated("model.pkl", stream(made))
    assert found.rating is Rating.SAFE, said(found)


def wrapped(made: bytes, *, count: int = 1) -> bytes:
    return build(
        new(WRAPPER),
        dict_(
            subclass=name("numpy:ndarray"), shape=tuple_(number(count)), order=text("C"), dtype=made, allow_mmap=b"\x89"
        ),
    )


@pytest.mark.parametrize(
    "made",
    [
        build(new(SPACE, text("f8")), dict_(hasobject=b"\x88", itemsize=number(0))),
        call("builtins:str", text("f8")),
        call("types:SimpleNamespace"),
        dtype(text("O8"), *flags(0)),
        dtype(name("numpy:object_"), *flags(63)),
        NONE,
    ],
)
def test_an_array_of_joblib_has_a_dtype_of_numpy(rated: Rate, made: bytes) -> None:
    found = rated("model.joblib", stream(wrapped(made), SYSTEM[:-1].ljust(64, b"0")))
    assert found.rating is not Rating.SAFE


@pytest.mark.parametrize("lie", [9, 64, 100, 4096])
def test_an_item_of_joblib_is_as_long_as_numpy_says_not_as_its_state_does(rated: Rate, lie: int) -> None:
    made = dtype(text("f8"), *flags(0, size=lie))
    found = rated("model.joblib", stream(wrapped(made))[:-1] + b"00000000" + SYSTEM.ljust(lie, b"0"))
    assert found.rating is Rating.DANGEROUS
    assert "os.system" in names(found)


@pytest.mark.parametrize(("code", "size"), [("f8", 8), ("i4", 4), ("U3", 12), ("S5", 5), ("b1", 1), ("c16", 16)])
def test_raw_numbers_of_joblib_are_passed_over(rated: Rate, code: str, size: int) -> None:
    raw = bytes(range(65, 65 + size)) * 3
    data = stream(wrapped(dtype(text(code)), count=3))[:-1] + raw + b"."
    found = rated("model.joblib", data)
    assert found.rating is Rating.SAFE, said(found)


@pytest.mark.parametrize(
    "maker",
    ["pandas.core.indexes.base:_new_Index", "numpy.ma.core:_mareconstruct", "types:GenericAlias", "pandas:NamedAgg"],
)
@pytest.mark.parametrize("wrapper", [WRAPPER, "joblib.numpy_pickle_compat:ZNDArrayWrapper"])
def test_no_other_call_makes_a_wrapper_of_joblib(rated: Rate, maker: str, wrapper: str) -> None:
    found = rated("model.joblib", stream(call(maker, name(wrapper), b"}")))
    assert found.rating is Rating.DANGEROUS
    assert maker.replace(":", ".") in names(found)


HUGE = 1 << 40
BOMBS: dict[str, bytes] = {
    "bytes by name": name("builtins:bytes") + b")" + dict_(source=number(HUGE)) + b"\x92",
    "a bytearray by name": name("builtins:bytearray") + b")" + dict_(source=number(HUGE)) + b"\x92",
    "a product by name": name("itertools:product") + tuple_(list_(NONE)) + dict_(repeat=number(HUGE)) + b"\x92",
    "combinations": call("itertools:combinations", list_(NONE), number(HUGE)),
    "combinations again": call("itertools:combinations_with_replacement", list_(NONE), number(HUGE)),
    "permutations": call("itertools:permutations", list_(NONE), number(HUGE)),
    "an array": call("numpy:ndarray", tuple_(number(HUGE)), text("O")),
    "an array of a number": call("numpy:ndarray", number(HUGE)),
    "records": call("numpy:recarray", tuple_(number(1 << 20), number(1 << 20))),
    "a walk behind a walk": call("builtins:list", call("builtins:enumerate", call("itertools:count"))),
    "a walk behind two": call("builtins:set", call("builtins:iter", call("itertools:cycle", list_(NONE)))),
    "a product of a series": call("itertools:product", call("builtins:range", number(HUGE))),
}


@pytest.mark.parametrize("way", BOMBS)
def test_no_call_asks_for_memory_without_end(rated: Rate, way: str, within: Within) -> None:
    with within(30):
        found = rated("model.pkl", stream(BOMBS[way]))
    assert found.rating is Rating.DANGEROUS, said(found)


@pytest.mark.parametrize(
    "made",
    [
        call("itertools:combinations", list_(NONE), number(2)),
        call("itertools:product", list_(NONE), list_(NONE)),
        name("itertools:product") + tuple_(list_(NONE)) + dict_(repeat=number(3)) + b"\x92",
        call("numpy:ndarray", tuple_(number(2), number(3))),
        call("builtins:bytes", list_(number(1))),
    ],
)
def test_a_small_demand_is_safe(rated: Rate, made: bytes) -> None:
    found = rated("model.pkl", stream(made))
    assert found.rating is Rating.SAFE, said(found)


@pytest.mark.parametrize(
    "full",
    [
        "evil_package.x:Thing",
        "somewhere:run_payload",
        "somewhere.backdoor:Class",
        "tools:ReverseShellExploit",
        "my_pkg:exec_command",
        "x.y:load_remote_url",
        "helpers:PwnedModel",
    ],
)
def test_a_name_that_tells_harm_is_dangerous_without_a_call(rated: Rate, full: str) -> None:
    found = rated("model.pkl", stream(name(full)))
    assert found.rating is Rating.DANGEROUS
    assert full.replace(":", ".") in names(found)


@pytest.mark.parametrize("full", ["somewhere.x:Thing", "my_models:Net", "acme.ml.devil:Medevilling", "virusscan2:A"])
def test_a_name_of_no_list_is_unknown_without_a_call(rated: Rate, full: str) -> None:
    found = rated("model.pkl", stream(name(full)))
    assert found.rating is Rating.UNKNOWN
    assert full.replace(":", ".") in names(found)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    ["short", "word " * 4_000, "wörd\n" * 4_000, "x" * 300_000, b"\x00\xff" * 9_000, bytearray(9_000), 3**8_000, ""],
    ids=["short", "words", "not ascii", "long", "bytes", "bytearray", "number", "empty"],
)
def test_a_pickle_that_is_one_value_is_safe(rated: Rate, value: object, protocol: int) -> None:
    found = rated("value.pkl", pickle.dumps(value, protocol=protocol))
    assert (found.rating, found.format) in {(Rating.SAFE, "pickle"), (Rating.SAFE, "other")}, said(found)


@pytest.mark.parametrize("behind", [SYSTEM, b"cos\nsystem\n(S'echo'\ntR."])
def test_what_follows_one_long_text_is_read(rated: Rate, behind: bytes) -> None:
    found = rated("value.pkl", pickle.dumps("word " * 4_000, protocol=1) + behind)
    assert found.rating is not Rating.SAFE


@pytest.mark.parametrize("decoys", [10, 2_500])
@pytest.mark.parametrize("bad", [SYSTEM, stream(call("somewhere:thing"))])
def test_the_last_value_of_a_crowded_store_is_read(rated: Rate, tmp_path: Path, decoys: int, bad: bytes) -> None:
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as store:
        store.execute("create table kept (value blob)")
        store.executemany("insert into kept values (?)", [(pickle.dumps(one, 2),) for one in range(decoys)])
        honest = rated("honest.db", path.read_bytes())
        assert honest.rating is Rating.SAFE, said(honest)
    store.close()
    with sqlite3.connect(path) as store:
        store.execute("insert into kept values (?)", (bad,))
    store.close()
    assert rated("store.db", path.read_bytes()).rating is not Rating.SAFE
