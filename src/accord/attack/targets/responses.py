"""The responses API: the same conversation in its own form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from accord.attack.targets.chat import content_text, events, held_back, loose, parsed
from accord.attack.targets.http_post import Body, post
from accord.attack.targets.line import Answer, Failure
from accord.attack.targets.replies import safe_call, safe_reply
from accord.attack.targets.simulate import Dialogue, Item
from accord.core.system import OpenAiCall

if TYPE_CHECKING:
    from aiohttp import ClientSession

_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})


async def send(
    http: ClientSession, call: OpenAiCall, dialogue: Dialogue, headers: Mapping[str, str]
) -> Answer | Failure:
    """Send a conversation once and return what the model answered."""
    import msgspec

    asked: dict[str, Any] = {"model": call.model, "input": list(_items(dialogue)), "store": False}
    if tools := dialogue.offers():
        asked["tools"] = [{"type": "function", **tool["function"]} for tool in tools]
    if call.stream:
        asked["stream"] = True
    got = await post(http, f"{call.url.rstrip('/')}/responses", msgspec.json.encode(asked), headers)
    if isinstance(got, Failure):
        return got
    if got.status == 403:
        return held_back(got)
    said = parsed(got.data) if not call.stream or got.data.lstrip()[:1] == b"{" else _last(got.data)
    return _answer(said, got)


def _items(dialogue: Dialogue) -> Iterator[Item]:
    for message in dialogue.messages:
        if message["role"] == "tool":
            yield {"type": "function_call_output", "call_id": message["tool_call_id"], "output": message["content"]}
            continue
        if message.get("content"):
            yield {"role": message["role"], "content": message["content"]}
        for call in message.get("tool_calls") or ():
            yield {"type": "function_call", "call_id": call["id"], **call["function"]}


def _last(data: bytes) -> object:
    """Return the response that the last event of a stream holds, or None where the stream was cut."""
    for event in events(data):
        said = parsed(event)
        if isinstance(said, dict) and said.get("type") in _ENDS:
            return said.get("response")
    return None


def _answer(said: object, body: Body) -> Answer | Failure:
    output = said.get("output") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(output, list):
        return Failure("the answer is no response, or the stream was cut", body.status, body.request_id)
    if said.get("status") == "failed":
        return Failure("the response failed", body.status, body.request_id)
    items = [item for item in output if isinstance(item, dict)]
    text = "\n".join(content_text(item.get("content")) for item in items if item.get("type") == "message")
    calls = tuple(
        safe_call(item.get("name"), loose(item.get("arguments")))
        for item in items
        if item.get("type") == "function_call"
    )
    stopped = "stop" if said.get("status") == "completed" else str(said.get("status"))[:100]
    usage = said.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    tokens = total if isinstance(total, int) and 0 <= total < 1 << 31 else len(text) // 4 + 1
    return Answer(safe_reply(text, calls, reply_id=said.get("id"), stopped=stopped), body.status, tokens)
