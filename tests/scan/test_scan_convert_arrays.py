"""Weights-only files become safetensors: NumPy's files, pickles of arrays, and joblib's."""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import AccordError
from accord.scan.convert import convert, renamed
from accord.scan.convert_file import prove, write
from accord.scan.convert_formats import planned
from accord.scan.convert_plan import UnfitError
from accord.scan.engine import BREAKS, Target
from accord.scan.engine import read as read_any
from accord.scan.look import Limits, Look, OverError
from accord.scan.part import Part

Array = npt.NDArray[np.generic]
Convert = Callable[[bytes, str], dict[str, Array]]
SIGNS: Final = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U64": "u8",
                "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?"}  # fmt: skip
NUMBERS: Final = np.arange(24, dtype="f4").reshape(4, 6)


@pytest.fixture
def converted(tmp_path: Path) -> Convert:
    """Return a function that converts bytes under a name, and reads the result with NumPy alone."""

    def write_and_convert(data: bytes, name: str) -> dict[str, Array]:
        (tmp_path / name).write_bytes(data)
        convert(Target(tmp_path, name, name))
        new = (tmp_path / renamed(name)).read_bytes()
        (size,) = struct.unpack_from("<Q", new)
        said = json.loads(new[8 : 8 + size])
        assert said.pop("__metadata__") == {"format": "np"}
        found = {}
        for key, one in said.items():
            begin, end = one["data_offsets"]
            items = np.frombuffer(new[8 + size + begin : 8 + size + end], SIGNS[one["dtype"]])
            found[key] = items.reshape(one["shape"])
        return found

    return write_and_convert


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes, str], str]:
    def write_and_refuse(data: bytes, name: str) -> str:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(AccordError) as caught:
            convert(Target(tmp_path, name, name))
        assert caught.value.code == "ACC-E813"
        assert [one.name for one in tmp_path.iterdir()] == [name]
        return caught.value.message

    return write_and_refuse


Refuse = Callable[[bytes, str], str]


def same(found: dict[str, Array], expected: dict[str, Array]) -> bool:
    return found.keys() == expected.keys() and all(
        (found[key].dtype, found[key].shape, found[key].tobytes()) == (one.dtype, one.shape, one.tobytes())
        for key, one in expected.items()
    )


def arrays() -> dict[str, Array]:
    found: dict[str, Array] = {sign: NUMBERS.astype(sign) for sign in SIGNS.values()}
    found["columns"] = np.asfortranarray(NUMBERS)
    found["turned"] = NUMBERS.T
    found["every third"] = np.arange(20)[::3]
    found["empty"] = np.zeros((0, 4), "f4")
    found["one"] = np.array(2.5)
    return found


def saved(array: Array, *, allow: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=allow)
    return out.getvalue()


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickled_dict_of_arrays_becomes_tensors(converted: Convert, protocol: int) -> None:
    assert same(converted(pickle.dumps(arrays(), protocol), "a.pkl"), arrays())


@pytest.mark.parametrize("pack", [np.savez, np.savez_compressed])
def test_an_archive_of_arrays_becomes_tensors(converted: Convert, pack: Callable[..., None]) -> None:
    out = io.BytesIO()
    pack(out, **arrays())
    assert same(converted(out.getvalue(), "a.npz"), arrays())


@pytest.mark.parametrize("array", [NUMBERS, np.asfortranarray(NUMBERS), np.array(3, "u2"), np.zeros((3, 0))])
def test_a_lone_array_becomes_a_lone_tensor(converted: Convert, array: Array) -> None:
    assert same(converted(saved(array), "a.npy"), {"tensor": array})
    assert same(converted(pickle.dumps(array, 4), "b.pkl"), {"tensor": array})


def test_an_array_that_two_names_share_is_written_twice(converted: Convert) -> None:
    assert same(
        converted(pickle.dumps({"a": NUMBERS, "b": {"c": NUMBERS}}, 4), "a.pkl"), {"a": NUMBERS, "b.c": NUMBERS}
    )


def test_bytes_above_127_of_the_old_protocols_are_the_same(converted: Convert) -> None:
    array = np.arange(256, dtype="u1")
    assert same(converted(pickle.dumps({"w": array}, 2), "a.pkl"), {"w": array})
    assert same(converted(pickle.dumps({"w": array}, 0), "b.pkl"), {"w": array})


def joblib_pickle(array: Array, *, padding: bool = True, order: str = "C", kind: str = "numpy\nndarray") -> bytes:
    """Return what joblib writes for a dict of one array: raw bytes behind the state of a wrapper, spelt by hand."""

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    shape = b"(" + b"".join(b"K" + bytes([one]) for one in array.shape) + b"t"
    dtype = pickle.dumps(array.dtype, protocol=2)[2:-1]
    state = text("subclass") + b"c" + kind.encode() + b"\n" + text("shape") + shape + text("order") + text(order)
    state += text("dtype") + dtype + text("allow_mmap") + b"\x88" + text("numpy_array_alignment_bytes")
    state += b"K\x10" if padding else b"N"
    head = b"\x80\x03}" + text("w") + b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + state + b"ub"
    gap = -(len(head) + 1) % 16 if padding else 0
    return (
        head + (bytes([gap]) + b"\xff" * gap if padding else b"") + array.tobytes("F" if order == "F" else "C") + b"s."
    )


@pytest.mark.parametrize("padding", [True, False])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_that_joblib_writes_between_the_opcodes_are_found(
    converted: Convert, order: str, *, padding: bool
) -> None:
    found = converted(joblib_pickle(NUMBERS, padding=padding, order=order), "a.joblib")
    assert same(found, {"w": NUMBERS})


def test_a_packed_joblib_file_is_unpacked_first(converted: Convert) -> None:
    import zlib

    assert same(converted(zlib.compress(joblib_pickle(NUMBERS, padding=False)), "a.joblib"), {"w": NUMBERS})


def test_a_joblib_array_of_another_class_is_refused(refused: Refuse) -> None:
    assert "another class" in refused(joblib_pickle(NUMBERS, kind="numpy\nmatrix"), "a.joblib")


@pytest.mark.parametrize(
    "array",
    [np.zeros(3, "c8"), np.array(["a"]), np.array(["2020"], "M8[D]"), np.zeros(2, [("a", "f4"), ("b", "i2")]),
     np.zeros(3, ">f4"), np.zeros(2, "S3")],
    ids=["complex", "text", "dates", "records", "big-endian", "bytes"],
)  # fmt: skip
def test_what_safetensors_has_no_type_for_is_refused(refused: Refuse, array: Array, tmp_path: Path) -> None:
    assert "'tensor'" in refused(saved(array), "a.npy")
    (tmp_path / "a.npy").unlink()
    assert "'w'" in refused(pickle.dumps({"w": array}, 4), "b.pkl")


def test_objects_are_refused(refused: Refuse) -> None:
    assert "objects" in refused(saved(np.array([{}], object), allow=True), "a.npy")


@pytest.mark.parametrize("value", [{"w": [1.0]}, [NUMBERS], {"w": NUMBERS, "n": 3}, {"w": np.float32(3)}, {"w": None}])
def test_what_is_no_array_is_refused(refused: Refuse, value: object) -> None:
    assert "state dict alone" in refused(pickle.dumps(value, 4), "a.pkl")


def test_a_second_pickle_in_the_file_is_not_passed_over(refused: Refuse) -> None:
    assert "follow the first pickle" in refused(pickle.dumps({"w": NUMBERS}) * 2, "a.pkl")


def test_two_arrays_in_one_file_are_not_passed_over(refused: Refuse) -> None:
    assert "follow the array" in refused(saved(NUMBERS) * 2, "a.npy")


def test_a_type_whose_meaning_changes_on_the_way_is_refused(refused: Refuse) -> None:
    array = np.zeros(3, "f4")
    data = pickle.dumps({"w": array}, 2)
    state = data.index(b"K\x03X\x01\x00\x00\x00<")
    stop = data.index(b"b", state + 8)
    once = data[data.rindex(b"(", 0, state) : stop + 1]
    assert "twice" in refused(data[: stop + 1] + once.replace(b"<", b">") + data[stop + 1 :], "a.pkl")


@pytest.mark.parametrize("shape", [b"(K\x03K\x07t", b"(K\x05t"])
def test_a_shape_that_does_not_fit_its_bytes_is_refused(refused: Refuse, shape: bytes) -> None:
    data = pickle.dumps({"w": np.zeros((4, 6), "f4")}, 2)
    assert b"K\x04K\x06\x86" in data
    assert refused(data.replace(b"K\x04K\x06\x86", shape), "a.pkl")


SEEDS: Final = (
    ("pickle", pickle.dumps({"w": NUMBERS, "n": {"b": NUMBERS[0]}}, 2)),
    ("pickle", pickle.dumps({"w": NUMBERS, "n": {"b": NUMBERS[0]}}, 5)),
    ("pickle", joblib_pickle(NUMBERS)),
    ("numpy", saved(NUMBERS)),
    ("torch-legacy", pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)),
)


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_is_changed_is_refused_or_still_proven(
    seed: tuple[str, bytes], changes: list[tuple[int, int]]
) -> None:
    form, data = seed
    body = bytearray(data)
    for at, value in changes:
        body[at % len(body)] = value
    look = Look(read_any, Limits(seconds=10))
    out = io.BytesIO()
    try:
        plan = planned(Part(bytes(body), name="a.pkl"), form, look)
        write(plan, out, look)
    except (UnfitError, OverError, *BREAKS):
        return
    prove(plan, out, look)
