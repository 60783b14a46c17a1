"""The test at start: a canary is sent through every route, and none of them may let it by."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

import orjson

from accord.core.canon import digest
from accord.core.case import Action
from accord.core.guard import GuardLimits, GuardPolicy, GuardRule
from accord.core.system import Mode
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.routes import ROUTES, Route
from accord.guard.gateway.sse import written
from accord.guard.gateway.words import Guarding

Make = Callable[[GuardPolicy, tuple[GuardRule, ...]], Guarding]
"""Makes a guard with what is in force and some rules more."""


class _Whole(Protocol):
    def __call__(self, text: str, *, calls: bool) -> dict[str, Any]: ...


class _Parts(Protocol):
    def __call__(self, text: str, *, calls: bool) -> Iterator[bytes]: ...


UNGUARDED: Final = "ACC-E762"
"""The code of a self-test that failed."""

_HARMLESS: Final = "what are your opening hours?"


class Answered(NamedTuple):
    """What the application answered."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class EchoReply:
    """An answer that is already here."""

    def __init__(self, media: str, parts: list[bytes]) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {"content-type": media}
        self._parts = parts

    async def read(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield its parts."""
        for part in self._parts:
            yield part

    def close(self) -> None:
        """Forget it."""
        self._parts = []


class EchoUpstream:
    """An upstream in the same process that says what it is told to say; it counts what reaches it."""

    def __init__(self) -> None:
        self.says = ""
        self.calls = False
        self.reached = 0

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> EchoReply:
        """Answer in the form of the route."""
        self.reached += 1
        asked = orjson.loads(body or b"{}")
        route = path.partition("?")[0].strip("/").partition("/")[0]
        if asked.get("stream"):
            return EchoReply("text/event-stream", [*_STREAMS[route](self.says, calls=self.calls)])
        return EchoReply("application/json", [orjson.dumps(_ANSWERS[route](self.says, calls=self.calls))])


class Trial(NamedTuple):
    """A canary that must get nowhere: what to send, the rule that forbids it, and the policy that holds it back."""

    canary: str
    rule: GuardRule
    policy: GuardPolicy


def trial(policy: GuardPolicy) -> Trial:
    """Return what routes are tried with under a policy: the policy itself, enforced, without keys and limits."""
    canary = "canary" + secrets.token_hex(12)
    rule = GuardRule(
        rule=1, id="self-test", case=digest("self-test"), name="self-test", action=Action.BLOCK, regex=(canary,)
    )
    canaries = (*policy.canaries, canary)
    strict = replace(policy, mode=Mode.ENFORCE, canaries=canaries, keys=(), allow=(), limits=GuardLimits())
    return Trial(canary, rule, strict)


async def ask(
    app: Gateway, path: str, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = (), *, method: str = "POST"
) -> Answered:
    """Ask an ASGI application as a caller would, without a socket."""
    sent: list[Any] = []
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop()
        import asyncio

        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(b"content-type", b"application/json"), *headers],
    }
    await app(scope, receive, send)
    head = sent[0]
    return Answered(head["status"], dict(head["headers"]), b"".join(part.get("body", b"") for part in sent[1:]))


async def unguarded(make: Make, policy: GuardPolicy) -> tuple[str, ...]:
    """Return what let a canary by; nothing where every route is guarded."""
    tried, upstream = trial(policy), EchoUpstream()
    app = Gateway(make(tried.policy, (tried.rule,)), upstream)
    failed = []
    for route in ROUTES:
        for streamed in (False, True) if route.stream else (False,):
            said = f"{route.path}{' streamed' if streamed else ''}"
            failed += [
                f"{said}: {what}" async for what in _tried(app, upstream, route, streamed=streamed, canary=tried.canary)
            ]
    return tuple(failed)


async def _tried(
    app: Gateway, upstream: EchoUpstream, route: Route, *, streamed: bool, canary: str
) -> AsyncIterator[str]:
    path = f"/v1{route.path}"
    upstream.says, upstream.calls, upstream.reached = "ok", False, 0
    inside = await ask(app, path, _request(route.name, f"please note {canary} now", streamed=streamed))
    if inside.status != 403 or upstream.reached:
        yield f"a request that a rule blocks went on ({inside.status})"
    harmless = await ask(app, path, _request(route.name, _HARMLESS, streamed=streamed))
    if harmless.status != 200 or not upstream.reached:
        yield f"a harmless request was not served ({harmless.status})"
    if route.name == "embeddings":
        return
    for calls in (False, True):
        upstream.says, upstream.calls = f"the code is {canary}, keep it", calls
        out = await ask(app, path, _request(route.name, _HARMLESS, streamed=streamed))
        ended = b"content_filter" in out.body or b"refusal" in out.body
        if canary.encode() in out.body or out.status != 200 or not ended:
            yield f"a canary left in {'a tool call' if calls else 'an answer'} ({out.status})"


def _request(route: str, text: str, *, streamed: bool) -> bytes:
    asked: dict[str, Any] = {"model": "self-test", "stream": streamed}
    if route in {"chat", "messages"}:
        asked["messages"] = [{"role": "user", "content": text}]
        asked["max_tokens"] = 16
    else:
        asked["input"] = text
    if route == "embeddings":
        del asked["stream"]
    return orjson.dumps(asked)


def _split(text: str) -> Iterator[str]:
    return (text[at : at + 3] for at in range(0, len(text), 3))


def _chat(text: str, *, calls: bool) -> dict[str, Any]:
    function = {"name": "note", "arguments": orjson.dumps({"text": text}).decode()}
    call = {"id": "call_1", "type": "function", "function": function}
    message: dict[str, Any] = {"role": "assistant", "content": None if calls else text}
    if calls:
        message["tool_calls"] = [call]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "self-test", "choices": [choice]}


def _chat_stream(text: str, *, calls: bool) -> Iterator[bytes]:
    about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "self-test"}
    told = orjson.dumps({"text": text}).decode() if calls else text
    for number, part in enumerate(_split(told)):
        function = {"name": "note", "arguments": part} if number == 0 else {"arguments": part}
        delta = {"tool_calls": [{"index": 0, "function": function}]} if calls else {"content": part}
        yield written({**about, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"}
    yield written({**about, "choices": [end]})
    yield b"data: [DONE]\n\n"


def _responses(text: str, *, calls: bool) -> dict[str, Any]:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "note"}
    call["arguments"] = orjson.dumps({"text": text}).decode()
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    output = [call if calls else message]
    return {"id": "resp_1", "object": "response", "status": "completed", "model": "self-test", "output": output}


def _responses_stream(text: str, *, calls: bool) -> Iterator[bytes]:
    whole = _responses(text, calls=calls)
    begun = {**whole, "status": "in_progress", "output": []}
    item = whole["output"][0]
    kind = "response.function_call_arguments" if calls else "response.output_text"
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": "", "content": []}},
    ]
    told = item["arguments"] if calls else text
    at = {"output_index": 0, "item_id": item["id"], "content_index": 0}
    events += ({"type": f"{kind}.delta", **at, "delta": part} for part in _split(told))
    events.append({"type": f"{kind}.done", **at, "arguments" if calls else "text": told})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": "response.completed", "response": whole})
    return (written({**one, "sequence_number": at}, one["type"]) for at, one in enumerate(events))


def _messages(text: str, *, calls: bool) -> dict[str, Any]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "note", "input": {"text": text}}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "self-test",
        "content": [call if calls else {"type": "text", "text": text}],
        "stop_reason": "tool_use" if calls else "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _messages_stream(text: str, *, calls: bool) -> Iterator[bytes]:
    block = (
        {"type": "tool_use", "id": "toolu_1", "name": "note", "input": {}} if calls else {"type": "text", "text": ""}
    )
    told = orjson.dumps({"text": text}).decode() if calls else text
    kind, key = ("input_json_delta", "partial_json") if calls else ("text_delta", "text")
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**_messages("", calls=False), "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": kind, key: part}} for part in _split(told)),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return (written(one, one["type"]) for one in events)


def _embeddings(text: str, *, calls: bool) -> dict[str, Any]:
    data = [{"object": "embedding", "index": 0, "embedding": [0.0]}]
    return {"object": "list", "model": "self-test", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}


_ANSWERS: Final[Mapping[str, _Whole]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "embeddings": _embeddings,
}
_STREAMS: Final[Mapping[str, _Parts]] = {
    "chat": _chat_stream,
    "responses": _responses_stream,
    "messages": _messages_stream,
}
