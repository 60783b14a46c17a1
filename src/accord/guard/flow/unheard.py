"""Calls through a door that carries nobody's words: what the policy lets run unasked, on values no stranger gave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from accord.core.guard import GuardSource, Integrity, Outcome, Ruling
from accord.core.system import Approval
from accord.guard.flow.carrying import kept_in, smuggled
from accord.guard.flow.hearsay import unasked
from accord.guard.flow.labels import source_of, uncleared
from accord.guard.flow.lexicon import Slot
from accord.guard.flow.scene import Scene, Seen, stands_in
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import POINTING, Value, demanded_of

_POINTING: Final = POINTING | {Slot.AMOUNT}
_WORDS: Final = re.compile(r"\w+")
_RUN: Final = 5  # words in a row that two texts do not share by accident
_LEAST: Final = 3
_WORD: Final = 12  # letters of a word that means nothing by itself
_MOST_RUNS: Final = 20_000


def unheard(scene: Scene, values: Sequence[Value], facts: Facts, sources: Sequence[GuardSource] = ()) -> Ruling | None:
    """Rule on a call of which nobody knows whether it was asked for; None objects to nothing.

    `approval: none` in guard.yaml is the operator's word that the tool may run unasked. A value that stands in what
    strangers said is refused all the same; once they have spoken, a value that points somewhere, or that
    nobody can compare any more, has to be allowed by a person. `demands` of `untrusted` lift both for an argument,
    and a source of the integrity `user` or `operator` is no stranger.
    """
    if facts.listed is None or facts.listed.approval is not Approval.NONE:
        return _unasked(scene, values, facts)
    strange = [seen for seen in scene.seen if not _trusted(seen, sources)]
    said = tuple((seen, " ".join(_words(seen.output))) for seen in strange)
    spoken = any(seen.facts is None or seen.facts.reads for seen in strange)
    lost = any(seen.facts is None and not seen.output for seen in strange)
    worst: Ruling | None = None
    for value in values:
        ruling = _value(scene, value, facts, said, spoken=spoken, lost=lost)
        if ruling is not None and ruling.outcome is Outcome.BLOCK:
            return ruling
        worst = worst or ruling
    return _carried(scene, values, facts) or worst


def _carried(scene: Scene, values: Sequence[Value], facts: Facts) -> Ruling | None:
    """Return what stands against the texts of a call."""
    free = [value for value in values if demanded_of(facts, value) is not Integrity.UNTRUSTED]
    return kept_in(
        facts,
        (smuggled(scene, free) if scene.seen else None, "ACC-E719", "an address that nobody vouches for"),
        (uncleared(scene, values, facts), "ACC-E718", "more confidential than it is cleared for"),
    )


def _value(
    scene: Scene, value: Value, facts: Facts, said: Sequence[tuple[Seen, str]], *, spoken: bool, lost: bool
) -> Ruling | None:
    """Return what stands against one value."""
    demanded, sink = demanded_of(facts, value), f"{facts.name}.{value.sink.name}"
    if demanded is Integrity.UNTRUSTED or value.sink.slot is Slot.FLAG or not value.text.strip():
        return None
    if scene.operator and stands_in(value.text.strip().casefold(), scene.operator.casefold(), value.sink.slot):
        return None
    source = _stranger(scene, value, said)
    if source:
        told = f"{sink} is {value.text[:60]!r}, found in {source}, and nobody is known to have asked for it"
        return Ruling(outcome=Outcome.BLOCK, code="ACC-E716", message=told, path=(source, sink))
    if demanded in {Integrity.OPERATOR, Integrity.USER} or lost or (spoken and value.sink.slot in _POINTING):
        told = f"{sink} is {value.text[:60]!r}, and strangers have spoken where no user's words are known"
        return Ruling(outcome=Outcome.ASK, code="ACC-E716", message=told, path=("model", sink))
    return None


def _trusted(seen: Seen, sources: Sequence[GuardSource]) -> bool:
    source = source_of(seen.source, sources)
    return source is not None and source.integrity is not Integrity.UNTRUSTED and not source.writers


def _stranger(scene: Scene, value: Value, said: Sequence[tuple[Seen, str]]) -> str:
    """Return the source that said a value, or five words in a row of it; empty where none did."""
    text = value.text.strip()
    plain = value.sink.slot in {Slot.TITLE, Slot.CONTENT} and text.isalpha()
    if len(text) < _LEAST or (plain and len(text) <= _WORD):
        return ""
    words = _words(text)
    runs = set(_runs(words)) if len(words) > _RUN else {" ".join(words)}
    for seen, told in said:
        if text in seen.output or any(run and f" {run} " in f" {told} " for run in runs):
            return seen.source
    return "stranger" if any(text in strange for strange in scene.strange) else ""


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())


def _runs(words: Sequence[str]) -> Iterator[str]:
    return (" ".join(words[at : at + _RUN]) for at in range(min(len(words) - _RUN + 1, _MOST_RUNS)))


def _unasked(scene: Scene, values: Sequence[Value], facts: Facts) -> Ruling | None:
    if facts.reads and not facts.outside and not (facts.listed and facts.listed.demands):
        return None
    said = f"nobody's words are known here, and guard.yaml does not say that {facts.name} may run unasked"
    return unasked(scene, values, facts, said)
