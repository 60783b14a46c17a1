"""What one client and one server have said to each other, as far as later calls depend on it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from accord.core.case import Channel
from accord.core.guard import Decision
from accord.core.trial import Message, ToolCall
from accord.guard.engine import Scene
from accord.guard.flow import Spent, Tool, pin
from accord.guard.gateway.wiring import Spending
from accord.guard.gateway.words import UNSEEN

MOST_TOOLS: Final = 1_000
"""Tools that a server may offer in one session."""

_MOST_TEXT: Final = 4 << 20
_MOST_MESSAGES: Final = 2_000
_MOST_ADDRESSES: Final = 10_000


class Memory:
    """One session. What grows too large is forgotten from its beginning, and that it was forgotten is remembered.

    `barred` are the tools that may not be called, with the reason; `listed` are the addresses that the server lists.
    """

    def __init__(self, asked: str | None, spending: Spending, caller: str) -> None:
        self._asked = [] if asked is None else [Message(role="user", content=asked)]
        self._heard = asked is not None
        self._said: list[Message] = []
        self.weight = 0
        self._lost = False
        self._spending = spending
        self._caller = caller
        self._calls = Spent()
        self.tools: dict[str, Tool] = {}
        self.barred: dict[str, Decision] = {}
        self.listed: set[str] = set()
        self.tasks: dict[str, ToolCall] = {}

    def scene(self, *more: Tool) -> Scene:
        """Return what is known when a tool is called."""
        recent = self._spending.of(self._caller, ()).recent
        spent = Spent(calls=self._calls.calls, recent=recent)
        unseen = _reading(ToolCall(name=UNSEEN), "") if self._lost else ()
        said = (*self._asked, *unseen, *self._said)
        return Scene(said, (*self.tools.values(), *more), spent, heard=self._heard)

    def ran(self, call: ToolCall, now: datetime) -> None:
        """Count a call that goes on to the server."""
        self._calls = Spent(calls=self._calls.after(call.name, now).calls)
        self._spending.note(self._caller, call.name, now)

    def read(self, call: ToolCall, text: str) -> None:
        """Keep what a tool told: later calls may carry it."""
        self._said += _reading(call, text)
        self.weight += len(text)
        while self._said and (self.weight > _MOST_TEXT or len(self._said) > _MOST_MESSAGES):
            self.weight -= len(self._said[1].content)
            del self._said[:2]
            self._lost = True

    def lists(self, address: str) -> None:
        """Keep an address that the server lists."""
        if len(self.listed) < _MOST_ADDRESSES:
            self.listed.add(address)

    def changed(self, tool: Tool) -> bool:
        """Tell whether a tool says something else of itself than when it was first offered, and keep the first."""
        first = self.tools.setdefault(tool.name, tool)
        return first is not tool and pin(first) != pin(tool)


def _reading(call: ToolCall, text: str) -> tuple[Message, Message]:
    told = Message(role="tool", name=call.name, channel=Channel.TOOL_OUTPUT.value, content=text)
    return Message(role="assistant", tool_calls=(call,)), told
