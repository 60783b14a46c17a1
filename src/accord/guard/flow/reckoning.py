"""Which days the user's words can mean: those they wrote, and those they told by a weekday or an offset from today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final

from accord.guard.flow.lexicon import lexicon, meanings
from accord.guard.flow.shapes import Day, days

_WORD: Final = re.compile(r"\d{1,4}|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MONTH: Final = re.compile(r"(?:19|20)\d\d-(0[1-9]|1[0-2])")
_SENTENCE: Final = re.compile(r"(?:[^.!?;\n]|\.(?=\S)|(?<=\d)\.(?= ))+")
_WEEK: Final = 7
_LAST_DAY: Final = 31
_FAR: Final = 6  # words between a weekday and the week it is in
_COUNTED: Final = 400  # days, weeks or months that somebody counts


@lru_cache(maxsize=256)
def clock(*texts: str) -> date | None:
    """Return the day that a text says today is; None where none does, or two say different days."""
    found: set[date] = set()
    today = _numbered("dayword")
    for text in texts:
        for sentence in _SENTENCE.findall(text[:20_000]):
            words = sentence.casefold().replace("’", "'").split()
            plain = {word.strip(",:()") for word in words}
            if not any(today.get(word) == 0 for word in plain) and not plain & _numbered("weekday").keys():
                continue
            found |= {known for one in days(sentence) if (known := _date(one)) is not None}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=512)
def reckoned(text: str, today: date) -> frozenset[Day]:
    """Return the days that the words of a text mean, told from today: `friday next week`, `in 3 days`."""
    found: set[date] = set()
    for sentence in _SENTENCE.findall(text[:20_000]):
        words = _WORD.findall(sentence.casefold().replace("’", "'"))
        for at in range(len(words)):
            found.update(_meant(words, at, today))
    return frozenset(Day(one.year, one.month, one.day) for one in found)


@lru_cache(maxsize=512)
def ends_of_months(text: str, today: date | None) -> tuple[Day, ...]:
    """Return the last days of the months of which a text names the end: `until the end of March 2026`."""
    found: list[Day] = []
    words = _WORD.findall(text[:20_000].casefold())
    for at, word in enumerate(words):
        month = lexicon().months.get(word)
        if not month or not set(words[max(0, at - 3) : at]) & lexicon().small["ending"]:
            continue
        after = words[at + 1] if at + 1 < len(words) else ""
        if len(after) == 4 and after.isdigit():
            year = int(after)
        elif today is not None:
            year = today.year + (month < today.month)
        else:
            continue
        last = _end_of(date(year, month, 1))
        found.append(Day(last.year, last.month, last.day))
    return tuple(found)


def _meant(words: list[str], at: int, today: date) -> Iterator[date]:
    """Yield the days that a word means where it stands."""
    word = words[at]
    offset = _numbered("dayword").get(word)
    if offset is not None:
        yield today + timedelta(days=offset)
    weekday = _numbered("weekday").get(word)
    if weekday is not None:
        yield from _on_weekday(words, at, weekday, today)
    if _unit(word):
        yield from _counted(words, at, today)
    number = _day_number(words, at)
    if number:
        yield from _of_month(words, at, number, today)


def _on_weekday(words: list[str], at: int, weekday: int, today: date) -> Iterator[date]:
    """Yield the day of a weekday: in the week that is named, else the next one to come, or the last one gone."""
    small = lexicon().small
    monday = today - timedelta(days=today.weekday())
    week = _shifted_week(words, at)
    if week is not None:
        yield monday + timedelta(days=weekday + _WEEK * week)
        return
    near = set(words[max(0, at - 2) : at] + words[at + 1 : at + 2])
    ahead = (weekday - today.weekday()) % _WEEK or _WEEK
    if near & small["previous"]:
        yield today - timedelta(days=_WEEK - ahead % _WEEK)
    elif not near & small["coming"] or today.weekday() > weekday:
        yield today + timedelta(days=ahead)


def _shifted_week(words: list[str], at: int) -> int | None:
    """Return by how many weeks the week named beside a weekday is away: 1 in `thu and fri next week`."""
    small = lexicon().small
    for spot in range(max(0, at - _FAR), min(len(words), at + _FAR + 1)):
        if _unit(words[spot]) != "w":
            continue
        beside = set(words[max(0, spot - 1) : spot] + words[spot + 1 : spot + 2])
        if beside & small["coming"]:
            return 1
        if beside & small["previous"]:
            return -1
        if beside & small["present"]:
            return 0
    return None


def _counted(words: list[str], at: int, today: date) -> Iterator[date]:
    """Yield the day that is so many days, weeks or months away: `in two weeks`, `3 days ago`; or the end of a month."""
    small = lexicon().small
    before = words[max(0, at - 3) : at]
    unit, number = _unit(words[at]), _number(before[-1]) if before else 0
    if number and number < _COUNTED:
        back = set(words[at + 1 : at + 2] + list(before)) & small["ago"]
        sign = -1 if back else 1
        yield _moved(today, unit, sign * number)
        return
    shift = 1 if set(before[-1:]) & small["coming"] or set(words[at + 1 : at + 2]) & small["coming"] else 0
    if unit == "m" and (set(before) & small["ending"] or words[at] in small["ending"]):
        yield _end_of(_moved(today.replace(day=1), "m", shift))
    elif unit == "m" and set(before) & small["first"]:
        yield _moved(today.replace(day=1), "m", shift)


def _of_month(words: list[str], at: int, number: int, today: date) -> Iterator[date]:
    """Yield the day of a month that is told by its number: `the 15th of next month`, `dia 5`."""
    small = lexicon().small
    after = words[at + 1 : at + 5]
    shift = next((spot for spot, word in enumerate(after) if _unit(word) == "m"), None)
    month = today.replace(day=1)
    if shift is not None:
        beside = set(after[max(0, shift - 1) : shift + 2])
        if beside & small["coming"]:
            month = _moved(month, "m", 1)
        elif beside & small["previous"]:
            month = _moved(month, "m", -1)
    elif any(word in lexicon().months for word in after[:2]):
        return
    elif number < today.day:
        month = _moved(month, "m", 1)
    if number <= _end_of(month).day:
        yield month.replace(day=number)


def _day_number(words: list[str], at: int) -> int:
    """Return the number of a day of the month; 0 where a number stands for something else."""
    small = lexicon().small
    after = words[at + 1 : at + 4]
    if words[at] in small["first"] and any(_unit(word) == "m" for word in after):
        return 1
    if not words[at].isdigit() or not 0 < int(words[at]) <= _LAST_DAY:
        return 0
    led = set(words[max(0, at - 1) : at]) & small["dayly"]
    ordinal = set(after[:1]) & small["ordinal"]
    of_month = any(_unit(word) == "m" for word in after) and not _unit(after[0])
    return int(words[at]) if led or ordinal or of_month else 0


def _moved(start: date, unit: str, number: int) -> date:
    if unit != "m":
        return start + timedelta(days=number * (_WEEK if unit == "w" else 1))
    months = start.year * 12 + start.month - 1 + number
    first = date(months // 12, months % 12 + 1, 1)
    return first.replace(day=min(start.day, _end_of(first).day))


def _end_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _date(one: Day) -> date | None:
    try:
        return date(one.year, one.month, one.day) if one.year else None
    except ValueError:
        return None


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _numbered("counted").get(word, 0)


def _unit(word: str) -> str:
    """Return `d`, `w` or `m` for a word that means days, weeks or months."""
    number = _numbered("span").get(word)
    return "dwm"[number] if number is not None else ""


@cache
def _numbered(kind: str) -> Mapping[str, int]:
    return {name: int(number) for name, number in meanings(kind).items()}


def names_month(text: str, said: frozenset[str]) -> bool:
    """Tell whether a month in numbers is one that somebody named: `2026-01` is January."""
    found = _MONTH.fullmatch(text.strip())
    return found is not None and any(lexicon().months.get(word) == int(found[1]) for word in said)
