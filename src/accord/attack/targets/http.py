"""Any HTTP endpoint, by template: asked, fed through its own doors, and put back as it was."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple
from urllib.parse import urljoin

from accord.attack.effects import bound
from accord.attack.targets.cells import (
    Paths,
    Reading,
    ShapeError,
    address,
    at,
    body,
    header,
    parsed,
    read,
    state_of,
    streamed,
)
from accord.attack.targets.files import planted
from accord.attack.targets.line import Answer, Failure, Line, Opening
from accord.attack.targets.wire import GOODBYE, Got, Request, Wire, blocked, refused
from accord.core.call import HttpCall, HttpPlant, HttpUndo
from accord.core.case import Channel
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Capability, Delivery, Reply, Turn

_TEXT = "{{text}}"
_GONE = frozenset({404, 410})
_NOT_WHOLE = frozenset({202, 206})
_UNDO_TRIES = 2


_Read = Callable[[Got], Reading]


class _Left(NamedTuple):
    """Something planted, and the request that takes it out again."""

    name: str
    request: Request


class HttpEndpoint:
    """An HTTP endpoint as the manifest describes it."""

    stateless = False  # what a request without history leaves behind is the target's own secret

    def __init__(self, call: HttpCall) -> None:
        """Take the template; nothing is sent before `open`."""
        self.call = call
        self.wire = Wire(call.url, call.headers)
        self.left: list[_Left] = []

    @property
    def name(self) -> str:
        """Return the address, without credentials."""
        return self.wire.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the template declares: channels to plant in, where tool calls stand, where the state is told."""
        found = {Capability(channel) for channel in self.call.plant}
        found |= {Capability.TOOL_CALLS} if self.call.calls is not None else set()
        found |= {Capability.STATE} if self.call.state is not None else set()
        return frozenset(found)

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return nothing: what is delivered goes through the target's own doors."""
        return frozenset()

    @property
    def shared(self) -> bool:
        """Tell whether texts can be planted: everybody who asks then reads them."""
        return bool(self.call.plant)

    async def open(self) -> None:
        """Take the credentials out of the environment, and make ready."""
        await self.wire.open()

    async def close(self) -> None:
        """Take out what is still planted, if that is possible, and close every connection."""
        await self._clear()
        await self.wire.close()

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[_HttpSession]:
        """Open a session; leaving it takes back what was planted."""
        return self._session(line, opening)

    @asynccontextmanager
    async def _session(self, line: Line, opening: Opening) -> AsyncIterator[_HttpSession]:
        await self._clear()
        if self.left:
            raise TargetError(
                f"{self.name} still holds {self.left[0].name!r} of an earlier trial, and does not give it back",
                hint="remove it by hand, or correct `undo` in the manifest",
                code="ACC-E664",
            )
        try:
            yield _HttpSession(self, line, opening)
        finally:
            await self._clear()

    async def _clear(self) -> None:
        """Take out what is planted, newest first; what does not go stays on the list."""
        for left in reversed(tuple(self.left)):
            if await self._taken_back(left.request):
                self.left.remove(left)

    async def _taken_back(self, request: Request) -> bool:
        for _ in range(_UNDO_TRIES):
            got = await self.wire.exchange(request, patience=GOODBYE)
            if isinstance(got, Got) and (got.status in _GONE or refused(self.wire, got) is None):
                return True
        return False


class _HttpSession:
    """One conversation with an HTTP endpoint."""

    def __init__(self, endpoint: HttpEndpoint, line: Line, opening: Opening) -> None:
        self.capabilities = endpoint.capabilities
        self._endpoint = endpoint
        self._call = endpoint.call
        self._line = line
        self._opening = opening
        self._values = {"session": secrets.token_hex(8)}
        self._said: list[dict[str, str]] = []

    async def plant(self, delivery: Delivery, /) -> None:
        """Put the text through the door that the manifest names; raises `TargetError` where there is none."""
        plan = next((plan for channel, plan in self._call.plant.items() if channel == delivery.channel), None)
        if plan is None:
            raise TargetError(
                f"{self._endpoint.name} has no way to plant through {delivery.channel}",
                hint=f"name one in the manifest, under `plant: {{{delivery.channel}: …}}`",
                code="ACC-E663",
            )
        name = _own_name(delivery.name)
        values = {**self._values, "name": name, "text": delivery.text}
        data = planted(name, delivery.text, self._opening.trial)
        request = self._planting(plan, {**values, "base64": base64.b64encode(data).decode()})
        if plan.file is not None:
            request = request._replace(form=(plan.file, name, data))
        if plan.undo is not None:
            self._endpoint.left.append(_Left(name, self._undoing(plan.undo, values)))
        await self._line.send(lambda: self._sent(request, _nothing))

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something and wait for the answer."""
        history = json.dumps([*self._said, {"role": "user", "content": turn.text}])
        request = self._asking({**self._values, "text": turn.text, "messages": history})
        reply = await self._line.send(lambda: self._sent(request, self._reading))
        self._said += [{"role": "user", "content": turn.text}, {"role": "assistant", "content": reply.text}]
        return reply

    async def state(self) -> Mapping[str, object]:
        """Return what the target tells of its state."""
        if self._call.state is None:
            return {}
        url = urljoin(self._call.url, address(self._call.state.url, self._values))
        request = Request("GET", url, self._headers(self._values))
        path = self._call.state.path or "."
        found: dict[str, object] = {}

        def kept(got: Got) -> Reading:
            found.clear()
            found.update(state_of(at(parsed(got.text), path)))
            return Reading("")

        await self._line.send(lambda: self._sent(request, kept))
        return found

    def _headers(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the headers with something to fill in, and the one of the session, which every request carries."""
        made = {name: header(value, values) for name, value in self._call.headers.items() if "{{" in value}
        place = self._call.session or ""
        if place.startswith("header:"):
            made[place.removeprefix("header:")] = values["session"]
        return made

    def _asking(self, values: Mapping[str, str]) -> Request:
        call = self._call
        method = call.method.upper()
        headers = self._headers(values)
        place = call.session or ""
        url = address(call.url, values)
        if method in {"GET", "HEAD"} and call.body is None:
            return Request(method, url, headers)
        template = call.body if call.body is not None else json.dumps({"message": _TEXT})
        if place and not place.startswith("header:") and template.lstrip().startswith("{"):
            template = template.replace("{", f'{{{json.dumps(place)}: "{{{{session}}}}", ', 1)
        kind = _kind(call.headers, template)
        return Request(
            method, url, {**headers, "Content-Type": kind}, body(template, values, kind=kind).encode("utf-8", "replace")
        )

    def _planting(self, plan: HttpPlant, values: Mapping[str, str]) -> Request:
        template = plan.body if plan.body is not None else json.dumps({"name": "{{name}}", "text": _TEXT})
        kind = _kind({}, template)
        content = None if plan.file is not None else body(template, values, kind=kind).encode("utf-8", "replace")
        url = urljoin(self._call.url, address(plan.url, values))
        return Request(plan.method.upper(), url, {**self._headers(values), "Content-Type": kind}, content)

    def _undoing(self, undo: HttpUndo, values: Mapping[str, str]) -> Request:
        url = urljoin(self._call.url, address(undo.url, values))
        if undo.body is None:
            return Request(undo.method.upper(), url, self._headers(values))
        kind = _kind({}, undo.body)
        return Request(
            undo.method.upper(),
            url,
            {**self._headers(values), "Content-Type": kind},
            body(undo.body, values, kind=kind).encode("utf-8", "replace"),
        )

    async def _sent(self, request: Request, reading: _Read) -> Answer | Failure:
        """Send one request, once, and read its answer."""
        got = await self._endpoint.wire.exchange(request)
        if isinstance(got, Failure):
            return got
        stopped_by = blocked(got)
        if stopped_by is not None and reading in {self._reading, _nothing}:  # a state that is kept back is no state
            reply = Reply(text=stopped_by, raw=got.text, seconds=got.seconds, stopped="stop")
            return Answer(reply, got.status)
        failure = refused(self._endpoint.wire, got)
        if failure is not None:
            return failure
        try:
            said = reading(got)
        except ShapeError as error:
            return self._endpoint.wire.failure(f"{error} ({got.kind}, {len(got.text):,} characters)", status=got.status)
        reply = Reply(
            text=said.text,
            tool_calls=tuple(bound(call, self._opening.tools) for call in said.calls),
            seconds=got.seconds,
            raw=got.text,
            id=said.id,
            stopped=said.stopped,
        )
        return Answer(reply, got.status, said.tokens)

    def _reading(self, got: Got) -> Reading:
        call = self._call
        if got.status in _NOT_WHOLE:
            raise ShapeError(f"status {got.status}: the answer comes later, or in part")
        paths = Paths(call.answer, call.calls, call.stopped)
        if call.answer == "." and call.calls is None:
            return Reading(got.text)
        if got.kind == "text/event-stream":
            return streamed(got.text, paths)
        if got.kind == "text/plain" and call.answer is None and not got.text.lstrip().startswith(("{", "[")):
            return Reading(got.text)
        if "html" in got.kind and not got.text.lstrip().startswith(("{", "[")):
            raise ShapeError("a web page instead of an answer")
        return read(parsed(got.text), paths)


def _nothing(got: Got) -> Reading:
    """Read no answer: that the request was accepted is all that counts."""
    return Reading("")


def _own_name(name: str | None) -> str:
    """Return a name that no document of the target has: what is planted must replace nothing, and be found again."""
    stem, dot, suffix = re.sub(r"[^A-Za-z0-9._-]+", "-", name or "note").strip(".-").rpartition(".")
    stem, suffix = (stem, suffix) if dot else (suffix, "")
    ending = f".{suffix[:8]}" if suffix else ""
    return f"{stem[:36] or 'note'}-{secrets.token_hex(4)}{ending}"


def _kind(headers: Mapping[str, str], template: str) -> str:
    """Return the content type: the declared one, else what the template looks like."""
    declared = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if declared is not None:
        return one_line(declared, 100)
    return "application/json" if template.lstrip().startswith(("{", "[", '"')) else "text/plain; charset=utf-8"
