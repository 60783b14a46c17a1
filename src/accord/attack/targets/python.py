"""A team's own Python as a target: a function, an object, or a harness. It is imported when it is attacked."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import cast

from accord.attack.effects import bound
from accord.attack.targets.embedded import Harness
from accord.attack.targets.harness import HarnessEndpoint, heard, told_state, unwrapped
from accord.attack.targets.line import Answer, Failure, Line, Opening
from accord.attack.targets.runner import Ran, Runner, called
from accord.core.case import Channel
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Capability, Delivery, Reply, Turn

_LONGEST = 120.0  # seconds that an import may take: some load a model


def python_endpoint(spec: str, folder: Path) -> PythonEndpoint | HarnessEndpoint:
    """Import `module:name` with `folder` on the path, and return what can be attacked there.

    This runs the team's own code, with the rights of whoever attacks. Raises `TargetError` where it cannot be had.
    """
    found = loaded(spec, folder)
    if isinstance(found, Harness):
        return HarnessEndpoint(found, spec, Runner())
    if not callable(found) and not callable(getattr(found, "ask", None)):
        hint = "name a function, a class or object with `ask`, or a Harness"
        raise TargetError(f"{spec[:80]} is a {type(found).__name__}", hint=hint, code="ACC-E661")
    return PythonEndpoint(found, spec)


def loaded(spec: str, folder: Path) -> object:
    """Return what `module:name` names; raises `TargetError` where it cannot be imported."""
    module, colon, name = spec.partition(":")
    if not colon or not all(part.isidentifier() for part in [*module.split("."), *name.split(".")]):
        raise TargetError(f"{spec[:80]!r} names no Python", hint="write it like app.chat:answer", code="ACC-E661")
    ran = called(_imported, module, name, folder.resolve(), timeout=_LONGEST)
    if ran.error is not None:
        hint = "install what it needs in this environment, and correct the name"
        raise TargetError(
            f"{spec[:80]} cannot be imported: {one_line(ran.problem, 200)}", hint=hint, code="ACC-E661"
        ) from ran.error
    return ran.value


class PythonEndpoint:
    """A function that answers a text, or an object (a class: a new one each session) with `ask` and what it likes."""

    stateless = False

    def __init__(self, found: object, name: str) -> None:
        """Take what was imported, and the name that reports show."""
        self.runner = Runner()
        self._found = found
        self._name = name

    @property
    def name(self) -> str:
        """Return the module and name of the target."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the object or class declares; a function can only be asked."""
        known = {str(one) for one in Capability}
        declared = getattr(self._found, "capabilities", ())
        listed = declared if isinstance(declared, list | tuple | set | frozenset) else ()
        return frozenset(Capability(str(one)) for one in listed if str(one) in known)

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return nothing: what is delivered is handed to the object."""
        return frozenset()

    @property
    def shared(self) -> bool:
        """Tell whether one object serves all sessions and takes texts."""
        return not isinstance(self._found, type) and callable(getattr(self._found, "plant", None))

    async def open(self) -> None:
        """Do nothing: what was imported is ready."""

    async def close(self) -> None:
        """Let go of the threads."""
        self.runner.close()

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_PythonSession]:
        """Open a session; leaving it calls `close` of the object, where it has one of its own."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_PythonSession]:
        fresh = isinstance(self._found, type)
        ran = await self.runner.soon(cast("Callable[..., object]", self._found)) if fresh else Ran(self._found)
        if ran.error is not None:
            raise TargetError(f"{self._name} cannot be made: {one_line(ran.problem, 200)}", code="ACC-E661")
        try:
            yield _PythonSession(self, ran.value, line, opening)
        finally:
            close = getattr(ran.value, "close", None)
            if callable(close) and fresh:
                await self.runner.soon(close)


class _PythonSession:
    """A session with a function or an object."""

    def __init__(self, endpoint: PythonEndpoint, found: object, line: Line, opening: Opening) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._found = found
        self._line = line
        self._opening = opening

    async def plant(self, delivery: Delivery, /) -> None:
        """Hand the delivery to the object; raises `TargetError` where it does not take such, or fails."""
        plant = getattr(self._found, "plant", None)
        if delivery.channel not in self.capabilities or not callable(plant):
            raise unwrapped(self._endpoint.name, delivery.channel)
        ran = await self._endpoint.runner.soon(plant, delivery)
        if ran.error is not None:
            raise TargetError(f"{self._endpoint.name}: plant raised {one_line(ran.problem, 200)}", code="ACC-E661")

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something and wait for the answer; `ask` of an object gets the text, like a function."""
        return await self._line.send(lambda: self._asked(turn.text))

    async def state(self) -> Mapping[str, object]:
        """Return the state that the object tells."""
        state = getattr(self._found, "state", None)
        if Capability.STATE not in self.capabilities or not callable(state):
            return {}
        return await told_state(self._endpoint.name, self._endpoint.runner, state)

    async def _asked(self, text: str) -> Answer | Failure:
        began = time.perf_counter()
        ask = getattr(self._found, "ask", None) or self._found
        reading = await heard(self._endpoint.name, self._endpoint.runner, cast("Callable[..., object]", ask), text)
        if isinstance(reading, Failure):
            return reading
        calls = tuple(bound(call, self._opening.tools) for call in reading.calls)
        seconds = time.perf_counter() - began
        reply = Reply(
            text=reading.text,
            tool_calls=calls,
            seconds=seconds,
            raw=reading.text,
            id=reading.id,
            stopped=reading.stopped,
        )
        return Answer(reply, tokens=reading.tokens)


def _imported(module: str, name: str, folder: Path) -> object:
    """Import, with a folder searched first; it stays on the path, since a module may import more when it runs."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
