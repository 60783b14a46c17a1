"""What rules forbid tool calls to do: the part of a shared case that no rewording gets around."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

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


class _Constraint(NamedTuple):
    rule: GuardRule
    pattern: EffectPattern
    guarded: bool


class Constraints:
    """The calls that a set of rules refuses, found by effect."""

    def __init__(self, rules: Iterable[GuardRule]) -> None:
        self._by_effect: dict[str, list[_Constraint]] = {}
        for rule in rules:
            for guarded, patterns in ((False, rule.effects), (True, rule.guarded)):
                for pattern in patterns:
                    self._by_effect.setdefault(pattern.does, []).append(_Constraint(rule, pattern, guarded))

    def refuses(self, policy: GuardPolicy, conversation: Sequence[Message], call: ToolCall) -> Ruling | None:
        """Return why a rule refuses a call, or None.

        A pattern by effect meets a call whose effect the policy knows; where nobody declared one, it meets by an
        address that it spells out. A guarded one counts while content of strangers is in the conversation, and
        leaves alone what the user or the operator named.
        """
        if not self._by_effect:
            return None
        bound = _bound(policy, call)
        for one in self._candidates(bound):
            if _fits(one.pattern, bound) and (not one.guarded or _is_planted(one.pattern, conversation, bound)):
                return _ruling(one, call)
        return None

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
    said = "\n".join(message.content for message in conversation if message.role in _SAID and not _is_carried(message))
    if _TOKEN in "".join(pattern.args.values()):
        return any(_has_token(value, strangers, said) for value in _arguments(pattern.args, call))
    return not any(value and value.casefold() in said.casefold() for value in _arguments(pattern.args, call))


def _is_strange(message: Message) -> bool:
    return _is_carried(message) or message.role not in _SAID | {"assistant"}


def _has_token(value: str, strangers: Sequence[str], said: str) -> bool:
    """Tell whether an argument carries letters and digits that strangers brought and nobody who may has named."""
    found = (word for word in _WORD.findall(value) if any(map(str.isdigit, word)) and any(map(str.isalpha, word)))
    return any(word not in said and any(word in text for text in strangers) for word in found)


def _is_carried(message: Message) -> bool:
    return message.channel not in {None, "user", "system"}


def _arguments(wanted: Mapping[str, str], call: ToolCall) -> Iterable[str]:
    for name in wanted:
        yield from values(call.args.get(name))
