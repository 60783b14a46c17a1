"""Whose address a record holds: that of the one person the user named, or of what they called by its id."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.calling import excluded
from accord.guard.flow.lexicon import Slot, lexicon, name_words, slot_named
from accord.guard.flow.outputs import Field, read_output
from accord.guard.flow.requesting import quotations
from accord.guard.flow.scene import Scene, stands_in
from accord.guard.flow.selecting import bearing, id_written
from accord.guard.flow.shapes import MAIL, form_of, mails, mails_and_accounts, without_accents
from accord.guard.flow.stems import split

_NAME: Final = r"[^\W\d_a-z][^\W\d_]+"
_LISTED: Final = re.compile(
    r"(?i)\b(?:mentioned|listed|named|erwähnt|genannt|aufgeführt|mentionnée?s?|citée?s?|mencionad[oa]s?|menzionat[ie]|genoemd)"
    r"\s+(?:in|on|auf|dans|sur|en|nel|nella|op)\b"
)
_LIKE: Final = re.compile(
    r"(?i)\b(?:as|like|wie|comme|como|come|als)\s+(?:(?:in|at|for|the|bei|beim|im|à|pour|en|la|el|il|de|het)\s+){0,2}"
    r"['\"“‘«]([^'\"”’»\n]{2,80})['\"”’»]"
)


def by_name(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool | None:
    """Tell whether an address is that of the one person the user named; None where they named nobody's there."""
    value = holding[0][1].value
    if not mails_and_accounts(value):
        return None
    form = form_of(value, Slot.RECIPIENT)
    facts = scene.seen[place].facts
    said = scene.wish.proper | (_persons(scene) if facts and facts.nouns & lexicon().small["listed"] else frozenset())
    written = {word for one in mails(scene.wish.own) for word in split([one.replace("@", ".")])}
    plain = frozenset(without_accents(word) for word in said - written if not excluded(scene.wish, word))
    known, at = _known(scene.output(place).text), {spot for spot, _ in holding}
    mine = max((len(one.words & plain) for one in known if one.address == form and one.at in at), default=0)
    best = max((len(one.words & plain) for one in known if one.address != form), default=0)
    if mine or best:
        return mine > best and not _called_otherwise(scene, place, form, plain)
    return False if _known_elsewhere(scene, place, plain) else None


def _called_otherwise(scene: Scene, place: int, form: str, said: frozenset[str]) -> bool:
    """Tell whether an address of another output has all the names of the user's that this one has, and more."""
    names = frozenset(map(without_accents, scene.wish.proper)) & said
    mine = frozenset().union(*(one.words & names for one in _known(scene.output(place).text) if one.address == form))
    return bool(names) and _known_elsewhere(scene, place, names, mine)


def _known_elsewhere(scene: Scene, place: int, names: frozenset[str], fewer: frozenset[str] = frozenset()) -> bool:
    """Tell whether another output has the address of somebody with more of the user's names than these few.

    Of somebody else altogether it is only where they mean nobody besides.
    """
    if not fewer and (scene.wish.plural or scene.wish.choosing or scene.wish.instructs):
        return False
    others = (other for other, seen in scene.directed() if other != place and seen.facts and seen.facts.reads)
    return any(fewer < one.words & names for other in others for one in _known(scene.output(other).text))


def _persons(scene: Scene) -> frozenset[str]:
    """Return the user's words that may be names, without a capital letter too."""
    words = lexicon()
    return scene.wish.words - words.small["stop"] - words.asked - words.things.keys()


def mentioned(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether the user, or another source that they pointed at, speaks of somebody whose address a list has."""
    form, at = form_of(holding[0][1].value, Slot.RECIPIENT), {spot for spot, _ in holding}
    names = [one.words for one in _known(scene.output(place).text) if one.address == form and one.at in at]
    told = (text for other, _ in scene.directed() if other != place for text in scene.texts(other))
    texts = [scene.wish.own, *(MAIL.sub(" ", text) for text in told)]
    return any(_named_in(without_accents(text), words) for text in texts for words in names if words)


def _named_in(text: str, words: frozenset[str]) -> bool:
    """Tell whether a text names somebody: by half of their names, where none of it is another's: `David Lee`."""
    shown = [word for word in words if stands_in(word, text.casefold(), Slot.OTHER)]
    last = {name.casefold() for word in shown for name in re.findall(rf"(?i:\b{re.escape(word)})\s+({_NAME})", text)}
    return len(shown) * 2 >= len(words) and (not last or not last.isdisjoint(words))


def not_meant(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether an address is of nobody who is named in what the user points at: in a list, by a title."""
    listed = _LISTED.search(scene.wish.own) is not None and not mentioned(scene, place, holding)
    return listed or _of_another_title(scene, place, holding)


def _of_another_title(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool:
    """Tell whether an address stands in no record with a name that the user quoted, and some other record has one."""
    quoted = quotations(scene.wish.own)
    if not quoted or not bearing(scene.seen[place].output, quoted).isdisjoint(at for at, _ in holding):
        return False
    like = _likened(scene.wish.own)
    if like and bearing(scene.seen[place].output, like).isdisjoint(at for at, _ in holding):
        return True
    own = ((at, seen) for at, seen in scene.directed() if seen.facts is not None and seen.facts.reads)
    return any(bearing(seen.output, quoted) for at, seen in own if not scene.opaque(at))


@lru_cache(maxsize=256)
def _likened(text: str) -> frozenset[str]:
    """Return the quoted names of what something is to be like: `the same participants as 'Kick-off'`."""
    return frozenset(match[1].strip().casefold() for match in _LIKE.finditer(text))


def in_letter(scene: Scene, place: int, form: str) -> bool:
    """Tell whether the letter that we were told to follow has a receiver, or speaks of who an output says has it."""
    at, text = scene.letter
    records = [record for record in scene.output(at).records if any(field.value == text for field in record)]
    if any(form == form_of(field.value, Slot.RECIPIENT) for record in records for field in record):
        return True
    said = without_accents(text.casefold())
    names = (word for one in _known(scene.output(place).text) if one.address == form for word in one.words)
    return any(stands_in(one, said, Slot.RECIPIENT) for one in (form.casefold(), *names))


def beside_title(scene: Scene, place: int, at: int) -> bool:
    """Tell whether a record has no name that the user quoted, and another one of the same output has one."""
    titles = frozenset(one for one in quotations(scene.wish.own) if "@" not in one)
    titled = bearing(scene.seen[place].output, titles)
    return bool(titled) and at not in titled


class _Known(NamedTuple):
    """An address in the record at a place, and the words that are part of it or of the name beside it."""

    at: int
    address: str
    words: frozenset[str]


@lru_cache(maxsize=256)
def _known(text: str) -> tuple[_Known, ...]:
    """Return the addresses in the records of an output."""
    records = read_output(text).records
    return tuple(_Known(at, one, _names(one, record)) for at, record in enumerate(records) for one in addresses(record))


def _names(address: str, record: tuple[Field, ...]) -> frozenset[str]:
    """Return the words that are part of an address, or of the name beside it where that can be of nobody else."""
    words = set(name_words(address.partition("@")[0])) if "@" in address else set()
    naming = lexicon().small["naming"]
    beside = [f.value for f in record if naming.intersection(name_words(f.key)) and not f.free]
    if len(addresses(record)) == 1 or "@" not in address:
        words |= {word for name in beside for word in without_accents(name.casefold()).split()}
    return frozenset(word for word in words if len(word) > 2)


def addresses(record: tuple[Field, ...]) -> set[str]:
    """Return the addresses and accounts in the fields of a record, each in its one form."""
    return {form_of(f.value, Slot.RECIPIENT) for f in record if not f.free and mails_and_accounts(f.value)}


def only_address(scene: Scene, record: tuple[Field, ...]) -> bool:
    """Tell whether a record that the user calls by its id has one address: `the plumber of order WO-77`."""
    return len(addresses(record)) == 1 and any(
        slot_named(field.key) is Slot.TARGET and id_written(field.value, scene.wish)
        for field in record
        if not field.free
    )


def of_all_names(scene: Scene, place: int, places: frozenset[int]) -> frozenset[int]:
    """Return the records that show every name of the user's that any record shows: `the documents of Harlan`."""
    said = scene.wish.proper | scene.wish.telling
    shown = [
        said.intersection(word for f in record if not f.free for word in f.value.casefold().split())
        for record in scene.output(place).records
    ]
    names = frozenset().union(*shown)
    return frozenset(at for at in places if shown[at] == names)
