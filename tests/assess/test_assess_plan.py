"""The plan says which check looks at what, why one need not look, and which evidence still holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.files import Files
from accord.assess.inputs import Inputs
from accord.assess.plan import Unit, check_version, companion, freshness, is_fresh, plan, still_holds
from accord.core.asset import Asset
from accord.core.canon import Digest, digest_bytes
from accord.core.check import check
from accord.core.clock import duration
from accord.core.finding import Evidence, Finding, Input, Plugin, State
from accord.core.plugins import Loaded, load_checks
from accord.core.settings import Settings
from accord.core.system import About, Role, System
from accord.record.catalogue import load_catalogue
from accord.testing.world import NOON

SYSTEM = System(
    accord=1,
    system=About(id="s", name="S", version="1", purpose="p", kind=("llm-app",)),
    owners={Role.SYSTEM_OWNER: "a@example.org"},
)
PLUGIN = Plugin(name="acme", version="1.0", digest=digest_bytes(b"1"))
CLAIM = "1.1.a/one"
ASSETS = (
    Asset(id="m1", kind="model.file", digest=digest_bytes(b"m1")),
    Asset(id="m2", kind="model.api"),
    Asset(id="p1", kind="prompt", digest=digest_bytes(b"p1"), unread="too large"),
)


def loaded(code: str = "ACME001", *, on: tuple[str, ...] = ("system",), **changes: Any) -> Loaded:
    @check(code, on=on, bears_on=(CLAIM,), since="1.0", **changes)
    def one(subject: object, ctx: object) -> Iterable[Finding]:
        """Says nothing."""
        return ()

    return Loaded(one, PLUGIN)


def units(*checks: Loaded, assets: tuple[Asset, ...] = ASSETS) -> list[tuple[str, tuple[State, str] | None]]:
    return [(unit.asset_id, unit.settled) for unit in plan(checks, SYSTEM, assets)]


def test_a_check_of_the_system_is_one_unit() -> None:
    assert units(loaded()) == [("system", None)]


def test_a_check_of_a_kind_looks_at_every_asset_of_it_in_order() -> None:
    assert units(loaded(on=("model",))) == [("m1", None), ("m2", None)]
    assert units(loaded(on=("model.file", "model.api"))) == [("m1", None), ("m2", None)]
    assert units(loaded(on=("system", "model.file"))) == [("system", None), ("m1", None)]


def test_what_does_not_apply_is_decided_before_anything_is_looked_at() -> None:
    (unit,) = units(loaded(on=("model",), applies=lambda system: "agent" in system.kinds))
    assert unit == ("system", (State.NOT_APPLICABLE, "the manifest has nothing that this is about"))
    assert units(loaded(applies=lambda system: "llm-app" in system.kinds)) == [("system", None)]


def test_a_check_without_an_asset_to_look_at_is_not_applicable() -> None:
    (unit,) = units(loaded(on=("dataset", "tool")))
    assert unit == ("system", (State.NOT_APPLICABLE, "there is no dataset or tool"))


def test_an_asset_that_could_not_be_read_is_not_run_and_says_why() -> None:
    assert units(loaded(on=("prompt",))) == [("p1", (State.NOT_RUN, "not looked at: too large"))]


@pytest.mark.parametrize(
    ("extra", "hint"), [("nosuchextra", "skipped: install accord[nosuchextra]"), (None, None), ("json", None)]
)
def test_a_missing_extra_is_not_run_with_what_to_install(extra: str | None, hint: str | None) -> None:
    settled = (State.NOT_RUN, hint) if hint else None
    assert units(loaded(extra=extra)) == [("system", settled)]
    assert units(loaded(on=("model",), extra=extra)) == [("m1", settled), ("m2", settled)]


def test_what_does_not_apply_needs_no_extra() -> None:
    ((_, settled),) = units(loaded(extra="nosuchextra", applies=lambda _system: False))
    assert settled is not None
    assert settled[0] is State.NOT_APPLICABLE


def test_evidence_is_bound_to_the_digest_of_its_asset() -> None:
    whole, *rest = plan([loaded(on=("system", "model"))], SYSTEM, ASSETS)
    assert (whole.asset_digest, [unit.asset_digest for unit in rest]) == (None, [ASSETS[0].digest, None])


@given(st.permutations(["ACME001", "ACME002", "ACME003"]), st.permutations(ASSETS))
def test_the_plan_has_every_check_on_every_asset_of_its_kind_once(codes: list[str], assets: list[Asset]) -> None:
    found = plan([loaded(code, on=("model", "prompt")) for code in codes], SYSTEM, tuple(assets))
    pairs = [(unit.loaded.check.code, unit.asset_id) for unit in found]
    assert pairs == [(code, asset.id) for code in codes for asset in assets]


NEVER = frozenset(State) - {State.PASS, State.FAIL}


def unit_and_evidence(**changes: Any) -> tuple[Unit, Evidence]:
    unit = Unit(loaded(on=("model",)), ASSETS[0])
    known = Evidence(
        check="ACME001", check_version="1.0", plugin=PLUGIN, asset="m1", asset_digest=ASSETS[0].digest, claims=(CLAIM,),
        state=State.PASS, collected=NOON, seconds=0.1, inputs=(Input(kind="manifest", name="", digest=PLUGIN.digest),),
    )  # fmt: skip
    return unit, replace(known, **changes)


def holds(evidence: Evidence, unit: Unit, *, days: int = 0, fresh: str = "P30D") -> bool:
    inputs = Inputs(manifest=PLUGIN.digest, assets=ASSETS, files=Files(Path("/nonexistent"), (), Settings()))
    return still_holds(evidence, unit, inputs=inputs, now=NOON + timedelta(days=days), fresh={CLAIM: fresh})


@given(state=st.sampled_from(list(State)), days=st.integers(0, 60), same=st.booleans(), plugin=st.booleans())
def test_evidence_holds_while_it_was_decided_is_fresh_and_nothing_it_saw_changed(
    *, state: State, days: int, same: bool, plugin: bool
) -> None:
    seen = Input(kind="manifest", name="", digest=PLUGIN.digest if same else Digest("sha256:" + "1" * 64))
    other = PLUGIN if plugin else replace(PLUGIN, digest=digest_bytes(b"2"))
    unit, evidence = unit_and_evidence(state=state, inputs=(seen,), plugin=other)
    assert holds(evidence, unit, days=days) == (state not in NEVER and days <= 30 and same and plugin)


def test_evidence_that_is_bound_to_the_subject_alone_does_not_age() -> None:
    unit, evidence = unit_and_evidence()
    assert holds(evidence, unit, days=3650, fresh="subject")


def test_evidence_for_several_claims_ages_with_the_first_of_them() -> None:
    unit, evidence = unit_and_evidence(claims=(CLAIM, "1.1.a/two"))
    inputs = Inputs(manifest=PLUGIN.digest, assets=(), files=Files(Path("/nonexistent"), (), Settings()))
    fresh = {CLAIM: "P90D", "1.1.a/two": "P1D"}
    assert still_holds(evidence, unit, inputs=inputs, now=NOON + timedelta(days=1), fresh=fresh)
    assert not still_holds(evidence, unit, inputs=inputs, now=NOON + timedelta(days=2), fresh=fresh)


@given(st.integers(0, 100), st.integers(1, 100))
def test_something_is_fresh_up_to_the_very_end_of_its_time(age: int, days: int) -> None:
    assert is_fresh(NOON, f"P{days}D", NOON + timedelta(days=age)) == (age <= days)
    assert not is_fresh(NOON, f"P{days}D", NOON + timedelta(days=days, seconds=1))


def test_every_claim_of_the_catalogue_says_how_long_its_evidence_counts() -> None:
    catalogue = load_catalogue()
    fresh = freshness(catalogue)
    every = {claim for one in (*catalogue.provisions(), *companion(catalogue)) for claim in one.claims}
    assert fresh.keys() == every
    assert all(value == "subject" or duration(value) > timedelta() for value in fresh.values())


def test_the_companion_stands_apart() -> None:
    catalogue = load_catalogue()
    beyond = {one.id for one in companion(catalogue)}
    assert beyond
    assert not beyond & {one.id for one in catalogue.provisions()}


def test_the_version_of_a_check_changes_with_package_source_and_catalogue() -> None:
    catalogue = load_catalogue()
    one = loaded()
    versions = {
        check_version(one, catalogue),
        check_version(one._replace(plugin=replace(PLUGIN, version="1.1")), catalogue),
        check_version(one._replace(plugin=replace(PLUGIN, digest=digest_bytes(b"2"))), catalogue),
        check_version(one, replace(catalogue, id="another")),
    }
    assert len(versions) == 4
    assert check_version(one, catalogue).startswith("1.0+")
    assert check_version(loaded("ACME002"), catalogue) == check_version(one, catalogue)


def test_the_plan_of_our_own_checks_leaves_none_out() -> None:
    checks = load_checks(frozenset())
    found = plan(checks.values(), SYSTEM, ())
    assert {unit.loaded.check.code for unit in found} == set(checks)
    assert [unit.loaded.check.code for unit in found] == sorted(unit.loaded.check.code for unit in found)
