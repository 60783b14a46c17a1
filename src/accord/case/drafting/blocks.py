"""A plain or Markdown text as blocks: headings, paragraphs, items of lists, quotations and fences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([\w+-]*)\s*$")
_ITEM = re.compile(r"(\s{0,8})(?:\d{1,3}[.)]|[-*+•])\s+(\S.*)$")
_QUOTE = re.compile(r"\s{0,3}>\s?(.*)$")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}$")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

MOST_BLOCKS = 20_000


class Block(NamedTuple):
    """A piece of a text: what it is, and its lines without the marks of Markdown around them."""

    kind: Literal["heading", "text", "item", "quote", "fence"]
    text: str


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a text in order; every line is looked at once."""
    lines = text.split("\n")
    at = count = 0
    while at < len(lines) and count < MOST_BLOCKS:
        line = lines[at]
        if not line.strip() or _RULE.match(line):
            at += 1
            continue
        block, at = _block(lines, at)
        count += 1
        if block.text.strip():
            yield block


def _block(lines: list[str], at: int) -> tuple[Block, int]:
    line = lines[at]
    if fence := _FENCE.match(line):
        return _fence(lines, at, fence[1])
    if heading := _HEADING.match(line):
        return Block("heading", heading[1]), at + 1
    if _QUOTE.match(line):
        return _quote(lines, at)
    item = _ITEM.match(line)
    first = [item[2] if item else line]
    at += 1
    while at < len(lines) and lines[at].strip() and not _starts(lines[at]):
        first.append(lines[at].strip() if item else lines[at])
        at += 1
    return Block("item" if item else "text", _BREAK.sub("\n", "\n".join(first))), at


def _starts(line: str) -> bool:
    """Tell whether a line begins a block of its own."""
    return bool(
        _FENCE.match(line) or _HEADING.match(line) or _QUOTE.match(line) or _ITEM.match(line) or _RULE.match(line)
    )


def _fence(lines: list[str], at: int, mark: str) -> tuple[Block, int]:
    indent = len(lines[at]) - len(lines[at].lstrip())
    inside: list[str] = []
    at += 1
    while at < len(lines):
        closing = lines[at].strip()
        if closing.startswith(mark) and not closing.strip(mark[0]):
            return Block("fence", "\n".join(inside)), at + 1
        line = lines[at]
        inside.append(line[indent:] if not line[:indent].strip() else line)
        at += 1
    return Block("fence", "\n".join(inside)), at


def _quote(lines: list[str], at: int) -> tuple[Block, int]:
    inside = []
    while at < len(lines) and (match := _QUOTE.match(lines[at])):
        inside.append(match[1])
        at += 1
    return Block("quote", "\n".join(inside)), at
