"""A text that a pattern matches: what a broken system would have said, for a proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.case.patterns import PatternError, compiled
from accord.case.variables import fill, names_in

_CLASSES: Final = {"d": "1", "w": "a", "s": " ", "D": "x", "W": " ", "S": "x", "n": "\n", "t": "\t", "r": "\r"}
_NOTHING = frozenset("bBAzZQE")
_COUNT = re.compile(r"\{(\d{1,3})(?:,\d{0,3})?\}")
_DEEPEST = 16


def sample(pattern: str, hints: tuple[str, ...]) -> str | None:
    """Return a text that `pattern` (RE2) matches: out of the hints if it stands there, else made from the pattern.

    Raises `PatternError` for what is no RE2.
    """
    found = compiled(pattern)
    for hint in hints:
        if match := found.search(hint):
            return match
    for text in _made(pattern):
        if found.search(text):
            return text
    return None


def _made(pattern: str) -> Iterator[str]:
    yield pattern
    yield re.sub(r"\\(.)", r"\1", pattern)
    yield _alternative(pattern, 0, 0)[0]


def _alternative(pattern: str, at: int, depth: int) -> tuple[str, int]:
    """Return a text for the first alternative from `at`, and where the group ends."""
    pieces: list[str] = []
    taken: str | None = None
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            taken = "".join(pieces) if taken is None else taken
            pieces, at = [], at + 1
            continue
        piece, at = _atom(pattern, at, depth)
        piece, at = _repeated(pattern, at, piece)
        pieces.append(piece)
    return ("".join(pieces) if taken is None else taken), at + 1


def _atom(pattern: str, at: int, depth: int) -> tuple[str, int]:
    char = pattern[at]
    if char == "\\":
        escaped = pattern[at + 1 : at + 2]
        return ("" if escaped in _NOTHING else _CLASSES.get(escaped, escaped)), at + 2
    if char == "(" and depth < _DEEPEST:
        inner = re.compile(r"\((?:\?(?:P?<\w+>|[a-zA-Z-]*[:)]))?").match(pattern, at)
        end = inner.end() if inner else at + 1
        return ("", end) if pattern[end - 1] == ")" else _alternative(pattern, end, depth + 1)
    if char == "[":
        return _set(pattern, at)
    return ("x" if char == "." else "" if char in "^$()" else char), at + 1


def _set(pattern: str, at: int) -> tuple[str, int]:
    start = at + 1
    negated = pattern[start : start + 1] == "^"
    start += negated
    end = start + 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" or pattern.startswith("[:", end) else 1
    inside = pattern[start:end]
    if negated:
        return next((char for char in "xyzXYZ0159 _-#" if not re.search(re.escape(char), inside)), "x"), end + 1
    first = _CLASSES.get(inside[1:2], inside[1:2]) if inside.startswith("\\") else inside[:1]
    return first, end + 1


def _repeated(pattern: str, at: int, piece: str) -> tuple[str, int]:
    count = _COUNT.match(pattern, at)
    if count:
        piece, at = piece * min(int(count[1]), 100), count.end()
    elif pattern[at : at + 1] in ("*", "?"):
        piece, at = "", at + 1
    elif pattern[at : at + 1] == "+":
        at += 1
    return piece, at + (pattern[at : at + 1] == "?" and at > 0)


def usable(pattern: str) -> bool:
    """Tell whether a pattern is RE2 and demands something."""
    try:
        return compiled(fill(pattern, dict.fromkeys(names_in(pattern), "x" * 22)).text).search("") is None
    except PatternError:
        return False
