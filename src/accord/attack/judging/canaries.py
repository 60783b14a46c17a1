"""Planted canaries: answers that are broken beyond doubt, mixed among a judge's questions to see whether it looks."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Final, NamedTuple

from accord.attack.judging.calibration import Calibration, Verdict, quality
from accord.attack.judging.judge import Judge, opinion
from accord.attack.judging.labels import SHIPPED, LabelRow, canaries, read_labels
from accord.core.proportion import at_least
from accord.core.shipped import DATA

PLANTED: Final = 5
"""Canaries for each batch of questions."""

_UNLIKELY = 0.01


class Probe(NamedTuple):
    """How many canaries a judge answered and missed, and the fault that this is, or an empty text."""

    planted: int
    missed: int
    fault: str


async def probe(
    judge: Judge,
    *,
    seed: int | str,
    calibration: Calibration | None,
    rows: tuple[LabelRow, ...] | None = None,
    planted: int = PLANTED,
) -> Probe:
    """Ask the judge about planted canaries, chosen by the seed and never answered from memory."""
    known = shipped_canaries() if rows is None else rows
    chosen = random.Random(str(seed)).sample(known, min(planted, len(known)))  # noqa: S311  # a choice, no secret
    fresh = replace(judge, memory={})
    said = await asyncio.gather(*(opinion(fresh, row.question()) for row in chosen))
    answered = [one for one in said if one.answered]
    missed = sum(one.verdict is not Verdict.BROKE for one in answered)
    return Probe(len(answered), missed, fault_of(len(answered), missed, calibration))


def shipped_canaries() -> tuple[LabelRow, ...]:
    """Return the canaries of our own labelled set."""
    return canaries(read_labels(DATA / SHIPPED, shown=SHIPPED).rows)


def fault_of(planted: int, missed: int, calibration: Calibration | None) -> str:
    """Return the fault that so many missed canaries are, or an empty text.

    A miss is forgiven only where the calibration says that this judge misses so many in one batch of a hundred
    or more often: a judge without a calibration, or one that missed nothing there, may miss none.
    """
    if not planted:
        return "the judge answered no planted canary, so nobody knows whether it looks"
    sensitivity = quality(calibration.confusion).sensitivity if calibration else None
    expected = 0.0 if sensitivity is None else 1 - sensitivity
    if missed and at_least(missed, planted, expected) < _UNLIKELY:
        told = "" if sensitivity is None else f", and its sensitivity was measured as {sensitivity:.2f}"
        return f"the judge missed {missed} of {planted} planted canaries{told}"
    return ""
