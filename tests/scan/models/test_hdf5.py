"""HDF5 files, made by h5py with every version of the format, and broken by hand."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Final

import h5py  # type: ignore[import-untyped]  # h5py has no stubs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.engine import BREAKS
from accord.scan.look import Limits, Look, OverError
from accord.scan.models.hdf5 import is_behind, read
from accord.scan.models.hdf5_file import Hdf5, Kind
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating, Sight

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
VERSIONS: Final = ["earliest", "v108", "v110", "v112", "latest"]
EVIL: Final = b"cposix\nsystem\n(S'true'\ntR."
LAMBDA: Final = json.dumps({"class_name": "Lambda", "config": {"function": ["x", None, None]}})
HONEST: Final = json.dumps({"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {}}]}})


def _made(fill: Callable[[h5py.File], object], version: str = "earliest", **more: object) -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w", libver=version if version.endswith("est") else (version, version), **more) as file:
        fill(file)
    return out.getvalue()


def _sights(data: bytes) -> list[Sight]:
    def inside(part: Part, _look: Look) -> Iterator[Sight]:
        yield part.sees("inside", "looked inside", name=part.name)

    return list(read(Part(data, name="m.h5"), Look(inside, Limits())))


def _everything(file: h5py.File) -> None:
    """Fill a file with one of each honest kind of content."""
    for number in range(40):
        file[f"layers/dense_{number}/vars/0"] = np.arange(3.0)
    group = file.create_group("crowded", track_order=True)
    for number in range(60):
        group.attrs[f"name_{number}"] = "text" * number
        group[f"link_{number:02}"] = h5py.SoftLink("/layers")
    group["round"] = file["/"]
    file["scalar"], file["yes"], file["nothing"] = 1, np.array([True]), h5py.Empty("f4")
    file["strings"] = ["a", "b"]
    file["record"] = np.zeros(3, dtype=[("a", "f4"), ("b", "S4"), ("c", [("d", "i8", (2,))])])
    file["bytes"] = np.void(b"\0\1\2")
    file["half"], file["complex"] = np.zeros(3, "f2"), np.zeros(3, complex)
    file.create_dataset(
        "lists", data=np.array([np.array([1, 2]), np.array([3])], dtype=object), dtype=h5py.vlen_dtype("i4")
    )
    file.create_dataset("kinds", data=np.zeros(3, "i4"), dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i4"))
    file.create_dataset(
        "packed", data=np.zeros((50, 50)), chunks=(5, 5), compression="gzip", shuffle=True, fletcher32=True
    )
    file.create_dataset("lzf", data=np.zeros((50, 50)), compression="lzf")
    file.create_dataset("growing", shape=(4,), maxshape=(None,), chunks=True, dtype="f4")
    file.create_dataset("reference", data=file["strings"].ref, dtype=h5py.ref_dtype)
    file["type"] = np.dtype("f8")
    file.create_dataset("typed", data=[1.0], dtype=file["type"])
    file["strings"].attrs.create("typed", 1.0, dtype=file["type"])
    file.attrs["model_config"], file.attrs["keras_version"] = HONEST, "3.9.0"
    file.attrs["weight_names"] = np.array([b"kernel:0", b"bias:0"])


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_of_honest_content_is_safe(rated: Rate, version: str) -> None:
    found = rated("model.h5", _made(_everything, version))
    assert found.rating is Rating.SAFE, found.reasons
    assert found.format == "hdf5"


@pytest.mark.parametrize("size", [512, 1024, 8192])
def test_a_file_behind_a_user_block_is_read(rated: Rate, size: int) -> None:
    data = _made(_everything, userblock_size=size)
    assert is_behind(Part(data, name="x.mat"))
    assert rated("x.mat", data).rating is Rating.SAFE
    evil = _made(lambda file: file.attrs.update(model_config=LAMBDA), userblock_size=size)
    assert rated("x.mat", evil).rating is Rating.DANGEROUS


def test_a_file_with_pages_is_read(rated: Rate, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "paged.h5", "w", libver="latest", fs_strategy="page", fs_persist=True) as file:
        file["a"] = np.arange(4)
    assert rated("model.h5", (tmp_path / "paged.h5").read_bytes()).rating is Rating.SAFE


def _external(file: h5py.File) -> None:
    file["out"] = h5py.ExternalLink("/etc/other.h5", "/d")


def _deep(file: h5py.File) -> None:
    group = file.create_group("a/b/c")
    for number in range(50):
        group[f"x{number}"] = np.zeros(1)
    group["out"] = h5py.ExternalLink("../../other.h5", "/d")


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), "f8")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "d", (4,))
    file.create_virtual_dataset("v", layout)


def _stored(file: h5py.File) -> None:
    file.create_dataset("s", shape=(4,), dtype="u1", external=[("/etc/other.bin", 0, 4)])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fill", [_external, _deep, _virtual, _stored])
def test_content_from_another_file_is_dangerous_and_the_file_is_named(
    rated: Rate, fill: Callable[[h5py.File], None], version: str
) -> None:
    if fill is _virtual and version == "v108":
        pytest.skip("the version has no virtual datasets")
    found = rated("model.h5", _made(fill, version))
    assert found.rating is Rating.DANGEROUS
    assert any("other." in one.finding.message for one in found.reasons)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key", ["model_config", "training_config", "notes"])
def test_a_lambda_layer_in_any_attribute_is_dangerous(rated: Rate, version: str, key: str) -> None:
    def fill(file: h5py.File) -> None:
        group = file.create_group("deep")
        for number in range(60):
            group.attrs[f"a{number}"] = number
        group.attrs[key] = LAMBDA

    assert rated("model.h5", _made(fill, version)).rating is Rating.DANGEROUS


def test_a_configuration_of_fixed_length_is_read_too(rated: Rate) -> None:
    data = _made(lambda file: file.attrs.update(model_config=np.bytes_(LAMBDA.encode())))
    assert rated("model.h5", data).rating is Rating.DANGEROUS


def _attribute(file: h5py.File) -> None:
    file.attrs["title"] = np.bytes_(EVIL)


def _opaque(file: h5py.File) -> None:
    file.attrs["title"] = np.void(pickle.dumps(print, 4))


def _raw(file: h5py.File) -> None:
    file["data"] = np.void(pickle.dumps(print, 4))


def _numbers(file: h5py.File) -> None:
    file["data"] = np.frombuffer(pickle.dumps(print, 4), np.uint8)


def _instead(file: h5py.File) -> None:
    file.attrs["model_config"] = np.void(pickle.dumps(print, 4))


def _rows(file: h5py.File) -> None:
    rows = file.create_dataset("rows", (2,), dtype=h5py.vlen_dtype(np.uint8))
    rows.attrs["PSEUDOATOM"] = np.bytes_(b"object")
    rows[0] = np.frombuffer(pickle.dumps([1, 2]), np.uint8)
    rows[1] = np.frombuffer(EVIL, np.uint8)


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("fill", [_attribute, _opaque, _raw, _numbers, _instead, _rows])
def test_a_pickle_in_a_value_is_looked_inside(rated: Rate, fill: Callable[[h5py.File], None], version: str) -> None:
    found = rated("store.h5", _made(fill, version))
    assert found.rating is Rating.DANGEROUS
    assert any("system" in one.name or "print" in one.name for one in found.reasons)


def test_harmless_pickled_rows_are_a_note_only(rated: Rate) -> None:
    def fill(file: h5py.File) -> None:
        rows = file.create_dataset("rows", (1,), dtype=h5py.vlen_dtype(np.uint8))
        rows.attrs["PSEUDOATOM"] = np.bytes_(b"object")
        rows[0] = np.frombuffer(pickle.dumps(["a", "b"]), np.uint8)

    assert rated("store.h5", _made(fill)).rating is Rating.SAFE


def test_text_that_ends_in_a_full_stop_is_no_pickle(rated: Rate) -> None:
    data = _made(lambda file: file.attrs.update(note="A model of flowers. Trained in March."))
    assert rated("model.h5", data).rating is Rating.SAFE


def test_an_unknown_filter_is_unknown() -> None:
    data = bytearray(
        _made(lambda file: file.create_dataset("x", data=np.zeros((9, 9)), chunks=(3, 3), compression="gzip"))
    )
    where = data.index(b"deflate") - 8
    assert data[where : where + 2] == b"\1\0"
    data[where : where + 2] = b"\x99\x7d"
    assert [(one.kind, "32153" in one.message) for one in _sights(bytes(data))] == [("hdf5-unread", True)]


def test_an_unknown_message_is_unknown() -> None:
    data = bytearray(_made(lambda file: file.create_dataset("x", data=np.zeros(4))))
    file = Hdf5(Part(bytes(data), name="x.h5"), Look(lambda _part, _look: iter(()), Limits()))
    root = next(one for one in file.messages(file.root.group) if one.kind == Kind.TABLE)
    data[root.at - 8 : root.at - 6] = b"\x77\0"
    assert "hdf5-unread" in {one.kind for one in _sights(bytes(data))}


def test_trailing_bytes_are_looked_inside() -> None:
    data = _made(lambda file: file.create_dataset("x", data=np.zeros(4)))
    kinds = [one.kind for one in _sights(data + EVIL)]
    assert kinds == ["trailing", "inside"]


def test_a_file_cut_short_is_malformed() -> None:
    data = _made(_everything)
    with pytest.raises(BrokenError, match="the file ends at"):
        _sights(data[:-100])


def test_a_driver_that_splits_a_file_is_dangerous() -> None:
    data = bytearray(_made(lambda file: file.create_dataset("x", data=np.zeros(4))))
    data[48:56] = (64).to_bytes(8, "little")
    assert "hdf5-outside" in {one.kind for one in _sights(bytes(data))}


def test_a_link_of_a_strange_type_is_dangerous() -> None:
    data = bytearray(_made(_external, "latest"))
    where = data.index(b"\x40\3out")
    data[where] = 65
    assert any("type 65" in one.message for one in _sights(bytes(data)))


@pytest.mark.parametrize("mark", [b"TREE", b"SNOD", b"HEAP"])
def test_a_broken_structure_is_malformed(mark: bytes) -> None:
    data = bytearray(_made(_everything))
    where = data.index(mark)
    data[where : where + 4] = b"XXXX"
    with pytest.raises(BrokenError):
        _sights(bytes(data))


@pytest.mark.parametrize("mark", [b"FRHP", b"BTHD", b"BTLF", b"FHDB"])
def test_a_broken_store_of_many_links_is_malformed(mark: bytes) -> None:
    data = bytearray(_made(_everything, "latest"))
    where = data.index(mark)
    data[where : where + 4] = b"XXXX"
    with pytest.raises(BrokenError):
        _sights(bytes(data))


def test_a_tree_that_leads_back_into_itself_ends() -> None:
    data = bytearray(_made(_everything))
    trees = [at for at in range(len(data) - 4) if data[at : at + 4] == b"TREE"]
    for at in trees:
        if data[at + 4] == 0:
            data[at + 5] = 1  # a level above the leaves, whose children are then trees
    with pytest.raises(BrokenError):
        _sights(bytes(data))


def test_many_datasets_are_read_in_time_that_grows_with_their_number() -> None:
    def fill(count: int) -> Callable[[h5py.File], object]:
        return lambda file: [file.create_dataset(f"d{number}", data=np.zeros(1)) for number in range(count)]

    times = []
    for count in (500, 2000):
        data = _made(fill(count))
        begin = time.perf_counter()
        assert _sights(data) == []
        times.append((time.perf_counter() - begin) / count)
    assert all(after < 5 * before for before, after in pairwise(times))


def test_no_array_is_read(rated: Rate, within: Within) -> None:
    data = _made(lambda file: file.create_dataset("big", data=np.zeros((2000, 2000))))
    with within(100):
        found = rated("model.h5", data)
    assert found.rating is Rating.SAFE


_SEEDS: Final = [_made(_everything, version) for version in ("earliest", "latest")]


@given(
    seed=st.sampled_from(_SEEDS),
    where=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_a_mutated_file_never_ends_with_an_unknown_error(seed: bytes, where: list[tuple[float, int]]) -> None:
    data = bytearray(seed)
    for place, value in where:
        data[int(place * (len(data) - 1))] = value
    with contextlib.suppress(OverError, *BREAKS):
        _sights(bytes(data))


@given(seed=st.sampled_from(_SEEDS), where=st.integers(0, 4000), value=st.binary(min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_mutated_head_never_ends_with_an_unknown_error(seed: bytes, where: int, value: bytes) -> None:
    data = bytearray(seed)
    data[where : where + len(value)] = value
    with contextlib.suppress(OverError, *BREAKS):
        _sights(bytes(data))


@given(cut=st.floats(0, 1), seed=st.sampled_from(_SEEDS))
@settings(max_examples=50, deadline=None)
def test_a_cut_file_is_never_safe(cut: float, seed: bytes) -> None:
    with pytest.raises(BREAKS):
        _sights(seed[: int(cut * (len(seed) - 1))])
