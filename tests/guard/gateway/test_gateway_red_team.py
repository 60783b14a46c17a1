"""Hostile requests and answers in every form: what hides beside known members, between events, and in their order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from gatekeeping import CANARY, EVIL, event, events, house

from accord.core.guard import GuardTool

CHAT, RESPONSES, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"
PICTURE = "data:image/png;base64,iVBORw0KGgo="
HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "input": "hi"}
ABOUT = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def calls(**more: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}, **more}]}


HIDDEN: list[tuple[str, dict[str, Any]]] = [
    (CHAT, {"messages": [calls(note="%")]}),
    (CHAT, {"messages": [calls(function={"name": "f", "arguments": "{}", "note": "%"})]}),
    (CHAT, {"messages": [{"role": "tool", "tool_call_id": "1", "content": "a", "note": "%"}]}),
    (CHAT, {"messages": [{"role": "function", "name": "f", "content": "%"}]}),
    (CHAT, {"messages": [{"role": "developer", "content": "a", "name": "%"}]}),
    (CHAT, {"messages": [{"role": "assistant", "refusal": "%"}]}),
    (CHAT, {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": PICTURE, "alt": "%"}}]}]}),
    (CHAT, {"messages": [], "tools": [{"type": "function", "function": {"name": "f"}, "description": "%"}]}),
    (CHAT, {"messages": [], "tools": [{"type": "custom", "custom": {"name": "f", "format": {"grammar": "%"}}}]}),
    (CHAT, {"messages": [], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"tools": [{"name": "%"}]}}}),
    (CHAT, {"messages": [], "function_call": {"name": "%"}}),
    (RESPONSES, {"input": [{"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "note": "%"}]}),
    (RESPONSES, {"input": [{"role": "assistant", "content": "a", "phase": "%"}]}),
    (RESPONSES, {"input": [{"type": "function_call_output", "call_id": "1", "output": "a", "note": "%"}]}),
    (RESPONSES, {"input": [{"type": "reasoning", "summary": [], "note": {"deep": ["%"]}}]}),
    (RESPONSES, {"input": [{"type": "mcp_list_tools", "tools": [{"name": "f", "description": "%"}]}]}),
    (RESPONSES, {"input": [{"type": "mcp_call", "name": "f", "output": "%"}]}),
    (RESPONSES, {"input": [{"type": "computer_call_output", "output": {"type": "computer_screenshot", "alt": "%"}}]}),
    (RESPONSES, {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a", "note": "%"}]}]}),
    (RESPONSES, {"input": "a", "instructions": [{"role": "developer", "content": "a", "note": "%"}]}),
    (RESPONSES, {"input": "a", "tool_choice": {"type": "mcp", "server_label": "%"}}),
    (MESSAGES, {"messages": [], "system": [{"type": "text", "text": "a", "note": "%"}]}),
    (MESSAGES, {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "note": "%"}]}]}),
    (MESSAGES, {"messages": [{"role": "assistant", "content": [
        {"type": "tool_use", "id": "1", "name": "f", "input": {}, "note": "%"}]}]}),
    (MESSAGES, {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [
        {"type": "text", "text": "a", "title": "%"}]}]}]}),
    (MESSAGES, {"messages": [{"role": "user", "content": [
        {"type": "web_search_tool_result", "content": [{"title": "%"}]}]}]}),
    (MESSAGES, {"messages": [], "tools": [{"type": "web_search_20250305", "name": "f", "user_location": "%"}]}),
    (MESSAGES, {"messages": [], "tools": [{"name": "f", "input_schema": {}, "input_examples": [{"a": "%"}]}]}),
    (MESSAGES, {"messages": [], "tool_choice": {"type": "tool", "name": "%"}}),
    (EMBEDDINGS, {"input": [1, "%"]}),
    (EMBEDDINGS, {"input": [[1, 2], {"text": "%"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), HIDDEN)
def test_an_attack_beside_the_known_members_is_blocked(path: str, body: Any) -> None:
    there = house({}, opaque=("tokens",), tools=(GuardTool(name="f"),))
    answer = there.ask(path, json.dumps(body).replace("%", EVIL).encode())
    assert answer.status == 403
    assert json.loads(answer.body)["error"]["code"] == f"rule:{EVIL}"
    assert there.upstream.seen == []


@pytest.mark.parametrize("call", [
    {"id": "1", "function": {"name": "read", "arguments": "{}", "note": CANARY}},
    {"id": CANARY, "function": {"name": "read", "arguments": "{}"}},
    {"id": "1", "function": {"name": "read", "arguments": "{}"}, "note": {"deep": [CANARY]}},
])  # fmt: skip
def test_what_stands_beside_a_call_is_looked_at_whole_and_streamed(call: dict[str, Any]) -> None:
    said = {"message": {"role": "assistant", "content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}
    assert CANARY.encode() not in house({"choices": [{"index": 0, **said}]}).ask(CHAT, HI).body
    delta = {"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}, "finish_reason": "tool_calls"}
    stream = [event({**ABOUT, "choices": [delta]}), b"data: [DONE]\n\n"]
    assert CANARY.encode() not in house(stream=stream).ask(CHAT, {**HI, "stream": True}).body


def test_a_call_of_a_stream_that_is_of_two_kinds_is_refused() -> None:
    parts = [{"index": 0, "id": "1", "function": {"name": "read", "arguments": '{"a": '}},
             {"index": 0, "custom": {"name": "", "input": "1}"}}]  # fmt: skip
    stream = [event({**ABOUT, "choices": [{"index": 0, "delta": {"tool_calls": [one]}}]}) for one in parts]
    end = event({**ABOUT, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    assert b"read" not in house(stream=[*stream, end, b"data: [DONE]\n\n"]).ask(CHAT, {**HI, "stream": True}).body


def named(value: dict[str, Any]) -> bytes:
    return event(value, value["type"])


def block(index: int, first: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    parts = [named({"type": "content_block_start", "index": index, "content_block": first})]
    parts += [named({"type": "content_block_delta", "index": index, "delta": one}) for one in deltas]
    return [*parts, named({"type": "content_block_stop", "index": index})]


def messages(*parts: bytes) -> bytes:
    """Return what leaves of a stream with these events in the middle."""
    begun = named({"type": "message_start", "message": {"id": "m", "content": []}})
    ends = [named({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}), named({"type": "message_stop"})]
    return house(stream=[begun, *parts, *ends]).ask(MESSAGES, {**HI, "stream": True}).body


def text(part: str) -> dict[str, Any]:
    return {"type": "text_delta", "text": part}


EMPTY: dict[str, Any] = {"type": "text", "text": ""}
TOOL: dict[str, Any] = {"type": "tool_use", "id": "1", "name": "read", "input": {}}
HALVES: Sequence[str] = (CANARY[:9], CANARY[9:])


def open_block(index: int, part: str) -> list[bytes]:
    return block(index, EMPTY, text(part))[:2]


@pytest.mark.parametrize("parts", [
    block(0, {"type": "text", "text": HALVES[0]}, text(HALVES[1])),
    [*open_block(0, HALVES[0]), *open_block(1, "between"), named(
        {"type": "content_block_delta", "index": 0, "delta": text(HALVES[1])})],
    block(0, EMPTY, {**text("fine"), "note": CANARY}),
    block(0, TOOL, text(CANARY), {"type": "input_json_delta", "partial_json": "{}"}),
    block(0, {**TOOL, "note": CANARY}, {"type": "input_json_delta", "partial_json": "{}"}),
    block(0, {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {}},
          {"type": "input_json_delta", "partial_json": HALVES[0]},
          {"type": "input_json_delta", "partial_json": HALVES[1]}),
    block(0, EMPTY, {"type": "citations_delta", "citation": {"cited_text": CANARY}}),
    block(0, {"type": "thinking", "thinking": HALVES[0]}, {"type": "thinking_delta", "thinking": HALVES[1]}),
    block(0, EMPTY, {"type": "signature_delta", "signature": CANARY}),
    [named({"type": "content_block_delta", "index": 0, "delta": text(CANARY)})],
    [event({"type": "content_block_delta", "index": 0, "delta": text(CANARY)}, "ping")],
    [event({"type": "message_delta", "delta": {"stop_sequence": CANARY}}, "content_block_stop")],
    [named({"type": "error", "error": {"message": CANARY}})],
])  # fmt: skip
def test_no_order_and_no_event_of_a_messages_stream_carries_a_canary_out(parts: list[bytes]) -> None:
    body = messages(*parts)
    assert CANARY.encode() not in body
    assert HALVES[1].encode() not in body


@pytest.mark.parametrize(("first", "parts"), [
    ({**TOOL, "input": {"path": "b"}}, ('{"path": "a"}',)),
    ({**TOOL, "name": "send"}, ("{}",)),
    (TOOL, ('{"path": ',)),
])  # fmt: skip
def test_a_tools_block_that_can_be_read_in_two_ways_never_leaves(first: dict[str, Any], parts: Sequence[str]) -> None:
    deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    assert b"tool_use" not in messages(*block(0, first, *deltas))


def test_an_honest_block_of_a_tool_whose_input_stands_in_its_beginning_passes() -> None:
    body = messages(*block(0, {**TOOL, "input": {"path": "a"}}))
    assert b'"tool_use"' in body


def responses(*parts: dict[str, Any]) -> bytes:
    """Return what leaves of a stream with these events in the middle."""
    begun = {"type": "response.created", "response": {"id": "r", "output": []}}
    ended = {"type": "response.completed", "response": {"id": "r", "output": []}}
    stream = [named(one) for one in (begun, *parts, ended)]
    return house(stream=stream).ask(RESPONSES, {**HI, "stream": True}).body


def said(index: int, part: str, kind: str = "output_text") -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "output_index": index, "content_index": 0, "delta": part}


@pytest.mark.parametrize("parts", [
    [said(0, HALVES[0]), said(1, "between"), said(0, HALVES[1])],
    [{**said(0, "fine"), "note": CANARY}],
    [said(0, HALVES[0], "reasoning_summary_text"), said(0, HALVES[1], "reasoning_summary_text")],
    [said(0, HALVES[0], "mcp_call_arguments"), said(0, HALVES[1], "mcp_call_arguments")],
    [said(0, HALVES[0], "code_interpreter_call_code"), said(0, HALVES[1], "code_interpreter_call_code")],
    [said(0, HALVES[0], "audio.transcript"), said(0, HALVES[1], "audio.transcript")],
    [{"type": "response.output_text.annotation.added", "annotation": {"url": f"https://a.example/{CANARY}"}}],
    [{"type": "response.web_search_call.searching", "query": CANARY}],
    [{"type": "error", "message": CANARY}],
])  # fmt: skip
def test_no_order_and_no_event_of_a_responses_stream_carries_a_canary_out(parts: list[dict[str, Any]]) -> None:
    body = responses(*parts)
    assert CANARY.encode() not in body
    assert HALVES[1].encode() not in body


def call(name: str, args: str) -> dict[str, Any]:
    return {"type": "function_call", "id": "f", "call_id": "1", "name": name, "arguments": args}


def item(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": f"response.output_item.{kind}", "output_index": 0, "item": value}


def args(kind: str, value: str) -> dict[str, Any]:
    key = "delta" if kind == "delta" else "arguments"
    return {"type": f"response.function_call_arguments.{kind}", "output_index": 0, "item_id": "f", key: value}


GOOD, BAD = '{"path":"a"}', '{"path":"b"}'


@pytest.mark.parametrize("parts", [
    [item("added", call("wipe", "")), args("delta", GOOD), item("done", call("read", GOOD))],
    [item("added", call("read", BAD)), item("done", call("read", GOOD))],
    [item("added", call("read", "")), args("delta", BAD), item("done", call("read", GOOD))],
    [item("added", call("read", "")), args("done", BAD), item("done", call("read", GOOD))],
    [item("added", call("read", "")), args("delta", GOOD)],
    [item("added", call("read", "")), args("delta", GOOD), {**said(0, "x"), "note": CANARY},
     item("done", call("read", GOOD))],
])  # fmt: skip
def test_a_call_of_a_responses_stream_that_is_told_in_two_ways_never_leaves(parts: list[dict[str, Any]]) -> None:
    body = responses(*parts)
    assert b"function_call" not in body
    assert b"wipe" not in body


def test_an_event_that_is_of_two_kinds_at_once_ends_the_stream() -> None:
    stream = [event({"type": "response.output_text.delta", "delta": CANARY}, "response.created")]
    body = house(stream=stream).ask(RESPONSES, {**HI, "stream": True}).body
    assert CANARY.encode() not in body
    assert events(body)[-1]["error"]["code"] == "ACC-E757"
