"""Fingerprints of texts that stay the same when only their looks change, and stay near when a few words do.

All hashes are of 64 bits and the same on every machine. Where numpy is installed it is used for long texts, with
the same values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from accord.content.decoding.characters import fold

_WORD: Final = re.compile(r"[^\W_]+")
_SMALL: Final = bytes(byte if chr(byte).isalnum() else 32 for byte in bytes(range(256)).lower())
_LONGEST_WORD = 64
_MASK: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15  # the golden ratio's fraction in 64 bits
_MIX: Final = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_SIZE = 3
_MOST = 256
_EMPTY: Final = _MASK


def normal(text: str) -> str:
    """Return the words of a text in small letters, look-alikes folded, one blank between them, nothing else."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """Return the words of the normal form."""
    if text.isascii():
        return text.encode("ascii").translate(_SMALL).decode("ascii").split()
    return _WORD.findall(unicodedata.normalize("NFKC", fold(text)).casefold())


def stable(text: str) -> int:
    """Return a hash of 64 bits that is the same on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def shingles(text: str, size: int = _SIZE) -> tuple[int, ...]:
    """Return the hashes of all runs of `size` words of the normal form, in order; of all words if there are fewer."""
    hashes = [word_hash(word) for word in words(text)]
    return joined(hashes, min(size, len(hashes))) if hashes else ()


def grams(text: str, size: int = 5) -> tuple[int, ...]:
    """Return the hashes of all runs of `size` characters of the normal form, in order; of all if there are fewer."""
    plain = normal(text)
    return joined([mixed(ord(char)) for char in plain], min(size, len(plain))) if plain else ()


@lru_cache(maxsize=65_536)
def word_hash(word: str) -> int:
    """Return the hash of a word; what is beyond 64 characters does not count."""
    return stable(word[:_LONGEST_WORD])


def joined(hashes: Sequence[int], size: int) -> tuple[int, ...]:
    """Return a hash for each run of `size` hashes."""
    factors = [pow(_STEP, size - place, 1 << 64) for place in range(size)]
    runs = zip(*(hashes[place:] for place in range(size)), strict=False)
    return tuple(mixed(sum(one * factor for one, factor in zip(run, factors, strict=True))) for run in runs)


def mixed(value: int) -> int:
    """Return `value` spread evenly over 64 bits (SplitMix64)."""
    value = (value + _STEP) & _MASK
    value = ((value ^ value >> 30) * _MIX[0]) & _MASK
    value = ((value ^ value >> 27) * _MIX[1]) & _MASK
    return value ^ value >> 31


def minhash(hashes: Collection[int], size: int = 64) -> tuple[int, ...]:
    """Return the signature of a set of hashes: for each of `size` orders the least of them."""
    distinct = sorted(set(hashes))
    if not distinct:
        return (_EMPTY,) * size
    if len(distinct) >= 16 and (found := _minhash_fast(distinct, size)):
        return found
    return tuple(min(mixed(one ^ seed) for one in distinct) for seed in _seeds(size))


def _minhash_fast(distinct: Sequence[int], size: int) -> tuple[int, ...] | None:
    try:
        import numpy as np
    except ImportError:
        return None
    values = np.array(distinct, dtype=np.uint64)
    least = []
    with np.errstate(over="ignore"):
        for seed in _seeds(size):
            turned = (values ^ np.uint64(seed)) + np.uint64(_STEP)
            turned = (turned ^ turned >> np.uint64(30)) * np.uint64(_MIX[0])
            turned = (turned ^ turned >> np.uint64(27)) * np.uint64(_MIX[1])
            least.append(int((turned ^ turned >> np.uint64(31)).min()))
    return tuple(least)


@lru_cache(maxsize=8)
def _seeds(size: int) -> tuple[int, ...]:
    return tuple(mixed(place * _STEP & _MASK) for place in range(1, size + 1))


def bands(signature: Sequence[int], rows: int = 4) -> tuple[int, ...]:
    """Return a key for each `rows` numbers of a signature: near-duplicates share one of them with high probability."""
    return tuple(
        mixed(sum(joined(signature[at : at + rows], min(rows, len(signature) - at))) + at)
        for at in range(0, len(signature), rows)
    )


def similar(one: Sequence[int], other: Sequence[int]) -> float:
    """Return how much two texts have in common (Jaccard), told from their signatures."""
    if not one or len(one) != len(other):
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def winnow(hashes: Sequence[int], window: int = 4) -> tuple[int, ...]:
    """Return the least hash of each window, in order, once each: a run that two texts share leaves a common one.

    That holds for runs of at least `window` hashes.
    """
    kept: list[int] = []
    last = -1
    for at in range(max(1, len(hashes) - window + 1) if hashes else 0):
        place = min(range(at, min(at + window, len(hashes))), key=lambda place: (hashes[place], -place))
        if place != last:
            kept.append(hashes[place])
            last = place
    return tuple(kept)


def contained(short: Iterable[int], long: Iterable[int]) -> float:
    """Return the share of the distinct hashes of `short` that are among those of `long`."""
    wanted = set(short)
    return len(wanted & set(long)) / len(wanted) if wanted else 0.0


def fingerprint(text: str) -> tuple[int, ...]:
    """Return what is kept of a text to meet it again inside others: at most 256 of its shingles, the least ones."""
    return tuple(sorted(set(shingles(text)))[:_MOST])
