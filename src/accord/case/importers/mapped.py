"""Any JSON by a map: an array, JSON lines or a table, whose members the map names by dotted paths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from accord.case.importers.draft import ANY_TASK, GOAL, SAID, Draft, Skip, Turn, asked, demanded, indirect, slug
from accord.case.importers.effects import Effect, aimed, effect_of_text, effect_of_tool
from accord.case.importers.marks import jinja, lasting, mark, places
from accord.case.importers.sample import usable
from accord.case.importers.source import Source, Tree, each, items, parsed, texts
from accord.case.importers.tables import tables
from accord.core.case import Channel
from accord.core.text import one_line


class _Oracle(NamedTuple):
    says: tuple[str, ...] = ()
    matches: str = ""
    leaks: str = ""
    tool: str = ""
    effect: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMap:
    """Where a record says its channel, what its words mean, and what holds where it says none."""

    path: str | None = None
    values: Mapping[str, Channel] = field(default_factory=dict)
    default: Channel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipMap:
    """Which records are no attacks."""

    path: str
    equals: str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMap:
    """Where the parts of a case stand in a record."""

    deliver: str
    name: str | None = None
    summary: str | None = None
    ask: str | None = None
    channel: str | ChannelMap | None = None
    broke: tuple[Mapping[str, str], ...] = ()
    skip: SkipMap | None = None
    vars: Mapping[str, str] = field(default_factory=dict)


def read(tree: Tree, plan: ImportMap) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per record; records that the map leaves out are not read at all."""

    def one_file(source: Source) -> Iterator[Draft | Skip]:
        for record, value in _records(source):
            if isinstance(value, ValueError):
                yield Skip(record=record, reason=str(value))
            elif plan.skip is None or not _equal(_at(value, plan.skip.path), plan.skip.equals):
                yield _case(record, value, plan)

    return each(tree, (".json", ".jsonl", ".csv", ".tsv"), one_file)


def _records(source: Source) -> Iterator[tuple[str, object]]:
    if source.ending in (".csv", ".tsv"):
        yield from source.rows()
    elif source.ending == ".jsonl" or not source.text().lstrip().startswith(("[", "{")):
        yield from source.lines()
    else:
        yield from _document(source)


def _document(source: Source) -> Iterator[tuple[str, object]]:
    """Yield the records of one JSON value, or of JSON lines under another name."""
    text = source.text()
    lines = [line for line in text.splitlines() if line.strip()]
    if text.lstrip().startswith("{") and len(lines) > 1 and lines[0].rstrip().endswith("}"):
        yield from source.lines()
        return
    document = parsed(text)
    found = items(document)
    if isinstance(document, Mapping):
        inner = [items(value) for value in document.values() if isinstance(value, list)]
        found = inner[0] if len(inner) == 1 else (document,)
    yield from ((f"{source.shown}#{number}", one) for number, one in enumerate(found, 1))


def _at(value: object, path: str) -> object:
    """Return what stands at a dotted path; a key that holds dots itself is found as it is."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 6 and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _equal(found: object, wanted: object) -> bool:
    if isinstance(found, str) and not isinstance(wanted, str):
        return found.strip().casefold() == str(wanted).casefold()
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def _written(value: object) -> str:
    """Return a value as a text: lists of texts by lines, other values as JSON."""
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, list) and len(texts(value)) == len(value):
        return "\n".join(texts(value))
    return json.dumps(value, ensure_ascii=False)


def _case(record: str, value: object, plan: ImportMap) -> Draft | Skip:
    if not isinstance(value, Mapping):
        return Skip(record=record, reason="it is no record")
    name = one_line(_part(value, plan.name), 80)
    record = f"{record} {name}".strip()
    text = _marked(_part(value, plan.deliver), plan)
    if not text.strip():
        return Skip(record=record, reason=f"{one_line(plan.deliver, 60)!r} holds no text")
    channel = _channel(value, plan.channel)
    if channel is None:
        return Skip(record=record, reason="its channel is not known, and the map has no default")
    task = _marked(_part(value, plan.ask), plan)
    oracle = _oracle(value, plan, text, task)
    if oracle is None:
        text, oracle = _with_canary(text), _Oracle(says=SAID)
    return Draft(
        record=record,
        name=slug(name or record),
        summary=one_line(_part(value, plan.summary), 200) or f"{name or record}: {one_line(text, 120)}",
        turns=_turns(text, channel, task),
        says=oracle.says,
        matches=oracle.matches,
        leaks=oracle.leaks,
        tool=oracle.tool,
        effect=oracle.effect,
        source=record,
    )


def _part(value: object, path: str | None) -> str:
    return _written(_at(value, path)) if path else ""


def _marked(text: str, plan: ImportMap) -> str:
    """Replace the placeholders that the map names, then any other, by variables."""
    for place, name in plan.vars.items():
        text = text.replace(place, mark(name)) if place else text
    return jinja(text, GOAL, known=())


def _with_canary(text: str) -> str:
    placed = places(text, GOAL, known=tables().places)
    return placed if demanded(placed) else asked(placed)


def _turns(text: str, channel: Channel, task: str) -> tuple[Turn, ...]:
    if channel is Channel.USER:
        return (Turn(text=f"{task.rstrip()}\n\n{text}" if task.strip() else text),)
    return indirect(Turn(text=text, channel=channel), task if task.strip() else ANY_TASK)


def _channel(value: object, plan: str | ChannelMap | None) -> Channel | None:
    if plan is None:
        return Channel.USER
    if isinstance(plan, str):
        plan = ChannelMap(default=Channel(plan)) if plan in {*Channel} else ChannelMap(path=plan)
    told = _part(value, plan.path).strip()
    name = told.casefold().replace("_", "-").replace(" ", "-")
    return plan.values.get(told) or tables().channels.get(name) or plan.default


def _oracle(value: object, plan: ImportMap, text: str, task: str) -> _Oracle | None:
    """Return the first way to tell success whose path exists and is not empty, else the variables of the map."""
    for way in plan.broke:
        for key, path in way.items():
            found = tuple(one for one in _listed(_at(value, path), plan) if one.strip())[:100]
            oracle = _way(key, found, text, task) if found else None
            if oracle is not None:
                return oracle
    said = tuple(mark(name) for name in plan.vars.values() if mark(name) in text)
    return _Oracle(says=said) if said else None


def _listed(found: object, plan: ImportMap) -> tuple[str, ...]:
    return tuple(_marked(one, plan) for one in texts(found) or (_written(found),))


def _way(key: str, found: tuple[str, ...], text: str, task: str) -> _Oracle | None:
    match key:
        case "says" | "says_any":
            return _Oracle(says=found)
        case "leaks":
            return _Oracle(leaks=found[0])
        case "matches":
            if usable(lasting(found[0])):
                return _Oracle(matches=found[0])
            return None if "(?" in found[0] else _Oracle(says=found)  # a text, and no pattern
        case _:
            words = effect_of_tool(found[0])
            told = effect_of_text(task)
            honest = told is not None and words is not None and told.does == words.does
            effect = None if words is None or honest else aimed(words, text)
            return _Oracle(tool=found[0], effect=effect)
