"""Who decides what a program cannot: the judge of a campaign with its calibration, and persons who overrule."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from accord.attack.campaign.order import Order
from accord.attack.campaign.trial import Decide, by_oracle
from accord.attack.judging.calibration import Calibrated, Identity
from accord.attack.judging.judge import Judge, identity_of
from accord.attack.judging.overruling import Ruled, apply
from accord.core.campaign import TrialResult
from accord.core.system import Level
from accord.record.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """Where calibrations and overrules lie, whose word counts, and what day it is."""

    state: Path
    now: datetime
    trust: Trust = field(default_factory=Trust)
    environ: Mapping[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def seated(self, order: Order) -> AsyncIterator[Decide]:
        """Open the judge of an order, and give what says what a transcript shows; without a judge the oracles alone."""
        if order.options.judge is None:
            yield by_oracle
            return
        from accord.attack.judging.endpoint import address_of, asking
        from accord.attack.judging.sitting import Sitting

        where = address_of(order.options.judge)
        async with asking(where, environ=self.environ, patience=order.options.timeout) as complete:
            judge = Judge(identity=_identity(order), complete=complete)
            yield Sitting(judge, seed=order.options.seed, calibration=self._calibrated(order).calibration)

    def judge(self, order: Order) -> Calibrated | None:
        """Return what is known of the judge of an order, or None where none was asked."""
        return None if order.options.judge is None else self._calibrated(order)

    def ruled(self, campaign: str, order: Order, results: Iterable[TrialResult]) -> Ruled:
        """Return the results as persons overruled them, and what to say of it."""
        from accord.record.overrule import read_overrules

        level = order.system.profile.level if order.system else Level.BASELINE
        return apply(results, read_overrules(self.state, campaign, trust=self.trust, level=level, at=self.now))

    def _calibrated(self, order: Order) -> Calibrated:
        from accord.attack.judging.records import calibrated

        return calibrated(self.state, _identity(order), self.trust.keys(), self.now)


def _identity(order: Order) -> Identity:
    from accord.attack.judging.endpoint import address_of

    where = address_of(order.options.judge or "")
    return identity_of(where.url, where.model)
