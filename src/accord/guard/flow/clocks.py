"""Whether the times of a call are those that the user means: said, or so long after each other as they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from accord.guard.flow.dating import told_days
from accord.guard.flow.lexicon import Slot, lexicon, meanings, name_words
from accord.guard.flow.outputs import read_output
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import Day, days
from accord.guard.flow.values import Value

_CLOCK: Final = re.compile(
    r"(?=\d)(?<![\d:.])(?P<hour>[01]?\d|2[0-4])(?:[:.h](?P<minute>[0-5]\d)(?::\d\d)?(?!\d|\.\d)\s*(?P<half>[ap]\.?m\b)?"
    r"|\s?(?P<alone>[ap]\.?m\b|uhr\b|h\b|o'clock\b)|(?=\s*(?:-|–|to|until|bis)\s*\d{1,2}(?::\d\d)?\s?(?P<ahead>[ap])m\b))",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"(?i)\b(?:at|um|à|alle|om|às)\s+(\d{1,2})(?!\d|[:.h/-]\d|h\b|\s?(?:[ap]\.?m|uhr|%|€|[$£]))\b"
)
_OFFSET: Final = re.compile(r"(?<=T\d\d:\d\d)(:\d\d)?(?:\.\d+)?[+-]\d\d:?\d\d")
_RANGE: Final = re.compile(r"(?i)\s*(?:-|–|to|till|until|bis|à|alle|a|tot|às)\s*$")
_HALVES: Final = (
    (
        30,
        re.compile(
            r"(?i)\bhalf[ -](?:an[ -])?hour|\bhalbe stunde|\bdemi-heure|\bmedia hora|\bmezz['’ ]ora|\bmeia hora"
        ),
    ),
    (90, re.compile(r"(?i)\b(?:an|one|1) hour and a half|\banderthalb stunden|\bune heure et demie|\bora e mezza")),
)
_WORD: Final = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+")
_START: Final = frozenset({"start", "begin", "from", "starts", "beginning", "checkin", "pickup", "first", "since"})
_END: Final = frozenset({"end", "until", "to", "ends", "finish", "checkout", "dropoff", "return", "last", "till"})
_DAY: Final = 24 * 60
_LINES: Final = 2_000
_HALF: Final = 12 * 60
_NAMED: Final = {
    12 * 60: frozenset({"noon", "midday", "mittag", "midi", "mediodía", "mezzogiorno"}),
    0: frozenset({"midnight", "mitternacht", "minuit", "medianoche", "mezzanotte", "middernacht"}),
}
_UNITS: Final = {
    **dict.fromkeys(
        ("hour", "hours", "stunde", "stunden", "heure", "heures", "hora", "horas", "ora", "ore", "uur"), 60
    ),
    **dict.fromkeys(("minute", "minutes", "min", "minuten", "minutos", "minuto", "minuti", "minuut"), 1),
}


def untimely(scene: Scene, values: Sequence[Value]) -> Value | None:
    """Return a value whose time nobody named, or that ends before it starts; None where all are in order."""
    dated = [value for value in values if value.sink.slot is Slot.DATE]
    starts = [value for value in dated if _START & set(name_words(value.sink.name))]
    ends = [value for value in dated if _END & set(name_words(value.sink.name))]
    if len(starts) == 1 == len(ends) and not _in_order(scene, starts[0], ends[0]):
        return ends[0]
    half = _half(scene, dated)
    if half is not None:
        return half
    timed = [value for value in dated if len(clocks(value.text)) == 1]
    said, spans = _said(scene) if timed else frozenset[int](), lasting(scene.wish.own)
    ends_only = ending(scene.wish.own)
    for value in timed if said else ():
        told = clocks(value.text)
        if value in starts and told <= ends_only:
            return value
        if not told <= said and not (value in ends and _follows(starts, told, said, spans)):
            return value
        beside = _beside(scene, starts) if value in ends and not spans and not told <= said else frozenset()
        if beside and not told <= beside:
            return value
    return None


def _half(scene: Scene, dated: Sequence[Value]) -> Value | None:
    """Return a value that is a day alone or a time alone where the user says both, and no other value has the rest."""
    small, alone = lexicon().small, [(bool(days(one.text)), bool(clocks(one.text))) for one in dated]
    if (True, True) in alone:
        for one, (day, time) in zip(dated, alone, strict=True):
            names = name_words(one.sink.name)
            if (day and not time and not small["timed"].isdisjoint(names)) or (time and not day and _whole_time(names)):
                return one
        return None
    if clocks(scene.wish.own) and (False, True) not in alone:
        timed = (one for one, has in zip(dated, alone, strict=True) if has == (True, False))
        return next((one for one in timed if not small["timed"].isdisjoint(name_words(one.sink.name))), None)
    if scene.wish.days and not any(day for day, _ in alone):
        begun = (one for one, has in zip(dated, alone, strict=True) if has == (False, True))
        return next((one for one in begun if _whole_time(name_words(one.sink.name))), None)
    return None


def _whole_time(names: Sequence[str]) -> bool:
    """Tell whether an argument takes a day and a time in one: `start`, `dataHora`."""
    small = lexicon().small
    both = not small["dated"].isdisjoint(names) and not small["timed"].isdisjoint(names)
    return both or not small["beginning"].isdisjoint(names)


def _follows(starts: Sequence[Value], told: frozenset[int], said: frozenset[int], spans: frozenset[int]) -> bool:
    """Tell whether an end is as long after its start as the user says; any end will do where they say neither."""
    begun = [clock for start in starts for clock in clocks(start.text)]
    if not begun or not (spans or len({one % _HALF for one in said}) == 1):
        return False
    return not spans or any((begun[0] + span) % _DAY in told for span in spans)


def _beside(scene: Scene, starts: Sequence[Value]) -> frozenset[int]:
    """Return the later times beside that of a start where the user pointed: a train leaves and arrives."""
    begun = frozenset[int]().union(*(clocks(start.text) for start in starts))
    lines = (line for _, seen in scene.directed() for line in _lines(seen.output))
    found = frozenset[int]().union(*(times for line in lines if begun & (times := clocks(line))))
    return frozenset(one for one in found if one > min(begun))


def _lines(output: str) -> Sequence[str]:
    """Return an output by its records, else by its lines."""
    records = read_output(output).records
    return [" ; ".join(field.value for field in record) for record in records] or output.splitlines()[:_LINES]


def _in_order(scene: Scene, start: Value, end: Value) -> bool:
    first, last = days(start.text), days(end.text)
    begins, stops = clocks(start.text), clocks(end.text)
    if len(set(first)) != 1 or len(set(last)) != 1:
        return not begins or not stops or bool(last) or min(begins) < min(stops)
    if first[0] == last[0]:
        several = len({(one.month, one.day) for one in (*scene.wish.days, *told_days(scene))}) > 1
        return min(begins) < min(stops) if begins and stops else not several
    if begins and stops and min(begins) <= min(stops):
        return False  # what has times ends on its day, or in the night after
    return _ordinal(first[0]) < _ordinal(last[0])


def _ordinal(one: Day) -> tuple[int, int, int]:
    return one.year, one.month, one.day


def _said(scene: Scene) -> frozenset[int]:
    """Return the times that the user said, else those that stand where they pointed."""
    own = clocks(scene.wish.own)
    if own:
        return own
    places = (place for place, _ in scene.directed())
    return frozenset[int]().union(*(_handed(scene.seen[at].output, opaque=scene.opaque(at)) for at in places))


@lru_cache(maxsize=256)
def _handed(text: str, *, opaque: bool) -> frozenset[int]:
    """Return the times in an output: in its fields, where it has any."""
    records = () if opaque else read_output(text).records
    texts = (field.value for record in records for field in record) if records else iter((text,))
    return frozenset(one for said in texts for one in clocks(said))


@lru_cache(maxsize=1024)
def clocks(text: str) -> frozenset[int]:
    """Return the times of day in a text, in minutes; a bare hour may be one of the morning or of the evening."""
    plain = _OFFSET.sub(" ", text)
    found = {_minutes(match) for match in _CLOCK.finditer(plain)}
    bare = {int(hour) for hour in _BARE.findall(plain)}
    found |= {hour % 24 * 60 for one in bare for hour in (one, one + 12) if one <= 24}
    folded = plain.casefold()
    named = {minutes for minutes, names in _NAMED.items() if any(name in folded for name in names)}
    words = set(_WORD.findall(folded)) if named else ()
    return frozenset(found | {minutes for minutes in named if not _NAMED[minutes].isdisjoint(words)})


@lru_cache(maxsize=256)
def ending(text: str) -> frozenset[int]:
    """Return the times at which something ends, and nothing begins: the second of `from 12:00 to 13:00`."""
    matches = list(_CLOCK.finditer(text))
    led = [bool(_RANGE.fullmatch(text, one.end(), other.start())) for one, other in pairwise(matches)]
    begins = {_minutes(match) for match, after in zip(matches, (False, *led), strict=False) if not after}
    return frozenset(map(_minutes, matches)) - begins


def _minutes(match: re.Match[str]) -> int:
    hour, half = int(match["hour"]), (match["half"] or match["alone"] or match["ahead"] or "").lower()
    if half.startswith(("a", "p")):
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return (hour * 60 + int(match["minute"] or 0)) % _DAY


@lru_cache(maxsize=256)
def lasting(text: str) -> frozenset[int]:
    """Return how long things last as a text says, in minutes: `for one hour`, `1-hour`, `half an hour`."""
    found = set[int]()
    for minutes, pattern in _HALVES:
        if pattern.search(text):
            found.add(minutes)
            text = pattern.sub(" ", text)
    words = _WORD.findall(text.casefold())
    for at, word in enumerate(words[1:], 1):
        unit, before = _UNITS.get(word), words[at - 1]
        if unit is None:
            continue
        number = _number(before) if before[0].isdecimal() else float(meanings("counted").get(before, 0))
        if number:
            found.add(round(number * unit))
    return frozenset(found)


def _number(word: str) -> float:
    return float(word.replace(",", ".")) if len(word) < 5 else 0.0
