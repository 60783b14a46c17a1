"""What the forms of a conversation have in common: who speaks, and what contents hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from accord.core.case import Channel
from accord.guard.gateway.reading import Reading, Tools, decoded, kind_of, list_in, object_of, text_in, text_of, wrong
from accord.guard.gateway.wire import read_arguments

CHANNELS: Final[Mapping[str, Channel]] = {
    "system": Channel.SYSTEM,
    "developer": Channel.SYSTEM,
    "user": Channel.USER,
    "assistant": Channel.MEMORY,
    "tool": Channel.TOOL_OUTPUT,
    "function": Channel.TOOL_OUTPUT,
}
"""The channel of what each role says."""

_READ: Final = (".txt", ".md", ".csv", ".json")

Attached = Callable[[Reading, dict[str, Any], str], Collection[str]]
"""Reads a part of a content that is no text; the members that it has read are returned."""


class Parts(NamedTuple):
    """What contents are made of: the types that are texts, with the key of the text, and what reads the others."""

    texts: Mapping[str, str]
    attached: Attached


def message(reading: Reading, said: Mapping[str, Any], where: str, parts: Parts) -> None:
    """Note what somebody says; raises `RefusedError` for a role that nobody knows."""
    role = role_of(said, where)
    source = "system" if role == "developer" else role
    text = content(reading, said.get("content"), f"{where}.content", parts, (CHANNELS[role], source))
    if text:
        reading.said(source, text)


def role_of(said: Mapping[str, Any], where: str) -> str:
    """Return who speaks."""
    role = text_in(said, "role", where)
    return role if role in CHANNELS else wrong(f"{where}.role {role[:40]!r} is not known")


def content(
    reading: Reading, value: object, where: str, parts: Parts, spoken: tuple[Channel, str] | None = None
) -> str:
    """Return the text of a content, with what stands beside it noted; the text itself where it is `spoken`."""
    if value is None or isinstance(value, str):
        if spoken and value:
            reading.text(value, *spoken, where)
        return value or ""
    if not isinstance(value, list):
        wrong(f"{where} is neither a text nor a list")
    texts = []
    for index, item in enumerate(value):
        place = f"{where}[{index}]"
        part = object_of(item, place)
        key = parts.texts.get(kind_of(part), "")
        if key:
            texts.append(text_of(part.get(key), f"{place}.{key}"))
            if spoken:
                reading.text(texts[-1], *spoken, f"{place}.{key}")
        beside(reading, part, place, {"type", key} if key else {"type", *parts.attached(reading, part, place)})
    return "".join(texts)


def beside(reading: Reading, part: Mapping[str, Any], where: str, but: Collection[str]) -> None:
    """Note what stands in a part beside the members that are read otherwise."""
    for key in part.keys() - but:
        reading.every(part[key], Channel.FILE, "file", f"{where}.{key[:40]}")


def file(reading: Reading, said: Mapping[str, Any], where: str) -> None:
    """Read an attached file: a text is looked at, anything else is opaque."""
    name, data = text_in(said, "filename", where), text_in(said, "file_data", where)
    reading.text(name, Channel.FILE, "file", f"{where}.filename")
    if data.startswith("data:"):
        reading.data(data, f"{where}.file_data", "file")
    elif data and name.endswith(_READ):
        reading.text(decoded(data, "base64", where), Channel.FILE, f"file:{name[:80]}", f"{where}.file_data")
    else:
        reading.opaque("file", where, "a file")


def declared(
    body: Mapping[str, Any], reading: Reading, tools: Tools, *, own: Mapping[str, str], schema: str, default: str = ""
) -> None:
    """Note the tools of a request: `own` are the types that the caller runs, with the member that describes them.

    All others run at the provider. A tool without a type is of the type `default`.
    """
    found = []
    for index, item in enumerate(list_in(body, "tools")):
        where = f"tools[{index}]"
        tool = object_of(item, where)
        kind = kind_of(tool) if "type" in tool else default or "None"
        if kind not in own:
            reading.hosted((text_in(tool, "name", where) if default == "custom" else "") or kind, where)
            reading.every(tool, Channel.TOOL_DESCRIPTION, f"tool:{kind}", where)
        elif own[kind]:
            found.append(object_of(tool.get(own[kind]), f"{where}.{own[kind]}"))
            around = {key: value for key, value in tool.items() if key not in {"type", own[kind]}}
            reading.every(around, Channel.TOOL_DESCRIPTION, f"tool:{kind}", where)
        else:
            found.append(tool)
    if found:
        tools.read(reading, found, "tools", schema)


def arguments(raw: str, kind: str) -> Mapping[str, Any] | None:
    """Return the arguments of a call in an answer; a custom tool has one text."""
    return {"input": raw} if kind.startswith("custom") else read_arguments(raw)
