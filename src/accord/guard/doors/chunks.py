"""The parts of a streamed answer as LiteLLM hands them on: each kind read as events of a wire form, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Final, NamedTuple

import orjson

from accord.core.errors import GuardError
from accord.guard.gateway.sse import Events
from accord.guard.gateway.words import Event

DONE: Final = Event(b"data: [DONE]\n\n", "", b"[DONE]")
"""The end of a chat answer, which LiteLLM keeps to itself."""


class Kind(NamedTuple):
    """One kind of parts: the form they belong to, what they say, and the parts that say what may leave."""

    form: str
    read: Callable[[Any], Iterable[Event]]
    made: Callable[[Event], Any]


def kind_of(chunk: Any) -> Kind:
    """Return the kind of a stream by its first part; raises `GuardError` for one that nobody here reads."""
    if isinstance(chunk, bytes | str):
        events = Events()
        return Kind("anthropic_messages", lambda one: events.feed(_bytes(one)), lambda event: event.raw)
    said = plain(chunk)
    if said.get("object") == "text_completion":
        return Kind("text_completion", lambda one: _event(_as_chat(plain(one))), lambda event: _as_text(chunk, event))
    if "choices" in said:
        return Kind("completion", lambda one: _event(plain(one)), lambda event: _like(chunk, orjson.loads(event.data)))
    if str(said.get("type")).startswith("response."):
        return Kind("responses", lambda one: _event(plain(one)), lambda event: _response(chunk, event))
    raise GuardError("a stream of this kind is not looked at here", hint="use accord guard serve")


def plain(value: Any) -> dict[str, Any]:
    """Return what a part or an answer says, without what it leaves open."""
    if isinstance(value, dict):
        return dict(value)
    if not hasattr(value, "model_dump"):
        raise GuardError(
            f"an answer made of {type(value).__name__} is not looked at here", hint="use accord guard serve"
        )
    said: dict[str, Any] = value.model_dump(mode="json", exclude_none=True)
    return said


def _bytes(chunk: bytes | str) -> bytes:
    return chunk.encode() if isinstance(chunk, str) else chunk


def _event(said: dict[str, Any]) -> tuple[Event]:
    data = orjson.dumps(said, default=str)
    return (Event(b"data: " + data + b"\n\n", "", data),)


def _as_chat(said: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a text completion as one of a chat, so that its texts are one text."""
    choices = [{**choice, "delta": {"content": choice.get("text", "")}} for choice in said.get("choices", ())]
    return {**said, "choices": [{key: value for key, value in one.items() if key != "text"} for one in choices]}


def _as_text(chunk: Any, event: Event) -> Any:
    said = orjson.loads(event.data)
    for choice in said.get("choices", ()):
        choice["text"] = (choice.pop("delta", None) or {}).get("content") or ""
    return _like(chunk, said)


def _like(chunk: Any, said: dict[str, Any]) -> Any:
    return type(chunk)(**said)


def _response(chunk: Any, event: Event) -> Any:
    """Return an event of responses as the class that LiteLLM has for it."""
    said = orjson.loads(event.data)
    if isinstance(chunk, dict):
        return said
    known = import_module("litellm.llms.openai.responses.transformation").OpenAIResponsesAPIConfig
    return known.get_event_model_class(said["type"])(**said)
