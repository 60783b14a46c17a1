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

from accord.case.patterns import Pattern, PatternError, compiled, glob
from accord.case.variables import fill
from accord.content.views import views
from accord.core.canon import digest
from accord.core.case import Case, Channel, EffectPattern
from accord.core.guard import GuardPolicy, GuardRule
from accord.core.system import Mode
from accord.core.trial import Message
from accord.guard.constraints import Constraints
from accord.guard.matching import Matcher, compile_rules
from accord.guard.rules.benign import Benign, Honest
from accord.guard.rules.honest import fitted, standing
from accord.guard.rules.meanings import Meanings, meanings
from accord.guard.rules.near import Neighbours
from accord.guard.rules.weight import weight

BUDGET: Final = 0.001
"""The share of our own honest texts on which a rule may fire."""

CAP: Final = 0.01
"""The share of honest texts beyond which a rule does not even go on trial."""

_FEWEST_LETTERS: Final = 15
_FEWEST_WORDS: Final = 3
_MOST_PASSAGES: Final = 10
_MOST_VIEWS: Final = 6
_MAY_BE: Final = "may be honest"
_FEWEST: Final = 6  # words of a text in a language that the table of words does not know
_LEAST_TOLD: Final = 2.0  # of a text: in words that tell everything
_ANCHOR: Final = re.compile(r"\\[AzbB]|\^|\$|\(\?")
_VALUE: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}|https?://[^\s<>\"')]{1,200}")
_ANYTHING: Final = (
    "",
    "a",
    "the",
    "0",
    "7",
    "@",
    "info@example.com",
    "https://example.com/",
    "\n",
    " ",
    "de",
    "и",
    "的",
    "!",
)
_POLICY: Final = GuardPolicy(guard=1)


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
        _refuse_anything(pattern)
    _effects_weighed(rule.effects, ground.values)
    plain, notes = _without_weak(rule, ground)
    fit, doubt = _fitted(plain, ground, tuple(_control_texts(case)))
    if not (fit.texts or fit.regex or fit.effects or fit.guarded or fit.outputs):
        raise _RefusalError(doubt or "; ".join(notes) or "nothing of the case can be told from honest traffic")
    _tested(fit, case, ground.own)
    if doubt and not fit.effects:
        return _on_trial(fit, doubt)
    return Tried(replace(fit, mode=Mode.ENFORCE), State.ENFORCED, "; ".join((*notes, *([doubt] if doubt else ()))))


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
    try:
        found = compiled(pattern)
    except PatternError as error:
        return str(error)
    says = weight(pattern)
    if says.letters < _FEWEST_LETTERS or says.words < _FEWEST_WORDS:
        return f"it demands only {says.letters} letters in {says.words} words, and would meet names and common words"
    for name, honest, allowed in (("the house's", ground.house, 0.0), ("our", ground.ours, BUDGET)):
        share = _share(found, honest.texts, is_anchored=_ANCHOR.search(pattern) is not None) if honest else 0.0
        if share > CAP:
            raise _RefusalError(f"fires on {share:.1%} of {name} honest texts, {CAP:.0%} is the most")
        if share > allowed:
            return f"it fires on {share:.2%} of {name} honest texts, {allowed:.1%} are allowed"
    return ""


def _on_trial(rule: GuardRule, reason: str) -> Tried:
    return Tried(replace(rule, mode=Mode.SHADOW), State.SHADOW, reason)


def _refuse_anything(pattern: str) -> None:
    """Refuse a pattern that is none, or that meets anything."""
    try:
        found = compiled(pattern)
    except PatternError as error:
        raise _RefusalError(str(error)) from error
    met = next((text for text in _ANYTHING if found.search(text) is not None), None)
    if met is not None:
        raise _RefusalError(f"the pattern {pattern[:60]!r} matches {met!r}: it would stop honest traffic at large")


def _effects_weighed(effects: Iterable[EffectPattern], honest: Iterable[str]) -> None:
    values = tuple(honest)
    for effect in effects:
        for name, wanted in effect.args.items():
            met = next((value for value in values if glob(wanted, value)), None)
            if met is not None and len(effect.args) == 1:
                raise _RefusalError(f"{effect.does} with {name} {wanted} meets what honest texts name: {met}")


def _fitted(rule: GuardRule, ground: Ground, control: Sequence[str]) -> tuple[GuardRule, str]:
    """Return the rule with what can be told from honest texts, and why its texts are in doubt, if they are."""
    table = meanings()
    if table is None:
        return replace(rule, alike=()), ""
    from accord.guard.rules.benign import understood

    barred = [Honest(text, "user") for text in (*control, *ground.own) if text]
    mine = understood(barred, None) if barred else None
    sets = (*ground.sets, *((mine,) if mine is not None else ()))
    judged = {text: _judged(table, text, sets) for text in rule.texts}
    texts = [text for text, doubt in judged.items() if not doubt]
    firm = [one for one in rule.alike if _is_in(one.text, texts) or not _judged(table, one.text, sets)]
    alike = fitted(table, firm, sets)[:_MOST_PASSAGES]
    doubt = "" if texts or alike else "; ".join(doubt for doubt in judged.values() if doubt)
    if doubt and not rule.effects:
        texts = [text for text, said in judged.items() if said.endswith(_MAY_BE)]
        alike = fitted(table, [one for one in rule.alike if _is_in(one.text, texts)], sets)[:_MOST_PASSAGES]
    return replace(rule, texts=tuple(texts), alike=alike), doubt


def _judged(table: Meanings, text: str, honest: Sequence[Benign]) -> str:
    """Return why a text may be an honest one, or nothing."""
    clear = _clear(table, text)
    stands = standing(table, clear, honest)
    if table.told(table.rows(clear)) < _LEAST_TOLD and len(clear.split()) < _FEWEST:
        return f"the text {text[:60]!r} is too short"
    if stands.is_twin:
        return f"the text {text[:60]!r} is like an honest text (likeness {stands.likest / 1000:.2f})"
    return f"the text {text[:60]!r} {_MAY_BE}" if stands.is_doubtful else ""


def _is_in(part: str, texts: Sequence[str]) -> bool:
    return any(part in " ".join(view.text.split()) for text in texts for view in views(text)[:_MOST_VIEWS])


def _clear(table: Meanings, text: str) -> str:
    """Return the view of a text that tells most: what it hides, where it hides something."""
    return max((view.text for view in views(text)[:_MOST_VIEWS]), key=lambda one: table.told(table.rows(one)))


def _control_texts(case: Case) -> Iterator[str]:
    """Yield what is said and read in the honest run of a case, which its rule must leave alone."""
    if case.control is not None and not isinstance(case.control, str) and case.control.ask:
        yield case.control.ask
    for message in case.proof.control if case.proof else ():
        if message.role in {"user", "tool"} and message.content:
            yield message.content


def _tested(rule: GuardRule, case: Case, own: Sequence[str]) -> None:
    """Refuse a rule that its own case does not fire, or that fires on the honest run or on the operator's own."""
    eyes = _Eyes(rule)
    values = {name: _token(case.name, name) for name in case.vars}
    met = any(eyes.met(fill(text, values).text) for text in rule.texts)
    broke = case.proof.broke if case.proof else ()
    met = met or eyes.refused(broke) or any(eyes.met(one.content) for one in broke if one.role != "assistant")
    if not met and (case.proof is not None or rule.texts):
        raise _RefusalError("its own case does not fire it")
    control = case.proof.control if case.proof else ()
    said = next((text for text in (*_control_texts(case), *own) if eyes.met(text)), None)
    if said is not None:
        raise _RefusalError(f"fires on what its control or the operator says: {said[:60]!r}")
    if eyes.refused(control):
        raise _RefusalError("refuses a call of its own control run")


class _Eyes:
    """Everything that looks for one rule."""

    def __init__(self, rule: GuardRule) -> None:
        self._matcher: Matcher = compile_rules((rule,))
        self._near = Neighbours((rule,))
        self._constraints = Constraints((rule,))

    def met(self, text: str) -> bool:
        """Tell whether a text that comes in is met."""
        seen = views(text)
        return bool(self._matcher.hits(seen, Channel.RETRIEVAL) or self._near.hits(seen, Channel.RETRIEVAL))

    def refused(self, messages: Sequence[Message]) -> bool:
        """Tell whether a call in a transcript is refused."""
        return any(
            self._constraints.refuses(_POLICY, messages[:at], call) is not None
            for at, message in enumerate(messages)
            for call in message.tool_calls
        )


def _share(pattern: Pattern, honest: Sequence[Honest], *, is_anchored: bool) -> float:
    """Return the share of honest texts that a pattern matches."""
    if not honest or (not is_anchored and pattern.search("\n".join(one.text for one in honest)) is None):
        return 0.0
    return sum(pattern.search(text.text) is not None for text in honest) / len(honest)


def _token(case: str, name: str) -> str:
    return digest([case, name]).removeprefix("sha256:")[:16]
