"""What each argument of an effect demands, and whether the value's origin meets it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from unicodedata import category

from accord.core.guard import Integrity, Outcome, Ruling
from accord.guard.flow.amounts import amount_fits, currency_fits, is_amount
from accord.guard.flow.calling import excluded, typed, whole
from accord.guard.flow.lexicon import Slot, lexicon, name_words, slot_named
from accord.guard.flow.origins import (
    NOWHERE,
    Origin,
    field_origin,
    free_origin,
    from_user,
    link_origin,
    looked_up_as_other,
    name_origin,
    own_making,
    stands_beside,
)
from accord.guard.flow.scene import POINTING, Scene, Value, stands_in
from accord.guard.flow.shapes import days, ibans, mails, numbers, shaped, urls
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import content_words

_GROUPED: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?!\d)")
_NUMERAL: Final = re.compile(r"\d(?:[\d.,]*\d)?")
_TURNED_ON: Final = re.compile(
    r"\b(?:turn|switch|put)\b[^.!?]{0,40}\bon\b|\b(?:enable|activate|einschalten|allume|enciende)\b"
)
_MONEYED: Final = frozenset({"currency", "asset", "coin", "ticker"})
_SHOWN: Final = frozenset({"image", "photo", "picture", "video", "attachment"})
_PLACED: Final = frozenset({"location", "place", "venue", "address"})
_TIMES: Final = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|\b\d{1,2}[./]\d{1,2}[./](?:\d{2}|\d{4})\b|"
    r"\b\d{1,2}:\d\d(?::\d\d)?|\b(?:19|20)\d\d\b|\b\d{8,14}\b|[+-]\d\d:?\d\d\b"
)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_HUNDREDS: Final = re.compile(r"\d{3}")
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NEGATIVE: Final = re.compile(r"(?<!\w)[-\u2212\u2013]\s?[$€£¥]?\s?\d")


class Sitting(NamedTuple):
    """One call before the policy: the scene, what is known of the tool, and whether the user asked in person."""

    scene: Scene
    facts: Facts
    by_user: bool
    delegation: bool
    targets: tuple[str, ...] = ()


def judged(sitting: Sitting, values: Sequence[Value]) -> Ruling | None:
    """Return the worst objection to the values of a call, or None."""
    worst: Ruling | None = None
    only = -1
    values = [_by_shape(value) for value in values]
    targets = tuple(value.text.strip() for value in values if value.sink.slot is Slot.TARGET)
    sitting = sitting._replace(targets=targets)
    for value in values:
        demanded = _demanded(sitting.facts, value)
        if demanded is Integrity.UNTRUSTED:
            continue
        if value.sink.slot is Slot.FLAG:
            worst = worst if _switch_fits(sitting.scene, value) else _worse(worst, _objection(sitting, value, NOWHERE))
            continue
        if demanded is not None or (value.sink.slot in POINTING and not sitting.facts.reads):
            origin = _origin(sitting, value, demanded)
            if not origin.ok:
                worst = _worse(worst, _objection(sitting, value, origin))
            elif origin.free and "pay" in sitting.facts.groups and value.sink.slot is Slot.RECIPIENT:
                only = origin.place
    receivers = frozenset(value.text.strip().casefold() for value in values if value.sink.slot is Slot.RECIPIENT)
    for twice in (_twice(values) if "pay" in sitting.facts.groups else None, _again(sitting, values)):
        worst = _worse(worst, _objection(sitting, twice, NOWHERE)) if twice is not None else worst
    for value in values if not sitting.facts.reads else ():
        doubt = _doubt(sitting, value, only, receivers) if _demanded(sitting.facts, value) is None else None
        if doubt is not None:
            worst = _worse(worst, _objection(sitting, value, doubt))
    return worst


def _switch_fits(scene: Scene, value: Value) -> bool:
    """Tell whether a switch is one, and not turned on where the user says off, or off where they say on."""
    said = value.text.strip().casefold()
    if said not in {"true", "false", "0", "1", "yes", "no", "on", "off"}:
        return False
    if not {"on", "enabled", "active", "power"} & set(name_words(value.sink.name)):
        return True
    off = bool(scene.wish.words & lexicon().small["off"])
    on = _TURNED_ON.search(scene.wish.named) is not None
    return off or not on if said in {"false", "0", "no", "off"} else on or not off


def _twice(values: Sequence[Value]) -> Value | None:
    """Return a second amount in one argument: a tool may add them up."""
    known: set[str] = set()
    for value in values:
        if value.sink.slot is Slot.AMOUNT and value.sink.name in known:
            return value
        known.add(value.sink.name)
    return None


def _again(sitting: Sitting, values: Sequence[Value]) -> Value | None:
    """Return a value of the user's that fills a second argument too: what they call one thing is not another."""
    known: dict[str, str] = {}
    for value in values if not sitting.facts.reads else ():
        form = value.text.strip().casefold()
        if value.sink.slot in {Slot.TITLE, Slot.CONTENT, Slot.FLAG, Slot.DATE} or not form or "@" in form:
            continue
        name = known.setdefault(form, value.sink.name)
        if name != value.sink.name and value.sink.slot not in {Slot.URL, Slot.ACCESS}:
            return value if sitting.scene.wish.folded.count(form) < 2 else None
    return None


def _by_shape(value: Value) -> Value:
    """Return a value whose argument tells nothing with the slot that its own form tells: an address is an address."""
    if value.sink.slot is not Slot.OTHER or value.number:
        return value
    found = Slot.RECIPIENT if mails(value.text) or ibans(value.text) else Slot.URL if urls(value.text) else Slot.OTHER
    return value._replace(sink=replace(value.sink, slot=found))


def _demanded(facts: Facts, value: Value) -> Integrity | None:
    listed = facts.listed
    return listed.demands.get(value.sink.name) if listed else None


def _origin(sitting: Sitting, value: Value, demanded: Integrity | None) -> Origin:
    """Return the best origin of a value: the user's words, a thing made in this session, a source the user named."""
    scene, facts, slot = sitting.scene, sitting.facts, value.sink.slot
    if _hidden(value.text) or (slot is Slot.RECIPIENT and not _may_receive(scene, value)):
        return NOWHERE
    if demanded is Integrity.OPERATOR:
        return Origin(ok=value.text.strip() in scene.operator and bool(value.text.strip()), source="system")
    nobody = _nobody(value) and "update" not in facts.groups
    if (nobody and slot in {Slot.RECIPIENT, Slot.URL}) or from_user(scene, value, facts):
        return Origin(ok=True, source="user")
    if slot is Slot.ACCESS and _access(scene, value):
        return Origin(ok=True, source="user")
    if demanded is Integrity.USER or not sitting.delegation or slot in {Slot.SECRET, Slot.CODE, Slot.ACCESS}:
        return NOWHERE
    if slot is Slot.PATH and _new_name(sitting, value):
        return Origin(ok=True, source="model")
    if slot in {Slot.TARGET, Slot.PATH} and own_making(scene, value, facts):
        return Origin(ok=True, source="session")
    if slot is Slot.URL:
        return link_origin(scene, value)
    return _delegated(sitting, value)


def _may_receive(scene: Scene, value: Value) -> bool:
    """Tell whether a receiver has the form that is asked for, and is nobody whom the user keeps out."""
    return not value.text.strip() or (typed(value) and not excluded(scene.wish, value.text.strip()))


def _hidden(text: str) -> bool:
    """Tell whether a value holds what nobody sees, and so nobody wrote: control and format characters."""
    odd = (letter for letter in text if not letter.isascii() or letter < " ")
    return any(category(letter) in {"Cf", "Cc", "Zs"} and letter not in "\u00a0\u202f" for letter in odd)


def _delegated(sitting: Sitting, value: Value) -> Origin:
    """Return the origin of a value in a source the user named: as a field, else in its text where that may speak."""
    scene, slot = sitting.scene, value.sink.slot
    if slot is Slot.RECIPIENT and len(shaped(value.text, slot)) > 1:
        return NOWHERE
    origin = field_origin(scene, value, sitting.facts)
    if origin.ok or slot is not Slot.RECIPIENT or not sitting.by_user:
        return origin
    if not _speaks_of(sitting, value):
        return origin
    free = (
        free_origin(scene, value, sitting.facts)
        if mails(value.text) or ibans(value.text)
        else name_origin(scene, value)
    )
    return free if free.ok or not origin.source else origin


def _speaks_of(sitting: Sitting, value: Value) -> bool:
    """Tell whether the user left this argument to the source: the tool cannot do without, or the user names it."""
    if value.sink.required:
        return True
    kin = lexicon().things.get(value.sink.name, frozenset({value.sink.name}))
    return bool(kin & sitting.scene.wish.words)


def _nobody(value: Value) -> bool:
    """Tell whether an argument that may be left out is left empty."""
    return not value.text.strip() and not value.sink.required


def _access(scene: Scene, value: Value) -> bool:
    """Tell whether a short name of a permission stands for a word the user wrote."""
    names = lexicon().access.get(value.text.strip().lower())
    return bool(names and names & scene.wish.words)


def _new_name(sitting: Sitting, value: Value) -> bool:
    """Tell whether a path is only the plain name of something new, which nobody else proposed."""
    makes = "create" in sitting.facts.groups and not set(name_words(value.sink.name)) & _SHOWN
    plain = not set("/\\:~") & set(value.text) and not value.text.startswith(".")
    return makes and plain and not sitting.scene.found(value.text)


def _doubt(sitting: Sitting, value: Value, only: int, receivers: frozenset[str]) -> Origin | None:
    """Return what is wrong with a value that no authority hangs on; None where it fits what the user said."""
    scene, slot = sitting.scene, value.sink.slot
    if slot is Slot.AMOUNT:
        return None if _beside(sitting, value) else _amount(scene, value, only, receivers)
    if slot is Slot.DATE:
        bare = value.text.strip().isdigit() and len(value.text.strip()) < 4 and not scene.wrote(value, Slot.DATE)
        return None if not bare and _is_time(value.text) and _day_fits(scene, value.text) else NOWHERE
    if slot in {Slot.TITLE, Slot.CONTENT} and "update" in sitting.facts.groups and not value.sink.required:
        return None if _meant_too(sitting, value) else NOWHERE
    if slot is Slot.OTHER and _MONEYED & set(name_words(value.sink.name)) and value.text.strip():
        return None if currency_fits(scene, value.text) else NOWHERE
    if slot is Slot.OTHER and not value.number and looked_up_as_other(scene, value):
        return NOWHERE
    if slot is Slot.OTHER and not value.number and value.text.strip():
        return None if not _hidden(value.text) and _said_somewhere(sitting, value) else NOWHERE
    return None


def _meant_too(sitting: Sitting, value: Value) -> bool:
    """Tell whether a text that a change may do without is one that the user speaks of, by its name or its words."""
    kin = {word for part in name_words(value.sink.name) for word in (part, *lexicon().things.get(part, ()))}
    words = content_words(value.text)
    own = sum(word in sitting.scene.wish.stems for word in words) * 10 >= len(words) * 7
    return bool(kin & sitting.scene.wish.words) or (bool(words) and own)


def _amount(scene: Scene, value: Value, only: int, receivers: frozenset[str]) -> Origin | None:
    written = value.text.strip() in scene.wish.own
    foreign = any(letter.isdigit() and not letter.isascii() for letter in value.text)
    unit = "".join(filter(str.isalpha, value.text))
    lettered = bool(unit) and not currency_fits(scene, unit)
    twofold = _THOUSANDS.fullmatch(value.text.strip()) is not None and not scene.found(value.text.strip())
    if slot_named(value.sink.name) is Slot.OTHER and not set(numbers(value.text)) & scene.wish.numbers:
        return NOWHERE
    if _hidden(value.text) or not is_amount(value.text) or twofold or ((foreign or lettered) and not written):
        return NOWHERE
    found = numbers(value.text) if written or _one_number(value.text) else []
    fits = [amount_fits(scene, amount, only, receivers) for amount in found]
    if any(fit.ok for fit in fits):
        return None
    unsure = next((fit for fit in fits if fit.ambiguous), None)
    return Origin(ok=False, source=unsure.source, ambiguous=True) if unsure else NOWHERE


def _beside(sitting: Sitting, value: Value) -> bool:
    """Tell whether a number stands, called the same, in the one record of a source that is named by its id."""
    if not sitting.targets or sitting.facts.groups & {"pay", "reserve"}:
        return False
    return stands_beside(sitting.scene, value, sitting.targets)


def _one_number(text: str) -> bool:
    """Tell whether a text holds one number, and not a negative one; it may have two readings: 1.250 is both."""
    return len(_NUMERAL.findall(_GROUPED.sub("1", text))) == 1 and not _NEGATIVE.search(text)


def _is_time(text: str) -> bool:
    """Tell whether a text is a day or a time, and holds no other number; words for days are no numbers."""
    table = lexicon()
    rest = _TIMES.sub(" ", text)
    words = set(_LETTERS.findall(rest.casefold()))
    known = table.small["clock"] | table.small["relative"] | table.months.keys()
    return len(text) <= 80 and not _HUNDREDS.search(rest) and not set("|;$<>`@") & set(text) and words <= known


def _day_fits(scene: Scene, text: str) -> bool:
    """Tell whether a day is one the user wrote, or stands where they pointed; any will do where they wrote none."""
    asked = scene.wish.days
    meant = days(text)
    if not asked or not meant or any(one.same(other) for one in meant for other in asked):
        return True
    first = text.strip()[:10]
    return any(first in seen.output for _, seen in scene.directed() if seen.facts and not seen.facts.opaque)


def _said_somewhere(sitting: Sitting, value: Value) -> bool:
    """Tell whether a text is made of the user's words, or stands where the user pointed."""
    scene, text = sitting.scene, value.text.strip()
    words = content_words(text)
    if any(letter.isspace() and letter != " " for letter in text):
        return False
    if not words:
        return len(text) < 3 and text.isalnum() and whole(text)
    named = {word for name in sitting.facts.sinks for word in name_words(name)} | sitting.facts.asks
    if sum(word in scene.wish.stems for word in words) * 10 >= len(words) * 7 and whole(text):
        return not named & set(name_words(text))
    if name_words(text)[:1] in {name_words(name)[:1] for name in sitting.facts.sinks}:
        return False
    folded = " ".join(text.split()).casefold()
    running = bool(_PLACED & set(name_words(value.sink.name)))
    name = "" if running else value.sink.name
    return any(_shows(scene, place, folded, name) for place in range(len(scene.seen)) if scene.reached(place))


def _shows(scene: Scene, place: int, folded: str, name: str) -> bool:
    """Tell whether an output says a value: as a field called like this, or in its words where it has no fields."""
    records = scene.output(place).records
    if not records or not name:
        return stands_in(folded, " ".join(scene.seen[place].output.split()).casefold(), Slot.OTHER)
    fields = (f for record in records for f in record if not f.free and set(name_words(f.key)) & set(name_words(name)))
    return any(" ".join(f.value.split()).casefold() == folded for f in fields)


def _objection(sitting: Sitting, value: Value, origin: Origin) -> Ruling:
    sink = f"{sitting.facts.name}.{value.sink.name}"
    shown = value.text[:60]
    if origin.ambiguous:
        said = f"{origin.source} holds more than one value that the user can mean for {sink}"
        return Ruling(outcome=Outcome.ASK, code="ACC-E717", message=said, path=(origin.source, sink))
    source = origin.source or sitting.scene.found(value.text)
    if source:
        said = f"{sink} is {shown!r}, found in {source}, which the user did not name for it"
        return Ruling(outcome=Outcome.BLOCK, code="ACC-E716", message=said, path=(source, sink))
    said = f"{sink} is {shown!r}, which neither the user nor a source the user named says"
    return Ruling(outcome=Outcome.ASK, code="ACC-E716", message=said, path=("model", sink))


def _worse(one: Ruling | None, other: Ruling) -> Ruling:
    return other if one is None or one.outcome.worse(other.outcome) is not one.outcome else one
