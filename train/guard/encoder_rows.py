"""Rows of text as windows of tokens: what the encoder is trained on, bundled by length.

A text that fits is one window. Of a longer benign text some windows are taken, and each of them is benign. Of a longer
attack some windows are taken together, and only the worst of them has to look like an attack: the sentence that gives
the orders stands in one of them, nobody says in which. Where the rows say so, the window that holds it is taken.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

LONGEST: Final = 96
"""Tokens of a window, both ends counted in."""
SHORTEST: Final = 32
"""Tokens of the shortest windows that are cut out of longer texts for training."""
TOGETHER: Final = 2
"""Windows of one attack that are looked at together."""
OVERLAP: Final = 24
PADDING: Final = 1
START, END = 0, 2
MOST_CHARACTERS: Final = 8_000
"""Characters of a text that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A text with what it is, where it is from, and how much it counts."""

    text: str
    label: int
    source: str
    language: str
    weight: float = 1.0
    span: tuple[int, int] | None = None
    hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Windows that are judged together by the worst of them."""

    windows: tuple[tuple[int, ...], ...]
    label: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Examples of about one length: windows, which are there, the example of each, and what the examples are."""

    ids: Tensor
    owner: Tensor
    labels: Tensor
    weights: Tensor


def read(path: Path) -> list[Row]:
    """Return the rows of a file of JSON lines that may be trained on, or end with what to do."""
    if not path.exists():
        raise SystemExit(
            f"{path} does not exist: the rows are made by train/guard/rows.py, the corpus stands in ../shared"
        )
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_row(json.loads(line)) for line in lines]


def _row(record: dict[str, object]) -> Row:
    """Return a row from a line."""
    bad = record.get("bad")
    start, end = bad if isinstance(bad, list) and len(bad) == 2 else (None, None)
    return Row(
        text=str(record["text"])[:MOST_CHARACTERS],
        label=int(str(record["label"])),
        source=str(record["source"]),
        language=str(record.get("lang", "")),
        weight=float(str(record.get("weight", 1.0))),
        span=(start, end) if isinstance(start, int) and isinstance(end, int) and end > start >= 0 else None,
    )


def windows(ids: Sequence[int], *, longest: int = LONGEST) -> list[tuple[int, ...]]:
    """Return tokens as windows that overlap, each with both ends."""
    inside = longest - 2
    if len(ids) <= inside:
        return [(START, *ids, END)]
    starts = [*range(0, len(ids) - inside, inside - OVERLAP), len(ids) - inside]
    return [(START, *ids[at : at + inside], END) for at in starts]


def examples(rows: Sequence[Row], tokenizer: Tokenizer, rng: random.Random) -> Iterator[Example]:
    """Yield what to train on in one pass; long texts give other windows in each pass."""
    for first in range(0, len(rows), 512):
        part = rows[first : first + 512]
        encoded = tokenizer.encode_batch([row.text for row in part], add_special_tokens=False)
        for row, encoding in zip(part, encoded, strict=True):
            longest = rng.randint(SHORTEST, LONGEST)
            if row.label:
                yield Example(windows=_bad(row, encoding, rng, longest), label=1.0, weight=row.weight)
            else:
                one = rng.choice(windows(encoding.ids, longest=longest))
                yield Example(windows=(one,), label=0.0, weight=row.weight)


def _bad(row: Row, encoding: Encoding, rng: random.Random, longest: int) -> tuple[tuple[int, ...], ...]:
    """Return the windows of an attack that are judged together."""
    every = windows(encoding.ids)
    if len(every) == 1 and row.span is None:
        return tuple(every)
    if row.span is None:
        return tuple(every if len(every) <= TOGETHER else [every[0], *rng.sample(every[1:], TOGETHER - 1)])
    held = [at for at, (start, end) in enumerate(encoding.offsets) if start < row.span[1] and end > row.span[0]]
    if not held:
        return (every[0],)
    inside = min(LONGEST, max(longest, len(held) + 4)) - 2
    spare = rng.randint(0, inside - min(len(held), inside))
    at = max(0, min(held[0] - spare, len(encoding.ids) - inside))
    return ((START, *encoding.ids[at : at + inside], END),)


def batches(many: Iterable[Example], rng: random.Random, *, tokens: int) -> list[Batch]:
    """Return batches of about as many tokens each, of windows of like length, in any order."""
    buckets: dict[int, list[Example]] = defaultdict(list)
    out: list[Batch] = []
    for example in many:
        length = max(len(one) for one in example.windows)
        bucket = next(size for size in (16, 24, 32, 40, 48, 64, 80, LONGEST) if length <= size)
        buckets[bucket].append(example)
        if sum(len(one.windows) for one in buckets[bucket]) * bucket >= tokens:
            out.append(batch(buckets.pop(bucket)))
    out.extend(batch(rest) for rest in buckets.values() if len(rest) >= 4)
    rng.shuffle(out)
    return out


def batch(several: Sequence[Example]) -> Batch:
    """Return examples as one batch."""
    flat = [(number, one) for number, example in enumerate(several) for one in example.windows]
    length = max(len(one) for _, one in flat)
    return Batch(
        ids=torch.tensor([[*one, *[PADDING] * (length - len(one))] for _, one in flat]),
        owner=torch.tensor([number for number, _ in flat]),
        labels=torch.tensor([example.label for example in several]),
        weights=torch.tensor([example.weight for example in several]),
    )
