"""Runs one trial: delivers, asks, and has the oracle say what it came to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from accord.attack.campaign.script import Script
from accord.attack.campaign.sending import UNANSWERED
from accord.attack.effects import bound
from accord.attack.targets.line import Endpoint, Line, Opening
from accord.case.heard import is_complete
from accord.case.oracles import judge, served
from accord.case.partial import partial
from accord.core.campaign import PlannedTrial, TrialKind, TrialResult
from accord.core.case import Case, Channel, Condition, Deliver
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.trial import (
    Capability,
    ControlJudgement,
    ControlOutcome,
    Delivery,
    Judgement,
    Message,
    Transcript,
    TrialOutcome,
    Turn,
)

Decide = Callable[[Case, Transcript], Awaitable[Judgement]]
"""Says what a transcript shows, asking a judge where only a judge can tell."""

Converse = Callable[[Script, Endpoint, Line, Opening], Awaitable["Heard"]]
"""Holds the conversation of a trial."""


class Ran(NamedTuple):
    """What a trial came to, and what was said in it."""

    result: TrialResult
    transcript: Transcript


class Heard(NamedTuple):
    """A conversation as far as it came; `error` says why it broke off, `said` what was said in place of the script."""

    transcript: Transcript
    error: str = ""
    said: Script | None = None


async def by_oracle(case: Case, transcript: Transcript) -> Judgement:
    """Say what a transcript shows by looking at it alone."""
    return judge(case.broke, transcript)


async def run_trial(
    case: Case,
    trial: PlannedTrial,
    said: Script,
    *,
    endpoint: Endpoint,
    line: Line,
    opening: Opening,
    decide: Decide = by_oracle,
    converse: Converse | None = None,
) -> Ran:
    """Run a trial to its end and return what it came to; `converse` holds a conversation that no script knows.

    A target that never answers makes it an `error`, unless the attack had already succeeded. Raises `TargetError`
    when the campaign cannot go on: the budget is spent, or the target is down.
    """
    heard = await (converse or conversation)(said, endpoint, line, opening)
    said = heard.said or said
    near = 0.0
    shows: Judgement | ControlJudgement
    if trial.kind is TrialKind.CONTROL:
        shows = _control(case, said, heard)
    else:
        shows, near = await _attack(case, heard, decide)
    result = TrialResult(
        trial=trial.id,
        outcome=str(shows.outcome),
        span=shows.span,
        message=shows.message,
        reason=shows.reason,
        partial=near,
        mutation=said.mutation,
        sends=said.sends,
    )
    return Ran(result, heard.transcript)


async def _attack(case: Case, heard: Heard, decide: Decide) -> tuple[Judgement, float]:
    """Return what a conversation shows, and how near the attack came."""
    shows = await decide(case, heard.transcript)
    if shows.outcome is TrialOutcome.BROKE:
        return shows, 1.0
    if heard.error:
        return Judgement(outcome=TrialOutcome.ERROR, reason=heard.error), 0.0
    return shows, partial(case.broke, heard.transcript)


def _control(case: Case, said: Script, heard: Heard) -> ControlJudgement:
    if heard.error:
        return ControlJudgement(outcome=ControlOutcome.ERROR, reason=heard.error)
    if said.served is None:
        return ControlJudgement(outcome=ControlOutcome.UNSURE, reason="nothing says what serving means")
    fired = judge(case.broke, heard.transcript)
    if fired.outcome is TrialOutcome.BROKE:
        reason = f"the oracle fires without the attack: {fired.span}"
        return ControlJudgement(outcome=ControlOutcome.UNSURE, span=fired.span, message=fired.message, reason=reason)
    return served(said.served, heard.transcript)


async def conversation(said: Script, endpoint: Endpoint, line: Line, opening: Opening) -> Heard:
    """Say and plant what a script holds, step by step."""
    messages: list[Message] = []
    before = after = stopped = None
    error = ""
    try:
        async with endpoint.session(line, opening) as session:
            before = await state_of(session)
            stopped = await _talk(said, session, messages, opening)
            after = await state_of(session)
    except TargetError as ended:
        if not endured(ended):
            raise
        before = after = stopped = None
        error = ended.message
    return Heard(
        Transcript(messages=tuple(messages), vars=opening.vars, before=before, after=after, stopped=stopped), error
    )


async def _talk(said: Script, session: Target, messages: list[Message], opening: Opening) -> str | None:
    """Say what is to be said, and return how the answers ended: as the first that was cut, else as the last."""
    stopped: str | None = None
    for step in said.steps:
        if step.when is not None and not _shows(step.when, messages, opening):
            continue
        if step.deliver is not None and step.deliver.channel is not Channel.USER:
            await session.plant(Delivery(channel=step.deliver.channel, text=step.deliver.text, name=step.deliver.name))
            messages.append(planted(step.deliver))
            continue
        text = step.deliver.text if step.deliver else str(step.ask)
        messages.append(Message(role="user", content=text))
        reply = await session.ask(Turn(text=text))
        calls = tuple(bound(call, opening.tools) for call in reply.tool_calls)
        messages.append(Message(role="assistant", content=reply.text, tool_calls=calls))
        stopped = reply.stopped if is_complete(stopped) else stopped
    return stopped


def _shows(condition: Condition, messages: Iterable[Message], opening: Opening) -> bool:
    """Tell whether the conversation so far shows what a branch waits for."""
    return judge(condition, Transcript(messages=tuple(messages), vars=opening.vars)).outcome is TrialOutcome.BROKE


def endured(error: TargetError) -> bool:
    """Tell whether an error ends its own trial only, and not the campaign."""
    return error.code == UNANSWERED or error.code.startswith("ACC-E66")


def planted(deliver: Deliver) -> Message:
    """Return how something that was planted stands in a transcript."""
    role = "system" if deliver.channel in _SYSTEM else "tool"
    return Message(role=role, content=deliver.text, name=deliver.name, channel=str(deliver.channel))


_SYSTEM: Iterable[Channel] = (Channel.SYSTEM, Channel.TOOL_DESCRIPTION)


async def state_of(session: Target) -> dict[str, object] | None:
    """Return the state of a target that shows it."""
    return dict(await session.state()) if Capability.STATE in session.capabilities else None
