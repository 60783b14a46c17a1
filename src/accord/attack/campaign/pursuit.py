"""Trials in which a model leads the conversation: over the trial's own line, within bounds, judged as any other.

What the attacker's model is asked goes to another endpoint and is no try of the trial. A trial that was broken off
begins anew, since the model may say something else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Final

from accord.attack.campaign.order import Options
from accord.attack.campaign.script import Script, is_said
from accord.attack.campaign.trial import Converse, Heard, conversation, endured, planted, state_of
from accord.attack.effects import bound
from accord.attack.mutators.attackers import Bounds, Chase, Complete, Talk, over_sessions, pursue
from accord.attack.mutators.converter import channel_of
from accord.attack.mutators.crescendo import crescendo
from accord.attack.targets.line import Endpoint, Line, Opening
from accord.case.partial import partial
from accord.core.campaign import PlannedTrial, TrialKind
from accord.core.case import Case, Channel, Step
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Delivery, Reply, Transcript

CRESCENDO: Final = "crescendo"
"""The mutation of a trial that a model leads."""

KEY: Final = "ACCORD_ATTACKER_KEY"
"""The environment variable that holds the credential of the attacker's model, where it wants one."""

BOUNDS: Final = Bounds()
_NUMBER: Final = 1  # the first trial is sent as written
_GOAL: Final = 800
_ABOUT: Final = 300


def leads(case: Case, kind: TrialKind, number: int, options: Options) -> bool:
    """Tell whether a model leads a trial: one of each case whose attacker is the user.

    Where the attack comes with a document or a tool, the user is honest: what he asks for himself is no attack.
    """
    asked = options.mutate and options.attacker is not None
    return asked and kind is TrialKind.ATTACK and number == _NUMBER and channel_of(case.steps) is Channel.USER


def is_led(trial: PlannedTrial) -> bool:
    """Tell whether a model leads a planned trial."""
    return trial.mutation == (CRESCENDO,)


def turns(written: int) -> int:
    """Return how often the target is asked at most: every turn, what is said again after one was taken back.

    `written` turns are those of the case, which are said where the model makes no move.
    """
    return BOUNDS.turns + BOUNDS.backs + BOUNDS.backs * (BOUNDS.turns - 1) + written


def check_attacker(text: str) -> None:
    """Raise `TargetError` where `URL#MODEL` names no model."""
    from accord.attack.judging.endpoint import address_of

    try:
        address_of(text)
    except TargetError as error:
        told = one_line(text.rpartition("@")[2], 200)
        hint = f"write http://HOST:PORT/v1#MODEL; a credential stands in {KEY}"
        raise TargetError(f"{told!r} names no attacker", hint=hint, code=error.code) from error


@asynccontextmanager
async def attacking(options: Options, environ: Mapping[str, str]) -> AsyncIterator[Complete | None]:
    """Open the attacker's model of a campaign, or give None where none was asked for.

    What asks it raises `TargetError` when it does not answer: the campaign stops and can be gone on with.
    """
    if options.attacker is None:
        yield None
        return
    from accord.attack.judging.endpoint import KEY as JUDGE_KEY
    from accord.attack.judging.endpoint import address_of, asking

    places = asyncio.Semaphore(options.concurrency)
    keys = {JUDGE_KEY: environ[KEY]} if KEY in environ else {}
    async with asking(address_of(options.attacker), environ=keys, patience=options.timeout) as complete:

        async def asked(talk: Talk) -> str:
            try:
                async with places:
                    return await complete(talk)
            except TargetError as error:
                message = f"the attacker's model does not answer: {error.message.rpartition(': ')[2]}"
                hint = "see that it runs, then go on with: accord attack resume"
                raise TargetError(message, hint=hint, code=error.code) from error

        yield asked


def led(case: Case, complete: Complete) -> Converse:
    """Return a conversation that a model leads; where it makes no move at all, the case is said as written."""

    async def converse(said: Script, endpoint: Endpoint, line: Line, opening: Opening) -> Heard:
        heard = await _Chased(case, said, opening).heard(endpoint, line, complete)
        return heard or await conversation(said, endpoint, line, opening)

    return converse


class _Chased:
    """One pursuit: the sessions that it takes, what was planted in each, and how far it came."""

    def __init__(self, case: Case, said: Script, opening: Opening) -> None:
        self._case = case
        self._said = said
        self._opening = opening
        self._whole = Transcript(messages=(), vars=opening.vars)
        self._set_up = tuple(step for step in said.steps if not is_said(step))
        self._planted = tuple(planted(step.deliver) for step in self._set_up if step.deliver)
        self._session: Target | None = None
        self._talk: Talk = ()
        self._stops: dict[int, str | None] = {}

    async def heard(self, endpoint: Endpoint, line: Line, complete: Complete) -> Heard | None:
        """Return the conversation as far as it came, or None where the model never moved the target to answer."""
        try:
            async with AsyncExitStack() as opened:
                chase = await self._pursued(endpoint, line, complete, opened)
                after = await state_of(self._session) if self._session else None
        except TargetError as error:
            if not endured(error):
                raise
            told = replace(self._whole, messages=(*self._planted, *self._talk))
            return Heard(told, error.message, self._sent(self._talk))
        if not chase.messages:
            return None
        count = _said_turns(chase.messages)
        messages = (*self._planted, *chase.messages)
        told = replace(self._whole, messages=messages, after=after, stopped=self._stops.get(count))
        return Heard(told, "", self._sent(chase.messages))

    async def _pursued(self, endpoint: Endpoint, line: Line, complete: Complete, opened: AsyncExitStack) -> Chase:
        async def begin() -> Target:
            session = await opened.enter_async_context(endpoint.session(line, self._opening))
            self._whole = replace(self._whole, before=await state_of(session))
            for step in self._set_up:
                if one := step.deliver:
                    await session.plant(Delivery(channel=one.channel, text=one.text, name=one.name))
            self._session = session
            return session

        say = over_sessions(begin)

        async def answer(talk: Talk) -> Reply:
            self._talk = talk
            reply = await say(talk)
            self._stops[_said_turns(talk)] = reply.stopped
            return replace(reply, tool_calls=tuple(bound(call, self._opening.tools) for call in reply.tool_calls))

        return await pursue(crescendo, self._goal(), complete, answer, bounds=BOUNDS, score=self._near)

    def _near(self, talk: Talk) -> float:
        return partial(self._case.broke, replace(self._whole, messages=(*self._planted, *talk)))

    def _sent(self, talk: Talk) -> Script:
        asks = (Step(ask=message.content) for message in talk if message.role == "user")
        return Script((*self._set_up, *asks), self._said.served, (CRESCENDO,))

    def _goal(self) -> str:
        """Return what the attacker is after: what the case would say at once, and what that is for."""
        text = "\n".join(self._hostile())
        cut = text if len(text) <= _GOAL else f"{text[: _GOAL // 2]} … {text[-_GOAL // 2 :]}"
        return f"{cut}\n({one_line(self._case.summary, _ABOUT)})"

    def _hostile(self) -> Iterator[str]:
        delivered = [step.deliver.text for step in self._said.steps if step.deliver and is_said(step)]
        yield from delivered or (step.ask for step in self._said.steps if isinstance(step.ask, str))


def _said_turns(talk: Talk) -> int:
    return sum(message.role == "user" for message in talk)
