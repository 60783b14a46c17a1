"""What a tool does and what its arguments are for: as guard.yaml says, else as its own declaration tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from accord.core.canon import Digest, digest
from accord.core.case import Does
from accord.core.errors import RecordError
from accord.core.guard import Confidentiality, GuardTool
from accord.core.system import Effect
from accord.guard.flow.lexicon import OWN, Lexicon, Slot, lexicon, name_words, slot_named

_WORD: Final = re.compile(r"[^\W\d_]+")
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
_NEVER_NOUNS: Final = frozenset(
    {"delete", "remove", "send", "pay", "create", "update", "execute", "write", "append", "invite", "grant", "purge"}
)
_SEVERITY: Final = (Effect.NONE, Effect.READ, Effect.REVERSIBLE, Effect.WRITE, Effect.IRREVERSIBLE)
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
    """An argument: what it is for, whether the tool cannot do without it, and whether it is declared a number."""

    name: str
    slot: Slot
    required: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a tool: its effect, the words people ask for it with, what it works on, and its sinks.

    `outside` is a read that sends an address out of the house. `opaque` marks a tool whose output is the text of
    strangers as a whole, so that nothing in it counts as a field; `strange` where guard.yaml says that strangers write
    there. `verb` is its own. `every`: it works on all there is. `closed`: it takes no arguments but its sinks.
    """

    name: str
    effect: Effect
    groups: frozenset[str] = frozenset()
    verb: str = ""
    asks: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    sinks: Mapping[str, Sink] = field(default_factory=dict)
    every: bool = False
    outside: bool = False
    opaque: bool = False
    strange: bool = False
    closed: bool = False
    confidentiality: Confidentiality | None = None
    listed: GuardTool | None = None

    @property
    def reads(self) -> bool:
        """Tell whether calling it changes nothing."""
        return self.effect in {Effect.NONE, Effect.READ}


def pin(tool: Tool) -> Digest:
    """Return the digest of what a tool says of itself: name, description and schema.

    Raises `RecordError` for a schema that is no JSON: what has no canonical form cannot be held to one.
    """
    said = {"name": tool.name, "description": tool.description, "schema": tool.schema}
    try:
        return digest(said)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the tool {tool.name[:80]!r} describes itself in what is no JSON"
        raise RecordError(message, hint="mend its schema", code="ACC-E712") from error


def facts_of(tool: Tool, listed: GuardTool | None) -> Facts | None:
    """Return what is known of a tool; None where neither guard.yaml nor its declaration tells its effect."""
    words = lexicon()
    description = tool.description or (listed.description if listed and listed.description else "")
    parts = name_words(tool.name)
    verb = _verb(parts, description, words)
    groups = _groups(parts, verb, description, listed, words)
    if not groups:
        return None
    sinks = _sinks(tool, listed)
    things = _things(tuple(part for part in parts if part != verb or part in words.deeds), words)
    if "send" in groups and things & words.things["money"] & frozenset(parts):
        groups |= {"pay"}
    effect = listed.effect if listed and listed.effect else _worst(groups, words)
    sinks = sinks if effect in {Effect.NONE, Effect.READ} else _deciding(sinks, known=OWN not in groups)
    outside = any(sink.slot is Slot.URL for sink in sinks.values()) or bool(listed and listed.does == Does.FETCH_URL)
    return Facts(
        name=tool.name,
        effect=effect,
        groups=groups,
        verb=verb,
        asks=_asks(parts, verb, groups, words),
        things=things,
        own=frozenset(parts) & words.deeds.keys(),
        nouns=frozenset(part.removesuffix("s") for part in parts if part not in words.deeds or part in words.things),
        sinks=sinks,
        every=not groups <= {"read"} and bool(set(parts) & words.small["bulk"]),
        outside=outside,
        opaque=outside or _hands_out_texts(parts, sinks, effect),
        closed="properties" in tool.schema,
        listed=listed,
    )


def _verb(parts: tuple[str, ...], description: str, words: Lexicon) -> str:
    """Return the word of a tool's name that says what it does: the one its description begins with, else the first.

    What may be a noun is none at the end of a name: `sign_message` sends nothing.
    """
    told = _first_word(description)
    confirmed = next((part for part in parts if part in told), "")
    if confirmed:
        return confirmed
    first = next((part for part in parts if part in words.deeds), "")
    noun = first in words.small["noun"] and len(parts) > 1 and parts[-1] == first
    others = [part for part in parts[:-1] if part not in words.things] if noun else []
    if others or first or not description:
        return others[0] if others else first
    return "" if parts[:1] and parts[0] in words.things else next(iter(parts), "")


def _groups(
    parts: tuple[str, ...], verb: str, description: str, listed: GuardTool | None, words: Lexicon
) -> frozenset[str]:
    """Return the groups of deeds a tool belongs to; a name that reads but also tells of an effect is no read.

    A deed that no table knows is one of its own: it is asked for by its own word.
    """
    found = set(words.deeds.get(verb, (OWN,) if verb else ()))
    for part in _deed_nouns(parts, verb, words):
        found |= set(words.deeds[part])
    if "read" in found and _opens(parts, verb, words):
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


def _opens(parts: tuple[str, ...], verb: str, words: Lexicon) -> bool:
    """Tell whether a word for reading does something here: a port is opened, a guest checked in."""
    at = parts.index(verb)
    if "_".join(parts[at : at + 2]) in words.small["phrasal"]:
        return True
    return verb in words.small["ajar"] and not set(parts) & words.small["readable"]


def _described(description: str, words: Lexicon) -> set[str]:
    """Return the groups that the first word of a description (`Deletes the file`) tells."""
    for form in _first_word(description):
        if form in words.deeds and "read" not in words.deeds[form]:
            return set(words.deeds[form])
    return set()


def _first_word(description: str) -> tuple[str, ...]:
    """Return the forms of the verb that a description begins with: as it is, and without the endings of a person."""
    first = _WORD.search(description[:200])
    if first is None:
        return ()
    word = first.group().lower()
    stems = (word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y")
    return (word, *stems) if word.endswith("s") else (word,)


def _worst(groups: Iterable[str], words: Lexicon) -> Effect:
    return max((words.groups[group].effect for group in groups), key=_SEVERITY.index)


def _asks(parts: tuple[str, ...], verb: str, groups: frozenset[str], words: Lexicon) -> frozenset[str]:
    """Return the words that ask for a tool: its own verb, and all that mean the same deed; `give_credit`: `credit`."""
    light = verb in words.small["light"]
    own = frozenset(parts) if light else frozenset((verb,)) if verb else frozenset(parts) & words.deeds.keys()
    return own.union(*(words.groups[group].asks for group in groups))


def _things(parts: tuple[str, ...], words: Lexicon) -> frozenset[str]:
    """Return the names people give to what the tool works on."""
    nouns = [part for part in parts if part not in words.deeds or part in words.things]
    found = frozenset(nouns).union(*(words.things.get(noun, frozenset()) for noun in nouns))
    plurals = {noun + "s" for noun in nouns} | {noun.removesuffix("s") for noun in nouns}
    return (found | plurals) - words.small["stop"]


def _sinks(tool: Tool, listed: GuardTool | None) -> dict[str, Sink]:
    """Return the arguments a tool declares, and those guard.yaml binds."""
    declared = tool.schema.get("properties")
    properties = declared if isinstance(declared, Mapping) else {}
    needed = tool.schema.get("required")
    required = set(map(str, needed)) if isinstance(needed, list | tuple) else set()
    sinks = {
        str(name): Sink(
            name=str(name), slot=_slot(str(name), said), required=str(name) in required, number=_is_number(said)
        )
        for name, said in list(properties.items())[:200]
    }
    for effect_argument, name in listed.args.items() if listed else ():
        slot = Slot(effect_argument) if effect_argument in set(Slot) else Slot.OTHER
        sinks[name] = Sink(name=name, slot=slot, required=name in required or name not in sinks)
    return sinks


def _deciding(sinks: dict[str, Sink], *, known: bool) -> dict[str, Sink]:
    """Return the sinks of an effect, in which something decides: where no name tells, whatever the tool needs."""
    if known and any(sink.slot in _DECIDING for sink in sinks.values()):
        return sinks
    return {
        name: replace(sink, slot=_deciding_slot(sink)) if sink.slot is Slot.OTHER and sink.required else sink
        for name, sink in sinks.items()
    }


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
