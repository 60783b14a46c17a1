"""Whether a case is safe to receive: data within limits, reserved hosts, patterns that end, and a control."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from accord.case.faults import DEEPEST, LARGEST_CASE, LONGEST_TEXT, Fault, faults, notes
from accord.case.identity import identity
from accord.case.oracles import rubrics
from accord.case.verify import verify
from accord.core.canon import Digest
from accord.core.case import Case
from accord.core.errors import AccordError
from accord.core.finding import Place

if TYPE_CHECKING:
    from accord.record.codec import Placed

_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason to refuse a case, where it stands, and what to do."""

    message: str
    where: Place
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What lint says of one file: the identity of its case, every problem, and notes that refuse nothing."""

    path: str
    ok: bool
    id: Digest | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def lint(case: Case) -> tuple[Problem, ...]:
    """Return the reasons to refuse a case, up to 100; the place of each names the member of the case."""
    found = islice(faults(case), _MOST)
    return tuple(Problem(message=fault.message, hint=fault.hint, where=_member(fault)) for fault in found)


def lint_file(path: Path, *, shown: str | None = None) -> FileReport:
    """Lint a file: what is wrong with it never raises, it is a problem with line and column."""
    name = shown or str(path)
    try:
        case, places = _placed(path, name)
    except AccordError as error:
        where = error.where or Place()
        place = Place(path=name, line=where.line or 1, column=where.column or 1)
        return FileReport(path=name, ok=False, problems=(Problem(message=error.message, hint=error.hint, where=place),))
    problems = tuple(
        Problem(message=fault.message, hint=fault.hint, where=places.at(*fault.path))
        for fault in islice(faults(case), _MOST)
    )
    said = tuple(islice((*notes(case), *_judged(case)), _MOST))
    return FileReport(path=name, ok=not problems, id=_identity(case), problems=problems, notes=said)


def load(path: Path, *, shown: str | None = None) -> Case:
    """Read the case in a file, within the limits of a case; call `lint` before using what it says.

    Raises `ManifestError` with place and hint where it is no case.
    """
    return _placed(path, shown or str(path)).word


def _placed(path: Path, name: str) -> Placed[Case]:
    from accord.record.codec import decode_placed, read_bytes

    data = read_bytes(path, shown=name, limit=LARGEST_CASE)
    return decode_placed(data, Case, path=name, limit=LARGEST_CASE, max_text=LONGEST_TEXT, depth=DEEPEST)


def _judged(case: Case) -> tuple[str, ...]:
    """Note a case that nobody can prove without a judge: no deterministic condition fires on its proof."""
    if not rubrics(case.broke) or verify(case).ok:
        return ()
    return ("`accord case verify` cannot prove this case offline: only a judge can tell whether it broke",)


def _identity(case: Case) -> Digest | None:
    try:
        return identity(case)
    except ValueError:
        return None


def _member(fault: Fault) -> Place:
    return Place(member=".".join(str(key) for key in fault.path) or None)
