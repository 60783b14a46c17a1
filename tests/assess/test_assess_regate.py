"""The gate decides again on stored evidence: the same at the same time, stricter as time passes, never on a forgery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from accord.assess.attestations import write_attestation
from accord.assess.granting import Request, approve, request
from accord.assess.prepare import Asked
from accord.assess.regate import find_assessment, regate_assessment, regate_folder
from accord.core.assessment import Assessment, Attestation
from accord.core.errors import AccordError, TamperError
from accord.core.finding import TrustLevel
from accord.core.settings import Settings
from accord.core.system import Role
from accord.record.codec import to_json
from accord.record.keys import Signer, list_keys, make_key
from accord.record.statement import seal_assessment
from accord.record.store import open_store
from accord.record.trust import Trust, TrustedKey, TrustFile
from accord.testing import World

Stranger = Callable[..., str]
READS = """\
for source in ctx.sources('*.cfg'):
    if 'bad' in source.text:
        yield Finding(message='bad', where=Place(path=source.path), fix='x')
"""
STANDARD = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: standard}
attestations: attest/
waivers: waivers.yaml
"""


def written(assessment: Assessment, folder: Path) -> str:
    file = folder / "assessment.json"
    file.write_bytes(to_json(assessment))
    return str(file)


@pytest.mark.parametrize("by", ["file", "id", "latest"])
def test_the_gate_is_the_same_at_the_same_time_however_it_is_named(world: World, tmp_path: Path, by: str) -> None:
    assessment = world.assess()
    what = {"file": written(assessment, tmp_path), "id": assessment.id, "latest": "latest"}[by]
    assert regate_assessment(what, world.asked()) == assessment.gate
    assert world.gate() == assessment.gate


@pytest.mark.parametrize("by", ["id", "latest"])
def test_a_passed_gate_stays_passed_at_the_same_time(world: World, by: str) -> None:
    assessment = world.assess(baseline=True)
    assert assessment.gate.passed
    assert regate_assessment(assessment.id if by == "id" else by, world.asked()) == assessment.gate
    assert world.gate() == assessment.gate


@pytest.fixture
def regressed(tmp_path: Path, stranger: Stranger) -> World:
    """Return a world that fails only because the release before met more."""
    name = stranger({"ACME001": READS}, claim="4.1.a/output-metrics-flowing")
    world = World(tmp_path / "w", settings=Settings(plugins=(name,)))
    world.write("accord.yaml")
    world.write("a.cfg", "good")
    assert world.assess(baseline=True).gate.passed
    world.write("a.cfg", "bad")
    return world


def test_a_regression_is_a_regression_when_it_is_decided_again(regressed: World) -> None:
    assessment = regressed.assess()
    assert [one.message for one in assessment.gate.reasons] == ["regression: met in the last release, now not-met"]
    assert regressed.gate() == assessment.gate
    assert regate_assessment("latest", regressed.asked()) == assessment.gate
    assert regate_assessment(assessment.id, regressed.asked()) == assessment.gate


def test_nothing_stored_is_nothing_decided(world: World, tmp_path: Path) -> None:
    for what in ("latest", "sha256:" + "0" * 64, str(tmp_path / "gone.json")):
        assert regate_assessment(what, world.asked()) is None
    assert world.gate() is None
    assert not world.state.exists(), "asking writes nothing"


def test_an_assessment_is_found_by_file_id_and_latest(world: World, tmp_path: Path) -> None:
    first = world.assess()
    world.wait(hours=1)
    second = world.assess()
    asked = world.asked()
    assert find_assessment("latest", asked) == second
    assert find_assessment(first.id, asked) == first
    assert find_assessment(written(first, tmp_path), asked) == first


def test_evidence_that_went_stale_fails_later(world: World) -> None:
    assert world.assess(baseline=True).gate.passed
    world.wait(days=60)
    gate = regate_assessment("latest", world.asked())
    assert gate is not None
    assert any("older than" in one.message for one in gate.reasons)


def test_debt_that_ran_out_fails_later(world: World) -> None:
    assert world.assess(baseline=True, until=world.now.date() + timedelta(days=3)).gate.passed
    world.wait(days=4)
    for gate in (world.gate(), regate_assessment("latest", world.asked())):
        assert gate is not None
        assert any("the debt of adoption ended" in one.message and not one.waivable for one in gate.reasons)


def test_a_waiver_that_ran_out_fails_later(world: World) -> None:
    world.write("accord.yaml", STANDARD.replace("standard", "baseline"))
    world.write("waivers.yaml", "waivers: 1\n")
    for role in ("system-owner", "risk-owner"):
        make_key(world.state, role)
    until = world.now.date() + timedelta(days=5)
    wanted = Request("ACC101", None, "known", None, until, "system-owner", "risk-owner")
    request(world.asked(), wanted)
    approve(world.asked(), "ACC101", asset=None, role="risk-owner")
    assessment = world.assess()
    assert assessment.waivers[0].expires == until
    before = regate_assessment("latest", world.asked())
    assert before == assessment.gate
    world.wait(days=6)
    for gate in (world.gate(), regate_assessment(assessment.id, world.asked())):
        assert gate is not None
        ended = [one for one in gate.reasons if "the waiver" in one.message and f"ended on {until}" in one.message]
        assert [one.waivable for one in ended] == [False]


@pytest.mark.parametrize("change", ["gate", "verdict", "level", "id"])
def test_a_file_that_was_altered_is_refused(world: World, tmp_path: Path, change: str) -> None:
    one = world.assess()
    altered = {
        "gate": replace(one, gate=replace(one.gate, passed=True, reasons=())),
        "verdict": replace(one, evidence=()),
        "level": replace(one, level=TrustLevel.INDEPENDENT),
        "id": replace(one, id="sha256:" + "0" * 64),
    }[change]
    with pytest.raises(TamperError, match="it was altered") as caught:
        regate_assessment(written(altered, tmp_path), world.asked())
    assert caught.value.code == "ACC-E410"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"accord": 1}', b"null"])
def test_a_file_that_is_no_assessment_is_bad_input(world: World, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(AccordError):
        regate_assessment(str(tmp_path / "x.json"), world.asked())


def test_a_stored_assessment_whose_signature_was_replaced_is_refused(world: World) -> None:
    first = world.assess()
    world.wait(hours=1)
    second = world.assess()
    with open_store(world.state) as store:
        one, other = store.assessment(first.id), store.assessment(second.id)
        assert one is not None
        assert other is not None
    import sqlite3

    with sqlite3.connect(world.state / "accord.db") as db:
        db.execute("update assessment set envelope = ? where id = ?", (one.envelope, second.id))
    with pytest.raises(AccordError, match="differ") as caught:
        regate_assessment(second.id, world.asked())
    assert caught.value.code == "ACC-E410"


class Offices:
    """A pipeline and role keys outside the system, and the trust file that names them."""

    def __init__(self, folder: Path) -> None:
        self.keys: dict[str, Signer] = {role: make_key(folder, role) for role in (*Role, "pipeline")}

    def trust(self, *, pipeline: TrustLevel = TrustLevel.PIPELINE, revoked: bool = False) -> Trust:
        import base64

        named = tuple(
            TrustedKey(
                keyid=key.keyid,
                public=base64.b64encode(key.public).decode(),
                level=pipeline if role == "pipeline" else TrustLevel.SELF,
                roles=() if role == "pipeline" else (Role(role),),
                revoked=revoked and role == "pipeline",
            )
            for role, key in self.keys.items()
        )
        file = TrustFile(trust=1, expires=date(2099, 1, 1), roots=(named[0].keyid,), keys=named)
        return Trust(file=file)


@pytest.fixture
def offices(tmp_path: Path) -> Offices:
    return Offices(tmp_path / "offices")


@pytest.fixture
def standard(world: World, offices: Offices) -> World:
    world.write("accord.yaml", STANDARD)
    world.write("waivers.yaml", "waivers: 1\n")
    world.environ["ACCORD_KEY"] = str(offices.keys["pipeline"].path)
    return world


def trusting(world: World, trust: Trust) -> Asked:
    return world.asked(trust=replace(trust, local=list_keys(world.state)))


def on_trust(messages: list[str]) -> list[str]:
    return [one for one in messages if "signed" in one and "level" in one]


def test_at_level_standard_a_pipeline_key_that_a_trust_file_names_vouches(standard: World, offices: Offices) -> None:
    trust = offices.trust()
    assessment = standard.assess(trust=trust)
    assert (assessment.level, assessment.gate.trust) == (TrustLevel.PIPELINE, TrustLevel.PIPELINE)
    assert not on_trust([one.message for one in assessment.gate.reasons])
    again = regate_folder(trusting(standard, trust))
    assert again == assessment.gate
    assert regate_assessment("latest", trusting(standard, trust)) == assessment.gate


def test_the_same_key_vouches_for_nothing_without_the_trust_file(standard: World) -> None:
    assessment = standard.assess()
    assert assessment.level is TrustLevel.SELF
    assert on_trust([one.message for one in assessment.gate.reasons]) == [
        "evidence is signed at level self, and standard asks for pipeline"
    ]


def test_a_key_that_was_revoked_since_vouches_no_longer(standard: World, offices: Offices) -> None:
    standard.assess(trust=offices.trust())
    gate = regate_assessment("latest", trusting(standard, offices.trust(revoked=True)))
    assert gate is not None
    assert gate.trust is TrustLevel.SELF
    assert on_trust([one.message for one in gate.reasons])


def test_a_file_alone_vouches_for_itself_only(standard: World, offices: Offices, tmp_path: Path) -> None:
    file = written(standard.assess(trust=offices.trust()), tmp_path)
    elsewhere = World(tmp_path / "elsewhere")
    gate = regate_assessment(file, elsewhere.asked(trust=offices.trust()))
    assert gate is not None
    assert gate.trust is TrustLevel.SELF
    assert on_trust([one.message for one in gate.reasons])


def test_a_file_made_up_to_pass_does_not_pass_above_baseline(standard: World, offices: Offices, tmp_path: Path) -> None:
    made_up = seal_assessment(
        replace(standard.assess(trust=offices.trust()), evidence=(), findings=(), level=TrustLevel.INDEPENDENT)
    )
    gate = regate_assessment(written(made_up, tmp_path), trusting(standard, offices.trust()))
    assert gate is not None
    assert not gate.passed
    assert gate.trust is TrustLevel.SELF


def test_role_keys_of_a_trust_file_attest_above_baseline(standard: World, offices: Offices) -> None:
    said = Attestation(
        attestation=1, provision="3.3.c", system="sample", role=Role.OPS_LEAD, statement="kept offline",
        effective=standard.now.date(), expires=standard.now.date() + timedelta(days=30),
    )  # fmt: skip
    write_attestation(standard.root / "attest", said, offices.keys["ops-lead"])
    (read,) = standard.assess(trust=offices.trust()).attestations
    assert (read.counted, read.problem) == (True, None)
    (unknown,) = standard.assess().attestations
    assert not unknown.counted


def test_another_roles_key_does_not_attest(standard: World, offices: Offices) -> None:
    said = Attestation(
        attestation=1, provision="3.3.c", system="sample", role=Role.OPS_LEAD, statement="kept offline",
        effective=standard.now.date(), expires=standard.now.date() + timedelta(days=30),
    )  # fmt: skip
    write_attestation(standard.root / "attest", said, offices.keys["legal"])
    (read,) = standard.assess(trust=offices.trust()).attestations
    assert not read.counted
    assert "does not speak for the ops-lead" in str(read.problem)
