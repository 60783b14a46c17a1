"""Where a value comes from, and whether that source may fill that argument."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from accord.core.system import Effect
from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.outputs import Field
from accord.guard.flow.scene import PASTED, Scene, Value, leaves, stands_in
from accord.guard.flow.selecting import Chosen
from accord.guard.flow.shapes import days, form_of, ibans, mails, one_url, shaped, without_accents
from accord.guard.flow.speaking import marked
from accord.guard.flow.tools import Facts

USER: Final = "user"
_IDS: Final = frozenset(
    {"id", "ids", "uid", "uuid", "key", "number", "name", "title", "filename", "ref", "code", "path", "url"}
)
_NAME: Final = re.compile(r"[^\W\d_][\w -]{0,40}")
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


def from_user(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether the user wrote the value for such an argument: a bare number must be called an id."""
    slot = value.sink.slot
    if not scene.wrote(value, slot):
        return False
    form = value.text.strip()
    if slot is Slot.TARGET and form.isdigit() and len(form) < 6:
        return _labelled(scene, form, facts)
    if slot is Slot.RECIPIENT and (days(form) or _only_a_source(scene, form, facts)):
        return False
    return any(word not in lexicon().small["stop"] for word in form.casefold().split())


def _only_a_source(scene: Scene, form: str, facts: Facts) -> bool:
    """Tell whether a bare name stands only where the user says where something is, before anything is asked for."""
    if "send" not in facts.groups or not _NAME.fullmatch(form):
        return False
    asked = [request.start for request in scene.wish.requests if request.verb in facts.asks]
    text = scene.wish.text.casefold()
    first = min(asked, default=0)
    if stands_in(form.casefold(), text[first:], Slot.RECIPIENT):
        return False
    before = text[: text.rfind(form.casefold(), 0, first)].split()[-2:]
    return bool(set(before) & lexicon().small["origin"])


def _labelled(scene: Scene, number: str, facts: Facts) -> bool:
    words = scene.wish.folded.replace("'", " ").replace('"', " ").replace("#", "# ").replace(":", " ").split()
    labels = lexicon().small["labels"] | facts.things
    return any(
        word.strip(".,;!?()") == number
        and any(before.strip(".,;()") in labels for before in words[max(0, at - 2) : at])
        for at, word in enumerate(words)
    )


def own_making(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether an effect of this session, which the user asked for, handed the value out as an id."""
    form = form_of(value.text, value.sink.slot)
    for place, seen in enumerate(scene.seen):
        if seen.facts is None or seen.facts.reads or value.text not in seen.output:
            continue
        if not seen.facts.things & facts.things:
            continue
        records = scene.output(place).records
        if any(form_of(f.value, value.sink.slot) == form and _is_id(f) for record in records for f in record):
            return True
    return False


def field_origin(scene: Scene, value: Value, facts: Facts) -> Origin:
    """Return where a value stands as a field of a record the user chose."""
    slot = value.sink.slot
    form = form_of(value.text, slot)
    worst = NOWHERE
    for place, seen in scene.holding(value.text):
        if seen.facts is None:
            continue
        own = bool(seen.facts.nouns & {one.removesuffix("s") for one in name_words(value.sink.name)})
        if slot is Slot.TARGET and not own and not _same_things(scene, seen.facts, facts):
            continue
        records = scene.output(place).records
        holding = [
            (at, field)
            for at, record in enumerate(records)
            for field in record
            if not field.free and form_of(field.value, slot) == form and _fits(field, slot)
        ]
        if not holding or (slot is Slot.RECIPIENT and not _of_kind(value, seen.facts, holding)):
            continue
        found = _judged(scene, place, holding, slot, facts)
        if found.ok and slot is Slot.RECIPIENT and _contradicted(scene, place, form):
            found = Origin(ok=False, source=seen.source, ambiguous=True, place=place)
        if found.ok:
            return found
        worst = found
    return worst


def _contradicted(scene: Scene, place: int, form: str) -> bool:
    """Tell whether the same source, asked for the same once more, gave other receivers and not this one."""
    for other in scene.same(place):
        values = [f.value for record in scene.output(other).records for f in record if not f.free]
        alike = [value for value in values if shaped(value, Slot.RECIPIENT)] if shaped(form, Slot.RECIPIENT) else values
        if alike and form not in {form_of(value, Slot.RECIPIENT) for value in alike}:
            return True
    return False


def _same_things(scene: Scene, source: Facts, facts: Facts) -> bool:
    """Tell whether a source hands out the things that a tool works on; by name, where any source does so by name."""
    if any(
        seen.facts is not None and seen.facts.reads and seen.facts.nouns & facts.nouns for _, seen in scene.directed()
    ):
        return bool(source.nouns & facts.nouns)
    return bool(source.things & facts.things)


def _of_kind(value: Value, source: Facts, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether a field holds what the argument wants: rooms are no users, amounts are no accounts."""
    words = lexicon()
    argument = set(name_words(value.sink.name))
    wanted = argument.union(*(words.things.get(word, frozenset()) for word in argument))
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
    if slot is Slot.RECIPIENT and (named := _by_name(scene, place, holding)) is not None:
        return Origin(ok=named, source=source, ambiguous=not named, place=place)
    if slot is Slot.RECIPIENT and _looked_up(scene, place, holding):
        return Origin(ok=False, source=source, ambiguous=True, place=place)
    if slot is Slot.RECIPIENT and _written_instead(scene, holding[0][1].value, facts):
        return Origin(ok=False, source=source, ambiguous=True, place=place)
    final = slot is Slot.TARGET and facts.effect is Effect.IRREVERSIBLE
    picked = scene.named(place) if final else scene.chosen(place, strict=slot is Slot.RECIPIENT)
    meant = [field for at, field in holding if at in picked.places]
    if not meant:
        return Origin(ok=False, source=source, ambiguous=not picked.places, place=place)
    if slot is Slot.RECIPIENT and not any(_role_named(scene, field) for field in meant):
        return Origin(ok=False, source=source, ambiguous=True, place=place)
    sure = picked.sure or not _needs_one(scene, picked, facts)
    return Origin(ok=sure, source=source, ambiguous=not sure, place=place)


def _needs_one(scene: Scene, picked: Chosen, facts: Facts) -> bool:
    """Tell whether the words must leave one record: where the effect is final, or nothing says that many are meant."""
    final = facts.effect.value == "irreversible"
    return len(picked.places) > 1 and (final or not (scene.wish.plural or scene.wish.choosing))


def _looked_up(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether an address comes from a list of persons: there the name decides, and the user named nobody in it."""
    facts = scene.seen[place].facts
    persons = facts is not None and bool(facts.nouns & lexicon().small["listed"])
    if not persons or scene.wish.plural or scene.wish.choosing or not shaped(holding[0][1].value, Slot.RECIPIENT):
        return False
    return any("name" in name_words(f.key) for record in scene.output(place).records for f in record)


def _written_instead(scene: Scene, value: str, facts: Facts) -> bool:
    """Tell whether the user wrote addresses of their own, and says of nobody else that they get it too."""
    if "pay" in facts.groups or "@" not in value or scene.wish.plural or scene.wish.choosing:
        return False
    return not scene.wish.instructs and bool(mails(scene.wish.named))


def _by_name(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool | None:
    """Tell whether an address is that of the one person the user named; None where they named nobody's there."""
    value = holding[0][1].value
    if not shaped(value, Slot.RECIPIENT):
        return None
    form = form_of(value, Slot.RECIPIENT)
    records = scene.output(place).records
    facts = scene.seen[place].facts
    said = scene.wish.proper | (_persons(scene) if facts and facts.nouns & lexicon().small["listed"] else frozenset())
    mine = max((_names(said, form, records[at]) for at, _ in holding), default=0)
    others = [_names(said, other, record) for record in records for other in _addresses(record) - {form}]
    best = max(others, default=0)
    return None if not mine and not best else mine > best


def _persons(scene: Scene) -> frozenset[str]:
    """Return the user's words that may be names, without a capital letter too."""
    words = lexicon()
    return scene.wish.words - words.small["stop"] - words.asked - words.things.keys()


def _names(said: AbstractSet[str], address: str, record: tuple[Field, ...]) -> int:
    """Count the words the user wrote that are part of an address, or of the name beside it."""
    words = set(name_words(address.partition("@")[0])) if "@" in address else set()
    beside = [f.value for f in record if "name" in name_words(f.key) and not f.free]
    if len(_addresses(record)) == 1 or "@" not in address:
        words |= {word for name in beside for word in without_accents(name.casefold()).split()}
    return len({word for word in words if len(word) > 2} & {without_accents(word) for word in said})


def _addresses(record: tuple[Field, ...]) -> set[str]:
    """Return the addresses and accounts in the fields of a record, each in its one form."""
    return {form_of(f.value, Slot.RECIPIENT) for f in record if not f.free and shaped(f.value, Slot.RECIPIENT)}


def _role_named(scene: Scene, field: Field) -> bool:
    """Tell whether the user speaks of what the field is: its key, one of its kind, or a choice among them."""
    words = lexicon()
    key = name_words(field.key)
    if not key or scene.wish.plural or scene.wish.choosing:
        return True
    kin = set(key).union(*(words.things.get(part, frozenset()) for part in key))
    if kin & scene.wish.words:
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
    if _of_form(scene.wish.own, value.text):
        return NOWHERE
    for place, seen in scene.directed():
        readings = scene.same(place)
        texts = [text for one in readings for text in scene.texts(one)]
        candidates = {form_of(one, slot) for text in texts for one in _rivals(text, form, facts)}
        if form not in candidates or not _speaks_for(scene, place, value.text):
            continue
        if any(marked(text, scene.distrusted) for text in texts) or seen.output in scene.distrusted:
            return Origin(ok=False, source=seen.source, place=place)
        alone = candidates == {form}
        return Origin(ok=alone, source=seen.source, ambiguous=not alone, free=True, place=place)
    return NOWHERE


def _rivals(text: str, form: str, facts: Facts) -> list[str]:
    """Return what else in a text could be meant: who is paid has an account, whatever mail stands beside it."""
    if "pay" in facts.groups and "@" not in form:
        return ibans(text)
    if "pay" not in facts.groups and "@" in form:
        return mails(text)
    return mails(text) + ibans(text)


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
        asked = [one for one in leaves(seen.args, seen.facts.sinks if seen.facts else {}) if one.text.strip()]
        if seen.facts is not None and seen.facts.strange and not all(one.sink.slot in _PLACES for one in asked):
            return False  # strangers fill what is looked up there
        return spoken or (bool(asked) and all(scene.wrote(one, one.sink.slot) for one in asked))
    if any(_of_form(f.value, value) for record in output.records for f in record if not f.free):
        return False
    return spoken and scene.chosen(place, strict=True).sure


def name_origin(scene: Scene, value: Value) -> Origin:
    """Return where a bare name stands in the text of the one record that the user chose to learn it from."""
    form = form_of(value.text, value.sink.slot)
    if not scene.wish.words & lexicon().small["referring"] or not _NAME.fullmatch(value.text.strip()):
        return NOWHERE
    if {"mail", "email", "iban", "to"} & set(name_words(value.sink.name)):
        return NOWHERE
    for place, seen in scene.directed():
        if form not in seen.output.casefold() or scene.opaque(place):
            continue
        if not scene.chosen(place, strict=True).sure:
            continue
        for text in scene.texts(place):
            if stands_in(form, text.casefold(), Slot.RECIPIENT) and not marked(text, scene.distrusted):
                return Origin(ok=True, source=seen.source, free=True, place=place)
    return NOWHERE


def link_origin(scene: Scene, value: Value) -> Origin:
    """Return where a link stands that is to be followed."""
    form = one_url(value.text)
    for place, seen in scene.directed():
        if scene.links_to(place, form):
            return Origin(ok=True, source=seen.source, free=True, place=place)
    return NOWHERE


def _fits(field: Field, slot: Slot) -> bool:
    return slot is not Slot.TARGET or _is_id(field)


def _is_id(field: Field) -> bool:
    return not field.key or bool(_IDS & set(name_words(field.key)))
