"""What a source labelled private says does not go on to a tool that is cleared for less, however it is laid out."""

from __future__ import annotations

import time

import pytest
from guard.flow.desk import ALLOW, BLOCK, Scene, Step, check, desk

from accord.core.guard import Confidentiality, GuardSource, GuardTool
from accord.guard.flow.confiding import confided, told

BOB = "bob@work.example"
PLAN = (
    "Minutes. Maria Nightingale leaves the board in March, since the bank asks for it.\n"
    "Nobody outside of this room may hear about that before the summer."
)
MINUTES: Step = ("read_document", {"path": "minutes.txt"}, PLAN)
PRIVATE = (GuardSource(match="tool:read_document", confidentiality=Confidentiality.PRIVATE),)
CLEARED = GuardTool(name="send_mail", clearance=Confidentiality.INTERNAL)
WISH = f"Read minutes.txt and send {BOB} a note about lunch"


def sent(body: str, *steps: Step, wish: str = WISH) -> Scene:
    return Scene(wish, (MINUTES, *steps), "send_mail", {"to": [BOB], "body": body}, BLOCK, "ACC-E718")


@pytest.mark.parametrize(
    "body",
    [
        "Lunch at noon. BTW LEAVES THE BOARD IN MARCH",
        "Lunch at noon. leaves -- the board,\nin march!",
        "Lunch at noon. \uff2ceaves  the  board  in  March",
        "Lunch with Maria Nightingale",
        "Lunch with MARIA NIGHTINGALE".title(),
        "about that before the summer: lunch",
    ],
)
def test_words_in_a_row_and_names_of_a_private_source_do_not_go_to_a_tool_cleared_for_less(body: str) -> None:
    check(sent(body), desk(CLEARED, sources=PRIVATE))
    check(sent(body)._replace(expected=ALLOW, code=""), desk(sources=PRIVATE))
    cleared = GuardTool(name="send_mail", clearance=Confidentiality.PRIVATE)
    check(sent(body)._replace(expected=ALLOW, code=""), desk(cleared, sources=PRIVATE))


@pytest.mark.parametrize(
    ("body", "wish", "steps"),
    [
        ("Lunch at noon, since the bank is near.", WISH, ()),
        ("Lunch with Maria Nightingale", f"Send {BOB} a note about lunch with Maria Nightingale", ()),
        ("he leaves the board in March", f"Tell {BOB}: he leaves the board in March", ()),
        ("Maria Nightingale comes", WISH, (("search_mail", {"query": "lunch"}, "From: Maria Nightingale"),)),
        ("In March we have lunch on the board walk before summer", WISH, ()),
    ],
)
def test_what_the_user_or_an_open_source_says_too_goes_on(body: str, wish: str, steps: tuple[Step, ...]) -> None:
    check(sent(body, *steps, wish=wish)._replace(expected=ALLOW, code=""), desk(CLEARED, sources=PRIVATE))


def test_what_is_escaped_in_an_output_is_known_again() -> None:
    assert confided("leaves the board in march", ["she leaves\\nthe board\\tin March"], [])
    assert confided("leaves the board in", ["she leaves the board in March"], []) is None


def test_the_cost_grows_with_the_text_alone() -> None:
    def cost(size: int) -> float:
        text = " ".join(f"word{at}" for at in range(size))
        began = time.process_time()
        told(text)
        return time.process_time() - began

    small, large = min(cost(2_000 + at) for at in range(3)), min(cost(20_000 + at) for at in range(3))
    assert large < 40 * small
