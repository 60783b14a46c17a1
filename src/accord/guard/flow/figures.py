"""Numbers in a call: whether each is the one that the user wrote, or that stands where they pointed."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final
from unicodedata import category

from accord.content.lookalikes import invisible
from accord.guard.flow.amounts import amount_fits, currency_fits, is_amount
from accord.guard.flow.clauses import told_to
from accord.guard.flow.lexicon import Slot, kin_of, lexicon, name_words, slot_named
from accord.guard.flow.limits import withheld
from accord.guard.flow.origins import NOWHERE, USER, Origin, field_origin
from accord.guard.flow.requesting import QUOTED
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import blanked, numbers, spans_of_time
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value

_GROUPED: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?!\d)")
_ODD: Final = re.compile(r"\d+[.,](?:0|\d{3})")  # `35,0` and `48213.000`, where a number is declared
_PIECES: Final = frozenset({"year", "month", "week", "hour", "hours", "minute", "jahr", "monat", "mois", "mes", "mese"})
_WEIGHED: Final = frozenset({"kg", "km", "kwh", "liter", "litres", "celsius", "percent"})
_NUMERAL: Final = re.compile(r"\d(?:[\d.,]*\d)?")
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NEGATIVE: Final = re.compile(r"(?<!\w)[-\u2212\u2013]\s?[$€£¥]?\s?\d")


def hidden(text: str) -> bool:
    """Tell whether a value holds what nobody sees, and so nobody wrote: control and format characters."""
    if text.isascii() and text.isprintable():
        return False
    odd = (letter for letter in text if not letter.isascii() or letter < " ")
    unseen = (category(letter) in {"Cf", "Cc", "Zs"} and letter not in "\u00a0\u202f" for letter in odd)
    return any(unseen) or invisible().search(text) is not None


def as_labelled(text: str, value: Value) -> bool:
    """Tell whether a number is the one that the user wrote after the argument's own name, where they did so."""
    names = [word for word in name_words(value.sink.name) if len(word) > 2]
    if not names or not any(word in text.casefold() for word in names):
        return True
    told = re.findall(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, names))})\s*[:=]?\s*(\d[\d.,]*)", text)
    said = {number for one in told for number in numbers(one.rstrip(".,"))}
    return not said or bool(said & set(numbers(value.text)))


def _counted_by(scene: Scene) -> set[float]:
    """Return the numbers the user wrote, without those of days and times: `dia 5`, `12 July`, `20 h`."""
    own = scene.wish.own
    words = re.findall(r"\d+(?:[.,]\d+)*|[^\W\d_]+", own.casefold())
    dated = {
        number
        for word, after in pairwise(words)
        if word in {"dia", "día", "dag", "giorno", "jour", "tag"} and after.isdigit()
        for number in numbers(after)
    }
    quoted = [match.span() for match in QUOTED.finditer(own) if not match.group()[1:-1].isdigit()]
    beside = set(numbers(blanked(own, [*spans_of_time(own), *quoted])))
    return set(scene.wish.numbers & beside) - dated


def number_fits(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a number that no name tells is one of the user's, or stands called so where the user pointed."""
    text = value.text.strip()
    odd = not value.number and (not text.isascii() or not text.replace(".", "", 1).isdigit() or text[-4:-3] == ".")
    if odd or len(set(numbers(value.text))) != 1 or value.text.strip()[:1] == "-":
        alone = (
            re.search(rf"(?<!\w){re.escape(text)}(?![\w-]|[.,]\d)", scene.wish.own) is not None
        )  # `-5`, and no `DN-552`
        return alone and not any(map(str.isspace, text))
    meant, told = set(numbers(value.text)), _counted_by(scene)
    in_unit = _in_units(scene, value)
    if in_unit or meant & (scene.wish.numbers if _of_time(value) else told):
        return not in_unit or bool(meant & in_unit)
    ordered = set(numbers(scene.letter.text))
    if told_to(scene.wish, facts) or (ordered and meant.isdisjoint(ordered)):
        return False
    return _called_alike(scene, value) and field_origin(scene, value, facts).ok


def _of_time(value: Value) -> bool:
    """Tell whether an argument takes a piece of a day or of a time: `year`, `hour`."""
    small = lexicon().small
    return any(one in small["dated"] or one in small["timed"] or one in _PIECES for one in name_words(value.sink.name))


def _in_units(scene: Scene, value: Value) -> set[float]:
    """Return the numbers that the user wrote in the unit that an argument is called by: `14.5 kg` for `weightKg`."""
    units = [word for word in name_words(value.sink.name) if word in lexicon().small["unit"] or word in _WEIGHED]
    said = (
        re.findall(rf"(?i)(?<![\w.,])(\d[\d.,]*)\s?(?:{'|'.join(map(re.escape, units))})\b", scene.wish.own)
        if units
        else ()
    )
    return {number for one in said for number in numbers(one)}


def _called_alike(scene: Scene, value: Value) -> bool:
    """Tell whether a number stands in a field that has a word of an argument's name, or in one without a name."""
    asked = kin_of(name_words(value.sink.name))
    fields = (f for place, _ in scene.directed() for record in scene.output(place).records for f in record)
    return any(not f.key or asked.intersection(name_words(f.key)) for f in fields if f.value == value.text.strip())


def amount_doubt(scene: Scene, value: Value, only: int, receivers: frozenset[str]) -> Origin | None:
    """Return what is wrong with an amount; None where it is one that the user means."""
    written = value.text.strip() in scene.wish.own
    foreign = any(letter.isdigit() and not letter.isascii() for letter in value.text)
    unit = "".join(filter(str.isalpha, value.text))
    lettered = bool(unit) and not currency_fits(scene, unit)
    twofold = _THOUSANDS.fullmatch(value.text.strip()) is not None and not scene.found(value.text.strip())
    if slot_named(value.sink.name) is Slot.OTHER and not set(numbers(value.text)) & scene.wish.numbers:
        return NOWHERE
    if value.sink.number and not value.number and value.text != value.text.strip():
        return NOWHERE
    if value.sink.number and not value.number and not written and _ODD.fullmatch(value.text.strip()):
        return NOWHERE
    if hidden(value.text) or not is_amount(value.text) or twofold or ((foreign or lettered) and not written):
        return NOWHERE
    if _measured(scene, value):
        return None
    if withheld(scene.wish.own):
        return Origin(ok=False, source=USER, ambiguous=True)  # what it is kept back from, a person knows
    found = numbers(value.text) if written or _one_number(value.text) else []
    fits = [amount_fits(scene, amount, only, receivers) for amount in found]
    if any(fit.ok for fit in fits):
        return None
    unsure = next((fit for fit in fits if fit.ambiguous), None)
    return Origin(ok=False, source=unsure.source, ambiguous=True) if unsure else NOWHERE


def _measured(scene: Scene, value: Value) -> bool:
    """Tell whether the user wrote a number with the unit that its argument is called by: `minutes`, of `14 minutes`."""
    units = {word.rstrip("s") for word in name_words(value.sink.name)} & {
        u.rstrip("s") for u in lexicon().small["unit"]
    }
    number = re.escape(value.text.strip())
    said = (re.search(rf"(?i)(?<![\w.,]){number}[\s-]?{unit}s?\b", scene.wish.own) for unit in units if len(unit) > 1)
    return value.number and any(said)


def _one_number(text: str) -> bool:
    """Tell whether a text holds one number, and not a negative one; it may have two readings: 1.250 is both."""
    return len(_NUMERAL.findall(_GROUPED.sub("1", text))) == 1 and not _NEGATIVE.search(text)
