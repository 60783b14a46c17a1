"""Reading a text without its markup, where that parts words or hides what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.content.decoding.edits import Edit
from accord.content.decoding.signs import Change, Signs
from accord.content.language import common

_MARKS: Final = re.compile(
    r"<!--(?P<hidden>[^<>]{0,2000})-->"
    r"|(?P<tag></?(?:b|i|u|s|em|strong|span|font|small|big|mark|sub|sup|wbr|a|code|ins|del|q|abbr|kbd|var|bdi|bdo)\b"
    r"[^<>]{0,300}>)|\*\*|__|~~|``|(?<=\w)[*`](?=\w)"
    r"|!?\[(?P<label>[^\[\]\n]{1,200})\]\([^()\s]{0,500}\)",
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
    found = list(_MARKS.finditer(text))
    inside = [match for match in found if _is_inside(text, match)]
    joined = any(match["tag"] or match["hidden"] is not None or _joins(text, match) for match in inside)
    if joined or len(inside) >= 4 or any(match["hidden"] for match in found):
        yield Change("markup", tuple(Edit(*match.span(), _left(text, match)) for match in found))


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
