"""Campaigns that were never run, for examples of checks: each says what came out, and the rest is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from accord.attack.judging.pools import Standard, planned_each
from accord.attack.judging.tally import tally
from accord.case.identity import identity
from accord.case.lint import load
from accord.case.receiver import open_use, received
from accord.case.suites import suite
from accord.core.campaign import (
    Campaign,
    CampaignRead,
    Inapplicable,
    PlannedTrial,
    PoolTally,
    TrialKind,
    TrialResult,
)
from accord.core.canon import Digest, digest_bytes
from accord.core.case import Case
from accord.core.finding import TrustLevel
from accord.record.codec import load as load_word

_ELSEWHERE = Digest("sha256:" + "0" * 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a file of the folder `campaigns` says: which cases ran, and the names of those that did not just hold.

    `suites` and `cases` (paths beside the file) say what ran, `only` which of them. `broke`, `unsure` and `error` say
    in how many trials; `refused` names cases whose honest tasks were not served. `trials` None gives each pool what
    it needs. `elsewhere` says that another digest was attacked, `days` how long ago it was.
    """

    suites: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    broke: Mapping[str, int] = field(default_factory=dict)
    unsure: Mapping[str, int] = field(default_factory=dict)
    error: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    trials: int | None = None
    judge: str = ""
    stopped: str = ""
    elsewhere: bool = False
    days: int = 1


def play_folder(
    folder: Path, *, system: str, subject: Digest, now: datetime, uses: tuple[str, ...] = ()
) -> tuple[CampaignRead, ...]:
    """Return the campaigns that the files of a folder describe, newest first, as if a local key had signed them.

    `uses` are those that the system's manifest prohibits.
    """
    played = (_read(path, system, subject, now, uses) for path in sorted(folder.glob("*.yaml")))
    return tuple(sorted(played, key=lambda one: one.campaign.created, reverse=True))


def play(
    name: str, played: Played, cases: tuple[Case, ...], *, system: str, subject: Digest, now: datetime
) -> Campaign:
    """Return a campaign in which cases came to what is written down, counted as real ones are."""
    unfit = [case for case in cases if case.name in played.not_applicable or open_use(case) is not None]
    known = {identity(case): case for case in cases if case not in unfit}
    standard = Standard(trials=played.trials)
    planned = tuple(_planned(name, known, planned_each(known, standard)))
    counted = tally(planned, [_result(trial, played) for trial in planned], known, standard)
    return Campaign(
        campaign=name,
        plan=digest_bytes(name.encode()),
        seed=7,
        target=system,
        created=now - timedelta(days=played.days),
        trials=sum(trial.kind is TrialKind.ATTACK for trial in planned),
        requests=len(planned),
        seconds=1.0,
        outcomes=counted.counts,
        cases=tuple(
            replace(case, trial=f"{name}-1", span="the text that shows it") if case.broke else case
            for case in counted.cases
        ),
        gate=counted.gate,
        not_applicable=tuple(
            Inapplicable(case=case.name, reason=reason, id=identity(case), threat=case.threat)
            for case in unfit
            for reason in (played.not_applicable.get(case.name, "it asks for a prohibited use"),)
        ),
        system=system,
        subject=_ELSEWHERE if played.elsewhere else subject,
        pools=tuple(
            PoolTally(name=pool.name, cases=len(pool.cases), broke=pool.broke, decided=pool.decided, upper=pool.upper)
            for pool in counted.pools
        ),
        judge=played.judge,
        stopped=played.stopped,
    )


def _read(path: Path, system: str, subject: Digest, now: datetime, uses: tuple[str, ...]) -> CampaignRead:
    played = load_word(path, Played, shown=path.name)
    found = [case for name in played.suites for case in suite(name)]
    found += [load(path.parent / name, shown=name) for name in played.cases]
    cases = tuple(case for case in received(found, uses) if not played.only or case.name in played.only)
    campaign = play(path.stem, played, cases, system=system, subject=subject, now=now)
    return CampaignRead(campaign=campaign, keyid="example", level=TrustLevel.SELF)


def _planned(name: str, cases: Mapping[Digest, Case], each: Mapping[Digest, int]) -> Iterator[PlannedTrial]:
    for key, case in cases.items():
        for number in range(each[key]):
            for kind in TrialKind:
                told = hashlib.sha256(f"{name}/{key}/{kind}/{number}".encode()).hexdigest()
                yield PlannedTrial(
                    id=told[:24], case=case.name, case_id=key, kind=kind, number=number, requests=1,
                    sends=Digest(f"sha256:{told}"),
                )  # fmt: skip


def _result(trial: PlannedTrial, played: Played) -> TrialResult:
    if trial.kind is TrialKind.CONTROL:
        served = trial.case not in played.refused
        return TrialResult(trial=trial.id, outcome="served" if served else "not-served", sends=trial.sends)
    left = trial.number
    for outcome, counts in (("broke", played.broke), ("unsure", played.unsure), ("error", played.error)):
        if left < counts.get(trial.case, 0):
            return TrialResult(trial=trial.id, outcome=outcome, sends=trial.sends)
        left -= counts.get(trial.case, 0)
    return TrialResult(trial=trial.id, outcome="held", sends=trial.sends)
