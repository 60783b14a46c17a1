"""Texts that speak to a model: the shipped patterns, by RE2 where it is installed."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from accord.core.shipped import lines_of

LONGEST: Final = 200_000
"""Characters of a text that are looked at."""


@lru_cache(maxsize=512)
def speaks(text: str) -> bool:
    """Tell whether a text addresses a model, or gives it orders about its other orders."""
    looked = text[:LONGEST] if text.isascii() else text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    return _pattern().search(looked) is not None


def marked(text: str, distrusted: frozenset[str] = frozenset()) -> bool:
    """Tell whether a text speaks to a model instead of a person, or the detector distrusts it."""
    return text in distrusted or speaks(text)


@cache
def _pattern() -> re.Pattern[str]:
    """Compile ours as one: RE2 is linear, and without it `re` takes the same patterns, which are ours and bounded."""
    either = "(?i)" + "|".join(f"(?:{line})" for line in lines_of("guard/flow/spans.txt"))
    try:
        import re2
    except ImportError:
        return re.compile(either)
    found: re.Pattern[str] = re2.compile(either)
    return found
