"""Measures the detector on the shared corpus, beside peers: `guard_detector.py [--peers] [--encoder] [--json OUT]`.

Ours: AUC, attacks caught at a 1 % false-alarm rate, and latency, in three readings: rows of sources that the shipped
weights never saw (`ship: false`), the development rows of sources that they saw, and all sources each left out in turn
(scores written by train/guard/front.py). Peers run through the harness in ../shared, on the same rows, each in an
environment of its own, `.venv-bench-peers-NAME` with `requirements/bench-guard-NAME.txt`; one that is absent is named.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus" / "injection"
PEERS = {"inferwall": "inferwall", "stackone_defender": "stackone"}
"""Peers by what the harness calls them, with the names of their environments."""

_BY_POSITION = ("BIPIA-email", "BIPIA-table", "BIPIA-code")

Row = dict[str, object]


def main() -> int:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peers", action="store_true", help="also run the peers that are installed, on the same rows")
    asked.add_argument("--encoder", action="store_true", help="ask the encoder about the uncertain band")
    asked.add_argument("--share", type=float, default=0.25, help="the share of the rows that peers run on")
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    if not CORPUS.is_dir():
        print("the corpus ../shared/corpus/injection is absent: nothing to measure on")
        return 0
    from accord.guard.detector import load

    begun = time.perf_counter()
    scorer = load(encoder=options.encoder)
    kept: dict[str, object] = {"load_s": time.perf_counter() - begun}
    rows = [row for row in _rows("dev") if not _by_position(row)]
    unseen = [row for row in (*rows, *_rows("train")) if not row["ship"]]

    def score(some: Sequence[Row]) -> np.ndarray:
        return np.array([scorer.score(str(row["text"]), str(row["channel"])).score for row in some])

    kept["unseen"] = _told("sources never seen (ship: false)", unseen, score(unseen))
    kept["dev"] = _told("development rows", rows, score(rows))
    kept["latency"] = _latency(lambda text: scorer.score(text).score)
    if options.peers:
        _peers([*rows, *(row for row in unseen if row not in rows)], options.share)
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return 0


def _rows(part: str) -> list[Row]:
    with gzip.open(CORPUS / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _by_position(row: Row) -> bool:
    return row["label"] == 1 and str(row["source"]).startswith(_BY_POSITION)


def auc(good: np.ndarray, bad: np.ndarray) -> float:
    """Return the share of pairs that are in the right order; ties count half."""
    ordered = np.sort(good)
    below, upto = np.searchsorted(ordered, bad, "left"), np.searchsorted(ordered, bad, "right")
    return float((below + upto).mean() / 2 / len(good))


def _told(title: str, rows: Sequence[Row], scores: np.ndarray) -> dict[str, object]:
    label = np.array([row["label"] for row in rows])
    good = scores[label == 0]
    threshold = np.sort(good)[::-1][int(0.01 * len(good))]
    print(f"\n## {title}: {len(rows)} rows, {int(label.sum())} attacks\n")
    print("| slice | attacks | AUC | TPR at 1 % FPR | FPR there |")
    print("|---|---|---|---|---|")
    kept: dict[str, object] = {}
    slices = {"all": np.ones(len(rows), bool)}
    for field in ("source", "channel", "lang"):
        values = np.array([str(row[field]) for row in rows])
        slices |= {f"{field}: {value}": values == value for value in sorted(set(values))}
    for name, chosen in slices.items():
        bad, own = scores[chosen & (label == 1)], scores[chosen & (label == 0)]
        cells = (
            f"{auc(good, bad):.3f}" if len(bad) else "-",
            f"{(bad > threshold).mean():.3f}" if len(bad) else "-",
            f"{(own > threshold).mean():.3f}" if len(own) else "-",
        )
        print(f"| {name} | {len(bad)} | " + " | ".join(cells) + " |")
        kept[name] = cells
    return kept


def _latency(one: Callable[[str], float]) -> dict[str, float]:
    base = (
        "The quarterly report covers delivery dates, open questions from the desk and the plan for the next release. "
    )
    kept: dict[str, float] = {}
    for name, size, times in (("200 tokens", 800, 300), ("4,000 tokens", 16_000, 100)):
        text = (base * 200)[: size - 8]
        took = []
        for at in range(times):
            begun = time.perf_counter()
            one(f"{text}{at:07d}")
            took.append((time.perf_counter() - begun) * 1e3)
        kept[name] = float(np.percentile(took, 50))
        print(f"\n{name}: p50 {kept[name]:.2f} ms, p99 {float(np.percentile(took, 99)):.2f} ms")
    return kept


def _peers(rows: Sequence[Row], share: float) -> None:
    """Run ours and the peers on a share of the rows, chosen by their ids; honest texts of ours are hard negatives."""
    from accord.guard.rules.benign import built_in

    hard: list[Row] = [
        {"id": hashlib.sha256(one.text.encode()).hexdigest()[:12], "text": one.text, "label": 0, "source": "ours"}
        | {"lang": "", "channel": one.channel}
        for one in built_in()
    ]
    with tempfile.TemporaryDirectory() as made:
        for name, some in (("test", rows), ("hard_negatives", hard)):
            with gzip.open(Path(made) / f"{name}.jsonl.gz", "wt", encoding="utf-8") as out:
                out.write("".join(json.dumps(row) + "\n" for row in some))
        test = ["--test", made, "--frac", str(share)]
        pythons = {peer: ROOT / f".venv-bench-peers-{place}" / "bin" / "python" for peer, place in PEERS.items()}
        ours = f"{Path(sys.executable).parent}/accord guard score"
        _harness("accord", pythons["inferwall"], ["--cmd", ours, *test])  # the harness needs scipy, which is there
        for peer, python in pythons.items():
            _harness(peer, python, ["--adapter", peer, *test])


def _harness(name: str, python: Path, asked: Sequence[str]) -> None:
    """Run the harness in an environment and print its table, or why there is none."""
    if not python.is_file():
        print(f"{name}: {python.parent.parent.name} is absent", flush=True)
        return
    command = [str(python), str(SHARED / "tools" / "guard_peers.py"), *asked]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    last = (ran.stderr.strip().splitlines() or ["no reason"])[-1][:160]
    print(ran.stdout if ran.returncode == 0 else f"{name} failed: {last}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
