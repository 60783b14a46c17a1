"""Overrules applied: results as a person decided them, and what a report has to say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from accord.core.campaign import TrialResult
from accord.core.text import one_line
from accord.record.overrule import Overrule, OverruleRead

_OPEN: Final = frozenset({"broke", "held", "unsure"})


class Ruled(NamedTuple):
    """Results after all overrules that count, and one sentence on each overrule, ignored ones too."""

    results: tuple[TrialResult, ...]
    told: tuple[str, ...]


def apply(results: Iterable[TrialResult], overrules: Iterable[OverruleRead]) -> Ruled:
    """Return the results as they were overruled; what does not count, or fits no result, changes nothing."""
    ordered: dict[str, TrialResult] = {}
    for one in results:
        ordered.setdefault(one.trial, one)
    told = []
    for read in overrules:
        note = read.note
        if note is None:
            told.append(f"the overrule {read.file} is ignored: {read.problem}")
            continue
        result = ordered.get(note.trial)
        problem = read.problem if not read.counted else _misfit(note, result)
        what = f"{one_line(note.trial, 80)} from {one_line(note.was, 20)} to {note.outcome}"
        if problem or result is None:
            told.append(f"the overrule of {what} is ignored: {problem}")
            continue
        ordered[note.trial] = _ruled(note, result)
        told.append(f"the {note.role} overruled {what} until {note.expires}: {one_line(note.reason)}")
    return Ruled(tuple(ordered.values()), tuple(told))


def _misfit(note: Overrule, result: TrialResult | None) -> str:
    """Return why a note does not fit its trial, or an empty text."""
    if result is None:
        return "the campaign has no such trial"
    if result.transcript is None or result.transcript != note.transcript:
        return "it is about another transcript of that trial"
    if result.outcome not in _OPEN or result.outcome != note.was:
        return f"the trial is {one_line(result.outcome, 20)}, not {one_line(note.was, 20)}"
    return ""


def _ruled(note: Overrule, result: TrialResult) -> TrialResult:
    reason = f"overruled from {result.outcome} by the {note.role} until {note.expires}: {one_line(note.reason)}"
    return replace(result, outcome=note.outcome, reason=reason)
