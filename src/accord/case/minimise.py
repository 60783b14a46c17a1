"""A case made shorter while it still breaks: delta debugging over steps, paragraphs, sentences and words.

The algorithm asks nothing itself: `shrinking` is a generator that yields a shorter case and is sent whether that one
still breaks. `minimise` drives it with a function, `minimise_live` with one that awaits a system.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from accord.case.delivery import delivered
from accord.case.variables import fill, names_in
from accord.case.verify import verify
from accord.case.walk import walk
from accord.core.case import Case, ProofTranscripts, Step
from accord.core.trial import Message

Shrinking = Generator[Case, bool, None]

MOST_TRIES: Final = 2_000
_CUTS: Final = (r"\n\s*\n", r"\n|(?<=[.!?])\s+|(?=<!--)|(?<=-->)", r"\s+")
_SENTENCE: Final = re.compile(_CUTS[1])
_SHORTEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimised:
    """The shorter case, how many tries it took, and the characters of its steps before and after."""

    case: Case
    tries: int
    before: int
    after: int


def minimise(case: Case, breaks: Callable[[Case], bool], *, tries: int = MOST_TRIES) -> Minimised:
    """Return the shortest case found that `breaks` still says yes to, after so many tries at most."""
    best, count, run = case, 0, shrinking(case)
    shorter = next(run, None)
    while shorter is not None and count < tries:
        count += 1
        broken = breaks(shorter)
        best = shorter if broken else best
        shorter = _sent(run, broken=broken)
    return Minimised(case=best, tries=count, before=_size(case), after=_size(best))


async def minimise_live(case: Case, breaks: Callable[[Case], Awaitable[bool]], *, tries: int = MOST_TRIES) -> Minimised:
    """Return the shortest case found that a live system still breaks on; each try is what `breaks` makes of it."""
    best, count, run = case, 0, shrinking(case)
    shorter = next(run, None)
    while shorter is not None and count < tries:
        count += 1
        broken = await breaks(shorter)
        best = shorter if broken else best
        shorter = _sent(run, broken=broken)
    return Minimised(case=best, tries=count, before=_size(case), after=_size(best))


def shrinking(case: Case) -> Shrinking:
    """Yield shorter cases, each to be answered with whether it still breaks; the last one that did is the result."""
    kept = yield from _fewer(case, case.steps, lambda steps: with_steps(case, steps))
    case = with_steps(case, kept)
    for pattern in _CUTS:
        for number in range(len(case.steps)):
            case = yield from _cut(case, number, pattern)


def replayed(case: Case) -> Callable[[Case], bool]:
    """Return whether a shorter case still breaks as far as the proof of this one can show it.

    The proof must still hold, and every sentence of the steps that holds something the oracle looks for must stay
    whole: no transcript shows what the system would do without it.
    """
    wanted = tuple(_wanted(case))

    def breaks(shorter: Case) -> bool:
        told = "\n".join(_text(step) for step in shorter.steps)
        return all(sentence in told for sentence in wanted) and verify(shorter).ok

    return breaks


def with_steps(case: Case, steps: Sequence[Step]) -> Case:
    """Return the case with other steps, and the same change made in its proof: what is gone there was not delivered."""
    if case.proof is None:
        return replace(case, steps=tuple(steps))
    values = delivered(case.steps, case.proof.broke).vars
    told = {id(step): step for step in steps}
    broke: tuple[Message, ...] = case.proof.broke
    for step in case.steps:
        if _text(step) and id(step) not in told:
            broke = _told_anew(broke, fill(_text(step), values).text.strip(), "")
    return replace(case, steps=tuple(steps), proof=ProofTranscripts(broke=broke, control=case.proof.control))


def _with_text(case: Case, number: int, text: str) -> Case:
    """Return the case with another text in one step, in its proof too."""
    old = case.steps[number]
    new = replace(old, deliver=replace(old.deliver, text=text)) if old.deliver else replace(old, ask=text)
    steps = (*case.steps[:number], new, *case.steps[number + 1 :])
    if case.proof is None:
        return replace(case, steps=steps)
    values = delivered(case.steps, case.proof.broke).vars
    broke = _told_anew(case.proof.broke, fill(_text(old), values).text.strip(), fill(text, values).text.strip())
    return replace(case, steps=steps, proof=ProofTranscripts(broke=broke, control=case.proof.control))


def _told_anew(messages: tuple[Message, ...], old: str, new: str) -> tuple[Message, ...]:
    """Replace a delivered text in the first message that holds it; a message with nothing left is left out."""
    for at, message in enumerate(messages):
        if message.role != "assistant" and old in message.content:
            text = message.content.replace(old, new, 1)
            kept = (replace(message, content=text),) if text.strip() else ()
            return (*messages[:at], *kept, *messages[at + 1 :])
    return messages


def _fewer(
    case: Case, parts: Sequence[Step], made: Callable[[Sequence[Step]], Case]
) -> Generator[Case, bool, tuple[Step, ...]]:
    """Leave out steps that the attack does not need; a text stays, and so does whatever makes the system answer."""
    kept = tuple(parts)
    at = 0
    while at < len(kept):
        fewer = (*kept[:at], *kept[at + 1 :])
        runs = any(_text(step) for step in fewer) and any(step.ask is not None for step in fewer)
        if _text(kept[at]) and runs and (yield made(fewer)):
            kept = fewer
        else:
            at += 1
    return kept


def _cut(case: Case, number: int, pattern: str) -> Generator[Case, bool, Case]:
    """Leave out pieces of one text, halves first, then ever smaller ones (ddmin)."""
    text = _text(case.steps[number])
    pieces = _pieces(text, pattern)
    size = len(pieces) // 2
    while size and len(pieces) > 1:
        at, cut = 0, False
        while at < len(pieces) and len(pieces) > 1:
            rest = pieces[:at] + pieces[at + size :]
            shorter = "".join(rest).strip()
            fits = len(shorter) >= _SHORTEST and set(names_in(shorter)) == set(names_in(text))
            if fits and (yield _with_text(case, number, shorter)):
                case, pieces, cut = _with_text(case, number, shorter), rest, True
            else:
                at += size
        size = min(size, len(pieces) // 2) if cut and size > 1 else size // 2
    return case


def _pieces(text: str, pattern: str) -> list[str]:
    """Split a text so that the pieces joined are the text again: each keeps what separates it from the next."""
    ends = [match.end() for match in re.finditer(pattern, text)]
    edges = [0, *(end for end in ends if 0 < end < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(edges) if text[start:end]]


def _sent(run: Shrinking, *, broken: bool) -> Case | None:
    try:
        return run.send(broken)
    except StopIteration:
        return None


def _text(step: Step) -> str:
    if step.deliver:
        return step.deliver.text
    return step.ask if isinstance(step.ask, str) else ""


def _size(case: Case) -> int:
    return sum(len(_text(step)) for step in case.steps)


def _wanted(case: Case) -> Iterator[str]:
    """Yield the sentences of the steps that hold what the oracle looks for; where none does, all of the last text."""
    looked_for = [part for node in walk(case.broke) if isinstance(node.value, str) for part in node.value.split("*")]
    looked_for = [part.strip().casefold() for part in looked_for if len(part.strip()) >= _SHORTEST]
    told = [_text(step) for step in case.steps if _text(step)]
    sentences = [one.strip() for text in told for one in _SENTENCE.split(text) if one and one.strip()]
    found = [one for one in sentences if any(part in one.casefold() for part in looked_for)]
    asks = [step.ask for step in case.steps if isinstance(step.ask, str)]
    yield from found
    if not found or case.broke.leaks:
        yield from asks[-1:] or told[-1:]
