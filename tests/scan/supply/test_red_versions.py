"""Versions against advisories, judged by others: `packaging` for PyPI, the list of semver.org for the rest."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from accord.scan.supply.osv import Advisory, Range
from accord.scan.supply.versions import Decision, decide

# in ascending order, by PEP 440's own examples and semver.org 2.0.0 §11
PYPI = (
    "0.9",
    "1.0.dev456",
    "1.0a1",
    "1.0a2.dev456",
    "1.0a12.dev456",
    "1.0a12",
    "1.0b1.dev456",
    "1.0b2",
    "1.0b2.post345.dev456",
    "1.0b2.post345",
    "1.0rc1.dev456",
    "1.0rc1",
    "1.0",
    "1.0.post456.dev34",
    "1.0.post456",
    "1.1.dev1",
    "1.1",
    "1.9",
    "1.10",
    "2013.10",
    "1!0.1",
)
SEMVER = (
    "0.0.0-0",
    "0.0.1",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0-x",
    "2.0.0",
)
PSEUDO = (
    "0.0.0-20190101000000-aaaaaaaaaaaa",
    "0.0.0-20210220032951-036812b2e83c",
    "0.1.0-pre",
    "0.1.1-0.20220101000000-bbbbbbbbbbbb",
    "0.1.1",
)

RELEASE = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
VERSION = st.builds(
    "{}{}{}{}".format,
    RELEASE,
    st.sampled_from(["", "a1", "b2", "rc1", "rc2"]),
    st.sampled_from(["", ".post1"]),
    st.sampled_from(["", ".dev3"]),
)


def asked(version: str, *events: tuple[str, str], ecosystem: str = "PyPI", versions: tuple[str, ...] = ()) -> Decision:
    ranges = (Range("ECOSYSTEM", events),) if events else ()
    return decide(Advisory(ecosystem, "a", "EX-1", (), "vulnerable", "high", "", ranges, versions), version)


@given(VERSION, VERSION, VERSION)
def test_ranges_of_pypi_agree_with_packaging(version: str, start: str, end: str) -> None:
    assume(start != "0")  # that stands for ever since
    at, low, high = Version(version), Version(start), Version(end)
    fixed = asked(version, ("introduced", start), ("fixed", end)).affected
    assert fixed is (low <= at < high if low < high else low <= at)
    last = asked(version, ("introduced", "0"), ("last_affected", end)).affected
    assert last is (at <= high)


@given(VERSION, VERSION, st.sampled_from(["", "+cu118", "+cpu", "+local.7"]))
def test_a_local_build_is_affected_as_its_version_is(version: str, end: str, local: str) -> None:
    known = SpecifierSet(f"<={end}", prereleases=True).contains(version + local)
    assert asked(version + local, ("introduced", "0"), ("last_affected", end)).affected is known
    exact = SpecifierSet(f"=={end}", prereleases=True).contains(version + local)
    assert asked(version + local, versions=(end,)).affected is exact


@pytest.mark.parametrize(
    ("version", "affected"), [("2.0.0", True), ("2.0.0+cu117", True), ("2.0.0+cu118", False), ("2.0.1+cu117", False)]
)
def test_a_local_build_that_an_advisory_names_is_told_apart(version: str, affected: object) -> None:
    assert asked(version, ("introduced", "0"), ("fixed", "2.0.0+cu118")).affected is affected


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("1.0", "1.0.0"),
        ("1.0.0", "1"),
        ("v1.0", "1.0"),
        ("1.0.0rc1", "1.0.0-rc.1"),
        ("1.0-1", "1.0.post1"),
        ("1.0ALPHA1", "1.0a1"),
        ("1.0.0.0.0", "1.0"),
        ("0!1.0", "1.0"),
        ("01.0", "1.0"),
        ("1.0c1", "1.0rc1"),
        ("1.0_dev2", "1.0.dev2"),
        ("1.0+CU118", "1.0+cu118"),
        ("1.0+ubuntu-1", "1.0+ubuntu.1"),
    ],
)
def test_every_spelling_of_a_listed_version_is_affected(written: str, listed: str) -> None:
    assert Version(written) == Version(listed)
    assert asked(written, versions=("9.9", listed)).affected is True
    assert asked(listed, versions=(written,)).affected is True


@pytest.mark.parametrize(
    ("ecosystem", "order"),
    [("PyPI", PYPI), ("npm", SEMVER), ("crates.io", SEMVER), ("Go", SEMVER), ("Go", PSEUDO), ("NuGet", SEMVER)],
)
def test_every_pair_of_an_ordered_list_is_told_in_its_order(ecosystem: str, order: tuple[str, ...]) -> None:
    for (place, fixed), (other, version) in itertools.product(enumerate(order), repeat=2):
        found = asked(version, ("introduced", "0"), ("fixed", fixed), ecosystem=ecosystem)
        assert found.affected is (other < place), (version, fixed)
        assert found.fixed == (fixed if other < place else None)
        last = asked(version, ("introduced", "0"), ("last_affected", fixed), ecosystem=ecosystem)
        assert last.affected is (other <= place), (version, fixed)


@pytest.mark.parametrize("version", ["1.5.0+incompatible", "v1.5.0", "=1.5.0", "1.5", "1.5.0+build.7", "1.5.0.0"])
def test_spellings_of_other_ecosystems_are_understood(version: str) -> None:
    assert asked(version, ("introduced", "1.5.0"), ("fixed", "1.5.1"), ecosystem="Go").affected is True
    assert asked(version, ("introduced", "1.5.1"), ecosystem="npm").affected is False


def opened(version: str, *events: tuple[str, str]) -> bool:
    """Judge by the pseudo-code of OSV's schema, for releases of two numbers."""
    at: Any = Version(version)
    vulnerable = False
    for what, value in sorted(events, key=lambda one: (Version(one[1]), one[0] != "fixed")):
        if what == "introduced" and at >= Version(value):
            vulnerable = True
        elif what == "fixed" and at >= Version(value):
            vulnerable = False
    return vulnerable


@given(
    st.integers(0, 30),
    st.lists(st.integers(1, 30), min_size=2, max_size=8, unique=True).map(sorted),
    st.randoms(use_true_random=False),
)
def test_several_openings_in_any_order_are_judged_as_osv_says(at: int, places: list[int], chance: Any) -> None:
    kinds = itertools.cycle(("introduced", "fixed"))
    events = [(kind, f"{place // 10}.{place % 10}") for kind, place in zip(kinds, places, strict=False)]
    chance.shuffle(events)
    version = f"{at // 10}.{at % 10}"
    assert asked(version, *events).affected is opened(version, *events)


@pytest.mark.parametrize(
    ("events", "affected"),
    [
        ((("introduced", "0"), ("limit", "2.0")), False),
        ((("introduced", "0"), ("limit", "*")), True),
        ((("introduced", "0"), ("limit", "4.0")), True),
        ((("introduced", "0"), ("limit", "2.0"), ("limit", "4.0")), True),
        ((("fixed", "4.0"),), True),
        ((("fixed", "2.0"),), False),
        ((("last_affected", "3.0"),), True),
        ((), None),
        ((("introduced", "3.0"), ("fixed", "3.0")), True),
        ((("introduced", "4.0"),), False),
    ],
)
def test_odd_sets_of_events_are_never_too_kind(events: tuple[tuple[str, str], ...], affected: object) -> None:
    if affected is None:
        advisory = Advisory("PyPI", "a", "EX-1", (), "vulnerable", "high", "", (Range("SEMVER", ()),), ())
        assert decide(advisory, "3.0").affected is True
    else:
        assert asked("3.0", *events).affected is affected


@pytest.mark.parametrize("version", ["", "latest", "*", "1.x", "1.0 ", "１.０", "1" * 300, "1.0;x", "≥1"])
@pytest.mark.parametrize("ecosystem", ["PyPI", "npm", "Go", "crates.io"])
def test_what_is_no_version_is_never_unaffected(version: str, ecosystem: str) -> None:
    found = asked(version, ("introduced", "0"), ("fixed", "2.0.0"), ecosystem=ecosystem)
    assert found.affected is not False


@pytest.mark.parametrize("broken", ["not a version", "1" * 400, "9.9.9.9.9.9-"])
def test_a_range_with_a_broken_event_is_never_unaffected(broken: str) -> None:
    for kind in ("introduced", "fixed", "last_affected"):
        found = asked("1.0.0", ("introduced", "0"), (kind, broken), ecosystem="npm")
        assert found.affected is not False, kind
        assert found.affected or found.why


@pytest.mark.parametrize("ecosystem", ["Debian:12", "Alpine:v3.19", "Maven", "RubyGems", "Packagist", "Bitnami", ""])
def test_an_ecosystem_without_an_order_is_never_unaffected_by_a_range(ecosystem: str) -> None:
    found = asked("1.0-2", ("introduced", "0"), ("fixed", "1.0-1"), ecosystem=ecosystem)
    assert found.affected is None
    assert "cannot be ordered" in found.why


@pytest.mark.parametrize("length", [40, 64])
def test_a_commit_is_never_unaffected(length: int) -> None:
    found = asked("a" * length, ("introduced", "0"), ("fixed", "2.0"))
    assert (found.affected, "commit" in found.why) == (None, True)
