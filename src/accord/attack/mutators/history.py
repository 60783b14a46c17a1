"""What earlier rounds taught: tallies in whole numbers, the same whatever the order of completion or the machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    def wrappers(self) -> Mapping[Key, tuple[Attempt, ...]]:
        """Return the attempts with a wrapper, the best first, by case and by channel."""
        found: dict[Key, list[Attempt]] = {}
        for attempt in sorted(self.attempts, key=lambda one: (-one.score, *_place(one))):
            if any(parsed(name).name == "slots" for name in attempt.mutation):
                found.setdefault(Key("slots", case=attempt.case), []).append(attempt)
                found.setdefault(Key("slots", channel=attempt.channel), []).append(attempt)
        return MappingProxyType({key: tuple(islice(best, _KEPT_WRAPPERS)) for key, best in found.items()})


def learned(attempts: Iterable[Attempt]) -> History:
    """Return what the attempts of all earlier rounds teach; unsure ones and errors teach nothing."""
    kept = sorted((one for one in attempts if one.outcome in _TEACHING), key=_place)
    last = kept[-1].round if kept else 0
    found: dict[Key, list[int]] = {}
    for attempt in kept:
        age = min(_OLDEST, last - attempt.round)
        weight = UNIT * 7**age // 8**age
        for key in _keys(attempt):
            tally = found.setdefault(key, [0, 0])
            tally[0] += weight * attempt.score
            tally[1] += weight * 1000
    tallies = {key: Tally(won, tried) for key, (won, tried) in found.items()}
    return History(tallies=MappingProxyType(tallies), attempts=tuple(kept))


def arm(names: tuple[str, ...]) -> str:
    """Return the name under which a mutation is tallied: its converters without their parameters."""
    return "+".join(parsed(name).name for name in names)


def _place(attempt: Attempt) -> tuple[int, str, tuple[str, ...], str]:
    """Return what orders attempts, whichever came first."""
    return attempt.round, attempt.trial, attempt.mutation, attempt.outcome


def _keys(attempt: Attempt) -> Iterator[Key]:
    """Yield every tally that an attempt counts for: its converters one by one, and together."""
    whole = arm(attempt.mutation)
    for name in dict.fromkeys((*(parsed(one).name for one in attempt.mutation), whole)):
        yield Key(name)
        yield Key(name, attempt.channel)
        yield Key(name, attempt.channel, attempt.threat)
        yield Key(name, case=attempt.case)
