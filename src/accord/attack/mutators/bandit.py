"""Thompson sampling over converters and pairs: Beta posteriors pooled over cases, channels and threats.

What is wanted is the first break of each case. So a mutation counts for all that it tries at once: two converters that
are both in sight are two chances in one attempt. What held on this very case waits until the rest was tried.

All numbers are whole and every draw comes from an HMAC, so the same seed and the same results choose the same
mutation on every machine: a Beta(a, b) draw with whole a, b is the a-th smallest of a + b - 1 uniform numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from accord.attack.mutators.converter import Converter, Family, Wording, compose
from accord.attack.mutators.history import UNIT, History, Key, Slot, Tally, in_sight
from accord.attack.mutators.search import NAME as SEARCHED
from accord.attack.mutators.search import choose as search

_DOUBT: Final = 3
"""Failures that are believed in before any was seen; a converter says how many successes."""

_PAIR_DOUBT: Final = 7
"""The same of what two converters do together and neither does alone, once a pair was tried."""

_SURPRISE: Final = 10
"""A pair that was never tried does something together by a chance between 0 and one in so many."""

_SHARP: Final = 3
"""How many times beliefs and attempts are counted in a draw: more makes for less chance in it."""

_CEILING: Final = 48
"""Attempts that a posterior holds at most: what was learned long ago can be unlearned."""

_POOLED: Final = (2, 1, 1, 1)
"""How often an attempt counts that was on this case, threat and channel, channel, or anywhere."""

_HELD_ALONE: Final = 3
_HELD_IN_PAIR: Final = 1
"""By how many powers of two a converter's chance falls with each attempt that held on this very case."""

_DEARER: Final = 14
_SPOILT: Final = 15
"""What is left, in sixteenths, of the chance of what takes more turns, and of a pair, which may spoil one another."""

_ONE: Final = 1 << 64
_ORDER: Final = tuple(Family)


class _Place(NamedTuple):
    """Where a mutation is wanted: what is known, what may be used, and the key of all draws."""

    slot: Slot
    history: History
    kit: Mapping[str, Converter]
    key: bytes


class _Pair(NamedTuple):
    """Two converters in the order in which they compose, and those of them that are in sight."""

    names: tuple[str, str]
    seen: tuple[str, ...]
    told: str


def choose(seed: int, slot: Slot, history: History, kit: Mapping[str, Converter]) -> tuple[str, ...]:
    """Return the converters for one trial, which all apply to its steps; nothing in round 0.

    The choice depends on the arguments alone: neither on the order in which results came nor on other trials.
    """
    if slot.round == 0:
        return ()
    key = hmac.digest(str(seed).encode(), f"choose\0{slot.round}\0{slot.id}".encode("utf-8", "replace"), "sha256")
    place = _Place(slot, history, kit, key)
    probe = Wording(key=key)
    chances = dict(_chances(place))
    for names in sorted(chances, key=lambda names: (-chances[names], names)):
        told = tuple(search(seed, slot, history, kit)[0] if name == SEARCHED else name for name in names)
        if compose(told, slot.steps, probe, kit) is not None:
            return told
    return ()


def paired(first: str, second: str, kit: Mapping[str, Converter]) -> tuple[str, ...]:
    """Return two converters in the order in which they compose, or nothing where they are of one family."""
    places = [_ORDER.index(kit[name].family) for name in (first, second)]
    if places[0] == places[1]:
        return ()
    return (first, second) if places[0] < places[1] else (second, first)


def hiding(kit: Mapping[str, Converter]) -> frozenset[str]:
    """Return the names of the converters inside which another is out of sight."""
    return frozenset(name for name, converter in kit.items() if converter.hides)


def _chances(place: _Place) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield every mutation with a draw of the chance, out of 2^64, that it breaks this case."""
    kit, held = place.kit, _held(place)
    single = {
        name: _draw(name, place, successes=kit[name].prior if name else 1, failures=_DOUBT) >> held.get(name, 0)
        for name in ("", *kit)
    }
    for name, chance in single.items():
        yield ((name,) if name else ()), chance * _worth(name, kit) // 16
    pairs = _pairs(tuple((name, converter.family, converter.hides) for name, converter in kit.items()))
    noise = struct.unpack(f">{len(pairs)}Q", hashlib.shake_256(place.key + b"pairs").digest(8 * len(pairs)))
    own = place.history.held.get(place.slot.case, {})
    for pair, drawn in zip(pairs, noise, strict=True):
        known = pair.told in place.history.pairs
        both = _draw(pair.told, place, successes=1, failures=_PAIR_DOUBT) if known else drawn // _SURPRISE
        missed = _ONE - (both >> _HELD_ALONE * own.get(pair.told, 0))
        for name in pair.seen:
            missed = missed * (_ONE - single[name]) >> 64
        yield pair.names, (_ONE - missed) * _SPOILT * _worth(pair.names[1], kit) // 256


def _worth(name: str, kit: Mapping[str, Converter]) -> int:
    return _DEARER if name and kit[name].family is Family.TURNS else 16


def _held(place: _Place) -> Mapping[str, int]:
    """Return by how many powers of two each converter's chance falls, for what held on this very case.

    The search has another wrapper each time, so an attempt of it says a third as much.
    """
    hidden = hiding(place.kit)
    falls: dict[str, int] = {}
    for told, count in place.history.held.get(place.slot.case, {}).items():
        seen = in_sight(tuple(told.split("+")), hidden)
        fall = _HELD_IN_PAIR if "+" in told else _HELD_ALONE
        for name in seen:
            falls[name] = falls.get(name, 0) + fall * count
    return {name: fall // 3 if name == SEARCHED else fall for name, fall in falls.items()}


@lru_cache(maxsize=8)
def _pairs(arms: tuple[tuple[str, Family, bool], ...]) -> tuple[_Pair, ...]:
    """Return every two converters that compose, the inner one first."""
    return tuple(
        _Pair((one, two), (two,) if hides else (one, two), f"{one}+{two}")
        for one, inner, _ in arms
        for two, outer, hides in arms
        if _ORDER.index(inner) < _ORDER.index(outer)
    )


def _evidence(arm: str, place: _Place) -> Tally:
    """Return what is known of an arm here: what happened nearer to this trial counts more often."""
    won = tried = 0
    slot = place.slot
    keys = (
        Key(arm, case=slot.case), Key(arm, slot.channel, slot.threat), Key(arm, slot.channel), Key(arm)
    )  # fmt: skip
    for weight, key in zip(_POOLED, keys, strict=True):
        tally = place.history.tallies.get(key)
        if tally is not None:
            won += weight * tally.won
            tried += weight * tally.tried
    return Tally(won, tried)


def _draw(arm: str, place: _Place, *, successes: int, failures: int) -> int:
    """Return a draw from the Beta posterior of an arm, as a number of 64 bits."""
    whole = UNIT * 1000
    won, tried = _evidence(arm, place)
    if tried > _CEILING * whole:
        won, tried = won * _CEILING * whole // tried, _CEILING * whole
    wins = _SHARP * successes + (2 * _SHARP * won + whole) // (2 * whole)
    losses = _SHARP * failures + (2 * _SHARP * (tried - won) + whole) // (2 * whole)
    count = wins + losses - 1
    stream = hashlib.shake_256(place.key + arm.encode()).digest(8 * count)
    numbers: tuple[int, ...] = struct.unpack(f">{count}Q", stream)
    return sorted(numbers)[wins - 1]
