"""Thompson sampling over converters: draws from Beta posteriors, pooled over cases, channels and threats.

All numbers are whole and every draw comes from an HMAC, so the same seed and the same results choose the same
mutation on every machine: a Beta(a, b) draw with whole a, b is the a-th smallest of a + b - 1 uniform numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from accord.attack.mutators.converter import Converter, Family, Wording, compose
from accord.attack.mutators.history import UNIT, History, Key, Slot, Tally
from accord.attack.mutators.search import NAME as SEARCHED
from accord.attack.mutators.search import choose as search

_DOUBT: Final = 3
"""Failures that are believed in before any was seen; a converter says how many successes."""

_CEILING: Final = 48
"""Attempts that a posterior holds at most: what was learned long ago can be unlearned."""

_POOLED: Final = (4, 1, 1, 1)
"""How often, in halves, an attempt counts that was on this case, threat and channel, channel, or anywhere."""

_ORDER: Final = tuple(Family)


class _Place(NamedTuple):
    """Where a mutation is wanted: what is known, what may be used, and the key of all draws."""

    case: str
    channel: str
    threat: str
    tallies: Mapping[Key, Tally]
    kit: Mapping[str, Converter]
    key: bytes


def choose(seed: int, slot: Slot, history: History, kit: Mapping[str, Converter]) -> tuple[str, ...]:
    """Return the converters for one trial, which all apply to its steps; nothing in round 0.

    The choice depends on the arguments alone: neither on the order in which results came nor on other trials.
    """
    if slot.round == 0:
        return ()
    key = hmac.digest(str(seed).encode(), f"choose\0{slot.round}\0{slot.id}".encode("utf-8", "replace"), "sha256")
    place = _Place(slot.case, slot.channel, slot.threat, history.tallies, kit, key)
    probe = Wording(key=key)
    for names in _ranked(place):
        if _is_stale(names, place):
            continue
        told = tuple(search(seed, slot, history, kit)[0] if name == SEARCHED else name for name in names)
        if compose(told, slot.steps, probe, kit) is not None:
            return told
    return ()


def _ranked(place: _Place) -> Iterator[tuple[str, ...]]:
    """Yield mutations by the draws of their converters, the highest first: each with its partner, then alone."""
    arms = ("", *place.kit)
    draws = {arm: _draw(_evidence(arm, place), place, arm, arm) for arm in arms}
    for first in sorted(arms, key=lambda arm: (-draws[arm], arm)):
        alone = (first,) if first else ()
        yield from dict.fromkeys((_with_partner(first, place) if first else alone, alone))


def _is_stale(names: tuple[str, ...], place: _Place) -> bool:
    """Tell whether a mutation never broke this very case; then it is tried again one time in four, as answers vary.

    The search has another wrapper each time, so it is never stale.
    """
    name = "+".join(names)
    tally = place.tallies.get(Key(name, case=place.case), Tally())
    again = hmac.digest(place.key, b"again\0" + name.encode(), "sha256")[0] < 64
    return bool(tally.tried) and not tally.won and SEARCHED not in names and not again


def _with_partner(first: str, place: _Place) -> tuple[str, ...]:
    """Return the converter alone, or with the partner whose draw, as a pair, beats it."""
    best = _draw(_evidence(first, place), place, first, f"{first}|alone")
    chosen: tuple[str, ...] = (first,)
    for other in place.kit:
        pair = paired(first, other, place.kit)
        if not pair:
            continue
        name = "+".join(pair)
        together, beside = _evidence(name, place), _evidence(other, place)
        evidence = Tally(together.won + beside.won // 4, together.tried + beside.tried // 4)
        drawn = _draw(evidence, place, other, name)
        if drawn > best:
            best, chosen = drawn, pair
    return chosen


def paired(first: str, second: str, kit: Mapping[str, Converter]) -> tuple[str, ...]:
    """Return two converters in the order in which they compose, or nothing where they are of one family."""
    places = [_ORDER.index(kit[name].family) for name in (first, second)]
    if places[0] == places[1]:
        return ()
    return (first, second) if places[0] < places[1] else (second, first)


def _evidence(arm: str, place: _Place) -> Tally:
    """Return what is known of an arm here: what happened nearer to this trial counts more often."""
    won = tried = 0
    keys = (
        Key(arm, case=place.case), Key(arm, place.channel, place.threat), Key(arm, place.channel), Key(arm)
    )  # fmt: skip
    for weight, key in zip(_POOLED, keys, strict=True):
        tally = place.tallies.get(key)
        if tally is not None:
            won += weight * tally.won
            tried += weight * tally.tried
    return Tally(won // 2, tried // 2)


def _draw(evidence: Tally, place: _Place, arm: str, label: str) -> int:
    """Return a draw from the Beta posterior of an arm, as a number of 64 bits."""
    whole = UNIT * 1000
    won, tried = evidence
    if tried > _CEILING * whole:
        won, tried = won * _CEILING * whole // tried, _CEILING * whole
    wins = (place.kit[arm].prior if arm else 1) + (2 * won + whole) // (2 * whole)
    losses = _DOUBT + (2 * (tried - won) + whole) // (2 * whole)
    count = wins + losses - 1
    stream = hashlib.shake_256(place.key + label.encode()).digest(8 * count)
    numbers: tuple[int, ...] = struct.unpack(f">{count}Q", stream)
    return sorted(numbers)[wins - 1]
