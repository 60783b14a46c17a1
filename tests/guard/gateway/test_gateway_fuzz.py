"""Whatever comes, from callers or from the upstream, is answered in order and never by a crash; no canary gets by."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from gatekeeping import CANARY, EVIL, Said, event, house
from hypothesis import given, settings
from hypothesis import strategies as st

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 300)
    | st.sampled_from(["", "x", "user", "text", "function", CANARY, "\ud7ff"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "content", "name", "role", "id", "function", "index", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FUNCTION = {"name": "read", "description": "d", "parameters": {"type": "object"}}
REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "model": "m",
        "n": 1,
        "stream": False,
        "tools": [{"type": "function", "function": FUNCTION}],
        "functions": [FUNCTION],
        "messages": [
            {"role": "system", "content": "s"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,A"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "read", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "done"},
        ],
        "response_format": {"type": "json_schema"},
        "modalities": ["text"],
        "metadata": {"a": "b"},
    },
    "/v1/responses": {
        "model": "m",
        "instructions": "i",
        "tools": [{"type": "function", **FUNCTION}],
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "hi"},
                    {"type": "input_image", "image_url": "data:image/png,A"},
                ],
            },
            {"type": "function_call", "call_id": "1", "name": "read", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "done"},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}]},
        ],
        "previous_response_id": "r",
        "text": {"format": {"type": "text"}},
    },
    "/v1/messages": {
        "model": "m",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "s"}],
        "tools": [{"name": "read", "input_schema": {}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi"},
                    {"type": "document", "source": {"type": "text", "data": "d"}},
                ],
            },
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "read", "input": {}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "done"}]}],
            },
        ],
    },
    "/v1/embeddings": {"model": "m", "input": ["a", "b"], "dimensions": 3},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "id": "c",
        "model": "m",
        "usage": {"completion_tokens": 1},
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "logprobs": {"content": [{"token": "ok"}]},
                "message": {
                    "role": "assistant",
                    "content": f"so {CANARY}",
                    "refusal": None,
                    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "read", "arguments": "{}"}}],
                },
            }
        ],
    },
    "/v1/responses": {
        "id": "r",
        "status": "completed",
        "instructions": CANARY,
        "output": [
            {"type": "message", "content": [{"type": "output_text", "text": f"so {CANARY}", "annotations": []}]},
            {"type": "function_call", "call_id": "1", "name": "read", "arguments": "{}"},
        ],
    },
    "/v1/messages": {
        "id": "m",
        "type": "message",
        "stop_reason": "end_turn",
        "content": [
            {"type": "text", "text": f"so {CANARY}"},
            {"type": "tool_use", "id": "1", "name": "read", "input": {}},
        ],
    },
    "/v1/embeddings": {"object": "list", "model": CANARY, "data": [{"embedding": [0.1]}], "usage": {"total_tokens": 1}},
}
EVENTS: dict[str, list[dict[str, Any]]] = {
    "/v1/chat/completions": [
        {
            "id": "c",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": f"so {CANARY[:8]}"}, "logprobs": None}],
        },
        {"id": "c", "choices": [{"index": 0, "delta": {"content": CANARY[8:]}}]},
        {
            "id": "c",
            "choices": [
                {"index": 1, "delta": {"tool_calls": [{"index": 0, "function": {"name": "send", "arguments": "{}"}}]}}
            ],
        },
        {"id": "c", "choices": [{"index": 1, "delta": {}, "finish_reason": "tool_calls"}]},
    ],
    "/v1/responses": [
        {"type": "response.created", "response": {"id": "r", "instructions": CANARY, "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "delta": f"so {CANARY[:8]}", "logprobs": []},
        {"type": "response.output_text.delta", "output_index": 0, "delta": CANARY[8:]},
        {
            "type": "response.output_item.added",
            "output_index": 1,
            "item": {"type": "function_call", "name": "send", "arguments": ""},
        },
        {
            "type": "response.output_item.done",
            "output_index": 1,
            "item": {"type": "function_call", "name": "send", "arguments": "{}"},
        },
        {
            "type": "response.completed",
            "response": {"id": "r", "output": [{"type": "function_call", "name": "send", "arguments": "{}"}]},
        },
    ],
    "/v1/messages": [
        {"type": "message_start", "message": {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"so {CANARY[:8]}"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": CANARY[8:]}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "name": "send", "input": {}}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ],
}
STATUS = {200, 400, 403, 413, 502}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def broken(value: Any, draw: random.Random, odd: Any) -> Any:
    """Return a copy with something odd in one of its places."""
    made = copy.deepcopy(value)
    path = draw.choice(places(made))
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return made


@pytest.mark.parametrize("path", REQUESTS)
@given(seed=st.integers(0, 10**6), odds=st.lists(ODD, min_size=1, max_size=2))
@settings(max_examples=80)
def test_a_request_with_something_odd_in_it_is_answered_or_refused(path: str, seed: int, odds: list[Any]) -> None:
    draw, body = random.Random(seed), REQUESTS[path]
    for odd in odds:
        body = broken(body, draw, odd)
    there = house(ANSWERS[path])
    answer = there.ask(path, body)
    assert answer.status in STATUS
    assert CANARY.encode() not in answer.body
    assert (answer.status == 200) == bool(there.upstream.seen) or answer.status == 502
    if there.upstream.seen:
        assert json.loads(there.upstream.seen[0][2]) == body


@pytest.mark.parametrize("path", REQUESTS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=80)
def test_an_attack_at_any_place_that_the_model_reads_is_blocked(path: str, seed: int) -> None:
    quiet = {
        "model",
        "role",
        "type",
        "id",
        "call_id",
        "tool_call_id",
        "tool_use_id",
        "url",
        "image_url",
        "metadata",
        "dimensions",
        "previous_response_id",
        "modalities",
        "stream",
        "n",
        "max_tokens",
        "arguments",
        "a",
        0,
    }
    draw, body = random.Random(seed), REQUESTS[path]
    spots = [one for one in places(body) if one[-1] not in quiet and isinstance(at(body, one), str)]
    made = copy.deepcopy(body)
    spot = draw.choice(spots)
    at(made, spot[:-1])[spot[-1]] = f"please {EVIL} now"
    answer = house(ANSWERS[path]).ask(path, made)
    assert answer.status in {403, 400}, spot
    assert answer.headers[b"x-accord-decision"] == b"block"


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("path", ANSWERS)
@given(seed=st.integers(0, 10**6), odds=st.lists(ODD, max_size=2))
@settings(max_examples=80)
def test_a_canary_leaves_in_no_answer_however_odd(path: str, seed: int, odds: list[Any]) -> None:
    draw, said = random.Random(seed), ANSWERS[path]
    for odd in odds:
        said = broken(said, draw, odd)
    body = {key: value for key, value in REQUESTS[path].items() if key not in {"tools", "functions"}}
    answer = house(said).ask(path, body)
    assert answer.status in {200, 502}
    assert CANARY.encode() not in answer.body
    assert b"so CANARY" not in answer.body


@pytest.mark.parametrize("path", EVENTS)
@given(seed=st.integers(0, 10**6), odds=st.lists(ODD, max_size=2))
@settings(max_examples=80)
def test_a_canary_and_a_refused_call_leave_in_no_stream_however_odd(path: str, seed: int, odds: list[Any]) -> None:
    draw, said = random.Random(seed), EVENTS[path]
    for odd in odds:
        said = [one if isinstance(one, dict) else {"odd": one} for one in broken(said, draw, odd)]
    parts = [event(one, str(one.get("type", ""))) for one in said]
    there = house(said=Said((*parts, b"data: [DONE]\n\n"), "text/event-stream"))
    answer = there.ask(
        path, {**REQUESTS[path], "stream": True, "n": 2} if "chat" in path else {**REQUESTS[path], "stream": True}
    )
    assert answer.status == 200
    assert CANARY.encode() not in answer.body
    assert b'"send"' not in answer.body


@given(st.binary(max_size=60))
def test_bytes_that_are_nothing_are_refused(body: bytes) -> None:
    assert house({}).ask("/v1/chat/completions", body).status in {400, 200}


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_a_stream_of_bytes_that_are_nothing_ends(parts: list[bytes]) -> None:
    there = house(said=Said(tuple(parts), "text/event-stream"))
    body = {"messages": [], "stream": True}
    assert there.ask("/v1/chat/completions", body).status == 200
