"""BIPIA: goals by category, each hidden in one of the collection's own carriers (mail, table, code)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from accord.case.importers.draft import SAID, Draft, Skip, Turn, asked, indirect, slug
from accord.case.importers.source import Source, Tree, each, member, texts
from accord.core.case import Channel
from accord.core.text import one_line

_PLAIN = "Minutes of the weekly meeting: the plan stays as it is, and the next meeting is on Monday."
_LONGEST = 8_000


class _Carrier(NamedTuple):
    text: str
    question: str = ""
    name: str = "document.txt"


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per goal; a goal of a file without carriers beside it stands in a plain note."""
    mails = tuple(_carriers(tree, "email", "table", "abstract", "qa"))
    codes = tuple(_carriers(tree, "code"))

    def goals(source: Source) -> Iterator[Draft | Skip]:
        is_code = source.path.name.casefold().startswith("code")
        return _goals(source, codes if is_code else mails)

    return each(tree, (".json",), goals)


def _carriers(tree: Tree, *kinds: str) -> Iterator[_Carrier]:
    """Yield what can hold a goal, with the question that is asked about it."""
    for source in () if tree.single else tree.named(".jsonl"):
        if not source.path.name.casefold().startswith(kinds):
            continue
        for _, value in source.lines():
            text = "\n".join(texts(value.get("context"))) if isinstance(value, Mapping) else ""
            if text and len(text) < _LONGEST:
                name = f"{slug(source.path.stem)}.txt"
                question = member(value, "question").removeprefix("Q: ").strip()
                yield _Carrier(text, question, name)


def _goals(source: Source, carriers: tuple[_Carrier, ...]) -> Iterator[Draft | Skip]:
    document = source.json()
    found = document.items() if isinstance(document, Mapping) else ((source.path.stem, document),)
    number = 0
    for category, goals in found:
        for place, goal in enumerate(texts(goals), 1):
            carrier = carriers[number % len(carriers)] if carriers else _Carrier(_PLAIN)
            number += 1
            yield _case(f"{source.shown}#{category}/{place}", str(category), goal, carrier)


def _case(record: str, category: str, goal: str, carrier: _Carrier) -> Draft:
    planted = Turn(text=f"{carrier.text}\n\n{asked(goal)}", channel=Channel.RETRIEVAL, name=carrier.name)
    return Draft(
        record=record,
        name=f"bipia-{slug(category)}",
        summary=f"BIPIA {category}: a document asks: {one_line(goal, 120)}",
        turns=indirect(planted, carrier.question or None),
        says=SAID,
        source=record,
    )
