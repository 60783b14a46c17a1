"""Content-addressed files: large documents by the digest of their bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from accord.core.canon import Digest, digest_bytes
from accord.core.errors import RecordError, TamperError
from accord.core.finding import Place
from accord.record.state import read_file, write_file

MAX_BLOB: Final = 256 << 20
"""The largest blob, in bytes."""

_DIGEST = re.compile(r"sha256:([0-9a-f]{2})([0-9a-f]{62})")


def put_blob(folder: Path, data: bytes) -> Digest:
    """Store bytes durably, once, and return their digest.

    Raises `RecordError` when they are too large or the disk refuses them.
    """
    if len(data) > MAX_BLOB:
        raise RecordError(f"a document of {len(data)} bytes is too large to keep", code="ACC-E533")
    name = digest_bytes(data)
    path = blob_path(folder, name)
    try:
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(path, data, mode=0o600)
    except OSError as error:
        raise RecordError(f"a document cannot be kept: {error.strerror}", code="ACC-E533", where=_at(path)) from error
    return name


def get_blob(folder: Path, name: Digest) -> bytes:
    """Return the bytes of a digest.

    Raises `TamperError` when they are other bytes, `RecordError` when they are gone or too large.
    """
    path = blob_path(folder, name)
    try:
        data = read_file(path, MAX_BLOB)
    except (OSError, ValueError) as error:
        raise RecordError(f"the stored document {name} cannot be read", code="ACC-E533", where=_at(path)) from error
    if digest_bytes(data) != name:
        raise TamperError(f"the stored document {name} was changed", code="ACC-E532", where=_at(path))
    return data


def blob_path(folder: Path, name: Digest) -> Path:
    """Return where the bytes of a digest lie.

    Raises `RecordError` for a name that is no digest.
    """
    match = _DIGEST.fullmatch(name)
    if match is None:
        raise RecordError(f"{name!r} is no digest", code="ACC-E533")
    return folder / "sha256" / match[1] / match[2]


def _at(path: Path) -> Place:
    return Place(path=str(path))
