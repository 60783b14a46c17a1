"""What the user asked for: deeds, things, literal values and words that choose among things. Nothing else speaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from accord.guard.flow.denying import Bound, bidden, bounds, conditional, denied, taken_back
from accord.guard.flow.idioms import idiom
from accord.guard.flow.lexicon import Lexicon, lexicon, unheard_of
from accord.guard.flow.pasting import blanked, merged, pasted
from accord.guard.flow.shapes import ISO, Day, days, digit_runs, ibans, numbers, urls, without_runs
from accord.guard.flow.stems import TOKEN, split, stem, stems

MOST: Final = 20_000
"""How many characters of the user's words are read, from the end."""

_QUOTED: Final = re.compile(
    r"(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w)){1,2000})'(?!\w)|\"([^\"\n]{1,2000})\"|“([^”]{1,2000})”|«([^»]{1,2000})»|`([^`]{1,2000})`"
)
_ENDS: Final = frozenset(".!?;:,()\n")
_NUMBERED: Final = 7  # digits of the shortest account
_STOPS: Final = frozenset(".!?\n")
_PROPER: Final = re.compile(r"(?<=[^\s.!?:])[\s'\"]+([^\W\d_a-z][^\W\d_]+)")
_COLON: Final = re.compile(r":\s+(?=[^\s'\"“«`\d])")
_PLACES: Final = frozenset({"to", "in", "on", "from", "at", "into", "of", "the"})


class Literal(NamedTuple):
    """A text the user dictated, and what for: `title` or `content`."""

    text: str
    kind: str
    verb: str


class Request(NamedTuple):
    """A deed asked for, and the words that follow it in the same sentence; `near` are those of its object.

    `object` is what comes right after it. `home` when it comes back to the user, `conditional` when it hangs on an `if`
    that nobody here can tell.
    """

    verb: str
    after: frozenset[str]
    near: frozenset[str]
    object: frozenset[str]
    start: int
    home: bool
    conditional: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wish:
    """The user's own words, read once; a wish is known again as the object that it is.

    `own` is the text without what is pasted into it, `pasted` what that is; it is a source where the user is `handing`
    it over: `pay this bill`.
    """

    text: str
    own: str
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
        return (*known, *read_deeds(self.text, new)) if new & self.words else known


class _Token(NamedTuple):
    text: str
    start: int
    quoted: bool


@lru_cache(maxsize=512)
def read_wish(text: str) -> Wish:
    """Return what a user's words ask for."""
    return _read(text[-MOST:], merged(pasted(text[-MOST:])))


@lru_cache(maxsize=256)
def read_deeds(text: str, verbs: frozenset[str]) -> tuple[Request, ...]:
    """Return the requests made with words that no table knows; each may be a noun as well."""
    words, own = lexicon(), blanked(text, merged(pasted(text)))
    words = words._replace(asked=verbs, small={**words.small, "noun": verbs})
    tokens = _tokens(own, merged(match.span() for match in _QUOTED.finditer(own)))
    return tuple(one for one in _requests(tokens, words, bounded=bool(bounds(own))) if one.start >= taken_back(text))


@lru_cache(maxsize=512)
def plain_words(wish: Wish) -> tuple[tuple[str, int], ...]:
    """Return the user's own words in lower case, with where they begin; what is quoted is left out."""
    tokens = _tokens(wish.own, merged(match.span() for match in _QUOTED.finditer(wish.own)))
    return tuple((token.text, token.start) for token in tokens if not token.quoted)


@lru_cache(maxsize=128)
def read_orders(text: str) -> Wish:
    """Return what a text asks for that the user told us to follow: a letter is one, whoever wrote it."""
    return _read(text[-MOST:], [])


def _read(spoken: str, strange: list[tuple[int, int]]) -> Wish:
    words = lexicon()
    own = blanked(spoken, strange)
    quoted = merged(match.span() for match in _QUOTED.finditer(own))
    tokens = _tokens(own, quoted)
    limits = bounds(own)
    back = taken_back(spoken)
    asked = _requests(tokens, words, bounded=bool(limits))
    requests = tuple(request for request in asked if request.start >= back)
    literals = tuple(_literals(spoken, requests, words))
    bare = own
    for literal in literals:
        bare = bare.replace(literal.text, " ") if literal.kind == "content" else bare
    again = tokens if bare == spoken else _tokens(bare, [])
    plain = [token.text for token in again]
    named = " ".join(bare.split()).casefold()
    numbered, heard = sum(map(str.isdigit, own)) >= _NUMBERED, frozenset(split(plain))
    chosen_by = _selectors(plain, words)
    return Wish(
        text=spoken,
        own=own,
        pasted=tuple(spoken[start:end] for start, end in strange if spoken[start:end].strip()),
        folded=" ".join(spoken.split()).casefold(),
        named=named,
        unnumbered=without_runs(named) if numbered else named,
        words=heard,
        stems=frozenset(map(stem, heard)),
        requests=requests,
        literals=literals,
        urls=frozenset(urls(own)),
        accounts=frozenset((*ibans(own), *ibans(own.upper()))) if numbered else frozenset(),
        runs=digit_runs(own) if numbered else frozenset(),
        numbers=frozenset(numbers(without_runs(own) if numbered else own)),
        bounds=limits,
        days=days(own),
        selectors=chosen_by,
        telling=_names_of(again, words) & chosen_by,
        proper=frozenset(match[1].casefold() for match in _PROPER.finditer(own)),
        plural=bool(heard & words.small["plural"]),
        every=bool(heard & words.small["every"]),
        choosing=bool(heard & words.small["selector"]),
        most=bool(heard & words.small["most"]),
        least=bool(heard & words.small["least"]),
        instructs=_instructs(plain, words),
        handing=any(_hands_over(request, words) for request in requests),
        computing="%" in own or bool(heard & words.small["computing"]),
    )


def _hands_over(request: Request, words: Lexicon) -> bool:
    """Tell whether a request points at what stands beside it: `pay this bill`, `the address below`."""
    small = words.small
    if request.verb in words.groups["read"].asks:
        return False
    return bool(request.after & small["here"] and request.after & small["delegating"])


def _tokens(text: str, quoted: list[tuple[int, int]]) -> list[_Token]:
    found, at, many = [], 0, len(quoted)
    lower = text.lower()
    folded = (lower if len(lower) == len(text) else text).replace("’", "'")
    for match in TOKEN.finditer(folded):
        start = match.start()
        while at < many and quoted[at][1] <= start:
            at += 1
        found.append(_Token(match.group(), start, at < many and quoted[at][0] <= start))
    return found


def _heads(tokens: Iterable[str]) -> Iterator[str]:
    """Yield words and their parts, without what only goes before another word: an `image-resizer` is no image."""
    for word in tokens:
        first, dash, rest = word.partition("-")
        yield from ((word, *rest.split("-")) if dash and first.isalpha() and rest.isalpha() else split((word,)))


def _requests(tokens: list[_Token], words: Lexicon, *, bounded: bool) -> Iterator[Request]:
    """Yield the deeds asked for; what is told, forbidden, quoted or a noun is none."""
    plain = [token.text for token in tokens]
    for at, token in enumerate(tokens):
        verb = idiom(plain, at) or token.text
        if token.quoted or verb not in words.asked or (verb is token.text and not _is_asked(plain, at, words)):
            continue
        if denied(plain, at, words):
            continue
        after = []
        for follow in tokens[at + 1 : at + 25]:
            if follow.text in {".", "!", "?"}:
                break
            after.append(follow.text)
        yield Request(
            verb,
            frozenset(_heads(after)),
            frozenset(_heads(takewhile(lambda word: word not in words.small["onto"], after))),
            frozenset(_heads(takewhile(lambda word: word not in words.small["linking"], after))),
            token.start,
            home=verb is token.text and after[:1] in (["me"], ["us"], ["mir"], ["uns"]),
            conditional=not bounded and conditional(plain, at),
        )


def _is_asked(plain: list[str], at: int, words: Lexicon) -> bool:
    small = words.small
    before = _before(plain, at)
    last = before[-1] if before else ""
    if plain[at] == "make" and plain[at + 1 : at + 2] == ["sure"]:
        return False
    if _withheld(plain, at, before, words):
        return False
    if set(before[-2:]) & small["negation"] or (set(before[-3:]) & small["negation"] and last == "to"):
        return bool(set(before[-3:]) & small["forget"])
    if plain[at] in small["noun"] and not _starts(before, plain, at, words):
        return bidden(before, plain, at, words)
    if last in small["determiner"] or last in small["subject"]:
        return False
    if last == "to":
        return _led(before, words)
    told = set(before[-3:])
    return not (told & small["subject"] and told & small["aux"])


def _withheld(plain: list[str], at: int, before: list[str], words: Lexicon) -> bool:
    """Tell whether a deed is named and not asked for: `send no mail`, `I don't want you to`, `only after I confirm`."""
    small, after = words.small, list(takewhile(lambda word: word not in _ENDS, plain[at + 1 : at + 25]))
    if after and after[-1] in small["particle"]:
        after = [*after[:-1], after[-2] if len(after) > 1 else after[-1]]  # `zeg het niet op`
    if after and (
        after[0] in small["nothing"] or {*after[:3]} & small["none"] or {*after[:2], after[-1]} & small["negated_end"]
    ):
        return True
    if before[-2:] == ["before", "you"]:
        return True
    if before[-1:] == ["to"] and set(before) & small["negation"] and set(before) & small["wish"]:
        return True
    said = [*takewhile(lambda word: word not in _STOPS, reversed(plain[max(0, at - 25) : at]))][::-1]
    return any(one in small["later"] and other == "i" for one, other in (*pairwise(said), *pairwise(after)))


def _before(plain: list[str], at: int) -> list[str]:
    """Return up to five words before a place, back to the beginning of the clause."""
    found: list[str] = []
    for word in reversed(plain[max(0, at - 6) : at]):
        if word in _ENDS:
            break
        found.append(word)
    return found[:5][::-1]


def _starts(before: list[str], plain: list[str], at: int, words: Lexicon) -> bool:
    """Tell whether a word that may be a noun stands where a request begins, or takes an object."""
    if not before or before[-1].isdigit() or before[-1] in words.small["opening"]:
        return True
    following = plain[at + 1] if at + 1 < len(plain) else ""
    takes = following in words.small["object"] or following in {"'", '"', "“"}
    return takes and (before[-1] == "to" or before[-1] in words.small["leads"] or before[-1] in {"ahead", "there"})


def _led(before: list[str], words: Lexicon) -> bool:
    """Tell whether `to` and a verb ask: `make sure to`, `I want to`, `you have to`; not `to remind me to`."""
    small = words.small
    lead = before[-2] if len(before) > 1 else ""
    if lead in small["wish"]:
        return not set(before[:-2]) & (small["subject"] - {"i", "we", "i'd", "we'd"})
    if lead == "is":
        return bool(set(before[:-2]) & {"task", "job", "goal", "aufgabe", "tâche", "tarea"})
    if lead in small["leads"]:
        return not set(before[:-2]) & small["subject"] - {"i"} or lead == "you"
    return False


def _literals(text: str, requests: Sequence[Request], words: Lexicon) -> Iterator[Literal]:
    """Yield the texts the user dictates: quoted after `titled`, quoted or after a colon following `message`."""
    deeds = [request for request in requests if request.verb not in words.groups["read"].asks]
    for match in _QUOTED.finditer(text):
        said = next(group for group in match.groups() if group is not None)
        kind = _dictated(text[max(0, match.start() - 60) : match.start()], words)
        if kind:
            yield Literal(said, kind, _nearest(match.start(), deeds))
    for match in _COLON.finditer(text):
        kind = _dictated(text[max(0, match.start() - 60) : match.start()], words)
        rest = re.split(r"\n|\s\(", text[match.end() :], maxsplit=1)[0].strip()
        if kind and len(rest) > 3 and not _QUOTED.search(text[max(0, match.start() - 20) : match.start()]):
            yield Literal(rest, kind, _nearest(match.start(), deeds))


def _nearest(place: int, deeds: Sequence[Request]) -> str:
    """Return the deed that a dictated text belongs to: the last one before it, else the first after it."""
    before = [deed.verb for deed in deeds if deed.start < place]
    after = [deed.verb for deed in deeds if deed.start > place]
    return before[-1] if before else after[0] if after else ""


def _dictated(lead: str, words: Lexicon) -> str:
    """Return what the words before a text say it is for; empty where they say nothing."""
    clause = re.split(r"[.!?\n]\s|[,;'\"”»]", lead.rstrip(" :,'\"“«`") + " ")[-1]
    near = list(split(token.casefold() for token in TOKEN.findall(clause)))[-6:]
    small = words.small
    if near and near[-1] in _PLACES:
        return ""
    for word in reversed(near):
        if word in small["titled"]:
            return "title"
        if word in small["said"]:
            return "content"
    return ""


def _selectors(plain: list[str], words: Lexicon) -> frozenset[str]:
    """Return the words that can choose a thing: what means something, without those to whom something goes."""
    found: set[str] = set()
    for at, word in enumerate(plain):
        if not word[0].isalnum() or word in words.small["stop"]:
            continue
        last = plain[at - 1] if at else ""
        if last in {"to", "with", "invite", "tell", "an", "à", "al"} and word not in words.things:
            continue
        found.update(stems(word))
    return frozenset(found - words.small["stop"])


def _names_of(tokens: Sequence[_Token], words: Lexicon) -> frozenset[str]:
    """Return the words that name one thing among many: no deeds, no words for any such thing, no parts of days."""
    found = set[str]()
    for token in tokens:
        if not token.text[0].isalnum() or token.text in words.small["stop"]:
            continue
        usual = not token.quoted and token.text.isalnum() and _usual(token.text, words)
        if not usual and not ISO.fullmatch(token.text):
            found.update(part for part in stems(token.text) if len(part) > 1)
    return frozenset(found - words.small["stop"])


def _usual(word: str, words: Lexicon) -> bool:
    return word.isdigit() or word in words.asked or word in words.small["relative"] or word in words.things


def _instructs(plain: list[str], words: Lexicon) -> bool:
    """Tell whether the user hands the word to a source: `do the tasks on`, `follow the instructions`."""
    for at, word in enumerate(plain):
        if word in words.small["instruct"] and set(plain[max(0, at - 5) : at]) & words.small["follow"]:
            tail = plain[at + 1 : at + 8]
            if "order" not in tail and tail[:1] != [":"]:
                return True
    return False
