"""The engine behind every door: what comes in is looked at, what leaves is looked at, each tool call is ruled on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.fingerprints import normal
from accord.content.views import View, views
from accord.core.canon import Digest, digest, digest_bytes
from accord.core.case import Channel
from accord.core.guard import Decision, GuardAllowed, GuardPolicy, GuardRule, Hit, Outcome, Piece, Ruling, Switch
from accord.core.system import Mode
from accord.core.trial import Message, ToolCall
from accord.guard.constraints import Constraints
from accord.guard.flow import Flow, Grant, Spent, Tool, compile_flow
from accord.guard.flow.answers import Links, Vouched, may_link
from accord.guard.leaks import CANARY, Echo, Leaks, redacted
from accord.guard.leaving.arguments import MOST, texts_in
from accord.guard.matching import compile_rules
from accord.guard.policies import check_policy
from accord.guard.recent import Recent
from accord.guard.rules.echoing import Echoes
from accord.guard.rules.near import Neighbours
from accord.guard.rules.said import Said, tokens_kept
from accord.guard.stream import Stream

if TYPE_CHECKING:
    from accord.guard.detector import Scorer

DETECTOR: Final = "detector"
"""The code of a decision that the detector made."""

LINK: Final = "link"
"""The code of a decision about an address in an answer that nobody named."""

_REMEMBERED: Final = 1_024  # characters
_ORDER: Final = tuple(Outcome)
_NO_RULES: Final = digest([])


class InForce(NamedTuple):
    """The rules in force and the digest that names them."""

    rules: tuple[GuardRule, ...] = ()
    digest: Digest = _NO_RULES


class Scene(NamedTuple):
    """What is known when a tool is called: the conversation so far, the tools on offer, what the session used up.

    Not `heard` is a conversation in which the user's words are not known.
    """

    conversation: Sequence[Message]
    tools: Sequence[Tool] = ()
    spent: Spent = Spent()
    grants: Sequence[Grant] = ()
    heard: bool = True


class Guard:
    """A policy, a set of rules and a detector, compiled once and never changed: a reload makes another one.

    Every method is a function of its arguments and of what is in force: no clock, no network, no file. What was
    looked at lately (4,096 texts) is remembered, so that a history that comes again with each request is looked at
    once; of long texts only the digest is kept.
    """

    def __init__(self, policy: GuardPolicy, in_force: InForce | None = None, *, scorer: Scorer | None = None) -> None:
        check_policy(policy)
        self.policy = policy
        self.in_force = in_force or InForce()
        self.digest = digest(policy)
        rules = self.in_force.rules
        self.leaks = Leaks(policy.canaries, secrets=policy.secrets, personal=policy.personal, rules=rules)
        self._matcher = compile_rules(rules)
        self._neighbours = Neighbours(rules)
        self._constraints = Constraints(rules, Said(rules).rules)
        self._keeping = frozenset(rule.id for rule in rules if rule.keeps and rule.mode is Mode.ENFORCE)
        self._wary = frozenset(rule.id for rule in rules if rule.is_wary)
        self._shadows = frozenset(rule.id for rule in rules if rule.mode is Mode.SHADOW)
        self._scorer = scorer if policy.detector is Switch.ON else None
        self._seen: Recent[tuple[Hit, ...]] = Recent(4_096)
        self._flows: Recent[Flow] = Recent(256)
        self._echoes = Echoes(rules)
        self._own: tuple[str, ...] = ()
        self._kept: Recent[Leaks] = Recent(64)

    @property
    def digests(self) -> tuple[Digest, Digest]:
        """Return the digests of the policy and of the rules in force."""
        return self.digest, self.in_force.digest

    def admit(self, pieces: Iterable[Piece], *, today: date | None = None) -> Decision:
        """Decide on what comes in: the worst that any piece shows, with its place."""
        looked = tuple(pieces)
        found = [(piece, hit) for piece in looked for hit in self.hits(piece.text, piece.channel, today=today)]
        told = "\0".join(f"{piece.channel}\1{piece.text}" for piece in looked)
        return self._decided(found, _subject(told))

    def is_clear(self, texts: Sequence[str]) -> bool:
        """Tell at a glance that `release` would let texts by, whoever named what; of most texts that can be told."""
        return not any(map(may_link, texts)) and self.leaks.is_clear(texts)

    def release(
        self, text: str, *, where: str = "", conversation: Sequence[Message] = (), links: Links | None = None
    ) -> Decision:
        """Decide on a whole text that leaves: an answer, an embedding's input, a tool's argument.

        With the conversation before it, addresses that are drawn or carry data and that nobody named are taken out;
        `links` finds them where one conversation has many texts.
        """
        piece = Piece(text=text, channel=Channel.SYSTEM, source="model", where=where)
        hits = list(self.leaks.hits(text))
        find = Vouched(conversation).out if conversation else links
        if find is not None and may_link(text):
            hits += linked(find, text)
        return self._decided([(piece, hit) for hit in hits], _subject(text))

    def minding(self, made: Decision, conversation: Iterable[Message]) -> Guard:
        """Return the guard for the answer: after words that ask for what the operator keeps, that is a canary.

        And what a text that nobody trusts orders to be said is what the rule against that forbids.
        """
        said = tuple(conversation)
        own = tokens_kept(said) if any(hit.rule in self._keeping for hit in made.hits) else ()
        return self._minded(own, self._echoes.of(said))

    def heeding(self, conversation: Sequence[Message]) -> Guard:
        """Return the guard for what leaves after a conversation of which it is not known how it was decided on."""
        return self._minded((), self._echoes.of(conversation))

    def _minded(self, own: tuple[str, ...], echoes: tuple[Echo, ...]) -> Guard:
        if not own and not echoes:
            return self
        other = copy(self)
        other._own = own  # noqa: SLF001  # its own
        other.leaks = self._leaks_of(own, echoes)
        return other

    def _leaks_of(self, own: tuple[str, ...], echoes: tuple[Echo, ...]) -> Leaks:
        """Return what must not leave where the operator keeps tokens and texts order some to be said."""
        leaks = self._kept.get((own, echoes))
        if leaks is None:
            known, policy, rules = (*self.policy.canaries, *own), self.policy, self.in_force.rules
            leaks = Leaks(known, secrets=policy.secrets, personal=policy.personal, rules=rules, echoes=echoes)
            self._kept.put((own, echoes), leaks)
        return leaks

    def redacted(self, text: str, hits: Sequence[Hit]) -> str:
        """Return a text with what was met in it taken out."""
        return redacted(text, hits)

    def stream(self, links: Links | None = None) -> Stream:
        """Begin a text that leaves piece by piece; `links` finds the addresses in it that nobody named."""
        found = None if links is None else partial(linked, links)
        return Stream(self.leaks, enforced=self.policy.mode is Mode.ENFORCE, links=found)

    def authorise(self, scene: Scene, call: ToolCall, *, now: datetime) -> Decision:
        """Decide on one tool call before it runs: rules first, then the flow of information, then what would leak."""
        ruling = self._constraints.refuses(self.policy, scene.conversation, call)
        if ruling is None or ruling.outcome is not Outcome.BLOCK:  # what is only asked about may still be forbidden
            followed = self._flow(scene.tools).authorise(
                scene.conversation,
                call,
                now=now,
                spent=scene.spent,
                grants=scene.grants,
                distrusted=self.distrusted(scene.conversation),
                heard=scene.heard,
            )
            ruling = _worse(_worse(followed, ruling), self._leaked(scene, call))
        where, told = f"tool:{call.name}", (ruling.code, ruling.message)
        return self._said(ruling.outcome, _called(call), *told, where=where, path=ruling.path)

    def offered(self, tool: Tool) -> Decision:
        """Decide on a tool that a server offers: one whose pin does not hold is quarantined."""
        quarantined = self._flow((tool,)).quarantined  # pinned tools that are not offered are in it too
        barred = next((ruling for ruling in quarantined if ruling.path == (tool.name,)), None)
        subject = digest([tool.name, tool.description, dict(tool.schema)])
        if barred is None:
            return self._said(Outcome.ALLOW, subject)
        return self._said(barred.outcome, subject, barred.code, barred.message, path=(f"tool:{tool.name}",))

    def hits(self, text: str, channel: Channel, *, today: date | None = None) -> tuple[Hit, ...]:
        """Return what is seen in an incoming text; what the policy excepts until today is seen and allowed."""
        if channel is Channel.SYSTEM or not text:
            return ()
        key = (channel, _key_of(text))
        known = self._seen.get(key)
        if known is None:
            known = self._look(text, channel)
            self._seen.put(key, known)
        if known and self.policy.allow and today is not None:
            return self._after_exceptions(known, text, today)
        return known

    def distrusted(self, conversation: Iterable[Message]) -> frozenset[str]:
        """Return the texts of strangers in a conversation in which a rule or the detector sees an attack."""
        carried = (message for message in conversation if message.role == "tool" or message.channel is not None)
        return frozenset(message.content for message in carried if self._is_hostile(message))

    def _is_hostile(self, message: Message) -> bool:
        """Tell whether an attack is seen in a message; words that honest people may say too are none."""
        return any(hit.rule not in self._wary for hit in self.hits(message.content, _channel(message)))

    def _look(self, text: str, channel: Channel) -> tuple[Hit, ...]:
        decoded = views(text)
        seen = (*self._matcher.hits(decoded, channel), *self._neighbours.hits(decoded, channel))
        softened = (self._softened(hit) for hit in seen)
        return (*softened, *self._scored(text, channel, decoded))

    def _softened(self, hit: Hit) -> Hit:
        """Return the hit of a rule that is still on trial as a flag."""
        on_trial = hit.rule in self._shadows and hit.outcome is not Outcome.ALLOW
        return replace(hit, outcome=Outcome.FLAG) if on_trial else hit

    def _scored(self, text: str, channel: Channel, decoded: Sequence[View]) -> tuple[Hit, ...]:
        if self._scorer is None:
            return ()
        scored = self._scorer.score(text, channel, decoded)
        if not scored.flag:
            return ()
        outcome = Outcome.BLOCK if scored.block else Outcome.FLAG
        said = f"reads like an attack ({scored.stage}, {scored.score:.3f})"
        hit = Hit(rule=DETECTOR, outcome=outcome, start=scored.start, end=scored.end, score=scored.score, message=said)
        return (hit,)

    def _after_exceptions(self, hits: Sequence[Hit], text: str, today: date) -> tuple[Hit, ...]:
        mine = (one for one in self.policy.allow if today <= one.expires and one.text == excepted_text(text))
        excepted = {one.rule: one for one in mine}
        return tuple(_excused(hit, excepted[hit.rule]) if hit.rule in excepted else hit for hit in hits)

    def _leaked(self, scene: Scene, call: ToolCall) -> Ruling | None:
        """Return what a call's arguments would carry out that must not leave.

        A token that some text orders to be said may still be the whole of an argument: things are called by theirs.
        """
        echoes = self._echoes.of(scene.conversation)
        leaks, told = self._leaks_of(self._own, echoes) if echoes else self.leaks, {echo.text for echo in echoes}
        inside = [text for text in texts_in(call.args) if text not in told]
        if len(inside) > MOST:
            message = f"{call.name} is called with more than {MOST} texts"
            return Ruling(outcome=Outcome.BLOCK, code="ACC-E722", message=message, path=(f"tool:{call.name}",))
        texts = (call.name, *inside)
        hits = [hit for text in texts for hit in leaks.hits(text) if hit.outcome is not Outcome.FLAG]
        if not hits and len(inside) > 1 and self.policy.canaries:
            hits = [hit for hit in self.leaks.hits("".join(texts_in(call.args, keys=False))) if hit.rule == CANARY]
        if not hits:
            return None
        return Ruling(outcome=Outcome.BLOCK, code=hits[0].rule, message=hits[0].message, path=(f"tool:{call.name}",))

    def _flow(self, tools: Sequence[Tool]) -> Flow:
        key = tuple((tool.name, tool.description, repr(tool.schema)) for tool in tools)
        known = self._flows.get(key)
        if known is None:
            known = compile_flow(self.policy, tools)
            self._flows.put(key, known)
        return known

    def _decided(self, found: Sequence[tuple[Piece, Hit]], subject: Digest) -> Decision:
        if not found:
            return self._said(Outcome.ALLOW, subject)
        piece, worst = max(found, key=lambda one: _ORDER.index(one[1].outcome))
        return self._said(
            worst.outcome,
            subject,
            worst.rule,
            worst.message,
            where=piece.where,
            place=(worst.start, worst.end),
            path=(piece.source or piece.channel.value,),
            hits=tuple(hit for _, hit in found),
        )

    def _said(
        self,
        outcome: Outcome,
        subject: Digest,
        code: str = "",
        message: str = "",
        *,
        where: str = "",
        place: tuple[int, int] = (0, 0),
        path: tuple[str, ...] = (),
        hits: tuple[Hit, ...] = (),
    ) -> Decision:
        """Decide, with our name under it: an id of its own, what was in force, and whether it is done or only said."""
        return Decision(
            id=os.urandom(12).hex(),
            outcome=outcome,
            code=code,
            message=message,
            where=where,
            start=place[0],
            end=place[1],
            path=path,
            enforced=self.policy.mode is Mode.ENFORCE,
            hits=hits,
            subject=subject,
            policy=self.digest,
            rules=self.in_force.digest,
        )


def excepted_text(text: str) -> Digest:
    """Return what an exception of the policy names a text by: the digest of its normal form."""
    return digest_bytes(normal(text).encode(errors="replace"))


def _excused(hit: Hit, by: GuardAllowed) -> Hit:
    """Return a hit that an exception allows: the decision says whose it is, so that its use is on record."""
    said = f"{hit.message or hit.rule}; {by.by} excepts it until {by.expires}: {by.reason}"
    return replace(hit, outcome=Outcome.ALLOW, message=said)


def linked(find: Links, text: str) -> tuple[Hit, ...]:
    """Return the addresses in a text that may not leave, as hits."""
    return tuple(
        Hit(rule=LINK, outcome=Outcome.REDACT, start=one.start, end=one.end, message=one.reason) for one in find(text)
    )


def _key_of(text: str) -> str | bytes:
    """Return by what a text is remembered: itself, or its digest where it is long, so that memory stays small."""
    return text if len(text) <= _REMEMBERED else sha256(text.encode("utf-8", "surrogatepass")).digest()


def _called(call: ToolCall) -> Digest:
    """Return the digest of a call; numbers that have no canonical form count as they are written."""
    try:
        return digest([call.name, dict(call.args)])
    except (TypeError, ValueError, RecursionError):
        return digest_bytes(repr([call.name, dict(call.args)]).encode(errors="replace"))


def _subject(text: str) -> Digest:
    return digest_bytes(text.encode(errors="replace"))


def _channel(message: Message) -> Channel:
    return Channel(message.channel) if message.channel in set(Channel) else Channel.TOOL_OUTPUT


def _worse(one: Ruling, other: Ruling | None) -> Ruling:
    return other if other is not None and _ORDER.index(other.outcome) > _ORDER.index(one.outcome) else one
