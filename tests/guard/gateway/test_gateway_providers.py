"""Streams as the usual providers write them, with what each of them adds: they leave byte for byte."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from gatekeeping import CANARY, house, policy

from accord.core.guard import Switch
from accord.guard.engine import Guard
from accord.guard.gateway.wiring import Wired

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
ABOUT = {"name": "get_weather", "description": "Get the weather of a city"}
WISH = "What is the weather in Paris? See https://bees.example/a"
TALK = [{"role": "user", "content": WISH}]
ASKED: dict[str, dict[str, Any]] = {
    "chat": {"messages": TALK, "tools": [{"type": "function", "function": {**ABOUT, "parameters": SCHEMA}}]},
    "responses": {"input": WISH, "tools": [{"type": "function", **ABOUT, "parameters": SCHEMA}]},
    "messages": {"messages": TALK, "max_tokens": 99, "tools": [{**ABOUT, "input_schema": SCHEMA}]},
}
WORDS = [
    f"{word} " for word in ["It", "is", "fine", "in", "Paris;", "see", "[bees](https://bees.example/a)", "for", "more."]
]
TEXT = "".join(WORDS)
SIGNED = base64.b64encode(random.Random(3).randbytes(300)).decode()
SAFE = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": False, "severity": "safe"}}
CALL = {"index": 0, "id": "call_a", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
ARGS = '{"city":"Paris"}'


def data(value: Any, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(value, separators=(',', ':'))}\n\n".encode()


def chunk(delta: dict[str, Any], ends: str | None = None, beside: dict[str, Any] | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ends, **(beside or {})}
    return data({"id": "chatcmpl-AbC1", "object": "chat.completion.chunk", "created": 1, "choices": [choice], **more})


def chat(*first: bytes, said: dict[str, Any] | None = None, last: bytes | None = None, **more: Any) -> list[bytes]:
    """Return a stream of words; `said` and `more` stand in each of its deltas and events."""
    words = [chunk({"content": word, **(said or {})}, **more) for word in WORDS]
    return [*first, *words, last or chunk({}, "stop"), b"data: [DONE]\n\n"]


def tokens(word: str) -> dict[str, Any]:
    one = {"token": word, "logprob": -0.12, "bytes": [*word.encode()]}
    other = {"token": " a", "logprob": -3.1, "bytes": [32, 97]}
    return {"content": [{**one, "top_logprobs": [one, other]}], "refusal": None}


def paid(count: int) -> dict[str, Any]:
    return {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": 5 + count}


def block(index: int, begins: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    parts = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    start = {"type": "content_block_start", "index": index, "content_block": begins}
    return [data(one, str(one["type"])) for one in (start, *parts, {"type": "content_block_stop", "index": index})]


def messages(*blocks: list[bytes], ends: str = "end_turn") -> list[bytes]:
    usage = {"input_tokens": 9, "output_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 0}}
    begun = {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": usage}}
    end = {
        "type": "message_delta",
        "delta": {"stop_reason": ends, "stop_sequence": None},
        "usage": {"output_tokens": 9},
    }
    parts = [one for block in blocks for one in block]
    return [
        data(begun, "message_start"),
        *parts,
        data(end, "message_delta"),
        data({"type": "message_stop"}, "message_stop"),
    ]


def responses(*told: dict[str, Any]) -> list[bytes]:
    return [data({**one, "sequence_number": at}, one["type"]) for at, one in enumerate(told)]


def deltas(kind: str, **at: Any) -> list[dict[str, Any]]:
    padding = "xYz12AbcDeF9Gh"
    return [{"type": kind, **at, "delta": word, "obfuscation": padding[: 3 + len(word) % 9]} for word in WORDS]


FOUND = {"type": "web_search_result", "title": "Weather", "url": "https://w.example/p", "encrypted_content": SIGNED * 3}
CITED = {
    "type": "web_search_result_location",
    "cited_text": "Fine",
    "url": "https://w.example/p",
    "encrypted_index": "E",
}
BEGUN = {"id": "r", "object": "response", "status": "in_progress", "output": [], "text": {"format": {"type": "text"}}}
THOUGHT = {
    "id": "rs",
    "type": "reasoning",
    "encrypted_content": SIGNED,
    "summary": [{"type": "summary_text", "text": TEXT}],
}
SAID = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": TEXT, "annotations": []}],
}
FUNCTION = {"id": "fc", "type": "function_call", "call_id": "c", "name": "get_weather", "arguments": ARGS}
SEARCH = {
    "id": "ws",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "weather"},
}

STREAMS: dict[str, tuple[str, list[bytes]]] = {
    "padding and tokens": (
        "chat",
        [chunk({"content": w}, beside={"logprobs": tokens(w)}, obfuscation="aB3xK9dQ") for w in WORDS],
    ),
    "filter marks": (
        "chat",
        chat(
            data({"choices": [], "id": "", "prompt_filter_results": [{"content_filter_results": SAFE}]}),
            beside={"content_filter_results": SAFE},
            last=chunk({}, "stop", {"content_filter_results": {}, "content_filter_offsets": {"end_offset": 198}}),
        ),
    ),
    "reasons of its own": (
        "chat",
        chat(
            said={"role": "assistant"},
            beside={"native_finish_reason": None},
            provider="X",
            last=chunk({"content": ""}, "stop", {"native_finish_reason": "completed"}),
        ),
    ),
    "thoughts and null": (
        "chat",
        [*(chunk({"content": None, "reasoning_content": w}) for w in WORDS), *chat(said={"reasoning_content": None})],
    ),
    "counts in each event": ("chat", [chunk({"content": w}, usage=paid(at)) for at, w in enumerate(WORDS)]),
    "counts of its own": (
        "chat",
        chat(chunk({"content": ""}, x_groq={"id": "req_01abc"}), last=chunk({}, "stop", x_groq={"usage": paid(3)})),
    ),
    "null members": (
        "chat",
        chat(
            said={
                "function_call": None,
                "tool_calls": None,
                "audio": None,
                "provider_specific_fields": {"citations": None},
            }
        ),
    ),
    "a call at once": (
        "chat",
        [
            chunk(
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            **CALL,
                            "function": {"name": "get_weather", "arguments": ARGS},
                            "extra_content": {"google": {"thought_signature": SIGNED}},
                        }
                    ],
                },
                "tool_calls",
            ),
            b"data: [DONE]\n\n",
        ],
    ),
    "a call in parts": (
        "chat",
        [
            chunk({"role": "assistant", "content": None, "tool_calls": [CALL]}),
            *(chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}) for part in (ARGS[:5], ARGS[5:])),
            chunk({}, "tool_calls"),
            b"data: [DONE]\n\n",
        ],
    ),
    "thinking and a tool": (
        "messages",
        messages(
            block(
                0,
                {"type": "thinking", "thinking": "", "signature": ""},
                *({"type": "thinking_delta", "thinking": w} for w in WORDS),
                {"type": "signature_delta", "signature": SIGNED},
            ),
            block(1, {"type": "text", "text": ""}, *({"type": "text_delta", "text": w} for w in WORDS)),
            block(
                2,
                {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}},
                *({"type": "input_json_delta", "partial_json": part} for part in ("", ARGS[:5], ARGS[5:])),
            ),
            ends="tool_use",
        ),
    ),
    "a search at the provider": (
        "messages",
        messages(
            block(
                0,
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                {"type": "input_json_delta", "partial_json": '{"query": "weather"}'},
            ),
            block(1, {"type": "web_search_tool_result", "tool_use_id": "s", "content": [FOUND, FOUND]}),
            block(
                2,
                {"type": "text", "text": "", "citations": []},
                {"type": "text_delta", "text": "Fine."},
                {"type": "citations_delta", "citation": CITED},
                {"type": "text_delta", "text": " And mild."},
            ),
        ),
    ),
    "thoughts, a search and a call": (
        "responses",
        responses(
            {"type": "response.created", "response": BEGUN},
            {"type": "response.output_item.added", "output_index": 0, "item": {**THOUGHT, "summary": []}},
            *deltas("response.reasoning_summary_text.delta", item_id="rs", output_index=0, summary_index=0),
            {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
            {"type": "response.output_item.done", "output_index": 1, "item": SEARCH},
            *deltas("response.output_text.delta", item_id="m", output_index=2, content_index=0),
            {"type": "response.output_item.done", "output_index": 2, "item": SAID},
            {"type": "response.output_item.added", "output_index": 3, "item": {**FUNCTION, "arguments": ""}},
            {"type": "response.function_call_arguments.delta", "output_index": 3, "item_id": "fc", "delta": ARGS},
            {"type": "response.output_item.done", "output_index": 3, "item": FUNCTION},
            {"type": "response.completed", "response": {**BEGUN, "output": [THOUGHT, SEARCH, SAID, FUNCTION]}},
        ),
    ),
}


@pytest.mark.parametrize("canaries", [(), (CANARY,)])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_of_a_provider_leaves_byte_for_byte(name: str, canaries: tuple[str, ...]) -> None:
    form, sent = STREAMS[name]
    for parts in (sent, [b"".join(sent)]):
        there = house(stream=[*parts, b"data: [DONE]\n\n"] if "[DONE]" not in str(sent) and form == "chat" else parts)
        there.app.guard = Wired(Guard(policy(canaries=canaries, detector=Switch.OFF)))
        body = there.ask(PATHS[form], {**ASKED[form], "stream": True}).body
        assert body.removesuffix(b"data: [DONE]\n\n") == b"".join(sent).removesuffix(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "beside",
    [
        {"content_filter_results": {"hate": {"severity": "wordy_secret"}}},
        {"more": {"function_call": {"name": "send", "arguments": "x"}}},
        {"severity": "wordy_secret"},
    ],
)
def test_what_only_looks_like_a_mark_is_looked_at(beside: dict[str, Any]) -> None:
    there = house(stream=chat(beside=beside), canaries=("wordy_secret",))
    body = there.ask(PATHS["chat"], {**ASKED["chat"], "stream": True}).body
    assert b"wordy_secret" not in body
    assert b'"send"' not in body
