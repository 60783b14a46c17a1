"""DSSE v1 envelopes: bytes, what they are, and who signed both (Ed25519)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from accord.core.canon import canonical
from accord.core.errors import RecordError, TamperError
from accord.record.keys import Signer, check_signature

STATEMENT_TYPE: Final = "application/vnd.in-toto+json"
"""The payload type of in-toto statements."""

MAX_ENVELOPE: Final = 128 << 20
"""The largest envelope that is read, in bytes."""

_MAX_SIGNATURES = 64
_FIELDS: Final = frozenset({"payload", "payloadType", "signatures"})


class KeySignature(NamedTuple):
    """One signature and the id of the key that made it."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Signed bytes. Nothing in it may be believed before `verify`."""

    payload: bytes
    payload_type: str
    signatures: tuple[KeySignature, ...]


class Verified(NamedTuple):
    """A payload whose signatures hold, and the keys that made them."""

    payload: bytes
    payload_type: str
    keyids: tuple[str, ...]


def pae(payload: bytes, payload_type: str) -> bytes:
    """Return the pre-authentication encoding that is signed (DSSE v1, protocol)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, payload_type: str, *, signers: Iterable[Signer]) -> Envelope:
    """Return an envelope signed by every signer, once by each key."""
    message = pae(payload, payload_type)
    by_key = {signer.keyid: signer for signer in signers}
    signatures = tuple(KeySignature(keyid, signer.sign(message)) for keyid, signer in by_key.items())
    return Envelope(payload=payload, payload_type=payload_type, signatures=signatures)


def verify(
    envelope: Envelope, keys: Mapping[str, bytes], *, payload_type: str = STATEMENT_TYPE, threshold: int = 1
) -> Verified:
    """Return the payload when at least `threshold` of the known keys signed it.

    `keys` maps ids to raw public keys. A signature by an unknown key counts for nothing.
    Raises `TamperError` when a known key's signature does not hold, or too few are known.
    """
    if envelope.payload_type != payload_type:
        raise TamperError(
            f"an envelope of type {envelope.payload_type!r} stands where {payload_type!r} belongs", code="ACC-E511"
        )
    message = pae(envelope.payload, envelope.payload_type)
    good: list[str] = []
    for signature in envelope.signatures:
        public = keys.get(signature.keyid)
        if public is None:
            continue
        if not check_signature(public, message, signature=signature.sig):
            raise TamperError(f"the signature of key {signature.keyid[:16]} does not hold", code="ACC-E511")
        good.append(signature.keyid)
    if len(set(good)) < max(threshold, 1):
        names = ", ".join(signature.keyid[:16] for signature in envelope.signatures) or "nobody"
        raise TamperError(
            f"signed by {names}: {len(good)} of {threshold} known keys",
            hint="give the trust file that names the key: --trust FILE",
            code="ACC-E512",
        )
    return Verified(envelope.payload, envelope.payload_type, tuple(good))


def to_json(envelope: Envelope) -> bytes:
    """Write an envelope as one line of canonical JSON."""
    signatures = [{"keyid": item.keyid, "sig": _encode(item.sig)} for item in envelope.signatures]
    rest = canonical({"payloadType": envelope.payload_type, "signatures": signatures})
    # the payload stands first, and base64 needs no escapes: a large one is not copied through a text
    return b"".join((b'{"payload":"', base64.b64encode(envelope.payload), b'",', rest[1:]))


def from_json(data: bytes) -> Envelope:
    """Read an envelope; signatures are not checked yet.

    Raises `RecordError` for anything but a well-formed envelope of bounded size with distinct key ids.
    """
    import msgspec

    if len(data) > MAX_ENVELOPE:
        raise _malformed(f"it is larger than {MAX_ENVELOPE} bytes")
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _malformed(str(error)) from error
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise _malformed("it has exactly payload, payloadType and signatures")
    kind, items = value["payloadType"], value["signatures"]
    if not isinstance(kind, str) or not 0 < len(kind) <= 200:
        raise _malformed("payloadType is a short text")
    if not isinstance(items, list) or not 0 < len(items) <= _MAX_SIGNATURES:
        raise _malformed(f"signatures is a list of 1 to {_MAX_SIGNATURES}")
    signatures = tuple(_signature(item) for item in items)
    if len({item.keyid for item in signatures}) < len(signatures):
        raise _malformed("one key signed twice")
    return Envelope(payload=_decode(value["payload"]), payload_type=kind, signatures=signatures)


def _signature(item: object) -> KeySignature:
    if not isinstance(item, dict) or set(item) != {"keyid", "sig"}:
        raise _malformed("a signature has exactly keyid and sig")
    keyid = item["keyid"]
    if not isinstance(keyid, str) or not 0 < len(keyid) <= 128:
        raise _malformed("keyid is a short text")
    return KeySignature(keyid, _decode(item["sig"]))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: object) -> bytes:
    """Decode base64 that has one spelling only: alphabet, padding and unused bits are checked."""
    if not isinstance(text, str) or not text.isascii():
        raise _malformed("payload and sig are base64")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _malformed(f"base64: {error}") from error
    if _encode(data) != text:
        raise _malformed("base64 is not in its one spelling")
    return data


def _malformed(why: str) -> RecordError:
    return RecordError(f"this is no DSSE envelope: {why}", code="ACC-E510")
