"""The form of responses: what a request holds, what an answer holds, and how an answer is cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.parts import Parts, arguments, content, declared, file, message
from accord.guard.gateway.reading import (
    Reading,
    Tools,
    acts,
    arguments_of,
    hosted_items,
    kind_of,
    list_in,
    object_of,
    text_in,
    text_of,
)
from accord.guard.gateway.told import told
from accord.guard.gateway.wire import Path, RefusedError, read_arguments
from accord.guard.gateway.words import Answer, Asked, Called, Edits, Text

_OWN: Final = frozenset({"input", "instructions", "tools", "prompt", "conversation", "previous_response_id"})
_ABOUT: Final = frozenset({"type", "id", "call_id", "status"})
_TEXTS: Final = ("input_text", "output_text", "text", "summary_text", "reasoning_text")
ECHOES: Final = frozenset({"instructions", "tools", "metadata", "prompt", "text", "input", "user"})
"""What an answer repeats of its request: what may not leave is taken out there, and nothing is cut for it."""
_CALLING: Final = frozenset({"function_call", "custom_tool_call"})


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request to responses holds."""
    if body.get("background"):
        said = "an answer in the background is fetched where nobody here looks at it"
        raise RefusedError(said, code="ACC-E752", status=403, where="background")
    _before(body, reading)
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
    declared(body, reading, tools, own={"function": "", "custom": ""}, schema="parameters")
    reading.rest(body, "responses", _OWN)
    return reading.asked(body)._replace(stored=body.get("store") is not False)


def _before(body: Mapping[str, Any], reading: Reading) -> None:
    """Note what the conversation goes on from and is not in this body."""
    if body.get("conversation") is not None:
        reading.taint()
    if body.get("prompt") is not None:
        reading.opaque("stored", "prompt", "a prompt kept at the provider")
        reading.every(object_of(body["prompt"], "prompt"), Channel.USER, "user", "prompt")
    if text_in(body, "previous_response_id", "") and not reading.goes_on:
        reading.taint()


def _items(reading: Reading, items: object, where: str) -> None:
    for index, item in enumerate(items if isinstance(items, list) else ()):
        place = f"{where}[{index}]"
        _item(reading, object_of(item, place), place)


def _item(reading: Reading, item: dict[str, Any], where: str) -> None:
    kind = kind_of(item) if item.get("type") else "message"
    looked = {"type", "id", "call_id"}
    if kind == "message":
        message(reading, item, where, _PARTS)
        looked |= {"role", "content"}
    elif kind in _CALLING:
        key = "arguments" if kind == "function_call" else "input"
        raw = text_in(item, key, where)
        reading.text(raw, Channel.MEMORY, "assistant", f"{where}.arguments")
        args = arguments_of(raw) if kind == "function_call" else {"input": raw}
        reading.call(text_in(item, "call_id", where), text_in(item, "name", where), args)
        looked |= {"name", key}
    elif kind in {"function_call_output", "custom_tool_call_output"}:
        text = content(reading, item.get("output"), f"{where}.output", _PARTS)
        reading.result(text_in(item, "call_id", where), text, f"{where}.output")
        looked |= {"output"}
    elif kind == "reasoning":
        if item.get("encrypted_content"):
            reading.taint()
        looked |= {"encrypted_content"}
    elif kind in hosted_items("results") | hosted_items("calls") | {"item_reference"}:
        looked |= _hosted(reading, item, kind, where)
    else:
        reading.opaque(kind, where, f"an item of the unknown type {kind!r}")
    rest = {key: value for key, value in item.items() if key not in looked}
    reading.every(rest, Channel.MEMORY, "assistant" if kind == "reasoning" else f"field:{kind}", where)


def _hosted(reading: Reading, item: dict[str, Any], kind: str, where: str) -> frozenset[str]:
    """Note an item that a tool left of which nobody here saw how it ran; its words are those of strangers."""
    reading.every(item, Channel.TOOL_OUTPUT, f"tool:{kind}", where)
    reading.taint()
    return frozenset(item)


def _attached(reading: Reading, part: dict[str, Any], where: str) -> Collection[str]:
    kind = kind_of(part)
    if kind == "input_image":
        reading.data(text_in(part, "image_url", where) or "file", f"{where}.image_url", "image")
        return ("image_url",)
    if kind == "input_file":
        reading.text(text_in(part, "file_url", where), Channel.USER, "user", f"{where}.file_url")
        file(reading, part, where)
        return ("filename", "file_data", "file_url")
    reading.opaque("audio" if kind == "input_audio" else kind[:40], where, f"content of type {kind[:40]!r}")
    return ("input_audio",)


_PARTS: Final = Parts({**dict.fromkeys(_TEXTS, "text"), "refusal": "refusal"}, _attached)


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the texts and the tool calls of a whole answer, in the order of its items."""
    texts: list[Text] = []
    calls: list[Called] = []
    for index, entry in enumerate(list_in(body, "output")):
        item = object_of(entry, f"output[{index}]")
        call = called(item, index)
        if call is not None:
            calls.append(call)
        hidden = {"arguments", "input", "name"} if call is not None else ()
        texts += told(item, ("output", index), 0 if call is None else -1, but=hidden)
    return Answer((*texts, *told(body, but={"output"})), tuple(calls))


def called(item: Mapping[str, Any], index: int) -> Called | None:
    """Return the tool call that an item of an answer is: of a function, or of a tool that the caller carries out."""
    kind = kind_of(item)
    if kind in _CALLING:
        raw = text_in(item, "arguments" if kind == "function_call" else "input", "output")
        name, id_ = text_in(item, "name", "output"), text_in(item, "call_id", "output")
        return Called(("output", index), 0, name, arguments(raw, kind), id_)
    tool = acts().get(kind)
    if tool is None:
        return None
    if kind == "mcp_approval_request":
        name, raw = text_in(item, "name", "output"), text_in(item, "arguments", "output")
        return Called(("output", index), 0, name, read_arguments(raw))
    return Called(("output", index), 0, tool, {key: value for key, value in item.items() if key not in _ABOUT})


def is_call(item: object) -> bool:
    """Tell whether an item is a call that the caller would carry out."""
    return isinstance(item, dict) and (kind_of(item) in _CALLING or kind_of(item) in acts())


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return what ends an answer as incomplete: the items before the cut, and the text up to it."""
    items = body["output"]
    stop: Any = len(items) if path is None else path[1]
    left = [item for item in items[:stop] if not is_call(item)]
    if path is not None and kept and path[2:3] == ("content",):
        said = [{"type": "output_text", "text": kept, "annotations": []}]
        left.append({**items[stop], "status": "incomplete", "content": said})
    return {
        ("output",): left,
        ("status",): "incomplete",
        ("incomplete_details",): {"reason": "content_filter"},
    }
