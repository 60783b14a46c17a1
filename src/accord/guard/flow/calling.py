"""Whether a word of the user's calls somebody or something: that they wrote it does not make it a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from accord.content.language import common
from accord.guard.flow.lexicon import Slot, either, identifies, kin_of, lexicon, name_words, slot_named
from accord.guard.flow.naming import files_in
from accord.guard.flow.requesting import in_two
from accord.guard.flow.shapes import day_spans, figure_spans, without_accents
from accord.guard.flow.tools import Facts, argument_words
from accord.guard.flow.values import Value
from accord.guard.flow.wholes import only_within, stands_whole
from accord.guard.flow.wish import Wish

_BROKEN: Final = re.compile(r"[.!?;:,\n]\s")
_BEGUN: Final = re.compile(r"(?:^|[.!?\n]\s{0,20})([^\W\d_a-z][\w'-]*)\s+([\w'-]+)")
_CLAUSE: Final = re.compile(r"[,;.!?\n]|\b(?:and|then|und|dann|et|puis|y|luego|e|poi|en)\b")
_EDGE: Final = " .,;:!?()[]\"'"
_TOKEN: Final = re.compile(r"[\w'’.@+-]+|[^\w\s]")
_JOINED_BEFORE: Final = re.compile(r"[\w@]$|\w[-./,:+]$")
_JOINED_AFTER: Final = re.compile(r"^[\w@]|^[-./,:+]\w")
_VERBAL: Final = re.compile(r"[a-z]{2,30}(?:ing|ed)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_CLOCK: Final = re.compile(r"\d{1,2}[:h]\d{2}(?::\d{2})?|\d+[.,]\d{1,2}")  # or a sum
_SCRIPT_STOPS: Final = re.compile(r"[、。！？，；]|[^\x00-\u2e7f]{11}")  # a clause of a script without blanks
_PLACED: Final = frozenset({"room", "zone", "area", "location"})
_INSIDE: Final = re.compile(r"[-'’.]")
_ROOMS: Final = frozenset({"channel", "channels", "room", "group", "kanal", "canal", "canale", "kanaal"})
_NUMBERS: Final = frozenset({"no", "nr", "num", "number"})
_ADDING: Final = frozenset({"add", "invite", "create"})
_PUTTING: Final = frozenset({"post", "send"})
_LEAST: Final = 5  # digits of the shortest telephone


def called(wish: Wish, value: Value, facts: Facts) -> bool:
    """Tell whether a value that stands in the user's words is a name there, and no piece of a sentence.

    A name is quoted, has a capital letter or a sign in it, or stands where somebody is called: `to ann`, `the account
    jlopez`, `the general channel`, `invite dora`. What they exclude (`not to Pat`) is not called, and what they call
    something else is no name of this: a ticket's number is no account.
    """
    form = value.text.strip()
    if not form.isascii() and any(letter.isspace() and letter != " " for letter in form):
        return False
    if (value.sink.slot in {Slot.RECIPIENT, Slot.TARGET} and excluded(wish, form)) or (
        len(form) == 1 and form.isalpha()
    ):
        return False
    if value.sink.slot is Slot.TARGET and identifies(value.sink.name):
        small = form.casefold() in either("stop", "determiner", "linking", "origin", "onto") and not _quoted(wish, form)
        return not small and form[:1] not in "/~" and tells_apart(wish, form, facts, value.sink.name)
    if value.sink.slot is Slot.TARGET and _CLOCK.fullmatch(form):
        return False
    if value.sink.slot is Slot.CODE and (" " in form or "run" in facts.groups):
        return _ends_so(wish, form) or _quoted(wish, form, marks=("``", '""', "“”"))
    if value.sink.slot is Slot.PATH and any(one.text.strip() == form for one in wish.literals):
        return bool(files_in(form))
    if value.sink.slot is Slot.SECRET:
        if form != value.text:
            return False
        typed_so = not form.isalpha() and " " not in form and form in wish.own and stands_alone(form, wish.own)
        return _quoted(wish, form) or typed_so
    if value.sink.slot is Slot.RECIPIENT and "@" not in form and files_in(form):
        return False
    if _quoted(wish, form) or form != form.strip(_EDGE) or _BROKEN.search(form):
        return _quoted(wish, form)
    words = tuple(without_accents(form.casefold()).split())
    stop = either("stop", "determiner", "linking", "origin", "onto")
    edges = {word for word in (words[:1] + words[-1:]) if word in stop and word not in wish.proper}
    return bool(words) and not edges and not _counts(wish, words) and _named_so(wish, value, words, facts)


def _named_so(wish: Wish, value: Value, words: tuple[str, ...], facts: Facts) -> bool:
    """Tell whether words are a name of the kind that an argument is for."""
    form = value.text.strip()
    if value.sink.slot is Slot.PATH:
        return _is_file(wish, form, words, facts)
    if value.sink.slot in {Slot.TARGET, Slot.CODE}:
        return _identifies(wish, value, words, facts)
    if _PLACED & set(name_words(value.sink.name)):
        return _is_place(wish, words, facts)
    if _ROOMS & set(name_words(value.sink.name)) and form[:1] != "@":
        if form in facts.things or form in lexicon().things["channel"]:
            return False  # `channel` of `the channel results`
        signed = form[:1] == "#" and re.search(rf"(?<!\S){re.escape(form)}(?![\w-])", wish.own) is not None
        return signed or _introduced(wish, words, facts, placed=True)
    return _names_somebody(wish, form, words, facts)


def _is_place(wish: Wish, words: tuple[str, ...], facts: Facts) -> bool:
    inner = either("stop", "determiner", "linking", "off", "asked")
    if inner & set(words) or words[0].isdigit():
        return False
    return _in_clause(wish, " ".join(words), facts) and _introduced(wish, words, facts, placed=True)


def _is_file(wish: Wish, form: str, words: tuple[str, ...], facts: Facts) -> bool:
    if len(words) > 1 and (words[0] in lexicon().asked or words[0] in facts.asks):
        return False
    known = files_in(wish.own)
    if known and (not set("./\\") & set(form) or (len(words) > 1 and set(known) & set(form.split()))):
        return False
    named = not form.isdigit() and _introduced(wish, words, facts)
    return bool(set("./\\") & set(form)) or named or _proper(wish, words)


def _in_clause(wish: Wish, form: str, facts: Facts) -> bool:
    """Tell whether a place stands with the deed in one clause: `heat the kitchen and light the hall`."""
    ends = [match.start() for match in _CLAUSE.finditer(wish.own)]
    for request in wish.asks(facts.asks):
        begin = max((at for at in ends if at < request.start), default=0)
        clause = wish.own[begin : min((at for at in ends if at > request.start), default=len(wish.own))]
        if form.casefold() in clause.casefold():
            return True
    return False


def _ends_so(wish: Wish, form: str) -> bool:
    """Tell whether a line of the user's ends with a command, after a colon: `Run this: make all`."""
    return any(line.rstrip().endswith(": " + form) for line in wish.own.splitlines())


def _names_somebody(wish: Wish, form: str, words: tuple[str, ...], facts: Facts) -> bool:
    table = lexicon()
    if set(words) <= facts.things or words[0] in table.asked or words[0] in facts.asks:
        return False
    if words[0] in in_two(table.asked) and not _proper(wish, words):
        return False  # `take` of `take them out`
    if form.islower() and form in facts.sinks:
        return False  # `extension`, beside which another number stands
    if "@" not in form and files_in(form):
        return False
    if form.isdigit() and len(form) < _LEAST:
        own = re.search(rf"(?<!#)\b{form}\b", wish.own)  # `#4398` is a ticket's
        return own is not None and _introduced(wish, words, facts, ids=True)
    if "@" in form or sum(map(str.isdigit, form)) >= _LEAST or not "".join(words).isascii():
        return not _SCRIPT_STOPS.search(form) and (" " not in form or not any(word in table.asked for word in words))
    if form.islower() and _VERBAL.fullmatch(words[0]) and _only_before_things(wish, words):
        return False  # a `standing` order
    if form.islower() and _proper(wish, words):  # `noor` of `Noor Haddad` is nobody's login
        return stands_whole(without_accents(form), without_accents(wish.own))
    return _proper(wish, words) or _introduced(wish, words, facts)


def _only_before_things(wish: Wish, words: tuple[str, ...]) -> bool:
    """Tell whether words stand only right before what they tell of: `scheduled` of `a scheduled transfer`."""
    plain, size = _plain(wish), len(words)
    after = [plain[at + size : at + size + 1] for at in range(len(plain)) if plain[at : at + size] == words]
    return all(not lexicon().things.keys().isdisjoint(word) for word in after)


def _identifies(wish: Wish, value: Value, words: tuple[str, ...], facts: Facts) -> bool:
    """Tell whether a value is the user's word for a thing: an id where one is asked for, and of this thing."""
    asked = set(name_words(value.sink.name))
    if asked & _NUMBERS and not any(map(str.isdigit, value.text)):
        return False
    derived = slot_named(value.sink.name) is Slot.OTHER
    if derived and (_labelled_otherwise(wish, words, asked, facts) or not _holds_together(words)):
        return False
    plain = " " in value.text.strip() or not any(map(str.isdigit, value.text))
    if plain and not _called_by(wish, value, facts):
        return False
    if not argument_words(facts).isdisjoint(words) or words[0] in facts.asks:
        return False
    if derived and not any(map(str.isdigit, words[0])) and not _proper(wish, words):
        return _introduced(wish, words, facts, ids=True)
    return True


def _called_by(wish: Wish, value: Value, facts: Facts) -> bool:
    """Tell whether words are a name where they stand: whole, and no piece of a longer one, or introduced."""
    form = value.text.strip()
    words = tuple(without_accents(form.casefold()).split())
    alone = len(words) == 1 and words[0] not in wish.proper and not (form.islower() and common(form))
    return (
        (alone and _introduced(wish, words, facts, ids=True))
        or stands_whole(form, wish.own)
        or _whole_object(wish, words, facts)
    )


def _whole_object(wish: Wish, words: tuple[str, ...], facts: Facts) -> bool:
    """Tell whether words are all that stands between a deed and where it goes: `add oat milk to the list`."""
    plain, onwards = _plain(wish), either("into", "onto")
    for at in range(1, len(plain) - len(words)):
        if plain[at : at + len(words)] == words and plain[at - 1] in facts.asks and plain[at + len(words)] in onwards:
            return facts.groups <= _ADDING
    return False


def _holds_together(words: tuple[str, ...]) -> bool:
    """Tell whether words in a row can be one name: no numbers, days and pronouns among them."""
    loose = either("months", "relative", "personal", "clock")
    return not any(word.isdigit() or word in loose for word in words)


def tells_apart(wish: Wish, form: str, facts: Facts, name: str) -> bool:
    """Tell whether the user wrote an id: one word with a digit, in capitals, quoted, or called what it is.

    It is no day, no piece of one or of another number, no count, and not what they call something else.
    """
    if " " in form or _CLOCK.fullmatch(form) or not set("?=").isdisjoint(form):
        return False
    if _quoted(wish, form):
        return True
    if form != form.strip(_EDGE) or not stands_alone(form, wish.own):
        return False
    words = (without_accents(form.casefold()),)
    numbered = any(map(str.isdigit, form))
    if not numbered and _NUMBERS.intersection(name_words(name)):
        return False
    if not numbered or _YEAR.fullmatch(form):  # of `Renovation 2026`
        whole = not form[:1].isupper() or stands_whole(form, wish.own)  # `Kestrel` of three words is none
        return whole and _called_just_so(wish, words[0], name) and not _usual((*words, form.casefold()))
    if only_within(form, wish.own):
        return False
    asked = set(name_words(name))
    return not (_labelled_otherwise(wish, words, asked | facts.things | facts.nouns, facts) or _counts(wish, words))


def _called_just_so(wish: Wish, word: str, name: str) -> bool:
    """Tell whether a word stands right after what an argument asks for: `user ann` for `user_id`, `id root`."""
    kin = kin_of(name_words(name)) | lexicon().small["labels"]
    plain = _plain(wish)
    return any(one == word and at and plain[at - 1] in kin for at, one in enumerate(plain))


@lru_cache(maxsize=1024)
def stands_alone(form: str, text: str) -> bool:
    """Tell whether a word stands in a text by itself, and is no piece of a day, a time or another number."""
    if not form or form != form.strip(_EDGE):
        return False
    folded, wanted = text.casefold(), form.casefold()
    if len(folded) != len(text):
        return wanted in folded.split()
    taken = (*day_spans(text), *figure_spans(text)) if any(map(str.isdigit, form)) else ()
    at = folded.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        before, after = folded[max(0, at - 2) : at], folded[end : end + 2]
        grouped = " " in wanted and wanted.replace(" ", "").isdigit()
        joined = grouped or bool(_JOINED_BEFORE.search(before) or _JOINED_AFTER.match(after))
        inside = any(start <= at and end <= stop and stop - start > len(wanted) for start, stop in taken)
        if not joined and not inside:
            return True
        at = folded.find(wanted, at + 1)
    return False


def _usual(words: tuple[str, ...]) -> bool:
    """Tell whether a word is one of a sentence, and no name: small words, days, words of deeds and things."""
    table = lexicon()
    return any(common(word) or word in table.asked or word in table.things for word in words)


def _labelled_otherwise(wish: Wish, words: tuple[str, ...], asked: set[str], facts: Facts) -> bool:
    """Tell whether the user calls a value by what another argument, or another kind of thing, is called."""
    table = lexicon()
    plain = _plain(wish)
    kin = kin_of(asked)
    others = argument_words(facts) - kin | (table.things.keys() - kin)
    places = [at for at in range(1, len(plain)) if plain[at : at + len(words)] == words]
    return bool(places) and all(plain[at - 1] in others for at in places)


def _counts(wish: Wish, words: tuple[str, ...]) -> bool:
    """Tell whether words are a number of something, or what is counted: `10 euros`, `0.05 ETH`."""
    if len(words) > 1 and words[0].replace(".", "").isdigit() and not words[1][0].isdigit():
        return True
    plain = _plain(wish)
    places = [at for at in range(1, len(plain)) if plain[at : at + len(words)] == words]
    counted = [plain[at - 1].replace(".", "").replace(",", "").isdigit() for at in places]
    return bool(counted) and all(counted) and words[0].isalpha()


@lru_cache(maxsize=512)
def begun(text: str) -> frozenset[str]:
    """Return the words that begin sentences in which somebody does something: `Apple called`."""
    acts = either("reporting", "aux", "acting")
    found = ((word.casefold(), after.casefold()) for word, after in _BEGUN.findall(text))
    return frozenset(word for word, after in found if after in acts or after.endswith("ed"))


def called_by_name(wish: Wish, value: str, facts: Facts) -> bool:
    """Tell whether the user calls another one by a name, right after what it is: `the account jlopez`."""
    table = lexicon()
    plain = _heard(wish)
    kinds = facts.nouns - {word for word in facts.nouns if word in table.asked}
    small = either("stop", "asked", "selector", "linking")
    for kind, name in pairwise(plain):
        known = name in small or name in table.things or not name.isalnum()
        if kind in kinds and not known and name != value.casefold():
            return True
    return False


def excluded(wish: Wish, form: str) -> bool:
    """Tell whether the user names a receiver only to keep them out: `not to Pat`, `everybody except Pat`."""
    plain = _heard(wish)
    no, at = lexicon().small["excluding"], lexicon().small["onto"]
    if no.isdisjoint(plain):
        return False
    wanted = _split(form.casefold())
    places = [spot for spot in range(len(plain)) if plain[spot : spot + len(wanted)] == wanted]
    out = []
    for spot in places:
        before = plain[max(0, spot - 3) : spot]
        while before and (before[-1] in at or before[-1] in lexicon().small["determiner"]):
            before = before[:-1]
        out.append(bool(before) and before[-1] in no)
    return any(out)


def _quoted(wish: Wish, form: str, marks: Sequence[str] = ("''", '""', "“”", "«»", "``")) -> bool:
    own = wish.own
    for mark in marks:
        said = mark[0] + form + mark[1]
        at = own.find(said)
        while at >= 0:
            if not own[at - 1 : at].isalnum() and not own[at + len(said) : at + len(said) + 1].isalnum():
                return True
            at = own.find(said, at + 1)
    return False


def _proper(wish: Wish, words: tuple[str, ...]) -> bool:
    """Tell whether every word is written with a capital letter somewhere, and is no deed or small word."""
    proper = {without_accents(word) for word in wish.proper}
    parts = [part for word in words for part in _INSIDE.split(word) if part]
    return bool(parts) and all(part in proper for part in parts)


def introduced(wish: Wish, form: str, facts: Facts) -> bool:
    """Tell whether the user calls somebody by a name: `pay ann`, `the customer ann`."""
    return _introduced(wish, tuple(without_accents(form.casefold()).split()), facts)


def _introduced(wish: Wish, words: tuple[str, ...], facts: Facts, *, ids: bool = False, placed: bool = False) -> bool:
    """Tell whether words stand where somebody or something is called by a name, or by an id."""
    table = lexicon()
    if len(words) > 1 and any(word in table.asked for word in words):
        return False
    plain = _plain(wish)
    asks = frozenset() if placed and facts.groups & _PUTTING else facts.asks  # what is posted is no room
    leads = [facts.things, *([table.small["labels"]] if ids else [table.small["calling"], asks])]
    leads += [table.small["placing"]] if placed else []
    ends = [] if ids else [facts.things, table.things["channel"], table.things["user"]]
    for spot in range(len(plain)):
        if plain[spot : spot + len(words)] != words:
            continue
        at = spot - 1
        while at >= 0 and not ids and _listed(plain, at):
            at -= 2
        at -= placed and at >= 0 and plain[at] in table.small["article"]
        if placed and _PLACED.intersection(plain[spot + len(words) : spot + len(words) + 1]):
            continue
        after = plain[spot + len(words)] if spot + len(words) < len(plain) else ""
        article = at >= 0 and plain[at] == "a" and "the" in wish.words  # and not the `a` of `escribe a ann`
        if (at >= 0 and not article and _in(plain[at], leads)) or (len(words) == 1 and _in(after, ends)):
            return True
    return False


def _in(word: str, kinds: Sequence[frozenset[str]]) -> bool:
    return any(word in kind for kind in kinds)


def _listed(plain: Sequence[str], at: int) -> bool:
    """Tell whether a word goes before another name: `ann and bob`, `ann, bob`."""
    return at > 0 and plain[at] in {"and", ",", "und", "et", "y", "e", "en", "&", "or"} and plain[at - 1].isalnum()


@lru_cache(maxsize=512)
def _split(text: str) -> tuple[str, ...]:
    return tuple(word.rstrip(".") if len(word) > 1 else word for word in _TOKEN.findall(text))


@lru_cache(maxsize=512)
def _heard(wish: Wish) -> tuple[str, ...]:
    return _split(wish.own.casefold())


@lru_cache(maxsize=512)
def _plain(wish: Wish) -> tuple[str, ...]:
    return _split(without_accents(wish.own.casefold()))
