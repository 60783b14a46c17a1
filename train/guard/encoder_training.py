"""Trains the encoder: brain floats for the sums, plain floats for what is learnt, AdamW with a warm-up."""

from __future__ import annotations

import math
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from encoder_model import Encoder
from encoder_rows import MOST_CHARACTERS, Batch, Example, Row, batch, batches, examples, windows
from tokenizers import Tokenizer
from torch import Tensor, distributed, nn
from torch.nn import functional

BETAS: Final = (0.9, 0.98)
WORST: Final = -1e4
MEETING: Final = 16
"""Steps after which the processes meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to train: for how long, how fast, from which layer up."""

    seconds: float
    rate: float = 1e-4
    decay: float = 0.02
    smooth: float = 0.01
    frozen: int = 2
    tokens: int = 3072
    warm: float = 0.06
    passes: float = 3.0
    seed: int = 7
    workers: int = 1


def scheduled(done: float, warm: float) -> float:
    """Return the share of the rate after a share of the work: up in a line, then down as a cosine."""
    return done / warm if done < warm else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))


def loss(model: Encoder, one: Batch, *, smooth: float) -> Tensor:
    """Return the loss of a batch: the worst window of each example is the example's."""
    logits = model(one.ids, one.ids != 1).float()
    worst = torch.full((len(one.labels),), WORST).scatter_reduce(0, one.owner, logits, "amax", include_self=True)
    target = one.labels * (1 - smooth) + smooth / 2
    each = functional.binary_cross_entropy_with_logits(worst, target, reduction="none")
    return torch.as_tensor((each * one.weights).sum() / one.weights.sum())


class Learner:
    """Holds the plain floats of what is learnt, and steps them."""

    def __init__(self, model: Encoder, plan: Plan) -> None:
        for part in (model.words, model.places, model.norm, *list(model.layers)[: plan.frozen]):
            if plan.frozen:
                part.requires_grad_(requires_grad=False)
        model.words.requires_grad_(requires_grad=False)
        self.model = model.to(torch.bfloat16)
        named = [(name, one) for name, one in model.named_parameters() if one.requires_grad]
        self.theirs = [one for _, one in named]
        self.ours = [nn.Parameter(one.detach().float().clone()) for one in self.theirs]
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for (name, _), one in zip(named, self.ours, strict=True):
            groups.setdefault((name.startswith("head_"), one.ndim > 1), []).append(one)
        self.optimiser = torch.optim.AdamW(
            [
                {"params": several, "weight_decay": plan.decay if matrix else 0.0, "times": 5.0 if head else 1.0}
                for (head, matrix), several in groups.items()
            ],
            lr=plan.rate, betas=BETAS,
        )  # fmt: skip

    def step(self, value: Tensor, rate: float) -> None:
        """Learn from one loss."""
        value.backward()
        for ours, theirs in zip(self.ours, self.theirs, strict=True):
            ours.grad = None if theirs.grad is None else theirs.grad.float()
            theirs.grad = None
        nn.utils.clip_grad_norm_(self.ours, 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["times"]
        self.optimiser.step()
        with torch.no_grad():
            for ours, theirs in zip(self.ours, self.theirs, strict=True):
                theirs.copy_(ours)

    def meet(self) -> None:
        """Go on from the mean of what all processes have learnt."""
        flat = torch.cat([one.detach().reshape(-1) for one in self.ours])
        distributed.all_reduce(flat)
        parts = torch.split(flat / distributed.get_world_size(), [one.numel() for one in self.ours])
        with torch.no_grad():
            for part, ours, theirs in zip(parts, self.ours, self.theirs, strict=True):
                ours.copy_(part.view_as(ours))
                theirs.copy_(ours)

    def agreed(self, over: bool) -> bool:
        """Return whether any process says that the work is over."""
        votes = torch.tensor([float(over)])
        distributed.all_reduce(votes)
        return bool(votes.item())


def endless(rows: Sequence[Row], tokenizer: Tokenizer, plan: Plan) -> Iterator[tuple[float, Batch]]:
    """Yield batches pass after pass, each with the passes that are done when it comes."""
    rng = random.Random(plan.seed)
    whole = 0
    while True:
        shuffled = rng.sample(list(rows), len(rows))
        several = batches(examples(shuffled, tokenizer, rng), rng, tokens=plan.tokens)
        yield from ((whole + at / len(several), one) for at, one in enumerate(several))
        whole += 1


def trained(
    model: Encoder, tokenizer: Tokenizer, rows: Sequence[Row], plan: Plan, *, save: Callable[[Encoder], None],
    say: Callable[[str], None], now: Callable[[], float] = time.monotonic,
) -> None:  # fmt: skip
    """Learn for the passes of the plan or its time, whichever ends first; the rate falls with that."""
    learner = Learner(model.train(), plan)
    start, lost, seen = now(), 0.0, 0
    for count, (passes, one) in enumerate(endless(rows, tokenizer, plan)):
        done = max(passes / plan.passes, (now() - start) / plan.seconds)
        value = loss(learner.model, one, smooth=plan.smooth)
        learner.step(value, plan.rate * scheduled(min(done, 1.0), plan.warm))
        lost, seen = lost + float(value.detach()), seen + one.ids.numel()
        if count % MEETING == MEETING - 1:
            learner.meet()
            over = learner.agreed(done >= 1)
            if count % 64 == 63 or over:
                spent = now() - start
                say(f"{spent:5.0f} s, pass {passes:.2f}, loss {lost / 64:.4f}, {seen / spent:.0f} tokens/s")
                lost = 0.0
                save(learner.model)
            if over:
                break


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one of several processes trains, and where it meets the others."""

    number: int
    meeting: str
    model: Encoder
    tokenizer: str
    rows: list[Row]
    plan: Plan
    save: Callable[[Encoder], None]


def together(
    model: Encoder, tokenizer: str, rows: Sequence[Row], plan: Plan, *, save: Callable[[Encoder], None]
) -> None:
    """Train in several processes, each on a part of the rows, that meet now and then and go on from their mean."""
    with tempfile.TemporaryDirectory() as folder:
        shares = [
            Share(
                number=number, meeting=f"file://{folder}/meeting", model=model, tokenizer=tokenizer,
                rows=list(rows[number :: plan.workers]), plan=plan, save=save,
            )
            for number in range(plan.workers)
        ]  # fmt: skip
        several = [multiprocessing.get_context("spawn").Process(target=_work, args=(share,)) for share in shares]
        for one in several:
            one.start()
        for one in several:
            one.join()
        if any(one.exitcode for one in several):
            raise SystemExit("a process that trained has failed")


def _work(share: Share) -> None:
    """Train in one of the processes; the first one tells and writes."""
    plan = replace(share.plan, seed=share.plan.seed + share.number)
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    distributed.init_process_group("gloo", init_method=share.meeting, rank=share.number, world_size=plan.workers)

    def tell(line: str) -> None:
        if share.number == 0:
            print(line, flush=True)

    def save(model: Encoder) -> None:
        if share.number == 0:
            share.save(model)

    trained(share.model, Tokenizer.from_file(share.tokenizer), share.rows, plan, save=save, say=tell)
    distributed.destroy_process_group()


def scored(model: Encoder, tokenizer: Tokenizer, texts: Sequence[str], *, most: int = 8) -> npt.NDArray[np.float64]:
    """Return the logit of the worst window of each text."""
    out = np.full(len(texts), WORST)
    flat: list[tuple[int, tuple[int, ...]]] = []
    for first in range(0, len(texts), 512):
        encoded = tokenizer.encode_batch(
            [text[:MOST_CHARACTERS] for text in texts[first : first + 512]], add_special_tokens=False
        )
        flat.extend((first + at, one) for at, each in enumerate(encoded) for one in windows(each.ids)[:most])
    flat.sort(key=lambda pair: len(pair[1]))
    fast = model.eval().to(torch.bfloat16)
    with torch.inference_mode():
        for first in range(0, len(flat), 64):
            some = flat[first : first + 64]
            ids = batch([Example(windows=(one,), label=0.0, weight=1.0) for _, one in some]).ids
            for (at, _), value in zip(some, fast(ids, ids != 1).float().tolist(), strict=True):
                out[at] = max(out[at], value)
    model.float()
    return out


def measured(labels: npt.NDArray[np.int64], scores: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the area under the curve, and the share of attacks found when one benign text of a hundred is flagged."""
    from sklearn.metrics import roc_auc_score

    bar = np.quantile(scores[labels == 0], 0.99)
    return float(roc_auc_score(labels, scores)), float((scores[labels == 1] > bar).mean())
