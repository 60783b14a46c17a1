"""Signed notes (C2SP signed-note) and the checkpoints they carry (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from accord.core.errors import RecordError, TamperError
from accord.record.keys import Signer, check_signature

_ED25519 = b"\x01"  # signed-note, "Signature types"
_LIMIT = 1 << 16
_MAX_SIGNATURES = 16


class Checkpoint(NamedTuple):
    """What a ledger was at one moment: whose, how long, and its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text: origin, size and root, one a line."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the checkpoint as a note signed under the name of its origin."""
    text = checkpoint.text()
    blob = _key_hash(checkpoint.origin, signer.public) + signer.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(blob).decode()}\n".encode()


def read_checkpoint(note: bytes) -> Checkpoint:
    """Return what a checkpoint says; its signatures are not checked.

    Raises `RecordError` for anything that is no checkpoint.
    """
    text, _ = _parts(note)
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not lines[1].isascii() or not lines[1].isdigit() or len(lines[1]) > 15:
        raise _malformed("it begins with origin, size and root")
    root = _decode(lines[2])
    if len(root) != 32 or str(int(lines[1])) != lines[1]:
        raise _malformed("the size has no leading zeros, the root 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def verify_checkpoint(note: bytes, keys: Mapping[str, bytes]) -> tuple[Checkpoint, str]:
    """Return a checkpoint and the id of the known key that signed it.

    Raises `TamperError` when a known key's signature does not hold, or none is known.
    """
    checkpoint = read_checkpoint(note)
    text, signatures = _parts(note)
    by_hash = {_key_hash(checkpoint.origin, public): (keyid, public) for keyid, public in keys.items()}
    for line in signatures:
        name, blob = _signature(line)
        keyid, public = by_hash.get(blob[:4], ("", b""))
        if name != checkpoint.origin or not keyid:
            continue
        if not check_signature(public, text.encode(), signature=blob[4:]):
            raise TamperError("the signature of the ledger's checkpoint does not hold", code="ACC-E541")
        return checkpoint, keyid
    raise TamperError("no known key signed the ledger's checkpoint", code="ACC-E541")


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _parts(note: bytes) -> tuple[str, tuple[str, ...]]:
    """Split a note at its last empty line into text and signature lines."""
    try:
        text, found, tail = note[:_LIMIT].decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise _malformed("it is not UTF-8") from error
    lines = tuple(tail.removesuffix("\n").split("\n"))
    if len(note) >= _LIMIT or not found or not tail.endswith("\n") or not 0 < len(lines) <= _MAX_SIGNATURES:
        raise _malformed("it is a text, an empty line and signatures")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, blob = rest.partition(" ")
    if dash != "—" or not name:
        raise _malformed("a signature line is a dash, a name and base64")
    return name, _decode(blob)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(f"base64: {error}") from error


def _malformed(why: str) -> RecordError:
    return RecordError(f"this is no ledger checkpoint: {why}", code="ACC-E541")
