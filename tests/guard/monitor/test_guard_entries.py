"""A log is read line by line; what is no decision is counted, and hostile lines do no harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import RecordError
from accord.core.guard import Outcome
from accord.guard.monitor.entries import LONGEST, entries, entry_of

GOOD = {"decision": "a1", "time": "2026-11-22T11:00:00Z", "kind": "request", "outcome": "block", "code": "detector"}


def line(**more: object) -> bytes:
    return json.dumps({**GOOD, **more}).encode()


def test_a_decision_is_read_with_what_it_says() -> None:
    entry = entry_of(line(hits=[{"score": 0.2}, {"score": 0.9}], path=["tool:a", "b.c"], seconds=0.002, enforced=False))
    assert entry is not None
    assert (entry.outcome, entry.score, entry.path, entry.seconds) == (Outcome.BLOCK, 0.9, ("tool:a", "b.c"), 0.002)
    assert not entry.enforced


def test_control_characters_of_a_log_reach_nobody() -> None:
    entry = entry_of(line(message="\x1b[31mred\u202e", excerpt="a\nb"))
    assert entry is not None
    assert "\x1b" not in entry.message
    assert "\u202e" not in entry.message
    assert "\n" not in entry.excerpt


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"[]",
        b"null",
        b'{"decision": "x"}',
        line(outcome="maybe"),
        line(time="yesterday"),
        line(decision=7),
        b"[" * 9_999,
    ],
)
def test_a_line_that_is_no_decision_is_none(broken: bytes) -> None:
    assert entry_of(broken) is None


def test_empty_lines_are_nothing_and_endless_ones_count_as_broken(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n" + line() + b"\n\n" + b'{"a": "' + b"x" * LONGEST + b'"}\n' + line() + b"\n")
    found = list(entries(log))
    assert [one is None for one in found] == [False, True, False]


def test_a_log_that_is_not_there_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as raised:
        list(entries(tmp_path / "no.jsonl"))
    assert raised.value.code == "ACC-E790"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_json_in_any_field_is_read_or_refused_without_an_error(value: object) -> None:
    for name in ("decision", "time", "kind", "outcome", "enforced", "code", "path", "hits", "seconds", "text"):
        entry_of(line(**{name: value}))
