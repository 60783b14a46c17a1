"""Which record of an output the user means: by its words, by a number, by a superlative, or all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, lexicon, name_words, particles_in, slot_named
from accord.guard.flow.outputs import Field, read_output
from accord.guard.flow.shapes import CLOCK, URL, blanked, days, may_hold_url, numbers, spans_of_time
from accord.guard.flow.stems import content_words
from accord.guard.flow.wholes import spans, stands_whole
from accord.guard.flow.wish import Wish

Record = Sequence[Field]
_TITLES: Final = frozenset({"title", "titel", "titre", "titulo", "titolo", "subject", "label", "filename"})
_SHORT: Final = 2  # letters that name nothing
_FIGURE: Final = re.compile(r"\d+")
_LONG: Final = 40  # characters of a day with its time, and more
_BEGINS: Final = re.compile(
    r"(?i)\b(?:start(?:s|ing)?|begin(?:s|ning)?|beginnt|commen[cç]\w*|empieza|comienza|inizia|come[cç]a|begint)"
    r"\s+(?:with|mit|par|con|met|com|por)\s+['\"“‘«]?([\w-]+)"
)


_SHARE: Final = re.compile(
    r"(\d[\d.,]{0,20})\s?(?:%|per ?cent\b|prozent\b|pour ?cent\b|por ?ciento\b|procent\b)", re.IGNORECASE
)


class Chosen(NamedTuple):
    """The records meant; `sure` when the user's words leave one, or say which by a measure."""

    places: frozenset[int]
    sure: bool


@lru_cache(maxsize=1024)
def chosen_in(text: str, wish: Wish, *, strict: bool, led: bool) -> Chosen:
    """Return the records of an output that the user's words choose; a history that comes again is read once."""
    return chosen(read_output(text).records, wish, strict=strict, led=led)


def chosen(records: Sequence[Record], wish: Wish, *, strict: bool, led: bool) -> Chosen:
    """Return the records that the user's words choose, the more telling fields first.

    Strict is for values that decide where something goes: then every record that has a word of the user's is a
    candidate, so that a stranger who fills a record with the user's words can at most make us ask. Where nothing led
    to the output but that it is there (`led`), the only record counts no more than one of many.
    """
    if len(records) < 2 and led:
        return Chosen(frozenset(range(len(records))), sure=True)
    if not records:
        return Chosen(frozenset(), sure=False)
    called = _identified(records, wish) if led else None
    if called is not None:
        return Chosen(frozenset({called}), sure=True)
    begun = _begun(records, wish)
    if begun is not None:
        return Chosen(begun, sure=len(begun) == 1)
    titled = frozenset[int]() if strict else _titled(records, wish)
    if len(titled) == 1:
        return Chosen(titled, sure=True)
    measured = _measured(records, wish)
    if measured:
        return Chosen(measured, sure=len(measured) == 1)
    marks = _telling_marks(records, wish, led=led)
    best = max(marks)
    if best and wish.plural:
        return Chosen(frozenset(at for at, mark in enumerate(marks) if mark), sure=False)
    if best:
        places = frozenset(at for at, mark in enumerate(marks) if mark and (strict or mark * 2 > best))
        return Chosen(places, sure=len(places) == 1)
    return Chosen(frozenset(range(len(records))) if wish.plural or wish.choosing else frozenset(), sure=False)


@lru_cache(maxsize=512)
def named_in(text: str, wish: Wish, *, led: bool) -> Chosen:
    """Return the records of an output that have a name which the user said, for what cannot be undone.

    Where none has, or numbers tell more, every record with a word of the user's is a candidate.
    """
    records = read_output(text).records
    titled = _titled(records, wish) if len(records) > 1 and not (wish.plural or wish.choosing) else ()
    if len(titled) == 1:
        return Chosen(frozenset(titled), sure=True)
    named = _named(records, wish) if len(records) > 1 else None
    return named or chosen(records, wish, strict=True, led=led)


def _named(records: Sequence[Record], wish: Wish) -> Chosen | None:
    """Return the records that have a name which the user said; None where none has, or numbers tell more."""
    if wish.plural or wish.choosing or wish.numbers:
        return None
    places: list[int] = []
    for free in (False, True):
        said = [{word for f in record if free or not f.free for word in _spoken(f)} for record in records]
        places = [at for at, words in enumerate(said) if wish.telling & words]
        if places:
            break
    return Chosen(frozenset(places), sure=len(places) == 1) if places else None


def _identified(records: Sequence[Record], wish: Wish) -> int | None:
    """Return the one record whose id, made of letters and digits, the user wrote; None where none or several have."""
    found = {
        at
        for at, record in enumerate(records)
        for field in record
        if not field.free and slot_named(field.key) is Slot.TARGET and id_written(field.value, wish)
    }
    return found.pop() if len(found) == 1 else None


def _begun(records: Sequence[Record], wish: Wish) -> frozenset[int] | None:
    """Return the records with a name that begins as the user says: `the channel starting with Ext`."""
    found = _BEGINS.search(wish.own)
    if found is None:
        return None
    start = found[1].casefold()
    named = (any(not f.free and f.value.casefold().startswith(start) for f in record) for record in records)
    return frozenset(at for at, begins in enumerate(named) if begins)


def _titled(records: Sequence[Record], wish: Wish) -> frozenset[int]:
    """Return the records with a name that stands in the user's words as a whole, of several the longest of those."""
    fields = [(at, field) for at, record in enumerate(records) for field in record if not field.free]
    named = [(len(field.value), at) for at, field in fields if _is_written(field, wish)]
    longest = max((size for size, _ in named), default=0)
    return frozenset(at for size, at in named if size == longest)


def _is_written(field: Field, wish: Wish) -> bool:
    """Tell whether the user wrote all that a field says, as a name or in two words and more."""
    form = field.value.strip()
    if len(form) <= _SHORT or form.casefold() not in wish.folded:
        return False
    if " " in form:
        return not wish.selectors.isdisjoint(content_words(form)) and next(spans(form, wish.own), None) is not None
    named = (lexicon().small["naming"] | _TITLES).intersection(name_words(field.key))
    return bool(named) and stands_whole(form, wish.own)


def id_written(value: str, wish: Wish) -> bool:
    """Tell whether a value is an id of letters and digits that the user wrote."""
    form = value.strip().casefold()
    mixed = any(map(str.isdigit, form)) and any(map(str.isalpha, form))
    return mixed and " " not in form and form in wish.words


def _telling_marks(records: Sequence[Record], wish: Wish, *, led: bool) -> list[int]:
    """Return the marks that tell records apart: of their names and figures, else of how much of the wish these hold.

    Where something was looked for and neither tells, their texts do.
    """
    firm = _marks(records, wish, free=False)
    if max(firm) > min(firm) or not led:
        return firm
    shared = [len(_said(record, wish, free=False)) for record in records]
    return shared if max(shared) > min(shared) else _marks(records, wish, free=True)


def _marks(records: Sequence[Record], wish: Wish, *, free: bool) -> list[int]:
    """Return how much of what the user said each record shows; what most records show tells nothing."""
    said = [_said(record, wish, free=free) for record in records]
    counts = Counter(word for words in said for word in words)
    usual = {word for word, count in counts.items() if count * 2 > len(records) > 2} - _all_alike(counts, len(records))
    told = [3 * _counted(record, wish) + _dated(record, wish) for record in records]
    return [len(words - usual) + more for words, more in zip(said, told, strict=True)]


def _all_alike(counts: Counter[str], many: int) -> set[str]:
    """Return the words that every record shows, where no word tells one from another: then all are meant."""
    return set(counts) if counts and all(count == many for count in counts.values()) else set()


def _said(record: Record, wish: Wish, *, free: bool) -> frozenset[str]:
    fields = (field for field in record if free or not field.free)
    return _telling(wish).intersection(word for field in fields for word in _spoken(field))


@lru_cache(maxsize=256)
def bearing(text: str, names: frozenset[str], *, without: frozenset[str] = frozenset()) -> frozenset[int]:
    """Return the places of the records of an output in which a field, `without` some keys, is one of these names."""
    records = read_output(text).records if names else ()
    fields = ((at, field) for at, record in enumerate(records) for field in record if not field.free)
    return frozenset(at for at, f in fields if f.value.strip().casefold() in names and f.key.lower() not in without)


def words_of(record: Record) -> frozenset[str]:
    """Return the words that a record shows, in all its fields."""
    return frozenset(word for field in record for word in _spoken(field))


def _spoken(field: Field) -> tuple[str, ...]:
    """Return the words of a field; those inside addresses of the web are nobody's words."""
    return content_words(URL.sub(" ", field.value) if field.free and may_hold_url(field.value) else field.value)


def _counted(record: Record, wish: Wish) -> bool:
    """Tell whether a number the user wrote stands in a record as a number of its own; `10 %` is a share of some."""
    said = _counting(wish) if wish.numbers else wish.numbers
    if not said:
        return False
    for field in record:
        if field.free or len(field.value) > 24 or field.key.lower().rstrip("_").endswith("id"):
            continue
        if any(found in said for found in numbers(field.value) if found):
            return True
    return False


@lru_cache(maxsize=512)
def _counting(wish: Wish) -> frozenset[float]:
    """Return the numbers that the user wrote which are no shares, and no parts of days and times."""
    shares = {one for match in _SHARE.finditer(wish.own) for one in numbers(match[1])}
    return wish.numbers - shares - (set(numbers(wish.own)) - set(numbers(_undated(wish))))


@lru_cache(maxsize=512)
def _telling(wish: Wish) -> frozenset[str]:
    """Return the words of the user's that choose: no little words, and no figures of days and times alone."""
    return (
        wish.selectors
        - particles_in(wish.words)
        - (set(_FIGURE.findall(wish.own)) - set(_FIGURE.findall(_undated(wish))))
    )


def _undated(wish: Wish) -> str:
    """Return the user's words with blanks for the days and times in them."""
    return blanked(wish.own, spans_of_time(wish.own))


@lru_cache(maxsize=1024)
def _clocks(text: str) -> frozenset[str]:
    """Return the times of day in a text, in one form."""
    return frozenset(match.group().strip().lower().lstrip("t0") for match in CLOCK.finditer(text))


def _dated(record: Record, wish: Wish) -> bool:
    """Tell whether a record is of a day, or a time, that the user wrote."""
    told = [field.value for field in record if not field.free and len(field.value) < _LONG]
    if any(one.same(day) for text in told for one in days(text) for day in wish.days):
        return True
    said = _clocks(wish.own)
    return bool(said) and any(not said.isdisjoint(_clocks(text)) for text in told)


def _measured(records: Sequence[Record], wish: Wish) -> frozenset[int]:
    """Return the records that are the largest, newest or cheapest, where the user said so and a field tells."""
    small = lexicon().small
    if not (wish.most or wish.least):
        return frozenset()
    named = {word for record in records for f in record for word in name_words(f.key)} & wish.words
    ranks = [f"{word}:{key}" for key in sorted(named) for word in sorted(wish.words & (small["most"] | small["least"]))]
    for pair in (*sorted(small["rank"]), *ranks):
        word, _, keys = pair.partition(":")
        if word not in wish.words:
            continue
        values = [_measure(record, frozenset(keys.split(","))) for record in records]
        known = [value for value in values if value is not None]
        if len(known) == len(records):
            best = max(known) if word in small["most"] else min(known)
            return frozenset(at for at, value in enumerate(values) if value == best)
    return frozenset()


def _measure(record: Record, keys: frozenset[str]) -> float | None:
    for field in record:
        if keys.isdisjoint(name_words(field.key)):
            continue
        try:
            return float(field.value)
        except ValueError:
            digits = "".join(letter for letter in field.value if letter.isdigit())
            return float(digits[:14].ljust(14, "0")) if digits else None
    return None
