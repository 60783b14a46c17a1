"""Envelopes and statements: signed here, verified by a second implementation, and the other way round."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]  # re-exported unsaid

from accord.core.assessment import Attachment, Attestation, Debt
from accord.core.canon import canonical, digest, digest_bytes
from accord.core.errors import RecordError, TamperError
from accord.core.finding import Evidence, Finding, Input, Place, Plugin, State
from accord.core.system import Role
from accord.record import dsse
from accord.record.keys import Signer, make_key
from accord.record.statement import (
    attestation_statement,
    debt_statement,
    evidence_statement,
    files_statement,
    read_attestation,
    read_debt,
    read_evidence,
    read_statement,
    seal,
)

SUBJECT = digest("subject")


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_key(tmp_path_factory.mktemp("alice"), "risk-owner")


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_key(tmp_path_factory.mktemp("bob"), "security-lead")


def evidence(**changes: object) -> Evidence:
    made = Evidence(
        check="ACC201",
        check_version="0.1",
        plugin=Plugin(name="accord", version="0.1.0", digest=digest("plugin")),
        asset="model.file:m1",
        asset_digest=digest("asset"),
        claims=("1.3.e/model-file",),
        state=State.FAIL,
        collected=datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC),
        seconds=0.25,
        findings=(Finding(message="loading calls os.system", where=Place(path="m.pkl", offset=3), id="f1"),),
        inputs=(Input(kind="file", name="m.pkl", digest=digest("asset")),),
    )
    return seal(replace(made, **changes))  # type: ignore[arg-type]  # the tests name real fields


def known(*signers: Signer) -> dict[str, bytes]:
    return {signer.keyid: signer.public for signer in signers}


def theirs(signer: Signer) -> SSlibKey:
    return SSlibKey(signer.keyid, "ed25519", "ed25519", {"public": signer.public.hex()})


def refused(value: object) -> str:
    with pytest.raises(RecordError) as caught:
        dsse.from_json(value if isinstance(value, bytes) else json.dumps(value).encode())
    return caught.value.code


def test_a_second_implementation_verifies_our_envelope(alice: Signer) -> None:
    payload = evidence_statement(evidence(), subject=SUBJECT, system="helpdesk")
    ours = dsse.to_json(dsse.sign(payload, dsse.STATEMENT_TYPE, signers=[alice]))
    their_envelope = TheirEnvelope.from_dict(json.loads(ours))
    assert their_envelope.payload == payload
    assert list(their_envelope.verify([theirs(alice)], 1)) == [alice.keyid]


def test_the_second_implementation_computes_the_same_key_id(alice: Signer) -> None:
    assert SSlibKey.from_crypto(alice.private.public_key()).keyid == alice.keyid


def test_we_verify_an_envelope_of_the_second_implementation() -> None:
    signer = CryptoSigner.generate_ed25519()
    made = TheirEnvelope(b"said", "text/plain", {})
    made.sign(signer)
    public = bytes.fromhex(signer.public_key.keyval["public"])
    envelope = dsse.from_json(json.dumps(made.to_dict()).encode())
    verified = dsse.verify(envelope, {signer.public_key.keyid: public}, payload_type="text/plain")
    assert verified == (b"said", "text/plain", (signer.public_key.keyid,))


@given(payload=st.binary(max_size=300), kind=st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()))
def test_whatever_was_signed_comes_back(alice: Signer, payload: bytes, kind: str) -> None:
    envelope = dsse.from_json(dsse.to_json(dsse.sign(payload, kind, signers=[alice])))
    assert dsse.verify(envelope, known(alice), payload_type=kind).payload == payload


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_one_changed_byte_breaks_the_signature(alice: Signer, position: int, flip: int) -> None:
    envelope = dsse.sign(b"evidence says pass", dsse.STATEMENT_TYPE, signers=[alice])
    payload = bytearray(envelope.payload)
    payload[position % len(payload)] ^= flip
    with pytest.raises(TamperError, match="does not hold"):
        dsse.verify(replace(envelope, payload=bytes(payload)), known(alice))


def test_type_and_payload_cannot_trade_bytes() -> None:
    assert dsse.pae(b"b c", "a") != dsse.pae(b"c", "a b")
    assert dsse.pae(b"hello", "x") == b"DSSEv1 1 x 5 hello"


def test_an_envelope_of_another_type_is_refused(alice: Signer) -> None:
    envelope = dsse.sign(b"{}", "application/other", signers=[alice])
    with pytest.raises(TamperError, match="of type"):
        dsse.verify(envelope, known(alice))


def test_every_signer_is_named_and_one_key_signs_once(alice: Signer, bob: Signer) -> None:
    envelope = dsse.sign(b"{}", dsse.STATEMENT_TYPE, signers=[alice, bob, alice])
    assert dsse.verify(envelope, known(alice, bob), threshold=2).keyids == (alice.keyid, bob.keyid)


def test_unknown_keys_count_for_nothing(alice: Signer, bob: Signer) -> None:
    envelope = dsse.sign(b"{}", dsse.STATEMENT_TYPE, signers=[alice, bob])
    assert dsse.verify(envelope, known(bob)).keyids == (bob.keyid,)
    with pytest.raises(TamperError, match="1 of 2"):
        dsse.verify(envelope, known(bob), threshold=2)
    with pytest.raises(TamperError, match="0 of 1"):
        dsse.verify(envelope, {})


def test_a_key_id_that_stands_twice_is_refused(alice: Signer) -> None:
    envelope = json.loads(dsse.to_json(dsse.sign(b"{}", dsse.STATEMENT_TYPE, signers=[alice])))
    envelope["signatures"] *= 2
    assert refused(envelope) == "ACC-E510"


@pytest.mark.parametrize("payload", ["e30", "e30 ", "e31=", "e3\n0=", "_-==", "é30=", 7, None])
def test_base64_has_one_spelling(alice: Signer, payload: object) -> None:
    envelope = json.loads(dsse.to_json(dsse.sign(b"{}", dsse.STATEMENT_TYPE, signers=[alice])))
    assert refused(envelope | {"payload": payload}) == "ACC-E510"


@pytest.mark.parametrize(
    "change",
    [
        {"signatures": []},
        {"signatures": {}},
        {"payloadType": ""},
        {"payloadType": 1},
        {"more": 1},
        {"signatures": [{}]},
    ],
)
def test_a_malformed_envelope_is_refused(alice: Signer, change: dict[str, object]) -> None:
    envelope = json.loads(dsse.to_json(dsse.sign(b"{}", dsse.STATEMENT_TYPE, signers=[alice])))
    assert refused(envelope | change) == "ACC-E510"


@given(data=st.binary(max_size=200))
def test_noise_is_no_envelope(data: bytes) -> None:
    assert refused(data) == "ACC-E510"


def test_deep_nesting_is_refused_without_a_crash() -> None:
    assert refused(b"[" * 100_000) == "ACC-E510"


def test_evidence_comes_back_as_it_was(alice: Signer) -> None:
    sealed = evidence()
    envelope = dsse.sign(
        evidence_statement(sealed, subject=SUBJECT, system="helpdesk"), dsse.STATEMENT_TYPE, signers=[alice]
    )
    assert read_evidence(dsse.verify(envelope, known(alice)).payload) == sealed


@given(
    message=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    seconds=st.floats(min_value=0, max_value=1e6),
    reused=st.booleans(),
    moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis adds the zone
)
def test_any_evidence_survives_the_statement(message: str, seconds: float, reused: bool, moment: datetime) -> None:  # noqa: FBT001
    found = (Finding(message=message, where=Place(path=message)),)
    said = evidence(findings=found, seconds=seconds, reused=reused, collected=moment)
    assert read_evidence(evidence_statement(said, subject=SUBJECT, system="s")) == said


def test_the_id_covers_everything_but_itself_and_reuse() -> None:
    first = evidence()
    assert seal(replace(first, reused=True)).id == first.id
    assert seal(replace(first, seconds=0.5)).id != first.id
    assert seal(replace(first, level=first.level, id="x")).id == first.id


def test_evidence_with_another_id_is_refused() -> None:
    forged = replace(evidence(), state=State.PASS)
    with pytest.raises(TamperError) as caught:
        read_evidence(evidence_statement(forged, subject=SUBJECT, system="s"))
    assert caught.value.code == "ACC-E514"


def test_evidence_for_another_digest_is_refused() -> None:
    payload = json.loads(evidence_statement(evidence(), subject=SUBJECT, system="s"))
    payload["subject"][0]["digest"]["sha256"] = "0" * 64
    with pytest.raises(TamperError, match="another digest"):
        read_evidence(canonical(payload))


def test_an_asset_without_digest_is_stood_for_by_the_system() -> None:
    payload = evidence_statement(evidence(asset_digest=None), subject=SUBJECT, system="helpdesk")
    assert json.loads(payload)["subject"] == [
        {"digest": {"sha256": SUBJECT.removeprefix("sha256:")}, "name": "helpdesk/model.file:m1"}
    ]
    assert read_evidence(payload).asset_digest is None


def test_a_member_that_we_do_not_know_is_refused() -> None:
    payload = json.loads(evidence_statement(evidence(), subject=SUBJECT, system="s"))
    payload["predicate"]["verdict"] = "fine"
    payload["predicate"]["id"] = digest({k: v for k, v in payload["predicate"].items() if k not in {"id", "reused"}})
    with pytest.raises(RecordError, match="unknown verdict"):
        read_evidence(canonical(payload))


def test_a_statement_of_another_kind_is_refused() -> None:
    payload = files_statement({"assessment.json": digest_bytes(b"{}")}, assessment="sha256:1")
    assert read_statement(payload, "urn:accord:files:1").subjects == {"assessment.json": digest_bytes(b"{}")}
    with pytest.raises(RecordError, match=r"urn:accord:files:1, not a urn:accord:evidence:1"):
        read_evidence(payload)


def test_attestations_and_debts_come_back_as_they_were() -> None:
    attestation = Attestation(
        attestation=1,
        provision="1.1.a",
        system="helpdesk",
        role=Role.RISK_OWNER,
        statement="done",
        effective=date(2026, 1, 1),
        expires=date(2026, 12, 31),
        attachments=(Attachment(path="minutes.md", digest=digest("minutes")),),
    )
    debt = Debt(debt=1, system="helpdesk", created=date(2026, 1, 1), ends=date(2026, 3, 1), items=("ACC201|m1",))
    assert read_attestation(attestation_statement(attestation)) == attestation
    assert read_attestation(attestation_statement(replace(attestation, attachments=()))).attachments == ()
    assert read_debt(debt_statement(debt)) == debt


def test_a_tampered_envelope_fails_in_both_implementations(alice: Signer, tmp_path: Path) -> None:
    signed = json.loads(dsse.to_json(dsse.sign(b'{"a":1}', dsse.STATEMENT_TYPE, signers=[alice])))
    signed["payload"] = base64.b64encode(b'{"a":2}').decode()
    with pytest.raises(TamperError):
        dsse.verify(dsse.from_json(json.dumps(signed).encode()), known(alice))
    with pytest.raises(Exception, match="threshold"):
        TheirEnvelope.from_dict(signed).verify([theirs(alice)], 1)
