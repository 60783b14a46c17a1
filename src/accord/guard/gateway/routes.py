"""The routes of the gateway: one row a wire form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from accord.core.trial import ToolCall
from accord.guard.gateway import chat, embeddings, messages, responses
from accord.guard.gateway.chat_stream import ChatStream
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.messages_stream import messages_stream
from accord.guard.gateway.reading import Reading, Tools
from accord.guard.gateway.responses_stream import responses_stream
from accord.guard.gateway.whole import Shape
from accord.guard.gateway.words import Asked, Event


class Streaming(Protocol):
    """Takes the events of an upstream and gives those that may leave."""

    done: bool

    @property
    def called(self) -> list[ToolCall]:
        """Return the calls that were allowed."""

    def feed(self, event: Event) -> None:
        """Take one event."""

    def out(self) -> list[bytes]:
        """Return what may leave now."""

    def broken(self) -> None:
        """Take an end that came too early."""

    def flush(self) -> None:
        """Let go what may leave after a silence."""

    @property
    def held(self) -> bool:
        """Tell whether some text is held back."""


class Route(NamedTuple):
    """A wire form: how its requests are read, its answers looked at and its streams cut."""

    name: str
    path: str
    read: Callable[[Mapping[str, Any], Reading, Tools], Asked]
    shape: Shape
    stream: Callable[[Judge], Streaming] | None
    most: str
    """The key of what a request holds many of."""


ROUTES: Final[tuple[Route, ...]] = (
    Route("chat", "/chat/completions", chat.read, Shape(chat.answer, chat.cut), ChatStream, "messages"),
    Route(
        "responses",
        "/responses",
        responses.read,
        Shape(responses.answer, responses.cut, responses.ECHOES),
        responses_stream,
        "input",
    ),
    Route("embeddings", "/embeddings", embeddings.read, Shape(embeddings.answer, embeddings.cut), None, "input"),
    Route("messages", "/messages", messages.read, Shape(messages.answer, messages.cut), messages_stream, "messages"),
)
