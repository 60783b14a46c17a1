"""Labels of sources as guard.yaml gives them: who writes there, and how confidential what comes out is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from accord.core.guard import Confidentiality, GuardSource, Integrity
from accord.core.system import Effect
from accord.guard.flow.confiding import confided
from accord.guard.flow.scene import Scene, Seen
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value

STRANGERS: Final = "strangers"
RETRIEVAL: Final = "retrieval:"
_RUN: Final = 24  # characters in a row that two texts do not share by accident
_STEP: Final = 12


def labelled(facts: Facts, sources: Iterable[GuardSource]) -> Facts:
    """Return what is known of a tool with the label of the first source in guard.yaml that matches it."""
    source = source_of(f"tool:{facts.name}", sources)
    if source is None:
        return facts
    strange = STRANGERS in source.writers
    return replace(
        facts,
        opaque=strange or (facts.opaque and not ours(source)),
        strange=strange,
        confidentiality=source.confidentiality,
    )


def retrieved(name: str, sources: Iterable[GuardSource]) -> Facts | None:
    """Return what is known of a text that was retrieved from a store; None where guard.yaml does not label the store.

    What strangers write there is read as a text that nobody pointed at; what the house writes may be quoted from.
    """
    named = name if name.startswith(RETRIEVAL) else RETRIEVAL + name
    source = source_of(named, sources)
    if source is None:
        return None
    trusted = ours(source)
    things = frozenset() if trusted else frozenset({"\0"})  # no word of a user points at it
    return Facts(
        name=named,
        effect=Effect.READ,
        things=things,
        opaque=not trusted,
        strange=not trusted,
        confidentiality=source.confidentiality,
    )


def source_of(name: str, sources: Iterable[GuardSource]) -> GuardSource | None:
    """Return the first label of guard.yaml that matches a source; a tool by the name of a store is that store."""
    store = RETRIEVAL + name.removeprefix("tool:") if name.startswith("tool:") else name
    return next((one for one in sources if fnmatchcase(name, one.match) or fnmatchcase(store, one.match)), None)


def ours(source: GuardSource) -> bool:
    """Tell whether a source says only what the house says."""
    return source.integrity is not Integrity.UNTRUSTED and STRANGERS not in source.writers


def uncleared(scene: Scene, values: Sequence[Value], facts: Facts) -> tuple[str, str] | None:
    """Return a piece of content that is more confidential than the tool is cleared for, and its source."""
    cleared = facts.listed.clearance if facts.listed else None
    if cleared is None:
        return None
    closed = [seen for seen in scene.seen if not _confidentiality(seen).within(cleared)]
    if not closed:
        return None
    said = (piece for value in values for piece in _pieces(value.text) if piece.casefold() not in scene.wish.folded)
    found = ((piece, seen.source) for piece in said for seen in closed if piece in seen.output)
    return next(found, None) or _confided(scene, values, closed)


def _confided(scene: Scene, values: Sequence[Value], closed: Sequence[Seen]) -> tuple[str, str] | None:
    """Return what a text takes over in other spacing, case or order from what is closed, and nobody else says."""
    sources = {seen.output: seen.source for seen in closed}
    others = (seen.output for seen in scene.seen if not any(seen is one for one in closed))
    known = (scene.wish.text, scene.operator, *others)
    for value in values:
        found = confided(value.text, sources, known)
        if found is not None:
            return found[0], sources[found[1]]
    return None


def _confidentiality(seen: Seen) -> Confidentiality:
    return (seen.facts and seen.facts.confidentiality) or Confidentiality.INTERNAL


def _pieces(text: str) -> Iterator[str]:
    """Yield the pieces by which a text is known again: runs of characters, and words with a digit or an at sign."""
    yield from (text[at : at + _RUN] for at in range(0, max(1, len(text) - _RUN + 1), _STEP) if len(text) >= _RUN)
    yield from (word for word in text.split() if len(word) > 4 and any(c.isdigit() or c == "@" for c in word))
