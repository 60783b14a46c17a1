"""What a tool's description and schema tell of it: a deed, what it works on, and the words it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import takewhile
from typing import Final, NamedTuple

from accord.guard.flow.inflecting import acts_of, any_noun, deeds_of, folded, joined, particles, stems
from accord.guard.flow.lexicon import Lexicon, Slot, lexicon, name_words

_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SENTENCE: Final = re.compile(r"[^.!?\n;:(,]*")
_PREAMBLE: Final = re.compile(
    r"\A\s*(?:this|the) (?:tool |function |endpoint |method |command |action )?"
    r"(?:will |can be used to |is used to |allows you to |lets you )",
    re.IGNORECASE,
)
_READ: Final = 400  # characters of a description that are read
_FIRST: Final = 8  # words in which a description without a verb says what it hands out
_CUT: Final = re.compile(r"(?:e|en|er|ar|ir|re|ern|eln)$")
_AND: Final = re.compile(r"(?:\b(?:and|then|und|dann|et|puis|y|luego|e|poi|en|dan|och|og|oraz)|,)\s+([^\W\d_]{3,})")
_SHORT: Final = 3
_READS: Final = frozenset({"read"})
_GENITIVE: Final = frozenset({"einer", "eines", "des", "der", "d", "du"})
_ENGLISH: Final = frozenset({"on", "in", "off", "out", "up", "down", "back", "away", "over"})
_AFTER: Final = frozenset({"off", "out", "down", "back", "up", "over"})
_KEYS: Final = frozenset({Slot.TARGET, Slot.DATE, Slot.PATH, Slot.OTHER, Slot.RECIPIENT, Slot.AMOUNT})


class Told(NamedTuple):
    """What a tool says of itself beside its name; `deed` are the stems of the verb that its description begins with.

    `groups` are the deeds this verb belongs to, `things` what the description and the arguments speak of, `choices` the
    words that an argument takes; `head` is what the verb is about: `Creates a purchase order` is about an order.
    """

    deed: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    choices: frozenset[str] = frozenset()
    head: str = ""


UNTOLD: Final = Told()
"""What a tool says that guard.yaml does not list: nothing that counts."""


def told_by(description: str, schema: Mapping[str, object]) -> Told:
    """Return what a description and a schema tell."""
    said = _sentence(description)
    deed = first_deed(said)
    nouns = {word for word in said[1:] if _is_noun(word)}
    properties = schema.get("properties")
    named = properties if isinstance(properties, Mapping) else {}
    nouns.update(part for name in list(named)[:60] for part in name_words(str(name)) if _is_noun(part))
    return Told(deed, _english(said) or _groups(deed), frozenset(nouns), frozenset(_choices(named, 0)), _head(said))


def _head(said: list[str]) -> str:
    """Return the noun that a description's verb is about, which ends where a preposition or particle stands."""
    small = lexicon().small
    at = 2 if said[1:2] and said[1] in small["article"] else 1
    about = list(takewhile(lambda word: word not in small["linking"] | small["origin"] | particles(), said[at:]))
    return about[-1] if about and _is_noun(about[-1]) else ""


def _sentence(description: str) -> list[str]:
    begun = _SENTENCE.match(_PREAMBLE.sub("", description[:_READ]).strip())
    return [word.casefold() for word in _WORD.findall(begun.group() if begun else "")]


def _parts(said: list[str]) -> bool:
    """Tell whether a sentence ends with a particle of its verb, as no English one does: `Legt eine Akte an`."""
    return said[-1] in particles() and (said[-1] not in _ENGLISH or said[0].endswith("t"))


def first_deed(said: list[str]) -> frozenset[str]:
    """Return the stems of the verb that a sentence begins with: `Stellt den Bescheid zu` is `zustellen`."""
    if not said:
        return frozenset()
    if len(said) > 1 and (_parts(said) or said[1] in _AFTER):
        return joined(said[0], said[1] if said[1] in _AFTER else said[-1], persons=True)
    return stems(said[0], persons=True) | deeds_of(said[0])


def _is_noun(word: str) -> bool:
    words = lexicon()
    return len(word) > 2 and word not in words.small["stop"] | words.small["determiner"] | words.small["generic"]


def _english(said: list[str]) -> frozenset[str]:
    """Return the groups of a verb that stands in the tables as it is, or did without the ending of a person."""
    if not said or _parts(said) or (said[1:2] and said[1] in _AFTER):
        return frozenset()
    forms = (said[0], said[0].removesuffix("s"), said[0].removesuffix("es"), said[0].removesuffix("ies") + "y")
    found = next((lexicon().deeds[form] for form in forms if form in lexicon().deeds), ())
    return frozenset(found) - {"read"} if len(found) > 1 else frozenset(found)


def _groups(deed: frozenset[str]) -> frozenset[str]:
    found = frozenset[str]().union(*(deed_stems().get(stem, frozenset()) for stem in deed))
    return found - {"read"} if len(found) > 1 else found


def made_by(head: str) -> frozenset[str]:
    """Return the groups of the deed that a noun is made of: a `transferencia` pays."""
    return _groups(acts_of(head)) if head else frozenset()


def said_of(description: str) -> list[str]:
    """Return the words of the first sentence of a description."""
    return _sentence(description)


def groups_by_stem(verb: str, parts: tuple[str, ...]) -> frozenset[str]:
    """Return the groups that the verb of a name belongs to in another form, or with a particle that parted from it."""
    after = next((part for part in parts[1:] if part in particles() and part == parts[-1]), "")
    deed = joined(verb, after) if after else stems(verb)
    agent = verb.endswith("er") and verb[:-2] in lexicon().deeds  # a buyer
    found = _groups(deed) if verb and not agent else frozenset[str]()
    return found if found != {"read"} else frozenset()


def _choices(named: Mapping[object, object], deep: int) -> Iterator[str]:
    """Yield the words that an argument, or a member of one, takes as they are."""
    for said in list(named.values())[:60] if deep < 3 else ():
        if not isinstance(said, Mapping):
            continue
        listed = said.get("enum")
        for one in listed[:60] if isinstance(listed, list) else ():
            yield from (
                part for part in name_words(str(one)[:60]) if len(part) > 2 and part not in lexicon().small["generic"]
            )
        inner = said.get("items")
        below = inner if isinstance(inner, Mapping) else said
        if isinstance(below.get("properties"), Mapping):
            yield from _choices(below["properties"], deep + 1)
        elif isinstance(inner, Mapping):
            yield from _choices({"": inner}, deep + 1)


@cache
def deed_stems() -> Mapping[str, frozenset[str]]:
    """Return the groups of deeds by the stems of the words that tools are called by."""
    found: dict[str, set[str]] = {}
    for word, groups in lexicon().deeds.items():
        for stem in deeds_of(word):
            found.setdefault(stem, set()).update(groups)
    return {stem: frozenset(groups) for stem, groups in found.items()}


@cache
def kin_stems() -> Mapping[str, frozenset[int]]:
    """Return the groups of deeds asked for in one another's words, by the stems of the words."""
    found: dict[str, set[int]] = {}
    for number, group in enumerate(lexicon().kin):
        for word in group:
            for stem in deeds_of(word):
                found.setdefault(stem, set()).add(number)
    return {stem: frozenset(groups) for stem, groups in found.items()}


@cache
def _showing() -> frozenset[str]:
    return frozenset(stem for word in lexicon().small["showing"] for stem in deeds_of(word))


@cache
def _effects() -> tuple[str, ...]:
    """Return what the words for effects begin with, so that `payment` and `deletion` are known for theirs."""
    table = lexicon()
    verbs = {word for word, groups in table.deeds.items() if set(groups) != {"read"}}
    verbs = verbs.union(*table.kin) - table.small["informing"]
    whole = {folded(word.partition("_")[0]) for word in verbs}
    begun = {_CUT.sub("", word) for word in whole}
    return tuple(sorted(one for one in whole | begun if len(one) > _SHORT or one in {"pay", "buy"}))


def shows(parts: tuple[str, ...], description: str, slots: Iterable[Slot]) -> bool:
    """Tell whether a tool whose name tells no deed hands something out and changes nothing, by its description.

    It begins with a verb that shows, or with what is shown; no word of an effect stands beside that or in the name, and
    the arguments only say which. A shell's own reads are known by their names.
    """
    words, said = lexicon(), _sentence(description)
    if len(parts) == 1 and parts[0] in words.small["shell"]:
        return True
    if not said or not set(slots) <= _KEYS:
        return False
    if any(_acts(after, words) for after in _AND.findall(description[:_READ].casefold())):
        return False
    if _parts(said):
        return bool(first_deed(said) & _showing()) and not any(_tells_effect(part, words) for part in parts)
    return _shown(parts, said, words) if _begins_showing(parts, said) else _held(parts, said, words)


def _begins_showing(parts: tuple[str, ...], said: list[str]) -> bool:
    """Tell whether a description begins with a verb that shows; what a tool `returns` has to be its own name."""
    small = lexicon().small
    if said[0] in small["shown"] or said[0] in small["showing"]:
        return set(lexicon().deeds.get(said[0], ("read",))) == {"read"}
    if said[0] in small["returning_it"]:
        return any_noun(parts, said[1:])
    return said[0] in small["handing_out"] and any_noun([_head(said)], small["informing"])


def _shown(parts: tuple[str, ...], said: list[str], words: Lexicon) -> bool:
    """Tell whether no part of a name is a word for an effect, but for what the description shows: `Lists the locks`."""
    nouns = {*said[1:], *(word.removesuffix("s") for word in said[1:])}
    acting = (part for part in parts if _is_deed(part, words) and part not in words.small["informing"])
    return all(part in nouns or part in words.things for part in acting)


def _held(parts: tuple[str, ...], said: list[str], words: Lexicon) -> bool:
    """Tell whether a description begins with what a tool hands out, and its name tells of no effect."""
    small = words.small
    known = {folded(word) for word in small["informing"]}
    named: Iterable[str] = parts
    if folded(said[0]) in known and (not said[1:] or said[1] in small["linking"] | small["origin"] | _GENITIVE):
        heads = tuple(word for word in known if len(word) > _SHORT)
        named = [part for part in parts if part not in words.things and not part.endswith(heads)]
    if any(_tells_effect(part, words) for part in named) or _tells_effect(said[0], words):
        return False
    if said[1:2] and said[1] in (small["article"] | small["plural"]) - _GENITIVE:
        return False  # what stands before an article is a verb, whether or not a table knows it
    if folded(said[0]) not in known and said[0].endswith(("s", "t")):
        return False
    return any(folded(word) in known for word in said[:_FIRST])


def _acts(word: str, words: Lexicon) -> bool:
    """Tell whether a word beside the first verb is one for an effect as well: `lists and deletes`."""
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        if _is_deed(form, words) and form not in words.things and form not in words.small["informing"]:
            return True
    foreign = not word.endswith("s")
    return foreign and any(deed_stems().get(stem, _READS) - _READS for stem in stems(word, persons=True))


def _is_deed(word: str, words: Lexicon) -> bool:
    """Tell whether a word, as it is, is one for an effect."""
    return set(words.deeds.get(word, ("read",))) != {"read"} or word in kin_words()


@cache
def kin_words() -> frozenset[str]:
    """Return all words that people use for one another's deeds."""
    return frozenset[str]().union(*lexicon().kin)


def _tells_effect(word: str, words: Lexicon) -> bool:
    """Tell whether a word is one for an effect, or made of one: `payment`."""
    if word in words.small["informing"]:
        return False
    plain = folded(word)
    return any(plain.startswith(begun) for begun in _effects())
