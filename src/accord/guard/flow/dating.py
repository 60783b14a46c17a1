"""Whether a day or a time in a call is one that the user means: written, told by a weekday, or of the chosen record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Final

from accord.guard.flow.clauses import said_of
from accord.guard.flow.lexicon import Slot, either, lexicon, meanings, name_words, slot_named
from accord.guard.flow.outputs import Field
from accord.guard.flow.reckoning import clock, ends_of_months, reckoned
from accord.guard.flow.scene import Scene, stands_in
from accord.guard.flow.shapes import CLOCK, Day, blanked, day_spans, days
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import LETTERS
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value
from accord.guard.flow.wholes import spans

LONGEST: Final = 80
"""Characters of a day or a time."""

_COMPACT: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)/?([01]\d)/?([0-3]\d)(?!\d)")
_COUNT: Final = re.compile(r"(?<![\w.,/:-])\d{1,3}\s?([^\W\d_]+|[º.](?=\s))")
_FORMER: Final = frozenset({"from", "old", "current", "original", "previous"})
_SHORT: Final = re.compile(r"\d{4}-(?:\d-|\d\d-\d(?!\d))")
_LEADING: Final = frozenset({"until", "till", "by", "from", "bis", "ab", "vom", "jusqu", "hasta", "fino", "tot", "ate"})
_STAMPS: Final = frozenset({"timestamp", "sent", "received", "created", "updated", "modified", "changed", "posted"})
_CLOCKED: Final = frozenset({"am", "pm", "utc", "z", "t", "h", "uhr", "at", "um", "à", "on", "the"})
_OPEN: Final = re.compile(
    r"(?i)^[:;,.]|\dT$|^the\s+\d\d?:|^(?:to|till|until|bis|von|from|at|um|on|am|le|el|il|op)\s|\d{4}\.$"
    r"|\s(?:to|till|until|bis|from|von|at|on|for)[\s.,]*$"
)
_ENDING: Final = frozenset({"end", "until", "to", "ends", "finish", "checkout", "dropoff", "return", "due", "deadline"})
_SIGNS: Final = frozenset("|;$<>`@\n")
_YEAR: Final = re.compile(r"(?<!\S)(?:19|20)\d\d(?!\S)")
_ODD: Final = re.compile(r"[-+/.:]\s*(?=[-+/.:])|(?<=\s)[-+/](?=\s|$)|^[-+/.]|[-+/]$")


def plain_day(text: str) -> str:
    """Return a day that is written without signs, `20260319`, with them."""
    return _COMPACT.sub(r"\1-\2-\3", text.strip())


@lru_cache(maxsize=1024)
def is_time(text: str) -> bool:
    """Tell whether a text is a day or a time, whole, and holds nothing else."""
    said = plain_day(text)
    if len(said) > LONGEST or not _SIGNS.isdisjoint(said) or _SHORT.search(said):
        return False
    if _OPEN.search(said):
        return False
    named, spans, months = days(said), frozenset(day_spans(said)), lexicon().months
    first = LETTERS.search(said.casefold())
    if (named and first is not None and first.group() in _LEADING) or (spans and not named):
        return False
    if not said.isascii() and any(letter.isdigit() and not letter.isascii() for letter in said):
        return False
    if len({span for span in spans if not any(_inside(span, one) for one in spans)}) > 1:
        return False
    rest = CLOCK.sub(" ", blanked(said, spans))
    for match in _COUNT.finditer(rest):
        if match[1].casefold() in either("unit", "clock", "ordinal") or match[1] in "º.":
            rest = rest.replace(match.group(), " ", 1)
    words = set(LETTERS.findall(rest.casefold()))
    dated = not months.keys().isdisjoint(words)
    bare = _YEAR.sub(" ", rest, count=1) if dated and not named else rest
    telling = _telling() & words
    alone = telling <= lexicon().small["coming"] and not named and not dated and len(words) == 1  # `next`
    whole = bool(named) or dated or (telling and not alone) or CLOCK.search(said) is not None
    return bool(whole) and words <= _known() and not any(map(str.isdigit, bare)) and not _ODD.search(rest.strip())


def _inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and span[0] < other[1] and other[0] < span[1]


def day_fits(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a day is one the user means, or the one that the record they chose has in such a field.

    Where nobody says a day any will do, and for a payment of which the user says none.
    """
    text = plain_day(value.text)
    meant = days(text)
    if not meant:
        words = LETTERS.findall(CLOCK.sub(" ", text).casefold())
        if scene.wish.days and not lexicon().months.keys().isdisjoint(words):
            return False  # a month alone, where they say the day
        return not _a_piece(scene, text) and all(word in scene.wish.words or word in _CLOCKED for word in words)
    asked = _of_the_deed(scene, value, facts) or (*scene.wish.days, *told_days(scene))
    years = {one.year for one in asked if one.year}
    if any(one.same(other) and (other.year or not years or one.year in years) for one in meant for other in asked):
        return all(one.year for one in meant) or not all(one.year for one in asked)  # `3 July`, of a year that they say
    paid = "pay" in facts.groups
    if not asked and scene.wish.words & lexicon().small["delegating"] and next(scene.directed(), None) is None:
        return paid  # the source that would say it was not read
    if not asked and (paid or not any(one.same(other) for one in meant for other in _said_by_sources(scene))):
        return True
    if asked and not _FORMER & set(name_words(value.sink.name)):
        return False
    return _of_record(scene, value, meant, exactly=bool(asked))


def _of_the_deed(scene: Scene, value: Value, facts: Facts) -> tuple[Day, ...]:
    """Return the days that stand where the user asks for the deed: one of those is when it begins."""
    return () if _ENDING & set(name_words(value.sink.name)) else days(said_of(scene.wish, facts).own)


def _said_by_sources(scene: Scene) -> Iterator[Day]:
    """Yield the days that anybody but the user and the operator said."""
    for text in (*(seen.output for seen in scene.seen), *scene.strange):
        yield from days(text)


def told_days(scene: Scene) -> tuple[Day, ...]:
    """Return the days that the user told by a weekday, an offset or the end of a month."""
    known = today(scene)
    ends = ends_of_months(scene.wish.own, known)
    return (*ends, *(reckoned(scene.wish.own, known) if known is not None else ()))


def today(scene: Scene) -> date | None:
    """Return the day that the operator, the user or a clock says today is."""
    clocks = (
        seen.output[:100]
        for seen in scene.seen
        if seen.facts is not None and seen.facts.reads and not seen.args and _is_clock(seen.facts.nouns)
    )
    said = clock(scene.operator) or clock(scene.wish.own)
    return said or clock(*("today " + output for output in clocks))


def told_so(scene: Scene, text: str) -> bool:
    """Tell whether a text is what the user wrote for a day: `dia 5`, `the first of next month`."""
    said = " ".join(text.split()).casefold()
    words = set(LETTERS.findall(said))
    if len(said) > LONGEST or not words <= _day_words() | either("determiner", "linking", "months"):
        return False
    if _cuts(scene, text.strip()):
        return False
    return stands_in(said, scene.wish.folded, Slot.DATE) and bool(reckoned(said, today(scene) or date(2000, 1, 1)))


def _is_clock(nouns: frozenset[str]) -> bool:
    return bool(nouns) and nouns <= {"current", "day", "date", "time", "today", "now", "clock", "datetime"}


def _a_piece(scene: Scene, text: str) -> bool:
    """Tell whether a text is a part of a day that the user wrote whole: `June` of `30 June`."""
    words = set(LETTERS.findall(text.casefold())) - either("linking", "origin")
    if text.isdigit() or (words and words <= lexicon().months.keys()):
        taken = day_spans(scene.wish.own)
        inside = any(text.casefold() in scene.wish.own[start:end].casefold() for start, end in taken)
        return inside or not scene.wrote(text, Slot.DATE)
    return _cuts(scene, text)


def _cuts(scene: Scene, text: str) -> bool:
    """Tell whether a text ends or begins within a day that the user wrote, wherever it stands: `dia 9 de`."""
    spots, taken = list(spans(text, scene.wish.own)), day_spans(scene.wish.own)
    return bool(spots) and all(
        any(start < stop and begin < end and not (start <= begin and stop <= end) for begin, stop in taken)
        for start, end in spots
    )


def _of_record(scene: Scene, value: Value, meant: tuple[Day, ...], *, exactly: bool) -> bool:
    """Tell whether a day stands where the user pointed: in a day's field of the record they chose, else alone there.

    Days that the user wrote win: then the field has to be called like the argument.
    """
    for place, _ in scene.directed():
        records = scene.output(place).records
        if records:
            fields = [field for at in scene.chosen(place).places for field in records[at]]
            dated = [one for one in fields if not one.free and _fits(one, value, exactly=exactly) and days(one.value)]
            texts = _without_stamps(dated or fields)
            if not dated and not any(map(days, texts)):
                texts = _without_stamps(field for record in records for field in record)
        else:
            dated, texts = [], [scene.seen[place].output]
        found = [day for text in texts for day in days(plain_day(text))]
        if not found or (not dated and (exactly or any(marked(text, scene.distrusted) for text in texts))):
            continue
        alike = [any(one.same(other) for other in meant) for one in found]
        if any(alike) if dated else all(alike):
            return True
    return False


def _without_stamps(fields: Iterable[Field]) -> list[str]:
    return [one.value for one in fields if not _STAMPS.intersection(name_words(one.key))]


def _fits(field: Field, value: Value, *, exactly: bool) -> bool:
    if exactly:
        return name_words(field.key) == name_words(value.sink.name)
    return slot_named(field.key) is Slot.DATE and not _STAMPS.intersection(name_words(field.key))


@cache
def _telling() -> frozenset[str]:
    """Return the words that say when: `tomorrow`, `friday`, `week`, `noon`."""
    small = lexicon().small
    return (
        _names("dayword", "weekday")
        | small["coming"]
        | (small["clock"] & frozenset({"noon", "midnight", "morning", "afternoon", "evening", "night", "now"}))
    )


@cache
def _known() -> frozenset[str]:
    """Return every word that may stand in a day or a time."""
    return either("clock", "relative", "months") | _day_words()


@cache
def _day_words() -> frozenset[str]:
    return _names("dayword", "weekday", "span") | either("coming", "present", "ending", "first", "dayly", "ordinal")


def _names(*kinds: str) -> frozenset[str]:
    return frozenset(word for kind in kinds for name in meanings(kind) for word in LETTERS.findall(name))
