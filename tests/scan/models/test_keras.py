"""Keras archives and configurations: what Keras lists is safe, everything else is named."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import marshal
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final

import h5py  # type: ignore[import-untyped]  # h5py has no stubs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.look import Limits, Look
from accord.scan.models.keras_config import is_keras, judge, judge_bytes
from accord.scan.models.keras_names import Named, doubt, doubt_of_operator, doubt_of_symbol
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating, Sight

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
Json = dict[str, object]

METADATA: Final = json.dumps({"keras_version": "3.9.0", "date_saved": "2026-01-01@00:00:00"})


def thing(
    name: str, config: object = None, *, module: str | None = "keras.layers", registered: str | None = None
) -> Json:
    """Return an object of a configuration, as Keras 3 writes it."""
    inner = {} if config is None else config
    return {"module": module, "class_name": name, "config": inner, "registered_name": registered}


def function(module: str | None, name: str) -> Json:
    """Return a function of a configuration, as Keras 3 writes it."""
    return thing("function", name, module=module, registered=name)


def model(*layers: Json, **more: object) -> Json:
    """Return a sequential model of some layers, after an input and a dense layer."""
    first = thing("InputLayer", {"batch_shape": [None, 4], "dtype": "float32", "name": "input_layer"})
    dense = thing("Dense", {"name": "dense", "units": 2, "activation": "relu"})
    return {**thing("Sequential", {"name": "m", "layers": [first, dense, *layers]}, module="keras"), **more}


def archive(config: object, members: Mapping[str, bytes] | None = None) -> bytes:
    """Return a Keras archive around a configuration, which may be given as bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("metadata.json", METADATA)
        held.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        for name, data in (members or {}).items():
            held.writestr(name, data)
    return out.getvalue()


_CODE = base64.b64encode(marshal.dumps(compile("lambda x: x", "m", "eval"))).decode()


def _names(found: Rated) -> set[str]:
    return {one.name for one in found.reasons if one.rating is not Rating.SAFE}


def _sights(document: object) -> list[Sight]:
    return list(judge(document, Part(b"", name="config.json"), _look()))


def _look() -> Look:
    return Look(lambda _part, _look: iter(()), Limits())


def _weights() -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros((4, 2), "float32"))
    return out.getvalue()


def test_an_ordinary_archive_is_safe(rated: Rate) -> None:
    compiled = {
        "optimizer": thing("Adam", {"learning_rate": 0.001}, module="keras.optimizers"),
        "loss": "mse",
        "metrics": ["accuracy", thing("AUC", {"name": "auc"}, module="keras.metrics")],
        "weighted_metrics": None,
    }
    data = archive(
        model(
            thing("Dense", {"kernel_initializer": thing("GlorotUniform", {"seed": None}, module="keras.initializers")}),
            thing("Activation", {"activation": function("keras.activations", "gelu")}),
            thing("Dense", {"dtype": thing("DTypePolicy", {"name": "float16"}, module="keras")}),
            compile_config=compiled,
            build_config={"input_shape": [None, 4]},
        ),
        {"model.weights.h5": _weights(), "assets/lookup/vocabulary.txt": b"one\ntwo\n"},
    )
    found = rated("model.keras", data)
    assert found.rating is Rating.SAFE, found.reasons
    assert found.format == "keras"


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (thing("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": _CODE}}}), "Lambda"),
        (thing("Lambda", {"function": [_CODE, None, None], "function_type": "lambda"}), "Lambda"),
        (thing("Lambda", {"function": function("builtins", "exec")}), "Lambda"),
        (
            thing("Dense", {"activation": {"class_name": "__lambda__", "config": {"value": [_CODE, None]}}}),
            "__lambda__",
        ),
        (thing("Dense", {"activation": function("os", "system")}), "os.system"),
        (thing("Dense", {"activation": function("numpy", "load")}), "numpy.load"),
        (thing("Dense", {"activation": function("somebody.tools", "run_command")}), "somebody.tools.run_command"),
        (function("keras.utils", "get_file"), "keras.utils.get_file"),
        (function("keras.src.utils.file_utils", "copy"), "keras.src.utils.file_utils.copy"),
        (function("keras.config", "enable_unsafe_deserialization"), "keras.config.enable_unsafe_deserialization"),
        (function("keras.saving", "load_model"), "keras.saving.load_model"),
        (thing("Popen", {}, module="subprocess"), "subprocess.Popen"),
        (thing("StringLookup", {"vocabulary": "/etc/hostname", "name": "s"}), "vocabulary"),
        (thing("TextVectorization", {"vocabulary": "https://host.example/v.txt"}), "vocabulary"),
        (thing("IntegerLookup", {"vocabulary": "words.txt"}), "vocabulary"),
        (thing("TFSMLayer", {"filepath": "/srv/model", "call_endpoint": "serve"}), "keras.layers.TFSMLayer"),
        (thing("TorchModuleWrapper", {"module": {"class_name": "x"}}), "keras.layers.TorchModuleWrapper"),
        (thing("JaxLayer", {}), "keras.layers.JaxLayer"),
        (thing("TFOpLambda", {"function": "io.write_file"}), "io.write_file"),
        (thing("TensorFlowOpLayer", {"node_def": {"op": "ReadFile", "name": "r"}}), "ReadFile"),
        (thing("TensorFlowOpLayer", {"node_def": 'name: "r" op: "PyFunc"'}), "PyFunc"),
        (thing("Dense", {}, registered="get_file"), "keras.layers.Dense registered as get_file"),
    ],
)
def test_what_runs_code_or_reaches_out_is_dangerous_and_named(rated: Rate, layer: Json, name: str) -> None:
    found = rated("model.keras", archive(model(layer)))
    assert found.rating is Rating.DANGEROUS
    assert name in _names(found)


@pytest.mark.parametrize("place", ["metrics", "weighted_metrics", "loss", "optimizer"])
def test_a_callable_hidden_in_the_compile_configuration_is_found(rated: Rate, place: str) -> None:
    data = archive(model(compile_config={place: [function("shutil", "rmtree")]}))
    assert "shutil.rmtree" in _names(rated("model.keras", data))


@pytest.mark.parametrize(
    "layer",
    [
        thing("Mine", {}, module=None, registered="Custom>Mine"),
        thing("Backbone", {}, module="keras_hub.src.models.bert", registered="keras_hub>Backbone"),
        thing("Dense", {}, registered="team>Dense"),
        thing("Fresh", {}, module="keras.layers"),
        thing("Dense", {"activation": function("builtins", "my_activation")}),
        thing("TFOpLambda", {"function": "Strange.symbol"}),
        thing("TensorFlowOpLayer", {"node_def": {"op": "TeamOp"}}),
        thing("ClassMethod", {"cls_ref": "team.Thing", "method_name": "go"}),
    ],
)
def test_a_class_that_keras_does_not_hold_is_unknown(rated: Rate, layer: Json) -> None:
    assert rated("model.keras", archive(model(layer))).rating is Rating.UNKNOWN


@pytest.mark.parametrize(
    "layer",
    [
        thing("Lambda", {"function": function("keras.ops", "abs")}),
        thing("TFOpLambda", {"function": "math.multiply"}, module=None),
        thing("TFOpLambda", {"function": "__operators__.getitem"}, module=None),
        thing("SlicingOpLambda", {"function": "__operators__.getitem"}, module=None),
        thing("TensorFlowOpLayer", {"node_def": {"op": "AddV2"}}, module=None),
        thing("InstanceMethod", {"cls_ref": "tf.RaggedTensor", "method_name": "to_tensor"}, module=None),
        thing("StringLookup", {"vocabulary": ["a", "b"], "oov_token": "[UNK]"}),
        thing("StringLookup", {"vocabulary": None, "vocabulary_size": 5}),
        thing("GetItem", {"name": "get_item"}, module="keras.src.ops.numpy", registered="GetItem"),
        thing("Functional", {"layers": [], "input_layers": []}, module="keras.src.models.functional"),
        thing("Adam", {}, module="keras.optimizers.legacy"),
        thing("Dense", {"kernel_constraint": thing("MaxNorm", {"max_value": 2}, module="keras.constraints")}),
        {"class_name": "__tuple__", "items": [1, 2]},
        {"class_name": "TensorShape", "items": [None, 4]},
    ],
)
def test_what_keras_itself_writes_is_safe(rated: Rate, layer: Json) -> None:
    found = rated("model.keras", archive(model(layer)))
    assert found.rating is Rating.SAFE, found.reasons


def test_keys_that_stand_twice_are_malformed_and_both_readings_are_judged(rated: Rate) -> None:
    evil = '"class_name": "Lambda", "config": {"function": "x"}'
    text = f'{{"class_name": "Sequential", "config": {{"layers": [{{{evil}, "class_name": "Dense"}}]}}}}'
    found = rated("model.keras", archive(text.encode()))
    assert {"Lambda"} <= _names(found)
    assert any("class_name twice" in one.finding.message for one in found.reasons)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_another_coding_hides_nothing(rated: Rate, coding: str) -> None:
    text = json.dumps(model(thing("Dense", {"activation": function("os", "system")})))
    found = rated("model.keras", archive(text.encode(coding)))
    assert found.rating is Rating.DANGEROUS
    assert "os.system" in _names(found)


def test_escapes_of_plain_letters_hide_nothing(rated: Rate) -> None:
    text = json.dumps(model(thing("Lambda", {"function": "x"}))).replace("Lambda", "\\u004cambda")
    assert rated("model.keras", archive(text.encode())).rating is Rating.DANGEROUS


def test_a_configuration_that_nests_too_deeply_is_refused(rated: Rate) -> None:
    text = b'{"class_name":"Sequential","config":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert rated("model.keras", archive(text)).rating in (Rating.UNKNOWN, Rating.MALFORMED)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe\x00", b"not json", b'{"class_name": 3, "config": {}}'])
def test_a_configuration_that_is_none_is_malformed(rated: Rate, text: bytes) -> None:
    assert rated("model.keras", archive(text)).rating is Rating.MALFORMED


def test_a_second_configuration_deeper_in_the_archive_is_judged_too(rated: Rate) -> None:
    evil = json.dumps(model(thing("Lambda", {"function": "x"}))).encode()
    assert rated("model.keras", archive(model(), {"inner/config.json": evil})).rating is Rating.DANGEROUS


def test_an_archive_without_metadata_is_a_keras_archive_all_the_same(rated: Rate) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("config.json", json.dumps(model(thing("Lambda", {"function": "x"}))))
        held.writestr("model.weights.h5", _weights())
    found = rated("model.zip", out.getvalue())
    assert (found.format, found.rating) == ("keras", Rating.DANGEROUS)


def test_weights_with_a_link_to_another_file_are_dangerous(rated: Rate) -> None:
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/hosts.h5", "/x")
    assert rated("model.keras", archive(model(), {"model.weights.h5": out.getvalue()})).rating is Rating.DANGEROUS


def test_weights_as_pickled_arrays_are_dangerous(rated: Rate) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("accord",)

    out = io.BytesIO()
    np.savez(out, a=np.array([Evil()], dtype=object))
    found = rated("model.keras", archive(model(), {"model.weights.npz": out.getvalue()}))
    assert found.rating is Rating.DANGEROUS


def test_metadata_of_a_saved_model_may_name_revived_classes_but_no_code() -> None:
    part = Part(b"", name="keras_metadata.pb")
    revived = {"class_name": "MyModel", "config": {}, "registered_name": "Custom>MyModel"}
    assert list(judge(revived, part, _look(), revived=True)) == []
    coded = {"class_name": "Lambda", "config": {"function": [_CODE, None, None]}}
    assert [one.kind for one in judge(coded, part, _look(), revived=True)] == ["keras-code"]


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        (Named("keras.layers", "Dense"), None),
        (Named("", "Dense"), None),
        (Named("tf_keras.src.layers.core.dense", "Dense"), None),
        (Named("tensorflow.python.framework.tensor_spec", "TensorSpec"), None),
        (Named("keras.utils", "FeatureSpace"), None),
        (Named("keras.utils", "Dense"), "keras-callable"),
        (Named("kerasevil", "Dense"), "keras-custom"),
        (Named("keras.layers", "Strange"), "keras-custom"),
        (Named("builtins", "eval", function=True), "keras-callable"),
        (Named("builtins", "relu", function=True), None),
        (Named("keras.losses", "MeanSquaredError", function=True), None),
        (Named("keras.ops", "unheard_of", function=True), "keras-callable"),
        (Named("__main__", "mine", function=True), "keras-custom"),
        (Named("torch", "load", function=True), "keras-callable"),
    ],
)
def test_a_name_is_judged_by_where_it_lives(named: Named, kind: str | None) -> None:
    assert doubt(named) == kind


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("math.multiply", None),
        ("expand_dims", None),
        ("io.read_file", "keras-callable"),
        ("raw_ops.ReadFile", "keras-callable"),
        ("numpy_function", "keras-callable"),
        ("compat.v1.gfile.Open", "keras-custom"),
        (None, "keras-custom"),
    ],
)
def test_functions_of_tensorflow_are_judged_by_their_place(symbol: object, kind: str | None) -> None:
    assert doubt_of_symbol(symbol) == kind


def test_operators_of_tensorflow_in_layers_are_judged_by_the_list() -> None:
    assert doubt_of_operator("AddV2") is None
    assert doubt_of_operator("ReadFile") == "tf-operator"
    assert doubt_of_operator("NeverHeardOf") == "tf-custom"


def test_the_shape_of_a_configuration_is_recognised() -> None:
    assert is_keras(model())
    assert is_keras({"class_name": "Dense", "module": "keras.layers"})
    assert not is_keras({"class_name": "Dense"})
    assert not is_keras(["class_name", "config"])
    assert not is_keras({"class_name": 1, "config": {}})


def test_a_vocabulary_of_a_million_characters_takes_no_time(within: Within) -> None:
    layer = thing("StringLookup", {"vocabulary": [f"word{number}" for number in range(100_000)]})
    data = json.dumps(model(layer)).encode()
    with within(100):
        assert list(judge_bytes(data, Part(data, name="config.json"), _look())) == []


def test_a_key_that_only_looks_like_a_path_is_left_alone() -> None:
    assert _sights({"loss": {"url": "mse"}, "path": "dense"}) == []
    assert [one.kind for one in _sights({"url": "https://host.example/x"})] == ["keras-path"]


def test_names_that_are_no_texts_are_malformed() -> None:
    assert [one.kind for one in _sights({"class_name": "Dense", "module": 3, "config": {}})] == ["malformed"]
    assert [one.kind for one in _sights({"class_name": ["Dense"], "config": {}})] == ["malformed"]
    assert [one.kind for one in _sights(thing("function", {"a": 1}))] == ["malformed"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["class_name", "config", "module", "function", "registered_name", "x"]), inner
        )
    ),
    max_leaves=30,
)


@given(document=_JSON)
@settings(max_examples=200, deadline=None)
def test_no_document_ends_the_judge_with_an_error(document: object) -> None:
    for sight in _sights(document):
        assert sight.kind.startswith(("keras-", "malformed", "tf-"))


@given(where=st.integers(0, 400), what=st.binary(min_size=1, max_size=6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_configuration_never_ends_with_an_unknown_error(where: int, what: bytes) -> None:
    data = bytearray(json.dumps(model(thing("Dropout", {"rate": 0.1}))).encode())
    data[where : where + len(what)] = what
    with contextlib.suppress(BrokenError):
        list(judge_bytes(bytes(data), Part(bytes(data), name="config.json"), _look()))


def test_the_version_file_of_an_archive_is_safe_alone(rated: Rate) -> None:
    assert rated("metadata.json", METADATA.encode()).rating is Rating.SAFE
