"""What a round learns from the rounds before it: which trials need no longer run, and what the others send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from accord.attack.campaign.order import Options
from accord.attack.campaign.plan import standard
from accord.attack.campaign.pursuit import is_led
from accord.attack.judging.pools import stop
from accord.attack.mutators.bandit import choose, hiding
from accord.attack.mutators.converter import Converter, channel_of
from accord.attack.mutators.history import Attempt, Slot, learned
from accord.core.campaign import PlannedTrial, TrialKind, TrialResult
from accord.core.canon import Digest
from accord.core.case import Case


class Directions(NamedTuple):
    """What a round does: the trials by position that are not run, and the mutation of those that are."""

    stopped: frozenset[int] = frozenset()
    mutations: Mapping[int, tuple[str, ...]] = {}


def directions(
    part: range,
    trials: Sequence[PlannedTrial],
    results: Mapping[int, TrialResult],
    *,
    cases: Mapping[Digest, Case],
    options: Options,
    kit: Mapping[str, Converter],
) -> Directions:
    """Return what a round does, from the results of all rounds before it and nothing else.

    So every process that works on the round comes to the same, whatever finished first.
    """
    before = {at: result for at, result in results.items() if at < part.start}
    if not before:
        return Directions()
    ended = _ended(trials, before, cases, options)
    runs = {(trials[at].case_id, trials[at].number) for at in part if trials[at].id in ended}
    stopped = frozenset(at for at in part if (trials[at].case_id, trials[at].number) in runs)
    if not options.mutate:
        return Directions(stopped)
    history = learned(_attempts(trials, before, cases), hiding(kit))
    open_ = (at for at in part if at not in stopped and trials[at].kind is TrialKind.ATTACK and not is_led(trials[at]))
    mutations = {at: choose(options.seed, _slot(trials[at], cases), history, kit) for at in open_}
    return Directions(stopped, mutations)


def _ended(
    trials: Sequence[PlannedTrial], before: Mapping[int, TrialResult], cases: Mapping[Digest, Case], options: Options
) -> frozenset[str]:
    return stop(trials, before.values(), cases=cases, standard=standard(options))


def _attempts(
    trials: Sequence[PlannedTrial], before: Mapping[int, TrialResult], cases: Mapping[Digest, Case]
) -> Iterable[Attempt]:
    for at, result in before.items():
        trial = trials[at]
        if trial.kind is TrialKind.ATTACK and not is_led(trial):
            case = cases[trial.case_id]
            yield Attempt(
                trial=trial.id,
                round=trial.round,
                case=trial.case_id,
                channel=channel_of(case.steps),
                threat=_threat(case),
                mutation=result.mutation,
                outcome=result.outcome,
                partial=result.partial,
            )


def _slot(trial: PlannedTrial, cases: Mapping[Digest, Case]) -> Slot:
    case = cases[trial.case_id]
    return Slot(id=trial.id, case=trial.case_id, steps=case.steps, threat=_threat(case), round=trial.round)


def _threat(case: Case) -> str:
    return next(iter(case.threat.owasp), "other")
