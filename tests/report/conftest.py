"""A realistic assessment to render: the whole catalogue, a helpdesk with weaknesses, and ways to vary it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple, cast

import pytest

from accord.core.assessment import (
    Assessment,
    AssetRef,
    AttestationRead,
    Change,
    ClaimState,
    EvidenceRef,
    Gate,
    Outcome,
    ProfileRef,
    Reason,
    SystemRef,
    Verdict,
    WaiverRead,
)
from accord.core.canon import Digest, digest_bytes
from accord.core.catalogue import Catalogue, Provision
from accord.core.finding import Finding, Place, Severity, Skipped, State, TrustLevel
from accord.core.system import Level, Role
from accord.record.catalogue import load_catalogue
from accord.record.statement import seal_assessment

from .poisoning import poison

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class Weakness(NamedTuple):
    """One thing that a check of the sample saw."""

    check: str
    provision: str
    severity: Severity
    message: str
    where: Place
    fix: str
    excerpt: str | None = None


WEAKNESSES = (
    Weakness(
        "ACC201", "1.3.e", Severity.CRITICAL, "loading the model file calls os.system",
        Place(path="models/triage.pkl", offset=42), "convert the file to safetensors, and delete the pickle",
        "0x0000002a  GLOBAL   os.system",
    ),
    Weakness(
        "ACC204", "2.2.d", Severity.HIGH, "an API key stands in the source",
        Place(path="app/settings.py", line=12, column=11), "take the key out, revoke it, and read it at run time",
        'API_KEY = "sk-example-not-a-key-0000"',
    ),
    Weakness(
        "ACC110", "1.3.i", Severity.HIGH, "the tool 'refund' can pay without approval and without a limit",
        Place(path="accord.yaml", line=31, column=13), "set `approval: human` and `limits` on the tool",
        "  tools:     [{id: refund, does: pay, effect: irreversible}]",
    ),
    Weakness(
        "ACC205", "1.3.d", Severity.MEDIUM, "the dependency 'requests' has no exact version",
        Place(path="requirements.txt", line=3, column=1), "lock the dependencies with hashes", "requests>=2",
    ),
    Weakness(
        "ACC101", "1.2.a", Severity.MEDIUM, "the threat model says nothing of the retrieval store 'kb'",
        Place(path="threats.yaml"), "add an entry for 'kb' to threats.yaml",
    ),
    Weakness(
        "ACC401", "4.4.b", Severity.LOW, "no security.txt is declared",
        Place(path="accord.yaml", line=1, column=1), "set `disclose.security_txt`",
    ),
)  # fmt: skip


@pytest.fixture(scope="session")
def make() -> Callable[..., Assessment]:
    """Return the factory of assessments."""
    return made


@cache
def made(*, findings: int = len(WEAKNESSES), assets: int = 8, evidence: int = 30) -> Assessment:
    """Return a sealed assessment with so many findings, assets and records of evidence; no finding: it passes."""
    catalogue = load_catalogue("gsaisd-2023")
    seen = tuple(_findings(findings))
    records = tuple(_evidence(seen, max(evidence, len(seen)), max(assets, 1)))
    bad = {finding.provisions[0] for finding in seen}
    verdicts = tuple(_verdict(one, number, bad, seen) for number, one in enumerate(catalogue.provisions()))
    reasons = tuple(_reason(finding, records) for finding in seen)
    assessment = Assessment(
        accord=1, id="", created=NOW, subject=_digest("subject"),
        system=SystemRef(id="helpdesk", name="Helpdesk assistant", version="2.3.0", owner="owner@example.org"),
        profile=ProfileRef(catalogue="gsaisd-2023", level=Level.STANDARD),
        version="0.1.0", level=TrustLevel.SELF, signer="ed25519:" + "4f" * 16 + " (development key)",
        sections={section.id: section.title for section in catalogue.sections},
        guidelines={guideline.id: guideline.title for guideline in catalogue.guidelines()},
        assets=tuple(_assets(assets)), provisions=verdicts, companion=tuple(_companion(catalogue)),
        evidence=records, findings=seen, waivers=_waivers(), attestations=_attestations(),
        gate=Gate(passed=not reasons, reasons=reasons, level=Level.STANDARD, trust=TrustLevel.SELF,
                  notes=("1 waiver counted",)),
        skipped=(Skipped(path="data/archive.parquet", reason="cannot be read: permission denied"),),
        changes=(Change(id="1.3.f", kind="provision", before="not-met", after="met"),
                 Change(id="1.3.e", kind="provision", before="met", after="not-met")),
        previous=_digest("before"), seconds=3.84, debts=(),
        notes=("the development key of this folder signed; it does not count above level baseline",),
    )  # fmt: skip
    return seal_assessment(assessment)


def _digest(text: str) -> Digest:
    return digest_bytes(text.encode())


def _findings(count: int) -> Iterator[Finding]:
    for number in range(count):
        one = WEAKNESSES[number % len(WEAKNESSES)]
        where = one.where if number < len(WEAKNESSES) else replace(one.where, line=number)
        yield Finding(
            id=_digest(f"finding {number}"), check=one.check, message=one.message, where=where, severity=one.severity,
            fix=one.fix, excerpt=one.excerpt, asset="m1", provisions=(one.provision,), refs=("CWE-502", "AML.T0010"),
        )  # fmt: skip


def _evidence(findings: tuple[Finding, ...], count: int, assets: int) -> Iterator[EvidenceRef]:
    for number in range(count):
        found = findings[number : number + 1]
        state = State.FAIL if found else (State.PASS, State.PASS, State.PASS, State.NOT_RUN, State.ERROR)[number % 5]
        code = found[0].check if found else f"ACC3{number % 20:02}"
        reason = {State.NOT_RUN: "no target is declared", State.ERROR: "stopped after 20 s"}.get(state)
        yield EvidenceRef(
            id=_digest(f"evidence {number}"), check=code, check_version="1", asset=f"asset-{number % assets}",
            state=state, reason=reason, findings=tuple(one.id for one in found), reused=number % 2 == 1,
            seconds=number / 1000, claims=("1.3.e/model-file",), collected=NOW - timedelta(minutes=number % 50),
            level=TrustLevel.SELF, isolation="declared", found=state,
        )  # fmt: skip


def _verdict(one: Provision, number: int, bad: set[str], findings: tuple[Finding, ...]) -> Verdict:
    outcome = _outcome(one, number, bad)
    no_check = outcome is Outcome.NOT_ASSESSED and number % 6 != 1
    ids = tuple(_digest(f"evidence {n}") for n, finding in enumerate(findings) if one.id in finding.provisions)[:3]
    reasons = {
        Outcome.NOT_MET: (f"{one.id} fails: see its findings",),
        Outcome.PARTLY: ("no target is declared",),
        Outcome.NOT_ASSESSED: ("no check yet" if no_check else "no signed statement",),
        Outcome.NOT_APPLICABLE: ("the system trains no model",),
    }.get(outcome, ())
    return Verdict(
        id=one.id, guideline=one.guideline, title=one.asks, verdict=outcome, reasons=reasons, evidence=ids,
        claims=tuple(_claims(one, outcome, no_check=no_check)), mode=one.mode, owner=one.owner, level=one.level,
        gate=one.gate, required=Level.STANDARD.includes(one.level), no_check=no_check,
    )  # fmt: skip


def _outcome(one: Provision, number: int, bad: set[str]) -> Outcome:
    if one.id in bad:
        return Outcome.NOT_MET
    turns = (Outcome.MET, Outcome.NOT_ASSESSED, Outcome.NOT_ASSESSED, Outcome.MET, Outcome.PARTLY)
    return Outcome.NOT_APPLICABLE if number % 31 == 30 else turns[number % 5]


def _claims(one: Provision, outcome: Outcome, *, no_check: bool) -> Iterator[ClaimState]:
    states = {Outcome.MET: State.PASS, Outcome.NOT_MET: State.FAIL, Outcome.NOT_APPLICABLE: State.NOT_APPLICABLE}
    for number, claim in enumerate(one.claims):
        state = State.PASS if outcome is Outcome.PARTLY and not number else states.get(outcome, State.NOT_RUN)
        checks = () if no_check else (f"ACC3{number:02}",)
        yield ClaimState(id=claim, state=state, checks=checks, no_check=no_check)


def _companion(catalogue: Catalogue) -> Iterator[Verdict]:
    for guideline in catalogue.companion:
        yield from (_verdict(replace(one), 2, set(), ()) for one in guideline.practices)


def _reason(finding: Finding, records: tuple[EvidenceRef, ...]) -> Reason:
    ids = tuple(one.id for one in records if finding.id in one.findings)
    return Reason(
        provision=finding.provisions[0], message=finding.message, evidence=ids, check=finding.check,
        waivable=finding.severity is not Severity.CRITICAL, severity=finding.severity, fix=finding.fix,
    )  # fmt: skip


def _assets(count: int) -> Iterator[AssetRef]:
    kinds = ("model.file", "dataset", "prompt", "tool", "lockfile", "target")
    for number in range(count):
        unread = "larger than 1 GiB" if number % 7 == 6 else None
        yield AssetRef(
            id=f"asset-{number}", kind=kinds[number % 6], path=f"folder/asset-{number}.bin",
            digest=None if unread else _digest(f"asset {number}"), declared=number % 3 != 2, unread=unread,
        )  # fmt: skip


def _waivers() -> tuple[WaiverRead, ...]:
    expired = "it expired on 2026-11-01"
    return (
        _waiver("W-1", "staging", date(2026, 12, 1), None),
        _waiver("W-2", None, date(2026, 11, 1), expired),
    )


def _waiver(name: str, asset: str | None, expires: date, problem: str | None) -> WaiverRead:
    return WaiverRead(
        id=name, kind="waiver", check="ACC301", asset=asset, reason="the endpoint is inside until January",
        expires=expires, signed_by=(Role.SYSTEM_OWNER, Role.RISK_OWNER), covers=(), counted=problem is None,
        problem=problem,
    )  # fmt: skip


def _attestations() -> tuple[AttestationRead, ...]:
    return (
        AttestationRead(provision="1.1.a", role=Role.RISK_OWNER, statement="the board was briefed in October",
                        expires=date(2027, 10, 1), keyid="ab" * 16, counted=True),
    )  # fmt: skip


@pytest.fixture(scope="session")
def poisoned() -> Callable[[Assessment, str], Assessment]:
    """Return what puts a text in front of every text of an assessment, ids and names included."""
    return lambda assessment, text: cast("Assessment", poison(assessment, text))
