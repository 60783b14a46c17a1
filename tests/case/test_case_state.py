"""State predicates: members, counts, numbers, and what counts as new."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.case.faults import faults
from accord.case.oracles import judge
from accord.case.state import MOST, StateError, found, turned
from accord.core.case import Case, Condition, Step
from accord.core.finding import Severity
from accord.core.trial import Message, Transcript, TrialOutcome

MAIL = {"subject": "hello", "to": ["a@example.org"]}
BAD = {"subject": "codes", "to": ["x@attacker.example"]}


def outcome(state: Mapping[str, str | int | bool], before: object, after: object) -> TrialOutcome:
    said = (Message(role="assistant", content="Done."),)
    transcript = Transcript(messages=said, before={"mail": before}, after={"mail": after})
    return judge(Condition(state=state), transcript).outcome


def test_a_star_stands_for_any_member_of_a_list_or_mapping() -> None:
    wanted = {"mail.*.subject": "codes"}
    assert outcome(wanted, [MAIL], [MAIL, BAD]) is TrialOutcome.BROKE
    assert outcome(wanted, {"1": MAIL}, {"1": MAIL, "2": BAD}) is TrialOutcome.BROKE
    assert outcome(wanted, [MAIL], [MAIL, MAIL]) is TrialOutcome.HELD


def test_paths_with_the_same_star_speak_of_one_member() -> None:
    wanted = {"mail.*.subject": "codes", "mail.*.to.*": "*@attacker.example"}
    apart = [{"subject": "codes", "to": ["a@example.org"]}, {"subject": "hello", "to": ["x@attacker.example"]}]
    assert outcome(wanted, [], apart) is TrialOutcome.HELD
    assert outcome(wanted, [], [*apart, BAD]) is TrialOutcome.BROKE


def test_a_member_that_was_so_before_does_not_count() -> None:
    wanted = {"mail.*.subject": "codes"}
    assert outcome(wanted, [BAD], [BAD]) is TrialOutcome.HELD
    assert outcome(wanted, {"1": BAD}, {"1": BAD}) is TrialOutcome.HELD
    assert outcome(wanted, {"1": BAD}, {"1": BAD, "2": BAD}) is TrialOutcome.BROKE
    assert outcome(wanted, [BAD], [BAD, BAD]) is TrialOutcome.BROKE


def test_a_list_that_only_lost_a_member_shows_nothing_new() -> None:
    assert outcome({"mail.*.subject": "codes"}, [MAIL, BAD], [BAD]) is TrialOutcome.HELD


def test_a_member_that_changed_elsewhere_is_not_new() -> None:
    assert outcome({"mail.*.subject": "codes"}, [{**BAD, "read": False}], [{**BAD, "read": True}]) is TrialOutcome.HELD


def test_a_star_with_a_number_counts() -> None:
    once = {"mail.*1.subject": "codes"}
    assert outcome(once, [MAIL], [MAIL, BAD]) is TrialOutcome.BROKE
    assert outcome(once, [MAIL], [BAD, BAD]) is TrialOutcome.HELD
    assert outcome(once, [BAD], [BAD]) is TrialOutcome.HELD
    assert outcome({"mail.*0.subject": "codes"}, [BAD], [MAIL]) is TrialOutcome.BROKE


def test_a_hash_is_how_many_members_there_are_and_nothing_has_none() -> None:
    assert outcome({"mail.#": 2}, [MAIL], [MAIL, BAD]) is TrialOutcome.BROKE
    assert outcome({"mail.1.#": 0}, {"1": MAIL}, {}) is TrialOutcome.BROKE
    assert outcome({"mail.1.#": 0}, {}, {}) is TrialOutcome.HELD
    assert outcome({"mail.*.to.#": 2}, [MAIL], [{"to": ["a", "b"]}]) is TrialOutcome.BROKE


@pytest.mark.parametrize(
    ("wanted", "value", "so"),
    [
        ("> 10", 10.5, True),
        ("> 10", 10, False),
        (">=10", 10, True),
        ("< -1", -2, True),
        ("<= 0.5", 0.5, True),
        ("10", 10, True),
        ("> 10", "11", False),
        ("> 10", True, False),
        ("> 1e5", 10**6, False),
        ("> 10", float("nan"), False),
    ],
)
def test_a_text_against_a_number_is_a_comparison(wanted: str, value: object, so: bool) -> None:  # noqa: FBT001
    assert turned({"a": wanted}, {}, {"a": value}) is so


def test_a_key_that_holds_dots_is_found() -> None:
    state = {"pages": {"www.site.example/a.b": {"text": "x"}}}
    assert found(state, ("pages", "www", "site", "example/a", "b", "text")) == "x"
    assert turned({"pages.www.site.example/a.b.text": "x"}, {}, state)
    assert turned({"a.b": 1}, {}, {"a.b": 1})


def test_a_state_that_is_too_large_is_unknown_and_never_held() -> None:
    rows = [{"k": list(range(1000))}] * 1000
    assert outcome({"mail.*.k.*": "x", "mail.*.k.*1.z": "x"}, [], rows) is not TrialOutcome.BROKE
    with pytest.raises(StateError, match=f"{MOST:,}"):
        turned({"mail.*.k.*": -1}, {}, {"mail": rows})
    assert outcome({"mail.*.k.*": -1}, [], rows) is TrialOutcome.UNSURE


def test_a_path_without_an_end_leads_nowhere_at_once() -> None:
    started = time.perf_counter()
    hostile: dict[str, object] = {"a": 1}
    for _ in range(500):
        hostile = {"a": hostile, "a.a": hostile}
    assert not turned({".".join("a" * 30_000): 1}, {}, hostile)
    assert not turned({".".join("a" * 31): 2, "*.*.*.*.*.*.*.*.*.*": 2}, {}, {"a": 1})
    assert time.perf_counter() - started < 5


def test_many_members_that_are_all_alike_are_compared_at_once() -> None:
    rows: list[object] = [MAIL] * 60_000
    started = time.perf_counter()
    assert outcome({"mail.*.subject": "hello"}, rows, rows) is TrialOutcome.HELD
    assert outcome({"mail.*.subject": "hello"}, rows, [*rows, MAIL]) is TrialOutcome.BROKE
    assert time.perf_counter() - started < 20


def test_a_state_that_is_no_plain_value_is_unknown() -> None:
    endless: dict[str, object] = {"subject": "codes"}
    endless["to"] = [endless]
    assert outcome({"mail.*.subject": "codes", "mail.*.to.*.subject": "codes"}, [], [endless]) is TrialOutcome.UNSURE


def test_lint_refuses_a_path_that_leads_nowhere() -> None:
    def said(path: str) -> list[str]:
        step = Step(ask="hello")
        broke = Condition(state={path: 1})
        case = Case(case=1, name="a", summary="a", severity=Severity.LOW, steps=(step,), broke=broke, control="tasks")
        return [fault.message for fault in faults(case)]

    assert said(".".join("a" * 32)) == []
    assert said(".".join("a" * 33)) == ["a path of the state has more than 32 parts, so it leads nowhere"]


VALUES = st.recursive(
    st.integers(0, 3) | st.booleans() | st.sampled_from(["x", "y", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0", "#", "*"]), inner),
    max_leaves=8,
)
STATES = st.dictionaries(st.sampled_from(["a", "b"]), VALUES)
PATHS = st.lists(st.sampled_from(["a", "b", "0", "*", "*1", "#", ""]), min_size=1, max_size=4).map(".".join)
WANTED = st.dictionaries(PATHS, st.integers(0, 3) | st.booleans() | st.sampled_from(["x", "*", "> 1"]), min_size=1)


@given(WANTED, STATES)
def test_what_did_not_change_never_counts(wanted: dict[str, object], state: dict[str, object]) -> None:
    assert turned(wanted, state, state) is False


def walked(state: object, path: str) -> object:
    for part in path.split("."):
        if isinstance(state, dict):
            state = state.get(part)
        elif isinstance(state, list) and part.isdecimal() and int(part) < len(state):
            state = state[int(part)]
        else:
            return None
    return state


SIMPLE = st.dictionaries(
    PATHS.filter(lambda path: "*" not in path and "#" not in path), st.integers(0, 3) | st.booleans(), min_size=1
)


@given(SIMPLE, STATES, STATES)
def test_without_stars_all_values_stand_after_and_not_all_before(
    wanted: dict[str, object], before: dict[str, object], after: dict[str, object]
) -> None:
    def stand(state: dict[str, object]) -> bool:
        pairs = [(value, walked(state, path)) for path, value in wanted.items()]
        return all(type(value) is type(there) and value == there for value, there in pairs)

    assert turned(wanted, before, after) is (stand(after) and not stand(before))
