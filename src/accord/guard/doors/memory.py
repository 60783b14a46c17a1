"""What one client and one server have said to each other, as far as later calls depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import orjson

from accord.core.case import Channel
from accord.core.guard import Decision, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.doors.recall import Recall
from accord.guard.engine import Scene
from accord.guard.flow import Spent, Tool, pin
from accord.guard.gateway.wiring import Spending
from accord.guard.gateway.words import UNSEEN

MOST_TOOLS: Final = 1_000
"""Tools that a server may offer in one session."""

MOST_OPEN: Final = 1_024
"""Requests that may wait for their answers, and tasks that may run, in one session."""

Note = list[Any]
"""One thing that a session remembers, as plain JSON: its kind, and what there is to say."""

_LARGE: Final = 1 << 16
_MOST_TEXT: Final = 4 << 20
_MOST_READ: Final = 1_000
_MOST_ADDRESSES: Final = 10_000


class Memory:
    """One session. What grows too large is forgotten from its beginning, and that it was forgotten is remembered.

    `barred` are the tools that may not be called, with the reason; `listed` are the addresses that the server lists;
    `late` are the requests whose answers may still come. Whatever changes is a note: another worker that takes the same
    notes remembers the same. Where somebody collects them, they are in `noted`.
    """

    def __init__(self, asked: str | None, spending: Spending, caller: str) -> None:
        self._asked = [] if asked is None else [Message(role="user", content=asked)]
        self._heard = asked is not None
        self._spending = spending
        self._caller = caller
        self.noted: list[Note] | None = None
        self.late: dict[str, dict[str, Any]] = {}
        self.forget()

    def forget(self) -> None:
        """Forget everything."""
        self._recall = Recall()
        self.weight = 0
        self._lost = False
        self._calls = Spent()
        self.tools: dict[str, Tool] = {}
        self.barred: dict[str, Decision] = {}
        self.listed: dict[str, None] = {}
        self.tasks: dict[str, ToolCall] = {}
        self.late.clear()  # streams that wait for the answers hold it

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
        self.learn(["ran", call.name, 1])
        self._spending.note(self._caller, call.name, now)

    def read(self, call: ToolCall, text: str) -> None:
        """Keep what a tool told: later calls may carry it."""
        self.learn(["read", call.name, dict(call.args), text])

    def lists(self, address: str) -> None:
        """Keep an address that the server lists."""
        if address not in self.listed and len(self.listed) < _MOST_ADDRESSES:
            self.learn(["lists", address])

    def bar(self, name: str, made: Decision) -> None:
        """Keep that a tool may not be called, and why."""
        held = self.barred.get(name)
        if held is None or _plain(held)[1:] != _plain(made)[1:]:
            self.learn(["bar", name, *_plain(made)])

    def free(self, name: str) -> None:
        """Keep that a tool may be called again."""
        if name in self.barred:
            self.learn(["free", name])

    def begins(self, task: str, call: ToolCall) -> None:
        """Keep the call that a task belongs to."""
        if len(self.tasks) < MOST_OPEN:
            self.learn(["task", task, call.name, dict(call.args)])

    def opens(self, key: str, request: dict[str, Any]) -> None:
        """Keep a request that waits for its answer, which may come another way than it went; a large one may not."""
        about = {name: request[name] for name in ("id", "method", "params") if name in request}
        if len(orjson.dumps(about)) <= _LARGE:
            self.learn(["open", key, about])

    def closes(self, key: str) -> None:
        """Keep that a request is answered, or given up."""
        self.learn(["closed", key])

    def lose(self) -> None:
        """Keep that something was read of which nothing is known any more."""
        self.learn(["lost"])

    def changed(self, tool: Tool) -> bool:
        """Tell whether a tool says something else of itself than when it was first offered, and keep the first."""
        first = self.tools.get(tool.name)
        if first is None:
            self.learn(["tool", tool.name, tool.description, dict(tool.schema)])
        return first is not None and pin(first) != pin(tool)

    def take(self, note: Note) -> None:
        """Remember what a note says; raises `ValueError` or `TypeError` for one that is none."""
        match note:
            case ["read", name, args, text]:
                self._read(ToolCall(name=name, args=args), text)
            case ["ran", name, times]:
                self._calls = Spent(calls={**self._calls.calls, name: self._calls.calls.get(name, 0) + times})
            case ["lists", address]:
                self.listed[address] = None
            case ["bar", name, *made]:
                self.barred[name] = _decision(made)
            case ["free", name]:
                self.barred.pop(name, None)
            case ["task", task, name, args]:
                self.tasks[task] = ToolCall(name=name, args=args)
            case ["open", key, request]:
                self.late[key] = request
                while len(self.late) > MOST_OPEN:
                    self.late.pop(next(iter(self.late)))
            case ["closed", key]:
                self.late.pop(key, None)
            case ["tool", name, description, schema]:
                self.tools.setdefault(name, Tool(name=name, description=description, schema=schema))
            case ["lost"]:
                self._lost = True
            case _:
                raise ValueError("a note of a session is none")

    def learn(self, note: Note) -> None:
        """Remember what a note says, for others too."""
        self.take(note)
        if self.noted is not None:
            self.noted.append(note)

    def notes(self) -> Iterator[Note]:
        """Yield notes from which the same would be remembered, as few as there can be."""
        if self._lost:
            yield ["lost"]
        yield from (["ran", name, times] for name, times in self._calls.calls.items())
        yield from (["tool", tool.name, tool.description, dict(tool.schema)] for tool in self.tools.values())
        yield from (["bar", name, *_plain(made)] for name, made in self.barred.items())
        yield from (["lists", address] for address in self.listed)
        yield from (["task", task, call.name, dict(call.args)] for task, call in self.tasks.items())
        yield from (["open", key, request] for key, request in self.late.items())
        for called, told in self._recall.pairs():
            call = called.tool_calls[0]
            yield ["read", call.name, dict(call.args), told.content]

    def _read(self, call: ToolCall, text: str) -> None:
        self._recall.keep(call, _reading(call, text)[1])
        self.weight += len(text)
        while len(self._recall) and (self.weight > _MOST_TEXT or len(self._recall) > _MOST_READ):
            self.weight -= self._recall.forget()
            self._lost = True


def _plain(made: Decision) -> Note:
    return [made.id, made.outcome.value, made.code, made.message, made.enforced, made.policy, made.rules]


def _decision(said: Note) -> Decision:
    ident, outcome, code, message, enforced, policy, rules = said
    return Decision(
        id=ident, outcome=Outcome(outcome), code=code, message=message, enforced=enforced, policy=policy, rules=rules
    )


def _reading(call: ToolCall, text: str) -> tuple[Message, Message]:
    told = Message(role="tool", name=call.name, channel=Channel.TOOL_OUTPUT.value, content=text)
    return Message(role="assistant", tool_calls=(call,)), told
