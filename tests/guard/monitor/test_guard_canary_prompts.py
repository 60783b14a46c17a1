"""Another model behind the same name is noticed; the same one that answers with some chance is not."""

from __future__ import annotations

import random

from accord.guard.monitor.canary_prompts import RATE, compare, prompts

ADJECTIVES = ("old", "quiet", "bright", "small", "odd", "warm")


def model(name: str, chance: random.Random, *, loose: float = 0.3) -> dict[str, list[str]]:
    """Answer all questions four times, mostly in the same words of this model's own."""
    own = random.Random(name)
    answers: dict[str, list[str]] = {}
    for question in prompts():
        usual = " ".join(own.choices(ADJECTIVES, k=6)) + f" {question.split()[0]}"
        answers[question] = [
            usual if chance.random() > loose else " ".join(chance.choices(ADJECTIVES, k=6)) for _ in range(4)
        ]
    return answers


def test_the_same_model_is_taken_for_itself() -> None:
    for seed in range(5):
        chance = random.Random(seed)
        found = compare(model("one", chance), model("one", chance), seed=100 + seed)
        assert not found.changed, f"at most one in {1 / RATE:.0f}"
        assert found.enough


def test_another_model_is_noticed() -> None:
    chance = random.Random(1)
    found = compare(model("one", chance), model("other", chance))
    assert found.changed
    assert found.distance > 0


def test_a_change_in_a_third_of_the_answers_is_noticed() -> None:
    chance = random.Random(2)
    before, now, other = (model(name, chance, loose=0.1) for name in ("one", "one", "other"))
    mixed = {question: (other if n % 3 == 0 else now)[question] for n, question in enumerate(prompts())}
    assert compare(before, mixed).changed


def test_too_few_answers_can_never_show_a_change_and_say_so() -> None:
    found = compare({"q": ["a", "a"]}, {"q": ["b", "b"]})
    assert not found.enough
    assert not found.changed


def test_nothing_in_common_is_nothing_shown() -> None:
    found = compare({"q": ["a"]}, {"p": ["a"]})
    assert (found.questions, found.enough, found.changed) == (0, False, False)


def test_the_same_answers_are_at_no_distance_and_the_seed_decides() -> None:
    chance = random.Random(3)
    answers = model("one", chance)
    assert compare(answers, answers).chance == 1.0
    other = model("one", chance)
    assert compare(answers, other, seed=4) == compare(answers, other, seed=4)
