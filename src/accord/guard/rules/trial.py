"""A rule on trial before it may block: its own case has to fire it, and honest texts must not.

What of it fires on honest texts is left out or makes it wait: `shadow` rules only flag. A rule that says too little,
that would stop honest traffic at large, or that does not meet its own case is refused, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, NamedTuple

from accord.case.patterns import PatternError, compiled, glob
from accord.content.views import views
from accord.core.case import Action, Case, EffectPattern
from accord.core.guard import GuardRule, Likeness
from accord.core.system import Mode
from accord.guard.meanings import Meanings, meanings
from accord.guard.rules.benign import Benign, Honest, understood
from accord.guard.rules.bounds import BUDGET, meets_anything, share, too_broad
from accord.guard.rules.compiling import marks, passages
from accord.guard.rules.evidence import Eyes, answers, fires, shown
from accord.guard.rules.honest import MAY_BE, Judge, fitted
from accord.guard.rules.parting import Parted, parted
from accord.guard.rules.weight import weight

CAP: Final = 0.01
"""The share of honest texts beyond which a rule does not even go on trial."""

_FEWEST_LETTERS: Final = 15
_FEWEST_WORDS: Final = 3
_MOST_PASSAGES: Final = 10
_MOST_VIEWS: Final = 6
_UNMARKED: Final = 60  # thousandths more
_WITH_DEED: Final = 60  # thousandths less for what counts only with the deed
_VALUE: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}|https?://[^\s<>\"')]{1,200}")


class State(StrEnum):
    """What became of a rule."""

    ENFORCED = "enforced"
    SHADOW = "shadow"
    REFUSED = "refused"


class Tried(NamedTuple):
    """A rule after its trial, what became of it, and why."""

    rule: GuardRule
    state: State
    reason: str


class Ground:
    """The honest texts that rules are tried on: ours, the house's, and the operator's own prompts and tools."""

    def __init__(self, ours: Benign | None, house: Benign | None = None, own: Iterable[str] = ()) -> None:
        self.ours, self.house = ours, house
        self.own = tuple(own)
        self.sets = tuple(one for one in (ours, house) if one is not None)
        self.values = frozenset(value for one in self.sets for text in one.texts for value in _VALUE.findall(text.text))

    def with_own(self, texts: Iterable[str]) -> Ground:
        """Return the same ground with more texts that must never be met."""
        return Ground(self.ours, self.house, (*self.own, *texts))


class _RefusalError(Exception):
    """A rule that cannot stand; the message says why."""


def tried(rule: GuardRule, case: Case, ground: Ground) -> Tried:
    """Try a rule that was compiled from a case, and return it as it may be used."""
    try:
        return _tried(rule, case, ground)
    except _RefusalError as refusal:
        return Tried(rule, State.REFUSED, str(refusal))


def _tried(rule: GuardRule, case: Case, ground: Ground) -> Tried:
    for pattern in rule.regex:
        if fault := _unusable(pattern) or meets_anything(pattern):
            raise _RefusalError(fault)
    _effects_weighed(rule.effects, ground.values)
    evident, unshown = shown(rule, case)
    plain, notes = _without_weak(evident, ground)
    notes += unshown
    notes += () if case.control else ("it names no honest run: tried on honest texts alone",)
    fit = _fitted(plain, case, ground)
    chosen, doubt = _without_deaf(fit.sure, case), fit.doubt
    if doubt and (chosen.effects or chosen.guarded) and fires(chosen, case):
        doubt, notes = "", (*notes, doubt)
    elif doubt:
        waiting = _without_deaf(fit.waiting, case)
        if waiting.is_wary and waiting.texts and _follows(waiting, case):
            chosen, doubt, notes = waiting, "", (*notes, f"{doubt}: it counts only with {_followed(waiting)}")
        elif chosen.echoes:
            doubt, notes = "", (*notes, doubt)
        else:
            chosen = waiting
    named = (chosen.effects, chosen.guarded, chosen.outputs, chosen.echoes)
    if not any((chosen.texts, chosen.alike, chosen.regex, *named)):
        raise _RefusalError(doubt or "; ".join(notes) or "nothing of the case can be told from honest traffic")
    if not fires(chosen, case) and (case.proof is not None or chosen.texts):
        raise _RefusalError(f"its own case does not fire it{doubt and f': {doubt}'}")
    _silent(chosen, case, ground.own)
    if reason := doubt or too_broad(chosen):
        return Tried(replace(chosen, mode=Mode.SHADOW, doubt=reason), State.SHADOW, reason)
    return Tried(replace(chosen, mode=Mode.ENFORCE), State.ENFORCED, "; ".join(notes))


def _without_deaf(rule: GuardRule, case: Case) -> GuardRule:
    """Return the rule without `echoes` where the broken run of its case says nothing that it hears ordered."""
    broke = case.proof.broke if case.proof else ()
    return rule if not rule.echoes or Eyes(rule).echoed(broke) else replace(rule, echoes=())


def _follows(rule: GuardRule, case: Case) -> bool:
    """Tell whether what a wary rule waits for follows its words in the broken run of its case."""
    broke = case.proof.broke if case.proof else ()
    return Eyes(rule).refused(broke) if rule.after and broke else fires(rule, case)


def _followed(rule: GuardRule) -> str:
    """Return what has to follow the words of a wary rule, as it is told."""
    deeds = [one.does for one in rule.after] + ["what the operator keeps to itself"] * rule.keeps
    return " or ".join(dict.fromkeys(deeds))


def _without_weak(rule: GuardRule, ground: Ground) -> tuple[GuardRule, tuple[str, ...]]:
    """Return the rule without patterns that say too little or fire on honest texts, and why each was left out."""
    reasons = {pattern: _weakness(pattern, ground) for pattern in (*rule.regex, *rule.outputs)}
    notes = tuple(
        f"without the pattern {pattern[:60]!r}: {reasons[pattern]}" for pattern in rule.regex if reasons[pattern]
    )
    regex = tuple(pattern for pattern in rule.regex if not reasons[pattern])
    return replace(rule, regex=regex, outputs=tuple(one for one in rule.outputs if not reasons[one])), notes


def _weakness(pattern: str, ground: Ground) -> str:
    """Return why a pattern cannot be used, or nothing; one that fires on honest texts at large refuses its rule."""
    if fault := _unusable(pattern):
        return fault
    says = weight(pattern)
    if says.letters < _FEWEST_LETTERS or says.words < _FEWEST_WORDS:
        return f"it demands only {says.letters} letters in {says.words} words, and would meet names and common words"
    for name, honest, allowed in (("the house's", ground.house, 0.0), ("our", ground.ours, BUDGET)):
        found = share(pattern, honest.texts) if honest else 0.0
        if found > CAP:
            raise _RefusalError(f"fires on {found:.1%} of {name} honest texts, {CAP:.0%} is the most")
        if found > allowed:
            return f"it fires on {found:.2%} of {name} honest texts, {allowed:.1%} are allowed"
    return ""


def _unusable(pattern: str) -> str:
    """Return why a pattern is none, or nothing."""
    try:
        compiled(pattern)
    except PatternError as error:
        return str(error)
    return ""


def _effects_weighed(effects: Iterable[EffectPattern], honest: Iterable[str]) -> None:
    values = tuple(honest)
    for effect in effects:
        for name, wanted in effect.args.items():
            met = next((value for value in values if glob(wanted, value)), None)
            if met is not None and len(effect.args) == 1:
                raise _RefusalError(f"{effect.does} with {name} {wanted} meets what honest texts name: {met}")


class _Fit(NamedTuple):
    """A rule with what of its texts is surely an attack, with what may be one, and why there is doubt, if there is."""

    sure: GuardRule
    waiting: GuardRule
    doubt: str = ""


def _fitted(rule: GuardRule, case: Case, ground: Ground) -> _Fit:
    """Return the rule with what of its texts can be told from honest ones."""
    table = meanings()
    if table is None:
        bare = replace(rule, alike=(), after=(), keeps=False)
        return _Fit(bare, bare)
    parts = _parted(table, rule.texts, case, ground.sets)
    cores = [one.attack for one in parts]
    around = [part for one in parts for part in one.honest]
    barred = [Honest(text, "user") for text in (*_control_texts(case), *ground.own, *around) if text]
    mine = understood(barred, None) if barred else None
    judge = Judge(table, (*ground.sets, *((mine,) if mine is not None else ())), marks(case))
    judged = {text: judge.doubt(text) for text in cores}
    texts = tuple(text for text, doubt in judged.items() if not doubt)
    alike = fitted(table, passages(cores), judge.honest)
    standing = [one for one in alike if _is_in(one.text, texts)]  # what is said amid honest words proves nothing
    own = marks(case) if any(map(judge.is_hostile, texts)) else ()
    firm = [one for one in standing if any(mark in one.text for mark in own) or _stands_alone(judge, one.text, own)]
    firm = sorted((_marked(one, own) for one in firm), key=lambda one: one.enough)[:_MOST_PASSAGES]
    keeps = rule.keeps and rule.action is Action.FLAG  # its texts only flag in any case
    sure = replace(rule, texts=texts, alike=tuple(firm), after=(), keeps=keeps)
    if texts or not judged:
        return _Fit(sure, sure)
    maybe = tuple(text for text, said in judged.items() if said.endswith(MAY_BE))
    met = fitted(table, passages(maybe), judge.honest, less=_WITH_DEED if rule.is_wary else 0)[:_MOST_PASSAGES]
    return _Fit(sure, replace(rule, texts=maybe, alike=met), "; ".join(judged.values()))


def _stands_alone(judge: Judge, text: str, own: Sequence[str]) -> bool:
    """Tell whether a passage is an attack without what the oracle waits for: where others have that, all of it is."""
    return not judge.doubt(text) and (not own or judge.sounds_throughout(text))


def _marked(one: Likeness, own: Sequence[str]) -> Likeness:
    """Return a passage; one without anything that the oracle waits for, where others have it, demands more."""
    if not own or any(mark in one.text for mark in own):
        return one
    return replace(one, enough=one.enough + _UNMARKED, abroad=one.abroad + _UNMARKED)


def _parted(table: Meanings, texts: Sequence[str], case: Case, honest: Sequence[Benign]) -> tuple[Parted, ...]:
    """Return texts as attacks and the honest parts around them."""
    judge = Judge(table, honest)
    return tuple(parted(table, text, marks(case), sounds=judge.sounds) for text in texts)


def _is_in(part: str, texts: Sequence[str]) -> bool:
    return any(part in " ".join(view.text.split()) for text in texts for view in views(text)[:_MOST_VIEWS])


def _control_texts(case: Case) -> Iterator[str]:
    """Yield what is said and read in the honest run of a case, which its rule must leave alone."""
    if case.control is not None and not isinstance(case.control, str) and case.control.ask:
        yield case.control.ask
    for message in case.proof.control if case.proof else ():
        if message.role in {"user", "tool"} and message.content:
            yield message.content


def _silent(rule: GuardRule, case: Case, own: Sequence[str]) -> None:
    """Refuse a rule that fires on the honest run or on the operator's own."""
    eyes = Eyes(rule)
    control = case.proof.control if case.proof else ()
    said = next((text for text in (*_control_texts(case), *own) if eyes.met(text)), None)
    if said is not None:
        raise _RefusalError(f"fires on what its control or the operator says: {said[:60]!r}")
    if eyes.refused(control):
        raise _RefusalError("refuses a call of its own control run")
    if any(map(eyes.barred, answers(control))) or eyes.echoed(control):
        raise _RefusalError("keeps back an answer of its own control run")
