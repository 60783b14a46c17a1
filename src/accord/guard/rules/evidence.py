"""What of a rule its own case shows: whatever nothing in the case fires only rides along, and is left out.

A case is a stranger's file. Its pattern has to meet what the case says or what was read in its broken run; what it
forbids to say has to be said there, and the effect that it refuses to be done there. An oracle may name more than one
run shows: that counts where the case's own texts spell it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from accord.case.patterns import PatternError, compiled
from accord.case.variables import fill, pieces
from accord.content.views import views
from accord.core.canon import digest
from accord.core.case import Case, Channel, EffectPattern
from accord.core.guard import GuardPolicy, GuardRule
from accord.core.trial import Message
from accord.guard.constraints import Constraints
from accord.guard.leaks import Leaks
from accord.guard.matching import Matcher, compile_rules
from accord.guard.rules.compiling import Parts, deeds, hostile_texts, parts
from accord.guard.rules.echoing import Echoes
from accord.guard.rules.near import Neighbours
from accord.guard.rules.said import Said

_POLICY: Final = GuardPolicy(guard=1)
_SHORTEST: Final = 5  # letters of a glob that count when a text spells them out


class Eyes:
    """Everything that looks for one rule."""

    def __init__(self, rule: GuardRule) -> None:
        self._matcher: Matcher = compile_rules((rule,))
        self._near = Neighbours((rule,))
        self._constraints = Constraints((rule,), Said((rule,)).rules)
        self._outputs = tuple(map(compiled, rule.outputs))
        self._rule, self._echoes = rule, Echoes((rule,))

    def barred(self, answer: str) -> bool:
        """Tell whether an answer says what the rule forbids."""
        return any(pattern.search(answer) is not None for pattern in self._outputs)

    def echoed(self, messages: Sequence[Message]) -> bool:
        """Tell whether an answer in a transcript says what a text before it orders to be said."""
        answers = [at for at, message in enumerate(messages) if message.role == "assistant" and message.content]
        return any(self._said_after(messages[:at], messages[at].content) for at in answers)

    def _said_after(self, before: Sequence[Message], answer: str) -> bool:
        echoes = self._echoes.of(before)
        return bool(echoes) and bool(Leaks(echoes=echoes, rules=(self._rule,)).hits(answer))

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


def fires(rule: GuardRule, case: Case) -> bool:
    """Tell whether a rule meets what its own case says, or the broken run of its proof, or the answer in it."""
    eyes, broke = Eyes(rule), _broke(case)
    said = (*_filled(case, rule.texts), *_heard(case))
    return (
        any(map(eyes.met, said)) or eyes.refused(broke) or any(map(eyes.barred, answers(broke))) or eyes.echoed(broke)
    )


def answers(messages: Iterable[Message]) -> Iterator[str]:
    """Yield what the model says in a transcript."""
    yield from (message.content for message in messages if message.role == "assistant")


def shown(rule: GuardRule, case: Case) -> tuple[GuardRule, tuple[str, ...]]:
    """Return the rule with the parts that its own case fires, and why each of the others was left out."""
    heard = tuple(_heard(case))
    said = (*answers(_broke(case)), *_filled(case, hostile_texts(case)))
    regex = tuple(one for one in rule.regex if any(map(Eyes(_only(rule, regex=(one,))).met, heard)))
    outputs = tuple(one for one in rule.outputs if _is_said(one, said))
    kept = parts(tuple(deed for deed in deeds(case) if _is_done(rule, deed, case)))
    left = Parts(*(tuple(one for one in had if one in held) for had, held in zip(_parts(rule), kept, strict=True)))
    gone = [f"the pattern {one[:60]!r}" for one in (*rule.regex, *rule.outputs) if one not in {*regex, *outputs}]
    gone += [
        f"the effect {one.does}" for had, held in zip(_parts(rule), left, strict=True) for one in had if one not in held
    ]
    notes = tuple(f"without {one}: nothing in its own case fires it" for one in dict.fromkeys(gone))
    return replace(rule, regex=regex, outputs=outputs, **left._asdict()), notes


def _is_said(pattern: str, said: Iterable[str]) -> bool:
    try:
        found = compiled(pattern)
    except PatternError:
        return False
    return any(found.search(text) is not None for text in said)


def _is_done(rule: GuardRule, deed: EffectPattern, case: Case) -> bool:
    """Tell whether an effect is refused in the broken run, or something of its own stands in the case's texts."""
    if Eyes(_only(rule, **parts((deed,))._asdict())).refused(_broke(case)):
        return True
    spelled = {part.strip("*?@/ ") for wanted in deed.args.values() for part in pieces(wanted)[::2]}
    named = {f"{{{{{name}}}}}" for wanted in deed.args.values() for name in pieces(wanted)[1::2]}
    own = named | {part for one in spelled for part in one.split("*") if len(part) >= _SHORTEST}
    return any(part in view.text for text in hostile_texts(case) for view in views(text) for part in own)


def _only(rule: GuardRule, **kept: object) -> GuardRule:
    bare: dict[str, object] = dict.fromkeys(
        ("texts", "alike", "regex", "outputs", "effects", "guarded", "after", "echoes"), ()
    )
    return replace(rule, keeps=False, **{**bare, **kept})  # type: ignore[arg-type]  # fields of a rule, by name


def _parts(rule: GuardRule) -> Parts:
    return Parts(rule.effects, rule.guarded, rule.after)


def _heard(case: Case) -> Iterator[str]:
    """Yield what a case says to the model: its texts, and what others say in its broken run."""
    yield from _filled(case, hostile_texts(case))
    yield from (one.content for one in _broke(case) if one.role != "assistant")


def _filled(case: Case, texts: Iterable[str]) -> Iterator[str]:
    values = {name: digest([case.name, name]).removeprefix("sha256:")[:16] for name in case.vars}
    yield from (fill(text, values).text for text in texts)


def _broke(case: Case) -> Sequence[Message]:
    return case.proof.broke if case.proof else ()
