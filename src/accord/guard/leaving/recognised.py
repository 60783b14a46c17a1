"""Secrets and personal data in text that leaves, by the recognisers of content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from accord.content.lookalikes import invisible
from accord.content.personal import personal
from accord.content.secrets import read_rules, secrets
from accord.content.views import View
from accord.core.guard import Hit, Outcome, Treatment

_OUTCOMES: Final = {
    Treatment.FLAG: Outcome.FLAG,
    Treatment.REDACT: Outcome.REDACT,
    Treatment.BLOCK: Outcome.BLOCK,
}
_TRIVIAL: Final = frozenset({"=", ":", ": ", "://", "assword", "ecret", "ode:", "PIN"})
_LOGIN: Final = re.compile(r"://[^\s:/@]{0,100}:")
_SHORTEST = 24  # characters of a secret that is written in another way
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-"
_SHAPE: Final = bytes(120 if byte in _ALPHABET else 32 for byte in range(256))
_ESCAPES: Final = ("%", "\\", "&#", "=")
_FEWEST = 8
_MAIL: Final = re.compile(r"@|\d[\d ./()-]{3,}\d")


def recognised(text: str, *, secret: Treatment, personals: Treatment) -> Iterator[Hit]:
    """Yield what the recognisers see in a text, with what is to be done about it.

    Digits, blanks and letters of other widths and scripts count as those they are; what nobody sees counts as nothing.
    """
    if text.isascii():
        yield from _recognised(text, secret=secret, personals=personals)
        return
    plain, places = flattened(text)
    for hit in _recognised(plain, secret=secret, personals=personals):
        yield hit if places is None else replace(hit, start=places[hit.start], end=places[hit.end - 1] + 1)


def hidden(
    text: str, decoded: Iterable[View], seen: Sequence[Hit], *, secret: Treatment, personals: Treatment
) -> Iterator[Hit]:
    """Yield the secrets and personal data in what a text says decoded: in base64, hexadecimal, escapes, numbers.

    What stands so in the text itself, around what was decoded, and what was seen there is not told once more.
    """
    for view in decoded:
        for hit in _recognised(view.text, secret=secret, personals=personals):
            start, end = view.at(hit.start, hit.end)
            if view.text[hit.start : hit.end] == text[start:end] or _told(hit.rule, start, end, seen):
                continue
            said = f"{hit.message.rpartition(', ')[0]}, {view.kind}"
            yield replace(hit, start=start, end=end, view=view.kind, message=said)


def _told(rule: str, start: int, end: int, seen: Sequence[Hit]) -> bool:
    return any(one.rule == rule and one.start < end and start < one.end for one in seen)


def may_hide(text: str) -> bool:
    """Tell whether a text has what secrets are hidden in: long runs, pairs of digits, or many escapes."""
    if len(text) < _SHORTEST:
        return False
    shape = text.encode("ascii", "replace").translate(_SHAPE)
    runs = b"x" * _SHORTEST in shape or b" xx" * _FEWEST in shape
    return runs or any(text.count(mark) >= _FEWEST for mark in _ESCAPES)


def is_run(text: str) -> bool:
    """Tell whether a text has a run of letters and digits in which a secret may be coded."""
    return len(text) >= _SHORTEST and b"x" * _SHORTEST in text.encode("ascii", "replace").translate(_SHAPE)


def flattened(text: str) -> tuple[str, Sequence[int] | None]:
    """Return a text in plain digits, letters and blanks, and the place of each character where any was left out."""
    plain = text.translate(_flat())
    if invisible().search(plain) is None:
        return plain, None
    kept = [(at, char) for at, char in enumerate(plain) if invisible().match(char) is None]
    return "".join(char for _, char in kept), [at for at, _ in kept]


@cache
def _flat() -> Mapping[int, str]:
    """Return the table of characters that are plain ones in another width, font or script, one for one."""
    table: dict[int, str] = {}
    for code in (*range(0x00A0, 0x3000), *range(0x3000, 0x3100), *range(0xA000, 0x11000), *range(0x1D400, 0x1D800)):
        char = chr(code)
        plain = str(unicodedata.decimal(char, "")) or unicodedata.normalize("NFKC", char)
        if len(plain) == 1 and plain.isascii() and plain != char:
            table[code] = plain
    return table | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def _recognised(text: str, *, secret: Treatment, personals: Treatment) -> Iterator[Hit]:
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


def may_be_recognised(text: str, *, secret: Treatment, personals: Treatment) -> bool:
    """Tell whether a text in ASCII has any sign of what `recognised` looks for."""
    if secret is not Treatment.OFF and alarming(text):
        return True
    return personals is not Treatment.OFF and _MAIL.search(text) is not None


def alarming(text: str) -> bool:
    """Tell whether a text has any of the words without which no secret is recognised."""
    either, beginnings, names = _finders()
    small = text.lower()
    if either(small) and (beginnings(text) or names(small)):
        return True
    return "://" in text and _LOGIN.search(text) is not None


@cache
def _finders() -> tuple[Callable[[str], bool], Callable[[str], bool], Callable[[str], bool]]:
    """Return what finds any of the words by which tokens are recognised, and any name of a secret; both in one first.

    The first looks at small letters alone, in which most texts hold nothing of either.
    """
    said = read_rules("secrets.yaml")
    needs = {word for rule in said["secrets"] for word in rule["needs"]} - _TRIVIAL
    named = tuple(said["named"])
    return finder([*(word.lower() for word in needs), *named]), finder(needs), finder(named)


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
