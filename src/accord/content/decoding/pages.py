"""Reading a page out: its tags gone, and what they hide (comments, hidden words, attributes) read with the rest."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Final

from accord.content.decoding.edits import Edit, Edited, replaced

_MARKS: Final = re.compile(
    r"<(?:(?P<comment>!--|!\[CDATA\[)|![A-Za-z][^<>]*>|/?(?P<tag>[A-Za-z][A-Za-z0-9-]*)(?P<words>(?:\s[^<>]*)?)/?>)"
    r"|(?P<end>-->|\]\]>)|&(?:#\w{1,8}|[A-Za-z]\w{1,30});|\\(?P<escape>[nrt\"])"
    r"|(?<=[\w,)`'’”])[ \t]{0,8}\r?(?P<wrap>\n)[ \t]{0,4}(?=[a-z(`])"
)
_MARKED: Final = re.compile(r"[<&\\\n>]")  # nothing is a mark without one of these
_ATTRIBUTE: Final = re.compile(r"(?<![\w:-])(?P<name>[\w:-]{1,40})\s?=\s?(?P<value>\"[^\"]*\"|'[^']*')")
_SAYS_NOTHING: Final = frozenset({"class", "style", "srcset", "sizes", "rel", "d", "viewbox", "points", "media"})
_INSIDE: Final = re.compile(
    r"a|abbr|b|bd[io]|big|code|del|em|font|i|ins|kbd|label|mark|q|s|small|span|strong|su[bp]|tt|u|var|wbr",
    re.IGNORECASE,
)
_FEWEST: Final = 2  # words of an attribute that says something
_APART: Final = "\n\n"
_ESCAPED: Final = {"n": _APART, "r": " ", "t": " ", '"': '"'}


def read_out(text: str) -> Edited:
    """Return a text as it is read from top to bottom by who sees all of it, and where each stretch stands in it.

    Tags that part nothing are gone, others and comments part paragraphs; attributes of several words are paragraphs
    of their own; entities and escapes are what they stand for; lines that only wrap are one. Never longer, linear.
    """
    if not _MARKED.search(text):
        return Edited(text, partial(_itself, len(text)))
    return replaced(text, (Edit(*match.span(), _said(match)) for match in _MARKS.finditer(text)))


def _itself(size: int, start: int, end: int) -> tuple[int, int]:
    return min(max(0, start), size), min(max(start, end), size)


def _said(match: re.Match[str]) -> str:
    """Return what is read in the place of a mark."""
    if match["tag"]:
        between = "" if _INSIDE.fullmatch(match["tag"]) else _APART
        values = [found for found in map(_value, _ATTRIBUTE.finditer(match["words"])) if found]
        return _APART.join((between, *values, "")) if values else between
    if match["wrap"]:
        return " "
    if match["escape"]:
        return _ESCAPED[match["escape"]]
    return html.unescape(match[0]) if match[0][0] == "&" else _APART


def _value(match: re.Match[str]) -> str:
    """Return what an attribute says to a reader, if it says something."""
    said = match["value"][1:-1]
    if match["name"].lower() in _SAYS_NOTHING or len(said.split(None, _FEWEST)) < _FEWEST:
        return ""
    return html.unescape(said)
