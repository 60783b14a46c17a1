"""Fits the thresholds of the whole detector, the last step of all: `python train/guard/cascade.py [--weights DIR]`.

What orders add to rows of documents is told by weights that had not seen them (`orders.py --without`).

Needs numpy, onnxruntime and tokenizers, and what front.py left in train/guard/made: rows with the features that a front
gave which had not seen their sources. The encoder is asked about those in the front's band, as at run time, and the
thresholds are the scores that a named share of the honest rows exceeds. Then it says what rows do that nothing was
taught or fitted with: those that may not ship, and the honest texts that rules are tried on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import front as training
import numpy as np
import sources

from accord.content.views import View
from accord.guard.detector import Scorer, load
from accord.guard.detector.calibration import above, readings
from accord.guard.detector.front import Front, Looked
from accord.guard.detector.orders import Orders, orders_of
from accord.guard.detector.signatures import Seen
from accord.guard.detector.table import arrays
from accord.guard.rules.benign import built_in

MADE: Final = sources.HERE / "made"
OUT: Final = sources.ROOT / "src/accord/data/guard/weights"
BLEND: Final = {"front": 0.7, "encoder": 0.5, "offset": 0.3, "most": 40.0}
"""Chosen on rows that may not ship and on development rows; neighbours of these numbers do nearly as well."""

FLAGGED: Final = {"default": 0.005, "file": 0.003, "retrieval": 0.006, "tool-output": 0.012, "user": 0.0035}
BLOCKED: Final = 0.0005
"""Shares of the rows that thresholds are fitted on. One in a hundred and one in a thousand are promised, elsewhere: the
encoder has seen some of these rows and is surer of them, and the made ones were made to be mistaken. The shares are
those that keep the promise on honest rows that nothing was taught with."""

_FEWEST: Final = 200
_TIMES: Final = 4
"""How often a made row counts among the honest ones: the corpus has many that were written to look like attacks."""

Row = dict[str, object]


class _Given:
    """A front whose windows are its own, and whose logit is told."""

    def __init__(self, front: Front, said: float) -> None:
        self.front, self.said = front, said

    def look(self, found: Sequence[View], seen: Seen) -> Looked:
        """Return what the front sees."""
        return self.front.look(found, seen)

    def logit(self, _looked: Looked) -> float:
        """Return what was told."""
        return self.said


class Told(NamedTuple):
    """Rows with their final scores, and which of them the encoder was asked about."""

    rows: Sequence[Row]
    scores: np.ndarray
    asked: np.ndarray

    def chosen(self, label: int, channel: str | None = None) -> np.ndarray:
        """Return which rows have a label, in one channel or in all."""
        return np.array([row["label"] == label and channel in (None, row["heard"]) for row in self.rows])


def main() -> None:
    """Fit the thresholds, write them, and say what they do elsewhere."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--weights", type=Path, default=OUT)
    asked.add_argument("--dry", action="store_true", help="write nothing")
    options = asked.parse_args()
    path = options.weights / "front.json"
    described = json.loads(path.read_text("utf-8")) | {"blend": BLEND}
    path.write_text(json.dumps(described, indent=2, sort_keys=True) + "\n", "utf-8")
    scorer = load(options.weights)
    if scorer.front is None or scorer.encoder is None:
        raise SystemExit("both stages are needed: install onnxruntime and tokenizers, and export the encoder")
    rows, features = _seen()
    logits = features @ scorer.front.second + scorer.front.second_offset
    alone = told(replace(scorer, encoder=None), rows, logits)
    channels = {name: dict(one) | _band(alone, name) for name, one in described["channels"].items()}
    scorer = scorer.calibrated(readings(channels))
    fitted = told(scorer, rows, logits)
    channels = {name: one | _thresholds(fitted, name) for name, one in channels.items()}
    for one in channels.values():  # between `high` and `flag` a text would be neither asked about nor flagged
        one["high"] = max(one["high"], one["flag"])
    print("asked about", _share(fitted.asked[fitted.chosen(0)]), "of the honest rows that thresholds were fitted on")
    if not options.dry:
        path.write_text(
            json.dumps(described | {"channels": channels, "rates": training.RATES}, indent=2, sort_keys=True) + "\n",
            "utf-8",
        )
    _elsewhere(scorer.calibrated(readings(channels)))


def _seen() -> tuple[list[Row], np.ndarray]:
    with (MADE / "second.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return rows, np.load(MADE / "second.npz")["features"]


def told(scorer: Scorer, rows: Sequence[Row], logits: np.ndarray | None = None) -> Told:
    """Return the final scores of rows; `logits` are what fronts said that had not seen their sources."""
    scores, asked, unseen = [], [], unseen_orders()
    for at, row in enumerate(rows):
        row["heard"] = scorer.channel(str(row["channel"]))
        one = scorer
        if logits is not None and scorer.front is not None:
            orders = unseen if unseen and training.group_of(row) == "documents" else scorer.orders
            one = replace(scorer, front=_Given(scorer.front, float(logits[at])), orders=orders)
        found = one.score(str(row["text"]), str(row["channel"]))
        scores.append(found.score)
        asked.append(found.stage == "encoder")
    return Told(rows, np.array(scores), np.array(asked))


def unseen_orders() -> Orders | None:
    """Return what finds orders and was taught without the corpus' documents."""
    path = MADE / "orders-documents.safetensors"
    return orders_of(arrays(path)) if path.is_file() else None


def _band(alone: Told, channel: str) -> dict[str, float]:
    """Return between which scores the first stage is unsure in a channel; nothing where there are too few rows."""
    honest = _honest(alone, channel)
    return {name: round(above(honest, training.RATES[name]), 9) for name in ("low", "high") if honest}


def _honest(told: Told, channel: str) -> list[float]:
    """Return the scores of the honest rows of a channel, made ones several times; none where there are too few."""
    chosen = told.chosen(0, None if channel == "default" else channel)
    if chosen.sum() < _FEWEST:
        return []
    made = np.array([str(row["source"]).startswith("made") for row in told.rows])
    scores = np.concatenate((told.scores[chosen & ~made], np.repeat(told.scores[chosen & made], _TIMES)))
    return [float(score) for score in scores]


def _thresholds(fitted: Told, channel: str) -> dict[str, float]:
    """Return the thresholds of a channel; nothing where there are too few honest rows."""
    honest = _honest(fitted, channel)
    if not honest:
        return {}
    flag = above(honest, FLAGGED[channel])
    return {"flag": round(flag, 9), "block": round(max(flag, above(honest, BLOCKED)), 9)}


def _elsewhere(scorer: Scorer) -> None:
    never = [row for part in ("train", "dev") for row in sources.corpus(part) if not row["ship"]]
    hard = [{"text": one.text, "channel": one.channel, "label": 0} for one in built_in()]
    for name, rows in (("rows that may not ship", never), ("honest texts that rules are tried on", hard)):
        found = told(scorer, rows)
        flag = np.array(
            [(scorer.by_channel.get(str(row["heard"])) or scorer.by_channel["default"]).flag for row in rows]
        )
        for label, word in ((1, "attacks"), (0, "honest")):
            some = found.chosen(label)
            if some.any():
                print(name, word, _share((found.scores >= flag)[some]), "asked about", _share(found.asked[some]))


def _share(some: np.ndarray) -> str:
    return f"{int(some.sum())} of {len(some)} ({float(some.mean()):.3f})"


if __name__ == "__main__":
    main()
