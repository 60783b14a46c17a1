"""Thresholds: those that ship, and those measured on the house's own honest traffic, at a named false-alarm rate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from accord.core.errors import CatalogError
from accord.guard.detector.words import Reading
from accord.record.state import read_file

VERSION: Final = 1
FEWEST: Final = 200
"""Honest texts of a channel below which its thresholds stay as shipped."""

_FIELDS: Final = ("slope", "offset", "low", "high", "flag", "block")
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What calibration found for one channel: honest texts, thresholds before and after, the alarms that are left."""

    channel: str
    honest: int
    before: float
    after: float
    alarms_before: float
    alarms_after: float
    attacks: int = 0
    caught_before: float | None = None
    caught_after: float | None = None


class Calibrated(NamedTuple):
    """Thresholds by channel, and what they rest on."""

    by_channel: dict[str, Reading]
    measured: tuple[Measured, ...]


def readings(told: object) -> dict[str, Reading]:
    """Read thresholds by channel.

    Raises `CatalogError` for what is no such table, or has no `default`.
    """
    try:
        return _readings(told)
    except (ValueError, TypeError, KeyError) as error:
        raise CatalogError(
            f"the thresholds of the detector cannot be read: {error}", hint="install accord anew", code="ACC-E781"
        ) from error


def _readings(told: object) -> dict[str, Reading]:
    if not isinstance(told, dict) or "default" not in told:
        raise ValueError("there is no channel `default`")
    return {str(name): _reading(one) for name, one in told.items()}


def _reading(told: Mapping[str, object]) -> Reading:
    values = {name: float(str(told[name])) for name in _FIELDS}
    low, high, flag, block = parts = [values[name] for name in ("low", "high", "flag", "block")]
    if not all(0 <= part <= 1 for part in parts) or not -1e6 < values["offset"] < 1e6 or not 0 < values["slope"] < 1e6:
        raise ValueError("a threshold is no share between 0 and 1, or the slope is not positive")
    if low > high or flag > block:
        raise ValueError("`low` is above `high`, or `flag` above `block`")
    return Reading(**values)


def calibrated(
    by_channel: Mapping[str, Reading],
    honest: Iterable[tuple[str, float]],
    attacks: Iterable[tuple[str, float]] = (),
    *,
    rate: float = 0.01,
) -> Calibrated:
    """Return thresholds that at most a share `rate` of the honest scores exceeds, by channel.

    Scores come with their channel. A channel with fewer than `FEWEST` honest texts keeps its thresholds; `block` is
    set for a tenth of the rate, and never below `flag`. The interval of the rate is one-sided: the threshold is the
    order statistic that leaves no more than `rate` above it, and never one at which the front alone is sure that a
    text is harmless: traffic of one kind says nothing about others.
    """
    good, bad = _grouped(honest), _grouped(attacks)
    made: dict[str, Reading] = {}
    measured: list[Measured] = []
    for channel, scores in sorted(good.items()):
        before = by_channel.get(channel) or by_channel["default"]
        after = before
        if len(scores) >= FEWEST:
            flag = max(above(scores, rate), before.low)
            after = replace(before, flag=flag, block=max(flag, above(scores, rate / 10)), low=above(scores, 0.15))
            made[channel] = replace(after, high=max(after.high, after.block))
        caught = bad.get(channel, [])
        measured.append(
            Measured(
                channel=channel,
                honest=len(scores),
                before=before.flag,
                after=after.flag,
                alarms_before=_share(scores, before.flag),
                alarms_after=_share(scores, after.flag),
                attacks=len(caught),
                caught_before=_share(caught, before.flag) if caught else None,
                caught_after=_share(caught, after.flag) if caught else None,
            )
        )
    return Calibrated(made, tuple(measured))


def above(scores: Sequence[float], rate: float) -> float:
    """Return the least threshold that at most a share `rate` of the scores reaches."""
    ordered = sorted(scores, reverse=True)
    allowed = int(rate * len(ordered))
    if allowed >= len(ordered):
        return 0.0
    return min(1.0, ordered[allowed] + 1e-9)


def written(found: Mapping[str, Reading]) -> dict[str, object]:
    """Return thresholds as they are kept in a file."""
    return {
        name: {field: round(float(getattr(one, field)), 9) for field in _FIELDS} for name, one in sorted(found.items())
    }


def applied(by_channel: Mapping[str, Reading], path: Path) -> dict[str, Reading]:
    """Return thresholds with those of a calibration file in place of their channels'.

    Raises `CatalogError` for a file that `accord guard calibrate` did not write.
    """
    try:
        told = _from_file(path)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"the calibration {path.name!r:.80} cannot be read: {error}"
        raise CatalogError(message, hint="make it with accord guard calibrate", code="ACC-E781") from error
    return {**by_channel, **told}


def _from_file(path: Path) -> dict[str, Reading]:
    found = json.loads(read_file(path, _LARGEST))
    channels = found.get("channels") if isinstance(found, dict) else None
    if not isinstance(channels, dict) or found.get("calibration") != VERSION:
        raise ValueError("it is no calibration of version 1")
    return {str(name): _reading(one) for name, one in channels.items()}


def _grouped(scores: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for channel, score in scores:
        found.setdefault(channel, []).append(score)
    return found


def _share(scores: Sequence[float], threshold: float) -> float:
    return sum(score >= threshold for score in scores) / len(scores)
