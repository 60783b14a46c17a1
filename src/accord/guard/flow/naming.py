"""Whether the user named a file: by its whole name, or without the ending where only one file can be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from accord.guard.flow.lexicon import lexicon

_ENDING: Final = r"\.[a-z0-9]{1,5}(?![\w.])"
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
    return "." not in form and re.search(re.escape(form) + _ENDING, said) is not None


def common(form: str) -> bool:
    """Tell whether a name is made of words for anything: `the bill`."""
    return "." not in form and all(word in _usual() for word in re.findall(r"[^\W_]+", form))


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
    if re.search(rf"(?<![\w./@-]){re.escape(stem)}(?![\w/@-])", said) is None:
        return False
    others = {path_form(one) for one in known} - {form}
    return not any(one.rpartition("/")[2].rpartition(".")[0] == stem for one in others)


@lru_cache(maxsize=256)
def files_in(text: str) -> tuple[str, ...]:
    """Return what looks like names of files in a text."""
    return tuple(dict.fromkeys(_FILE.findall(text[:100_000]))) if "." in text else ()
