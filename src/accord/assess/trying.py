"""Tries a case on a live target and keeps nothing: to see whether a shorter one still breaks."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

from accord.assess.campaigns import World, planned
from accord.attack.campaign.engine import Engine
from accord.attack.campaign.order import Order
from accord.attack.targets.choose import endpoint
from accord.case.minimise import Minimised, minimise_live
from accord.case.verify import verify
from accord.core.campaign import TrialKind
from accord.core.case import Case, ProofTranscripts
from accord.core.errors import ManifestError
from accord.core.trial import Transcript
from accord.record.campaigns import RUNNING, Begun, Campaigns, open_campaigns


class Told(NamedTuple):
    """Whether a case broke the target, and the transcripts that show it: of the attack, and of the honest task."""

    broke: bool
    attack: Transcript | None = None
    control: Transcript | None = None


def minimised_on(order: Order, world: World, *, tries: int) -> Minimised:
    """Shorten the one case of an order while it still breaks the target, in one of its trials at least.

    The transcripts of the last run that broke become its proof, where they verify.
    Raises `ManifestError` where the case does not break the target as it is.
    """
    return asyncio.run(_minimised(order, world, tries))


async def _minimised(order: Order, world: World, tries: int) -> Minimised:
    case, names = order.cases[0], count()
    with tempfile.TemporaryDirectory(prefix="accord-") as folder, open_campaigns(Path(folder)) as campaigns:

        async def told(shorter: Case, *, control: bool = False) -> Told:
            asked = replace(order, cases=(shorter,))
            return await _tried(asked, world, campaigns, name=f"try-{next(names)}", control=control)

        async def breaks(shorter: Case) -> bool:
            return (await told(shorter)).broke

        if not await breaks(case):
            message = f"the case {case.name!r} does not break this target"
            raise ManifestError(message, hint="give more --trials, or the target it was seen on", code="ACC-E626")
        done = await minimise_live(case, breaks, tries=tries)
        shown = await told(done.case, control=True)
    return replace(done, case=_proven(done.case, shown))


async def _tried(order: Order, world: World, campaigns: Campaigns, *, name: str, control: bool) -> Told:
    campaign = planned(order, world, name=name)
    campaigns.begin(Begun(name, campaign.plan.id, world.now, RUNNING, 0.0, b"", ""))
    wanted = (TrialKind.ATTACK, TrialKind.CONTROL) if control else (TrialKind.ATTACK,)
    root = Path(order.root) if order.root else None
    async with Engine(campaign, endpoint(order.target, root=root), campaigns) as engine:
        for at, trial in enumerate(campaign.plan.trials):
            if trial.kind in wanted:
                await engine.run(at, at + 1)
    found = {at: result.outcome for at, result in campaigns.results(name)}
    attack = next((at for at, outcome in found.items() if outcome == "broke"), None)
    served = next((at for at, outcome in found.items() if outcome == "served"), None)
    return Told(
        attack is not None,
        None if attack is None else campaigns.transcript(name, attack),
        None if served is None else campaigns.transcript(name, served),
    )


def _proven(case: Case, shown: Told) -> Case:
    """Return the case with what was seen as its proof, where that verifies, else as it is."""
    if shown.attack is None:
        return case
    control = shown.control.messages if shown.control else case.proof.control if case.proof else ()
    proven = replace(case, proof=ProofTranscripts(broke=shown.attack.messages, control=control))
    return proven if verify(proven).ok else case
