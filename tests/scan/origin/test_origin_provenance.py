"""Provenance counts when a key that counts signed it, about these very files, from a builder on the list."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.canon import canonical
from accord.core.errors import RecordError
from accord.record.dsse import STATEMENT_TYPE, pae
from accord.record.model_signature import ModelSigner, make_model_key
from accord.scan.origin.bundle import write_bundle
from accord.scan.origin.provenance import Provenance, Wanted, digests_of, verify_provenance

BUILDER = "https://ci.example.org/train@v1"
V1, V02 = "https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"
DATA = hashlib.sha256(b"weights").hexdigest()


def statement(digest: str = DATA, *, kind: str = V1, builder: str | None = BUILDER, **changes: object) -> bytes:
    who = {"id": builder} if builder else {}
    predicate = {V1: {"runDetails": {"builder": who}}, V02: {"builder": who, "buildType": "x"}}.get(kind, {})
    said = {"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "m", "digest": {"sha256": digest}}]}
    return canonical(said | {"predicateType": kind, "predicate": predicate} | changes)


def envelope(payload: bytes, signer: ModelSigner, *, kind: str = STATEMENT_TYPE) -> bytes:
    signature = base64.b64encode(signer.sign(pae(payload, kind))).decode()
    said = {"payload": base64.b64encode(payload).decode(), "payloadType": kind}
    return canonical(said | {"signatures": [{"keyid": signer.public.keyid, "sig": signature}]})


Ask = Callable[..., Provenance]


@pytest.fixture
def ask(signer: ModelSigner) -> Ask:
    def asked(data: bytes, **changes: Any) -> Provenance:
        wanted = {"files": {".": DATA}, "keys": (signer.public,), "builders": (BUILDER,)} | changes
        return verify_provenance(data, path="p.jsonl", wanted=Wanted(**wanted))

    return asked


def kinds(found: Provenance) -> list[str]:
    return [one.kind for one in found.problems]


@pytest.mark.parametrize("kind", [V1, V02])
def test_provenance_of_both_versions_holds(ask: Ask, signer: ModelSigner, kind: str) -> None:
    found = ask(envelope(statement(kind=kind), signer))
    assert (found.problems, found.builder, found.predicate) == ((), BUILDER, kind)
    assert found.key == signer.public


def test_a_bundle_and_an_older_statement_hold_as_well(ask: Ask, signer: ModelSigner) -> None:
    payload = statement(_type="https://in-toto.io/Statement/v0.1")
    bundle = write_bundle(payload, signature=signer.sign(pae(payload, STATEMENT_TYPE)), key=signer.public)
    assert ask(bundle).problems == ()
    assert ask(json.dumps(json.loads(bundle), indent=2).encode()).problems == ()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"digest": hashlib.sha256(b"other").hexdigest()}, ["subject"]),
        ({"subject": []}, ["subject"]),
        ({"subject": [{"name": "m"}]}, ["subject"]),
        ({"subject": [{"name": "m", "digest": {"sha512": DATA}}]}, ["subject"]),
        ({"builder": "https://laptop.example.org"}, ["builder"]),
        ({"builder": None}, ["builder"]),
        ({"kind": "https://example.org/anything"}, ["predicate"]),
    ],
)
def test_what_does_not_fit_is_named(ask: Ask, signer: ModelSigner, changes: dict[str, Any], wanted: list[str]) -> None:
    assert kinds(ask(envelope(statement(**changes), signer))) == wanted


def test_a_stranger_may_say_anything_and_is_not_believed(ask: Ask, tmp_path: Path) -> None:
    stranger = make_model_key(tmp_path, "model")
    found = ask(envelope(statement(), stranger))
    assert kinds(found)[0] == "signature"
    assert (found.builder, found.predicate) == ("", "")


def test_a_revoked_key_does_not_count(ask: Ask, signer: ModelSigner) -> None:
    found = ask(envelope(statement(), signer), keys=(signer.public._replace(objection="it is revoked"),))
    assert "it is revoked" in found.problems[0].message


def test_a_bare_statement_was_signed_by_nobody(ask: Ask) -> None:
    assert ask(statement()).problems[0].message == "nobody signed it: it is a bare statement"


def test_one_good_line_among_others_is_enough(ask: Ask, signer: ModelSigner) -> None:
    other = envelope(statement(hashlib.sha256(b"other").hexdigest()), signer)
    assert ask(other + b"\n" + envelope(statement(), signer) + b"\n").problems == ()
    assert kinds(ask(other + b"\n" + other)) == ["subject"]


def test_every_file_of_a_folder_has_to_be_a_subject(ask: Ask, signer: ModelSigner, model: Path) -> None:
    files = digests_of(model)
    subject = [{"name": name, "digest": {"sha256": digest}} for name, digest in files.items()]
    assert ask(envelope(statement(subject=subject), signer), files=files).problems == ()
    found = ask(envelope(statement(subject=subject[2:]), signer), files=files)
    assert "it is not about config.json" in found.problems[0].message
    assert found.problems[0].message.endswith(" and 1 more")
    assert kinds(ask(envelope(statement(subject=subject), signer), files={})) == ["subject"]


def test_a_folder_with_a_link_has_no_digests_to_be_about(model: Path) -> None:
    (model / "link").symlink_to("/etc/passwd")
    with pytest.raises(RecordError) as caught:
        digests_of(model)
    assert caught.value.code == "ACC-E843"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"[]", b"{}", b"{", b'{"payloadType": 1}', b"\xff", b"{}\n{}"])
def test_what_is_no_provenance_is_refused(ask: Ask, data: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        ask(data)
    assert caught.value.code in {"ACC-E842", "ACC-E847"}


def test_keyless_provenance_is_never_good(ask: Ask, signer: ModelSigner) -> None:
    said = json.loads(write_bundle(statement(), signature=b"x", key=signer.public))
    said["verificationMaterial"] = {"certificate": {"rawBytes": "AAAA"}, "tlogEntries": [{"logIndex": "1"}]}
    with pytest.raises(RecordError) as caught:
        ask(json.dumps(said).encode())
    assert caught.value.code == "ACC-E845"


def test_another_payload_is_no_provenance(ask: Ask, signer: ModelSigner) -> None:
    assert kinds(ask(envelope(statement(), signer, kind="text/plain"))) == ["predicate"]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(["_type", "subject", "predicateType", "predicate"]), JSON)
def test_any_value_in_a_signed_statement_is_refused_or_understood(name: str, value: object) -> None:
    from accord.scan.origin.provenance import _said

    wanted = Wanted(files={".": DATA}, keys=(), builders=(BUILDER,))
    said = json.loads(statement()) | {name: value}
    try:
        found = _said(json.dumps(said).encode(), "p", wanted, None)
    except RecordError:
        return
    assert found.problems or said == json.loads(statement())
