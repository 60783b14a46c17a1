"""What an application embeds, so that its retrieval, tools and memory can be fed and observed during an attack.

    harness = Harness()
    search = harness.retrieval(search)
    send_email = harness.tool(does="send-message", args={"recipient": "to"})(send_email)
    recall = harness.memory(recall)
    harness.answers(answer)

While no trial runs, each wrapper costs one look at a context variable and changes nothing. During a trial, what was
planted is seen by that trial's calls alone, and tools are recorded but not carried out, unless they say `runs=True`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar, cast

from accord.attack.effects import bound
from accord.attack.targets.feed import described, handed_in, mixed
from accord.attack.targets.replies import safe_value
from accord.attack.targets.sitting import Sitting
from accord.core.system import Tool
from accord.core.trial import Capability, Delivery, ToolCall

T = TypeVar("T")
Call = Callable[..., object]
Merge = Callable[[object, Sequence[Delivery]], object]
"""Adds what was planted to what a source returned."""

_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "retrieval": ("_get_relevant_documents", "invoke", "retrieve", "search", "query", "similarity_search"),
    "memory": ("load_memory_variables", "recall", "search", "read", "load", "get"),
    "file": ("read", "load", "invoke"),
    "tool": ("func", "_run", "invoke", "run"),
}
_ASYNC: Final[Mapping[str, str]] = {
    "_get_relevant_documents": "_aget_relevant_documents",
    "load_memory_variables": "aload_memory_variables",
    "func": "coroutine",
    "_run": "_arun",
    "invoke": "ainvoke",
    "retrieve": "aretrieve",
    "search": "asearch",
    "similarity_search": "asimilarity_search",
}


class Harness:
    """What an application embeds. `alone` also serves threads that lose the context: then trials run one by one."""

    def __init__(self, *, alone: bool = False) -> None:
        """Begin with nothing wrapped."""
        self.alone = alone
        self.answer: Call | None = None
        self.snapshot: Call | None = None
        self._channels: set[Capability] = set()
        self._tools: dict[str, Tool] = {}
        self._current: ContextVar[Sitting | None] = ContextVar("accord-harness", default=None)
        self._inside: ContextVar[str | None] = ContextVar("accord-harness-tool", default=None)
        self._only: Sitting | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the application has wrapped."""
        return frozenset(self._channels)

    @property
    def sitting(self) -> Sitting | None:
        """Return the trial in which the present call runs, or None while none does."""
        return self._current.get() or self._only

    def seat(self, sitting: Sitting | None) -> None:
        """Let what runs in the present context belong to a trial; None ends that."""
        self._current.set(sitting)
        self._only = sitting if self.alone else None

    def answers(self, function: T) -> T:
        """Name the function that answers a text."""
        self.answer = cast("Call", function)
        return function

    def state(self, function: T) -> T:
        """Name the function that returns the application's state as a mapping, for before and after."""
        self.snapshot = cast("Call", function)
        self._channels.add(Capability.STATE)
        return function

    def retrieval(self, source: T, *, merge: Merge | None = None) -> T:
        """Wrap what finds documents: a function, or an object with one of the usual methods, which is changed."""
        return self._fed(source, "retrieval", merge)

    def memory(self, source: T, *, merge: Merge | None = None) -> T:
        """Wrap what remembers: a function, or an object with one of the usual methods, which is changed."""
        return self._fed(source, "memory", merge)

    def files(self, source: T, *, merge: Merge | None = None) -> T:
        """Wrap what returns the files that users hand in, as bytes or as the texts in them: a function or an object.

        A planted file takes the place of bytes, and comes before texts.
        """
        return self._fed(source, "file", merge or handed_in)

    def system(self, source: T) -> T:
        """Wrap a function that returns the system message."""
        return self._fed(source, "system", lambda _, planted: planted[-1].text)

    def descriptions(self, source: T) -> T:
        """Wrap a function that returns what the model is told of the tools: mappings, or objects with descriptions."""
        return self._fed(source, "tool-description", described)

    def tool(
        self,
        name: str | None = None,
        *,
        does: str | None = None,
        args: Mapping[str, str] | None = None,
        runs: bool = False,
        result: object = "done",
    ) -> Callable[[T], T]:
        """Wrap a tool: a function, or an object with one of the usual methods, which is changed.

        `does` and `args` say its effect as the manifest does. During a trial it is recorded and returns `result`;
        with `runs`, for a tool that only reads, it is carried out.
        """

        def wrap(tool: T) -> T:
            named = name or getattr(tool, "name", None) or getattr(tool, "__name__", type(tool).__name__)
            known = Tool(id=str(named), does=does, args=args or {})
            self._tools[known.id] = known
            self._channels.update({Capability.TOOL_OUTPUT, Capability.TOOL_CALLS})

            def around(function: Call) -> Call:
                return self._observed(function, known, runs=runs, result=result)

            return _wrapped(tool, "tool", around)

        return wrap

    def serve(self, *, port: int = 0, token: str | None = None) -> str:
        """Open a door on loopback through which a campaign in another process comes; return its address.

        The token is that of `ACCORD_HARNESS_TOKEN` where none is given; without any, nothing is opened.
        """
        from accord.attack.targets.door import opened

        return opened(self, port=port, token=token)

    def _fed(self, source: T, channel: str, merge: Merge | None) -> T:
        self._channels.add(Capability(channel))

        def add(found: object) -> object:
            sitting = self.sitting
            planted = sitting.planted(channel) if sitting is not None else ()
            return (merge or mixed)(found, planted) if planted else found

        return _wrapped(source, channel, lambda function: _after(function, add))

    def _observed(self, function: Call, tool: Tool, *, runs: bool, result: object) -> Call:
        def before(args: tuple[object, ...], named: Mapping[str, object]) -> Sitting | None:
            sitting = None if self._inside.get() == tool.id else self.sitting
            if sitting is not None:
                given = safe_value(_arguments(function, args, named))
                call = ToolCall(name=tool.id, args=given if isinstance(given, dict) else {})
                sitting.record(bound(call, (tool,)))
            return sitting

        def output(sitting: Sitting, real: object) -> object:
            planted = sitting.planted("tool-output")
            own = [one.text for one in planted if one.name == tool.id]
            strangers = [one.text for one in planted if one.name not in self._tools]
            if own:
                return "\n".join(own)
            return "\n".join([str(real), *strangers]) if strangers else real

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def observed_async(*args: object, **named: object) -> object:
                sitting = before(args, named)
                if sitting is None:
                    return await function(*args, **named)
                with self._within(tool):
                    return output(sitting, await function(*args, **named) if runs else result)

            return observed_async

        @functools.wraps(function)
        def observed(*args: object, **named: object) -> object:
            sitting = before(args, named)
            if sitting is None:
                return function(*args, **named)
            with self._within(tool):
                return output(sitting, function(*args, **named) if runs else result)

        return observed

    @contextmanager
    def _within(self, tool: Tool) -> Iterator[None]:
        """Mark which tool runs: one method of it that calls another is one call; another tool inside it is another."""
        mark = self._inside.set(tool.id)
        try:
            yield
        finally:
            self._inside.reset(mark)


def _after(function: Call, add: Callable[[object], object]) -> Call:
    """Return a function that does the same, and adds to what comes back."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def fed_async(*args: object, **named: object) -> object:
            return add(await function(*args, **named))

        return fed_async

    @functools.wraps(function)
    def fed(*args: object, **named: object) -> object:
        return add(function(*args, **named))

    return fed


def _wrapped(source: T, kind: str, around: Callable[[Call], Call]) -> T:
    """Wrap a function, or the first usual method of an object with its async twin, in the object itself."""
    if inspect.isroutine(source) or isinstance(source, functools.partial):
        return cast("T", around(cast("Call", source)))
    usual = next((name for name in _READS.get(kind, ()) if callable(getattr(source, name, None))), None)
    if usual is None:
        if callable(source):
            return cast("T", around(source))
        raise TypeError(f"the harness can wrap no {type(source).__name__}: hand over a function")
    for name in (usual, _ASYNC.get(usual)):
        method = getattr(source, name, None) if name else None
        if name and callable(method):
            object.__setattr__(source, name, around(method))
    return source


def _arguments(function: Call, args: tuple[object, ...], named: Mapping[str, object]) -> Mapping[str, object]:
    """Return the arguments of a call by name."""
    try:
        signature = inspect.signature(function)
        given = signature.bind_partial(*args, **named).arguments
    except (TypeError, ValueError):
        return {**{f"arg{place}": value for place, value in enumerate(args)}, **named}
    rest = (name for name, one in signature.parameters.items() if one.kind is one.VAR_KEYWORD and name in given)
    loose = next(rest, None)
    return given if loose is None else {**{name: given[name] for name in given if name != loose}, **given[loose]}
