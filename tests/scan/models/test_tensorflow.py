"""TensorFlow models, written field by field as protocol buffers or as their text form."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.engine import BREAKS, Target, rate
from accord.scan.look import Limits, Look, OverError
from accord.scan.models import operators
from accord.scan.models.prototext import parse, unescaped
from accord.scan.models.tensorflow import is_graph, is_saved_model, read_graph, read_saved_model
from accord.scan.models.tensorflow_bundle import tensors
from accord.scan.models.tensorflow_judge import outside
from accord.scan.models.tensorflow_text import is_text_graph
from accord.scan.part import BrokenError, Part
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


def field(place: int, value: bytes | str | int) -> bytes:
    """Return a field of a message."""
    if isinstance(value, int):
        return number(place << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(place << 3 | 2) + number(len(data)) + data


def text_attribute(key: str, value: str) -> bytes:
    """Return an attribute of a node whose value is a text."""
    return field(5, field(1, key) + field(2, field(2, value)))


def node(name: str, operator: str, *inputs: str, more: bytes = b"") -> bytes:
    """Return a node of a graph."""
    return field(1, name) + field(2, operator) + b"".join(field(3, one) for one in inputs) + more


def const(name: str, value: str) -> bytes:
    """Return a node that is a constant text."""
    tensor = field(1, 7) + field(2, b"") + field(8, value)
    return node(name, "Const", more=field(5, field(1, "value") + field(2, field(8, tensor))))


def function(name: str, *nodes: bytes, arguments: tuple[str, ...] = ()) -> bytes:
    """Return a function of a library."""
    signature = field(1, name) + b"".join(field(2, field(1, one)) for one in arguments)
    return field(1, signature) + b"".join(field(3, one) for one in nodes)


def graph(*nodes: bytes, functions: tuple[bytes, ...] = ()) -> bytes:
    """Return a graph of an honest start and some nodes."""
    first = (node("x", "Placeholder"), node("w", "VarHandleOp"), node("y", "MatMul", "x", "w"))
    held = b"".join(field(1, one) for one in (*first, *nodes))
    library = field(2, b"".join(field(1, one) for one in functions)) if functions else b""
    return held + library + field(4, field(1, 1395))


def meta(held: bytes, more: bytes = b"") -> bytes:
    """Return a MetaGraph."""
    return field(1, field(4, "serve") + field(5, "2.15.0")) + field(2, held) + more


def saved(*metas: bytes) -> bytes:
    """Return a SavedModel."""
    return field(1, 1) + b"".join(field(2, one) for one in metas)


def asset(path: str, tensor: str = "asset:0") -> bytes:
    """Return a file of a SavedModel."""
    return field(6, field(1, field(1, tensor)) + field(2, path))


def test_an_ordinary_saved_model_is_safe(rated: Rate) -> None:
    body = function("__inference_f_1", node("a", "MatMul"), node("b", "BiasAdd", "a"), node("c", "Relu", "b"))
    call = node(
        "z",
        "StatefulPartitionedCall",
        "y",
        more=field(5, field(1, "f") + field(2, field(10, field(1, "__inference_f_1")))),
    )
    found = rated("saved_model.pb", saved(meta(graph(call, functions=(body,)), asset("vocab.txt"))))
    assert (found.format, found.rating) == ("tensorflow-savedmodel", Rating.SAFE), found.reasons


DANGEROUS: Final = [
    "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "EagerPyFunc", "PyFuncStateless", "RemoteCall", "Abort",
    "TextLineDataset", "TFRecordDataset", "LMDBReader", "SaveDataset", "LoadDataset", "ImmutableConst", "RpcCall",
    "DataServiceDatasetV4", "CreateSummaryFileWriter", "DatasetFromGraph", "CSVDatasetV2", "SqlDataset", "SaveV2",
    "WholeFileReaderV2", "RestoreV2", "MergeV2Checkpoints", "InitializeTableFromTextFileV2", "CreateSummaryDbWriter",
]  # fmt: skip


@pytest.mark.parametrize("operator", DANGEROUS)
def test_an_operator_that_reaches_out_is_dangerous_in_a_graph_and_in_a_function(rated: Rate, operator: str) -> None:
    evil = node("evil", operator)
    for held in (graph(evil), graph(functions=(function("__inference_f_1", evil),))):
        for name, data in (("saved_model.pb", saved(meta(held))), ("graph.pb", held), ("model.meta", meta(held))):
            found = rated(name, data)
            assert found.rating is Rating.DANGEROUS, (name, found)
            assert found.reasons[0].name == operator


def test_a_second_meta_graph_is_judged_too(rated: Rate) -> None:
    found = rated("saved_model.pb", saved(meta(graph()), meta(graph(node("evil", "PyFunc")))))
    assert found.rating is Rating.DANGEROUS


@pytest.mark.parametrize("front", [field(2, b""), field(3, 1), field(4, b""), field(2, b"") + field(1, b"")])
def test_a_graph_that_begins_with_something_else_hides_no_node(rated: Rate, front: bytes) -> None:
    found = rated("graph.pb", front + graph(node("evil", "PyFunc")))
    assert found.rating is not Rating.SAFE
    assert (
        rated("saved_model.pb", field(2, front) + saved(meta(graph(node("evil", "PyFunc"))))).rating is not Rating.SAFE
    )


@pytest.mark.parametrize("name", ["fingerprint.pb", "keras_metadata.pb", "x.meta"])
def test_a_graph_under_the_name_of_something_else_is_judged_as_a_graph(rated: Rate, name: str) -> None:
    assert rated(name, graph(node("evil", "PyFunc"))).rating is Rating.DANGEROUS


def test_a_graph_without_nodes_is_not_understood(rated: Rate) -> None:
    assert rated("graph.pb", field(3, 27)).rating is not Rating.SAFE
    assert rated("graph.meta", meta(b"")[:-2]).rating is Rating.UNKNOWN


def test_a_node_with_its_fields_in_another_order_is_judged(rated: Rate) -> None:
    late = field(1, "e") + text_attribute("k", "v" * 5000) + field(2, "PyFunc")
    assert rated("graph.pb", field(1, late)).rating is Rating.DANGEROUS
    assert rated("graph.bin", field(1, late)).rating is not Rating.SAFE
    assert rated("saved_model.pb", saved(meta(field(1, late)))).rating is Rating.DANGEROUS


def test_two_nodes_of_one_name_hide_nothing(rated: Rate) -> None:
    found = rated("graph.pb", graph(node("e", "PyFunc"), node("e", "Relu")))
    assert found.rating is Rating.DANGEROUS


def test_an_operator_of_somebody_else_is_unknown(rated: Rate) -> None:
    found = rated("saved_model.pb", saved(meta(graph(node("c", "TeamSecretOp")))))
    assert (found.rating, found.reasons[0].name) == (Rating.UNKNOWN, "TeamSecretOp")


def test_a_call_of_a_function_by_its_name_is_fine(rated: Rate) -> None:
    held = graph(node("c", "my_function", "x"), functions=(function("my_function", node("r", "Relu")),))
    assert rated("graph.pb", held).rating is Rating.SAFE


def test_a_program_of_another_kind_is_unknown(rated: Rate) -> None:
    assert rated("graph.pb", graph(node("t", "TRTEngineOp"))).rating is Rating.UNKNOWN


@pytest.mark.parametrize("function_name", ["__inference__traced_save_12", "__inference__traced_restore_34"])
def test_saving_and_restoring_are_honest_with_a_name_they_are_given(rated: Rate, function_name: str) -> None:
    body = function(
        function_name,
        const("Const", ".part"),
        node("join", "StringJoin", "file_prefix", "Const:output:0"),
        node("s", "ShardedFilename", "join:output:0"),
        node("save", "SaveV2", "s:filename:0"),
        node("m", "MergeV2Checkpoints", "s:filename:0", "file_prefix"),
        node("r", "RestoreV2", "file_prefix"),
        arguments=("file_prefix",),
    )
    assert rated("saved_model.pb", saved(meta(graph(functions=(body,))))).rating is Rating.SAFE


def test_saving_to_a_constant_path_is_dangerous_wherever_it_stands(rated: Rate) -> None:
    body = function(
        "__inference__traced_save_1",
        const("p", "/etc/cron.d/x"),
        node("i", "Identity", "p:output:0"),
        node("s", "SaveV2", "i"),
    )
    found = rated("saved_model.pb", saved(meta(graph(functions=(body,)))))
    assert found.rating is Rating.DANGEROUS
    assert "/etc/cron.d/x" in found.reasons[0].finding.message


def test_the_saver_of_tensorflow_1_is_honest(rated: Rate) -> None:
    held = graph(
        const("save/Const", "model"),
        node("save/SaveV2", "SaveV2", "save/Const"),
        node("save/RestoreV2", "RestoreV2", "save/Const"),
    )
    assert rated("saved_model.pb", saved(meta(held))).rating is Rating.SAFE


def test_a_table_of_the_models_own_asset_is_fine_and_of_another_file_dangerous(rated: Rate) -> None:
    held = graph(const("asset", "/home/me/vocab.txt"), node("t", "InitializeTableFromTextFileV2", "h", "asset"))
    assert rated("saved_model.pb", saved(meta(held, asset("vocab.txt")))).rating is Rating.SAFE
    found = rated("saved_model.pb", saved(meta(held)))
    assert (found.rating, found.reasons[0].name) == (Rating.DANGEROUS, "InitializeTableFromTextFileV2")


def test_assets_that_tensorflow_1_packs_into_a_collection_are_read(rated: Rate) -> None:
    held = graph(const("asset", "/home/me/vocab.txt"), node("t", "InitializeTableFromTextFileV2", "h", "asset"))
    for path, rating in (("vocab.txt", Rating.SAFE), ("../../etc/passwd", Rating.DANGEROUS)):
        packed = field(1, "type.googleapis.com/tensorflow.AssetFileDef") + field(2, asset(path)[2:])
        collection = field(4, field(1, "saved_model_assets") + field(2, field(5, field(1, packed))))
        assert rated("saved_model.pb", saved(meta(held, collection))).rating is rating


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../up.txt", "a/../../up.txt", "C:\\x", "~/x", "https://host.example/x", "\\\\h\\s"]
)
def test_an_asset_outside_the_model_is_dangerous(rated: Rate, path: str) -> None:
    assert outside(path)
    assert rated("saved_model.pb", saved(meta(graph(), asset(path)))).rating is Rating.DANGEROUS


@pytest.mark.parametrize("path", ["vocab.txt", "sub/vocab.txt", "a..b", "..a/b", "model"])
def test_a_path_inside_the_model_is_fine(path: str) -> None:
    assert not outside(path)


@pytest.mark.parametrize(
    ("operator", "key", "fine", "bad"),
    [
        ("PrintV2", "output_stream", "stderr", "file:///etc/x"),
        ("DebugIdentityV2", "debug_urls", "", "grpc://host.example:1"),
        ("FixedUnigramCandidateSampler", "vocab_file", "", "/etc/passwd"),
        ("DecodeProtoV2", "descriptor_source", "local://", "/etc/descriptors"),
    ],
)
def test_an_attribute_that_names_a_file_or_address_is_dangerous(
    rated: Rate, operator: str, key: str, fine: str, bad: str
) -> None:
    for value, rating in ((fine, Rating.SAFE), (bad, Rating.DANGEROUS)):
        held = graph(node("n", operator, more=text_attribute(key, value)))
        assert rated("graph.pb", held).rating is rating


LAMBDA: Final = '{"class_name": "Lambda", "config": {"function": ["4wEA", null, null], "function_type": "lambda"}}'
REVIVED: Final = '{"class_name": "Mine", "config": {"layers": []}, "registered_name": "Custom>Mine"}'


def _metadata(said: str) -> bytes:
    return field(
        1, field(2, 0) + field(3, "root") + field(4, "_tf_keras_model") + field(5, said) + field(6, field(1, 1))
    )


@pytest.mark.parametrize(
    ("said", "rating"), [(LAMBDA, Rating.DANGEROUS), ("\n " + LAMBDA, Rating.DANGEROUS), (REVIVED, Rating.SAFE)]
)
def test_keras_metadata_are_judged(rated: Rate, said: str, rating: Rating) -> None:
    found = rated("keras_metadata.pb", _metadata(said))
    assert (found.format, found.rating) == ("keras-metadata", rating)
    assert rated("renamed.bin", _metadata(said)).rating is rating
    objects = field(7, field(1, field(4, field(1, "_tf_keras_layer") + field(3, said))))
    assert rated("saved_model.pb", saved(meta(graph(), objects))).rating is rating


def test_a_fingerprint_is_safe(rated: Rate) -> None:
    data = b"".join(field(place, 1 << 60) for place in range(1, 6)) + field(6, field(1, 1)) + field(7, "uuid")
    found = rated("fingerprint.pb", data)
    assert (found.format, found.rating) == ("tensorflow-fingerprint", Rating.SAFE)


TEXT: Final = """
# a comment
node {
  name: "x"
  op: "Placeholder"
  attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "shape" value { shape { dim { size: -1 } } } }
}
node { name: "c" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING string_val: "a\\"b" "c" } } } }
node < name: "y" op: '%s' input: ["x", "c"] >
library { function { signature { name: "f" input_arg { name: "a" } } node_def { name: "i" op: "%s" } } }
versions { producer: 1395 }
"""


@pytest.mark.parametrize(
    ("first", "second", "rating"),
    [
        ("Identity", "Relu", Rating.SAFE),
        ("ReadFile", "Relu", Rating.DANGEROUS),
        ("Identity", "PyFunc", Rating.DANGEROUS),
        ("TeamOp", "Relu", Rating.UNKNOWN),
    ],
)
def test_a_graph_in_text_form_is_judged(rated: Rate, first: str, second: str, rating: Rating) -> None:
    assert rated("graph.pbtxt", (TEXT % (first, second)).encode()).rating is rating
    held = "saved_model_schema_version: 1\nmeta_graphs {\n graph_def {" + TEXT % (first, second) + "} }"
    found = rated("saved_model.pbtxt", held.encode())
    assert (found.format, found.rating) == ("tensorflow-savedmodel", rating)


def test_assets_in_text_form_are_judged(rated: Rate) -> None:
    for path, rating in (("vocab.txt", Rating.SAFE), ("/etc/passwd", Rating.DANGEROUS)):
        held = f'meta_graphs {{ asset_file_def {{ tensor_info {{ name: "a:0" }} filename: "{path}" }} }}'
        assert rated("saved_model.pbtxt", held.encode()).rating is rating
    packed = 'value: "\\n\\005\\n\\003a:0\\022\\013/etc/passwd"'
    collection = f'key: "saved_model_assets" value {{ any_list {{ value {{ {packed} }} }} }}'
    held = f"meta_graphs {{ collection_def {{ {collection} }} }}"
    assert rated("saved_model.pbtxt", held.encode()).rating is Rating.DANGEROUS


def test_metadata_in_text_form_are_judged(rated: Rate) -> None:
    said = LAMBDA.replace('"', '\\"')
    held = f'meta_graphs {{ object_graph_def {{ nodes {{ user_object {{ metadata: "{said}" }} }} }} }}'
    assert rated("saved_model.pbtxt", held.encode()).rating is Rating.DANGEROUS


@pytest.mark.parametrize("text", ["node { name: ", "node { } }", "node { ?? }", "node " + "{ a " * 300, "{ }"])
def test_what_is_no_text_form_is_broken(text: str) -> None:
    with pytest.raises(BrokenError):
        parse(text, _look())


def test_an_any_in_text_form_is_read() -> None:
    root = parse("value { [type.googleapis.com/x.Y] { filename: 'z' } }", _look())
    inner = next(next(root.all("value")).all("type.googleapis.com/x.Y"))
    assert inner.first("filename") == "z"


def test_escapes_of_the_text_form_are_understood() -> None:
    assert unescaped(r"a\n\x41\101\u0042\"\\") == 'a\nAAB"\\'


def test_a_head_of_blanks_takes_no_time(within: Within) -> None:
    with within(5):
        assert not is_text_graph(Part(b" \t\n" * 3000 + b"x", name="a.pbtxt"))
        assert not is_text_graph(Part(b"# a\n" * 3000 + b"x", name="a.pbtxt"))


@pytest.mark.parametrize("text", ["node", "nodes are fine", "library of things", "version 2", "import os\nnode = {}\n"])
def test_prose_is_no_graph_in_text_form(text: str) -> None:
    assert not is_text_graph(Part(text.encode(), name="notes.txt"))


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\x08\x01", b"plain text", bytes(100), b"\x08\x07\x12\x07pytorch", b"\x0a\x05hello"]
)
def test_other_content_is_no_tensorflow(data: bytes) -> None:
    assert not is_graph(Part(data, name="data.bin"))
    assert not is_saved_model(Part(data, name="data.bin"))


@given(data=st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_hardly_ever_claimed(data: bytes) -> None:
    claimed = is_graph(Part(data, name="x.bin")) or is_text_graph(Part(data, name="x.bin"))
    assert not claimed or b"\x12" in data


def _index(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return the index of a checkpoint, as TensorFlow writes sorted tables (without compression)."""

    def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
        body = b"".join(number(0) + number(len(key)) + number(len(value)) + key + value for key, value in pairs)
        return body + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")

    data = block(entries)
    handle = number(0) + number(len(data))
    out = data + bytes(5)
    top, at = block([(b"z", handle)]), len(out)
    out += top + bytes(5)
    footer = number(at) + number(len(top)) + number(at) + number(len(top))
    return out + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def _entry(offset: int, size: int) -> bytes:
    return field(1, 1) + field(2, b"") + field(4, offset) + field(5, size)


def _rated_shard(folder: Path, index: bytes | None, data: bytes) -> Rated:
    name = "variables.data-00000-of-00001"
    (folder / name).write_bytes(data)
    if index is not None:
        (folder / "variables.index").write_bytes(index)
    return rate(Target(folder, name, name))


def test_a_shard_is_safe_when_its_index_accounts_for_every_byte(tmp_path: Path) -> None:
    index = _index([(b"", b"\x08\x01"), (b"a", _entry(0, 60)), (b"b", _entry(60, 40))])
    assert [one.name for one in tensors(Part(index, name="variables.index"), _look())] == ["a", "b"]
    found = _rated_shard(tmp_path, index, b"\1\2\3\4" * 25)
    assert (found.format, found.rating) == ("tensorflow-checkpoint", Rating.SAFE), found.reasons


def test_bytes_of_a_shard_that_belong_to_no_tensor_are_looked_inside(tmp_path: Path) -> None:
    index = _index([(b"a", _entry(0, 60))])
    found = _rated_shard(tmp_path, index, b"\1\2\3\4" * 15 + b"cposix\nsystem\n(S'true'\ntR.")
    assert found.rating is Rating.DANGEROUS


def test_a_tensor_beyond_its_shard_is_malformed(tmp_path: Path) -> None:
    assert _rated_shard(tmp_path, _index([(b"a", _entry(0, 600))]), b"\1" * 60).rating is Rating.MALFORMED


def test_a_shard_without_an_index_is_unknown(tmp_path: Path) -> None:
    assert _rated_shard(tmp_path, None, b"\1\2\3\4" * 25).rating is Rating.UNKNOWN


@pytest.mark.parametrize(("tail", "rating"), [(b"", Rating.SAFE), (b"cposix\nsystem\n(S'true'\ntR.", Rating.DANGEROUS)])
def test_a_checkpoint_in_an_archive_finds_its_index(rated: Rate, tail: bytes, rating: Rating) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("m/saved_model.pb", saved(meta(graph())))
        archive.writestr("m/variables/variables.index", _index([(b"a", _entry(0, 60))]))
        archive.writestr("m/variables/variables.data-00000-of-00001", b"\1\2\3\4" * 15 + tail)
    found = rated("model.zip", out.getvalue())
    assert found.rating is rating, found.reasons


def test_an_index_is_safe_and_a_broken_one_is_not(rated: Rate) -> None:
    index = _index([(b"a", _entry(0, 60))])
    assert rated("variables.index", index).rating is Rating.SAFE
    assert rated("variables.index", b"\xff" * 20 + index[-48:]).rating is Rating.MALFORMED


def test_the_lists_of_operators_agree_with_each_other() -> None:
    assert operators.tensorflow("MatMul") in ("plain", "stateful")
    assert operators.tensorflow("ReadFile") == "file"
    assert operators.tensorflow("PyFunc") == "code"
    assert operators.tensorflow("NoSuchOperator") is None


def test_a_large_graph_is_judged_in_time_that_grows_with_its_size(growth: Growth) -> None:
    def judged(count: int) -> Callable[[], object]:
        part = Part(graph(*(node(f"n{number}", "Relu", "x") for number in range(count))), name="graph.pb")
        return lambda: list(read_graph(part, _look()))

    assert list(read_graph(Part(graph(node("n", "Relu", "x")), name="graph.pb"), _look())) == []
    assert growth(judged, 10_000) < 10


def _look() -> Look:
    return Look(lambda _part, _look: iter(()), Limits())


_SEED: Final = saved(
    meta(
        graph(
            const("c", "x"),
            node("t", "InitializeTableFromTextFileV2", "h", "c"),
            functions=(function("f", node("a", "Add")),),
        ),
        asset("vocab.txt"),
    )
)


@given(where=st.lists(st.tuples(st.integers(0, len(_SEED) - 1), st.integers(0, 255)), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_a_mutated_model_never_ends_with_an_unknown_error(where: list[tuple[int, int]]) -> None:
    data = bytearray(_SEED)
    for place, value in where:
        data[place] = value
    part = Part(bytes(data), name="saved_model.pb")
    is_saved_model(part), is_graph(part)
    for reader in (read_saved_model, read_graph):
        with contextlib.suppress(OverError, *BREAKS):
            list(reader(part, _look()))


@given(text=st.text(alphabet="node{}<>:[]\"' \n#ab,0x\\", max_size=80))
@settings(max_examples=300, deadline=None)
def test_no_text_ends_the_parser_with_an_unknown_error(text: str) -> None:
    with contextlib.suppress(BrokenError):
        parse(text, _look())
