"""Whether a word out of an argument's own list is the one that the user's words say, or that follows from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.limits import excluded_words
from accord.guard.flow.matching import stands_in_row
from accord.guard.flow.scene import Scene, Value
from accord.guard.flow.shapes import mails, without_accents
from accord.guard.flow.stems import stem
from accord.guard.flow.tools import Facts

_WORD: Final = re.compile(r"[^\W_]+")
_PREFIX: Final = 5  # letters in which a word and what the user says of it are alike


def choice_fits(scene: Scene, value: Value, facts: Facts, others: Sequence[Value]) -> bool:
    """Tell whether a value is one of those an argument takes, and the one that the user or the chosen row says."""
    form = value.text.strip()
    if form.casefold() not in value.sink.choices:
        return False
    if len(value.sink.choices) == 1 or _said(scene, form):
        return True
    if any(_said(scene, other) for other in value.sink.choices):
        return False
    if _kind_of(value) and _of_sibling(value, others):
        return True
    asked = value._replace(sink=value.sink, text=form)
    return stands_in_row(scene, asked, facts, others) is not None or _beside(scene, form, facts, others)


def _said(scene: Scene, choice: str) -> bool:
    """Tell whether the user says a choice: by its words, by what they are short for, or a word for the same right."""
    words = [stem(word) for word in _words(choice)]
    said = _said_words(scene.wish.own)
    out = excluded_words(scene.wish.own)
    if words and all(_alike(word, said) for word in words) and not set(words) & out:
        return True
    short = choice.casefold()
    meant = (
        name.split(",") for mark, _, name in (one.partition(":") for one in lexicon().small["implied"]) if mark == short
    )
    if any(set(names) & scene.wish.words for names in meant):
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


def _kind_of(value: Value) -> bool:
    """Tell whether an argument says what kind of thing another one is: `type`, `tipoChave`."""
    words = set(name_words(value.sink.name))
    return bool(words & lexicon().small["kind"])


def _of_sibling(value: Value, others: Sequence[Value]) -> bool:
    """Tell whether a kind is that of the value beside it: a mail address is a person's, and a `user` is one."""
    outer = value.sink.name.rpartition(".")[0]
    beside = [one for one in others if one is not value and one.sink.name.rpartition(".")[0] == outer]
    return (
        bool(outer) and value.text.casefold() in {"user", "person", "member"} and any(mails(one.text) for one in beside)
    )


def _beside(scene: Scene, form: str, facts: Facts, others: Sequence[Value]) -> bool:
    """Tell whether a kind stands in the row from which another value of the call is taken."""
    for other in others:
        if other.sink.choices or other.sink.slot in {Slot.CONTENT, Slot.TITLE} or not other.text.strip():
            continue
        picked = stands_in_row(scene, other, facts, others)
        if picked is not None and picked.shown and all(form.casefold() in one for one in picked.shown):
            return True
    return False
