from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.containers.npy import array
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
TYPES = (
    "f8", "<f4", ">i2", "u1", "bool", "c16", "S7", "U5", "M8[ns]", "m8[D]", "V3", "f2",
    [("a", "f4"), ("b", "i8", (2, 3))], [("a", [("x", "u1"), ("y", "S2")]), (("title", "b"), "<M8[us]")],
)  # fmt: skip


def saved(value: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    out = io.BytesIO()
    np.save(out, value, allow_pickle=True)
    return out.getvalue()


def with_header(text: str, rest: bytes = b"", version: int = 1) -> bytes:
    data = text.encode("utf-8")
    return b"\x93NUMPY" + bytes([version, 0]) + len(data).to_bytes(2 if version == 1 else 4, "little") + data + rest


def dangerous(rated: Rated) -> set[str | None]:
    return {one.finding.where.member for one in rated.reasons if one.rating is Rating.DANGEROUS}


def messages(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_numbers_of_every_type_are_safe(rated: Rate, kind: object) -> None:
    for shape in ((), (0,), (3, 4)):
        found = rated("a.npy", saved(np.zeros(shape, np.dtype(kind))))  # type: ignore[call-overload]  # a type of any form
        assert (found.rating, found.format) == (Rating.SAFE, "numpy"), messages(found)


def test_arrays_in_fortran_order_and_in_a_row_are_safe(rated: Rate) -> None:
    data = saved(np.asfortranarray(np.ones((3, 4)))) + saved(np.arange(5))
    assert rated("two.npy", data).rating is Rating.SAFE


def test_harmless_objects_are_safe(rated: Rate) -> None:
    data = saved(np.array([{"a": 1}, None, "text"], dtype=object))
    found = rated("objects.npy", data)
    assert found.rating is Rating.SAFE, messages(found)


@pytest.mark.parametrize("descr", ["'|O'", "'O'", "[('a', '<f4'), ('b', '|O')]", "[('a', [('b', '|O', (2,))])]"])
def test_a_payload_among_objects_is_found(rated: Rate, payload: bytes, descr: str) -> None:
    data = with_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}\n", payload)
    assert dangerous(rated("a.npy", data)) == {None}


def test_a_payload_behind_the_numbers_is_found(rated: Rate, payload: bytes) -> None:
    found = rated("a.npy", saved(np.arange(5)) + payload)
    assert dangerous(found) == {"(trailing bytes)"}


def test_too_few_numbers_are_malformed(rated: Rate) -> None:
    assert rated("a.npy", saved(np.arange(50))[:-1]).rating is Rating.MALFORMED


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': 'os.system', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 5000 + ",)}",
        "(" * 30_000,
        "-" * 30_000,
        "[" * 60 + "]" * 60,
        "1L" * 20_000,
        "",
    ],
)
def test_a_header_that_numpy_does_not_write_is_malformed(rated: Rate, header: str, within: Within) -> None:
    with within(20):
        found = rated("a.npy", with_header(header, bytes(8)))
    assert found.rating is Rating.MALFORMED


def test_a_payload_behind_a_strange_header_is_found(rated: Rate, payload: bytes) -> None:
    data = b"\x93NUMPY\x09\x00" + payload
    assert rated("a.npy", data).rating is Rating.DANGEROUS


def test_long_counts_of_python_2_are_read() -> None:
    data = with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }\n", bytes(48))
    assert array(Part(data, name="a.npy")).size == 48


def test_an_archive_of_arrays_is_safe_and_packed_zeros_are_not_unpacked(rated: Rate, within: Within) -> None:
    out = io.BytesIO()
    np.savez_compressed(out, a=np.zeros(5_000_000), b=np.arange(5), c=np.array("x"))
    with within(30):
        found = rated("a.npz", out.getvalue())
    assert (found.rating, found.format) == (Rating.SAFE, "npz"), messages(found)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_harmless_objects_in_an_archive_of_arrays_are_safe(rated: Rate, save: Callable[..., None]) -> None:
    out = io.BytesIO()
    save(out, a=np.arange(5), b=np.array([1], dtype=object))
    honest = rated("honest.npz", out.getvalue())
    assert honest.rating is Rating.SAFE, messages(honest)


def test_a_raw_member_of_an_archive_of_arrays_is_read(
    rated: Rate, zipped: Callable[..., bytes], payload: bytes
) -> None:
    header = with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", payload)
    for data in (payload, header):
        found = rated(
            "a.npz", zipped([{"name": "a.npy", "data": saved(np.arange(3))}, {"name": "b.npy", "data": data}])
        )
        assert dangerous(found) == {"b.npy"}


@settings(max_examples=100, deadline=None)
@given(shape=st.lists(st.integers(0, 5), max_size=4), kind=st.sampled_from(TYPES), order=st.sampled_from("CF"))
def test_the_announced_size_is_the_real_one(shape: list[int], kind: object, order: str) -> None:
    value = np.zeros(shape, np.dtype(kind), order=order)  # type: ignore[call-overload]  # a type of any form
    data = saved(value)
    one = array(Part(data, name="a.npy"))
    assert one.begin + one.size == len(data)


@settings(max_examples=200, deadline=None)
@given(text=st.text("{}()[]'\"\\,: 0123456789<f8ObLTrueFalsedescrfortran_ordershape", max_size=200))
def test_a_header_of_anything_is_an_array_or_broken(text: str) -> None:
    with suppress(BrokenError):
        assert array(Part(with_header(text), name="a.npy")).size >= 0


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 300), value=st.integers(0, 255))
def test_a_broken_array_never_ends_the_scan(rated: Rate, at: int, value: int) -> None:
    data = bytearray(saved(np.array([1, "a"], dtype=object)))
    data[at % len(data)] = value
    assert rated("fuzzed.npy", bytes(data)).rating in set(Rating)
