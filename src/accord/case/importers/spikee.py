"""spikee: seed folders (one case per instruction × jailbreak) and the datasets that it generates."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from accord.case.importers.draft import SAID, Draft, Skip, Turn, asked, indirect, slug
from accord.case.importers.marks import jinja
from accord.case.importers.sample import usable
from accord.case.importers.source import Source, Tree, UnreadableError, each, items, member, texts
from accord.case.importers.tables import tables
from accord.case.patterns import PatternError, compiled
from accord.core.case import Channel
from accord.core.text import one_line

_PLACE = "<INSTRUCTION>"
_LEAST = 4  # characters that are no coincidence
_INSTRUCTIONS = "instructions.jsonl"
_SEEDS = (
    "jailbreaks.jsonl",
    "base_user_inputs.jsonl",
    "base_documents.jsonl",
    "adv_suffixes.jsonl",
    "adv_prefixes.jsonl",
)
_STANDALONE = ("standalone_user_inputs.jsonl", "standalone_attacks.jsonl")

Record = Mapping[object, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seeds:
    """What a seed folder offers beside its instructions."""

    jailbreaks: tuple[tuple[str, Record], ...]
    carrier: Record
    systems: tuple[str, ...]


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield the cases of every seed folder in the tree, and of every generated dataset."""
    if tree.single:
        yield from each(tree, (".jsonl",), _dataset)
        return
    folders = {path.parent for path in tree.files if path.name == _INSTRUCTIONS}
    for folder in sorted(folders):
        yield from _folder(tree, folder)
    others = tuple(
        path
        for path in tree.files
        if path.suffix == ".jsonl" and path.parent not in folders and path.name not in (*_SEEDS, *_STANDALONE)
    )
    yield from each(Tree(root=tree.root, files=others, single=False), (".jsonl",), _dataset)


def _folder(tree: Tree, folder: Path) -> Iterator[Draft | Skip | tuple[str, str]]:
    found = {path.name: Source(path=path, shown=tree.shown(path)) for path in tree.files if path.parent == folder}
    try:
        bad: list[Skip] = []
        instructions = tuple(_records(found.get(_INSTRUCTIONS), bad))
        carriers = found.get("base_user_inputs.jsonl") or found.get("base_documents.jsonl")
        seeds = _Seeds(
            jailbreaks=tuple(_records(found.get("jailbreaks.jsonl"), bad)),
            carrier=_carrier(tuple(one for _, one in _records(carriers, bad))),
            systems=_systems(found.get("system_messages.toml")),
        )
        alone = tuple(one for name in _STANDALONE for one in _records(found.get(name), bad))
    except UnreadableError as error:
        yield tree.shown(folder), str(error)
        return
    yield from bad
    base = slug(folder.name.removeprefix("seeds-"))
    for record, instruction in instructions:
        for _, jailbreak in seeds.jailbreaks:
            yield _pair(record, base, instruction, jailbreak, seeds)
    if not instructions or not seeds.jailbreaks:
        for record, value in alone:
            yield _entry(record, base, value)


def _records(source: Source | None, bad: list[Skip]) -> Iterator[tuple[str, Record]]:
    for record, value in source.lines() if source else ():
        if isinstance(value, Mapping):
            yield record, value
        else:
            bad.append(Skip(record=record, reason=str(value) if isinstance(value, ValueError) else "it is no record"))


def _carrier(documents: tuple[Record, ...]) -> Record:
    """Return the first carrier that can hold an instruction: any with a text of its own, else one that is only it."""
    suitable = (one for one in documents if member(one, "document", "content").strip())
    return next(suitable, {})


def _systems(source: Source | None) -> tuple[str, ...]:
    if source is None:
        return ()
    try:
        document = tomllib.loads(source.text())
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableError(f"it is no TOML: {one_line(str(error), 120)}") from error
    found = items(document.get("configurations"))
    return tuple(text for one in found if (text := member(one, "system_message")))


def _pair(record: str, base: str, instruction: Record, jailbreak: Record, seeds: _Seeds) -> Draft | Skip:
    wanted = member(instruction, "instruction", "text")
    frame = member(jailbreak, "text", "jailbreak") or _PLACE
    names = f"{member(instruction, 'id') or record} × {member(jailbreak, 'id') or 'jailbreak'}"
    if not wanted:
        return Skip(record=f"{record} {names}", reason="the instruction has no text")
    oracle = _oracle(instruction)
    filled = frame.replace(_PLACE, wanted) if _PLACE in frame else f"{frame}\n{wanted}"
    payload = jinja(filled, wanted, known=tables().goals)
    payload = payload if oracle.said != SAID else asked(payload)
    return Draft(
        record=f"{record} {names}",
        name=f"spikee-{base[:20]}-{slug(names)[:48]}",
        summary=f"spikee {names}: {one_line(wanted, 100)}",
        turns=(*_system(oracle, seeds.systems), *_delivered(payload, seeds.carrier)),
        says=oracle.said,
        matches=oracle.pattern,
        source=f"{record} {names}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Oracle:
    said: tuple[str, ...] = ()
    pattern: str = ""


def _oracle(record: Record) -> _Oracle:
    """Return what the judge of a record looks for; a judge that is a model becomes a canary."""
    given = record.get("judge_args")
    wanted = tuple(one for one in (texts(given) or texts(record.get("canary"))) if one.strip())
    judge = member(record, "judge_name") or "canary"
    if judge == "regex" and wanted:
        patterns = tuple(one for one in wanted if usable(one))
        whole = patterns[0] if len(patterns) == 1 else "|".join(f"(?:{one})" for one in patterns)
        return _Oracle(pattern=whole) if patterns else _Oracle(said=SAID)
    return _Oracle(said=wanted[:100] if judge == "canary" and wanted else SAID)


def _system(oracle: _Oracle, systems: tuple[str, ...]) -> Iterator[Turn]:
    """Yield the system message that holds what the oracle looks for, if one of them does."""
    for text in systems:
        if any(form in text for said in oracle.said for form in _forms(said)) or _seen(oracle.pattern, text):
            yield Turn(text=text.strip(), channel=Channel.SYSTEM)
            return


def _forms(said: str) -> Iterator[str]:
    """Yield what a system message may hold where an answer says this: the text itself, or what it encodes."""
    yield said
    if len(said) >= _LEAST:
        yield said[::-1]
        whole = said + "=" * (-len(said) % 4)
        with suppress(ValueError):  # a wrong alphabet, a wrong length, or no text
            plain = base64.b64decode(whole, validate=True).decode("ascii")
            yield from (plain,) if len(plain) >= _LEAST else ()


def _seen(pattern: str, text: str) -> bool:
    try:
        return bool(pattern) and compiled(pattern).search(text) is not None
    except PatternError:
        return False


def _delivered(payload: str, carrier: Record) -> tuple[Turn, ...]:
    document = member(carrier, "document", "content")
    place = member(carrier, "placeholder")
    if not document or (place and document.strip() == place):
        return (Turn(text=payload),)
    whole = document.replace(place, payload) if place and place in document else f"{document}\n{payload}\n"
    planted = Turn(text=whole, channel=Channel.RETRIEVAL, name="document.txt")
    return indirect(planted, member(carrier, "question").removeprefix("Q: ") or None)


def _dataset(source: Source) -> Iterator[Draft | Skip]:
    for record, value in source.lines():
        if isinstance(value, Mapping):
            yield _entry(record, slug(source.path.stem), value)
        else:
            yield Skip(record=record, reason=str(value) if isinstance(value, ValueError) else "it is no record")


def _entry(record: str, base: str, value: Record) -> Draft | Skip:
    text = member(value, "text", "content", "payload", "instruction")
    if not text:
        return Skip(record=record, reason="it has no text")
    oracle = _oracle(value)
    system = member(value, "system_message")
    whole = text if oracle.said != SAID else asked(jinja(text, text, known=()))
    return Draft(
        record=record,
        name=f"spikee-{base[:20]}-{slug(member(value, 'id') or record)[:48]}",
        summary=f"spikee {member(value, 'id') or record}: {one_line(text, 100)}",
        turns=(*((Turn(text=system, channel=Channel.SYSTEM),) if system else ()), Turn(text=whole)),
        says=oracle.said,
        matches=oracle.pattern,
        source=record,
    )
