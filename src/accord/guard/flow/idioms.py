"""Phrases that ask for a deed without its verb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_NEVER: Final = frozenset({"don't", "not", "never"})


def idiom(plain: Sequence[str], at: int) -> str:
    """Return the deed that a phrase stands for: `let her know`, `I want my money back`; empty for none."""
    before = plain[max(0, at - 6) : at]
    if plain[at] == "know" and "let" in before[-3:] and not {"me", "us"} & set(before[-3:]):
        return "" if _NEVER & set(before) else "inform"
    if plain[at] == "back" and before[-1:] == ["money"] and "i" in before and {"want", "like", "need"} & set(before):
        return "" if _NEVER & set(before) else "refund"
    return ""
