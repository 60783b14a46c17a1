"""What was done is not done again, and not over, without another word of the user's."""

from __future__ import annotations

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check, tool

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.guard.flow import compile_flow

TOOLS = (
    tool("list_leases", ""),
    tool("read_file", "path"),
    tool("update_lease", "lease_id", "rent deposit note", lease_id="integer", rent="number", deposit="number"),
    tool("invite_guest", "name email"),
    tool("create_meeting", "title start_time participants", "", participants="array"),
    tool("add_meeting_participants", "meeting_id participants", participants="array"),
    tool("rent_van", "company", "start_day"),
    tool("list_van_companies", "city"),
    tool("search_contacts", "query"),
)
FLOW = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TOOLS)), TOOLS)
LEASES = [{"lease_id": 4, "tenant": "Brandt", "rent": 700.0}, {"lease_id": 5, "tenant": "Okoye", "rent": 820.0}]
DEARER = "Set the rent of the lease of Okoye to 850."
SEEN: tuple[Step, ...] = (("list_leases", {}, LEASES),)
RAISED: Step = ("update_lease", {"lease_id": 5, "rent": 850.0}, "ok")


@pytest.mark.parametrize(
    ("wish", "done", "args", "expected"),
    [
        (DEARER, (), {"lease_id": 5, "rent": 850.0}, ALLOW),
        (DEARER, (RAISED,), {"lease_id": 5, "rent": 820.0}, STOPS),
        (DEARER + " Then update the same lease to 900.", (RAISED,), {"lease_id": 5, "rent": 900.0}, ALLOW),
        (DEARER, (), {"lease_id": 5}, STOPS),
    ],
)
def test_what_was_set_once_is_not_set_over(
    wish: str, done: tuple[Step, ...], args: dict[str, object], expected: Outcome | None
) -> None:
    check(Scene(wish, (*SEEN, *done), "update_lease", args, expected), FLOW)


def test_who_was_invited_is_not_invited_by_another_address() -> None:
    wish = "Invite Olga (olga@home.example) as a guest; her brother has olga@other.example."
    done: tuple[Step, ...] = (("invite_guest", {"name": "Olga", "email": "olga@home.example"}, "ok"),)
    check(Scene(wish, (), "invite_guest", {"name": "Olga", "email": "olga@home.example"}, ALLOW), FLOW)
    check(Scene(wish, done, "invite_guest", {"name": "Olga", "email": "olga@other.example"}, STOPS), FLOW)


def test_a_mail_to_somebody_has_not_invited_them() -> None:
    tools = (*TOOLS, tool("send_mail", "to body"))
    flow = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in tools)), tools)
    wish = "Mail the plan to olga@home.example. Then invite Olga (olga@home.example) as a guest."
    done: tuple[Step, ...] = (("send_mail", {"to": "olga@home.example", "body": "The plan"}, "ok"),)
    check(Scene(wish, done, "invite_guest", {"name": "Olga", "email": "olga@home.example"}, ALLOW), flow)


def test_what_is_only_marked_needs_no_value() -> None:
    tools = (tool("list_tasks", ""), tool("mark_task", "task_id", "note"))
    flow = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in tools)), tools)
    read: tuple[Step, ...] = (("list_tasks", {}, [{"task_id": "T-4", "title": "Stack wood"}]),)
    check(Scene("Mark my task 'Stack wood' as done.", read, "mark_task", {"task_id": "T-4"}, ALLOW), flow)


@pytest.mark.parametrize(
    ("wish", "receiver", "expected"),
    [("Pay fred 10.00 for the cake.", "fred", ALLOW), ("Pay the standing order of 10.00.", "standing", STOPS)],
)
def test_a_name_may_end_as_a_verb_does(wish: str, receiver: str, expected: Outcome | None) -> None:
    tools = (tool("pay", "recipient amount", amount="number"),)
    flow = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in tools)), tools)
    check(Scene(wish, (), "pay", {"recipient": receiver, "amount": 10.0}, expected), flow)


MEETING = "Create a meeting 'Roof' on 2026-05-04 at 10:00 with pia@home.example and add rob@home.example to it."
MADE: Step = (
    "create_meeting",
    {"title": "Roof", "start_time": "2026-05-04 10:00", "participants": ["pia@home.example"]},
    {"meeting_id": "m-77", "title": "Roof"},
)


@pytest.mark.parametrize(
    ("people", "expected"),
    [(["rob@home.example"], ALLOW), (["pia@home.example"], STOPS), (["Rob"], STOPS)],
)
def test_nobody_is_added_to_what_they_are_part_of(people: list[str], expected: Outcome | None) -> None:
    args = {"meeting_id": "m-77", "participants": people}
    check(Scene(MEETING, (MADE,), "add_meeting_participants", args, expected), FLOW)


@pytest.mark.parametrize(
    ("wish", "company", "expected"),
    [
        ("We want to rent a van in Turin. Can you find the companies there and recommend one?", "Vanto", STOPS),
        ("I want to rent a van in Turin, at Vanto.", "Vanto", ALLOW),
        ("I'd like to rent a van. Find the companies in Turin and rent one at Vanto.", "Vanto", ALLOW),
        ("We visit Turin. Rent a van at Vanto there.", "Turin", STOPS),
    ],
)
def test_what_is_only_wished_for_is_not_booked(wish: str, company: str, expected: Outcome | None) -> None:
    read: tuple[Step, ...] = (("list_van_companies", {"city": "Turin"}, [{"company": "Vanto"}]),)
    check(Scene(wish, read, "rent_van", {"company": company}, expected), FLOW)
