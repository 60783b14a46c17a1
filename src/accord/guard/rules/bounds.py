"""What no rule may do, whoever signed it: meet nearly anything. One that does is held to flags, and it is told why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from accord.case.patterns import Pattern, PatternError, Re2MissingError, compiled
from accord.case.variables import pieces
from accord.content.fingerprints import normal
from accord.core.case import EffectPattern
from accord.core.guard import GuardRule, Likeness
from accord.guard.rules.benign import Honest, built_in

BUDGET: Final = 0.001
"""The share of our own honest texts on which a rule may fire."""

LEAST_ALIKE: Final = 300
"""Thousandths of likeness below which texts have nothing to do with each other."""

_MOST_PATTERNS: Final = 64  # of one rule
_FEWEST_LETTERS: Final = 6  # of a text that is met word by word
_FEW_WORDS: Final = 6  # a longer text is hardly an honest one by chance
_ANCHOR: Final = re.compile(r"\\[Az]|\^|\$")
_ANYTHING: Final = (
    "", "a", "the", "0", "7", "@", "info@example.com", "https://example.com/", "\n", " ", "de", "и", "的", "!",
)  # fmt: skip


def too_broad(rule: GuardRule) -> str:
    """Return why a rule may not block, or nothing: what it is signed with makes no difference."""
    return next(_faults(rule), "")


def meets_anything(pattern: str) -> str:
    """Return what is wrong with a pattern that is none, or that meets what says nothing, or nothing."""
    try:
        found = compiled(pattern)
    except Re2MissingError:
        return ""
    except PatternError as error:
        return str(error)
    met = next((text for text in _ANYTHING if found.search(text) is not None), None)
    return "" if met is None else f"the pattern {pattern[:60]!r} matches {met!r}: it would stop honest traffic at large"


def share(pattern: str, honest: Sequence[Honest], joined: str = "") -> float:
    """Return the share of honest texts that a pattern matches; `joined` are the same texts, line after line."""
    found = compiled(pattern)
    if not honest or (_ANCHOR.search(pattern) is None and found.search(joined or one_text(honest)) is None):
        return 0.0
    return _count(found, honest) / len(honest)


def one_text(honest: Iterable[Honest]) -> str:
    """Return texts line after line."""
    return "\n".join(one.text for one in honest)


def _count(pattern: Pattern, honest: Iterable[Honest]) -> int:
    return sum(pattern.search(one.text) is not None for one in honest)


def _faults(rule: GuardRule) -> Iterator[str]:
    patterns = (*rule.regex, *rule.outputs)
    if len(patterns) > _MOST_PATTERNS:
        yield f"it has {len(patterns)} patterns, {_MOST_PATTERNS} is the most"
    for pattern in patterns:
        yield from filter(None, (meets_anything(pattern) or _common(pattern),))
    yield from filter(None, map(_short, rule.texts))
    yield from filter(None, map(_loose, rule.alike))
    yield from filter(None, map(_wide, rule.effects))
    yield from (f"it refuses every {one.does} beside strangers' words" for one in rule.guarded if not one.args)


def _common(pattern: str) -> str:
    try:
        found = share(pattern, built_in(), _all_built_in())
    except PatternError:
        return ""  # the library is missing: no pattern is in force
    if found <= BUDGET:
        return ""
    return f"the pattern {pattern[:60]!r} fires on {found:.1%} of our honest texts, {BUDGET:.1%} are allowed"


def _short(text: str) -> str:
    literal = normal(" ".join(pieces(text)[::2]))
    if not literal or literal.count(" ") >= _FEW_WORDS:
        return ""  # nothing is left of it, and it meets nothing; or enough is
    if len(literal.replace(" ", "")) >= _FEWEST_LETTERS and f" {literal} " not in _all_normal():
        return ""
    return f"the text {text[:60]!r} stands in honest texts, or is too short to be told from them"


def _loose(one: Likeness) -> str:
    least = min(one.enough, one.abroad)
    if least >= LEAST_ALIKE:
        return ""
    return f"a likeness of {least / 1000:.2f} is enough for it, {LEAST_ALIKE / 1000:.2f} is the least"


def _wide(effect: EffectPattern) -> str:
    if any(wanted.strip("*?") for wanted in effect.args.values()):
        return ""
    return f"it refuses every {effect.does}, whatever its arguments are"


@cache
def _all_built_in() -> str:
    return one_text(built_in())


@cache
def _all_normal() -> str:
    return f" {' '.join(normal(one.text) for one in built_in())} "
