"""Identity numbers are recognised by their checksums, weak forms only beside a word that names them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.content.personal import personal

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]

# every number is made up or the official example of its authority
NUMBERS = [
    ("de-tax-id", "36 574 261 809", ""),
    ("de-tax-id", "36574261809", "Steuer-ID "),
    ("it-codice-fiscale", "RSSMRA85T10A562S", ""),
    ("nl-bsn", "111222333", "BSN: "),
    ("in-aadhaar", "2341 2341 2346", ""),
    ("cn-resident-id", "11010519491231002X", ""),
    ("kr-rrn", "971013-9019902", ""),
    ("au-tax-file-number", "123 456 782", "TFN "),
    ("ca-social-insurance", "046 454 286", "social insurance number "),
    ("fi-hetu", "131052-308T", ""),
    ("be-national-number", "85.07.30-033.28", ""),
    ("pt-nif", "501442600", "NIF "),
    ("ch-ahv", "756.9217.0769.85", ""),
    ("no-fodselsnummer", "15108695088", ""),
    ("dk-cpr", "211062-5629", "cpr "),
    ("at-svnr", "1237 010180", "SVNR "),
    ("ie-pps", "6433435F", "PPS number "),
    ("mx-curp", "BOXW310820HNERXN09", ""),
    ("ar-cuil", "20-05536168-2", ""),
    ("cl-rut", "12.531.909-2", ""),
    ("tr-kimlik", "17291716060", "kimlik "),
    ("za-id", "7503305044089", "ID number "),
    ("il-id", "039337423", "teudat zehut "),
    ("sg-nric", "S1234567D", ""),
    ("sg-nric", "G1234567X", ""),
    ("hk-id", "A123456(3)", ""),
    ("tw-id", "A123456789", ""),
    ("th-id", "1-2345-45678-78-1", ""),
    ("ro-cnp", "1630615123457", "CNP "),
    ("bg-egn", "7523169263", "EGN "),
    ("cz-rodne-cislo", "710319/2745", ""),
    ("hr-oib", "33392005961", "OIB "),
    ("baltic-personal-code", "36805280109", "isikukood "),
    ("lv-personas-kods", "161175-19997", ""),
    ("is-kennitala", "120174-3399", "kennitala "),
    ("jmbg", "0101006500006", "JMBG "),
    ("gr-amka", "01013099997", "AMKA "),
    ("ua-tax-number", "1759013776", "RNOKPP "),
    ("ru-snils", "112-233-445 95", ""),
    ("jp-my-number", "628475263072", "my number "),
    ("gb-national-insurance", "AB 12 34 56 C", "NI number "),
]

UNCHECKED = {"gb-national-insurance", "is-kennitala"}  # no check digit, or not the last one


def names(text: str) -> set[str]:
    return {one.name for one in personal(text)}


@pytest.mark.parametrize(("name", "number", "before"), NUMBERS)
def test_a_number_is_recognised_where_it_stands(name: str, number: str, before: str) -> None:
    text = f"first line\nsee {before}{number}, and so on"
    (one,) = [found for found in personal(text) if found.name == name]
    assert text[one.start : one.end] == number
    assert one.line == 2


@pytest.mark.parametrize(("name", "number", "before"), [one for one in NUMBERS if one[0] not in UNCHECKED])
def test_a_number_with_another_check_digit_is_none(name: str, number: str, before: str) -> None:
    place = max(at for at, char in enumerate(number) if char.isdigit())
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert name not in names(f"see {before}{wrong}, and so on")


@pytest.mark.parametrize(("name", "number", "before"), [one for one in NUMBERS if one[2]])
def test_a_weak_form_alone_is_none(name: str, number: str, before: str) -> None:
    assert name not in names(f"see {number}, and so on")


def test_a_column_says_what_its_numbers_are() -> None:
    assert "nl-bsn" in names("id,bsn,name\n" + "1,none,none\n" * 50 + "2,111222333,Jan\n")


def test_dates_and_numbers_with_a_sign_are_no_telephones() -> None:
    assert names("at +1980-02-29 or +1.41421356") == set()


def test_far_apart_numbers_are_all_found() -> None:
    text = "RSSMRA85T10A562S" + " word" * 5000 + " DE89370400440532013000" + " word" * 5000 + " anna.k@firm.co.uk"
    assert names(text) == {"it-codice-fiscale", "iban", "email"}


@given(st.text(alphabet="0123456789 -./ABX@+", max_size=120), st.sampled_from(["", "bsn ", "cpr ", "pps ", "cnp "]))
def test_no_text_makes_the_recognisers_fail(text: str, before: str) -> None:
    assert all(text_ for one in personal(before + text) if (text_ := one.masked))


def test_the_time_stays_linear_in_digits(growth: Growth) -> None:
    assert growth(lambda count: lambda: list(personal("bsn 1" + "1234567890 " * count)), 2_500) < 10
