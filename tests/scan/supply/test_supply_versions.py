"""Whether a version is affected: order of PEP 440 and semver, events, lists, and what cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.supply.osv import Advisory, Range
from accord.scan.supply.versions import Semver, decide, ordered


def advisory(
    *events: tuple[str, str], ecosystem: str = "PyPI", versions: tuple[str, ...] = (), kind: str = "ECOSYSTEM"
) -> Advisory:
    ranges = (Range(kind, events),) if events else ()
    return Advisory(ecosystem, "a", "EX-1", (), "vulnerable", "high", "", ranges, versions)


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("0.9", False),
        ("1.0", True),
        ("1.0.post1", True),
        ("1.9rc1", True),
        ("2.0", False),
        ("2.0.dev1", True),
        ("1!0", False),
    ],
)
def test_pep_440_orders_what_pypi_serves(version: str, affected: bool) -> None:  # noqa: FBT001
    assert decide(advisory(("introduced", "1.0"), ("fixed", "2.0")), version).affected is affected


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("1.0.0-alpha", False),
        ("1.0.0-rc.1", True),
        ("1.0.0", True),
        ("v1.2.3", True),
        ("2.0.0-beta", True),
        ("2.0.0", False),
    ],
)
def test_semver_orders_what_npm_serves(version: str, affected: bool) -> None:  # noqa: FBT001
    range_ = advisory(("introduced", "1.0.0-rc.1"), ("fixed", "2.0.0"), ecosystem="npm", kind="SEMVER")
    assert decide(range_, version).affected is affected


def test_pre_releases_are_ordered_by_the_standard() -> None:
    order = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    assert sorted(order, key=Semver) == order
    assert Semver("1.0.0+build") == Semver("v1.0.0")


def test_last_affected_is_still_affected() -> None:
    range_ = advisory(("introduced", "0"), ("last_affected", "1.5"))
    assert [decide(range_, one).affected for one in ("0.1", "1.5", "1.5.1")] == [True, True, False]


def test_several_events_open_and_close_again() -> None:
    range_ = advisory(("introduced", "0"), ("fixed", "1.2"), ("introduced", "2.0"), ("fixed", "2.3"))
    assert [decide(range_, one).affected for one in ("1.1", "1.2", "1.9", "2.0", "2.3")] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert decide(range_, "1.1").fixed == "1.2"
    assert decide(range_, "2.1").fixed == "2.3"


def test_a_limit_ends_the_range() -> None:
    range_ = advisory(("introduced", "0"), ("limit", "2.0"))
    assert [decide(range_, one).affected for one in ("1.0", "2.0")] == [True, False]


def test_a_listed_version_is_affected_in_any_spelling() -> None:
    assert decide(advisory(versions=("1.0.0",)), "1.0").affected
    assert decide(advisory(versions=("1.0",)), "1.1").affected is False


def test_neither_range_nor_list_means_every_version() -> None:
    assert decide(advisory(), "3.0").affected


def test_what_cannot_be_compared_is_not_unaffected() -> None:
    assert decide(advisory(("introduced", "0"), ("fixed", "2.0")), "not a version").affected is None
    assert decide(advisory(("introduced", "0"), ecosystem="Maven"), "1.0").affected is None
    assert decide(advisory(("introduced", "abc"), kind="GIT"), "1.0").affected is None
    assert "commit" in decide(advisory(("introduced", "0")), "a" * 40).why


def test_other_ecosystems_are_told_by_their_lists_only() -> None:
    listed = advisory(("introduced", "0"), ecosystem="Maven", versions=("1.0",))
    assert decide(listed, "1.0").affected
    assert decide(listed, "2.0").affected is False
    assert not ordered("Maven")
    assert ordered("PyPI")


def test_a_commit_that_is_named_is_affected() -> None:
    assert decide(advisory(("introduced", "b" * 40), kind="GIT"), "b" * 40).affected


@given(st.text(max_size=40), st.sampled_from(["PyPI", "npm", "Maven", "Go"]))
def test_no_version_makes_the_comparison_fail(version: str, ecosystem: str) -> None:
    decide(advisory(("introduced", "1.0"), ("fixed", "2.0"), ecosystem=ecosystem, versions=("1.1", "odd")), version)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=4), st.lists(st.integers(0, 50), min_size=1, max_size=4))
def test_numbers_are_ordered_as_numbers(one: list[int], other: list[int]) -> None:
    def padded(numbers: list[int]) -> list[int]:
        return numbers + [0] * (4 - len(numbers))

    ours = Semver(".".join(map(str, one))) < Semver(".".join(map(str, other)))
    assert ours == (padded(one) < padded(other))
