"""What a tool does and what its arguments are for: as guard.yaml says, else as its own declaration tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from accord.core.canon import Digest, digest
from accord.core.case import Does
from accord.core.errors import RecordError
from accord.core.guard import Confidentiality, GuardTool
from accord.core.system import Effect
from accord.guard.flow.lexicon import Lexicon, Slot, lexicon, name_words, slot_named

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as a request declares it: its name, description and the JSON schema of its arguments."""

    name: str
    description: str = ""
    schema: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """An argument: what it is for, and whether the tool cannot do without it."""

    name: str
    slot: Slot
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a tool: its effect, the words people ask for it with, what it works on, and its sinks.

    `outside` is a read that sends an address out of the house. `opaque` marks a tool whose output is the text of
    strangers as a whole, so that nothing in it counts as a field; `strange` where guard.yaml says that strangers write
    there. `closed`: it takes no arguments but its sinks.
    """

    name: str
    effect: Effect
    groups: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    sinks: Mapping[str, Sink] = field(default_factory=dict)
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
    groups = _groups(parts, description, listed, words)
    if not groups:
        return None
    sinks = _sinks(tool, listed)
    things = _things(parts, groups, words)
    if "send" in groups and things & words.things["money"] & frozenset(parts):
        groups |= {"pay"}
    effect = listed.effect if listed and listed.effect else _worst(groups, words)
    outside = any(sink.slot is Slot.URL for sink in sinks.values()) or bool(listed and listed.does == Does.FETCH_URL)
    return Facts(
        name=tool.name,
        effect=effect,
        groups=groups,
        asks=_asks(parts, groups, words),
        things=things,
        own=frozenset(parts) & words.deeds.keys(),
        nouns=frozenset(part.removesuffix("s") for part in parts if part not in words.deeds or part in words.things),
        sinks=sinks,
        outside=outside,
        opaque=outside or _hands_out_texts(parts, sinks, effect),
        closed="properties" in tool.schema,
        listed=listed,
    )


def _groups(parts: tuple[str, ...], description: str, listed: GuardTool | None, words: Lexicon) -> frozenset[str]:
    """Return the groups of deeds a tool belongs to; a name that reads but also tells of an effect is no read."""
    named = next((words.deeds[part] for part in parts if part in words.deeds), ())
    found = set(named)
    if "read" in found:
        hidden = [part for part in parts[1:] if part in _NEVER_NOUNS]
        found |= {group for part in hidden for group in words.deeds.get(part, ())}
        found |= _described(description, words)
    if listed and listed.does:
        said = _GROUPS_OF.get(listed.does, ())
        found = (found - {"read"} | set(said)) if said != ("read",) else set(said)
    elif listed and listed.effect in {Effect.NONE, Effect.READ}:
        found = {"read"}
    elif listed and listed.effect is not None and found <= {"read"}:
        found = {"update"}
    if len(found) > 1:
        found.discard("read")
    return frozenset(found)


def _described(description: str, words: Lexicon) -> set[str]:
    """Return the groups that the first word of a description (`Deletes the file`) tells."""
    first = _WORD.search(description[:200])
    if first is None:
        return set()
    word = first.group().lower()
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        if form in words.deeds and "read" not in words.deeds[form]:
            return set(words.deeds[form])
    return set()


def _worst(groups: Iterable[str], words: Lexicon) -> Effect:
    return max((words.groups[group].effect for group in groups), key=_SEVERITY.index)


def _asks(parts: tuple[str, ...], groups: Iterable[str], words: Lexicon) -> frozenset[str]:
    own = frozenset(part for part in parts if part in words.deeds)
    return own.union(*(words.groups[group].asks for group in groups))


def _things(parts: tuple[str, ...], groups: frozenset[str], words: Lexicon) -> frozenset[str]:
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
        str(name): Sink(name=str(name), slot=_slot(str(name), said), required=str(name) in required)
        for name, said in list(properties.items())[:200]
    }
    for effect_argument, name in listed.args.items() if listed else ():
        slot = Slot(effect_argument) if effect_argument in set(Slot) else Slot.OTHER
        sinks[name] = Sink(name=name, slot=slot, required=name in required or name not in sinks)
    return sinks


def _slot(name: str, said: object) -> Slot:
    kinds = _types(said)
    return Slot.FLAG if kinds and kinds <= {"boolean", _OPTIONAL} else slot_named(name)


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
