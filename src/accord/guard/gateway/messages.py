"""The form of Anthropic messages: what a request holds, what an answer holds, and how an answer is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.chat import walked
from accord.guard.gateway.embeddings import is_vector
from accord.guard.gateway.reading import (
    Reading,
    Tools,
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
    unknown,
    wrong,
)
from accord.guard.gateway.wire import Path
from accord.guard.gateway.words import Answer, Asked, Called, Edits, Text

_CHANNELS: Final[Mapping[str, Channel]] = {
    "user": Channel.USER,
    "assistant": Channel.MEMORY,
    "system": Channel.SYSTEM,
    "tool": Channel.TOOL_OUTPUT,
}
_MESSAGE: Final = frozenset({"role", "content"})
_OWN: Final = frozenset({"messages", "system", "tools", "mcp_servers", "container", "tool_choice"})


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request to messages holds."""
    _content(reading, body.get("system"), "system", "system")
    for index, item in enumerate(list_in(body, "messages")):
        _message(reading, object_of(item, f"messages[{index}]"), f"messages[{index}]")
    _tools(body, reading, tools)
    for index, server in enumerate(list_in(body, "mcp_servers")):
        reading.hosted("mcp", f"mcp_servers[{index}]")
        reading.every(server, Channel.TOOL_DESCRIPTION, "tool:mcp", f"mcp_servers[{index}]")
    if body.get("container") is not None:
        reading.opaque("stored", "container", "files kept at the provider")
    reading.rest(body, "messages")
    for key in known_keys("messages") & body.keys() - _OWN - quiet_keys():
        if isinstance(body[key], dict | list | str):
            reading.every(body[key], Channel.USER, f"field:{key}", key)
    return reading.asked(body)


def _message(reading: Reading, message: dict[str, Any], where: str) -> None:
    role = text_in(message, "role", where)
    if role not in {"user", "assistant"}:
        wrong(f"{where}.role {role[:40]!r} is not known")
    _content(reading, message.get("content"), role, f"{where}.content")
    for key in unknown(message, _MESSAGE, where):
        reading.every(message[key], _CHANNELS[role], f"field:{key[:40]}", f"{where}.{key[:40]}")


def _content(reading: Reading, content: object, role: str, where: str) -> None:
    if isinstance(content, str):
        reading.text(content, _CHANNELS[role], role, where)
        if content:
            reading.said(role, content)
        return
    if content is not None and not isinstance(content, list):
        wrong(f"{where} is neither a text nor a list")
    spoken: list[str] = []
    for index, item in enumerate(content or ()):
        place = f"{where}[{index}]"
        block = object_of(item, place)
        if kind_of(block) == "text":
            spoken.append(text_of(block.get("text"), f"{place}.text"))
            reading.text(spoken[-1], _CHANNELS[role], role, f"{place}.text")
            reading.every(block.get("citations"), Channel.RETRIEVAL, "retrieval", f"{place}.citations")
        else:
            if spoken:
                reading.said(role, "".join(spoken))
                spoken = []
            _block(reading, block, role, place)
    if spoken:
        reading.said(role, "".join(spoken))


def _block(reading: Reading, block: dict[str, Any], role: str, where: str) -> None:
    kind = kind_of(block)
    if kind == "tool_use":
        args = object_of(block.get("input", {}), f"{where}.input")
        reading.every(args, Channel.MEMORY, "assistant", f"{where}.input")
        reading.call(text_in(block, "id", where), text_in(block, "name", where), args)
    elif kind == "tool_result":
        text = _result(reading, block.get("content"), f"{where}.content")
        reading.result(text_in(block, "tool_use_id", where), text, f"{where}.content")
    elif kind in {"thinking", "redacted_thinking"} and role == "assistant":
        reading.text(text_in(block, "thinking", where), Channel.MEMORY, "assistant", f"{where}.thinking")
        if kind == "redacted_thinking":
            reading.taint()
    elif kind in {"image", "document"}:
        _attached(reading, block, kind, where)
    elif kind == "search_result":
        reading.every(block, Channel.RETRIEVAL, f"retrieval:{text_in(block, 'source', where)[:80]}", where)
        reading.result(where, joined(block), "", "search_result", Channel.RETRIEVAL)
    elif kind in hosted_items("results") | hosted_items("calls"):
        reading.every(block, Channel.TOOL_OUTPUT, f"tool:{kind}", where)
        reading.taint()
    else:
        reading.opaque(kind, where, f"content of the unknown type {kind!r}")
        reading.every(block, _CHANNELS[role], role, where)


def _result(reading: Reading, content: object, where: str) -> str:
    """Return the text of a tool's result; what else it holds is looked at on its own."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        wrong(f"{where} is neither a text nor a list")
    texts = []
    for index, item in enumerate(content):
        block = object_of(item, f"{where}[{index}]")
        if kind_of(block) == "text":
            texts.append(text_of(block.get("text"), f"{where}[{index}].text"))
        else:
            _block(reading, block, "tool", f"{where}[{index}]")
    return "".join(texts)


def _attached(reading: Reading, block: dict[str, Any], kind: str, where: str) -> None:
    source = object_of(block.get("source"), f"{where}.source")
    rest = {key: value for key, value in block.items() if key not in {"type", "source"}}
    reading.every(rest, Channel.FILE, "file", where)
    form, media = kind_of(source), str(source.get("media_type", ""))
    place = f"{where}.source"
    if form == "text":
        text = text_in(source, "data", place)
        reading.text(text, Channel.FILE, "file", f"{place}.data")
        reading.result(where, text, "", "document", Channel.FILE)
    elif form == "content":
        reading.every(source.get("content"), Channel.FILE, "file", f"{place}.content")
        reading.result(where, joined(source.get("content")), "", "document", Channel.FILE)
    elif form == "base64" and kind == "image":
        reading.taint()
    elif form == "base64" and media.startswith("text/"):
        reading.text(decoded(text_in(source, "data", place), "base64", place), Channel.FILE, "file", place)
    else:
        reading.text(text_in(source, "url", place), Channel.USER, "user", f"{place}.url")
        reading.opaque("image" if kind == "image" else "file", where, f"a {kind} by {str(form)[:40]}")


def _tools(body: Mapping[str, Any], reading: Reading, tools: Tools) -> None:
    declared = []
    for index, item in enumerate(list_in(body, "tools")):
        tool = object_of(item, f"tools[{index}]")
        if kind_of(tool) in {"None", "custom"}:
            declared.append(tool)
        else:
            reading.hosted(text_in(tool, "name", "tools") or str(tool["type"])[:80], f"tools[{index}]")
    if declared:
        tools.read(reading, declared, "tools", "input_schema")


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the texts and the tool calls of a whole answer, in the order of its blocks."""
    texts: list[Text] = []
    calls: list[Called] = []
    for index, item in enumerate(list_in(body, "content")):
        block = object_of(item, f"content[{index}]")
        path: Path = ("content", index)
        if kind_of(block) == "tool_use":
            args = block.get("input", {})
            name = text_in(block, "name", "content")
            calls.append(Called(path, 0, name, args if isinstance(args, dict) else None))
            named = {key: value for key, value in block.items() if key not in {"name", "input"}}
            texts += (Text((*path, *inner), text, -1) for inner, text in walked(named))
        else:
            said = {key: value for key, value in block.items() if key != "signature" or not is_vector(value)}
            texts += (Text((*path, *inner), text, 0) for inner, text in walked(said))
    about = {key: value for key, value in body.items() if key != "content"}
    texts += (Text(inner, text, -1) for inner, text in walked(about))
    return Answer(tuple(texts), tuple(calls))


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return what ends an answer as refused: the blocks before the cut, and the text up to it."""
    blocks = body["content"]
    if path is None:
        left = [block for block in blocks if block.get("type") != "tool_use"]
    else:
        index = int(path[1])
        left = [block for block in blocks[:index] if block.get("type") != "tool_use"]
        left += [{"type": "text", "text": kept}] if path[2:] == ("text",) and kept else []
    return {("content",): left, ("stop_reason",): "refusal"}
