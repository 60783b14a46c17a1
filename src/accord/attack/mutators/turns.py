"""Converters that spread an attack over several turns, or say something before or after it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from accord.attack.mutators.converter import (
    Converter,
    Family,
    Steps,
    Wording,
    hostile,
    planted,
    size,
    text_of,
    with_text,
)
from accord.attack.mutators.kept import kept
from accord.attack.mutators.wordings import filled, turns
from accord.core.case import Channel, Deliver, Step

_FEWEST_PARTS = 3
_PROMISING = 3  # most jailbreaks that work, as published, take more than one turn
_SAID = (Channel.USER,)
_SPLIT = (Channel.RETRIEVAL, Channel.FILE, Channel.MEMORY)


def turning() -> Iterator[Converter]:
    """Yield the converters that change how many turns there are."""
    told = turns()
    longest = max(size(text) for texts in (told.split.first, told.split.next, told.split.last) for text in texts)
    yield Converter(
        name="split-turns",
        does="sends the attack in parts that the system is to join",
        family=Family.TURNS,
        convert=_split,
        prior=_PROMISING,
        hides=True,
        extra=(_FEWEST_PARTS + 1) * (longest + 16),
    )
    yield Converter(
        name="warm-up",
        does="has two harmless turns answered before the attack",
        family=Family.TURNS,
        convert=_warmed,
        prior=_PROMISING,
        extra=_said(told.warm_up),
    )
    yield Converter(
        name="insist",
        does="asks twice more after the attack was answered",
        family=Family.TURNS,
        convert=_insisting,
        prior=_PROMISING,
        extra=_said(told.insist),
    )


def _said(choices: Sequence[Sequence[str]]) -> int:
    return max(sum(map(size, texts)) for texts in choices)


def _warmed(steps: Steps, draws: Wording, parameter: str) -> Steps | None:
    positions = hostile(steps)
    if not positions or not any(step.ask is not None or _is_said(step) for step in steps):
        return None
    before = turns().warm_up
    said = before[draws.draw("warm-up", len(before))]
    return (*steps[: positions[0]], *(Step(ask=text) for text in said), *steps[positions[0] :])


def _insisting(steps: Steps, draws: Wording, parameter: str) -> Steps | None:
    """Ask again where the attacker is the one who asks: what was planted, nobody can insist on."""
    positions = hostile(steps)
    if not positions or not _is_said(steps[positions[-1]]):
        return None
    after = turns().insist
    said = after[draws.draw("insist", len(after))]
    return (*steps[: positions[-1] + 1], *(Step(ask=text) for text in said), *steps[positions[-1] + 1 :])


def _split(steps: Steps, draws: Wording, parameter: str) -> Steps | None:
    positions = hostile(steps)
    if not positions:
        return None
    at = positions[-1]
    count = _FEWEST_PARTS + draws.draw("parts", 2)
    cut = (pieces(text_of(steps[at]), draws.keep, most) for most in (count, 2 * _FEWEST_PARTS + 1 - count))
    parts = next((found for found in cut if len(found) >= _FEWEST_PARTS), ())
    deliver = steps[at].deliver
    if not parts or not (_is_said(steps[at]) or (deliver and deliver.channel in _SPLIT)):
        return None
    told = turns().split
    choices = [told.first, *([told.next] * (len(parts) - 2)), told.last]
    texts = [
        filled(draws.pick(f"split {n}", choice), {"text": part, "n": str(n), "of": str(len(parts))})
        for n, (choice, part) in enumerate(zip(choices, parts, strict=True), 1)
    ]
    before = [_part(deliver, text, number) for number, text in enumerate(texts[:-1], 1)]
    return (*steps[:at], *before, with_text(steps[at], texts[-1]), *steps[at + 1 :])


def _part(deliver: Deliver | None, text: str, number: int) -> Step:
    if deliver is None:
        return Step(ask=text)
    return planted(deliver.channel, text, f"part-{number}-{deliver.name}" if deliver.name else None)


def _is_said(step: Step) -> bool:
    return isinstance(step.ask, str) or (step.deliver is not None and step.deliver.channel in _SAID)


def pieces(text: str, keep: Sequence[str], count: int) -> tuple[str, ...]:
    """Cut a text into at most `count` parts at blanks, of about one length, never inside a value that is kept."""
    spans = kept(text, keep)
    starts = [start for start, _ in spans]

    def is_free(at: int) -> bool:
        before = bisect_right(starts, at) - 1
        return before < 0 or at >= spans[before][1]

    blanks = [at + 1 for at, char in enumerate(text) if char.isspace() and is_free(at)]
    cuts = [0]
    for number in range(1, count):
        ideal = len(text) * number // count
        near = min(blanks, key=lambda at: abs(at - ideal), default=0)
        if cuts[-1] < near < len(text):
            cuts.append(near)
    return tuple(text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True))
