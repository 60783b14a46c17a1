"""Ed25519 keys by role, as PKCS#8 files in the state folder or from `ACCORD_KEY`."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.canon import canonical
from accord.core.errors import RecordError
from accord.core.finding import Place
from accord.record.state import prepare_state, read_file, write_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DEVELOPER: Final = "developer"
"""The role of the key that is made on first use and vouches for nothing but this machine."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LIMIT = 1 << 16


class PublicKey(NamedTuple):
    """The public half of a key: 32 raw bytes, the role it was made for, and its id."""

    role: str
    keyid: str
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key that can sign. `made` tells that it was made just now, `notes` what is odd about it."""

    role: str
    keyid: str
    public: bytes
    development: bool
    private: Ed25519PrivateKey = field(repr=False)
    made: bool = False
    path: Path | None = None
    notes: tuple[str, ...] = ()

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message."""
        return self.private.sign(message)

    def public_key(self) -> PublicKey:
        """Return the public half."""
        return PublicKey(self.role, self.keyid, self.public)


def keyid_of(public: bytes) -> str:
    """Return the id of a raw Ed25519 public key as securesystemslib computes it."""
    key = {"keytype": "ed25519", "keyval": {"public": public.hex()}, "scheme": "ed25519"}
    return hashlib.sha256(canonical(key)).hexdigest()


def check_signature(public: bytes, message: bytes, *, signature: bytes) -> bool:
    """Tell whether a raw Ed25519 public key signed the message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signing_key(state: Path, environ: Mapping[str, str]) -> Signer:
    """Return the key that signs here: `ACCORD_KEY` (a PEM file, or the PEM itself), else the development key.

    The development key is made on first use; `Signer.made` says so.
    Raises `RecordError` for a key that cannot be used.
    """
    given = environ.get("ACCORD_KEY")
    if given and given.lstrip().startswith("-----BEGIN"):
        return _remembered(state, _from_pem(given.encode(), "pipeline", place="ACCORD_KEY"))
    if given:
        path = Path(given)
        name = path.stem if _NAME.fullmatch(path.stem) else "pipeline"
        return _remembered(state, _from_file(path, name))
    path = _path(state, DEVELOPER)
    if not path.exists():
        try:
            return make_key(state, DEVELOPER)
        except FileExistsError:  # another process was quicker
            pass
    return load_key(state, DEVELOPER)


def make_key(state: Path, role: str) -> Signer:
    """Make the key of a role and write it, private, into the state folder.

    Raises `FileExistsError` when the role has a key, `RecordError` for a name that cannot be one.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = _path(prepare_state(state), role)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_file(path, pem, mode=0o600, replace=False)
    signer = replace(_signer(private, role), path=path, made=True)
    write_file(path.with_suffix(".pub"), public_pem(signer.public))
    return signer


def load_key(state: Path, role: str) -> Signer:
    """Return the key of a role.

    Raises `RecordError` when there is none, or when it cannot be used.
    """
    return _from_file(_path(state, role), role)


def list_keys(state: Path) -> tuple[PublicKey, ...]:
    """Return the public keys in the state folder, by role: of its own keys, and of others that signed here."""
    folder = state / "keys"
    if not folder.is_dir():
        return ()
    own = tuple(
        load_key(state, path.stem).public_key() for path in sorted(folder.glob("*.key")) if _NAME.fullmatch(path.stem)
    )
    known = {key.keyid for key in own}
    others = (_public(path) for path in sorted(folder.glob("*.*.pub")))
    return (*own, *(key for key in others if key.keyid not in known))


def public_pem(public: bytes) -> bytes:
    """Return a raw public key as PEM (SubjectPublicKeyInfo), for other tools."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _remembered(state: Path, signer: Signer) -> Signer:
    """Keep the public half of a key from elsewhere, so that what it signed can be checked here later."""
    path = prepare_state(state) / "keys" / f"{signer.role}.{signer.keyid[:16]}.pub"
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_file(path, public_pem(signer.public))
    return signer


def _public(path: Path) -> PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(read_file(path, _LIMIT))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise RecordError("a public key cannot be read", code="ACC-E503", where=_at(path)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise RecordError("a public key is not an Ed25519 key", code="ACC-E503", where=_at(path))
    raw = key.public_bytes_raw()
    return PublicKey(path.name.partition(".")[0], keyid_of(raw), raw)


def _path(state: Path, role: str) -> Path:
    if not _NAME.fullmatch(role):
        raise RecordError(
            f"{role!r} cannot be the name of a key",
            hint="use small letters, digits and hyphens, like risk-owner",
            code="ACC-E504",
        )
    return state / "keys" / f"{role}.key"


def _from_file(path: Path, role: str) -> Signer:
    try:
        data = read_file(path, _LIMIT)
        exposed = stat.S_IMODE(path.stat().st_mode) & 0o077
    except FileNotFoundError as error:
        hint = f"make it: accord key new {role}"
        raise RecordError(f"there is no key of {role}", hint=hint, code="ACC-E502", where=_at(path)) from error
    except (OSError, ValueError) as error:
        raise RecordError(f"the key of {role} cannot be read: {error}", code="ACC-E503", where=_at(path)) from error
    signer = replace(_from_pem(data, role, place=str(path)), path=path)
    note = f"the private key {path} can be read by others: chmod 600 {path}"
    return replace(signer, notes=(note,)) if exposed else signer


def _from_pem(data: bytes, role: str, *, place: str) -> Signer:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RecordError(
            f"the key of {role} is no private key in PEM without a password",
            hint="make one: accord key new ROLE",
            code="ACC-E503",
            where=Place(path=place),
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise RecordError(f"the key of {role} is not an Ed25519 key", code="ACC-E503", where=Place(path=place))
    return _signer(private, role)


def _signer(private: Ed25519PrivateKey, role: str) -> Signer:
    public = private.public_key().public_bytes_raw()
    return Signer(role=role, keyid=keyid_of(public), public=public, development=role == DEVELOPER, private=private)


def _at(path: Path) -> Place:
    return Place(path=str(path))
