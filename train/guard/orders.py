"""Makes the weights for orders that are out of place: `python train/guard/orders.py [--seed N] [--without SOURCE]...`.

Needs numpy and torch. Each of a few networks learns from honest documents and their attacked twins (planting.py): in
a twin the planted sentence has to stand out, in an honest text no sentence may. Their mean ships as one network.
With `--without` nothing is written but the network that has not seen these sources, for trying it on them.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # sums of as many threads as there are cores are not the same everywhere

import numpy as np
import planting
import sources
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from accord.content.decoding.pages import read_out
from accord.guard.detector.orders import INPUTS, sentences
from accord.guard.detector.table import packed
from accord.guard.meanings import meanings

OUT: Final = sources.ROOT / "src/accord/data/guard/weights/orders.safetensors"
DOCUMENTS: Final = ("ASB", "docs:", "OWASP", "BIPIA")
HIDDEN: Final = 256
NETWORKS: Final = 3
ROUNDS: Final = 8
BATCH: Final = 64
_MEANING: Final = INPUTS - 11
_USERS: Final = 1.0
"""What a prompt of a user counts: all of it is orders, and none is out of place."""

WEIGHT: Final = (1.0, 1.0, 0.5)
"""What the front's logit gains: so much of the softplus of the score beyond so much, less so much of the logarithm of
how many sentences there are. Chosen where no source that was left out lost anything at 1 % false alarms."""


class Texts(NamedTuple):
    """Sentences of all texts, those of one together: what tells of them, which were planted, which text, its weight."""

    told: Tensor
    planted: Tensor
    begins: np.ndarray
    attacked: Tensor
    weights: Tensor
    digest: str


def main() -> None:
    """Train, and write the weights."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=20261122)
    asked.add_argument("--without", action="append", default=[])
    asked.add_argument("--out", type=Path, default=OUT)
    options = asked.parse_args()
    torch.set_num_threads(1)
    texts = read(options.seed, tuple(options.without))
    print(len(texts.attacked), "texts", len(texts.told), "sentences", flush=True)
    middle, scale = texts.told.mean(0), texts.told.std(0) + 1e-3
    middle[:_MEANING], scale[:_MEANING] = 0, 0.125
    nets = [trained(texts._replace(told=(texts.told - middle) / scale), options.seed + at) for at in range(NETWORKS)]
    first = np.concatenate([net[0].weight.detach().numpy().T / scale.numpy()[:, None] for net in nets], axis=1)
    first_offset = np.concatenate([net[0].bias.detach().numpy() for net in nets]) - middle.numpy() @ first
    second = np.concatenate([net[3].weight.detach().numpy()[0] for net in nets]) / NETWORKS
    offset = float(np.mean([net[3].bias.item() for net in nets]))
    arrays = {
        "first": first.astype(np.float32),
        "first_offset": first_offset.astype(np.float32),
        "second": second.astype(np.float32),
        "rest": np.array([offset, *WEIGHT], np.float32),
    }
    about = {"format": "pt", "made_by": "train/guard/orders.py", "seed": str(options.seed), "texts": texts.digest}
    options.out.write_bytes(packed(arrays, about))


def read(seed: int, without: tuple[str, ...]) -> Texts:
    """Return the sentences of planted texts; a twin whose order is no sentence of its own is left out."""
    table = meanings()
    told, marked, sizes, attacked, weights = [], [], [], [], []
    texts = [*planting.planted(seed, without=without)]
    for one in texts:
        page = read_out(one.text)
        for rows, spans in sentences(table, page.text):
            begin, end = one.order or (0, 0)
            places = [page.at(*span) for span in spans]
            inside = [min(end, stop) - max(begin, start) > 0.5 * (stop - start) for start, stop in places]
            if one.order and not any(inside):
                continue
            told.append(rows)
            marked += inside
            sizes.append(len(rows))
            attacked.append(bool(one.order))
            weights.append(_USERS if one.source == "user" else 1.0)
    return Texts(
        torch.tensor(np.concatenate(told)),
        torch.tensor(marked),
        np.cumsum([0, *sizes]),
        torch.tensor(attacked),
        torch.tensor(weights),
        sources.digest(texts),
    )


def trained(texts: Texts, seed: int) -> torch.nn.Sequential:
    """Return a network: in a twin the best planted sentence is high, of the others and of honest texts none is."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(HIDDEN, 1)
    )
    steps = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-2)
    count = len(texts.attacked)
    for _ in range(ROUNDS):
        order = chance.permutation(count)
        for at in range(0, count, BATCH):
            loss = _loss(net, texts, order[at : at + BATCH])
            steps.zero_grad()
            loss.backward()
            steps.step()
        for group in steps.param_groups:
            group["lr"] *= 0.7
    return net.eval()


def _loss(net: torch.nn.Sequential, texts: Texts, some: np.ndarray) -> Tensor:
    rows = np.concatenate([np.arange(texts.begins[one], texts.begins[one + 1]) for one in some])
    owner = torch.tensor(np.repeat(np.arange(len(some)), [texts.begins[one + 1] - texts.begins[one] for one in some]))
    told, planted = texts.told[rows], texts.planted[rows]
    scores = net(told + 0.1 * torch.randn_like(told))[:, 0]
    least = torch.full_like(scores, -20.0)
    best = torch.full((len(some),), -20.0)
    high = best.scatter_reduce(0, owner, torch.where(planted, scores, least), "amax")
    low = best.scatter_reduce(0, owner, torch.where(planted, least, scores), "amax")
    attacked, weights = texts.attacked[some].float(), texts.weights[some]
    found = softplus(-high) * attacked + softplus(low) * torch.where(attacked > 0, 0.3, 1.0)
    each = binary_cross_entropy_with_logits(scores, planted.float(), pos_weight=torch.tensor(5.0))
    return (found * weights).mean() + 0.2 * each


if __name__ == "__main__":
    main()
