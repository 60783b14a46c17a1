"""Whether a text is one whole thing where it stands: quoted, a name, between two signs, or a place; no piece of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from accord.content.language import common
from accord.guard.flow.lexicon import either, lexicon
from accord.guard.flow.requesting import QUOTED

_SIGNS: Final = frozenset(".,;:!?()[]{}<>|#\n\t–—")
_QUOTES: Final = frozenset("\"'`“”«»‘’„")
_WINDOW: Final = 60  # letters beside a value that are looked at
_MOST: Final = 200
_LAST: Final = re.compile(r"(\w[\w'’&-]*)[^\S\n]+$")
_NEXT: Final = re.compile(r"[^\S\n]+([\w'’&-]*\w)")
_PLACED: Final = re.compile(
    r"(?i)\b(?:at|in|im|am|bei|à|au|chez|en|al|presso|bij|te|em|na|no|location|venue|place)\W{1,3}"
    r"(?:(?:the|der|die|das|dem|la|le|el|il|het|de|o)\s)?$"
)
_AFTER: Final = re.compile(
    r"\s*(?:[.,;:!?()\n]|$|\s(?:at|on|from|to|by|for|and|with|um|am|von|und|à|le|et|y|e|en|op|om)\b)"
)


@lru_cache(maxsize=2048)
def stands_whole(form: str, text: str) -> bool:
    """Tell whether a text holds a value as a quotation, as all that stands between two signs, or as a name."""
    if only_within(form, text):
        return False
    return any(_between(text, *span) or _is_name(text, *span) for span in spans(form, text))


@lru_cache(maxsize=1024)
def stands_placed(form: str, text: str) -> bool:
    """Tell whether a text says of something that it is at a place: `we meet at the old mill on Sunday`."""
    if either("asked", "onto", "subject", "personal").intersection(form.casefold().split()):
        return False
    return any(
        _PLACED.search(text, max(0, start - _WINDOW), start) and _AFTER.match(text, end)
        for start, end in spans(form, text)
    )


def spans(form: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a value stands in a text by itself, whatever the case of its letters; at most `_MOST` times."""
    folded, wanted = text.casefold(), form.casefold()
    if len(folded) != len(text):
        folded = text
    at = folded.find(wanted) if wanted else -1
    for _ in range(_MOST):
        if at < 0:
            return
        end = at + len(wanted)
        if not (text[at - 1 : at].isalnum() and at) and not text[end : end + 1].isalnum():
            yield at, end
        at = folded.find(wanted, at + 1)


def _between(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _WINDOW) : start].rstrip(" "), text[end : end + _WINDOW].lstrip(" ")
    left, right = before[-1:], after[:1]
    said = text[start:end]
    if left in _QUOTES or right in _QUOTES:
        return _is_quotation(text, start, end)
    if (said.isalpha() and common(said.casefold())) or said[:1] in _SIGNS or said[-1:] in _SIGNS:
        return False
    return (not left or left in _SIGNS) and (not right or right in _SIGNS)


def _is_quotation(text: str, start: int, end: int) -> bool:
    return any(match.span() == (start - 1, end + 1) for match in QUOTED.finditer(text))


def _is_name(text: str, start: int, end: int) -> bool:
    """Tell whether words are written as a name is, and the words beside them are not: `Le Marais` of three is none."""
    words = text[start:end].split()
    if not all(word[:1].isupper() or word[:1].isdigit() or word in _small() for word in words):
        return False
    if not words or not words[0][:1].isupper() or words[0].casefold() in either("stop", "asked"):
        return False
    if words[-1][-1] in _SIGNS or words[-1].casefold() in _small() or _counted(words):
        return False
    last, after = _LAST.search(text, max(0, start - _WINDOW), start), _NEXT.match(text, end)
    begins = last is None and _begins(text, start)
    goes_on = after is not None and (after[1][:1].isupper() or after[1][:1].isdigit())
    led = last is not None and last[1].casefold() in lexicon().asked and _begins(text, last.start())  # `Invite Olga`
    leads = last is not None and last[1][:1].isupper() and not led
    return not leads and not goes_on and not (begins and len(words) == 1)


def _counted(words: Sequence[str]) -> bool:
    """Tell whether a number stands behind a word that leads to it: `Van North to 350`."""
    return any(one.casefold() in either("onto") and other[0].isdigit() for one, other in pairwise(words))


def _begins(text: str, start: int) -> bool:
    """Tell whether a sentence begins at a place."""
    before = text[max(0, start - _WINDOW) : start].rstrip(" ")
    return not before or before[-1] in ".!?:\n"


def _small() -> frozenset[str]:
    return either("determiner", "origin", "onto")


def only_within(form: str, text: str) -> bool:
    """Tell whether a value stands only inside of longer quotations: the year in 'Budget 2026' is no id."""
    quoted = [match.span() for match in QUOTED.finditer(text) if len(match.group()) > len(form) + 2]
    spots = list(spans(form, text)) if quoted else []
    return bool(spots) and all(any(begin < at and end < stop for begin, stop in quoted) for at, end in spots)
