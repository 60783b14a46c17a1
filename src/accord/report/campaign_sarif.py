"""A campaign as SARIF 2.1.0: each case that did not hold as a result, with its transcript as a code flow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from accord import __version__
from accord.core.campaign import Campaign, CaseTally, Exhibit
from accord.core.canon import digest
from accord.core.text import one_line
from accord.report.campaign_outline import called, excerpt, marking, shares, ships, turns, worst_first
from accord.report.sarif import LEVELS, SCHEMA, SCORES

CAMPAIGN: Final = "accord/campaign"
"""The property of a log that tells it is of a campaign, and of which."""

_LONGEST: Final = 4_000
_TURNS: Final = 64


def render(campaign: Campaign) -> str:
    """Return one SARIF log with one run."""
    log: dict[str, object] = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(campaign)]}
    log["properties"] = {CAMPAIGN: one_line(campaign.campaign, 80), "accord/integrity": digest(log)}
    return json.dumps(log, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _run(campaign: Campaign) -> dict[str, object]:
    cases = [case for case in worst_first(campaign) if case.verdict != "pass"]
    exhibits = {exhibit.case: exhibit for exhibit in reversed(campaign.exhibits)}
    return {
        "tool": {
            "driver": {
                "name": "accord attack",
                "version": __version__,
                "shortDescription": {"text": "attacks AI systems with executable cases"},
                "rules": [_rule(case) for case in cases],
            }
        },
        "automationDetails": {"id": f"accord-attack/{one_line(campaign.campaign, 80)}"},
        "invocations": [
            {"executionSuccessful": not campaign.stopped, "toolExecutionNotifications": list(_notes(campaign))}
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(campaign, case, at, exhibits.get(case.name)) for at, case in enumerate(cases)],
        "properties": {
            "system": one_line(campaign.system, 120),
            "plan": one_line(campaign.plan, 80),
            "gate": "passed" if ships(campaign) else "failed",
            "tlp": marking(campaign).value,
        },
    }


def _notes(campaign: Campaign) -> Iterator[dict[str, object]]:
    if campaign.stopped:
        yield {"level": "error", "message": {"text": f"stopped: {one_line(campaign.stopped)}"}}
    for one in campaign.not_applicable:
        yield {"level": "note", "message": {"text": f"not tried: {one_line(one.case, 80)}: {one_line(one.reason)}"}}


def _rule(case: CaseTally) -> dict[str, object]:
    threats = (*case.threat.owasp, *case.threat.atlas, *case.threat.cwe)
    return {
        "id": one_line(case.name, 80),
        "shortDescription": {"text": one_line(case.summary or case.name)},
        "defaultConfiguration": {"level": LEVELS[case.severity]},
        "properties": {
            "security-severity": SCORES[case.severity],
            "tags": list(dict.fromkeys(("security", *(one_line(one, 80) for one in threats)))),
        },
    }


def _result(campaign: Campaign, case: CaseTally, at: int, exhibit: Exhibit | None) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": one_line(case.name, 80),
        "ruleIndex": at,
        "level": LEVELS[case.severity] if case.verdict == "fail" else "warning",
        "message": {"text": one_line(f"{case.verdict}: {shares(case)}. {case.reason}", 1_000)},
        "locations": [_location(campaign.target)],
        "partialFingerprints": {"accord/v1": digest([one_line(case.id, 80), one_line(campaign.target)])},
        "properties": {
            "asr": case.asr,
            "asr_upper": case.asr_upper,
            "pool": one_line(case.pool),
            "case": one_line(case.id, 80),
            "tlp": case.tlp.value,
        },
    }
    if exhibit is not None:
        steps = [{"location": step} for step in _steps(campaign, exhibit)]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}] if steps else []
    return result


def _steps(campaign: Campaign, exhibit: Exhibit) -> Iterator[dict[str, object]]:
    shown = turns(exhibit, _TURNS)
    for at, message in enumerate(shown.messages, shown.first):
        span = exhibit.span if at == exhibit.message else ""
        said = "".join(excerpt(message.content, span, _LONGEST))
        calls = "".join(f" → {one_line(called(one.name, one.args.items()), 600)}" for one in message.tool_calls)
        text = f"{one_line(message.channel or message.role, 40)}: {said}{calls}"
        yield {**_location(campaign.target), "message": {"text": text}}


def _location(target: str) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": {"uri": f"urn:accord:target:{quote(one_line(target), safe='')}"}}}
