"""Whether the user named a file: by its whole name, or without the ending where only one file can be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import combinations
from typing import Final

from accord.guard.flow.lexicon import lexicon

_ENDING: Final = re.compile(r"\.[a-z0-9]{1,5}(?![\w.])")
_BESIDE: Final = frozenset("_/@-")
_WORD: Final = re.compile(r"[^\W_]+")
_NAME: Final = re.compile(r"(?<!\w)[^\W\d_a-zß-ÿ][\w'’&-]{0,40}(?: [^\W_a-zß-ÿ][\w'’&-]{0,40}){1,4}")
_FILE: Final = re.compile(r"[^\s/\\\"'<>|:*?,;()\[\]{}=]{1,120}\.[A-Za-z0-9]{1,5}(?!\w)")


@lru_cache(maxsize=4096)
def path_form(text: str) -> str:
    """Return the one form in which paths are compared; empty for one that climbs out of its folder."""
    plain = unicodedata.normalize("NFC", text.strip()).casefold().replace("\\", "/")
    while plain.startswith("./"):
        plain = plain[2:]
    return "" if ".." in plain.split("/") or "\0" in plain else plain


def other_ending(form: str, said: str) -> bool:
    """Tell whether a name without an ending is only the beginning of a file's name that the user wrote."""
    return "." not in form and any(_ENDING.match(said, end) for _, end in _spots(form, said))


def _spots(form: str, said: str) -> Iterator[tuple[int, int]]:
    at = said.find(form) if form else -1
    while at >= 0:
        yield at, at + len(form)
        at = said.find(form, at + 1)


def _alone(said: str, start: int, end: int) -> bool:
    """Tell whether a name is no part of a longer one, a path or an address."""
    before, after = said[start - 1 : start] if start else "", said[end : end + 1]
    return not (before.isalnum() or before == "." or after.isalnum() or {before, after} & _BESIDE)


def common(form: str) -> bool:
    """Tell whether a name is made of words for anything: `the bill`."""
    return "." not in form and all(word in _usual() for word in _WORD.findall(form))


@cache
def _usual() -> frozenset[str]:
    words = lexicon()
    return words.small["stop"] | words.things.keys() | words.asked


def named_without_ending(form: str, said: str, known: Iterable[str]) -> bool:
    """Tell whether the user means a file that they name without its ending, or folder.

    A word that names any bill or report names no file; neither does one that two known files share.
    """
    name = form.rpartition("/")[2]
    stem, dot, _ = name.rpartition(".")
    if "/" in form or not dot or len(stem) < 3 or common(stem) or _FILE.fullmatch(stem) or other_ending(stem, said):
        return False
    if not any(_alone(said, *spot) for spot in _spots(stem, said)):
        return False
    others = {path_form(one) for one in known} - {form}
    return not any(one.rpartition("/")[2].rpartition(".")[0] == stem for one in others)


@lru_cache(maxsize=512)
def names_in(text: str) -> frozenset[str]:
    """Return what is written as names of two words and more are, in lower case, and the pieces of these."""
    runs = [match.casefold().split() for match in _NAME.findall(text)]
    return frozenset(
        " ".join(run[start:end])
        for run in runs
        for start, end in combinations(range(len(run) + 1), 2)
        if end - start > 1
    )


@lru_cache(maxsize=256)
def files_in(text: str) -> tuple[str, ...]:
    """Return what looks like names of files in a text."""
    return tuple(dict.fromkeys(_FILE.findall(text[:100_000]))) if "." in text else ()
