"""Fits how hostile a text sounds to a rule's trial: one weight for each number of the mean meaning of its words.

Attacks are the shipped cases and rows of the corpus that may ship; honest are the built-in texts and such rows. Each
of the four kinds weighs the same. Words count alone: tokens, addresses and numbers stand in attacks and orders alike.

    python train/guard/hostile.py --corpus ../shared/corpus/injection --out src/accord/data/guard/hostile.json
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from accord.case.lint import load
from accord.content.views import views
from accord.guard.meanings import Meanings, Window, meanings
from accord.guard.rules.benign import built_in
from accord.guard.rules.compiling import hostile_texts

CASES = Path(__file__).parents[2] / "src" / "accord" / "data" / "cases"
RIDGE = 1e-3
ROUNDS = 30


def main() -> None:
    """Read the texts, fit the weights, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    table = meanings()
    if table is None:
        raise SystemExit("numpy is not installed")
    known = table
    cases = [text for path in sorted(CASES.rglob("*.yaml")) for text in hostile_texts(load(path))]
    clear = [
        max((view.text for view in views(text)[:6]), key=lambda one: known.told(known.rows(one))) for text in cases
    ]
    rows = [row for row in _rows(args.corpus) if row["ship"] and not row["source"].startswith(("encoded", "BIPIA"))]
    attacks = [row["text"][:1500] for row in rows if row["label"]]
    honest = [row["text"][:1500] for row in rows if not row["label"]]
    groups = [_meant(table, texts) for texts in (clear, attacks, [one.text for one in built_in()], honest)]
    weights = _fitted(groups, (1, 1, 0, 0))
    told = {"weights": [round(float(one), 3) for one in weights[:-1]], "bias": round(float(weights[-1]), 3)}
    args.out.write_text(json.dumps(told), encoding="utf-8")


def _rows(folder: Path) -> list[dict[str, object]]:
    found = []
    for name in ("train", "dev"):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [json.loads(line) for line in lines]
    return found


def _meant(table: Meanings, texts: Sequence[str]) -> np.ndarray:
    words = [tuple(row for row in table.rows(text) if table.is_word(row)) or (0,) for text in texts]
    return table.vectors_of([Window(rows, 0, 0) for rows in words])


def _fitted(groups: Sequence[np.ndarray], labels: Sequence[int]) -> np.ndarray:
    """Return the weights of a logistic regression (Newton's method), each group of the same weight."""
    seen = np.vstack(groups)
    seen = np.hstack([seen, np.ones((len(seen), 1))])
    wanted = np.concatenate([np.full(len(one), label) for one, label in zip(groups, labels, strict=True)])
    share = np.concatenate([np.full(len(one), 1 / len(one) / len(groups)) for one in groups])
    out = np.zeros(seen.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-seen @ out))
        slope = seen.T @ (share * (chance - wanted)) + RIDGE * out
        bend = (seen * (share * chance * (1 - chance))[:, None]).T @ seen + RIDGE * np.eye(len(out))
        out -= np.linalg.solve(bend, slope)
    return out


if __name__ == "__main__":
    main()
