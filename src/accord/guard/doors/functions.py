"""Functions of one's own program behind the guard: what is asked, what tools may do, and what is answered."""

from __future__ import annotations

import functools
import inspect
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, ParamSpec, TypeVar

from accord.core.case import Channel
from accord.core.errors import GuardError
from accord.core.guard import Decision, Hit, Outcome, Piece
from accord.core.system import Mode
from accord.core.trial import Message, ToolCall
from accord.guard.engine import Guard, Scene
from accord.guard.flow import Spent, Tool
from accord.guard.stream import Stream

P = ParamSpec("P")
R = TypeVar("R")

_SESSION: Final[ContextVar[_Session | None]] = ContextVar("accord_guard_session", default=None)
_END: Final = object()
_DEEPEST: Final = 32


@dataclass(slots=True)
class _Session:
    """What was said and done since the user asked."""

    conversation: list[Message] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)


class Guarded:
    """Decorators that put functions behind a guard.

    >>> guarded = Guarded(guard)  # doctest: +SKIP
    >>> @guarded.tool  # doctest: +SKIP
    ... def refund(account: str, amount: int) -> str: ...
    >>> @guarded.answers  # doctest: +SKIP
    ... def chat(question: str) -> str: ...

    Within one call of `chat`, each `refund` is ruled on with all that was asked and read before it. A tool that is
    called outside of any such call has nobody's words behind it, and runs only where the policy asks for none.
    `approve` asks a person where the policy wants one; `note` hears every decision.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        note: Callable[[Decision], None] | None = None,
        approve: Callable[[ToolCall, Decision], bool] | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._guard = guard
        self._note = note
        self._approve = approve
        self._clock = clock or _now
        self._tools: dict[str, Tool] = {}

    def answers(self, function: Callable[P, R]) -> Callable[P, R]:
        """Guard a function that takes what a user asks and returns the answer, whole or as a stream of texts.

        What is asked is the first text among the arguments, or a list of messages with `role` and `content`. Raises
        `GuardError` when the question or the answer may not go on; secrets in the answer are taken out.
        """
        signature = inspect.signature(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(*args: P.args, **kwargs: P.kwargs) -> Any:
                session = self._asked(signature.bind(*args, **kwargs).arguments)
                with _within(session):
                    answer = await function(*args, **kwargs)
                return self._released(answer, session)

            return waiting  # type: ignore[return-value]  # R is the coroutine that `waiting` makes

        @functools.wraps(function)
        def plain(*args: P.args, **kwargs: P.kwargs) -> R:
            session = self._asked(signature.bind(*args, **kwargs).arguments)
            with _within(session):
                answer = function(*args, **kwargs)
            return self._released(answer, session)

        return plain

    def tool(self, function: Callable[P, R]) -> Callable[P, R]:
        """Guard a function that a model can have called; raises `GuardError` when this call may not run."""
        name = function.__name__
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise GuardError(f"{name} is no tool that can be guarded: it streams what it tells")
        self._tools[name] = Tool(name=name, description=inspect.getdoc(function) or "", schema=_schema(function))
        signature = inspect.signature(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(*args: P.args, **kwargs: P.kwargs) -> Any:
                call = self._authorised(name, _given(signature.bind(*args, **kwargs)))
                return self._told(call, await function(*args, **kwargs))

            return waiting  # type: ignore[return-value]  # R is the coroutine that `waiting` makes

        @functools.wraps(function)
        def plain(*args: P.args, **kwargs: P.kwargs) -> R:
            call = self._authorised(name, _given(signature.bind(*args, **kwargs)))
            return self._told(call, function(*args, **kwargs))

        return plain

    def reads(self, text: str, source: str, *, channel: Channel = Channel.RETRIEVAL) -> str:
        """Return a text that came from elsewhere (a document, a memory), now that later calls know of it.

        Raises `GuardError` when it may not reach the model; what a rule takes out is taken out.
        """
        kept = self._admitted(text, channel, source)
        session = _SESSION.get()
        if session is not None:
            session.conversation.append(Message(role="assistant", tool_calls=(ToolCall(name=source),)))
            session.conversation.append(Message(role="tool", name=source, channel=channel.value, content=kept))
        return kept

    def _asked(self, arguments: Mapping[str, object]) -> _Session:
        """Begin a session with what is asked; within another one, go on with that: its user asked first."""
        told = next((found for value in arguments.values() if (found := _messages(value))), ())
        pieces = [
            Piece(text=one.content, channel=Channel(one.channel or Channel.USER), source=one.role, where=f"[{at}]")
            for at, one in enumerate(told)
        ]
        self._decided(self._guard.admit(pieces, today=self._clock().date()), redacting=False)
        return _SESSION.get() or _Session(list(told))

    def _authorised(self, name: str, arguments: Mapping[str, Any]) -> ToolCall:
        call, now = ToolCall(name=name, args=dict(arguments)), self._clock()
        known = _SESSION.get()
        session = known or _Session()
        scene = Scene(tuple(session.conversation), tuple(self._tools.values()), session.spent, heard=known is not None)
        made = self._guard.authorise(scene, call, now=now)
        approved = made.outcome is Outcome.ASK and self._approve is not None and self._approve(call, made)
        if approved and self._note is not None:
            self._note(made)
        elif not approved:
            self._decided(made)
        session.spent = session.spent.after(name, now)
        return call

    def _told(self, call: ToolCall, result: R) -> R:
        """Note what a tool told; it has to be fit for the model like everything else."""
        told = _text(result)
        kept = self._admitted(told, Channel.TOOL_OUTPUT, f"tool:{call.name}", redacting=isinstance(result, str))
        session = _SESSION.get()
        if session is not None:
            said = Message(role="tool", name=call.name, channel=Channel.TOOL_OUTPUT.value, content=kept)
            session.conversation += [Message(role="assistant", tool_calls=(call,)), said]
        return kept if isinstance(result, str) else result  # type: ignore[return-value]  # R is str

    def _admitted(self, text: str, channel: Channel, source: str, *, redacting: bool = True) -> str:
        piece = Piece(text=text, channel=channel, source=source)
        made = self._decided(self._guard.admit([piece], today=self._clock().date()), redacting=redacting)
        return self._guard.redacted(text, made.hits) if made.withholds else text

    def _released(self, answer: R, session: _Session) -> R:
        """Return an answer as it may leave; a stream is looked at as it is read."""
        if isinstance(answer, Iterator):
            return self._streamed(answer, session)  # type: ignore[return-value]  # R is an iterator
        if isinstance(answer, AsyncIterator):
            return self._streaming(answer, session)  # type: ignore[return-value]  # R is an iterator
        if not isinstance(answer, str):
            self._decided(self._guard.release(_text(answer)), redacting=False)
            return answer
        made = self._decided(self._guard.release(answer))
        return self._guard.redacted(answer, made.hits) if made.withholds else answer  # type: ignore[return-value]  # R is str

    def _streamed(self, parts: Iterator[object], session: _Session) -> Generator[str, None, None]:
        stream = self._guard.stream()
        while True:
            with _within(session):
                part = next(parts, _END)
            yield from self._passed(stream, part)
            if part is _END:
                return

    async def _streaming(self, parts: AsyncIterator[object], session: _Session) -> AsyncGenerator[str, None]:
        stream = self._guard.stream()
        while True:
            with _within(session):
                part = await anext(parts, _END)
            for text in self._passed(stream, part):
                yield text
            if part is _END:
                return

    def _passed(self, stream: Stream, part: object) -> Iterator[str]:
        """Yield what of a stream may leave now; raises `GuardError` where it is cut."""
        if part is not _END and not isinstance(part, str):
            raise GuardError(f"a guarded stream is of texts, and this is a {type(part).__name__}")
        passed = stream.feed(part) if isinstance(part, str) else stream.end()
        enforced = self._guard.policy.mode is Mode.ENFORCE
        text = passed.text if enforced else part if isinstance(part, str) else ""
        if text:
            yield text
        if passed.hit is not None:
            self._decided(self._met(passed.hit, enforced=enforced))

    def _met(self, hit: Hit, *, enforced: bool) -> Decision:
        policy, rules = self._guard.digests
        return Decision(
            id=secrets.token_hex(12),
            outcome=hit.outcome,
            code=hit.rule,
            message=hit.message,
            where="answer",
            start=hit.start,
            end=hit.end,
            hits=(hit,),
            enforced=enforced,
            policy=policy,
            rules=rules,
        )

    def _decided(self, decision: Decision, *, redacting: bool = True) -> Decision:
        if self._note is not None:
            self._note(decision)
        if decision.stops or (decision.withholds and not redacting):
            raise GuardError(f"the guard does not let this pass: {decision.message}", decision=decision)
        return decision


@contextmanager
def _within(session: _Session) -> Iterator[None]:
    token = _SESSION.set(session)
    try:
        yield
    finally:
        _SESSION.reset(token)


def _messages(value: object) -> tuple[Message, ...]:
    """Return what an argument says: a question, or messages. Only `user` and `system` speak for themselves."""
    if isinstance(value, str):
        return (Message(role="user", content=value),)
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) and "role" in one for one in value):
        return ()
    return tuple(_message(one) for one in value)


def _message(one: Mapping[str, Any]) -> Message:
    role, content = str(one["role"]), _text(one.get("content"))
    if role in {"user", "system", "developer"}:
        own = "system" if role == "developer" else role
        return Message(role=own, content=content, channel=own)
    if role == "assistant":
        return Message(role=role, content=content, channel=Channel.MEMORY.value)
    return Message(role="tool", name=str(one.get("name") or "tool"), content=content, channel=Channel.TOOL_OUTPUT.value)


def _given(bound: inspect.BoundArguments) -> dict[str, Any]:
    """Return the arguments of a call by their names: the object of a method is none of them."""
    given: dict[str, Any] = {}
    for at, (name, value) in enumerate(bound.arguments.items()):
        if bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            given.update(value)
        elif at or name not in {"self", "cls"}:
            given[name] = value
    return given


def _schema(function: Callable[..., object]) -> Mapping[str, object]:
    """Return what a model would be told of a function's arguments."""
    found = inspect.signature(function).parameters
    kinds = {one.kind for one in found.values()}
    names = [name for at, name in enumerate(found) if at or name not in {"self", "cls"}]
    needed = [name for name in names if found[name].default is inspect.Parameter.empty]
    if kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}:
        return {"type": "object"}
    return {"type": "object", "properties": {name: {} for name in names}, "required": needed}


def _text(value: object, depth: int = 0) -> str:
    """Return everything that a value tells as text; raises `GuardError` for what tells only when it is read."""
    if isinstance(value, str):
        return value
    if value is None or depth > _DEEPEST:
        return "" if value is None else str(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return "\n".join(_text(one, depth + 1) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return "\n".join(_text(one, depth + 1) for one in value)
    if isinstance(value, Iterator | AsyncIterator):
        raise GuardError(f"what is told cannot be looked at before it is read: {type(value).__name__}")
    return str(value)


def _now() -> datetime:
    return datetime.now(UTC)
