# ruff: noqa: E501  (templates and documents are written as their formats have them)
"""Makes harmless artefacts of the formats that are no pickles: ONNX, Keras, HDF5, GGUF, XML, repositories and others.

Run by `bench/benign.py` in the environment that has the libraries that write them.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from benign_shelf import Shelf, run

CHATML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
LLAMA = "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}{% endfor %}"
TOOLS = "{%- if tools %}{%- for tool in tools %}{{- tool | tojson }}{%- endfor %}{%- endif %}{%- set ns = namespace(found=false) %}{%- for m in messages %}{%- if m.content is string %}{%- set ns.found = true %}{{- m.content | trim }}{%- endif %}{%- if m.tool_calls is defined and m.tool_calls %}{%- for t in m.tool_calls %}{{- t.function.name }}{{- t.function.arguments | tojson(indent=2) }}{%- endfor %}{%- endif %}{%- endfor %}{{- strftime_now('%d %b %Y') if strftime_now is defined }}"
MACRO = "{% macro turn(role, text) %}<{{ role }}>{{ text }}{% endmacro %}{% for m in messages %}{{ turn(m.role, m.content.split('</think>')[-1].lstrip('\n')) }}{% endfor %}{{ messages | length }}{{ messages | selectattr('role', 'equalto', 'user') | list | last }}"
TEMPLATES = {"chatml": CHATML, "alternating": LLAMA, "tools": TOOLS, "macro": MACRO}


def networks(shelf: Shelf) -> None:
    """ONNX: estimators by skl2onnx and graphs by hand, with control flow and functions."""
    import onnx
    from onnx import TensorProto, helper
    from skl2onnx import to_onnx
    from sklearn import (
        cluster,
        decomposition,
        ensemble,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
    )

    x, y = np.random.RandomState(1).normal(size=(60, 4)).astype("f4"), np.arange(60) % 3
    made = (
        linear_model.LogisticRegression(),
        ensemble.RandomForestClassifier(4),
        svm.SVC(probability=True),
        neighbors.KNeighborsClassifier(),
        neural_network.MLPClassifier((4,), max_iter=5),
        preprocessing.StandardScaler(),
        decomposition.PCA(2),
        cluster.KMeans(2, n_init=1),
        naive_bayes.GaussianNB(),
        ensemble.GradientBoostingClassifier(n_estimators=3),
        linear_model.Ridge(),
        pipeline.make_pipeline(preprocessing.MinMaxScaler(), ensemble.ExtraTreesClassifier(3)),
        ensemble.HistGradientBoostingClassifier(max_iter=3),
        linear_model.SGDClassifier(),
        ensemble.AdaBoostClassifier(n_estimators=3),
        svm.LinearSVC(),
        ensemble.VotingClassifier([("a", linear_model.LogisticRegression())]),
        preprocessing.PolynomialFeatures(),
        ensemble.IsolationForest(n_estimators=3),
    )
    for model in made:
        with shelf.file("model.onnx", "onnx", "onnx", f"{type(model).__name__} by skl2onnx") as path:
            path.write_bytes(to_onnx(model.fit(x, y), x[:1]).SerializeToString())
    value = helper.make_tensor_value_info
    a, b = value("a", TensorProto.FLOAT, [2, 2]), value("b", TensorProto.FLOAT, [2, 2])
    for operator in (
        "Relu",
        "Sigmoid",
        "Tanh",
        "Identity",
        "Neg",
        "Exp",
        "Abs",
        "Softmax",
        "Flatten",
        "Erf",
        "Ceil",
        "Gelu",
        "HardSwish",
        "Mish",
        "LayerNormalization",
    ):
        with shelf.file("model.onnx", "onnx", "onnx", operator) as path:
            graph = helper.make_graph([helper.make_node(operator, ["a"], ["b"])], "g", [a], [b])
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]), path)
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 2], np.eye(2, dtype="f4").tobytes(), raw=True)
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "w"], ["b"])], "g", [a], [b], [weights])
    with shelf.file("model.onnx", "onnx", "onnx", "weights inside, metadata") as path:
        model = helper.make_model(graph, producer_name="bench", doc_string="os.system is a word here")
        helper.set_model_props(model, {"author": "bench"})
        onnx.save(model, path)
    place = shelf.folder("onnx", "onnx", "weights in a file beside it")
    big = helper.make_tensor("w", TensorProto.FLOAT, [2, 2], np.eye(2, dtype="f4").tobytes(), raw=True)
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "w"], ["b"])], "g", [a], [b], [big])
    onnx.save_model(
        helper.make_model(graph),
        str(place / "model.onnx"),
        save_as_external_data=True,
        location="model.onnx.data",
        size_threshold=0,
    )
    inner = helper.make_graph(
        [helper.make_node("Relu", ["a"], ["r"])], "then", [], [value("r", TensorProto.FLOAT, [2, 2])]
    )
    other = helper.make_graph(
        [helper.make_node("Neg", ["a"], ["n"])], "else", [], [value("n", TensorProto.FLOAT, [2, 2])]
    )
    branch = helper.make_node("If", ["c"], ["b"], then_branch=inner, else_branch=other)
    with shelf.file("model.onnx", "onnx", "onnx", "a branch") as path:
        onnx.save(helper.make_model(helper.make_graph([branch], "g", [a, value("c", TensorProto.BOOL, [])], [b])), path)


def keras(shelf: Shelf) -> None:
    """Keras: .keras, .h5 and weights of common architectures."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras as k

    dense = [k.layers.Dense(4, activation="relu"), k.layers.Dropout(0.1), k.layers.Dense(2, activation="softmax")]
    image = [
        k.layers.Rescaling(1 / 255),
        k.layers.Conv2D(4, 3, padding="same"),
        k.layers.BatchNormalization(),
        k.layers.ReLU(),
        k.layers.MaxPooling2D(),
        k.layers.GlobalAveragePooling2D(),
        k.layers.Dense(1),
    ]
    words = [
        k.layers.Embedding(20, 4),
        k.layers.LSTM(4, return_sequences=True),
        k.layers.Bidirectional(k.layers.GRU(3)),
        k.layers.Dense(1, activation="sigmoid"),
    ]
    separable = [
        k.layers.SeparableConv2D(4, 3),
        k.layers.LeakyReLU(),
        k.layers.UpSampling2D(),
        k.layers.Flatten(),
        k.layers.Dense(3, kernel_regularizer="l2", kernel_initializer="he_normal"),
    ]
    shapes: dict[str, tuple[tuple[int, ...], list[Any]]] = {
        "dense": ((5,), dense),
        "image": ((8, 8, 3), image),
        "words": ((6,), words),
        "separable": ((8, 8, 3), separable),
    }
    for name, (shape, layers) in shapes.items():
        model = k.Sequential([k.Input(shape), *layers], name=name)
        model.compile(optimizer=k.optimizers.Adam(1e-3), loss="mse", metrics=["mae"])
        _kept(shelf, model, name)
    entry = k.Input((6, 8), name="tokens")
    mixed = k.layers.LayerNormalization()(k.layers.Add()([entry, k.layers.MultiHeadAttention(2, 4)(entry, entry)]))
    out = k.layers.Dense(2, name="label")(
        k.layers.Concatenate()([k.layers.GlobalMaxPooling1D()(mixed), k.layers.Flatten()(entry)])
    )
    model = k.Model(entry, out, name="attention")
    model.compile(
        optimizer="sgd",
        loss=k.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[k.metrics.CategoricalAccuracy()],
    )
    _kept(shelf, model, "attention")


def _kept(shelf: Shelf, model: Any, name: str) -> None:
    for file, fmt, save in (
        ("model.keras", "keras", "save"),
        ("model.h5", "h5", "save"),
        ("model.weights.h5", "h5", "save_weights"),
    ):
        with shelf.file(file, "keras", fmt, name) as path:
            getattr(model, save)(str(path))
    with shelf.file("config.json", "keras", "keras-json", name) as path:
        path.write_text(model.to_json(), encoding="utf-8")


def tables(shelf: Shelf) -> None:
    """HDF5 as people use it: groups, attributes, compression, soft links within the file."""
    import h5py

    for why, given in {
        "plain": {},
        "gzip": {"compression": "gzip"},
        "lzf": {"compression": "lzf"},
        "chunks": {"chunks": True, "shuffle": True},
    }.items():
        with shelf.file("data.h5", "hdf5", "h5", why) as path, h5py.File(path, "w") as out:
            out.create_dataset("a/b/weights", data=np.random.RandomState(1).normal(size=(40, 40)), **given)
            out.create_dataset("names", data=["x", "y"], dtype=h5py.string_dtype())
            out["a"].attrs["units"], out["a"].attrs["shape"] = "m", [1, 2]
            out["again"] = h5py.SoftLink("/a/b/weights")


def gguf(shelf: Shelf) -> None:
    """GGUF with the chat templates that models use."""
    from gguf import GGUFWriter

    for name, template in TEMPLATES.items():
        for architecture in ("llama", "qwen2"):
            with shelf.file("model.gguf", "gguf", "gguf", f"{architecture}, template {name}") as path:
                out = GGUFWriter(str(path), architecture)
                out.add_context_length(2048)
                out.add_tokenizer_model("gpt2")
                out.add_token_list(["<s>", "os.system", "eval", "{{", "__import__"])
                out.add_token_types([1, 1, 1, 1, 1])
                out.add_chat_template(template)
                out.add_tensor("token_embd.weight", np.ones((5, 32), dtype="f4"))
                out.write_header_to_file()
                out.write_kv_data_to_file()
                out.write_tensors_to_file()
                out.close()


def tensors(shelf: Shelf) -> None:
    """Safetensors, msgpack as Flax writes it."""
    import msgpack
    from safetensors.numpy import save_file

    for kind in ("f4", "f2", "i8", "u1", "?", "f8"):
        with shelf.file("model.safetensors", "safetensors", "safetensors", kind) as path:
            save_file(
                {"a": np.ones((3, 4), dtype=kind), "empty": np.zeros((0, 2), dtype=kind)},
                path,
                metadata={"format": "np", "note": "eval(x)"},
            )
    place = shelf.folder("safetensors", "repo", "two parts and an index")
    for part in (1, 2):
        save_file({f"w{part}": np.ones(3, dtype="f4")}, place / f"model-0000{part}-of-00002.safetensors")
    index = {
        "metadata": {"total_size": 24},
        "weight_map": {"w1": "model-00001-of-00002.safetensors", "w2": "model-00002-of-00002.safetensors"},
    }
    (place / "model.safetensors.index.json").write_text(json.dumps(index))

    def packed(thing: Any) -> Any:
        array = np.asarray(thing)
        return msgpack.ExtType(1, msgpack.packb((array.shape, array.dtype.name, array.tobytes()), use_bin_type=True))

    for name, tree in {
        "weights": {"params": {"Dense_0": {"kernel": np.ones((2, 3), "f4"), "bias": np.zeros(3, "f4")}}},
        "state": {"step": np.int32(3), "opt": {"0": {"mu": np.zeros(4, "f4")}}},
    }.items():
        with shelf.file("flax_model.msgpack", "flax", "msgpack", name) as path:
            path.write_bytes(msgpack.packb(tree, default=packed))


def documents(shelf: Shelf) -> None:
    """PMML and OpenVINO by hand."""
    coefficients = "".join(f'<NumericPredictor name="x{i}" coefficient="{i}.5"/>' for i in range(3))
    fields = "".join(f'<DataField name="x{i}" optype="continuous" dataType="double"/>' for i in range(3))
    with shelf.file("model.pmml", "pmml", "pmml", "a regression") as path:
        path.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header copyright="bench"/><DataDictionary numberOfFields="3">{fields}</DataDictionary><RegressionModel functionName="regression"><MiningSchema/><RegressionTable intercept="1.0">{coefficients}</RegressionTable></RegressionModel></PMML>'
        )
    for operator in ("ReLU", "MatMul", "Add", "SoftMax"):
        place = shelf.folder("openvino", "openvino", operator)
        layers = f'<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,4" element_type="f32"/><output><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></output></layer><layer id="1" name="w" type="Const" version="opset1"><data element_type="f32" shape="1,4" offset="0" size="16"/><output><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></output></layer><layer id="2" name="y" type="{operator}" version="opset1"><input><port id="0"/><port id="1"/></input><output><port id="2" precision="FP32"/></output></layer><layer id="3" name="r" type="Result" version="opset1"><input><port id="0"/></input></layer>'
        edges = '<edge from-layer="0" from-port="0" to-layer="2" to-port="0"/><edge from-layer="1" from-port="0" to-layer="2" to-port="1"/><edge from-layer="2" from-port="2" to-layer="3" to-port="0"/>'
        (place / "model.xml").write_text(
            f'<?xml version="1.0"?>\n<net name="m" version="11"><layers>{layers}</layers><edges>{edges}</edges></net>'
        )
        (place / "model.bin").write_bytes(struct.pack("<4f", 1, 2, 3, 4))


def _repository(place: Path, name: str, template: str) -> None:
    from safetensors.numpy import save_file

    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "hidden_size": 8,
        "vocab_size": 6,
        "torch_dtype": "float32",
        "transformers_version": "4.44.0",
        "id2label": {"0": "no", "1": "yes"},
    }
    tokenizer = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": template,
        "model_max_length": 512,
        "added_tokens_decoder": {"0": {"content": "[PAD]", "special": True}},
    }
    words = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {"[UNK]": 0, "eval": 1, "os.system": 2, "__import__": 3},
            "unk_token": "[UNK]",
        },
    }
    for file, table in {
        "config.json": config,
        "tokenizer_config.json": tokenizer,
        "tokenizer.json": words,
        "generation_config.json": {"max_new_tokens": 20, "do_sample": True},
        "special_tokens_map.json": {"pad_token": "[PAD]"},
        "preprocessor_config.json": {"do_resize": True, "size": 224},
    }.items():
        (place / file).write_text(json.dumps(table, indent=2))
    (place / "vocab.txt").write_text("[UNK]\neval\nos.system\nsubprocess\n")
    (place / "merges.txt").write_text("#version: 0.2\ne v\na l\n")
    (place / "requirements.txt").write_text("numpy==2.0.2\ntorch>=2.2\ntransformers~=4.44\n")
    (place / "README.md").write_text(
        f"---\nlicense: apache-2.0\ntags:\n- text\n---\n# {name}\nNever use `os.system`, `pickle.load` or `trust_remote_code=True`.\n"
    )
    (place / "train.py").write_text(
        "import json\nimport numpy as np\n\ndef main() -> None:\n    config = json.load(open('config.json'))\n    print(np.ones(config['hidden_size']))\n\nif __name__ == '__main__':\n    main()\n"
    )
    (place / ".gitattributes").write_text("*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    save_file({"w": np.ones((6, 8), "f4")}, place / "model.safetensors", metadata={"format": "pt"})


def repositories(shelf: Shelf) -> None:
    """Model repositories as hubs hold them, tokenizer files alone, an MLflow model, a notebook, a configuration."""
    import joblib
    from sklearn.linear_model import LogisticRegression

    for name, template in TEMPLATES.items():
        _repository(shelf.folder("repo", "repo", f"a repository, template {name}"), name, template)
        with shelf.file("tokenizer_config.json", "repo", "json", f"template {name} alone") as path:
            path.write_text(json.dumps({"chat_template": template, "bos_token": "<s>"}))
        with shelf.file("chat_template.jinja", "repo", "jinja", name) as path:
            path.write_text(template)
    place = shelf.folder("mlflow", "mlflow", "an MLflow model of scikit-learn")
    (place / "MLmodel").write_text(
        "artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    predict_fn: predict\n    python_version: 3.11.7\n  sklearn:\n    code: null\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n    sklearn_version: 1.5.2\nmlflow_version: 2.16.0\nmodel_uuid: 0123456789abcdef0123456789abcdef\n"
    )
    (place / "conda.yaml").write_text(
        "channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=24\n- pip:\n  - mlflow==2.16.0\n  - scikit-learn==1.5.2\nname: mlflow-env\n"
    )
    (place / "python_env.yaml").write_text(
        "python: 3.11.7\nbuild_dependencies:\n- pip==24.0\ndependencies:\n- -r requirements.txt\n"
    )
    (place / "requirements.txt").write_text("mlflow==2.16.0\nscikit-learn==1.5.2\n")
    joblib.dump(LogisticRegression().fit(np.eye(4), [0, 1, 0, 1]), place / "model.pkl")
    with shelf.file("analysis.ipynb", "repo", "notebook", "a notebook") as path:
        path.write_text(
            json.dumps(
                {
                    "cells": [
                        {
                            "cell_type": "code",
                            "execution_count": 1,
                            "metadata": {},
                            "outputs": [],
                            "source": ["import numpy as np\n", "np.ones(3)"],
                        }
                    ],
                    "metadata": {"kernelspec": {"name": "python3"}},
                    "nbformat": 4,
                    "nbformat_minor": 5,
                }
            )
        )
    with shelf.file("train.yaml", "repo", "yaml", "hydra configuration of well-known classes") as path:
        path.write_text(
            "optimizer:\n  _target_: torch.optim.AdamW\n  lr: 0.001\nmodel:\n  _target_: torch.nn.Linear\n  in_features: 4\n  out_features: 2\n"
        )
    with shelf.file("params.json", "repo", "json", "parameters") as path:
        path.write_text(json.dumps({"dim": 4096, "n_layers": 32, "norm_eps": 1e-5}))


if __name__ == "__main__":
    run(networks, keras, tables, gguf, tensors, documents, repositories)
