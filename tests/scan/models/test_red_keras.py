"""Keras models as an attacker would write them: each class of attack in several places, and an honest twin of each."""

from __future__ import annotations

import base64
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

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Rate = Callable[..., Rated]
Json = dict[str, object]
CODE: Final = base64.b64encode(marshal.dumps(compile("__import__('os').system('echo accord')", "m", "eval"))).decode()


def thing(name: str, config: object = None, module: str | None = "keras.layers", **more: object) -> Json:
    """Return an object as Keras 3 writes it."""
    return {"module": module, "class_name": name, "config": config or {}, "registered_name": None, **more}


def call(module: str | None, name: str, **more: object) -> Json:
    """Return a function as Keras 3 writes it."""
    return thing("function", name, module, registered_name=name) | more


def sequential(*layers: Json, **more: object) -> Json:
    """Return a sequential model as Keras 3 writes it."""
    first = thing("InputLayer", {"batch_shape": [None, 4], "dtype": "float32"})
    return thing("Sequential", {"name": "m", "layers": [first, *layers]}, "keras") | more


def functional(*layers: Json) -> Json:
    """Return a model of layers in a graph, as Keras 3 writes it."""
    kept = [
        one | {"name": f"l{place}", "inbound_nodes": [{"args": [], "kwargs": {}}]} for place, one in enumerate(layers)
    ]
    inner = {"layers": kept, "input_layers": [["l0", 0, 0]], "output_layers": [["l0", 0, 0]]}
    return thing("Functional", inner, "keras.src.models.functional")


def old(*layers: Json) -> Json:
    """Return a sequential model as Keras 2 writes it."""
    return {"class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}, "keras_version": "2.12.0"}


def bare(name: str, config: object = None) -> Json:
    """Return an object as Keras 2 writes it."""
    return {"class_name": name, "config": config or {}}


def archive(config: object, members: Mapping[str, bytes] | None = None, root: str = "") -> bytes:
    """Return a Keras archive around a configuration, which may be given as bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr(f"{root}metadata.json", '{"keras_version": "3.9.0", "date_saved": "2026-01-01@00:00:00"}')
        held.writestr(f"{root}config.json", config if isinstance(config, bytes) else json.dumps(config))
        for name, data in (members or {}).items():
            held.writestr(root + name, data)
    return out.getvalue()


def weights(config: object = None, key: str = "model_config") -> bytes:
    """Return weights as HDF5, with a configuration in an attribute."""
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((4, 2), "float32")
        if config is not None:
            file.attrs[key] = json.dumps(config)
    return out.getvalue()


def harm(found: Rated) -> str:
    """Return the names and messages of what is dangerous in a file, as one text."""
    bad = [one for one in found.reasons if one.rating is Rating.DANGEROUS]
    return " | ".join(f"{one.name} {one.finding.message}" for one in bad)


LAMBDA: Final = bare("Lambda", {"name": "l", "function": [CODE, None, None], "function_type": "lambda"})
LAMBDAS: Final = {
    "of Keras 2": LAMBDA,
    "of Keras 3": thing("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": CODE}}}),
    "without a type": bare("Lambda", {"function": CODE}),
    "of a raw function": bare("Lambda", {"function": "step", "function_type": "function", "module": "__main__"}),
    "with a shape": bare("Dense", {"output_shape": [CODE], "output_shape_type": "lambda"}),
    "with a mask": bare("Masking", {"mask": [CODE], "mask_type": "lambda"}),
    "as an activation": thing("Dense", {"activation": {"class_name": "__lambda__", "config": {"code": CODE}}}),
    "as an initializer": thing("Dense", {"kernel_initializer": {"class_name": "__lambda__", "config": {"code": CODE}}}),
    "under a package": thing("Lambda", {"function": CODE}, None, registered_name="keras>Lambda"),
    "under another name": thing("Dense", {"function": CODE}, None, registered_name="keras>Lambda"),
    "with a path before it": thing("keras.layers.Lambda", {"function": CODE}, None),
    "of a module": thing("Lambda", {"function": call("os", "system")}),
}
NESTINGS: Final[dict[str, Callable[[Json], object]]] = {
    "a sequential model": sequential,
    "a model of Keras 2": old,
    "a graph": lambda one: functional(thing("InputLayer"), one),
    "a model in a model": lambda one: functional(sequential(functional(one))),
    "a wrapper": lambda one: sequential(thing("TimeDistributed", {"layer": one})),
    "both sides of a wrapper": lambda one: sequential(thing("Bidirectional", {"backward_layer": one, "layer": {}})),
    "a cell": lambda one: sequential(thing("RNN", {"cell": thing("StackedRNNCells", {"cells": [{}, one]})})),
    "an argument": lambda one: sequential(thing("Add", inbound_nodes=[{"args": [[one]], "kwargs": {"mask": one}}])),
    "a list under no name": lambda one: sequential(build_config={"input_shape": [[None, [one]]]}),
    "the compile configuration": lambda one: sequential(compile_config={"loss": one, "metrics": []}),
}


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("kind", LAMBDAS)
def test_a_lambda_is_named_wherever_it_lies(rated: Rate, kind: str, nesting: str) -> None:
    config = NESTINGS[nesting](LAMBDAS[kind])
    files = {"m.keras": archive(config), "m.h5": weights(config), "model.json": json.dumps(config).encode()}
    for name, data in files.items():
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, (name, found.reasons)
        assert "ambda" in harm(found)


@pytest.mark.parametrize("nesting", NESTINGS)
def test_a_layer_of_keras_is_safe_wherever_it_lies(rated: Rate, nesting: str) -> None:
    config = NESTINGS[nesting](thing("Dense", {"units": 2, "activation": call("keras.activations", "relu")}))
    for name, data in {"m.keras": archive(config), "m.h5": weights(config)}.items():
        found = rated(name, data)
        assert found.rating is Rating.SAFE, (name, found.reasons)


CALLS: Final = {
    "os.system": call("os", "system"),
    "posix.system": call("posix", "system"),
    "subprocess.Popen": thing("Popen", {"args": ["echo", "accord"]}, "subprocess"),
    "subprocess.check_output": call("subprocess", "check_output"),
    "builtins.exec": call("builtins", "exec"),
    "builtins.eval": call("builtins", "eval"),
    "builtins.__import__": call("builtins", "__import__"),
    "importlib.import_module": call("importlib", "import_module"),
    "runpy.run_path": call("runpy", "run_path"),
    "pip.main": call("pip", "main"),
    "numpy.load": call("numpy", "load"),
    "numpy.f2py.crackfortran.getlincoef": call("numpy.f2py.crackfortran", "getlincoef"),
    "torch.load": call("torch", "load"),
    "pickle.loads": call("pickle", "loads"),
    "heapq.nsmallest": call("heapq", "nsmallest"),
    "http.server.test": call("http.server", "test"),
    "webbrowser.open": call("webbrowser", "open"),
    "shutil.rmtree": call("shutil", "rmtree"),
    "keras.utils.get_file": call("keras.utils", "get_file"),
    "keras.src.utils.file_utils.get_file": thing(
        "get_file", {"origin": "x", "extract": True}, "keras.src.utils.file_utils"
    ),
    "tensorflow.keras.utils.get_file": call("tensorflow.keras.utils", "get_file"),
    "tf_keras.utils.get_file": call("tf_keras.utils", "get_file"),
    "keras.config.enable_unsafe_deserialization": call("keras.config", "enable_unsafe_deserialization"),
    "keras.src.saving.serialization_lib.enable_unsafe_deserialization": call(
        "keras.src.saving.serialization_lib", "enable_unsafe_deserialization"
    ),
    "keras.models.load_model": call("keras.models", "load_model"),
    "keras.src.saving.saving_lib.load_model": call("keras.src.saving.saving_lib", "load_model"),
    "keras.src.utils.python_utils.func_load": call("keras.src.utils.python_utils", "func_load"),
    "keras.src.utils.file_utils.extract_open_archive": call("keras.src.utils.file_utils", "extract_open_archive"),
    "keras.utils.set_random_seed": call("keras.utils", "set_random_seed"),
    "tensorflow.io.read_file": call("tensorflow.io", "read_file"),
    "tensorflow.py_function": call("tensorflow", "py_function"),
    "tensorflow.raw_ops.WriteFile": call("tensorflow.raw_ops", "WriteFile"),
    "os.path.join": call(None, "os.path.join"),
    "nt.system": call("", "nt.system"),
    "builtins:eval": call(None, "builtins:eval"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_callable_of_a_module_is_named_wherever_keras_takes_a_function(rated: Rate, name: str) -> None:
    one = CALLS[name]
    places = (
        one,
        sequential(one),
        sequential(thing("Dense", {"activation": one})),
        sequential(thing("TextVectorization", {"standardize": one})),
        sequential(compile_config={"optimizer": "adam", "metrics": [["accuracy", {"custom": one}]]}),
        functional(thing("Lambda", {"function": one, "arguments": {"x": "echo accord"}})),
    )
    for config in places:
        for path, data in {"model.keras": archive(config), "config.json": json.dumps(config).encode()}.items():
            found = rated(path, data)
            assert found.rating is Rating.DANGEROUS, (path, config, found.reasons)
            assert name in harm(found)


@pytest.mark.parametrize(
    "one",
    [
        call("keras.activations", "relu"),
        call("keras.ops", "softmax"),
        call("keras.src.ops.nn", "gelu"),
        call("builtins", "mse"),
        call(None, "linear"),
        thing("MeanSquaredError", {"reduction": "sum_over_batch_size"}, "keras.losses"),
        thing("GlorotUniform", {"seed": None}, "keras.initializers"),
        bare("function", "swish"),
    ],
)
def test_a_function_of_keras_is_safe_in_the_same_places(rated: Rate, one: Json) -> None:
    for config in (
        sequential(thing("Dense", {"activation": one})),
        sequential(thing("TextVectorization", {"standardize": one, "vocabulary": ["a"]})),
        sequential(compile_config={"optimizer": "adam", "metrics": [["accuracy", {"custom": one}]]}),
    ):
        assert rated("model.keras", archive(config)).rating is Rating.SAFE, config


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("vocabulary", thing("StringLookup", {"vocabulary": "/etc/passwd"})),
        ("vocabulary", thing("StringLookup", {"vocabulary": "../../home/x/.ssh/id_rsa", "mask_token": None})),
        ("vocabulary", thing("StringLookup", {"vocabulary": "http://169.254.0.1/latest/meta-data"})),
        ("vocabulary", thing("IndexLookup", {"vocabulary": "gs://bucket/x"})),
        ("vocabulary", thing("IntegerLookup", {"vocabulary": "C:\\Users\\x\\secrets"})),
        ("vocabulary", thing("TextVectorization", {"vocabulary": "~/.aws/credentials"})),
        ("vocabulary", thing("StringLookup", {"vocabulary": ["/etc/passwd"], "config": {"vocabulary": "/etc/x"}})),
        ("idf_weights", thing("TextVectorization", {"idf_weights": "/proc/self/environ"})),
        ("TFSMLayer", thing("TFSMLayer", {"filepath": "evil_saved_model", "call_endpoint": "serve"})),
        ("TFSMLayer", thing("TFSMLayer", {}, "keras.src.export.tfsm_layer")),
        ("TFSMLayer", thing("TimeDistributed", {"layer": thing("TFSMLayer", {"filepath": "//host.invalid/share"})})),
        ("TorchModuleWrapper", thing("TorchModuleWrapper", {"module": CODE})),
        ("TorchModuleWrapper", thing("TorchModuleWrapper", {}, "keras.src.utils.torch_utils")),
        ("TorchModuleWrapper", thing("Dense", {}, None, registered_name="TorchModuleWrapper")),
        ("JaxLayer", thing("JaxLayer", {"call_fn": call("keras.ops", "abs")})),
        ("FlaxLayer", thing("FlaxLayer", {})),
        ("cache_dir", thing("Dense", {"cache_dir": "/root"})),
        ("origin", thing("Dense", {"origin": "https://host.example/payload.tar.gz"})),
        ("ModelCheckpoint", thing("ModelCheckpoint", {"monitor": "x"}, "keras.callbacks")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("write", [sequential, functional, old])
def test_a_layer_that_reads_a_file_or_foreign_code_is_named(
    rated: Rate, name: str, layer: Json, write: Callable[[Json], Json]
) -> None:
    for path, data in {"m.keras": archive(write(layer)), "m.hdf5": weights(write(layer))}.items():
        found = rated(path, data)
        assert found.rating is Rating.DANGEROUS, (path, found.reasons)
        assert name in harm(found)


@pytest.mark.parametrize(
    "layer",
    [
        thing("StringLookup", {"vocabulary": ["/etc/passwd", "http://x"], "oov_token": "[UNK]"}),
        thing("StringLookup", {"vocabulary": None, "name": "string/lookup"}),
        thing("TextVectorization", {"vocabulary": [], "idf_weights": [0.1], "standardize": "lower"}),
        thing("IntegerLookup", {"vocabulary": [1, 2, 3], "vocabulary_dtype": "int64"}),
        thing("StringLookup", {"vocabulary": thing("__numpy__", {"value": ["a"], "dtype": "str"}, None)}),
    ],
)
def test_a_table_that_holds_its_own_words_is_safe(rated: Rate, layer: Json) -> None:
    held = {"assets/string_lookup/vocabulary.txt": b"/etc/passwd\nimport os\n", "model.weights.h5": weights()}
    found = rated("m.keras", archive(sequential(layer), held))
    assert found.rating is Rating.SAFE, found.reasons


def _twice(inner: str) -> bytes:
    return f'{{"class_name": "Sequential", "config": {{"layers": [{{{inner}}}]}}}}'.encode()


_PLAIN: Final = json.dumps(sequential(LAMBDA))
WRITINGS: Final = {
    "UTF-16 with a mark": _PLAIN.encode("utf-16"),
    "UTF-16 without a mark": _PLAIN.encode("utf-16-be"),
    "UTF-32": _PLAIN.encode("utf-32-le"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + _PLAIN.encode(),
    "white space": b"\n\t " * 3000 + _PLAIN.encode() + b"\n" * 50,
    "escaped letters": _PLAIN.replace("Lambda", "\\u004C\\u0061mbda").encode(),
    "an escaped key": _PLAIN.replace('"class_name"', '"clas\\u0073_name"').encode(),
    "no spaces": _PLAIN.replace(" ", "").encode(),
    "the second of two": _twice('"class_name": "Dense", "config": {}, "class_name": "Lambda"'),
    "the first of two": _twice('"class_name": "Lambda", "config": {}, "class_name": "Dense"'),
    "the middle of three": _twice('"class_name": "Dense", "class_name": "Lambda", "config": {}, "class_name": "Dense"'),
    "the middle of four": _twice(
        '"config": {}, "class_name": "A", "class_name": "B", "class_name": "Lambda", "class_name": "C"'
    ),
    "an object that is said again": _twice('"layer": {"class_name": "Lambda", "config": {}}, "layer": null'),
    "a list that is said again": b'{"class_name": "Sequential", "config": ['
    + json.dumps(LAMBDA).encode()
    + b'], "config": {}}',
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_no_writing_of_json_hides_a_lambda(rated: Rate, writing: str) -> None:
    found = rated("m.keras", archive(WRITINGS[writing]))
    assert found.rating is Rating.DANGEROUS, found.reasons
    assert "Lambda" in harm(found)
    alone = rated("model.json", WRITINGS[writing])
    assert (alone.rating is Rating.DANGEROUS) != (writing == "UTF-32")  # as a text, that is of no known kind
    assert alone.rating is not Rating.SAFE


_EVIL: Final = json.dumps(sequential(LAMBDA)).encode()
MEMBERS: Final[dict[str, dict[str, bytes]]] = {
    "another configuration": {"sub/config.json": _EVIL},
    "a configuration in capitals": {"CONFIG.JSON": _EVIL},
    "a preprocessor of KerasHub": {"preprocessor.json": _EVIL},
    "a configuration of a quantizer": {"quantization_config.json": _EVIL},
    "an asset": {"assets/layer/config.json": _EVIL},
    "a model in the archive": {"assets/inner.keras": archive(sequential(LAMBDA))},
    "a model in the weights": {"model.weights.h5": weights(sequential(LAMBDA))},
    "training in the weights": {"model.weights.h5": weights(sequential(call("os", "system")), "training_config")},
    "a pickle": {"assets/state.pkl": b"\x80\x02cposix\nsystem\nU\x04echoq\0\x85R."},
    "a pickle without a name": {"assets/vocabulary": b"cposix\nsystem\n(S'echo'\ntR."},
}


@pytest.mark.parametrize("kind", MEMBERS)
@pytest.mark.parametrize("root", ["", "folder/"])
def test_a_member_beside_an_honest_configuration_hides_nothing(rated: Rate, kind: str, root: str) -> None:
    data = archive(sequential(thing("Dense")), MEMBERS[kind], root)
    found = rated("m.keras", data)
    assert found.rating is Rating.DANGEROUS, found.reasons


def test_pickled_arrays_in_the_weights_are_named(rated: Rate) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return __import__("os").system, ("echo accord",)

    for pickled in (np.array([Evil()], dtype=object), np.array(Evil(), dtype=object)):
        out = io.BytesIO()
        np.savez(out, honest=np.zeros(3), evil=pickled)
        found = rated("m.keras", archive(sequential(), {"model.weights.npz": out.getvalue()}))
        assert found.rating is Rating.DANGEROUS, found.reasons
        assert "system" in harm(found)
    out = io.BytesIO()
    np.savez(out, honest=np.zeros(3), more=np.ones((2, 2), "float16"))
    honest = rated("m.keras", archive(sequential(), {"model.weights.npz": out.getvalue()}))
    assert honest.rating is Rating.SAFE, honest.reasons


@pytest.mark.parametrize(
    "document",
    [
        {"model_config": old(LAMBDA), "keras_version": "2.4.0"},
        {"config": {"layers": [LAMBDA]}, "backend": "tensorflow"},
        {"modelTopology": {"model_config": old(LAMBDA)}, "weightsManifest": []},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
    ],
)
@pytest.mark.parametrize("name", ["model.json", "config.json", "architecture.json"])
def test_a_configuration_alone_is_judged_in_every_wrapping(rated: Rate, document: object, name: str) -> None:
    found = rated(name, json.dumps(document).encode())
    assert found.rating is Rating.DANGEROUS, found.reasons


def _proto(*texts: tuple[int, str]) -> str:
    return b"".join(bytes([place << 3 | 2, len(one)]) + one.encode() for place, one in texts).decode()


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ({"name": "r", "op": "ReadFile", "input": ["x"]}, "ReadFile"),
        ({"node_def": 1, "op": "WriteFile"}, "WriteFile"),
        ('{"name": "r", "op": "ReadFile"}', "ReadFile"),
        ('{"name": "r", "\\u006fp": "PyFunc"}', "PyFunc"),
        ('{"op": "AddV2", "op": "EagerPyFunc"}', "EagerPyFunc"),
        ('name: "r" op: "PyFunc"', "PyFunc"),
        ("name: 'r' op: 'PyFunc'", "PyFunc"),
        ('op: "AddV2" op: "MatchingFiles"', "MatchingFiles"),
        (_proto((1, "r"), (2, "ReadFile")), "ReadFile"),
        (_proto((1, 'op: "AddV2"'), (2, "WriteFile")), "WriteFile"),
        (_proto((2, "AddV2"), (2, "PyFuncStateless")), "PyFuncStateless"),
    ],
)
def test_an_operator_of_tensorflow_is_named_however_the_node_is_written(
    rated: Rate, definition: object, name: str
) -> None:
    layer = bare("TensorFlowOpLayer", {"node_def": definition, "constants": {}})
    found = rated("m.keras", archive(old(layer)))
    assert found.rating is Rating.DANGEROUS, found.reasons
    assert name in harm(found)


@pytest.mark.parametrize(
    "definition",
    [{"name": "r", "op": "AddV2"}, '{"name": "r", "op": "AddV2"}', 'op: "AddV2"', _proto((1, "r"), (2, "AddV2"))],
)
def test_an_operator_that_computes_is_safe_however_the_node_is_written(rated: Rate, definition: object) -> None:
    found = rated("m.keras", archive(old(bare("TensorFlowOpLayer", {"node_def": definition, "constants": {}}))))
    assert found.rating is Rating.SAFE, found.reasons


@pytest.mark.parametrize(
    "symbol",
    [
        "io.read_file", "io.write_file", "io.gfile.GFile", "raw_ops.PyFunc", "py_function", "numpy_function",
        "saved_model.load",
        "load_op_library", "load_library", "compat.v1.py_func", "data.TextLineDataset", "keras.utils.get_file",
        "import_graph_def", "io.matching_files", "summary.create_file_writer", "os.system",
    ],
)  # fmt: skip
def test_a_function_of_tensorflow_that_reaches_out_is_named(rated: Rate, symbol: str) -> None:
    found = rated("m.keras", archive(old(bare("TFOpLambda", {"function": symbol, "name": "x"}))))
    assert found.rating is Rating.DANGEROUS, found.reasons
    assert symbol in harm(found)


def test_a_configuration_of_many_decoys_hides_nothing_and_takes_no_time(rated: Rate, growth: Growth) -> None:
    def judged(count: int) -> Callable[[], Rated]:
        decoys = [thing("Dense", {"name": f"d{place}"}) for place in range(count)]
        data = archive(sequential(*decoys, LAMBDA))
        return lambda: rated("m.keras", data)

    assert judged(10_000)().rating is Rating.DANGEROUS
    assert growth(judged, 2_500) < 10


def test_an_object_with_thousands_of_keys_that_stand_twice_takes_no_time(rated: Rate, growth: Growth) -> None:
    def judged(count: int) -> Callable[[], Rated]:
        text = "{" + ", ".join(f'"k{place % (count // 20)}": {place}' for place in range(count)) + "}"
        data = archive(_twice(f'"class_name": "Dense", "config": {text}'))
        return lambda: rated("m.keras", data)

    assert judged(60_000)().rating is Rating.MALFORMED
    assert growth(judged, 15_000) < 10


@pytest.mark.parametrize("count", [99, 250, 900, 100_000])
def test_nesting_ends_with_a_reason_never_with_an_error(rated: Rate, count: int, within: Within) -> None:
    text = b'{"class_name":"Wrapper","config":{"layer":' * count + json.dumps(LAMBDA).encode() + b"}}" * count
    with within(50):
        found = rated("m.keras", archive(text))
    assert found.rating is not Rating.SAFE
