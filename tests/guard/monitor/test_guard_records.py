"""What monitoring leaves on file is read back, and hostile files do no harm."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.guard.monitor.records import comparison_of, on_file

TIME = "2026-11-22T11:00:00Z"
INCIDENT = json.dumps({"id": "sha256:ab", "time": TIME, "message": "requests are stopped more"})
CAUSE = json.dumps({"incident": "sha256:ab", "cause": "spam", "by": "ops@example.org"})


def test_a_cause_closes_its_incident_wherever_it_stands() -> None:
    assert on_file([INCIDENT]).open == ("sha256:ab",)
    for lines in ([INCIDENT, CAUSE], [CAUSE, INCIDENT], [INCIDENT, "", INCIDENT, CAUSE]):
        found = on_file(lines)
        assert (found.open, found.bad) == ((), 0)
    assert on_file([INCIDENT]).said["sha256:ab"] == "requests are stopped more"


@pytest.mark.parametrize("by", ["", "somebody", 7, None])
def test_a_cause_that_nobody_stands_for_is_none(by: object) -> None:
    line = json.dumps({"incident": "sha256:ab", "cause": "spam", "by": by})
    assert on_file([INCIDENT, line]).open == ("sha256:ab",)
    assert on_file([line]).bad == 1


def test_a_comparison_needs_a_time_and_both_answers() -> None:
    good = {"time": TIME, "model": "m", "changed": False, "enough": True}
    found = comparison_of(json.dumps(good))
    assert found is not None
    assert (found.model, found.changed, found.time.tzinfo is not None) == ("m", False, True)
    for name in ("time", "changed", "enough"):
        assert comparison_of(json.dumps({**good, name: "yes"})) is None


@given(
    st.text()
    | st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_whatever_a_file_holds_it_is_read_or_counted(text: str) -> None:
    comparison_of(text)
    on_file(text.splitlines())
    comparison_of("[" * 99_999)
