"""The append-only ledger of a state folder: what was decided, in an order that nobody can change unseen.

The folder holds two files, in the formats of C2SP tlog-tiles, so that it grows into tiles without migration:

- `entries`: the entry bundles of tlog-tiles ("Log entries") one after the other. An entry is a big-endian
  16-bit length and that many bytes; cutting the file after every 256 entries gives `tile/entries/N`.
- `checkpoint`: a signed note (signed-note, tlog-checkpoint) over origin, size and root.

Hashes are those of RFC 6962 §2.1. A third file, `leaves`, holds the leaf hashes (32 bytes each): only to say
*which* entry was changed. An entry is canonical JSON with `kind`, `id`, `digest` and `time`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from accord.core.assessment import Assessment
from accord.core.canon import Digest, canonical
from accord.core.clock import rfc3339
from accord.core.errors import RecordError, TamperError
from accord.core.finding import Place
from accord.record import merkle
from accord.record.keys import Signer
from accord.record.note import Checkpoint, read_checkpoint, sign_checkpoint, verify_checkpoint
from accord.record.state import prepare_state, read_file, sync_folder, write_file

MAX_ENTRY: Final = (1 << 16) - 1
_MAX_ENTRIES = 1 << 30  # bytes of the `entries` file


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was recorded: what kind, which, the digest of its bytes, and when."""

    kind: str
    id: str
    digest: Digest
    time: datetime

    def data(self) -> bytes:
        """Return the bytes that are hashed and kept."""
        return canonical({"kind": self.kind, "id": self.id, "digest": self.digest, "time": rfc3339(self.time)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that an entry is in the ledger: hashes in hex, and the signed checkpoint they lead to."""

    origin: str
    index: int
    size: int
    leaf: str
    root: str
    proof: tuple[str, ...]
    checkpoint: str


class Ledger(NamedTuple):
    """The ledger of a state folder, and the key that signs what is added."""

    state: Path
    signer: Signer
    keys: Mapping[str, bytes] | None = None

    def append(self, entry: Entry) -> Receipt:
        """Add an entry durably and return its receipt; safe against other processes and sudden death.

        Raises `TamperError` when the ledger's history was changed, `RecordError` when it cannot be written.
        """
        data = entry.data()
        if len(data) > MAX_ENTRY:
            raise RecordError(f"a ledger entry of {len(data)} bytes is too long", code="ACC-E543")
        folder = prepare_state(self.state) / "ledger"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            with _locked(folder):
                return self._append(folder, data)
        except OSError as error:
            where = Place(path=str(folder))
            raise RecordError(
                f"the ledger cannot be written: {error.strerror}", code="ACC-E543", where=where
            ) from error

    def _append(self, folder: Path, data: bytes) -> Receipt:
        leaves, whole = _open(folder)
        before = checkpoint_of(self.state)
        if before is not None and self.keys is not None:
            verify_checkpoint(before, {**self.keys, self.signer.keyid: self.signer.public})
        origin = read_checkpoint(before).origin if before else f"accord.local/{self.signer.keyid[:16]}"
        _add(folder / "entries", len(data).to_bytes(2, "big") + data, whole)
        leaves.append(merkle.leaf_hash(data))
        checkpoint = Checkpoint(origin, len(leaves), merkle.root_hash(leaves))
        note = sign_checkpoint(checkpoint, self.signer)
        write_file(folder / "leaves", b"".join(leaves))
        write_file(folder / "checkpoint", note)
        return _receipt(leaves, len(leaves) - 1, checkpoint=checkpoint, note=note)


def open_ledger(state: Path, signer: Signer, *, keys: Mapping[str, bytes] | None = None) -> Ledger:
    """Return the ledger of a state folder; it begins with its first entry.

    With `keys`, one of them or the signer must have signed the checkpoint that is there.
    """
    return Ledger(state, signer, keys)


def assessment_entry(assessment: Assessment) -> Entry:
    """Return the entry that records an assessment."""
    return Entry(kind="assessment", id=assessment.id, digest=Digest(assessment.id), time=assessment.created)


def entries(state: Path) -> tuple[bytes, ...]:
    """Return every whole entry, in order; a torn last one is left out."""
    return _split(_bytes(state / "ledger"))[0]


def checkpoint_of(state: Path) -> bytes | None:
    """Return the signed checkpoint, or None where nothing was recorded yet."""
    try:
        return read_file(state / "ledger" / "checkpoint", 1 << 16)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _changed(state / "ledger", f"its checkpoint cannot be read: {error}") from error


def proof_of(state: Path, index: int) -> Receipt:
    """Return a fresh receipt for an entry under the checkpoint of now.

    Raises `RecordError` where there is no such entry under it.
    """
    note = checkpoint_of(state)
    leaves = [merkle.leaf_hash(entry) for entry in entries(state)]
    if note is None or not 0 <= index < read_checkpoint(note).size:
        raise RecordError(f"the ledger has no entry {index}", code="ACC-E542")
    checkpoint = read_checkpoint(note)
    return _receipt(leaves[: checkpoint.size], index, checkpoint=checkpoint, note=note)


def verify_ledger(state: Path, keys: Mapping[str, bytes]) -> Checkpoint | None:
    """Return the checkpoint when a known key signed it and every entry under it is as it was.

    Raises `TamperError` with the first entry that differs.
    """
    note = checkpoint_of(state)
    _open(state / "ledger")
    return None if note is None else verify_checkpoint(note, keys)[0]


def verify_receipt(receipt: Receipt, keys: Mapping[str, bytes], *, entry: bytes | None = None) -> str:
    """Return the id of the key that signed the receipt's checkpoint, when the proof holds for it.

    With `entry`, the receipt must be that entry's. Raises `TamperError` otherwise.
    """
    checkpoint, keyid = verify_checkpoint(receipt.checkpoint.encode(), keys)
    if checkpoint != (receipt.origin, receipt.size, _unhex(receipt.root)):
        raise TamperError("the receipt says something else than its checkpoint", code="ACC-E542")
    leaf = _unhex(receipt.leaf)
    if entry is not None and merkle.leaf_hash(entry) != leaf:
        raise TamperError("the receipt is for another entry", code="ACC-E542")
    proof = [_unhex(step) for step in receipt.proof]
    if not merkle.included(leaf, receipt.index, size=receipt.size, root=checkpoint.root, proof=proof):
        raise TamperError("the receipt does not prove that the entry is in the ledger", code="ACC-E542")
    return keyid


def _open(folder: Path) -> tuple[list[bytes], int]:
    """Return the leaf hashes, and how many bytes of `entries` are whole, after a look for changed history."""
    found, whole = _split(_bytes(folder))
    leaves = [merkle.leaf_hash(entry) for entry in found]
    note = checkpoint_of(folder.parent)
    size, root = (0, merkle.EMPTY) if note is None else read_checkpoint(note)[1:]
    if len(leaves) < size:
        raise _changed(folder, f"entry {len(leaves)} and all after it are missing")
    if merkle.root_hash(leaves[:size]) != root:
        index = _first_difference(folder, leaves[:size])
        raise _changed(folder, "its history was changed" if index is None else f"entry {index} was changed")
    return leaves, whole


def _first_difference(folder: Path, leaves: list[bytes]) -> int | None:
    try:
        known = read_file(folder / "leaves", _MAX_ENTRIES)
    except (OSError, ValueError):
        return None
    return next((index for index, leaf in enumerate(leaves) if known[32 * index : 32 * index + 32] != leaf), None)


def _split(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """Cut entries apart; the second value is where the last whole one ends."""
    found, start = [], 0
    while start + 2 <= len(data):
        end = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if end > len(data):
            break
        found.append(data[start + 2 : end])
        start = end
    return tuple(found), start


def _bytes(folder: Path) -> bytes:
    try:
        return read_file(folder / "entries", _MAX_ENTRIES)
    except FileNotFoundError:
        return b""
    except (OSError, ValueError) as error:
        raise _changed(folder, f"its entries cannot be read: {error}") from error


def _add(path: Path, record: bytes, whole: int) -> None:
    """Write a record after the last whole entry: what a killed process left half-written goes."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+b") as file:
        file.truncate(whole)
        file.seek(whole)
        file.write(record)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def _receipt(leaves: list[bytes], index: int, *, checkpoint: Checkpoint, note: bytes) -> Receipt:
    return Receipt(
        origin=checkpoint.origin,
        index=index,
        size=checkpoint.size,
        leaf=leaves[index].hex(),
        root=checkpoint.root.hex(),
        proof=tuple(step.hex() for step in merkle.inclusion_proof(leaves, index)),
        checkpoint=note.decode(),
    )


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise TamperError("the receipt's hashes are not hexadecimal", code="ACC-E542") from error


def _changed(folder: Path, what: str) -> TamperError:
    hint = "keep the folder as it is, and compare it with a copy: receipts of older entries tell which is right"
    return TamperError(f"the ledger is broken: {what}", hint=hint, code="ACC-E540", where=Place(path=str(folder)))
