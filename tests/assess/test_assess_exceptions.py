"""Waivers, debts and attestations: signed by the right roles, bound to digests, and never for long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from accord.assess.attestations import attach, owner_of, write_attestation
from accord.assess.granting import Request, approve, request
from accord.core.assessment import Assessment, Attestation, EvidenceRef
from accord.core.errors import CatalogError, ManifestError
from accord.core.settings import Settings
from accord.core.system import Role
from accord.record.keys import load_key, make_key
from accord.testing import World

FAILS = "yield Finding(message='it is bad', where=Place(path='a'), fix='mend it')"
MANIFEST = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: LEVEL}
waivers: waivers.yaml
attestations: attest/
"""


@pytest.fixture
def failing(tmp_path: Path, stranger: Callable[..., str]) -> World:
    name = stranger({"ACME001": FAILS}, claim="1.3.m/defaults-equal-secure-baseline")
    world = World(tmp_path / "w", settings=Settings(plugins=(name,)))
    world.write("accord.yaml", MANIFEST.replace("LEVEL", "baseline"))
    world.write("waivers.yaml", "waivers: 1\n")
    for role in ("system-owner", "risk-owner"):
        make_key(world.state, role)
    return world


def state(assessment: Assessment) -> str:
    return str(ours(assessment).state)


def ours(assessment: Assessment) -> EvidenceRef:
    (ref,) = [ref for ref in assessment.evidence if ref.check == "ACME001"]
    return ref


def ask(world: World, **changes: Any) -> None:
    wanted = Request(
        check="ACME001", asset=None, reason="known", compensating=None, until=None, role="system-owner",
        approver="risk-owner",
    )  # fmt: skip
    request(world.asked(), wanted._replace(**changes))


def test_a_waiver_counts_once_it_is_approved(failing: World) -> None:
    assert state(failing.assess()) == "fail"
    ask(failing)
    asked_for = failing.assess()
    assert state(asked_for) == "fail"
    assert asked_for.waivers[0].problem == "the risk-owner has not signed it"
    approve(failing.asked(), "ACME001", asset=None, role="risk-owner")
    waived = failing.assess()
    assert state(waived) == "waived"
    assert waived.waivers[0].signed_by == (Role.SYSTEM_OWNER, Role.RISK_OWNER)


def test_a_waiver_ends(failing: World) -> None:
    ask(failing, until=failing.now.date() + timedelta(days=9))
    approve(failing.asked(), "ACME001", asset=None, role="risk-owner")
    failing.wait(days=10)
    assessment = failing.assess()
    assert state(assessment) == "fail"
    assert any("ended on 2026-12-01" in one.message and not one.waivable for one in assessment.gate.reasons)


def test_a_waiver_is_for_one_digest(failing: World) -> None:
    ask(failing)
    approve(failing.asked(), "ACME001", asset=None, role="risk-owner")
    failing.write("accord.yaml", (failing.root / "accord.yaml").read_text().replace("answers", "decides"))
    assessment = failing.assess()
    assert state(assessment) == "fail"
    assert assessment.waivers[0].problem == "it is for another digest: what it was granted for has changed"


def test_a_waiver_that_was_altered_does_not_count(failing: World) -> None:
    ask(failing)
    approve(failing.asked(), "ACME001", asset=None, role="risk-owner")
    file = failing.root / "waivers.yaml"
    file.write_text(file.read_text().replace("known", "unknown"))
    assessment = failing.assess()
    assert state(assessment) == "fail"
    assert "does not hold" in str(assessment.waivers[0].problem)


def test_local_keys_waive_nothing_above_baseline(failing: World) -> None:
    failing.write("accord.yaml", MANIFEST.replace("LEVEL", "standard"))
    failing = _without_plugin_check(failing)
    ask(failing, check="ACC101")
    approve(failing.asked(), "ACC101", asset=None, role="risk-owner")
    assessment = failing.assess()
    assert not assessment.waivers[0].counted
    assert "level standard asks for one that a trust file names" in str(assessment.waivers[0].problem)


def _without_plugin_check(world: World) -> World:
    world._settings = None
    return world


@pytest.mark.parametrize("days", [0, 91])
def test_a_waiver_is_refused_beyond_its_bounds(failing: World, days: int) -> None:
    with pytest.raises(ManifestError, match="within 90 days"):
        ask(failing, until=failing.now.date() + timedelta(days=days))


def test_an_unknown_check_cannot_be_waived(failing: World) -> None:
    with pytest.raises(ManifestError, match="ACC000 is no check"):
        ask(failing, check="ACC000")


def test_debt_covers_what_stood_and_nothing_new(failing: World) -> None:
    first = failing.assess(baseline=True)
    assert state(first) == "waived"
    assert first.gate.passed, first.gate.reasons
    assert first.debts[0].counted
    failing.write("prompts/new.md", "You are a helper for orders. " * 9)
    second = failing.assess()
    assert state(second) == "waived"
    new = {one.check for one in second.evidence if one.state == "fail"}
    assert new, "an undeclared prompt must be found"


def test_overdue_debt_fails_and_cannot_be_waived(failing: World) -> None:
    failing.assess(baseline=True, until=failing.now.date() + timedelta(days=5))
    failing.wait(days=6)
    assessment = failing.assess()
    assert state(assessment) == "fail"
    assert any("debt of adoption ended" in one.message and not one.waivable for one in assessment.gate.reasons)


def test_debt_that_was_altered_stops_at_once(failing: World) -> None:
    failing.assess(baseline=True)
    file = failing.root / "accord.debt.json"
    file.write_bytes(file.read_bytes().replace(b'"payload":"e', b'"payload":"f'))
    with pytest.raises(ManifestError, match="debt cannot be used"):
        failing.assess()


def test_debt_has_an_end_within_half_a_year(failing: World) -> None:
    with pytest.raises(ManifestError, match="within 180 days"):
        failing.assess(baseline=True, until=failing.now.date() + timedelta(days=181))


def sign(world: World, **changes: Any) -> None:
    plain: dict[str, Any] = {
        "attestation": 1, "provision": "3.3.c", "system": "sample", "role": Role.OPS_LEAD, "statement": "kept offline",
        "effective": world.now.date(), "expires": world.now.date() + timedelta(days=30),
    }  # fmt: skip
    said = Attestation(**(plain | changes))
    write_attestation(world.root / "attest", said, load_key(world.state, said.role))


@pytest.fixture
def attested(failing: World) -> World:
    make_key(failing.state, "ops-lead")
    return failing


def met(world: World) -> str:
    return next(str(one.verdict) for one in world.assess().provisions if one.id == "3.3.c")


def test_an_owners_signature_is_evidence(attested: World) -> None:
    assert met(attested) == "not-assessed"
    sign(attested)
    assert met(attested) in {"met", "partly"}
    attested.wait(days=31)
    assert met(attested) == "not-assessed"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"role": Role.RISK_OWNER}, "the ops-lead answers for 3.3.c"),
        ({"system": "another"}, "about the system another"),
        ({"effective": date(2027, 1, 1), "expires": date(2027, 2, 1)}, "takes effect on 2027-01-01"),
        ({"expires": date(2036, 1, 1)}, "longer than a year"),
        ({"provision": "9.9.z"}, "no practice 9.9.z"),
    ],
)
def test_an_attestation_out_of_bounds_does_not_count(attested: World, changes: dict[str, object], problem: str) -> None:
    sign(attested, **changes)
    (read,) = attested.assess().attestations
    assert not read.counted
    assert problem in str(read.problem)


def test_an_attestation_falls_with_its_attachment(attested: World) -> None:
    attested.write("plan.md", "the plan")
    sign(attested, attachments=(attach(attested.root, "plan.md", Settings()),))
    assert attested.assess().attestations[0].counted
    attested.write("plan.md", "another plan")
    assert "has changed" in str(attested.assess().attestations[0].problem)


def test_a_file_that_is_no_attestation_stops_at_once(attested: World) -> None:
    attested.write("attest/x.json", "{}")
    with pytest.raises(ManifestError, match="cannot be read"):
        attested.assess()


def test_only_the_owner_of_a_practice_may_sign() -> None:
    assert owner_of("3.3.c", None) is Role.OPS_LEAD
    with pytest.raises(CatalogError, match="the ops-lead answers for"):
        owner_of("3.3.c", "legal")
    with pytest.raises(CatalogError, match="no practice"):
        owner_of("7.7.q", None)
