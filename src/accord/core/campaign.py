"""A red-team campaign: what is planned, what each trial came to, and what all of them mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accord.core.canon import Digest
from accord.core.case import Threat
from accord.core.finding import Severity, Tlp, TrustLevel
from accord.core.trial import Message


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
    requests it needs at most. `round` counts from 0: what a later round sends may follow from what earlier ones
    found, and then `mutation` and `sends` stay open until it begins.
    """

    id: str
    case: str
    case_id: Digest
    kind: TrialKind
    number: int
    requests: int
    sends: Digest | None = None
    round: int = 0
    mutation: tuple[str, ...] = ()
    vars: Mapping[str, str] = field(default_factory=dict)
    task: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inapplicable:
    """A case that does not fit the target, and why; `threat` says what was not tried for that."""

    case: str
    reason: str
    id: Digest | None = None
    threat: Threat = field(default_factory=Threat)
    tlp: Tlp = Tlp.CLEAR


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
    message: int | None = None
    mutation: tuple[str, ...] = ()
    sends: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many trials came to what."""

    broke: int = 0
    held: int = 0
    unsure: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTally:
    """What the trials of one case say.

    `asr` is the share of decided trials that broke; `asr_low` and `asr_high` are its two-sided 95 % interval,
    `asr_upper` its one-sided 95 % bound (all None when no trial was decided). `pool` names the class × channel
    whose bound, `pool_upper`, decides where trials are not fixed in number. `served` to `control_error` count the
    control runs. `corrected` is the share after correction for a judge's errors, where one was asked. `trial` and
    `span` are the first trial that broke, and the text that shows it.
    """

    id: Digest
    name: str
    trials: int
    broke: int
    held: int
    unsure: int
    error: int
    asr: float | None
    asr_low: float | None
    asr_high: float | None
    asr_upper: float | None
    served: int
    verdict: str
    not_served: int = 0
    control_unsure: int = 0
    control_error: int = 0
    pool: str = ""
    pool_upper: float | None = None
    corrected: float | None = None
    severity: Severity = Severity.MEDIUM
    tlp: Tlp = Tlp.CLEAR
    threat: Threat = field(default_factory=Threat)
    summary: str = ""
    reason: str = ""
    trial: str = ""
    span: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTally:
    """What the cases of one class of threat and channel say together.

    `broke` of `decided` counts distinct trials, `upper` is the one-sided 95 % bound of that share.
    """

    name: str
    cases: int
    broke: int
    decided: int
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReason:
    """Why a campaign does not pass: the case, and what it shows in numbers."""

    case: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignGate:
    """Whether the campaign passes. `undecided` tells that nothing failed, but too little was seen."""

    passed: bool
    reasons: tuple[CampaignReason, ...] = ()
    undecided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """The transcript of one trial that is worth looking at, with the span of the message that decided it."""

    trial: str
    case: str
    kind: TrialKind
    outcome: str
    span: str
    message: int | None
    transcript: tuple[Message, ...]
    mutation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign that has ended, or was stopped: what `campaign.json` says, and the exhibits of its pages.

    `seconds` is how long it ran in all its sittings, `stopped` why it ended before its plan did, `at` the share of
    cases that broke within so many trials. `system` and `subject` say what was attacked, where a manifest declares
    it; `mutated` that converters and search were at work, `judge` what is known of a judge that was asked.
    """

    campaign: str
    plan: Digest
    seed: int
    target: str
    created: datetime
    trials: int
    requests: int
    seconds: float
    outcomes: Counts
    cases: tuple[CaseTally, ...]
    gate: CampaignGate
    planned: int = 0
    tokens: int = 0
    money: float = 0.0
    not_applicable: tuple[Inapplicable, ...] = ()
    at: Mapping[str, float] = field(default_factory=dict)
    stopped: str = ""
    overruled: tuple[str, ...] = ()
    system: str = ""
    subject: Digest | None = None
    max_asr: float = 0.05
    mutated: bool = False
    judge: str = ""
    pools: tuple[PoolTally, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRead:
    """A campaign as it was signed here: by which key, and what that key is worth."""

    campaign: Campaign
    keyid: str
    level: TrustLevel
