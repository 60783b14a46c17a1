"""How much a pattern or a glob says of its own, told without running it: what says little would match too much."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

SPECIFIC: Final = 6
"""Letters and digits that a glob of an effect spells out at least."""

_ADDRESS: Final = frozenset("@.:/\\-_")
_EMPTY: Final = re.compile(
    r"(?i)\b(?:https?|www|mailto|com|net|org|example|localhost|gmail|mail|file|home|user|users|tmp)\b"
)
_DENSE: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DEEPEST: Final = 32


class Weight(NamedTuple):
    """The letters and the words that whatever matches must have at least."""

    letters: int
    words: int


def specific(glob: str) -> bool:
    """Tell whether a glob spells out something that is the attacker's own: a host, an address, a path, a token."""
    literal = glob.replace("*", " ").replace("?", " ")
    if _ADDRESS.isdisjoint(literal) and not any(char.isdigit() for char in literal):
        return False
    kept = _EMPTY.sub(" ", literal)
    return sum(char.isalnum() for char in kept) >= SPECIFIC


def letters(pattern: str) -> int:
    """Return how many letters and digits whatever matches a pattern has at least."""
    return weight(pattern).letters


def weight(pattern: str) -> Weight:
    """Return what whatever matches a pattern must have at least; the weakest of its branches counts.

    What cannot be followed counts as nothing, so that a pattern never seems to say more than it does.
    """
    reader = _Reader(pattern)
    plain = reader.branches(0)
    found = "" if reader.at < len(pattern) else plain
    words = [part for part in re.split(r"[^\w]+", found) if len(part) >= 2]
    dense = len(_DENSE.findall(found))
    return Weight(sum(char.isalnum() for char in found) + dense, len(words) + dense // 3)


class _Reader:
    """Reads a pattern once, from left to right, and keeps the text that cannot be left out."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def branches(self, depth: int) -> str:
        """Return the text of the weakest branch up to the end of the group."""
        if depth > _DEEPEST:
            return ""
        found = [self._branch(depth)]
        while self.pattern[self.at : self.at + 1] == "|":
            self.at += 1
            found.append(self._branch(depth))
        return min(found, key=lambda text: sum(char.isalnum() for char in text))

    def _branch(self, depth: int) -> str:
        parts: list[str] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            part = self._item(depth)
            parts.append(part if self._is_kept() else " ")
        return "".join(parts)

    def _item(self, depth: int) -> str:
        char = self.pattern[self.at]
        self.at += 1
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        return " " if char in ".^$" else char

    def _group(self, depth: int) -> str:
        flags = re.compile(r"\?(?:[imsU-]{1,8}(?P<whole>\))|[imsU-]{0,8}:|P?<\w{1,64}>)").match(self.pattern, self.at)
        if flags is not None:
            self.at = flags.end()
            if flags["whole"]:
                return ""
        inner = self.branches(depth + 1)
        self.at += 1  # the closing parenthesis
        return inner

    def _class(self) -> str:
        """Skip a class of characters: it may be anything."""
        start = self.at
        if self.pattern[self.at : self.at + 1] == "^":
            self.at += 1
        if self.pattern[self.at : self.at + 1] == "]":
            self.at += 1
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            if self.pattern.startswith("[:", self.at):
                end = self.pattern.find(":]", self.at)
                self.at = end + 1 if end > 0 else self.at
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        inner = self.pattern[start : self.at]
        self.at += 1
        return inner if len(inner) == 1 else " "

    def _escape(self) -> str:
        char = self.pattern[self.at : self.at + 1]
        self.at += 1
        if char == "Q":
            end = self.pattern.find("\\E", self.at)
            end = len(self.pattern) if end < 0 else end
            literal, self.at = self.pattern[self.at : end], end + 2
            return literal
        if char in {"x", "p", "P"}:
            end = self.pattern.find("}", self.at) if self.pattern[self.at : self.at + 1] == "{" else self.at
            code = self.pattern[self.at : end + 1].strip("{}")
            self.at = end + 1 if end >= self.at else len(self.pattern)
            return _char(code) if char == "x" else " "
        return " " if char.isalnum() or not char else char

    def _is_kept(self) -> bool:
        """Read what says how often the last item comes, and tell whether it comes at all."""
        char = self.pattern[self.at : self.at + 1]
        kept = True
        if char in {"*", "?"}:
            self.at += 1
            kept = False
        elif char == "+":
            self.at += 1
        elif char == "{":
            times = re.compile(r"\{(\d{1,4})(?:,\d{0,4})?\}").match(self.pattern, self.at)
            if times is not None:
                self.at = times.end()
                kept = int(times[1]) > 0
        if self.pattern[self.at : self.at + 1] == "?":
            self.at += 1
        return kept


def _char(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return " "
