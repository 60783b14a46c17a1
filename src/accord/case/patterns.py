"""Patterns that strangers write, matched in linear time: RE2 and globs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 1_000
"""Characters of a pattern."""

LARGEST = 5_000
"""Instructions of a compiled pattern."""

_MEMORY = 1 << 20


class PatternError(ValueError):
    """A pattern that cannot be used; the message says why."""


class Re2MissingError(PatternError):
    """The library for patterns is not installed."""


def compiled(pattern: str) -> Pattern:
    """Compile an RE2 pattern.

    Raises `PatternError` for what RE2 does not accept or what is too large, `Re2MissingError` without the library.
    """
    if len(pattern) > LONGEST:
        raise PatternError(f"the pattern has {len(pattern):,} characters, the limit is {LONGEST:,}")
    try:
        import re2
    except ImportError as error:
        raise Re2MissingError("patterns need RE2: install accord[llm]") from error
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        found = re2.compile(pattern, options)
    except re2.error as error:
        detail = error.args[0] if error.args else b""
        said = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        raise PatternError(f"the pattern is not RE2: {said}") from error
    except UnicodeEncodeError as error:
        raise PatternError("the pattern holds a lone surrogate") from error
    if found.programsize > LARGEST:
        raise PatternError(f"the pattern compiles to {found.programsize:,} instructions, the limit is {LARGEST:,}")
    return Pattern(found)


class Pattern:
    """A compiled pattern."""

    __slots__ = ("_found",)

    def __init__(self, found: object) -> None:
        self._found = found

    def search(self, text: str) -> str | None:
        """Return the first match in `text`, or None."""
        clean = text.encode("utf-8", "replace").decode()  # RE2 refuses lone surrogates
        match = self._found.search(clean)  # type: ignore[attr-defined]  # the library has no types
        return None if match is None else str(match.group())

    def spans(self, text: str, *, most: int = 1) -> tuple[tuple[int, int], ...]:
        """Return where the first matches in `text` begin and end, at most `most` of them."""
        clean = text.encode("utf-8", "replace").decode()
        found = islice(self._found.finditer(clean), most)  # type: ignore[attr-defined]  # the library has no types
        return tuple((int(match.start()), int(match.end())) for match in found)


def quoted(text: str) -> str:
    """Return an RE2 pattern that matches `text` itself."""
    return "".join(char if char.isalnum() or char == "_" else f"\\x{{{ord(char):x}}}" for char in text)


def glob(pattern: str, text: str) -> bool:
    """Tell whether the whole of `text` matches: `*` stands for anything, `?` for one character; case is ignored.

    One pass over the text, whatever the pattern.
    """
    folded = text.casefold()
    wanted = pattern.casefold()
    return _reaches(wanted, folded) if "?" in wanted else _has_in_order(wanted.split("*"), folded)


def _has_in_order(parts: Sequence[str], text: str) -> bool:
    """Tell whether the parts stand in the text in order, the first at its start and the last at its end."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return text == first
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in parts[1:-1]:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _reaches(pattern: str, text: str) -> bool:
    """Match with the set of pattern positions that are reached as the bits of one integer."""
    marks, loops = _glob_marks(pattern)
    accept: dict[str, int] = {}
    anything = 0
    for position, mark in enumerate(marks):
        if mark == "?":
            anything |= 1 << position
        else:
            accept[mark] = accept.get(mark, 0) | 1 << position
    reached = 1
    for char in text:
        reached = (reached & (accept.get(char, 0) | anything)) << 1 | reached & loops
        if not reached:
            return False
    return bool(reached >> len(marks) & 1)


def _glob_marks(pattern: str) -> tuple[Sequence[str], int]:
    marks: list[str] = []
    loops = 0
    for char in pattern:
        if char == "*":
            loops |= 1 << len(marks)
        else:
            marks.append(char)
    return marks, loops
