"""The form of chat completions: what a request holds, what an answer holds, and how an answer is cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.parts import Parts, arguments, content, declared, file, message, role_of
from accord.guard.gateway.reading import (
    Reading,
    Tools,
    arguments_of,
    kind_of,
    list_in,
    object_of,
    text_in,
    unknown,
    wrong,
)
from accord.guard.gateway.told import CALLING, told
from accord.guard.gateway.wire import Path
from accord.guard.gateway.words import Answer, Asked, Called, Edits, Text

_MESSAGE: Final = frozenset({"role", "content", "tool_call_id", *CALLING})
_OWN: Final = frozenset({"messages", "tools", "functions"})
_MOST_CHOICES: Final = 128


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request to chat completions holds."""
    for index, item in enumerate(list_in(body, "messages")):
        _message(reading, object_of(item, f"messages[{index}]"), f"messages[{index}]")
    own = {"function": "function", "custom": "custom"}
    declared(body, reading, tools, own=own, schema="parameters", default="function")
    if functions := list_in(body, "functions"):
        tools.read(reading, functions, "functions", "parameters")
    reading.rest(body, "chat", _OWN)
    if "audio" in list_in(body, "modalities"):
        reading.opaque("audio", "modalities", "a spoken answer")
    if body.get("web_search_options") is not None:
        reading.hosted("web_search", "web_search_options")
    count = body.get("n")
    if count is not None and (type(count) is not int or not 1 <= count <= _MOST_CHOICES):
        wrong(f"n is no number from 1 to {_MOST_CHOICES}")
    return reading.asked(body, choices=count or 1)


def _message(reading: Reading, said: dict[str, Any], where: str) -> None:
    if role_of(said, where) in {"tool", "function"}:
        id_, name = text_in(said, "tool_call_id", where), text_in(said, "name", where)
        text = content(reading, said.get("content"), f"{where}.content", _PARTS)
        reading.result(id_ or name, text, f"{where}.content", name)
    else:
        message(reading, said, where, _PARTS)
    _calls(reading, said, where)
    if said.get("audio") is not None:
        reading.opaque("audio", f"{where}.audio", "audio")
    for key in unknown(said, _MESSAGE, where):  # names, refusals, reasoning, and what is not known
        reading.every(said[key], Channel.MEMORY, f"field:{key[:40]}", f"{where}.{key[:40]}")


def _attached(reading: Reading, part: dict[str, Any], where: str) -> Collection[str]:
    kind = kind_of(part)
    if kind == "image_url":
        image = part.get("image_url")
        told = {"url": image} if isinstance(image, str) else object_of(image, where)
        reading.data(text_in(told, "url", where), f"{where}.image_url", "image")
        reading.every({key: told[key] for key in told.keys() - {"url"}}, Channel.FILE, "file", where)
    elif kind == "file":
        file(reading, object_of(part.get("file"), where), f"{where}.file")
    elif kind == "input_audio":
        reading.opaque("audio", where, "audio")
    else:
        reading.opaque(kind[:40], where, f"content of the unknown type {kind[:40]!r}")
        return ()
    return (kind,)


_PARTS: Final = Parts({"text": "text", "refusal": "refusal"}, _attached)


def _calls(reading: Reading, said: dict[str, Any], where: str) -> None:
    """Note the calls that the model has made."""
    calls = [(object_of(one, where), f"{where}.tool_calls[{at}]") for at, one in enumerate(_listed(said, where))]
    if isinstance(legacy := said.get("function_call"), dict):
        calls.append(({"id": legacy.get("name"), "function": legacy}, f"{where}.function_call"))
    for call, place in calls:
        kind, function = _function(call, place)
        name, raw = text_in(function, "name", place), text_in(function, _raw(kind), place)
        reading.text(raw, Channel.MEMORY, "assistant", f"{place}.arguments")
        reading.every(around(call, kind), Channel.MEMORY, "assistant", place)
        args = {"input": raw} if kind == "custom" else arguments_of(raw)
        reading.call(text_in(call, "id", place) or place, name, args)


def _listed(said: Mapping[str, Any], where: str = "") -> list[Any]:
    return [*list_in(said, "tool_calls", where)]


def _function(call: dict[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    kind = "custom" if kind_of(call) == "custom" else "function"
    return kind, object_of(call.get(kind), where)


def _raw(kind: str) -> str:
    return "input" if kind == "custom" else "arguments"


def around(call: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return what stands in a call beside its name and its arguments."""
    inner = call.get(kind)
    rest = {key: value for key, value in call.items() if key not in {"id", "type", "index", kind}}
    if isinstance(inner, dict):
        rest |= {key: value for key, value in inner.items() if key not in {"name", _raw(kind)}}
    return rest


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the texts and the tool calls of a whole answer; the content of a choice comes before its other texts."""
    texts: list[Text] = []
    calls: list[Called] = []
    beside: list[Text] = []
    for index, item in enumerate(list_in(body, "choices")):
        choice = object_of(item, f"choices[{index}]")
        said = object_of(choice.get("message") or {}, f"choices[{index}].message")
        path: Path = ("choices", index, "message")
        keys = sorted(said.keys() - CALLING - {"role"}, key=lambda key: (key != "content", key))
        texts += told({key: said[key] for key in keys}, path, index)
        for called, text in _called(said, path, index):
            calls.append(called)
            beside += text
        beside += told(said.get("role"), (*path, "role"))
        beside += told(choice.get("finish_reason"), ("choices", index, "finish_reason"))
        texts += told(choice, ("choices", index), index, but={"message", "finish_reason"})
    return Answer((*texts, *beside, *told(body, but={"choices"})), tuple(calls))


def _called(said: Mapping[str, Any], path: Path, lane: int) -> Iterator[tuple[Called, list[Text]]]:
    """Yield each call of a message with the texts beside its name and its arguments."""
    found: list[tuple[Path, dict[str, Any], dict[str, Any]]] = []
    for index, item in enumerate(_listed(said)):
        found.append(((*path, "tool_calls", index), object_of(item, "tool_calls"), {}))
    if isinstance(legacy := said.get("function_call"), dict):
        found.append(((*path, "function_call"), {}, legacy))
    for at, call, legacy in found:
        kind, function = _function(call, "tool_calls") if call else ("function", legacy)
        name, raw = text_in(function, "name", "tool_calls"), text_in(function, _raw(kind), "tool_calls")
        beside = [*told(call, at, but={kind}), *told(function, (*at, kind) if call else at, but={"name", _raw(kind)})]
        yield Called(at, lane, name, arguments(raw, kind)), beside


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return what ends a choice as filtered: its content up to the cut, no calls, no tokens beside it."""
    choice = body["choices"][lane]
    said = choice.get("message") or {}
    at: Path = ("choices", lane)
    text = kept if path == (*at, "message", "content") else said.get("content")
    if path is None:
        calls = {(*at, "message", key): None for key in CALLING & said.keys()}
        return {(*at, "finish_reason"): "content_filter", **calls}
    left = {"role": "assistant", "content": text if isinstance(text, str) else ""}
    index = choice.get("index")
    return {at: {"index": index if type(index) is int else lane, "message": left, "finish_reason": "content_filter"}}
