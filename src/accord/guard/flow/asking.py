"""Whether the user asked for such an effect at all, in person or by handing the word to a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from accord.core.guard import Outcome, Ruling
from accord.core.system import Effect
from accord.guard.flow.dating import is_time
from accord.guard.flow.lexicon import OWN, Slot, either, lexicon, name_words
from accord.guard.flow.meeting import (
    answers_in_public,
    hints_of,
    own_deeds,
    said_otherwise,
    shunned,
    speaks_of,
    to_persons,
    turned,
)
from accord.guard.flow.scene import POINTING, Scene, Value, stands_in
from accord.guard.flow.shapes import numbers
from accord.guard.flow.speaking import marked
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Request, Wish, read_orders

_CLOSE: Final = frozenset(
    {"update", "delete", "cancel", "remove", "run", "share"}
)  # what they touch stands with the verb
_LOOSE: Final = frozenset({Slot.OTHER, Slot.DATE, Slot.TARGET})
_AWAY: Final = frozenset({"send", "post", "pay", "share"})
_ENDING: Final = frozenset({"delete", "cancel", "remove"})
_INSERT: Final = frozenset({"add", "invite", "update"})
_PLAIN: Final = frozenset({"update", "run", "write", "create", OWN})
_TEXTS: Final = frozenset({Slot.TITLE, Slot.CONTENT})
MANY: Final = 50
"""How many final effects a wish in the plural is good for."""


class Asked(NamedTuple):
    """Who asked for an effect, and whether in the tool's own words: `user`, a source, or nobody (empty).

    Not `sure` is what only the description of the tool, or a word of the same kind, made out: then the user has to have
    written every value that decides.
    """

    by: str = ""
    sure: bool = True


def asked(scene: Scene, facts: Facts, values: Sequence[Value] = ()) -> Asked:
    """Return who asked for the effect: the user, or the source the user handed the word to.

    The words of such a source then help to choose among records; they never vouch for a value.
    """
    if requests_for(scene.wish, facts) or _spelled_out(scene, facts, values) or _in_other_form(scene.wish, facts):
        return Asked("user")
    if scene.wish.instructs and facts.effect is not Effect.IRREVERSIBLE:
        for source, text in _instructions(scene):
            told = read_orders(text)
            if requests_for(told, facts):
                scene.follow(told.words, told.selectors)
                return Asked(source)
    return Asked("user", sure=False) if _hinted(scene.wish, facts) else Asked()


@lru_cache(maxsize=2048)
def _in_other_form(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user asked for the deed in another form of its words: `validez`, `haal ... op`."""
    wanted = own_deeds(facts.name, facts.verb, facts.asks)
    return any(_meant(request, wish, facts) for request in said_otherwise(wish, wanted))


@lru_cache(maxsize=2048)
def _hinted(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user asked for what the description of a tool says of it, or for the deed in a kindred word."""
    if facts.listed is None or (facts.every and not wish.every) or shunned(wish, facts):
        return False
    wanted = hints_of(facts)
    found = (*wish.asks(frozenset(wanted.values())), *said_otherwise(wish, wanted, passive=True))
    if turned(wish, facts):
        return True
    away = bool(facts.groups & _AWAY)  # what comes back to the user goes to nobody else
    parted = "delete" in facts.groups  # to remove somebody from a group deletes nobody
    found = tuple(
        one for one in found if not one.conditional and not (one.home and away) and not (parted and "from" in one.after)
    )
    return any(speaks_of(wish, one, facts) and not answers_in_public(one, wish, facts) for one in found)


def _spelled_out(scene: Scene, facts: Facts, values: Sequence[Value]) -> bool:
    """Tell whether the user asked for such a deed with all that decides it in one sentence: `set the hall to 22`.

    Then nothing is left for anybody else to fill in, and what the tool calls its things may stay unsaid.
    """
    given = (value for value in values if value.sink.slot is not Slot.FLAG or value.sink.required)
    telling = [value for value in given if value.sink.slot not in _TEXTS and value.text.strip()]
    if any(sink.slot in {Slot.SECRET, Slot.ACCESS, Slot.DATE} for sink in facts.sinks.values()):
        return False
    if not facts.groups <= _PLAIN or facts.every or not any(value.sink.slot in POINTING for value in telling):
        return False
    for request in scene.wish.asks(facts.asks):
        said = _sentence(scene.wish.own, request.start).casefold()
        if request.conditional or request.home or (said.rstrip().endswith("?") and "you" not in said.split()):
            continue
        if all(stands_in(value.text.strip().casefold(), said, value.sink.slot) for value in telling):
            return True
    return False


def _sentence(text: str, start: int) -> str:
    begin = max(text.rfind(mark, 0, start) for mark in (". ", "! ", "? ", "\n"))
    ends = [at for mark in (". ", "! ", "? ", "\n") if (at := text.find(mark, start)) >= 0]
    return text[begin + 1 : min(ends, default=len(text)) + 1]


def requests_for(wish: Wish, facts: Facts) -> tuple[Request, ...]:
    """Return the requests of a wish that ask for what a tool does to what it works on."""
    return tuple(request for request in wish.asks(facts.asks) if _meant(request, wish, facts))


def many(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user asked for the deed on several things: `tag the documents`."""
    targets = (name_words(sink.name) for sink in facts.sinks.values() if sink.slot is Slot.TARGET)
    several = {noun + "s" for words in targets for noun in facts.nouns.intersection(words)}
    return any(several & request.object for request in wish.asks(facts.asks))


def times(wish: Wish, facts: Facts) -> int:
    """Return how often a final effect was asked for."""
    return MANY if wish.plural or many(wish, facts) else max(1, len(requests_for(wish, facts)))


def _meant(request: Request, wish: Wish, facts: Facts) -> bool:
    small = lexicon().small
    if facts.every and not wish.every:
        return False
    if OWN in facts.groups:
        return _names_object(request, wish, facts)
    if (request.conditional and "pay" in facts.groups) or request.verb == "provide":
        return False
    if answers_in_public(request, wish, facts):
        return False
    if request.home and facts.groups & _AWAY:
        return False
    if request.verb in small["inserting"] and facts.groups & {"create", "schedule"} and not facts.groups & _INSERT:
        return bool(facts.things & (request.near | (request.after & small["container"])))
    if request.verb in small["writing"] and "create" in facts.groups:
        return bool(facts.things & request.near)
    if request.verb in small["weak"] or (facts.groups & _CLOSE and request.verb not in small["specific"]):
        return bool(facts.things & (request.after | {request.verb})) or _new_object(request, facts)
    if "pay" in facts.groups:
        money = lexicon().things["money"]
        return request.verb in small["money"] or bool(money & request.after) or bool(_digits(request.after))
    if request.verb in small["public"] and not facts.own & small["public"]:
        return not to_persons(facts) and bool((facts.things - lexicon().things["message"]) & wish.words)
    if facts.things & wish.words or request.verb in small["specific"] or _new_object(request, facts):
        return True
    return "send" in facts.groups and _told(request)


def _names_object(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether the object of a deed that no table knows is what the tool works on, or a word for it."""
    pointed = bool(request.after & lexicon().small["pronoun"]) and bool(facts.things & wish.words)
    return not facts.things or bool(facts.things & request.after) or pointed


def _new_object(request: Request, facts: Facts) -> bool:
    """Tell whether the tool's own verb takes an object that no table knows: `book the review`."""
    table = lexicon()
    named = request.object - table.small["stop"] - table.small["determiner"] - table.small["object"]
    if facts.groups & _ENDING and facts.told.things:
        return False  # what it works on is known by its description
    weak = table.small["light"] | table.small["weak"] | {"send", "write", "add", "update", "share"}
    if request.verb != facts.verb or request.verb in weak or not named:
        return False
    return not named & table.things.keys() and any(word.isalpha() for word in named)


def _told(request: Request) -> bool:
    """Tell whether a request has somebody told something: to write to somebody does, to pay them does not."""
    small = lexicon().small
    if request.verb in small["writing"]:
        return bool(request.near & small["whom"]) or (not request.near and bool(request.after & small["onto"]))
    told = request.verb not in lexicon().groups["post"].asks
    paid = request.verb in lexicon().groups["pay"].asks and bool(lexicon().things["money"] & request.after)
    return told and not paid


def _digits(words: frozenset[str]) -> bool:
    return any(word.isdigit() for word in words)


def _instructions(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield the running texts of the sources that the user told us to follow, without those that speak to a model."""
    for place, seen in scene.directed():
        output = scene.output(place)
        if output.records:
            texts = [f.value for at in scene.chosen(place).places for f in output.records[at] if f.free]
        else:
            texts = [output.text]
        yield from ((f"tool:{seen.name}", text) for text in texts if not marked(text, scene.distrusted))


def unsaid(scene: Scene, values: Sequence[Value], facts: Facts) -> Ruling | None:
    """Rule on a call that the user asked for in other words than the tool's: nobody else may choose what stands there.

    A number has to be theirs, a time one, and a piece of their sentence is no value.
    """
    for value in values:
        if value.sink.slot not in _LOOSE or not value.text.strip() or _settled(scene, value, facts):
            continue
        sink = f"{facts.name}.{value.sink.name}"
        said = f"{sink} is {value.text[:60]!r}, which the user neither says nor leaves to a source"
        return Ruling(outcome=Outcome.ASK, code="ACC-E716", message=said, path=("model", sink))
    return None


def _settled(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a value is the user's as a whole, a choice of the tool's own, or a field called so."""
    small, form = lexicon().small, value.text.strip().casefold()
    if form in facts.told.choices or _field_of(scene, value):
        return True
    if form in facts.things | facts.told.things or (form.isdigit() and len(form) == 1 and not value.number):
        return False
    if value.sink.slot is Slot.DATE or small["dated"] & set(name_words(value.sink.name)):
        return is_time(value.text)
    if value.sink.slot is Slot.TARGET:
        typed = len(form.split()) == 1 or any(map(str.isdigit, form)) or f"'{form}'" in scene.wish.folded
        return typed or any(form in seen.output.casefold() for _, seen in scene.directed())
    found = numbers(value.text)
    if found:
        return bool(set(found) & scene.wish.numbers) and (value.number or len(form.split()) == 1)
    return not either("linking", "onto", "determiner", "stop").intersection(form.split())


def _field_of(scene: Scene, value: Value) -> bool:
    """Tell whether a source the user pointed at has a field that is called and filled like a value."""
    called = set(name_words(value.sink.name))
    records = (record for place, _ in scene.holding(value.text) for record in scene.output(place).records)
    return any(f.value == value.text and called & set(name_words(f.key)) for record in records for f in record)
