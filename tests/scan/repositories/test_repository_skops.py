from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
Node = dict[str, object]


def node(loader: str, full: str, **more: object) -> Node:
    module, _, name = full.rpartition(".")
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


def said(value: object) -> Node:
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def mapping(**held: object) -> Node:
    return node("DictNode", "builtins.dict", content=held, key_types=node("ListNode", "builtins.list", content=[]))


def estimator(full: str = "sklearn.linear_model._logistic.LogisticRegression", **held: object) -> Node:
    return node("ObjectNode", full, content=mapping(**held))


def packed(schema: object, **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
        archive.writestr("schema.json", schema if isinstance(schema, str) else json.dumps(schema))
    return out.getvalue()


def method(full: str, inner: str, func: str) -> Node:
    return node("MethodNode", full, content={"func": func, "obj": node("ObjectNode", inner)})


SAFE = (
    estimator(C=said(1.0), fit_intercept=said(value=True)),
    node("NdArrayNode", "numpy.float64", type="json", content=[], shape=said([0])),
    node("TypeNode", "numpy.float32"),
    node("FunctionNode", "numpy.log1p"),
    node("RandomStateNode", "numpy.random.mtrand.RandomState", content=mapping()),
    node("SparseMatrixNode", "scipy.sparse._csr.csr_matrix", content=said(1)),
    node("TreeNode", "sklearn.tree._tree.Tree", content=mapping(), __reduce__={"args": said(1)}),
    node("ConstructorFromReduceNode", "datetime.timedelta", content=said([1])),
    node("OperatorFuncNode", "operator.itemgetter", attrs=said([1])),
)
DANGEROUS = (
    estimator("subprocess.run", args=said(["true"])),
    estimator(x=node("FunctionNode", "os.system")),
    estimator(x=node("TypeNode", "builtins.eval")),
    node("ConstructorFromReduceNode", "subprocess.Popen", content=said([["true"]])),
    node("PartialNode", "functools.partial", content={"func": node("FunctionNode", "builtins.exec"), "args": said([])}),
    node("OperatorFuncNode", "operator.methodcaller", attrs=said(["system"])),
    node("OperatorFuncNode", "operator.call", attrs=said([])),
    node("OperatorFuncNode", "builtins.exec", attrs=said([])),
    node("OperatorFuncNode", "operator.attrgetter", attrs=said(["__globals__"])),
    method("builtins.str", "subprocess.Popen", "wait"),
    method("sklearn.linear_model._base.LinearRegression", "sklearn.linear_model._base.LinearRegression", "__reduce__"),
    node("ListNode", "sklearn.linear_model._base.LinearRegression", content=[]),
    node("JsonNode", "sklearn.linear_model._base.LinearRegression", content="1"),
    node(
        "RandomGeneratorNode",
        "numpy.random._generator.Generator",
        content={"bit_generator": mapping(bit_generator=said("seed")), "seed_seq": said(1)},
    ),
)
UNKNOWN = (
    estimator("acme.models.Net"),
    node("FunctionNode", "acme.helpers.clean"),
    node("NewNode", "builtins.dict"),
    method("sklearn.svm._classes.SVC", "sklearn.svm._classes.SVC", "predict"),
    node("OperatorFuncNode", "operator.attrgetter", attrs=said(["name"])),
)


@pytest.mark.parametrize("schema", SAFE)
def test_nodes_of_types_that_hold_data_are_safe(rated: Rate, schema: Node) -> None:
    found = rated("m.skops", packed(schema))
    assert (found.rating, found.format) == (Rating.SAFE, "skops")


@pytest.mark.parametrize("schema", DANGEROUS)
def test_nodes_that_call_or_pretend_are_dangerous(rated: Rate, schema: Node) -> None:
    assert rated("m.skops", packed(schema)).rating is Rating.DANGEROUS
    assert (
        rated("m.skops", packed(estimator(steps=node("ListNode", "builtins.list", content=[schema])))).rating
        is Rating.DANGEROUS
    )


@pytest.mark.parametrize("schema", UNKNOWN)
def test_nodes_of_types_that_nobody_vouches_for_are_unknown(rated: Rate, schema: Node) -> None:
    assert rated("m.skops", packed(schema)).rating is Rating.UNKNOWN


def test_the_same_number_on_two_nodes_hides_neither(rated: Rate) -> None:
    first, second = estimator(), estimator("os.system")
    first["__id__"] = second["__id__"] = 7
    assert rated("m.skops", packed(mapping(a=first, b=second))).rating is Rating.DANGEROUS


def test_a_node_under_an_equal_key_is_found(rated: Rate) -> None:
    text = json.dumps(estimator()).replace(
        '"content"', '"content": ' + json.dumps(estimator("os.system")) + ', "content"', 1
    )
    assert rated("m.skops", packed(text)).rating is Rating.DANGEROUS


def test_an_array_of_objects_beside_the_schema_is_looked_into(rated: Rate) -> None:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    payload = b"cos\nsystem\n(S'true'\ntR."
    array = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n" + payload
    schema = node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.npy")
    assert rated("m.skops", packed(schema, **{"1__npy": array})).rating is Rating.DANGEROUS


def test_a_member_that_is_not_there_is_malformed(rated: Rate) -> None:
    assert rated("m.skops", packed(node("BytesNode", "builtins.bytes", file="gone.bin"))).rating is Rating.MALFORMED


@pytest.mark.parametrize("schema", ["{", "[1]", '{"a": 1}', "null"])
def test_a_schema_that_is_none_is_no_skops_file_and_never_a_crash(rated: Rate, schema: str) -> None:
    assert rated("m.skops", packed(schema)).rating in {Rating.SAFE, Rating.MALFORMED}
