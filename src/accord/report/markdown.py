"""The report as Markdown, for a comment on a change: short, and unable to mention, link or embed what it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, TextIO

from accord.core.assessment import Outcome
from accord.core.text import one_line
from accord.report import imprint, outline

if TYPE_CHECKING:
    from accord.core.assessment import Assessment
    from accord.core.finding import Finding

LISTED: Final = 20
"""So many actions, gaps and findings are listed at most."""
ROOM: Final = 12_000
"""So many characters each of these lists may take."""

_MARKUP: Final = re.compile(r"[\\`*_{}\[\]()<>#+!|~&@:/$=^.\-]")


def write(assessment: Assessment, out: TextIO) -> None:
    """Write the report, with a checksum as its last line; a page never shows that line."""
    out.write(imprint.imprinted("\n".join(_lines(assessment)) + "\n\n", imprint.COMMENT))


def _lines(assessment: Assessment) -> Iterator[str]:
    gate = assessment.gate
    todo = outline.actions(gate.reasons)
    system = f"{_text(assessment.system.name, 80)} {_text(assessment.system.version, 40)}"
    yield f"## {outline.headline(assessment)}: {system}"
    yield ""
    if gate.passed:
        yield f"The gate passes at level {gate.level}."
    else:
        reasons = outline.plural(len(gate.reasons), "reason")
        yield f"The gate fails at level {gate.level}: {reasons}, {outline.plural(len(todo), 'action')} to take."
        yield ""
        yield from _listed([f"1. {_action(action)}" for action in todo], "action")
    yield from ("", *_table(assessment), "")
    yield from _gaps(assessment)
    yield from _findings(assessment)
    yield ""
    vouched = f"trust level {assessment.level}: {outline.VOUCHERS[assessment.level]}"
    yield f"Signed by {_text(assessment.signer, 120)}; {vouched}."
    sealed = f"`{_code(assessment.id)}` on {outline.when(assessment.created)}"
    yield f"Sealed as {sealed}, TLP:{assessment.tlp}."


def _action(action: outline.Action) -> str:
    named = ", ".join(_text(name, 40) for name in islice(action.provisions, 6))
    about = [_text(action.check, 20) if action.check else "", action.severity or "", named]
    fix = f"; fix: {_text(action.text, 200)}" if action.text != action.reasons[0].message else ""
    return f"{_text(action.why, 200)}{fix} ({' · '.join(part for part in about if part)})"


def _table(assessment: Assessment) -> Iterator[str]:
    yield f"| Section | {' | '.join(outline.WORDS.values())} |"
    yield "|---|" + "--:|" * len(Outcome)
    for tally in outline.tallies(assessment)[:8]:
        yield f"| {_text(tally.title, 60)} | {' | '.join(str(tally.counts[outcome]) for outcome in Outcome)} |"


def _gaps(assessment: Assessment) -> Iterator[str]:
    gaps = outline.gaps(assessment)
    yield "**Not looked at**" if gaps else "**Not looked at:** nothing was left out."
    yield ""
    lines = [f"- {_text(gap.what, 90)}: {_text(gap.reason or 'no reason was recorded', 160)}" for gap in gaps]
    yield from _listed(lines, "kind")


def _findings(assessment: Assessment) -> Iterator[str]:
    yield ""
    yield f"**{outline.plural(len(assessment.findings), 'finding')}**"
    yield ""
    yield from _listed([_finding(finding) for finding in outline.worst_first(assessment.findings)], "finding")


def _finding(finding: Finding) -> str:
    place = _code(outline.place(finding.where))
    return f"- {finding.severity} {_text(finding.check, 20)}: {_text(finding.message, 240)} at `{place}`"


def _listed(lines: list[str], what: str) -> Iterator[str]:
    room = ROOM
    shown = 0
    for line in lines[:LISTED]:
        room -= len(line)
        if room < 0:
            break
        shown += 1
        yield line
    if len(lines) > shown:
        yield ""
        yield f"and {outline.plural(len(lines) - shown, f'more {what}')}: see the HTML or JSON report"


def _text(text: str, limit: int) -> str:
    """Return text that means nothing to Markdown: each character of its grammar stands as a number.

    Mentions and references (`@name`, `#1`, `GH-1`) are looked for after that, so nothing visible splits them.
    """
    return _MARKUP.sub(_as_number, one_line(text, limit))


def _as_number(match: re.Match[str]) -> str:
    splits = match[0] in "@#" or match.string[max(match.start() - 2, 0) : match.start()].lower() == "gh"
    return f"&#{ord(match[0])};" + ("&#8203;" if splits else "")


def _code(text: str) -> str:
    """Return text for a code span, where only the backtick means something."""
    return one_line(text, 200).replace("`", "'")
