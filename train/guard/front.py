"""Makes the weights of the detector's front: `python train/guard/front.py [--seed N] [--most N]`.

Needs numpy and scipy. Reads train/guard/made/rows.jsonl.gz (see rows.py). The second step and the thresholds are
fitted on scores that the n-grams' weights gave to sources that they had not seen, so that they speak of texts from
elsewhere.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import fitting
import numpy as np
import sources
from scipy.optimize import minimize
from scipy.special import expit

from accord.content.views import views
from accord.guard.detector.calibration import above, written
from accord.guard.detector.front import FEATURES, Front
from accord.guard.detector.signatures import Signatures, signatures
from accord.guard.detector.table import packed
from accord.guard.detector.words import Reading

OUT: Final = sources.ROOT / "src/accord/data/guard/weights"
MADE: Final = sources.HERE / "made"
GROUPS: Final = {
    "prompts": ("deepset",),
    "personas": ("verazuo", "GPTFuzzer", "Self-Rem", "WildGuard", "awesome"),
    "documents": ("ASB", "docs:", "OWASP", "BIPIA"),
}
_CHANNELS: Final = {
    "document": "retrieval",
    "html": "retrieval",
    "email": "retrieval",
    "tool_output": "tool-output",
    "code": "file",
}
_MIXTURE: Final = np.array([0.5, 0.5, 0.0, 0.3, 4.0, 1.0])
RATES: Final = {"flag": 0.01, "block": 0.001, "low": 0.11, "high": 0.002}
_BLEND: Final = {"front": 0.7, "encoder": 0.5, "offset": 0.3, "most": 40.0}
"""What cascade.py writes as well, which fits the thresholds of both stages together."""

_TIMES: Final = 4
"""How often a made row counts among the honest ones: the corpus has many that were written to look like attacks."""

Row = dict[str, object]


class Scored(NamedTuple):
    """Rows with the features that a model which had not seen them gave."""

    rows: list[Row]
    features: np.ndarray

    def labels(self) -> np.ndarray:
        """Return the labels."""
        return np.array([int(str(row["label"])) for row in self.rows])


def main() -> None:
    """Fit everything, write the weights, the description, and the scores of the development rows."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=20261122)
    asked.add_argument("--most", type=int, default=90_000, help="made rows that are taught")
    asked.add_argument("--penalty", type=float, default=1e-5)
    asked.add_argument("--rounds", type=int, default=50)
    asked.add_argument("--again", action="store_true", help="keep the n-grams' weights of the run before")
    options = asked.parse_args()
    table = signatures()
    made, held = _made(options.seed, options.most)
    corpus = [row | {"weight": 2.0} for row in sources.corpus("train") if sources.may_train(row)]
    seen_elsewhere: list[Row] = []
    features: list[np.ndarray] = []
    for name, begins in GROUPS.items():
        rest = [row for row in corpus if not str(row["source"]).startswith((*begins, "encoded"))]
        model = _kept(name, options, [*made[: options.most // 2], *rest])
        left = [row for row in corpus if str(row["source"]).startswith(begins)]
        seen_elsewhere += left
        features.append(looked(front_from(model), table, left))
        print(name, len(left), flush=True)
    final = _kept("final", options, [*made, *corpus])
    front = front_from(final)
    scored = Scored([*seen_elsewhere, *held], np.concatenate([*features, looked(front, table, held)]))
    np.savez(MADE / "second.npz", features=scored.features)
    (MADE / "second.jsonl").write_text("\n".join(json.dumps(row) for row in scored.rows), "utf-8")
    finish(front, scored, options.seed, sources.digest([*made, *corpus]))


def group_of(row: Row) -> str:
    """Return the group of sources that a row belongs to; nothing for a row that we made."""
    source = str(row["source"])
    return next((name for name, begins in GROUPS.items() if source.startswith(begins)), "")


def _kept(name: str, options: argparse.Namespace, rows: list[Row]) -> fitting.Linear:
    path = MADE / f"linear-{name}.npz"
    if options.again and path.is_file():
        found = np.load(path)
        return fitting.Linear(found["weights"], float(found["offset"]))
    model = fitting.fit(fitting.windows(rows, options.seed), penalty=options.penalty, rounds=options.rounds)
    np.savez(path, weights=model.weights, offset=model.offset)
    return model


def _made(seed: int, most: int) -> tuple[list[Row], list[Row]]:
    with gzip.open(MADE / "rows.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if str(row["source"]).startswith(("made", "own", "library"))]
    random.Random(seed).shuffle(rows)
    return rows[4000 : 4000 + most], rows[:4000]


def front_from(model: fitting.Linear) -> Front:
    """Return the front with weights of a byte each: levels are close near nought and wide far from it."""
    top = float(np.abs(model.weights).max()) or 1.0
    steps = np.arange(-127, 128) / 127
    levels = np.zeros(256, np.float32)
    levels[:255] = np.sign(steps) * steps**2 * top
    codes = np.rint(np.sign(model.weights) * np.sqrt(np.abs(model.weights) / top) * 127).astype(np.int16) + 127
    return Front(codes.astype(np.uint8), levels, model.offset, np.zeros(len(FEATURES)), 0.0)


def looked(front: Front, table: Signatures, rows: list[Row]) -> np.ndarray:
    """Return the features of rows."""
    found = []
    for row in rows:
        decoded = views(str(row["text"]))
        found.append(front.look(decoded, table.seen(decoded)).features)
    return np.array(found) if found else np.zeros((0, len(FEATURES)))


def second_step(scored: Scored) -> tuple[np.ndarray, float]:
    """Fit slope and offset of the set mixture: logistic loss, both labels alike, made rows at a third.

    The mixture is set, not fitted: fitted ones followed the sources that they were fitted on, and were worse on others.
    """
    mixed, label = scored.features @ _MIXTURE, scored.labels()
    weight = np.array([0.3 if str(row["source"]).startswith("made") else 1.0 for row in scored.rows])
    for side in (0, 1):
        weight[label == side] /= weight[label == side].sum() * 2
    sign = 2 * label - 1

    def loss(point: np.ndarray) -> float:
        return float((weight * np.logaddexp(0, -sign * (point[0] * mixed + point[1]))).sum())

    slope, offset = minimize(loss, np.array([1.0, -2.0]), method="Nelder-Mead").x
    return _MIXTURE * slope, float(offset)


def finish(front: Front, scored: Scored, seed: int, taught: str) -> None:
    """Fit the second step and the thresholds, and write all files; `taught` is the digest of the rows."""
    weights, offset = second_step(scored)
    print(dict(zip(FEATURES, weights.round(3).tolist(), strict=True)), round(offset, 3))
    scores = expit(scored.features @ weights + offset)
    label = scored.labels()
    channel = np.array([_CHANNELS.get(str(row["channel"]), str(row["channel"])) for row in scored.rows])
    corpus = np.array([bool(group_of(row)) for row in scored.rows])
    readings: dict[str, Reading] = {}
    for name in ("default", *sorted(set(channel.tolist()))):
        chosen = (label == 0) & ((channel == name) | (name == "default"))
        if chosen.sum() < 200:
            continue
        honest = np.concatenate((scores[chosen & corpus], np.repeat(scores[chosen & ~corpus], _TIMES))).tolist()
        cut = {field: above(honest, rate) for field, rate in RATES.items()}
        cut["block"] = max(cut["block"], cut["flag"])
        readings[name] = Reading(slope=1.0, offset=0.0, **cut)
    OUT.mkdir(parents=True, exist_ok=True)
    arrays = {
        "codes": front.codes,
        "levels": front.levels,
        "offset": np.array([front.offset], np.float32),
        "second": weights.astype(np.float32),
        "second_offset": np.array([offset], np.float32),
    }
    about = {"format": "pt", "made_by": "train/guard/front.py", "seed": str(seed), "texts": taught}
    (OUT / "front.safetensors").write_bytes(packed(arrays, about))
    told = {"front": 1, "seed": seed, "rates": RATES, "features": list(FEATURES), "channels": written(readings)}
    told["blend"] = _BLEND
    (OUT / "front.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
