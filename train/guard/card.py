"""Writes what is published with the weights: the front's card, the whole detector's, the scores of development rows.

`python train/guard/card.py`, the last step of README.md. The front's table of sources is measured on
scores that a model gave which had not seen the source, with a second step fitted without it too; rows that may not ship
were never taught to anything.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cascade
import front as training
import numpy as np
import sources

from accord.guard.detector import Scorer, load
from accord.guard.detector.signatures import signatures

_HEAD: Final = (sources.HERE / "card.txt").read_text("utf-8")
_ORDERS: Final = (sources.HERE / "orders.txt").read_text("utf-8")
_WHOLE: Final = """# Card: the detector as a whole

The front decides alone outside its uncertain band; inside, the encoder reads the worst stretches and both are put
together (`blend` in `front.json`). Caught: attacks above the score that one honest row of a hundred of the same table
exceeds. Attacks that BIPIA tells by their position alone are left out. Made by `train/guard/card.py`; cards of the
stages: `front.md`, `orders.md`, `encoder.md`. The second table can be made again from `detector.scores.tsv`.

Measured with these files (SHA-256):
{files}
"""

_MEASURED: Final = ("front.safetensors", "orders.safetensors", "encoder.onnx", "tokenizer.json", "front.json")


def main() -> None:
    """Write `front.md`, `front.scores.tsv`, `orders.md` and what `whole` writes."""
    rows, scores = _unseen()
    described = json.loads((training.OUT / "front.json").read_text("utf-8"))
    rates = described["rates"]
    text = _HEAD.format(
        size=(training.OUT / "front.safetensors").stat().st_size,
        digest=_digest("front.safetensors"),
        languages=len(list((sources.HERE / "grammar").glob("[a-z]*.txt"))),
        seed=described["seed"],
        flag=rates["flag"],
        block=rates["block"],
    )
    text += _table(rows, scores, "source") + "\n## The same by channel\n\n" + _columns("channel")
    text += _table(rows, scores, "channel") + "\n## The same by language\n\n" + _columns("language")
    text += _table(rows, scores, "lang")
    (training.OUT / "front.md").write_text(text, "utf-8")
    _scores("front", replace(load(encoder=False), orders=None), "the front")
    orders(rows, scores)
    whole()


def orders(rows: list[training.Row], scores: np.ndarray) -> None:
    """Write `orders.md`: what orders out of place add, told by weights that had not seen the corpus' documents."""
    shipped, unseen = load(encoder=False).orders, cascade.unseen_orders()
    if shipped is None or unseen is None:
        raise SystemExit("weights are missing: see orders.py and its --without")
    found = [(unseen if training.group_of(row) == "documents" else shipped, str(row["text"])) for row in rows]
    both = scores + np.array([one.adds(one.look(text)) for one, text in found])
    size = (training.OUT / "orders.safetensors").stat().st_size
    text = _ORDERS.format(size=size, digest=_digest("orders.safetensors"))
    for title, said in (("The front alone", scores), ("With orders", both)):
        for name, field in (("source", "source"), ("channel", "channel"), ("language", "lang")):
            text += f"\n## {title}, by {name}\n\n{_columns(name)}{_table(rows, said, field)}"
    (training.OUT / "orders.md").write_text(text, "utf-8")


def whole() -> None:
    """Write what both stages together do: `detector.md` and `detector.scores.tsv`."""
    scorer = load()
    if scorer.encoder is None:
        raise SystemExit("the encoder needs onnxruntime and tokenizers")
    text = _WHOLE.format(files="\n".join(f"- `{name}` {_digest(name)}" for name in _MEASURED))
    for title, rows in (
        ("Sources that nothing was taught with (`ship: false`)", _rows(ship=False)),
        ("Development rows of sources that were taught", _rows(ship=True)),
    ):
        scores = np.array([scorer.score(str(row["text"]), str(row["channel"])).score for row in rows])
        text += f"\n## {title}\n"
        for name, field in (("source", "source"), ("channel", "channel"), ("language", "lang")):
            text += f"\n{_columns(name)}{_table(rows, scores, field)}"
    (training.OUT / "detector.md").write_text(text, "utf-8")
    _scores("detector", scorer, "the whole detector")


def _digest(name: str) -> str:
    """Return the SHA-256 of a file that ships."""
    return hashlib.sha256((training.OUT / name).read_bytes()).hexdigest()


def _rows(*, ship: bool) -> list[training.Row]:
    """Return rows that were not taught: of sources that may not be, all; of others, the development rows."""
    parts = ("dev",) if ship else ("train", "dev")
    rows = [row for part in parts for row in sources.corpus(part) if bool(row["ship"]) is ship]
    return [row for row in rows if not (row["label"] and str(row["source"]).startswith("BIPIA"))]


def _columns(name: str) -> str:
    return f"| {name} | attacks | AUC | caught | honest | flagged |\n|---|---|---|---|---|---|\n"


def _unseen() -> tuple[list[training.Row], np.ndarray]:
    with (training.MADE / "second.jsonl").open(encoding="utf-8") as lines:
        seen = [json.loads(line) for line in lines]
    features = np.load(training.MADE / "second.npz")["features"]
    group = np.array([training.group_of(row) for row in seen])
    scores = np.zeros(len(seen))
    for name in training.GROUPS:
        others = [at for at in range(len(seen)) if group[at] != name]
        weights, offset = training.second_step(training.Scored([seen[at] for at in others], features[others]))
        scores[group == name] = features[group == name] @ weights + offset
    kept = [at for at in range(len(seen)) if group[at]]
    scorer, table = load(encoder=False), signatures()
    never = [row for part in ("train", "dev") for row in sources.corpus(part) if not row["ship"]]
    if scorer.front is None:
        raise SystemExit("the front needs numpy")
    told = training.looked(scorer.front, table, never) @ scorer.front.second + scorer.front.second_offset
    return [*(seen[at] for at in kept), *never], np.concatenate((scores[kept], told))


def _table(rows: list[training.Row], scores: np.ndarray, field: str) -> str:
    label = np.array([row["label"] for row in rows])
    good = np.sort(scores[label == 0])
    threshold = good[-1 - int(0.01 * len(good))]
    values = np.array([str(row[field]) for row in rows])
    lines = []
    for value in ("all", *sorted(set(values.tolist()))):
        chosen = (values == value) | (value == "all")
        bad, own = scores[chosen & (label == 1)], scores[chosen & (label == 0)]
        below = np.searchsorted(good, bad, "left") + np.searchsorted(good, bad, "right")
        area = below.sum() / 2 / len(good) / max(len(bad), 1)
        caught = f"{len(bad)} | {area:.3f} | {(bad > threshold).mean():.3f}" if len(bad) else "0 | - | -"
        flagged = f"{len(own)} | {(own > threshold).mean():.3f}" if len(own) else "0 | -"
        lines.append(f"| {value} | {caught} | {flagged} |\n")
    return "".join(lines)


def _scores(name: str, scorer: Scorer, said: str) -> None:
    lines = [f"# id\tlabel\tsource\tchannel\tlang\tscore of {said} (development rows of corpus/injection)"]
    for row in sources.corpus("dev"):
        found = scorer.score(str(row["text"]), str(row["channel"]))
        told = (row["id"], row["label"], row["source"], row["channel"], row["lang"], f"{found.score:.5f}")
        lines.append("\t".join(str(one) for one in told))
    (training.OUT / f"{name}.scores.tsv").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
