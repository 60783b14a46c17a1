"""Reading a text without its markup, where that parts words or hides what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.content.decoding.edits import Edit
from accord.content.decoding.signs import Change, Signs
from accord.content.language import common

_MARKS: Final = re.compile(  # the first character tells, so that the engine skips what has none
    r"[<*_~`!\[](?:(?<=<)(?:!--(?P<hidden>[^<>]{0,2000})-->"
    r"|(?P<tag>/?(?:b|i|u|s|em|strong|span|font|small|big|mark|sub|sup|wbr|a|code|ins|del|q|abbr|kbd|var|bdi|bdo)\b"
    r"[^<>]{0,300}>))|(?<=\*)\*|(?<=_)_|(?<=~)~|(?<=`)`|(?<=\w[*`])(?=\w)"
    r"|(?:(?<=!)\[|(?<=\[))(?P<label>[^\[\]\n]{1,200})\]\([^()\s]{0,500}\))",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(r"[^\W\d_]{1,20}$")
_AFTER: Final = re.compile(r"[^\W\d_]{1,20}")
_REACH = 20


def markup(seen: Signs) -> Iterator[Change]:
    """Yield a text without comments, marks of emphasis and links, if they stand inside a word or are comments."""
    if not seen.markup:
        return
    text = seen.text
    if _parts_words(text):
        yield Change("markup", tuple(Edit(*match.span(), _left(text, match)) for match in _MARKS.finditer(text)))


def _parts_words(text: str) -> bool:
    """Tell whether marks part words, or comments hide some; marks are not kept, there may be a great many."""
    inside = 0
    for match in _MARKS.finditer(text):
        if match["hidden"]:
            return True
        if _is_inside(text, match):
            inside += 1
            if inside >= 4 or match["tag"] or match["hidden"] is not None or _joins(text, match):
                return True
    return False


def _is_inside(text: str, match: re.Match[str]) -> bool:
    return text[match.start() - 1 : match.start()].isalpha() and text[match.end() : match.end() + 1].isalpha()


def _joins(text: str, match: re.Match[str]) -> bool:
    """Tell whether a common word stands there without the mark."""
    before = _BEFORE.search(text[max(0, match.start() - _REACH) : match.start()])
    after = _AFTER.match(text, match.end())
    return bool(before and after) and common((before[0] + (match["label"] or "") + after[0]).lower())  # type: ignore[index]  # both are there


def _left(text: str, match: re.Match[str]) -> str:
    """Return what stays in the place of a mark: the words of a link, and a blank where a comment stood free."""
    if match["label"]:
        return match["label"]
    return " " if match["hidden"] is not None and not _is_inside(text, match) else ""
