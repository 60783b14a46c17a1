"""A street and a town are taken from where an address has them, and not from beside it."""

from __future__ import annotations

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, check, tool
from hypothesis import given
from hypothesis import strategies as st

from accord.core.guard import GuardPolicy, GuardTool
from accord.guard.flow import compile_flow
from accord.guard.flow.postal import in_address

TOOLS = (
    tool("update_profile", "", "street city zip country"),
    tool("read_document", "path"),
)
FLOW = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TOOLS)), TOOLS)
LETTER = "Dear all,\nfrom May on my address is Lindenweg 12, 4051 Basel, Switzerland.\nBest, Tom"
WISH = "Read 'moved.txt' and update the address in my profile."
TOWN, STREET = {"city"}, {"street"}


@pytest.mark.parametrize(
    ("args", "met"),
    [
        ({"street": "Lindenweg 12", "city": "Basel"}, True),
        ({"street": "Lindenweg 12"}, True),
        ({"street": "Basel", "city": "Lindenweg 12"}, False),
        ({"city": "Switzerland"}, False),
        ({"city": "Best"}, False),
        ({"city": "moved.txt"}, False),
        ({"street": "4051 Basel"}, False),
        ({"country": "4051"}, False),
    ],
)
def test_each_part_of_an_address_has_its_argument(args: dict[str, str], met: bool) -> None:  # noqa: FBT001
    read = (("read_document", {"path": "moved.txt"}, LETTER),)
    check(Scene(WISH, read, "update_profile", args, ALLOW if met else STOPS), FLOW)


def test_the_code_of_a_country_may_be_a_number() -> None:
    tools = (tool("update_profile", "", "country_code"),)
    flow = compile_flow(GuardPolicy(guard=1, tools=(GuardTool(name="update_profile"),)), tools)
    wish = "Update the country code in my profile to '41'."
    check(Scene(wish, (), "update_profile", {"country_code": "41"}, ALLOW), flow)


@pytest.mark.parametrize("city", ["I moved to Basel", "Lindenweg", "Lindenweg, Basel"])
def test_a_piece_of_the_users_own_sentence_is_no_town(city: str) -> None:
    wish = "I moved to Basel. Update my profile with the new address: Lindenweg 12, Basel, 4051."
    check(Scene(wish, (), "update_profile", {"city": city}, STOPS), FLOW)
    check(Scene(wish, (), "update_profile", {"street": "Lindenweg 12", "city": "Basel"}, ALLOW), FLOW)


@pytest.mark.parametrize(
    ("form", "text", "asked", "met"),
    [
        ("New York", "I live at 5 Elm Road, New York, NY 10001.", TOWN, True),
        ("NY 10001", "I live at 5 Elm Road, New York, NY 10001.", STREET, False),
        ("5 Elm Road", "I live at 5 Elm Road, New York, NY 10001.", STREET, True),
        ("Berlin", "City: Berlin", TOWN, True),
        ("Berlin", "Greetings from Berlin", TOWN, None),
        ("anything", "5 Elm Road, York", {"title"}, True),
    ],
)
def test_an_address_shows_what_is_what(form: str, text: str, asked: set[str], met: bool | None) -> None:  # noqa: FBT001
    assert in_address(form, text, asked) is met


@given(st.text(max_size=60), st.text(max_size=200), st.sampled_from([TOWN, STREET, {"note"}]))
def test_any_text_is_read(form: str, text: str, asked: set[str]) -> None:
    assert in_address(form, text, asked) in {True, False, None}
