"""What `accord report --verify` says of a document."""

from __future__ import annotations

from pathlib import Path

from accord.core.errors import AccordError
from accord.report import integrity


def told(path: Path) -> str:
    """Return every problem of a document in one line."""
    return "; ".join(problem.message for problem in integrity.problems(path))


def refused_or_told(path: Path) -> bool:
    """Tell whether a document is no document any more, or has a problem."""
    try:
        return integrity.problems(path) != ()
    except AccordError as error:
        return error.code == "ACC-E702"
