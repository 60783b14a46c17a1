"""The form of responses: what a request holds, what an answer holds, and how an answer is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.chat import walked
from accord.guard.gateway.embeddings import is_vector
from accord.guard.gateway.reading import (
    Reading,
    Tools,
    arguments_of,
    decoded,
    hosted_items,
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
from accord.guard.gateway.wire import Path, RefusedError, read_arguments
from accord.guard.gateway.words import Answer, Asked, Called, Edits, Text

_CHANNELS: Final[Mapping[str, Channel]] = {
    "system": Channel.SYSTEM,
    "developer": Channel.SYSTEM,
    "user": Channel.USER,
    "assistant": Channel.MEMORY,
}
_OWN: Final = frozenset({"input", "instructions", "tools", "prompt", "conversation", "previous_response_id"})
_TEXTS: Final = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text", "refusal"})
ECHOES: Final = frozenset({"instructions", "tools", "metadata", "prompt", "text", "input", "user"})
"""What an answer repeats of its request: what may not leave is taken out there, and nothing is cut for it."""
CALLING: Final = frozenset({"function_call", "custom_tool_call"})


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request to responses holds."""
    if body.get("background"):
        message = "an answer in the background is fetched where nobody here looks at it"
        raise RefusedError(message, code="ACC-E752", status=403, where="background")
    previous = _before(body, reading)
    instructions = body.get("instructions")
    if isinstance(instructions, list):
        _items(reading, instructions, "instructions")
    elif text := text_of(instructions, "instructions"):
        reading.text(text, Channel.SYSTEM, "system", "instructions")
        reading.said("system", text)
    given = body.get("input")
    if isinstance(given, str):
        reading.text(given, Channel.USER, "user", "input")
        reading.said("user", given)
    elif given is not None:
        _items(reading, list_in(body, "input"), "input")
    _tools(body, reading, tools)
    reading.rest(body, "responses")
    for key in known_keys("responses") & body.keys() - _OWN - quiet_keys():
        if isinstance(body[key], dict | list | str):
            reading.every(body[key], Channel.USER, f"field:{key}", key)
    return reading.asked(body, previous=previous)


def _before(body: Mapping[str, Any], reading: Reading) -> str | None:
    """Note what the conversation goes on from and is not in this body."""
    if body.get("conversation") is not None:
        reading.taint()
    if body.get("prompt") is not None:
        reading.opaque("stored", "prompt", "a prompt kept at the provider")
        reading.every(object_of(body["prompt"], "prompt"), Channel.USER, "user", "prompt")
    previous = text_in(body, "previous_response_id", "")
    return previous or None


def _items(reading: Reading, items: object, where: str) -> None:
    for index, item in enumerate(items if isinstance(items, list) else ()):
        place = f"{where}[{index}]"
        _item(reading, object_of(item, place), place)


def _item(reading: Reading, item: dict[str, Any], where: str) -> None:
    kind = kind_of(item) if item.get("type") else "message"
    if kind == "message":
        _message(reading, item, where)
    elif kind in CALLING:
        raw = text_in(item, "arguments" if kind == "function_call" else "input", where)
        reading.text(raw, Channel.MEMORY, "assistant", f"{where}.arguments")
        args = arguments_of(raw) if kind == "function_call" else {"input": raw}
        reading.call(text_in(item, "call_id", where), text_in(item, "name", where), args)
    elif kind in {"function_call_output", "custom_tool_call_output"}:
        output = item.get("output")
        text = output if isinstance(output, str) else _parts(reading, output, Channel.TOOL_OUTPUT, "", where)
        reading.result(text_in(item, "call_id", where), text, f"{where}.output")
    elif kind == "reasoning":
        shown = {key: item[key] for key in ("summary", "content") if key in item}
        reading.every(shown, Channel.MEMORY, "assistant", where)
        if item.get("encrypted_content"):
            reading.taint()
    elif kind in hosted_items("results") | hosted_items("calls") | {"item_reference"}:
        reading.every(item, Channel.TOOL_OUTPUT, f"tool:{kind}", where)
        reading.taint()
    else:
        reading.opaque(kind, where, f"an item of the unknown type {kind!r}")
        reading.every(item, Channel.MEMORY, f"field:{kind}", where)


def _message(reading: Reading, item: dict[str, Any], where: str) -> None:
    role = text_in(item, "role", where)
    if role not in _CHANNELS:
        wrong(f"{where}.role {role[:40]!r} is not known")
    source = {"developer": "system"}.get(role, role)
    content = item.get("content")
    if isinstance(content, str):
        reading.text(content, _CHANNELS[role], source, f"{where}.content")
        text = content
    else:
        text = _parts(reading, content, _CHANNELS[role], source, where)
    if text:
        reading.said(source, text)


def _parts(reading: Reading, content: object, channel: Channel, source: str, where: str) -> str:
    if content is not None and not isinstance(content, list):
        wrong(f"{where}.content is neither a text nor a list")
    texts = []
    for index, entry in enumerate(content or ()):
        place = f"{where}.content[{index}]"
        part = object_of(entry, place)
        kind = kind_of(part)
        if kind in _TEXTS:
            texts.append(text_in(part, "refusal" if kind == "refusal" else "text", place))
            if source:
                reading.text(texts[-1], channel, source, f"{place}.text")
            reading.every(part.get("annotations"), Channel.MEMORY, "assistant", f"{place}.annotations")
        elif kind == "input_image":
            reading.data(text_in(part, "image_url", place) or "file", f"{place}.image_url", "image")
        elif kind == "input_file":
            _file(reading, part, place)
        else:
            reading.opaque("audio" if kind == "input_audio" else kind[:40], place, f"content of type {kind[:40]!r}")
    return "".join(texts)


def _file(reading: Reading, part: dict[str, Any], where: str) -> None:
    name, data = text_in(part, "filename", where), text_in(part, "file_data", where)
    reading.text(name, Channel.FILE, "file", f"{where}.filename")
    if data.startswith("data:"):
        reading.data(data, f"{where}.file_data", "file")
    elif data and name.endswith((".txt", ".md", ".csv", ".json")):
        reading.text(decoded(data, "base64", where), Channel.FILE, f"file:{name[:80]}", f"{where}.file_data")
    else:
        reading.text(text_in(part, "file_url", where), Channel.USER, "user", f"{where}.file_url")
        reading.opaque("file", where, "a file")


def _tools(body: Mapping[str, Any], reading: Reading, tools: Tools) -> None:
    declared = []
    for index, item in enumerate(list_in(body, "tools")):
        tool = object_of(item, f"tools[{index}]")
        if kind_of(tool) in {"function", "custom"}:
            declared.append(tool)
        else:
            reading.hosted(kind_of(tool), f"tools[{index}]")
            reading.every(tool, Channel.TOOL_DESCRIPTION, f"tool:{str(tool.get('type'))[:80]}", f"tools[{index}]")
    if declared:
        tools.read(reading, declared, "tools", "parameters")


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the texts and the tool calls of a whole answer, in the order of its items."""
    texts: list[Text] = []
    calls: list[Called] = []
    for index, entry in enumerate(list_in(body, "output")):
        item = object_of(entry, f"output[{index}]")
        call = called(item, index)
        if call is not None:
            calls.append(call)
        hidden = {"arguments", "input", "name"} if call is not None else set[str]()
        hidden |= {key for key in ("encrypted_content", "result") if is_vector(item.get(key))}
        said = {key: value for key, value in item.items() if key not in hidden}
        lane = 0 if call is None else -1
        texts += (Text(("output", index, *inner), text, lane) for inner, text in walked(said))
    about = {key: value for key, value in body.items() if key != "output"}
    texts += (Text(inner, text, -1) for inner, text in walked(about))
    return Answer(tuple(texts), tuple(calls))


def called(item: Mapping[str, Any], index: int) -> Called | None:
    """Return the tool call that an item of an answer is, if it is one."""
    kind = kind_of(item)
    if kind not in CALLING:
        return None
    raw = text_in(item, "arguments" if kind == "function_call" else "input", "output")
    args = read_arguments(raw) if kind == "function_call" else {"input": raw}
    return Called(("output", index), 0, text_in(item, "name", "output"), args)


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return what ends an answer as incomplete: the items before the cut, and the text up to it."""
    items = body["output"]
    stop = len(items) if path is None else int(path[1])
    left = [item for item in items[:stop] if kind_of(item) not in CALLING]
    if path is not None and kept and path[2:3] == ("content",):
        content = [{"type": "output_text", "text": kept, "annotations": []}]
        left.append({**items[stop], "status": "incomplete", "content": content})
    return {
        ("output",): left,
        ("status",): "incomplete",
        ("incomplete_details",): {"reason": "content_filter"},
    }


def shown(item: Mapping[str, Any]) -> str:
    """Return the texts of an item of an answer, as the conversation keeps them."""
    return joined(item.get("content"))
