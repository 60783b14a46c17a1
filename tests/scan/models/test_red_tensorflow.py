"""TensorFlow models as an attacker would write them: graphs, functions, text forms, assets and what lies beside."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

import pytest

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]


def number(value: int) -> bytes:
    """Return a varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def field(place: int, *values: bytes | str | int) -> bytes:
    """Return a field of a message, once for each value."""
    out = b""
    for value in values:
        if isinstance(value, int):
            out += number(place << 3) + number(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += number(place << 3 | 2) + number(len(data)) + data
    return out


def attribute(key: str, value: bytes) -> bytes:
    """Return an attribute of a node."""
    return field(5, field(1, key) + field(2, value))


def node(name: str, operator: str, *inputs: str, more: bytes = b"") -> bytes:
    """Return a node."""
    return field(1, name) + field(2, operator) + field(3, *inputs) + more


def const(name: str, *texts: str) -> bytes:
    """Return a node that holds texts."""
    return node(name, "Const", more=attribute("value", field(8, field(1, 7) + field(8, *texts))))


def packed(name: str, *texts: str) -> bytes:
    """Return a node that holds texts in one piece: their lengths, then they themselves."""
    content = b"".join(number(len(one.encode())) for one in texts) + "".join(texts).encode()
    return node(name, "Const", more=attribute("value", field(8, field(1, 7) + field(4, content))))


def function(name: str, *nodes: bytes) -> bytes:
    """Return a function of a library."""
    return field(1, field(1, name)) + field(3, *nodes)


HONEST: Final = (node("x", "Placeholder"), node("w", "VarHandleOp"), node("y", "MatMul", "x", "w"))


def graph(*nodes: bytes, functions: tuple[bytes, ...] = ()) -> bytes:
    """Return a graph of an honest start and some nodes."""
    library = field(2, field(1, *functions)) if functions else b""
    return field(1, *HONEST, *nodes) + library + field(4, field(1, 1395))


def meta(held: bytes, more: bytes = b"") -> bytes:
    """Return a MetaGraph."""
    return field(1, field(4, "serve") + field(5, "2.15.0")) + field(2, held) + more


def saved(*metas: bytes) -> bytes:
    """Return a SavedModel."""
    return field(1, 1) + field(2, *metas)


def asset(path: str, tensor: str = "asset:0") -> bytes:
    """Return a file of a SavedModel."""
    return field(6, field(1, field(1, tensor)) + field(2, path))


def harm(found: Rated) -> str:
    """Return the names and messages of what is dangerous in a file, as one text."""
    bad = [one for one in found.reasons if one.rating is Rating.DANGEROUS]
    return " | ".join(f"{one.name} {one.finding.message}" for one in bad)


OPERATORS: Final = ("ReadFile", "EagerPyFunc", "TFRecordDataset")
WAYS: Final[dict[str, Callable[[bytes], tuple[str, bytes]]]] = {
    "a SavedModel": lambda one: ("saved_model.pb", saved(meta(graph(one)))),
    "a second MetaGraph": lambda one: ("saved_model.pb", saved(meta(graph()), meta(graph(one)))),
    "no version": lambda one: ("saved_model.pb", field(2, meta(graph(one)))),
    "the version last": lambda one: ("saved_model.pb", field(2, meta(graph(one))) + field(1, 1)),
    "a function": lambda one: ("saved_model.pb", saved(meta(graph(functions=(function("f", one),))))),
    "the last of functions": lambda one: (
        "saved_model.pb",
        saved(meta(graph(functions=(*(function(f"f{place}", HONEST[2]) for place in range(300)), function("g", one))))),
    ),
    "a graph in two pieces": lambda one: ("saved_model.pb", saved(field(2, graph()) + meta(graph(one)))),
    "a library in two pieces": lambda one: (
        "saved_model.pb",
        saved(meta(graph(functions=(function("f", HONEST[2]),)) + field(2, field(1, function("g", one))))),
    ),
    "a frozen graph": lambda one: ("frozen_graph.pb", graph(one)),
    "a frozen function": lambda one: ("model.pb", graph(functions=(function("f", one),))),
    "a graph and nothing else": lambda one: ("graph.pb", field(1, one)),
    "the node first": lambda one: ("optimized_graph.pb", field(1, one, *HONEST)),
    "the versions first": lambda one: ("graph.pb", field(4, field(1, 1395)) + field(1, *HONEST, one)),
    "the library first": lambda one: ("graph.pb", field(2, field(1, function("f", one))) + field(1, *HONEST)),
    "a checkpoint's MetaGraph": lambda one: ("model.ckpt-100.meta", meta(graph(one))),
    "a MetaGraph without its info": lambda one: ("model.meta", field(2, graph(one))),
    "no ending": lambda one: ("graph", graph(one)),
    "another ending": lambda one: ("weights.bin", graph(one)),
}
NODES: Final[dict[str, Callable[[str], bytes]]] = {
    "plain": lambda op: node("evil", op, "x"),
    "the operator first": lambda op: field(2, op) + field(1, "evil"),
    "the operator twice": lambda op: field(1, "evil") + field(2, "Identity", op),
    "a length in more bytes than needed": lambda op: (
        field(1, "evil") + b"\x12" + bytes([len(op) | 128, 0]) + op.encode()
    ),
    "an unknown field": lambda op: field(1, "evil") + field(99, b"x" * 40) + field(2, op),
    "a name of another node": lambda op: node("y", op, "x"),
    "a huge attribute": lambda op: node("evil", op, more=attribute("value", field(2, b"\xff" * 200_000))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", NODES)
def test_an_operator_that_reaches_out_is_named_in_every_place(rated: Rate, shape: str, way: str) -> None:
    for operator in OPERATORS:
        name, data = WAYS[way](NODES[shape](operator))
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, (operator, found)
        assert operator in harm(found)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_places_hold_an_honest_node_safely(rated: Rate, way: str) -> None:
    name, data = WAYS[way](node("z", "Relu", "y"))
    found = rated(name, data)
    assert found.rating is Rating.SAFE, found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operator", ["TeamOp", "Team>Op", "ReadFileV9", "readfile"])
def test_an_operator_that_tensorflow_does_not_hold_is_refused_and_named(rated: Rate, operator: str, way: str) -> None:
    name, data = WAYS[way](node("evil", operator))
    found = rated(name, data)
    assert found.rating is Rating.UNKNOWN, found
    if found.format != "unknown":
        assert operator in {one.name for one in found.reasons}


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_list_of_operators_that_looks_like_a_node_hides_no_graph(rated: Rate, operator: str) -> None:
    disguise = field(1, field(1, "x") + field(2, "Equal"))
    evil = field(1, field(1, "e") + field(2, operator))
    for name, data in (
        ("model.meta", disguise + field(2, evil)),
        ("saved_model.pb", saved(disguise + field(2, evil))),
        ("saved_model.pb", saved(disguise + field(2, field(2, field(1, function("f", evil[2:])))))),
    ):
        assert operator in harm(rated(name, data)), name
    outside = rated("saved_model.pb", saved(disguise + field(2, field(1, *HONEST)) + asset("/etc/passwd")))
    assert "/etc/passwd" in harm(outside)


TABLES: Final[dict[str, tuple[tuple[bytes, ...], str]]] = {
    "a constant": ((const("path", "/etc/passwd"),), "/etc/passwd"),
    "a constant in one piece": ((packed("path", "/etc/passwd"),), "/etc/passwd"),
    "a long constant in one piece": ((packed("path", "/etc/" + "x" * 300),), "/etc/xxx"),
    "the second of two": ((packed("path", "a", "/etc/passwd"),), "/etc/passwd"),
    "an identity": ((const("p", "../../etc/passwd"), node("path", "Identity", "p:0")), "../../etc/passwd"),
    "a chain": ((const("p", "~/.ssh/id_rsa"), node("q", "Identity", "p"), node("path", "Identity", "q:0")), "id_rsa"),
    "a default": ((const("p", "s3://bucket/x"), node("path", "PlaceholderWithDefault", "p")), "s3://bucket/x"),
    "a joined text": ((const("p", "/etc"), const("q", "/passwd"), node("path", "StringJoin", "p", "q")), "/etc"),
    "a separator": (
        (
            const("p", ""),
            const("q", "etc"),
            node("path", "StringJoin", "p", "q", more=attribute("separator", field(2, "/"))),
        ),
        "of /",
    ),
    "a template": (
        (const("p", "x"), node("path", "StringFormat", "p", more=attribute("template", field(2, "/etc/{}")))),
        "StringFormat",
    ),
    "base64": (
        (const("p", base64.b64encode(b"/etc/passwd").decode()), node("path", "DecodeBase64", "p")),
        "DecodeBase64",
    ),
    "a replacement": (
        (const("p", "Xetc"), node("path", "StaticRegexReplace", "p", more=attribute("rewrite", field(2, "/")))),
        "StaticRegexReplace",
    ),
    "numbers": ((node("p", "Const"), node("path", "UnicodeEncode", "p")), "UnicodeEncode"),
}


@pytest.mark.parametrize("operator", ["InitializeTableFromTextFile", "InitializeTableFromTextFileV2"])
@pytest.mark.parametrize("kind", TABLES)
def test_a_table_of_a_file_of_the_host_is_named(rated: Rate, kind: str, operator: str) -> None:
    nodes, shown = TABLES[kind]
    nodes = (node("table", "HashTableV2"), *nodes, node("init", operator, "table", "path"))
    for name, data in (
        ("saved_model.pb", saved(meta(graph(*nodes)))),
        ("saved_model.pb", saved(meta(graph(functions=(function("__inference_init_1", *nodes),))))),
        ("graph.pb", graph(*nodes)),
    ):
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, found
        assert shown in harm(found)


@pytest.mark.parametrize("path", [const("path", "vocab.txt"), packed("path", "vocab.txt"), node("path", "Placeholder")])
@pytest.mark.parametrize("through", ["path", "path:0", "same"])
def test_a_table_of_a_file_of_the_model_is_safe(rated: Rate, path: bytes, through: str) -> None:
    nodes = (node("table", "HashTableV2"), path, node("same", "Identity", "path"))
    init = node("init", "InitializeTableFromTextFileV2", "table", through)
    found = rated("saved_model.pb", saved(meta(graph(*nodes, init), asset("vocab.txt", "path:0"))))
    assert found.rating is Rating.SAFE, found


def test_a_checkpoint_of_the_host_is_named_and_that_of_the_model_is_safe(rated: Rate) -> None:
    def model(prefix: bytes, operator: str = "SaveV2") -> bytes:
        joined = node("save/StringJoin", "StringJoin", "save/Const", "save/part")
        sharded = node("save/ShardedFilename", "ShardedFilename", "save/StringJoin", "save/x")
        named = node("save/SaveV2", operator, "save/ShardedFilename", "save/names")
        return saved(meta(graph(prefix, const("save/part", "_temp_0a/part"), joined, sharded, named)))

    assert rated("saved_model.pb", model(const("save/Const", "model"))).rating is Rating.SAFE
    assert rated("saved_model.pb", model(packed("save/Const", "model"))).rating is Rating.SAFE
    for operator in ("SaveV2", "RestoreV2", "Save", "Restore", "RestoreSlice"):
        for prefix in (const("save/Const", "/etc/cron.d/x"), packed("save/Const", "/etc/cron.d/x")):
            found = rated("saved_model.pb", model(prefix, operator))
            assert found.rating is Rating.DANGEROUS
            assert "/etc/cron.d/x" in harm(found)


PATHS: Final = [
    "/etc/passwd", "../secret", "a/../../b", "..", "C:\\Windows\\x", "\\\\host.invalid\\share", "gs://bucket/x",
    "file:///etc/x",
    "http://host.example/x", "~/.bashrc", "sub/..\\..\\x",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_an_asset_outside_of_the_model_is_named_in_every_form(rated: Rate, path: str) -> None:
    written = path.replace("\\", "\\\\")
    octal = "".join(f"\\{byte:03o}" for byte in path.encode())
    old = asset(path)[2:] if len(asset(path)) < 130 else b""
    collection = field(
        4, field(1, "saved_model_assets") + field(2, field(5, field(1, field(1, "type") + field(2, old))))
    )
    forms = {
        "a.pb": saved(meta(graph(), asset("vocab.txt") + asset(path))),
        "b.pb": saved(asset(path) + meta(graph())),
        "c.pb": saved(meta(graph(), collection)),
        "d.pbtxt": f'meta_graphs {{ asset_file_def {{ filename: "{written}" }} }}'.encode(),
        "e.pbtxt": f"meta_graphs: <asset_file_def: <filename: '{octal}'>>".encode(),
        "f.pbtxt": f'meta_graphs {{ asset_file_def [{{ filename: "a" }}, {{ filename: "{written}" }}] }}'.encode(),
        "g.pbtxt": f"asset_file_def {{ filename: \"{octal[:4]}\" '{octal[4:]}'  }} graph_def {{}}".encode(),
    }
    for name, data in forms.items():
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, (name, found)
        assert path[-4:] in harm(found)
    assert rated("z.pb", saved(meta(graph(), asset("sub/vocab..txt")))).rating is Rating.SAFE


TEXTS: Final = {
    "plain": 'node { name: "e" op: "ReadFile" }',
    "after others": 'node { name: "x" op: "Placeholder" }\n' * 50 + 'node { name: "e" op: "ReadFile" }',
    "single quotes": "node { op: 'ReadFile' name: 'e' }",
    "angle brackets": 'node < name: "e"; op: "ReadFile"; >',
    "a colon": 'node: { name: "e", op: "ReadFile" }',
    "pieces": 'node { name: "e" op: "Read" \'File\' }',
    "escapes": 'node { name: "e" op: "\\x52ead\\106ile" }',
    "wide escapes": 'node { name: "e" op: "\\u0052eadFile" }',
    "remarks": '# honest\nnode { # op: "Relu"\n name: "e" op # here\n : "ReadFile" }',
    "a list": 'node [{ name: "x" op: "Relu" }, { name: "e" op: "ReadFile" }]',
    "a list of one": 'node: [ < name: "e" op: "ReadFile" > ]',
    "said twice": 'node { name: "e" op: "Relu" op: "ReadFile" }',
    "lines of DOS": 'node\r\n{\r\nname: "e"\r\nop: "ReadFile"\r\n}\r\n',
    "a mark": '\ufeffnode { name: "e" op: "ReadFile" }',
    "a function": 'node { op: "Relu" }\nlibrary { function { signature { name: "f" } node_def { op: "ReadFile" } } }',
    "functions in a list": 'node {op: "Abs"} library { function [{}, { node_def [{op: "Abs"}, { op: "ReadFile" }] }] }',
    "the library first": 'library { function { signature { name: "f" } node_def { op: "ReadFile" } } } versions { }',
    "the versions first": 'versions { producer: 1395 } node { op: "ReadFile" }',
}


@pytest.mark.parametrize("kind", TEXTS)
def test_no_writing_of_a_graph_as_text_hides_an_operator(rated: Rate, kind: str) -> None:
    text = TEXTS[kind]
    mark = text.startswith("\ufeff") * "\ufeff"
    inner = text.lstrip("\ufeff")
    forms = {
        "graph.pbtxt": text,
        "frozen.pb.txt": text,
        "graph.prototxt": text,
        "saved_model.pbtxt": f"{mark}saved_model_schema_version: 1\nmeta_graphs {{ graph_def {{ {inner} }} }}",
        "first.pbtxt": f"{mark}meta_graphs {{ meta_info_def {{ tags: 'serve' }} graph_def {{ {inner} }} }}",
        "several.pbtxt": f"{mark}meta_graphs [ {{}}, {{ graph_def {{ {inner} }} }} ]",
        "model.meta": f"{mark}meta_info_def {{ tags: 'serve' }} graph_def {{ {inner} }}",
        "signed.pbtxt": f"{mark}signature_def {{ key: 'x' }} graph_def {{ {inner} }}",
        "saver.pbtxt": f"{mark}saver_def {{ }} graph_def {{ {inner} }}",
        "collection.pbtxt": f"{mark}collection_def {{ key: 'x' }} graph_def: {{ {inner} }}",
        "objects.pbtxt": f"{mark}object_graph_def {{ }} graph_def {{ {inner} }}",
    }
    for name, written in forms.items():
        found = rated(name, written.encode())
        assert found.rating is Rating.DANGEROUS, (name, found)
        assert "ReadFile" in harm(found)
        if "ReadFile" in written:
            twin = rated(name, written.replace("ReadFile", "MatMul").encode())
            assert twin.rating is Rating.SAFE, (name, twin)


@pytest.mark.parametrize("first", ["'", '"'])
def test_paths_in_a_graph_as_text_are_named(rated: Rate, first: str) -> None:
    for value in (f"string_val: {first}/etc/passwd{first}", f"tensor_content: {first}\\013/etc/passwd{first}"):
        text = (
            'node { name: "path" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING VALUE } } } }'
            'node { name: "t" op: "HashTableV2" }'
            'node { name: "i" op: "InitializeTableFromTextFileV2" input: "t" input: "path" }'
        )
        found = rated("graph.pbtxt", text.replace("VALUE", value).encode())
        assert found.rating is Rating.DANGEROUS, found
        assert "/etc/passwd" in harm(found)
        assert rated("graph.pbtxt", text.replace("VALUE", "string_val: 'v.txt'").encode()).rating is Rating.SAFE


LAMBDA: Final = {"class_name": "Lambda", "config": {"function": ["x", None, None]}}
METADATA: Final = {
    "a layer": LAMBDA,
    "a model": {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {}}, LAMBDA]}},
    "training": {"class_name": "Dense", "config": {}, "training_config": {"loss": LAMBDA}},
    "no class": {"layers": [LAMBDA]},
    "a list": [LAMBDA],
    "a callable": {
        "class_name": "Dense",
        "config": {
            "activation": {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
        },
    },
}


def _node_of_metadata(said: str, identifier: str = "_tf_keras_layer") -> bytes:
    return field(1, field(2, 3) + field(3, "root.layer") + field(4, identifier) + field(5, said))


@pytest.mark.parametrize("kind", METADATA)
def test_code_in_the_metadata_of_keras_is_named(rated: Rate, kind: str) -> None:
    said = json.dumps(METADATA[kind])
    honest = _node_of_metadata(json.dumps({"class_name": "Custom", "config": {}}), "_tf_keras_network")
    objects = field(7, field(1, field(4, field(1, "_tf_keras_layer") + field(3, said))))
    forms = {
        "keras_metadata.pb": _node_of_metadata(said),
        "model/keras_metadata.pb": honest * 20 + _node_of_metadata("\n " + said),
        "saved_model.pb": saved(meta(graph(), objects)),
        "saved_model.pbtxt": (
            "meta_graphs { object_graph_def { nodes { user_object { metadata: " + json.dumps(said) + " } } } }"
        ).encode(),
    }
    for name, data in forms.items():
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, (name, found)
        assert "Lambda" in harm(found) or "os.system" in harm(found)
    assert rated("keras_metadata.pb", honest).rating is Rating.SAFE


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_saved_model_in_an_archive_is_judged(rated: Rate, method: int) -> None:
    for inner, data in (
        ("saved_model.pb", saved(meta(graph(node("evil", "ReadFile"))))),
        ("saved_model.pbtxt", b'meta_graphs { graph_def { node { op: "ReadFile" } } }'),
        ("keras_metadata.pb", _node_of_metadata(json.dumps(LAMBDA))),
        ("assets.extra/x.pkl", b"cposix\nsystem\n(S'echo accord'\ntR."),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as held:
            held.writestr("model/1/variables/readme.txt", "honest")
            held.writestr(f"model/1/{inner}", data)
        assert rated("model.zip", out.getvalue()).rating is Rating.DANGEROUS


def test_a_graph_of_many_nodes_is_judged_in_time(rated: Rate, growth: Growth) -> None:
    def judged(count: int) -> Callable[[], Rated]:
        nodes = b"".join(field(1, node(f"n{place}", "Relu", f"n{place - 1}")) for place in range(count))
        data = nodes + field(1, node("evil", "WriteFile", "n1"))
        return lambda: rated("graph.pb", data)

    assert judged(1_000)().rating is Rating.DANGEROUS
    assert growth(judged, 4_000) < 10


@pytest.mark.parametrize("opening", ["node {", "node [{", 'node { op: "', "node { attr { value { list { "])
def test_a_text_that_nests_without_end_is_refused_in_time(rated: Rate, opening: str, within: Within) -> None:
    with within(20):
        found = rated("graph.pbtxt", (opening * 20_000).encode())
    assert found.rating is not Rating.SAFE
