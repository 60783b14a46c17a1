"""Folds the pieces of a tokenizer to lower case, counts which of them text of many languages needs, and keeps those.

Word frequencies of the package `wordfreq` tell which pieces are needed; nothing of the lists themselves is kept. A
piece whose cases are folded together gets the mean of their vectors, weighed by how likely each one is.
"""

from __future__ import annotations

import gzip
import math
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from encoder_base import Base, Floats
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WHEEL: Final = "wordfreq-3.1.1-*.whl"
SPECIAL: Final = ("<s>", "<pad>", "</s>", "<unk>")
UNKNOWN: Final = SPECIAL.index("<unk>")
MARK: Final = "\N{LOWER ONE EIGHTH BLOCK}"
UNSPACED: Final = ("zh", "ja", "ko")
"""Languages whose words mostly stand without a space before them."""
SHARES: Final = {
    "en": 8.0, "zh": 3.0, "de": 3.0, "es": 3.0, "fr": 3.0, "pt": 2.5, "ru": 2.5, "ja": 2.5, "ko": 2.5, "it": 2.0,
    "ar": 2.0, "hi": 1.5, "tr": 1.5, "pl": 1.5, "nl": 1.5, "id": 1.5, "vi": 1.5, "uk": 1.0, "cs": 1.0, "sv": 1.0,
    "el": 0.7, "he": 0.7, "fa": 0.7, "ro": 0.7, "hu": 0.7, "fi": 0.7, "da": 0.7, "nb": 0.7, "bg": 0.5, "bn": 0.5,
    "sh": 0.4, "ca": 0.4, "ur": 0.3, "ta": 0.3, "fil": 0.3, "ms": 0.3,
}  # fmt: skip
"""How much each language weighs when pieces compete for a place."""
LONGEST: Final = 16
"""Characters of a piece that is kept at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Pieces with their scores and vectors, the special ones first."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    vectors: Floats

    def kept(self, rows: Iterable[int]) -> Vocabulary:
        """Return a vocabulary of the pieces at these rows, behind the special ones."""
        order = [*range(len(SPECIAL)), *sorted(set(rows) - set(range(len(SPECIAL))))]
        pieces = tuple(self.pieces[row] for row in order)
        return Vocabulary(pieces=pieces, scores=tuple(self.scores[row] for row in order), vectors=self.vectors[order])

    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer of these pieces: NFKC, lower case, one space for many."""
        out = Tokenizer(models.Unigram(list(zip(self.pieces, self.scores, strict=True)), UNKNOWN, byte_fallback=False))
        out.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")]
        )
        out.pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="first", split=True)
        out.decoder = decoders.Metaspace(replacement=MARK, prepend_scheme="first", split=True)
        ends = [("<s>", SPECIAL.index("<s>")), ("</s>", SPECIAL.index("</s>"))]
        out.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
        return out


def folded(base: Base) -> Vocabulary:
    """Return the pieces of a base in lower case, each with the likelihood and the mean vector of its cases."""
    vectors = base.tensors["emb.word"].reshape(-1, base.width)
    rows: dict[str, list[int]] = defaultdict(list)
    for row, piece in enumerate(base.pieces):
        text = unicodedata.normalize("NFKC", piece).lower()
        if (
            row >= len(SPECIAL)
            and piece != "<mask>"
            and text
            and len(text) <= LONGEST
            and "\N{REPLACEMENT CHARACTER}" not in text
        ):
            rows[text].append(row)
    likely = np.exp(base.scores.astype(np.float64))
    scores = [*base.scores[: len(SPECIAL)].tolist(), *(math.log(likely[group].sum()) for group in rows.values())]
    means = [np.average(vectors[group], axis=0, weights=likely[group]) for group in rows.values()]
    table = np.concatenate([vectors[: len(SPECIAL)], np.array(means, dtype=np.float32)])
    return Vocabulary(pieces=(*SPECIAL, *rows), scores=tuple(scores), vectors=table)


def words(folder: Path) -> dict[str, list[tuple[str, float]]]:
    """Return for each language its words with how often each is met, from the wheel below a folder."""
    import msgpack

    wheels = sorted(folder.glob(WHEEL))
    if not wheels:
        raise SystemExit(f"no {WHEEL} in {folder}: pip download --no-deps -d {folder} wordfreq==3.1.1")
    out: dict[str, list[tuple[str, float]]] = {}
    with zipfile.ZipFile(wheels[0]) as wheel:
        for language in SHARES:
            raw = gzip.decompress(wheel.read(f"wordfreq/data/small_{language}.msgpack.gz"))
            bins = msgpack.unpackb(raw, raw=False)[1:]
            out[language] = [(word, 10 ** (-rank / 100)) for rank, several in enumerate(bins) for word in several]
    return out


def _counted(tokenizer: Tokenizer, language: str, listed: list[tuple[str, float]]) -> dict[int, float]:
    """Return how much of a language's text each piece covers."""
    counts: dict[int, float] = defaultdict(float)
    texts = [word for word, _ in listed]
    plain = tokenizer.encode_batch(texts, add_special_tokens=False)
    for encoding, (_, often) in zip(plain, listed, strict=True):
        for row in encoding.ids:
            if language not in UNSPACED or tokenizer.id_to_token(row) != MARK:
                counts[row] += often
    if language in UNSPACED:
        bare = {row: tokenizer.token_to_id((tokenizer.id_to_token(row) or "").lstrip(MARK)) for row in counts}
        inside = [(other, counts[row]) for row, other in bare.items() if other is not None and other != row]
        for other, count in inside:
            counts[other] += count
    whole = sum(counts.values())
    return {row: count / whole for row, count in counts.items()}


def needed(
    full: Vocabulary, listed: Mapping[str, list[tuple[str, float]]], texts: Iterable[str], *, size: int
) -> list[int]:
    """Return the rows of the pieces that text of many languages needs most; single characters in use always stay."""
    tokenizer = full.tokenizer()
    score: npt.NDArray[np.float64] = np.zeros(len(full.pieces))
    single = {row for row, piece in enumerate(full.pieces) if piece == MARK or (len(piece) == 1 and piece < "\u0250")}
    for language, entries in listed.items():
        for row, share in _counted(tokenizer, language, entries).items():
            score[row] = max(score[row], share * SHARES[language])
    ours: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        ours.update(set(encoding.ids))
    for row, count in ours.items():
        score[row] += 8.0 * count / max(1, sum(ours.values()))
    characters = {row for row, piece in enumerate(full.pieces) if len(piece.lstrip(MARK)) == 1 and score[row] > 0}
    stay = single | characters
    best = [int(row) for row in np.argsort(-score) if score[row] > 0 and int(row) not in stay]
    return [*stay, *best[: max(0, size - len(stay) - len(SPECIAL))]]
