"""The weights' file: what is written is read again, what is damaged is refused, nothing in it is run."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import CatalogError
from accord.guard.detector.front import front_of
from accord.guard.detector.table import arrays, packed


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(packed({"one": np.arange(7, dtype=np.uint8), "two": np.ones((2, 3), np.float32)}, {"seed": "1"}))
    found = arrays(file)
    assert found["one"].tolist() == list(range(7))
    assert found["two"].shape == (2, 3)


@pytest.mark.parametrize(
    "header",
    [
        {"one": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}},
        {"one": {"dtype": "I64", "shape": [1], "data_offsets": [0, 1]}},
        {"one": {"dtype": "U8", "shape": [2], "data_offsets": [0, 1]}},
        {"one": {"dtype": "U8", "shape": [1], "data_offsets": [1, 0]}},
        {"one": 7},
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: dict[str, object]) -> None:
    text = json.dumps(header).encode()
    file = tmp_path / "a.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + b"x")
    with pytest.raises(CatalogError, match="cannot be read"):
        arrays(file)


@given(data=st.binary(max_size=200))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("w") / "a.safetensors"
    file.write_bytes(data)
    with suppress(CatalogError):
        assert isinstance(arrays(file), dict)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError):
        arrays(tmp_path / "none")


def test_weights_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="codes"):
        front_of({"codes": np.zeros(3, np.uint8)})
