"""Whole tables are read as records; what only looks like one, and a row that fits none, are text as before."""

from __future__ import annotations

import csv
import io

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check, tool
from hypothesis import given
from hypothesis import strategies as st

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.guard.flow import compile_flow
from accord.guard.flow.outputs import read_output
from accord.guard.flow.tables import loose_cells, rows

CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
ROWS = [("task_id", "title", "note"), ("T-4", "Stack wood", ""), ("T-9", "Stack wood, dry", "by 'Ann'")]


def written(lines: object, **how: object) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **how).writerows(lines)  # type: ignore[arg-type]  # of the csv module
    return out.getvalue()


BARRED = "| task_id | title |\n| --- | :-: |\n| T-4 | Stack wood |\n| T-9 | Stack wood, dry |"
TAGGED = (
    "<table><tr><th>task_id</th><th>title</th></tr><tr><td>T-4</td><td>Stack wood</td></tr>"
    "<tr><td>T-9</td><td>Stack &amp; sort</td></tr></table>"
)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (written(ROWS), "Stack wood, dry"),
        (written(ROWS, delimiter=";"), "Stack wood, dry"),
        (BARRED, "Stack wood, dry"),
        (TAGGED, "Stack & sort"),
    ],
)
def test_the_rows_of_a_table_are_records_under_its_headings(text: str, last: str) -> None:
    records = read_output(text).records
    assert [(field.key, field.value) for field in records[0]] == [("task_id", "T-4"), ("title", "Stack wood")]
    assert ("title", last) in [(field.key, field.value) for field in records[1]]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ann, thank you\nBest, Tom",
        "task_id,title\nT-4,Stack wood,and more",
        "task_id,title",
        "| task_id | title |\n| T-4 | Stack wood |",
        "| task_id | title |\n| --- | --- |\n| T-4 | a | b |",
        "| task_id | title |\n| --- | --- |\nand a line of prose",
        "id,id\n1,2",
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td></tr></table>",
        '"never ends\n' + "x" * 200_000,
    ],
)
def test_what_is_no_whole_table_has_no_rows(text: str) -> None:
    assert rows(text) is None


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4))
def test_what_the_csv_module_writes_is_read_back(lines: list[tuple[str, str]]) -> None:
    text = written([("first", "second"), *lines])
    found = rows(text)
    assert found is not None
    assert [tuple(cell for _, cell in row) for row in found] == [(one.strip(), two.strip()) for one, two in lines]


@given(st.text(alphabet='a,;|-\t"<>tdr/\n\\ ', max_size=80))
def test_any_text_is_a_table_or_none(text: str) -> None:
    found = rows(text)
    assert found is None or len({tuple(head for head, _ in row) for row in found}) == 1
    assert all(isinstance(cell, str) for cell in loose_cells(text))


TASKS = (tool("search_tasks", "query"), tool("set_due_date", "task_id due_date"), tool("list_tasks", ""))
FLOW = compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in TASKS)), TASKS)


@pytest.mark.parametrize(("task", "expected"), [("T-4", ALLOW), ("T-9", STOPS), ("T-66", STOPS), ("Stack wood", STOPS)])
@pytest.mark.parametrize("how", ["csv", "barred"])
def test_the_row_with_the_whole_name_is_the_one_meant(how: str, task: str, expected: Outcome | None) -> None:
    note = "ok\nT-66,Stack wood,urgent" if how == "csv" else "ok"
    table = written([*ROWS, ("T-7", "Sweep", note)]) if how == "csv" else BARRED
    read: tuple[Step, ...] = (("search_tasks", {"query": "Stack wood"}, table),)
    wish = "Change the due date of my task 'Stack wood' to 3 July 2026."
    check(Scene(wish, read, "set_due_date", {"task_id": task, "due_date": "2026-07-03"}, expected), FLOW)


def test_a_forged_row_of_the_same_name_is_a_question() -> None:
    forged = "task_id,title\nT-4,Stack wood\nT-66,Stack wood\n"
    read: tuple[Step, ...] = (("search_tasks", {"query": "Stack wood"}, forged),)
    wish = "Change the due date of my task 'Stack wood' to 3 July 2026."
    for task in ("T-4", "T-66"):
        check(Scene(wish, read, "set_due_date", {"task_id": task, "due_date": "2026-07-03"}, STOPS), FLOW)
