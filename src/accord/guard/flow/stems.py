"""Words and their stems, by which what the user says and what a source says are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from accord.guard.flow.lexicon import lexicon

TOKEN: Final = re.compile(r"[^\W_]+(?:['’_\-.][^\W_]+)*'?|[^\s\w]|_+", re.UNICODE)
"""A word with the signs inside it, or a sign."""

_BETWEEN: Final = re.compile(r"[^\w]|_")
_FIGURE: Final = re.compile(r"\d+(?:\.\d+)+")  # a piece of a figure is none


def stem(word: str) -> str:
    """Return a word without the endings of plurals, so that `hobbies` meets `hobby`."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


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
