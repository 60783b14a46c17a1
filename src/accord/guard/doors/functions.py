"""Functions of one's own program behind the guard: what is asked, what tools may do, and what is answered."""

from __future__ import annotations

import functools
import inspect
import secrets
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, ParamSpec, TypeVar

from accord.core.case import Channel
from accord.core.errors import GuardError
from accord.core.guard import Decision, Hit, Outcome, Piece
from accord.core.system import Mode
from accord.core.trial import Message, ToolCall
from accord.guard.doors.arguments import Given, given, is_own, name_of
from accord.guard.doors.contents import text_of
from accord.guard.engine import Guard, Scene
from accord.guard.flow import Spent, Tool
from accord.guard.flow.answers import Vouched
from accord.guard.stream import Stream

P = ParamSpec("P")
R = TypeVar("R")

_SESSION: Final[ContextVar[_Session | None]] = ContextVar("accord_guard_session", default=None)
_END: Final = object()
_MOST: Final = 100_000  # characters of an error that are told
_TOKEN: Final = 4  # characters that count as a token


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
    called outside of any such call has nobody's words behind it, and runs only where the policy asks for none. It is
    called with copies of the arguments that were looked at; what cannot be looked at (an object, a generator, a number
    without end) is refused. What the program gives to each call goes into a `functools.partial`.
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

        What is asked is the first text among the arguments, or a list of messages with `role` and `content`; other
        texts among them are looked at as what was read. Raises `GuardError` when the question or the answer may not go
        on; secrets in the answer are taken out.
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

        @_named(function)
        def plain(*args: P.args, **kwargs: P.kwargs) -> R:
            session = self._asked(signature.bind(*args, **kwargs).arguments)
            with _within(session):
                answer = function(*args, **kwargs)
            return self._released(answer, session)

        return plain

    def tool(self, function: Callable[P, R]) -> Callable[P, R]:
        """Guard a function that a model can have called; raises `GuardError` when this call may not run."""
        name = name_of(function)
        if isinstance(function, classmethod | staticmethod):
            raise GuardError(f"{name} is no function yet: put `tool` below `{type(function).__name__}`")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise GuardError(f"{name} is no tool that can be guarded: it streams what it tells")
        self._tools[name] = Tool(name=name, description=inspect.getdoc(function) or "", schema=_schema(function))
        signature = inspect.signature(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(*args: P.args, **kwargs: P.kwargs) -> Any:
                taken = given(function, signature, args, kwargs)
                call = self._authorised(name, taken.told)
                with self._running(call):
                    result = await _called(function, taken)
                return self._told(call, result)

            return waiting  # type: ignore[return-value]  # R is the coroutine that `waiting` makes

        @_named(function)
        def plain(*args: P.args, **kwargs: P.kwargs) -> R:
            taken = given(function, signature, args, kwargs)
            call = self._authorised(name, taken.told)
            with self._running(call):
                result = _called(function, taken)
            return self._told(call, result)

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
        said = [found for value in arguments.values() if (found := _messages(value))]
        told, read = (said[0], said[1:]) if said else ((), [])
        pieces = [
            Piece(text=one.content, channel=Channel(one.channel or Channel.USER), source=one.role, where=f"[{at}]")
            for at, one in enumerate(told)
        ]
        pieces += [Piece(text=one.content, channel=Channel.RETRIEVAL) for messages in read for one in messages]
        self._decided(self._guard.admit(pieces, today=self._clock().date()), redacting=False)
        return _SESSION.get() or _Session([*told, *(_read(one) for messages in read for one in messages)])

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

    @contextmanager
    def _running(self, call: ToolCall) -> Iterator[None]:
        """Note a tool that fails too: it may have done its work, and what the error says is told to the model."""
        done = False
        try:
            yield
            done = True
        finally:
            if not done:
                self._told(call, f"the tool failed: {str(sys.exc_info()[1])[:_MOST]}")

    def _told(self, call: ToolCall, result: R) -> R:
        """Note what a tool told; it has to be fit for the model like everything else."""
        if isinstance(result, Awaitable):
            return self._told_later(call, result)  # type: ignore[return-value]  # R is an awaitable
        told = text_of(result)
        kept = self._admitted(told, Channel.TOOL_OUTPUT, f"tool:{call.name}", redacting=isinstance(result, str))
        session = _SESSION.get()
        if session is not None:
            said = Message(role="tool", name=call.name, channel=Channel.TOOL_OUTPUT.value, content=kept)
            session.conversation += [Message(role="assistant", tool_calls=(call,)), said]
        return kept if isinstance(result, str) else result  # type: ignore[return-value]  # R is str

    async def _told_later(self, call: ToolCall, result: Awaitable[object]) -> object:
        with self._running(call):
            told = await result
        return self._told(call, told)

    async def _released_later(self, answer: Awaitable[object], session: _Session) -> object:
        with _within(session):
            said = await answer
        return self._released(said, session)

    def _admitted(self, text: str, channel: Channel, source: str, *, redacting: bool = True) -> str:
        piece = Piece(text=text, channel=channel, source=source)
        made = self._decided(self._guard.admit([piece], today=self._clock().date()), redacting=redacting)
        return self._guard.redacted(text, made.hits) if made.withholds else text

    def _released(self, answer: R, session: _Session) -> R:
        """Return an answer as it may leave; a stream is looked at as it is read."""
        if isinstance(answer, Awaitable):
            return self._released_later(answer, session)  # type: ignore[return-value]  # R is an awaitable
        if isinstance(answer, Iterator):
            return self._streamed(answer, session)  # type: ignore[return-value]  # R is an iterator
        if isinstance(answer, AsyncIterator):
            return self._streaming(answer, session)  # type: ignore[return-value]  # R is an iterator
        said = text_of(answer)
        self._bounded(len(said))
        guard = self._guard.heeding(session.conversation)
        talk = tuple(session.conversation) if isinstance(answer, str) else ()
        made = self._decided(guard.release(said, conversation=talk), redacting=isinstance(answer, str))
        if not isinstance(answer, str):
            return answer
        return self._guard.redacted(said, made.hits) if made.withholds else said  # type: ignore[return-value]  # R is str

    def _bounded(self, size: int) -> None:
        """Raise `GuardError` where an answer is longer than the policy lets answers be."""
        most = self._guard.policy.limits.answer_tokens
        if most and size > most * _TOKEN:
            message = f"the answer is longer than {most} tokens"
            hit = Hit(rule="ACC-E751", outcome=Outcome.BLOCK, start=most * _TOKEN, end=size, message=message)
            self._decided(self._met(hit, enforced=self._guard.policy.mode is Mode.ENFORCE))

    def _streamed(self, parts: Iterator[object], session: _Session) -> Generator[str, None, None]:
        stream = self._guard.heeding(session.conversation).stream(Vouched(session.conversation).out)
        size = 0
        while True:
            with _within(session):
                part = _part(next(parts, _END))
            yield from self._passed(stream, part, size)
            if part is _END:
                return
            size += len(part) if isinstance(part, str) else 0
            self._bounded(size)

    async def _streaming(self, parts: AsyncIterator[object], session: _Session) -> AsyncGenerator[str, None]:
        stream = self._guard.heeding(session.conversation).stream(Vouched(session.conversation).out)
        size = 0
        while True:
            with _within(session):
                part = _part(await anext(parts, _END))
            for text in self._passed(stream, part, size):
                yield text
            if part is _END:
                return
            size += len(part) if isinstance(part, str) else 0
            self._bounded(size)

    def _passed(self, stream: Stream, part: object, size: int) -> Iterator[str]:
        """Yield what of a stream may leave now, after `size` characters; raises `GuardError` where it is cut."""
        if part is not _END and not isinstance(part, str):
            raise GuardError(f"a guarded stream is of texts, and this is a {type(part).__name__}")
        enforced = self._guard.policy.mode is Mode.ENFORCE
        most = self._guard.policy.limits.answer_tokens * _TOKEN
        if isinstance(part, str) and most and enforced:
            part = part[: max(0, most - size)]
        passed = stream.feed(part) if isinstance(part, str) else stream.end()
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
    role, content = str(one["role"]), text_of(one.get("content"))
    if role in {"user", "system", "developer"}:
        own = "system" if role == "developer" else role
        return Message(role=own, content=content, channel=own)
    if role == "assistant":
        return Message(role=role, content=content, channel=Channel.MEMORY.value)
    return Message(role="tool", name=str(one.get("name") or "tool"), content=content, channel=Channel.TOOL_OUTPUT.value)


def _read(one: Message) -> Message:
    """Return a message as something that was read: whoever it says it is from, it speaks for nobody."""
    return Message(role="tool", name="argument", content=one.content, channel=Channel.RETRIEVAL.value)


def _called(function: Callable[..., R], taken: Given) -> R:
    return function(*taken.args, **taken.kwargs)


def _named(function: Callable[P, R]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return what gives a wrapper the name and page of a function, or of what is called like one."""
    return functools.wraps(function, updated=())


def _part(part: object) -> object:
    """Return a text as it is, whatever a class of its own says of it."""
    return str.__str__(part) if isinstance(part, str) else part


def _schema(function: Callable[..., object]) -> Mapping[str, object]:
    """Return what a model would be told of a function's arguments."""
    found = inspect.signature(function).parameters
    kinds = {one.kind for one in found.values()}
    names = [name for at, name in enumerate(found) if at or not is_own(function, name)]
    needed = [name for name in names if found[name].default is inspect.Parameter.empty]
    if kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}:
        return {"type": "object"}
    return {"type": "object", "properties": {name: {} for name in names}, "required": needed}


def _now() -> datetime:
    return datetime.now(UTC)
