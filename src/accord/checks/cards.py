"""What the checks on cards share: the card of a model, dataset or prompt, and what is missing in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from accord.checks.documents import Document, every, is_said, missing_parts, read_document
from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity


class Carded(NamedTuple):
    """Something that needs a card: its id, the card that the manifest names, and the names that it goes by."""

    id: str
    card: str | None
    names: tuple[str, ...]


def card_findings(ctx: Context, items: Iterable[Carded], kind: str) -> Iterator[Finding]:
    """Yield a finding for each item without a card, and for each card that leaves out what it needs."""
    what = kind.partition("-")[0].replace("data", "dataset")
    for item in items:
        if item.card and "://" in item.card:
            ctx.skip(item.card, f"the card of the {what} {item.id} lies elsewhere and is not fetched")
            continue
        card = card_of(ctx, item, kind)
        if card is None:
            nothing = f"no document is called {kind} and names it"
            missing = f"nothing that says anything stands at {item.card}" if item.card else nothing
            yield Finding(
                message=f"the {what} {item.id} has no card: {missing}",
                where=manifest_place(ctx, item.id),
                severity=Severity.MEDIUM,
                fix=f"write docs/{kind}.md and name it as card: in the manifest",
            )
        elif lacking := missing_parts(card, kind):
            yield Finding(
                message=f"the card of the {what} {item.id} says nothing about {', '.join(lacking)}: {card.path}",
                where=card.place,
                severity=Severity.MEDIUM,
                fix=f"add a section on {', '.join(lacking)}",
            )


def card_of(ctx: Context, item: Carded, kind: str) -> Document | None:
    """Return the card that the manifest names, else the first document of the kind that names the item."""
    if item.card:
        path = item.card.partition("#")[0]
        text = ctx.text(path)
        return read_document(path, text) if text is not None and is_said(text) else None
    names = [name.lower() for name in (item.id, *item.names) if name]
    return next((one for one in every(ctx, kind) if any(name in one.text.lower() for name in names)), None)
