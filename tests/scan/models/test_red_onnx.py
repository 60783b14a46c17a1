"""ONNX as an attacker would write it: every place for a path or an operator, and weights that lie beside the model."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from accord.scan.engine import Target, rate
from accord.scan.models.onnx_operators import Operator, objection, tells
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
NAME = "model.onnx"


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def data(field: int, *values: bytes | str) -> bytes:
    raw = b"".join(value.encode() if isinstance(value, str) else value for value in values)
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def node(op_type: str, domain: str = "", *more: bytes) -> bytes:
    return data(1, data(1, "x"), data(2, "y"), data(4, op_type), *more, data(7, domain) if domain else b"")


def attribute(*fields: bytes) -> bytes:
    return data(5, data(1, "value"), *fields)


def external(*entries: tuple[str, str], located: bool = True) -> bytes:
    pairs = b"".join(data(13, data(1, key), data(2, value)) for key, value in entries)
    return number(1, 2) + number(2, 1) + data(8, "w") + pairs + (number(14, 1) if located else b"")


def at(place: str) -> bytes:
    return external(("location", place))


def graph(*fields: bytes) -> bytes:
    return b"".join(fields) + data(2, "g")


def model(main: bytes, *more: bytes) -> bytes:
    return number(1, 9) + data(2, "maker") + data(7, main) + data(8, data(1, ""), number(2, 17)) + b"".join(more)


RELU = node("Relu")


def function(*nodes: bytes, name: str = "F", domain: str = "f") -> bytes:
    return data(25, data(1, name), *nodes, data(10, domain))


def within(one: bytes) -> bytes:
    """Return a node as a field of a function, where nodes have the number 7."""
    return b"\x3a" + one[1:]


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "an initializer": lambda one: model(graph(RELU, data(5, one))),
    "the second of two": lambda one: model(graph(RELU, data(5, at("w.bin")), data(5, one))),
    "a constant": lambda one: model(graph(node("Constant", "", attribute(data(5, one))))),
    "a list of tensors": lambda one: model(graph(node("Constant", "", attribute(data(10, one))))),
    "the values of a sparse initializer": lambda one: model(graph(RELU, data(15, data(1, one)))),
    "the indices of a sparse initializer": lambda one: model(graph(RELU, data(15, data(2, one)))),
    "a sparse constant": lambda one: model(graph(node("Constant", "", attribute(data(22, data(1, one)))))),
    "a branch": lambda one: model(graph(node("If", "", attribute(data(6, graph(RELU, data(5, one))))))),
    "the body of a loop": lambda one: model(graph(node("Loop", "", attribute(data(6, graph(RELU, data(5, one))))))),
    "a constant in a branch": lambda one: model(
        graph(node("If", "", attribute(data(6, graph(node("Constant", "", attribute(data(5, one))))))))
    ),
    "a list of graphs": lambda one: model(graph(node("If", "", attribute(data(11, graph(RELU, data(5, one))))))),
    "a function": lambda one: model(
        graph(node("F", "f")), function(within(node("Constant", "", attribute(data(5, one)))))
    ),
    "the default of a function's attribute": lambda one: model(
        graph(node("F", "f")), function(within(RELU), data(11, data(1, "a"), data(5, one)))
    ),
    "training": lambda one: model(graph(RELU), data(20, data(1, graph(RELU, data(5, one))))),
}
OUTSIDE = [
    "/etc/passwd", "../secrets.bin", "../../../../etc/shadow", "a/b/../../../x", "./../x", "..", "..\\..\\x",
    "C:\\Windows\\x", "c:/x", "\\\\host\\share\\x", "//host/share/x", "file:///etc/passwd",
    "https://files.example.invalid/w", "s3://bucket.invalid/w", "~/.ssh/id_rsa", "/proc/self/environ",
    "/dev/zero", "*/_ORT_MEM_ADDR_/*", "$HOME/w", "%2e%2e/w", "a/%2E%2E/w", "w\0/../x",
]  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_out_of_the_folder_is_dangerous_at_every_place(rated: Rate, name: str, path: str) -> None:
    found = rated(NAME, PLACES[name](at(path)))
    assert found.rating is Rating.DANGEROUS
    assert any("lie at" in one.finding.message for one in found.reasons if one.rating is Rating.DANGEROUS)


@pytest.mark.parametrize("name", PLACES)
def test_weights_beside_the_model_are_fine_at_every_place(rated: Rate, tmp_path: Path, name: str) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(8))
    found = rated(NAME, PLACES[name](at("w.bin")))
    assert (found.rating, found.reasons) == (Rating.SAFE, ())


@pytest.mark.parametrize(
    "tensor",
    [
        external(("location", "w.bin"), ("location", "../x")),
        external(("location", "../x"), ("location", "w.bin")),
        external(("location", "w.bin"), ("basepath", "/etc")),
        external(("offset", "0"), ("location", "/etc/passwd"), ("length", "8")),
        external(("location", "/etc/passwd"), located=False),
        at("/etc/passwd") + data(9, bytes(8)),
        number(14, 1) + number(14, 0) + at("/etc/passwd"),
    ],
)
def test_a_second_reading_of_a_place_counts_too(rated: Rate, tmp_path: Path, tensor: bytes) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(8))
    assert rated(NAME, PLACES["an initializer"](tensor)).rating is Rating.DANGEROUS


OPERATORS: dict[str, Callable[[bytes], bytes]] = {
    "the graph": lambda one: model(graph(one)),
    "among many": lambda one: model(graph(*[RELU] * 500, one, *[RELU] * 500)),
    "a branch": lambda one: model(graph(node("If", "", attribute(data(6, graph(one)))))),
    "a scan": lambda one: model(graph(node("Scan", "", attribute(data(6, graph(one)))))),
    "five branches deep": lambda one: model(graph(deep(one, 5))),
    "a function": lambda one: model(graph(node("F", "f")), function(within(one))),
    "a function of a function": lambda one: model(
        graph(node("F", "f")), function(within(node("G", "f"))), function(within(one), name="G")
    ),
    "a function that hides a common name": lambda one: model(
        graph(node("MatMul")), function(within(one), name="MatMul", domain="")
    ),
    "a function that nobody calls": lambda one: model(graph(RELU), function(within(one))),
    "training": lambda one: model(graph(RELU), data(20, data(2, graph(one)))),
    "the second graph": lambda one: model(graph(RELU), data(7, graph(one))),
}


def deep(one: bytes, levels: int) -> bytes:
    for _ in range(levels):
        one = node("If", "", attribute(data(6, graph(one))))
    return one


SAID = [
    "corp.unknown::Launch", "com.evil::Exec", "custom::RunShell", "my.ops::SystemCommand", "x::ReverseShell",
    "x::reverse_shell", "x::DownloadPayload", "x::HttpGet", "x::ReadFile", "x::file_writer", "x::LoadLibrary",
    "x::PythonScript", "x::EvilOp", "x::Backdoor", "x::CmdExec", "x::BashRun", "x::PowerShell", "x::GetEnv",
    "x::CurlFetch", "x::Unpickle", "x::TrojanConv", "x::KillProcess", "x::oscommand", "x::runshell",
    "ai.onnx.contrib::PyCustomOp", "com.microsoft::PythonOp", "com.microsoft::TritonOp",
    "ai.onnx.contrib::AzureTextToText",
]  # fmt: skip


@pytest.mark.parametrize("place", OPERATORS)
@pytest.mark.parametrize("full", SAID[:4])
def test_an_operator_that_says_what_it_does_is_dangerous_at_every_place(rated: Rate, place: str, full: str) -> None:
    domain, _, name = full.partition("::")
    found = rated(NAME, OPERATORS[place](node(name, domain)))
    assert found.rating is Rating.DANGEROUS
    assert full in {one.name for one in found.reasons}


@pytest.mark.parametrize("place", OPERATORS)
def test_a_standard_operator_is_safe_at_every_place_that_is_well_formed(rated: Rate, place: str) -> None:
    found = rated(NAME, OPERATORS[place](node("Erf")))
    assert found.rating is (Rating.MALFORMED if place == "the second graph" else Rating.SAFE)


@pytest.mark.parametrize("full", SAID)
def test_what_an_operators_name_tells_is_heard(full: str) -> None:
    domain, _, name = full.partition("::")
    found = objection(Operator(domain, name))
    assert found is not None
    assert found.kind == "operator-dangerous"


@pytest.mark.parametrize(
    "name",
    ["GridSamplePlugin", "EfficientNMS_TRT", "DeformConv", "RoiAlignRotated", "MultiScaleAttention",
     "PolyEval", "RunningMean", "Environments", "CurlNoise2D", "BashfulNorm"],
)  # fmt: skip
def test_honest_custom_operators_are_unknown_and_no_more(name: str) -> None:
    found = objection(Operator("corp", name))
    assert found is not None
    assert (found.kind, tells(name)) == ("operator-unknown", False)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("com.microsoft", "PythonOp"),
        ("com.microsoft", "EPContext"),
        ("ai.onnx.contrib", "PyCustomOp"),
        ("com.microsoft", "ATen"),
    ],
)
def test_a_function_of_that_name_does_not_clear_an_operator_that_a_runtime_has(
    rated: Rate, domain: str, name: str
) -> None:
    content = model(graph(node(name, domain)), function(within(RELU), name=name, domain=domain))
    assert rated(NAME, content).rating is not Rating.SAFE


@pytest.mark.parametrize(("domain", "name"), [("pkg.onnxscript.torch_lib", "aten_gelu"), ("corp", "Launch"), ("", "F")])
def test_a_function_of_its_own_is_what_stands_in_it(rated: Rate, domain: str, name: str) -> None:
    content = model(graph(node(name, domain)), function(within(RELU), name=name, domain=domain))
    assert rated(NAME, content).rating is Rating.SAFE


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 16 + model(graph(RELU)),
        model(graph(RELU)) + b"cos\nsystem\n(S'echo 1'\ntR.",
        b'{"graph": {"initializer": [{"externalData": [{"key": "location", "value": "/etc/passwd"}]}]}}',
        b'<ir_version: 8, opset_import: ["x": 1]> g (float[1] a) => (float[1] b) { b = x.Launch(a) }',
        b"ir_version: 8\ngraph { node { op_type: 'Launch' domain: 'x' } }\n",
    ],
)
def test_what_is_no_model_under_the_name_of_one_is_refused(rated: Rate, content: bytes) -> None:
    assert rated(NAME, content).rating is not Rating.SAFE


# weights beside the model

FLOATS = struct.pack("<4096f", *(random.Random(7).gauss(0, 0.02) for _ in range(4096)))


def beside(tmp_path: Path, name: str, content: bytes, **others: bytes) -> Rated:
    (tmp_path / name).write_bytes(content)
    for other, held in others.items():
        (tmp_path / other.replace("__", ".")).write_bytes(held)
    return rate(Target(tmp_path, name, name))


SIDES = [
    ("model.onnx.data", "model__onnx"),
    ("model.onnx_data", "model__onnx"),
    ("model.onnx_data_1", "model__onnx"),
    ("model.data", "model__onnx"),
    ("model.bin", "model__onnx"),
    ("model.weights", "model__onnx"),
    ("bert-base.v2.onnx.data", "bert-base__v2__onnx"),
    ("decoder.onnx_data", "decoder__onnx"),
    ("weights.pb", "model__onnx"),
    ("layer1.weight", "model__onnx"),
    ("onnx__MatMul_123", "model__onnx"),
    ("gewichte-grün.bin", "model__onnx"),
    ("w" * 150 + ".bin", "model__onnx"),
]


@pytest.mark.parametrize(("side", "owner"), SIDES)
@pytest.mark.parametrize("content", [FLOATS, bytes(20_000) + FLOATS, bytes(4) + FLOATS], ids=["", "zeros", "a zero"])
def test_weights_that_a_model_beside_names_are_safe(tmp_path: Path, side: str, owner: str, content: bytes) -> None:
    found = beside(tmp_path, side, content, **{owner: model(graph(RELU, data(5, at(side))))})
    assert (found.format, found.rating, found.reasons) == ("onnx-weights", Rating.SAFE, ())


@pytest.mark.parametrize(
    "owner",
    [
        model(graph(RELU)),
        model(graph(RELU, data(5, at("other.data")))),
        model(graph(RELU, data(5, at("x.onnx.data")))),
        model(graph(RELU, data(5, at("model.onnx.data2")))),
        b"it is said that location model.onnx.data is fine",
        b"\x0a\x08location\x12\x0fmodel.onnx.data",
    ],
)
def test_weights_that_no_model_names_stay_unknown(tmp_path: Path, owner: bytes) -> None:
    found = beside(tmp_path, "model.onnx.data", FLOATS, model__onnx=owner)
    assert found.rating is Rating.UNKNOWN


def test_weights_without_any_model_stay_unknown(tmp_path: Path) -> None:
    assert beside(tmp_path, "model.onnx.data", FLOATS).rating is Rating.UNKNOWN


def test_a_model_beside_clears_neither_a_pickle_nor_a_program(tmp_path: Path) -> None:
    owner = model(graph(RELU, data(5, at("model.onnx.data"))))
    for content in (
        b"cos\nsystem\n(S'echo 1'\ntR.",
        FLOATS + b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x06echo 1\x85R.",
        b"\x7fELF" + FLOATS,
    ):
        found = beside(tmp_path, "model.onnx.data", content, model__onnx=owner)
        assert found.rating is Rating.DANGEROUS


def test_weights_of_openvino_that_start_with_zeros_are_safe_beside_their_network(tmp_path: Path) -> None:
    network = b'<?xml version="1.0"?>\n<net name="n" version="11"><layers></layers></net>'
    found = beside(tmp_path, "net.bin", bytes(8192) + FLOATS, net__xml=network)
    assert (found.format, found.rating) == ("openvino-weights", Rating.SAFE)
    assert beside(tmp_path, "other.bin", bytes(8192) + FLOATS).rating is Rating.UNKNOWN


def test_a_large_side_file_is_rated_in_time(tmp_path: Path, within: Within) -> None:
    side = tmp_path / "model.onnx_data"
    with side.open("wb") as file:
        file.write(FLOATS)
        file.truncate(1 << 30)
    (tmp_path / "model.onnx").write_bytes(model(graph(RELU, data(5, at(side.name)))))
    with within(300):
        assert rate(Target(tmp_path, side.name, side.name)).rating is Rating.SAFE
