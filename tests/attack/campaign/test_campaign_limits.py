"""What holds a campaign back: requests in flight, patience, the breaker, the purse, and the room to be alone in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.attack.campaign import loop
from accord.attack.campaign.alone import Room
from accord.attack.campaign.budget import Aside, Purse, Spending
from accord.attack.campaign.limiter import Limiter
from accord.attack.campaign.sending import MOST_TRIES, Breaker, Patience
from accord.core.errors import TargetError


class Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def _turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _bordered(limiter: Limiter, requests: int) -> int:
    """Return how many of so many requests are let in at once; all of them go again."""
    entering = [asyncio.create_task(limiter.enter()) for _ in range(requests)]
    await _turns()
    inside = sum(task.done() for task in entering)
    for task in entering:
        if not task.done():
            task.cancel()
    await asyncio.gather(*entering, return_exceptions=True)
    for _ in range(inside):
        limiter.leave()
    return inside


def test_no_more_requests_are_in_flight_than_were_asked_for() -> None:
    async def scene() -> None:
        limiter = Limiter(5)
        assert await _bordered(limiter, 20) == 5
        assert limiter.in_flight == 0

    asyncio.run(scene())


def test_a_target_that_refuses_now_and_then_keeps_its_speed() -> None:
    async def scene() -> None:
        limiter = Limiter(20)
        for number in range(200):
            limiter.refused(0.5) if number % 20 == 0 else limiter.answered()
        assert await _bordered(limiter, 50) == 20

    asyncio.run(scene())


def test_a_target_that_refuses_most_requests_gets_fewer_at_once_and_more_again_when_it_answers() -> None:
    async def scene() -> None:
        limiter = Limiter(40)
        for _ in range(200):
            limiter.refused(None)
        assert await _bordered(limiter, 50) <= 3
        for _ in range(1_000):
            limiter.answered()
        assert await _bordered(limiter, 50) == 40

    asyncio.run(scene())


def test_at_least_one_request_may_always_be_in_flight() -> None:
    async def scene() -> None:
        limiter = Limiter(3)
        for _ in range(10_000):
            limiter.refused(None)
        assert await _bordered(limiter, 5) == 1

    asyncio.run(scene())


def test_everybody_waits_as_long_as_an_overloaded_target_asks() -> None:
    async def scene() -> float:
        limiter = Limiter(4)
        for _ in range(40):
            limiter.refused(0.1)
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(asyncio.gather(*(_through(limiter) for _ in range(8))), 5)
        return asyncio.get_running_loop().time() - began

    async def _through(limiter: Limiter) -> None:
        await limiter.enter()
        limiter.leave()

    assert asyncio.run(scene()) >= 0.1


def test_a_longer_pause_is_not_ended_by_an_earlier_one() -> None:
    async def scene() -> None:
        limiter = Limiter(2)
        for pause in (0.02, 0.2, 0.02):
            for _ in range(40):
                limiter.refused(pause)
        entering = asyncio.create_task(limiter.enter())
        await asyncio.sleep(0.06)
        assert not entering.done()
        await asyncio.wait_for(entering, 5)

    asyncio.run(scene())


def test_a_request_that_is_called_off_while_it_waits_leaves_no_place_taken() -> None:
    async def scene() -> None:
        limiter = Limiter(1)
        await limiter.enter()
        waiting = [asyncio.create_task(limiter.enter()) for _ in range(3)]
        await _turns()
        waiting[0].cancel()
        limiter.leave()
        waiting[1].cancel()  # it was let in at this moment
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        await asyncio.wait_for(waiting[2], 1)
        limiter.leave()
        assert limiter.in_flight == 0

    asyncio.run(scene())


def test_what_is_sent_again_goes_before_what_was_never_sent() -> None:
    async def scene() -> list[str]:
        limiter, order = Limiter(1), list[str]()

        async def send(name: str, *, again: bool) -> None:
            await limiter.enter(again=again)
            order.append(name)
            limiter.leave()

        await limiter.enter()
        sending = [asyncio.create_task(send(name, again=name == "again")) for name in ("new", "newer", "again")]
        await _turns()
        limiter.leave()
        await asyncio.gather(*sending)
        return order

    assert asyncio.run(scene()) == ["again", "new", "newer"]


@given(st.lists(st.sampled_from(["answered", "refused", "late"]), max_size=200))
def test_whatever_a_target_answers_the_window_stays_between_one_and_all(answers: list[str]) -> None:
    async def scene() -> int:
        limiter = Limiter(10)
        for answer in answers:
            limiter.answered() if answer == "answered" else limiter.refused(0.0 if answer == "late" else None)
        return await _bordered(limiter, 30)

    assert 1 <= asyncio.run(scene()) <= 10


def test_patience_shrinks_to_what_the_target_needs_and_grows_with_each_try() -> None:
    patience = Patience(60)
    assert patience.allowed(0) == 60
    for _ in range(100):
        patience.took(0.02)
    assert [patience.allowed(attempt) for attempt in range(MOST_TRIES)] == [0.25, 0.5, 1, 2, 4, 60]


def test_patience_with_a_slow_target_is_never_more_than_was_asked_for() -> None:
    patience = Patience(5)
    for _ in range(200):
        patience.took(3.0)
    assert patience.allowed(0) == 5


def test_what_patience_learns_holds_for_requests_on_their_way() -> None:
    async def scene() -> None:
        patience = Patience(60)

        async def hang() -> None:
            async with patience.bounded(0, None):
                await asyncio.sleep(60)

        hanging = asyncio.create_task(hang())
        await _turns()
        for _ in range(100):
            patience.took(0.001)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hanging, 5)

    asyncio.run(scene())


def test_patience_learns_in_the_moment_in_which_a_request_times_out() -> None:
    async def scene() -> None:
        patience = Patience(0.6)

        async def hang() -> None:
            async with patience.bounded(0, None):
                await asyncio.sleep(60)

        hanging = asyncio.create_task(hang())
        await _turns()
        loop = asyncio.get_running_loop()
        for offset in range(500):  # around the moment, also after the timer and before the task hears of it
            loop.call_at(loop.time() + 0.6 + (offset - 250) / 100_000, patience.took, 0.001)
        with pytest.raises(TimeoutError):
            await hanging

    asyncio.run(scene())


def test_learning_passes_over_a_request_whose_time_is_already_up() -> None:
    async def scene() -> None:
        patience = Patience(1)
        async with patience.bounded(0, 0.0):
            await asyncio.sleep(0)  # the timer goes off, and the cancellation is not delivered yet
            for _ in range(100):
                patience.took(0.001)
            await asyncio.sleep(1)

    with pytest.raises(TimeoutError):
        asyncio.run(scene())


def test_a_request_ends_when_the_campaign_has_no_time_left() -> None:
    async def scene() -> None:
        async with Patience(60).bounded(0, 0.05):
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        asyncio.run(scene())


def test_requests_begin_beside_one_whose_time_is_up_at_once_on_the_loop_of_campaigns() -> None:
    async def scene() -> list[str]:
        patience, ended = Patience(60), list[str]()

        async def hang(left: float) -> None:
            try:
                async with patience.bounded(0, left):
                    await asyncio.sleep(60)
            except TimeoutError:
                ended.append("in time")

        await asyncio.wait_for(asyncio.gather(*(hang(left) for left in (0.0, 0.0, 0.05, 0.0))), 5)
        return ended

    assert loop.run(scene()) == ["in time"] * 4


def test_many_requests_are_watched_by_one_timer_and_each_ends_in_its_own_time() -> None:
    async def scene() -> list[int]:
        patience, ended = Patience(0.4), list[int]()

        async def hang(number: int, left: float) -> None:
            with pytest.raises(TimeoutError):
                async with patience.bounded(0, left):
                    await asyncio.sleep(60)
            ended.append(number)

        lefts = (0.3, 0.1, None, 0.2)
        await asyncio.wait_for(asyncio.gather(*(hang(at, left or 9.0) for at, left in enumerate(lefts))), 5)
        return ended

    assert asyncio.run(scene()) == [1, 3, 0, 2]


def test_a_request_that_ends_in_time_is_not_cancelled_later() -> None:
    async def scene() -> None:
        patience = Patience(0.05)
        for _ in range(5):
            async with patience.bounded(0, None):
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)

    asyncio.run(scene())


def test_a_cancellation_from_outside_is_no_timeout() -> None:
    async def scene() -> None:
        async def hang() -> None:
            async with Patience(60).bounded(0, None):
                await asyncio.sleep(60)

        hanging = asyncio.create_task(hang())
        await _turns()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging

    asyncio.run(scene())


def test_a_target_thrives_while_it_answers_nearly_all_of_the_latest_requests() -> None:
    async def scene() -> list[bool]:
        limiter = Limiter(10)
        told = [limiter.thriving]
        for answered in (True, True, True, True, True, False):
            limiter.answered() if answered else limiter.refused(None)
        told.append(limiter.thriving)
        for _ in range(3):
            limiter.refused(None)
        told.append(limiter.thriving)
        return told

    assert asyncio.run(scene()) == [False, True, False]


def test_the_breaker_trips_after_failures_in_a_row_only() -> None:
    breaker = Breaker(4)
    for _ in range(10):
        for _ in range(23):
            breaker.failed("HTTP 500")
        breaker.check()
        breaker.answered()
    for _ in range(24):
        breaker.failed("refused")
    with pytest.raises(TargetError, match="down: the last 24 requests failed, the last one with 'refused'"):
        breaker.check()


def test_a_target_that_has_too_much_to_do_is_down_only_after_minutes() -> None:
    clock = Clock()
    breaker = Breaker(4, clock=clock)
    for _ in range(500):
        breaker.failed("HTTP 429", excused=180)
    breaker.check()
    clock.now = 181
    with pytest.raises(TargetError):
        breaker.check()


def test_a_target_that_stalls_is_down_only_when_a_request_could_have_ended() -> None:
    clock = Clock()
    breaker = Breaker(4, clock=clock)
    for _ in range(500):
        breaker.failed("no answer within 0.25 s", excused=60)
    clock.now = 59
    breaker.check()
    clock.now = 60
    with pytest.raises(TargetError, match="the last 500 requests failed"):
        breaker.check()


def test_an_answer_between_refusals_gives_a_busy_target_its_minutes_again() -> None:
    clock = Clock()
    breaker = Breaker(4, clock=clock)
    for _ in range(5):
        clock.now += 150
        breaker.answered()
        for _ in range(100):
            breaker.failed("HTTP 429", excused=180)
        breaker.check()


def _purse(clock: Clock | None = None, **limits: float) -> Purse:
    return Purse(Spending(**limits), clock=clock or Clock())  # type: ignore[arg-type]  # of the right kind each


def _spent(action: Callable[[], Awaitable[object]]) -> str:
    async def scene() -> str:
        with pytest.raises(TargetError) as caught:
            await asyncio.wait_for(action(), 5)
        assert caught.value.code == "ACC-E651"
        return caught.value.message

    return asyncio.run(scene())


def test_one_request_more_than_the_budget_is_refused() -> None:
    purse = _purse(requests=2)

    async def three() -> None:
        for _ in range(3):
            purse.settle(await purse.take(5), 0)

    assert _spent(three) == "the budget is spent: 2 requests"
    assert purse.requests == 2


def test_requests_of_earlier_sittings_count() -> None:
    purse = Purse(Spending(requests=3, tokens=1_000), clock=Clock(), requests=3, tokens=10)
    assert _spent(lambda: purse.take(1)) == "the budget is spent: 3 requests"


def test_tokens_are_never_exceeded_by_what_is_in_flight() -> None:
    async def scene() -> tuple[int, int]:
        purse, answered = _purse(tokens=1_000), 0

        async def ask() -> None:
            nonlocal answered
            aside = await purse.take(10)
            await asyncio.sleep(0)
            purse.settle(aside, 40)
            answered += 1

        await asyncio.gather(*(ask() for _ in range(100)), return_exceptions=True)
        return purse.tokens, answered

    tokens, answered = asyncio.run(scene())
    assert tokens <= 1_000
    assert answered == 19  # one more might have had an answer of 256


def test_money_is_counted_by_the_price_of_a_million_tokens() -> None:
    purse = _purse(money=1.0, price=1_000.0)

    async def all_() -> None:
        while True:
            purse.settle(await purse.take(10), 100)

    assert _spent(all_) == "the budget is spent: 1 of money"
    assert purse.money == pytest.approx(0.8)  # one more might have had an answer of 256 tokens


def test_minutes_count_all_sittings() -> None:
    clock = Clock()
    purse = _purse(clock, minutes=2)
    purse.went_before(90)
    assert purse.left() == 30
    clock.now = 29
    asyncio.run(_once(purse))
    clock.now = 31
    assert _spent(lambda: purse.take(1)) == "the budget is spent: 2 minutes"


async def _once(purse: Purse) -> Aside:
    return await purse.take(1)


def test_a_purse_without_limits_never_ends() -> None:
    purse = _purse()

    async def many() -> None:
        for _ in range(1_000):
            await purse.take(10**6)

    asyncio.run(many())
    assert purse.left() is None
    assert not purse.limits.limited
    assert Spending(minutes=1).limited


@given(
    limit=st.integers(0, 3_000),
    costs=st.lists(st.integers(0, 256), min_size=1, max_size=60),
    width=st.integers(1, 20),
)
def test_answers_of_up_to_256_tokens_never_exceed_the_budget(limit: int, costs: list[int], width: int) -> None:
    async def scene() -> int:
        purse, places = _purse(tokens=limit), asyncio.Semaphore(width)

        async def ask(cost: int) -> None:
            async with places:
                aside = await purse.take(4)
                await asyncio.sleep(0)
                purse.settle(aside, 4 + cost)

        await asyncio.gather(*(ask(cost) for cost in costs), return_exceptions=True)
        return purse.tokens

    assert asyncio.run(scene()) <= limit


def test_who_is_alone_is_with_nobody_and_is_not_overtaken_for_ever() -> None:
    async def scene() -> list[str]:
        room, told = Room(), []
        inside = 0

        async def together(name: str) -> None:
            nonlocal inside
            async with room.together():
                inside += 1
                told.append(name)
                await _turns()
                inside -= 1

        async def alone() -> None:
            async with room.alone():
                assert inside == 0
                told.append("alone")
                await _turns()
                assert inside == 0

        first = [asyncio.create_task(together("before")) for _ in range(3)]
        await _turns(2)
        lonely = asyncio.create_task(alone())
        await _turns(2)
        later = [asyncio.create_task(together("after")) for _ in range(3)]
        await asyncio.wait_for(asyncio.gather(*first, lonely, *later), 5)
        return told

    assert asyncio.run(scene()) == ["before"] * 3 + ["alone"] + ["after"] * 3


def test_who_gives_up_waiting_to_be_alone_lets_the_others_in() -> None:
    async def scene() -> None:
        room = Room()
        async with room.together():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    async with room.alone():
                        raise AssertionError("somebody else is inside")
            async with asyncio.timeout(1), room.together():
                pass

    asyncio.run(scene())
