"""Keys and certificates that sign models: which are taken, which are not, and what the trust file says of them."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import RecordError, TamperError
from accord.core.finding import TrustLevel
from accord.core.system import Role
from accord.record.certificates import LONGEST, key_of_chain, read_roots
from accord.record.keys import make_key
from accord.record.model_signature import (
    make_model_key,
    model_signer,
    own_model_keys,
    public_pem,
    read_public,
    read_public_file,
    signatories,
    signature_holds,
)
from accord.record.trust import Trust, TrustedKey, TrustedSigner, TrustFile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def pem(key: Private) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_the_key_of_the_role_model_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = model_signer(tmp_path, None), model_signer(tmp_path, None)
    assert (first.made, second.made) == (True, False)
    assert first.public.keyid == second.public.keyid
    assert first.public.algorithm == "ecdsa-p256"
    assert first.path is not None
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert [key.keyid for key in own_model_keys(tmp_path)] == [first.public.keyid]
    assert "PRIVATE" not in repr(first)


def test_two_that_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    assert make_model_key(tmp_path, "model").public == make_model_key(tmp_path, "model").public


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_every_curve_signs_with_its_own_hash(curve: ec.EllipticCurve, tmp_path: Path) -> None:
    file = tmp_path / "k.pem"
    file.write_bytes(pem(ec.generate_private_key(curve)))
    file.chmod(0o600)
    signer = model_signer(tmp_path, str(file))
    signature = signer.sign(b"said")
    assert signature_holds(signer.public, b"said", signature=signature)
    assert not signature_holds(signer.public, b"other", signature=signature)
    assert not signature_holds(signer.public, b"said", signature=b"")
    assert signer.notes == ()


def test_a_key_that_others_can_read_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "k.pem"
    file.write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    file.chmod(0o644)
    assert "can be read by others" in model_signer(tmp_path, str(file)).notes[0]


def test_an_ed25519_role_key_signs_by_its_role(tmp_path: Path) -> None:
    role = make_key(tmp_path, "ml-lead")
    signer = model_signer(tmp_path, "ml-lead")
    assert signer.public.algorithm == "ed25519"
    assert signature_holds(signer.public, b"x", signature=role.sign(b"x"))


def test_the_id_of_a_key_is_the_digest_of_its_pem(tmp_path: Path) -> None:
    key = make_model_key(tmp_path, "model").public
    assert hashlib.sha256(public_pem(key)).hexdigest() == key.keyid
    assert read_public(public_pem(key), source="x").keyid == read_public(key.public, source="x").keyid == key.keyid


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256K1())], ids=["rsa", "k1"]
)
def test_other_kinds_of_keys_are_refused(key: Private, tmp_path: Path) -> None:
    (tmp_path / "k.pem").write_bytes(pem(key))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "k.pub").write_bytes(public)
    for read in (lambda: model_signer(tmp_path, str(tmp_path / "k.pem")), lambda: read_public_file(tmp_path / "k.pub")):
        with pytest.raises(RecordError) as caught:
            read()
        assert caught.value.code == "ACC-E840"


@pytest.mark.parametrize("named", ["missing", "../x", "no/such.pem", "/dev/null", ""])
def test_a_key_that_is_not_there_is_told(named: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        model_signer(tmp_path, named)
    assert caught.value.code == "ACC-E840"


def test_a_pipe_is_no_key_and_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordError):
        read_public_file(tmp_path / "pipe")


@given(st.binary(max_size=300))
def test_noise_is_no_public_key(noise: bytes) -> None:
    with pytest.raises(RecordError):
        read_public(noise, source="x")


def trust(*signers: TrustedSigner, keys: tuple[TrustedKey, ...] = ()) -> Trust:
    file = TrustFile(trust=1, expires=date(2036, 1, 1), roots=(), keys=keys, signers=signers, builders=("b",))
    return Trust(file=file, source="trust.json")


def test_the_trust_file_says_whose_signature_counts_and_whose_does_no_more(tmp_path: Path) -> None:
    public = base64.b64encode(make_model_key(tmp_path, "model").public.public).decode()
    said = trust(
        TrustedSigner(public=public, level=TrustLevel.PIPELINE),
        TrustedSigner(public=public, level=TrustLevel.SELF, revoked=True),
        TrustedSigner(public=public, level=TrustLevel.SELF, not_after=date(2026, 11, 21)),
        TrustedSigner(public=public, level=TrustLevel.SELF, not_after=date(2026, 11, 22)),
    )
    found = signatories(said, NOW)
    assert [one.objection for one in found.keys] == [None, "it is revoked", "its time ended on 2026-11-21", None]
    assert found.keys[0].level is TrustLevel.PIPELINE
    assert found.builders == ("b",)
    assert signatories(Trust(), NOW).keys == ()


def test_keys_of_the_ml_lead_sign_models_and_others_do_not(tmp_path: Path) -> None:
    made = {role: make_key(tmp_path, role) for role in ("ml-lead", "legal")}
    keys = tuple(
        TrustedKey(
            keyid=one.keyid,
            public=base64.b64encode(one.public).decode(),
            level=TrustLevel.SELF,
            roles=(Role(role),),
        )
        for role, one in made.items()
    )
    found = signatories(trust(keys=keys), NOW).keys
    assert [one.algorithm for one in found] == ["ed25519"]
    assert signature_holds(found[0], b"x", signature=made["ml-lead"].sign(b"x"))


@pytest.mark.parametrize("public", ["", "!", "AAAA"])
def test_a_signer_that_is_no_key_is_told(public: str) -> None:
    with pytest.raises(RecordError) as caught:
        signatories(trust(TrustedSigner(public=public, level=TrustLevel.SELF)), NOW)
    assert "trust.json" in caught.value.message


class Authority:
    """A certificate with its private key, which can issue others."""

    def __init__(self, name: str, issuer: Authority | None = None, **how: object) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or self
        authority = bool(how.get("ca", True))
        start = NOW + timedelta(days=int(str(how.get("start", -1))))
        length = how.get("length")
        builder = (
            x509.CertificateBuilder(by.name, self.name, self.key.public_key(), x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=int(str(how.get("days", 30)))))
            .add_extension(x509.BasicConstraints(authority, length if isinstance(length, int) else None), critical=True)
        )
        if how.get("coded"):
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        if how.get("usage", True):
            usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
            builder = builder.add_extension(usage, critical=True)
        if how.get("odd"):
            constraints = x509.NameConstraints([x509.DNSName("example.org")], None)
            builder = builder.add_extension(constraints, critical=True)
        self.certificate = builder.sign(by.key, hashes.SHA256())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority("root")


def test_a_chain_to_a_given_root_gives_the_key_of_its_first(root: Authority) -> None:
    middle = Authority("middle", root, length=0)
    leaf = Authority("leaf", middle, ca=False)
    key = key_of_chain([leaf.der, middle.der], [root.der], at=NOW)
    assert signature_holds(key, b"x", signature=leaf.key.sign(b"x", ec.ECDSA(hashes.SHA256())))
    assert "CN=leaf" in key.source
    assert key_of_chain([leaf.der, middle.der, root.der], [root.der], at=NOW).keyid == key.keyid
    assert key_of_chain([leaf.der], [middle.der], at=NOW).keyid == key.keyid
    coded = Authority("coded", root, ca=False, usage=False, coded=True)
    assert "CN=coded" in key_of_chain([coded.der], [root.der], at=NOW).source


def test_a_chain_that_breaks_any_rule_does_not_hold(root: Authority) -> None:
    other, middle, narrow = Authority("root"), Authority("middle", root), Authority("narrow", root, length=0)
    plain = Authority("plain", root, ca=False)
    chains = {
        "another root": [Authority("leaf", other, ca=False)],
        "a gap": [Authority("leaf", middle, ca=False)],
        "issued by no authority": [Authority("leaf", plain, ca=False), plain],
        "too long": [Authority("leaf", Authority("more", narrow), ca=False), narrow],
        "over": [Authority("leaf", root, ca=False, start=-60)],
        "not yet": [Authority("leaf", root, ca=False, start=1)],
        "issuer over": [Authority("leaf", (old := Authority("old", root, start=-60)), ca=False), old],
        "not for signing": [Authority("leaf", root, ca=False, usage=False)],
        "an authority itself": [middle],
        "a condition": [Authority("leaf", root, ca=False, odd=True)],
        "none": [],
        "many": [plain] * (LONGEST + 1),
    }
    for name, chain in chains.items():
        with pytest.raises(TamperError) as caught:
            key_of_chain([one.der for one in chain], [root.der], at=NOW)
        assert caught.value.code == "ACC-E841", name


def test_an_authority_below_one_that_allows_none_does_not_hold(root: Authority) -> None:
    narrow = Authority("narrow", root, length=0)
    more = Authority("more", narrow)
    leaf = Authority("leaf", more, ca=False)
    with pytest.raises(TamperError, match="allows no so long a chain"):
        key_of_chain([leaf.der, more.der, narrow.der], [root.der], at=NOW)


@given(st.binary(max_size=200))
def test_noise_is_no_certificate(noise: bytes) -> None:
    with pytest.raises(TamperError):
        key_of_chain([noise], [], at=NOW)
    with pytest.raises(RecordError):
        read_roots(noise, source="x")
