"""The words of the detector: a score with its stage and place, and what scores mean in a channel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

Stage = Literal["rules", "front", "encoder"]

STEEPEST: Final = 40.0
"""A logit further from zero than this makes no difference that a float shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """How suspicious a text is, 0 to 1, the dearest stage that was asked, and where in the original text it stands.

    `flag` is set above the channel's false-alarm rate, `block` above the rarer one at which the detector may stop by
    itself.
    """

    score: float
    stage: Stage
    start: int = 0
    end: int = 0
    flag: bool = False
    block: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What scores mean in one channel: the line that turns a logit into a probability, and the thresholds on it.

    From `low` to `high` the front is not sure and the encoder is asked; `flag` and `block` are the scores that honest
    traffic exceeds at the two named rates.
    """

    slope: float = 1.0
    offset: float = 0.0
    low: float = 0.2
    high: float = 0.98
    flag: float = 0.9
    block: float = 0.99

    def probability(self, logit: float) -> float:
        """Return the calibrated score of a logit."""
        return probability(self.slope * logit + self.offset)


def probability(logit: float) -> float:
    """Return the probability of a logit."""
    return 1.0 / (1.0 + math.exp(-min(max(logit, -STEEPEST), STEEPEST)))


def logit(chance: float) -> float:
    """Return the logit of a probability."""
    kept = min(max(chance, 1e-9), 1 - 1e-9)
    return math.log(kept / (1 - kept))
