"""The deeds that words ask for, and what each is aimed at; what is told, forbidden, quoted or a noun is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice, pairwise, takewhile
from typing import Final, NamedTuple

from accord.guard.flow.denying import bidden, conditional, denied, words_before
from accord.guard.flow.idioms import TURNS, idiom
from accord.guard.flow.lexicon import Lexicon, lexicon
from accord.guard.flow.shapes import without_accents
from accord.guard.flow.stems import TOKEN, split

QUOTED: Final = re.compile(
    r"(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){1,2000}'(?!\w)|\"[^\"\n]{1,2000}\"|“[^”]{1,2000}”|«[^»]{1,2000}»|»[^«»]{1,2000}«"
    r"|„[^“”„]{1,2000}[“”]|「[^「」]{1,2000}」|`[^`]{1,2000}`"
)
"""What finds a text in quotation marks, with one sign on each side."""

_ENDS: Final = frozenset(".!?;:,()\n")
_STOPS: Final = frozenset(".!?\n")
_SPAN: Final = 24  # words behind a deed, without what is quoted
_FARTHEST: Final = 80
_NEAREST: Final = 5  # words before a deed that tell whether it is asked for
_UMLAUT: Final = re.compile(r"(?<![eq])([aou])e(?=[^\Waeiou_]{2})")
_PARTICLE: Final = 9  # letters of the longest particle, and one
_SHORT: Final = 3  # letters of a verb that takes no endings
_BARE: Final = 5  # letters of a verb that is told apart without its last
_ENCLITIC: Final = ("me", "nos", "le", "les", "lo", "la", "los", "las", "melo", "mela", "mi", "ci", "gli", "li")
SOURCES: Final = frozenset(
    {"of", "from", "at", "about", "based", "using", "according", "von", "aus", "über", "de", "du", "des", "da", "dal"}
)
"""Words behind which stands what something is taken from."""

_ARTICLES: Final = (("a", "english"), ("de", "dutch"))
_TOWARDS: Final = frozenset({"on", "in", "under", "for", "as", "auf", "für", "sur", "pour", "sobre", "su", "op"})


@lru_cache(maxsize=512)
def quotations(text: str) -> frozenset[str]:
    """Return what stands in quotation marks, in lower case."""
    return frozenset(said[1:-1].strip().casefold() for said in QUOTED.findall(text))


class Request(NamedTuple):
    """A deed asked for, and the words that follow it in the same sentence; `near` are those of its object.

    `object` is what comes right after it, `aimed` what is no part of a source: `post it on the wall` is aimed at a
    wall, `post the summary of the page` at no page. `home` when it comes back to the user, `conditional` when it hangs
    on an `if` that nobody here can tell.
    """

    verb: str
    after: frozenset[str]
    near: frozenset[str]
    object: frozenset[str]
    aimed: frozenset[str]
    start: int
    home: bool
    conditional: bool


class Token(NamedTuple):
    """A word or sign, where it stands, and whether that is within quotation marks."""

    text: str
    start: int
    quoted: bool


def tokens_of(text: str, quoted: Sequence[tuple[int, int]]) -> list[Token]:
    """Return the words and signs of a text, in lower case."""
    found, at, many = [], 0, len(quoted)
    lower = text.lower()
    folded = (lower if len(lower) == len(text) else text).replace("’", "'")
    for match in TOKEN.finditer(folded):
        start = match.start()
        while at < many and quoted[at][1] <= start:
            at += 1
        found.append(Token(match.group(), start, at < many and quoted[at][0] <= start))
    return found


def _heads(tokens: Iterable[str]) -> frozenset[str]:
    """Return words and their parts, without what only goes before another word: an `image-resizer` is no image."""
    return frozenset(chain.from_iterable(map(_head, tokens)))


@lru_cache(maxsize=2048)
def _head(word: str) -> tuple[str, ...]:
    if not word.isascii() and without_accents(word) != word:
        return (word, *_head(without_accents(word)))  # as tools are called: `prolonger_pret`
    first, dash, rest = word.partition("-")
    return (word, *rest.split("-")) if dash and first.isalpha() and rest.isalpha() else tuple(split((word,)))


def requests_in(tokens: Sequence[Token], words: Lexicon, *, bounded: bool) -> Iterator[Request]:
    """Yield the deeds asked for; what is told, forbidden, quoted or a noun is none."""
    plain, asked, forms = [token.text for token in tokens], words.asked, forms_of(words.asked)
    particles, parted = words.small["particle"].intersection(plain), in_two(words.asked)
    articles = _articles(plain, words)
    onto, linking = words.small["onto"] - articles, words.small["linking"] - articles
    for at, said in enumerate(plain):
        form = said if said.isascii() else without_accents(said)
        pairs = parted.get(form) if particles else None
        found = (_parted(plain, at, pairs, words) if pairs else None) or forms.get(form)
        if found is None and said not in TURNS:
            continue
        turned = idiom(plain, at)
        verb = turned or found or said
        if tokens[at].quoted or verb not in asked or (not turned and not _is_asked(plain, at, words)):
            continue
        if denied(plain, at, words):
            continue
        after = _said_after(tokens, at)
        told = after[: after.index(":")] if ":" in after else after  # behind a colon stands what is to be said or done
        told = told[2:] if _counts(told) else told
        yield Request(
            verb,
            _heads(after),
            _heads(takewhile(lambda word: word not in onto, told)),
            _heads(takewhile(lambda word: word not in linking, told)),
            _heads(_aimed(told, words, SOURCES - articles)),
            tokens[at].start,
            home=not turned and after[:1] in (["me"], ["us"], ["mir"], ["uns"]),
            conditional=not bounded and conditional(plain, at),
        )


def _articles(plain: Iterable[str], words: Lexicon) -> frozenset[str]:
    """Return the articles of a text's language that are another's prepositions: `a` is Spanish for `to`."""
    small = words.small
    return frozenset(article for article, language in _ARTICLES if not small[language].isdisjoint(plain))


def _counts(told: Sequence[str]) -> bool:
    """Tell whether words begin with how many of something there are to be: `6 of the large candles`."""
    return len(told) > _SHORT and told[0].isdigit() and told[1] in SOURCES


def _parted(plain: list[str], at: int, pairs: Mapping[str, str], words: Lexicon) -> str | None:
    """Return the verb that a word makes with the particle at the end of its clause: `melde das Sofa an`."""
    after = _clause(plain, at, words)
    for spot, (word, following) in enumerate(pairwise([*after, "und"])):
        if word in pairs and (following in words.small["joining"] or following in SOURCES):
            return None if spot and after[spot - 1] in words.small["negated_end"] else pairs[word]
    return None


@lru_cache(maxsize=256)
def in_two(verbs: frozenset[str]) -> Mapping[str, Mapping[str, str]]:
    """Return the verbs that stand in two parts, by the form of the first and then by the particle."""
    particles = lexicon().small["particle"]
    found: dict[str, dict[str, str]] = {}
    for form, verb in forms_of(verbs).items():
        base, apart, last = form.partition("_")
        if apart:
            found.setdefault(base, {})[last] = verb
        for length in range(2, min(len(form) - 2, _PARTICLE)):
            if form[:length] in particles:
                found.setdefault(form[length:], {})[form[:length]] = verb
    return found


def _clause(plain: list[str], at: int, words: Lexicon) -> list[str]:
    """Return the words behind a place to the end of the clause; the point of `14. Oktober` ends none."""
    found = list[str]()
    for spot in range(at + 1, min(len(plain), at + _SPAN + 1)):
        dated = (
            plain[spot] == "."
            and plain[spot - 1].isdigit()
            and not words.months.keys().isdisjoint(plain[spot + 1 : spot + 2])
        )
        if plain[spot] in _ENDS and not dated:
            break
        found.append(plain[spot])
    return found


@lru_cache(maxsize=256)
def forms_of(verbs: frozenset[str]) -> Mapping[str, str]:
    """Return verbs by the forms that they ask in: `verschieb`, `resérvame` without its accent, `prolonge`."""
    found = {form: verb for verb in verbs if len(verb) > _SHORT for form in _other_forms(verb)}
    return found | {_spelled(verb): verb for verb in verbs} | {verb: verb for verb in verbs}


def _spelled(verb: str) -> str:
    """Return a verb without accents, those that the name of a tool spells out too: `verlaengern`."""
    return _UMLAUT.sub(r"\1", without_accents(verb))


def _other_forms(verb: str) -> Iterator[str]:
    """Yield the forms of the imperative that follow from a verb, or from its infinitive, in the languages we know."""
    plain = _spelled(verb)
    stem, ending = plain[:-2], plain[-2:]
    base, parted, particle = plain.partition("_")
    if parted:  # `passe_an`
        whole = base + ("n" if base.endswith("e") else "en")
        yield from (f"{whole}_{particle}", f"{base.removesuffix('e')}_{particle}", particle + whole)
        return
    if plain.endswith(("ern", "eln")):
        yield from (plain[:-1], plain[:-1] + "e", plain[:-3] + plain[-2] + "e")
    if verb.endswith("e") and len(verb) > _BARE:
        yield verb[:-1]
    if plain[-1] in "aei":
        yield from (plain + after for after in _ENCLITIC)
    if ending == "en" and len(stem) > _BARE - 1:
        yield from (stem, stem + "e")
    elif ending == "en" and len(stem) > _SHORT:
        yield stem + "e"
    elif ending in {"er", "ar", "ir", "re"} and len(stem) > _SHORT:
        yield from (stem + after for after in ("e", "a", "ez", "i", "s"))


def _said_after(tokens: Sequence[Token], at: int) -> list[str]:
    """Return the words behind a deed to the end of its sentence; what is quoted there does not end it."""
    after, left = list[str](), _SPAN
    for token in islice(tokens, at + 1, at + _FARTHEST):
        if not token.quoted and (token.text in _STOPS or not left):
            break
        left -= not token.quoted
        if not (token.quoted and token.text in _ENDS):
            after.append(token.text)
    return after


def _aimed(after: Iterable[str], words: Lexicon, sources: frozenset[str]) -> Iterator[str]:
    """Yield the words after a deed without those of sources: `of the page`, `from the file`, `about it`."""
    aimed, last = True, ""
    for word in after:
        if word in words.asked and word not in words.small["noun"] and word not in words.things:
            return  # another deed
        turned = word in words.small["onto"] or word in words.small["joining"] or word in _TOWARDS
        aimed = (turned and last != "based") or (aimed and word not in sources)
        last = word
        if aimed:
            yield word


def _is_asked(plain: list[str], at: int, words: Lexicon) -> bool:
    small = words.small
    before = words_before(plain, at, _ENDS, _NEAREST)
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
    small, after = words.small, _clause(plain, at, words)
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
    if "i" not in plain:
        return False
    said = words_before(plain, at, _STOPS)
    return any(one in small["later"] and other == "i" for one, other in (*pairwise(said), *pairwise(after)))


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
