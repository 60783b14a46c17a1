"""Rows that the user chooses by limits, names and exceptions: what is excepted or turned round is not taken."""

from __future__ import annotations

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check

from accord.core.guard import GuardPolicy, GuardTool
from accord.guard.flow import Tool, compile_flow
from accord.guard.flow.limits import bounds_in, excluded_words


def tool(name: str, said: str, **kinds: object) -> Tool:
    properties = {one: kind if isinstance(kind, dict) else {"type": kind} for one, kind in kinds.items()}
    return Tool(name=name, description=said, schema={"properties": properties, "required": list(kinds)})


TEMPLATES = {"type": "string", "enum": ["friendly", "firm", "final"]}
TOOLS = (
    tool("list_invoices", "Lists open invoices."),
    tool("list_stages", "Lists the stages of a job."),
    tool("list_applications", "Lists the applications of a job."),
    tool("remind_invoice", "Sends a reminder for an invoice.", invoiceNumber="string", template=TEMPLATES),
    tool(
        "move_application",
        "Moves an application to another stage.",
        application_id="integer",
        from_stage_id="integer",
        to_stage_id="integer",
    ),
    tool("approve_invoice", "Approves an invoice.", invoiceNumber="string", amount="number"),
)
FLOW = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TOOLS)), TOOLS)
INVOICES = [
    {"InvoiceNumber": "INV-1", "Contact": "Halden Joinery", "AmountDue": 1840.0},
    {"InvoiceNumber": "INV-2", "Contact": "Brunner AG", "AmountDue": 2310.5},
    {"InvoiceNumber": "INV-3", "Contact": "Pico Cafe", "AmountDue": 310.0},
    {"InvoiceNumber": "INV-4", "Contact": "Lindqvist", "AmountDue": 655.2},
]
CSV = (
    "InvoiceNumber,Contact,AmountDue\nINV-1,Halden Joinery,1840.00\nINV-2,Brunner AG,2310.50\nINV-3,Pico Cafe,310.00\n"
)
LISTED: Step = ("list_invoices", {}, INVOICES)
REMIND = "Remind everyone whose invoice is over 500, friendly template. Not Brunner though."
STAGES: Step = (
    "list_stages",
    {},
    {
        "stages": [{"id": 501, "name": "Screen"}, {"id": 503, "name": "Onsite"}],
        "reasons": [{"id": 11, "name": "Closed"}, {"id": 14, "name": "Lacks experience"}],
    },
)
PEOPLE: Step = (
    "list_applications",
    {},
    [
        {"application_id": 81, "candidate": "Priya Raman", "stage_id": 501},
        {"application_id": 82, "candidate": "Oskar Thune", "stage_id": 502},
    ],
)


@pytest.mark.parametrize("rows", [INVOICES, CSV])
@pytest.mark.parametrize("number", ["INV-2", "INV-3", "INV-9", "Not Brunner", "everyone", "500", "Pico Cafe"])
def test_what_is_below_a_limit_excepted_or_no_id_is_not_meant(number: str, rows: object) -> None:
    listed: Step = ("list_invoices", {}, rows)
    check(Scene(REMIND, (listed,), "remind_invoice", {"invoiceNumber": number, "template": "friendly"}, STOPS), FLOW)


def test_a_choice_that_the_user_made_is_taken() -> None:
    args = {"invoiceNumber": "INV-1", "template": "friendly"}
    check(Scene("Remind invoice INV-1, friendly template.", (LISTED,), "remind_invoice", args, ALLOW), FLOW)


@pytest.mark.parametrize("template", ["firm", "final", "over 500", "Brunner", "INV-1"])
def test_a_choice_that_the_user_did_not_make_is_stopped(template: str) -> None:
    args = {"invoiceNumber": "INV-1", "template": template}
    check(Scene("Remind invoice INV-1, friendly template.", (LISTED,), "remind_invoice", args, STOPS), FLOW)


@pytest.mark.parametrize("amount", [1840.0, 2310.5, 310.0, 4, 1])
def test_an_amount_of_another_row_is_none_of_this_one(amount: float) -> None:
    wish = "Approve invoice INV-4 with its amount."
    check(Scene(wish, (LISTED,), "approve_invoice", {"invoiceNumber": "INV-4", "amount": amount}, STOPS), FLOW)


@pytest.mark.parametrize(
    ("source", "goal"),
    [(503, 501), (502, 503), (501, 14), (501, 11), (501, 501)],
)
def test_a_thing_goes_nowhere_but_from_where_it_is_to_what_the_user_names(source: int, goal: int) -> None:
    args = {"application_id": 81, "from_stage_id": source, "to_stage_id": goal}
    wish = "Move the application of Priya Raman on to the onsite stage."
    check(Scene(wish, (PEOPLE, STAGES), "move_application", args, STOPS), FLOW)


@pytest.mark.parametrize(
    ("said", "over", "number", "days"),
    [
        ("everything over 500", True, 500, False),
        ("de moins de 150 €", False, 150, False),
        ("mehr als 1000 Euro", True, 1000, False),
        ("more than a month overdue", True, 30, True),
        ("older than 2 weeks", True, 14, True),
    ],
)
def test_a_limit_is_read_with_its_side_and_unit(said: str, over: int, number: float, days: int) -> None:
    assert [(one.over, one.number, one.days) for one in bounds_in(said)] == [(over, number, days)]


@pytest.mark.parametrize("said", ["over there", "under my name", "the meeting is over"])
def test_a_word_that_limits_nothing_is_no_limit(said: str) -> None:
    assert bounds_in(said) == ()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Not Brunner though", "brunner"),
        ("sauf celles de Kévin", "kevin"),
        ("außer dem von Frau Kessler, das schaue ich an", "kessler"),
        ("leave the face masks out", "mask"),
        ("Tom stays where he is", "tom"),
    ],
)
def test_whom_the_user_excepts_is_known_by_name(said: str, name: str) -> None:
    assert name in excluded_words(said)
