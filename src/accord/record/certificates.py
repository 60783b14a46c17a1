"""Chains of X.509 certificates that end at a root which somebody named, and what the first may sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from accord.core.errors import RecordError, TamperError
from accord.core.finding import Place, TrustLevel
from accord.core.signatory import Signatory
from accord.record.model_signature import read_public

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509 import Certificate

LONGEST: Final = 8
"""So many certificates a chain has at most."""

_LARGEST = 1 << 16


def read_roots(data: bytes, *, source: str) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file as DER.

    Raises `RecordError` when it holds none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise RecordError(f"{source} holds no certificate in PEM", code="ACC-E841", where=Place(path=source)) from error
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def key_of_chain(chain: Sequence[bytes], roots: Iterable[bytes], *, at: datetime) -> Signatory:
    """Return the key of the first certificate when each one is issued by the next and the last by a root.

    All of them have to be valid now, for a signature says nothing sure about when it was made.
    Raises `TamperError` when the chain does not hold.
    """
    if not 0 < len(chain) <= LONGEST or any(len(one) > _LARGEST for one in chain):
        raise _broken(f"it has 1 to {LONGEST} certificates of ordinary size")
    certificates = [_load(one) for one in chain]
    anchors = [_load(one) for one in roots]
    subject = certificates[0]
    _may_sign(subject)
    for depth, issuer in enumerate((*certificates[1:], None)):
        _valid(subject, at)
        root = next((one for one in anchors if one == subject or _issued(subject, one)), None)
        if root is not None:
            _valid(root, at)
            if root != subject:
                _may_issue(root, depth)
            elif depth:
                _may_issue(root, depth - 1)
            return _key(certificates[0], root)
        if issuer is None or not _issued(subject, issuer):
            break
        _may_issue(issuer, depth)
        subject = issuer
    raise _broken("it does not end at a root that was given")


def _key(leaf: Certificate, root: Certificate) -> Signatory:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        public = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _broken(f"the key of {_name(leaf)} cannot be read") from error
    source = f"the certificate of {_name(leaf)}, under {_name(root)}"
    return read_public(public, source=source, level=TrustLevel.SELF)


def _load(data: bytes) -> Certificate:
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise _broken("one of it is no certificate") from error


def _issued(subject: Certificate, issuer: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _valid(certificate: Certificate, at: datetime) -> None:
    """Refuse a certificate out of its time, or one that makes a condition which is not understood here."""
    from cryptography import x509

    known = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
    try:
        odd = [one for one in certificate.extensions if one.critical and not isinstance(one.value, known)]
    except ValueError as error:
        raise _broken(f"the extensions of {_name(certificate)} cannot be read") from error
    if odd:
        raise _broken(f"the certificate of {_name(certificate)} makes the condition {odd[0].oid.dotted_string}")
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start <= at <= end:
        raise _broken(f"the certificate of {_name(certificate)} is valid from {start:%Y-%m-%d} to {end:%Y-%m-%d} only")


def _may_issue(certificate: Certificate, below: int) -> None:
    """Refuse a certificate that may not issue others, or not with so many authorities below it (RFC 5280 §4.2.1)."""
    from cryptography import x509

    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError) as error:
        raise _broken(f"the certificate of {_name(certificate)} may not issue others") from error
    usage = _usage(certificate)
    if not basic.ca or (usage is not None and not usage.key_cert_sign):
        raise _broken(f"the certificate of {_name(certificate)} may not issue others")
    if basic.path_length is not None and below > basic.path_length:
        raise _broken(f"the certificate of {_name(certificate)} allows no so long a chain")


def _may_sign(certificate: Certificate) -> None:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = _usage(certificate)
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        coded = ExtendedKeyUsageOID.CODE_SIGNING in purposes or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes
    except x509.ExtensionNotFound:
        coded = usage is not None
    except ValueError as error:
        raise _broken(f"the extensions of {_name(certificate)} cannot be read") from error
    if not coded or (usage is not None and not usage.digital_signature):  # RFC 5280 §4.2.1.12: both have to allow it
        raise _broken(f"the certificate of {_name(certificate)} is not for signing")


def _usage(certificate: Certificate) -> x509.KeyUsage | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    except ValueError as error:
        raise _broken(f"the extensions of {_name(certificate)} cannot be read") from error


def _name(certificate: Certificate) -> str:
    try:
        return certificate.subject.rfc4514_string()[:200] or "nobody"
    except ValueError:
        return "a name that is none"


def _broken(why: str) -> TamperError:
    return TamperError(f"the chain of certificates does not hold: {why}", code="ACC-E841")
