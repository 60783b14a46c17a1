"""What rules forbid tool calls to do: the part of a shared case that no rewording gets around."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, assert_never

from accord.case.addresses import fits
from accord.case.heard import values
from accord.core.case import EffectPattern
from accord.core.guard import GuardPolicy, GuardRule, Outcome, Ruling
from accord.core.system import Mode
from accord.core.trial import Message, ToolCall

_BY_NAME: Final = "tool:"
_TOKEN: Final = "{{token}}"  # in a guarded argument: letters and digits that only strangers named
_WORD: Final = re.compile(r"[0-9A-Za-z]{12,64}")
_SHORTEST: Final = 6  # letters that a glob must spell out before it speaks for tools whose effect nobody declared
_ADDRESS: Final = frozenset("@.:/")
_SAID: Final = frozenset({"user", "system", "developer"})

Heard = Callable[[Sequence[Message]], frozenset[str]]
"""Tells by their ids which rules' words stand in a conversation."""


class _When(StrEnum):
    ALWAYS = "always"
    PLANTED = "planted"
    SAID = "said"


class _Constraint(NamedTuple):
    rule: GuardRule
    pattern: EffectPattern
    when: _When


class Constraints:
    """The calls that a set of rules refuses, found by effect; `said` tells which rules' words were said."""

    def __init__(self, rules: Iterable[GuardRule], said: Heard | None = None) -> None:
        self._by_effect: dict[str, list[_Constraint]] = {}
        self._said = said or _nothing
        for rule in rules:
            kinds = ((_When.ALWAYS, rule.effects), (_When.PLANTED, rule.guarded), (_When.SAID, rule.after))
            for when, patterns in kinds:
                for pattern in patterns:
                    self._by_effect.setdefault(pattern.does, []).append(_Constraint(rule, pattern, when))

    def refuses(self, policy: GuardPolicy, conversation: Sequence[Message], call: ToolCall) -> Ruling | None:
        """Return why a rule refuses a call, or None.

        A pattern by effect meets a call whose effect the policy knows; where nobody declared one, it meets by an
        address that it spells out. A guarded one counts while content of strangers is in the conversation, and
        leaves alone what the user or the operator named. One that comes `after` words asks, once they were said.
        """
        if not self._by_effect:
            return None
        bound = _bound(policy, call)
        worst: Ruling | None = None
        for one in self._candidates(bound):
            if _fits(one.pattern, bound) and self._holds(one, conversation, bound):
                ruling = _ruling(one, call)
                if ruling.outcome is Outcome.BLOCK:
                    return ruling
                worst = ruling if worst is None or worst.outcome.worse(ruling.outcome) is not worst.outcome else worst
        return worst

    def _holds(self, one: _Constraint, conversation: Sequence[Message], call: ToolCall) -> bool:
        """Tell whether the conversation is one in which a constraint counts."""
        match one.when:
            case _When.ALWAYS:
                return True
            case _When.PLANTED:
                return _is_planted(one.pattern, conversation, call)
            case _When.SAID:
                return one.rule.id in self._said(conversation)
            case _:
                assert_never(one.when)

    def _candidates(self, call: ToolCall) -> Iterable[_Constraint]:
        yield from self._by_effect.get(f"{_BY_NAME}{call.name}", ())
        if call.does is not None:
            yield from self._by_effect.get(call.does, ())
            return
        for does, found in self._by_effect.items():
            if not does.startswith(_BY_NAME):
                yield from (one for one in found if any(_speaks(wanted) for wanted in one.pattern.args.values()))


def _ruling(one: _Constraint, call: ToolCall) -> Ruling:
    outcome = Outcome.FLAG if one.rule.mode is Mode.SHADOW else Outcome(one.rule.action.value)
    if one.when is _When.SAID and outcome is not Outcome.FLAG:
        outcome = Outcome.ASK  # honest people may say it too, and a person can tell
    said = ", ".join(f"{name} {wanted}" for name, wanted in sorted(one.pattern.args.items()))
    message = (
        f"{call.name} does what the case {one.rule.name} forbids: {one.pattern.does}{f' with {said}' if said else ''}"
    )
    return Ruling(outcome=outcome, code=one.rule.id, message=message, path=(f"rule:{one.rule.id}", f"tool:{call.name}"))


def _bound(policy: GuardPolicy, call: ToolCall) -> ToolCall:
    """Return the call with its effect and the effect's arguments beside the tool's own, where the policy says them."""
    tool = next((tool for tool in policy.tools if tool.name == call.name), None)
    if tool is None or tool.does is None or call.does is not None:
        return call
    shared = {name: call.args[own] for name, own in tool.args.items() if own in call.args}
    return ToolCall(name=call.name, args={**call.args, **shared}, does=tool.does)


def _fits(pattern: EffectPattern, call: ToolCall) -> bool:
    if call.does is None and not pattern.does.startswith(_BY_NAME):
        spelled = [wanted for wanted in pattern.args.values() if _speaks(wanted)]
        return all(_any_value(wanted, call.args.values()) for wanted in spelled)
    return all(name in call.args and _any_value(wanted, (call.args[name],)) for name, wanted in pattern.args.items())


def _any_value(wanted: str, given: Iterable[object]) -> bool:
    """Tell whether any text in the arguments fits a glob; a list of recipients fits by any of them."""
    opened = wanted.replace(_TOKEN, "*")
    return any(fits(opened, value) for one in given for value in values(one))


def _speaks(wanted: str) -> bool:
    literal = wanted.replace("*", "").replace("?", "")
    return len(literal) >= _SHORTEST and not _ADDRESS.isdisjoint(literal)


def _is_planted(pattern: EffectPattern, conversation: Sequence[Message], call: ToolCall) -> bool:
    """Tell whether strangers' words are in the conversation, and no argument that counts was named by who may."""
    strangers = [message.content for message in conversation if _is_strange(message)]
    if not strangers:
        return False
    said = "\n".join(message.content for message in conversation if message.role in _SAID and not is_carried(message))
    if _TOKEN in "".join(pattern.args.values()):
        return any(_has_token(value, strangers, said) for value in _arguments(pattern.args, call))
    return not any(value and value.casefold() in said.casefold() for value in _arguments(pattern.args, call))


def _is_strange(message: Message) -> bool:
    return is_carried(message) or message.role not in _SAID | {"assistant"}


def _has_token(value: str, strangers: Sequence[str], said: str) -> bool:
    """Tell whether an argument carries letters and digits that strangers brought and nobody who may has named."""
    found = (word for word in _WORD.findall(value) if any(map(str.isdigit, word)) and any(map(str.isalpha, word)))
    return any(word not in said and any(word in text for text in strangers) for word in found)


def is_carried(message: Message) -> bool:
    """Tell whether a message carries what strangers wrote."""
    return message.channel not in {None, "user", "system"}


def _nothing(_: Sequence[Message]) -> frozenset[str]:
    return frozenset()


def _arguments(wanted: Mapping[str, str], call: ToolCall) -> Iterable[str]:
    for name in wanted:
        yield from values(call.args.get(name))
