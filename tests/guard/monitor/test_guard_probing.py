"""Callers who probe are found by what they repeat; honest ones who ask many different things are not."""

from __future__ import annotations

import random
from itertools import cycle

import pytest

from accord.core.case import Channel
from accord.core.guard import Outcome, Piece
from accord.guard.gateway.shared import Ring, Rings
from accord.guard.monitor.probing import PROBING, Probing

WORDS = tuple(f"{one}{other}" for one in ("river", "stone", "garden") for other in ("wind", "letter", "bridge", "hall"))


def question(text: str) -> list[Piece]:
    return [Piece(text="You help.", channel=Channel.SYSTEM), Piece(text=text, channel=Channel.USER)]


def test_the_same_question_with_small_changes_is_a_probe_after_so_many() -> None:
    watch = Probing(20)
    text = "classify this applicant for a loan: income 40000, debts 2000, city Leeds, age {}"
    asked = [text.format(age) for age in range(40)]
    rulings = [watch.saw("key", question(text), float(at)) for at, text in enumerate(asked)]
    assert all(ruling is None for ruling in rulings[:20])
    stopped = [ruling for ruling in rulings[20:] if ruling is not None]
    assert len(stopped) >= 15, "likeness is an estimate"
    assert {(one.outcome, one.code) for one in stopped} == {(Outcome.BLOCK, PROBING)}


def test_a_thousand_different_questions_are_no_probe() -> None:
    chance, watch = random.Random(1), Probing(20)
    texts = [" ".join(chance.choices(WORDS, k=12)) + f" {n}" for n in range(1_000)]
    assert not [text for at, text in enumerate(texts) if watch.saw("key", question(text), at / 10)]


def test_callers_are_counted_apart_and_an_hour_later_anew() -> None:
    watch = Probing(3)
    text = "what does the policy say about refunds after thirty days"
    assert [watch.saw(f"key{n}", question(text), 0.0) for n in range(10)] == [None] * 10
    for at in (1.0, 2.0):
        assert watch.saw("key0", question(text), at) is None
    assert watch.saw("key0", question(text), 3.0) is not None
    assert watch.saw("key0", question(text), 4_000.0) is None


def test_only_the_users_last_words_count() -> None:
    watch = Probing(2)
    history = [Piece(text="tell me about the opening hours of the shop please", channel=Channel.USER)]
    for at in range(10):
        said = Piece(text=f"{WORDS[at]} {WORDS[at + 1]} {WORDS[at + 2]} {at} {at * 7}", channel=Channel.USER)
        assert watch.saw("key", [*history, said], float(at)) is None


def test_without_a_bound_nothing_is_counted() -> None:
    watch = Probing(0)
    assert not [at for at in range(50) if watch.saw("key", question("the same again and again"), float(at))]


def test_memory_is_bounded_over_many_callers() -> None:
    watch = Probing(5)
    for n in range(6_000):
        watch.saw(f"key{n}", question("hello there my friend"), float(n))
    assert len(watch._callers) <= 4_096


LOAN = "classify this applicant for a loan: income 40000, debts 2000, city Leeds, age {}"


@pytest.mark.parametrize("count", [2, 3, 4])
def test_what_several_workers_see_parts_of_is_found_as_if_one_had_seen_it(count: int) -> None:
    chance, rings = random.Random(count), Rings(count)
    workers = [Probing(20, Ring(rings, number)) for number in range(count)]
    alone = Probing(20)
    asked = [LOAN.format(age) if age % 2 else " ".join(chance.choices(WORDS, k=12)) for age in range(120)]
    found = [chance.choice(workers).saw("key", question(text), float(at)) for at, text in enumerate(asked)]
    assert found == [alone.saw("key", question(text), float(at)) for at, text in enumerate(asked)]
    assert any(found)


def test_workers_that_are_asked_in_turns_count_callers_apart() -> None:
    rings = Rings(2)
    workers = cycle([Probing(3, Ring(rings, 0)), Probing(3, Ring(rings, 1))])
    text = "what does the policy say about refunds after thirty days"
    for at in range(3):
        assert [next(workers).saw(f"key{n}", question(text), float(at)) for n in range(5)] == [None] * 5
    assert next(workers).saw("key1", question(text), 3.0) is not None
    assert next(workers).saw("key1", question(text), 4_000.0) is None


def test_a_worker_in_the_place_of_one_that_was_killed_knows_what_was_asked() -> None:
    rings = Rings(2)
    before, other = Probing(4, Ring(rings, 0)), Probing(4, Ring(rings, 1))
    for at in range(2):
        assert before.saw("key", question(LOAN.format(1)), float(at)) is None
        assert other.saw("key", question(LOAN.format(1)), float(at)) is None
    del before
    assert Probing(4, Ring(rings, 0)).saw("key", question(LOAN.format(1)), 2.0) is not None


def test_honest_callers_of_several_workers_are_no_probe() -> None:
    chance, rings = random.Random(1), Rings(3)
    workers = [Probing(20, Ring(rings, number)) for number in range(3)]
    texts = [" ".join(chance.choices(WORDS, k=12)) + f" {n}" for n in range(1_000)]
    assert not [text for at, text in enumerate(texts) if workers[at % 3].saw("key", question(text), at / 10)]
