"""The report of the terminal: the worst findings in full, then always the summary, in eighty columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from accord.core.assessment import Outcome
from accord.core.finding import Severity
from accord.core.text import clean, one_line
from accord.report import imprint, outline
from accord.report.columns import cells, clip, pad, wrap

if TYPE_CHECKING:
    from accord.core.assessment import Assessment, Verdict, WaiverRead
    from accord.core.finding import Finding

WIDTH: Final = 80
PER_CHECK: Final = 3
"""So many findings of one check are shown in full."""
IN_FULL: Final = 20
"""So many findings are shown in full altogether."""

_LISTED: Final = 8
_GLYPHS: Final = dict(zip(Outcome, "●◐✕○–", strict=True))
_ASCII: Final = str.maketrans("┌─│●◐✕○–·…→▸", "+-|ox!.-;~>>")
_TONES: Final = {
    "critical": "\x1b[1;31m",
    "high": "\x1b[31m",
    "medium": "\x1b[33m",
    "low": "\x1b[36m",
    "bold": "\x1b[1m",
    "good": "\x1b[1;32m",
    "bad": "\x1b[1;31m",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the report; the first `toned` characters of it are coloured, where colour is asked for."""

    text: str = ""
    tone: str = ""
    toned: int = 0


def write(assessment: Assessment, out: TextIO) -> None:
    """Write the report without colour, with a checksum as its last line."""
    out.write(imprint.imprinted(render(assessment, colour=False, ascii=False), imprint.LINE))


def render(assessment: Assessment, *, colour: bool, ascii: bool) -> str:  # noqa: A002  # the word people know
    """Return the report as text; colour only repeats what words say, `ascii` draws without other characters."""
    lines = (*_findings(assessment), *_summary(assessment))
    return "".join(_drawn(line, colour=colour, only_ascii=ascii) for line in lines)


def _drawn(line: _Line, *, colour: bool, only_ascii: bool) -> str:
    text = line.text
    if only_ascii:
        text = text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
    if colour and line.tone:
        toned = line.toned or len(text)
        text = f"{_TONES[line.tone]}{text[:toned]}\x1b[0m{text[toned:]}"
    return text.rstrip() + "\n"


def _findings(assessment: Assessment) -> Iterator[_Line]:
    left: Counter[tuple[Severity, str]] = Counter()
    shown: Counter[str] = Counter()
    states = {verdict.id: verdict for verdict in (*assessment.provisions, *assessment.companion)}
    for finding in outline.worst_first(assessment.findings):
        if shown[finding.check] >= PER_CHECK or shown.total() >= IN_FULL:
            left[finding.severity, finding.check] += 1
            continue
        shown[finding.check] += 1
        yield from _finding(finding, states)
    for (severity, code), count in left.items():
        yield _Line(f"and {count:,} more of {one_line(code, 20)} ({severity}): see the HTML or JSON report")
    if left:
        yield _Line()


def _finding(finding: Finding, states: dict[str, Verdict]) -> Iterator[_Line]:
    head = f"{finding.severity}[{one_line(finding.check, 20)}]:"
    message, *rest = wrap(f"{head} {one_line(finding.message)}", WIDTH)
    yield _Line(message, finding.severity, len(head))
    yield from (_Line(f"  {line}") for line in wrap(" ".join(rest), WIDTH - 2))
    number = _number(finding) if finding.excerpt else ""
    gutter = " " * (len(number) + 3 if number else 2)
    yield from _hung(f"{gutter}┌─ ", f"{gutter}│  ", outline.place(finding.where))
    yield from _excerpt(finding, number, gutter)
    yield from _hung("  = seen: ", "          ", f"in {outline.subject(finding.asset)}")
    for line in _bears_on(finding, states):
        yield from _hung("  = bears on: ", "    ", line)
    if finding.fix:
        yield from _hung("  = fix: ", "         ", one_line(finding.fix))
    yield from _hung("  = more: ", "    ", f"accord explain {one_line(finding.check, 20)}")
    yield _Line()


def _number(finding: Finding) -> str:
    line = finding.where.line
    return str(line) if line is not None and 0 <= line < 10_000_000 else ""


def _excerpt(finding: Finding, number: str, gutter: str) -> Iterator[_Line]:
    """Draw the excerpt behind a gutter, with a caret below the column of its first line."""
    if not finding.excerpt:
        return
    first, *more = finding.excerpt[:4000].split("\n")[:6]
    body = first.lstrip()
    before = max((finding.where.column or 0) - 1 - (len(first) - len(body)), 0)
    caret = cells(_flat(body[:before]))
    start = max(caret - 50, 0) if caret > WIDTH - 12 else 0
    room = WIDTH - len(gutter) - 2
    yield _Line(f"{gutter}│")
    head = f"  {number} " if number else gutter
    yield _Line(f"{head}│ " + clip(_flat(body)[start:], room))
    if finding.where.column is not None and before < len(body):
        yield _Line(f"{gutter}│ {' ' * (caret - start)}^", "bold")
    yield from (_Line(f"{gutter}│ " + clip(_flat(line), room)) for line in more)
    yield _Line(f"{gutter}│")


def _flat(text: str) -> str:
    return clean(text.expandtabs(4)).replace("\t", " ").replace("\n", " ")


def _bears_on(finding: Finding, states: dict[str, Verdict]) -> Iterator[str]:
    for name in finding.provisions[:3]:
        verdict = states.get(name)
        said = f"{one_line(verdict.title, 120)} ({outline.WORDS[verdict.verdict]})" if verdict else ""
        yield f"{one_line(name, 40)} {said}"
    if len(finding.provisions) > 3:
        yield f"and {len(finding.provisions) - 3} more provisions"


def _summary(assessment: Assessment) -> Iterator[_Line]:
    yield from _head(assessment)
    yield from _gate(assessment)
    yield from _table(assessment)
    yield from _not_seen(assessment)
    yield from _exceptions(assessment)
    yield from _vouched(assessment)


def _head(assessment: Assessment) -> Iterator[_Line]:
    system = assessment.system
    name = clip(f"{one_line(system.name, 60)} {one_line(system.version, 20)}", WIDTH // 2)
    checks = outline.plural(len({one.check for one in assessment.evidence}), "check")
    assets = outline.plural(len(assessment.assets), "asset")
    yield from _hung(f"Assessed {name}: ", "  ", f"{checks} on {assets} in {assessment.seconds:.1f} s", "bold")
    counts = Counter(finding.severity for finding in assessment.findings)
    told = ", ".join(f"{counts[severity]:,} {severity}" for severity in outline.SEVERITIES if counts[severity])
    count = outline.plural(len(assessment.findings), "finding")
    yield _Line(f"  {count}: {told}" if told else "  no findings")
    yield _Line()


def _gate(assessment: Assessment) -> Iterator[_Line]:
    gate = assessment.gate
    todo = outline.actions(gate.reasons)
    head = outline.headline(assessment).upper()
    why = f"gate passes at level {gate.level}"
    if not gate.passed:
        count = outline.plural(len(gate.reasons), "reason")
        why = f"gate fails at level {gate.level}: {count}, {outline.plural(len(todo), 'action')} to take"
    yield from _hung(f"{head}  ", "  ", why, "good" if gate.passed else "bad", len(head))
    for number, action in enumerate(todo[:_LISTED], 1):
        yield from _hung(f"  {number:>2}  ", "      ", one_line(action.why, 240))
        if action.text != action.reasons[0].message:
            yield from _hung("      fix: ", "           ", one_line(action.text, 240))
        yield from _hung("      ", "      ", _about(action))
    if len(todo) > _LISTED:
        yield _Line(f"      and {len(todo) - _LISTED:,} more actions: see the HTML or JSON report")
    for note in (*gate.notes, *assessment.notes):
        yield from _hung("  note: ", "        ", one_line(note, 240))
    yield _Line()


def _about(action: outline.Action) -> str:
    named = [one_line(name, 40) for name in action.provisions]
    parts = [one_line(action.check, 20) if action.check else "", action.severity or ""]
    parts.append(", ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else ""))
    parts.append("" if action.waivable else "cannot be waived")
    return " · ".join(part for part in parts if part)


def _table(assessment: Assessment) -> Iterator[_Line]:
    heads = [f"{_GLYPHS[outcome]} {outline.WORDS[outcome]}" for outcome in Outcome]
    yield _Line(pad("Provisions", 26) + "".join(f"  {head:>{len(head)}}" for head in heads), "bold")
    tallies = outline.tallies(assessment)
    for tally in (*tallies[:12], outline.total(assessment)):
        title = pad(f"  {one_line(tally.title, 60)}", 26)
        numbers = (f"{tally.counts[outcome]:,}" for outcome in Outcome)
        row = "".join(f"  {number:>{len(head)}}" for number, head in zip(numbers, heads, strict=True))
        yield _Line(title + row)
    yield _Line()


def _not_seen(assessment: Assessment) -> Iterator[_Line]:
    gaps = outline.gaps(assessment)
    yield _Line("Not looked at" if gaps else "Not looked at: nothing was left out", "bold")
    for gap in gaps[:_LISTED]:
        what = one_line(gap.what, 80)
        reason = one_line(gap.reason, 240) if gap.reason else "no reason was recorded"
        yield from _hung("  ", "    ", f"{what}: {reason}")
    if len(gaps) > _LISTED:
        rest = sum(gap.count for gap in gaps[_LISTED:])
        yield _Line(f"  and {rest:,} more: see the HTML or JSON report")
    yield _Line()


def _exceptions(assessment: Assessment) -> Iterator[_Line]:
    told = (*_exception("waiver", assessment.waivers), *_exception("debt", assessment.debts))
    yield from told
    signed = [one for one in assessment.attestations if one.counted]
    if assessment.attestations:
        left = len(assessment.attestations) - len(signed)
        tail = f", {left:,} did not count" if left else ""
        yield _Line(f"{outline.plural(len(signed), 'signed statement')} counted{tail}")
    if told or assessment.attestations:
        yield _Line()


def _exception(kind: str, entries: Iterable[WaiverRead]) -> tuple[_Line, ...]:
    entries = tuple(entries)
    if not entries:
        return ()
    counted = [one for one in entries if one.counted]
    ends = min((one.expires for one in counted), default=None)
    until = f", the first ends on {ends.isoformat()}" if ends else ""
    lines = [_Line(f"{outline.plural(len(counted), kind)} counted{until}")]
    for one in entries:
        if not one.counted and len(lines) <= _LISTED:
            problem = one_line(one.problem or "no reason was recorded", 160)
            lines.extend(_hung("  ", "    ", f"{one_line(one.id, 60)} did not count: {problem}"))
    return tuple(lines)


def _vouched(assessment: Assessment) -> Iterator[_Line]:
    changes = outline.plural(len(assessment.changes), "change")
    since = (
        f"{changes} since {outline.short(assessment.previous)}" if assessment.previous else "no assessment before this"
    )
    facts = (
        ("signed", one_line(assessment.signer, 120)),
        ("trust", f"{assessment.level}: {outline.VOUCHERS[assessment.level]}"),
        ("asked", f"{one_line(assessment.profile.catalogue, 60)} at level {assessment.profile.level}"),
        ("subject", one_line(assessment.subject, 80)),
        ("sealed", one_line(assessment.id, 80)),
        ("", "check it offline: accord verify"),
        ("made", f"{outline.when(assessment.created)} by accord {one_line(assessment.version, 40)}"),
        ("before", one_line(since, 120)),
        ("marking", f"TLP:{assessment.tlp}"),
    )
    for name, value in facts:
        yield from _hung(f"{name:<8}", " " * 8, value)


def _hung(first: str, later: str, text: str, tone: str = "", toned: int = 0) -> Iterator[_Line]:
    """Wrap text behind a beginning; the lines that follow stand behind another one."""
    lines = wrap(text, WIDTH - max(cells(first), cells(later))) or [""]
    yield _Line(first + lines[0], tone, toned)
    yield from (_Line(later + line) for line in lines[1:])
