"""The detector: one calibrated score for a text in its channel, by signatures, a linear front and an encoder.

Exports: `load` (the scorer of this installation), `Scorer`, `Scored`, `Reading` (thresholds of a channel). It is a
sensor: a high score lowers trust, and nothing that it says raises it.
"""

from accord.guard.detector.scorer import Scorer, load
from accord.guard.detector.words import Reading, Scored

__all__ = ["Reading", "Scored", "Scorer", "load"]
