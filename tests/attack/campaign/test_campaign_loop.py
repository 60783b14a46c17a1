"""The loop that a campaign runs in: fast where it can be, and it leaves the process as it found it."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from accord.attack.campaign import loop


async def _within() -> tuple[str, tuple[int, int, int], int]:
    return type(asyncio.get_running_loop()).__module__, gc.get_threshold(), gc.get_freeze_count()


def test_what_a_coroutine_returns_comes_back_and_garbage_is_looked_for_as_before() -> None:
    before = gc.get_threshold()
    _, within, frozen = loop.run(_within())
    assert within[0] > before[0]
    assert frozen > 1_000
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_what_a_coroutine_raises_comes_through_and_changes_nothing_either() -> None:
    async def broken() -> None:
        raise KeyError("gone")

    before = gc.get_threshold()
    with pytest.raises(KeyError, match="gone"):
        loop.run(broken())
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_the_fast_loop_is_used_where_it_is_installed() -> None:
    pytest.importorskip("uvloop")
    assert loop.run(_within())[0].startswith("uvloop")


def test_without_the_fast_loop_there_is_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop.run(_within())[0].startswith("asyncio")


def test_garbage_in_circles_is_still_found_while_a_campaign_runs() -> None:
    class Circle:
        """Something that only holds itself."""

        left = 0

        def __init__(self) -> None:
            self.me = self
            Circle.left += 1

        def __del__(self) -> None:
            Circle.left -= 1

    async def littering() -> None:
        for _ in range(50_000):
            Circle()

    loop.run(littering())
    assert Circle.left < 25_000
