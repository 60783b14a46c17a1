"""The catalogue is whole, and what it points to is there."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from accord.core.catalogue import Catalogue
from accord.core.clock import duration
from accord.core.errors import CatalogError
from accord.record.catalogue import error_pages, find_framework_id, framework, frameworks, load_catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return load_catalogue()


def test_there_are_17_guidelines_and_104_practices(catalogue: Catalogue) -> None:
    assert (len(catalogue.sections), len(list(catalogue.guidelines())), len(list(catalogue.provisions()))) == (
        4,
        17,
        104,
    )


def test_the_companion_stands_apart(catalogue: Catalogue) -> None:
    assert [guideline.id for guideline in catalogue.companion] == ["X.1", "X.2", "X.3", "X.4", "X.5"]
    assert not any(practice.id.startswith("X") for practice in catalogue.provisions())


def test_the_five_strengthenings_are_marked_as_ours(catalogue: Catalogue) -> None:
    ours = [one.id for one in catalogue.provisions() if (one.note or "").startswith("Accord strengthening")]
    assert ours == ["1.2.g", "3.3.f", "3.4.c", "3.4.e", "4.4.f"]
    assert all(one.note is None for one in catalogue.provisions() if one.id not in ours)


def test_ids_are_in_order_and_below_their_guideline(catalogue: Catalogue) -> None:
    for guideline in (*catalogue.guidelines(), *catalogue.companion):
        letters = [practice.id for practice in guideline.practices]
        assert letters == [f"{guideline.id}.{chr(97 + n)}" for n in range(len(letters))]
        assert all(practice.guideline == guideline.id for practice in guideline.practices)
        assert guideline.title
        assert guideline.asks.endswith(".")


def test_claims_are_distinct_and_below_their_practice(catalogue: Catalogue) -> None:
    practices = [one for guideline in (*catalogue.guidelines(), *catalogue.companion) for one in guideline.practices]
    claims = [claim for one in practices for claim in one.claims]
    assert max(Counter(claims).values()) == 1
    for one in practices:
        assert one.claims
        assert all(re.fullmatch(re.escape(one.id) + r"/[a-z0-9]+(-[a-z0-9]+)*", claim) for claim in one.claims)
    assert {"1.3.e/model-file", "1.1.a/attest-leadership-briefing"} <= set(claims)


def test_freshness_is_a_duration_or_the_subject(catalogue: Catalogue) -> None:
    for one in catalogue.provisions():
        assert one.fresh == "subject" or duration(one.fresh)


def test_every_crosswalk_id_of_a_shipped_framework_exists(catalogue: Catalogue) -> None:
    shipped = frameworks()
    for guideline in (*catalogue.guidelines(), *catalogue.companion):
        for name, ids in guideline.crosswalk.items():
            assert name in (*shipped, "iso-42001", "eu-ai-act")
            if name in shipped:
                assert set(ids) <= set(framework(name).ids)


def test_frameworks_hold_ids_and_short_names() -> None:
    counts = {name: len(framework(name).ids) for name in frameworks()}
    assert counts == {
        "ai-data-security": 10, "aisvs": 191, "atlas": 205, "etsi-en-304-223": 72, "nist-ai-rmf": 72,
        "owasp-asi": 10, "owasp-llm": 10,
    }  # fmt: skip
    for name in frameworks():
        one = framework(name)
        assert one.id == name
        assert one.licence
        assert all(0 < len(title) <= 120 for title in one.ids.values())


@pytest.mark.parametrize(
    ("id_", "title"),
    [
        ("AML.T0051", "LLM Prompt Injection"),
        ("AML.T0051.001", "LLM Prompt Injection: Indirect"),
        ("LLM01", "Prompt Injection"),
        ("5.1.1-1", "Awareness (shall)"),
        ("ai-data-security 3", "signatures on trusted revisions"),
    ],
)
def test_framework_ids_are_found(id_: str, title: str) -> None:
    found = find_framework_id(id_)
    assert found is not None
    assert found.title == title


@pytest.mark.parametrize("id_", ["3", "", "AML.T9999", "atlas"])
def test_what_no_framework_has_is_not_found(id_: str) -> None:
    assert find_framework_id(id_) is None


def test_unknown_names_are_errors_with_a_hint() -> None:
    with pytest.raises(CatalogError, match="no catalogue"):
        load_catalogue("../secrets")
    with pytest.raises(CatalogError) as caught:
        framework("atlsa")
    assert "atlas" in caught.value.hint


def test_every_error_page_says_what_to_do() -> None:
    pages = error_pages()
    assert "ACC-E104" in pages
    for code, page in pages.items():
        assert re.fullmatch(r"ACC-E[1-9][0-9]{2}", code)
        assert page.title
        assert page.text.endswith(".")
        assert all(other in pages for other in page.see if other.startswith("ACC-E"))
