"""Texts that are tables as a whole: of Markdown, or values between commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from html import unescape
from typing import Final

_COLUMNS: Final = 40
_RULE: Final = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*")
_CELL: Final = re.compile(r"(?<!\\)\|")
_TR: Final = re.compile(r"<tr\b[^<>]{0,200}>(.*?)</tr>", re.DOTALL | re.IGNORECASE)
_TD: Final = re.compile(r"<t[hd]\b[^<>]{0,200}>(.*?)</t[hd]>", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,200}>")
_HEAD: Final = re.compile(r"[^\d<>{}\[\]\"'=][^<>{}\[\]\"'=]{0,40}")


@lru_cache(maxsize=256)
def table(text: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the cells of a table that a text is as a whole, each with its head."""
    lines = _hypertext(text) or _markdown(text) or _separated(text)
    if len(lines) < 2 or not 2 <= len(lines[0]) <= _COLUMNS or any(len(line) != len(lines[0]) for line in lines):
        return ()
    head = [name.strip() for name in lines[0]]
    if len(set(head)) != len(head) or not all(_HEAD.fullmatch(name) for name in head):
        return ()
    return tuple(
        tuple((name, cell.strip()) for name, cell in zip(head, line, strict=True) if cell.strip()) for line in lines[1:]
    )


def _hypertext(text: str) -> list[list[str]]:
    """Return the cells of the one table of a page; none where a cell holds a table, or a row is not like the others."""
    if "<t" not in text or text.count("<table") > 1:
        return []
    rows = [_TD.findall(row) for row in _TR.findall(text)]
    return [[unescape(_TAG.sub(" ", cell)).strip() for cell in row] for row in rows if row]


def _markdown(text: str) -> list[list[str]]:
    lines = text.strip().splitlines()
    if len(lines) < 3 or not _RULE.fullmatch(lines[1]) or not all("|" in line for line in lines):
        return []
    rows = [*lines[:1], *lines[2:]]
    return [[cell.replace("\\|", "|") for cell in _CELL.split(line.strip().strip("|"))] for line in rows]


def _separated(text: str) -> list[list[str]]:
    first = text.strip().partition("\n")[0]
    mark = max(",;\t", key=first.count)
    if not first.count(mark):
        return []
    try:
        return [line for line in csv.reader(io.StringIO(text.strip()), delimiter=mark, strict=True) if line]
    except csv.Error:
        return []
