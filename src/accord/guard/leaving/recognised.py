"""Secrets and personal data in text that leaves, by the recognisers of content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final

from accord.content.personal import personal
from accord.content.secrets import read_rules, secrets
from accord.core.guard import Hit, Outcome, Treatment

_OUTCOMES: Final = {
    Treatment.FLAG: Outcome.FLAG,
    Treatment.REDACT: Outcome.REDACT,
    Treatment.BLOCK: Outcome.BLOCK,
}
_TRIVIAL: Final = frozenset({"=", ":", ": ", "://", "assword", "ecret", "ode:", "PIN"})
_LOGIN: Final = re.compile(r"://[^\s:/@]{0,100}:")
_MAIL: Final = re.compile(r"@|\d[\d ./()-]{3,}\d")


def recognised(text: str, *, secret: Treatment, personals: Treatment) -> Iterator[Hit]:
    """Yield what the recognisers see in a text, with what is to be done about it."""
    if secret is not Treatment.OFF and alarming(text):
        for one in secrets(text):
            said = f"a secret that must not leave: {one.name}, {one.masked}"
            yield Hit(rule=f"secret:{one.name}", outcome=_OUTCOMES[secret], start=one.start, end=one.end, message=said)
    if personals is not Treatment.OFF and _MAIL.search(text):
        for known in personal(text):
            if not known.sure:
                continue
            said = f"personal data that must not leave: {known.name}, {known.masked}"
            outcome = _OUTCOMES[personals]
            yield Hit(rule=f"personal:{known.name}", outcome=outcome, start=known.start, end=known.end, message=said)


def alarming(text: str) -> bool:
    """Tell whether a text has any of the words without which no secret is recognised."""
    beginnings, names = _finders()
    return beginnings(text) or names(text.lower()) or ("://" in text and _LOGIN.search(text) is not None)


@cache
def _finders() -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Return what finds any of the words that tokens hold by which they are recognised, and any name of a secret."""
    said = read_rules("secrets.yaml")
    needs = {word for rule in said["secrets"] for word in rule["needs"]} - _TRIVIAL
    return finder(needs), finder(said["named"])


def finder(words: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a text holds any of some words: by Aho-Corasick where that is installed."""
    known = tuple(sorted(set(words)))
    try:
        import ahocorasick
    except ImportError:
        return lambda text: any(word in text for word in known)
    automaton = ahocorasick.Automaton()
    for word in known:
        automaton.add_word(word, word)
    automaton.make_automaton()
    return lambda text: next(automaton.iter(text), None) is not None
