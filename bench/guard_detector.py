"""Measures the detector on the shared corpus, beside peers: `guard_detector.py [--peers] [--encoder] [--json OUT]`.

Ours: AUC, attacks caught at a 1 % false-alarm rate and how often the encoder is asked, on rows of sources that the
shipped weights never saw (`ship: false`) and on development rows of those that they saw; and CPU time by kind of text.
What each source is like that was left out stands in the cards beside the weights (train/guard/card.py). Peers run
through the harness in ../shared, on the same rows, each in an environment of its own, `.venv-bench-peers-NAME` with
`requirements/bench-guard-NAME.txt`; one that is absent is named.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from accord.guard.detector import Reading, Scorer, load
from accord.guard.detector.scorer import Cache
from accord.guard.rules.benign import built_in

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus" / "injection"
PEERS = {"inferwall": "inferwall", "stackone_defender": "stackone"}
"""Peers by what the harness calls them, with the names of their environments."""

_WHEN = ("昨日", "先週の金曜日", "来期", "今朝", "四月", "去年の夏")
_WHAT = ("会議", "新しい倉庫", "電車の遅れ", "契約書の第四条", "売上", "展示会")
_WHO = ("田中さん", "担当の部署", "図書館の職員", "隣の店", "市の広報", "私たち")
_DID = ("説明しました", "資料をまとめています", "まだ返事をしていません", "詳しく調べる予定です", "三回話し合いました")

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
    begun = time.perf_counter()
    scorer = load(encoder=options.encoder)
    kept: dict[str, object] = {"load_s": time.perf_counter() - begun}
    rows = [row for row in _rows("dev") if not _by_position(row)]
    unseen = [row for row in (*rows, *_rows("train")) if not row["ship"]]

    def score(some: Sequence[Row]) -> np.ndarray:
        found = [scorer.score(str(row["text"]), str(row["channel"])) for row in some]
        honest = [one.stage == "encoder" for one, row in zip(found, some, strict=True) if row["label"] == 0]
        print(f"\nasked the encoder about {sum(honest)} of {len(honest)} honest texts")
        return np.array([one.score for one in found])

    kept["unseen"] = _told("sources never seen (ship: false)", unseen, score(unseen))
    kept["dev"] = _told("development rows", rows, score(rows))
    score([{"text": one.text, "channel": one.channel, "label": 0} for one in built_in()])
    kept["latency"] = _latency(scorer)
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


def _latency(scorer: Scorer) -> dict[str, float]:
    """Return milliseconds of CPU by kind and size, where the front decides alone and where both are asked."""
    bands = {"outside": Reading(low=1.0, high=0.0), "inside": Reading(low=0.0, high=1.0)}
    kept: dict[str, float] = {}
    print("\n| kind | characters | band | p50 ms | p95 ms |\n|---|---|---|---|---|")
    for kind, told in _kinds().items():
        for size, times in ((800, 30), (16_000, 12)):
            starts = [at * 997 % max(1, len(told) - size) for at in range(times)]
            for band, reading in bands.items():
                if band == "inside" and scorer.encoder is None:
                    continue
                asked = replace(scorer, by_channel={"default": reading}, cache=Cache())
                asked.score(told[-size:], "retrieval")
                took = []
                for start in starts:
                    begun = time.process_time()
                    asked.score(told[start : start + size], "retrieval")
                    took.append((time.process_time() - begun) * 1e3)
                kept[f"{kind} {size} {band}"] = float(np.percentile(took, 50))
                cells = (kind, size, band, *(f"{np.percentile(took, part):.2f}" for part in (50, 95)))
                print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
    return kept


def _kinds() -> dict[str, str]:
    """Return honest texts of several kinds, each some 100,000 characters long and nowhere the same."""
    rng = random.Random(7)
    rows = [row for part in ("train", "dev") for row in _rows(part) if row["label"] == 0]
    sources = {"prose": "OWASP", "table": "BIPIA-table", "German": "alpaca-de", "Chinese": "awesome-chatgpt-prompts-zh"}
    found = {
        kind: "\n".join(str(row["text"]) for row in rows if str(row["source"]).startswith(begins))[:100_000]
        for kind, begins in sources.items()
    }
    found["code"] = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "bench").glob("*.py")))[:100_000]
    orders = (
        {
            "id": f"{rng.getrandbits(64):x}",
            "paid": rng.random() < 0.5,
            "lines": [rng.randint(1, 9999) for _ in range(6)],
        }
        for _ in range(1500)
    )
    found["JSON"] = json.dumps([*orders])
    found["Japanese"] = "".join(
        f"{rng.choice(_WHEN)}の{rng.choice(_WHAT)}について、{rng.choice(_WHO)}が{rng.choice(_DID)}。"
        for _ in range(4000)
    )
    return found


def _peers(rows: Sequence[Row], share: float) -> None:
    """Run ours and the peers on a share of the rows, chosen by their ids; honest texts of ours are hard negatives."""
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
