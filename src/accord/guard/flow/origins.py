"""Where a value comes from, and whether that source may fill that argument."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from accord.content.language import common
from accord.core.system import Effect
from accord.guard.flow.asking import many, requests_for
from accord.guard.flow.calling import called_by_name
from accord.guard.flow.clauses import said_of
from accord.guard.flow.counting import told_by_sources
from accord.guard.flow.lexicon import Slot, identifies, kin_of, lexicon, name_words, slot_named
from accord.guard.flow.outputs import Field
from accord.guard.flow.own_words import MAILED, NAME, always_elsewhere
from accord.guard.flow.persons import by_name, mentioned, not_meant, of_all_names, only_address
from accord.guard.flow.picking import kept_out, needs_one, of_named_file, picked_in
from accord.guard.flow.repaying import may_be_paid
from accord.guard.flow.requesting import quotations
from accord.guard.flow.scene import PASTED, Scene, Seen
from accord.guard.flow.shapes import clean_url, form_of, ibans, mails, mails_and_accounts, one_url
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import roots
from accord.guard.flow.tools import Facts, moneyed
from accord.guard.flow.values import Value
from accord.guard.flow.wholes import stands_whole

USER: Final = "user"
_IDS: Final = frozenset(
    {"id", "ids", "uid", "uuid", "key", "number", "name", "title", "filename", "ref", "code", "path", "url"}
)
_TOLD: Final = frozenset({Slot.RECIPIENT, Slot.TARGET, Slot.OTHER})
_OWNING: Final = frozenset({"owner", "author", "creator", "sender", "from", "uploader", "editor", "shared"})
_SENDING: Final = frozenset({"sender", "author", "from"})
_WROTE: Final = frozenset(
    {"wrote", "sent", "posted", "asked", "replied", "geschrieben", "escribió", "écrit", "scritto"}
)
_TITLES: Final = frozenset({"name", "title", "filename"})
_FILED: Final = frozenset({"file", "path", "name", "filename", "title", "folder", "directory"})
_ROLES: Final = frozenset({"assignee", "agent", "owner", "username"})
_SINGLE: Final = frozenset({"get", "read", "fetch", "show", "load", "retrieve", "view", "open"})
_HANDING: Final = frozenset({"send", "pay", "share", "invite", "add", "create", "schedule", "update"})
_CHATTED: Final = frozenset({"channel", "chat", "dm", "direct", "slack", "sms"})
_PLACES: Final = frozenset({Slot.PATH, Slot.URL})


class Origin(NamedTuple):
    """Where a value was found and whether it may be used: `ok`, `ambiguous` (a person must say), or not.

    `free` is running text of the source at `place`.
    """

    ok: bool
    source: str
    ambiguous: bool = False
    free: bool = False
    place: int = -1


NOWHERE: Final = Origin(ok=False, source="")


def own_making(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether an effect of this session, which the user asked for, handed the value out as an id."""
    form = form_of(value.text, value.sink.slot)
    for place, seen in enumerate(scene.seen):
        known = seen.facts
        if known is None or known.reads or value.text not in seen.output or not known.things & facts.things:
            continue
        records = scene.output(place).records
        if any(form_of(f.value, value.sink.slot) == form and _is_id(f) for record in records for f in record):
            return True
    return False


def field_origin(scene: Scene, value: Value, facts: Facts) -> Origin:
    """Return where a value stands as a field of a record the user chose."""
    slot = value.sink.slot
    form = form_of(value.text, slot)
    named = slot is Slot.RECIPIENT and "@" not in form and "pay" not in facts.groups
    if named and always_elsewhere(form, scene.wish):
        return NOWHERE
    worst = NOWHERE
    for place, seen in scene.holding(value.text):
        if seen.facts is None or (not seen.args and _ROLES & set(name_words(value.sink.name))):
            continue
        own = bool(roots(seen.facts.nouns) & roots(frozenset(name_words(value.sink.name))))
        other = slot is Slot.TARGET and not own and not _same_things(scene, seen.facts, facts)
        looked = other and _looked_up_by_name(scene, place)
        if other and not looked:
            continue
        same = slot is Slot.TARGET and (looked or slot_named(value.sink.name) is Slot.OTHER)
        records = scene.output(place).records
        holding = [
            (at, field)
            for at, record in enumerate(records)
            for field in record
            if not field.free and form_of(field.value, slot) == form and _fits(field, value, exactly=same)
        ]
        if slot is Slot.TARGET and holding and _called_elsewhere(scene, value, holding):
            continue
        if not holding or (slot is Slot.RECIPIENT and not _of_kind(value, facts, seen.facts, holding)):
            continue
        found = _judged(scene, place, holding, slot, facts)
        twice = len({at for at, _ in holding}) > 1 and "id" in name_words(value.sink.name)
        if slot is Slot.TARGET and twice and not looked:
            found = Origin(ok=False, source=seen.source, ambiguous=True, place=place)
        if found.ok and slot is Slot.RECIPIENT and _contradicted(scene, place, form):
            found = Origin(ok=False, source=seen.source, ambiguous=True, place=place)
        if found.ok:
            return found
        worst = found
    return worst


def _called_elsewhere(scene: Scene, value: Value, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether another source has fields called just like an argument that these are not: a `payee_id`."""
    asked = name_words(value.sink.name)
    if not set(asked) - _IDS or any(name_words(field.key) == asked for _, field in holding):
        return False
    records = (record for place, _ in scene.directed() for record in scene.output(place).records)
    return any(name_words(field.key) == asked for record in records for field in record)


def _contradicted(scene: Scene, place: int, form: str) -> bool:
    """Tell whether the same source, asked for the same once more, gave other receivers and not this one."""
    for other in scene.same(place):
        if other == place:
            continue
        values = [f.value for record in scene.output(other).records for f in record if not f.free]
        alike = [value for value in values if mails_and_accounts(value)] if mails_and_accounts(form) else values
        if alike and form not in {form_of(value, Slot.RECIPIENT) for value in alike}:
            return True
    return False


def _same_things(scene: Scene, source: Facts, facts: Facts) -> bool:
    """Tell whether a source hands out the things that a tool works on; by name, where any source does so by name."""
    mine = roots(facts.nouns)
    read = (seen.facts for _, seen in scene.directed() if seen.facts is not None and seen.facts.reads)
    if any(mine & roots(one.nouns) for one in read):
        return bool(mine & roots(source.nouns))
    return bool(source.things & facts.things)


def _of_kind(value: Value, facts: Facts, source: Facts, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether a field holds what the argument wants: rooms are no users, amounts are no accounts."""
    if facts.nouns & MAILED and "@" not in value.text:
        return False
    words = lexicon()
    argument = set(name_words(value.sink.name))
    wanted = kin_of(argument)
    for _, field in holding:
        key = set(name_words(field.key))
        if not key or key <= {"name", "title"} or (key == {"id"} and "id" in argument):
            if not words.things.keys() & argument or wanted & source.things:
                return True
        elif key & wanted or (key & words.small["person"] and argument & words.small["person"]):
            return True
    return False


def _judged(scene: Scene, place: int, holding: list[tuple[int, Field]], slot: Slot, facts: Facts) -> Origin:
    source = scene.seen[place].source
    if slot is Slot.RECIPIENT and (named := by_name(scene, place, holding)) is not None:
        return Origin(ok=named, source=source, ambiguous=not named, place=place)
    if slot is Slot.RECIPIENT and (_looked_up(scene, place, holding) or not_meant(scene, place, holding)):
        return Origin(ok=False, source=source, ambiguous=True, place=place)
    if slot is Slot.RECIPIENT and _written_instead(scene, holding[0][1].value, facts):
        return Origin(ok=False, source=source, ambiguous=True, place=place)
    if slot is Slot.TARGET and all(kept_out(scene, place, at) for at, _ in holding):
        return Origin(ok=False, source=source, place=place)
    final = slot is Slot.TARGET and facts.effect is Effect.IRREVERSIBLE
    if slot is Slot.TARGET and not final and _looked_up_by_name(scene, place):
        return Origin(ok=True, source=source, place=place)
    if (scene.wish.most or scene.wish.least) and len(scene.output(place).records) < 2:
        return Origin(ok=False, source=source, ambiguous=True, place=place)  # the largest of one is none
    if slot is Slot.TARGET and not all(of_named_file(scene, place, at, facts) for at, _ in holding):
        return Origin(ok=False, source=source, place=place)
    picked = picked_in(scene, place, slot, facts)
    listed = slot in _TOLD and not (picked.sure and holding[0][1].key and len(scene.output(place).records) > 1)
    told = told_by_sources(scene, holding[0][1], place) if listed else None
    if told is not None:
        return Origin(ok=told, source=source, ambiguous=not told, place=place)
    several = slot is Slot.TARGET and many(scene.wish, facts)
    places = of_all_names(scene, place, picked.places) if several else picked.places
    records = scene.output(place).records
    paid = slot is Slot.RECIPIENT
    held = [(records[at], field) for at, field in holding if at in places]
    meant = [field for record, field in held if not paid or may_be_paid(scene, field, record, facts)]
    if not meant:
        return Origin(ok=False, source=source, ambiguous=not picked.places, place=place)
    alone = picked.sure and any(only_address(scene, scene.output(place).records[at]) for at in picked.places)
    if slot is Slot.RECIPIENT and not alone and not any(_role_named(scene, field, facts) for field in meant):
        return Origin(ok=False, source=source, ambiguous=True, place=place)
    sure = picked.sure or not needs_one(scene, picked, facts) or several
    return Origin(ok=sure, source=source, ambiguous=not sure, place=place)


def _looked_up(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether an address comes from a list of persons: there the name decides, and the user named nobody in it."""
    facts = scene.seen[place].facts
    persons = facts is not None and bool(facts.nouns & lexicon().small["listed"])
    if not persons or facts is None or not mails_and_accounts(holding[0][1].value):
        return False
    if scene.wish.plural or scene.wish.choosing:
        all_of_them = scene.wish.every and facts.nouns & scene.wish.stems
        return not (all_of_them or mentioned(scene, place, holding))
    fields = (field for record in scene.output(place).records for field in record)
    return any(lexicon().small["naming"].intersection(name_words(field.key)) for field in fields)


def _written_instead(scene: Scene, value: str, facts: Facts) -> bool:
    """Tell whether the user wrote addresses of their own, and says of nobody else that they get it too."""
    if "@" not in value and called_by_name(scene.wish, value, facts):
        return True
    several = lexicon().small["plural"] | lexicon().small["selector"]
    if "pay" in facts.groups or "@" not in value:
        return False
    if any(request.after & several for request in requests_for(scene.wish, facts)):
        return False
    return not scene.wish.instructs and bool(mails(scene.wish.named))


def _role_named(scene: Scene, field: Field, facts: Facts) -> bool:
    """Tell whether the user speaks of what the field is: its key, one of its kind, or a choice among them."""
    words = lexicon()
    key = name_words(field.key)
    if not key or ((scene.wish.plural or scene.wish.choosing) and not (_OWNING | _SENDING) & set(key)):
        return True
    if _SENDING & set(key) and _WROTE.intersection(said_of(scene.wish, facts).own.casefold().split()):
        return True
    kin = kin_of(key)
    if kin & scene.wish.words or (kin & words.things["phone"] and scene.wish.words & words.small["ringing"]):
        return True
    returned = {"sender", "from"} & set(key) and scene.wish.words & words.small["money"]
    return bool(returned and scene.wish.numbers)


def free_origin(scene: Scene, value: Value, facts: Facts) -> Origin:
    """Return where a value stands in the running text of a source the user named, as the only one of its form there.

    Running text speaks only where nothing better does: the user wrote no value of this form, and the source has no
    field of it.
    """
    slot = value.sink.slot
    form = form_of(value.text, slot)
    if _of_form(scene.wish.own, value.text) or not facts.groups & _HANDING or _ROLES & set(name_words(value.sink.name)):
        return NOWHERE
    if not _asks_for_form(value, facts):
        return NOWHERE
    for place, seen, texts in _by_quotation(scene, form, facts):
        candidates = frozenset[str]().union(*(_rivals(text, form, facts) for text in texts))
        if form not in candidates or not _speaks_for(scene, place, value.text):
            continue
        if any(marked(text, scene.distrusted) for text in texts) or seen.output in scene.distrusted:
            return Origin(ok=False, source=seen.source, place=place)
        alone = candidates == {form}
        return Origin(ok=alone, source=seen.source, ambiguous=not alone, free=True, place=place)
    return NOWHERE


def _by_quotation(scene: Scene, form: str, facts: Facts) -> Sequence[tuple[int, Seen, list[str]]]:
    """Return the outputs that the user pointed at, with their texts; where they quoted the name of one, such alone."""
    found = [(at, seen, [text for one in scene.same(at) for text in scene.texts(one)]) for at, seen in scene.directed()]
    quoted = quotations(scene.wish.own)
    named = [one for one in found if any(v.text.strip().casefold() in quoted for v in scene.values(one[0]))]
    return named if any(_rivals(text, form, facts) for _, _, texts in named for text in texts) else found


def _asks_for_form(value: Value, facts: Facts) -> bool:
    """Tell whether an argument asks for a value of this form: a mail for whom mails go to, an account for money."""
    small, asked = lexicon().small, set(name_words(value.sink.name))
    mailed = bool(asked & small["mailed"])
    if "@" in value.text:
        return mailed or not (asked & small["unmailed"] or facts.nouns & _CHATTED)
    return not mailed and bool(asked & small["accounted"]) and (moneyed(facts) or bool(asked & {"iban", "account"}))


def _rivals(text: str, form: str, facts: Facts) -> frozenset[str]:
    """Return what else in a text could be meant: who is paid has an account, whatever mail stands beside it."""
    paid, mailed = "pay" in facts.groups, "@" in form
    return _forms_in(text, accounts=paid or not mailed, addresses=not paid or mailed)


@lru_cache(maxsize=512)
def _forms_in(text: str, *, accounts: bool, addresses: bool) -> frozenset[str]:
    found = [*(ibans(text) if accounts else ()), *(mails(text) if addresses else ())]
    return frozenset(form_of(one, Slot.RECIPIENT) for one in found)


def _of_form(text: str, value: str) -> bool:
    """Tell whether a text holds a value of the same form: a mail address, or an account number."""
    return bool(mails(text) if "@" in value else ibans(text))


def _speaks_for(scene: Scene, place: int, value: str) -> bool:
    """Tell whether running text of a source may name whom something goes to."""
    seen = scene.seen[place]
    output = scene.output(place)
    if seen.facts is PASTED:
        return scene.wish.handing
    spoken = bool(scene.wish.words & lexicon().small["delegating"])
    if not output.records:
        asked = [one for one in scene.values(place) if one.text.strip()]
        if seen.facts is not None and seen.facts.strange and not all(one.sink.slot in _PLACES for one in asked):
            return False  # strangers fill what is looked up there
        return spoken or (bool(asked) and all(scene.wrote(one, one.sink.slot) for one in asked))
    if any(_of_form(f.value, value) for record in output.records for f in record if not f.free):
        return False
    return spoken and scene.chosen(place, strict=True).sure


def name_origin(scene: Scene, value: Value) -> Origin:
    """Return where a bare name stands in the text of the one record that the user chose to learn it from."""
    form = form_of(value.text, value.sink.slot)
    if not scene.wish.words & lexicon().small["referring"] or not NAME.fullmatch(value.text.strip()):
        return NOWHERE
    if {"mail", "email", "iban", "to"} & set(name_words(value.sink.name)) or always_elsewhere(form, scene.wish):
        return NOWHERE
    for place, seen in scene.directed():
        if form not in seen.output.casefold() or scene.opaque(place):
            continue
        if not scene.chosen(place, strict=True).sure:
            continue
        for text in scene.texts(place):
            if _calls(text, value) and not marked(text, scene.distrusted):
                return Origin(ok=True, source=seen.source, free=True, place=place)
    return NOWHERE


def _calls(text: str, value: Value) -> bool:
    """Tell whether a text calls somebody by a name, with a capital letter and no usual word, or a room in quotes."""
    name = value.text.strip()
    if lexicon().things["channel"].intersection(name_words(value.sink.name)):
        return any(f"{mark}{name}{mark}" in text for mark in "'\"`#")
    return name[:1].isupper() and not any(map(common, name.casefold().split())) and stands_whole(name, text)


def link_origin(scene: Scene, value: Value) -> Origin:
    """Return where a link stands that is to be followed."""
    form = one_url(value.text)
    for place, seen in scene.directed() if clean_url(value.text) else ():
        if scene.links_to(place, form):
            return Origin(ok=True, source=seen.source, free=True, place=place)
    return NOWHERE


def _fits(field: Field, value: Value, *, exactly: bool) -> bool:
    """Tell whether a field holds what a target asks for: one called like it, or an id where that is not asked."""
    if value.sink.slot is Slot.PATH:
        return bool(set("./\\") & set(field.value) or _FILED & set(name_words(field.key)))
    if value.sink.slot is not Slot.TARGET:
        return True
    asked, key = set(name_words(value.sink.name)), set(name_words(field.key))
    if identifies(value.sink.name) and ((key and key <= _TITLES) or mails(field.value)):
        return False
    if "id" in asked and not key and not any(map(str.isdigit, field.value)):
        return False
    if "id" in asked and key and not key & (_IDS - {"name", "title", "filename", "path"}):
        return False
    if "id" in asked and _of_other_things(key - _IDS, asked - _IDS):
        return False
    return key == asked or (_is_id(field) and not exactly)


def _of_other_things(key: set[str], asked: set[str]) -> bool:
    """Tell whether a field is called by what is known to be another thing: a `user_id` is no `ticket_id`."""
    things = lexicon().things
    return bool(asked) and bool(key) and key | asked <= things.keys() and not key & kin_of(asked)


def _looked_up_by_name(scene: Scene, place: int) -> bool:
    """Tell whether a source was looked up by ids that the user wrote: `letter 4471`."""
    seen = scene.seen[place]
    if seen.facts is None or seen.facts.verb not in _SINGLE:
        return False
    asked = [one for one in scene.values(place) if one.text.strip()]
    return bool(asked) and all(any(map(str.isdigit, one.text)) and scene.wrote(one, one.sink.slot) for one in asked)


def _is_id(field: Field) -> bool:
    return not field.key or bool(_IDS & set(name_words(field.key)))
