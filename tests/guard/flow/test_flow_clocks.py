"""The times of a call are those that the user says, or follow from how long they say, and are in order."""

from __future__ import annotations

import json

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check
from hypothesis import given
from hypothesis import strategies as st

from accord.guard.flow.clocks import clocks, lasting

DAY = "2026-03-05"
FIXED = f"Create an event 'Lunch' on {DAY} from 12:00 to 13:00."
HOURS = st.integers(min_value=1, max_value=11)


def event(wish: str, start: str, end: str | None = None, *, day: str = DAY) -> Scene:
    args = {"title": "Lunch", "start_time": f"{day} {start}".strip()}
    if end is not None:
        args["end_time"] = f"{day} {end}".strip()
    return Scene(wish, (), "create_event", args, ALLOW)


@pytest.mark.parametrize(
    ("wish", "start", "end"),
    [
        (FIXED, "12:00", "13:00"),
        (f"Create an event 'Lunch' on {DAY} at 12:00 for one hour.", "12:00", "13:00"),
        (f"Create an event 'Lunch' on {DAY} at 12:00 for 90 minutes.", "12:00", "13:30"),
        (f"Create an event 'Lunch' on {DAY} at 12:00, for 1.5 hours.", "12:00", "13:30"),
        (f"Create an event 'Lunch' on {DAY} at 2pm for two hours.", "14:00", "16:00"),
        (f"Create an event 'Lunch' on {DAY} at 12:00.", "12:00", "13:30"),
        ("Lege einen Termin 'Lunch' am 5.3.2026 um 12 Uhr für 2 Stunden an.", "12:00", "14:00"),
        (f"Create an event 'Lunch' on {DAY} at 2pm for half an hour.", "14:00", "14:30"),
        (f"Create an event 'Lunch' on {DAY}, 12:00-13:00.", "12:00", "13:00"),
        (f"Create an event 'Lunch' on {DAY} at noon.", "12:00", "13:00"),
        (f"Create an event 'Lunch' on {DAY} from 2 to 3pm.", "14:00", "15:00"),
        (f"Create an event 'Lunch' on {DAY} at 9.", "09:00", "10:00"),
        ("Crée un événement 'Lunch' le 5 mars 2026 à 14h pour une heure.", "14:00", "15:00"),
    ],
)
def test_a_time_that_is_said_or_follows_from_the_duration_is_taken(wish: str, start: str, end: str) -> None:
    check(event(wish, start, end))


@pytest.mark.parametrize(
    ("wish", "start", "end"),
    [
        (FIXED, "12:00", "14:00"),
        (FIXED, "11:00", "13:00"),
        (FIXED, "12:00", "23:59"),
        (f"Create an event 'Lunch' on {DAY} at 12:00 for one hour.", "12:00", "14:00"),
        (f"Create an event 'Lunch' on {DAY} at 12:00 for 90 minutes.", "12:00", "13:00"),
        (f"Create an event 'Lunch' on {DAY} at 2pm.", "02:00", "03:00"),
        (f"Create an event 'Lunch' on {DAY} at 12:00.", "15:00", "16:00"),
        ("Lege einen Termin 'Lunch' am 5.3.2026 um 12 Uhr für 2 Stunden an.", "12:00", "13:00"),
        (f"Create an event 'Lunch' on {DAY} at 2pm for half an hour.", "14:00", "15:00"),
        (f"Create an event 'Lunch' on {DAY}, 12:00-13:00.", "12:00", "18:00"),
        (f"Create an event 'Lunch' on {DAY} at noon.", "18:00", "19:00"),
        (f"Create an event 'Lunch' on {DAY} from 2 to 3pm.", "02:00", "15:00"),
        (f"Create an event 'Lunch' on {DAY} at 9.", "17:00", "18:00"),
    ],
)
def test_a_time_that_nobody_said_is_asked_about(wish: str, start: str, end: str) -> None:
    check(event(wish, start, end)._replace(expected=STOPS, code="ACC-E716"))


@pytest.mark.parametrize(("start", "end"), [("13:00", "12:00"), ("12:00", "12:00"), ("13:00", "13:00")])
def test_nothing_ends_before_it_starts(start: str, end: str) -> None:
    check(event(FIXED, start, end)._replace(expected=STOPS))


def test_nothing_begins_when_the_user_says_that_it_ends() -> None:
    check(event(FIXED, "12:00"))
    check(event(FIXED, "13:00")._replace(expected=STOPS))


def test_days_are_in_order_too() -> None:
    wish = "Create an event 'Lunch' from 2026-03-05 to 2026-03-08."
    right = {"title": "Lunch", "start_time": "2026-03-05", "end_time": "2026-03-08"}
    check(Scene(wish, (), "create_event", right, ALLOW))
    turned = {**right, "start_time": "2026-03-08", "end_time": "2026-03-05"}
    check(Scene(wish, (), "create_event", turned, STOPS))


def test_a_time_may_stand_where_the_user_points_and_then_it_is_that_one() -> None:
    read: Step = ("read_document", {"path": "plan.txt"}, f"The lunch is on {DAY} from 12:00 to 13:00.")
    wish = f"Create an event 'Lunch' on {DAY} as plan.txt says."
    scene = event(wish, "12:00", "13:00")._replace(steps=(read,))
    check(scene)
    check(scene._replace(args={**scene.args, "end_time": f"{DAY} 18:00"}, expected=STOPS))


def test_a_time_in_a_field_where_the_user_points_is_one_too() -> None:
    listed: Step = ("list_events", {}, json.dumps([{"id": 7, "title": "Lunch", "start_time": f"{DAY} 12:00"}]))
    wish = f"Look at my events. Create an event 'Lunch' on {DAY} when the other event starts."
    scene = event(wish, "12:00")._replace(steps=(listed,))
    check(scene)
    check(scene._replace(args={**scene.args, "start_time": f"{DAY} 17:00"}, expected=STOPS))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at 12:00", {12 * 60}),
        ("10.30 Uhr", {10 * 60 + 30}),
        ("10h30", {10 * 60 + 30}),
        ("14h", {14 * 60}),
        ("9 o'clock", {9 * 60}),
        ("12 a.m.", {0}),
        ("12:00 pm", {12 * 60}),
        ("3:30pm", {15 * 60 + 30}),
        (f"{DAY}T12:00:00Z", {12 * 60}),
        ("from 12:00 – 13:00", {12 * 60, 13 * 60}),
        ("12:00-13:00", {12 * 60, 13 * 60}),
        ("at midnight", {0}),
        (DAY, set()),
        ("12.30.2026", set()),
        ("12:61", set()),
        ("30 minutes", set()),
    ],
)
def test_a_time_of_day_is_read_as_it_is_written(text: str, said: set[int]) -> None:
    assert clocks(text) == said


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("for one hour", {60}),
        ("a 1-hour call", {60}),
        ("1.5 hours", {90}),
        ("90 minutes", {90}),
        ("zwei Stunden", {120}),
        ("half an hour", {30}),
        ("a room of 20 m² for 2 hours", {120}),
        ("for 3 days", set()),
        ("an hourly call at 12:00", set()),
    ],
)
def test_a_duration_is_read_in_minutes(text: str, minutes: set[int]) -> None:
    assert lasting(text) == minutes


@given(hour=st.integers(min_value=0, max_value=23), minute=st.integers(min_value=0, max_value=59))
def test_each_time_of_a_day_is_itself(hour: int, minute: int) -> None:
    assert clocks(f"{hour:02}:{minute:02}") == {hour * 60 + minute}


@given(hour=HOURS)
def test_the_afternoon_is_twelve_hours_later(hour: int) -> None:
    assert {one + 12 * 60 for one in clocks(f"{hour} am")} == clocks(f"{hour} pm") == {(hour + 12) * 60}


@given(st.text(max_size=80))
def test_any_text_can_be_looked_at_for_times(text: str) -> None:
    assert all(0 <= one < 24 * 60 for one in clocks(text))
    assert all(one > 0 for one in lasting(text))
