"""What the user asked for: deeds, things, literal values and words that choose among things. Nothing else speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from accord.guard.flow.denying import Bound, bounds, taken_back
from accord.guard.flow.dictating import Literal, literals_in
from accord.guard.flow.lexicon import Lexicon, lexicon, unheard_of
from accord.guard.flow.naming import files_in
from accord.guard.flow.pasting import merged, pasted, unnested
from accord.guard.flow.requesting import QUOTED, Request, Token, forms_of, in_two, requests_in, tokens_of
from accord.guard.flow.shapes import (
    ISO,
    MAIL,
    Day,
    blanked,
    days,
    digit_runs,
    ibans,
    numbers,
    urls,
    without_accents,
    without_runs,
)
from accord.guard.flow.stems import split, stem, stems

MOST: Final = 20_000
"""How many characters of the user's words are read, from the end."""

_MAKING: Final = frozenset({"send", "compose", "draft", "create", "make", "schedule", "post"})
_ONWARDS: Final = frozenset({"to", "for", "with", "in", "on", "at", "from", "of", "that"})
_TOWARDS: Final = frozenset({"to", "with", "invite", "tell", "an", "à", "al"})
_NAMED: Final = 3  # words of a name
_SAYING: Final = 12  # words in which `what` has its verb
_NUMBERED: Final = 7  # digits of the shortest account
_PROPER: Final = re.compile(r"(?<=[^\s.!?:])[\s'\"]{1,4}([^\W\d_a-z][^\W\d_]+)")
_TAKEN: Final = re.compile(r"(?i)\b(?:from|of|aus|von|de|da|dal|uit|van)\s+['\"`“]?[^\s'\"`”]+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wish:
    """The user's own words, read once; a wish is known again as the object that it is.

    `own` is the text without what is pasted into it, `pasted` what that is; it is a source where the user is `handing`
    it over: `pay this bill`. `plain` are its words in lower case and where they begin, without what is quoted.
    """

    text: str
    own: str
    plain: tuple[tuple[str, int], ...]
    pasted: tuple[str, ...]
    folded: str
    named: str
    unnumbered: str
    words: frozenset[str]
    stems: frozenset[str]
    requests: tuple[Request, ...]
    literals: tuple[Literal, ...]
    urls: frozenset[str]
    accounts: frozenset[str]
    runs: frozenset[str]
    numbers: frozenset[float]
    bounds: tuple[Bound, ...]
    days: tuple[Day, ...]
    selectors: frozenset[str]
    telling: frozenset[str]
    proper: frozenset[str]
    files: frozenset[str]
    quoted: frozenset[str]
    plural: bool
    every: bool
    choosing: bool
    most: bool
    least: bool
    instructs: bool
    computing: bool
    handing: bool

    def asks(self, verbs: frozenset[str]) -> tuple[Request, ...]:
        """Return the requests made with one of these words, some of which no table may know."""
        new = unheard_of(verbs)
        known = tuple(request for request in self.requests if request.verb in verbs)
        return (*known, *read_deeds(self.text, new)) if new and _may_say(self, new) else known


class _Heard(NamedTuple):
    """A text in tokens: `own` is blank where something is pasted, and up to `back` it is taken back."""

    own: str
    strange: tuple[tuple[int, int], ...]
    tokens: tuple[Token, ...]
    limits: tuple[Bound, ...]
    back: int


@lru_cache(maxsize=512)
def read_wish(text: str) -> Wish:
    """Return what a user's words ask for."""
    return _read(text[-MOST:], _heard(text[-MOST:]))


@lru_cache(maxsize=1024)
def _may_say(wish: Wish, verbs: frozenset[str]) -> bool:
    """Tell at a glance whether a wish may ask with one of these verbs, in one word or in two."""
    forms, words = forms_of(verbs).keys(), wish.words
    if not forms.isdisjoint(words):
        return True
    plain = words if wish.text.isascii() else frozenset(map(without_accents, words))
    return not forms.isdisjoint(plain) or not in_two(verbs).keys().isdisjoint(plain)


@lru_cache(maxsize=256)
def read_deeds(text: str, verbs: frozenset[str]) -> tuple[Request, ...]:
    """Return the requests made with words that no table knows; each may be a noun as well."""
    words, heard = lexicon(), _heard(text)
    words = words._replace(asked=verbs, small={**words.small, "noun": verbs})
    found = requests_in(heard.tokens, words, bounded=bool(heard.limits))
    return tuple(one for one in found if one.start >= heard.back)


@lru_cache(maxsize=128)
def read_orders(text: str) -> Wish:
    """Return what a text asks for that the user told us to follow: a letter is one, and its `me` is who wrote it."""
    told = _read(text[-MOST:], _listened(text[-MOST:], ()))
    return replace(told, requests=tuple(one._replace(home=False) for one in told.requests))


@lru_cache(maxsize=512)
def _heard(text: str) -> _Heard:
    return _listened(text, tuple(merged(pasted(text))))


def _listened(text: str, strange: tuple[tuple[int, int], ...]) -> _Heard:
    own = blanked(text, strange)
    own = own if own.isascii() else unnested(own)
    tokens = tokens_of(own, merged(match.span() for match in QUOTED.finditer(own)))
    return _Heard(own, strange, tuple(tokens), bounds(own), taken_back(text))


@lru_cache(maxsize=256)
def following(wish: Wish, told: Wish, files: frozenset[str]) -> Wish:
    """Return a wish whose words that choose are also those of a source that the user told us to follow."""
    words, chosen_by = wish.words | told.words, wish.selectors | told.selectors
    return replace(wish, words=words, stems=wish.stems | told.stems, selectors=chosen_by, files=wish.files | files)


@lru_cache(maxsize=512)
def made(wish: Wish) -> frozenset[str]:
    """Return the words that only name what is to be made: `send a mail` speaks of no mail that is there."""
    making = _MAKING | lexicon().small["writing"]
    starts = {one.start for one in wish.requests if one.verb in making}
    said = [word for word, _ in wish.plain]
    after = (said[at + 1 : at + 5] for at, (_, start) in enumerate(wish.plain) if start in starts)
    new = (word for words in after for word in takewhile(lambda one: one.isalpha() and one not in _ONWARDS, words))
    return frozenset(word for word in new if said.count(word) == 1)


def _read(spoken: str, heard: _Heard) -> Wish:
    words, own, tokens = lexicon(), heard.own, heard.tokens
    asked = requests_in(tokens, words, bounded=bool(heard.limits))
    requests = tuple(request for request in asked if request.start >= heard.back)
    literals = tuple(literals_in(spoken, requests, words))
    bare = own
    for literal in literals:
        bare = bare.replace(literal.text, " ") if literal.kind == "content" else bare
    again = tokens if bare == spoken else tokens_of(bare, [])
    plain = [token.text for token in again]
    folded = " ".join(spoken.split()).casefold()
    named = folded if bare == spoken else " ".join(bare.split()).casefold()
    numbered, said = sum(map(str.isdigit, own)) >= _NUMBERED, frozenset(split(plain))
    chosen_by = _selectors(plain, words)
    return Wish(
        text=spoken,
        own=own,
        plain=tuple([(word, start) for word, start, quoted in tokens if not quoted]),
        pasted=tuple(spoken[start:end] for start, end in heard.strange if spoken[start:end].strip()),
        folded=folded,
        named=named,
        unnumbered=without_runs(named) if numbered else named,
        words=said,
        stems=frozenset(map(stem, said)),
        requests=requests,
        literals=literals,
        urls=frozenset(urls(own)),
        accounts=frozenset((*ibans(own), *ibans(own.upper()))) if numbered else frozenset(),
        runs=digit_runs(own) if numbered else frozenset(),
        numbers=frozenset(numbers(without_runs(own) if numbered else own)),
        bounds=heard.limits,
        days=days(own),
        selectors=chosen_by,
        telling=_names_of(again, words) & chosen_by,
        proper=frozenset(map(str.casefold, _PROPER.findall(own))),
        files=_files(own),
        quoted=frozenset(_quoted_names(own)),
        plural=bool(said & words.small["plural"]),
        every=bool(said & words.small["every"]),
        choosing=bool(said & words.small["selector"]),
        most=bool(said & words.small["most"]),
        least=bool(said & words.small["least"]),
        instructs=_instructs(plain, words),
        handing=any(_hands_over(request, words) for request in requests),
        computing="%" in own or bool(said & words.small["computing"]),
    )


def _quoted_names(own: str) -> Iterator[str]:
    """Yield the words of what is quoted as a name is, in a few words."""
    for quoted in QUOTED.findall(own):
        said = quoted[1:-1].casefold().split()
        yield from said if len(said) <= _NAMED else ()


def _files(own: str) -> frozenset[str]:
    """Return the names of files in a text but for those after `from`: what is taken from there is put elsewhere."""
    if not files_in(own):
        return frozenset()
    return frozenset(map(str.casefold, files_in(MAIL.sub(" ", _TAKEN.sub(" ", own)))))


def _hands_over(request: Request, words: Lexicon) -> bool:
    """Tell whether a request points at what stands beside it: `pay this bill`, `the address below`."""
    small = words.small
    if request.verb in words.groups["read"].asks:
        return False
    return bool(request.after & small["here"] and request.after & small["delegating"])


def _selectors(plain: list[str], words: Lexicon) -> frozenset[str]:
    """Return the words that can choose a thing: what means something, without those to whom something goes."""
    found, stop, things, last = set[str](), words.small["stop"], words.things, ""
    for word, after in zip(plain, (*plain[1:], ""), strict=False):
        lead, last = last, word
        if word in stop or after == "%" or not word[0].isalnum() or (lead in _TOWARDS and word not in things):
            continue
        found.update(stems(word))
    return frozenset(found - stop)


def _names_of(tokens: Sequence[Token], words: Lexicon) -> frozenset[str]:
    """Return the words that name one thing among many: no deeds, no words for any such thing, no parts of days."""
    found, stop = set[str](), words.small["stop"]
    for text, _, quoted in tokens:
        if text in stop or not text[0].isalnum() or (not quoted and text.isalnum() and _usual(text, words)):
            continue
        if not (text[0].isdigit() and ISO.fullmatch(text)):
            found.update(part for part in stems(text) if len(part) > 1)
    return frozenset(found - stop)


def _usual(word: str, words: Lexicon) -> bool:
    return word.isdigit() or word in words.asked or word in words.small["relative"] or word in words.things


def _instructs(plain: list[str], words: Lexicon) -> bool:
    """Tell whether the user hands the word to a source: `do the tasks on`, `do what the ticket asks for`."""
    small = words.small
    for at, word in enumerate(plain):
        after = plain[at + 1 : at + _SAYING]
        said = word in small["what"] and after[:1] and after[0] not in small["subject"]
        if said and not small["saying"].isdisjoint(after) and set(plain[max(0, at - 3) : at]) & small["follow"]:
            return True
        if word in small["instruct"] and set(plain[max(0, at - 5) : at]) & small["follow"]:
            tail = plain[at + 1 : at + 8]
            if "order" not in tail and tail[:1] != [":"]:
                return True
    return False
