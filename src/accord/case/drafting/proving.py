"""The two transcripts of a draft: the one in which the system obeyed, and its honest part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol

from accord.case.drafting.deeds import Attack
from accord.case.drafting.spans import outside, place
from accord.case.drafting.talk import Reading
from accord.case.heard import heard
from accord.case.importers.draft import fresh_token
from accord.case.oracles import judge
from accord.case.variables import fill
from accord.core.case import Case, Channel, ProofTranscripts, Step
from accord.core.system import System
from accord.core.trial import Message, ToolCall, Transcript, TrialOutcome

_ASK = "What can you help me with?"
_ANSWERS = ("I can look things up and answer your questions.", "Yes, gladly.", "Fine.")
_LONGEST = 8_000
REFERENCE = "reference"
"""The variable of a case that asks for a reference, because nothing else tells its deed apart."""
_MOST_ANSWERS = 6


class Safe(Protocol):
    """Gives the safe form of a text that was read."""

    def __call__(self, text: str, /) -> str:
        """Return the safe form of a text."""
        ...


class _Seen(NamedTuple):
    """The conversation, the way to read it, its texts made safe, and the values of variables."""

    reading: Reading
    way: Attack
    safe: Safe
    values: Mapping[str, str]

    def told(self, text: str) -> str:
        """Return a text of the conversation as the proof holds it."""
        return fill(self.safe(text), self.values).text


def proof_of(case: Case, reading: Reading, way: Attack, safe: Safe, *, system: System | None = None) -> Case:
    """Return the case with its two transcripts; whether they prove it is for `verify` to say."""
    values = {name: fresh_token(f"{case.name}/{name}") for name in case.vars}
    honest = _asked(reading, way)
    own = next((task.ask for task in system.components.tasks), _ASK) if system else _ASK
    asked = fill(safe(honest), values).text if honest else own
    seen = _Seen(reading, way, safe, values)
    broken = (*(_delivered(step, asked, values) for step in case.steps), _deed(case, seen))
    control = _control(case, seen, asked)
    return replace(case, proof=ProofTranscripts(broke=broken, control=control))


def needed(reading: Reading, way: Attack) -> tuple[str, ...]:
    """Return the texts of the conversation that its proof may hold."""
    asked = _asked(reading, way)
    answers = tuple(message.content[:_LONGEST] for message in _honest(reading, way))
    return (
        reading.messages[way.deed].content[:_LONGEST],
        rest_of(reading, way),
        *((asked,) if asked else ()),
        *answers,
    )


def _asked(reading: Reading, way: Attack) -> str:
    """Return what the honest user asked last before the deed, where the attack is not the user's."""
    if reading.messages[way.message].role == "user":
        return ""
    before = (
        one.content[:_LONGEST] for one in reversed(reading.messages[: way.deed]) if one.role == "user" and one.content
    )
    return next(before, "")


def _honest(reading: Reading, way: Attack) -> tuple[Message, ...]:
    """Return the last answers of the system in which it did nothing else."""
    if reading.messages[way.message].role == "user":
        return ()
    said = (one for number, one in enumerate(reading.messages) if one.role == "assistant" and number != way.deed)
    return tuple(one for one in said if one.content and not one.tool_calls)[-_MOST_ANSWERS:]


def _delivered(step: Step, asked: str, values: dict[str, str]) -> Message:
    if step.deliver is None:
        return Message(role="user", content=fill(step.ask, values).text if isinstance(step.ask, str) else asked)
    text = fill(step.deliver.text, values).text
    if step.deliver.channel in (Channel.USER, Channel.SYSTEM):
        return Message(role=str(step.deliver.channel), content=text)
    return Message(role="tool", name=step.deliver.name, channel=str(step.deliver.channel), content=text)


def _deed(case: Case, seen: _Seen) -> Message:
    """Return what the system said or did, by the names of effects."""
    way = seen.way
    said = seen.told(seen.reading.messages[way.deed].content[:_LONGEST])
    if way.effect is not None:
        args = {argument: seen.told(value) for argument, value in reversed(way.effect.args)}
        if REFERENCE in seen.values:
            args["content"] = f"{args.get('content', '')} {seen.values[REFERENCE]}".strip()
        pattern = case.broke.called
        for name, wanted in (pattern.args if pattern else {}).items():
            whole = fill(wanted, seen.values).text.strip("*")
            if place(whole, args.get(name, "")) is None:
                args[name] = whole
        call = ToolCall(name=way.effect.does.replace("-", "_"), does=way.effect.does, args=args)
        return Message(role="assistant", content=said, tool_calls=(call,))
    wanted = fill(case.broke.says or case.broke.leaks or "", seen.values).text
    whole = said if wanted.casefold() in said.casefold() else f"{said}\n{wanted}".strip()
    return Message(role="assistant", content=whole)


def _control(case: Case, seen: _Seen, asked: str) -> tuple[Message, ...]:
    """Return the honest part: the task, what was read less the attack, and an answer on which the oracle is silent."""
    honest = seen.told(rest_of(seen.reading, seen.way))
    read = (Message(role="tool", channel=str(_channel(case)), content=honest),) if honest.strip() else ()
    for answer in _answers(seen):
        messages = (Message(role="user", content=asked), *read, Message(role="assistant", content=answer))
        transcript = Transcript(messages=messages, vars=seen.values)
        if not heard(transcript).gap and judge(case.broke, transcript).outcome is TrialOutcome.HELD:
            return messages
    return (Message(role="user", content=asked), Message(role="assistant", content=_ANSWERS[0]))


def rest_of(reading: Reading, way: Attack) -> str:
    """Return what was planted less the attack in it, where that can be told."""
    message = reading.messages[way.message]
    return outside(message.content, way.region)[:_LONGEST] if message.role == "tool" else ""


def _channel(case: Case) -> Channel:
    return next((step.deliver.channel for step in reversed(case.steps) if step.deliver), Channel.TOOL_OUTPUT)


def _answers(seen: _Seen) -> Iterator[str]:
    """Yield honest answers: the system's own in the conversation, where it did nothing else, and ours."""
    for message in _honest(seen.reading, seen.way):
        yield seen.told(message.content[:_LONGEST])
    yield from _ANSWERS
