"""Whether the user, or the operator, wrote a value for such an argument."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from accord.content.language import common
from accord.guard.flow.calling import begun, called, introduced, stands_alone
from accord.guard.flow.lexicon import Slot, identifies, kin_of, lexicon, name_words
from accord.guard.flow.requesting import quotations
from accord.guard.flow.scene import Scene, stands_in
from accord.guard.flow.shapes import day_spans, days
from accord.guard.flow.tools import Facts, moneyed
from accord.guard.flow.values import Value
from accord.guard.flow.wholes import spans
from accord.guard.flow.wish import Wish

NAME: Final = re.compile(r"[^\W\d_][\w -]{0,40}")
"""What a bare name looks like."""

_GIVING: Final = frozenset({"send", "post", "share", "invite", "add"})  # a bill from Bob is paid to Bob
_ONWARDS: Final = frozenset({"to", "from", "with", "at", "for", "into"})
_LETTER: Final = re.compile(r"(?i)\b(?:from|von|de|da|dal|van)\s+(?:\w+\s+(?:to|an|à|a|aan)\s+)?$")
_CALLED_SO: Final = re.compile(r"\W{1,3}(\w+)")
_SO: Final = re.compile(r"(\w+)\W{1,3}$")
_NEAR: Final = 80  # characters before a name
_GOING: Final = re.compile(
    r"(?i)\b(?:head(?:ing)?|go(?:ing)?|fly(?:ing)?|trip|travel\w{0,4}|driv\w{1,3}|arriv\w{1,3}|land\w{0,3}|visit\w{0,3}|"
    r"reise\w{0,2}|fahre\w{0,2}|fliege\w{0,2}|voyage|vais|viaje|voy|vado|viaggio)\s+(?:(?:to|in|at|nach|à|au|a)\s+)?$"
)
_OWNED: Final = re.compile(r"['’]s\s+\w")
MAILED: Final = frozenset({"mail", "email"})
"""What a tool works on that takes nothing but addresses."""

_ANY: Final = frozenset({"id", "no", "nr", "number", "key", "query", "q", "search", "name", "keyword", "text"})
_LEAST: Final = 5  # digits of the shortest telephone
_CALLED: Final = frozenset({Slot.SECRET, Slot.TARGET, Slot.RECIPIENT, Slot.PATH, Slot.CODE})


def from_user(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether the user wrote the value for such an argument: a bare number must be called an id."""
    slot = value.sink.slot
    if not scene.wrote(value, slot):
        return False
    form = value.text.strip()
    if form and labelled(scene.wish, value) == form.casefold():
        return True
    named = slot not in _CALLED or called(scene.wish, value, facts) or _begins(scene, value, facts)
    if not named:
        return _said_by_operator(scene, value)
    about = facts.things if slot is Slot.TARGET and identifies(value.sink.name) else frozenset()
    dated = (days(form) and " " in form) or _of_a_day(form, scene.wish)
    if slot is Slot.TARGET and (dated or _only_where(form, scene.wish)):
        return False
    if slot in {Slot.TARGET, Slot.RECIPIENT} and _of_another_kind(form, value, scene.wish):
        return False
    if slot is Slot.TARGET and (looked_up_as_other(scene, value, about) or _of_several(scene, form)):
        return False
    if slot is Slot.TARGET and form.isdigit() and len(form) < 6:
        return _labelled(scene, form, facts)
    if slot is Slot.RECIPIENT and (_titles(scene, value) or _no_name(form) or _quoted_as_thing(scene, value, facts)):
        return False
    if slot is Slot.RECIPIENT and facts.nouns & MAILED and "@" not in form:
        return False  # a mail goes to an address
    if slot is Slot.RECIPIENT and moneyed(facts) and form.replace(" ", "").isalpha():
        known = scene.lists(form.casefold()) or _begins(scene, value, facts) or introduced(scene.wish, form, facts)
        return known and (form[:1].isupper() or not any(map(common, form.casefold().split())))
    if slot is Slot.RECIPIENT and (days(form) or _only_a_source(scene, form, facts)):
        return False
    return any(word not in lexicon().small["stop"] for word in form.casefold().split())


def _of_several(scene: Scene, form: str) -> bool:
    """Tell whether a name without a figure is that of several records of one output: it tells none from the other."""
    if any(map(str.isdigit, form)):
        return False
    read = (scene.output(place).records for place, _ in scene.holding(form))
    return any(sum(f.value.strip() == form and not f.free for record in one for f in record) > 1 for one in read)


def labelled(wish: Wish, value: Value) -> str:
    """Return what the user quotes right behind the name of an argument, in lower case: `with the reference 'boat'`."""
    words = name_words(value.sink.name)
    if value.sink.slot is not Slot.TARGET or len(words) != 1 or words[0] not in wish.words:
        return ""
    found = re.search(rf"(?i)\b{re.escape(words[0])}\s+['\"“‘«]([^'\"”’»\n]{{1,80}})['\"”’»]", wish.own)
    return found[1].strip().casefold() if found else ""


def _begins(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a name begins a sentence of the user's in which it does something: `Apple called`."""
    form = value.text.strip()
    begins = form.casefold() in begun(scene.wish.own) and form.casefold() not in facts.asks | lexicon().asked
    return begins and value.sink.slot is Slot.RECIPIENT


def looked_up_as_other(scene: Scene, value: Value, about: frozenset[str] = frozenset()) -> bool:
    """Tell whether a value is what something else was looked up by: an alert's id is no node."""
    form, asked = value.text.strip().casefold().split(), set(name_words(value.sink.name))
    for seen in scene.seen:
        for name, said in seen.args.items() if seen.facts is not None and seen.facts.reads else ():
            other = (set(name_words(name)) - _ANY) or (seen.facts.nouns if seen.facts else set())
            if other and not other & (asked | about) and str(said).strip().casefold() in form[-1:]:
                return True
    return False


def _of_another_kind(form: str, value: Value, wish: Wish) -> bool:
    """Tell whether a code goes by another noun, or is of another make, than those by which the user calls its kind.

    Of `set it on account 7741 and stop cheque 1472` no `account_no` is `cheque 1472`, and of `on PO 4500017731 the M8
    hinges` no `po_number` is `M8`.
    """
    words = form.casefold().split()
    mine = kin_of(name_words(value.sink.name)) - _ANY
    coded = [(lead, word) for lead, word in pairwise(("", *words)) if any(map(str.isdigit, word))]
    if not mine or not coded:
        return False
    said = [word.strip(".,;:!?()#") for word in wish.folded.split()]
    codes = {_bare(after) for word, after in pairwise(said) if word in mine and any(map(str.isdigit, after))}
    lead, code = coded[0][0], _bare("".join(word for _, word in coded))
    if not codes or any(code.startswith(one) for one in codes) or lead in mine:
        return False
    return lead.isalpha() or all(one.isdigit() != code.isdigit() for one in codes)


def _bare(code: str) -> str:
    return "".join(filter(str.isalnum, code))


def _said_by_operator(scene: Scene, value: Value) -> bool:
    """Tell whether the operator wrote an address, or another value that no sentence holds by chance."""
    form = value.text.strip()
    named = form[:1].isupper() and form.casefold() not in lexicon().small["stop"]
    known = named or any(letter in "@_#" or letter.isdigit() for letter in form)
    if form != form.strip(".,;:!?()") or (value.sink.slot is Slot.RECIPIENT and form.isdigit() and len(form) < _LEAST):
        return False
    if not known or " " in form or not stands_in(form.casefold(), scene.operator.casefold(), value.sink.slot):
        return False
    ids = value.sink.slot is Slot.TARGET and identifies(value.sink.name)
    return not ids or (any(map(str.isdigit, form)) and stands_alone(form, scene.operator))


def _only_a_source(scene: Scene, form: str, facts: Facts) -> bool:
    """Tell whether a bare name stands only where the user says where something is, before anything is asked for."""
    if not facts.groups & _GIVING or not NAME.fullmatch(form):
        return False
    if always_elsewhere(form, scene.wish):
        return True
    if "send" not in facts.groups:
        return False
    asked = [request.start for request in scene.wish.requests if request.verb in facts.asks]
    text = scene.wish.text.casefold()
    first = min(asked, default=0)
    if stands_in(form.casefold(), text[first:], Slot.RECIPIENT):
        return False
    before = text[: text.rfind(form.casefold(), 0, first)].split()[-2:]
    return bool(set(before) & lexicon().small["origin"])


def _no_name(form: str) -> bool:
    """Tell whether words are no name of anybody: a letter, a possessive, what goes on to another word."""
    if all(word in lexicon().small["stop"] for word in form.casefold().split()):
        return True
    return len(form) < 2 or form.endswith(("'s", "’s")) or bool(_ONWARDS.intersection(form.casefold().split()[1:-1]))


def _of_a_day(form: str, wish: Wish) -> bool:
    """Tell whether a value stands only within days: of `May 11th` no hotel is called `11th`."""
    if not form[:1].isdigit() or form.isdigit():
        return False
    taken, spots = day_spans(wish.own), list(spans(form, wish.own))
    inside = (
        any(start <= at and end <= stop and stop - start > end - at for start, stop in taken) for at, end in spots
    )
    return bool(spots) and all(inside)


@lru_cache(maxsize=512)
def _only_where(form: str, wish: Wish) -> bool:
    """Tell whether a name stands only where the user goes: of `heading to Paris` no hotel is called so."""
    spots = list(spans(form, wish.own))
    return bool(spots) and all(_GOING.search(wish.own, max(0, at - _NEAR), at) for at, _ in spots)


@lru_cache(maxsize=512)
def always_elsewhere(form: str, wish: Wish) -> bool:
    """Tell whether a name stands only where something is: `from Bob`, `from Bob to Ann`, `in Ann's inbox`.

    Who is answered stands there too: `reply to the mail from Bob`.
    """
    spots = list(spans(form, wish.own))
    led = (_LETTER.search(wish.own, max(0, start - _NEAR), start) for start, _ in spots)
    apart = all(found or _OWNED.match(wish.own, end) for found, (_, end) in zip(led, spots, strict=True))
    return bool(spots) and apart and not wish.words & lexicon().small["replying"]


def _titles(scene: Scene, value: Value) -> bool:
    """Tell whether a name is the title that the user gives something: nobody and no room is called so."""
    rooms = lexicon().things["channel"].intersection(name_words(value.sink.name))
    return not rooms and any(value.text.strip() == one.text.strip() for one in scene.wish.literals)


def _quoted_as_thing(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a name stands only in quotations that the user calls something else by: `the 'Kick-off' event`."""
    form = value.text.strip().casefold()
    own, things = scene.wish.own.casefold(), lexicon().things
    mine = kin_of(name_words(value.sink.name))
    quoted = [one for one in quotations(scene.wish.own) if stands_in(form, one, Slot.OTHER)]
    spots = [(own.find(one), own.find(one) + len(one)) for one in quoted]
    beside = [
        {*_CALLED_SO.findall(own, end, end + _NEAR)[:1], *_SO.findall(own, max(0, start - _NEAR), start)}
        for start, end in spots
    ]
    named = [word for words in beside for word in words & (things.keys() | facts.nouns)]
    return len(named) >= own.count(form) > 0 and mine.isdisjoint(named)


def _labelled(scene: Scene, number: str, facts: Facts) -> bool:
    if not stands_alone(number, scene.wish.own):
        return False
    words = scene.wish.folded.replace("'", " ").replace('"', " ").replace("#", "# ").replace(":", " ").split()
    labels = lexicon().small["labels"] | facts.things
    return any(
        word.strip(".,;!?()") == number
        and any(before.strip(".,;()") in labels for before in words[max(0, at - 2) : at])
        for at, word in enumerate(words)
    )
