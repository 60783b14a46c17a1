"""Conclude: evidence becomes verdicts, a gate and a sealed assessment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from accord.assess.collect import Signing
from accord.assess.debt import read_debt_now
from accord.assess.gate import Grounds, decide
from accord.assess.judge import Asked as JudgedAt
from accord.assess.judge import judge, standing
from accord.assess.plan import companion, freshness
from accord.assess.prepare import Declared
from accord.assess.waivers import read_waivers
from accord.core.assessment import (
    Assessment,
    AssetRef,
    Change,
    EvidenceRef,
    Outcome,
    ProfileRef,
    SystemRef,
    Verdict,
    WaiverRead,
)
from accord.core.finding import Evidence, Finding, Severity, Skipped
from accord.core.system import Role
from accord.core.text import shown
from accord.record.statement import seal_assessment

_MANY = 1000


def conclude(
    declared: Declared,
    evidence: tuple[Evidence, ...],
    *,
    signing: Signing,
    previous: Assessment | None,
    released: Assessment | None,
    now: datetime,
    seconds: float,
    version: str,
) -> Assessment:
    """Return the sealed assessment of a system; nothing is run or written."""
    system, catalogue, level = declared.system, declared.catalogue, declared.level
    findings = {one.id: one for record in evidence for one in record.findings}
    found = tuple(_ref(record, declared) for record in evidence)
    granted = tuple(exceptions(declared, found, findings))
    refs = standing(found, granted, freshness(catalogue), now)
    owed = owed_words(granted)
    at = JudgedAt(level, now)
    verdicts = judge(catalogue.provisions(), refs, declared.attestations, owed=owed, asked=at)
    beyond = judge(companion(catalogue), refs, declared.attestations, owed=owed, asked=at)
    gate = decide(
        Grounds(
            verdicts=verdicts,
            evidence=refs,
            findings=tuple(findings.values()),
            waivers=granted,
            released=outcomes(released),
            level=level,
            trust=signing.level,
            now=now,
            signers=tuple(record.level for record in evidence),
        )  # fmt: skip
    )
    return seal_assessment(
        Assessment(
            accord=1,
            id="",
            created=now,
            subject=declared.subject,
            system=SystemRef(
                id=system.system.id,
                name=system.system.name,
                version=system.system.version,
                owner=system.owners.get(Role.SYSTEM_OWNER, ""),
            ),  # fmt: skip
            profile=ProfileRef(catalogue=catalogue.id, level=level),
            version=version,
            level=signing.level,
            signer=signing.signer.keyid,
            sections={section.id: section.title for section in catalogue.sections},
            guidelines={one.id: one.title for one in (*catalogue.guidelines(), *catalogue.companion)},
            assets=tuple(_asset_refs(declared)),
            provisions=verdicts,
            companion=beyond,
            evidence=refs,
            findings=tuple(sorted(findings.values(), key=_order)),
            waivers=tuple(one for one in granted if one.kind == "waiver"),
            debts=tuple(one for one in granted if one.kind == "debt"),
            attestations=declared.attestations,
            gate=gate,
            skipped=_skipped(declared),
            changes=tuple(changes(previous, verdicts, findings)) if previous else (),
            previous=previous.id if previous else None,
            seconds=seconds,
            notes=declared.notes,
            counts=_counts(verdicts),
        )
    )


def owed_words(granted: Iterable[WaiverRead]) -> frozenset[str]:
    """Return the attestations that a counted debt covers."""
    return frozenset(item for one in granted if one.counted for item in one.covers if "|" in item)


def outcomes(assessment: Assessment | None) -> Mapping[str, Outcome]:
    """Return the verdicts of an assessment by provision."""
    return {one.id: one.verdict for one in assessment.provisions} if assessment else {}


def changes(previous: Assessment, verdicts: Iterable[Verdict], findings: Mapping[str, Finding]) -> Iterator[Change]:
    """Yield what differs from the assessment before: verdicts that changed, findings that came or went."""
    before = outcomes(previous)
    for verdict in verdicts:
        if before.get(verdict.id) not in (None, verdict.verdict):
            yield Change(id=verdict.id, kind="provision", before=before[verdict.id], after=verdict.verdict)
    old = {one.id: one for one in previous.findings}
    for gone in sorted(old.keys() - findings.keys()):
        yield Change(id=gone, kind="finding", before=f"{old[gone].check} {old[gone].message}", after=None)
    for new in sorted(findings.keys() - old.keys()):
        yield Change(id=new, kind="finding", before=None, after=f"{findings[new].check} {findings[new].message}")


def exceptions(
    declared: Declared, refs: tuple[EvidenceRef, ...], findings: Mapping[str, Finding]
) -> Iterator[WaiverRead]:
    """Yield every waiver and debt that is declared, with what it covers of this evidence."""
    yield from read_waivers(
        declared.waivers.granted,
        refs,
        declared.inventory.assets,
        subject=declared.subject,
        authority=declared.authority,
    )
    if declared.debt:
        system = declared.system.system.id
        yield read_debt_now(declared.debt, refs, findings, system=system, authority=declared.authority)


def _ref(record: Evidence, declared: Declared) -> EvidenceRef:
    return EvidenceRef(
        id=record.id,
        check=record.check,
        check_version=record.check_version,
        asset=record.asset,
        state=record.state,
        reason=record.reason,
        findings=tuple(dict.fromkeys(one.id for one in record.findings)),
        reused=record.reused,
        seconds=record.seconds,
        claims=record.claims,
        collected=record.collected,
        level=record.level,
        isolation=record.isolation,
        found=record.state,
        waivable=declared.checks[record.check].check.waivable,
        skipped=record.skipped,
    )


def _asset_refs(declared: Declared) -> Iterator[AssetRef]:
    for asset in declared.inventory.assets:
        path = shown(asset.path) if asset.path else None
        yield AssetRef(
            id=asset.id, kind=asset.kind, path=path, digest=asset.digest, declared=asset.declared, unread=asset.unread
        )


def _skipped(declared: Declared) -> tuple[Skipped, ...]:
    unread = (
        Skipped(path=shown(asset.path or asset.id), reason=asset.unread)
        for asset in declared.inventory.assets
        if asset.unread
    )
    seen = (Skipped(path=shown(one.path), reason=one.reason) for one in declared.inventory.skipped)
    return tuple(dict.fromkeys((*unread, *seen)))[:_MANY]


def _counts(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    counts = dict.fromkeys((str(outcome) for outcome in Outcome), 0)
    for verdict in verdicts:
        counts[verdict.verdict] += 1
    return counts


def _order(finding: Finding) -> tuple[int, str, str, int, str]:
    badness = tuple(Severity).index(finding.severity)
    return -badness, finding.check, finding.where.path or "", finding.where.line or 0, finding.id
