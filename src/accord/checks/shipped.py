"""The lists that checks ask with: YAML that ships with Accord, read as strictly as anything else."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def shipped(name: str, kind: type[T]) -> T:
    """Return the word that a file of `accord/data` holds."""
    from accord.core.shipped import DATA
    from accord.record.codec import decode

    return decode((DATA / name).read_bytes(), kind, path=name)
