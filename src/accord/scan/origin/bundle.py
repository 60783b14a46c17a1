"""Sigstore bundles with a DSSE envelope, as OpenSSF Model Signing writes them, and bare DSSE envelopes."""

from __future__ import annotations

import base64
from typing import Final, NamedTuple

from accord.core.canon import canonical
from accord.core.errors import RecordError
from accord.core.finding import Place
from accord.core.signatory import Signatory
from accord.record.dsse import STATEMENT_TYPE, pae
from accord.scan.origin.documents import Document, read_document

BUNDLE_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""The media type of the bundles that are written."""

LARGEST: Final = 128 << 20
"""No bundle or envelope is larger than so many bytes."""

CODE: Final = "ACC-E842"

_TYPES: Final = (
    BUNDLE_TYPE,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
)
_MOST_SIGNATURES, _MOST_CERTIFICATES, _MOST_PARTS = 16, 8, 20_000


class Signed(NamedTuple):
    """A payload with its signatures, and what it says of the key: a hint, or a chain of certificates (DER).

    Nothing in it may be believed before a signature holds. `keyless` tells that only Sigstore's own log and
    authority could say whose signature it is.
    """

    payload: bytes
    payload_type: str
    signatures: tuple[bytes, ...]
    hint: str | None = None
    chain: tuple[bytes, ...] = ()
    keyless: bool = False

    @property
    def message(self) -> bytes:
        """Return the bytes that were signed (DSSE v1, pre-authentication encoding)."""
        return pae(self.payload, self.payload_type)


def write_bundle(payload: bytes, *, signature: bytes, key: Signatory) -> bytes:
    """Return a bundle of an in-toto statement, signed by one key that is named by its hint."""
    said = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": key.keyid}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": STATEMENT_TYPE,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }
    return canonical(said) + b"\n"


def read_signed(data: bytes, *, path: str) -> Signed:
    """Return a bundle or a bare DSSE envelope; no signature is checked yet.

    Raises `RecordError` for anything else, and for a member that is not known.
    """
    top = read_document(data, path=path, code=CODE, limit=LARGEST, parts=_MOST_PARTS)
    said = top.mapping()
    if "payloadType" in said:
        return _envelope(top)
    if "dsseEnvelope" not in said:
        top.refuse("it is neither a Sigstore bundle with a DSSE envelope nor a DSSE envelope")
    return _bundle(top)


def read_bundle(data: bytes, *, path: str) -> Signed:
    """Return the bundle of a model's signature; raises `RecordError` as `read_signed` does."""
    return _bundle(read_document(data, path=path, code=CODE, limit=LARGEST, parts=_MOST_PARTS))


def signed_by(signed: Signed, keys: tuple[Signatory, ...]) -> Signatory | None:
    """Return the key whose signature holds, one without an objection first; None when there is none."""
    from accord.record.model_signature import signature_holds

    message = signed.message
    good = [
        key
        for key in keys
        if signed.hint in {None, "", key.keyid}
        and any(signature_holds(key, message, signature=one) for one in signed.signatures)
    ]
    return min(good, key=lambda key: key.objection is not None, default=None)


def refuse_keyless(signed: Signed, *, path: str) -> None:
    """Raise `RecordError` for a signature that Sigstore's own services vouch for: it cannot be checked offline."""
    if signed.keyless:
        raise RecordError(
            f"{path} was signed without a key of its own (Sigstore keyless), which is not supported",
            hint="verify it with the sigstore or model_signing tool, or have the model signed with a key",
            code="ACC-E845",
            where=Place(path=path),
        )


def _bundle(top: Document) -> Signed:
    said = top.members(("mediaType", "verificationMaterial", "dsseEnvelope"))
    if said["mediaType"].text() not in _TYPES:
        said["mediaType"].refuse(f"it is not {BUNDLE_TYPE}")
    signed = _envelope(said["dsseEnvelope"])
    if len(signed.signatures) != 1:  # protobuf-specs, sigstore_bundle.proto: a client must reject it
        said["dsseEnvelope"].refuse("a bundle has one signature, and this one has several")
    optional = ("publicKey", "x509CertificateChain", "certificate", "tlogEntries", "timestampVerificationData")
    material = said["verificationMaterial"].members((), optional)
    ways = [name for name in optional[:3] if name in material]
    if len(ways) != 1:
        said["verificationMaterial"].refuse("it names exactly one of publicKey, x509CertificateChain and certificate")
    logged = bool(material["tlogEntries"].items(64)) if "tlogEntries" in material else False
    if ways == ["publicKey"]:
        hint = material["publicKey"].members((), ("hint", "rawBytes", "keyDetails")).get("hint")
        return signed._replace(hint=hint.text(200) if hint and hint.value is not None else None)
    if ways == ["certificate"]:
        return signed._replace(keyless=True)
    items = material["x509CertificateChain"].members(("certificates",))["certificates"].items(_MOST_CERTIFICATES)
    chain = tuple(one.members(("rawBytes",))["rawBytes"].blob() for one in items)
    return signed._replace(chain=chain, keyless=logged)


def _envelope(place: Document) -> Signed:
    said = place.members(("payload", "payloadType", "signatures"))
    items = said["signatures"].items(_MOST_SIGNATURES)
    if not items:
        said["signatures"].refuse("nobody signed it")
    signatures = tuple(one.members(("sig",), ("keyid", "cert"))["sig"].blob() for one in items)
    return Signed(said["payload"].blob(), said["payloadType"].text(200), signatures)
