"""The texts that the user dictates word for word, and what for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Lexicon
from accord.guard.flow.requesting import QUOTED, Request
from accord.guard.flow.stems import TOKEN, split

_COLON: Final = re.compile(r":\s+(?=[^\s'\"“«`\d])")
_REST: Final = re.compile(r"\n|\s\(")
_CLAUSE: Final = re.compile(r"[.!?\n]\s|[,;'\"”»]")
_TOLD: Final = re.compile(
    r"(?i)\b(?:tell|inform|let|write|say|sag|sagen?|schreib\w{0,3}|dis|dites|écris|écrivez|dile|diles|escribe|scrivi|dille|"
    r"digli|zeg|schrijf|avise|diga)\b[^.!?\n]{0,60}?\s(?:that|dass|que|che|dat)\s([^.!?\n]{3,300})"
)
_MOST: Final = 200  # colons after which something may be dictated
_PLACES: Final = frozenset({"to", "in", "on", "from", "at", "into", "of", "the"})
_TOWARDS: Final = frozenset({"to", "in", "into", "on", "from"})


class Literal(NamedTuple):
    """A text the user dictated, and what for: `title` or `content`."""

    text: str
    kind: str
    verb: str


def literals_in(text: str, requests: Sequence[Request], words: Lexicon) -> Iterator[Literal]:
    """Yield the texts the user dictates: quoted after `titled`, quoted or after a colon following `message`."""
    deeds = [request for request in requests if request.verb not in words.groups["read"].asks]
    for match in QUOTED.finditer(text):
        said = match.group()[1:-1]
        lead = text[max(0, match.start() - 60) : match.start()]
        kind = _dictated(lead, words, named=True) or _entered(lead, text[match.end() : match.end() + 30], words)
        if kind:
            yield Literal(said, kind, _nearest(match.start(), deeds))
    for match in islice(_COLON.finditer(text), _MOST):
        kind = _dictated(text[max(0, match.start() - 60) : match.start()], words)
        rest = _REST.split(text[match.end() :], maxsplit=1)[0].strip()
        if kind and len(rest) > 3 and not QUOTED.search(text[max(0, match.start() - 20) : match.start()]):
            yield Literal(rest, kind, _nearest(match.start(), deeds))


def told_in(text: str) -> list[str]:
    """Return what the user has told somebody in their own words: `tell her that the keys are in the box`."""
    return _TOLD.findall(text)


def _entered(lead: str, tail: str, words: Lexicon) -> str:
    """Return whether a text is what a calendar is to show: `put 'Eye test' in my calendar`."""
    verb, beside = TOKEN.findall(lead.casefold())[-2:], TOKEN.findall(tail.casefold())[:5]
    made = not words.groups["schedule"].asks.isdisjoint(verb)
    return "title" if made and not words.things["calendar"].isdisjoint(beside) else ""


def _nearest(place: int, deeds: Sequence[Request]) -> str:
    """Return the deed that a dictated text belongs to: the last one before it, else the first after it."""
    before = [deed.verb for deed in deeds if deed.start < place]
    after = [deed.verb for deed in deeds if deed.start > place]
    return before[-1] if before else after[0] if after else ""


def _dictated(lead: str, words: Lexicon, *, named: bool = False) -> str:
    """Return what the words before a text say it is for; empty where they say nothing.

    Where it may be what a thing is `named`, it is its title: `the event 'Lunch'`.
    """
    clause = _CLAUSE.split(lead.rstrip(" :,'\"“«`") + " ")[-1]
    near = list(split(token.casefold() for token in TOKEN.findall(clause)))[-6:]
    small = words.small
    into = words.things["channel"] | words.things["file"]
    if near and (near[-1] in _PLACES or (near[-1] in into and not _TOWARDS.isdisjoint(near[-4:-1]))):
        return ""  # `post the summary to the room 'board'`
    for word in reversed(near):
        if word in small["titled"]:
            return "title"
        if word in small["said"]:
            return "content"
    return "title" if named and near and near[-1] in words.things else ""
