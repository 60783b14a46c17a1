"""PyRIT: seed datasets (one case per seed, or per group of turns) and jailbreak templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from accord.case.importers.draft import (
    CANARY,
    GOAL,
    SAID,
    Draft,
    Skip,
    Turn,
    asked,
    demanded,
    extraction,
    slug,
    wrapped,
)
from accord.case.importers.loose_yaml import plain_yaml
from accord.case.importers.marks import jinja, places
from accord.case.importers.source import Source, Tree, each, items, member, texts
from accord.case.importers.tables import tables
from accord.core.case import Channel
from accord.core.text import one_line

_ENDINGS = (".yaml", ".yml", ".prompt")
_EXTRACTIONS = ("system prompt", "system_prompt", "extraction")
_GOAL_NAMES = ("prompt", "objective")


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield the seeds and jailbreak templates in the files."""
    return each(tree, _ENDINGS, _file)


def _file(source: Source) -> Iterator[Draft | Skip]:
    document = plain_yaml(source.text())
    if not isinstance(document, Mapping):
        return
    seeds = items(document.get("seeds")) or items(document.get("prompts"))
    if seeds:
        yield from _seeds(source, document, seeds)
    elif member(document, "value"):
        yield _template(source, document)


def _template(source: Source, document: Mapping[object, object]) -> Draft:
    title = member(document, "name") or source.path.stem
    text = _filled(member(document, "value"), document)
    return Draft(
        record=source.shown,
        name=f"pyrit-{slug(source.path.stem)}",
        summary=f"PyRIT {title}: {one_line(member(document, 'description'), 120)}",
        turns=(Turn(text=wrapped(text)),),
        says=SAID,
        source=_source(source.shown, document),
    )


def _seeds(source: Source, document: Mapping[object, object], seeds: tuple[object, ...]) -> Iterator[Draft | Skip]:
    groups: dict[str, list[tuple[int, object]]] = {}
    for number, seed in enumerate(seeds, 1):
        key = member(seed, "prompt_group_alias", "prompt_group_id", "group_alias") or f"#{number}"
        groups.setdefault(key, []).append((number, seed))
    for group in groups.values():
        yield _group(source, document, group)


def _group(source: Source, document: Mapping[object, object], group: list[tuple[int, object]]) -> Draft | Skip:
    record = f"{source.shown}#{group[0][0]}"
    ordered = sorted(group, key=lambda pair: _number(pair[1]))
    turns = tuple(turn for _, seed in ordered for turn in _turn(seed, document))
    if not turns:
        return Skip(record=record, reason="it holds no text that a user or system says (an image, a sound, an answer)")
    title = member(document, "dataset_name", "name") or source.path.stem
    if len(turns) == 1 and any(word in title.casefold() for word in _EXTRACTIONS):
        return Draft(
            record=record,
            name=f"pyrit-{slug(title)}",
            summary=f"PyRIT {title}: {one_line(turns[0].text or '', 120)}",
            turns=extraction(turns[0].text or ""),
            leaks=CANARY,
            source=_source(record, group[0][1], document),
        )
    last = turns[-1]
    whole = last.text or ""
    ending = Turn(text=whole if demanded(whole) else asked(whole), channel=last.channel)
    if last.channel is Channel.SYSTEM:
        turns, ending = (*turns, last), Turn(text=GOAL)
    return Draft(
        record=record,
        name=f"pyrit-{slug(title)}",
        summary=f"PyRIT {title}: {one_line(turns[0].text or '', 120)}",
        turns=(*turns[:-1], ending),
        says=SAID,
        source=_source(record, group[0][1], document),
    )


def _turn(seed: object, document: Mapping[object, object]) -> Iterator[Turn]:
    text = seed if isinstance(seed, str) else member(seed, "value")
    kind = member(seed, "data_type") or member(document, "data_type") or "text"
    role = member(seed, "role") or "user"
    if text.strip() and kind == "text" and role in ("user", "system"):
        channel = Channel.SYSTEM if role == "system" else Channel.USER
        yield Turn(text=_filled(text, seed if isinstance(seed, Mapping) else document), channel=channel)


def _filled(text: str, holder: Mapping[object, object]) -> str:
    """Put the harmless goal where the template wants a goal: its one parameter, or the one that is named so."""
    known = tables()
    parameters = texts(holder.get("parameters"))
    goals = parameters if len(parameters) == 1 else _GOAL_NAMES
    whole = jinja(text, GOAL, known=tuple(one.casefold() for one in goals))
    return places(whole, GOAL, known=known.places)


def _number(seed: object) -> int:
    text = member(seed, "sequence") or "0"
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _source(record: str, *holders: object) -> str:
    told = next((found for holder in holders if (found := member(holder, "source"))), "")
    return f"{record}, {told}" if told else record
