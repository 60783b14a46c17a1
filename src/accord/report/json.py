"""`assessment.json`: the assessment itself, as the command contract promises it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from accord.record.codec import to_json

if TYPE_CHECKING:
    from accord.core.assessment import Assessment


def write(assessment: Assessment, out: TextIO) -> None:
    """Write the assessment as one JSON document with a final line feed.

    Raises `ValueError` for NaN and lone surrogates, which no sealed assessment can hold.
    """
    out.write(to_json(assessment).decode())
