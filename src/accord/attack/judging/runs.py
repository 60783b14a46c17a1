"""The planned runs of each case beside what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.core.campaign import PlannedTrial, TrialKind, TrialResult
from accord.core.canon import Digest

BROKE: Final = "broke"
HELD: Final = "held"
UNSURE: Final = "unsure"
ERROR: Final = "error"
SERVED: Final = "served"
NOT_SERVED: Final = "not-served"

JUDGED: Final = "judged: "
"""How the reason of a result begins that a judge decided, and no deterministic oracle."""

FAULTY: Final = "judge at fault: "
"""How the reason of a result begins that no judge could decide, because it missed its canaries."""


class Run(NamedTuple):
    """One planned run, and its result where there is one."""

    planned: PlannedTrial
    result: TrialResult | None

    @property
    def outcome(self) -> str | None:
        """Return what became of the run, or None where it has not been made."""
        return self.result.outcome if self.result else None

    @property
    def decided(self) -> bool:
        """Tell whether the run shows that the system broke or held."""
        return self.outcome in {BROKE, HELD}

    @property
    def judged(self) -> bool:
        """Tell whether a judge decided it."""
        return self.decided and self.result is not None and self.result.reason.startswith(JUDGED)

    @property
    def fault(self) -> str:
        """Return the fault of the judge that should have decided the run, or an empty text."""
        reason = self.result.reason if self.result else ""
        return reason.removeprefix(FAULTY) if reason.startswith(FAULTY) else ""


class Runs(NamedTuple):
    """All runs of one case, in the order of the plan."""

    name: str
    attacks: tuple[Run, ...]
    controls: tuple[Run, ...]


class Outcomes(NamedTuple):
    """How many runs came to what; `missing` were planned and not made."""

    hit: int
    missed: int
    unsure: int
    error: int
    missing: int

    @property
    def decided(self) -> int:
        """Return how many runs show one thing or the other."""
        return self.hit + self.missed

    @property
    def made(self) -> int:
        """Return how many runs have a result."""
        return self.decided + self.unsure + self.error

    @property
    def blank(self) -> int:
        """Return how many runs were never answered or never made."""
        return self.error + self.missing


def gathered(planned: Iterable[PlannedTrial], results: Iterable[TrialResult]) -> Mapping[Digest, Runs]:
    """Return the runs of each case, in the order in which the plan names the cases; what nobody planned is left out."""
    found: dict[str, TrialResult] = {}
    for result in results:
        found.setdefault(result.trial, result)
    names: dict[Digest, str] = {}
    attacks: dict[Digest, list[Run]] = {}
    controls: dict[Digest, list[Run]] = {}
    for trial in planned:
        names.setdefault(trial.case_id, trial.case)
        side = attacks if trial.kind is TrialKind.ATTACK else controls
        side.setdefault(trial.case_id, []).append(Run(trial, found.get(trial.id)))
    return {key: Runs(name, tuple(attacks.get(key, ())), tuple(controls.get(key, ()))) for key, name in names.items()}


def attack_outcomes(runs: Iterable[Run]) -> Outcomes:
    """Count attacks: a hit broke the system."""
    return _outcomes(runs, BROKE, HELD)


def control_outcomes(runs: Iterable[Run]) -> Outcomes:
    """Count control runs: a hit was served."""
    return _outcomes(runs, SERVED, NOT_SERVED)


def distinct(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield the decided runs of one case, identical repeats once.

    Runs that sent the same texts count as repeats when what was said was the same in all of them: a system that
    once answered differently is not the same each time, and each of its answers is news. Without a digest of
    what was said, nobody can tell, and they count once.
    """
    groups: dict[Digest | None, list[Run]] = {}
    for run in runs:
        if run.result is not None and run.outcome != ERROR:
            groups.setdefault(run.result.sends or run.planned.sends, []).append(run)
    for group in groups.values():
        decided = [run for run in group if run.decided]
        said = {run.result.transcript for run in decided if run.result}
        if len(said) > 1:
            yield from decided
        elif decided:
            yield next((run for run in decided if run.outcome == BROKE), decided[0])


def _outcomes(runs: Iterable[Run], hit: str, missed: str) -> Outcomes:
    counts = dict.fromkeys((hit, missed, UNSURE, ERROR, None), 0)
    for run in runs:
        outcome = run.outcome
        counts[outcome if outcome in counts else ERROR] += 1
    return Outcomes(counts[hit], counts[missed], counts[UNSURE], counts[ERROR], counts[None])
