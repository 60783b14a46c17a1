"""What was decided, and on what: verdicts, exceptions, the gate and the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from accord.core.canon import Digest
from accord.core.catalogue import Proof, Weighing
from accord.core.finding import Finding, Skipped, State, Tlp, TrustLevel
from accord.core.system import Level, Role


class Outcome(StrEnum):
    """What is said of a provision."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not-met"
    NOT_ASSESSED = "not-assessed"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One party's Ed25519 signature over the canonical form of what it stands beside."""

    role: Role
    keyid: str
    sig: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An expiring exception to one check on one asset digest: owned, signed by two, and expiring.

    `asset` may be left out for a check on the whole system; `subject` is the digest it is scoped to.
    """

    id: str
    check: str
    subject: Digest
    reason: str
    requested_by: Role
    approved_by: Role
    created: date
    expires: date
    asset: str | None = None
    compensating: str | None = None
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """Everything `waivers.yaml` says."""

    waivers: int
    granted: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document that an attestation rests on."""

    path: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What a named owner signs: this practice is followed here, from when to when, on what grounds."""

    attestation: int
    provision: str
    system: str
    role: Role
    statement: str
    effective: date
    expires: date
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """Failures that stood when Accord was adopted, by the keys of `debt_key`, to be paid by a day."""

    debt: int
    system: str
    created: date
    ends: date
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimState:
    """How one claim of a provision stands, and which checks said so; none means no check yet."""

    id: str
    state: State
    checks: tuple[str, ...]
    reason: str | None = None
    no_check: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one provision, why, and on which evidence."""

    id: str
    guideline: str
    title: str
    verdict: Outcome
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    claims: tuple[ClaimState, ...]
    mode: Proof
    owner: Role
    level: Level
    gate: Weighing
    required: bool
    no_check: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why the gate fails."""

    provision: str | None
    message: str
    evidence: tuple[str, ...] = ()
    waivable: bool = True
    check: str | None = None
    severity: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """May it ship: every reason is kept, not just the first."""

    passed: bool
    reasons: tuple[Reason, ...]
    level: Level
    trust: TrustLevel
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRead:
    """A waiver or a debt as it stood at the time: what it covers, who signed, when it ends, whether it counted.

    `kind` is `waiver` or `debt`; `covers` holds ids of evidence, and `attestation|PROVISION` for owed signatures.
    """

    id: str
    kind: str
    check: str
    asset: str | None
    reason: str
    expires: date
    signed_by: tuple[Role, ...]
    covers: tuple[str, ...]
    counted: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationRead:
    """An attestation as it stood at the time, and whether it counted."""

    provision: str
    role: Role
    statement: str
    expires: date
    keyid: str
    counted: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRef:
    """Which system an assessment is of."""

    id: str
    name: str
    version: str
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRef:
    """Which catalogue was asked for, and how much of it."""

    catalogue: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference to the assessment before: a provision or a finding that came, went or changed."""

    id: str
    kind: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRef:
    """An asset as the assessment names it, with the facts and parts that a bill of materials lists."""

    id: str
    kind: str
    path: str | None
    digest: Digest | None
    declared: bool
    unread: str | None = None
    size: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """Evidence as the assessment names it; `id` leads to the signed record.

    `found` is the state as collected, `state` what counts after staleness, waivers and debt.
    """

    id: str
    check: str
    check_version: str
    asset: str
    state: State
    reason: str | None
    findings: tuple[str, ...]
    reused: bool
    seconds: float
    claims: tuple[str, ...]
    collected: datetime
    level: TrustLevel
    isolation: str
    found: State
    waivable: bool = True
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All of it, sealed: the system, the evidence, the verdicts and the gate. `id` is the digest of the rest.

    `sections`, `guidelines` and `checks` map ids to titles, `counts` a verdict to its number.
    """

    accord: int
    id: str
    created: datetime
    subject: Digest
    system: SystemRef
    profile: ProfileRef
    version: str
    level: TrustLevel
    signer: str
    sections: Mapping[str, str]
    guidelines: Mapping[str, str]
    assets: tuple[AssetRef, ...]
    provisions: tuple[Verdict, ...]
    companion: tuple[Verdict, ...]
    evidence: tuple[EvidenceRef, ...]
    findings: tuple[Finding, ...]
    waivers: tuple[WaiverRead, ...]
    attestations: tuple[AttestationRead, ...]
    gate: Gate
    skipped: tuple[Skipped, ...] = ()
    changes: tuple[Change, ...] = ()
    previous: str | None = None
    seconds: float = 0.0
    tlp: Tlp = Tlp.AMBER
    debts: tuple[WaiverRead, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
