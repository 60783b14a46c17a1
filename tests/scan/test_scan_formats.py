"""Formats are told by content, ordinary files are not taken for models, and nothing makes the recogniser fail."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
import zlib
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.formats import HEAD, TAIL, Format, recognise
from accord.scan.pickles.probing import is_start


def told(data: bytes, name: str = "file") -> Format | None:
    return recognise(data[:HEAD], name=name, size=len(data), tail=data[-TAIL:])


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 5000)
    return out.getvalue()


def tarred(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return out.getvalue()


SAVED = pickle.dumps({"weights": list(range(500))}, 2)
ONNX = b"\x08\x09\x12\x07pytorch\x1a\x052.1.0:\x04abcd"


@pytest.mark.parametrize(
    ("data", "name", "format_", "runs_code"),
    [
        (b"GGUF" + bytes(60), "x", "gguf", False),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), "x.h5", "hdf5", True),
        (bytes(4) + b"TFL3" + bytes(60), "x", "tflite", False),
        ((8).to_bytes(8, "little") + b'{"a":{}}', "x", "safetensors", False),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'shape': (3,)}", "x.npy", "numpy", False),
        (b"\x93NUMPY\x01\0v\0{'descr': '|O', 'shape': (3,)}", "x.npy", "numpy", True),
        (zipped("archive/data.pkl", "archive/version"), "x.png", "torch", True),
        (zipped("m/code/a.py", "m/constants.pkl", "m/data.pkl"), "x", "torchscript", True),
        (zipped("metadata.json", "config.json", "model.weights.h5"), "x", "keras", True),
        (zipped("README", "deep/inside/model.pkl"), "x.zip", "zip-of-pickles", True),
        (zipped("a.npy", "b.npy"), "x.npz", "numpy-archive", False),
        (zipped("MAR-INF/MANIFEST.json", "m.pt"), "x.mar", "torchserve-archive", True),
        (tarred("model_config.yaml"), "x.nemo", "nemo", True),
        (ONNX, "x.bin", "onnx", False),
        (b"\x08\x07" + bytes(30), "x.onnx", "onnx", False),
        (b"\x08\x01\x12\x03abc", "saved_model.pb", "tensorflow-savedmodel", True),
        (pickle.dumps(0x1950A86A20F9469CFC6C, 2) + SAVED, "x.pt", "torch-legacy", True),
        (zlib.compress(SAVED), "x", "pickle-compressed", True),
        (gzip.compress(SAVED), "x.gz", "pickle-compressed", True),
        (lzma.compress(SAVED), "x", "pickle-compressed", True),
        (bz2.compress(SAVED), "x", "pickle-compressed", True),
        (b"tree\nversion=v4\nnum_class=1\n", "x.txt", "lightgbm", False),
        (b'{"learner": {"attributes": {}}}', "x.json", "xgboost", False),
        (b"IxF2" + bytes(60), "x", "faiss", False),
    ],
)
def test_a_format_is_told_by_its_content(data: bytes, name: str, format_: str, *, runs_code: bool) -> None:
    assert told(data, name) == Format(format_, runs_code)


VALUES = (
    {"a": [1, 2, (3,)]}, [1] * 5000, OrderedDict(a=1), datetime(2020, 1, 1, tzinfo=UTC), {"k": b"z" * 9000}, {1, 2},
    Exception("x"), list(range(3000)), {str(n): n for n in range(2000)},
)  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_pickles_of_every_protocol_are_told(value: object, protocol: int) -> None:
    found = told(pickle.dumps(value, protocol))
    assert found == Format("pickle", runs_code=True)


@pytest.mark.parametrize(
    "data", [b"cos\nsystem\n(S'echo hi'\ntR.", b"(S'echo'\nios\nsystem\n.", b"\x80\x04cposix\nsystem\n\x8c\x02hi\x85R."]
)
def test_small_hand_made_pickles_are_told(data: bytes) -> None:
    assert told(data) == Format("pickle", runs_code=True)


@pytest.mark.parametrize(
    "data",
    [
        b"hello.", b"cat\ndog\n(the end of it all).\n", b"I think.\n", b"(defun f (x) x).", b"}q. and so on", b"N.",
        b"class A:\n    pass\n", b"import os\nimport sys\n", b"[section]\nkey=1\n", b'{"a": 1}\n', b"%PDF-1.7\n...",
        b"\x89PNG\r\n\x1a\n" + bytes(90), b"PK\x03\x04" + bytes(90), b"\x7fELF" + bytes(90), b"\x80\x02 is not one",
        b"\xff\xd8\xff\xe0" + bytes(90), "Übersicht der Modelle".encode(), bytes(500), b"\x08\x01\x12\x03abc", b"",
        b"IndexError: list index out of range", gzip.compress(b"plain text", mtime=0), zipped("word/document.xml"),
    ],
)  # fmt: skip
def test_ordinary_files_are_no_models(data: bytes) -> None:
    assert told(data) is None


def test_our_own_sources_are_no_models() -> None:
    files = [path for path in Path(__file__).parents[2].glob("src/accord/**/*") if path.is_file()]
    models = [path for path in files if told(path.read_bytes(), path.name)]
    meant = [path for path in models if path.parent.name == "meant"]
    weights = {path.name for path in models if path not in meant}
    ours = {"encoder.onnx", "front.safetensors", "meanings.npz", "orders.safetensors"}
    assert weights == ours, "the weights of the guard, and no others"
    assert len(meant) == 1, "what the shipped honest texts mean to the shipped encoder, and no older one"


@given(
    head=st.binary(max_size=300), name=st.text(max_size=20), size=st.integers(0, 1 << 60), tail=st.binary(max_size=99)
)
def test_no_bytes_make_the_recogniser_fail(head: bytes, name: str, size: int, tail: bytes) -> None:
    recognise(head, name=name, size=size, tail=tail)


MARKS = (
    b"PK\x03\x04",
    b"\x80\x04\x95",
    b"\x93NUMPY",
    b"\xfd7zXZ\0",
    b"BZh9",
    b"\x1f\x8b\x08",
    b"\x78\x9c",
    b"c",
    b"(dp0\n",
)


@given(mark=st.sampled_from(MARKS), rest=st.binary(max_size=300), whole=st.booleans())
def test_a_broken_file_behind_a_right_start_makes_nothing_fail(mark: bytes, rest: bytes, *, whole: bool) -> None:
    recognise(mark + rest, name="x", size=len(mark + rest) + (0 if whole else 9999), tail=rest)


@given(value=st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=20), protocol=st.integers(2, 5))
def test_what_pickle_writes_is_a_pickle(value: object, protocol: int) -> None:
    assert is_start(pickle.dumps(value, protocol), whole=True)


@given(text=st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=200))
def test_a_line_of_text_is_no_pickle(text: str) -> None:
    assert not is_start(text.encode(), whole=True)
