"""ONNX: operators, functions, graphs in graphs, weights elsewhere, sizes; the fields are written by hand here."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.engine import rate_open
from accord.scan.models.onnx import is_onnx
from accord.scan.models.onnx_operators import Operator, objection, tells
from accord.scan.part import Part
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
NAME = "model.onnx"


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def data(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def attribute(field: int, value: bytes, name: str = "a") -> bytes:
    return data(5, data(1, name) + data(field, value))


def node(op_type: str, domain: str = "", *attributes: bytes) -> bytes:
    return data(1, "x") + data(2, "y") + data(4, op_type) + b"".join(attributes) + data(7, domain)


def tensor(dims: tuple[int, ...] = (2,), kind: int = 1, raw: bytes | None = b"\0" * 8, extra: bytes = b"") -> bytes:
    return (
        b"".join(number(1, one) for one in dims)
        + number(2, kind)
        + data(8, "w")
        + (b"" if raw is None else data(9, raw))
        + extra
    )


def external(**entries: str) -> bytes:
    pairs = b"".join(data(13, data(1, key) + data(2, value)) for key, value in entries.items())
    return tensor(raw=None, extra=pairs + number(14, 1))


def graph(*nodes: bytes, weights: bytes = b"", extra: bytes = b"") -> bytes:
    return b"".join(data(1, one) for one in nodes) + data(2, "g") + (data(5, weights) if weights else b"") + extra


def function(domain: str, name: str, *nodes: bytes) -> bytes:
    return data(25, data(1, name) + b"".join(data(7, one) for one in nodes) + data(10, domain))


def model(main: bytes, *more: bytes) -> bytes:
    return number(1, 8) + data(2, "maker") + data(7, main) + data(8, data(1, "") + number(2, 17)) + b"".join(more)


HONEST = model(
    graph(node("MatMul"), node("Relu"), weights=tensor()), data(14, data(1, "path") + data(2, "/home/user/x"))
)


def rated_bytes(content: bytes) -> Rated:
    return rate_open(io.BytesIO(content), NAME)


@pytest.mark.parametrize(
    "main",
    [
        graph(node("MatMul"), node("Relu")),
        graph(
            node("LinearRegressor", "ai.onnx.ml"),
            node("FusedMatMul", "com.microsoft"),
            node("Conv", "com.microsoft.nchwc"),
        ),
        graph(node("If", "", attribute(6, graph(node("Add")), "then_branch"))),
        graph(node("Constant", "", attribute(5, tensor()))),
        graph(node("Constant", "", data(5, data(1, "v") + b"".join(number(8, one) for one in range(-50, 5000))) + b"")),
        graph(
            node(
                "TreeEnsemble",
                "ai.onnx.ml",
                data(5, data(1, "v") + (b"\x3d" + struct.pack("<f", 0.5)) * 40_000 + number(20, 6)),
            )
        ),
        graph(node("Relu"), weights=tensor((3,), 22, b"\0\0")),
        graph(node("Relu"), weights=tensor((2, 0), 1, b"")),
        graph(node("Relu"), weights=tensor((), 7, bytes(8))),
        graph(node("Relu"), weights=tensor((2,), 7, None, data(7, b"\1\2"))),
        graph(node("Relu"), weights=tensor((1,), 8, None, data(6, b"text"))),
    ],
)
def test_honest_models_are_safe(rated: Rate, main: bytes) -> None:
    found = rated(NAME, model(main))
    assert (found.format, found.rating, found.reasons) == ("onnx", Rating.SAFE, ())


def test_the_name_plays_no_part(rated: Rate) -> None:
    assert rated("weights.bin", HONEST).format == "onnx"


def test_a_function_of_the_model_is_an_operator_of_its_own(rated: Rate) -> None:
    main = graph(node("Gelu2", "my.functions"))
    assert rated(NAME, model(main, function("my.functions", "Gelu2", node("Erf")))).rating is Rating.SAFE


STRANGE = node("Special", "corp")


def branch(*nodes: bytes, field: int = 6) -> bytes:
    return node("If", "", attribute(field, graph(*nodes)))


HIDDEN = {
    "in the graph": model(graph(STRANGE)),
    "in a branch": model(graph(branch(STRANGE))),
    "in a branch of a branch": model(graph(branch(branch(STRANGE)))),
    "in a list of graphs": model(graph(branch(STRANGE, field=11))),
    "in a function": model(graph(node("F", "f")), function("f", "F", STRANGE)),
    "in a branch in a function": model(graph(node("F", "f")), function("f", "F", branch(STRANGE))),
    "in a function that nobody calls": model(graph(node("Relu")), function("f", "F", STRANGE)),
    "in training": model(graph(node("Relu")), data(20, data(2, graph(STRANGE)))),
    "in a second graph": model(graph(node("Relu")), data(7, graph(STRANGE))),
    "behind a run of numbers": model(graph(node("If", "", data(5, number(8, 5) * 90 + data(6, graph(STRANGE)))))),
    "before the break": model(graph(STRANGE)) + b"\x0a\x7f",
}


@pytest.mark.parametrize("place", HIDDEN)
def test_an_operator_of_a_strange_library_is_found(rated: Rate, place: str) -> None:
    found = rated(NAME, HIDDEN[place])
    assert found.rating in {Rating.UNKNOWN, Rating.MALFORMED}
    assert "corp::Special" in {one.name for one in found.reasons}


@pytest.mark.parametrize(
    ("domain", "name", "kind"),
    [
        ("com.microsoft", "PythonOp", "operator-dangerous"),
        ("ai.onnx.contrib", "PyCustomOp", "operator-dangerous"),
        ("corp", "LaunchProcess", "operator-dangerous"),
        ("corp", "RunShell", "operator-dangerous"),
        ("corp", "read_file", "operator-dangerous"),
        ("ai.onnx.contrib", "BpeTokenizer", "operator-unknown"),
        ("com.microsoft", "EPContext", "operator-unknown"),
        ("", "Matmul", "operator-unknown"),
        ("AI.ONNX", "MatMul", "operator-disguised"),
        ("ai.onnx.", "MatMul", "operator-disguised"),
        ("аi.onnx", "MatMul", "operator-disguised"),
        ("", "MatMul ", "operator-disguised"),
        ("", "Mat\u200bMul", "operator-disguised"),
    ],
)
def test_operators_are_objected_to_by_what_they_are(domain: str, name: str, kind: str) -> None:
    found = objection(Operator(domain, name))
    assert found
    assert found.kind == kind


@pytest.mark.parametrize(
    "name", ["Resample", "NonMaxSuppressionTRT", "FileSystemless", "Systematic", "DCNv2", "Erfinv", "PreProcess"]
)
def test_ordinary_names_tell_nothing(name: str) -> None:
    assert not tells(name)


@pytest.mark.parametrize(
    "place",
    ["/etc/passwd", "../w.bin", "data/../../w.bin", "..\\w.bin", "C:\\w.bin", "\\\\host\\share", "file:///etc/passwd", "https://x.example/w",
     "~/w.bin", "*/_ORT_MEM_ADDR_/*", "w\0.bin", "${HOME}/w", "%2e%2e/w"],
)  # fmt: skip
def test_weights_outside_the_folder_are_dangerous(rated: Rate, place: str) -> None:
    for main in (
        graph(node("Relu"), weights=external(location=place)),
        graph(node("Constant", "", attribute(5, external(location=place)))),
        graph(node("If", "", attribute(6, graph(node("Relu"), weights=external(location=place))))),
        graph(node("Constant", "", attribute(22, data(1, external(location=place))))),
    ):
        assert rated(NAME, model(main)).rating is Rating.DANGEROUS


def test_weights_beside_the_model_are_fine(rated: Rate, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(64))
    found = rated(NAME, model(graph(node("Relu"), weights=external(location="w.bin", offset="16", length="8"))))
    assert (found.rating, found.reasons) == (Rating.SAFE, ())


def test_weights_that_are_missing_are_unknown(rated: Rate) -> None:
    assert rated(NAME, model(graph(node("Relu"), weights=external(location="w.bin")))).rating is Rating.UNKNOWN


@pytest.mark.parametrize(
    "entries", [{"offset": "60", "length": "8"}, {"offset": "-1"}, {"length": "9" * 30}, {"offset": "x"}]
)
def test_weights_beyond_the_file_beside_are_malformed(rated: Rate, tmp_path: Path, entries: dict[str, str]) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(64))
    content = model(graph(node("Relu"), weights=external(location="w.bin", **entries)))
    assert rated(NAME, content).rating is Rating.MALFORMED


def test_a_link_beside_the_model_is_not_followed_out(rated: Rate, tmp_path: Path) -> None:
    (tmp_path / "w.bin").symlink_to("/etc/passwd")
    assert rated(NAME, model(graph(node("Relu"), weights=external(location="w.bin")))).rating is not Rating.SAFE


BROKEN = {
    "a size that lies": model(graph(node("Relu"), weights=tensor((3,), 1, bytes(8)))),
    "a shape without data": model(graph(node("Relu"), weights=tensor((1 << 40,), 1, None))),
    "no place for weights": model(graph(node("Relu"), weights=external(offset="0"))),
    "a field cut short": HONEST[:-3],
    "bytes at the end": HONEST + b"\0\0\0\0",
    "a group": HONEST + varint(50 << 3 | 3),
    "an attribute that ends with a field of another kind": model(
        graph(node("Relu", "", data(5, data(1, "a") + number(5, 1))))
    ),
    "a name that is a number": model(graph(number(4, 5))),
    "an operator with two names": model(graph(node("Relu") + data(4, "Special"))),
    "functions in a ring": model(
        graph(node("F", "f")), function("f", "F", node("G", "f")), function("f", "G", node("F", "f"))
    ),
}


@pytest.mark.parametrize("lie", BROKEN)
def test_every_lie_is_malformed(rated: Rate, lie: str) -> None:
    found = rated(NAME, BROKEN[lie])
    assert found.rating is Rating.MALFORMED


def test_a_shape_that_overflows_is_an_attack(rated: Rate) -> None:
    assert (
        rated(NAME, model(graph(node("Relu"), weights=tensor((1 << 40, 1 << 40), 1, b"")))).rating is Rating.DANGEROUS
    )
    assert rated(NAME, model(graph(node("Relu"), weights=tensor((-1,), 1, b"")))).rating is Rating.DANGEROUS


def test_graphs_in_graphs_end_somewhere(rated: Rate) -> None:
    inner = graph(node("Relu"))
    for _ in range(300):
        inner = graph(node("If", "", attribute(6, inner)))
    assert rated(NAME, model(inner)).rating is Rating.MALFORMED


def test_unknown_fields_and_types_are_unknown(rated: Rate) -> None:
    assert rated(NAME, HONEST + data(99, "later")).rating is not Rating.SAFE
    assert rated(NAME, model(graph(node("Relu") + data(77, "later")))).rating is Rating.UNKNOWN
    assert rated(NAME, model(graph(node("Relu"), weights=tensor((2,), 99)))).rating is Rating.UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        number(1, 1) + data(2, b"\x0a\x05serve"),  # a SavedModel
        data(1, data(1, "node") + data(2, "Const")) + data(4, number(1, 1500)),  # a frozen graph
        number(1, 5) + data(2, data(1, "x")) + data(300, b"tree"),  # CoreML
        data(1, data(1, "<unk>") + b"\x15" + bytes(4)) * 20,  # a sentencepiece model
        data(1, "net") + data(100, "layer"),  # Caffe
        b"B text that begins with a letter",
        b"",
    ],
)
def test_other_messages_are_not_claimed(content: bytes) -> None:
    assert not is_onnx(Part(content, name="model.pb"))


def test_many_nodes_and_large_weights_are_quick(rated: Rate, within: Within) -> None:
    content = model(graph(*[node("Add")] * 5000, weights=tensor((1 << 22,), 1, bytes(1 << 24))))
    with within(200):
        assert rated(NAME, content).rating is Rating.SAFE


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=5), st.integers(1, 400))
def test_no_change_of_bytes_breaks_the_reader(within: Within, changes: list[tuple[int, int]], cut: int) -> None:
    whole = bytearray(HIDDEN["in a branch in a function"])
    for at, value in changes:
        whole[at % len(whole)] = value
    with within(100):
        for changed in (bytes(whole), bytes(whole[:cut])):
            rated_bytes(changed)
