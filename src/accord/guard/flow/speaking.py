"""Texts that speak to a model: the shipped patterns, by RE2 where it is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from accord.core.shipped import lines_of

LONGEST: Final = 200_000
"""Characters of a text that are looked at."""


@lru_cache(maxsize=512)
def speaks(text: str) -> bool:
    """Tell whether a text addresses a model, or gives it orders about its other orders."""
    looked = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    return any(pattern.search(looked) is not None for pattern in _patterns())


def marked(text: str, distrusted: frozenset[str] = frozenset()) -> bool:
    """Tell whether a text speaks to a model instead of a person, or the detector distrusts it."""
    return text in distrusted or speaks(text)


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(lines_of("guard/flow/spans.txt")))


def _compiled(lines: Iterable[str]) -> Iterable[re.Pattern[str]]:
    """Compile ours: RE2 is linear, and without it `re` takes the same patterns, which are ours and bounded."""
    try:
        import re2
    except ImportError:
        return [re.compile("(?i)" + line) for line in lines]
    return [re2.compile("(?i)" + line) for line in lines]
