"""JSON on the wire: read in one way only, and changed without touching the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.guard.gateway.sse import Events, written
from accord.guard.gateway.wire import (
    RefusedError,
    changed,
    is_deeper,
    path_of,
    put,
    read_arguments,
    read_json,
    where_of,
)
from accord.guard.gateway.words import Event

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "ACC-E750"),
        (b"{", "ACC-E750"),
        (b'{"a": 1} {"b": 2}', "ACC-E750"),
        (b'{"a": 1, "a": 2}', "ACC-E750"),
        (b'{"a": 1, "\\u0061": 2}', "ACC-E750"),
        (b'{"x": {"deep": [{"a": 1, "a": 1}]}}', "ACC-E750"),
        (b'{"a": NaN}', "ACC-E750"),
        (b'{"a": "\xff\xfe"}', "ACC-E750"),
        (b'{"a": "\\ud800"}', "ACC-E750"),
        (b"\xef\xbb\xbf{}", "ACC-E750"),
        (b"\xff\xfe{\x00}\x00", "ACC-E750"),
        (b"{'a': 1}", "ACC-E750"),
        (b"[" * 65 + b"]" * 65, "ACC-E751"),
        (b"[" * 100_000, "ACC-E750"),
    ],
)
def test_a_body_that_two_readers_could_take_differently_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_json(body)
    assert refused.value.code == code


@given(VALUES)
def test_what_one_reader_writes_is_read_the_same(value: Any) -> None:
    for separators in ((",", ":"), (", ", " : ")):
        for ascii_only in (True, False):
            body = json.dumps({"v": value}, separators=separators, ensure_ascii=ascii_only).encode()
            assert read_json(body) == {"v": value}


def test_sixty_four_levels_are_read() -> None:
    assert read_json(b"[" * 64 + b"]" * 64) is not None
    assert not is_deeper([[[]]], 3)
    assert is_deeper([[[[]]]], 3)


@given(value=VALUES, new=VALUES, ascii_only=st.booleans())
def test_one_place_is_changed_and_every_other_byte_stays(value: Any, new: Any, *, ascii_only: bool) -> None:
    body = json.dumps(
        {"keep": value, "list-of-it": [1, {"here": value}], "end-of-it": 1e5}, indent=1, ensure_ascii=ascii_only
    )
    made = changed(body.encode(), {("list-of-it", 1, "here"): new}, json.loads(body))
    assert json.loads(made) == {"keep": value, "list-of-it": [1, {"here": new}], "end-of-it": 1e5}
    begin, end = body.index('"list-of-it"'), body.index('"end-of-it"')
    assert made.startswith(body[:begin].encode())
    assert made.endswith(body[end:].encode())


def test_a_place_inside_a_replaced_value_is_gone_with_it() -> None:
    made = changed(b'{"a": {"b": "x"}, "c": 1}', {("a",): None, ("a", "b"): "y"}, {"a": {"b": "x"}, "c": 1})
    assert made == b'{"a": null, "c": 1}'


def test_a_field_that_is_not_there_is_added() -> None:
    parsed: dict[str, object] = {"a": {}}
    put(parsed, ("a", "b"), 1)
    assert json.loads(changed(b'{"a": {}}', {("a", "b"): 1}, parsed)) == {"a": {"b": 1}}


def test_nothing_to_change_gives_the_same_bytes() -> None:
    body = b'{ "a" :1.0 }'
    assert changed(body, {}, {}) is body


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "[1]", "3", "{", '{"a":1} x', "null", "NaN"])
def test_arguments_that_are_not_one_plain_object_are_unreadable(text: str) -> None:
    assert read_arguments(text) is None


def test_no_arguments_are_an_empty_object() -> None:
    assert read_arguments("  ") == {}
    assert read_arguments('{"a": 1}') == {"a": 1}


@given(st.lists(st.integers(0, 99) | st.from_regex(r"[a-z_]{1,8}", fullmatch=True), min_size=1, max_size=6))
def test_a_place_reads_as_the_path_that_it_is(steps: list[str | int]) -> None:
    path = ("top", *steps)
    assert path_of(where_of(path)) == path


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.integers(1, 9), st.sampled_from(["\n", "\r\n", "\r"]))
def test_events_are_the_same_however_they_arrive(texts: list[str], size: int, end: str) -> None:
    body = b"".join(written({"t": text}, "e") for text in texts).replace(b"\n", end.encode())
    reader, found = Events(), list[Event]()
    for at in range(0, len(body), size):
        found += reader.feed(body[at : at + size])
    found += reader.end()
    assert [json.loads(one.data)["t"] for one in found] == texts
    assert {one.name for one in found} == {"e"}


def test_an_event_without_its_blank_line_is_told_at_the_end() -> None:
    reader = Events()
    assert [*reader.feed(b"data: 1")] == []
    assert [one.data for one in reader.end()] == [b"1"]


def test_comments_and_unknown_fields_carry_nothing_on() -> None:
    found = [*Events().feed(b": the code is 1234\n\nid: 7\nretry: 1\ndata: {}\nx: y\n\nid: 8\n\n")]
    assert [one.raw for one in found] == [b":\n\n", b"data: {}\n\n"]


def test_an_event_without_end_is_not_kept_for_ever() -> None:
    reader = Events()
    with pytest.raises(RefusedError):
        for _ in range(20):
            [*reader.feed(b"x" * (1 << 20))]
