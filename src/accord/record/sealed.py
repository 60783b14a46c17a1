"""Signed words in files of their own: a DSSE envelope around the canonical form of one word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar

from accord.core.canon import canonical
from accord.core.errors import ManifestError, RecordError
from accord.core.finding import Place
from accord.core.settings import MIB
from accord.record import dsse
from accord.record.codec import from_json
from accord.record.keys import Signer
from accord.record.state import prepare_state, read_file, write_file

LARGEST: Final = MIB
"""The largest file that is read, in bytes."""

T = TypeVar("T")


class Opened(NamedTuple, Generic[T]):
    """A word whose signature holds, and the keys that signed it."""

    word: T
    keyids: tuple[str, ...]


def write_sealed(state: Path, path: Path, *, word: object, payload_type: str, signer: Signer) -> None:
    """Sign a word and write it to a file inside the state folder.

    Raises `RecordError` when the disk refuses it.
    """
    prepare_state(state)
    envelope = dsse.sign(canonical(word), payload_type, signers=(signer,))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(path, dsse.to_json(envelope) + b"\n", mode=0o600)
    except OSError as error:
        raise _refused(path, f"cannot be written: {error.strerror}") from error


def read_sealed(path: Path, kind: type[T], *, payload_type: str, keys: Mapping[str, bytes]) -> Opened[T]:
    """Return the word in a file that one of the keys signed.

    Raises `TamperError` when no known key's signature holds, `RecordError` for anything else that is wrong.
    """
    try:
        data = read_file(path, LARGEST)
    except (OSError, ValueError) as error:
        raise _refused(path, f"cannot be read: {error}") from error
    verified = dsse.verify(dsse.from_json(data.strip()), keys, payload_type=payload_type)
    try:
        word = from_json(verified.payload, kind, path=path.name, limit=LARGEST)
    except ManifestError as error:
        raise _refused(path, f"holds something else: {error.message}") from error
    return Opened(word, verified.keyids)


def _refused(path: Path, why: str) -> RecordError:
    hint = "write it anew with the command that made it"
    return RecordError(f"a signed file {why}", hint=hint, code="ACC-E635", where=Place(path=str(path)))
