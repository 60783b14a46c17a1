"""A red-team campaign: what is planned, what each trial came to, and what all of them mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from accord.core.canon import Digest


class TrialKind(StrEnum):
    """Whether a run carries the attack, or is the honest task that must still be served."""

    ATTACK = "attack"
    CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrial:
    """One run that will be made.

    `id` is stable: the digest of case, kind, mutation and number, so the same trial has the same id in every plan.
    `mutation` names the converters, in the order in which they are applied. `vars` are the values of the case's
    variables, derived from the seed and `id`. `task` is the position of the honest task that is asked, where the
    case leaves it open. `sends` is the digest of every text that the run sends, in order; `requests` how many
    requests it needs at most.
    """

    id: str
    case: str
    case_id: Digest
    kind: TrialKind
    number: int
    requests: int
    sends: Digest
    mutation: tuple[str, ...] = ()
    vars: Mapping[str, str] = field(default_factory=dict)
    task: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inapplicable:
    """A case that does not fit the target, and why."""

    case: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a campaign will send, decided before anything is sent. `id` is the digest of its lines."""

    id: Digest
    seed: int
    trials: tuple[PlannedTrial, ...]
    not_applicable: tuple[Inapplicable, ...] = ()
    tokens: int = 0
    money: float = 0.0
    minutes: float = 0.0

    @property
    def requests(self) -> int:
        """Return how many requests all trials need at most, when none is answered with an error."""
        return sum(trial.requests for trial in self.trials)


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One request that was sent: the status or error that came back, the reply's own id, and the seconds it took."""

    status: int | None
    reply_id: str | None = None
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """What a planned trial came to.

    `outcome` is one of `broke`, `held`, `unsure`, `error`, for a control run of `served`, `not-served`, `unsure`,
    `error`; every request that was sent is one of `tries`, and the last one decides. `partial` (0 to 1) is how near
    an attack came, where the oracle can tell. `transcript` is the digest of the stored transcript.
    """

    trial: str
    outcome: str
    span: str = ""
    tries: tuple[Try, ...] = ()
    partial: float = 0.0
    transcript: Digest | None = None
    reason: str = ""
