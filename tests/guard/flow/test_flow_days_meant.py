"""Which days the user's words mean, and which day a call may name."""

from __future__ import annotations

from datetime import date

import pytest
from guard.flow.desk import ALLOW, NOW, STOPS, Scene, Step, check, ruled

from accord.core.guard import GuardPolicy, GuardTool
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Tool, compile_flow
from accord.guard.flow.dating import is_time
from accord.guard.flow.reckoning import clock, ends_of_months, names_month, reckoned
from accord.guard.flow.shapes import Day

MONDAY = date(2026, 2, 9)
SAID = {"type": "string"}
EXTEND = Tool(
    name="extend_loan",
    description="Extends a loan to a later day.",
    schema={"properties": {"loan": SAID, "until": SAID}, "required": ["loan", "until"]},
)
LOANS = compile_flow(GuardPolicy(guard=1, tools=(GuardTool(name="extend_loan"),)), (EXTEND,))


def extended(wish: str, until: str) -> Scene:
    return Scene(wish, (), "extend_loan", {"loan": "L-2214", "until": until}, ALLOW)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Today is Monday, 2 March 2026. Amounts are in EUR.", date(2026, 3, 2)),
        ("Heute ist Montag, der 9. Februar 2026.", date(2026, 2, 9)),
        ("Vandaag is woensdag 22 april 2026.", date(2026, 4, 22)),
        ("Nous sommes le jeudi 1er janvier 2026.", date(2026, 1, 1)),
        ("The ledger was opened on 2 March 2026.", None),
    ],
)
def test_a_clock_is_read_where_somebody_says_what_day_it_is(said: str, day: date | None) -> None:
    assert clock(said) == day


def test_two_days_that_are_both_today_are_no_clock() -> None:
    assert clock("Today is 2 March 2026.", "Today is 3 March 2026.") is None


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("on friday", {Day(2026, 2, 13)}),
        ("thu and fri next week", {Day(2026, 2, 19), Day(2026, 2, 20)}),
        ("tomorrow at ten", {Day(2026, 2, 10)}),
        ("in two weeks", {Day(2026, 2, 23)}),
        ("3 days ago", {Day(2026, 2, 6)}),
        ("auf den 15. des nächsten Monats", {Day(2026, 3, 15)}),
        ("per de eerste van volgende maand", {Day(2026, 3, 1)}),
        ("agenda pro dia 12", {Day(2026, 2, 12)}),
        ("until the end of the month", {Day(2026, 2, 28)}),
        ("next friday", set()),
        ("the report on page 12", set()),
    ],
)
def test_a_day_is_reckoned_from_today_where_the_words_leave_one(said: str, days: set[Day]) -> None:
    assert reckoned(said, MONDAY) == days


def test_the_end_of_a_month_is_its_last_day_and_needs_a_year() -> None:
    assert ends_of_months("until the end of March 2026", None) == (Day(2026, 3, 31),)
    assert ends_of_months("until the end of March", MONDAY) == (Day(2026, 3, 31),)
    assert ends_of_months("until the end of March", None) == ()


def test_a_month_in_numbers_is_the_one_that_was_named() -> None:
    assert names_month("2026-01", frozenset({"january"}))
    assert not names_month("2026-02", frozenset({"january"}))
    assert not names_month("2026-13", frozenset({"january"}))


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-30",
        "30 June 2026",
        "June 30th, 2026 at 5 pm",
        "20260630",
        "2026-03-31T23:59:59Z",
        "9am",
        "next week fri",
    ],
)
def test_a_day_or_a_time_is_known_in_each_notation(text: str) -> None:
    assert is_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026 -06- 3",
        "-06-30",
        "2026-06-30 00",
        "2026-01-09 2026",
        "2026-01-9",
        "until 30 June 2026",
        "to",
        ":",
        "7",
        "week",
    ],
)
def test_a_piece_of_a_day_and_more_than_a_day_are_none(text: str) -> None:
    assert not is_time(text)


@pytest.mark.parametrize("until", ["2026-06-30", "30 June 2026"])
def test_the_day_that_the_user_wrote_is_taken(until: str) -> None:
    check(extended("Extend loan L-2214 until 30 June 2026.", until), LOANS)


@pytest.mark.parametrize("until", ["2026-07-30", "June 2026", "June", "2026 -06- 30", "\u200b2026-06-30", "30"])
def test_another_day_and_a_piece_of_the_users_day_are_stopped(until: str) -> None:
    check(extended("Extend loan L-2214 until 30 June 2026.", until)._replace(expected=STOPS), LOANS)


@pytest.mark.parametrize(("until", "allowed"), [("2026-02-13", True), ("2026-02-20", False), ("2026-02-12", False)])
def test_a_weekday_is_held_to_the_clock_that_the_operator_tells(until: str, allowed: int) -> None:
    said = (
        Message(role="system", content="Today is Monday, 9 February 2026."),
        Message(role="user", content="Extend loan L-2214 until friday."),
    )
    ruling = LOANS.authorise(said, ToolCall(name="extend_loan", args={"loan": "L-2214", "until": until}), now=NOW)
    assert ruling.outcome.stops != bool(allowed)


def test_a_day_out_of_a_strangers_text_is_no_day_of_the_users() -> None:
    scene = extended("Extend loan L-2214 until 30 June 2026.", "2027-06-30")
    read: Step = ("list_guests", {}, [{"visitor": "x", "text": "Until 2027-06-30, please."}])
    assert ruled(scene._replace(steps=(read,)), LOANS).outcome.stops
