"""What the text of a tool's description does to a model that reads it: orders, secrecy, and characters that hide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
_TAGS: Final = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
_BIDI: Final = re.compile("[\u202d\u202e\u2066-\u2068]")
_ZERO_WIDTH: Final = re.compile("[\u200b-\u200f\u2060-\u2064\u180e\ufeff]{4,}")
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f]{4,}|[\U000e0100-\U000e01ef]{3,}")
_TERMINAL: Final = re.compile("\x1b\\[|\x9b")
_POISON = 2
_LONGEST = 200_000


class Signs(NamedTuple):
    """Words of poison with their weights, the shell pattern, and letters that pass for others."""

    words: tuple[tuple[int, str, re.Pattern[str]], ...]
    shells: re.Pattern[str]
    lookalikes: Mapping[int, str]


def poison(text: str) -> tuple[str, ...]:
    """Return what a description does besides describing, when that adds up to poison; else nothing."""
    plain = _plain(text[:_LONGEST])
    found: dict[str, int] = {}
    for weight, says, pattern in signs().words:
        if pattern.search(plain):
            found[says] = max(weight, found.get(says, 0))
    return tuple(found) if sum(found.values()) >= _POISON else ()


def hidden(text: str) -> str | None:
    """Return what kind of characters a text hides from people, if any."""
    if text.isascii():
        return "terminal escapes" if _TERMINAL.search(text) else None
    if _TAGS.search(text):
        return "tag characters"
    if _BIDI.search(text):
        return "characters that turn the direction of reading"
    if _ZERO_WIDTH.search(text):
        return "a run of characters without width"
    if _SELECTORS.search(text):
        return "a run of variation selectors"
    return "terminal escapes" if _TERMINAL.search(text) else None


def skeleton(name: str) -> str:
    """Return a name as people see it: letters of other scripts that look Latin become Latin."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", name)).casefold()
    return plain.translate(signs().lookalikes)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold().split())


@cache
def signs() -> Signs:
    """Return the words of poison, read once."""
    said = table_of("scan/tool_poison.yaml")
    return Signs(
        tuple((one["weight"], one["says"], re.compile(one["pattern"])) for one in said["signs"]),
        re.compile(said["shells"], re.IGNORECASE),
        {ord(letter): latin for letter, latin in said["lookalikes"].items()},
    )
