"""What each argument of an effect demands, and whether the value's origin meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from accord.core.guard import Integrity, Outcome, Ruling
from accord.guard.flow.aiming import aimed_elsewhere, only_made, told_later
from accord.guard.flow.amounts import currency_fits
from accord.guard.flow.binding import crossed, of_another_deed, of_another_record, turned_round
from accord.guard.flow.calling import stands_alone
from accord.guard.flow.choices import choice_fits
from accord.guard.flow.clauses import told_to
from accord.guard.flow.clocks import untimely
from accord.guard.flow.dating import day_fits, is_time, told_days, told_so
from accord.guard.flow.figures import amount_doubt, as_labelled, hidden, number_fits
from accord.guard.flow.forms import PLAIN, by_shape, typed
from accord.guard.flow.hearsay import hearsay
from accord.guard.flow.lexicon import Slot, either, kin_of, lexicon, name_words
from accord.guard.flow.limits import excluded_words
from accord.guard.flow.origins import (
    NOWHERE,
    Origin,
    field_origin,
    free_origin,
    link_origin,
    name_origin,
    own_making,
)
from accord.guard.flow.own_words import from_user, labelled, looked_up_as_other
from accord.guard.flow.persons import in_letter
from accord.guard.flow.postal import in_address, writes_address
from accord.guard.flow.receiving import invited, may_receive, of_another_page, speaks_of
from accord.guard.flow.scene import Scene, Seen
from accord.guard.flow.shapes import days, form_of, ibans, mails, mails_and_accounts
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import content_words, stem
from accord.guard.flow.switches import switch_fits
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import POINTING, Value, demanded_of
from accord.guard.flow.wholes import stands_placed, stands_whole

_BROKEN: Final = re.compile(r"[.!?;:]\s")
_LONG: Final = 4
_MONEYED: Final = frozenset({"currency", "asset", "coin", "ticker"})
_HOURS: Final = frozenset({"godzina", "ora", "hora", "orario", "horario"})  # beside which `data` is a day
_ASIDE: Final = frozenset({"cc", "bcc", "copy", "copies", "reply", "forward"})
_SHOWN: Final = frozenset({"image", "photo", "picture", "video", "attachment"})
_PLACED: Final = frozenset({"location", "place", "venue", "address"})
_ADDRESSED: Final = frozenset({"street", "city", "town", "zip", "postcode", "country", "state"})


class Sitting(NamedTuple):
    """One call before the policy: the scene, what is known of the tool, and whether the user asked in person."""

    scene: Scene
    facts: Facts
    by_user: bool
    delegation: bool


def judged(sitting: Sitting, values: Sequence[Value]) -> Ruling | None:
    """Return the worst objection to the values that decide, else to the others; None where all fit."""
    timed = bool(_HOURS & sitting.facts.sinks.keys())
    told = bool(sitting.scene.wish.days or told_days(sitting.scene))
    values = [by_shape(value, sitting.facts.nouns, timed=timed, told=told) for value in values]
    slots = {Slot.AMOUNT, Slot.DATE, Slot.OTHER}
    sitting.scene.numbers = tuple(value.text for value in values if value.sink.slot in slots)
    worst, only = _decided(sitting, values)
    if worst is not None:
        return worst
    for astray in _astray(sitting, values):
        worst = _worse(worst, _objection(sitting, astray, NOWHERE)) if astray is not None else worst
    receivers = frozenset(value.text.strip().casefold() for value in values if value.sink.slot is Slot.RECIPIENT)
    for value in values if not sitting.facts.reads else ():
        if value.sink.choices or demanded_of(sitting.facts, value) is not None:
            continue
        doubt = _doubt(sitting, value, only, receivers)
        if doubt is not None:
            worst = _worse(worst, _objection(sitting, value, doubt))
    return worst


def _decided(sitting: Sitting, values: Sequence[Value]) -> tuple[Ruling | None, int]:
    """Return the worst objection to what decides, and the place of the one text that names who is paid."""
    worst: Ruling | None = None
    only = -1
    for value in values:
        if worst is not None and worst.outcome is Outcome.BLOCK:
            break  # there is nothing worse
        demanded = demanded_of(sitting.facts, value)
        if demanded is Integrity.UNTRUSTED:
            continue
        if value.sink.slot is Slot.FLAG or (value.sink.choices and demanded is None and not sitting.facts.reads):
            worst = worst if _picked(sitting, value) else _worse(worst, _objection(sitting, value, NOWHERE))
            continue
        if demanded is None and (value.sink.slot not in POINTING or sitting.facts.reads):
            continue
        origin = _origin(sitting, value, demanded)
        if not origin.ok or (origin.free and of_another_page(sitting.scene, origin.place, values)):
            worst = _worse(worst, _objection(sitting, value, origin._replace(ambiguous=origin.ok or origin.ambiguous)))
        elif origin.free and "pay" in sitting.facts.groups and value.sink.slot is Slot.RECIPIENT:
            only = origin.place
    return worst, only


def _picked(sitting: Sitting, value: Value) -> bool:
    """Tell whether a switch, or a word out of an argument's own list, is the one that the user means."""
    if value.sink.slot is Slot.FLAG:
        return switch_fits(sitting.scene, value)
    left_out = not value.text.strip() and not value.sink.required and "update" not in sitting.facts.groups
    return left_out or choice_fits(sitting.scene, value)


def _astray(sitting: Sitting, values: Sequence[Value]) -> Iterator[Value | None]:
    """Yield values that stand where another value belongs: twice, or out of another part of the wish."""
    yield _twice(values) if "pay" in sitting.facts.groups else None
    yield _again(sitting, values)
    yield _mixed(sitting.scene, values)
    yield _chosen_by(sitting.scene, values) if not sitting.facts.reads else None
    if not sitting.facts.reads:
        yield untimely(sitting.scene, values)
        yield turned_round(sitting.scene, values)
        yield of_another_record(sitting.scene, values)
        yield crossed(sitting.scene, values) or of_another_deed(sitting.scene, values, sitting.facts)


def _twice(values: Sequence[Value]) -> Value | None:
    """Return a second amount in one argument: a tool may add them up."""
    known: set[str] = set()
    for value in values:
        if value.sink.slot is Slot.AMOUNT and value.sink.name in known:
            return value
        known.add(value.sink.name)
    return None


def _chosen_by(scene: Scene, values: Sequence[Value]) -> Value | None:
    """Return a name that fills an argument of its own beside the id of the record that it chose: a list is no item."""
    ids = {value.text for value in values if value.sink.slot is Slot.TARGET and any(map(str.isdigit, value.text))}
    slots = {Slot.TARGET, Slot.OTHER}
    others = [one for one in values if one.sink.slot in slots and not one.number and one.text not in ids]
    places = {at for one in ids for at, _ in scene.holding(one)} if others else ()
    records = (record for at in places for record in scene.output(at).records)
    names = {f.value.strip().casefold() for r in records if not ids.isdisjoint(f.value for f in r) for f in r}
    found = (one for one in others if one.text.strip().casefold() in names)
    return next((one for one in found if scene.wish.folded.count(one.text.strip().casefold()) == 1), None)


def _mixed(scene: Scene, values: Sequence[Value]) -> Value | None:
    """Return a bare name among the mail addresses of one argument, those of earlier calls too."""
    before = (value for at, seen in enumerate(scene.seen) if seen.facts is not None for value in scene.values(at))
    given = [value for value in (*values, *before) if value.sink.slot is Slot.RECIPIENT and "@" in value.text]
    mailed = {value.sink.name for value in given}
    return next((one for one in values if one.sink.name in mailed and one.text.strip() and "@" not in one.text), None)


def _again(sitting: Sitting, values: Sequence[Value]) -> Value | None:
    """Return a value of the user's that fills a second argument too: what they call one thing is not another."""
    known: dict[str, str] = {}
    for value in values if not sitting.facts.reads else ():
        form = value.text.strip().casefold()
        if value.sink.slot in {Slot.TITLE, Slot.CONTENT, Slot.FLAG, Slot.DATE} or not form or "@" in form:
            continue
        coded = next((one for one in known if one.isdigit() and one in form.split()), form)  # `extension 2140`
        name = known.setdefault(coded, value.sink.name)
        if name != value.sink.name and value.sink.slot not in {Slot.URL, Slot.ACCESS}:
            return value if sitting.scene.wish.folded.count(form) < 2 else None
    return None


def _origin(sitting: Sitting, value: Value, demanded: Integrity | None) -> Origin:
    """Return the best origin of a value: the user's words, a thing made in this session, a source the user named."""
    scene, facts, slot = sitting.scene, sitting.facts, value.sink.slot
    if hidden(value.text) or (slot in {Slot.RECIPIENT, Slot.PATH} and not may_receive(scene, value)):
        return NOWHERE
    aside = bool(_ASIDE & set(name_words(value.sink.name)) and value.text.strip())
    if slot is Slot.RECIPIENT and aside and not speaks_of(scene, value):
        return NOWHERE
    otherwise = aimed_elsewhere(scene.wish, value, facts) or told_later(scene.wish, value, facts)
    otherwise = otherwise or labelled(scene.wish, value) not in {"", value.text.strip().casefold()}
    if sitting.by_user and (otherwise or _other_file(sitting, value)):
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
    if slot is Slot.TARGET and only_made(scene.wish, value, facts):
        return NOWHERE
    if slot is Slot.URL:
        return NOWHERE if scene.wish.urls and not facts.reads else link_origin(scene, value)
    return _delegated(sitting, value)


def _other_file(sitting: Sitting, value: Value) -> bool:
    """Tell whether something new would bear the name of another file than the one that the user wants made."""
    makes = value.sink.slot is Slot.PATH and "create" in sitting.facts.groups
    named = sitting.scene.wish.files
    return makes and bool(named) and value.text.strip().casefold() not in named


def _delegated(sitting: Sitting, value: Value) -> Origin:
    """Return the origin of a value in a source the user named: as a field, else in its text where that may speak."""
    scene, slot = sitting.scene, value.sink.slot
    if slot is Slot.RECIPIENT and len(mails_and_accounts(value.text)) > 1:
        return NOWHERE
    if slot is Slot.TARGET and " " in value.text.strip() and (days(value.text) or value.text.rstrip()[-1] in ".,;:!?"):
        return NOWHERE
    if slot is Slot.RECIPIENT and not invited(scene, value):
        return NOWHERE
    origin = field_origin(scene, value, sitting.facts)
    if origin.ok and slot is Slot.RECIPIENT and not sitting.by_user:
        known = in_letter(scene, origin.place, form_of(value.text, slot))
        return origin if known else origin._replace(ok=False, ambiguous=True)
    if origin.ok or slot is not Slot.RECIPIENT or not sitting.by_user:
        return origin
    if not speaks_of(scene, value):
        return origin
    free = (
        free_origin(scene, value, sitting.facts)
        if mails(value.text) or ibans(value.text)
        else name_origin(scene, value)
    )
    return free if free.ok or not origin.source else origin


def _nobody(value: Value) -> bool:
    """Tell whether an argument that may be left out is left empty."""
    return not value.text.strip() and not value.sink.required


def _access(scene: Scene, value: Value) -> bool:
    """Tell whether a short name of a permission stands for a word the user wrote."""
    names = lexicon().access.get(value.text.strip().lower())
    said = names & scene.wish.words if names else frozenset[str]()
    return any(stem(word) not in excluded_words(scene.wish.own) for word in said)


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
        return amount_doubt(scene, value, only, receivers)
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
        return None if number_fits(scene, value, sitting.facts) else NOWHERE
    if not value.text.strip() and "update" in sitting.facts.groups:
        return NOWHERE  # what is written over is gone
    if slot is Slot.OTHER and not value.number and looked_up_as_other(scene, value):
        return NOWHERE
    if slot is Slot.OTHER and not value.number and value.text.strip():
        if not typed(value):
            return NOWHERE
        return None if _spoken_of(sitting, value) and _told_whole(sitting, value) else NOWHERE
    return None


def _spoken_of(sitting: Sitting, value: Value) -> bool:
    """Tell whether the user speaks of what a change may do without: their address is no name."""
    if value.sink.required or "update" not in sitting.facts.groups:
        return True
    kin = kin_of(name_words(value.sink.name))
    kin |= {"address"} if kin & _ADDRESSED else lexicon().small["titled"] if "name" in kin else frozenset()
    return bool(kin & sitting.scene.wish.words)


def _meant_too(sitting: Sitting, value: Value) -> bool:
    """Tell whether a text that a change may do without is one that the user speaks of, by its name or its words."""
    if value.text[:1] in ":,;.)" or value.text != value.text.rstrip(",;:("):
        return False
    kin = kin_of(name_words(value.sink.name))
    words = content_words(value.text)
    own = sum(word in sitting.scene.wish.stems for word in words) * 10 >= len(words) * 7
    return bool(kin & sitting.scene.wish.words) or (bool(words) and own)


def _told_whole(sitting: Sitting, value: Value) -> bool:
    """Tell whether a text is one whole thing that the user wrote, or that stands where they pointed."""
    scene, text = sitting.scene, value.text.strip()
    if hidden(value.text) or _BROKEN.search(text) or any(letter.isspace() and letter != " " for letter in text):
        return False
    asked, words = set(name_words(value.sink.name)), text.casefold().split()
    if ibans(text) or mails(text) or text.casefold() in scene.wish.files:
        return False
    if PLAIN & asked and (is_time(text) or either("subject", "aux").intersection(words)):
        return False
    if _PLACED & asked and len(words) > 1 and (days(text) or sitting.facts.nouns.intersection(words)):
        return False
    if any(one.text.strip() == text for one in scene.wish.literals if one.kind == "content"):
        return False  # what is to be said is nobody's name
    if text.casefold() in sitting.facts.asks or asked.issuperset(name_words(text)):
        return False
    told = told_to(scene.wish, sitting.facts)
    if told and text.casefold() not in told and _only_text(sitting.facts):
        return False
    mixed = any(map(str.isdigit, text)) and (not text.isdigit() or len(text) > _LONG or bool(value.sink.required))
    typed_so = " " not in text and mixed and stands_alone(text, scene.wish.own)
    own = stands_placed if _PLACED & asked else stands_whole
    if typed_so or own(text, scene.wish.own) or own(text, scene.operator):
        return in_address(text, scene.wish.own, asked) is not False
    if asked & _ADDRESSED and writes_address(scene.wish.own):
        return False
    if told:
        return text.casefold() in told
    places = (place for place, seen in enumerate(scene.seen) if not _new_beside(sitting, seen) and scene.reached(place))
    return any(_shows(scene, place, text, asked) for place in places)


def _new_beside(sitting: Sitting, seen: Seen) -> bool:
    """Tell whether a source lists what there is of the things that a tool makes: what one bears, a new one does not."""
    new = "create" in sitting.facts.groups and "update" not in sitting.facts.groups
    if not new or seen.facts is None or seen.facts.nouns.isdisjoint(sitting.facts.nouns):
        return False
    return sitting.scene.wish.words.isdisjoint(either("alike"))


def _only_text(facts: Facts) -> bool:
    """Tell whether a tool takes one text that is no name of what it works on."""
    return sum(sink.slot is Slot.OTHER and not sink.number for sink in facts.sinks.values()) == 1


def _shows(scene: Scene, place: int, text: str, asked: set[str]) -> bool:
    """Tell whether an output says a value: as a field, or whole in running text; of places, where it speaks of them."""
    seen, output = scene.seen[place], scene.output(place)
    fields = [field for record in output.records for field in record]
    if _PLACED & asked:
        named = bool(_PLACED & set(name_words(seen.name)))
        if any(f.value == text and (named or _PLACED & set(name_words(f.key))) for f in fields):
            return True
        texts = [field.value for field in fields if field.free] if fields else [output.text]
        return any(stands_placed(text, free) and not marked(free, scene.distrusted) for free in texts)
    if fields:
        called = kin_of(asked)
        plain = [[f for f in record if f.value == text and not f.free] for record in output.records]
        alone = [len(record) == 1 for record in output.records]
        return any(
            one or called & set(name_words(f.key)) for one, found in zip(alone, plain, strict=True) for f in found
        )
    speaks = marked(output.text, scene.distrusted)
    return stands_whole(text, output.text) and not speaks and in_address(text, output.text, asked) is True


def _objection(sitting: Sitting, value: Value, origin: Origin) -> Ruling:
    sink = f"{sitting.facts.name}.{value.sink.name}"
    shown = value.text[:60]
    if origin.ambiguous:
        said = f"{origin.source} holds more than one value that the user can mean for {sink}"
        return Ruling(outcome=Outcome.ASK, code="ACC-E717", message=said, path=(origin.source, sink))
    source = origin.source or sitting.scene.found(value.text)
    if source:
        stranger = hearsay(sitting.scene, value.text, value.sink.slot)
        said = f"{sink} is {shown!r}, found in {stranger or source}, which the user did not name for it"
        outcome = Outcome.BLOCK if stranger else Outcome.ASK
        return Ruling(outcome=outcome, code="ACC-E716", message=said, path=(stranger or source, sink))
    said = f"{sink} is {shown!r}, which neither the user nor a source the user named says"
    return Ruling(outcome=Outcome.ASK, code="ACC-E716", message=said, path=("model", sink))


def _worse(one: Ruling | None, other: Ruling) -> Ruling:
    return other if one is None or one.outcome.worse(other.outcome) is not one.outcome else one
