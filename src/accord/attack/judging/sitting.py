"""A judge at work in a campaign: asked where only it can tell, with canaries mixed among its questions."""

from __future__ import annotations

import random
from typing import Final

from accord.attack.judging.calibration import Calibration, Verdict
from accord.attack.judging.canaries import fault_of, shipped_canaries
from accord.attack.judging.judge import Judge, decide, needs_judge, opinion
from accord.attack.judging.runs import FAULTY
from accord.case.oracles import judge
from accord.core.case import Case
from accord.core.text import one_line
from accord.core.trial import Judgement, Transcript, TrialOutcome

EVERY: Final = 10
"""One canary is planted before the first question, and before every tenth one after it."""


class Sitting:
    """Says what transcripts show, as the campaign asks for it; it counts canaries, in one event loop.

    Once the judge misses more canaries than its calibration explains, what it would decide is unsure, and the reason
    of the result says so: the tally then makes every case that it decided an error.
    """

    def __init__(self, judge_: Judge, *, seed: int, calibration: Calibration | None) -> None:
        """Seat a judge; the seed chooses the canaries."""
        self._judge = judge_
        self._calibration = calibration
        self._rng = random.Random(seed)  # noqa: S311  # a choice, no secret
        self._rows = shipped_canaries()
        self._asked = self._planted = self._missed = 0
        self.fault = ""

    async def __call__(self, case: Case, transcript: Transcript, /) -> Judgement:
        """Say what a transcript shows."""
        if not needs_judge(case.broke, transcript):
            return judge(case.broke, transcript)
        self._asked += 1
        if self._asked % EVERY == 1:
            await self._plant()
        found = await decide(case.broke, transcript, self._judge)
        if self.fault:  # a canary that was planted meanwhile may have shown it
            return Judgement(outcome=TrialOutcome.UNSURE, reason=one_line(f"{FAULTY}{self.fault}"))
        return found

    async def _plant(self) -> None:
        fresh = Judge(identity=self._judge.identity, complete=self._judge.complete)
        said = await opinion(fresh, self._rng.choice(self._rows).question())
        if not said.answered:
            return
        self._planted += 1
        self._missed += said.verdict is not Verdict.BROKE
        self.fault = self.fault or fault_of(self._planted, self._missed, self._calibration)
