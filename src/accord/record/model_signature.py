"""Keys that sign models as OpenSSF Model Signing does: ECDSA on P-256, P-384 and P-521, and Ed25519."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accord.core.errors import RecordError
from accord.core.finding import Place, TrustLevel
from accord.core.signatory import Signatories, Signatory
from accord.core.system import Role
from accord.record.state import prepare_state, read_file, write_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

    from accord.record.trust import Trust

MODEL: Final = "model"
"""The role of the key that is made for models on first use."""

ED25519: Final = "ed25519"
"""The one algorithm here that other readers of the format do not know."""

_FOLDER = "model-keys"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LIMIT = 1 << 16
_CURVES: Final = {"secp256r1": "ecdsa-p256", "secp384r1": "ecdsa-p384", "secp521r1": "ecdsa-p521"}
_HASHES: Final = {"ecdsa-p256": "SHA256", "ecdsa-p384": "SHA384", "ecdsa-p521": "SHA512"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSigner:
    """A private key that signs models. `made` tells that it was made just now, `notes` what is odd about it."""

    role: str
    public: Signatory
    sign: Callable[[bytes], bytes] = field(repr=False)
    made: bool = False
    path: Path | None = None
    notes: tuple[str, ...] = ()


def read_public(data: bytes, *, source: str, level: TrustLevel = TrustLevel.SELF) -> Signatory:
    """Return a public key from PEM, or from the DER of its SubjectPublicKeyInfo.

    Raises `RecordError` for anything else, and for a curve that models are not signed on.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    load = serialization.load_pem_public_key if b"-----BEGIN" in data[:100] else serialization.load_der_public_key
    try:
        key = load(data[: _LIMIT + 1])
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(source, "it is no public key in PEM") from error
    return _signatory(key, source=source, level=level)


def read_public_file(path: Path, *, level: TrustLevel = TrustLevel.SELF) -> Signatory:
    """Return the public key of a PEM file; raises `RecordError` as `read_public` does."""
    try:
        data = read_file(path, _LIMIT)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _no_key(str(path), f"it cannot be read: {why}") from error
    return read_public(data, source=str(path), level=level)


def public_pem(key: Signatory) -> bytes:
    """Return a public key as PEM, with the line breaks that its id is the digest of."""
    from cryptography.hazmat.primitives import serialization

    return serialization.load_der_public_key(key.public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signature_holds(key: Signatory, message: bytes, *, signature: bytes) -> bool:
    """Tell whether a key signed the message, with the hash that belongs to its curve."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = serialization.load_der_public_key(key.public)
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
        elif isinstance(public, EllipticCurvePublicKey) and key.algorithm in _HASHES:
            public.verify(signature, message, ECDSA(getattr(hashes, _HASHES[key.algorithm])()))
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def model_signer(state: Path, named: str | None) -> ModelSigner:
    """Return the key that signs models: a PEM file, a role's, or by default that of the role `model`.

    That one, an EC key on P-256, is made on first use; `ModelSigner.made` says so.
    Raises `RecordError` when the key is not there or cannot be used.
    """
    if named is None:
        path = _path(state, MODEL)
        return _from_file(path, MODEL) if path.exists() else make_model_key(state, MODEL)
    if not _NAME.fullmatch(named) or Path(named).is_file():
        return _from_file(Path(named), "file")
    own, roles = _path(state, named), state / "keys" / f"{named}.key"
    return _from_file(roles if roles.exists() and not own.exists() else own, named)


def make_model_key(state: Path, role: str) -> ModelSigner:
    """Make an EC key on P-256 for a role and write it, private, into the state folder; one that is there is taken."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    path = _path(prepare_state(state), role)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        write_file(path, pem, mode=0o600, replace=False)
    except FileExistsError:  # another process was quicker
        return _from_file(path, role)
    made = _signer(private, role, path, made=True)
    write_file(path.with_suffix(".pub"), public_pem(made.public))
    return made


def own_model_keys(state: Path) -> tuple[Signatory, ...]:
    """Return the public halves of the model keys that were made in this state folder."""
    folder = state / _FOLDER
    return tuple(read_public_file(path) for path in sorted(folder.glob("*.pub"))) if folder.is_dir() else ()


def signatories(trust: Trust, at: datetime) -> Signatories:
    """Return whose signature on models counts by a trust file: its signers, and its keys of the role ml-lead.

    Raises `RecordError` for a signer in it that is no usable key.
    """
    file = trust.file
    if file is None:
        return Signatories()
    return Signatories(tuple(_named(trust, at)), file.builders)


def _named(trust: Trust, at: datetime) -> Iterator[Signatory]:
    named = trust.file.signers if trust.file else ()
    for signer in named:
        try:
            raw = base64.b64decode(signer.public, validate=True)
        except ValueError as error:
            raise _no_key(f"the trust file {trust.source}", "public is base64") from error
        over = signer.not_after is not None and at.date() > signer.not_after
        objection = "it is revoked" if signer.revoked else f"its time ended on {signer.not_after}" if over else None
        key = read_public(raw, source=f"the trust file {trust.source}", level=signer.level)
        yield key._replace(objection=objection)
    for keyid, raw in trust.keys().items():
        level = trust.level_of(keyid, at)
        if trust.file and level and trust.has_role(keyid, Role.ML_LEAD, at=at):
            yield _from_raw(raw, level=level, source=f"the trust file {trust.source}")


def _from_raw(raw: bytes, *, level: TrustLevel, source: str) -> Signatory:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return _signatory(Ed25519PublicKey.from_public_bytes(raw), level=level, source=source)


def _path(state: Path, role: str) -> Path:
    return state / _FOLDER / f"{role}.key"


def _from_file(path: Path, role: str) -> ModelSigner:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        data = read_file(path, _LIMIT)
        exposed = stat.S_IMODE(path.stat().st_mode) & 0o077 and os.name == "posix"
        private = load_pem_private_key(data, password=None)
    except FileNotFoundError as error:
        raise _no_key(str(path), "there is no such file or role") from error
    except OSError as error:
        raise _no_key(str(path), f"it cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(str(path), "it is no private key in PEM without a password") from error
    note = f"the private key {path} can be read by others: chmod 600 {path}"
    return _signer(private, role, path, notes=(note,) if exposed else ())


def _signer(
    private: PrivateKeyTypes, role: str, path: Path, *, made: bool = False, notes: tuple[str, ...] = ()
) -> ModelSigner:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = _signatory(private.public_key(), source=str(path), level=TrustLevel.SELF)

    def sign(message: bytes) -> bytes:
        if isinstance(private, Ed25519PrivateKey):
            return private.sign(message)
        if isinstance(private, EllipticCurvePrivateKey):
            return private.sign(message, ECDSA(getattr(hashes, _HASHES[public.algorithm])()))
        raise _no_key(str(path), "models are signed with ECDSA or Ed25519")

    return ModelSigner(role=role, public=public, sign=sign, made=made, path=path, notes=notes)


def _signatory(key: PublicKeyTypes, *, source: str, level: TrustLevel) -> Signatory:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if isinstance(key, Ed25519PublicKey):
        algorithm = ED25519
    elif isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES:
        algorithm = _CURVES[key.curve.name]
    else:
        raise _no_key(source, "models are signed with ECDSA on P-256, P-384 or P-521, or with Ed25519")
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_bytes(serialization.Encoding.PEM, kind)
    der = key.public_bytes(serialization.Encoding.DER, kind)
    return Signatory(hashlib.sha256(pem).hexdigest(), algorithm, der, level, source)


def _no_key(source: str, why: str) -> RecordError:
    return RecordError(
        f"the key {source} cannot be used for models: {why}",
        hint="give a PEM file, a role, or nothing: then the key of the role model is made and used",
        code="ACC-E840",
        where=Place(path=source),
    )
