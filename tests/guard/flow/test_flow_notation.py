"""What Python's own `repr` writes is read back in tokens; anything else is no notation, and breaks nothing."""

from __future__ import annotations

from datetime import datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.guard.flow.notation import Token, tokens, unquoted
from accord.guard.flow.outputs import read_output

PLAIN = st.text(st.characters(codec="utf-8"), max_size=20)
MOMENT = st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda when: when.replace(microsecond=0))  # noqa: DTZ001
ATOM = PLAIN | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none() | MOMENT
NESTED = st.recursive(ATOM, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4))


def told(value: object) -> list[str]:
    """Return the plain values in a structure, in order, as the tokens should say them."""
    if isinstance(value, list):
        return [one for item in value for one in told(item)]
    if isinstance(value, dict):
        return [one for name, item in value.items() for one in (name, *told(item))]
    return [f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)]


def signs(value: object) -> int:
    """Return how many brackets a structure opens and closes."""
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
    return 0 if inner is None else 2 + sum(map(signs, inner))


def said(found: list[Token] | None) -> list[str]:
    assert found is not None
    return [value for _, value, _ in found if value is not None]


@given(NESTED)
def test_what_repr_writes_is_read_back(value: object) -> None:
    found = tokens(repr(value))
    assert said(found) == told(value)
    assert sum(sign in set("[](){}") for _, _, sign in found or ()) == signs(value)


@given(st.lists(PLAIN, min_size=1, max_size=6))
def test_nothing_within_a_string_passes_for_a_sign(texts: list[str]) -> None:
    found = tokens(repr(texts))
    assert said(found) == texts
    assert [sign for _, _, sign in found or ()].count(",") == len(texts) - 1


@given(PLAIN)
def test_a_string_is_unquoted_to_what_it_says(text: str) -> None:
    assert unquoted(repr(text)) == text


@given(st.text(max_size=200))
def test_any_text_is_notation_or_is_none(text: str) -> None:
    found = tokens(text)
    assert found is None or all((value is None) == bool(sign) for _, value, sign in found)


@given(st.text(alphabet="'\"\\[]{}(),:= dx4e\n", max_size=60))
def test_signs_of_the_notation_in_any_order_break_nothing(text: str) -> None:
    found = tokens(text)
    assert found is None or all(sign or not set("[](){}").intersection(key) for key, _, sign in found)


@pytest.mark.parametrize("text", ["it's late", "['open", "[\"a', 'b]", "{'a': 'b", 'say "so', "['a\\']"])
def test_a_text_with_an_open_quote_is_no_notation(text: str) -> None:
    assert tokens(text) is None


def test_a_call_of_a_class_keeps_its_names_and_values() -> None:
    found = tokens("Event(id_='7', title=\"Ann's\", start=datetime.datetime(2026, 3, 5, 12, 0), ok=True)")
    assert [(key, value) for key, value, _ in found or () if key] == [
        ("id_", "7"),
        ("title", "Ann's"),
        ("start", "2026-03-05 12:00"),
        ("ok", "True"),
    ]


def test_a_moment_with_a_time_zone_says_its_day_and_time() -> None:
    assert said(tokens("[datetime.datetime(2026, 3, 5, 12, 30, tzinfo=TzInfo)]")) == ["2026-03-05 12:30"]


@pytest.mark.parametrize("text", [r"'\U00110000'", r"'\uZZZZ'", r"'\x'", r"'\q'"])
def test_an_escape_that_stands_for_nothing_breaks_nothing(text: str) -> None:
    assert tokens(text) is not None


def test_a_field_is_what_stands_between_the_quotes_and_no_more() -> None:
    rows = read_output("[{'id': 'f1', 'note': \"x', 'id': 'f2\"}]").records
    assert [(one.key, one.value) for one in rows[0]] == [("id", "f1"), ("note", "x', 'id': 'f2")]


@pytest.mark.parametrize("piece", ["\\'", "'", "' ", "'\\\n", "\"'", "[(", "datetime.datetime(1, 1, 1", "a="])
def test_a_longer_text_costs_no_more_than_its_length(piece: str) -> None:
    def cost(times: int) -> float:
        spent = []
        for _ in range(3):
            begun = process_time()
            tokens(piece * times)
            spent.append(process_time() - begun)
        return min(spent)

    assert cost(80_000) < 40 * max(cost(8_000), 0.002)
