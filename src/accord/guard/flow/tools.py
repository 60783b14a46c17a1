"""What a tool does and what its arguments are for: as guard.yaml says, else as its own declaration tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from accord.core.case import Does
from accord.core.guard import Confidentiality, GuardTool
from accord.core.system import Effect
from accord.guard.flow.describing import said_of, shows, usual
from accord.guard.flow.lexicon import OWN, Lexicon, Slot, kin_of, lexicon, name_words, slot_named, unheard_of
from accord.guard.flow.stems import LETTERS

_GROUPS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    Does.SEND_MESSAGE: ("send",),
    Does.PUBLISH: ("post",),
    Does.PAY: ("pay",),
    Does.ORDER: ("reserve",),
    Does.CHANGE_RECORD: ("update",),
    Does.DELETE_RECORD: ("delete",),
    Does.READ_PRIVATE: ("read",),
    Does.FETCH_URL: ("read",),
    Does.RUN_CODE: ("run",),
    Does.WRITE_FILE: ("create", "write"),
    Does.CHANGE_ACCESS: ("share", "invite", "remove"),
    Does.SCHEDULE: ("schedule", "create"),
}
_FINAL: Final = frozenset({"delete", "cancel", "pay", "reserve"})
_NEVER_NOUNS: Final = frozenset(
    {"delete", "remove", "send", "pay", "create", "update", "execute", "write", "append", "invite", "grant", "purge"}
)
_SEVERITY: Final = (Effect.NONE, Effect.READ, Effect.REVERSIBLE, Effect.WRITE, Effect.IRREVERSIBLE)
_SHORTEST: Final = 2  # letters of what may be a product or a small word in a name
_GENERIC: Final = 3  # letters of `id` and `key`
_INFINITIVE: Final = ("en", "ern", "eln")  # as verbs end in names that put them last
_ACCOUNTS: Final = frozenset(
    {"account", "phone", "mobile", "telephone", "number", "id", "card", "to", "recipient", "user"}
)
_OPTIONAL: Final = "null"
_DECIDING: Final = frozenset({Slot.RECIPIENT, Slot.URL, Slot.TARGET, Slot.PATH, Slot.CODE, Slot.ACCESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as a request declares it: its name, description and the JSON schema of its arguments."""

    name: str
    description: str = ""
    schema: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """An argument: what it is for, whether the tool cannot do without it, and whether it is declared a number.

    `choices` are the words it takes, in small letters, where it declares them; `inner` are the members of an object, or
    of the objects in a list, that it declares. `usual` is the switch that stands where nobody sets it: `true`, `false`.
    """

    name: str
    slot: Slot
    required: bool = False
    number: bool = False
    text: bool = False
    choices: frozenset[str] = frozenset()
    usual: str = ""
    inner: Mapping[str, Sink] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """What is known of a tool: its effect, the words people ask for it with, what it works on, and its sinks.

    `outside` is a read that sends an address out of the house. `opaque` marks a tool whose output is the text of
    strangers as a whole, so that nothing in it counts as a field; `strange` where guard.yaml says that strangers write
    there. `verb` is its own. `every`: it works on all there is. `closed`: it takes no arguments but its sinks.
    `reads`: calling it changes nothing. `needed` is what an effect cannot do without; `numbers`, `objects`, `texts` are
    the sinks declared as such. `rivals` ask for other tools of the set, and no table knows them; `beyond` are things
    that other tools for the like are called by and take, and this one is not: a `segment`. `foreign` are the verbs of
    other tools for the like.
    """

    name: str
    effect: Effect
    groups: frozenset[str] = frozenset()
    verb: str = ""
    asks: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    rivals: frozenset[str] = frozenset()
    beyond: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    sinks: Mapping[str, Sink] = field(default_factory=dict)
    every: bool = False
    outside: bool = False
    opaque: bool = False
    strange: bool = False
    closed: bool = False
    confidentiality: Confidentiality | None = None
    listed: GuardTool | None = None
    reads: bool = field(init=False)
    needed: tuple[Sink, ...] = field(init=False)
    numbers: frozenset[str] = field(init=False)
    objects: frozenset[str] = field(init=False)
    texts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reads", self.effect in {Effect.NONE, Effect.READ})
        needed = () if self.reads else (sink for sink in self.sinks.values() if sink.required)
        object.__setattr__(self, "needed", tuple(needed))
        object.__setattr__(self, "numbers", frozenset(name for name, sink in self.sinks.items() if sink.number))
        object.__setattr__(self, "objects", frozenset(name for name, sink in self.sinks.items() if sink.inner))
        object.__setattr__(self, "texts", frozenset(name for name, sink in self.sinks.items() if sink.text))


def beside(facts: Mapping[str, Facts]) -> dict[str, Facts]:
    """Return what is known of the tools of a set, each with what tells it from the others."""
    others = [one for one in facts.values() if not one.reads]
    asked = frozenset[str]().union(*(unheard_of(one.asks) for one in others))
    taken = [(one.nouns, one.nouns & _taken(one)) for one in others]
    found = dict[str, Facts]()
    for name, one in facts.items():
        alike = (words for nouns, words in taken if not nouns.isdisjoint(one.nouns))
        beyond = frozenset[str]().union(*alike) - one.things - _taken(one)
        foreign = frozenset(other.verb for other in others if not other.nouns.isdisjoint(one.nouns)) - {one.verb}
        found[name] = replace(one, rivals=asked - one.asks, beyond=beyond, foreign=foreign)
    return found


def _taken(facts: Facts) -> frozenset[str]:
    """Return the words for what a tool takes, by the names of its arguments."""
    return kin_of(word for word in argument_words(facts) if len(word) > _GENERIC)


@lru_cache(maxsize=1024)
def argument_words(facts: Facts, slots: frozenset[Slot] = frozenset(Slot)) -> frozenset[str]:
    """Return the words by which a tool's arguments are called, or those of its arguments of some kinds."""
    return frozenset(word for name, sink in facts.sinks.items() if sink.slot in slots for word in name_words(name))


def facts_of(tool: Tool, listed: GuardTool | None) -> Facts | None:
    """Return what is known of a tool; None where neither guard.yaml nor its declaration tells its effect."""
    words = lexicon()
    description = tool.description or (listed.description if listed and listed.description else "")
    parts = name_words(tool.name)
    verb = _verb(parts, description, words)
    groups = _groups(parts, verb, description, listed, words)
    sinks = _sinks(tool, listed)
    if listed and not (listed.does or listed.effect) and _silent(parts, groups, words):
        slots = (sink.slot for sink in sinks.values())
        groups = frozenset({"read"}) if shows(parts, description, slots) else groups or _described(description, words)
    if not groups:
        return None
    things = _things(tuple(part for part in parts if part != verb or part in words.deeds), verb, words)
    if "send" in groups and things & words.things["money"] & frozenset(parts):
        groups |= {"pay"}
    if groups == {OWN} and not words.deeds.keys() & set(parts):
        groups = _described(description, words) or groups
    doing = groups | (_described(description, words) & _FINAL) if groups == {OWN} else groups
    worst = max((words.groups[group].effect for group in doing), key=_SEVERITY.index)
    effect = listed.effect if listed and listed.effect else worst
    sinks = sinks if effect in {Effect.NONE, Effect.READ} else _deciding(sinks, known=OWN not in groups)
    outside = any(sink.slot is Slot.URL for sink in sinks.values()) or bool(listed and listed.does == Does.FETCH_URL)
    return Facts(
        name=tool.name,
        effect=effect,
        groups=groups,
        verb=verb,
        asks=_asks(parts, verb, groups, words),
        things=things,
        own=frozenset(part for part in parts if part in words.deeds),
        nouns=frozenset(part.removesuffix("s") for part in parts if part not in words.deeds or part in words.things),
        sinks=sinks,
        every=not groups <= {"read"} and bool(set(parts) & words.small["bulk"]),
        outside=outside,
        opaque=outside or _hands_out_texts(parts, sinks, effect),
        closed="properties" in tool.schema,
        listed=listed,
    )


def moneyed(facts: Facts) -> bool:
    """Tell whether a tool pays, or works on what payments are made by."""
    return "pay" in facts.groups or not facts.things.isdisjoint(lexicon().things["money"])


def _silent(parts: tuple[str, ...], groups: frozenset[str], words: Lexicon) -> bool:
    """Tell whether no word of a name is one for a deed."""
    informs = parts[-1] in words.small["informing"] and parts[0] not in _NEVER_NOUNS
    acting = (part for part in parts if set(words.deeds.get(part, ("read",))) != {"read"} and part not in words.things)
    return informs or (groups <= {OWN} and not any(acting))


def _verb(parts: tuple[str, ...], description: str, words: Lexicon) -> str:
    """Return the word of a tool's name that says what it does: the one its description begins with, else the first.

    What may be a noun is none at the end of a name: `sign_message` sends nothing.
    """
    confirmed = next(_confirmed(parts, description, words), "")
    if confirmed:
        return confirmed
    first = next((part for part in parts if part in words.deeds), "")
    noun = first in words.small["noun"] and len(parts) > 1 and parts[-1] == first
    others = [part for part in parts[:-1] if part not in words.things] if noun else []
    if others or first or not description:
        return others[0] if others else first
    if len(parts) > 1 and parts[-1].endswith(_INFINITIVE) and parts[-1] not in words.things:
        return parts[-1]  # `abholungAnmelden`
    if parts[:1] and parts[0] in words.things:
        return next((part for part in parts[1:] if part not in words.things and len(part) > _SHORTEST), "")
    return next((part for part in parts if len(part) > _SHORTEST), next(iter(parts), ""))


def _confirmed(parts: tuple[str, ...], description: str, words: Lexicon) -> Iterator[str]:
    """Yield the parts of a name that are the verb its description begins with; a noun in front is none: `Stages of`."""
    told = _first_word(description)
    for at, part in enumerate(parts):
        if part in told and (part in words.deeds or part != told[0] or not at):
            yield part


def _groups(
    parts: tuple[str, ...], verb: str, description: str, listed: GuardTool | None, words: Lexicon
) -> frozenset[str]:
    """Return the groups of deeds a tool belongs to; a name that reads but also tells of an effect is no read.

    A deed that no table knows is one of its own: it is asked for by its own word.
    """
    found = set(words.deeds.get(verb, (OWN,) if verb else ()))
    for part in _deed_nouns(parts, verb, words):
        found = (found - {OWN}) | set(words.deeds[part])
    if found and verb and _opens(parts, verb, words, reads="read" in found):
        found = {OWN}
    if "read" in found:
        hidden = [part for part in parts[1:] if part in _NEVER_NOUNS]
        found |= {group for part in hidden for group in words.deeds.get(part, ())}
        found |= _described(description, words)
    if listed and listed.does:
        said = _GROUPS_OF.get(listed.does, ())
        found = (found - {"read", OWN} | set(said)) if said != ("read",) else set(said)
    elif listed and listed.effect in {Effect.NONE, Effect.READ}:
        found = {"read"}
    elif listed and listed.effect is not None and found <= {"read"}:
        found = {"update"}
    if len(found) > 1:
        found.discard("read")
    return frozenset(found)


def _deed_nouns(parts: tuple[str, ...], verb: str, words: Lexicon) -> tuple[str, ...]:
    """Return the nouns of a name that say what is done where its verb does not: `place_order`, `create_post`."""
    if verb not in words.small["light"]:
        return ()
    return tuple(part for part in parts if part != verb and part in words.deeds and part in words.small["noun"])


def _opens(parts: tuple[str, ...], verb: str, words: Lexicon, *, reads: bool) -> bool:
    """Tell whether a word does something else here: a port is opened, a guest checked in, a loss written off."""
    at = parts.index(verb)
    if "_".join(parts[at : at + 2]) in words.small["phrasal"]:
        return True
    return reads and verb in words.small["ajar"] and not set(parts) & words.small["readable"]


def _described(description: str, words: Lexicon) -> frozenset[str]:
    """Return the groups that the first word of a description (`Deletes the file`) tells."""
    said = [word.lower() for word in LETTERS.findall(description[:200])[:2]]
    if len(said) > 1 and said[0] in words.small["informing"] and said[1] in words.small["linking"]:
        return frozenset()  # `Posts on the board` are no posting
    for form in _first_word(description):
        if form in words.deeds and "read" not in words.deeds[form]:
            return frozenset(words.deeds[form])
    return frozenset()


def _first_word(description: str) -> tuple[str, ...]:
    """Return the forms of the verb that a description begins with: as it is, and without the endings of a person."""
    said = said_of(description)
    if not said:
        return ()
    word = said[0]
    stems = (word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y")
    return (word, *stems) if word.endswith("s") else (word,)


def _asks(parts: tuple[str, ...], verb: str, groups: frozenset[str], words: Lexicon) -> frozenset[str]:
    """Return the words that ask for a tool: its own verb, and all that mean the same deed; `give_credit`: `credit`."""
    before = parts[:1] != (verb,) and parts[0] in words.small["light"] - {"new", "take"}
    light = verb in words.small["light"] or before
    deeds = frozenset(part for part in parts if part in words.deeds)
    own = frozenset(parts) if light else frozenset((verb,)) if verb else deeds
    return own.union(*(words.groups[group].asks for group in groups))


def _things(parts: tuple[str, ...], verb: str, words: Lexicon) -> frozenset[str]:
    """Return the names people give to what the tool works on; of `delete_draft` a draft, which is a deed as well."""
    nouns = [part for part in parts if part not in words.deeds or part in words.things]
    nouns = nouns or [part for part in parts if part != verb]
    found = kin_of(nouns)
    plurals = {noun + "s" for noun in nouns} | {noun.removesuffix("s") for noun in nouns}
    return (found | plurals) - words.small["stop"]


def _sinks(tool: Tool, listed: GuardTool | None) -> dict[str, Sink]:
    """Return the arguments a tool declares, and those guard.yaml binds."""
    declared = tool.schema.get("properties")
    properties = declared if isinstance(declared, Mapping) else {}
    needed = tool.schema.get("required")
    required = set(map(str, needed)) if isinstance(needed, list | tuple) else set()
    sinks = {
        str(name): _sink(str(name), said, required=str(name) in required)
        for name, said in list(properties.items())[:200]
    }
    for effect_argument, name in listed.args.items() if listed else ():
        slot = Slot(effect_argument) if effect_argument in set(Slot) else Slot.OTHER
        sinks[name] = Sink(name=name, slot=slot, required=name in required or name not in sinks)
    return sinks


def _sink(name: str, said: object, *, required: bool, deep: int = 3) -> Sink:
    """Return what a schema declares of an argument, with the members of the object that it is."""
    one = said.get("items", said) if isinstance(said, Mapping) else {}
    one = one if isinstance(one, Mapping) else {}
    members = one.get("properties")
    needed = one.get("required")
    inner = {
        str(key): _sink(f"{name}.{key}", value, required=required and str(key) in (needed or ()), deep=deep - 1)
        for key, value in (list(members.items())[:60] if isinstance(members, Mapping) and deep else ())
    }
    listed = one.get("enum")
    choices = frozenset(str(word).casefold() for word in listed[:200]) if isinstance(listed, list) else frozenset[str]()
    number, plain = _is_number(said), _types(said) - {_OPTIONAL} == {"string"}
    slot = _slot(name, said)
    if number and slot is Slot.RECIPIENT and not _ACCOUNTS & set(name_words(name)):
        slot = Slot.OTHER  # how many `guests`
    if number and slot is Slot.TARGET and name == "target":
        slot = Slot.OTHER  # how warm it is to be
    return Sink(
        name=name,
        slot=slot,
        required=required,
        number=number,
        text=plain,
        choices=choices,
        usual=usual(said) if slot is Slot.FLAG else "",
        inner=inner,
    )


def _deciding(sinks: dict[str, Sink], *, known: bool) -> dict[str, Sink]:
    """Return the sinks of an effect, in which something decides: where no name tells, whatever the tool needs."""
    if known and any(sink.slot in _DECIDING for sink in sinks.values()):
        return sinks
    return {
        name: replace(sink, slot=_deciding_slot(sink)) if _undecided(sink) else sink for name, sink in sinks.items()
    }


def _undecided(sink: Sink) -> bool:
    return sink.slot is Slot.OTHER and sink.required and not sink.choices and not sink.inner


def _deciding_slot(sink: Sink) -> Slot:
    """Return what an argument is that no name tells: how many of something, or which."""
    return Slot.TARGET if not sink.number or "number" in name_words(sink.name) else Slot.AMOUNT


def _slot(name: str, said: object) -> Slot:
    kinds = _types(said)
    return Slot.FLAG if kinds and kinds <= {"boolean", _OPTIONAL} else slot_named(name)


def _is_number(said: object) -> bool:
    kinds = _types(said)
    return bool(kinds) and kinds <= {"number", "integer", _OPTIONAL}


def _types(said: object) -> set[str]:
    """Return the JSON types a schema of one argument allows."""
    if not isinstance(said, Mapping):
        return set()
    kind = said.get("type")
    found = {kind} if isinstance(kind, str) else set(map(str, kind)) if isinstance(kind, list) else set()
    ways = said.get("anyOf")
    for way in ways if isinstance(ways, list) else ():
        inner = way.get("type") if isinstance(way, Mapping) else None
        found |= {inner} if isinstance(inner, str) else set()
    return found


def _hands_out_texts(parts: tuple[str, ...], sinks: Mapping[str, Sink], effect: Effect) -> bool:
    """Tell whether a read returns a document as it is: a file by its path, a page by its address."""
    reads = effect in {Effect.NONE, Effect.READ} and bool({"read", "load", "open", "download", "fetch"} & set(parts))
    return reads and any(sink.slot is Slot.PATH for sink in sinks.values())
