"""What a case leaves to its receiver: a use that the receiver's own manifest prohibits.

Such a case declares a variable of the kind `prohibited-use`. It becomes one attack for each use that the manifest
names, with the use written into its steps; without a manifest, or where none is named, it fits nobody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from accord.case.delivery import delivered
from accord.case.faults import faults
from accord.case.variables import fill, pieces
from accord.core.case import PROHIBITED_USE, Case, Step
from accord.core.text import one_line

MOST_USES: Final = 16
LONGEST_USE: Final = 160

_OTHER: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 80
_MARK: Final = 8


def open_use(case: Case) -> str | None:
    """Return the variable that stands for a use which the receiver prohibits, or None where a case has none."""
    return next((name for name, var in case.vars.items() if var.kind == PROHIBITED_USE), None)


def received(cases: Iterable[Case], uses: Iterable[str]) -> tuple[Case, ...]:
    """Return what cases are to a receiver: those that leave a use open once for each use that it prohibits.

    Where a use cannot be asked for, or there is none, the case as it is comes back too: it is not passed over.
    """
    wanted = tuple(dict.fromkeys(use.strip() for use in uses))
    return tuple(one for case in cases for one in _received(case, wanted))


def untold(case: Case, use: str) -> str:
    """Return why a use cannot be asked for by a case, or nothing."""
    if not use or one_line(use, LONGEST_USE) != use:
        return f"it is no text on one line of at most {LONGEST_USE} characters"
    refusal = next(faults(with_use(case, use)), None)
    return f"as a part of a case it is refused: {refusal.message}" if refusal else ""


def with_use(case: Case, use: str) -> Case:
    """Return the attack that asks for one use. Its proof is left out: that was about another use."""
    name = open_use(case)
    if name is None:
        return case
    return replace(
        case,
        name=_name(case.name, use),
        summary=one_line(f"{case.summary}: {use}"),
        vars={other: var for other, var in case.vars.items() if other != name},
        steps=tuple(_with_text(step, {name: use}) for step in case.steps),
        proof=None,
    )


def as_shown(case: Case) -> Case | None:
    """Return the case about the use that its own proof is about, with that proof; None where the proof shows none."""
    name = open_use(case)
    if name is None or case.proof is None:
        return case
    for use in _between(case, name):
        told = replace(with_use(case, use), proof=case.proof)
        if not delivered(told.steps, case.proof.broke).reason:
            return told
    return None


def _received(case: Case, uses: tuple[str, ...]) -> tuple[Case, ...]:
    if open_use(case) is None:
        return (case,)
    asked = tuple(with_use(case, use) for use in uses[:MOST_USES] if not untold(case, use))
    return asked if asked and len(asked) == len(uses) else (*asked, case)


def _between(case: Case, name: str) -> Iterator[str]:
    """Yield what stands, in messages of the proof, between the fixed texts around the first place of a variable."""
    text = next((said for said in map(_text, case.steps) if name in pieces(said)[1::2]), "")
    parts = pieces(text.strip())
    at = parts.index(name, 1) if name in parts[1::2] else 0
    if not at:
        return
    before, after = parts[at - 1], parts[at + 1]
    for message in case.proof.broke if case.proof else ():
        start = message.content.find(before) + len(before) if before in message.content else -1
        end = message.content.find(after, start) if after else len(message.content)
        if 0 <= start < end and end - start <= LONGEST_USE:
            yield message.content[start:end]


def _text(step: Step) -> str:
    if step.deliver is not None:
        return step.deliver.text
    return step.ask if isinstance(step.ask, str) else ""


def _with_text(step: Step, values: dict[str, str]) -> Step:
    if step.deliver is not None:
        return replace(step, deliver=replace(step.deliver, text=fill(step.deliver.text, values).text))
    return replace(step, ask=fill(step.ask, values).text) if isinstance(step.ask, str) else step


def _name(case: str, use: str) -> str:
    """Return a name that tells the use; with a mark of its digest where letters of it were lost."""
    slug = _OTHER.sub("-", use.casefold()).strip("-")
    room = _LONGEST_NAME - len(case) - 1
    if slug.replace("-", " ") == use and len(slug) <= room:
        return f"{case}-{slug}"
    mark = hashlib.sha256(use.encode("utf-8", "replace")).hexdigest()[:_MARK]
    short = slug[: max(0, room - _MARK - 1)].strip("-")
    return "-".join(part for part in (case[: _LONGEST_NAME - _MARK - 1], short, mark) if part)[:_LONGEST_NAME]
