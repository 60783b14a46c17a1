"""Torch 7, Core ML, MXNet and TensorRT files that an attacker would write, and their honest twins."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]


def lua(*rest: bytes | int) -> bytes:
    return b"".join(struct.pack("<i", one) if isinstance(one, int) else one for one in rest)


def words(text: bytes) -> bytes:
    return lua(len(text), text)


CODE = (b"\x1bLJ\x02\x00os", b"\x1bLua\x51\x00os.execute", b"return os.execute('echo red')", b"\x1bLJ\x01")
FRAMES = {
    "alone": lambda function: function,
    "in a table": lambda function: lua(3, 1, 1, 2, words(b"f"), function),
    "in an object": lambda function: lua(
        4, 1, words(b"V 1"), words(b"nn.Sequential"), 3, 2, 1, 2, words(b"forward"), function
    ),
    "in a table of a table": lambda function: lua(3, 1, 1, 2, words(b"a"), 3, 2, 1, 2, words(b"b"), function),
    "as a key": lambda function: lua(3, 1, 1, function, 5, 1),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("code", CODE)
def test_lua_in_a_torch_7_file_is_dangerous_wherever_it_lies(
    rated: Rate, frame: Callable[[bytes], bytes], code: bytes
) -> None:
    for kind in (6, 7, 8):
        function = lua(kind, 9, words(code), 3, 10, 0) if kind != 6 else lua(6, words(code), 0)
        for name in ("m.t7", "m.th", "model.bin"):
            found = rated(name, frame(function))
            if name != "model.bin" or found.format == "torch7":
                assert found.rating is Rating.DANGEROUS, (kind, name)
            assert found.rating is not Rating.SAFE


def test_torch_7_as_text_and_plain_tables(rated: Rate) -> None:
    text = b"3\n1\n1\n2\n1\nf\n8\n2\n29\nreturn os.execute('echo red')\n"
    assert rated("m.t7", text).rating is Rating.DANGEROUS
    plain = lua(3, 1, 1, 2, words(b"size"), 1, struct.pack("<d", 4.0))
    assert (rated("m.t7", plain).rating, rated("m.t7", plain).format) == (Rating.SAFE, "torch7")


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def held(number: int, *payload: bytes | str) -> bytes:
    data = b"".join(one.encode() if isinstance(one, str) else one for one in payload)
    return varint(number << 3 | 2) + varint(len(data)) + data


def coreml(*fields: bytes, version: int = 5) -> bytes:
    return varint(1 << 3) + varint(version) + held(2, held(1, held(1, "x"))) + b"".join(fields)


CUSTOM = held(1, held(1, "layer"), held(500, held(10, "EvilLayer"), held(40, "a description")))
PLAIN = held(1, held(1, "layer"), held(140, b"\x08\x01"))
PACKAGES = {
    "network": coreml(held(500, CUSTOM)),
    "classifier": coreml(held(403, PLAIN, CUSTOM)),
    "regressor": coreml(held(303, PLAIN, CUSTOM)),
    "model": coreml(held(555, held(10, "EvilLayer"))),
    "pipeline": coreml(held(202, held(1, coreml(held(500, CUSTOM))))),
    "second of a pipeline": coreml(
        held(202, held(1, coreml(held(500, PLAIN))), held(1, coreml(held(555, held(10, "EvilLayer")))))
    ),
    "classifying pipeline": coreml(held(200, held(1, held(1, coreml(held(500, CUSTOM)))))),
    "newer": coreml(held(500, CUSTOM), version=9),
}


@pytest.mark.parametrize("data", PACKAGES.values(), ids=PACKAGES)
def test_a_custom_class_of_core_ml_is_named(rated: Rate, data: bytes) -> None:
    for name in ("m.mlmodel", "m.mlpackage/Data/com.apple.CoreML/model.mlmodel", "model.bin"):
        found = rated(name, data)
        assert (found.rating, found.format) == (Rating.DANGEROUS, "coreml")
        assert found.reasons[0].name == "EvilLayer"


def test_core_ml_packages_keep_to_their_folder(rated: Rate) -> None:
    for path, rating in (
        ("com.apple.CoreML/model.mlmodel", Rating.SAFE),
        ("../../evil.mlmodel", Rating.DANGEROUS),
        ("/etc/passwd", Rating.DANGEROUS),
    ):
        manifest = {
            "fileFormatVersion": "1.0.0",
            "itemInfoEntries": {"A": {"name": "m", "path": path}},
            "rootModelIdentifier": "A",
        }
        assert rated("m.mlpackage/Manifest.json", json.dumps(manifest).encode()).rating is rating
    assert rated("m.mlmodel", coreml(held(500, PLAIN))).rating is Rating.SAFE


def symbol(*nodes: dict[str, object]) -> bytes:
    first: dict[str, object] = {"op": "null", "name": "data", "inputs": []}
    return json.dumps(
        {"nodes": [first, *nodes], "arg_nodes": [0], "heads": [[0, 0, 0]], "node_row_ptr": [0, 1]}
    ).encode()


def operator(op: str, key: str = "attrs", **given: str) -> dict[str, object]:
    return {"op": op, "name": "n", key: given, "inputs": [[0, 0, 0]]}


NATIVE = (
    operator("Custom", op_type="evil"),
    operator("Custom", "attr", op_type="evil"),
    operator("Custom", "param", op_type="evil"),
    operator("_Native", info="0x1"),
    operator("_CustomFunction"),
    operator("FullyConnected", op_type="evil"),
    operator("Activation", library="./libevil.so"),
    operator("Activation", path="evil.dll"),
    {**operator("_foreach"), "subgraphs": [{"nodes": [operator("Custom", op_type="evil")]}]},
)


@pytest.mark.parametrize("node", NATIVE)
def test_an_mxnet_operator_of_the_host_is_named(rated: Rate, node: dict[str, object]) -> None:
    for name in ("m-symbol.json", "symbol.json", "model.json"):
        found = rated(name, symbol(operator("FullyConnected", num_hidden="3"), node))
        assert (found.rating, found.format) == (Rating.DANGEROUS, "mxnet")
    assert rated("m-symbol.json", symbol(operator("FullyConnected", num_hidden="3"))).rating is Rating.SAFE


PLUGINS = (
    b"libevil_plugin.so",
    b"./plugins/libevil.so",
    b"evil.dll",
    b"EvilPlugin",
    b"IPluginV2DynamicExt",
    b"EvilPluginCreator",
    b"Evil_TRT",
    b"\x7fELF\x02\x01\x01",
)


@pytest.mark.parametrize("inner", PLUGINS)
@pytest.mark.parametrize("mark", [b"ptrt", b"ftrt", b"trtp", b"\0\0\0\0"])
def test_an_engine_with_a_plugin_is_dangerous(rated: Rate, inner: bytes, mark: bytes) -> None:
    for name in ("m.engine", "m.plan", "m.trt"):
        found = rated(name, mark + bytes(60) + struct.pack("<I", len(inner)) + inner + bytes(100))
        assert (found.rating, found.format) == (Rating.DANGEROUS, "tensorrt")


@pytest.mark.parametrize("inner", [b"", b"EfficientNMS_TRT", b"conv1 + relu", b"so plugins.", bytes(5000)])
def test_an_engine_without_a_plugin_of_ones_own_is_unknown(rated: Rate, inner: bytes) -> None:
    assert rated("m.engine", b"ftrt" + bytes(60) + inner + bytes(100)).rating is Rating.UNKNOWN
