"""Trains the intent router from data/tickets.jsonl and stores it; the same seed gives the same bytes."""

import argparse
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.router import BUCKETS, buckets, intent
from app.weights import ROUTER_FILE, Router, store

HERE = Path(__file__).resolve().parent
EPOCHS = 40
STEP = 0.05
DECAY = 1e-4


class Row(NamedTuple):
    """One labelled ticket."""

    text: str
    intent: str


class Split(NamedTuple):
    """Tickets to learn from, and tickets that training never sees."""

    train: tuple[Row, ...]
    held_out: tuple[Row, ...]


def read(path: Path) -> tuple[Row, ...]:
    """Return the tickets of the dataset."""
    return tuple(Row(**json.loads(line)) for line in path.read_text("utf-8").splitlines())


def split(rows: Sequence[Row]) -> Split:
    """Hold out every fifth ticket of each intent; every wording occurs once, so no wording is on both sides."""
    train: list[Row] = []
    held_out: list[Row] = []
    seen: dict[str, int] = {}
    for row in rows:
        seen[row.intent] = seen.get(row.intent, 0) + 1
        (held_out if seen[row.intent] % 5 == 0 else train).append(row)
    return Split(tuple(train), tuple(held_out))


def train(rows: Sequence[Row], seed: int) -> Router:
    """Fit a softmax regression by plain stochastic gradient descent."""
    rng = random.Random(seed)
    intents = sorted({row.intent for row in rows})
    weights, bias = np.zeros((BUCKETS, len(intents))), np.zeros(len(intents))
    examples = [(np.array(buckets(row.text)), intents.index(row.intent)) for row in rows]
    for _ in range(EPOCHS):
        rng.shuffle(examples)
        for hashed, wanted in examples:
            scores = bias + weights[hashed].sum(axis=0)
            # math.exp, not numpy's: the latter differs in its last bit between processors.
            powers = [math.exp(score) for score in scores - scores.max()]
            error = np.array(powers) / math.fsum(powers)
            error[wanted] -= 1.0
            weights[hashed] -= STEP * (error + DECAY * weights[hashed])
            bias -= STEP * error
    thousandths = np.rint(weights * 1000).astype(int).tolist()
    return Router(intents=intents, bias=np.rint(bias * 1000).astype(int).tolist(), weights=thousandths)


def accuracy(router: Router, rows: Sequence[Row]) -> float:
    """Return the share of tickets whose intent the router names."""
    return sum(intent(router, row.text) == row.intent for row in rows) / len(rows)


def main() -> None:
    """Train, say how good the router is on tickets it never saw, and store it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROUTER_FILE)
    options = parser.parse_args()
    parts = split(read(HERE / "data" / "tickets.jsonl"))
    router = train(parts.train, options.seed)
    store(router, options.out)
    print(f"train {accuracy(router, parts.train):.3f} of {len(parts.train)}, held out ", end="")
    print(f"{accuracy(router, parts.held_out):.3f} of {len(parts.held_out)}, seed {options.seed}")


if __name__ == "__main__":
    main()
