"""Whether an exported document of a campaign is whole, and whether its numbers, verdicts and references agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from accord.core.campaign import Campaign, CaseTally
from accord.core.errors import AccordError
from accord.core.proportion import interval, upper
from accord.report.campaign_json import INTEGRITY, sealed

_VERDICTS: Final = frozenset({"pass", "fail", "not-run", "error"})
_OUTCOMES: Final = {
    "attack": frozenset({"broke", "held", "unsure", "error"}),
    "control": frozenset({"served", "not-served", "unsure", "error"}),
}
_DIGITS: Final = 6
_LARGEST: Final = 256 << 20

Fault = tuple[str, str]
"""What is wrong, and the member in which it is."""


def is_campaign(document: object) -> bool:
    """Tell whether a JSON document is a `campaign.json`."""
    return isinstance(document, dict) and "campaign" in document and "plan" in document


def faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a `campaign.json`: its digest, its members, or numbers that do not agree."""
    from accord.record.codec import from_json

    rest = {key: value for key, value in document.items() if key != INTEGRITY}
    try:
        if sealed(rest) != document.get(INTEGRITY):
            yield "it is not what its integrity says: it was changed or damaged", INTEGRITY
        campaign = from_json(json.dumps(rest).encode(), Campaign, path="campaign.json", limit=_LARGEST)
    except AccordError as error:
        yield error.message, "campaign"
        return
    except (ValueError, TypeError, RecursionError):
        yield "it holds what has no canonical form", "campaign"
        return
    yield from _agreeing(campaign)


def log_faults(run: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the run of a SARIF log of a campaign: results that point at another rule."""
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for number, result in enumerate(run["results"]):
        if rules[result["ruleIndex"]] != result["ruleId"]:
            yield f"the result names the case {result['ruleId']}, and points at another", f"runs[0].results[{number}]"


def line_faults(text: str) -> Iterator[tuple[str, int]]:
    """Yield what is wrong with a `trials.jsonl`, with the line."""
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or not _is_trial(told):
            yield "it is no line of a trial", number
        elif told["trial"] in seen:
            yield f"the trial {told['trial'][:80]} stands twice", number
        else:
            seen.add(told["trial"])


def is_trial_line(line: str) -> bool:
    """Tell whether a text begins like a `trials.jsonl`."""
    return line.startswith("{") and '"trial":' in line and '"tries":' in line


def is_foreign(head: str) -> bool:
    """Tell whether a document begins like a log of inspect_ai or a hit log of garak."""
    return head.startswith(('{"version": 2, "status":', '{"goal":'))


def _is_trial(told: dict[str, Any]) -> bool:
    texts = ("trial", "case", "kind", "outcome", "span", "reason")
    if not all(isinstance(told.get(key), str) for key in texts):
        return False
    return told["outcome"] in _OUTCOMES.get(told["kind"], ()) and isinstance(told.get("tries"), list)


def _agreeing(campaign: Campaign) -> Iterator[Fault]:
    totals = ("trials", "broke", "held", "unsure", "error")
    stated = {"trials": campaign.trials, **{key: getattr(campaign.outcomes, key) for key in totals[1:]}}
    for key in totals:
        found = sum(getattr(case, key) for case in campaign.cases)
        if found != stated[key]:
            yield f"{key} says {stated[key]}, and its cases have {found}", "outcomes"
    for at, case in enumerate(campaign.cases):
        yield from ((message, f"cases[{at}]") for message in _case(case))
    for name, times in Counter(case.name for case in campaign.cases).items():
        if times > 1:
            yield f"the case {name} stands {times} times", "cases"
    yield from _gate(campaign)


def _case(case: CaseTally) -> Iterator[str]:
    decided = case.broke + case.held
    if min(case.broke, case.held, case.unsure, case.error) < 0:
        yield f"{case.name} counts less than nothing"
        return
    if decided + case.unsure + case.error != case.trials:
        yield f"the outcomes of {case.name} are not its {case.trials} trials"
    if case.verdict not in _VERDICTS:
        yield f"{case.name} has no verdict that is known"
    ends = interval(case.broke, decided) if decided else None
    wanted = (case.broke / decided, ends.low, ends.high, upper(case.broke, decided)) if ends else (None,) * 4
    shown = (case.asr, case.asr_low, case.asr_high, case.asr_upper)
    if shown != tuple(one if one is None else round(one, _DIGITS) for one in wanted):
        yield f"the share and bounds of {case.name} are not those of {case.broke} in {decided}"


def _gate(campaign: Campaign) -> Iterator[Fault]:
    unsound = {case.name for case in campaign.cases if case.verdict != "pass"}
    named = {reason.case for reason in campaign.gate.reasons if reason.case}
    if campaign.gate.passed == bool(campaign.gate.reasons):
        yield "the gate says one thing and its reasons another", "gate"
    for name in sorted(named - {case.name for case in campaign.cases}):
        yield f"a reason names the case {name}, which is not there", "gate.reasons"
    for name in sorted(unsound - named):
        yield f"the case {name} did not hold, and no reason of the gate names it", "gate.reasons"
