"""Converters that replace words: the past tense, and glossaries of languages that models saw little of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from accord.attack.mutators.converter import Converter, Family, Wording, on_texts
from accord.attack.mutators.kept import outside
from accord.attack.mutators.wordings import Words, filled, rewrites

_WORD: Final = re.compile(r"[A-Za-z]+")


def rewriting() -> Iterator[Converter]:
    """Yield the converters that replace words by tables."""
    yield Converter(
        name="past-tense",
        does="tells the order as something that was done in the past",
        family=Family.REWRITE,
        convert=on_texts(_past),
        factor=6,
    )
    yield Converter(
        name="translation",
        does="says the words that a small glossary knows in a language that models saw little of",
        family=Family.REWRITE,
        convert=on_texts(_translated),
        factor=8,
    )


def _past(text: str, draws: Wording) -> str | None:
    return _rewritten(text, draws, rewrites().past_tense, label="past-tense")


def _translated(text: str, draws: Wording) -> str | None:
    """Use the glossary that is drawn, or the next one that knows any of the words."""
    glossaries = tuple(rewrites().glossaries.values())
    start = draws.draw("language", len(glossaries))
    told = (_rewritten(text, draws, one, label="translation") for one in (*glossaries[start:], *glossaries[:start]))
    return next((said for said in told if said is not None), None)


def _rewritten(text: str, draws: Wording, table: Words, *, label: str) -> str | None:
    """Return the text with its known words replaced, or None where there are none."""
    said = outside(text, draws.keep, lambda part: _replaced(part, table.words))
    return None if said == text else filled(draws.pick(label, table.wordings), {"text": said})


def _replaced(part: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda match: words.get(match[0].casefold(), match[0]), part)
