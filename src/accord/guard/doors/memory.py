"""What one client and one server have said to each other, as far as later calls depend on it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from accord.core.case import Channel
from accord.core.guard import Decision
from accord.core.trial import Message, ToolCall
from accord.guard.doors.recall import Recall
from accord.guard.engine import Scene
from accord.guard.flow import Spent, Tool, pin
from accord.guard.gateway.wiring import Spending
from accord.guard.gateway.words import UNSEEN

MOST_TOOLS: Final = 1_000
"""Tools that a server may offer in one session."""

_MOST_TEXT: Final = 4 << 20
_MOST_READ: Final = 1_000
_MOST_ADDRESSES: Final = 10_000


class Memory:
    """One session. What grows too large is forgotten from its beginning, and that it was forgotten is remembered.

    `barred` are the tools that may not be called, with the reason; `listed` are the addresses that the server lists.
    """

    def __init__(self, asked: str | None, spending: Spending, caller: str) -> None:
        self._asked = [] if asked is None else [Message(role="user", content=asked)]
        self._heard = asked is not None
        self._recall = Recall()
        self.weight = 0
        self._lost = False
        self._spending = spending
        self._caller = caller
        self._calls = Spent()
        self.tools: dict[str, Tool] = {}
        self.barred: dict[str, Decision] = {}
        self.listed: set[str] = set()
        self.tasks: dict[str, ToolCall] = {}

    def scene(self, call: ToolCall, *more: Tool, whole: bool = False) -> Scene:
        """Return what is known when a tool is called: all that was read, or as much of it as the call may carry.

        Where the user's words are known, each output may matter for what they point at; elsewhere the values of the
        call decide, and how much was read makes no difference.
        """
        recent = self._spending.of(self._caller, ()).recent
        spent = Spent(calls=self._calls.calls, recent=recent)
        unseen = _reading(ToolCall(name=UNSEEN), "") if self._lost else ()
        read = self._recall.all() if self._heard or whole else self._recall.about(call)
        said = (*self._asked, *unseen, *read)
        return Scene(said, (*self.tools.values(), *more), spent, heard=self._heard)

    def ran(self, call: ToolCall, now: datetime) -> None:
        """Count a call that goes on to the server."""
        self._calls = Spent(calls=self._calls.after(call.name, now).calls)
        self._spending.note(self._caller, call.name, now)

    def read(self, call: ToolCall, text: str) -> None:
        """Keep what a tool told: later calls may carry it."""
        self._recall.keep(call, _reading(call, text)[1])
        self.weight += len(text)
        while len(self._recall) and (self.weight > _MOST_TEXT or len(self._recall) > _MOST_READ):
            self.weight -= self._recall.forget()
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
