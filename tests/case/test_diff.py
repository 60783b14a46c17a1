"""Two cases are compared by what they are: the attack, its oracle, and the envelope around them."""

from __future__ import annotations

from dataclasses import replace

from accord.case.diff import compared
from accord.case.suites import suite
from accord.core.case import Condition
from accord.core.finding import Severity

CASES = suite("agent")


def test_a_case_and_itself_do_not_differ() -> None:
    found = compared(CASES[0], CASES[0])
    assert found.same_attack
    assert found.differences == ()
    assert found.alike == 1.0


def test_another_envelope_is_the_same_attack() -> None:
    other = replace(CASES[0], name="other", severity=Severity.LOW)
    found = compared(CASES[0], other)
    assert found.same_attack
    assert {one.path for one in found.differences} <= {"name", "severity"}
    assert {one.part for one in found.differences} == {"envelope"}


def test_another_oracle_is_another_attack_and_named_as_that() -> None:
    found = compared(CASES[0], replace(CASES[0], broke=Condition(says="done")))
    assert not found.same_attack
    assert {one.part for one in found.differences} == {"oracle"}
    assert found.alike == 1.0


def test_what_one_has_and_the_other_has_not_is_a_difference_with_nothing_on_one_side() -> None:
    found = compared(CASES[0], replace(CASES[0], rule=None, proof=None))
    assert found.same_attack
    assert all(one.b is None for one in found.differences)
    assert found.differences


def test_two_attacks_are_told_apart_in_both_directions() -> None:
    there, back = compared(CASES[0], CASES[1]), compared(CASES[1], CASES[0])
    assert {one.path for one in there.differences} == {one.path for one in back.differences}
    assert (there.a, there.b) == (back.b, back.a)
    assert 0 <= there.alike < 1
