"""The report as one HTML page: no script, nothing loaded from elsewhere, in the dark and on paper."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final, TextIO

from accord.core.assessment import Outcome
from accord.core.finding import Severity, State
from accord.core.text import clean, one_line
from accord.report import imprint, outline, svg

if TYPE_CHECKING:
    from jinja2 import Environment

    from accord.core.assessment import Assessment, AssetRef, EvidenceRef
    from accord.core.finding import Finding, Skipped

MOST: Final = 500
"""So many findings, assets, reasons, records and paths stand in a page at most; the JSON holds all of them."""

_FEW: Final = 5
_LONGEST: Final = 4000
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")
_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{10})[0-9a-f]{54}")
_QUIET: Final = frozenset({State.PASS, State.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _CheckRow:
    code: str
    states: tuple[tuple[State, int], ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Severe:
    severity: Severity
    count: int
    groups: tuple[outline.Alike, ...]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the template shows, worked out; everything that can be long is already cut."""

    assessment: Assessment
    headline: str
    actions: tuple[outline.Action, ...]
    tallies: tuple[outline.SectionTally, ...]
    total: outline.SectionTally
    gaps: tuple[outline.Gap, ...]
    severe: tuple[_Severe, ...]
    checks: tuple[_CheckRow, ...]
    evidence: tuple[EvidenceRef, ...]
    not_shown: int
    assets: tuple[AssetRef, ...]
    skipped: tuple[Skipped, ...]
    shown: frozenset[str]
    codes: frozenset[str]
    standing: frozenset[str]
    source: Mapping[str, EvidenceRef]


def write(assessment: Assessment, out: TextIO) -> None:
    """Write the page, with a checksum as its last line."""
    out.write(imprint.imprinted(_rendered(assessment), imprint.COMMENT))


def policy(style: str) -> str:
    """Return the content security policy of a page whose only style sheet is `style`."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _rendered(assessment: Assessment) -> str:
    from markupsafe import Markup  # our own drawings and style sheet only

    templates = files("accord.report") / "templates"
    style = re.sub(r"\s+", " ", (templates / "report.css").read_text(encoding="utf-8"))
    template = environment().from_string((templates / "report.html.j2").read_text(encoding="utf-8"))
    page = template.render(
        a=assessment,
        page=_page(assessment),
        style=Markup(style),  # noqa: S704
        policy=policy(style),
        symbols=Markup(svg.symbols()),  # noqa: S704
    )
    return squeezed(page)


def squeezed(page: str) -> str:
    """Take out the indentation and empty lines of the template, but none of an excerpt."""
    parts = re.split(r"(<pre.*?</pre>)", page, flags=re.S)
    return "".join(part if part.startswith("<pre") else re.sub(r"\n\s*", "\n", part) for part in parts)


def environment() -> Environment:
    """Return an environment that escapes and cleans whatever a template shows."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_harmless
    )
    environment.filters.update(line=one_line, place=outline.place, when=outline.when, short=outline.short)
    environment.globals.update(
        anchor=anchor,
        bar=lambda tally: Markup(_bar(tally)),  # noqa: S704  # drawn by svg, which escapes
        few=_FEW,
        mark=lambda outcome: Markup(svg.mark(outcome)),  # noqa: S704
        most=MOST,
        outcomes=tuple(Outcome),
        plural=outline.plural,
        subject=outline.subject,
        vouchers=outline.VOUCHERS,
        words=outline.WORDS,
    )
    return environment


def _harmless(value: object) -> object:
    """Clean every text that the template shows, before it is escaped."""
    from markupsafe import Markup

    return clean(value[:_LONGEST]) if isinstance(value, str) and not isinstance(value, Markup) else value


def anchor(kind: str, name: str) -> str:
    """Return the name of a place in the page: readable where the id is, the beginning of a digest where it is one."""
    if _PLAIN_NAME.fullmatch(name):
        return f"{kind}-{name}"
    found = _DIGEST.fullmatch(name)
    return f"{kind}-{found[1] if found else hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


def _bar(tally: outline.SectionTally) -> str:
    parts = [svg.Part(outcome, tally.counts[outcome]) for outcome in Outcome]
    told = ", ".join(f"{part.number} {outline.WORDS[part.outcome]}" for part in parts if part.number)
    return svg.bar(parts, title=f"{tally.title}: {told or 'no provisions'}")


def _page(assessment: Assessment) -> _Page:
    findings = outline.worst_first(assessment.findings)[:MOST]
    evidence = _worst_evidence(assessment.evidence, findings)
    checks = _check_rows(assessment.evidence)[:MOST]
    return _Page(
        assessment=assessment,
        headline=outline.headline(assessment),
        actions=outline.actions(assessment.gate.reasons),
        tallies=outline.tallies(assessment),
        total=outline.total(assessment),
        gaps=outline.gaps(assessment),
        severe=tuple(_by_severity(assessment.findings, findings)),
        checks=checks,
        codes=frozenset(row.code for row in checks),
        standing=frozenset(verdict.id for verdict in (*assessment.provisions, *assessment.companion[:MOST])),
        evidence=evidence[:MOST],
        not_shown=max(len(evidence) - MOST, 0),
        assets=tuple(sorted(assessment.assets, key=lambda one: one.unread is None)[:MOST]),
        skipped=outline.skipped(assessment),
        shown=frozenset(one.id for one in evidence[:MOST]),
        source={name: one for one in assessment.evidence for name in one.findings},
    )


def _by_severity(every: Iterable[Finding], shown: Iterable[Finding]) -> Iterator[_Severe]:
    counts = Counter(finding.severity for finding in every)
    groups = outline.alike(shown)
    for severity in outline.SEVERITIES:
        if counts[severity]:
            these = tuple(group for group in groups if group.severity is severity)
            left = counts[severity] - sum(len(group.findings) for group in these)
            yield _Severe(severity=severity, count=counts[severity], groups=these, left=left)


def _worst_evidence(records: Iterable[EvidenceRef], findings: Iterable[Finding]) -> tuple[EvidenceRef, ...]:
    """Choose the records that did not pass or stand behind a finding, worst first."""
    wanted = {finding.id for finding in findings}
    order = tuple(State)
    chosen = [one for one in records if one.state not in _QUIET or wanted.intersection(one.findings)]
    return tuple(sorted(chosen, key=lambda one: (order.index(one.state), one.check, one.asset, one.id)))


def _check_rows(records: Iterable[EvidenceRef]) -> tuple[_CheckRow, ...]:
    states: dict[str, Counter[State]] = {}
    seconds: Counter[str] = Counter()
    for one in records:
        states.setdefault(one.check, Counter())[one.state] += 1
        seconds[one.check] += one.seconds  # type: ignore[assignment]  # a Counter adds floats as well
    return tuple(
        _CheckRow(
            code=code,
            states=tuple((state, count[state]) for state in State if count[state]),
            seconds=seconds[code],
        )
        for code, count in sorted(states.items())
    )
