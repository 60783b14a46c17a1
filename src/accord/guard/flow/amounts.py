"""Sums of money: which number in a text is an amount, which one is due, and whether a call may pay it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.deriving import Known, adds, follows, moves, near, shares, steps
from accord.guard.flow.lexicon import Slot, either, lexicon, meanings, name_words, slot_named
from accord.guard.flow.limits import bounds_in
from accord.guard.flow.outputs import Field, read_output
from accord.guard.flow.scene import PASTED, Scene, Seen
from accord.guard.flow.shapes import blanked, figure_spans
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import content_words, stem

LONGEST: Final = 20_000
"""Characters of a text that are read for sums."""

_CODE: Final = re.compile(r"[A-Z]{3,5}")
_FIGURE: Final = re.compile(
    r"(?=\d)(?<![\w.,:/@#'’-])"
    r"(?:(?P<whole>\d{1,3}(?:(?P<sep>[.,'’\u00a0\u202f ])\d{3})(?:(?P=sep)\d{3}){0,4})(?P<cents>[.,]\d{1,2})?"
    r"|(?P<plain>\d{1,15})(?P<part>[.,]\d{1,9})?)(?![\w@/:'’]|[.,]\d|-\w)"
)
_CODES: Final = (
    r"EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|INR|CNY|BRL|MXN|euros?|dollars?|pounds?|francs?|franken|yen"
)
_GLUED: Final = re.compile(rf"\b(?:{_CODES})(?=\d)|(?<=\d)(?:{_CODES})\b|(?<=\d)[$€£¥₹]", re.IGNORECASE)
_STUCK: Final = re.compile(r"\d(?:(?<=[^\W\d_]\d)|(?=[^\W\d_]|[$€£¥₹]))")
_BEFORE: Final = re.compile(rf"(?:[$€£¥₹]|\b(?:{_CODES})\b\.?)\s*$", re.IGNORECASE)
_AFTER: Final = re.compile(rf"\s*(?:[$€£¥₹]|(?:{_CODES})\b)", re.IGNORECASE)
_ALONE: Final = re.compile(rf"(?:[$€£¥₹]|{_CODES})?\s*\d[\d.,'’ \u00a0\u202f]*\s*(?:[$€£¥₹]|{_CODES})?", re.IGNORECASE)
_NEXT: Final = re.compile(r"\s*([%‰]|[^\W\d_]+)")
_WORD: Final = re.compile(r"[^\W\d_]+|#")
_LOOKING: Final = frozenset({"check", "look", "find", "read", "search", "prüfe", "vérifie", "revisa", "controlla"})
_FOR: Final = re.compile(
    r"(?i)\b(?:amount|price|sum|costs?|pay|paid)\b[^.?!;:,]{0,30}?\bfor\s+(?:(?:the|my|our)\s+)?([^\W\d_]{3,40})"
)


class Sum(NamedTuple):
    """A number that may be an amount: `money` where a currency or cents say so, `total` where its label does.

    `counts` is a bare number before a word: it may be so many of something.
    """

    value: float
    money: bool
    total: bool
    counts: bool
    currency: str = ""


class Fit(NamedTuple):
    """Whether an amount may be paid; `ambiguous` where a source holds more than one that can be meant."""

    ok: bool
    source: str = ""
    ambiguous: bool = False


@lru_cache(maxsize=512)
def sums(text: str) -> tuple[Sum, ...]:
    """Return the numbers in a text that can be amounts: no days, times, shares, counts, or numbers of something."""
    looked = unicodedata.normalize("NFC", text[:LONGEST])
    if not any(map(str.isdigit, looked)):
        return ()
    if _STUCK.search(looked) is not None:
        looked = _GLUED.sub(lambda found: f" {found.group()} ", looked)
    taken = figure_spans(looked)
    found: list[Sum] = []
    waiting = False
    begin = 0
    for line in looked.split("\n"):
        spans = [(start - begin, end - begin) for start, end in taken if begin <= start < begin + len(line)]
        here = list(_of_line(line, spans, waiting=waiting))
        found += here
        if line.strip():
            waiting = not here and _speaks_of_total(_WORD.findall(line.casefold()))
        begin += len(line) + 1
    return tuple(found)


def due(text: str) -> frozenset[float]:
    """Return the amounts of a text that it says are to be paid: the totals, else what is money, else any number."""
    return frozenset(one.value for one in _due(text))


def is_amount(text: str) -> bool:
    """Tell whether a text is a number and nothing else, but for a currency."""
    return _ALONE.fullmatch(text.strip()) is not None


def currency_of(text: str) -> str:
    """Return the code of a currency by its code, sign or name; the text itself in capitals where it is none."""
    name = text.strip().rstrip(".").casefold()
    return meanings("currency").get(name, name).upper()


def currency_fits(scene: Scene, text: str) -> bool:
    """Tell whether a currency is the one of the amount: of the user's, else of what is due in the one source named."""
    meant = currency_of(text)
    if not _CODE.fullmatch(meant):
        return False
    said = {one.currency for one in sums(scene.wish.own) if one.currency}
    if said:
        return said == {meant}
    if any(currency_of(word) == meant != word.upper() for word in scene.wish.words) or _written(meant, scene.wish.own):
        return True
    texts = [
        one
        for place, seen in scene.directed()
        for one in scene.texts(place)
        if seen.facts is not PASTED or scene.wish.handing
    ]
    found = {one.currency for one_text in texts for one in _due(one_text)}
    return found == {meant}


def _written(code: str, text: str) -> bool:
    """Tell whether a code stands in a text in capitals, as codes of money are written."""
    return re.search(rf"(?<!\w){code}(?!\w)", text) is not None


def _due(text: str) -> Sequence[Sum]:
    found = sums(text)
    for group in (
        [one for one in found if one.total and one.money],
        [one for one in found if one.total],
        [one for one in found if one.money],
        found,
    ):
        if group:
            return group
    return ()


def _of_line(line: str, taken: Sequence[tuple[int, int]], *, waiting: bool) -> Iterator[Sum]:
    label: list[str] = []
    at = 0
    for match in _FIGURE.finditer(line):
        between = _WORD.findall(line[at : match.start()].casefold())
        label, at = between or label, match.end()
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        after = _NEXT.match(line, match.end())
        told = after[1].casefold() if after else ""
        marked_money = bool(match["cents"] or (match["part"] and len(match["part"]) == 3))
        coin = _BEFORE.search(line, 0, match.start()) or _AFTER.match(line, match.end())
        money = marked_money or coin is not None
        total = _speaks_of_total(label) or (waiting and not label) or told in lexicon().small["total"]
        if told in {"%", "‰"} or (not money and _no_amount(match.group(), label, told, total=total)):
            continue
        counts = not money and bool(told) and told not in either("stop", "toward")
        yield Sum(_value(match), money, total, counts, currency_of(coin.group()) if coin else "")


def _no_amount(figure: str, label: list[str], told: str, *, total: bool) -> bool:
    """Tell whether a bare number counts or names something: `invoice 12`, `3 nights`, `May 2026`."""
    small = lexicon().small
    last = label[-1] if label else ""
    if last in small["numbered"] or told in small["unit"] or last in {"x", "×"}:
        return True
    if not figure.isdigit():
        return False
    year = len(figure) == 4 and figure[:2] in {"19", "20"}
    return len(figure) > 8 or (year and not total and (last in lexicon().months or last in small["since"]))


def _speaks_of_total(label: Sequence[str]) -> bool:
    small = lexicon().small
    said = set(label)
    return bool(said & small["total"]) and not said & small["part"]


def _value(match: re.Match[str]) -> float:
    if match["whole"]:
        whole, cents = match["whole"], match["cents"]
        digits = "".join(letter for letter in whole if letter.isdigit())
        if whole.startswith("0"):
            return float(whole.replace(",", ".")) if match["sep"] in {".", ","} else float(digits)
    else:
        digits, cents = match["plain"], match["part"]
    return float(f"{digits}.{cents[1:]}" if cents else digits)


def amount_fits(scene: Scene, amount: float, only: int, receivers: frozenset[str]) -> Fit:
    """Tell whether an amount is one the user or a named source says, or follows from two or three of those.

    `only` is the one text that names the receiver: then no other source says the amount.
    """
    if amount <= 0 or any(not one.least <= amount <= one.most for one in scene.wish.bounds):
        return Fit(ok=False, source="user")
    own = sums(blanked(scene.wish.own, [one.span for one in scene.wish.bounds]))
    stated = any(one.money for one in own)
    limits = {one.number for one in bounds_in(scene.wish.own)}
    said = frozenset(one.value for one in own if not (stated and one.counts) and one.value not in limits)
    if only >= 0 and not stated:
        return _of_source(scene, amount, said, only)
    if said and not scene.wish.computing and (stated or near(amount, said)):
        return Fit(ok=near(amount, said), source="user")
    telling = _telling(scene, receivers)
    if scene.wish.computing and not telling and _reads_first(scene):
        return Fit(ok=False, source="user", ambiguous=True)
    known, firm, unsure = set(said), set(said), ""
    stepping, sharing, adding = moves(scene) and bool(steps(scene)), shares(scene), adds(scene)
    for place, seen in telling:
        if seen.facts is PASTED and not scene.wish.handing:
            continue
        values, sure = _known(scene, place, receivers)
        if sharing and sure and values and known - said - values:
            return Fit(ok=False, source=seen.source, ambiguous=True)  # of which of them is the share?
        if not sure and not adding and not scene.wish.instructs:
            unsure = seen.source if near(amount, values) else unsure
            continue
        if not sure and not scene.output(place).records:
            unsure = seen.source
            continue
        if not scene.wish.computing and not stepping and near(amount, values - steps(scene)):
            return Fit(ok=True, source=seen.source)
        known |= values
        firm |= values if sure or scene.wish.instructs else frozenset()
    reckoned = (scene.wish.computing or scene.wish.instructs) and not (unsure and moves(scene))
    if reckoned and follows(scene, amount, Known(said, frozenset(firm), frozenset(known))):
        return Fit(ok=True, source="computed")
    return Fit(ok=False, source=unsure, ambiguous=bool(unsure))


def _reads_first(scene: Scene) -> bool:
    """Tell whether the user says that something is to be looked up: `check how much they sent`."""
    return any(one.verb in _LOOKING for one in scene.wish.requests)


def _telling(scene: Scene, receivers: frozenset[str]) -> Sequence[tuple[int, Seen]]:
    """Return the outputs that the user pointed at: those that show that what is given back came, or who is paid."""
    found = tuple(scene.directed())
    came = [one for one in found if next(_returned(scene, scene.output(one[0]).records, receivers), None) is not None]
    if not came and scene.wish.words & lexicon().small["returning"]:
        found = tuple(one for one in found if not any(map(_senders, scene.output(one[0]).records)))
    return came or [one for one in found if _showing(scene.output(one[0]).records, receivers)] or found


def _of_source(scene: Scene, amount: float, said: frozenset[float], only: int) -> Fit:
    """Rule on an amount that only one text may say; the same source read again has to say the same."""
    source = scene.seen[only].source
    values: frozenset[float] = frozenset()
    for place in scene.same(only):
        texts = list(scene.texts(place))
        values = values.union(*(due(text) for text in texts)) if texts else values
    if len(values) == 1 or not values:
        return Fit(ok=near(amount, values) or near(amount, said), source=source)
    return Fit(ok=False, source=source, ambiguous=True)


def _known(scene: Scene, place: int, receivers: frozenset[str]) -> tuple[frozenset[float], bool]:
    """Return the amounts of a source, and whether it leaves no doubt which one is meant."""
    output = scene.output(place)
    if not output.records:
        values = frozenset().union(*(due(scene.seen[one].output) for one in scene.same(place)))
        spoiled = marked(output.text, scene.distrusted)
        return (frozenset(), False) if spoiled else (values, len(values) <= 1)
    places: Sequence[int] = sorted(_returned(scene, output.records, receivers)) or _paid(output.records, receivers)
    places = places or _showing(output.records, receivers) or _priced(scene.wish.own, output.text)
    named = True
    if not places:
        chosen = scene.chosen(place, strict=scene.wish.computing)
        named = bool(chosen.places) or scene.wish.proper <= receivers
        places = sorted(chosen.places)[:200] or range(min(len(output.records), 200))
    found = [_in_record(output.text, at) for at in places]
    values = frozenset().union(*found)
    many = (scene.wish.plural or scene.wish.choosing) and not scene.wish.computing
    return values, named and (len(values) <= 1 or (many and all(len(one) <= 1 for one in found)))


def _returned(scene: Scene, records: Sequence[Sequence[Field]], receivers: frozenset[str]) -> Iterator[int]:
    """Yield the records whose sender gets the money: what is given back goes to whom it came from."""
    if not scene.wish.words & lexicon().small["returning"]:
        return
    for at, record in enumerate(records):
        if any(one in receivers for one in _senders(record)):
            yield at


def _senders(record: Sequence[Field]) -> list[str]:
    """Return who sent what a record tells of, in lower case."""
    fields = (f for f in record if {"sender", "from", "payer"} & set(name_words(f.key)) and not f.free)
    return [one.value.strip().casefold() for one in fields]


def _paid(records: Sequence[Sequence[Field]], receivers: frozenset[str]) -> Sequence[int]:
    """Return the records in which a receiver stands by name; what others were paid says nothing of them."""
    named, person = {one for one in receivers if one.isalpha()}, either("person", "naming")
    shown = (
        {f.value.strip().casefold() for f in record if not f.free and person.intersection(name_words(f.key))}
        for record in (records if named else ())
    )
    return [at for at, values in enumerate(shown) if values & named]


def _showing(records: Sequence[Sequence[Field]], receivers: frozenset[str]) -> Sequence[int]:
    """Return the records that show the name of a receiver anywhere: a payment for `Gymnova membership`."""
    named = {stem(one) for one in receivers if one.isalpha()}
    return [
        at
        for at, record in enumerate(records if named else ())
        if any(named.intersection(content_words(field.value)) for field in record if not field.free)
    ]


@lru_cache(maxsize=512)
def _priced(own: str, text: str) -> Sequence[int]:
    """Return the records of what the user says an amount is for: `the amount I usually pay for Gymnova`."""
    names = {stem(name.casefold()) for name in _FOR.findall(own)}
    records = read_output(text).records if names else ()
    return [at for at, record in enumerate(records) if any(names.intersection(content_words(f.value)) for f in record)]


@lru_cache(maxsize=4096)
def _in_record(text: str, at: int) -> frozenset[float]:
    return frozenset(_fields(read_output(text).records[at]))


def _fields(record: Sequence[Field]) -> Iterator[float]:
    """Yield the amounts in the fields of a record that are for amounts; what is due before its parts."""
    fields = [one for one in record if not one.free and slot_named(one.key) is Slot.AMOUNT]
    totals = [one for one in fields if _speaks_of_total(name_words(one.key)) and not _counts(one)]
    for field in totals or [one for one in fields if not _counts(one)]:
        yield from (one.value for one in sums(field.value.lstrip("-− ")))


def _counts(field: Field) -> bool:
    return bool({"quantity", "qty", "count", "balance"} & set(name_words(field.key)))
