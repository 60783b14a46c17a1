"""Conversations that the upstream keeps and we only hear the name of: what was seen of them, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from accord.core.case import Channel
from accord.core.errors import RecordError
from accord.core.trial import Message, ToolCall
from accord.guard.gateway.metrics import Metrics
from accord.guard.gateway.single import Single
from accord.guard.gateway.words import UNSEEN, Asked, Before, Called
from accord.record.remembered import Remembered, Thing

if TYPE_CHECKING:
    from accord.guard.gateway.routes import Streaming

MOST: Final = 4_096
"""Conversations that one worker remembers where nothing is shared; the oldest is forgotten first."""
_LONGEST: Final = 2_000
_HEAVIEST: Final = 1 << 18  # characters of a conversation that are remembered
_NAME: Final = 200

Conversation = tuple[Message, ...]


class Earlier:
    """What was said and done before an answer, by caller and the answer's id, for whichever worker is asked next.

    What is not known, or cannot be read, counts as said by strangers.
    """

    def __init__(self, metrics: Metrics, shared: Remembered | None = None, *, most: int = MOST) -> None:
        self._metrics = metrics
        self._shared = shared
        self._most = most
        self._kept: dict[tuple[str, str], Before] = {}

    async def before(self, caller: str, id_: object) -> Before:
        """Return what stands before an answer; of one nobody here saw, that anything may stand there."""
        if not isinstance(id_, str) or len(id_) > _NAME:
            return unseen()
        if self._shared is None:
            return self._kept.get((caller, id_)) or unseen()
        return await asyncio.to_thread(self._read, self._shared, _thing(caller, id_))

    async def keep(self, caller: str, id_: str, conversation: Conversation, calls: Sequence[Called]) -> None:
        """Remember what was said and done up to an answer, before its end is heard."""
        if len(id_) > _NAME:
            return
        whole = _whole(conversation, calls)
        if self._shared is not None:
            await asyncio.to_thread(self._write, self._shared, _thing(caller, id_), whole)
            return
        self._kept.pop((caller, id_), None)
        self._kept[caller, id_] = whole
        if len(self._kept) > self._most:
            self._kept.pop(next(iter(self._kept)))

    async def heard(self, caller: str, asked: Asked, stream: Streaming) -> None:
        """Remember what was said and done up to a streamed answer, before its end is heard."""
        if isinstance(stream, Single) and isinstance(stream.id, str):
            await self.keep(caller, stream.id, asked.conversation, stream.allowed)

    def _read(self, shared: Remembered, thing: Thing) -> Before:
        try:
            found = shared.read(thing)
            return _before(found[-1].value) if found else unseen()
        except (RecordError, ValueError, TypeError):
            self._metrics.count("memory_errors")
            return unseen()

    def _write(self, shared: Remembered, thing: Thing, whole: Before) -> None:
        calls = [[id_, call.name, dict(call.args)] for id_, call in whole.calls.items()]
        try:
            shared.put(thing, orjson.dumps([[_plain(one) for one in whole.conversation], calls]))
        except (RecordError, TypeError):  # whoever goes on from here is told that anything may stand there
            self._metrics.count("memory_errors")


def unseen() -> Before:
    """Return what stands for anything at all: an untrusted result of a tool."""
    call = Message(role="assistant", tool_calls=(ToolCall(name=UNSEEN),))
    return Before((call, Message(role="tool", name=UNSEEN, channel=Channel.MEMORY)))


def _thing(caller: str, id_: str) -> Thing:
    return Thing("response", caller, id_)


def _whole(conversation: Conversation, calls: Sequence[Called]) -> Before:
    """Return a conversation with the calls of its last answer: those that a result can name wait for theirs."""
    named: dict[str, ToolCall] = {}
    did: list[ToolCall] = []
    for call in calls:
        made = ToolCall(name=call.name, args=call.args or {})
        if call.id and named.setdefault(call.id, made) is made:
            continue
        did.append(made)
    return Before(_bounded((*conversation, *(Message(role="assistant", tool_calls=(call,)) for call in did))), named)


def _bounded(whole: Conversation) -> Conversation:
    """Return a conversation without its beginning where it is too long; that something stood there is kept."""
    left, at = _HEAVIEST, len(whole)
    while at and left > 0 and len(whole) - at < _LONGEST:
        at -= 1
        left -= len(whole[at].content) + sum(len(str(call.args)) for call in whole[at].tool_calls)
    if not at and left > 0:
        return whole
    at += left <= 0
    while at < len(whole) and whole[at].role == "tool":  # what answered a call that is cut off
        at += 1
    return (*unseen().conversation, *whole[at:])


def _plain(one: Message) -> list[object]:
    calls = [[call.name, dict(call.args)] for call in one.tool_calls]
    return [one.role, one.content, one.name, one.channel, calls]


def _before(data: bytes) -> Before:
    talk, calls = orjson.loads(data)
    return Before(tuple(map(_message, talk)), {id_: ToolCall(name=name, args=dict(args)) for id_, name, args in calls})


def _message(one: Any) -> Message:
    role, content, name, channel, calls = one
    called = tuple(ToolCall(name=str(named), args=dict(args)) for named, args in calls)
    return Message(role=role, content=content, name=name, channel=channel, tool_calls=called)
