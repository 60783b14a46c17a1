"""What several workers count together, so that a limit is the same whoever answers."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from gatekeeping import Pretended, Said, Scripted, policy

from accord.core.guard import GuardLimits, GuardPolicy, GuardTool, Outcome
from accord.core.system import Effect
from accord.core.trial import Message, ToolCall
from accord.guard.engine import Guard
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.selftest import ask
from accord.guard.gateway.shared import Ring, Rings, Rows
from accord.guard.gateway.wiring import Spending, Wired
from accord.guard.gateway.workers import usable

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TALK = (Message(role="user", content="please look the weather up"),)


def workers(count: int, **limits: int) -> list[tuple[Wired, list[datetime]]]:
    """Return the guards of some workers, each with the clock that it reads."""
    tools = (GuardTool(name="weather", effect=Effect.READ, limits=limits),)
    found = []
    for number in range(count):
        spending, clock = Spending(), [NOW]
        spending.divide(number, count)
        guard = Guard(GuardPolicy(guard=1, tools=tools))
        found.append((Wired(guard, spending, lambda clock=clock: clock[0]), clock))  # type: ignore[misc]  # its own
    return found


def allowed(guard: Wired, times: int) -> int:
    """Return how many of some calls are allowed."""
    call = ToolCall(name="weather")
    made = [guard.settled(guard.authorise(TALK, call, (), "a"), call, "a").outcome for _ in range(times)]
    return made.count(Outcome.ALLOW)


@pytest.mark.parametrize(("count", "most"), [*product((1, 2, 3, 4), (1, 2, 3, 7, 8))])
def test_all_workers_together_allow_what_the_limit_says(count: int, most: int) -> None:
    assert sum(allowed(guard, 10) for guard, _ in workers(count, per_minute=most)) == most


def test_each_window_is_divided_by_itself_and_opens_again() -> None:
    found = workers(2, per_minute=4, per_day=6)
    assert [allowed(guard, 9) for guard, _ in found] == [2, 2]
    for _, clock in found:
        clock[0] += timedelta(minutes=2)
    assert [allowed(guard, 9) for guard, _ in found] == [1, 1]
    for _, clock in found:
        clock[0] += timedelta(days=1)
    assert [allowed(guard, 9) for guard, _ in found] == [2, 2]


def test_calls_of_a_session_are_counted_in_the_conversation_and_not_divided() -> None:
    assert [allowed(guard, 1) for guard, _ in workers(3, per_session=1)] == [1, 1, 1]


@pytest.mark.parametrize(("elsewhere", "status"), [(0, 200), (1, 200), (2, 429)])
def test_requests_in_flight_are_counted_over_all_workers(elsewhere: int, status: int) -> None:
    import asyncio

    rows = Rows(2)
    guard = Pretended(policy(limits=GuardLimits(in_flight=2)))
    answer: dict[str, Any] = {"choices": []}
    here, there = (
        Gateway(guard, Scripted(Said((str(answer).replace("'", '"').encode(),))), rows=rows, worker=n) for n in (0, 1)
    )
    there.metrics.count("in_flight", elsewhere)
    body = b'{"messages": [{"role": "user", "content": "hi"}]}'
    assert asyncio.run(ask(here, "/v1/chat/completions", body)).status == status


def test_no_number_of_workers_means_one_for_each_core_and_four_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, expected in ((1, 1), (3, 3), (64, 4)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert usable(0) == expected
        assert usable(7) == 7


def test_a_worker_hears_once_what_each_other_wrote_and_nothing_of_its_own() -> None:
    rings = Rings(3, width=2, most=8)
    first, second, third = (Ring(rings, number) for number in range(3))
    first.tell((1, -(2**63)))
    second.tell((2, 2**63 - 1))
    assert (first.news(), second.news()) == ([(2, 2**63 - 1)], [(1, -(2**63))])
    assert third.news() == [(1, -(2**63)), (2, 2**63 - 1)]
    assert first.news() == second.news() == third.news() == []


def test_of_what_was_written_over_the_last_is_still_heard() -> None:
    rings = Rings(2, width=1, most=8)
    slow, busy = Ring(rings, 0), Ring(rings, 1)
    for number in range(30):
        busy.tell((number,))
    assert slow.news() == [(number,) for number in range(22, 30)]


def test_another_worker_in_the_same_place_hears_what_the_first_wrote() -> None:
    rings = Rings(2, width=1)
    Ring(rings, 0).tell((7,))
    assert Ring(rings, 0).news() == [(7,)]


def test_processes_hear_each_other_through_the_rings() -> None:
    rings = Rings(2, width=2)
    here, there = Ring(rings, 0), Ring(rings, 1)
    child = os.fork()
    if not child:
        for number in range(1_000):
            there.tell((number, number * number))
        os._exit(0)
    heard: list[tuple[int, ...]] = []
    while len(heard) < 1_000 and (os.waitpid(child, os.WNOHANG) == (0, 0)):
        heard += here.news()
    heard += here.news()
    assert heard == [(number, number * number) for number in range(1_000)]
