"""What each argument of an effect demands, and whether the value's origin meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from accord.core.guard import Integrity, Outcome, Ruling
from accord.guard.flow.amounts import currency_fits, states_sum
from accord.guard.flow.astray import comes_from, has_column, in_another_row, row_tells
from accord.guard.flow.binding import crossed, of_another_deed
from accord.guard.flow.calling import excluded, stands_alone, typed, whole
from accord.guard.flow.choices import choice_fits
from accord.guard.flow.dating import day_fits, is_time, told_so
from accord.guard.flow.figures import amount_doubt, as_labelled, beside, hidden, not_said, number_fits
from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.matching import stands_in_row
from accord.guard.flow.origins import (
    NOWHERE,
    Origin,
    field_origin,
    free_origin,
    link_origin,
    name_origin,
    own_making,
)
from accord.guard.flow.own_words import from_user, looked_up_as_other
from accord.guard.flow.scene import POINTING, Scene, Value, stands_in
from accord.guard.flow.shapes import days, ibans, mails, running, shaped, urls
from accord.guard.flow.stems import content_words
from accord.guard.flow.tools import Facts

_TURNED_ON: Final = re.compile(
    r"\b(?:turn|switch|put)\b[^.!?]{0,40}\bon\b|\b(?:enable|activate|einschalten|allume|enciende)\b"
)
_MONEYED: Final = frozenset({"currency", "asset", "coin", "ticker"})
_HOURS: Final = frozenset({"godzina", "ora", "hora", "orario", "horario"})  # beside which `data` is a day
_GRAVE: Final = frozenset({"share", "delete", "remove", "cancel"})  # what the likeliest row is not enough for
_ASIDE: Final = frozenset({"cc", "bcc", "copy", "copies", "reply", "forward"})
_SHOWN: Final = frozenset({"image", "photo", "picture", "video", "attachment"})
_PLACED: Final = frozenset({"location", "place", "venue", "address"})


class Sitting(NamedTuple):
    """One call before the policy: the scene, what is known of the tool, and whether the user asked in person."""

    scene: Scene
    facts: Facts
    by_user: bool
    delegation: bool
    targets: tuple[str, ...] = ()


def judged(sitting: Sitting, values: Sequence[Value]) -> Ruling | None:
    """Return the worst objection to the values that decide, else to the others; None where all fit."""
    timed = bool(_HOURS & sitting.facts.sinks.keys())
    values = [_by_shape(value, timed=timed) for value in values]
    targets = tuple(value.text.strip() for value in values if value.sink.slot is Slot.TARGET)
    sitting = sitting._replace(targets=targets)
    worst, only = _decided(sitting, values)
    if worst is not None:
        return worst
    for astray in _astray(sitting, values):
        worst = _worse(worst, _objection(sitting, astray, NOWHERE)) if astray is not None else worst
    receivers = frozenset(value.text.strip().casefold() for value in values if value.sink.slot is Slot.RECIPIENT)
    for value in values if not sitting.facts.reads else ():
        if value.sink.choices or _demanded(sitting.facts, value) is not None:
            continue
        doubt = _doubt(sitting, value, only, receivers)
        if doubt is None and _left_to_row(sitting.scene, value):
            doubt = NOWHERE if in_another_row(sitting.scene, value, sitting.facts, values) else None
        if doubt is not None and not _in_row(sitting, value, values, None, doubted=doubt.ambiguous):
            worst = _worse(worst, _objection(sitting, value, doubt))
    return worst


def _left_to_row(scene: Scene, value: Value) -> bool:
    """Tell whether the user left a value to the row that a call is about: they wrote no such amount or word."""
    if value.sink.slot is Slot.OTHER and value.sink.required and not value.sink.number:
        return bool(value.text.strip()) and not scene.wrote(value, Slot.OTHER)
    return value.sink.slot is Slot.AMOUNT and not_said(scene, value)


def _decided(sitting: Sitting, values: Sequence[Value]) -> tuple[Ruling | None, int]:
    """Return the worst objection to what decides, and the place of the one text that names who is paid."""
    worst: Ruling | None = None
    only = -1
    for value in values:
        demanded = _demanded(sitting.facts, value)
        if demanded is Integrity.UNTRUSTED:
            continue
        if value.sink.slot is Slot.FLAG or (value.sink.choices and demanded is None and not sitting.facts.reads):
            worst = worst if _picked(sitting, value, values) else _worse(worst, _objection(sitting, value, NOWHERE))
            continue
        if demanded is None and (value.sink.slot not in POINTING or sitting.facts.reads):
            continue
        origin = _origin(sitting, value, demanded)
        if origin.ok and origin.source != "user" and comes_from(value.sink.name):
            origin = NOWHERE if in_another_row(sitting.scene, value, sitting.facts, values) else origin
        if not origin.ok and not _in_row(sitting, value, values, demanded, doubted=origin.ambiguous):
            worst = _worse(worst, _objection(sitting, value, origin))
        elif origin.free and "pay" in sitting.facts.groups and value.sink.slot is Slot.RECIPIENT:
            only = origin.place
    return worst, only


def _picked(sitting: Sitting, value: Value, values: Sequence[Value]) -> bool:
    """Tell whether a switch, or a word out of an argument's own list, is the one that the user means."""
    if value.sink.slot is Slot.FLAG:
        return _switch_fits(sitting.scene, value)
    left_out = not value.text.strip() and not value.sink.required
    return left_out or choice_fits(sitting.scene, value, sitting.facts, values)


def _astray(sitting: Sitting, values: Sequence[Value]) -> Iterator[Value | None]:
    """Yield values that stand where another value belongs: twice, or out of another part of the wish."""
    yield _twice(values) if "pay" in sitting.facts.groups else None
    yield _again(sitting, values)
    if not sitting.facts.reads:
        yield crossed(sitting.scene, values) or of_another_deed(sitting.scene, values, sitting.facts)


def _in_row(
    sitting: Sitting, value: Value, values: Sequence[Value], demanded: Integrity | None, *, doubted: bool
) -> bool:
    """Tell whether a value stands, called as asked, in a row that the user means, with what else the call takes."""
    slots = {Slot.TARGET, Slot.AMOUNT, Slot.OTHER, Slot.RECIPIENT}
    if demanded is not None or not sitting.delegation or value.sink.slot not in slots or hidden(value.text):
        return False
    if value.number and not as_labelled(sitting.scene.wish.own, value):
        return False
    if value.sink.slot is Slot.AMOUNT and (states_sum(sitting.scene.wish) or not row_tells(sitting.scene)):
        return False
    called = value.sink.slot is not Slot.RECIPIENT
    if not called and (not _short_id(value.text) or "pay" in sitting.facts.groups):
        return False
    found = stands_in_row(sitting.scene, value, sitting.facts, values) if value.text.strip() else None
    likely = called and not doubted and not sitting.facts.groups & _GRAVE
    return found is not None and (found.said or likely)


def _short_id(text: str) -> bool:
    """Tell whether a text is the id of a person in a list: no address, no account, no telephone."""
    form = text.strip()
    return len(form) <= 12 and form.isalnum() and any(map(str.isdigit, form)) and not ibans(form)


def _switch_fits(scene: Scene, value: Value) -> bool:
    """Tell whether a switch is one, and not turned on where the user says off, or off where they say on."""
    said = value.text.strip().casefold()
    if said not in {"true", "false", "0", "1", "yes", "no", "on", "off"}:
        return False
    if value.number and said.isdigit():
        return False  # a number where a truth value is declared
    if not {"on", "enabled", "active", "power"} & set(name_words(value.sink.name)):
        return said in {"false", "0", "no", "off"} or _spoken_for(scene, value.sink.name)
    off = bool(scene.wish.words & lexicon().small["off"])
    on = _TURNED_ON.search(scene.wish.named) is not None
    return off or not on if said in {"false", "0", "no", "off"} else on or not off


def _spoken_for(scene: Scene, name: str) -> bool:
    """Tell whether the user speaks of what a switch turns on, and does not say no to it."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)?", scene.wish.own.casefold())
    small = lexicon().small
    telling = [word for word in name_words(name) if len(word) > 3 and word not in small["stop"]]
    for at, word in enumerate(words):
        if any(word.startswith(one[:6]) or one.startswith(word) for one in telling if len(word) > 3):
            before = set(words[max(0, at - 4) : at])
            if not before & (small["negation"] | small["without"] | small["excluding"]):
                return True
    return False


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


def _by_shape(value: Value, *, timed: bool = False) -> Value:
    """Return a value whose argument tells nothing with the slot that its own form tells: an address is an address."""
    dated = value.sink.slot is Slot.OTHER or value.sink.name == "data"
    plain = days(value.text) and is_time(value.text)
    if dated and not value.number and (plain or (timed and value.sink.name == "data")):
        return value._replace(sink=replace(value.sink, slot=Slot.DATE))
    if value.sink.slot is not Slot.OTHER or value.number:
        return value
    found = Slot.RECIPIENT if mails(value.text) or ibans(value.text) else Slot.URL if urls(value.text) else Slot.OTHER
    return value._replace(sink=replace(value.sink, slot=found))


def _demanded(facts: Facts, value: Value) -> Integrity | None:
    listed = facts.listed
    if listed is None:
        return None
    outer, _, inner = value.sink.name.partition(".")
    return listed.demands.get(outer) or (listed.demands.get(inner.rpartition(".")[2]) if inner else None)


def _origin(sitting: Sitting, value: Value, demanded: Integrity | None) -> Origin:
    """Return the best origin of a value: the user's words, a thing made in this session, a source the user named."""
    scene, facts, slot = sitting.scene, sitting.facts, value.sink.slot
    if hidden(value.text) or (slot is Slot.RECIPIENT and not _may_receive(scene, value)):
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


def _delegated(sitting: Sitting, value: Value) -> Origin:
    """Return the origin of a value in a source the user named: as a field, else in its text where that may speak."""
    scene, slot = sitting.scene, value.sink.slot
    if slot is Slot.RECIPIENT and len(shaped(value.text, slot)) > 1:
        return NOWHERE
    if slot is Slot.RECIPIENT and _ASIDE & set(name_words(value.sink.name)) and not _speaks_of(sitting, value):
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
    kin = lexicon().things.get(value.sink.name, frozenset({value.sink.name, *name_words(value.sink.name)} - {"to"}))
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
    if slot in {Slot.AMOUNT, Slot.OTHER} and value.number and not as_labelled(scene.wish.own, value):
        return NOWHERE
    if slot is Slot.AMOUNT:
        near = beside(scene, value, sitting.facts, sitting.targets)
        return None if near else amount_doubt(scene, value, only, receivers)
    if slot is Slot.DATE:
        if not value.text.strip() and not value.sink.required:
            return None
        whole = not hidden(value.text) and is_time(value.text) and day_fits(scene, value, sitting.facts)
        return None if whole or told_so(scene, value.text) else NOWHERE
    if slot in {Slot.TITLE, Slot.CONTENT} and "update" in sitting.facts.groups and not value.sink.required:
        return None if _meant_too(sitting, value) else NOWHERE
    if slot is Slot.OTHER and _MONEYED & set(name_words(value.sink.name)) and value.text.strip():
        return None if currency_fits(scene, value.text) else NOWHERE
    if slot is Slot.OTHER and value.sink.number and value.text.strip():
        return None if number_fits(scene, value, sitting.facts, sitting.targets) else NOWHERE
    if slot is Slot.OTHER and not value.number and looked_up_as_other(scene, value):
        return NOWHERE
    if slot is Slot.OTHER and value.sink.required and has_column(scene, value, sitting.facts):
        told = value.text.strip()
        typed_so = " " not in told and any(map(str.isdigit, told)) and stands_alone(told, scene.wish.own)
        return None if typed_so else NOWHERE
    if slot is Slot.OTHER and not value.number and value.text.strip():
        return None if not hidden(value.text) and _said_somewhere(sitting, value) else NOWHERE
    return None


def _meant_too(sitting: Sitting, value: Value) -> bool:
    """Tell whether a text that a change may do without is one that the user speaks of, by its name or its words."""
    if value.text[:1] in ":,;.)" or value.text != value.text.rstrip(",;:("):
        return False
    kin = {word for part in name_words(value.sink.name) for word in (part, *lexicon().things.get(part, ()))}
    words = content_words(value.text)
    own = sum(word in sitting.scene.wish.stems for word in words) * 10 >= len(words) * 7
    return bool(kin & sitting.scene.wish.words) or (bool(words) and own)


def _said_somewhere(sitting: Sitting, value: Value) -> bool:
    """Tell whether a text is made of the user's words, or stands where the user pointed."""
    scene, text = sitting.scene, value.text.strip()
    words = content_words(text)
    if any(letter.isspace() and letter != " " for letter in text):
        return False
    if not words:
        return text.isdigit() and len(text) < 3 and whole(text)
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
        return stands_in(folded, running(scene.seen[place].output), Slot.OTHER)
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
