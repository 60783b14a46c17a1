"""Runs a campaign in one process: trials by their position in the plan, each at most once, whatever was done before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Self

from accord.attack.campaign.alone import Room
from accord.attack.campaign.budget import Purse
from accord.attack.campaign.learning import Directions, directions
from accord.attack.campaign.limiter import Limiter
from accord.attack.campaign.order import Order, Scope
from accord.attack.campaign.plan import rounds
from accord.attack.campaign.pursuit import is_led, led
from accord.attack.campaign.script import Script, offered, script
from accord.attack.campaign.sending import Breaker, Patience, Sender, TrialLine
from accord.attack.campaign.trial import Decide, Ran, by_oracle, run_trial
from accord.attack.mutators.attackers import Complete
from accord.attack.mutators.converter import Converter
from accord.attack.targets.line import Endpoint, Opening
from accord.core.campaign import Plan, PlannedTrial, TrialResult
from accord.core.canon import Digest
from accord.core.case import Case
from accord.core.errors import AccordError
from accord.core.system import Tool
from accord.record.campaigns import Campaigns, Finished, Sent
from accord.record.writer import Writer

_WAITING: Final = 4
"""Trials that are begun for each request that may be in flight: some of them wait before they try again."""

Seen = Callable[[TrialResult], None]


class Campaigning(NamedTuple):
    """A campaign that is to be run: what was asked, what was planned, and what it is called."""

    id: str
    order: Order
    plan: Plan
    scope: Scope
    cases: Mapping[Digest, Case]
    kit: Mapping[str, Converter]


class Engine:
    """One process's part in a campaign. To be opened, used and closed in one event loop."""

    def __init__(
        self,
        campaign: Campaigning,
        endpoint: Endpoint,
        campaigns: Campaigns,
        *,
        seen: Seen = lambda _result: None,
        decide: Decide = by_oracle,
        attacker: Complete | None = None,
    ) -> None:
        self._campaign = campaign
        self._endpoint = endpoint
        self._campaigns = campaigns
        self._seen = seen
        self._decide = decide
        self._attacker = attacker
        self._sender: Sender | None = None
        self._room = Room()
        self._slots = asyncio.Semaphore(campaign.order.options.concurrency * _WAITING)
        self._rounds = rounds(campaign.plan.trials)
        self._tools: dict[Digest, tuple[Tool, ...]] = {}
        self._learned: dict[int, Directions] = {}
        self._stopped: AccordError | None = None

    async def __aenter__(self) -> Self:
        """Open the target and the record."""
        options = self._campaign.order.options
        begun = self._campaigns.find(self._campaign.id)
        requests, tokens = self._campaigns.spent(self._campaign.id)
        purse = Purse(options.spending, clock=time.monotonic, requests=requests, tokens=tokens)
        purse.went_before(begun.seconds if begun else 0.0)
        await self._endpoint.open()
        self._sender = Sender(
            limiter=Limiter(options.concurrency),
            purse=purse,
            patience=Patience(options.timeout),
            breaker=Breaker(options.concurrency),
            writer=Writer(self._campaigns, self._campaign.id),
            ended=asyncio.Event(),
        )
        return self

    async def __aexit__(self, *_raised: object) -> None:
        """Write what is left and let go of the target."""
        if self._sender:
            self._sender.writer.close()
        await self._endpoint.close()

    async def run(self, first: int, last: int) -> int:
        """Run the trials of a range (`last` excluded) that have come to nothing yet, and return how many ran.

        Raises `AccordError` when the campaign cannot go on; what was finished is kept.
        """
        plan, sender = self._campaign.plan, self._opened()
        done = self._campaigns.finished(self._campaign.id, first, last)
        recorded = self._campaigns.sent(self._campaign.id, first, last)
        told = self._directions(first)
        todo = [at for at in range(first, last) if at not in done and at not in told.stopped]
        try:
            async with asyncio.TaskGroup() as group:
                for at in todo:
                    await self._slots.acquire()
                    trial = _directed(plan.trials[at], told.mutations.get(at))
                    group.create_task(self._one(at, trial, recorded.get(at, ())))
        finally:
            await sender.writer.kept()
        if self._stopped is not None:
            raise self._stopped
        return len(todo)

    async def _one(self, at: int, trial: PlannedTrial, recorded: Sequence[Sent]) -> None:
        """Run a trial; what ends the campaign lets requests that are on their way come back and be recorded."""
        sender = self._opened()
        try:
            if self._stopped is not None:
                return
            line = TrialLine(sender, at, recorded, again=is_led(trial) or not self._endpoint.stateless)
            ran = await self._run(trial, line)
            sender.writer.hand(Finished(at, ran.result, ran.transcript))
            self._seen(replace(ran.result, tries=tuple(line.tries)))
        except AccordError as error:
            self._stopped = self._stopped or error
            sender.ended.set()
        finally:
            self._slots.release()

    async def _run(self, trial: PlannedTrial, line: TrialLine) -> Ran:
        campaign = self._campaign
        case = campaign.cases[trial.case_id]
        written = replace(trial, mutation=()) if is_led(trial) else trial
        said = script(case, written, campaign.scope, seed=campaign.order.options.seed, kit=campaign.kit)
        opening = Opening(trial=trial.id, vars=trial.vars, tools=self._offered(trial.case_id))
        if not self._endpoint.shared:
            return await self._conducted(case, trial, said, line, opening)
        async with self._room.alone() if _plants(said) else self._room.together():
            return await self._conducted(case, trial, said, line, opening)

    def _conducted(
        self, case: Case, trial: PlannedTrial, said: Script, line: TrialLine, opening: Opening
    ) -> Awaitable[Ran]:
        converse = led(case, self._attacker) if self._attacker and is_led(trial) else None
        return run_trial(
            case,
            trial,
            said,
            endpoint=self._endpoint,
            line=line,
            opening=opening,
            decide=self._decide,
            converse=converse,
        )

    def _offered(self, case: Digest) -> tuple[Tool, ...]:
        if case not in self._tools:
            self._tools[case] = offered(self._campaign.cases[case], self._campaign.scope)
        return self._tools[case]

    def _directions(self, first: int) -> Directions:
        """Return what the round of a position does; all rounds before it are finished."""
        campaign = self._campaign
        part = next(part for part in self._rounds if first in part)
        if part.start == 0:
            return Directions()
        if part.start not in self._learned:
            results = dict(self._campaigns.results(campaign.id))
            self._learned[part.start] = directions(
                part,
                campaign.plan.trials,
                results,
                cases=campaign.cases,
                options=campaign.order.options,
                kit=campaign.kit,
            )
        return self._learned[part.start]

    def _opened(self) -> Sender:
        if self._sender is None:
            raise RuntimeError("the engine is used before it is opened")
        return self._sender


def _directed(trial: PlannedTrial, mutation: tuple[str, ...] | None) -> PlannedTrial:
    return trial if mutation is None else replace(trial, mutation=mutation)


def _plants(said: Script) -> bool:
    return any(step.deliver is not None and step.deliver.channel != "user" for step in said.steps)
