"""HDF5 files as an attacker would write them: links, storage, pickles and configurations in every corner."""

from __future__ import annotations

import base64
import io
import json
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

import h5py  # type: ignore[import-untyped]  # h5py has no stubs
import numpy as np
import pytest

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
Fill = Callable[[h5py.File], object]
VERSIONS: Final = ("earliest", "latest")


class Evil:
    """What a pickle makes of it is a call."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Return the call."""
        return __import__("os").system, ("echo accord",)


PICKLES: Final = {number: pickle.dumps(Evil(), number) for number in range(6)}
HONEST_PICKLE: Final = pickle.dumps({"a": [1, 2.5, "x"]}, 4)
LAMBDA: Final = json.dumps({"class_name": "Lambda", "config": {"function": ["x", None, None]}})
DENSE: Final = json.dumps({"class_name": "Dense", "config": {"units": 3, "activation": "relu"}})


def made(fill: Fill, version: str = "earliest", **more: object) -> bytes:
    """Return an HDF5 file with some honest weights and what a function adds."""
    out = io.BytesIO()
    with h5py.File(out, "w", libver=version, **more) as file:
        file["model_weights/dense/kernel:0"] = np.arange(8.0)
        file["model_weights/dense"].attrs["weight_names"] = np.array([b"kernel:0"])
        fill(file)
    return out.getvalue()


def harm(found: Rated) -> str:
    """Return the names and messages of what is dangerous in a file, as one text."""
    bad = [one for one in found.reasons if one.rating is Rating.DANGEROUS]
    return " | ".join(f"{one.name} {one.finding.message}" for one in bad)


def _link(target: str, at: str) -> Fill:
    return lambda file: file.__setitem__(at, h5py.ExternalLink(target, "/d"))


def _store(file: h5py.File, name: str, several: int = 1) -> None:
    external = [(f"/etc/part{place}", 0, 8) for place in range(several)]
    file.create_dataset(name, shape=(8 * several,), dtype="u1", external=external)


def _virtual(file: h5py.File, name: str, *sources: str) -> None:
    layout = h5py.VirtualLayout((len(sources), 4), "f8")
    for place, source in enumerate(sources):
        layout[place] = h5py.VirtualSource(source, "/d", (4,))
    file.create_virtual_dataset(name, layout)


def _crowd(file: h5py.File, name: str) -> None:
    group = file.create_group("crowd", track_order=True)
    for number in range(300):
        group[f"n{number:03}"] = h5py.SoftLink("/model_weights")
    group[name] = h5py.ExternalLink("/etc/hidden.h5", "/d")


def _hard(file: h5py.File) -> None:
    file["honest"] = file["model_weights"]
    file["model_weights/dense/out"] = h5py.ExternalLink("secret.h5", "/")


OUTSIDE: Final[dict[str, tuple[Fill, str]]] = {
    "a link at the root": (_link("/etc/passwd", "vars"), "/etc/passwd"),
    "a link to a name beside it": (_link("other.h5", "layers/dense/vars/0"), "other.h5"),
    "a link upwards": (_link("../../secret.h5", "a/b/c/d/e"), "../../secret.h5"),
    "a link to an address": (_link("https://host.example/x.h5", "vars"), "host.example"),
    "a link of a drive": (_link("C:\\Users\\x.h5", "vars"), "x.h5"),
    "a link with no letters": (_link("\u202e5h.live", "vars"), "5h.live"),
    "a link among hundreds": (lambda file: _crowd(file, "n150x"), "/etc/hidden.h5"),
    "a link in a group of two names": (_hard, "secret.h5"),
    "stored outside": (lambda file: _store(file, "bias"), "/etc/part0"),
    "stored in many files": (lambda file: _store(file, "g/h/bias", 3), "/etc/part0"),
    "a view of one file": (lambda file: _virtual(file, "v", "/etc/a.h5"), "/etc/a.h5"),
    "a view of several": (lambda file: _virtual(file, "deep/v", "/etc/a.h5", "b.h5"), "/etc/a.h5"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", OUTSIDE)
@pytest.mark.parametrize("name", ["model.h5", "weights.hdf5", "data.bin"])
def test_data_of_another_file_is_dangerous_and_that_file_named(rated: Rate, name: str, kind: str, version: str) -> None:
    fill, target = OUTSIDE[kind]
    found = rated(name, made(fill, version))
    assert found.rating is Rating.DANGEROUS, found.reasons
    assert target in harm(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_links_and_views_within_the_file_are_safe(rated: Rate, version: str) -> None:
    def fill(file: h5py.File) -> None:
        file["soft"] = h5py.SoftLink("/model_weights/dense")
        file["hard"] = file["model_weights"]
        file["model_weights/dense/etc/passwd"] = np.zeros(3)

    assert rated("model.h5", made(fill, version)).rating is Rating.SAFE


def _bytes_of(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(data, "u1")


def _rows(file: h5py.File, data: bytes) -> None:
    file.create_dataset("rows", (2,), dtype=h5py.vlen_dtype("u1"))[1] = _bytes_of(data)


def _attribute_rows(file: h5py.File, data: bytes) -> None:
    rows = np.empty(2, dtype=object)
    rows[0], rows[1] = _bytes_of(b"x"), _bytes_of(data)
    file.attrs.create("rows", rows, dtype=h5py.vlen_dtype("u1"))


PLACES: Final[dict[str, Callable[[h5py.File, bytes], object]]] = {
    "opaque attribute": lambda file, data: file.attrs.__setitem__("custom_objects", np.void(data)),
    "attribute of bytes": lambda file, data: file.attrs.__setitem__("state", _bytes_of(data)),
    "attribute of signed bytes": lambda file, data: file.attrs.__setitem__("state", np.frombuffer(data, "i1")),
    "attribute of a text": lambda file, data: file.attrs.__setitem__("state", np.bytes_(data)),
    "attribute of a text in a list": lambda file, data: file.attrs.__setitem__("state", np.array([b"x", data])),
    "attribute in base64": lambda file, data: file.attrs.__setitem__("state", base64.b64encode(data)),
    "attribute of a group": lambda file, data: file["model_weights/dense"].attrs.__setitem__("s", np.void(data)),
    "attribute of a dataset": lambda file, data: file["model_weights/dense/kernel:0"].attrs.__setitem__(
        "s", np.void(data)
    ),
    "attribute of rows": _attribute_rows,
    "opaque dataset": lambda file, data: file.__setitem__("optimizer/state", np.void(data)),
    "dataset of bytes": lambda file, data: file.__setitem__("optimizer/state", _bytes_of(data)),
    "dataset of signed bytes": lambda file, data: file.__setitem__("state", np.frombuffer(data, "i1")),
    "dataset of a square": lambda file, data: file.__setitem__(
        "state", _bytes_of(data + bytes(-len(data) % 4)).reshape(4, -1)
    ),
    "dataset of a text": lambda file, data: file.__setitem__("state", np.bytes_(data)),
    "dataset of a second text": lambda file, data: file.__setitem__("state", np.array([b"x", data])),
    "dataset of rows": _rows,
    "dataset of a variable text": lambda file, data: file.create_dataset("s", data=data, dtype=h5py.string_dtype()),
    "dataset with a bulky tail": lambda file, data: file.__setitem__("state", _bytes_of(data + bytes(5000))),
}


def _fits(place: str, data: bytes) -> bool:
    """Tell whether a place can hold some bytes: texts of variable length hold no NUL."""
    return "variable" not in place or b"\0" not in data


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", PLACES)
def test_a_pickle_of_any_protocol_is_looked_inside_wherever_it_lies(rated: Rate, place: str, version: str) -> None:
    for number, data in PICKLES.items():
        if _fits(place, data):
            found = rated("model.h5", made(lambda file, data=data: PLACES[place](file, data), version))  # type: ignore[misc]  # mypy: a default in a lambda
            assert found.rating is Rating.DANGEROUS, (number, found.reasons)
            assert "system" in harm(found)


@pytest.mark.parametrize("place", PLACES)
def test_a_pickle_of_plain_values_and_plain_bytes_are_safe_in_the_same_places(rated: Rate, place: str) -> None:
    for data in (HONEST_PICKLE, b"a text that ends in a full stop.", b"\x80\x81\x82 latin", b"(", b"N.B."):
        if _fits(place, data):
            found = rated("model.h5", made(lambda file, data=data: PLACES[place](file, data)))  # type: ignore[misc]  # mypy: a default in a lambda
            assert found.rating is Rating.SAFE, (data, found.reasons)


@pytest.mark.parametrize(
    "write",
    [
        lambda file, text: file.attrs.__setitem__("model_config", text),
        lambda file, text: file.attrs.__setitem__("model_config", np.bytes_(text)),
        lambda file, text: file.attrs.__setitem__("model_config", np.array([text.encode()])),
        lambda file, text: file.attrs.__setitem__("model_config", np.void(text.encode())),
        lambda file, text: file.attrs.__setitem__("training_config", json.dumps({"metrics": [[json.loads(text)]]})),
        lambda file, text: file.attrs.__setitem__("layer_config", " \n" * 90 + text),
        lambda file, text: file["model_weights/dense"].attrs.__setitem__("config", text),
        lambda file, text: file.create_group("a/b", track_order=True).attrs.__setitem__("model_config", text),
        lambda file, text: file.__setitem__("model_config", text),
        lambda file, text: file.__setitem__("model_config", np.bytes_(text)),
        lambda file, text: file.__setitem__("config/model", np.void(text.encode())),
        lambda file, text: file.__setitem__("model_config", np.frombuffer(text.encode(), "u1")),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_configuration_is_judged_wherever_it_lies(
    rated: Rate, version: str, write: Callable[[h5py.File, str], object]
) -> None:
    found = rated("model.h5", made(lambda file: write(file, LAMBDA), version))
    assert found.rating is Rating.DANGEROUS, found.reasons
    assert "Lambda" in harm(found)
    twin = rated("model.h5", made(lambda file: write(file, DENSE), version))
    assert twin.rating is Rating.SAFE, twin.reasons


@pytest.mark.parametrize("size", [512, 1024, 65536])
@pytest.mark.parametrize("front", [PICKLES[0], PICKLES[4], b"\x7fELF" + bytes(60), b"#!/bin/sh\necho accord\n"])
def test_what_stands_before_or_behind_the_file_is_looked_at(rated: Rate, front: bytes, size: int) -> None:
    block = bytearray(made(lambda _file: None, userblock_size=size))
    block[: len(front)] = front
    assert rated("model.h5", bytes(block)).rating is Rating.DANGEROUS or front[:2] == b"#!"
    assert rated("model.h5", bytes(block)).rating is not Rating.SAFE
    behind = rated("model.h5", made(lambda _file: None) + front)
    assert behind.rating is not Rating.SAFE


def test_a_bomb_of_many_references_to_one_value_ends_in_time(rated: Rate, within: Within) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs.create("notes", ["x" * 60_000] * 900, dtype=h5py.string_dtype())
        file["texts"] = np.array(["word"] * 30_000, dtype=object)
        file["image"] = np.zeros((4000, 1000), "u1")

    with within(200):
        found = rated("model.h5", made(fill, "latest"))
    assert found.rating is Rating.SAFE, found.reasons
