"""Personal data is recognised by form and checksum."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.content.personal import luhn, personal


@pytest.mark.parametrize(
    ("text", "name", "sure"),
    [
        ("anna.k@firm.co.uk", "email", True),
        ("info@firm.co.uk", "email", False),
        ("anna@example.org", "email", False),
        ("+44 20 7946 0958", "phone", True),
        ("+15551234567", "phone", True),
        ("GB82 WEST 1234 5698 7654 32", "iban", True),
        ("DE89370400440532013000", "iban", True),
        ("4111 1111 1111 1111", "payment-card", True),
        ("5555-5555-5555-4444", "payment-card", True),
        ("378282246310005", "payment-card", True),
        ("943 476 5919", "uk-nhs-number", True),
        ("12345678Z", "es-dni", True),
        ("X1234567L", "es-dni", True),
        ("1 55 08 14 168 025 88", "fr-nir", True),
        ("44051401359", "pl-pesel", True),
        ("111.444.777-35", "br-cpf", True),
        ("811218-9876", "se-personnummer", True),
        ("078-05-1120", "us-ssn", False),
    ],
)
def test_each_kind_is_recognised_where_it_stands(text: str, name: str, sure: bool) -> None:  # noqa: FBT001
    (one,) = personal(f"line\nsee {text}, and so on")
    assert (one.name, one.line, one.column, one.sure) == (name, 2, 5, sure)
    assert one.end - one.start == len(text)
    assert one.masked == text[:3] + "…"


@pytest.mark.parametrize(
    "text",
    [
        "GB82 WEST 1234 5698 7654 33",
        "XX82 WEST 1234 5698 7654 32",
        "4111 1111 1111 1112",
        "1234567890123456",
        "0000 0000 0000 0000",
        "943 476 5918",
        "12345678A",
        "1 55 08 14 168 025 89",
        "44051401358",
        "111.444.777-36",
        "811218-9877",
        "000-05-1120",
        "icon@2x.png",
        "git@host",
        "a@b",
        "+1 2",
        "version 1.2.3.4",
        "2024-01-02 03:04:05",
        "0.4111111111111111",
        "127.0.0.1:8080",
        "@decorator",
        "+++++",
        "1.0.0-beta+exp.sha.5114f85",
    ],
)
def test_what_fails_its_checksum_or_form_is_none(text: str) -> None:
    assert list(personal(text)) == []


@given(st.text(max_size=300) | st.text("0123456789 -+.@AGB", max_size=120))
def test_any_text_can_be_looked_through(text: str) -> None:
    found = list(personal(text))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= after.start for one, after in itertools.pairwise(found))


@given(st.text("0123456789", min_size=1, max_size=18))
def test_exactly_one_check_digit_is_right(digits: str) -> None:
    assert sum(luhn(digits + check) for check in "0123456789") == 1


@pytest.mark.parametrize(
    "piece", ["a", "a@", "1 ", "+1 ", "GB82 W", "1-", "a.", "1.", "X1234567", "12345678901", "@", "\n"]
)
def test_the_time_grows_no_faster_than_the_text(piece: str) -> None:
    small, large = (_seconds((piece * size)[:size]) for size in (250_000, 1_000_000))
    assert large < 8 * small + 0.2
    assert large < 3


def _seconds(text: str) -> float:
    began = time.thread_time()
    list(personal(text))
    return time.thread_time() - began
