"""Message logs as JSON: what models and agents write, whoever wrote it, as one list of messages."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from accord.case.drafting.talk import Reading, called, kept
from accord.core.trial import Message, ToolCall

_ROLES: Final[Mapping[str, str]] = {
    "user": "user", "human": "user", "humanmessage": "user", "humanmessagechunk": "user", "input_text": "user",
    "assistant": "assistant", "ai": "assistant", "aimessage": "assistant", "aimessagechunk": "assistant",
    "model": "assistant", "bot": "assistant", "agent": "assistant", "chatbot": "assistant",
    "system": "system", "developer": "system", "systemmessage": "system",
    "tool": "tool", "function": "tool", "toolmessage": "tool", "functionmessage": "tool", "observation": "tool",
    "environment": "tool", "tool_result": "tool", "ipython": "tool",
}  # fmt: skip
_CALL_NAMES = ("tool", "function", "name", "tool_name", "action", "function_name")
_CALL_ARGS = ("arguments", "args", "input", "tool_input", "parameters", "action_input", "params", "kwargs")
_RESULTS = ("observation", "tool_output", "tool_result", "result", "output", "response", "return", "returns")
_ASKED = ("input", "question", "query", "task", "user", "user_prompt", "prompt", "instruction", "goal", "user_task")
_TEXTS = ("text", "content", "input_text", "output_text", "value", "output", "message", "refusal")
_LISTS = ("messages", "conversation", "chat", "history", "transcript", "items", "input", "trace", "trajectory", "steps",
          "turns", "events", "contents", "chat_history", "intermediate_steps", "output", "log", "samples", "data",
          "dialog", "dialogue")  # fmt: skip
_ANSWERS = (
    "choices",
    "output",
    "response",
    "completion",
    "answer",
    "final_output",
    "generations",
    "content",
    "message",
)
_CALL_PARTS = ("functionCall", "function_call", "toolUse", "toolCall")
_RESULT_PARTS = ("functionResponse", "function_response", "toolResult", "toolResponse")
_IDS = ("id", "call_id", "callId", "tool_call_id", "toolCallId", "tool_use_id", "toolUseId")
_DEEPEST = 8
_MOST = 20_000
_MOST_INSIDE = 2_000


def log_reading(value: object) -> Reading | None:
    """Return the conversation that a value out of JSON holds, however it is wrapped; nothing where there is none."""
    for inner in _containers(value):
        messages = tuple(kept(_messages(inner, 0, {})))
        if messages and (inner is value or {message.role for message in messages} & {"assistant"}):
            title = value.get("title") if isinstance(value, Mapping) else None
            told = title if isinstance(title, str) else ""
            return Reading(messages=messages, tools=dict(_tools(inner, 0)), title=told)
    return None


def longest_text(value: object) -> str:
    """Return the longest text of more than one line inside a value out of JSON."""
    inside = (text for one in _containers(value) for text in (one if isinstance(one, list) else one.values()))
    return max((text for text in inside if isinstance(text, str) and "\n" in text.strip()), key=len, default="")


def _containers(value: object) -> Iterator[Mapping[str, object] | list[object]]:
    """Yield a value and what is inside it, the outer first, as far as it holds others."""
    waiting = deque([(value, 0)])
    for _ in range(_MOST_INSIDE):
        if not waiting:
            return
        one, depth = waiting.popleft()
        if isinstance(one, Mapping | list):
            yield one
            inside = one if isinstance(one, list) else one.values()
            if depth < 2 * _DEEPEST:
                waiting.extend((inner, depth + 1) for inner in islice(inside, 100) if isinstance(inner, Mapping | list))


def parsed(text: str) -> object:
    """Return the value of a JSON text or of its lines as a list, or nothing where it is no JSON."""
    try:
        found: object = json.loads(text)
    except RecursionError:
        return []
    except ValueError:
        return _lines(text)
    return found if isinstance(found, Mapping | list) else None


def _lines(text: str) -> object:
    found = []
    rows = [row for row in text.split("\n") if row.strip()]
    if len(rows) < 2 or not rows[0].lstrip().startswith(("{", "[")):
        return None
    for row in rows[:_MOST]:
        try:
            found.append(json.loads(row))
        except (ValueError, RecursionError):
            continue
    return found if len(found) * 2 > min(len(rows), _MOST) else None


def _messages(value: object, depth: int, names: dict[str, str]) -> Iterator[Message]:
    """Yield the messages in a value; `names` are the tools of calls by their ids."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        if _is_pair_list(value):
            value = value[-1:]
        for item in value[:_MOST]:
            yield from _messages(item, depth + 1, names)
    elif isinstance(value, Mapping):
        yield from _record(value, depth, names)


def _is_pair_list(value: Sequence[object]) -> bool:
    """Tell whether these are requests of one conversation, of which the last one repeats the ones before."""
    return len(value) > 1 and all(
        isinstance(one, Mapping) and ("messages" in one or "messages" in _inside(one, "request", "body"))
        for one in value
    )


def _inside(value: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    for key in keys:
        found = value.get(key)
        if isinstance(found, Mapping):
            return found
    return {}


def _record(value: Mapping[str, object], depth: int, names: dict[str, str]) -> Iterator[Message]:
    unwrapped = _unwrapped(value)
    role = _role(unwrapped)
    if role:
        yield from _message(role, unwrapped, names)
        return
    kind = str(value.get("type") or value.get("event") or "").casefold()
    if kind in ("function_call", "tool_call", "tool_use", "custom_tool_call", "mcp_call") or _is_step(value):
        yield from _step(value, names)
        return
    if kind in ("function_call_output", "tool_result", "custom_tool_call_output", "tool_output", "tool_end"):
        yield _result(value, names)
        return
    yield from _holder(value, depth, names)


def _holder(value: Mapping[str, object], depth: int, names: dict[str, str]) -> Iterator[Message]:
    """Yield the messages of something around a conversation: a request and its response, a state, a run."""
    for key in ("system", "instructions", "system_prompt", "systemInstruction", "system_instruction", "system_message"):
        if text := _text(value.get(key)):
            yield Message(role="system", content=text)
    for key in ("request", "body", "kwargs", "inputs"):
        if isinstance(value.get(key), Mapping):
            yield from _messages(value[key], depth + 1, names)
    done = set()
    asked = next((key for key in _ASKED if isinstance(value.get(key), str) and str(value[key]).strip()), "")
    if asked:
        yield Message(role="user", content=str(value[asked]))
        done.add(asked)
    for key in _LISTS:
        if key not in done and isinstance(value.get(key), list):
            done.add(key)
            yield from _messages(value[key], depth + 1, names)
    for key in _ANSWERS:
        if key not in done:
            yield from _answer(value.get(key), depth, names)
    for key in ("state", "values", "result", "results", "eval", "run", "sample"):
        if isinstance(value.get(key), Mapping):
            yield from _messages(value[key], depth + 1, names)


def _answer(value: object, depth: int, names: dict[str, str]) -> Iterator[Message]:
    if isinstance(value, str) and value.strip():
        yield Message(role="assistant", content=value)
    elif isinstance(value, list):
        for one in value[:16]:
            inner = one.get("message") if isinstance(one, Mapping) else None
            if isinstance(inner, Mapping):
                yield from _message(_role(inner) or "assistant", inner, names)
            elif isinstance(one, Mapping) and ("text" in one or "input" in one):
                yield from _parts("assistant", value, names)
                return
            else:
                yield from _messages(one, depth + 1, names)
    elif isinstance(value, Mapping):
        found = tuple(_messages(value, depth + 1, names))
        yield from found or _message("assistant", value, names)


def _unwrapped(value: Mapping[str, object]) -> Mapping[str, object]:
    """Return the message inside what a framework puts around it."""
    data = value.get("data", value.get("kwargs"))
    ids = value.get("id")
    if isinstance(data, Mapping) and ("content" in data or "tool_calls" in data):
        name = ids[-1] if isinstance(ids, list) and ids else value.get("type")
        return {**data, "type": str(name)} if "role" not in data else data
    inner = value.get("message")
    if isinstance(inner, Mapping) and ("role" in inner or "content" in inner) and "role" not in value:
        return inner
    return value


def _role(value: Mapping[str, object]) -> str:
    for key in ("role", "type", "from", "sender", "speaker", "author", "source"):
        told = value.get(key)
        if isinstance(told, Mapping):
            told = told.get("role")
        if isinstance(told, str) and (role := _ROLES.get(told.casefold())):
            holds = any(
                name in value
                for name in ("content", "text", "value", "parts", "tool_calls", "message", "function_call")
            )
            if holds and not (key == "type" and role == "tool" and "tool_use_id" in value):
                return role
    return ""


def _message(role: str, value: Mapping[str, object], names: dict[str, str]) -> Iterator[Message]:
    calls = tuple(_calls(value, names))
    content = value.get("content", value.get("parts", value.get("text", value.get("value", value.get("message")))))
    if role == "tool":
        yield _result({**value, "content": content}, names)
        return
    if isinstance(content, list):
        told = tuple(_parts(role, content, names))
        yield from told[:-1] if calls else told
        if calls and told and told[-1].role == role:
            yield Message(role=role, content=told[-1].content, tool_calls=(*told[-1].tool_calls, *calls))
        elif calls:
            yield from told[-1:]
            yield Message(role=role, tool_calls=calls)
        return
    yield Message(role=role, content=_text(content), tool_calls=calls)


def _parts(role: str, parts: list[object], names: dict[str, str]) -> Iterator[Message]:
    """Yield what a list of parts holds: texts and calls as one message, results of tools each as one."""
    said: list[str] = []
    calls: list[ToolCall] = []
    for part in parts[:_MOST]:
        kind = str(part.get("type", "")) if isinstance(part, Mapping) else ""
        if not isinstance(part, Mapping):
            said += [text for text in (_text(part),) if text]
        elif (inner := _inside(part, *_CALL_PARTS)) or kind in ("tool_use", "tool_call", "function_call"):
            calls.extend(_calls({"tool_calls": [inner or part]}, names))
        elif (inner := _inside(part, *_RESULT_PARTS)) or kind == "tool_result":
            yield _result(inner or part, names)
        elif text := _text(part):
            said.append(text)
    if said or calls:
        yield Message(role=role, content="\n".join(said), tool_calls=tuple(calls))


def _calls(value: Mapping[str, object], names: dict[str, str]) -> Iterator[ToolCall]:
    found = value.get("tool_calls") or value.get("toolCalls") or ()
    if not found:
        found = [value[key] for key in ("function_call",) if isinstance(value.get(key), Mapping)]
        found = found or _inside(value, "additional_kwargs").get("tool_calls") or ()
    for one in found[:100] if isinstance(found, list) else ():
        if not isinstance(one, Mapping):
            continue
        inner = _inside(one, "function", "tool") or one
        name, args = _first(inner, _CALL_NAMES), next((inner[key] for key in _CALL_ARGS if key in inner), None)
        if isinstance(name, str) and name:
            names |= {str(one[key]): name for key in _IDS if one.get(key)}
            yield called(name, args)


def _first(value: Mapping[str, object], keys: tuple[str, ...]) -> object:
    return next((value[key] for key in keys if isinstance(value.get(key), str) and value[key]), None)


def _is_step(value: Mapping[str, object]) -> bool:
    named = _first(value, ("action", "tool", "tool_name", "function", "name"))
    return named is not None and any(key in value for key in _CALL_ARGS)


def _step(value: Mapping[str, object], names: dict[str, str]) -> Iterator[Message]:
    """Yield a step of an agent's trace: a thought, a call, and what came back."""
    thought = _first(value, ("thought", "reasoning", "log"))
    named = _first(value, ("action", "tool", "tool_name", "function", "name"))
    inner = _inside(value, "function", "tool")
    call = inner or {"name": named, "arguments": next((value[key] for key in _CALL_ARGS if key in value), None)}
    calls = tuple(_calls({"tool_calls": [{**call, "id": value.get("call_id", value.get("id"))}]}, names))
    final = isinstance(named, str) and named.casefold().replace(" ", "_") in ("final_answer", "finish", "answer")
    if final and calls:
        yield Message(role="assistant", content=" ".join(str(item) for item in calls[0].args.values()))
        return
    yield Message(role="assistant", content=thought if isinstance(thought, str) else "", tool_calls=calls)
    result = next((text for key in _RESULTS if (text := _text(value.get(key)))), "")
    if result:
        yield Message(role="tool", content=result, name=str(named)[:200])


def _result(value: Mapping[str, object], names: dict[str, str]) -> Message:
    ids = (value.get(key) for key in reversed(_IDS))
    name = _first(value, ("name", "tool_name")) or next((names[str(one)] for one in ids if str(one) in names), None)
    call = _inside(value, "tool_call")
    name = name or _first(call, _CALL_NAMES) or _first(value, ("function", "tool"))
    text = next((found for key in ("content", *_RESULTS, "text") if (found := _text(value.get(key)))), "")
    return Message(role="tool", content=text, name=name if isinstance(name, str) else None)


def _text(value: object, depth: int = 0) -> str:
    """Return the text of a content: itself, its parts, or the value as JSON."""
    if isinstance(value, str):
        return value
    if depth > _DEEPEST or value is None or isinstance(value, bool):
        return ""
    if isinstance(value, list):
        return "\n".join(found for one in value[:_MOST] if (found := _text(one, depth + 1)))
    if isinstance(value, Mapping):
        if isinstance(value.get("parts"), list):
            return _text(value["parts"], depth + 1)
        told = _first(value, _TEXTS)
        if isinstance(told, str):
            return told
        return _text(value.get("content"), depth + 1) if "content" in value else _written(value)
    return str(value)


def _written(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


def _tools(value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the names and descriptions of the tools that a request offers."""
    if not isinstance(value, Mapping) or depth > 3:
        return
    found = value.get("tools") or value.get("functions")
    for one in found[:200] if isinstance(found, list) else ():
        inner = (_inside(one, "function") or one) if isinstance(one, Mapping) else {}
        name, told = inner.get("name"), inner.get("description")
        if isinstance(name, str) and isinstance(told, str):
            yield name[:200], told
    for key in ("request", "body"):
        yield from _tools(value.get(key), depth + 1)
