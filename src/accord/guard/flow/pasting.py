"""What a user pastes into their own words: it is theirs to give, and asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_MARKED: Final = re.compile(
    r"^[ \t]*(?P<code>`{3,}|~{3,})[^\n]{0,40}\n.*?(?:^[ \t]*(?P=code)[ \t]*$|\Z)"
    r"|^[ \t]*(?P<fence>-{3,}|={3,}|\*{3,}|_{3,}|#{3,}|\"{3}|'{3}|<{3,}|\+{3,})[ \t]*\n.*?"
    r"(?:^[ \t]*(?:(?P=fence)|>{3,})[ \t]*$|\Z)"
    r"|<(?P<tag>document|doc|e-?mail|mail|message|text|content|page|article|data|context|quote|attachment|transcript"
    r"|input|file|source)\b[^<>\n]{0,200}>.*?(?:</(?P=tag)\s{0,4}>|\Z)"
    r"|^[ \t]*>[^\n]*$"
    r"|<\|[a-z_]{2,30}\|>.*"
    r"|(?<=\n)[ \t]*(?:#{1,6} )?(?:system|assistant|user|human)[ \t]*:.*",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


def pasted(text: str) -> list[tuple[int, int]]:
    """Return where something is pasted: between lines of marks, in tags that name a document, behind `>`.

    A conversation that stands in a text, with marks or names of who speaks, is pasted from there to the end.
    """
    return [match.span() for match in _MARKED.finditer(text)] if "\n" in text or "<" in text else []


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that touch one another as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
