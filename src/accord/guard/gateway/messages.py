"""The form of Anthropic messages: what a request holds, what an answer holds, and how an answer is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.parts import CHANNELS, beside, declared
from accord.guard.gateway.reading import (
    Reading,
    Tools,
    decoded,
    hosted_items,
    joined,
    kind_of,
    list_in,
    object_of,
    text_in,
    text_of,
    unknown,
    wrong,
)
from accord.guard.gateway.told import told
from accord.guard.gateway.wire import Path
from accord.guard.gateway.words import Answer, Asked, Called, Edits, Text

_MESSAGE: Final = frozenset({"role", "content"})
_OWN: Final = frozenset({"messages", "system", "tools", "mcp_servers"})
_QUIET: Final = frozenset({"cache_control", "id", "is_error", "signature", "tool_use_id", "type"})


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request to messages holds."""
    _content(reading, body.get("system"), "system", "system")
    for index, item in enumerate(list_in(body, "messages")):
        _message(reading, object_of(item, f"messages[{index}]"), f"messages[{index}]")
    declared(body, reading, tools, own={"custom": ""}, schema="input_schema", default="custom")
    for index, server in enumerate(list_in(body, "mcp_servers")):
        reading.hosted("mcp", f"mcp_servers[{index}]")
        reading.every(server, Channel.TOOL_DESCRIPTION, "tool:mcp", f"mcp_servers[{index}]")
    if body.get("container") is not None:
        reading.opaque("stored", "container", "files kept at the provider")
    reading.rest(body, "messages", _OWN)
    return reading.asked(body)


def _message(reading: Reading, message: dict[str, Any], where: str) -> None:
    role = text_in(message, "role", where)
    if role not in {"user", "assistant"}:
        wrong(f"{where}.role {role[:40]!r} is not known")
    _content(reading, message.get("content"), role, f"{where}.content")
    for key in unknown(message, _MESSAGE, where):
        reading.every(message[key], CHANNELS[role], f"field:{key[:40]}", f"{where}.{key[:40]}")


def _content(reading: Reading, content: object, role: str, where: str) -> None:
    if isinstance(content, str):
        reading.text(content, CHANNELS[role], role, where)
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
            reading.text(spoken[-1], CHANNELS[role], role, f"{place}.text")
            reading.every(block.get("citations"), Channel.RETRIEVAL, "retrieval", f"{place}.citations")
            beside(reading, block, place, {"text", "citations", *_QUIET})
        else:
            if spoken:
                reading.said(role, "".join(spoken))
                spoken = []
            _block(reading, block, role, place)
    if spoken:
        reading.said(role, "".join(spoken))


def _block(reading: Reading, block: dict[str, Any], role: str, where: str) -> None:
    kind = kind_of(block)
    looked = set(block)
    if kind == "tool_use":
        args = object_of(block.get("input", {}), f"{where}.input")
        reading.every(args, Channel.MEMORY, "assistant", f"{where}.input")
        reading.call(text_in(block, "id", where), text_in(block, "name", where), args)
        looked = {"name", "input"}
    elif kind == "tool_result":
        text = _result(reading, block.get("content"), f"{where}.content")
        reading.result(text_in(block, "tool_use_id", where), text, f"{where}.content")
        looked = {"content"}
    elif kind in {"thinking", "redacted_thinking"} and role == "assistant":
        reading.text(text_in(block, "thinking", where), Channel.MEMORY, "assistant", f"{where}.thinking")
        if kind == "redacted_thinking":
            reading.taint()
        looked = {"thinking", "data"}
    elif kind in {"image", "document"}:
        _attached(reading, block, kind, where)
        looked = {"source"}
    elif kind == "search_result":
        reading.every(block, Channel.RETRIEVAL, f"retrieval:{text_in(block, 'source', where)[:80]}", where)
        reading.result(where, joined(block), "", "search_result", Channel.RETRIEVAL)
    elif kind in hosted_items("results") | hosted_items("calls"):
        reading.every(block, Channel.TOOL_OUTPUT, f"tool:{kind}", where)
        reading.taint()
    else:
        reading.opaque(kind, where, f"content of the unknown type {kind!r}")
        reading.every(block, CHANNELS[role], role, where)
    beside(reading, block, where, looked | _QUIET)


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
            beside(reading, block, f"{where}[{index}]", {"text", *_QUIET})
        else:
            _block(reading, block, "tool", f"{where}[{index}]")
    return "".join(texts)


def _attached(reading: Reading, block: dict[str, Any], kind: str, where: str) -> None:
    source = object_of(block.get("source"), f"{where}.source")
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


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the texts and the tool calls of a whole answer, in the order of its blocks."""
    texts: list[Text] = []
    calls: list[Called] = []
    for index, item in enumerate(list_in(body, "content")):
        block = object_of(item, f"content[{index}]")
        path: Path = ("content", index)
        if kind_of(block) == "tool_use":
            args = block.get("input", {})
            calls.append(Called(path, 0, text_in(block, "name", "content"), args if isinstance(args, dict) else None))
            texts += told(block, path, but={"name", "input"})
        else:
            texts += told(block, path, 0)
    return Answer((*texts, *told(body, but={"content"})), tuple(calls))


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return what ends an answer as refused: the blocks before the cut, and the text up to it."""
    blocks = body["content"]
    stop: Any = len(blocks) if path is None else path[1]
    left = [block for block in blocks[:stop] if block.get("type") != "tool_use"]
    if path is not None and path[2:] == ("text",) and kept:
        left.append({"type": "text", "text": kept})
    return {("content",): left, ("stop_reason",): "refusal"}
