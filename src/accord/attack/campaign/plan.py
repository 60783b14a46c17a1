"""Decides everything that will be sent before anything is: same cases, target, seed and options, same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

from accord.attack.campaign import pursuit
from accord.attack.campaign.applicable import misfit
from accord.attack.campaign.order import Options, Scope
from accord.attack.campaign.script import offered, script, tokens_of
from accord.attack.judging.pools import Standard, planned_each
from accord.attack.mutators.converter import Converter
from accord.case.identity import identity
from accord.core.campaign import Inapplicable, Plan, PlannedTrial, TrialKind
from accord.core.canon import Digest, canonical
from accord.core.case import Case, Step
from accord.core.errors import ManifestError

_ANSWER_TOKENS: Final = 256
"""Tokens of one answer, where nobody knows better."""

_SECONDS: Final = 1.0
"""Seconds of one request, where nobody knows better."""

_MOST_ADDED: Final = 8
"""Turns that converters may add to a case."""

_FIRST_ROUND: Final = 5
_SINGLY: Final = 8
_TOGETHER: Final = 4


class _Fitting(NamedTuple):
    """A case that fits, with its identity and how many trials it gets."""

    case: Case
    id: Digest
    trials: int


def plan(cases: Iterable[Case], scope: Scope, options: Options, kit: Mapping[str, Converter]) -> Plan:
    """Return what a campaign will send, in order.

    Raises `ManifestError` when two cases of one name are different attacks, since results are told by name.
    """
    fitting: list[Case] = []
    unfit: list[Inapplicable] = []
    for case in _distinct(cases):
        reason = misfit(case, scope)
        if reason:
            unfit.append(
                Inapplicable(case=case.name, reason=reason, id=identity(case), threat=case.threat, tlp=case.tlp)
            )
        else:
            fitting.append(case)
    known = {identity(case): case for case in fitting}
    each = planned_each(known, standard(options))
    chosen = tuple(_Fitting(case, digest, each[digest]) for digest, case in known.items())
    trials = tuple(_trials(chosen, scope, options, kit))
    lines = b"".join(plan_lines(trials))
    requests = sum(trial.requests for trial in trials)
    tokens = _tokens(trials, chosen)
    return Plan(
        id=Digest("sha256:" + hashlib.sha256(lines).hexdigest()),
        seed=options.seed,
        trials=trials,
        not_applicable=tuple(unfit),
        tokens=tokens,
        money=round(tokens * (options.spending.price or 0.0) / 1_000_000, 6),
        minutes=round(requests * _SECONDS / options.concurrency / 60, 4),
    )


def standard(options: Options) -> Standard:
    """Return what the tally measures a campaign against."""
    return Standard(max_asr=options.max_asr, trials=options.trials)


def plan_lines(trials: Iterable[PlannedTrial]) -> Iterator[bytes]:
    """Yield the line of each planned trial in `plan.jsonl`; the digest of all of them names the plan."""
    for trial in trials:
        yield canonical(trial) + b"\n"


def rounds(trials: Sequence[PlannedTrial]) -> tuple[range, ...]:
    """Return the positions of each round; trials stand in the order of their rounds."""
    starts = [at for at, trial in enumerate(trials) if at == 0 or trial.round != trials[at - 1].round]
    return tuple(range(start, end) for start, end in pairwise([*starts, len(trials)]))


def _distinct(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield each attack once; found twice, it is one case."""
    known: dict[str, Digest] = {}
    seen: set[Digest] = set()
    for case in cases:
        digest = identity(case)
        if known.setdefault(case.name, digest) != digest:
            message = f"two different cases are named {case.name!r}"
            raise ManifestError(message, hint="rename one of them", code="ACC-E653")
        if digest not in seen:
            seen.add(digest)
            yield case


def _trials(
    chosen: Sequence[_Fitting], scope: Scope, options: Options, kit: Mapping[str, Converter]
) -> Iterator[PlannedTrial]:
    kinds = (TrialKind.ATTACK, TrialKind.CONTROL)
    most = max((fit.trials for fit in chosen), default=0)
    for number in range(most):
        turn = ((fit, kind) for fit in chosen if number < fit.trials for kind in kinds)
        yield from (_trial(fit, kind, number, scope=scope, options=options, kit=kit) for fit, kind in turn)


def _trial(
    fit: _Fitting, kind: TrialKind, number: int, *, scope: Scope, options: Options, kit: Mapping[str, Converter]
) -> PlannedTrial:
    is_led = pursuit.leads(fit.case, kind, number, options)
    way = pursuit.CRESCENDO if is_led else "auto" if options.mutate else "none"
    named = hashlib.sha256(f"{fit.id}/{kind}/{number}/{way}".encode()).hexdigest()[:24]
    begun = PlannedTrial(
        id=named,
        case=fit.case.name,
        case_id=fit.id,
        kind=kind,
        number=number,
        requests=0,
        round=_round(number, options),
        vars=tokens_of(fit.case, options.seed, named),
        task=number,
    )
    said = script(fit.case, begun, scope, seed=options.seed, kit=kit)
    is_open = options.mutate and begun.round > 0 and kind is TrialKind.ATTACK
    turns = pursuit.turns(said.turns) if is_led else said.turns + (_MOST_ADDED if is_open else 0)
    each = 1 + (scope.rounds_of_tools if offered(fit.case, scope) else 0)
    mutation = (pursuit.CRESCENDO,) if is_led else ()
    return replace(begun, requests=turns * each, sends=None if is_open else said.sends, mutation=mutation)


def _round(number: int, options: Options) -> int:
    """Return in which round a trial is: all at once where nothing is learned, else what is learned from comes first."""
    if options.mutate:
        return number if number < _SINGLY else _SINGLY + (number - _SINGLY) // _TOGETHER
    return 0 if options.trials is not None or number < _FIRST_ROUND else 1


def _tokens(trials: Iterable[PlannedTrial], chosen: Iterable[_Fitting]) -> int:
    size = {fit.id: sum(map(len, map(_said, fit.case.steps))) // 4 + 1 for fit in chosen}
    return sum(trial.requests * (size[trial.case_id] + _ANSWER_TOKENS) for trial in trials)


def _said(step: Step) -> str:
    return step.deliver.text if step.deliver else str(step.ask)
