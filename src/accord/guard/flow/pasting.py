"""What a user pastes into their own words: it is theirs to give, and asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from accord.core.shipped import lines_of

TURN: Final = "\n\x1e\n"
"""What stands between two turns of a user."""

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
_OURS: Final = re.compile(r"assistant|agent|chatbot|\bbot\b|\bai\b|\bki\b|there|all|team", re.IGNORECASE)
_DIRECTED: Final = ("»«", "“”", "„“", "「」")
_BLOCKS: Final = ("log", "table")
_WINDOW: Final = 5
_MOST_LINES: Final = 2_000


def pasted(text: str) -> list[tuple[int, int]]:
    """Return where something is pasted: with marks around it, or by what it looks like, from there on.

    Marks are lines of dashes or quotes, tags that name a document, and `>`. A conversation that stands in a text, with
    marks or names of who speaks, is pasted from there to the end; so is a letter, a mail or a page.
    """
    found: list[tuple[int, int]] = []
    begin = 0
    for turn in text.split(TURN):
        if "\n" in turn or "<" in turn or ":" in turn:
            found += [(begin + start, begin + end) for start, end in _of_turn(turn)]
        begin += len(turn) + len(TURN)
    return found


def _of_turn(turn: str) -> Iterator[tuple[int, int]]:
    if "\n" in turn or "<" in turn:
        yield from (match.span() for match in _MARKED.finditer(turn))
    patterns, lower = _patterns(), turn.lower()
    looked = lower if len(lower) == len(turn) else turn
    markup = next(_found(patterns["markup"], looked), None) if "<" in turn else None
    if markup is not None:
        yield markup[0], len(turn)
    for _, end in _found(patterns["pointer"], looked):
        if turn[end:].strip():
            yield end, len(turn)
            break
    if "\n" in turn.strip():
        yield from _unmarked(turn)


def _unmarked(turn: str) -> Iterator[tuple[int, int]]:
    """Yield where a text by somebody else stands without marks: from its first line to the end, or line by line."""
    lines = turn.split("\n")[:_MOST_LINES]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    kinds = [_kinds(line) for line in lines]
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    for at in range(len(lines)):
        if _begins(kinds, lines, at, first):
            yield starts[at], len(turn)
            break
    for kind in _BLOCKS:
        for at in range(len(lines) - 1):
            if kind in kinds[at] and kind in kinds[at + 1]:
                yield starts[at], min(starts[at + 2], len(turn))


def _begins(kinds: Sequence[frozenset[str]], lines: Sequence[str], at: int, first: int) -> bool:
    """Tell whether somebody else's text begins with a line: a head of a mail, a salutation, another voice."""
    here = kinds[at]
    if "forwarded" in here or "data" in here:
        return True
    if "header" in here and sum("header" in one for one in kinds[at : at + _WINDOW]) > 1:
        return True
    if "salutation" in here:
        return at > first or _OURS.search(lines[at]) is None
    if at <= first:
        return False
    if "hello" in here:
        return True
    blank = not lines[at - 1].strip()
    return (blank and "voice" in here) or (at > first and "task" in kinds[first] and bool(lines[at].strip()))


def _kinds(line: str) -> frozenset[str]:
    if not line.strip():
        return frozenset()
    looked = line[:400].lower()
    return frozenset(
        kind
        for kind, patterns in _patterns().items()
        if kind not in {"markup", "pointer"} and any(pattern.search(looked) for pattern in patterns)
    )


def _found(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        yield from (match.span() for match in pattern.finditer(text))


@cache
def _patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """Compile ours, which are bounded."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for line in lines_of("guard/flow/pastes.tsv"):
        kind, _, pattern = line.partition("\t")
        found.setdefault(kind, []).append(re.compile(pattern, re.MULTILINE))
    return {kind: tuple(patterns) for kind, patterns in found.items()}


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that touch one another as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def unnested(text: str) -> str:
    """Return a text without the quotation marks inside of a quotation: of `»he said »no« to me«` the outer are left.

    Only marks that have a direction are told apart. One that closes what nobody opened closes the quotation before it:
    what was pasted in between had closed that.
    """
    letters = list(text)
    for marks in _DIRECTED:
        for at in _inner(text, marks) if marks[0] in text else ():
            letters[at] = " "
    return "".join(letters)


def _inner(text: str, marks: str) -> Iterator[int]:
    """Yield where such marks stand inside of a quotation by them."""
    signs = [(at, sign) for at, sign in enumerate(text) if sign in marks]
    depth, closing = 0, -1  # where a quotation is closed, should no later mark close it once more
    for at, sign in signs:
        opens = sign == signs[0][1]
        depth = max(depth, 0) + 1 if opens else depth - 1
        if depth > 1 or (depth == 1 and not opens):
            yield at
        elif depth == 1:
            closing = -1
        else:
            yield from (closing,) if closing >= 0 else ()
            closing = at
