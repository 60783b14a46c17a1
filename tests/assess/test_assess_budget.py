"""A target's budget is one for all checks and all workers of an assessment."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from accord.assess.budget import Spent


@given(st.integers(0, 20), st.integers(0, 40))
def test_no_more_is_spent_than_the_budget(most: int, tries: int) -> None:
    spent = Spent()
    assert sum(spent.another(0, most=most) for _ in range(tries)) == min(most, tries)


def test_each_target_has_a_counter_of_its_own() -> None:
    spent = Spent()
    assert spent.another(0, most=1)
    assert not spent.another(0, most=1)
    assert spent.another(1, most=1)


def test_no_budget_is_no_bound_for_any_of_many_targets() -> None:
    spent = Spent()
    assert all(spent.another(9_999, most=None) for _ in range(300))
    assert not spent.another(9_999, most=300)
    assert spent.another(9_998, most=1)


def test_forked_workers_share_the_counters() -> None:
    spent = Spent()
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            for _ in range(100):
                spent.another(0, most=250)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert not spent.another(0, most=250)
    assert spent.another(0, most=251)
