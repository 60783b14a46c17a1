"""A guardrail of LiteLLM: the gateway's forms and judge, asked by another gateway, which need not be installed.

https://docs.litellm.ai/docs/proxy/guardrails/custom_guardrail
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from accord.core.case import Channel
from accord.core.errors import AccordError, GuardError
from accord.core.guard import Decision, Outcome
from accord.guard.approvals import Approvals
from accord.guard.doors.chunks import DONE, Kind, kind_of, plain
from accord.guard.doors.loading import in_force
from accord.guard.engine import Guard
from accord.guard.gateway.chat_stream import ChatStream
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.log import DecisionLog, line
from accord.guard.gateway.reading import Reading, Tools, known_keys
from accord.guard.gateway.routes import ROUTES, Route, Streaming
from accord.guard.gateway.sse import Events
from accord.guard.gateway.whole import looked_at
from accord.guard.gateway.wire import RefusedError, path_of, put
from accord.guard.gateway.wiring import Spending, Wired
from accord.guard.gateway.words import Asked
from accord.guard.rules.shelf import own_keys

_FORMS: Final[Mapping[str, str]] = {
    "completion": "chat",
    "acompletion": "chat",
    "embeddings": "embeddings",
    "aembedding": "embeddings",
    "responses": "responses",
    "aresponses": "responses",
    "anthropic_messages": "messages",
}
_OWN: Final = frozenset({"metadata", "litellm_metadata", "litellm_logging_obj", "secret_fields", "user_api_key_dict"})


class _Looked:
    """A streamed answer on its way: what was decided on is kept before any part leaves."""

    def __init__(self, kind: Kind, stream: Streaming, keep: Callable[[int], int]) -> None:
        self.kind = kind
        self.stream = stream
        self._keep = keep
        self._written = 0

    def parts(self) -> list[Any]:
        """Return what may leave now."""
        events = Events()
        out = [event for raw in self.stream.out() for event in events.feed(raw)]
        self._written = self._keep(self._written)
        return [self.kind.made(event) for event in out if event.data and event.data != DONE.data]

    def end(self) -> None:
        """Take the end: that of a chat is said by nobody, that of another form is one of its events."""
        if isinstance(self.stream, ChatStream):
            self.stream.feed(DONE)
        else:
            self.stream.broken()


class Railed(NamedTuple):
    """What a guardrail does with requests and answers, whatever LiteLLM calls its hooks."""

    guard: Callable[[], Wired]
    log: DecisionLog | None
    tools: Tools

    async def request(self, data: dict[str, Any], call_type: str, caller: str) -> None:
        """Look at a request, and take out of it what is to be taken out; raises `GuardError` where it may not go on."""
        judge, asked = self._begun(data, call_type, caller)
        made = await judge.admit(asked)
        if made.outcome is Outcome.REDACT and made.enforced:
            for where, text in (await judge.redacting(asked.pieces)).items():
                _put(data, where, text)
        self._keep(judge)
        if made.stops:
            raise GuardError(f"the guard does not let this pass: {made.message}", decision=made)

    async def answer(self, data: dict[str, Any], call_type: str, answer: dict[str, Any], caller: str) -> dict[str, Any]:
        """Return an answer without what may not leave; raises `GuardError` where nothing of it may."""
        judge, asked = self._begun(data, call_type, caller)
        judge.asked = asked
        route = _route(call_type)
        if route is None:
            made = judge.release(orjson.dumps(answer, default=str).decode(), "answer")
            self._keep(judge)
            if made.withholds:
                raise GuardError(f"the guard does not let this pass: {made.message}", decision=made)
            return answer
        looked = looked_at(orjson.dumps(answer, default=str), answer, route.shape, judge)
        self._keep(judge)
        kept: dict[str, Any] = orjson.loads(looked.body)
        return kept

    async def stream(self, data: dict[str, Any], chunks: AsyncIterator[Any], caller: str) -> AsyncIterator[Any]:
        """Yield what may leave of a streamed answer, in parts of the kind that came; raises `GuardError` for others."""
        looked: _Looked | None = None
        async for chunk in chunks:
            looked = looked or self._looked(data, kind_of(chunk), caller)
            for event in looked.kind.read(chunk):
                looked.stream.feed(event)
            for part in looked.parts():
                yield part
            if looked.stream.done:
                return
        if looked is not None:
            looked.end()
            for part in looked.parts():
                yield part

    def _looked(self, data: dict[str, Any], kind: Kind, caller: str) -> _Looked:
        judge, asked = self._begun(data, kind.form, caller)
        judge.asked = asked
        route = _route(kind.form)
        made = route.stream if route is not None and route.stream is not None else ChatStream
        return _Looked(kind, made(judge), partial(self._keep, judge))

    def _begun(self, data: dict[str, Any], call_type: str, caller: str) -> tuple[Judge, Asked]:
        judge = Judge(self.guard())
        judge.caller = caller
        route = _route(call_type)
        reading = Reading(judge.guard.policy)
        try:
            if route is None:
                for key in data.keys() - _OWN:
                    reading.every(data[key], Channel.USER, f"field:{key}", key)
                return judge, reading.asked(data)
            known = (known_keys(route.name) | {"extra_body"}) - _OWN
            body = {key: value for key, value in data.items() if key in known}
            return judge, route.read(body, reading, self.tools)
        except RefusedError as refused:
            made = judge.note(judge.said(Outcome.BLOCK, refused.code, refused.message, where=refused.where), "refusal")
            self._keep(judge)
            raise GuardError(refused.message, decision=made) from refused

    def _keep(self, judge: Judge, written: int = 0) -> int:
        """Write the decisions from the given one on; raises `GuardError` where they cannot be kept."""
        new = judge.judged[written:]
        if new and self.log is not None:
            about = {"route": "litellm", "key": judge.caller}
            mask = partial(_masked, judge)
            try:
                self.log.write([line(one, about, mask, time.time()) for one in new])
            except RefusedError as error:
                raise GuardError(error.message, code="ACC-E759") from error
        return len(judge.judged)


def railed(
    policy: Path | None, rules: Path | None = None, log: Path | None = None, approvals: Path | None = None
) -> Railed:
    """Return what the guardrail of a policy does."""
    current = in_force(policy, rules, say=lambda _: None)
    asking = Approvals(approvals, own_keys) if approvals is not None else None
    spending = Spending()
    made: dict[int, tuple[Guard, Wired]] = {}

    def wired() -> Wired:
        guard = current()
        if id(guard) not in made:
            made.clear()
            made[id(guard)] = (guard, Wired(guard, spending, approvals=asking))
        return made[id(guard)][1]

    return Railed(wired, DecisionLog(log) if log is not None else None, Tools())


def guardrail(
    policy: str | Path,
    *,
    rules: str | Path | None = None,
    log: str | Path | None = None,
    approvals: str | Path | None = None,
) -> type:
    """Return a class that LiteLLM takes as a guardrail; put it in a file beside LiteLLM's configuration.

    Raises `AccordError` where LiteLLM is not installed, or the policy cannot be read.
    """
    try:
        base = import_module("litellm.integrations.custom_guardrail").CustomGuardrail
        events = import_module("litellm.types.guardrails").GuardrailEventHooks
    except ImportError as error:
        message = f"this door needs a package that is not installed: {error.name}"
        raise AccordError(message, hint="install litellm", code="ACC-E764") from error
    named = [Path(one) if one else None for one in (policy, rules, log, approvals)]
    return _hooked(base, events, railed(*named))


def _hooked(base: Any, hooks: Any, rail: Railed) -> type:
    """Return the class with the hooks that LiteLLM calls."""

    class AccordGuardrail(base):  # type: ignore[misc]  # LiteLLM is not there when types are checked
        """Asks the guard before a call, after it, and while it streams."""

        async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: Any, call_type: str) -> Any:
            """Look at a request before it goes to the model."""
            if self.should_run_guardrail(data=data, event_type=hooks.pre_call) is True:
                await _refusing(rail.request(data, call_type, _caller(user_api_key_dict)))
            return data

        async def async_moderation_hook(self, data: Any, user_api_key_dict: Any, call_type: str) -> Any:
            """Look at a request while it is at the model."""
            if self.should_run_guardrail(data=data, event_type=hooks.during_call) is True:
                await _refusing(rail.request(data, call_type, _caller(user_api_key_dict)))
            return data

        async def async_post_call_success_hook(self, data: Any, user_api_key_dict: Any, response: Any) -> Any:
            """Look at an answer, and change it where it stands: LiteLLM sends on the object that it gave."""
            if self.should_run_guardrail(data=data, event_type=hooks.post_call) is not True:
                return response
            answer, kind = plain(response), _kind(response)
            kept = await _refusing(rail.answer(data, kind, answer, _caller(user_api_key_dict)))
            if kept != plain(response):
                _change(response, kept)
            return response

        async def async_post_call_streaming_iterator_hook(
            self, user_api_key_dict: Any, response: Any, request_data: Any
        ) -> Any:
            """Pass on of a streamed answer what may leave."""
            if self.should_run_guardrail(data=request_data, event_type=hooks.post_call) is not True:
                async for chunk in response:
                    yield chunk
                return
            async for part in rail.stream(request_data, response, _caller(user_api_key_dict)):
                yield part

    return AccordGuardrail


async def _refusing(work: Any) -> Any:
    """Return what comes of a look; a refusal becomes the exception that LiteLLM answers with."""
    try:
        return await work
    except GuardError as refused:
        made: Decision | None = refused.decision
        detail = {"type": "guard_blocked", "code": made.code if made else refused.code, "message": refused.message}
        raise _refusal({**detail, "decision": made.id if made else ""}, 403 if made else 503) from refused


def _refusal(detail: dict[str, str], status: int) -> Exception:
    try:
        made = import_module("fastapi").HTTPException(status_code=status, detail={"error": detail})
    except ImportError:
        raised = import_module("litellm.exceptions").GuardrailRaisedException
        made = raised(guardrail_name="accord", message=detail["message"])
    refusal: Exception = made
    return refusal


def _kind(response: Any) -> str:
    """Return the form of an answer by its class."""
    kinds = {"ModelResponse": "completion", "EmbeddingResponse": "embeddings", "ResponsesAPIResponse": "responses"}
    told = isinstance(response, dict) and response.get("type") == "message"
    return "anthropic_messages" if told else kinds.get(type(response).__name__, "other")


def _change(response: Any, kept: dict[str, Any]) -> None:
    if isinstance(response, dict):
        response.clear()
        response.update(kept)
        return
    fresh = type(response)(**kept)
    for name in kept:
        setattr(response, name, getattr(fresh, name))


def _put(data: dict[str, Any], where: str, text: str) -> None:
    try:
        put(data, path_of(where), text)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise GuardError(f"{where} holds what is to be taken out and cannot be") from error


def _masked(judge: Judge, text: str) -> str:
    hits = judge.guard.release(text).hits
    return judge.guard.redacted(text, hits) if hits else text


def _route(call_type: str) -> Route | None:
    name = _FORMS.get(call_type)
    return next((route for route in ROUTES if route.name == name), None)


def _caller(user: Any) -> str:
    name = getattr(user, "key_alias", None) or getattr(user, "user_id", None) or "anyone"
    return str(name)[:80]
