"""Whether the user asked for such an effect at all, in person or by handing the word to a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.core.system import Effect
from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.scene import Scene
from accord.guard.flow.speaking import marked
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Request, Wish, read_orders

_CLOSE: Final = frozenset(
    {"update", "delete", "cancel", "remove", "run", "share"}
)  # what they touch stands with the verb
_INSERT: Final = frozenset({"add", "invite", "update"})
MANY: Final = 50
"""How many final effects a wish in the plural is good for."""


def asked(scene: Scene, facts: Facts) -> str:
    """Return who asked for the effect: `user`, the source the user handed the word to, or nobody (empty).

    The words of such a source then help to choose among records; they never vouch for a value.
    """
    if requests_for(scene.wish, facts):
        return "user"
    if not scene.wish.instructs or facts.effect is Effect.IRREVERSIBLE:
        return ""
    for source, text in _instructions(scene):
        told = read_orders(text)
        if requests_for(told, facts):
            scene.follow(told.words, told.selectors)
            return source
    return ""


def requests_for(wish: Wish, facts: Facts) -> tuple[Request, ...]:
    """Return the requests of a wish that ask for what a tool does to what it works on."""
    return tuple(request for request in wish.asks(facts.asks) if _meant(request, wish, facts))


def times(wish: Wish, facts: Facts) -> int:
    """Return how often a final effect was asked for."""
    return MANY if wish.plural else len(requests_for(wish, facts))


def _meant(request: Request, wish: Wish, facts: Facts) -> bool:
    small = lexicon().small
    if request.conditional and "pay" in facts.groups:
        return False
    if request.home and facts.groups & {"send", "post", "pay", "share"}:
        return False
    if request.verb in small["inserting"] and facts.groups & {"create", "schedule"} and not facts.groups & _INSERT:
        return bool(facts.things & (request.near | (request.after & small["container"])))
    if request.verb in small["weak"] or (facts.groups & _CLOSE and request.verb not in small["specific"]):
        return bool(facts.things & request.after)
    if "pay" in facts.groups:
        money = lexicon().things["money"]
        return request.verb in small["money"] or bool(money & request.after) or bool(_digits(request.after))
    if request.verb in small["public"] and not facts.own & small["public"]:
        return not _to_persons(facts) and bool((facts.things - lexicon().things["message"]) & wish.words)
    if facts.things & wish.words or request.verb in small["specific"]:
        return True
    told = request.verb not in lexicon().groups["post"].asks
    return told and "send" in facts.groups and not lexicon().things["money"] & request.after


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
