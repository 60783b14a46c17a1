"""Fits the linear model of n-grams: windows of rows in, weights out; logistic loss, L2, L-BFGS."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

from accord.guard.detector.grams import SIZE, grams

SCALES: Final = (160, 480, 1200)
_BLANK: Final = (
    "made:encoded:base64",
    "made:encoded:base32",
    "made:encoded:hex",
    "made:encoded:escapes",
    "made:encoded:unicode",
    "made:encoded:url",
    "made:encoded:html",
    "made:encoded:rot13",
    "made:encoded:rev",
    "made:encoded:binary",
    "made:encoded:decimal",
    "made:encoded:tags",
    "encoded:base64",
    "encoded:hex",
    "encoded:rot13",
    "encoded:urlenc",
)
"""Encodings that say nothing until they are decoded: their raw letters are taught as no evidence."""

Row = dict[str, object]


class Window(NamedTuple):
    """A stretch of text that the model is taught, with its weight."""

    text: str
    label: int
    weight: float


def windows(rows: Iterable[Row], seed: int) -> list[Window]:
    """Cut rows into the stretches that are taught."""
    rng = random.Random(seed)
    found: list[Window] = []
    for row in rows:
        text, label = str(row["text"]), int(str(row["label"]))
        weight = float(str(row.get("weight", 1.0)))
        if str(row["source"]).startswith(_BLANK):
            found.append(Window(_cut(text, rng), 0, 0.3 * weight))
            continue
        if label and "bad" in row:
            start, end = row["bad"]  # type: ignore[misc]
            found.append(Window(_around(text, int(start), int(end), rng), 1, weight))
            rest = text[:start] + " " + text[end:]
            if len(rest) > 100:
                found.append(Window(_cut(rest, rng), 0, 0.7 * weight))
            continue
        found.append(Window(_cut(text, rng), label, weight))
        if len(text) > 1200 and not label:
            found.append(Window(_cut(text, rng), label, weight))
    return found


def _cut(text: str, rng: random.Random) -> str:
    size = rng.choice((160, 480, 1200, 1200))
    at = rng.randint(0, max(0, len(text) - size))
    return text[at : at + size]


def _around(text: str, start: int, end: int, rng: random.Random) -> str:
    size = rng.choice((0, 160, 480, 1200))
    if end - start >= size:
        return text[start : min(end, start + max(size, 600))]
    begin = rng.randint(max(0, end - size), start) if start > max(0, end - size) else max(0, end - size)
    return text[begin : begin + size]


def matrix(texts: Iterable[str]) -> csr_matrix:
    """Return one row of n-gram counts a text, divided by the root of their number."""
    indices, data, indptr = [], [], [0]
    for text in texts:
        hashes = grams(text).hashes
        indices.append(hashes.astype(np.int32))
        data.append(np.full(len(hashes), 1 / np.sqrt(max(len(hashes), 1)), np.float32))
        indptr.append(indptr[-1] + len(hashes))
    return csr_matrix(
        (np.concatenate(data), np.concatenate(indices), np.array(indptr, np.int64)), shape=(len(indptr) - 1, SIZE)
    )


class Linear(NamedTuple):
    """Weights of n-grams and a constant."""

    weights: np.ndarray
    offset: float


def fit(found: list[Window], *, penalty: float = 1e-5, rounds: int = 60) -> Linear:
    """Fit the model; both labels count alike."""
    table = matrix(window.text for window in found)
    label = np.array([window.label for window in found], np.float32)
    weight = np.array([window.weight for window in found], np.float32)
    for side in (0, 1):
        weight[label == side] /= weight[label == side].sum() * 2
    turned = table.T.tocsr()
    sign = 2 * label - 1

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        inner = np.asarray(table @ point[:-1].astype(np.float32)) + np.float32(point[-1])
        margin = sign * inner
        value = float((weight * np.logaddexp(0, -margin)).sum()) + 0.5 * penalty * float(point[:-1] @ point[:-1])
        slope = -(weight * sign * expit(-margin)).astype(np.float32)
        gradient = np.empty_like(point)
        gradient[:-1] = turned @ slope + penalty * point[:-1]
        gradient[-1] = slope.sum()
        return value, gradient

    done = minimize(loss, np.zeros(SIZE + 1), jac=True, method="L-BFGS-B", options={"maxiter": rounds, "maxcor": 8})
    return Linear(done.x[:-1].astype(np.float32), float(done.x[-1]))
