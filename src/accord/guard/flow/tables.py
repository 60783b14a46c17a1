"""Tables that a tool handed out as text: comma-separated, Markdown and HTML, as rows of cells under their headings."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

Row = Sequence[tuple[str, str]]
"""The cells of a line, each with the heading of its column."""

_CELL: Final = re.compile(r"<t[dh](?:\s[^<>]{0,200})?>([^<]*)</t[dh]>", re.IGNORECASE)
_LINE: Final = re.compile(r"<tr(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_BAR: Final = re.compile(r"(?<!\\)\|")
_RULE: Final = re.compile(r":?-+:?")
_NAME: Final = re.compile(r"[^\W\d][\w.-]{0,40}")  # of a column; a line of prose has blanks
_DELIMITERS: Final = (",", ";", "\t")
_MOST: Final = 20_000


def rows(text: str) -> list[Row] | None:
    """Return the rows of a text that is one whole table, each line with as many cells; None for any other."""
    plain = text.strip()
    if plain[:1] == "|":
        return _under_headings(list(_barred(plain)), ruled=True)
    if plain[:6].lower() == "<table":
        return _under_headings([_CELL.findall(line) for line in _LINE.split(plain)[1:]], escaped=True)
    lines = _separated(plain)
    return _under_headings(lines) if lines and all(map(_NAME.fullmatch, lines[0])) else None


def loose_cells(text: str) -> Iterator[str]:
    """Yield what looks like a cell of a table anywhere in a text."""
    yield from _CELL.findall(text)[:_MOST]
    for line in text.splitlines():
        said = line.strip()
        if len(said) > 1 and said[0] == said[-1] == "|":
            yield from said[1:-1].split("|")
    lines = _separated(text.strip())
    if len(lines) > 1 and all(len(line) == len(lines[0]) for line in lines) and all(map(_heads, lines[0])):
        yield from (cell for line in lines[1:] for cell in line)


def _under_headings(lines: Sequence[Sequence[str]], *, ruled: bool = False, escaped: bool = False) -> list[Row] | None:
    """Return lines of cells as rows; None where one has more or fewer cells than there are headings."""
    if len(lines) < 2 + ruled or len(lines[0]) < 2 or any(len(line) != len(lines[0]) for line in lines):
        return None
    if ruled and not all(_RULE.fullmatch(cell.strip()) for cell in lines[1]):
        return None
    heads = [head.strip() for head in lines[0]]
    if not all(map(_heads, heads)) or len(set(heads)) < len(heads):
        return None
    plain = html.unescape if escaped else str
    return [tuple(zip(heads, (plain(cell).strip() for cell in line), strict=True)) for line in lines[1 + ruled :]]


def _barred(text: str) -> Iterator[Sequence[str]]:
    """Yield the cells of Markdown's lines between bars; nothing in one that is no such line."""
    for line in text.splitlines():
        said = line.strip()
        yield _BAR.split(said[1:-1]) if len(said) > 1 and said[0] == said[-1] == "|" else ()


def _separated(text: str) -> list[list[str]]:
    """Return the cells of lines with delimiters; empty where the first has none."""
    first = text.partition("\n")[0]
    mark = next((one for one in _DELIMITERS if one in first), "")
    try:
        return [line for line in csv.reader(io.StringIO(text), delimiter=mark) if line] if mark else []
    except csv.Error:  # a quotation that never ends, and is longer than a cell may be
        return []


def _heads(heading: str) -> bool:
    return bool(heading.strip()) and not heading.strip()[0].isdigit()
