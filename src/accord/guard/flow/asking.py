"""Whether the user asked for such an effect at all, in person or by handing the word to a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from accord.core.system import Effect
from accord.guard.flow.lexicon import OWN, Slot, lexicon, name_words
from accord.guard.flow.scene import POINTING, Scene, Value, stands_in
from accord.guard.flow.speaking import marked
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Request, Wish, read_orders

_CLOSE: Final = frozenset(
    {"update", "delete", "cancel", "remove", "run", "share"}
)  # what they touch stands with the verb
_INSERT: Final = frozenset({"add", "invite", "update"})
_PLAIN: Final = frozenset({"update", "run", "write", "create", OWN})
_TEXTS: Final = frozenset({Slot.TITLE, Slot.CONTENT})
MANY: Final = 50
"""How many final effects a wish in the plural is good for."""


def asked(scene: Scene, facts: Facts, values: Sequence[Value] = ()) -> str:
    """Return who asked for the effect: `user`, the source the user handed the word to, or nobody (empty).

    The words of such a source then help to choose among records; they never vouch for a value.
    """
    if requests_for(scene.wish, facts) or _spelled_out(scene, facts, values):
        return "user"
    if not scene.wish.instructs or facts.effect is Effect.IRREVERSIBLE:
        return ""
    for source, text in _instructions(scene):
        told = read_orders(text)
        if requests_for(told, facts):
            scene.follow(told.words, told.selectors)
            return source
    return ""


def _spelled_out(scene: Scene, facts: Facts, values: Sequence[Value]) -> bool:
    """Tell whether the user asked for such a deed with all that decides it in one sentence: `set the hall to 22`.

    Then nothing is left for anybody else to fill in, and what the tool calls its things may stay unsaid.
    """
    telling = [value for value in values if value.sink.slot not in _TEXTS and value.text.strip()]
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
    if request.conditional and "pay" in facts.groups:
        return False
    if request.home and facts.groups & {"send", "post", "pay", "share"}:
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
        return not _to_persons(facts) and bool((facts.things - lexicon().things["message"]) & wish.words)
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


def _to_persons(facts: Facts) -> bool:
    """Tell whether a tool sends to single persons: to post is not to write to somebody."""
    named = (name_words(sink.name) for sink in facts.sinks.values() if sink.slot is Slot.RECIPIENT)
    return any(lexicon().small["person"].intersection(name) for name in named)


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
