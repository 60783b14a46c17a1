"""The signed trust file: whose keys count, for which roles, at which level, until when."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accord.core.errors import RecordError, TamperError
from accord.core.finding import Place, TrustLevel
from accord.core.settings import MIB
from accord.core.system import Role
from accord.record import dsse
from accord.record.keys import PublicKey, keyid_of
from accord.record.state import prepare_state, read_file, write_file

if TYPE_CHECKING:
    from http.client import HTTPResponse

TRUST_TYPE: Final = "application/vnd.accord.trust+json"
"""The payload type of trust files."""

_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A key, what it may sign as, and how much its word counts. `public` is 32 raw bytes in base64."""

    keyid: str
    public: str
    level: TrustLevel
    roles: tuple[Role, ...] = ()
    not_after: date | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedSigner:
    """A key that signs models or their provenance. `public` is the DER of its SubjectPublicKeyInfo in base64."""

    public: str
    level: TrustLevel
    not_after: date | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFile:
    """Everything a trust file says. `roots` are ids of keys in it that may sign the next one.

    `signers` may sign models and provenance, `builders` are the ids of builders whose provenance counts.
    """

    trust: int
    expires: date
    roots: tuple[str, ...]
    keys: tuple[TrustedKey, ...]
    plugins: tuple[str, ...] = ()
    signers: tuple[TrustedSigner, ...] = ()
    builders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom we believe: a verified trust file, or none, and this machine's own keys, which count as `self` only.

    `pinned_now` tells that the file's roots were trusted just now, because none were pinned before.
    """

    file: TrustFile | None = None
    local: tuple[PublicKey, ...] = ()
    source: str = ""
    pinned_now: bool = False

    def keys(self) -> dict[str, bytes]:
        """Return every known public key by id, revoked ones as well: their signatures can still be read."""
        named = self.file.keys if self.file else ()
        return {key.keyid: key.public for key in self.local} | {key.keyid: _raw(key) for key in named}

    def public(self, keyid: str) -> bytes | None:
        """Return a public key, or None where it is not known."""
        return self.keys().get(keyid)

    def level_of(self, keyid: str, at: datetime) -> TrustLevel | None:
        """Return how much a signature of `at` counts; None where the key is unknown, revoked or too old."""
        key = self._named(keyid)
        if key is not None:
            return key.level if _holds(key, at) else None
        return TrustLevel.SELF if any(own.keyid == keyid for own in self.local) else None

    def has_role(self, keyid: str, role: Role, *, at: datetime) -> bool:
        """Tell whether a key may sign as a role: by the trust file, or without one by the name of a local key."""
        if self.file is None:
            return any(own.keyid == keyid and own.role == role for own in self.local)
        key = self._named(keyid)
        return key is not None and role in key.roles and _holds(key, at)

    def revoked(self, keyid: str) -> bool:
        """Tell whether the trust file revokes a key."""
        key = self._named(keyid)
        return key is not None and key.revoked

    def allows_plugin(self, name: str) -> bool:
        """Tell whether the trust file names a plug-in package."""
        return self.file is not None and name in self.file.plugins

    def _named(self, keyid: str) -> TrustedKey | None:
        named = self.file.keys if self.file else ()
        return next((key for key in named if key.keyid == keyid), None)


def at_least(level: TrustLevel | None, wanted: TrustLevel) -> bool:
    """Tell whether a level is the wanted one or a stronger one."""
    order = tuple(TrustLevel)
    return level is not None and order.index(level) >= order.index(wanted)


def read_trust(
    source: str,
    *,
    state: Path,
    root_dir: Path | None,
    roots: Iterable[str],
    now: datetime,
    local: Iterable[PublicKey] = (),
) -> Trust:
    """Return the trust of a file or http(s) address, signed by a pinned root.

    `roots` are key ids from a flag or `ACCORD_TRUST_ROOT`; without them those pinned in the state folder count,
    and where none are, the file's own are pinned (trust on first use). `root_dir` is the assessed repository,
    where a trust file may not lie.
    Raises `RecordError` when it cannot be read or has expired, `TamperError` when no pinned root signed it.
    """
    data = _fetch(source) if source.startswith(("http://", "https://")) else _read(Path(source), root_dir)
    envelope = dsse.from_json(data)
    file = _decode(envelope.payload, source)
    pinned = tuple(roots) or _pinned(state)
    wanted = pinned or file.roots
    keys = {key.keyid: _raw(key) for key in file.keys if key.keyid in wanted and not key.revoked}
    try:
        dsse.verify(envelope, keys, payload_type=TRUST_TYPE)
    except TamperError as error:
        raise TamperError(
            f"no pinned root key signed the trust file {source}",
            hint="if its owner changed the root, check the new key id with them and give it: ACCORD_TRUST_ROOT=KEYID",
            code="ACC-E522",
            where=Place(path=source),
        ) from error
    if file.expires < now.date():
        raise RecordError(
            f"the trust file {source} ended on {file.expires}",
            hint="ask its owner for a newer one",
            code="ACC-E523",
            where=Place(path=source),
        )
    if not pinned:
        write_file(prepare_state(state) / "trust-root", "".join(f"{keyid}\n" for keyid in wanted).encode())
    return Trust(file=file, local=tuple(local), source=source, pinned_now=not pinned)


def show_trust(source: str) -> tuple[TrustFile, tuple[str, ...]]:
    """Return what a trust file says and which of its own roots signed it, whether or not they are pinned."""
    envelope = dsse.from_json(_read(Path(source), None))
    file = _decode(envelope.payload, source)
    keys = {key.keyid: _raw(key) for key in file.keys if key.keyid in file.roots}
    return file, dsse.verify(envelope, keys, payload_type=TRUST_TYPE).keyids


def check_trust(file: TrustFile, source: str) -> TrustFile:
    """Return the trust file when it makes sense.

    Raises `RecordError` for another version, a key twice, an id that is not its key's, or a root that is no key.
    """
    ids = [key.keyid for key in file.keys]
    mistaken = next((key.keyid for key in file.keys if keyid_of(_raw(key)) != key.keyid), None)
    stranger = next((root for root in file.roots if root not in ids), None)
    if file.trust != 1:
        raise _wrong(source, f"trust: 1 is known, not {file.trust}")
    if len(set(ids)) < len(ids):
        raise _wrong(source, "a key stands in it twice")
    if mistaken is not None:
        raise _wrong(source, f"{mistaken} is not the id of its key")
    if not file.roots or stranger is not None:
        raise _wrong(source, f"roots are ids of keys in it, not {stranger}")
    return file


def _decode(payload: bytes, source: str) -> TrustFile:
    from accord.record.codec import from_json

    return check_trust(from_json(payload, TrustFile, path=source, limit=MIB), source)


def _holds(key: TrustedKey, at: datetime) -> bool:
    return not key.revoked and (key.not_after is None or at.date() <= key.not_after)


def _raw(key: TrustedKey) -> bytes:
    try:
        raw = base64.b64decode(key.public, validate=True)
    except binascii.Error as error:
        raise _wrong(key.keyid, "public is base64") from error
    if len(raw) != 32:
        raise _wrong(key.keyid, "public is 32 bytes of Ed25519 in base64")
    return raw


def _pinned(state: Path) -> tuple[str, ...]:
    try:
        return tuple(read_file(state / "trust-root", 1 << 16).decode().split())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise RecordError(f"the pinned roots in {state} cannot be read: {error}", code="ACC-E520") from error


def _read(path: Path, root_dir: Path | None) -> bytes:
    where = Place(path=str(path))
    try:
        if root_dir is not None and path.resolve().is_relative_to(root_dir.resolve()):
            raise RecordError(
                "the trust file lies inside the repository that it is to judge",
                hint="whoever can change the code could change it: keep it elsewhere",
                code="ACC-E521",
                where=where,
            )
        return read_file(path, MIB)
    except (OSError, ValueError, RuntimeError) as error:
        raise RecordError(f"the trust file cannot be read: {error}", code="ACC-E520", where=where) from error


def _fetch(url: str) -> bytes:
    """Fetch at most 1 MiB within ten seconds, also from a server that answers a byte at a time."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=_SECONDS) as reply:  # noqa: S310  # the caller lets http and https through only
            return _drain(reply, time.monotonic() + _SECONDS)
    except HTTPError as error:
        error.close()
        raise RecordError(f"the trust file is not there: {error}", code="ACC-E520", where=Place(url=url)) from error
    except (OSError, ValueError, HTTPException) as error:
        raise RecordError(
            f"the trust file cannot be fetched: {error}", code="ACC-E520", where=Place(url=url)
        ) from error


def _drain(reply: HTTPResponse, deadline: float) -> bytes:
    data = b""
    while chunk := reply.read1(1 << 16):
        data += chunk
        if len(data) > MIB or time.monotonic() > deadline:
            raise ValueError("it is too large or comes too slowly")
    return data


def _wrong(source: str, why: str) -> RecordError:
    return RecordError(f"the trust file cannot be used: {why}", code="ACC-E520", where=Place(path=source))
