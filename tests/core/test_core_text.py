"""Text from outside cannot move a terminal or turn a page around."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.clock import duration, rfc3339
from accord.core.text import clean, one_line, shown

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("hostile", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("a\rb", "a\\u{d}b"),
        ("\u202egnp.exe", "\\u{202e}gnp.exe"),
        ("zero\u200bwidth", "zero\\u{200b}width"),
        ("tag\U000e0041", "tag\\u{e0041}"),
        ("\udcff", "\\xff"),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_hostile_text_is_made_visible(hostile: str, expected: str) -> None:
    assert clean(hostile) == expected


@given(ANY)
def test_clean_text_is_printable_and_valid(text: str) -> None:
    done = clean(text)
    done.encode()
    assert not any(ord(char) < 32 and char not in "\t\n" for char in done)
    assert not set(done) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\x7f\x1b")


@given(ANY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(ANY, st.integers(1, 80))
def test_one_line_is_one_line_of_bounded_length(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line


@given(st.binary(max_size=40))
def test_any_file_name_can_be_shown(name: bytes) -> None:
    shown(name.decode("utf-8", "surrogateescape")).encode()


@pytest.mark.parametrize(("text", "days"), [("P90D", 90), ("P6M", 180), ("P1Y", 365), ("P2W", 14), ("P1YT24H", 366)])
def test_durations_are_read(text: str, days: int) -> None:
    assert duration(text).days == days


@pytest.mark.parametrize("text", ["", "P", "90D", "P1", "PT", "P-1D", "P1D ", "P99999999999Y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration(text)


def test_times_are_written_with_whole_seconds() -> None:
    from datetime import UTC, datetime

    assert rfc3339(datetime(2026, 11, 22, 12, 0, 0, 999, tzinfo=UTC)) == "2026-11-22T12:00:00Z"
