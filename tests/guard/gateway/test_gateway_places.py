"""A canary at every place of an answer, as a value, as the name of a member and beside what is there, never leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from gatekeeping import CANARY, event, house

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
ASKED = {"messages": [{"role": "user", "content": "hi"}], "input": "hi", "n": 2}
TOKEN = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}
TOKENS = [{**TOKEN, "top_logprobs": [TOKEN]}]
CITED = {"type": "url_citation", "url_citation": {"url": "https://w.example/", "title": "W", "start_index": 0}}
CALL = {"id": "1", "index": 0, "type": "function", "function": {"name": "read", "arguments": '{"path": "a"}'}}
SAID = {"type": "output_text", "text": "Hi", "annotations": [CITED], "logprobs": TOKENS}
MESSAGE = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [SAID]}
FUNCTION = {"type": "function_call", "id": "f", "call_id": "1", "name": "read", "arguments": '{"path": "a"}'}
RESPONSE = {
    "id": "r",
    "object": "response",
    "status": "completed",
    "metadata": {"a": "b"},
    "usage": {"x": 1},
}
BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "so", "signature": "s"},
    {"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "x", "document_index": 0}]},
    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
    {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result", "title": "t"}]},
    {"type": "tool_use", "id": "t", "name": "read", "input": {"path": "a"}},
]

WHOLE: dict[str, dict[str, Any]] = {
    "chat": {
        "id": "c",
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hi",
                    "reasoning_content": "so",
                    "annotations": [CITED],
                    "audio": {"id": "a", "data": "AAAA", "transcript": "Hi"},
                },
                "logprobs": {"content": TOKENS, "refusal": None},
                "finish_reason": "stop",
            },
            {"index": 1, "message": {"role": "assistant", "tool_calls": [CALL]}, "finish_reason": "tool_calls"},
        ],
        "usage": {"completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}},
    },
    "responses": {**RESPONSE, "output": [{"type": "reasoning", "id": "s", "summary": []}, MESSAGE, FUNCTION]},
    "messages": {"id": "m", "role": "assistant", "content": BLOCKS, "stop_reason": "tool_use", "usage": {"x": 1}},
}


def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": None, **more}]}


def blocks() -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {"a": 1}}}
    begun: list[dict[str, Any]] = [{"type": "text", "text": ""}, {"type": "thinking", "thinking": ""}, BLOCKS[3]]
    deltas = [{"type": "text_delta", "text": "Hi"}, {"type": "thinking_delta", "thinking": "so"}, None]
    for index, (block, delta) in enumerate(zip(begun, deltas, strict=True)):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        if delta:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
    yield {"type": "message_stop"}


def output() -> Iterator[dict[str, Any]]:
    at = {"item_id": "m", "output_index": 0, "content_index": 0}
    yield {"type": "response.created", "sequence_number": 0, "response": {**RESPONSE, "output": []}}
    yield {"type": "response.output_item.added", "output_index": 0, "item": {**MESSAGE, "content": []}}
    yield {"type": "response.output_text.delta", **at, "delta": "Hi", "logprobs": TOKENS}
    yield {"type": "response.output_text.annotation.added", **at, "annotation": CITED}
    yield {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE}
    yield {"type": "response.output_item.added", "output_index": 1, "item": {**FUNCTION, "arguments": ""}}
    yield {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": FUNCTION["arguments"]}
    yield {"type": "response.output_item.done", "output_index": 1, "item": FUNCTION}
    yield {"type": "response.completed", "response": {**RESPONSE, "output": [MESSAGE, FUNCTION]}}


STREAMS: dict[str, list[dict[str, Any]]] = {
    "chat": [
        chunk({"role": "assistant", "content": "Hi"}, logprobs={"content": TOKENS}),
        chunk({"reasoning_content": "so"}),
        chunk({"annotations": [CITED]}),
        chunk({"tool_calls": [CALL]}),
        {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"id": "c", "choices": [], "usage": {"completion_tokens": 1, "details": {"x": 1}}},
    ],
    "responses": [*output()],
    "messages": [*blocks()],
}
ODD: tuple[object, ...] = (None, True, 5, 1.5, "x", [], ["x"], {}, {"a": "b"}, [[]], [{}], [None])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places(one, (*path, step))


def put(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    changed = deepcopy(value)
    inside = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = new
    return changed


def tainted(value: Any) -> Iterator[Any]:
    """Yield a value with a canary at each of its places, and beside what stands there."""
    for path, found in places(value):
        if path:
            yield put(value, path, json.dumps({"path": CANARY}) if path[-1] == "arguments" else CANARY)
        if isinstance(found, dict):
            for more in ({CANARY: 1}, {"odd": f"It is {CANARY}"}, {"odd": {"a": [{"b": CANARY}]}}):
                yield put(value, path, {**found, **more})
        elif isinstance(found, list):
            yield put(value, path, [*found, CANARY])


def written(events: list[Any]) -> list[bytes]:
    kinds = [one.get("type") if isinstance(one, dict) else None for one in events]
    return [event(one, kind if isinstance(kind, str) else "") for one, kind in zip(events, kinds, strict=True)]


@pytest.mark.parametrize("form", PATHS)
def test_a_canary_leaves_at_no_place_of_a_whole_answer(form: str) -> None:
    leaks = []
    for said in tainted(WHOLE[form]):
        answer = house(said).ask(PATHS[form], ASKED)
        assert answer.status in {200, 502}
        leaks += [said] if CANARY.encode() in answer.body else []
    assert leaks == []


@pytest.mark.parametrize("form", PATHS)
def test_a_canary_leaves_at_no_place_of_a_stream(form: str) -> None:
    leaks = []
    for at, one in enumerate(STREAMS[form]):
        for said in tainted(one):
            sent = written([*STREAMS[form][:at], said, *STREAMS[form][at + 1 :]])
            body = house(stream=sent).ask(PATHS[form], {**ASKED, "stream": True}).body
            leaks += [said] if CANARY.encode() in body else []
    assert leaks == []


@pytest.mark.parametrize("form", PATHS)
def test_no_odd_value_anywhere_breaks_the_gateway(form: str) -> None:
    """Whatever stands where: it passes or is refused for its form, and nothing is left to the last resort."""
    for at, one in enumerate([WHOLE[form], *STREAMS[form]]):
        for path, _ in places(one):
            for odd in ODD if path else ():
                said = put(one, path, odd)
                sent = written([*STREAMS[form][: at - 1], said, *STREAMS[form][at:]]) if at else None
                there = house(said, stream=sent)
                answer = there.ask(PATHS[form], {**ASKED, "stream": bool(at)})
                assert b"ACC-E760" not in answer.body, (path, odd)
                assert answer.status in {200, 502}, (path, odd)


@pytest.mark.parametrize("form", PATHS)
def test_what_an_odd_request_holds_is_refused_or_goes(form: str) -> None:
    asked: dict[str, Any] = {**ASKED, "modalities": ["text"], "tools": [], "metadata": {"a": "b"}, "model": "m"}
    for path, _ in places(asked):
        for odd in ODD if path else ():
            answer = house(WHOLE[form]).ask(PATHS[form], put(asked, path, odd))
            assert answer.status in {200, 400, 403}, (path, odd)


def test_what_breaks_all_the_same_is_answered_and_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    there = house(WHOLE["chat"])

    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"of {CANARY}")

    monkeypatch.setattr(there.upstream, "send", broken)
    answer = there.ask(PATHS["chat"], ASKED)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (500, "ACC-E760")
    assert CANARY.encode() not in answer.body
