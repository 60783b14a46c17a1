"""Cases of kind `artifact`: what somebody found in a model file, looked for in every file that is scanned.

A reading is what the readers tell of a file, as the answer in a transcript: `format torch`, then one line
`uses NAME` for each callable, class or operator that loading it would use, and `seen KIND: FACT` for each reason.
The case's own oracle judges that transcript, so an artifact case needs nothing that other cases do not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accord.case.faults import faults
from accord.case.identity import identity
from accord.case.lint import load
from accord.case.oracles import judge
from accord.core.case import CaseKind
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import one_line, shown
from accord.core.trial import Message, Transcript, TrialOutcome

if TYPE_CHECKING:
    from accord.core.case import Case
    from accord.scan.look import Look
    from accord.scan.part import Part
    from accord.scan.rating import Sight

QUESTION: Final = "What would loading this file use?"
"""What the reading answers; the step of an artifact case asks the same."""

_LONGEST = 300


def artifact_cases(paths: Iterable[Path]) -> tuple[Case, ...]:
    """Return the cases of kind artifact in files and folders; cases of other kinds are passed over.

    Raises `AccordError` for a case that `lint` refuses or that cannot be read.
    """
    found: list[Case] = []
    for path in paths:
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        found += [_accepted(file) for file in files]
    return tuple(case for case in found if case.kind is CaseKind.ARTIFACT)


def artifact_case(path: Path) -> Case | None:
    """Return the case in a file, or None where it is of another kind, which is then for others to judge.

    Raises `AccordError` for one that `lint` refuses or that cannot be read.
    """
    case = load(path, shown=shown(path.name))
    return _linted(case, path) if case.kind is CaseKind.ARTIFACT else None


def _accepted(path: Path) -> Case:
    return _linted(load(path, shown=shown(str(path))), path)


def _linted(case: Case, path: Path) -> Case:
    fault = next(faults(case), None)
    if fault:
        raise ManifestError(
            f"the case {one_line(case.name, 80)} is refused: {fault.message}",
            hint="see every problem: accord case lint",
            code="ACC-E812",
            where=Place(path=shown(str(path))),
        )
    return case


def reading(part: Part, look: Look, sights: Iterable[Sight]) -> str:
    """Return what the readers tell of a file, a fact a line."""
    names = dict.fromkeys((*look.used, *(sight.name for sight in sights if sight.name)))
    lines = [f"format {look.format_of(part) or 'unknown'}"]
    lines += [f"uses {one_line(name, _LONGEST)}" for name in names]
    lines += [f"seen {sight.kind}: {one_line(sight.message, _LONGEST)}" for sight in sights]
    return "\n".join(lines)


def matched(cases: Iterable[Case], part: Part, look: Look, sights: list[Sight]) -> list[Sight]:
    """Return a reason for each case whose oracle fires on the reading of a file."""
    said = Transcript(
        messages=(
            Message(role="user", content=QUESTION),
            Message(role="assistant", content=reading(part, look, sights)),
        )
    )
    found: list[Sight] = []
    for case in cases:
        judged = judge(case.broke, said)
        if judged.outcome is TrialOutcome.BROKE:
            fact = f"it is what the case {case.name} ({identity(case)[:19]}) describes: {one_line(judged.span, 120)}"
            found.append(part.sees("case-matched", fact, name=case.name))
    return found
