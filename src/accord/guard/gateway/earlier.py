"""Conversations that the upstream keeps and we only hear the name of: what we saw of them, within bounds."""

from __future__ import annotations

from typing import Final

from accord.core.case import Channel
from accord.core.trial import Message, ToolCall
from accord.guard.gateway.words import UNSEEN

MOST: Final = 4_096
"""Conversations that are remembered; the oldest is forgotten first."""
_LONGEST: Final = 2_000

Conversation = tuple[Message, ...]


class Earlier:
    """What was said and done before an answer, by caller and the answer's id."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[tuple[str, str], Conversation] = {}

    def before(self, caller: str, id_: str) -> Conversation:
        """Return what stands before an answer; of one nobody here saw, that anything may stand there."""
        return self._kept.get((caller, id_)) or unseen()

    def keep(self, caller: str, id_: str, conversation: Conversation, calls: tuple[ToolCall, ...]) -> None:
        """Remember what was said and done up to an answer."""
        did = tuple(Message(role="assistant", tool_calls=(call,)) for call in calls)
        if len(id_) > 200:
            return
        whole = (*conversation, *did)
        if len(whole) > _LONGEST:
            whole = (*unseen(), *whole[-_LONGEST:])
        self._kept.pop((caller, id_), None)
        self._kept[caller, id_] = whole
        if len(self._kept) > self._most:
            self._kept.pop(next(iter(self._kept)))


def unseen() -> Conversation:
    """Return what stands for anything at all: an untrusted result of a tool."""
    return (
        Message(role="assistant", tool_calls=(ToolCall(name=UNSEEN),)),
        Message(role="tool", name=UNSEEN, channel=Channel.MEMORY),
    )
