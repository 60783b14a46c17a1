"""SARIF 2.1.0 of a scan: each reason that a file is not safe as a result, each check as a rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from accord import __version__
from accord.core.canon import digest
from accord.core.text import one_line
from accord.report import outline
from accord.report.sarif import LEVELS, SCHEMA, SCORES, location, rule_id
from accord.scan.wire import identified

if TYPE_CHECKING:
    from accord.scan.rating import Seen
    from accord.scan.sweep import Scan


def render(scan: Scan) -> str:
    """Return one SARIF log with one run."""
    seen = [identified(one) for rated in scan.files for one in rated.reasons]
    seen.sort(key=lambda one: (*outline.badness(one.finding), one.name))
    first: dict[str, Seen] = {}
    for one in seen:
        first.setdefault(rule_id(one.finding.check), one)
    rules = [_rule(code, first[code]) for code in sorted(first)]
    order = {code: number for number, code in enumerate(sorted(first))}
    run: dict[str, object] = {
        "tool": {"driver": {"name": "accord scan", "version": __version__, "rules": rules}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": f"not looked at: {one.path}: {one_line(one.reason)}"}}
                    for one in scan.skipped
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the parent of what was scanned"}}},
        "results": [_result(one, order) for one in seen],
    }
    log: dict[str, object] = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    log["properties"] = {"accord/integrity": digest(log)}
    return json.dumps(log, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _rule(code: str, seen: Seen) -> dict[str, object]:
    return {
        "id": code,
        "shortDescription": {"text": one_line(seen.finding.message)},
        "help": {"text": f"accord explain {code}"},
        "defaultConfiguration": {"level": LEVELS[seen.finding.severity]},
        "properties": {"security-severity": SCORES[seen.finding.severity], "tags": ["security"]},
    }


def _result(seen: Seen, rules: dict[str, int]) -> dict[str, object]:
    finding = seen.finding
    code = rule_id(finding.check)
    return {
        "ruleId": code,
        "ruleIndex": rules[code],
        "level": LEVELS[finding.severity],
        "message": {"text": f"{one_line(finding.message)}. Fix: {one_line(finding.fix or '')}"},
        "locations": [location(finding)],
        "partialFingerprints": {"accord/v1": finding.id},
        "properties": {
            "rating": seen.rating.value,
            "name": seen.name,
            "member": finding.where.member,
            "refs": list(finding.refs),
        },
    }
