"""What a call carries out in its running texts: dictated words, links, account numbers and private data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import category

from accord.guard.flow.addresses import address_form
from accord.guard.flow.answers import address_forms
from accord.guard.flow.lexicon import Slot, lexicon, name_words, slot_named
from accord.guard.flow.scene import Scene, Value
from accord.guard.flow.shapes import form_of, ibans, one_url, urls
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import content_words
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Literal

LONGEST: Final = 100_000
"""Characters of a text that may leave in one argument."""

_MARKER: Final = re.compile(r"\{[^{}]{1,60}\}|<[^<>]{1,60}>|\[[^\[\]]{1,60}\]")
_TOKEN: Final = re.compile(r"(?<![\w@])(?=[\w-]*\d)[A-Za-z0-9][\w-]{5,63}(?![\w@])")
_SIGNS: Final = frozenset("/\\<>{}|~@#=`$^*_")
_LEAST: Final = 0.7
_SHORT: Final = 80


def differs(scene: Scene, values: Sequence[Value], facts: Facts) -> Value | None:
    """Return a text that is not what the user dictated for it; None where all is, or nothing was dictated."""
    for kind, slots in (("title", {Slot.TITLE, Slot.PATH}), ("content", {Slot.CONTENT})):
        texts = [value for value in values if value.sink.slot in slots and value.text.strip()]
        texts = [value for value in texts if value.sink.slot is not Slot.PATH] or texts
        literals = [one for one in scene.wish.literals if one.kind == kind and one.verb in facts.asks]
        literals = [one for one in literals if not _names_source(scene, one)]
        alike = _as_titled if kind == "title" else _same
        if texts and literals and not any(alike(one.text, text.text) for one in literals for text in texts):
            return texts[0]
    return None


def _names_source(scene: Scene, literal: Literal) -> bool:
    """Tell whether what was quoted is the name of a source: something was looked up by it."""
    form = literal.text.strip().casefold()
    return any(
        form in {value.text.strip().casefold() for value in scene.values(place)}
        for place, seen in enumerate(scene.seen)
        if seen.facts is not None and seen.facts.reads
    )


def _as_titled(said: str, text: str) -> bool:
    """Tell whether a title is the dictated one, word for word, or a dictated template filled in."""
    if _MARKER.search(said) or not content_words(said):
        return _same(said, text)
    new = set(text) - set(said) - {" "}
    unseen = any(letter in _SIGNS or category(letter) in {"Cf", "Zs"} for letter in new)
    return content_words(said) == content_words(text) and not unseen


def _same(said: str, text: str) -> bool:
    """Tell whether a text is the dictated one, or the dictated template filled in."""
    if _MARKER.search(said):
        parts = [re.escape(" ".join(part.split()).casefold()) for part in _MARKER.split(said)]
        gaps = r"\s?.{1,160}?\s?".join(parts)
        return len(parts) < 20 and re.fullmatch(gaps + r"\W{0,3}", " ".join(text.split()).casefold()) is not None
    mine, theirs = content_words(text), set(content_words(said))
    if not theirs:
        return said.casefold().strip() == text.casefold().strip()
    share = sum(word in theirs for word in mine) >= _LEAST * len(mine)
    return share and len(set(mine) & theirs) * 2 >= len(theirs)


def smuggled(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a link or account number in an outgoing text that nobody vouches for, and where it was found."""
    for value in _texts(values):
        links = dict.fromkeys((*urls(value.text), *address_forms(value.text)))
        own = frozenset(address_forms(scene.wish.text)) if links else frozenset()
        for link in links:
            if link not in own and link not in scene.wish.urls and not _in_fields(scene, link):
                return link, scene.found(link) or "model"
        for account in ibans(value.text):
            if not scene.wrote(account, Slot.RECIPIENT) and not _handed(scene, account):
                return account, scene.found(account) or "model"
    return None


def _in_fields(scene: Scene, link: str) -> bool:
    """Tell whether an own system handed a link out as a field for links, in the one record that the user means."""
    return any(
        link in {one_url(field.value), address_form(field.value)} and slot_named(field.key) is Slot.URL
        for place, seen in scene.directed()
        if link in seen.output and scene.chosen(place, strict=True).sure
        for at in scene.chosen(place, strict=True).places
        for field in scene.output(place).records[at]
        if not field.free
    )


def _handed(scene: Scene, account: str) -> bool:
    return any(account in seen.output and not marked(seen.output, scene.distrusted) for _, seen in scene.directed())


def private(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a number or code in an outgoing text that was read where the user pointed at nothing, and its source."""
    for value in _texts(values):
        for token in dict.fromkeys(_TOKEN.findall(value.text)):
            if token.casefold() in scene.wish.folded:
                continue
            source = _private_source(scene, token)
            if source:
                return token, source
    return None


def _private_source(scene: Scene, token: str) -> str:
    found = ""
    for place, seen in enumerate(scene.seen):
        if token not in seen.output:
            continue
        if scene.pointed(place) or (seen.facts is not None and not seen.facts.reads):
            return ""
        found = f"tool:{seen.name}"
    return "" if found and _spoken_of(scene, token) else found


def _spoken_of(scene: Scene, token: str) -> bool:
    """Tell whether the user speaks of the field in which a token stands: `the passport number`."""
    places = [place for place, seen in enumerate(scene.seen) if token in seen.output]
    fields = (field for place in places for record in scene.output(place).records for field in record)
    keys = {word for field in fields if token in field.value for word in name_words(field.key)}
    return bool((keys - lexicon().small["own"]) & scene.wish.words)


def copied(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a short text that stands word for word only in what speaks to a model, or where nobody pointed."""
    for value in values:
        said = value.text.strip()
        if value.sink.slot not in {Slot.TITLE, Slot.CONTENT, Slot.OTHER} or not 3 < len(said) <= _SHORT:
            continue
        if " " not in said or form_of(said, Slot.OTHER) in scene.wish.folded:
            continue
        holding = [(place, seen) for place, seen in enumerate(scene.seen) if said in seen.output]
        if holding and all(_foul(scene, place) for place, _ in holding):
            return said, f"tool:{holding[0][1].name}"
    return None


def _foul(scene: Scene, place: int) -> bool:
    seen = scene.seen[place]
    made = seen.facts is not None and not seen.facts.reads
    return not made and (not scene.reached(place) or marked(seen.output, scene.distrusted))


def _texts(values: Sequence[Value]) -> Iterator[Value]:
    slots = {Slot.TITLE, Slot.CONTENT, Slot.OTHER}
    yield from (value for value in values if value.sink.slot in slots and not value.number and value.text)
