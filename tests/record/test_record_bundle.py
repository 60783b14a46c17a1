"""A bundle and a state folder are checked offline, and every place that was altered is named."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from accord.core.assessment import Assessment, EvidenceRef, Gate, ProfileRef, SystemRef
from accord.core.canon import digest, plain
from accord.core.finding import Evidence, Finding, Place, Plugin, State, TrustLevel
from accord.core.system import Level
from accord.record import dsse
from accord.record.audit import verify_bundle, verify_state
from accord.record.blobs import blob_path
from accord.record.bundle import write_bundle
from accord.record.codec import to_json
from accord.record.keys import Signer, make_key
from accord.record.ledger import Receipt, assessment_entry, open_ledger
from accord.record.statement import assessment_statement, evidence_statement, seal, seal_assessment
from accord.record.store import Recorded, open_store
from accord.record.trust import Trust, TrustedKey, TrustFile

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOBODY = Trust()


class Made(NamedTuple):
    """An assessment that was kept, and what proves it."""

    folder: Path
    signer: Signer
    assessment: Assessment
    evidence: tuple[Recorded, ...]
    envelope: bytes
    receipt: Receipt

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def bundle(self) -> Path:
        return self.out / "bundle"

    @property
    def state(self) -> Path:
        return self.folder / "state"


def evidence(signer: Signer, asset: str, level: TrustLevel) -> Recorded:
    finding = Finding(message="loads code", where=Place(path=asset), id=f"f-{asset}", check="ACC201", asset=asset)
    said = seal(
        Evidence(
            check="ACC201",
            check_version="0.1",
            plugin=Plugin(name="accord", version="0.1.0", digest=digest("plugin")),
            asset=asset,
            asset_digest=digest(asset),
            claims=("1.3.e/model-file",),
            state=State.FAIL,
            collected=NOON,
            seconds=0.1,
            findings=(finding,),
            level=level,
        )
    )
    return Recorded(
        said, "helpdesk", signer.keyid, signed(evidence_statement(said, subject=digest(0), system="helpdesk"), signer)
    )


def signed(payload: bytes, signer: Signer) -> bytes:
    return dsse.to_json(dsse.sign(payload, dsse.STATEMENT_TYPE, signers=[signer]))


def ref(said: Evidence) -> EvidenceRef:
    shared = {name: getattr(said, name) for name in EvidenceRef.__dataclass_fields__ if hasattr(said, name)}
    shared |= {"findings": tuple(finding.id for finding in said.findings), "found": said.state}
    return EvidenceRef(**shared)


def assessment(items: tuple[Recorded, ...], signer: Signer, level: TrustLevel) -> Assessment:
    return seal_assessment(
        Assessment(
            accord=1,
            id="",
            created=NOON,
            subject=digest("subject"),
            system=SystemRef(id="helpdesk", name="Helpdesk", version="1"),
            profile=ProfileRef(catalogue="gsaisd-2023", level=Level.BASELINE),
            version="0.1.0",
            level=level,
            signer=signer.keyid,
            sections={},
            guidelines={},
            assets=(),
            provisions=(),
            companion=(),
            evidence=tuple(ref(item.evidence) for item in items),
            findings=tuple(finding for item in items for finding in item.evidence.findings),
            waivers=(),
            attestations=(),
            gate=Gate(passed=False, reasons=(), level=Level.BASELINE, trust=level),
        )
    )


def make(folder: Path, *, level: TrustLevel = TrustLevel.SELF) -> Made:
    state, out = folder / "state", folder / "out"
    signer = make_key(state, "developer")
    items = tuple(evidence(signer, asset, level) for asset in ("m1", "m2"))
    said = assessment(items, signer, level)
    envelope = signed(assessment_statement(said), signer)
    receipt = open_ledger(state, signer).append(assessment_entry(said))
    with open_store(state) as store:
        store.add_evidence(items)
        store.add_assessment(said, document=to_json(said), envelope=envelope, receipt=to_json(receipt))
    out.mkdir()
    (out / "assessment.json").write_bytes(to_json(said))
    (out / "assessment.html").write_text("<p>fails</p>")
    write_bundle(
        out,
        said,
        envelope=envelope,
        evidence=[item.envelope for item in items],
        receipt=receipt,
        files=["assessment.json", "assessment.html"],
        keys=[],
        signer=signer,
    )
    return Made(folder, signer, said, items, envelope, receipt)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path)


def trusting(signer: Signer, level: TrustLevel, **changes: object) -> Trust:
    public = base64.b64encode(signer.public).decode()
    key = replace(TrustedKey(keyid=signer.keyid, public=public, level=level), **changes)  # type: ignore[arg-type]  # its fields
    return Trust(file=TrustFile(trust=1, expires=date(2030, 1, 1), roots=(signer.keyid,), keys=(key,)))


def said_of(made: Made, trust: Trust = NOBODY) -> str:
    return "\n".join(f"{place}: {message}" for place, message in verify_bundle(made.bundle, trust))


def state_says(made: Made, trust: Trust = NOBODY) -> str:
    return "\n".join(f"{place}: {message}" for place, message in verify_state(made.state, trust))


def test_an_untouched_bundle_is_good(made: Made) -> None:
    assert said_of(made) == ""
    assert sorted(path.name for path in made.bundle.iterdir()) == [
        "assessment.dsse.json", "evidence.dsse.jsonl", "files.dsse.json", "keys.json", "receipt.json",
    ]  # fmt: skip


def test_an_untouched_state_is_good(made: Made) -> None:
    assert state_says(made) == ""


@pytest.mark.parametrize(
    "name", ["assessment.dsse.json", "evidence.dsse.jsonl", "files.dsse.json", "keys.json", "receipt.json"]
)
def test_every_file_of_the_bundle_is_needed(made: Made, name: str) -> None:
    (made.bundle / name).unlink()
    assert said_of(made).startswith(name)


@pytest.mark.parametrize(
    "name", ["assessment.dsse.json", "evidence.dsse.jsonl", "files.dsse.json", "keys.json", "receipt.json"]
)
def test_noise_in_any_file_is_a_problem_and_no_crash(made: Made, name: str) -> None:
    for noise in (b"", b"\xff\x00", b"[" * 5000, b"{}", b"null\n"):
        (made.bundle / name).write_bytes(noise)
        assert said_of(made)


@pytest.mark.parametrize(
    "name", ["assessment.dsse.json", "evidence.dsse.jsonl", "files.dsse.json", "keys.json", "receipt.json"]
)
def test_a_changed_byte_anywhere_is_found(made: Made, name: str) -> None:
    path = made.bundle / name
    data = path.read_bytes()
    for position in range(0, len(data) - 1, max(1, len(data) // 40)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert said_of(made) or name == "keys.json", position  # the role of a key is only a name


def test_a_changed_report_is_named(made: Made) -> None:
    (made.out / "assessment.html").write_text("<p>passes</p>")
    assert said_of(made) == "assessment.html: the file was changed after it was signed"


def test_a_changed_document_is_named_with_the_member(made: Made) -> None:
    document = json.loads((made.out / "assessment.json").read_bytes())
    document["gate"]["passed"] = True
    (made.out / "assessment.json").write_text(json.dumps(document))
    assert "assessment.json: 'gate' is not what was signed" in said_of(made)


def test_a_missing_and_an_unsigned_report_are_named(made: Made) -> None:
    (made.out / "assessment.html").rename(made.out / "assessment.md")
    assert said_of(made).splitlines() == [
        "assessment.html: the file is missing",
        "assessment.md: the file lies beside the bundle and nobody signed it",
    ]


def test_evidence_that_is_missing_doubled_or_foreign_is_named(made: Made) -> None:
    path = made.bundle / "evidence.dsse.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first)
    assert f"evidence {made.evidence[1].evidence.id} is named by the assessment and missing" in said_of(made)
    path.write_bytes(first + second + second)
    assert "stands in the bundle twice" in said_of(made)
    path.write_bytes(first + second + evidence(made.signer, "m3", TrustLevel.SELF).envelope)
    assert "evidence.dsse.jsonl:3" in said_of(made)
    assert "not named by the assessment" in said_of(made)


def test_an_assessment_that_misreports_its_evidence_is_named(made: Made) -> None:
    wrong = replace(made.assessment.evidence[0], state=State.PASS, found=State.PASS)
    said = seal_assessment(replace(made.assessment, evidence=(wrong, made.assessment.evidence[1])))
    (made.bundle / "assessment.dsse.json").write_bytes(signed(assessment_statement(said), made.signer))
    assert "says something else than the assessment" in said_of(made)


def test_an_assessment_that_counts_evidence_twice_is_named(made: Made) -> None:
    said = seal_assessment(replace(made.assessment, evidence=made.assessment.evidence * 2))
    (made.bundle / "assessment.dsse.json").write_bytes(signed(assessment_statement(said), made.signer))
    assert "counts some evidence twice" in said_of(made)


def test_the_receipt_of_another_assessment_is_named(made: Made) -> None:
    other = seal_assessment(replace(made.assessment, seconds=9.0))
    receipt = open_ledger(made.state, made.signer).append(assessment_entry(other))
    (made.bundle / "receipt.json").write_bytes(to_json(receipt))
    assert said_of(made) == "receipt.json: the receipt is for another entry"


def test_a_file_name_cannot_lead_out_of_the_folder(made: Made) -> None:
    from accord.record.statement import files_statement

    payload = files_statement({"../../secret": digest("x")}, assessment=made.assessment.id)
    (made.bundle / "files.dsse.json").write_bytes(signed(payload, made.signer))
    assert "no plain file name" in said_of(made)


def test_a_claimed_level_needs_a_trust_file_that_grants_it(tmp_path: Path) -> None:
    made = make(tmp_path, level=TrustLevel.PIPELINE)
    assert said_of(made).count("claims level pipeline, which only a trust file can show") == 3
    assert said_of(made, trusting(made.signer, TrustLevel.SELF)).count("claims level pipeline") == 3
    assert said_of(made, trusting(made.signer, TrustLevel.PIPELINE)) == ""
    assert state_says(made, trusting(made.signer, TrustLevel.PIPELINE)) == ""


def test_a_revoked_or_unknown_signer_is_named(made: Made, tmp_path: Path) -> None:
    assert "revoked key" in said_of(made, trusting(made.signer, TrustLevel.PIPELINE, revoked=True))
    stranger = make_key(tmp_path / "stranger", "root")
    assert "does not give to" in said_of(made, trusting(stranger, TrustLevel.PIPELINE))


def test_a_changed_row_of_the_store_is_named(made: Made) -> None:
    change(made, "UPDATE evidence SET state = 'pass' WHERE asset = 'm1'")
    assert "the store says another state than what was signed" in state_says(made)


def test_a_changed_envelope_of_the_store_is_named(made: Made) -> None:
    change(made, "UPDATE evidence SET envelope = X'7b7d' WHERE asset = 'm2'")
    assert f"evidence {made.evidence[1].evidence.id}: this is no DSSE envelope" in state_says(made)


def test_a_verdict_turned_in_the_store_is_named(made: Made) -> None:
    change(made, "UPDATE assessment SET passed = 1")
    assert "the store says something else than what was signed" in state_says(made)


def test_a_changed_document_of_the_store_is_named(made: Made) -> None:
    with open_store(made.state) as store:
        filed = store.assessments()[0]
    blob_path(made.state / "blobs", filed.document).write_bytes(b"{}")
    assert "was changed" in state_says(made)


def test_a_ledger_that_was_set_back_or_emptied_is_named(made: Made) -> None:
    for name in ("entries", "checkpoint", "leaves"):
        (made.state / "ledger" / name).unlink()
    assert "the ledger is not the one that gave this receipt, or was set back" in state_says(made)


def test_a_changed_ledger_is_named(made: Made) -> None:
    path = made.state / "ledger" / "entries"
    path.write_bytes(path.read_bytes().replace(b"2026", b"2025"))
    assert "ledger: the ledger is broken: entry 0 was changed" in state_says(made)


def test_the_document_is_the_plain_form_of_what_was_signed(made: Made) -> None:
    assert json.loads((made.out / "assessment.json").read_bytes()) == plain(made.assessment)


def change(made: Made, statement: str) -> None:
    import sqlite3

    connection = sqlite3.connect(made.state / "accord.db")
    connection.execute(statement)
    connection.commit()
    connection.close()
