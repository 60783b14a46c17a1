from __future__ import annotations

import pytest

from accord.scan.python import read_loads


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("import skops.io as sio\nsio.load('m', trusted=True)", "skops.io.load"),
        (
            "import onnxruntime as ort\no = ort.SessionOptions()\no.register_custom_ops_library('x.so')",
            "onnxruntime.SessionOptions().register_custom_ops_library",
        ),
        ("from ruamel.yaml import YAML\nYAML(typ='unsafe')", "ruamel.yaml.YAML"),
        (
            (
                "from langchain_community.vectorstores import FAISS\n"
                "FAISS.load_local('x', e, allow_dangerous_deserialization=True)"
            ),
            "langchain_community.vectorstores.FAISS.load_local",
        ),
        ("store.load_local('x', allow_dangerous_deserialization=True)", "store.load_local"),
        ("import torch\ntorch.hub.load_state_dict_from_url('u')", "torch.hub.load_state_dict_from_url"),
        ("import torch.package\ntorch.package.PackageImporter('p')", "torch.package.PackageImporter"),
        (
            "import tensorflow as tf\ntf.keras.config.enable_unsafe_deserialization()",
            "tensorflow.keras.config.enable_unsafe_deserialization",
        ),
        ("import tensorflow as tf\ntf.load_op_library('x.so')", "tensorflow.load_op_library"),
        ("from gensim.models import Word2Vec\nWord2Vec.load('m')", "gensim.models.Word2Vec.load"),
        ("m.from_pretrained('x', use_safetensors=False)", "m.from_pretrained"),
        ("import mlflow\nmlflow.pytorch.load_model('m')", "mlflow.pytorch.load_model"),
    ],
)
def test_a_load_that_can_run_code_is_found(code: str, call: str) -> None:
    loads, problem = read_loads(code)
    assert problem is None
    assert [one.call for one in loads] == [call]


@pytest.mark.parametrize(
    "code",
    [
        "import skops.io as sio\nsio.load('m', trusted=['numpy.dtype'])",
        "from ruamel.yaml import YAML\nYAML(typ='safe')",
        "FAISS.load_local('x', e, allow_dangerous_deserialization=False)",
        "m.from_pretrained('x', use_safetensors=True)",
        "import torch\ntorch.hub.load_state_dict_from_url('u', weights_only=True)",
        "import tensorflow as tf\ntf.saved_model.load('d')",
        "import torch\ntorch.jit.load('m.pt')",
    ],
)
def test_a_load_that_cannot_is_left_alone(code: str) -> None:
    assert read_loads(code) == ((), None)
