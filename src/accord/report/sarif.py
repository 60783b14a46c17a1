"""SARIF 2.1.0, for code scanning: findings as results, checks as rules, provisions as a taxonomy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TextIO
from urllib.parse import quote

from accord.core.canon import digest, digest_bytes, plain
from accord.core.finding import Severity, State
from accord.core.text import clean, one_line
from accord.report import outline

if TYPE_CHECKING:
    from accord.core.assessment import Assessment, EvidenceRef, Verdict
    from accord.core.finding import Finding, Place

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
TAXONOMY: Final = "provisions"
"""The name of the taxonomy that the provisions are."""

LEVELS: Final[Mapping[Severity, str]] = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
"""How SARIF says a severity."""

SCORES: Final[Mapping[Severity, str]] = {
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""A severity as the number that code scanning sorts by."""

_NOTES: Final[Mapping[State, str]] = {State.ERROR: "error", State.STALE: "warning", State.NOT_RUN: "warning"}


def write(assessment: Assessment, out: TextIO) -> None:
    """Write one SARIF log with one run."""
    log: dict[str, object] = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(assessment)]}
    log["properties"] = {"accord/assessment": one_line(assessment.id, 80), "accord/integrity": digest(log)}
    out.write(json.dumps(log, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _run(assessment: Assessment) -> dict[str, object]:
    findings = outline.worst_first(assessment.findings)
    rules = _rules(findings, assessment.checks)
    taxa = list({rule_id(verdict.id): verdict for verdict in (*assessment.provisions, *assessment.companion)}.values())
    places = {rule_id(verdict.id): number for number, verdict in enumerate(taxa)}
    order = {str(rule["id"]): number for number, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "accord",
                "version": one_line(assessment.version, 40),
                "shortDescription": {"text": "assesses AI systems against the guidelines for secure AI development"},
                "rules": rules,
                "supportedTaxonomies": [{"name": TAXONOMY, "index": 0}],
            }
        },
        "taxonomies": [_taxonomy(assessment, taxa)],
        "invocations": [_invocation(assessment)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the folder of accord.yaml"}}},
        "results": [_result(finding, order, places) for finding in findings],
        "properties": {
            "system": one_line(assessment.system.id, 120),
            "subject": one_line(assessment.subject, 80),
            "gate": "passed" if assessment.gate.passed else "failed",
            "tlp": assessment.tlp.value,
        },
    }


def _rules(findings: Iterable[Finding], titles: Mapping[str, str]) -> list[dict[str, object]]:
    """Make a rule of each check that found something, at the level of its worst finding."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(rule_id(finding.check), finding)
    return [
        {
            "id": code,
            "shortDescription": {"text": one_line(titles.get(finding.check) or finding.message) or code},
            "help": {"text": f"accord explain {code}"},
            "defaultConfiguration": {"level": LEVELS[finding.severity]},
            "properties": {"security-severity": SCORES[finding.severity], "tags": ["security"]},
        }
        for code, finding in sorted(first.items())
    ]


def _taxonomy(assessment: Assessment, taxa: Iterable[Verdict]) -> dict[str, object]:
    return {
        "name": TAXONOMY,
        "version": one_line(assessment.profile.catalogue, 80),
        "shortDescription": {"text": "provisions of the guidelines for secure AI system development"},
        "isComprehensive": True,
        "taxa": [_taxon(verdict) for verdict in taxa],
    }


def _taxon(verdict: Verdict) -> dict[str, object]:
    return {
        "id": rule_id(verdict.id),
        "shortDescription": {"text": one_line(verdict.title) or rule_id(verdict.id)},
        "properties": {"verdict": verdict.verdict.value},
    }


def _invocation(assessment: Assessment) -> dict[str, object]:
    unseen = sorted(
        (one for one in assessment.evidence if one.state in _NOTES), key=lambda one: (one.check, one.asset, one.id)
    )
    return {
        "executionSuccessful": all(one.state is not State.ERROR for one in unseen),
        "endTimeUtc": plain(assessment.created),
        "toolExecutionNotifications": [_notification(one) for one in unseen],
    }


def _notification(evidence: EvidenceRef) -> dict[str, object]:
    reason = one_line(evidence.reason or "no reason was recorded")
    check = rule_id(evidence.check)
    said = f"{check} on {outline.subject(evidence.asset)}: {evidence.state}: {reason}"
    return {"level": _NOTES[evidence.state], "message": {"text": said}, "descriptor": {"id": check}}


def _result(finding: Finding, rules: Mapping[str, int], taxa: Mapping[str, int]) -> dict[str, object]:
    code = rule_id(finding.check)
    message = one_line(finding.message) or code
    result: dict[str, object] = {
        "ruleId": code,
        "ruleIndex": rules[code],
        "level": LEVELS[finding.severity],
        "message": {"text": f"{message}. Fix: {one_line(finding.fix)}" if finding.fix else message},
        "locations": [location(finding)],
        "partialFingerprints": {"accord/v1": one_line(finding.id, 120)},
        "taxa": [
            {"id": name, "index": taxa[name], "toolComponent": {"name": TAXONOMY, "index": 0}}
            for name in dict.fromkeys(map(rule_id, finding.provisions))
            if name in taxa
        ],
        "properties": {
            "severity": finding.severity.value,
            "asset": one_line(finding.asset, 200),
            "refs": [one_line(ref, 80) for ref in finding.refs],
            "fix": one_line(finding.fix or ""),
        },
    }
    return result


def location(finding: Finding) -> dict[str, object]:
    """Return the place of a finding, as a reference below the root that was looked at."""
    where = finding.where
    location: dict[str, object] = {"message": {"text": outline.place(where)}}
    if where.path:
        physical: dict[str, object] = {"artifactLocation": {"uri": _uri(where.path), "uriBaseId": "ROOT"}}
        region = _region(where, finding.excerpt)
        location["physicalLocation"] = {**physical, "region": region} if region else physical
    else:
        named = outline.subject(finding.asset)
        location["logicalLocations"] = [{"name": named, "kind": "resource"}]
    return location


def _region(where: Place, excerpt: str | None) -> dict[str, object]:
    region: dict[str, object] = {}
    if where.line is not None and where.line > 0:
        region["startLine"] = where.line
        if where.column is not None and where.column > 0:
            region["startColumn"] = where.column
    elif where.offset is not None and where.offset >= 0:
        region["byteOffset"] = where.offset
    if region and excerpt:
        region["snippet"] = {"text": clean(excerpt[:2000])}
    return region


def rule_id(text: str) -> str:
    """Return an id that is short and harmless, and still differs from others where it had to be cut."""
    line = one_line(text, 80)
    return line if len(line) < 80 else f"{line[:60]}~{digest_bytes(text.encode('utf-8', 'surrogatepass'))[7:19]}"


def _uri(path: str) -> str:
    """Return a path as a relative reference (RFC 3986); what could be read as a scheme or a root is escaped."""
    raw = path.encode("utf-8", "surrogateescape" if _bytes_hidden(path) else "surrogatepass")
    relative = quote(raw, safe="/-._~")
    return "./" + relative.lstrip("/") if relative.startswith("/") else relative


def _bytes_hidden(path: str) -> bool:
    """Tell whether all lone surrogates of a path stand for bytes that are not UTF-8 (PEP 383)."""
    return all(0xDC80 <= ord(char) <= 0xDCFF for char in path if 0xD800 <= ord(char) <= 0xDFFF)
