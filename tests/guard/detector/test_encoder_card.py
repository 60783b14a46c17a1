"""The card of the encoder's weights, and the cutting of windows: nothing here needs the extra or the weights."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import CatalogError
from accord.guard.detector.encoder import CARD, OVERLAP, PARTS, Card, load_encoder, parts_of, read_card

ENTRIES: dict[str, object] = {
    "weights": "encoder.onnx",
    "tokenizer": "tokenizer.json",
    "digests": {"encoder.onnx": "0" * 64, "tokenizer.json": "0" * 64},
    "longest": 128,
    "start": 0,
    "end": 2,
    "slope": 1.0,
    "offset": 0.0,
}


def card(**changes: object) -> Card:
    """Return a card with some entries changed."""
    return read_card(json.dumps(ENTRIES | changes).encode())


def test_a_card_says_which_files_and_how_long_a_window_is() -> None:
    read = card(longest=96)
    assert (read.weights, read.tokenizer, read.longest) == ("encoder.onnx", "tokenizer.json", 96)


@pytest.mark.parametrize("missing", sorted(ENTRIES))
def test_a_card_without_an_entry_is_an_error_with_a_page(missing: str) -> None:
    left = {name: value for name, value in ENTRIES.items() if name != missing}
    with pytest.raises(CatalogError) as caught:
        read_card(json.dumps(left).encode())
    assert caught.value.code == "ACC-E785"
    assert missing in caught.value.message


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'"words"', b"\xff\xfe", b"[" * 200_000, b'{"digests": []}']
)
def test_a_card_that_is_no_card_is_an_error_with_a_page(data: bytes) -> None:
    with pytest.raises(CatalogError) as caught:
        read_card(data)
    assert caught.value.code == "ACC-E785"


@pytest.mark.parametrize(
    "changes",
    [
        {"longest": 0},
        {"longest": 100_000},
        {"weights": "../encoder.onnx"},
        {"tokenizer": "a\\b"},
        {"longest": "many"},
        {"slope": float("nan")},
        {"offset": float("inf")},
        {"start": -1},
    ],
)
def test_a_card_that_names_what_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CatalogError) as caught:
        card(**changes)
    assert caught.value.code == "ACC-E785"


@given(st.binary(max_size=200))
def test_no_bytes_make_the_card_break_in_another_way(data: bytes) -> None:
    with pytest.raises(CatalogError):
        read_card(data)


def test_without_weights_there_is_no_encoder(tmp_path: Path) -> None:
    assert load_encoder(tmp_path) is None


def test_with_a_card_alone_there_is_no_encoder(tmp_path: Path) -> None:
    (tmp_path / CARD).write_text(json.dumps(ENTRIES))
    assert load_encoder(tmp_path) is None


def test_without_the_extra_there_is_no_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("accord.guard.detector.encoder.import_module", absent)
    (tmp_path / CARD).write_text(json.dumps(ENTRIES))
    assert load_encoder(tmp_path) is None


@pytest.mark.parametrize("changed", ["encoder.onnx", "tokenizer.json"])
def test_weights_that_are_not_those_of_the_card_are_never_loaded(tmp_path: Path, changed: str) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra guard")
    tokenizers = pytest.importorskip("tokenizers", reason="needs the extra guard")
    plain = {
        "encoder.onnx": b"no model",
        "tokenizer.json": tokenizers.Tokenizer(tokenizers.models.BPE()).to_str().encode(),
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in plain.items()}
    (tmp_path / CARD).write_text(json.dumps(ENTRIES | {"digests": digests}))
    for name, data in plain.items():
        (tmp_path / name).write_bytes(data + b" " if name == changed else data)
    with pytest.raises(CatalogError) as caught:
        load_encoder(tmp_path)
    assert caught.value.code == "ACC-E786"
    assert changed in caught.value.message


def test_a_file_that_the_card_gives_no_digest_for_is_not_loaded(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra guard")
    pytest.importorskip("tokenizers", reason="needs the extra guard")
    (tmp_path / CARD).write_text(json.dumps(ENTRIES | {"digests": {}}))
    (tmp_path / "encoder.onnx").write_bytes(b"no model")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(CatalogError) as caught:
        load_encoder(tmp_path)
    assert caught.value.code == "ACC-E786"


def test_a_short_text_is_one_part_between_both_ends() -> None:
    assert parts_of([7, 8, 9], card()) == [(0, 7, 8, 9, 2)]


def test_an_empty_text_is_both_ends() -> None:
    assert parts_of([], card()) == [(0, 2)]


@given(st.integers(0, PARTS * (126 - OVERLAP) + OVERLAP))
def test_every_token_of_a_window_stands_in_a_part(count: int) -> None:
    parts = parts_of(range(10, 10 + count), card())
    assert {one for part in parts for one in part} - {0, 2} == set(range(10, 10 + count))
    assert all(len(part) <= 128 for part in parts)


@given(st.integers(127, PARTS * (126 - OVERLAP) + OVERLAP))
def test_parts_that_follow_each_other_share_tokens(count: int) -> None:
    parts = parts_of(range(10, 10 + count), card())
    for one, next_one in pairwise(parts):
        assert len(set(one) & set(next_one) - {0, 2}) >= OVERLAP - 1


@given(st.integers(0, 5_000))
def test_the_work_for_one_window_is_bounded_and_reaches_its_end(count: int) -> None:
    parts = parts_of(range(10, 10 + count), card())
    assert 1 <= len(parts) <= PARTS
    assert not count or parts[-1][-2] == 9 + count
    assert not count or parts[0][1] == 10
