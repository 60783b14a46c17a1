"""What the user's requests for a deed are aimed at: whom they name, then nobody else, and what is only to be made."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from accord.guard.flow.asking import requests_for
from accord.guard.flow.clauses import said_of
from accord.guard.flow.lexicon import Slot, either, lexicon, name_words
from accord.guard.flow.requesting import Request
from accord.guard.flow.shapes import without_accents
from accord.guard.flow.stems import LETTERS, stem
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value
from accord.guard.flow.wholes import spans
from accord.guard.flow.wish import Wish, made

_SENDING: Final = frozenset({"send", "post", "share", "pay", "invite"})
_INVITING: Final = frozenset({"invite", "add"})  # somebody, to something
_SHORT: Final = 2
_LAST: Final = re.compile(r"(\w+)\s$")
_NEAR: Final = 40  # characters before a number
_THEM: Final = frozenset({"them", "both", "ihnen", "beiden", "leur"})
_SENTENCE: Final = re.compile(r"[.!?;](?=\s|$)|\n")
_CAPITAL: Final = re.compile(r"\b[^\W\d_a-z][^\W\d_]+(?!['’]s)\b")
_DIGITS: Final = re.compile(r"\d+")
_ROW: Final = re.compile(  # numbers one after the other, `#3, #4 and invoice 5`
    r"\d+(?:(?:\s*[,&]|\s*,?\s+(?:and|or|und|et|y|e|en))\s*(?:[^\W\d_]{1,20}\s+)?#?\d+)*"
)


def aimed_elsewhere(wish: Wish, value: Value, facts: Facts) -> bool:
    """Tell whether a bare name is another one than the user names in asking for the deed: `send it to Ann`."""
    form = value.text.strip().casefold()
    sent = value.sink.slot is Slot.RECIPIENT and facts.groups & _SENDING
    if not sent or not form or "@" in form or any(map(str.isdigit, form)):
        return False
    rooms = bool(lexicon().things["channel"].intersection(name_words(value.sink.name)))
    if not rooms and form in _goals(wish, facts):
        return True
    names = _named(wish, facts, rooms=rooms)
    words = without_accents(form.replace("-", " ").replace("_", " ")).split()
    return bool(names) and not {without_accents(name) for name in names}.intersection(words)


@lru_cache(maxsize=1024)
def _named(wish: Wish, facts: Facts, *, rooms: bool) -> frozenset[str]:
    """Return the names in what the user's requests for a deed are aimed at: of persons, else of quoted rooms."""
    requests = requests_for(wish, facts)
    whom = [one.near if facts.groups & _INVITING and not rooms else one.aimed for one in requests]
    aimed = frozenset[str]().union(*whom)
    said = wish.quoted if rooms else wish.proper - wish.quoted
    usual = either("months", "relative").union(name_words(facts.name))
    named = frozenset(word for word in aimed & said if len(word) > _SHORT and word not in usual)
    return named if named or rooms else _taken_up(wish, requests) - usual


def _taken_up(wish: Wish, requests: tuple[Request, ...]) -> frozenset[str]:
    """Return the names that `them` takes up in one sentence: `visit Ann and Bob and message them`."""
    found = set[str]()
    for one in requests:
        before = _SENTENCE.split(wish.own[: one.start])[-1] if _THEM & one.near else ""
        names = {name.casefold() for name in _CAPITAL.findall(before)} & wish.proper - wish.quoted
        found |= names if len(names) > 1 else set()
    return frozenset(found)


@lru_cache(maxsize=1024)
def _goals(wish: Wish, facts: Facts) -> frozenset[str]:
    """Return the words for what somebody is invited to, and nobody else is called by."""
    requests = requests_for(wish, facts) if facts.groups & _INVITING else ()
    near = frozenset[str]().union(*(one.near for one in requests))
    return frozenset[str]().union(*(one.aimed - one.near for one in requests)) - near


def goal_words(wish: Wish, facts: Facts) -> frozenset[str]:
    """Return the stems of what something is put into, where the user says so: `add it to the grocery list`."""
    goals = (request.aimed - request.near for request in requests_for(wish, facts))
    small, things = lexicon().small, lexicon().things
    found = frozenset[str]().union(*goals) - small["stop"] - small["determiner"] - small["onto"] - wish.quoted
    own = found.intersection(LETTERS.findall(said_of(wish, facts).own.casefold()))
    return frozenset(stem(word) for word in own if word not in things and word.isalpha() and len(word) > _SHORT)


def told_later(wish: Wish, value: Value, facts: Facts) -> bool:
    """Tell whether a number is neither the first behind the deed nor in a row with it: `close #3 as a copy of #4`."""
    number = value.text.strip()
    if value.sink.slot is not Slot.TARGET or not number.isdigit() or number not in wish.own:
        return False
    spots = (start for start, _ in spans(number, wish.own))
    if not any(wish.own[start - 1] == "#" or facts.things & {_word_before(wish.own, start)} for start in spots):
        return False
    rows = [row.group() for one in wish.asks(facts.asks) if (row := _ROW.search(wish.own, one.start)) is not None]
    return bool(rows) and not any(number in _DIGITS.findall(row) for row in rows)


def _word_before(text: str, start: int) -> str:
    """Return the word before a place, where nothing but a blank stands between."""
    found = _LAST.search(text, max(0, start - _NEAR), start)
    return found[1].casefold() if found is not None else ""


def only_made(wish: Wish, value: Value, facts: Facts) -> bool:
    """Tell whether the user speaks of what a target is only as to be made: `create an event and add her to it`."""
    kin = frozenset[str]().union(*(lexicon().things.get(one, frozenset()) for one in name_words(value.sink.name)))
    spoken = (kin & wish.words) or (facts.things & wish.words)
    return bool(spoken) and spoken <= made(wish)
