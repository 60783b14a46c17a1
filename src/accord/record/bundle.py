"""A bundle: everything that an outsider needs to check an assessment offline, beside its rendered files."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from accord.core.assessment import Assessment
from accord.core.canon import canonical, digest_bytes
from accord.core.errors import RecordError
from accord.record import dsse
from accord.record.keys import PublicKey, Signer
from accord.record.ledger import Receipt
from accord.record.state import write_file
from accord.record.statement import files_statement

FOLDER: Final = "bundle"
ASSESSMENT: Final = "assessment.dsse.json"
EVIDENCE: Final = "evidence.dsse.jsonl"
FILES: Final = "files.dsse.json"
RECEIPT: Final = "receipt.json"
KEYS: Final = "keys.json"


class Problem(NamedTuple):
    """One thing that does not hold, and where."""

    place: str
    message: str


def write_bundle(
    out: Path,
    assessment: Assessment,
    *,
    envelope: bytes,
    evidence: Iterable[bytes],
    receipt: Receipt,
    files: Iterable[str],
    keys: Iterable[PublicKey],
    signer: Signer,
) -> Path:
    """Write the bundle beside the files that were rendered into `out`, and return its folder.

    `envelope` is the assessment's, `evidence` the envelopes that it names, `files` the names of the rendered files,
    `keys` the public halves of all signers.
    Raises `RecordError` when the folder cannot be written.
    """
    folder = out / FOLDER
    try:
        digests = {name: digest_bytes((out / name).read_bytes()) for name in files}
        said = files_statement(digests, assessment=assessment.id)
        signed = dsse.sign(said, dsse.STATEMENT_TYPE, signers=[signer])
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / ASSESSMENT, envelope + b"\n")
        write_file(folder / EVIDENCE, b"".join(line + b"\n" for line in evidence))
        write_file(folder / FILES, dsse.to_json(signed) + b"\n")
        write_file(folder / RECEIPT, canonical(receipt) + b"\n")
        write_file(folder / KEYS, _keys_json([*keys, signer.public_key()]) + b"\n")
    except OSError as error:
        raise RecordError(f"the bundle cannot be written: {error.strerror}", code="ACC-E550") from error
    return folder


def _keys_json(keys: Sequence[PublicKey]) -> bytes:
    named: Mapping[str, PublicKey] = {key.keyid: key for key in keys}
    listed = [
        {"keyid": key.keyid, "role": key.role, "public": base64.b64encode(key.public).decode()}
        for key in sorted(named.values(), key=lambda key: key.keyid)
    ]
    return canonical({"keys": listed})
