"""The form of chat completions: what a request holds, what an answer holds, and how an answer is cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.reading import (
    Reading,
    Tools,
    arguments_of,
    decoded,
    joined,
    kind_of,
    known_keys,
    list_in,
    object_of,
    quiet_keys,
    text_in,
    text_of,
    wrong,
)
from accord.guard.gateway.wire import Path, read_arguments
from accord.guard.gateway.words import Answer, Asked, Called, Edits, Text

_CHANNELS: Final[Mapping[str, Channel]] = {
    "system": Channel.SYSTEM,
    "developer": Channel.SYSTEM,
    "user": Channel.USER,
    "assistant": Channel.MEMORY,
    "tool": Channel.TOOL_OUTPUT,
    "function": Channel.TOOL_OUTPUT,
}
_CALLING: Final = frozenset({"tool_calls", "function_call"})


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request to chat completions holds."""
    for index, item in enumerate(list_in(body, "messages")):
        _message(reading, object_of(item, f"messages[{index}]"), f"messages[{index}]")
    _tools(body, reading, tools)
    reading.rest(body, "chat")
    for key in known_keys("chat") & body.keys() - {"messages", "tools", "functions", "tool_choice"} - quiet_keys():
        value = body[key]
        if isinstance(value, dict | list | str):
            reading.every(value, Channel.USER, f"field:{key}", key)
    if "audio" in (body.get("modalities") or ()):
        reading.opaque("audio", "modalities", "a spoken answer")
    if body.get("web_search_options") is not None:
        reading.hosted("web_search", "web_search_options")
    count = body.get("n")
    if count is not None and (type(count) is not int or not 1 <= count <= 128):
        wrong("n is no number from 1 to 128")
    return reading.asked(body, choices=count or 1)


def _message(reading: Reading, message: dict[str, Any], where: str) -> None:
    role = text_in(message, "role", where)
    if role not in _CHANNELS:
        wrong(f"{where}.role {role[:40]!r} is not known")
    content = message.get("content")
    if role in {"tool", "function"}:
        id_ = text_in(message, "tool_call_id", where)
        name = text_in(message, "name", where)
        text = content if isinstance(content, str) else _parts(reading, content, Channel.TOOL_OUTPUT, "", where)
        reading.result(id_ or name, text, f"{where}.content", name)
    else:
        source = {"developer": "system"}.get(role, role)
        if isinstance(content, str):
            reading.text(content, _CHANNELS[role], source, f"{where}.content")
            text = content
        else:
            text = _parts(reading, content, _CHANNELS[role], source, where)
        if text:
            reading.said(source, text)
        _calls(reading, message, where)
    for key, value in message.items():
        if key not in {"role", "content", "tool_calls", "function_call", "tool_call_id"}:
            _other(reading, key, value, where)


def _other(reading: Reading, key: str, value: object, where: str) -> None:
    """Note what stands beside the content: names, refusals, reasoning, and what is not known."""
    if key.casefold() in {"role", "content", "tool_calls", "function_call", "tool_call_id"}:
        wrong(f"{where}.{key[:40]} differs from {key.casefold()!r} in case only", "ACC-E750")
    if key == "audio" and value is not None:
        reading.opaque("audio", f"{where}.audio", "audio")
    reading.every(value, Channel.MEMORY, f"field:{key[:40]}", f"{where}.{key[:40]}")


def _parts(reading: Reading, content: object, channel: Channel, source: str, where: str) -> str:
    """Read a list of content parts; the texts among them are returned together."""
    if content is None:
        return ""
    if not isinstance(content, list):
        wrong(f"{where}.content is neither a text nor a list")
    texts = []
    for index, item in enumerate(content):
        place = f"{where}.content[{index}]"
        part = object_of(item, place)
        kind = kind_of(part)
        if kind in {"text", "refusal"}:
            texts.append(text_of(part.get(kind), f"{place}.{kind}"))
            if source:
                reading.text(texts[-1], channel, source, f"{place}.{kind}")
        else:
            _attached(reading, part, place)
        reading.every(
            {key: value for key, value in part.items() if key not in {"type", kind}}, Channel.FILE, "file", place
        )
    return "".join(texts)


def _attached(reading: Reading, part: dict[str, Any], where: str) -> None:
    kind = kind_of(part)
    if kind == "image_url":
        image = part.get("image_url")
        url = image if isinstance(image, str) else text_in(object_of(image, where), "url", where)
        reading.data(url, f"{where}.image_url", "image")
    elif kind == "input_audio":
        reading.opaque("audio", where, "audio")
    elif kind == "file":
        _file(reading, object_of(part.get("file"), where), f"{where}.file")
    else:
        reading.opaque(kind[:40], where, f"content of the unknown type {kind[:40]!r}")


def _file(reading: Reading, file: dict[str, Any], where: str) -> None:
    name = text_in(file, "filename", where)
    reading.text(name, Channel.FILE, "file", f"{where}.filename")
    data = text_in(file, "file_data", where)
    if data.startswith("data:"):
        reading.data(data, f"{where}.file_data", "file")
    elif data and name.endswith((".txt", ".md", ".csv", ".json")):
        reading.text(decoded(data, "base64", where), Channel.FILE, f"file:{name[:80]}", f"{where}.file_data")
    else:
        reading.opaque("file", where, "a file")


def _calls(reading: Reading, message: dict[str, Any], where: str) -> None:
    for index, item in enumerate(list_in(message, "tool_calls", where)):
        place = f"{where}.tool_calls[{index}]"
        call = object_of(item, place)
        name, raw = _function(call, place)
        id_ = text_in(call, "id", place) or place
        reading.text(raw, Channel.MEMORY, "assistant", f"{place}.arguments")
        reading.call(id_, name, {"input": raw} if kind_of(call) == "custom" else arguments_of(raw))
    if isinstance(legacy := message.get("function_call"), dict):
        name, raw = text_in(legacy, "name", where), text_in(legacy, "arguments", where)
        reading.text(raw, Channel.MEMORY, "assistant", f"{where}.function_call.arguments")
        reading.call(name, name, arguments_of(raw))


def _function(call: dict[str, Any], where: str) -> tuple[str, str]:
    inner = call.get("custom") if kind_of(call) == "custom" else call.get("function")
    said = object_of(inner, where)
    return text_in(said, "name", where), text_in(said, "input" if kind_of(call) == "custom" else "arguments", where)


def _tools(body: Mapping[str, Any], reading: Reading, tools: Tools) -> None:
    declared = []
    for index, item in enumerate(list_in(body, "tools")):
        tool = object_of(item, f"tools[{index}]")
        kind = kind_of(tool) if "type" in tool else "function"
        if kind in {"function", "custom"}:
            declared.append(object_of(tool.get(kind), f"tools[{index}].{kind}"))
        else:
            reading.hosted(kind, f"tools[{index}]")
    if declared:
        tools.read(reading, declared, "tools", "parameters")
    if functions := list_in(body, "functions"):
        tools.read(reading, functions, "functions", "parameters")


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the texts and the tool calls of a whole answer; the content of a choice comes before its other texts."""
    texts: list[Text] = []
    calls: list[Called] = []
    around: list[Text] = []
    for index, item in enumerate(list_in(body, "choices")):
        choice = object_of(item, f"choices[{index}]")
        message = object_of(choice.get("message") or {}, f"choices[{index}].message")
        path: Path = ("choices", index, "message")
        for key in sorted(message.keys() - _CALLING - {"role"}, key=lambda key: (key != "content", key)):
            texts += (Text((*path, key, *inner), text, index) for inner, text in walked(message[key]))
        calls += _called(message, path, index)
        steering = {"message": {"role": message.get("role")}, "finish_reason": choice.get("finish_reason")}
        around += (Text(("choices", index, *inner), text, -1) for inner, text in walked(steering))
        for at, call in enumerate(list_in(message, "tool_calls")):
            named = {key: value for key, value in call.items() if key not in {"function", "custom"}}
            around += (Text((*path, "tool_calls", at, *inner), text, -1) for inner, text in walked(named))
        rest = {key: value for key, value in choice.items() if key not in {"message", "finish_reason", "logprobs"}}
        texts += (Text(("choices", index, *inner), text, index) for inner, text in walked(rest))
        if spelled := spoken(choice.get("logprobs")):
            texts.append(Text(("choices", index, "logprobs"), spelled, index))
    about = {key: value for key, value in body.items() if key != "choices"}
    around += (Text(inner, text, -1) for inner, text in walked(about))
    return Answer((*texts, *around), tuple(calls))


def _called(message: Mapping[str, Any], path: Path, lane: int) -> Iterator[Called]:
    for index, item in enumerate(list_in(message, "tool_calls")):
        call = object_of(item, "tool_calls")
        name, raw = _function(call, "tool_calls")
        args = {"input": raw} if kind_of(call) == "custom" else read_arguments(raw)
        yield Called((*path, "tool_calls", index), lane, name, args)
    if isinstance(legacy := message.get("function_call"), dict):
        args = read_arguments(text_in(legacy, "arguments", "function_call"))
        yield Called((*path, "function_call"), lane, text_in(legacy, "name", "function_call"), args)


def walked(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text in a value with its path; the names of members are texts too, at the path of their owner."""
    if isinstance(value, str):
        if value:
            yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from walked(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walked(inner, (*path, index))


def spoken(logprobs: object) -> str:
    """Return what the tokens beside an answer spell, alternatives apart."""
    if not isinstance(logprobs, dict):
        return ""
    spelled = []
    for key in ("content", "refusal"):
        tokens = logprobs.get(key)
        listed = tokens if isinstance(tokens, list) else ()
        spelled += [str(token.get("token", "")) if isinstance(token, dict) else str(token) for token in listed]
    return "".join(spelled) or joined(logprobs)


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return what ends a choice as filtered: its content up to the cut, no calls, no tokens beside it."""
    choice = body["choices"][lane]
    message = choice.get("message") or {}
    at: Path = ("choices", lane)
    content = kept if path == (*at, "message", "content") else message.get("content")
    if path is None:
        calls = {(*at, "message", key): None for key in _CALLING & message.keys()}
        return {(*at, "finish_reason"): "content_filter", **calls}
    left = {"role": "assistant", "content": content if isinstance(content, str) else ""}
    return {at: {"index": choice.get("index", lane), "message": left, "finish_reason": "content_filter"}}
