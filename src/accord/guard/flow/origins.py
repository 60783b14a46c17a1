"""Where a value comes from, and whether that source may fill that argument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.outputs import Field
from accord.guard.flow.scene import Scene, Value, leaves, stands_in
from accord.guard.flow.selecting import Chosen
from accord.guard.flow.shapes import days, form_of, ibans, mails, numbers, one_url, shaped
from accord.guard.flow.speaking import marked
from accord.guard.flow.tools import Facts

USER: Final = "user"
_IDS: Final = frozenset(
    {"id", "ids", "uid", "uuid", "key", "number", "name", "title", "filename", "ref", "code", "path", "url"}
)
_NAME: Final = re.compile(r"[^\W\d_][\w -]{0,40}")
_CENT: Final = 0.006
_PARTS: Final = (2, 3, 4, 5, 6, 12)


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
        if slot is Slot.TARGET and not _same_things(scene, seen.facts, facts):
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
        if found.ok:
            return found
        worst = found
    return worst


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
    source = f"tool:{scene.seen[place].name}"
    if slot is Slot.RECIPIENT and (named := _by_name(scene, place, holding)) is not None:
        return Origin(ok=named, source=source, ambiguous=not named, place=place)
    picked = scene.chosen(place, strict=slot is Slot.RECIPIENT)
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


def _by_name(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool | None:
    """Tell whether a mail address is that of the one person the user named; None where they named nobody's there."""
    value = holding[0][1].value.casefold()
    if "@" not in value:
        return None
    records = scene.output(place).records
    mine = max((_names(scene, value, records[at]) for at, _ in holding), default=0)
    others = [
        _names(scene, other, record)
        for record in records
        for other in {field.value.casefold() for field in record if not field.free and "@" in field.value} - {value}
    ]
    best = max(others, default=0)
    return None if not mine and not best else mine > best


def _names(scene: Scene, mail: str, record: tuple[Field, ...]) -> int:
    """Count the words the user wrote that are part of an address, or of the name beside it."""
    words = set(name_words(mail.partition("@")[0]))
    beside = [f.value for f in record if "name" in name_words(f.key) and not f.free]
    addresses = {f.value.casefold() for f in record if "@" in f.value}
    if len(addresses) == 1:
        words |= {word.casefold() for said in beside for word in said.split()}
    return len({word for word in words if len(word) > 2} & scene.wish.proper)


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


def free_origin(scene: Scene, value: Value) -> Origin:
    """Return where a value stands in the running text of a source the user named, as the only one of its form there.

    Running text speaks only where nothing better does: the user wrote no value of this form, and the source has no
    field of it.
    """
    slot = value.sink.slot
    form = form_of(value.text, slot)
    if _of_form(scene.wish.text, value.text):
        return NOWHERE
    for place, seen in scene.directed():
        texts = list(_texts(scene, place))
        candidates = {form_of(one, slot) for text in texts for one in shaped(text, slot)}
        if form not in candidates or not _speaks_for(scene, place, value.text):
            continue
        source = f"tool:{seen.name}"
        if any(marked(text, scene.distrusted) for text in texts) or seen.output in scene.distrusted:
            return Origin(ok=False, source=source, place=place)
        alone = candidates == {form}
        return Origin(ok=alone, source=source, ambiguous=not alone, free=True, place=place)
    return NOWHERE


def _of_form(text: str, value: str) -> bool:
    """Tell whether a text holds a value of the same form: a mail address, or an account number."""
    return bool(mails(text) if "@" in value else ibans(text))


def _speaks_for(scene: Scene, place: int, value: str) -> bool:
    """Tell whether running text of a source may name whom something goes to."""
    seen = scene.seen[place]
    output = scene.output(place)
    spoken = bool(scene.wish.words & lexicon().small["delegating"])
    if not output.records:
        asked = [one for one in leaves(seen.args, seen.facts.sinks if seen.facts else {}) if one.text.strip()]
        return spoken or (bool(asked) and all(scene.wrote(one, one.sink.slot) for one in asked))
    if any(_of_form(f.value, value) for record in output.records for f in record if not f.free):
        return False
    return spoken and scene.chosen(place, strict=True).sure


def _texts(scene: Scene, place: int) -> Iterator[str]:
    """Yield the running texts of an output: all of it, or the free fields of the records the user chose."""
    output = scene.output(place)
    if not output.records:
        yield output.text
        return
    places = scene.chosen(place, strict=True).places
    for at in sorted(places):
        yield from (field.value for field in output.records[at] if field.free or " " in field.value)


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
        for text in _texts(scene, place):
            if stands_in(form, text.casefold(), Slot.RECIPIENT) and not marked(text, scene.distrusted):
                return Origin(ok=True, source=f"tool:{seen.name}", free=True, place=place)
    return NOWHERE


def link_origin(scene: Scene, value: Value) -> Origin:
    """Return where a link stands that is to be followed."""
    form = one_url(value.text)
    for place, seen in scene.directed():
        if scene.links_to(place, form):
            return Origin(ok=True, source=f"tool:{seen.name}", free=True, place=place)
    return NOWHERE


def amount_ok(scene: Scene, amount: float, only: int) -> bool:
    """Tell whether an amount is one the user or a named source says, or follows from two or three of those."""
    said = set(scene.wish.numbers)
    if only >= 0:
        return _near(amount, said | set(numbers(scene.seen[only].output[:20_000])))
    if said and not scene.wish.computing:
        return _near(amount, said)
    known = set(said)
    for place, _ in scene.directed():
        known.update(_amounts(scene, place))
    known = set(sorted(known)[:400])
    if _near(amount, known):
        return True
    shares = [share for share in said if 0 < share <= 100]
    for one in known:
        if _near(amount - one, known) or _near(amount + one, known):
            return True
        if any(_same(one * share / 100, amount) for share in shares):
            return True
        if any(_same(one / part, amount) or _same(one * part, amount) for part in _PARTS):
            return True
        if _three(amount, one, said, shares):
            return True
    return False


def _three(amount: float, one: float, said: set[float], shares: list[float]) -> bool:
    """Tell whether an amount is a share of a known one and a said one, or a known one less its part of a total."""
    for share in shares:
        rest = amount - one * share / 100
        if _near(rest, said) or _same(rest, one):
            return True
    return any(_same(amount + total / part, one) for total in said for part in (2, 3, 4) if total)


def _same(one: float, other: float) -> bool:
    return abs(one - other) < _CENT and other > _CENT


def _near(amount: float, known: set[float]) -> bool:
    return amount in known or round(amount, 2) in known


def _amounts(scene: Scene, place: int) -> Iterator[float]:
    output = scene.output(place)
    if not output.records:
        yield from numbers(output.text[:20_000])
    for record in output.records[:200]:
        for field in record:
            if not field.free and not _is_id(field) and len(field.value) < 20 and "-" not in field.value[1:]:
                yield from numbers(field.value)


def _fits(field: Field, slot: Slot) -> bool:
    return slot is not Slot.TARGET or _is_id(field)


def _is_id(field: Field) -> bool:
    return not field.key or bool(_IDS & set(name_words(field.key)))
