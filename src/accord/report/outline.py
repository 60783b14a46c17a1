"""What every format says of an assessment, worked out once: order, tallies, actions and gaps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from accord.core.assessment import Assessment, Outcome, Reason, Verdict
from accord.core.finding import Finding, Place, Severity, Skipped, State, TrustLevel
from accord.core.text import one_line

SEVERITIES: Final = tuple(reversed(Severity))
"""The severities, worst first."""

WORDS: Final[Mapping[Outcome, str]] = {
    Outcome.MET: "met",
    Outcome.PARTLY: "partly",
    Outcome.NOT_MET: "not met",
    Outcome.NOT_ASSESSED: "not assessed",
    Outcome.NOT_APPLICABLE: "n/a",
}
"""How people read the five outcomes."""

VOUCHERS: Final[Mapping[TrustLevel, str]] = {
    TrustLevel.SELF: "a developer's machine, nobody else",
    TrustLevel.PIPELINE: "the key of a build pipeline",
    TrustLevel.INDEPENDENT: "the key of another party",
}
"""Who vouches at each trust level."""

UNSEEN: Final[Mapping[State, str]] = {
    State.ERROR: "in error",
    State.STALE: "too old",
    State.NOT_RUN: "not made",
}
"""The states of a check that did not look, and how people read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionTally:
    """One section, how many of its provisions stand in each state, and the provisions themselves."""

    id: str
    title: str
    counts: Mapping[Outcome, int]
    provisions: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do, and the reasons of the gate that it removes."""

    text: str
    check: str | None
    severity: Severity | None
    waivable: bool
    reasons: tuple[Reason, ...]

    @property
    def why(self) -> str:
        """Return what is wrong: the first reason, without the code of the check, and how many more there are."""
        first = self.reasons[0].message.removeprefix(f"{self.check} fails: ")
        left = len(self.reasons) - 1
        return f"{first} (and {plural(left, 'more reason')})" if left else first

    @property
    def provisions(self) -> tuple[str, ...]:
        """Return the provisions that it is about, each once."""
        return tuple(dict.fromkeys(reason.provision for reason in self.reasons if reason.provision))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that was not looked at: how many of what, why, and in which part of a report it stands.

    `what` begins with the number, which `count` says again.
    """

    what: str
    reason: str
    count: int
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Findings of one check, severity and fix, which bear on the same provisions: one thing seen in many places."""

    check: str
    severity: Severity
    fix: str | None
    provisions: tuple[str, ...]
    refs: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def message(self) -> str | None:
        """Return what all of them say, or None where they say different things."""
        messages = {finding.message for finding in self.findings}
        return self.findings[0].message if len(messages) == 1 else None


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, then check, then place."""
    return tuple(sorted(findings, key=badness))


def alike(findings: Iterable[Finding]) -> tuple[Alike, ...]:
    """Put findings together that are one thing seen in many places, in the order in which they come."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for one in findings:
        groups[one.severity, one.check, one.fix, one.provisions, one.refs].append(one)
    return tuple(
        Alike(
            check=group[0].check,
            severity=group[0].severity,
            fix=group[0].fix,
            provisions=group[0].provisions,
            refs=group[0].refs,
            findings=tuple(group),
        )
        for group in groups.values()
    )


def tallies(assessment: Assessment) -> tuple[SectionTally, ...]:
    """Count the states of the provisions of each section, in the order of the sections."""
    groups: dict[str, list[Verdict]] = {name: [] for name in assessment.sections}
    for verdict in assessment.provisions:
        groups.setdefault(verdict.guideline.partition(".")[0], []).append(verdict)
    return tuple(
        _tally(name, assessment.sections.get(name, f"Section {name}"), tuple(group)) for name, group in groups.items()
    )


def total(assessment: Assessment) -> SectionTally:
    """Count the states of all provisions together."""
    return _tally("all", "All", assessment.provisions)


def actions(reasons: Iterable[Reason]) -> tuple[Action, ...]:
    """Return the shortest list of things to do, worst first: reasons with one check and one fix are one action.

    Fixes that differ only in naming their own provision (`accord attest 1.1.a …`) are one fix.
    """
    groups: dict[tuple[str | None, str], list[Reason]] = defaultdict(list)
    for reason in reasons:
        groups[reason.check, _general(reason)].append(reason)
    found = (
        Action(
            text=(group[0].fix or group[0].message) if len(group) == 1 else text,
            check=code,
            severity=min((_severity(one.severity) for one in group), key=_rank),
            waivable=all(one.waivable for one in group),
            reasons=tuple(group),
        )
        for (code, text), group in groups.items()
    )
    return tuple(sorted(found, key=lambda one: (_rank(one.severity), -len(one.reasons), one.check or "~", one.text)))


def gaps(assessment: Assessment) -> tuple[Gap, ...]:
    """Return everything that was not looked at, alike things counted together."""
    return (*_unasked(assessment), *_unseen(assessment), *_unread(assessment), *_skipped(assessment))


def skipped(assessment: Assessment) -> tuple[Skipped, ...]:
    """Return every path that was not looked at and why, each once."""
    every = {(one.path, one.reason): one for one in assessment.skipped}
    every.update(((one.path, one.reason), one) for evidence in assessment.evidence for one in evidence.skipped)
    return tuple(every[key] for key in sorted(every))


def headline(assessment: Assessment) -> str:
    """Answer in three words whether the system may ship."""
    return "May be released" if assessment.gate.passed else "Do not release"


def subject(asset: str) -> str:
    """Return what a check looked at: an asset, or the whole of it."""
    return "the system" if asset in {"", "system"} else one_line(asset, 200)


def place(where: Place) -> str:
    """Return a place on one line: `path!member:line:column`, then offset, row and address."""
    spot = one_line(where.path or "", 400)
    spot += f"!{one_line(where.member, 200)}" if where.member else ""
    spot += f":{where.line}" if where.line is not None else ""
    spot += f":{where.column}" if where.line is not None and where.column is not None else ""
    more = (
        f"offset 0x{where.offset:x}" if where.offset is not None else "",
        f"row {where.row}" if where.row is not None else "",
        one_line(where.url, 400) if where.url else "",
    )
    return " ".join(part for part in (spot, *more) if part) or "the system as a whole"


def when(moment: datetime) -> str:
    """Return a time as everybody reads it: `2026-11-22 07:00 UTC`."""
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="minutes")[:16] + " UTC"


def short(digest: str) -> str:
    """Return the beginning of a digest that is long enough to tell two apart."""
    kind, _, rest = digest.partition(":")
    return f"{kind}:{rest[:12]}" if rest else digest[:19]


def plural(count: int, one: str, many: str = "") -> str:
    """Return a number and its noun: `1 finding`, `2,000 findings`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def badness(finding: Finding) -> tuple[object, ...]:
    """Return what findings are sorted by, the worst first."""
    where = finding.where
    return (
        SEVERITIES.index(finding.severity),
        finding.check,
        where.path or "",
        where.line or 0,
        where.column or 0,
        finding.message,
        finding.id,
    )


def _tally(name: str, title: str, provisions: tuple[Verdict, ...]) -> SectionTally:
    count = Counter(verdict.verdict for verdict in provisions)
    return SectionTally(
        id=name, title=title, counts={outcome: count[outcome] for outcome in Outcome}, provisions=provisions
    )


def _general(reason: Reason) -> str:
    if not reason.fix or not reason.provision:
        return reason.fix or reason.message
    return " ".join("PROVISION" if word == reason.provision else word for word in reason.fix.split(" "))


def _severity(name: str | None) -> Severity | None:
    return next((severity for severity in Severity if severity == name), None)


def _rank(severity: Severity | None) -> int:
    return len(SEVERITIES) if severity is None else SEVERITIES.index(severity)


def _unseen(assessment: Assessment) -> Iterator[Gap]:
    codes: dict[tuple[State, str], Counter[str]] = defaultdict(Counter)
    for one in assessment.evidence:
        if one.state in UNSEEN:
            codes[one.state, one.reason or ""][one.check] += 1
    order = tuple(UNSEEN)
    for (state, reason), count in sorted(codes.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        named = sorted(count)
        more = f" and {len(named) - 3:,} more" if len(named) > 3 else ""
        what = f"{plural(count.total(), 'check run')} {UNSEEN[state]} ({', '.join(named[:3])}{more})"
        yield Gap(what=what, reason=reason, count=count.total(), part="evidence")


def _unread(assessment: Assessment) -> Iterator[Gap]:
    count = Counter((one.kind, one.unread) for one in assessment.assets if one.unread)
    for (kind, reason), times in sorted(count.items()):
        yield Gap(what=f"{plural(times, 'asset')} of kind {kind}", reason=reason, count=times, part="assets")


def _skipped(assessment: Assessment) -> Iterator[Gap]:
    for reason, times in sorted(Counter(one.reason for one in skipped(assessment)).items()):
        yield Gap(what=plural(times, "path"), reason=reason, count=times, part="skipped")


def _unasked(assessment: Assessment) -> Iterator[Gap]:
    unchecked = sum(verdict.no_check for verdict in assessment.provisions)
    if unchecked:
        reason = "no check yet in this version; the gate does not count them"
        yield Gap(what=plural(unchecked, "provision"), reason=reason, count=unchecked, part="provisions")
