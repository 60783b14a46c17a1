"""Gate: verdicts become pass or fail, with every reason kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from accord.assess.judge import OWNERS_WORD
from accord.core.assessment import EvidenceRef, Gate, Outcome, Reason, Verdict, WaiverRead
from accord.core.catalogue import Proof, Weighing
from accord.core.finding import Finding, Severity, State, TrustLevel
from accord.core.system import Level

_BAD = (State.ERROR, State.FAIL, State.STALE, State.NOT_RUN)
_MANY = 100
_REGRESSION = "regression"  # stands for a check in the reason that a release's verdict fell back
_KEYS: Final = "3.2.e"  # keys are well managed
_ASKED: Mapping[Level, TrustLevel] = {
    Level.BASELINE: TrustLevel.SELF,
    Level.STANDARD: TrustLevel.PIPELINE,
    Level.CRITICAL: TrustLevel.PIPELINE,
}


class Grounds(NamedTuple):
    """Everything the gate decides on."""

    verdicts: tuple[Verdict, ...]
    evidence: tuple[EvidenceRef, ...]
    findings: tuple[Finding, ...]
    waivers: tuple[WaiverRead, ...]
    released: Mapping[str, Outcome]
    level: Level
    trust: TrustLevel
    now: datetime
    signers: tuple[TrustLevel, ...] = ()
    subject_changed: bool = False
    tampered: tuple[str, ...] = ()


def trust_asked(level: Level) -> TrustLevel:
    """Return who must vouch for evidence at a level."""
    return _ASKED[level]


def decide(grounds: Grounds) -> Gate:
    """Decide the release; `released` holds the verdicts of the last assessment that passed."""
    bad = {ref.id: ref for ref in grounds.evidence if ref.state in _BAD}
    findings = {finding.id: finding for finding in grounds.findings}
    reasons = [
        *_on_trust(grounds),
        *_on_exceptions(grounds),
        *(
            reason
            for verdict in grounds.verdicts
            if blocks(verdict, grounds.level)
            for reason in _on_verdict(verdict, bad, findings)
        ),
    ]
    told = {reason.provision for reason in reasons}
    reasons += [reason for reason in _on_regression(grounds) if reason.provision not in told]
    return Gate(
        passed=not reasons,
        reasons=tuple(reasons),
        level=grounds.level,
        trust=grounds.trust,
        notes=tuple(_notes(grounds)),
    )


def blocks(verdict: Verdict, level: Level) -> bool:
    """Tell whether a provision may fail a release at this level: warnings block under critical."""
    return verdict.required and (verdict.gate is Weighing.BLOCK or level is Level.CRITICAL)


def regressed(gate: Gate) -> Mapping[str, Outcome]:
    """Return what a gate said was met in the last release and no longer is, so that it is said again."""
    said = (reason.provision for reason in gate.reasons if reason.check == _REGRESSION)
    return {provision: Outcome.MET for provision in said if provision}


def _on_trust(grounds: Grounds) -> Iterator[Reason]:
    asked = trust_asked(grounds.level)
    order = tuple(TrustLevel)
    weak = sum(order.index(level) < order.index(asked) for level in grounds.signers)
    if order.index(grounds.trust) < order.index(asked):
        yield Reason(
            provision=_KEYS,
            message=f"evidence is signed at level {grounds.trust}, and {grounds.level} asks for {asked}",
            waivable=False,
            fix="sign with a key that a trust file names (ACCORD_KEY and --trust), or assess at level baseline",
        )
    elif weak:
        yield Reason(provision=_KEYS, message=f"{weak} records are signed below level {asked}", waivable=False)
    for message in grounds.tampered:
        yield Reason(
            provision="2.2.b",
            message=f"the record was tampered with: {message}",
            waivable=False,
            fix="find out who changed the state folder, and begin a new one",
        )
    if grounds.subject_changed:
        yield Reason(
            provision="4.3.c",
            message="the evidence is for another digest: the system has changed since",
            waivable=False,
            fix="run accord assess again",
        )


def _on_exceptions(grounds: Grounds) -> Iterator[Reason]:
    today = grounds.now.date()
    for one in grounds.waivers:
        if one.expires < today:
            what = "the debt of adoption" if one.kind == "debt" else f"the waiver {one.id} for {one.check}"
            yield Reason(
                provision="2.4.b",
                message=f"{what} ended on {one.expires}",
                waivable=False,
                check=None if one.kind == "debt" else one.check,
                fix="fix what it covered, then remove it",
            )


def _on_verdict(verdict: Verdict, bad: Mapping[str, EvidenceRef], findings: Mapping[str, Finding]) -> Iterator[Reason]:
    by_check: dict[str, list[EvidenceRef]] = {}
    for ref in (bad[one] for one in verdict.evidence if one in bad):
        by_check.setdefault(ref.check, []).append(ref)
    for check, refs in sorted(by_check.items()):
        yield _reason(verdict, check, refs, findings)
    word = next((claim for claim in verdict.claims if claim.checks == (OWNERS_WORD,)), None)
    counts = bool(verdict.evidence) or verdict.mode is Proof.ATTEST
    if word and word.state in _BAD and counts:
        fix = f"accord attest {verdict.id} --role {verdict.owner}"
        yield Reason(provision=verdict.id, message=word.reason or str(word.state), check=OWNERS_WORD, fix=fix)


def _reason(verdict: Verdict, check: str, refs: list[EvidenceRef], findings: Mapping[str, Finding]) -> Reason:
    ids = dict.fromkeys(finding for ref in refs for finding in ref.findings)
    found = sorted((findings[one] for one in ids if one in findings), key=_badness)
    claims = [claim for claim in verdict.claims if check in claim.checks and claim.state in _BAD]
    state = refs[0].state if not found else State.FAIL
    told = found[0].message if found else (refs[0].reason or (claims[0].reason if claims else "") or str(state))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Reason(
        provision=verdict.id,
        message=f"{check} {'fails' if found else state}: {told}{more}",
        evidence=tuple(ref.id for ref in refs[:_MANY]),
        waivable=all(ref.waivable and ref.state in {State.FAIL, State.NOT_RUN} for ref in refs),
        check=check,
        severity=found[0].severity if found else None,
        fix=found[0].fix if found else None,
    )


def _badness(finding: Finding) -> int:
    return -tuple(Severity).index(finding.severity)


def _on_regression(grounds: Grounds) -> Iterator[Reason]:
    for verdict in grounds.verdicts:
        before = grounds.released.get(verdict.id)
        if verdict.required and before is Outcome.MET and verdict.verdict is Outcome.NOT_MET:
            yield Reason(
                provision=verdict.id,
                message=f"regression: met in the last release, now {verdict.verdict}",
                check=_REGRESSION,
                evidence=verdict.evidence[:_MANY],
            )


def _notes(grounds: Grounds) -> Iterator[str]:
    unchecked = [verdict.id for verdict in grounds.verdicts if verdict.no_check and blocks(verdict, grounds.level)]
    if unchecked:
        yield f"no check yet for {len(unchecked)} blocking practices, not counted: {', '.join(unchecked)}"
    if grounds.level is Level.BASELINE and any(len(one.signed_by) == 1 and one.counted for one in grounds.waivers):
        yield "a waiver is signed by one person alone, which counts at level baseline only"
