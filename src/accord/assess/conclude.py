"""Conclude: evidence becomes verdicts, a gate and a sealed assessment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

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
    Gate,
    Outcome,
    ProfileRef,
    SystemRef,
    Verdict,
    WaiverRead,
)
from accord.core.catalogue import Catalogue
from accord.core.finding import Evidence, Finding, Severity, Skipped
from accord.core.system import Role, System
from accord.core.text import clean, shown
from accord.record.statement import seal_assessment

_MANY = 1000


class Clocked(NamedTuple):
    """When an assessment was made, how long it took in seconds, and by which version of Accord."""

    now: datetime
    seconds: float
    version: str


class Past(NamedTuple):
    """What was decided before: the last assessment, and the last one that passed."""

    previous: Assessment | None
    released: Assessment | None


class Judged(NamedTuple):
    """What the gate decided on, what follows for the companion commitments, and the gate."""

    grounds: Grounds
    companion: tuple[Verdict, ...]
    gate: Gate


def conclude(
    declared: Declared,
    evidence: tuple[Evidence, ...],
    *,
    signing: Signing,
    past: Past,
    clocked: Clocked,
    tampered: tuple[str, ...] = (),
) -> Assessment:
    """Return the sealed assessment of a system; nothing is run or written. `tampered` fails the gate."""
    findings = {one.id: one for record in evidence for one in record.findings}
    grounds = _grounds(declared, evidence, findings, signing=signing, released=past.released, now=clocked.now)
    judged = _judged(declared, grounds._replace(tampered=tampered))
    return seal_assessment(
        Assessment(
            accord=1,
            id="",
            created=clocked.now,
            subject=declared.subject,
            system=_system_ref(declared.system),
            profile=ProfileRef(catalogue=declared.catalogue.id, level=declared.level),
            version=clocked.version,
            level=signing.level,
            signer=signing.signer.keyid,
            sections={section.id: section.title for section in declared.catalogue.sections},
            guidelines=_titles(declared.catalogue),
            assets=tuple(_asset_refs(declared)),
            provisions=judged.grounds.verdicts,
            companion=judged.companion,
            evidence=judged.grounds.evidence,
            findings=tuple(sorted(findings.values(), key=_order)),
            waivers=tuple(one for one in judged.grounds.waivers if one.kind == "waiver"),
            debts=tuple(one for one in judged.grounds.waivers if one.kind == "debt"),
            attestations=declared.attestations,
            gate=judged.gate,
            skipped=_skipped(declared),
            changes=tuple(changes(past.previous, judged.grounds.verdicts, findings)) if past.previous else (),
            previous=past.previous.id if past.previous else None,
            seconds=clocked.seconds,
            notes=declared.notes,
            counts=_counts(judged.grounds.verdicts),
            checks={code: loaded.check.title for code, loaded in declared.checks.items()},
        )
    )


def _grounds(
    declared: Declared,
    evidence: tuple[Evidence, ...],
    findings: Mapping[str, Finding],
    *,
    signing: Signing,
    released: Assessment | None,
    now: datetime,
) -> Grounds:
    catalogue, level = declared.catalogue, declared.level
    found = tuple(_ref(record, declared) for record in evidence)
    granted = tuple(exceptions(declared, found, findings))
    refs = standing(found, granted, freshness(catalogue), now)
    at = JudgedAt(level, now)
    return Grounds(
        verdicts=judge(catalogue.provisions(), refs, declared.attestations, owed=owed_words(granted), asked=at),
        evidence=refs,
        findings=tuple(findings.values()),
        waivers=granted,
        released=outcomes(released),
        level=level,
        trust=signing.level,
        now=now,
        signers=tuple(record.level for record in evidence),
    )


def _judged(declared: Declared, grounds: Grounds) -> Judged:
    asked = companion(declared.catalogue)
    owed, at = owed_words(grounds.waivers), JudgedAt(grounds.level, grounds.now)
    beyond = judge(asked, grounds.evidence, declared.attestations, owed=owed, asked=at)
    return Judged(grounds, beyond, decide(grounds))


def _system_ref(system: System) -> SystemRef:
    owner = system.owners.get(Role.SYSTEM_OWNER, "")
    return SystemRef(id=system.system.id, name=system.system.name, version=system.system.version, owner=owner)


def _titles(catalogue: Catalogue) -> Mapping[str, str]:
    return {one.id: one.title for one in (*catalogue.guidelines(), *catalogue.companion)}


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
        yield AssetRef(
            id=asset.id,
            kind=asset.kind,
            path=shown(asset.path) if asset.path else None,
            digest=asset.digest,
            declared=asset.declared,
            unread=asset.unread,
            size=asset.size,
            facts={shown(key): clean(shown(value)) for key, value in asset.facts.items()},
            parts=asset.parts,
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
