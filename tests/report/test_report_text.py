"""The report of the terminal: snapshots, eighty columns, and nothing a terminal would obey.

Renew the snapshots: `ACCORD_RENEW=1 .venv/bin/pytest tests/report/test_report_text.py`, then read the difference.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.assessment import Assessment
from accord.core.finding import Place, Severity
from accord.report import imprint, text
from accord.report.columns import cells, clip, pad, wrap

SNAPSHOTS = Path(__file__).parent / "snapshots"
RENEW = os.environ.get("ACCORD_RENEW") == "1"  # read at import: each test has its settings taken away
Make = Callable[..., Assessment]
Hostile = Callable[[Assessment, str], Assessment]


def plain(assessment: Assessment) -> str:
    return text.render(assessment, colour=False, ascii=False)


@pytest.mark.parametrize(
    ("name", "options"),
    [("failing", {}), ("passing", {"findings": 0}), ("many", {"findings": 90, "assets": 40, "evidence": 200})],
)
def test_the_report_reads_as_the_snapshot_does(make: Make, name: str, options: dict[str, int]) -> None:
    snapshot = SNAPSHOTS / f"{name}.txt"
    now = plain(make(**options))
    if RENEW:
        snapshot.write_text(now, encoding="utf-8")
    assert now == snapshot.read_text(encoding="utf-8")


def test_the_report_in_ascii_reads_as_the_snapshot_does(make: Make) -> None:
    snapshot = SNAPSHOTS / "ascii.txt"
    now = text.render(make(), colour=False, ascii=True)
    if RENEW:
        snapshot.write_text(now, encoding="ascii")
    assert now == snapshot.read_text(encoding="ascii")


def test_colour_only_repeats_words(make: Make) -> None:
    assessment = make()
    coloured = text.render(assessment, colour=True, ascii=False)
    assert "\x1b[1;31mcritical[ACC201]:\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain(assessment)


def test_equal_assessments_give_equal_bytes(make: Make) -> None:
    first, second = io.StringIO(), io.StringIO()
    text.write(make(), first)
    text.write(make(), second)
    assert first.getvalue() == second.getvalue()


def test_a_written_report_ends_with_a_checksum_that_holds(make: Make) -> None:
    out = io.StringIO()
    text.write(make(), out)
    assert out.getvalue().startswith(plain(make()))
    assert imprint.holds(out.getvalue())


def test_no_finding_still_prints_the_summary(make: Make) -> None:
    said = plain(make(findings=0))
    assert "no findings" in said
    assert "MAY BE RELEASED" in said
    assert "Not looked at" in said
    assert make(findings=0).id in said


def test_the_order_is_may_it_ship_why_not_what_was_not_seen_who_says_so(make: Make) -> None:
    said = plain(make())
    order = ["DO NOT RELEASE", " 1  loading the model file", "Not looked at", "signed "]
    assert [said.index(one) for one in order] == sorted(said.index(one) for one in order)


def test_the_caret_stands_below_the_column(make: Make) -> None:
    lines = plain(make()).splitlines()
    row = next(number for number, line in enumerate(lines) if "│ API_KEY" in line)
    assert lines[row + 1].index("^") == lines[row].index('"sk-example')


def test_a_caret_far_to_the_right_stays_on_the_page(make: Make) -> None:
    finding = replace(make().findings[0], excerpt="x" * 300 + "HERE", where=Place(path="a.py", line=1, column=301))
    lines = plain(replace(make(), findings=(finding,))).splitlines()
    row = next(number for number, line in enumerate(lines) if "HERE" in line)
    assert lines[row + 1].index("^") == lines[row].index("HERE")


def test_findings_beyond_the_limit_are_counted_by_check_and_severity(make: Make) -> None:
    said = plain(make(findings=60))
    assert said.count("high[ACC204]") == text.PER_CHECK
    assert "and 7 more of ACC204 (high): see the HTML or JSON report" in said


@given(
    hostile=st.text(max_size=80)
    | st.sampled_from(
        ["\x1b[31mred\x1b[0m", "\u202eevil", "<script>alert(1)</script>", "x" * 5000, "\udc80\ud800", "漢" * 90]
    )
)
def test_nothing_a_terminal_obeys_and_no_line_beyond_eighty_columns(
    make: Make, poisoned: Hostile, hostile: str
) -> None:
    said = plain(poisoned(make(), hostile))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", said)
    assert max(cells(line) for line in said.splitlines()) <= text.WIDTH
    said.encode()


def test_a_report_of_ten_thousand_findings_is_short(make: Make) -> None:
    assert len(plain(make(findings=10_000))) < 40_000


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200), st.integers(2, 40))
def test_wrapped_lines_fit_and_keep_every_word(said: str, width: int) -> None:
    lines = wrap(said, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(said.split())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60), st.integers(2, 40))
def test_padded_text_is_exactly_as_wide_as_asked(said: str, width: int) -> None:
    assert cells(pad(said, width)) == width
    assert cells(clip(said, width)) <= width


def test_severities_come_worst_first(make: Make) -> None:
    said = plain(make())
    at = [said.index(f"{severity}[") for severity in reversed(Severity)]
    assert at == sorted(at)
