"""The encoder for what the front is not sure of: reads windows of text in many languages and scores each one.

Needs the extra `guard` (onnxruntime, numpy, tokenizers) and the weights that ship in `data/guard/weights`. Without
either there is no encoder, and the detector says which stage spoke. The weights are read only if they are, byte for
byte, those that their card names. Budget, on one core: 10 ms for a part of a window, of which two are read around the
place that the front points at, so a text of any length in any script costs four such windows at most.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Final

from accord.core.errors import CatalogError

if TYPE_CHECKING:
    from pathlib import Path

    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

CARD: Final = "encoder.json"
LARGEST: Final = 64_000_000
"""Bytes of a file of weights that are read at most."""
CHARACTERS: Final = 4_000
"""Characters of a window that are looked at."""
PARTS: Final = 8
"""Parts of one window that are scored at most when it has more tokens than the encoder was trained on."""
OVERLAP: Final = 24
"""Tokens that two parts of a window share."""
NEAR: Final = 2
"""Parts that are read around a place: as many as an English window of 640 characters has."""
STEEPEST: Final = 30.0
"""A logit further from zero than this makes no difference that a float shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a file says about the weights beside it."""

    weights: str
    tokenizer: str
    digests: dict[str, str]
    longest: int
    start: int
    end: int
    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class Encoder:
    """Scores windows of text, one thread, no state between calls."""

    session: InferenceSession
    tokenizer: Tokenizer
    card: Card

    def score(self, windows: Sequence[str], places: Sequence[tuple[int, int]] = ()) -> list[float]:
        """Return for each window how likely it tries to give orders to a model that reads it, from 0 to 1.

        With `places`, one a window, no more is read than stands around each: JSON and scripts without blanks have
        several times the tokens of English prose, and would take as much longer.
        """
        if not places:
            return [_probable(self.card, logit) for logit in self.logits(windows)]
        near = [self._near(text, place) for text, place in zip(windows, places, strict=True)]
        return [_probable(self.card, self._worst(ids)) for ids in near]

    def logits(self, windows: Sequence[str]) -> list[float]:
        """Return the raw score of each window: that of its worst part.

        Parts run one by one: on one core a batch is no faster, and a score must not depend on what stands beside it.
        """
        return [self._worst(self.tokens(text)) for text in windows]

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text; half a surrogate pair counts as a question mark."""
        return list(self._cut(text).ids)

    def _cut(self, text: str) -> Encoding:
        whole = text[:CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        return self.tokenizer.encode(whole, add_special_tokens=False)

    def _near(self, text: str, place: tuple[int, int]) -> list[int]:
        """Return the tokens of a text, or of one with too many those that stand around a place."""
        cut = self._cut(text)
        room = NEAR * (self.card.longest - 2 - OVERLAP) + OVERLAP
        if len(cut.ids) <= room:
            return list(cut.ids)
        ends, middle = [end for _, end in cut.offsets], sum(place) / 2
        at = max(0, min(bisect_left(ends, middle) - room // 2, len(ends) - room))
        return list(cut.ids[at : at + room])

    def _worst(self, ids: Sequence[int]) -> float:
        return max(self._run(part) for part in parts_of(ids, self.card))

    def _run(self, part: tuple[int, ...]) -> float:
        """Return the raw score of one part; what is no number counts as an attack."""
        import numpy as np

        (values,) = self.session.run(["logits"], {"ids": np.array([part], dtype=np.int64)})
        value = float(values[0])
        return max(-STEEPEST, min(STEEPEST, value)) if math.isfinite(value) else STEEPEST


def _probable(card: Card, logit: float) -> float:
    """Return a raw score as a number from 0 to 1."""
    value = max(-STEEPEST, min(STEEPEST, card.slope * logit + card.offset))
    return 1 / (1 + math.exp(-value))


def parts_of(ids: Sequence[int], card: Card) -> list[tuple[int, ...]]:
    """Return tokens as parts of one length that the encoder can read, spread evenly if they are too many."""
    inside = card.longest - 2
    if len(ids) <= inside:
        return [(card.start, *ids, card.end)]
    count = min(PARTS, math.ceil((len(ids) - OVERLAP) / (inside - OVERLAP)))
    size = min(inside, math.ceil((len(ids) + (count - 1) * OVERLAP) / count))
    last = len(ids) - size
    starts = [round(last * number / (count - 1)) for number in range(count)]
    return [(card.start, *ids[at : at + size], card.end) for at in starts]


def load_encoder(folder: Path | None = None) -> Encoder | None:
    """Return the encoder of a folder, else the one that ships; none without the extra or without weights."""
    place: Traversable = folder if folder is not None else files("accord.data") / "guard" / "weights"
    if not (place / CARD).is_file():
        return None
    try:
        runtime, tokenizers = import_module("onnxruntime"), import_module("tokenizers")
    except ImportError:
        return None
    card = read_card((place / CARD).read_bytes())
    if not all((place / name).is_file() for name in (card.weights, card.tokenizer)):
        return None
    tokenizer = tokenizers.Tokenizer.from_str(_genuine(place, card.tokenizer, card).decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    weights = _genuine(place, card.weights, card)
    return Encoder(session=_session(runtime, weights), tokenizer=tokenizer, card=card)


def _session(runtime: object, weights: bytes) -> InferenceSession:
    """Return the weights ready to run, on one thread that sleeps when it waits."""
    options = runtime.SessionOptions()  # type: ignore[attr-defined]  # onnxruntime comes without types
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return runtime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])  # type: ignore[attr-defined]  # the same


def read_card(data: bytes) -> Card:
    """Return what a card says, or raise that it is damaged."""
    try:
        found = json.loads(data)
        card = Card(
            weights=str(found["weights"]),
            tokenizer=str(found["tokenizer"]),
            digests={str(name): str(digest) for name, digest in found["digests"].items()},
            longest=int(found["longest"]),
            start=int(found["start"]),
            end=int(found["end"]),
            slope=float(found["slope"]),
            offset=float(found["offset"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise CatalogError(
            f"the card of the encoder, {CARD}, cannot be read: {error}", hint="install accord anew", code="ACC-E785"
        ) from error
    possible = 8 <= card.longest <= 512 and min(card.start, card.end) >= 0
    plain = not {"/", "\\"} & {*card.weights, *card.tokenizer}
    if not (possible and plain and math.isfinite(card.slope) and math.isfinite(card.offset)):
        raise CatalogError(
            f"the card of the encoder, {CARD}, names what cannot be: windows of {card.longest} tokens, the files "
            f"{card.weights[:80]} and {card.tokenizer[:80]}, a slope of {card.slope}",
            hint="install accord anew",
            code="ACC-E785",
        )
    return card


def _genuine(place: Traversable, name: str, card: Card) -> bytes:
    """Return the bytes of a file beside the card, or raise that they are not those that the card names."""
    with (place / name).open("rb") as stream:
        data = stream.read(LARGEST + 1)
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > LARGEST or digest != card.digests.get(name):
        raise CatalogError(
            f"{name} is not the file that {CARD} names: its SHA-256 starts with {digest[:12]}",
            hint="install accord anew, or write the card anew with train/guard/encoder.py",
            code="ACC-E786",
        )
    return data
