"""Characters that look like Latin letters and digits, and those that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from accord.core.shipped import lines_of

INVISIBLE: Final = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What takes no room on a screen, as the inside of a character class."""


@cache
def alike() -> Mapping[str, str]:
    """Return what each character looks like, read once."""
    return {
        chr(int(code, 16)): letter
        for letter, _, codes in (line.partition("\t") for line in lines_of("content/confusables.tsv"))
        for code in codes.split()
    }


@cache
@cache
def folding() -> Mapping[int, str]:
    """Return the table for `str.translate` that folds look-alikes."""
    return {ord(char): letter for char, letter in alike().items()}


@cache
def invisible() -> re.Pattern[str]:
    """Return what finds a run of invisible characters."""
    return re.compile(f"[{INVISIBLE}]+")
