"""What earlier rounds taught: tallies in whole numbers, the same whatever the order of completion or the machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple

from accord.attack.mutators.converter import Steps, channel_of, parsed

UNIT: Final = 1024
"""The weight of one attempt of the last round; older ones weigh 7/8 a round."""

_KEPT_WRAPPERS: Final = 64
_OLDEST: Final = 40
_BLAME: Final = 2
_TEACHING: Final = frozenset(("broke", "held"))


class Attempt(NamedTuple):
    """What one trial of an earlier round came to."""

    trial: str
    round: int
    case: str
    channel: str
    threat: str
    mutation: tuple[str, ...]
    outcome: str
    partial: float = 0.0

    @property
    def score(self) -> int:
        """Return how well it went, in thousandths: a near miss counts for half of what it reached."""
        if self.outcome == "broke":
            return 1000
        return int(min(1.0, self.partial) * 500) if self.partial > 0 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A trial for which a mutation is wanted; `id` may not depend on the mutation."""

    id: str
    case: str
    steps: Steps
    threat: str = ""
    round: int = 1

    @property
    def channel(self) -> str:
        """Return the channel through which the attack enters."""
        return channel_of(self.steps).value


class Tally(NamedTuple):
    """Weighted successes and attempts, in thousandths of `UNIT`."""

    won: int = 0
    tried: int = 0


class Key(NamedTuple):
    """What a tally is about: an arm, and the channel, threat or case, where it is narrowed to one."""

    arm: str
    channel: str = ""
    threat: str = ""
    case: str = ""


@dataclass(frozen=True, kw_only=True)
class History:
    """All that earlier rounds taught."""

    tallies: Mapping[Key, Tally]
    attempts: tuple[Attempt, ...]

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Return the names of the mutations of two converters that were tried anywhere."""
        return frozenset(key.arm for key in self.tallies if "+" in key.arm)

    @cached_property
    def held(self) -> Mapping[str, Mapping[str, int]]:
        """Return how often each mutation held on a case, for those that never came near to breaking it."""
        counts: dict[str, dict[str, int]] = {}
        won = {(one.case, arm(one.mutation)) for one in self.attempts if one.score}
        for attempt in self.attempts:
            name = arm(attempt.mutation)
            if (attempt.case, name) not in won:
                own = counts.setdefault(attempt.case, {})
                own[name] = own.get(name, 0) + 1
        return MappingProxyType(counts)

    @cached_property
    def wrappers(self) -> Mapping[Key, tuple[Attempt, ...]]:
        """Return the attempts with a wrapper, the best first, by case and by channel."""
        found: dict[Key, list[Attempt]] = {}
        for attempt in sorted(self.attempts, key=lambda one: (-one.score, *_place(one))):
            if any(parsed(name).name == "slots" for name in attempt.mutation):
                found.setdefault(Key("slots", case=attempt.case), []).append(attempt)
                found.setdefault(Key("slots", channel=attempt.channel), []).append(attempt)
        return MappingProxyType({key: tuple(islice(best, _KEPT_WRAPPERS)) for key, best in found.items()})


def learned(attempts: Iterable[Attempt], hiding: Collection[str] = ()) -> History:
    """Return what the attempts of all earlier rounds teach; unsure ones and errors teach nothing.

    `hiding` names the converters inside which another is out of sight.
    """
    kept = sorted((one for one in attempts if one.outcome in _TEACHING), key=_place)
    last = kept[-1].round if kept else 0
    failed = {(one.case, arm(one.mutation)) for one in kept if len(one.mutation) == 1 and not one.score}
    found: dict[Key, list[int]] = {}
    for attempt in kept:
        age = min(_OLDEST, last - attempt.round)
        weight = UNIT * 7**age // 8**age
        for share, key in _keys(attempt, hiding, failed):
            tally = found.setdefault(key, [0, 0])
            tally[0] += weight * attempt.score // share
            tally[1] += weight * 1000 // share
    tallies = {key: Tally(won, tried) for key, (won, tried) in found.items()}
    return History(tallies=MappingProxyType(tallies), attempts=tuple(kept))


def in_sight(mutation: tuple[str, ...], hiding: Collection[str]) -> tuple[str, ...]:
    """Return the converters of a mutation that a victim sees which undoes none of them."""
    names = tuple(parsed(name).name for name in mutation)
    return names[1:] if len(names) > 1 and names[1] in hiding else names


def arm(names: tuple[str, ...]) -> str:
    """Return the name under which a mutation is tallied: its converters without their parameters."""
    return "+".join(parsed(name).name for name in names)


def _place(attempt: Attempt) -> tuple[int, str, tuple[str, ...], str]:
    """Return what orders attempts, whichever came first."""
    return attempt.round, attempt.trial, attempt.mutation, attempt.outcome


def _keys(attempt: Attempt, hiding: Collection[str], failed: Collection[tuple[str, str]]) -> Iterator[tuple[int, Key]]:
    """Yield every tally that an attempt counts for, and by which share: together, and one by one what was in sight.

    A part of what failed is blamed by half, since the other may have spoilt it. A part of what broke is not
    credited where it had failed alone on this very case: then the two did it together.
    """
    whole = arm(attempt.mutation)
    shares = {whole: 1}
    for name in in_sight(attempt.mutation, hiding):
        if not (attempt.score and (attempt.case, name) in failed):
            shares.setdefault(name, 1 if attempt.score else _BLAME)
    for name, share in shares.items():
        yield share, Key(name)
        yield share, Key(name, attempt.channel)
        yield share, Key(name, attempt.channel, attempt.threat)
        yield share, Key(name, case=attempt.case)
