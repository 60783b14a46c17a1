"""Any OpenAI-compatible endpoint: chat completions or responses, whole or streamed, with tools."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from accord.attack.targets import chat, responses
from accord.attack.targets.http_post import client
from accord.attack.targets.line import Answer, Failure, Line, Opening
from accord.attack.targets.simulate import Dialogue
from accord.core.case import Channel
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.system import OpenAiCall
from accord.core.trial import Capability, Delivery, Reply, ToolCall, Turn

if TYPE_CHECKING:
    from aiohttp import ClientSession

TOOL_ROUNDS: Final = 2
"""Requests that may follow a tool call, to hear what the model says then."""

_DONE: Final = "Done."
_CAPABILITIES: Final = frozenset(Capability) - {Capability.STATE}
_SIMULATED: Final = frozenset(Channel) - {Channel.USER}


class OpenAi:
    """A model behind an OpenAI-compatible endpoint; everything but the user's turn is simulated in the request."""

    def __init__(self, call: OpenAiCall, *, environ: Mapping[str, str] = os.environ) -> None:
        self.name = f"{call.model} at {_shown(call.url)}"
        self.capabilities = _CAPABILITIES
        self.simulated = _SIMULATED
        self.stateless = True
        self.shared = False
        self._call = call
        self._headers = {"Content-Type": "application/json", **_authorization(call, environ)}
        self._http: ClientSession | None = None

    async def open(self) -> None:
        """Make the HTTP client."""
        self._http = client()

    async def close(self) -> None:
        """Close every connection."""
        if self._http:
            await self._http.close()

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[Target]:
        """Begin a conversation."""
        return nullcontext(_Conversation(self, line, Dialogue(tools=opening.tools)))

    async def send(self, dialogue: Dialogue) -> Answer | Failure:
        """Send a conversation once."""
        if self._http is None:
            return Failure("the target is not open", again=False)
        speak = responses.send if self._call.api == "responses" else chat.send
        return await speak(self._http, self._call, dialogue, self._headers)


class _Conversation:
    """One session: what was said so far goes along with each request."""

    def __init__(self, endpoint: OpenAi, line: Line, dialogue: Dialogue) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._line = line
        self._dialogue = dialogue

    async def plant(self, delivery: Delivery, /) -> None:
        """Put a text where an application would have put it."""
        self._dialogue.plant(delivery)

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something; tools that the model calls are answered, and what it says then is its reply."""
        self._dialogue.ask(turn.text)
        reply = await self._sent()
        calls: list[ToolCall] = list(reply.tool_calls)
        said = [reply.text]
        for _ in range(TOOL_ROUNDS):
            if not reply.tool_calls:
                break
            self._dialogue.called(reply.text, reply.tool_calls, [_DONE] * len(reply.tool_calls))
            reply = await self._sent()
            calls += reply.tool_calls
            said.append(reply.text)
        self._dialogue.answered(reply.text)
        return _joined(reply, said, calls)

    async def state(self) -> Mapping[str, Any]:
        """Return nothing: a model has no state to show."""
        return {}

    async def _sent(self) -> Reply:
        size = sum(len(str(message.get("content"))) for message in self._dialogue.messages)
        return await self._line.send(lambda: self._endpoint.send(self._dialogue), tokens=size // 4 + 1)


def _shown(url: str) -> str:
    """Return an address without the credentials that may stand in it."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _joined(last: Reply, said: Sequence[str], calls: Sequence[ToolCall]) -> Reply:
    text = "\n".join(part for part in said if part)
    return Reply(text=text, tool_calls=tuple(calls), seconds=last.seconds, id=last.id, stopped=last.stopped)


def _authorization(call: OpenAiCall, environ: Mapping[str, str]) -> dict[str, str]:
    if call.key is None:
        return {}
    named = call.key.startswith("env:")  # else it may be the key itself, which nobody should see
    name = call.key.removeprefix("env:")
    value = environ.get(name) if named else None
    if value is None:
        message = f"the key of the target {_shown(call.url)} is not in the environment"
        known = f" and set {name[:80]}" if named else ""
        raise TargetError(message, hint=f"write `key: env:NAME`{known}", code="ACC-E655")
    return {"Authorization": f"Bearer {value}"}
