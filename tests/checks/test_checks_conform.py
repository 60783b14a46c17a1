"""Every check keeps the contract, on its own bad and good folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.core.check import Check
from accord.core.plugins import load_checks
from accord.record.catalogue import load_catalogue
from accord.testing import conforms

HERE = Path(__file__).parent
CHECKS = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_check_conforms(check: Check) -> None:
    conforms(check, HERE / check.code)


def test_every_folder_of_examples_has_its_check() -> None:
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(CHECKS)


def test_every_claim_that_a_check_bears_on_is_in_the_catalogue() -> None:
    catalogue = load_catalogue()
    guidelines = (*catalogue.guidelines(), *catalogue.companion)
    claims = {claim for one in guidelines for practice in one.practices for claim in practice.claims}
    unknown = {(check.code, claim) for check in CHECKS.values() for claim in check.bears_on if claim not in claims}
    assert not unknown


def test_there_are_checks_for_all_four_sections() -> None:
    sections = {claim[0] for check in CHECKS.values() for claim in check.bears_on}
    assert {"1", "2", "3", "4"} <= sections
    assert len(CHECKS) >= 25
