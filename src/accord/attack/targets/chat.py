"""Chat completions: the request, the whole answer, and the streamed one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from accord.attack.targets.http_post import Body, post
from accord.attack.targets.line import Answer, Failure
from accord.attack.targets.replies import safe_call, safe_reply
from accord.attack.targets.simulate import Dialogue
from accord.core.system import OpenAiCall
from accord.core.trial import ToolCall

if TYPE_CHECKING:
    from aiohttp import ClientSession


async def send(
    http: ClientSession, call: OpenAiCall, dialogue: Dialogue, headers: Mapping[str, str]
) -> Answer | Failure:
    """Send a conversation once and return what the model answered."""
    import msgspec

    asked: dict[str, Any] = {"model": call.model, "messages": dialogue.messages}
    if tools := dialogue.offers():
        asked["tools"] = tools
    if call.stream:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    got = await post(http, f"{call.url.rstrip('/')}/chat/completions", msgspec.json.encode(asked), headers)
    if isinstance(got, Failure):
        return got
    if got.status == 403:
        return held_back(got)
    return streamed(got) if call.stream and got.data.lstrip()[:1] != b"{" else whole(got)


def held_back(body: Body) -> Answer:
    """Return the answer to a request that a guard blocked: what it said, to the end, in place of the model."""
    text = body.data.decode("utf-8", "replace")
    return Answer(safe_reply(text, (), reply_id=body.request_id, stopped="stop"), body.status, 0)


def whole(body: Body) -> Answer | Failure:
    """Return the answer in a JSON body."""
    said = parsed(body.data)
    choice = _first(said.get("choices")) if isinstance(said, dict) else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(said, dict) or not isinstance(choice, dict) or not isinstance(message, dict):
        return Failure("the answer is no chat completion", body.status, body.request_id)
    calls = _calls(message.get("tool_calls"))
    if calls is None:
        return Failure("the answer holds a tool call that cannot be read", body.status, body.request_id)
    text = content_text(message.get("content")) or content_text(message.get("refusal"))
    reply = safe_reply(
        text,
        calls,
        reply_id=said.get("id"),
        stopped=choice.get("finish_reason"),
    )
    return Answer(reply, body.status, used(said.get("usage"), text))


def streamed(body: Body) -> Answer | Failure:
    """Return the answer in a stream of events; one without an end is a failure."""
    said: list[str] = []
    calls: dict[int, dict[str, str]] = {}
    id_, stopped, usage = None, None, None
    done = False
    for event in events(body.data):
        if event == b"[DONE]":
            done = True
            break
        chunk = parsed(event)
        if not isinstance(chunk, dict):
            return Failure("an event of the stream is no JSON", body.status, body.request_id)
        if chunk.get("error"):
            return Failure("the stream ended with an error", body.status, body.request_id)
        id_, usage = id_ or chunk.get("id"), chunk.get("usage") or usage
        choice = _first(chunk.get("choices"))
        if isinstance(choice, dict):
            stopped = choice.get("finish_reason") or stopped
            if not _added(choice.get("delta"), said, calls):
                return Failure("the stream holds a tool call that cannot be read", body.status, body.request_id)
    if not done and stopped is None:
        return Failure("the stream was cut", body.status, body.request_id)
    found = tuple(safe_call(call["name"], loose(call["arguments"])) for _, call in sorted(calls.items()))
    text = "".join(said)
    return Answer(safe_reply(text, found, reply_id=id_, stopped=stopped), body.status, used(usage, text))


def events(data: bytes) -> Iterator[bytes]:
    """Yield the data of server-sent events."""
    for line in data.splitlines():
        if line.startswith(b"data:"):
            yield line[5:].strip()


def parsed(data: bytes) -> Any:
    """Return the JSON value of bytes, or None: what it is not, is nobody's to guess."""
    import msgspec

    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def content_text(content: object) -> str:
    """Return the text of a message's content, which may be a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") or part.get("refusal") for part in content if isinstance(part, dict))
    return "\n".join(part for part in parts if isinstance(part, str))


def loose(arguments: object) -> object:
    """Return the arguments of a call, which are JSON in a text; what is no JSON stays a text."""
    if not isinstance(arguments, str):
        return arguments
    value = parsed(arguments.encode("utf-8", "replace"))
    return arguments if value is None else value


def used(usage: object, text: str) -> int:
    """Return the tokens of an answer as the target counts them, or a guess."""
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and 0 <= total < 1 << 31 else len(text) // 4 + 1


def _calls(calls: object) -> tuple[ToolCall, ...] | None:
    """Return the tool calls of a message, or None where one of them has another form: dropped, it would be silence."""
    if calls is None:
        return ()
    listed = calls if isinstance(calls, list) else [calls]
    functions = [call.get("function") if isinstance(call, dict) else None for call in listed]
    known = [one for one in functions if isinstance(one, dict) and isinstance(one.get("name"), str)]
    if len(known) < len(listed):
        return None
    return tuple(safe_call(one["name"], loose(one.get("arguments"))) for one in known)


def _added(delta: object, said: list[str], calls: dict[int, dict[str, str]]) -> bool:
    """Add what a chunk says; tell whether every tool call in it could be read."""
    if not isinstance(delta, dict):
        return True
    said.append(content_text(delta.get("content")))
    parts = delta.get("tool_calls")
    for part in [] if parts is None else parts if isinstance(parts, list) else [parts]:
        function = part.get("function") if isinstance(part, dict) else None
        if not isinstance(function, dict):
            return False
        at = part.get("index") if isinstance(part.get("index"), int) else len(calls)
        call = calls.setdefault(at, {"name": "", "arguments": ""})
        for key, kept in call.items():
            call[key] = kept + str(function.get(key) or "")
    return True


def _first(items: object) -> object:
    return items[0] if isinstance(items, list) and items else None
