"""Whether a word out of an argument's own list is the one that the user's words say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from accord.guard.flow.lexicon import lexicon, meanings
from accord.guard.flow.limits import excluded_words
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import without_accents
from accord.guard.flow.stems import stem
from accord.guard.flow.values import Value

_WORD: Final = re.compile(r"[^\W_]+")
_PREFIX: Final = 5  # letters in which a word and what the user says of it are alike


def choice_fits(scene: Scene, value: Value) -> bool:
    """Tell whether a value is one of those an argument takes, and the only one there is or that the user says."""
    form = value.text.strip()
    return form.casefold() in value.sink.choices and (len(value.sink.choices) == 1 or _said(scene, form))


def _said(scene: Scene, choice: str) -> bool:
    """Tell whether the user says a choice: by its words, by what they are short for, or a word for the same right."""
    words = [stem(word) for word in _words(choice)]
    said = _said_words(scene.wish.own)
    out = excluded_words(scene.wish.own)
    if words and all(_alike(word, said) for word in words) and not any(_alike(word, out) for word in words):
        return True
    short = choice.casefold()
    if any(meanings("implied").get(word) == short for word in scene.wish.words):
        return True
    rights = lexicon().access.get(short)
    return bool(rights and rights & scene.wish.words)


@lru_cache(maxsize=512)
def _said_words(text: str) -> frozenset[str]:
    words = [stem(word) for word in _words(text)]
    return frozenset((*words, *map(without_accents, words)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("_", " ").casefold())


def _alike(word: str, said: frozenset[str]) -> bool:
    if word in said or without_accents(word) in said:
        return True
    return len(word) >= _PREFIX and any(
        one.startswith(word) or word.startswith(one) for one in said if len(one) >= _PREFIX
    )
