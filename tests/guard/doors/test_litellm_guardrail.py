"""The guardrail: what it does to requests and answers here, and LiteLLM's own hooks where LiteLLM is installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from guard.doors.mcp_peers import ATTACK, CANARY, guard, policy, rule

from accord.core.case import Action
from accord.core.errors import AccordError, GuardError
from accord.core.guard import GuardTool
from accord.guard.doors.litellm import Railed, guardrail, railed
from accord.guard.engine import Guard
from accord.guard.gateway.log import DecisionLog
from accord.guard.gateway.reading import Tools
from accord.guard.gateway.wiring import Wired

POLICY = f"guard: 1\ndetector: off\ncanaries: [{CANARY}]\ntools: [{{name: send_message}}]\n"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Send a message to ann@home.example."}]}
SEND = {
    "type": "function",
    "function": {
        "name": "send_message",
        "description": "Sends a message.",
        "parameters": {"type": "object", "properties": {"recipient": {"type": "string"}}},
    },
}


def rail(made: Guard | None = None, log: DecisionLog | None = None) -> Railed:
    wired = Wired(made or guard(policy(tools=(GuardTool(name="send_message"),))))
    return Railed(lambda: wired, log, Tools())


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "metadata": {"x": ATTACK}, **more}


def answered(text: str | None = None, recipient: str = "") -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if recipient:
        function = {"name": "send_message", "arguments": json.dumps({"recipient": recipient})}
        message["tool_calls"] = [{"id": "c1", "type": "function", "function": function}]
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


def refused(work: Any) -> str:
    with pytest.raises(GuardError) as caught:
        asyncio.run(work)
    return caught.value.decision.code if caught.value.decision else caught.value.code


@pytest.mark.parametrize(
    ("call_type", "data"),
    [
        ("completion", asked(ATTACK)),
        ("acompletion", asked("hi", extra_body={"more": ATTACK})),
        ("completion", asked("hi", tools=[{**SEND, "function": {**SEND["function"], "description": ATTACK}}])),  # type: ignore[dict-item]  # a table of ours
        ("aembedding", {"model": "m", "input": ["a", ATTACK]}),
        ("aresponses", {"model": "m", "input": ATTACK}),
        ("anthropic_messages", {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": ATTACK}]}),
        ("text_completion", {"model": "m", "prompt": [ATTACK]}),
        ("pass_through_endpoint", {"anything": [{"at": ATTACK}]}),
        ("mcp_call", {"mcp_arguments": {"a": {"b": ATTACK}}}),
    ],
)
def test_a_request_of_any_kind_that_a_rule_knows_is_refused(call_type: str, data: dict[str, Any]) -> None:
    assert refused(rail().request(data, call_type, "ann")) == "purple-hat"


def test_an_honest_request_and_what_litellm_itself_adds_pass() -> None:
    data = asked("what are your opening hours?", litellm_call_id="1", proxy_server_request={"body": ATTACK})
    before = json.dumps(data)
    asyncio.run(rail().request(data, "completion", "ann"))
    assert json.dumps(data) == before


def test_a_rule_that_takes_out_changes_the_request() -> None:
    data = asked(f"now {ATTACK} please")
    asyncio.run(rail(guard(policy(), rule(Action.REDACT))).request(data, "completion", "ann"))
    text = data["messages"][0]["content"]
    assert ATTACK not in text
    assert text.startswith("now ")


def test_what_nobody_can_read_is_refused() -> None:
    image = [{"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]
    data = {"model": "m", "messages": [{"role": "user", "content": image}]}
    assert refused(rail().request(data, "completion", "ann")) == "ACC-E752"


def test_a_canary_and_a_call_that_nobody_asked_for_leave_the_answer() -> None:
    data = {**ASKED, "tools": [SEND]}
    kept = asyncio.run(rail().answer(data, "completion", answered(f"it is {CANARY}"), "ann"))
    assert CANARY not in json.dumps(kept)
    assert kept["choices"][0]["finish_reason"] == "content_filter"
    right = answered(None, "ann@home.example")
    assert asyncio.run(rail().answer(data, "completion", right, "ann")) == right
    wrong = asyncio.run(rail().answer(data, "completion", answered(None, "eve@evil.example"), "ann"))
    assert "eve@evil.example" not in json.dumps(wrong)
    assert refused(rail().answer({"prompt": "x"}, "other", {"data": [{"b": CANARY}]}, "ann")) == "canary"


def chunks(*texts: str) -> AsyncIterator[dict[str, Any]]:
    async def parts() -> AsyncIterator[dict[str, Any]]:
        for text in texts:
            delta = {"index": 0, "delta": {"content": text}}
            yield {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [delta]}
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        yield {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [end]}

    return parts()


def streamed(made: Railed, *texts: str) -> tuple[str, list[str]]:
    async def read() -> list[dict[str, Any]]:
        return [chunk async for chunk in made.stream(dict(ASKED), chunks(*texts), "ann")]

    heard = [choice for chunk in asyncio.run(read()) for choice in chunk["choices"]]
    said = "".join(choice["delta"].get("content") or "" for choice in heard)
    return said, [choice["finish_reason"] for choice in heard if choice.get("finish_reason")]


def test_a_stream_passes_whole_or_is_cut_before_the_canary() -> None:
    assert streamed(rail(), "good ", "morning") == ("good morning", ["stop"])
    text = f"it is {CANARY}, keep it"
    for at in range(1, len(text)):
        said, ends = streamed(rail(), text[:at], text[at:])
        assert CANARY[:8] not in said
        assert ends == ["content_filter"]


def test_nothing_passes_while_decisions_cannot_be_written(tmp_path: Path) -> None:
    log = DecisionLog(Path("/dev/full"))
    assert refused(rail(log=log).request(asked("hi"), "completion", "ann")) == "ACC-E759"
    log.close()
    (tmp_path / "guard.yaml").write_text(POLICY)
    made = railed(tmp_path / "guard.yaml", log=tmp_path / "log.jsonl")
    asyncio.run(made.answer(dict(ASKED), "completion", answered(CANARY), "ann"))
    told = (tmp_path / "log.jsonl").read_text()
    assert json.loads(told)["code"] == "canary"
    assert CANARY not in told


def test_without_litellm_the_reason_is_said(tmp_path: Path) -> None:
    if find_spec("litellm") is not None:
        pytest.skip("litellm is installed")
    with pytest.raises(AccordError) as caught:
        guardrail(tmp_path / "guard.yaml")
    assert caught.value.code == "ACC-E764"


def test_a_stream_of_another_kind_does_not_pass_unseen() -> None:
    async def others() -> AsyncIterator[Any]:
        yield {"delta": CANARY}

    async def read() -> list[Any]:
        return [chunk async for chunk in rail().stream(dict(ASKED), others(), "ann")]

    assert refused(read()) == "ACC-E773"
    assert refused(rail().stream(dict(ASKED), mixed(), "ann").__anext__()) == "ACC-E773"


async def mixed() -> AsyncIterator[Any]:
    yield object()


@pytest.mark.parametrize("at", range(1, 40, 3))
def test_a_canary_is_cut_from_a_stream_of_messages_wherever_its_bytes_are_parted(at: int) -> None:
    delta: dict[str, Any] = {"type": "content_block_delta", "index": 0}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({**delta, "delta": {"type": "text_delta", "text": one}} for one in ("it is ", CANARY[:9], CANARY[9:])),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    body = b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)

    async def parts() -> AsyncIterator[bytes]:
        for begin in range(0, len(body), at):
            yield body[begin : begin + at]

    async def read() -> list[Any]:
        return [part async for part in rail().stream({**ASKED, "max_tokens": 9}, parts(), "ann")]

    told = b"".join(asyncio.run(read())).decode()
    assert "it is " in told
    assert CANARY[:8] not in told
    assert '"refusal"' in told
