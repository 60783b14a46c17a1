"""Writes a trained encoder as an ONNX file with weights of eight bits, operator by operator: nothing else is in it.

The graph takes `ids` (windows by tokens, padded with 1) and gives `logits`, one a window. Rows of the word table have
a scale each, and so have the columns of every matrix; what flows between is quantised as it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import onnx
from encoder_model import EPSILON, FAR, Encoder, Layer
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

OPSET: Final = 20
FORMAT: Final = 9
STEPS: Final = 127
"""Steps of a weight each side of zero."""
MICROSOFT: Final = "com.microsoft"
FUSED: Final = "MatMulIntegerToFloat"
"""The operator of onnxruntime that multiplies values of eight bits and scales the columns of what comes out."""
RAISED: Final = 0.17
"""What is added to what GELU gives, which is never below -0.17."""
MATRIX: Final = 63
"""Steps of a matrix each side of zero: two products then fit into the sixteen bits that processors without VNNI add."""
SMOOTH: Final = 0.7
"""How much of what makes numbers large goes over to the weights."""
DEVIATIONS: Final = 4.0
"""How many standard deviations a normalised number may be away from its mean, for what it is made small by."""
PADDING: Final = 1
LAST: Final = np.array([-1], dtype=np.int64)
"""The last axis, as operators are told of it."""

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


class Graph:
    """Collects operators and weights; every method returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, Array] = {}
        self._count = 0

    def keep(self, values: Array) -> str:
        """Add a weight; equal ones are kept once."""
        for name, have in self.weights.items():
            if have.size < 16 and have.dtype == values.dtype and have.shape == values.shape and (have == values).all():
                return name
        self.weights[f"w{len(self.weights)}"] = values
        return f"w{len(self.weights) - 1}"

    def add(
        self, kind: str, *inputs: str, outputs: int, domain: str = "", **attributes: float | Sequence[int]
    ) -> tuple[str, ...]:
        """Add an operator."""
        names = tuple(f"v{self._count + at}" for at in range(outputs))
        self._count += outputs
        node = helper.make_node(kind, inputs, names, domain=domain)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self.nodes.append(node)
        return names

    def one(self, kind: str, *inputs: str, domain: str = "", **attributes: float | Sequence[int]) -> str:
        """Add an operator with one output."""
        return self.add(kind, *inputs, outputs=1, domain=domain, **attributes)[0]


def _floats(tensor: Tensor) -> npt.NDArray[np.float32]:
    """Return a tensor as plain floats."""
    return np.ascontiguousarray(tensor.detach().float().numpy())


def _eight(table: Floats, axis: int, *, steps: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """Return a table in eight bits and the scales along an axis."""
    scale = np.maximum(np.abs(table).max(axis=axis, keepdims=True), 1e-8) / steps
    return np.round(table / scale).astype(np.int8), scale.astype(np.float32)


class Rounded(NamedTuple):
    """Tokens in eight bits, the scale of each token, and what stands for zero."""

    values: str
    scales: str
    zero: int


def _line(graph: Graph, x: Rounded, weight: Floats, bias: Floats) -> str:
    """Return a linear map of rounded tokens; the weight has a row for each number that goes in."""
    eight, columns = _eight(weight, 0, steps=MATRIX)
    one, zero = graph.keep(np.array(1, dtype=np.float32)), graph.keep(np.array(x.zero, dtype=np.uint8))
    whole = graph.one(FUSED, x.values, graph.keep(eight), one, graph.keep(columns[0]), zero, domain=MICROSOFT)
    return graph.one("Add", graph.one("Mul", whole, x.scales), graph.keep(bias))


def _joined(*lines: nn.Linear) -> tuple[Floats, Floats]:
    """Return the weights of several linear maps of one input side by side, and their biases."""
    weight = np.concatenate([_floats(line.weight) for line in lines]).T
    return np.ascontiguousarray(weight), np.concatenate([_floats(line.bias) for line in lines])


def _rounded(graph: Graph, x: str, *, positive: bool = False) -> Rounded:
    """Return tokens in eight bits, each with a scale of its own.

    One scale for all tokens loses a lot: a few numbers of a few tokens are twenty times as large as the others. It
    would also let one odd token blur what the others say.
    """
    most = graph.one("ReduceMax", x if positive else graph.one("Abs", x), graph.keep(LAST), keepdims=1)
    most = graph.one("Add", most, graph.keep(np.array(1e-6, dtype=np.float32)))
    steps, zero = (2 * STEPS, 0) if positive else (STEPS, STEPS + 1)
    scale = graph.one("Mul", most, graph.keep(np.array(1 / steps, dtype=np.float32)))
    value = graph.one("Mul", x, graph.one("Reciprocal", scale))
    value = graph.one("Add", value, graph.keep(np.array(zero + 0.5, dtype=np.float32)))
    return Rounded(graph.one("Cast", value, to=TensorProto.UINT8), scale, zero)


def _up(graph: Graph, x: str, layer: Layer) -> str:
    """Return the middle; numbers that the norm before it makes large are made small before they are rounded.

    What is taken from a number is given to its weights (SmoothQuant, arXiv 2211.10438); how large it gets is told by
    the norm, so no texts are needed for it.
    """
    weight, bias = _joined(layer.up)
    large = DEVIATIONS * np.abs(_floats(layer.first.weight)) + np.abs(_floats(layer.first.bias))
    shift = np.maximum(large, 1e-2) ** SMOOTH / np.maximum(np.abs(weight).max(1), 1e-3) ** (1 - SMOOTH)
    shift = (shift / np.exp(np.log(shift).mean())).astype(np.float32)
    smaller = graph.one("Mul", x, graph.keep((1 / shift).astype(np.float32)))
    return graph.one("Gelu", _line(graph, _rounded(graph, smaller), weight * shift[:, None], bias))


def _down(graph: Graph, x: str, layer: Layer) -> str:
    """Return what follows the middle, whose numbers are raised above zero, so that all steps of a byte are used."""
    weight, bias = _joined(layer.down)
    eight, columns = _eight(weight, 0, steps=MATRIX)
    lowered = bias - RAISED * (eight.astype(np.float32) * columns).sum(0)
    raised = graph.one("Add", x, graph.keep(np.array(RAISED, dtype=np.float32)))
    return _line(graph, _rounded(graph, raised, positive=True), weight, lowered.astype(np.float32))


def _norm(graph: Graph, x: str, norm: nn.LayerNorm) -> str:
    """Return normalised tokens."""
    return graph.one(
        "LayerNormalization",
        x,
        graph.keep(_floats(norm.weight)),
        graph.keep(_floats(norm.bias)),
        axis=-1,
        epsilon=EPSILON,
    )


def _layer(graph: Graph, x: str, mask: str, layer: Layer) -> str:
    """Return the tokens after a layer."""
    width = layer.query.in_features
    three = _line(graph, _rounded(graph, x), *_joined(layer.query, layer.key, layer.value))
    heads = graph.keep(np.array([0, 0, layer.heads, width // layer.heads], dtype=np.int64))
    split = graph.add("Split", three, outputs=3, domain="", axis=2, num_outputs=3)
    query, key, value = (graph.one("Reshape", part, heads) for part in split)
    scale = graph.keep(np.array((width // layer.heads) ** -0.5, dtype=np.float32))
    query = graph.one("Mul", graph.one("Transpose", query, perm=[0, 2, 1, 3]), scale)
    near = graph.one("MatMul", query, graph.one("Transpose", key, perm=[0, 2, 3, 1]))
    share = graph.one("Softmax", graph.one("Add", near, mask), axis=-1)
    seen = graph.one("MatMul", share, graph.one("Transpose", value, perm=[0, 2, 1, 3]))
    flat = graph.keep(np.array([0, 0, width], dtype=np.int64))
    seen = graph.one("Reshape", graph.one("Transpose", seen, perm=[0, 2, 1, 3]), flat)
    x = _norm(graph, graph.one("Add", _line(graph, _rounded(graph, seen), *_joined(layer.out)), x), layer.first)
    lower = _down(graph, _up(graph, x, layer), layer)
    return _norm(graph, graph.one("Add", lower, x), layer.second)


def _head(graph: Graph, x: str, there: str, model: Encoder) -> None:
    """Add what is read from the tokens; there is one for a token and zero for padding, with a last axis of one."""
    axis, one = graph.keep(np.array([1], dtype=np.int64)), graph.keep(np.array(1, dtype=np.float32))
    kept = graph.one("Mul", x, there)
    count = graph.one("ReduceSum", there, axis, keepdims=0)
    mean = graph.one("Div", graph.one("ReduceSum", kept, axis, keepdims=0), count)
    far = graph.one("Mul", graph.one("Sub", one, there), graph.keep(np.array(FAR, dtype=np.float32)))
    most = graph.one("ReduceMax", graph.one("Add", kept, far), axis, keepdims=0)
    both = graph.one("Concat", mean, most, axis=1)
    for line, last in ((model.head_in, False), (model.head_out, True)):
        both = graph.one("Gemm", both, graph.keep(_floats(line.weight)), graph.keep(_floats(line.bias)), transB=1)
        both = both if last else graph.one("Gelu", both)
    graph.nodes.append(helper.make_node("Squeeze", [both, axis], ["logits"]))


def _begun(graph: Graph, model: Encoder) -> tuple[str, str, str]:
    """Add the tables; return the tokens, which of them are there, and what attention adds for those that are not."""
    eight, scale = _eight(_floats(model.words.weight), 1, steps=STEPS)
    words = graph.one("Cast", graph.one("Gather", graph.keep(eight), "ids"), to=TensorProto.FLOAT)
    words = graph.one("Mul", words, graph.one("Gather", graph.keep(scale), "ids"))
    zero, first, last = (graph.keep(np.array([value], dtype=np.int64)) for value in (0, 1, 2))
    length = graph.one("Slice", graph.one("Shape", "ids"), first, last)
    places = graph.one("Slice", graph.keep(_floats(model.places.weight)), zero, length, zero)
    x = _norm(graph, graph.one("Add", words, places), model.norm)
    there = graph.one("Not", graph.one("Equal", "ids", graph.keep(np.array(PADDING, dtype=np.int64))))
    there = graph.one("Cast", there, to=TensorProto.FLOAT)
    away = graph.one("Sub", there, graph.keep(np.array(1, dtype=np.float32)))
    away = graph.one("Mul", away, graph.keep(np.array(10_000, dtype=np.float32)))
    mask = graph.one("Unsqueeze", away, graph.keep(np.array([1, 2], dtype=np.int64)))
    return x, graph.one("Unsqueeze", there, graph.keep(np.array([2], dtype=np.int64))), mask


def exported(model: Encoder) -> bytes:
    """Return a trained encoder as the bytes of an ONNX file."""
    graph = Graph()
    x, there, mask = _begun(graph, model)
    for layer in model.layers:
        x = _layer(graph, x, mask, cast("Layer", layer))
    _head(graph, x, there, model)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["windows", "tokens"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["windows"])
    weights = [numpy_helper.from_array(np.asarray(values), name) for name, values in graph.weights.items()]
    body = helper.make_graph(graph.nodes, "encoder", [ids], [logits], weights)
    sets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    proto = helper.make_model(body, opset_imports=sets, ir_version=FORMAT, producer_name="accord")
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString())
