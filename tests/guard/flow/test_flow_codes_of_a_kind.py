"""Codes go by the noun that the user calls them by, and little words and times of day choose no row of a list."""

from __future__ import annotations

import json

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check

from accord.core.guard import GuardPolicy, GuardTool
from accord.guard.flow import Tool, compile_flow
from accord.guard.flow.lexicon import particles_in


def tool(name: str, said: str, kinds: dict[str, str]) -> Tool:
    schema = {"properties": {one: {"type": kind} for one, kind in kinds.items()}, "required": list(kinds)}
    return Tool(name=name, description=said, schema=schema)


TOOLS = (
    tool("close_locker", "Closes a locker.", {"locker_no": "string"}),
    tool("move_pallet", "Moves a pallet to another bay.", {"pallet_number": "string", "bay": "string"}),
    tool("termine_suchen", "Sucht Termine.", {"name": "string"}),
    tool("list_bookings", "Lists the bookings of a day.", {"name": "string"}),
    tool("cancel_booking", "Cancels a booking.", {"booking_id": "string"}),
    tool("termin_verschieben", "Verschiebt einen Termin.", {"termin_id": "string", "tag": "string", "zeit": "string"}),
)
MINE = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TOOLS)), TOOLS)
LOCKER = "Close locker 2210 and keep badge 7741 for locker 2214."
PALLET = "Move pallet 60021884 with the M8 screws to bay 14."


@pytest.mark.parametrize(
    ("wish", "name", "args", "expected"),
    [
        (LOCKER, "close_locker", {"locker_no": "2210"}, ALLOW),
        (LOCKER, "close_locker", {"locker_no": "badge 7741"}, STOPS),
        (LOCKER, "close_locker", {"locker_no": "keep badge 7741"}, STOPS),
        (LOCKER, "close_locker", {"locker_no": "badge 7741 for locker"}, STOPS),
        (PALLET, "move_pallet", {"pallet_number": "60021884", "bay": "14"}, ALLOW),
        (PALLET, "move_pallet", {"pallet_number": "M8", "bay": "14"}, STOPS),
        (PALLET, "move_pallet", {"pallet_number": "bay 14", "bay": "14"}, STOPS),
    ],
)
def test_a_code_is_of_the_kind_that_the_user_calls_it(
    wish: str, name: str, args: dict[str, object], expected: object
) -> None:
    check(Scene(wish, (), name, args, ALLOW if expected is ALLOW else STOPS), MINE)


def rows(name: str, args: dict[str, object], *found: dict[str, str]) -> Step:
    return (name, args, json.dumps(found))


TERMINE = rows(
    "termine_suchen",
    {"name": "Brandt"},
    {"termin_id": "T-4107", "name": "Jonas Brandt", "praxis": "Kardiologie", "notiz": ""},
    {"termin_id": "T-4170", "name": "Jonas Brandt", "praxis": "Augen", "notiz": ""},
    {"termin_id": "T-4071", "name": "Jonas Brandl", "praxis": "Kardiologie", "notiz": "ok"},
    {"termin_id": "T-1470", "name": "Jana Brandt", "praxis": "Kardiologie", "notiz": "kommt mit der Bahn von Ulm"},
)


@pytest.mark.parametrize("termin", ["T-4170", "T-4071", "T-1470"])
def test_little_words_of_any_language_choose_no_row(termin: str) -> None:
    wish = "Verschiebe den Termin von Jonas Brandt bei der Kardiologie auf den 22. April 2026 um 10:20."
    args = {"termin_id": termin, "tag": "2026-04-22", "zeit": "10:20"}
    check(Scene(wish, (TERMINE,), "termin_verschieben", args, STOPS), MINE)


@pytest.mark.parametrize("booking", ["B-18", "B-88"])
def test_the_figures_of_a_time_choose_no_row(booking: str) -> None:
    found = rows(
        "list_bookings",
        {"name": "Okafor"},
        {"booking_id": "B-18", "guest": "Ada Okafor", "time": "15:14", "seats": "30"},
        {"booking_id": "B-81", "guest": "Ada Okafor", "time": "14:30", "seats": "2"},
        {"booking_id": "B-88", "guest": "Ada Okafor", "time": "12:00", "seats": "14"},
    )
    wish = "Cancel the booking of Ada Okafor at 14:30."
    check(Scene(wish, (found,), "cancel_booking", {"booking_id": booking}, STOPS), MINE)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("verzet de afspraak van jan naar vrijdag om tien", {"de", "van", "naar", "om"}),
        ("please send the van to de vries", set()),
        ("przenieś wizytę na piątek do dr lisa w poznaniu dla pani nowak", {"na", "do", "w", "dla"}),
    ],
)
def test_little_words_are_those_of_a_language_that_is_spoken(said: str, found: set[str]) -> None:
    assert particles_in(frozenset(said.split())) == found
