"""The encoder as it is trained: layers of the base, and a head that reads the mean and the maximum of the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from encoder_base import Base, Floats
from torch import Tensor, nn
from torch.nn import functional

POSITIONS: Final = 258
"""Tokens of a window that the encoder can tell apart, both ends counted in."""
EPSILON: Final = 1e-12
HIDDEN: Final = 192
"""Width of the head."""
AWAY: Final = 10_000.0
"""What attention takes off for a token that is not there."""
FAR: Final = -30.0
"""What stands for a token that is not there, where the greatest is looked for."""


class Layer(nn.Module):
    """One layer of a BERT: attention, then the middle, each added and normalised."""

    def __init__(self, width: int, heads: int, *, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.first, self.second = nn.LayerNorm(width, eps=EPSILON), nn.LayerNorm(width, eps=EPSILON)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the tokens after this layer."""
        rows, length, width = x.shape
        parts = (
            line(x).view(rows, length, self.heads, -1).transpose(1, 2) for line in (self.query, self.key, self.value)
        )
        query, key, value = parts
        share = torch.softmax((query * (width // self.heads) ** -0.5) @ key.transpose(2, 3) + mask, -1)
        seen = self.out((share @ value).transpose(1, 2).reshape(rows, length, width))
        x = self.first(x + functional.dropout(seen, self.dropout, self.training))
        middle = self.down(functional.gelu(self.up(x)))
        return torch.as_tensor(self.second(x + functional.dropout(middle, self.dropout, self.training)))


class Encoder(nn.Module):
    """Says how likely a window of tokens tries to give orders to a model that reads it."""

    def __init__(self, rows: int, *, width: int = 384, heads: int = 12, layers: int = 6, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(rows, width, padding_idx=1)
        self.places = nn.Embedding(POSITIONS, width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(width, heads, dropout=dropout) for _ in range(layers))
        self.head_in, self.head_out = nn.Linear(2 * width, HIDDEN), nn.Linear(HIDDEN, 1)
        self.dropout = dropout

    def tokens(self, ids: Tensor, there: Tensor) -> Tensor:
        """Return the vectors of the tokens after the last layer."""
        x = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]])
        x = functional.dropout(x, self.dropout, self.training)
        mask = (there[:, None, None, :].to(x.dtype) - 1) * AWAY
        for layer in self.layers:
            x = layer(x, mask)
        return torch.as_tensor(x)

    def pooled(self, ids: Tensor, there: Tensor) -> Tensor:
        """Return the mean and the maximum of the tokens of each window."""
        x = self.tokens(ids, there)
        weight = there[:, :, None].to(x.dtype)
        mean = (x * weight).sum(1) / weight.sum(1)
        most = (x * weight + FAR * (1 - weight)).amax(1)
        return torch.cat([mean, most], 1)

    def forward(self, ids: Tensor, there: Tensor) -> Tensor:
        """Return one number a window: above zero is an attack."""
        x = functional.dropout(self.pooled(ids, there), self.dropout, self.training)
        return torch.as_tensor(self.head_out(functional.gelu(self.head_in(x))))[:, 0]


def filled(base: Base, vectors: Floats, *, keep: Sequence[int], dropout: float = 0.1) -> Encoder:
    """Return an encoder that starts from these layers of a base and from these vectors of its pieces."""
    out = Encoder(len(vectors), width=base.width, heads=base.heads, layers=len(keep), dropout=dropout)
    tensors = {name: torch.from_numpy(values) for name, values in base.tensors.items()}
    places = tensors["emb.pos"].view(-1, base.width)[:POSITIONS] + tensors["emb.type"][: base.width]
    state = {"words.weight": torch.from_numpy(vectors), "places.weight": places}
    state |= {"norm.weight": tensors["emb.ln.w"], "norm.bias": tensors["emb.ln.b"]}
    names = {
        "query": "q",
        "key": "k",
        "value": "v",
        "out": "ao",
        "up": "fi",
        "down": "fo",
        "first": "aln",
        "second": "oln",
    }
    for at, source in enumerate(keep):
        for ours, theirs in names.items():
            weight = tensors[f"l{source}.{theirs}.w"]
            bias = tensors[f"l{source}.{theirs}.b"]
            flat = ours in ("first", "second")
            state[f"layers.{at}.{ours}.weight"] = weight if flat else weight.view(len(bias), -1)
            state[f"layers.{at}.{ours}.bias"] = bias
    missing = out.load_state_dict(state, strict=False)
    if any(not name.startswith("head_") for name in missing.missing_keys) or missing.unexpected_keys:
        raise SystemExit(f"the base weights do not fit: {missing}")
    return out
