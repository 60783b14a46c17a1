"""A person's word for one call: signed, for exactly these arguments, until a time, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from accord.core.canon import Digest, canonical, digest
from accord.core.errors import RecordError, TamperError
from accord.core.trial import ToolCall

if TYPE_CHECKING:
    from accord.record.keys import Signer

GRANT_TYPE: Final = "application/vnd.accord.grant+json"
"""The payload type of a signed grant."""

LARGEST: Final = 16_384
"""Bytes of a signed grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One call that a person allowed: `subject` binds name, arguments and session, `nonce` makes it good for once."""

    subject: Digest
    nonce: str
    by: str
    issued: datetime
    expires: datetime
    session: str = ""

    def covers(self, subject: Digest, now: datetime, used: frozenset[str]) -> str:
        """Return why the grant does not hold for a call now; empty where it does."""
        if self.subject != subject:
            return "the grant is for another call"
        if self.nonce in used:
            return "the grant was used before"
        if not self.issued <= now < self.expires:
            return f"the grant holds from {self.issued.isoformat()} until {self.expires.isoformat()}"
        return ""


def grant_subject(call: ToolCall, session: str = "") -> Digest:
    """Return the digest of a call with exactly these arguments, in this session.

    Raises `RecordError` for arguments without a canonical form: nobody can be asked for what cannot be named.
    """
    said = {"name": call.name, "args": call.args, "session": session}
    try:
        return digest(said)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the arguments of {call.name[:80]!r} have no canonical form"
        raise RecordError(message, hint="call it with plain JSON", code="ACC-E721") from error


def sign_grant(grant: Grant, signer: Signer) -> bytes:
    """Return a grant in a signed envelope."""
    from accord.record.dsse import sign, to_json

    return to_json(sign(canonical(grant), GRANT_TYPE, signers=[signer]))


def open_grant(data: bytes, keys: Mapping[str, bytes]) -> Grant:
    """Return the grant in an envelope that one of the known keys signed.

    Raises `TamperError` where the signature does not hold, `RecordError` where it is no grant.
    """
    from accord.record.codec import from_json
    from accord.record.dsse import from_json as envelope_of
    from accord.record.dsse import verify

    if len(data) > LARGEST:
        raise RecordError(f"a grant of {len(data):,} bytes is too large", code="ACC-E721")
    verified = verify(envelope_of(data), keys, payload_type=GRANT_TYPE)
    if not verified.keyids:
        raise TamperError("no known key signed the grant", code="ACC-E721")
    return from_json(verified.payload, Grant, path="grant", limit=LARGEST)
