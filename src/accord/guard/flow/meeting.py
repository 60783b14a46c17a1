"""Where the user asks for a tool in another form of its verb, or in the words of its description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from accord.core.system import Effect
from accord.guard.flow.describing import kin_stems, kin_words
from accord.guard.flow.inflecting import acts_of, any_noun, deeds_of, folded, joined, particles, same_noun, stems
from accord.guard.flow.lexicon import OWN, Slot, either, lexicon, name_words
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Request, Wish, plain_words, read_deeds

_USUAL: Final = frozenset({"id", "ids", "name", "type", "new", "key", "value", "text"})
_CHANGING: Final = frozenset({"update", OWN})
_MAKING: Final = frozenset({"create", "schedule", "run", "reserve", "add", "invite", "write", OWN})
_BROAD: Final = frozenset({"read", "update", "write"})
_BREAKS: Final = frozenset(".!?\n;")
_WIDE: Final = 40  # words of a clause
_NEAR: Final = 3
_AGAIN: Final = 6  # letters of a shorter word that begins with `re` by chance
_LEAST: Final = 2
_YOU: Final = frozenset({"tu", "du", "je", "jij", "que"})


@lru_cache(maxsize=2048)
def own_deeds(name: str, verb: str, asks: frozenset[str]) -> Mapping[str, str]:
    """Return the stems of all words that ask for a tool, each with the word; its own verb may have parted.

    A verb that no table of groups knows is asked for by its kin as well.
    """
    parts = name_words(name)
    after = parts[-1] if len(parts) > 1 and parts[-1] in particles() and parts[-1] != verb else ""
    if verb in parts[:-1] and "_".join(parts[(at := parts.index(verb)) : at + 2]) in lexicon().small["phrasal"]:
        after = parts[at + 1]
    found = {stem: word for word in sorted(asks) if word != verb or not after for stem in deeds_of(word)}
    own = joined(verb, after) if after else deeds_of(verb) if verb else frozenset[str]()
    found.update(dict.fromkeys(own, verb))
    return found


@lru_cache(maxsize=512)
def hints_of(facts: Facts) -> Mapping[str, str]:
    """Return the stems of words that may ask for a tool: those of its name, its description, and their kin."""
    table = lexicon()
    own = own_deeds(facts.name, facts.verb, facts.asks)
    deed = facts.told.deed | ({stem for stem, word in own.items() if word == facts.verb} if facts.verb else set())
    spoken = set(facts.told.choices)
    if facts.groups <= _MAKING:  # then a noun of the name may say what is made or done
        spoken.update(part for part in name_words(facts.name) if part not in table.things)
        deed = deed.union(*(stems(part) for part in spoken))
    kin = {number for stem in deed for number in kin_stems().get(stem, ())}
    words = {word for number in kin for word in table.kin[number]}
    words = words.union(*(table.groups[group].asks for group in facts.told.groups - _BROAD))
    if (facts.told.things | facts.nouns) & table.small["basket"]:
        words |= table.groups["reserve"].asks  # who orders something has it put into the basket
    found = {stem: word for word in sorted(words) for stem in deeds_of(word)}
    for word in spoken:
        found.update(dict.fromkeys(deeds_of(word) | stems(word.removesuffix("ed")), word))
    if facts.groups <= _MAKING | {"update"} and facts.told.head:
        found.update(dict.fromkeys(acts_of(facts.told.head), facts.told.head))
        made = {word for group in table.deeds.get(facts.told.head, ()) for word in table.groups[group].asks}
        found.update({stem: word for word in made for stem in deeds_of(word)})
    settled = "pay" in facts.groups or ("send" in facts.groups and to_persons(facts))
    handled = own if settled else {}  # who is told or paid what, is told by more than a noun
    found = {**found, **dict.fromkeys(facts.told.deed, facts.verb), **own}
    return {stem: word for stem, word in found.items() if stem not in handled}


def said_otherwise(wish: Wish, wanted: Mapping[str, str], *, passive: bool = False) -> tuple[Request, ...]:
    """Return the requests of a wish in another form of one of the wanted words, each under the word that is meant.

    `passive`: also as what is to be done with something, `the file shall be moved`.
    """
    forms = _forms(wish)
    hits = wanted.keys() & forms.keys()
    meant = {at: wanted[stem] for stem in sorted(hits, reverse=True) for at in forms[stem]}
    words = plain_words(wish)
    if passive:
        meant.update({at: word for at in _passives(wish) if (word := _done(words, at, wanted))})
    if not meant:
        return ()
    found = read_deeds(wish.text, frozenset(words[at][0] for at in meant))
    starts = {words[at][1]: word for at, word in meant.items()}
    return tuple(_meant(one, words, starts[one.start]) for one in found if one.start in starts)


@lru_cache(maxsize=512)
def _forms(wish: Wish) -> Mapping[str, tuple[int, ...]]:
    """Return the stems of all that may be a verb in a wish, with the particle that stands after it, by their places."""
    words, found = plain_words(wish), dict[str, list[int]]()
    small = either("stop", "determiner", "linking", "joining", "onto", "subject", "aux", "object")
    for at, (word, _) in enumerate(words):
        if len(word) < _LEAST or not word[0].isalpha() or word in small:
            continue
        after = {one for one, _ in _rest(words, at) if one in particles()}
        persons = any(one in _YOU for one, _ in words[max(0, at - _NEAR) : at])
        reached = deeds_of(word) | (stems(word, persons=True) if persons else frozenset())
        if "-" in word:
            reached |= deeds_of(word.rpartition("-")[2])  # `squash-merge`
        if word.startswith("re") and len(word) > _AGAIN and word not in lexicon().asked | kin_words():
            reached |= deeds_of(word[2:])  # `resubmit`
        for stem in reached.union(*(joined(word, particle, persons=persons) for particle in after)):
            found.setdefault(stem, []).append(at)
    return {stem: tuple(places) for stem, places in found.items()}


@lru_cache(maxsize=512)
def _passives(wish: Wish) -> tuple[int, ...]:
    """Return the places of what shall be done: `shall be moved`."""
    words, duty = plain_words(wish), lexicon().small["duty"]
    return tuple(
        at
        for at in range(2, len(words))
        if words[at - 1][0] == "be" and words[at - 2][0] in duty and words[at][0].endswith("ed")
    )


def _done(words: Sequence[tuple[str, int]], at: int, wanted: Mapping[str, str]) -> str:
    """Return the wanted word that a participle is made of."""
    reached = stems(words[at][0][:-1]) | stems(words[at][0][:-2])
    return next((wanted[stem] for stem in sorted(reached) if stem in wanted), "")


def _rest(words: Sequence[tuple[str, int]], at: int) -> Iterator[tuple[str, int]]:
    for one in words[at + 1 : at + _WIDE]:
        if one[0] in _BREAKS:
            return
        yield one


def _meant(request: Request, words: Sequence[tuple[str, int]], verb: str) -> Request:
    """Return a request under the word that is meant; what it works on may stand before it, or be a pronoun there."""
    small = lexicon().small
    at = next(place for place, (_, start) in enumerate(words) if start == request.start)
    before: set[str] = set()
    for word, _ in reversed(words[max(0, at - _WIDE) : at]):
        if word in _BREAKS:
            break
        before.add(word)
    last = words[at - 1][0] if at else ""
    pointed = {"them"} if last in small["clitic"] or "-" in words[at][0] else set[str]()
    final = before if not request.near or request.near <= particles() else set[str]()
    return request._replace(verb=verb, after=request.after | final | pointed, near=request.near | final | pointed)


def clause_of(wish: Wish, request: Request) -> frozenset[str]:
    """Return the words of the sentence that a request stands in, up to the next request or the one before it."""
    words = plain_words(wish)
    others = {one.start for one in wish.requests if one.start != request.start}
    at = _place(words, request)
    found: set[str] = set()
    for place in range(at + 1, min(len(words), at + _WIDE)):
        word, start = words[place]
        if start in others or (word in _BREAKS and words[place + 1 : place + 2] and words[place + 1][0] != ")"):
            break
        found.add(word)
    for word, start in reversed(words[max(0, at - _WIDE) : at]):
        if word in _BREAKS or start in others:
            break
        found.add(word)
    return frozenset(part for word in found for part in (word, word.rpartition("-")[2]) if part)


def _place(words: Sequence[tuple[str, int]], request: Request) -> int:
    return next((place for place, (_, start) in enumerate(words) if start >= request.start), 0)


def turned(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user wants a thing changed in what the tool's own schema names: `make 40109 urgent`.

    Either a state that it lists, or an argument of it beside the thing: `extend my booking by one night`.
    """
    if facts.effect is Effect.IRREVERSIBLE or not facts.groups & _CHANGING:
        return False
    table = lexicon()
    small = table.small
    dated = any(sink.slot is Slot.DATE or small["dated"] & set(name_words(name)) for name, sink in facts.sinks.items())
    altering = small["altering"] | (table.groups["reschedule"].asks if dated else frozenset())
    wanted = {stem: word for word in altering for stem in deeds_of(word)}
    named = {part for name in facts.sinks for part in name_words(name)} - _USUAL - facts.things
    for one in (*wish.asks(small["turning"] | altering), *said_otherwise(wish, wanted)):
        said = clause_of(wish, one) | {one.verb}
        if one.conditional:
            continue
        if said & facts.told.choices:
            return True
        if "update" not in facts.groups:
            continue
        moved = dated and one.verb in table.groups["reschedule"].asks
        called = moved or any_noun(said - small["stop"], named) or any(part.startswith(one.verb) for part in named)
        if moved and facts.things & table.things["appointment"] and (wish.days or wish.words & small["relative"]):
            return True  # `move my three o'clock to Monday`
        if called and speaks_of(wish, one, facts, but=named if len(facts.told.things) > len(named) else frozenset()):
            return True
    return False


def to_persons(facts: Facts) -> bool:
    """Tell whether a tool sends to single persons: to post is not to write to somebody."""
    named = (name_words(sink.name) for sink in facts.sinks.values() if sink.slot is Slot.RECIPIENT)
    return any(lexicon().small["person"].intersection(name) for name in named)


@lru_cache(maxsize=2048)
def shunned(wish: Wish, facts: Facts) -> bool:
    """Tell whether the user wants nothing of what a tool works on, or does: `no phone bids`, `don't ban anyone`."""
    nouns = facts.nouns - facts.own
    words, no = plain_words(wish), lexicon().small["shunning"]
    own = [at for at, (word, _) in enumerate(words) if word == facts.verb]
    negation = lexicon().small["negation"] | {"dont"}
    if own and all(negation & {word for word, _ in words[max(0, at - _NEAR) : at]} for at in own):
        return True
    for at, (word, _) in enumerate(words):
        after = [one for one, _ in words[at + 1 : at + 1 + _NEAR]] if word in no else []
        if after and nouns and all(any(same_noun(noun, one) for one in after) for noun in nouns):
            return True
    return False


def answers_in_public(request: Request, wish: Wish, facts: Facts) -> bool:
    """Tell whether a reply is asked for under what is posted, where the tool writes to somebody."""
    small = lexicon().small
    if (
        "send" not in facts.groups
        or request.verb not in small["replying"]
        or (facts.things | facts.told.things) & small["posted"]
    ):
        return False
    return bool(clause_of(wish, request) & small["posted"])


def speaks_of(wish: Wish, request: Request, facts: Facts, but: AbstractSet[str] = frozenset()) -> bool:
    """Tell whether a request names what a tool works on, as its name, its description or its arguments call it."""
    small = lexicon().small
    narrow = request.verb in small["writing"] | small["inserting"]  # `write to the plumber of work order 77`
    spoken = request.near if narrow else clause_of(wish, request)
    said = {word for word in spoken if word not in small["stop"] and len(word) > 1}
    if said & facts.told.choices:
        return True
    things = {word for word in facts.things | facts.told.things - but if len(word) > 1}
    if _named_by_deed(wish, request, facts, things):
        return True
    final = facts.effect is Effect.IRREVERSIBLE
    if not final and facts.told.things & small["human"] and request.near & (wish.proper | {"him", "whoever"}):
        return True
    return any_noun(said, things | _kinds(things))


def _named_by_deed(wish: Wish, request: Request, facts: Facts, things: set[str]) -> bool:
    """Tell whether the deed itself says what a tool makes: `order two boxes` asks for an order, and for a basket."""
    small, words = lexicon().small, plain_words(wish)
    said = {request.verb, words[_place(words, request)][0]} if words else {request.verb}
    if any(len(word) > _NEAR and thing.startswith(word) for word in said for thing in things - facts.own):
        return True
    if said & small["booking"] and _planned(facts):
        return True
    return bool(said & lexicon().groups["reserve"].asks and things & small["basket"])


def _planned(facts: Facts) -> bool:
    """Tell whether a tool makes what people book by its own name: an appointment for a vaccination."""
    return bool(facts.groups & {"create", "schedule", "reserve"} and facts.things & lexicon().things["appointment"])


def _kinds(things: set[str]) -> set[str]:
    plain = {folded(one) for one in things} | things
    return set().union(*(kind for kind in lexicon().kinds if kind & plain))
