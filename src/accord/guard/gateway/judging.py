"""Between a request and the engine: one judge a request, who also keeps every decision for the log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from accord.core.guard import Decision, Hit, Outcome, Piece
from accord.core.system import Mode
from accord.core.trial import Message, ToolCall
from accord.guard.flow.answers import LinkOut, Vouched
from accord.guard.gateway.failing import FAILED, Broken, decided, fed, is_bypass, is_clear
from accord.guard.gateway.heard import Heard
from accord.guard.gateway.told import has_strange, names
from accord.guard.gateway.words import AsideError, Asked, Called, Guarding, Passed, Text, Watched

LONG: Final = 1 << 16
"""Characters from which a text is looked at in a thread, so that others do not wait for it."""

TOKEN: Final = 4
"""Characters that count as a token, where nobody else has counted."""


_SEVERITY: Final = {outcome: place for place, outcome in enumerate(Outcome)}


class Judged(NamedTuple):
    """A decision, what it was about, the text that the log shows some of, and what was measured of a whole answer."""

    kind: str
    decision: Decision
    text: str = ""
    measured: Mapping[str, float | bool] = {}


class Judge:
    """Asks the engine about one request and its answer."""

    __slots__ = ("_size", "_vouched", "asked", "caller", "guard", "heard", "judged", "limits", "usage")

    def __init__(self, guard: Guarding) -> None:
        self.guard = guard
        self.caller = ""
        self.asked = Asked((), ())
        self.judged: list[Judged] = []
        self.heard = Heard()
        self.limits = guard.policy.limits
        self.usage: object = None
        self._size = 0
        self._vouched: Vouched | None = None

    async def admit(self, asked: Asked) -> Decision:
        """Decide on a request; what takes long is done in a thread, so that other requests go on."""
        self.asked = asked
        long = sum(len(piece.text) for piece in asked.pieces) > LONG
        made = await aside(lambda: decided(lambda: self.guard.admit(asked.pieces), self.guard.policy), long=long)
        self.judged.append(Judged("request", made, _piece_at(asked.pieces, made.where)))
        self.guard = self.guard.minding(made, asked.conversation)
        return made

    async def redacting(self, pieces: Sequence[Piece]) -> Mapping[str, str]:
        """Return the texts of a request that are to be changed, by their places."""
        edits = {}
        for piece in pieces:
            made = await aside(partial(self.guard.admit, (piece,)))
            hits = [hit for hit in made.hits if hit.outcome is Outcome.REDACT]
            if hits:
                edits[piece.where] = self.guard.redacted(piece.text, hits)
        return edits

    def is_clear(self, texts: Sequence[str]) -> bool:
        """Tell at a glance that texts may leave as they are, whoever named what in them."""
        return is_clear(self.guard, texts)

    def release(self, text: str, where: str, *, shown: bool = False) -> Decision:
        """Decide on a whole text of an answer; what is allowed leaves no record of its own.

        A text that is `shown` to people may draw or link to nothing that nobody named.
        """
        links = self._links if shown else None
        made = decided(lambda: self.guard.release(text, links), self.guard.policy)
        if made.outcome is not Outcome.ALLOW:
            made = replace(made, where=where)
            self.judged.append(Judged("answer", made, text))
        return made

    def hears(self, text: Text) -> None:
        """Take note of a text of a whole answer, for those who watch what answers look like."""
        self.heard.said(text.path[-1] if "summary" not in text.path else "", text.text)

    @property
    def spent(self) -> int:
        """Return the tokens of the answer so far, as the upstream counts them, or else as its texts do."""
        told = self.usage if isinstance(self.usage, dict) else {}
        tokens = told.get("completion_tokens", told.get("output_tokens"))
        return tokens if type(tokens) is int and tokens >= 0 else self._size // TOKEN

    def strange(self, said: dict[str, Any]) -> bool:
        """Tell whether a member of an event has a name that may not leave."""
        if not has_strange(said):
            return False
        return self.beside("\n".join(name for _, name in names(said)), "event") is not None

    def beside(self, text: str, where: str) -> Decision | None:
        """Return what keeps a text back that cannot be changed, if anything does."""
        made = self.release(text, where) if text and not self.is_clear([text]) else None
        return made if made is not None and made.withholds else None

    def calls(self, asked: Sequence[tuple[Called, str]], before: Sequence[ToolCall]) -> Decision | None:
        """Decide on the tool calls of one choice, each with its place; return what stops them: all run, or none does.

        They stand after those `before` in the same answer. What runs is counted and uses up its grant when all run.
        """
        did, ruled = [*before], []
        for called, where in asked:
            pending = [call.name for call in did[len(before) :]]
            ruled.append(replace(self._ruled(called, did, pending), where=where))
            did.append(did_by(called))
        runs = [self._may_run(made, call) for made, call in zip(ruled, did[len(before) :], strict=True)]
        hopeless = any(made.stops and made.outcome is not Outcome.ASK for made in ruled)
        for at, call in enumerate(did[len(before) :]):
            if all(runs) or not (hopeless or runs[at]):
                ruled[at] = self._settled(ruled[at], call)
        self.judged += [Judged("call", made, called.name) for made, (called, _) in zip(ruled, asked, strict=True)]
        return next((made for made in ruled if made.withholds), None)

    def _ruled(self, called: Called, before: Sequence[ToolCall], pending: Sequence[str]) -> Decision:
        if called.args is None:
            message = f"the arguments of {called.name[:80]!r} are not one JSON object that everybody reads alike"
            return self.said(Outcome.BLOCK, "ACC-E761", message)
        call, talk = did_by(called), self.asked.conversation
        talk = (*talk, *(_did(one) for one in before)) if before else talk
        ask, tools, caller = self.guard.authorise, self.asked.tools, self.caller
        return decided(lambda: ask(talk, call, tools, caller, pending), self.guard.policy, effect=True)

    def _may_run(self, made: Decision, call: ToolCall) -> bool:
        return not made.stops or (made.outcome is Outcome.ASK and self.guard.may_run(made, call, self.caller))

    def _settled(self, made: Decision, call: ToolCall) -> Decision:
        guard, caller = self.guard, self.caller
        return replace(decided(lambda: guard.settled(made, call, caller), guard.policy, effect=True), where=made.where)

    def stream(self, *, shown: bool = False) -> Watched:
        """Begin a text that leaves in parts."""
        return self.guard.stream(self._links if shown else None)

    def _links(self, text: str) -> Iterable[LinkOut]:
        """Return the addresses in a text that nobody named in the conversation, which is read for them once."""
        if self._vouched is None:
            self._vouched = Vouched(self.asked.conversation)
        return self._vouched.out(text)

    def fed(self, stream: Watched, chunk: str) -> Passed:
        """Take a part of a text that leaves; one that is longer than answers may be is cut there."""
        most = self.limits.answer_tokens * TOKEN * self.asked.choices
        self._size += len(chunk)
        if not most or self._size <= most:
            return self._fed(stream, chunk)
        message = f"the answer is longer than {self.limits.answer_tokens} tokens"
        passed = self._fed(stream, chunk[: max(0, most - self._size + len(chunk))])
        hit = passed.hit or Hit(rule="ACC-E751", outcome=Outcome.BLOCK, start=most, end=most, message=message)
        return Broken(passed.text, hit)

    def _fed(self, stream: Watched, chunk: str) -> Passed:
        return self._told(fed(stream, lambda: stream.feed(chunk), self.guard.policy, chunk))

    def ended(self, stream: Watched) -> Passed:
        """End a text that leaves in parts."""
        return self._told(fed(stream, stream.end, self.guard.policy, ""))

    def _told(self, passed: Passed) -> Passed:
        """Note a part that leaves although the guard broke on it, once an answer."""
        if (
            isinstance(passed, Broken)
            and passed.hit is None
            and not any(is_bypass(one.decision) for one in self.judged)
        ):
            self.note(self.said(Outcome.FLAG, FAILED, "the guard failed on an answer, which goes on"))
        return passed

    def met(self, hit: Hit, where: str, text: str) -> Decision:
        """Note what a stream met."""
        made = self.said(hit.outcome, hit.rule, hit.message, where=where, hits=(hit,))
        self.judged.append(Judged("answer", made, text))
        return made

    def note(self, made: Decision, kind: str = "answer") -> Decision:
        """Keep a decision that the gateway itself made."""
        self.judged.append(Judged(kind, made))
        return made

    def answered(self, *, upstream: float, seconds: float) -> None:
        """Sum an answer up for those who watch: the worst that was decided on it, and what can be measured."""
        worst = max((one.decision for one in self.judged if one.kind == "answer"), key=_severity, default=None)
        made = self.said(Outcome.ALLOW, "", "") if worst is None else replace(worst, id=os.urandom(12).hex(), hits=())
        measured = {"upstream": round(upstream, 6), "size": self.heard.size, "refusal": self.heard.refusal}
        self.judged.append(Judged("answer", made, "", {**measured, "seconds": round(seconds, 6)}))

    def said(
        self, outcome: Outcome, code: str, message: str, *, where: str = "", hits: tuple[Hit, ...] = ()
    ) -> Decision:
        """Return a decision that the gateway itself makes."""
        policy, rules = self.guard.digests
        first = hits[0] if hits else None
        return Decision(
            id=os.urandom(12).hex(),
            outcome=outcome,
            code=code,
            message=message,
            where=where,
            start=first.start if first else 0,
            end=first.end if first else 0,
            hits=hits,
            policy=policy,
            rules=rules,
            enforced=self.enforces,
        )

    @property
    def enforces(self) -> bool:
        """Tell whether what is decided is done."""
        return self.guard.policy.mode is Mode.ENFORCE

    def worst(self) -> Decision:
        """Return the most severe decision so far; of equals the first."""
        return max((one.decision for one in self.judged), key=_severity)


def _severity(made: Decision) -> int:
    return _SEVERITY[made.outcome]


async def aside(action: Callable[[], Decision], *, long: bool = False) -> Decision:
    """Return what is decided, here where that is quick, and in a thread where it is not."""
    try:
        return action() if not long else await asyncio.to_thread(action)
    except AsideError:
        return await asyncio.to_thread(action)


def did_by(called: Called) -> ToolCall:
    """Return the call that an answer makes."""
    return ToolCall(name=called.name, args=called.args or {})


def _did(call: ToolCall) -> Message:
    return Message(role="assistant", tool_calls=(call,))


def _piece_at(pieces: Sequence[Piece], where: str) -> str:
    if not where:
        return ""
    return next((piece.text for piece in pieces if piece.where == where), "")
