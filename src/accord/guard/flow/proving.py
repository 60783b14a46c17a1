"""What a policy would have done: with the two transcripts of a case, and with recorded traffic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from accord.core.case import Case
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.guard import GuardPolicy, Outcome, Ruling
from accord.core.trial import Message, ToolCall
from accord.guard.flow.deciding import Flow, compile_flow
from accord.guard.flow.tools import Tool

MOST_LINES: Final = 1_000_000
LONGEST_LINE: Final = 4 << 20
"""Characters of one line of recorded traffic."""


class Ruled(NamedTuple):
    """A call, where it stands, and what the policy says of it."""

    where: str
    call: ToolCall
    ruling: Ruling


class Proof(NamedTuple):
    """Whether the policy stops a case and serves its control; `calls` is every call that was ruled on."""

    stopped: bool | None
    served: bool | None
    calls: tuple[Ruled, ...]


def proved(policy: GuardPolicy, case: Case, *, now: datetime) -> Proof:
    """Replay a case's own transcripts: of `broke` some call must be refused, of `control` none; None without a call."""
    if case.proof is None:
        return Proof(None, None, ())
    flow = compile_flow(policy, ())
    broke = tuple(ruled(flow, case.proof.broke, f"{case.name}/broke", now=now))
    control = tuple(ruled(flow, case.proof.control, f"{case.name}/control", now=now))
    stopped = any(one.ruling.outcome.stops for one in broke) if broke else None
    served = not any(one.ruling.outcome.stops for one in control) if control else None
    return Proof(stopped, served, broke + control)


def ruled(flow: Flow, messages: Iterable[Message], where: str, *, now: datetime) -> Iterator[Ruled]:
    """Yield a ruling for each tool call of a transcript, on what had been said before it."""
    before: list[Message] = []
    for number, message in enumerate(messages):
        for call in message.tool_calls:
            yield Ruled(f"{where}[{number}]", call, flow.authorise(tuple(before), call, now=now))
        before.append(message)


def stops(policy: GuardPolicy, lines: Iterable[str], *, path: str, now: datetime) -> Iterator[Ruled]:
    """Yield the rulings on the calls in recorded traffic, one JSON object a line.

    Raises `ManifestError` for a line that is no object with messages.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        said = _line(line, path, number)
        flow = compile_flow(policy, tuple(_tools(said.get("tools"))))
        yield from ruled(flow, _messages(said.get("messages")), f"{path}:{number}", now=now)


def summary(found: Iterable[Ruled]) -> tuple[int, dict[Outcome, int]]:
    """Count calls, and calls by outcome."""
    counts: dict[Outcome, int] = {}
    total = 0
    for one in found:
        total += 1
        counts[one.ruling.outcome] = counts.get(one.ruling.outcome, 0) + 1
    return total, counts


def _line(line: str, path: str, number: int) -> Mapping[str, object]:
    try:
        said = json.loads(line) if len(line) <= LONGEST_LINE and number <= MOST_LINES else None
    except (ValueError, RecursionError):
        said = None
    inner = said.get("request", said) if isinstance(said, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("messages"), list):
        raise ManifestError(
            f"line {number} is no JSON object with messages",
            hint="give request bodies of chat completions, one a line",
            code="ACC-E724",
            where=Place(path=path, line=number),
        )
    return inner


def _tools(said: object) -> Iterator[Tool]:
    for one in said if isinstance(said, list) else ():
        inner = one.get("function", one) if isinstance(one, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            schema = inner.get("parameters", inner.get("input_schema"))
            description = inner.get("description")
            yield Tool(
                name=inner["name"],
                description=description if isinstance(description, str) else "",
                schema=schema if isinstance(schema, dict) else {},
            )


def _messages(said: object) -> Iterator[Message]:
    """Yield the messages of a request; each result of a tool follows the one call it answers."""
    waiting: dict[str, ToolCall] = {}
    for one in said if isinstance(said, list) else ():
        if not isinstance(one, dict):
            continue
        text = _text(one.get("content"))
        role = str(one.get("role", ""))
        if role == "tool":
            call = waiting.pop(str(one.get("tool_call_id", "")), None)
            if call is not None and len(waiting) > 0:
                yield Message(role="assistant", tool_calls=(call,))
            yield Message(role="tool", content=text)
            continue
        calls = dict(_calls(one.get("tool_calls")))
        waiting.update(calls)
        yield Message(role=role, content=text, tool_calls=tuple(calls.values()))


def _calls(said: object) -> Iterator[tuple[str, ToolCall]]:
    for one in said if isinstance(said, list) else ():
        inner = one.get("function") if isinstance(one, dict) else None
        if not isinstance(inner, dict):
            continue
        args = inner.get("arguments")
        try:
            read = json.loads(args) if isinstance(args, str) else args
        except (ValueError, RecursionError):
            read = {"unreadable": str(args)[:200]}
        yield (
            str(one.get("id", "")),
            ToolCall(
                name=str(inner.get("name", "")),
                args=read if isinstance(read, dict) else {"unreadable": str(args)[:200]},
            ),
        )


def _text(said: object) -> str:
    if isinstance(said, str):
        return said
    parts = said if isinstance(said, list) else ()
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
