"""Whether the user asked for such an effect at all, in person or by handing the word to a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from accord.core.system import Effect
from accord.guard.flow.clauses import CHANGING, files_for, said_of
from accord.guard.flow.lexicon import OWN, Slot, lexicon, name_words
from accord.guard.flow.requesting import SOURCES, Request, quotations
from accord.guard.flow.scene import Letter, Scene
from accord.guard.flow.selecting import bearing
from accord.guard.flow.shapes import one_url
from accord.guard.flow.speaking import marked
from accord.guard.flow.stems import LETTERS
from accord.guard.flow.tools import Facts, argument_words
from accord.guard.flow.values import POINTING
from accord.guard.flow.wish import Wish, made, read_orders

_CLOSE: Final = frozenset(
    {"update", "delete", "cancel", "remove", "run", "share"}
)  # what they touch stands with the verb
_AWAY: Final = frozenset({"send", "post", "pay", "share"})
ENDING: Final = frozenset({"delete", "cancel", "remove"})
"""The groups of deeds that end something."""

_INSERT: Final = frozenset({"add", "invite", "update"})
_RECEIVING: Final = frozenset({"recipient", "recipients", "receiver", "to", "cc", "bcc"})
_POINTERS: Final = frozenset({"it", "them", "this", "that", "these", "those", "there", "him", "her", "one"})
_THERE: Final = frozenset({"there", "here", "#"})
_COSTLY: Final = frozenset({"reserve", "pay"})
_WHOLE: Final = 5  # letters of a word that another is made with
_SHORTEST: Final = 3  # letters of what a word is made of, and less
_SPELLED: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_STOP: Final = re.compile(r"[.!?](?=\s)|\n")
MANY: Final = 50
"""How many final effects a wish in the plural is good for."""


def asked(scene: Scene, facts: Facts) -> str:
    """Return who asked for the effect: `user`, or the source the user handed the word to; empty for nobody.

    The words of such a source then help to choose among records; they never vouch for a value.
    """
    if requests_for(scene.wish, facts):
        return "user"
    if scene.wish.instructs and facts.effect is not Effect.IRREVERSIBLE:
        for letter in _instructions(scene):
            told = read_orders(letter.text)
            if requests_for(told, facts):
                scene.follow(letter, told, files_for(told, facts))
                return scene.seen[letter.place].source
    return ""


@lru_cache(maxsize=1024)
def requests_for(wish: Wish, facts: Facts) -> tuple[Request, ...]:
    """Return the requests of a wish that ask for what a tool does to what it works on."""
    return tuple(request for request in wish.asks(facts.asks) if _meant(request, wish, facts))


def wanted(wish: Wish, facts: Facts | None) -> bool:
    """Tell whether a tool that ran has an effect that the user asked for, or may have handed over."""
    return facts is not None and not facts.reads and (wish.instructs or bool(requests_for(wish, facts)))


def many(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user asked for the deed on several things: `tag the documents`."""
    several = {noun + "s" for noun in facts.nouns & argument_words(facts, frozenset({Slot.TARGET}))}
    return any(several & request.object for request in wish.asks(facts.asks))


def times(wish: Wish, facts: Facts) -> int:
    """Return how often a final effect was asked for."""
    requests = requests_for(wish, facts)
    several = any(request.after & lexicon().small["every"] for request in requests) or many(wish, facts)
    return MANY if several else max(1, len(requests))


def _meant(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether a request asks for what a tool does to what it works on."""
    if (facts.every and not wish.every) or _of_another_kind(wish, facts) or _of_another_tool(wish, facts):
        return False
    if OWN in facts.groups:
        return _names_object(request, wish, facts)
    if (request.conditional and "pay" in facts.groups) or request.verb == "provide":
        return False
    if facts.groups & _COSTLY and _only_wished(request, wish):
        return False
    if facts.groups & _AWAY and (request.home or _answers_in_public(request, facts)):
        return False
    if "send" in facts.groups and _elsewhere(request, wish, facts):
        return False
    return _asks_for(request, wish, facts)


def _only_wished(request: Request, wish: Wish) -> bool:
    """Tell whether the user only says what they want, and asks to look first: `I want to rent a car. Find one!`."""
    before = [word for word, start in wish.plain if start < request.start][-2:]
    if before[-1:] != ["to"] or before[0] not in lexicon().small["wish"]:
        return False
    looking = lexicon().groups["read"].asks
    end = _STOP.search(wish.own, request.start)
    return end is not None and any(one.start > end.start() and one.verb in looking for one in wish.requests)


def _of_another_kind(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user speaks of another kind of thing that is booked: a place to stay is no restaurant."""
    if "reserve" not in facts.groups:
        return False
    things = lexicon().things
    booked = things["hotel"] & things["restaurant"]  # the words for any such thing: `booking`, `reservation`
    kinds = (things[noun] for noun in facts.nouns & things.keys() - booked)
    own = frozenset[str]().union(*(kind - booked for kind in kinds if kind & booked))
    others = (word for word in wish.words & things.keys() - booked - own if things[word] & booked)
    return bool(own) and not own & wish.words and next(others, None) is not None


def _of_another_tool(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user says what another tool takes and this one does not: `turn it on for the segment beta`."""
    if not facts.beyond or facts.groups & _AWAY:
        return False
    return not facts.beyond.isdisjoint(LETTERS.findall(said_of(wish, facts).own.casefold()))


def _asks_for(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether what a request is about is what a tool works on, as strictly as its verb needs it."""
    small = lexicon().small
    writes = request.verb in small["writing"]
    if request.verb in small["inserting"] or (writes and facts.groups & _INSERT):
        return _inserts(request, wish, facts)
    if writes and "create" in facts.groups:
        return bool(facts.things & request.near)
    if request.verb in small["weak"] or (facts.groups & _CLOSE and request.verb not in small["specific"]):
        if facts.groups & ENDING:  # what a comment is deleted from stays
            named = _aims_at(request, wish, facts.things | _persons(facts)) or request.verb in facts.things
            return named or (bool(facts.things & request.after) and _takes_out(facts))
        touched = bool((facts.things | _touched(facts)) & (request.after | {request.verb}))
        return touched or _new_object(request, facts) or _bound(request, wish, facts)
    if "pay" in facts.groups:
        money = lexicon().things["money"]
        if facts.verb in small["returning"] and request.verb not in small["returning"]:
            return bool(request.after & (small["returning"] | money))  # to transfer a place gives nothing back
        return request.verb in small["money"] or bool(money & request.after) or any(map(str.isdigit, request.after))
    if request.verb in small["public"] and not facts.own & small["public"]:
        return not _to_persons(facts) and _aims_at(request, wish, facts.things - lexicon().things["message"])
    if request.verb in lexicon().groups["post"].asks and _in_room(request, wish, facts):
        return True
    if "post" in facts.groups and request.verb not in small["public"]:
        return bool(facts.things & request.aimed)
    if _aims_at(request, wish, facts.things) or request.verb in small["specific"] or _new_object(request, facts):
        return True
    return "send" in facts.groups and _told(request)


def _takes_out(facts: Facts) -> bool:
    """Tell whether a tool's name says that something is taken out of what it works on: `remove_from_list`."""
    return not SOURCES.isdisjoint(name_words(facts.name))


def _touched(facts: Facts) -> frozenset[str]:
    """Return the words for what a setting is changed of, where its argument is called so: `set the room to 22`."""
    if not facts.groups <= {"update"}:
        return frozenset()
    return _telling(argument_words(facts, POINTING))


def _telling(words: frozenset[str]) -> frozenset[str]:
    """Return words without those of any name: `id`, `key`."""
    return frozenset(word for word in words if len(word) > len("ids"))


def _persons(facts: Facts) -> frozenset[str]:
    """Return the words for the persons whom a tool takes out of something, where its arguments are called so."""
    return lexicon().things["user"] & argument_words(facts)


def _inserts(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether what something is put into is what a tool adds to, or what is put there is what it makes."""
    goal = request.aimed - request.near
    if facts.groups & _INSERT:
        pointed = "it" in goal and facts.things & made(wish)  # what they have made: `and add Rob to it`
        into = facts.things & request.near & request.aimed and _telling(goal & argument_words(facts))  # `to the shed`
        return bool(facts.things & (goal or request.aimed)) or bool(pointed) or bool(into)
    new = facts.things & (request.near & request.aimed | request.after & lexicon().small["container"])
    return bool(new and facts.groups & {"create", "schedule"})


def _aims_at(request: Request, wish: Wish, things: frozenset[str]) -> bool:
    """Tell whether a request is about such things: it names them, or points at them where the user named them."""
    pointed = request.aimed & _POINTERS and things & wish.words
    invited = request.object & wish.proper and things & lexicon().things["user"]
    return bool(things & request.aimed) or bool(pointed) or bool(invited)


def _names_object(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether the object of a deed that no table knows is what the tool works on, or a word for it."""
    told = request.after & lexicon().small["pronoun"] or (request.object and all(map(str.isdigit, request.object)))
    pointed = bool(told) and bool(facts.things & wish.words)
    return not facts.things or bool(facts.things & request.after) or pointed or _akin(request.after, facts.things)


def _akin(said: frozenset[str], things: frozenset[str]) -> bool:
    """Tell whether a word is made of one for a thing: `Reisekarte` of a card, `harvested` of a harvest."""
    long = tuple(one for one in things if len(one) >= _WHOLE)
    if any(_in_two_words(one, said) for one in long):
        return True
    return any(
        word.endswith(long) or (word.endswith("ed") and word[:-2] in long) for word in said if len(word) > _WHOLE
    )


def _in_two_words(thing: str, said: frozenset[str]) -> bool:
    """Tell whether a thing is made of a word that is said and of one that another ends in: `Zählerstand`."""
    plain = {word.translate(_SPELLED) for word in said}
    ends = (word for word in plain if len(word) > _SHORTEST and thing.endswith(word) and word != thing)
    heads = (thing[: -len(word)].removesuffix("s") for word in ends)
    return any(len(head) > _SHORTEST and any(word.endswith(head) for word in plain) for head in heads)


def _new_object(request: Request, facts: Facts) -> bool:
    """Tell whether the tool's own verb takes an object that no table knows, as the tool does: `book the review`."""
    table = lexicon()
    named = request.object - table.small["stop"] - table.small["determiner"] - table.small["object"]
    if facts.groups & ENDING or (facts.nouns & table.things.keys() and "run" not in facts.groups):
        return False
    weak = table.small["light"] | table.small["weak"] | {"send", "write", "add", "update", "share"}
    if request.verb != facts.verb or request.verb in weak or not named:
        return False
    return not named & table.things.keys() and any(word.isalpha() for word in named)


def _bound(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether something is to be changed by a name alone: which thing bears it, the records show."""
    targets = any(sink.slot is Slot.TARGET and sink.required for sink in facts.sinks.values())
    if not targets or not facts.groups <= CHANGING or facts.effect is Effect.IRREVERSIBLE:
        return False
    small = lexicon().small
    named = request.object - small["stop"] - small["determiner"] - small["object"]
    return any(map(str.isalpha, named)) and not (named - wish.quoted - wish.proper) & lexicon().things.keys()


def _told(request: Request) -> bool:
    """Tell whether a request has somebody told something: to write to somebody does, to pay them does not."""
    small = lexicon().small
    if request.verb in small["writing"]:
        return bool(request.near & small["whom"]) or (not request.near and bool(request.after & small["onto"]))
    told = request.verb not in lexicon().groups["post"].asks
    paid = request.verb in lexicon().groups["pay"].asks and bool(lexicon().things["money"] & request.after)
    return told and not paid


def _instructions(scene: Scene) -> Iterator[Letter]:
    """Yield the running texts of the sources that the user told us to follow, without those that speak to a model.

    Where they quote names, only what bears one, or was looked up by one, is such a source; whom it went to is no name.
    Where they name pages, only those are.
    """
    quoted, pages = quotations(scene.wish.own), scene.wish.urls
    for place, seen in scene.directed():
        if pages and pages.isdisjoint(one_url(value.text) for value in scene.values(place)):
            continue
        output = scene.output(place)
        named = not quoted or any(value.text.strip().casefold() in quoted for value in scene.values(place))
        if output.records:
            bears = bearing(seen.output, quoted, without=_RECEIVING)
            records = [output.records[at] for at in scene.chosen(place).places if named or at in bears]
            texts = [field.value for record in records for field in record if field.free]
        else:
            texts = [output.text] if named else []
        yield from (Letter(place, text) for text in texts if not marked(text, scene.distrusted))


def _elsewhere(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether a message is meant for a room where the tool writes to persons, or the other way round."""
    rooms = lexicon().things["channel"] | _THERE
    if argument_words(facts, POINTING) & rooms:
        return not (request.aimed & rooms or _hashed(request, wish))
    return bool(request.aimed & lexicon().things["channel"]) and _to_persons(facts)


def _to_persons(facts: Facts) -> bool:
    """Tell whether a tool sends to single persons: to post is not to write to somebody."""
    return not lexicon().small["person"].isdisjoint(argument_words(facts, frozenset({Slot.RECIPIENT})))


def _hashed(request: Request, wish: Wish) -> bool:
    """Tell whether what a request is aimed at is a room by its sign: `in #building-b`."""
    return "#" in wish.own and any(f"#{word}" in wish.folded for word in request.aimed if word.isalpha() or "-" in word)


def _in_room(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether something is to be put into a room, and a tool does just that: `post the summary in the channel`."""
    rooms = lexicon().things["channel"]
    aimed = request.aimed & rooms or _hashed(request, wish)
    return bool(facts.groups & {"post", "send"} and argument_words(facts, POINTING) & rooms and aimed)


def _answers_in_public(request: Request, facts: Facts) -> bool:
    """Tell whether a reply is asked for under what is posted, where the tool writes to somebody."""
    small = lexicon().small
    if "send" not in facts.groups or request.verb not in small["replying"] or facts.things & small["posted"]:
        return False
    return bool(request.after & small["posted"])
