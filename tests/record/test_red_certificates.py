"""Certificates made to pass for others: wrong purposes, broken names, keys that are none, chains in a circle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from accord.core.errors import RecordError, TamperError
from accord.record.certificates import key_of_chain

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Made:
    """A certificate, its key and its name."""

    def __init__(
        self,
        name: str,
        issuer: Made | None = None,
        *,
        key: Key | None = None,
        ca: bool = False,
        purposes: tuple[ObjectIdentifier, ...] = (),
        signs: bool | None = True,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or self
        builder = (
            x509.CertificateBuilder(by.name, self.name, self.key.public_key(), x509.random_serial_number())
            .not_valid_before(start or NOW - timedelta(days=1))
            .not_valid_after(end or NOW + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if signs is not None:
            usage = x509.KeyUsage(signs, False, not signs, False, False, ca, ca, False, False)
            builder = builder.add_extension(usage, critical=True)
        self.der = builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def root() -> Made:
    return Made("root", ca=True)


CODE, ANY = ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
SERVER, MAIL = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION


@pytest.mark.parametrize(
    ("purposes", "signs"),
    [((), True), ((CODE,), True), ((CODE,), None), ((SERVER, CODE), True), ((ANY,), True), ((ANY,), None)],
)
def test_a_certificate_for_signing_signs(root: Made, purposes: tuple[ObjectIdentifier, ...], signs: object) -> None:
    leaf = Made("leaf", root, purposes=purposes, signs=None if signs is None else bool(signs))
    assert "CN=leaf" in key_of_chain([leaf.der], [root.der], at=NOW).source


@pytest.mark.parametrize(
    ("purposes", "signs"),
    [
        ((SERVER,), True),
        ((MAIL,), True),
        ((SERVER, MAIL), None),
        ((CODE,), False),
        ((), False),
        ((), None),
        ((ANY,), False),
    ],
)
def test_a_certificate_for_another_purpose_signs_no_model(
    root: Made, purposes: tuple[ObjectIdentifier, ...], signs: object
) -> None:
    leaf = Made("leaf", root, purposes=purposes, signs=None if signs is None else bool(signs))
    with pytest.raises(TamperError, match="is not for signing"):
        key_of_chain([leaf.der], [root.der], at=NOW)


@pytest.mark.parametrize("bad", [b"\xff\xfeafXY", b"\x00eafXY", b"lea\xc3(Y"])
@pytest.mark.parametrize("signs", [True, None])
def test_a_name_that_is_no_text_is_refused_and_breaks_nothing(root: Made, bad: bytes, signs: object) -> None:
    leaf = Made("leafXY", root, signs=None if signs is None else True)
    with pytest.raises(TamperError):
        key_of_chain([leaf.der.replace(b"leafXY", bad)], [root.der], at=NOW)


def test_every_changed_byte_of_a_chain_is_refused(root: Made) -> None:
    leaf = Made("leaf", root)
    for at in range(0, len(leaf.der), 7):
        broken = leaf.der[:at] + bytes([leaf.der[at] ^ 0x41]) + leaf.der[at + 1 :]
        with pytest.raises((TamperError, RecordError)):
            key_of_chain([broken], [root.der], at=NOW)


@pytest.mark.parametrize("cut", [0, 1, 10, 100, 200])
def test_a_certificate_cut_short_or_followed_by_more_is_refused(root: Made, cut: int) -> None:
    leaf = Made("leaf", root)
    for data in (leaf.der[:cut], leaf.der + b"x" * (cut + 1), leaf.der * 2):
        with pytest.raises(TamperError, match="is no certificate"):
            key_of_chain([data], [root.der], at=NOW)


def test_a_root_of_the_same_name_is_another_root(root: Made) -> None:
    twin = Made("root", ca=True)
    leaf = Made("leaf", twin)
    for chain in ([leaf], [leaf, twin], [leaf, root], [leaf, twin, root]):
        with pytest.raises(TamperError, match="does not end at a root"):
            key_of_chain([one.der for one in chain], [root.der], at=NOW)
    assert key_of_chain([leaf.der], [root.der, twin.der], at=NOW)


def test_authorities_in_a_circle_end_nowhere(root: Made) -> None:
    one = Made("one", ca=True)
    two = Made("two", one, ca=True)
    again = Made("one", two, ca=True, key=one.key)
    leaf = Made("leaf", again)
    with pytest.raises(TamperError, match="does not end at a root"):
        key_of_chain([leaf.der, again.der, two.der, again.der, two.der, again.der], [root.der], at=NOW)


def test_a_leaf_given_as_its_own_root_signs_and_issues_nothing() -> None:
    own = Made("own")
    assert key_of_chain([own.der], [own.der], at=NOW).algorithm == "ecdsa-p256"
    with pytest.raises(TamperError, match="may not issue others"):
        key_of_chain([Made("leaf", own).der], [own.der], at=NOW)


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_the_days_of_a_certificate_end_to_the_second(root: Made, second: int) -> None:
    leaf = Made("leaf", root, start=NOW - timedelta(days=1), end=NOW)
    at = NOW + timedelta(seconds=second)
    if second <= 0:
        assert key_of_chain([leaf.der], [root.der], at=at)
        return
    with pytest.raises(TamperError):
        key_of_chain([leaf.der], [root.der], at=at)


def test_an_rsa_key_under_a_good_root_is_no_key_for_models(root: Made) -> None:
    leaf = Made("leaf", root, key=rsa.generate_private_key(65537, 2048))
    with pytest.raises(RecordError) as caught:
        key_of_chain([leaf.der], [root.der], at=NOW)
    assert caught.value.code == "ACC-E840"
