"""Words and their stems, by which what the user says and what a source says are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from accord.guard.flow.lexicon import lexicon

TOKEN: Final = re.compile(r"[^\W_]+(?:['’_\-.][^\W_]+)*'?|[^\s\w]|_+", re.UNICODE)
"""A word with the signs inside it, or a sign."""

LETTERS: Final = re.compile(r"[^\W\d_]+")
"""A word of letters alone."""

_BETWEEN: Final = re.compile(r"[^\w]|_")
_NUMBERS: Final = ("en", "es", "os", "as", "s", "e", "a", "o", "i")  # of nouns, the longer endings first
_ROOT: Final = 4  # letters that are left at least
_FIGURE: Final = re.compile(r"\d+(?:\.\d+)+")  # a piece of a figure is none


def stem(word: str) -> str:
    """Return a word without the endings of plurals, so that `hobbies` meets `hobby`."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=4096)
def root(word: str) -> str:
    """Return a noun without the endings of its numbers in the languages we know: `Karten`, `spartiti`, `reservas`."""
    endings = (one for one in _NUMBERS if word.endswith(one) and len(word) - len(one) >= _ROOT)
    ending = "" if word.endswith("ss") else next(endings, "")
    return word.removesuffix(ending)


@lru_cache(maxsize=1024)
def roots(words: frozenset[str]) -> frozenset[str]:
    """Return nouns without the endings of their numbers."""
    return frozenset(map(root, words))


def compounded(said: frozenset[str], things: frozenset[str]) -> bool:
    """Tell whether a word is one for a thing, or ends in one as German words do: `Reisekart` of `kart`."""
    long = tuple(one for one in things if len(one) >= _ROOT)
    return bool(long) and any(word.endswith(long) for word in said)


@lru_cache(maxsize=8192)
def content_words(text: str) -> tuple[str, ...]:
    """Return the stems of the words of a text that mean something."""
    stop = lexicon().small["stop"]
    tokens = TOKEN.findall(text.casefold())
    words = [word for token in tokens for word in ((token,) if token.isalnum() else _telling(token))]
    return tuple(stem(word) for word in words if word not in stop and (len(word) > 1 or word.isdigit()))


def _telling(token: str) -> Iterator[str]:
    """Yield a word and its parts, without the endings of names: `txt` and `com` tell nothing."""
    ending = token.rpartition(".")[2] if "." in token else ""
    return (word for word in split([token]) if word != ending)


@lru_cache(maxsize=4096)
def stems(token: str) -> tuple[str, ...]:
    """Return the stems of a word and its parts that are more than a letter."""
    return tuple(stem(part) for part in _telling(token) if len(part) > 1 or part.isdigit())


def split(tokens: Iterable[str]) -> Iterator[str]:
    """Yield words, what is before the possessive, and the parts of those with a sign in them that are no figures."""
    for token in tokens:
        if token.isalnum():
            yield token
        elif token[0].isalnum():
            yield token
            bare = token.removesuffix("'s").rstrip("'")
            if bare != token:
                yield bare
            if not bare.isalnum() and not _FIGURE.fullmatch(bare):
                yield from (part for part in _BETWEEN.split(bare) if part)
