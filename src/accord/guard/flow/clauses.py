"""Which of the user's clauses ask for a deed, which for others, and what stands beside them."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import lexicon
from accord.guard.flow.naming import files_in
from accord.guard.flow.requesting import QUOTED
from accord.guard.flow.shapes import blanked, day_spans, days, numbers
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Wish, read_wish

_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\s\w]")
_MOST: Final = 40  # clauses, and numbers of a call, that are told apart
_SENTENCE: Final = re.compile(r"(?:[^.!?;\n]|[.](?=\S))+")
_BECOMES: Final = re.compile(
    r"(?i)\b(?:to|as|auf|als|à|op)\s+(['\"“‘«][^'\"”’»\n]{1,80}['\"”’»]|\S{1,40}(?:\s\S{1,12})?)"
    r"(?:,?\s(?:and|und|et|y|e|en|then))?\s*$"
)
CHANGING: Final = frozenset({"update", "reschedule"})
"""The groups of deeds that change what there is."""

_TO: Final = re.compile(r"(?i)\b(?:to|auf|op|naar|until|till|bis)\s+(?:[^\W\d_]{1,12}\s+){0,2}$")  # `to Monday the 5th`
_AT: Final = re.compile(r"(?i)(?:,?\s+(?:(?:at|um|om|à|alle|a\s+las)\s+)?\d{1,2}(?:[:.h]\d{2}|\s?[ap]m\b))?")
_TO_TIME: Final = re.compile(r"(?i)\b(?:to|auf|op|naar|until|till|bis)\s+\d{1,2}(?:[:.h]\d{2}|\s?[ap]m\b)")
_NEAR: Final = 40  # characters before a day


class Said(NamedTuple):
    """What the user says of a deed, what of others, and what beside them."""

    own: str
    rest: str
    aside: str


@lru_cache(maxsize=1024)
def said_of(wish: Wish, facts: Facts) -> Said:
    """Return the clauses in which the user asks for a tool's deed, those of other deeds, and sentences without one."""
    reading = lexicon().groups["read"].asks
    others = {one.start for one in (*wish.requests, *wish.asks(facts.rivals)) if one.verb not in reading}
    mine = {one.start for one in wish.requests if one.verb == facts.verb}
    mine = mine or _nearest(wish, facts, others)
    return _parted(wish.own, mine, others - mine)


def _nearest(wish: Wish, facts: Facts, others: set[int]) -> set[int]:
    """Return where a tool's deed is asked for; of several places, those that name what the tool works on.

    Where the user says the verb of another tool, they ask for that one, if they ask for this one elsewhere.
    """
    asks = wish.asks(facts.asks)
    asked = {one.start for one in asks if one.verb not in facts.foreign} or {one.start for one in asks}
    edges = sorted({*asked, *others, len(wish.own)})
    nouns = facts.nouns | {noun + "s" for noun in facts.nouns}
    named = {at for at, end in pairwise(edges) if nouns.intersection(_WORD.findall(wish.own[at:end].casefold()))}
    return named & asked or asked


@lru_cache(maxsize=1024)
def wish_for(wish: Wish, facts: Facts) -> Wish:
    """Return what the user says of a deed as a wish of its own; all that they say where that points beyond it."""
    said = said_of(wish, facts)
    beyond = lexicon().small["beyond"].intersection(_WORD.findall(said.own.casefold()))
    return wish if not said.rest or beyond else read_wish(said.own)


@lru_cache(maxsize=1024)
def part_for(wish: Wish, facts: Facts, texts: tuple[str, ...]) -> Wish:
    """Return the one clause that has the numbers and days of a call, where a deed is asked for in several."""
    lines = said_of(wish, facts).own.splitlines()
    whole = wish_for(wish, facts)
    if not 1 < len(lines) <= _MOST or len(texts) > _MOST or len(wish.asks(facts.asks)) < 2:
        return whole
    told = [text for text in texts if any(_tells(line, text) for line in lines)]
    found = [line for line in lines if all(_tells(line, text) for text in told)]
    pointing = lexicon().small["pointing"]
    if not told or len(found) != 1 or pointing.intersection(_WORD.findall(found[0].casefold())):
        return whole
    return read_wish(found[0])


def _tells(line: str, text: str) -> bool:
    """Tell whether a clause says a day, or a number, of a call."""
    meant = days(text)
    if meant:
        return any(one.same(other) for one in meant for other in days(line))
    return any(map(str.isdigit, text)) and not set(numbers(text)).isdisjoint(numbers(line))


@lru_cache(maxsize=1024)
def told_others(wish: Wish, facts: Facts) -> str:
    """Return the clauses in which the user asks for what other tools of the set do, and this one does not."""
    others = {one.start for one in wish.asks(facts.rivals | facts.foreign)}
    mine = {one.start for one in wish.asks(facts.asks)} - others
    return _parted(wish.own, mine, others).rest if mine and others else ""


@lru_cache(maxsize=1024)
def unchanged(wish: Wish, said: Wish, facts: Facts) -> Wish:
    """Return what they `said` without the quoted name, or the day and time, that something is to be changed to."""
    new = told_to(wish, facts)
    own = said.own
    if not facts.groups.isdisjoint(CHANGING):
        for start, end in day_spans(own):
            timed = _AT.match(own, end) if _TO.search(own, max(0, start - _NEAR), start) else None
            own = blanked(own, [(start, timed.end())]) if timed is not None else own
        own = _TO_TIME.sub(lambda match: " " * len(match.group()), own)
    named = (match for match in QUOTED.finditer(own) if match.group()[1:-1].casefold() in new) if new else ()
    own = blanked(own, (match.span() for match in named))
    return said if own == said.own else read_wish(own)


@lru_cache(maxsize=1024)
def told_to(wish: Wish, facts: Facts) -> frozenset[str]:
    """Return what the user says something is to be changed to: `set the ticket to pending`, `dim it to 30 %`."""
    lines = said_of(wish, facts).own.splitlines() if "update" in facts.groups else ()
    found = (_BECOMES.search(line.rstrip(" .,;!?")) for line in lines)
    return frozenset(match[1].strip("'\"“”‘’«»").casefold() for match in found if match is not None)


@lru_cache(maxsize=1024)
def files_for(wish: Wish, facts: Facts) -> frozenset[str]:
    """Return the files that the user names in the sentences that ask for a tool's deed, else in all of their words."""
    asked = [one.start for one in wish.asks(facts.asks)]
    sentences = (
        match for match in _SENTENCE.finditer(wish.own) if any(match.start() <= at < match.end() for at in asked)
    )
    named = frozenset(name.casefold() for match in sentences for name in files_in(match.group()))
    return named & wish.files or wish.files


def _parted(text: str, mine: set[int], others: set[int]) -> Said:
    own, rest, aside = list[str](), list[str](), list[str]()
    for match in _SENTENCE.finditer(text):
        begin, end = match.span()
        said = sorted(start for start in mine | others if begin <= start < end)
        if not said:
            aside.append(match.group())
            continue
        edges = [begin, *(start for start in said[1:] if _joined(text[begin:start])), end]
        for start, stop in pairwise(edges):
            (own if any(start <= one < stop for one in mine) else rest).append(text[start:stop])
    return Said("\n".join(own), "\n".join(rest), "\n".join(aside)) if own else Said(text, "", "")


def _joined(before: str) -> bool:
    """Tell whether a new deed can begin after these words: `..., and`, `then`."""
    words = _WORD.findall(before.casefold())
    return not words or words[-1] in lexicon().small["joining"] or words[-1] in ",:()"
