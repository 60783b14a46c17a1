"""Where the makers of harmless artefacts put them: a folder a sample, and a label for each.

Used by `bench/benign_*.py`, which run in environments of their own; standard library only.
"""

from __future__ import annotations

import csv
import hashlib
import random
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FIELDS: Final = ("file", "label", "class", "format", "why")


class Shelf:
    """Gives every sample a folder and writes its label; the same seed gives the same folders."""

    def __init__(self, root: Path, batch: str, seed: int) -> None:
        self.root, self.batch, self.seed = root, batch, seed
        self.rows: list[tuple[str, ...]] = []
        self.failed: list[str] = []

    def folder(self, kind: str, fmt: str, why: str, name: str = "") -> Path:
        """Make a fresh folder; the sample is the folder, or the file `name` in it."""
        key = hashlib.sha256(f"{self.seed} {self.batch} {len(self.rows)}".encode()).hexdigest()[:10]
        place = self.root / "s" / key
        place.mkdir(parents=True)
        self.rows.append((f"s/{key}/{name}".rstrip("/"), "benign", kind, fmt, why))
        return place

    @contextmanager
    def file(self, name: str, kind: str, fmt: str, why: str) -> Iterator[Path]:
        """Give the path of a new sample; where its making fails, the sample is dropped and the failure kept."""
        place = self.folder(kind, fmt, why, name)
        try:
            yield place / name
        except Exception as error:  # whatever somebody's library raises: there is one sample less
            self.rows.pop()
            for left in sorted(place.rglob("*"), reverse=True):
                left.rmdir() if left.is_dir() else left.unlink()
            place.rmdir()
            self.failed.append(f"{why}: {type(error).__name__}: {str(error)[:100]}")

    def close(self) -> None:
        """Write the labels of this batch."""
        with (self.root / f"labels-{self.batch}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(FIELDS)
            writer.writerows(self.rows)
        for line in self.failed:
            sys.stderr.write(f"  not made: {line}\n")
        sys.stderr.write(f"{self.batch}: {len(self.rows)} samples, {len(self.failed)} not made\n")


def run(*makers: Callable[[Shelf], None]) -> None:
    """Run makers as `python bench/benign_X.py ROOT BATCH SEED`."""
    warnings.simplefilter("ignore")
    root, batch, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    random.seed(seed)
    shelf = Shelf(root, batch, seed)
    for maker in makers:
        try:
            maker(shelf)
        except Exception:  # the same: a framework that breaks here costs its samples, not the run
            sys.stderr.write(f"  {maker.__name__} stopped: {traceback.format_exc(limit=-2)}\n")
    shelf.close()
