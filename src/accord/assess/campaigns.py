"""A campaign from its order to its report: plan, keep, run as a durable job, tally."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from accord.assess.jobs import Stop, Units, Whereabouts, owned, pull, run_job
from accord.assess.jury import Court
from accord.attack.campaign import loop
from accord.attack.campaign.budget import Spending
from accord.attack.campaign.engine import Campaigning, Engine
from accord.attack.campaign.order import Order, attacks, scope_of
from accord.attack.campaign.plan import plan, rounds, standard
from accord.attack.campaign.pursuit import attacking
from accord.attack.judging.pools import Pool
from accord.attack.judging.tally import tally
from accord.attack.mutators.kit import kit
from accord.attack.targets.choose import endpoint, rounds_of_tools
from accord.attack.targets.line import Endpoint
from accord.case.identity import identity
from accord.core.campaign import Campaign, CaseTally, Exhibit, PlannedTrial, PoolTally, TrialKind, TrialResult
from accord.core.canon import canonical
from accord.core.errors import ManifestError, RecordError
from accord.core.system import TargetSpec
from accord.record.campaign_files import write_campaign
from accord.record.campaigns import FINISHED, RUNNING, STOPPED, Begun, Campaigns, open_campaigns
from accord.record.codec import from_json
from accord.record.keys import signing_key
from accord.record.trust import Trust

UNIT: Final = 256
"""Trials of one unit of work."""

_SHOWN: Final = 3  # transcripts of a case that a report shows
_MOST_SHOWN: Final = 400
_LARGEST: Final = 256 << 20
_SPAN: Final = 200  # characters of what shows that a case broke; the store has the rest

Seen = Callable[[TrialResult], None]

Limits = Callable[[TargetSpec], Spending]
"""Returns what may be spent on a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where campaigns are kept and what stands around them."""

    state: Path
    now: datetime
    database: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = field(default_factory=Trust)
    plugins: frozenset[str] = frozenset()
    seen: Seen = field(default=lambda _result: None)

    @property
    def court(self) -> Court:
        """Return who decides what a program cannot."""
        return Court(state=self.state, now=self.now, trust=self.trust, environ=self.environ)


class Ended(NamedTuple):
    """A campaign that ended or was stopped: its report, its plan, and every result by its position in the plan."""

    campaign: Campaign
    trials: Sequence[PlannedTrial]
    results: Mapping[int, TrialResult]


def planned(order: Order, world: World, *, name: str = "") -> Campaigning:
    """Return a campaign with its plan; nothing is sent and nothing is kept."""
    return _campaigning(name, order, _reached(order), world)


def begin(order: Order, world: World) -> Campaigning:
    """Plan a campaign and keep it, so that it can be gone on with; it is named by its plan, and the so-many-th of it.

    Raises `ManifestError` when no case applies.
    """
    campaign = planned(order, world)
    if not campaign.plan.trials:
        told = campaign.plan.not_applicable[0].reason if campaign.plan.not_applicable else "there are no cases"
        raise ManifestError(f"nothing can be attacked: {told}", hint="see accord attack plan", code="ACC-E658")
    begun = Begun("", campaign.plan.id, world.now, RUNNING, 0.0, canonical(order), "")
    with open_campaigns(world.state, url=world.database) as campaigns, owned(Whereabouts(world.state, world.database)):
        names = (f"{campaign.plan.id[7:19]}-{number}" for number in count(1))
        return campaign._replace(id=next(name for name in names if campaigns.begin(begun._replace(id=name))))


def unfinished(world: World, ref: str | None = None, *, limits: Limits | None = None) -> Campaigning:
    """Return the newest unfinished campaign, or the one that `ref` names; with other `limits`, where they are given.

    Raises `ManifestError` where there is none, `RecordError` when its plan comes out different now.
    """
    with open_campaigns(world.state, url=world.database) as campaigns:
        begun = campaigns.find(ref, unfinished=True)
    if begun is None:
        what = "no unfinished campaign" if ref is None else f"no unfinished campaign {ref[:40]!r}"
        raise ManifestError(f"there is {what} in the state folder", hint="accord attack run", code="ACC-E659")
    campaign = _kept(begun, world)
    if limits is None:
        return campaign
    order = campaign.order
    options = replace(order.options, spending=limits(order.target))
    return campaign._replace(order=replace(order, options=options))


def run(campaign: Campaigning, world: World) -> Ended:
    """Run a campaign, or go on with it, to its end or until it has to stop; then tally what is on record."""
    with open_campaigns(world.state, url=world.database) as campaigns:
        started, state, reason = time.monotonic(), STOPPED, "it was broken off"
        try:
            stop = loop.run(_run(campaign, campaigns, world))
            state, reason = (STOPPED, stop.message) if stop else (FINISHED, "")
        finally:
            campaigns.end(campaign.id, state, seconds=round(time.monotonic() - started, 3), reason=reason)
        return concluded(campaign, campaigns, world)


def reported(world: World, ref: str | None = None) -> Ended:
    """Return what a campaign came to, from the record and what persons have overruled since; nothing is sent.

    Raises `ManifestError` where there is none.
    """
    with open_campaigns(world.state, url=world.database) as campaigns:
        begun = campaigns.find(ref)
        if begun is None:
            raise ManifestError("there is no such campaign", hint="accord attack run", code="ACC-E659")
        return concluded(_kept(begun, world), campaigns, world)


async def _run(campaign: Campaigning, campaigns: Campaigns, world: World) -> Stop | None:
    where = Whereabouts(world.state, world.database, f"campaign-{campaign.id}" if world.database else "local")
    alone = campaign.order.options.spending.limited  # a budget that several processes spend is not hard
    async with AsyncExitStack() as opened:
        engine = await _engine(campaign, campaigns, world, opened)

        async def work(_job: str, first: int, last: int) -> None:
            await engine.run(first, last)

        return await run_job(where, campaign.id, units(campaign), work, shared=not alone)


async def _engine(campaign: Campaigning, campaigns: Campaigns, world: World, opened: AsyncExitStack) -> Engine:
    decide = await opened.enter_async_context(world.court.seated(campaign.order))
    attacker = await opened.enter_async_context(attacking(campaign.order.options, world.environ))
    reached = _reached(campaign.order)
    engine = Engine(campaign, reached, campaigns, seen=world.seen, decide=decide, attacker=attacker)
    return await opened.enter_async_context(engine)


def work(world: World, *, name: str, idle: float) -> int:
    """Run units of campaigns that other processes began on the same PostgreSQL, and return how many trials ran.

    Ends after `idle` seconds without work. Raises `ManifestError` where no database is named.
    """
    if world.database is None:
        message = "workers need a database that they share"
        raise ManifestError(message, hint="set ACCORD_DATABASE to a PostgreSQL address", code="ACC-E658")
    return loop.run(_work(world, world.database, name=name, idle=idle))


async def _work(world: World, database: str, *, name: str, idle: float) -> int:
    with open_campaigns(world.state, url=database) as campaigns:
        async with AsyncExitStack() as opened:
            crew = _Crew(world, campaigns, opened)
            await pull(Whereabouts(world.state, database, name), crew.run, crew.idle(idle))
            return crew.trials


class _Crew:
    """The engines of one worker, each opened when the first unit of its campaign comes."""

    def __init__(self, world: World, campaigns: Campaigns, opened: AsyncExitStack) -> None:
        self.trials = 0
        self._world = world
        self._campaigns = campaigns
        self._opened = opened
        self._engines: dict[str, Engine] = {}
        self._making = asyncio.Lock()
        self._busy = 0
        self._last = time.monotonic()

    async def run(self, campaign: str, first: int, last: int) -> None:
        """Run a unit of a campaign."""
        self._busy += 1
        try:
            engine = await self._engine(campaign)
            self.trials += await engine.run(first, last)
        finally:
            self._busy -= 1
            self._last = time.monotonic()

    async def idle(self, seconds: float) -> None:
        """Return when nothing was to be done for so long."""
        while self._busy or time.monotonic() - self._last < seconds:  # noqa: ASYNC110  # time that passes is no event
            await asyncio.sleep(min(0.2, seconds))

    async def _engine(self, name: str) -> Engine:
        async with self._making:
            if name not in self._engines:
                begun = self._campaigns.find(name)
                if begun is None:
                    raise RecordError(f"the campaign {name} is not in the store", code="ACC-E530")
                campaign = _kept(begun, self._world)
                self._engines[name] = await _engine(campaign, self._campaigns, self._world, self._opened)
            return self._engines[name]


def units(campaign: Campaigning) -> Units:
    """Return the units of each round of a campaign: ranges of at most 256 trials."""
    return [
        [(start, min(start + UNIT, part.stop)) for start in range(part.start, part.stop, UNIT)]
        for part in rounds(campaign.plan.trials)
    ]


def concluded(campaign: Campaigning, campaigns: Campaigns, world: World) -> Ended:
    """Return what a campaign came to, from the record; one against a manifest is signed, so that a gate can use it."""
    begun = campaigns.find(campaign.id)
    if begun is None:
        raise RecordError(f"the campaign {campaign.id} is not in the store", code="ACC-E530")
    results = dict(campaigns.results(campaign.id))
    judge = world.court.judge(campaign.order)
    ruled = world.court.ruled(campaign.id, campaign.order, results.values())
    counted = tally(campaign.plan.trials, ruled.results, campaign.cases, standard(campaign.order.options), judge)
    requests, tokens = campaigns.spent(campaign.id)
    price = campaign.order.options.spending.price or 0.0
    exhibits = tuple(_exhibits(campaign, campaigns, results))
    report = Campaign(
        campaign=campaign.id,
        plan=campaign.plan.id,
        seed=campaign.plan.seed,
        target=campaign.scope.target,
        created=begun.created,
        trials=sum(_is_attack(campaign, at) for at in results),
        requests=requests,
        seconds=begun.seconds,
        outcomes=counted.counts,
        cases=tuple(_sighted(case, exhibits) for case in counted.cases),
        gate=counted.gate,
        planned=sum(trial.kind is TrialKind.ATTACK for trial in campaign.plan.trials),
        tokens=tokens,
        money=round(tokens * price / 1_000_000, 6),
        not_applicable=campaign.plan.not_applicable,
        at=counted.at,
        system=campaign.order.system.system.id if campaign.order.system else "",
        subject=campaign.order.subject,
        max_asr=campaign.order.options.max_asr,
        mutated=campaign.order.options.mutate,
        pools=tuple(_pool(pool) for pool in counted.pools),
        stopped="" if begun.state == FINISHED else begun.reason or "it was broken off",
        overruled=ruled.told,
        judge="" if judge is None else judge.objection or judge.fault or f"{campaign.order.options.judge} may gate",
        exhibits=exhibits,
    )
    if campaign.order.system is not None:
        write_campaign(world.state, report, signing_key(world.state, world.environ))
    return Ended(report, campaign.plan.trials, results)


def _pool(pool: Pool) -> PoolTally:
    return PoolTally(
        name=pool.name, cases=len(pool.cases), broke=pool.broke, decided=pool.decided, upper=round(pool.upper, 6)
    )


def _sighted(case: CaseTally, exhibits: Iterable[Exhibit]) -> CaseTally:
    """Return the tally of a case with the first trial that broke, and what shows it."""
    first = next((one for one in exhibits if one.case == case.name), None)
    return replace(case, trial=first.trial, span=first.span[:_SPAN]) if first else case


def _is_attack(campaign: Campaigning, at: int) -> bool:
    return campaign.plan.trials[at].kind is TrialKind.ATTACK


def _exhibits(campaign: Campaigning, campaigns: Campaigns, results: Mapping[int, TrialResult]) -> Iterator[Exhibit]:
    """Yield the first transcripts of each case in which the attack succeeded."""
    shown: dict[str, int] = {}
    for at, result in results.items():
        trial = campaign.plan.trials[at]
        if result.outcome != "broke" or shown.get(trial.case, 0) >= _SHOWN or sum(shown.values()) >= _MOST_SHOWN:
            continue
        transcript = campaigns.transcript(campaign.id, at)
        if transcript is None:
            continue
        shown[trial.case] = shown.get(trial.case, 0) + 1
        yield Exhibit(
            trial=trial.id,
            case=trial.case,
            kind=trial.kind,
            outcome=result.outcome,
            span=result.span,
            message=result.message,
            transcript=transcript.messages,
            mutation=result.mutation,
        )


def _kept(begun: Begun, world: World) -> Campaigning:
    order = from_json(begun.order, Order, path=f"campaign {begun.id}", limit=_LARGEST)
    campaign = planned(order, world, name=begun.id)
    if campaign.plan.id != begun.plan:
        raise RecordError(
            f"the campaign {begun.id} would be planned differently now",
            hint="its target, plug-ins or this version changed: begin a new one",
            code="ACC-E537",
        )
    return campaign


def _campaigning(name: str, order: Order, reached: Endpoint, world: World) -> Campaigning:
    scope = scope_of(
        order.system,
        target=reached.name,
        capabilities=reached.capabilities,
        simulated=reached.simulated,
        rounds_of_tools=rounds_of_tools(order.target),
        model=order.target.call.openai.model if order.target.call.openai else "",
    )
    converters = kit(world.plugins)
    asked = attacks(order)
    decided = plan(asked, scope, order.options, converters)
    cases = {identity(case): case for case in asked}
    return Campaigning(name, order, decided, scope, cases, converters)


def _reached(order: Order) -> Endpoint:
    return endpoint(order.target, root=Path(order.root) if order.root else None)
