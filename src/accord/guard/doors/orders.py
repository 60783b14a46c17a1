"""Descriptions of tools that give orders to the model: the shipped patterns, by RE2 where it is installed."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from accord.content.views import views
from accord.core.shipped import lines_of

_LONGEST: Final = 50_000
_SHOWN: Final = 120
_TURNING: Final = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")  # what turns the direction of a text


def orders(text: str) -> str:
    """Return what of a description gives orders, in any decoded view of it; empty where nothing does."""
    if any(0xE0020 <= ord(letter) <= 0xE007E or letter in _TURNING for letter in text):
        return "characters that only a machine reads"
    for view in views(text[:_LONGEST]):
        folded = " ".join(view.text.encode("utf-8", "replace").decode("utf-8").split())
        for pattern in _patterns():
            found = pattern.search(folded)
            if found is not None:
                return str(found.group())[:_SHOWN]
    return ""


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Compile ours: RE2 is linear, and without it `re` takes the same patterns, which are ours and bounded."""
    lines = ["(?i)" + line for line in lines_of("guard/doors/orders.txt")]
    try:
        import re2
    except ImportError:
        return tuple(re.compile(line) for line in lines)
    return tuple(re2.compile(line) for line in lines)
