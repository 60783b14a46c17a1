"""Where texts meet: a value that stands in another text, words that two share, and the sentences around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from accord.case.drafting.tables import command, either

_ENDS = re.compile(r"(?<=[.!?])\s+|\n+|(?=<!--)|(?<=-->)|(?=</?[A-Za-z][\w-]{2,40}>)")
_MARKS = re.compile(
    r"https?://[^\s'\"<>)\],]{3,300}|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|\b[A-Z]{2}\d{2}[A-Z0-9]{8,30}\b|\b(?=\w*\d)[\w-]{4,60}\b|\b[A-Z][A-Z0-9_-]{3,60}\b"
)
_WORD = re.compile(r"[\w@.'-]*\w")
_RUN = 3
_MOST_WORDS = 8_000
_LONGEST = 20_000
_STEM = 5
_GAP = 2
_MOST_SENTENCES = 1_000


class Span(NamedTuple):
    """A part of a text."""

    start: int
    end: int


def place(value: str, text: str) -> Span | None:
    """Return where a value stands in a text as a whole word, whatever the case of letters, or nothing."""
    wanted = value.strip()
    if not wanted:
        return None
    folded, low = text.casefold(), wanted.casefold()
    if len(folded) != len(text) or len(low) != len(wanted):
        folded, low = text, wanted
    start = folded.find(low)
    for _ in range(1_000):
        if start < 0:
            break
        end = start + len(low)
        left = start and low[0].isalnum() and folded[start - 1].isalnum()
        right = end < len(folded) and low[-1].isalnum() and folded[end].isalnum()
        if not left and not right:
            return Span(start, end)
        start = folded.find(low, start + 1)
    return _loose(wanted, text) if any(char.isspace() for char in wanted) else None


def _loose(wanted: str, text: str) -> Span | None:
    """Find a text whose white space differs."""
    parts = wanted.split()
    if len(parts) > 400:
        return None
    match = re.search(r"\s+".join(map(re.escape, parts)), text, re.IGNORECASE)
    return Span(*match.span()) if match else None


def meeting(value: str, text: str) -> Iterator[tuple[str, Span]]:
    """Yield what of a value stands in a text: all of it, else its addresses and tokens, else a run of words."""
    if whole := place(value, text):
        yield value.strip(), whole
        return
    met = False
    for mark in dict.fromkeys(match[0].rstrip(".") for match in _MARKS.finditer(value[:20_000])):
        for form in dict.fromkeys((mark, mark.partition("?")[0], _host(mark))):
            if len(form) > 3 and (found := place(form, text)):
                met = True
                yield form, found
                break
    if not met and (run := shared(value, text)):
        yield run


def _host(mark: str) -> str:
    match = re.match(r"https?://([^/?#]+)", mark)
    return match[1] if match else mark


def shared(value: str, text: str, fewest: int = _RUN) -> tuple[str, Span] | None:
    """Return the longest run of words of `value` that stands in `text` too, where it has at least `fewest` words."""
    ours = [match for match, _ in zip(_WORD.finditer(value), range(_MOST_WORDS), strict=False)]
    theirs = [match for match, _ in zip(_WORD.finditer(text), range(_MOST_WORDS), strict=False)]
    low = [match[0].casefold() for match in theirs]
    known: dict[tuple[str, ...], int] = {}
    for at in range(len(low) - fewest + 1):
        known.setdefault(tuple(low[at : at + fewest]), at)
    best = (0, 0, 0)
    own = [match[0].casefold() for match in ours]
    at = 0
    while at <= len(own) - fewest:
        other = known.get(tuple(own[at : at + fewest]))
        if other is None:
            at += 1
            continue
        size = fewest
        while at + size < len(own) and other + size < len(low) and own[at + size] == low[other + size]:
            size += 1
        best = max(best, (size, at, other))
        at += size - fewest + 1
    if not best[0]:
        return None
    size, at, other = best
    run = value[ours[at].start() : ours[at + size - 1].end()]
    return run, Span(theirs[other].start(), theirs[other + size - 1].end())


def sentences(text: str) -> Iterator[Span]:
    """Yield the sentences of a text; a line ends one, and so does a tag."""
    start = 0
    for match in _ENDS.finditer(text):
        if text[start : match.start()].strip():
            yield Span(start, match.start())
        start = match.end()
    if text[start:].strip():
        yield Span(start, len(text))


def around(text: str, spans: tuple[Span, ...]) -> Span:
    """Return the sentences in which these parts stand, with sentences beside them that sound like an attack."""
    told = tuple(sentences(text))
    touched = [
        at for at, one in enumerate(told) if any(one.start < span.end and span.start < one.end for span in spans)
    ]
    if not touched:
        return Span(0, len(text))
    first, last = touched[0], touched[-1]
    hostile = either("hostile")
    loud = [bool(hostile.search(text, one.start, one.end)) or _within(text, one) for one in told]
    while gap := next((step for step in range(1, _GAP + 1) if step <= first and loud[first - step]), 0):
        first -= gap
    while gap := next((step for step in range(1, _GAP + 1) if last + step < len(told) and loud[last + step]), 0):
        last += gap
    return Span(told[first].start, told[last].end)


@lru_cache(maxsize=4096)
def hostility(text: str, span: Span) -> int:
    """Return how many different words in a part of a text sound like an attack."""
    end = min(span.end, span.start + _LONGEST)
    return len(frozenset(match[0].casefold() for match in either("hostile").finditer(text, span.start, end))) + bool(
        command().search(text, span.start, end)
    )


@lru_cache(maxsize=512)
def loudest(text: str) -> Span:
    """Return the sentences of a text that sound most like an attack: the loudest, and those beside it that do."""
    told = tuple(islice(sentences(text[: 2 * _LONGEST]), _MOST_SENTENCES))
    if not told:
        return Span(0, len(text))
    best = max(told, key=lambda one: (hostility(text, one), one.start))
    return around(text, (best,)) if hostility(text, best) else Span(0, len(text))


def likeness(name: str, text: str) -> int:
    """Return how many words of a tool's name have their like in a text: `TransactionDuplication`, `duplicate it`."""
    there = {word[:_STEM] for word in re.findall(r"[a-z]{3,}", text[:_LONGEST].casefold())}
    parts = (part.casefold() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))
    return len({part[:_STEM] for part in parts if len(part) > 3 and part[:_STEM] in there})


def _within(text: str, span: Span) -> bool:
    """Tell whether a sentence is but a mark that opens something: a tag, a rule of dashes."""
    return bool(re.fullmatch(r"\W*(?:<!--|</?[\w-]+>?|[-=*#]{2,})\W*", text[span.start : span.end].strip()))


def outside(text: str, span: Span) -> str:
    """Return a text less one part of it."""
    return f"{text[: span.start]}{text[span.end :]}".strip()
