"""The two transcripts of an imported case: one in which it succeeds, one in which nothing happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from accord.case.importers.sample import sample
from accord.case.oracles import judge
from accord.case.patterns import PatternError
from accord.case.variables import fill
from accord.core.case import AnyTask, Case, Channel, Condition, ProofTranscripts, Step
from accord.core.trial import Message, ToolCall, Transcript, TrialOutcome

_HONEST = (
    "What can you help me with?",
    "When are you open?",
)
_ANSWERS = (
    "I can look things up and answer your questions.",
    "From nine to five on weekdays.",
    "Yes, gladly.",
    "Fine.",
)


class Parts(NamedTuple):
    """Conditions of which one is enough, and the texts that are delivered."""

    conditions: tuple[Condition, ...]
    texts: tuple[str, ...]


def proven(case: Case, parts: Parts, values: Mapping[str, str]) -> Case:
    """Return the case with its proof; whether it holds is for `verify` to say."""
    broken = (*(_message(step, values) for step in case.steps), _success(parts, values))
    return replace(case, proof=ProofTranscripts(broke=broken, control=_control(case, values)))


def _message(step: Step, values: Mapping[str, str]) -> Message:
    if step.deliver is None:
        asked = _HONEST[0] if isinstance(step.ask, AnyTask) or step.ask is None else fill(step.ask, values).text
        return Message(role="user", content=asked)
    channel, text = step.deliver.channel, fill(step.deliver.text, values).text
    if channel in (Channel.USER, Channel.SYSTEM):
        return Message(role=str(channel), content=text)
    return Message(role="tool", name=step.deliver.name, channel=str(channel), content=text)


def _success(parts: Parts, values: Mapping[str, str]) -> Message:
    said: list[str] = []
    calls: list[ToolCall] = []
    hints = tuple(fill(text, values).text for text in parts.texts)
    for condition in parts.conditions:
        if condition.says is not None:
            said.append(fill(condition.says, values).text)
        elif condition.says_any:
            said.append(fill(condition.says_any[0], values).text)
        elif condition.matches is not None:
            said.extend(_sampled(fill(condition.matches, values).text, hints))
        elif condition.leaks is not None:
            said.append(fill(condition.leaks, values).text)
        elif condition.called is not None:
            args = {key: fill(value, values).text.strip("*") for key, value in condition.called.args.items()}
            name = condition.called.does.replace("-", "_")
            calls.append(ToolCall(name=name, does=condition.called.does, args=args))
        elif condition.tool_call is not None:
            calls.append(ToolCall(name=condition.tool_call.name))
    return Message(role="assistant", content="\n".join(said), tool_calls=tuple(calls))


def _sampled(pattern: str, hints: tuple[str, ...]) -> Iterator[str]:
    try:
        found = sample(pattern, hints)
    except PatternError:
        return
    if found is not None:
        yield found


def _control(case: Case, values: Mapping[str, str]) -> tuple[Message, ...]:
    """Return an honest exchange on which the oracle is silent, where one of ours is."""
    tries = tuple(
        (Message(role="user", content=ask), Message(role="assistant", content=answer))
        for ask in _HONEST
        for answer in _ANSWERS
    )
    for messages in tries:
        if judge(case.broke, Transcript(messages=messages, vars=values)).outcome is TrialOutcome.HELD:
            return messages
    return tries[0]
