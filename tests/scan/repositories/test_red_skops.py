"""Skops files that an attacker would write against the loaders of each protocol, and the honest ones beside them."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]
Node = dict[str, object]


def node(loader: str, full: str, **more: object) -> Node:
    module, _, name = full.rpartition(".")
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 7, **more}


def plain(value: object) -> Node:
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def several(*held: Node) -> Node:
    return node("ListNode", "builtins.list", content=list(held))


def mapping(**held: object) -> Node:
    return node("DictNode", "builtins.dict", content=held, key_types=several(node("TypeNode", "builtins.str")))


def model(full: str = "sklearn.svm._classes.SVC", **held: object) -> Node:
    return node("ObjectNode", full, content=mapping(**held))


def generator(name: str, loader: str = "RandomGeneratorNode") -> Node:
    state = mapping(bit_generator=plain(name), state=mapping())
    return node(loader, "numpy.random._generator.Generator", content={"bit_generator": state, "seed_seq": mapping()})


def method(func: str, outer: str = "sklearn.svm._classes.SVC", inner: Node | None = None) -> Node:
    return node("MethodNode", outer, content={"func": func, "obj": inner or model(outer)})


def old_function(module: str, name: str, claims: str = "numpy.ufunc") -> Node:
    return node("FunctionNode", claims, content={"module_path": module, "function": name})


def packed(root: Node | str, *, protocol: int = 2, packing: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    out = io.BytesIO()
    text = root if isinstance(root, str) else json.dumps({**root, "protocol": protocol, "_skops_version": "0.13.0"})
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
        archive.writestr("schema.json", text)
    return out.getvalue()


class Payload:
    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("echo red",)


HARMFUL = {
    "object": (model("subprocess.Popen", args=plain(["echo", "red"])), "subprocess.Popen"),
    "object of a nested key": (model(C=model("os._wrap_close")), "os._wrap_close"),
    "function": (model(kernel=node("FunctionNode", "os.system")), "os.system"),
    "function of posix": (model(kernel=node("FunctionNode", "posix.popen")), "posix.popen"),
    "function through numpy": (model(kernel=node("FunctionNode", "numpy.f2py.os.system")), "numpy.f2py.os.system"),
    "function through sklearn": (
        model(k=node("FunctionNode", "sklearn.cluster.os.system")),
        "sklearn.cluster.os.system",
    ),
    "type": (model(kernel=node("TypeNode", "subprocess.Popen")), "subprocess.Popen"),
    "type in the keys": (
        node("DictNode", "builtins.dict", content={}, key_types=several(node("TypeNode", "builtins.exec"))),
        "builtins.exec",
    ),
    "factory": (
        node(
            "DefaultDictNode",
            "collections.defaultdict",
            content={"main": mapping(), "default_factory": node("TypeNode", "pty.spawn")},
        ),
        "pty.spawn",
    ),
    "constructor": (
        node("ConstructorFromReduceNode", "subprocess.Popen", content=several(plain(["true"]))),
        "subprocess.Popen",
    ),
    "constructor that reads": (
        node("ConstructorFromReduceNode", "builtins.open", content=several(plain("x"))),
        "builtins.open",
    ),
    "partial": (
        node(
            "PartialNode",
            "functools.partial",
            content={"func": node("FunctionNode", "builtins.eval"), "args": several(plain("1"))},
        ),
        "builtins.eval",
    ),
    "operator of another module": (node("OperatorFuncNode", "os.system", attrs=several(plain("true"))), "os.system"),
    "methodcaller": (
        node("OperatorFuncNode", "operator.methodcaller", attrs=several(plain("system"))),
        "operator.methodcaller",
    ),
    "call": (
        node("OperatorFuncNode", "operator.call", attrs=several(node("FunctionNode", "os.abort"))),
        "operator.call",
    ),
    "confused operator": (
        node("OperatorFuncNode", "sklearn.linear_model._stochastic_gradient.SGDRegressor", attrs=several()),
        "sklearn.linear_model._stochastic_gradient.SGDRegressor",
    ),
    "getter of dunders": (
        node("OperatorFuncNode", "operator.attrgetter", attrs=several(plain("__init__.__globals__"))),
        "operator.attrgetter",
    ),
    "confused method": (
        method("wait", inner=model("subprocess.Popen")),
        "sklearn.svm._classes.SVC.wait",
    ),
    "method on a wrong name": (
        method("__init__", outer="builtins.int", inner=node("ObjectNode", "builtins.dict")),
        "builtins.int.__init__",
    ),
    "private method": (method("__setstate__"), "sklearn.svm._classes.SVC.__setstate__"),
    "generator called seed": (generator("seed"), "numpy.random.seed"),
    "generator set for all": (model(random_state=generator("set_bit_generator")), "numpy.random.set_bit_generator"),
    "generator of modules": (generator("sys"), "numpy.random.sys"),
    "list that is an object": (node("ListNode", "subprocess.Popen", content=[]), "subprocess.Popen"),
    "loss of another module": (
        node("LossNode", "os.system", content=mapping(), __reduce__={"args": plain("true")}),
        "os.system",
    ),
    "array of another type": (node("NdArrayNode", "os.popen", type="json", content=[], shape=plain([0])), "os.popen"),
    "tree of another type": (
        node("TreeNode", "os.system", content=mapping(), __reduce__={"args": plain(["true"])}),
        "os.system",
    ),
}


@pytest.mark.parametrize(("root", "name"), HARMFUL.values(), ids=HARMFUL)
def test_a_node_that_calls_what_harms_is_named_wherever_it_stands(rated: Rate, root: Node, name: str) -> None:
    for deeper in (root, several(plain(1), root), model(steps=node("TupleNode", "builtins.tuple", content=[root]))):
        found = rated("m.skops", packed(deeper))
        assert found.rating is Rating.DANGEROUS
        assert name in {one.name for one in found.reasons}
        assert found.format == "skops"


OLD = {
    "claims to be a ufunc": old_function("os", "system"),
    "claims to be a known ufunc": old_function("subprocess", "getoutput", "numpy.log1p"),
    "claims to be a function": old_function("builtins", "exec", "builtins.function"),
    "inside of a transformer": model(
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
        func=old_function("pty", "spawn", "numpy.exp"),
    ),
}


@pytest.mark.parametrize("root", OLD.values(), ids=OLD)
def test_a_function_of_the_first_protocol_is_judged_by_what_it_imports(rated: Rate, root: Node) -> None:
    for protocol in (0, 1, 2):
        assert rated("m.skops", packed(root, protocol=protocol)).rating is Rating.DANGEROUS


def test_a_function_of_the_first_protocol_from_nowhere_known_is_not_cleared(rated: Rate) -> None:
    assert rated("m.skops", packed(old_function("acme.tools", "clean"), protocol=0)).rating is Rating.UNKNOWN
    assert rated("m.skops", packed(old_function("", "system", "numpy.log1p"), protocol=0)).rating is not Rating.SAFE


HONEST = {
    "classifier": model(C=plain(1.0)),
    "loss of the newer protocols": model(
        "sklearn.linear_model._stochastic_gradient.SGDClassifier",
        loss_function_=node(
            "LossNode", "sklearn.linear_model._sgd_fast.Hinge", content=mapping(), __reduce__={"args": plain([1.0])}
        ),
    ),
    "loss of the first protocols": model(
        "sklearn.linear_model._stochastic_gradient.SGDClassifier",
        loss_function_=node(
            "SGDNode", "sklearn.linear_model._sgd_fast.Hinge", content=mapping(), __reduce__={"args": plain([1.0])}
        ),
    ),
    "regressor of the first protocols": model(
        "sklearn.linear_model._stochastic_gradient.SGDRegressor",
        loss_function_=node(
            "SGDNode", "sklearn.linear_model._sgd_fast.SquaredLoss", content=mapping(), __reduce__={"args": plain([])}
        ),
    ),
    "generator": generator("PCG64"),
    "method of operator": node("OperatorFuncNode", "operator.itemgetter", attrs=several(plain(0))),
    "ufunc": model(
        "sklearn.preprocessing._function_transformer.FunctionTransformer", func=node("FunctionNode", "numpy.log1p")
    ),
    "ufunc of the first protocol": model(
        "sklearn.preprocessing._function_transformer.FunctionTransformer", func=old_function("numpy", "log1p")
    ),
    "special function of the first protocol": model(k=old_function("scipy.special", "expit", "numpy.ufunc")),
    "words in parameters": model(note=plain("os.system('rm')"), kernel=plain("subprocess")),
    "factory": node(
        "DefaultDictNode",
        "collections.defaultdict",
        content={"main": mapping(), "default_factory": node("TypeNode", "builtins.list")},
    ),
}


@pytest.mark.parametrize("root", HONEST.values(), ids=HONEST)
def test_an_honest_twin_is_safe(rated: Rate, root: Node) -> None:
    for protocol in (0, 2):
        found = rated("m.skops", packed(root, protocol=protocol, packing=zipfile.ZIP_DEFLATED))
        assert (found.rating, found.reasons) == (Rating.SAFE, ())


@pytest.mark.parametrize(
    "name", ["sklearn.linear_model._sgd_fast.os", "os.system", "acme.losses.Mine", "sklearn.svm._classes.SVC"]
)
def test_a_loss_of_the_first_protocols_is_no_way_to_anything_else(rated: Rate, name: str) -> None:
    root = node("SGDNode", name, content=mapping(), __reduce__={"args": plain([])})
    assert rated("m.skops", packed(root)).rating is not Rating.SAFE


def test_a_second_schema_hides_nothing(rated: Rate) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("schema.json", json.dumps(model("os.system")))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("schema.json", json.dumps(model()))
    assert rated("m.skops", out.getvalue()).rating in {Rating.DANGEROUS, Rating.MALFORMED}


def test_escaped_letters_and_equal_keys_hide_nothing(rated: Rate) -> None:
    text = json.dumps(model("os.system")).replace("system", "\\u0073ystem").replace('"os"', '"\\u006fs"')
    assert rated("m.skops", packed(text)).rating is Rating.DANGEROUS
    twice = '{"__class__": "system", ' + json.dumps(model())[1:]
    for hidden in (
        twice,
        twice.replace('"system"', '"SVC"').replace('"__module__"', '"__module__": "os", "__module__"'),
    ):
        assert rated("m.skops", packed(hidden)).rating is not Rating.SAFE


@pytest.mark.parametrize("name", ["model.skops", "model.joblib", "model.pkl"])
def test_a_model_card_that_loads_a_pickle_called_skops_is_dangerous(rated: Rate, name: str) -> None:
    for data in (pickle.dumps(Payload()), gzip.compress(pickle.dumps([1, Payload()])), pickle.dumps(Payload(), 0)):
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS
        assert any(one.name.endswith(".system") for one in found.reasons)


def test_members_beside_the_schema_are_looked_into(rated: Rate) -> None:
    stored = node("BytesNode", "builtins.bytes", file="x.bin")
    big = pickle.dumps([Payload(), "x" * 200])
    assert rated("m.skops", packed(stored, x__bin=big)).rating is Rating.DANGEROUS
    assert rated("m.skops", packed(model(), extra__pkl=pickle.dumps(Payload()))).rating is Rating.DANGEROUS
    assert rated("m.skops", packed(model(), run__sh=b"#!/bin/sh\necho red\n")).rating is Rating.SAFE


def test_a_schema_of_many_nodes_is_read_quickly(rated: Rate, growth: Growth) -> None:
    def read(count: int) -> Callable[[], Rated]:
        root = several(*(model(a=plain(index)) for index in range(count)), model("os.system"))
        data = packed(root, packing=zipfile.ZIP_DEFLATED)
        return lambda: rated("m.skops", data)

    assert read(2_000)().rating is Rating.DANGEROUS
    assert growth(read, 500) < 10


def test_a_schema_that_nests_without_end_is_malformed(rated: Rate) -> None:
    assert rated("m.skops", packed('{"__loader__": "x", "a": ' + "[" * 100_000)).rating is Rating.MALFORMED
