"""A document from a stranger has one meaning or is refused, and the complaint says where."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import RecordError
from accord.scan.origin.documents import Document, read_document

Within = Callable[[float], AbstractContextManager[None]]


def read(data: bytes | str, limit: int = 1 << 16) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return read_document(raw, path="x.json", code="ACC-E842", limit=limit)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ('{"a": 1, "a": 2}', "the member 'a' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "the member 'b' stands twice"),
        ('{"a": NaN}', "NaN is no number"),
        ("[" * 40 + "]" * 40, "nested deeper than 32 levels"),
        ("[" * 60_000, "it is no JSON"),
        (b"\xff", "it is not UTF-8"),
        ("", "it is no JSON"),
        ("{} x", "it is no JSON"),
        (" " * (1 << 17), "it is larger than 64 KiB"),
    ],
)
def test_what_has_no_one_meaning_is_refused(data: bytes | str, why: str) -> None:
    with pytest.raises(RecordError) as caught:
        read(data)
    assert why in caught.value.message
    assert caught.value.code == "ACC-E842"


def test_a_complaint_names_the_member() -> None:
    place = read('{"a": [{"b": 5}]}').members(("a",))["a"].items(4)[0].members(("b",))["b"]
    with pytest.raises(RecordError) as caught:
        place.text()
    assert caught.value.message == "x.json cannot be used: a.0.b: it is no text of at most 4096 characters"
    assert caught.value.where is not None
    assert caught.value.where.member == "a.0.b"


@pytest.mark.parametrize(
    ("value", "ask"),
    [
        ([1, 2, 3], lambda at: at.items(2)),
        ({}, lambda at: at.items(2)),
        ([], lambda at: at.mapping()),
        ({"b": 1}, lambda at: at.members(("a",))),
        ({"a": 1, "b": 1}, lambda at: at.members(("a",))),
        ("x" * 11, lambda at: at.text(10)),
        ("\ud800", lambda at: at.text()),
        (1, lambda at: at.flag()),
        (True, lambda at: at.whole(9)),
        (0, lambda at: at.whole(9)),
        (10, lambda at: at.whole(9)),
        (1.5, lambda at: at.whole(9)),
        ("1", lambda at: at.whole(9)),
        ("é", lambda at: at.blob()),
        ("AA", lambda at: at.blob()),
        ("AB==", lambda at: at.blob()),
        ("A A=", lambda at: at.blob()),
        ("AA-_", lambda at: at.blob()),
    ],
)
def test_another_type_or_size_is_refused(value: object, ask: Any) -> None:
    with pytest.raises(RecordError):
        ask(Document(value, name="m", path="x", code="ACC-E842"))


def test_numbers_may_be_written_as_fractions_of_one() -> None:
    assert Document(1048576.0, name="", path="x", code="ACC-E842").whole(1 << 30) == 1 << 20


@given(st.binary(max_size=60))
def test_every_blob_has_one_spelling(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert Document(text, name="", path="x", code="ACC-E842").blob() == data


@given(st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_plain_values_come_back_as_they_are(value: object) -> None:
    assert read(json.dumps(value)).value == value


def test_many_members_of_one_name_cost_no_time(within: Within) -> None:
    text = "{" + ",".join(f'"k{number}": 1' for number in range(200_000)) + ', "k199999": 2}'
    with within(500), pytest.raises(RecordError):
        read(text, limit=1 << 24)
