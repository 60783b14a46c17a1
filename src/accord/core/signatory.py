"""Whose signature on a model counts: public keys by what they are worth, and the builders that are allowed."""

from __future__ import annotations

from typing import NamedTuple

from accord.core.finding import TrustLevel


class Signatory(NamedTuple):
    """A public key that may sign models: DER of its SubjectPublicKeyInfo, what its word is worth, and who names it.

    `keyid` is the SHA-256 of its PEM, in hex, as OpenSSF Model Signing hints at keys. `objection` says why its
    signatures do not count: it is revoked, or its time is over.
    """

    keyid: str
    algorithm: str
    public: bytes
    level: TrustLevel
    source: str
    objection: str | None = None


class Signatories(NamedTuple):
    """The keys that may sign models and provenance, and the ids of the builders that are allowed."""

    keys: tuple[Signatory, ...] = ()
    builders: tuple[str, ...] = ()
