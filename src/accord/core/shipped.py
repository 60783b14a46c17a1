"""What ships with Accord besides code: the files below `accord/data`, by their names there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parents[1] / "data"
"""The folder of shipped data."""


def text_of(name: str) -> str:
    """Return the text of a shipped file."""
    return (DATA / name).read_text("utf-8")


def lines_of(name: str) -> tuple[str, ...]:
    """Return the lines of a shipped list or table, without those that are empty or begin with `#`."""
    return tuple(line for line in text_of(name).splitlines() if line and line[0] != "#")
