"""A text fills an argument only as one whole thing: what is quoted, a name, between two signs, or a place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import process_time

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check, tool
from hypothesis import given
from hypothesis import strategies as st

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.flow import compile_flow
from accord.guard.flow.wholes import stands_placed, stands_whole

TOOLS = (tool("create_order", "title", "colour"), tool("list_colours"), tool("read_page", "url"))
FLOW = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TOOLS)), TOOLS)
LUNCH = "Create an event 'Lunch' on 2026-03-05 at 12:00 in the old mill."
PENS = "Create an order 'Pens' in the colour 'Dark Sea Blue', please."
WORDS = st.text(alphabet="abcxyz ABC.,", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("blue pen", "Order 'blue pen' today"),
        ("blue pen", "Items: blue pen, paper"),
        ("blue pen", "blue pen"),
        ("Le Marais", "We meet in Le Marais tonight"),
        ("Anna Maria", "I saw Anna Maria yesterday"),
        ("Room 4", "in Room 4 tonight"),
        ("Villa of Ann", "They saw Villa of Ann yesterday"),
    ],
)
def test_what_is_quoted_between_signs_or_a_name_stands_whole(form: str, text: str) -> None:
    assert stands_whole(form, text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("blue pen", "Order a blue pen today"),
        ("Le Marais", "We meet in Le Marais Cafe tonight"),
        ("Marais", "We meet in Le Marais tonight"),
        ("Room 4", "in Room 4 12 tonight"),
        ("Anna", "Anna Maria comes"),
        ("Maria", "I saw Anna Maria yesterday"),
        ("Please", "Please come"),
        ("Blue", "Blue is nice"),
        ("Blue", "It is late. Blue is nice"),
        ("Delete", "please Delete all of it"),
        ("pen", "Order 'blue pen' today"),
        ("ann", "'anna'"),
        ("", "'x'"),
    ],
)
def test_a_piece_of_a_sentence_or_of_a_longer_name_does_not(form: str, text: str) -> None:
    assert not stands_whole(form, text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("old mill", "we meet at the old mill on Sunday"),
        ("alten Mühle", "wir treffen uns in der alten Mühle."),
        ("vieux moulin", "on se voit au vieux moulin"),
        ("north gate", "Location: north gate"),
    ],
)
def test_a_place_is_what_stands_after_a_word_for_being_there(form: str, text: str) -> None:
    assert stands_placed(form, text)


@pytest.mark.parametrize("form", ["old", "mill", "the old", "old mill on", "Sunday", "meet", "mill on Sunday"])
def test_a_piece_of_a_place_is_none(form: str) -> None:
    assert not stands_placed(form, "we meet at the old mill on Sunday")


@given(form=WORDS, before=WORDS, after=WORDS)
def test_a_quoted_text_stands_whole_whatever_is_beside_it(form: str, before: str, after: str) -> None:
    assert stands_whole(form, f'{before} "{form}" {after}')


@given(form=st.text(max_size=20), text=st.text(max_size=60))
def test_any_text_can_be_looked_for_in_any_other(form: str, text: str) -> None:
    assert stands_whole(form, text) in {True, False}
    assert stands_placed(form, text) in {True, False}
    assert form.casefold() in text.casefold() or not (stands_whole(form, text) or stands_placed(form, text))


def ordered(colour: str, wish: str = PENS, *steps: Step) -> Scene:
    return Scene(wish, steps, "create_order", {"title": "Pens", "colour": colour}, ALLOW)


def test_an_event_is_where_the_user_says() -> None:
    at = {"title": "Lunch", "start_time": "2026-03-05 12:00"}
    check(Scene(LUNCH, (), "create_event", {**at, "location": "old mill"}, ALLOW))
    for place in ("old", "mill", "the old", "12:00 in the old mill", "new mill"):
        check(Scene(LUNCH, (), "create_event", {**at, "location": place}, STOPS))


def test_a_free_text_is_the_whole_one_that_the_user_wrote() -> None:
    check(ordered("Dark Sea Blue"), FLOW)


@pytest.mark.parametrize(
    "colour", ["Blue", "Sea Blue", "Dark Sea", "Red", "in the colour", "please", "please.", "Pens' in the colour"]
)
def test_a_free_text_is_no_piece_of_what_the_user_wrote(colour: str) -> None:
    check(ordered(colour)._replace(expected=STOPS), FLOW)


def test_a_free_text_out_of_a_source_is_a_whole_field_of_it() -> None:
    listed: Step = ("list_colours", {}, json.dumps([{"colour": "Dark Sea Blue", "stock": 4}]))
    wish = "Look at the colours and create an order 'Pens' in the one that is in stock."
    check(ordered("Dark Sea Blue", wish, listed), FLOW)
    check(ordered("Sea Blue", wish, listed)._replace(expected=STOPS), FLOW)
    check(ordered("Dark Sea Blue and Red", wish, listed)._replace(expected=STOPS), FLOW)


@pytest.mark.parametrize("piece", ["a ", "at a ", "'a' ", "A", "1, "])
def test_a_long_text_is_looked_at_in_a_bounded_number_of_places(piece: str) -> None:
    def cost(times: int) -> float:
        begun = process_time()
        stands_whole("a", piece * times)
        stands_placed("a", piece * times)
        return process_time() - begun

    cost(100)
    assert cost(40_000) < 40 * max(cost(4_000), 0.002)


@pytest.mark.parametrize(("colour", "taken"), [("Night Blue", True), ("Blue", False), ("our house colour is", False)])
def test_what_the_operator_says_is_taken_as_a_whole_too(colour: str, *, taken: bool) -> None:
    said = (
        Message(role="system", content="You order pens; our house colour is Night Blue."),
        Message(role="user", content="Create an order 'Pens' in our colour."),
    )
    call = ToolCall(name="create_order", args={"title": "Pens", "colour": colour})
    ruling = FLOW.authorise(said, call, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert (ruling.outcome is Outcome.ALLOW) is taken
