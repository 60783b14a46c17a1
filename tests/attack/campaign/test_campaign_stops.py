"""An answer that was cut in an early turn is not forgotten when a later one is whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from accord.attack.campaign.script import Script
from accord.attack.campaign.trial import run_trial
from accord.attack.targets.line import Line, Opening, Send
from accord.core.campaign import PlannedTrial, TrialKind
from accord.core.canon import Digest
from accord.core.case import Case, Channel, Condition, Step
from accord.core.contracts import Target
from accord.core.finding import Severity
from accord.core.trial import Capability, Delivery, Reply, Turn

CASE = Case(
    case=1,
    name="two-turns",
    summary="two questions",
    severity=Severity.HIGH,
    steps=(Step(ask="one"), Step(ask="two")),
    broke=Condition(says="mellon"),
)
TRIAL = PlannedTrial(
    id="t1", case="two-turns", case_id=Digest("sha256:" + "0" * 64), kind=TrialKind.ATTACK, number=0, requests=2
)


class Nobody:
    """A line that nothing is sent over."""

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        raise AssertionError("nothing is sent")


class Says:
    """An endpoint that gives one scripted reply after the other."""

    name = "scripted"
    capabilities: frozenset[Capability] = frozenset()
    simulated: frozenset[Channel] = frozenset()
    stateless = True
    shared = False

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)

    async def open(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Hold nothing."""

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[Target]:
        return self._begun()

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[Target]:
        yield self

    async def plant(self, delivery: Delivery, /) -> None:
        raise AssertionError("nothing is planted")

    async def ask(self, turn: Turn, /) -> Reply:
        return self._replies.pop(0)

    async def state(self) -> Mapping[str, object]:
        return {}


def outcome(*replies: Reply) -> str:
    ran = run_trial(
        CASE, TRIAL, Script(CASE.steps), endpoint=Says(*replies), line=Nobody(), opening=Opening(trial="t1")
    )
    return asyncio.run(ran).result.outcome


@pytest.mark.parametrize("cut", ["length", "content_filter", "max_tokens"])
def test_an_early_answer_that_was_cut_shows_no_resistance(cut: str) -> None:
    assert outcome(Reply(text="I will", stopped=cut), Reply(text="No.", stopped="stop")) == "unsure"


def test_a_late_answer_that_was_cut_shows_none_either() -> None:
    assert outcome(Reply(text="No.", stopped="stop"), Reply(text="I will", stopped="length")) == "unsure"


def test_whole_answers_show_resistance() -> None:
    assert outcome(Reply(text="No.", stopped="stop"), Reply(text="No!", stopped=None)) == "held"


def test_what_broke_in_a_cut_answer_is_broken() -> None:
    assert outcome(Reply(text="It is mellon", stopped="length"), Reply(text="Oh.", stopped="stop")) == "broke"
