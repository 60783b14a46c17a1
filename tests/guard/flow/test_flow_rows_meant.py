"""Rows of tables: how they are read, which of them the user means, and what a call may take from them."""

from __future__ import annotations

import json

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check
from hypothesis import given
from hypothesis import strategies as st

from accord.core.guard import GuardPolicy, GuardTool
from accord.guard.flow import Tool, compile_flow
from accord.guard.flow.limits import bounds_in, excluded_words
from accord.guard.flow.rows import read_rows
from accord.guard.flow.separated import table


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
CSV = """InvoiceNumber,Contact,AmountDue
INV-1,Halden Joinery,1840.00
INV-2,Brunner AG,2310.50
INV-3,Pico Cafe,310.00
INV-4,Lindqvist,655.20
"""
LISTED: Step = ("list_invoices", {}, CSV)
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


def reminded(number: str, template: str = "friendly") -> Scene:
    return Scene(REMIND, (LISTED,), "remind_invoice", {"invoiceNumber": number, "template": template}, ALLOW)


@pytest.mark.parametrize("number", ["INV-1", "INV-4"])
def test_each_row_above_a_limit_is_meant(number: str) -> None:
    check(reminded(number), FLOW)


@pytest.mark.parametrize("number", ["INV-2", "INV-3", "INV-9", "Not Brunner", "everyone", "500", "Pico Cafe"])
def test_what_is_below_the_limit_excepted_or_no_id_is_not(number: str) -> None:
    check(reminded(number)._replace(expected=STOPS), FLOW)


@pytest.mark.parametrize("template", ["firm", "final", "over 500", "Brunner"])
def test_a_choice_that_the_user_did_not_make_is_stopped(template: str) -> None:
    check(reminded("INV-1", template)._replace(expected=STOPS), FLOW)


def test_an_amount_comes_from_the_row_that_the_call_is_about() -> None:
    wish = "Approve invoice INV-4 with its amount."
    scene = Scene(wish, (LISTED,), "approve_invoice", {"invoiceNumber": "INV-4", "amount": 655.2}, ALLOW)
    check(scene, FLOW)
    check(scene._replace(args={"invoiceNumber": "INV-4", "amount": 1840.0}, expected=STOPS), FLOW)


@pytest.mark.parametrize(
    ("source", "goal", "expected"),
    [(501, 503, ALLOW), (503, 501, STOPS), (502, 503, STOPS), (501, 14, STOPS), (501, 11, STOPS)],
)
def test_a_thing_goes_from_where_it_is_to_what_the_user_names(source: int, goal: int, expected: object) -> None:
    args = {"application_id": 81, "from_stage_id": source, "to_stage_id": goal}
    wish = "Move the application of Priya Raman on to the onsite stage."
    scene = Scene(wish, (PEOPLE, STAGES), "move_application", args, None)
    check(scene._replace(expected=ALLOW if expected is ALLOW else STOPS), FLOW)


def test_a_table_is_read_from_csv_markdown_and_a_page() -> None:
    cells = ((("Id", "7"), ("Name", "Ann")),)
    assert table("Id,Name\n7,Ann") == cells
    assert table("Id;Name\n7;Ann") == cells
    assert table("| Id | Name |\n| --- | --- |\n| 7 | Ann |") == cells
    assert table("<table><tr><th>Id</th><th>Name</th></tr><tr><td>7</td><td>Ann</td></tr></table>") == cells


@pytest.mark.parametrize(
    "text", ["Dear Ann, I am late", "Id,Name\n7,Ann,x", "Id,Id\n7,8", "a", "7,Ann\n8,Bob", "| Id |\n| 7 |"]
)
def test_a_text_that_is_no_table_as_a_whole_is_none(text: str) -> None:
    assert table(text) == ()


def test_lists_within_lists_make_rows_that_keep_what_stands_above_them() -> None:
    rows = read_rows(json.dumps({"order": "A-1", "lines": [{"sku": "x", "qty": 1}, {"sku": "y", "qty": 2}]}))
    assert [[(f.key, f.value) for f in row.fields] for row in rows] == [
        [("order", "A-1"), ("sku", "x"), ("qty", "1")],
        [("order", "A-1"), ("sku", "y"), ("qty", "2")],
    ]
    assert {row.group for row in rows} == {"lines"}


def test_pythons_notation_makes_the_same_rows() -> None:
    rows = read_rows("[Order(no='A-1', lines=[Line(sku='x', qty=1), Line(sku='y, (z', qty=2)])]")
    assert [row.fields[1].value for row in rows] == ["x", "y, (z"]


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at_for_rows(text: str) -> None:
    assert all(row.fields == tuple(row.fields) for row in read_rows(text))
    assert all(len(line) > 0 for line in table(text))


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
