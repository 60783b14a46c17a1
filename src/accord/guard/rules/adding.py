"""Cases in, rules out: each is read, linted, compiled, tried and told; a bad one never stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from accord.core.canon import Digest
from accord.core.errors import AccordError
from accord.core.guard import GuardRule
from accord.core.system import Mode
from accord.guard.rules.benign import Honest, built_in, read_benign, understood
from accord.guard.rules.bounds import too_broad
from accord.guard.rules.compiling import compile_case, rule_id
from accord.guard.rules.trial import Ground, State, tried


class Told(NamedTuple):
    """What became of one case, as it is told; without a `case` it could not be read."""

    name: str
    state: State
    case: Digest | None = None
    rule: str | None = None
    reason: str = ""

    @property
    def readable(self) -> bool:
        """Tell whether there was a case at all."""
        return self.case is not None

    def record(self) -> Mapping[str, object]:
        """Return it as it is written."""
        return {
            "case": self.case,
            "name": self.name,
            "rule": self.rule,
            "state": self.state.value,
            "reason": self.reason or None,
        }


class Added(NamedTuple):
    """What became of one case, and its rule where it may be used."""

    told: Told
    rule: GuardRule | None = None


def ground(state: Path | None, benign: Path | None = None, own: Iterable[str] = ()) -> Ground:
    """Return the honest texts that rules are tried on; raises `ManifestError` for a file of the house that is none."""
    house = understood(read_benign(benign), state) if benign is not None else None
    return Ground(understood(built_in(), state), house, own)


def added(path: Path, on: Ground, *, now: datetime | None = None) -> Added:
    """Read, compile and try the case in a file."""
    from accord.case.identity import identity
    from accord.case.lint import load

    name = path.stem[:80]
    try:
        case = load(path)
    except AccordError as error:
        return Added(Told(name, State.REFUSED, reason=error.message))
    own = identity(case)
    try:
        found = tried(compile_case(case, made=now), case, on)
    except AccordError as error:
        return Added(Told(case.name, State.REFUSED, own, rule_id(own), error.message))
    told = Told(case.name, found.state, own, found.rule.id, found.reason)
    return Added(told, None if found.state is State.REFUSED else found.rule)


def shelved(rule: GuardRule, held: Mapping[str, str] = MappingProxyType({})) -> Told:
    """Return what there is to tell of a rule that lies on a shelf; `held` says why some only flag."""
    state = State.SHADOW if rule.mode is Mode.SHADOW else State.ENFORCED
    return Told(rule.name, state, rule.case, rule.id, held.get(rule.id) or rule.doubt)


def promoted(rule: GuardRule, recorded: Iterable[Honest]) -> Added:
    """Let a rule that waited block, if it stops nothing of recorded honest traffic."""
    from accord.content.views import views
    from accord.core.case import Channel
    from accord.guard.matching import compile_rules
    from accord.guard.rules.near import Neighbours

    matcher, near = compile_rules((rule,)), Neighbours((rule,))
    known = {channel.value: channel for channel in Channel}
    count = hits = 0
    for one in recorded:
        count += 1
        seen, channel = views(one.text), known.get(one.channel, Channel.USER)
        hits += bool(matcher.hits(seen, channel) or near.hits(seen, channel))
    told = shelved(rule)
    broad = too_broad(rule)
    if broad:
        return Added(told._replace(reason=broad))
    if not count:
        return Added(told._replace(reason="there is no recorded traffic to try it on"))
    if hits:
        return Added(told._replace(reason=f"fires on {hits} of {count} recorded texts"))
    told = told._replace(state=State.ENFORCED, reason=f"stopped none of {count} recorded texts")
    return Added(told, replace(rule, mode=Mode.ENFORCE, doubt=""))
