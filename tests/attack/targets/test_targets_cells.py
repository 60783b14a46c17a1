"""Templates escape what they are filled with, and no answer, whatever it holds, does more than be read or refused."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.attack.targets.cells import (
    MISSING,
    Paths,
    ShapeError,
    address,
    arguments,
    at,
    body,
    events,
    header,
    parsed,
    read,
    streamed,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
ANSWERS = st.dictionaries(st.sampled_from(["answer", "tool_calls", "text", "id", "usage", "stopped"]), JSON, max_size=5)


@given(st.text())
def test_any_text_in_a_json_body_is_read_back_as_it_was(text: str) -> None:
    assert json.loads(body('{"a": ["{{text}}"]}', {"text": text}, kind="application/json")) == {"a": [text]}


@given(st.text())
def test_no_text_leaves_its_part_of_an_address_or_its_header(text: str) -> None:
    made = address("http://a.example/d/{{name}}?x=1", {"name": text})
    inner = made.removeprefix("http://a.example/d/").removesuffix("?x=1")
    assert not set(inner) & set("/?#\r\n ")
    assert unquote(inner, errors="strict") == text.encode("utf-8", "replace").decode()
    assert not set(header("a {{text}}", {"text": text})) & set("\r\n\0")


@given(ANSWERS, st.sampled_from([Paths(), Paths("answer", "tool_calls", "stopped"), Paths(".", "answer")]))
def test_any_answer_is_read_or_refused(value: object, paths: Paths) -> None:
    try:
        reading = read(value, paths)
    except ShapeError:
        return
    assert reading.text.encode().decode() == reading.text
    assert json.dumps([dict(call.args) for call in reading.calls], allow_nan=False)


@given(st.text() | st.text(alphabet='data: {}\r\n[]"answer,').map(lambda text: f"data: {text}"))
def test_any_stream_is_read_or_refused(text: str) -> None:
    try:
        streamed(text, Paths())
    except ShapeError:
        return
    assert all(isinstance(one, str) for one in events(text))


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b", 1), ("c.1", "y"), ("d.e", 2), ("c.9", MISSING), ("a.b.c", MISSING), ("c.x", MISSING), ("", MISSING)],
)
def test_a_dotted_path_leads_into_mappings_and_lists(path: str, found: object) -> None:
    assert at({"a": {"b": 1}, "c": ["x", "y"], "d.e": 2}, path) == found


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {"arguments": ""}),
        ("[1]", {"arguments": [1]}),
        (None, {}),
        ({"deep": json.loads("[" * 40 + "1" + "]" * 40)}, None),
    ],
)
def test_arguments_of_any_make_become_a_mapping(given_: object, found: object) -> None:
    made = arguments(given_)
    assert made == found if found is not None else "…" in json.dumps(made, ensure_ascii=False)


def test_deep_json_is_refused_and_not_a_crash() -> None:
    with pytest.raises(ShapeError):
        parsed("[" * 200_000)
