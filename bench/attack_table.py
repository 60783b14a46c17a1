"""The tables that the attack bench prints, and the folders in which its rows run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from attack_server import Ran


class Measured(NamedTuple):
    """One line of a table, as text and as numbers to keep."""

    cells: tuple[str, ...]
    kept: dict[str, object]


def table(title: str, head: tuple[str, ...], lines: list[Measured]) -> list[dict[str, object]]:
    """Print a table and return its numbers."""
    print(f"\n{title}\n\n| " + " | ".join(head) + " |\n|" + "---|" * len(head), flush=True)
    for line in lines:
        print("| " + " | ".join(line.cells) + " |", flush=True)
    return [line.kept for line in lines]


def fresh(folder: Path, name: str) -> Path:
    """Make a folder of one run."""
    place = folder / name
    place.mkdir(parents=True)
    return place


def whole(ran: Ran) -> str:
    """Say how long a command took, or that it had to be stopped."""
    return f"{ran.seconds:.1f} s" if ran.code is not None else f"not done in {ran.seconds:.0f} s"
