"""JUnit XML, for build servers: one suite a guideline, one test case a claim, and the gate as a suite of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO
from xml.sax.saxutils import escape, quoteattr

from accord.core.finding import State
from accord.core.text import one_line
from accord.report import imprint

if TYPE_CHECKING:
    from accord.core.assessment import Assessment, ClaimState, Verdict

_TAGS: Final = {
    State.FAIL: "failure",
    State.ERROR: "error",
    State.STALE: "skipped",
    State.NOT_RUN: "skipped",
    State.NOT_APPLICABLE: "skipped",
}


class Line(NamedTuple):
    """One test case: its class, its name, what became of it (None for a pass) and why."""

    group: str
    name: str
    tag: str | None
    message: str


def write(assessment: Assessment, out: TextIO) -> None:
    """Write one `testsuites` element, with a checksum as the last line of the document."""
    out.write(imprint.imprinted("".join(_document(assessment)), imprint.COMMENT))


def _document(assessment: Assessment) -> Iterator[str]:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in (*assessment.provisions, *assessment.companion):
        groups[verdict.guideline].append(verdict)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites name={_attribute(assessment.system.name)}>\n"
    yield from suite("gate", _gate_cases(assessment), (("accord.assessment", assessment.id),))
    for name, verdicts in groups.items():
        title = f"{name} {assessment.guidelines.get(name, '')}".strip()
        yield from suite(title, [case for verdict in verdicts for case in _cases(verdict)], ())
    yield "</testsuites>\n"


def _gate_cases(assessment: Assessment) -> list[Line]:
    reasons = assessment.gate.reasons
    if not reasons:
        return [Line("gate", "may be released", None if assessment.gate.passed else "failure", "the gate fails")]
    return [
        Line("gate", f"{number} {reason.provision or reason.check or 'reason'}", "failure", reason.message)
        for number, reason in enumerate(reasons, 1)
    ]


def _cases(verdict: Verdict) -> Iterator[Line]:
    if not verdict.claims:
        yield Line(verdict.id, verdict.title, "skipped", "; ".join(verdict.reasons) or "no check yet")
    for claim in verdict.claims:
        yield Line(verdict.id, claim.id, _TAGS.get(claim.state), _told(claim))


def _told(claim: ClaimState) -> str:
    if claim.no_check:
        return "no check yet"
    return f"{claim.state}: {claim.reason or ', '.join(claim.checks) or 'no reason was recorded'}"


def suite(name: str, cases: list[Line], properties: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield one `testsuite` element."""
    counts = {tag: sum(case.tag == tag for case in cases) for tag in ("failure", "error", "skipped")}
    numbers = f'failures="{counts["failure"]}" errors="{counts["error"]}" skipped="{counts["skipped"]}"'
    yield f'<testsuite name={_attribute(name)} tests="{len(cases)}" {numbers}>\n'
    told = "".join(f"<property name={_attribute(key)} value={_attribute(value)}/>" for key, value in properties)
    if told:
        yield f"<properties>{told}</properties>\n"
    for case in cases:
        head = f"<testcase classname={_attribute(case.group)} name={_attribute(case.name)}"
        if case.tag is None:
            yield f"{head}/>\n"
        else:
            message = _allowed(one_line(case.message))
            yield f"{head}><{case.tag} message={quoteattr(message)}>{escape(message)}</{case.tag}></testcase>\n"
    yield "</testsuite>\n"


def _attribute(text: str) -> str:
    return quoteattr(_allowed(one_line(text)))


def _allowed(text: str) -> str:
    """Escape what XML 1.0 forbids and cleaning leaves: the two last code points of the first plane."""
    return text.replace("\ufffe", "\\u{fffe}").replace("\uffff", "\\u{ffff}")
