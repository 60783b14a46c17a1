"""The cells of tables that a tool handed out as text: comma-separated, Markdown and HTML."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from accord.guard.flow.outputs import LARGEST, field_of

_HTML: Final = re.compile(r"<t[dh](?:\s[^<>]{0,200})?>([^<]*)</t[dh]>", re.IGNORECASE)
_DELIMITERS: Final = (",", ";", "\t")
_MOST: Final = 20_000


@lru_cache(maxsize=256)
def cells(text: str) -> Mapping[str, int]:
    """Return how often each cell stands in the tables of a text, without those in which somebody writes at length."""
    if len(text) > LARGEST:
        return {}
    found = (*_HTML.findall(text), *_barred(text), *_separated(text))
    return Counter(cell for said in found[:_MOST] if (cell := said.strip()) and not field_of("", cell).free)


def _barred(text: str) -> Iterator[str]:
    """Yield the cells of Markdown's tables: lines between bars."""
    for line in text.splitlines():
        said = line.strip()
        if len(said) > 1 and said[0] == said[-1] == "|":
            yield from said[1:-1].split("|")


def _separated(text: str) -> Iterator[str]:
    """Yield the cells of a table whose first line names its columns and whose other lines have as many."""
    lines = text.strip().splitlines()
    mark = next((one for one in _DELIMITERS if lines and one in lines[0]), "")
    if not mark:
        return
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:  # a quotation that never ends, and is longer than a cell may be
        return
    if len(rows) > 1 and all(len(row) == len(rows[0]) for row in rows) and all(map(_names, rows[0])):
        for row in rows[1:]:
            yield from row


def _names(heading: str) -> bool:
    return bool(heading.strip()) and not heading.strip()[0].isdigit()
