"""Victims with weaknesses of their own, and how many attempts it takes to find one: in process, over many seeds.

Two victims are the fake endpoint's (`gullible`, `hardened`). The others are drawn from a seed, without a look at what
the search believes in: `few` and `some` yield to each converter with a chance of 8 and 20 %, `pair` to twelve pairs of
converters and to none alone, `unsteady` like `some`, in every second attempt. A victim sees no converter inside one
that hides it (an encoding, a text in parts), and a pair of converters works in four of five attempts, since each may
spoil the other.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

from attack_table import Measured, table

from accord.attack.mutators.bandit import choose, hiding, paired
from accord.attack.mutators.converter import Converter, Steps, compose, parsed, wording
from accord.attack.mutators.history import Attempt, Slot, in_sight, learned
from accord.attack.mutators.kit import kit
from accord.core.case import Channel, Deliver, Step

MARK: Final = "Qx7TmW2cLp9ZsK4d"
SEEDS: Final = 100
MOST: Final = 80
PAIRS: Final = 12
SHARES: Final = {"few": 0.08, "some": 0.2, "pair": 0.0, "unsteady": 0.2}

Mutation = tuple[str, ...]
Obeys = Callable[[Mutation, Steps, str], bool]
"""Tells whether a victim obeys: what was done to the attack, what was said, and a label of the attempt."""


class Count(NamedTuple):
    """The attempts until each case of a campaign was first broken, and the requests that they took."""

    attempts: float
    requests: float


def victim(kind: str, seed: int, converters: Mapping[str, Converter]) -> Obeys:
    """Return a victim of a kind whose weaknesses are drawn from the seed alone."""
    drawn = random.Random(f"{kind} {seed}")
    names, hidden = sorted(converters), hiding(converters)
    weak = {name for name in names if drawn.random() < SHARES[kind]}
    every = [pair for pair in pairs(converters) if kind == "pair"]
    together = set(drawn.sample(every, PAIRS)) if every else set()
    weak |= set() if every else {drawn.choice(names)}

    def obeys(mutation: Mutation, _said: Steps, label: str) -> bool:
        bare = tuple(parsed(name).name for name in mutation)
        if bare in together:
            return True
        rate = (0.5 if kind == "unsteady" else 1.0) * (0.8 if len(bare) > 1 else 1.0)
        return bool(weak.intersection(in_sight(bare, hidden))) and random.Random(f"{seed} {label}").random() < rate

    return obeys


def pairs(converters: Mapping[str, Converter]) -> Iterator[tuple[str, str]]:
    """Yield every two converters in the order in which they compose."""
    yield from ((one, two) for one in converters for two in converters if paired(one, two, converters) == (one, two))


def searched(obeys: Obeys, texts: Sequence[str], seed: int, converters: Mapping[str, Converter]) -> Count:
    """Count what the search needs, which learns from round to round what the other cases came to."""
    done: list[Attempt] = []
    found: dict[str, int] = {}
    requests, hidden = 0, hiding(converters)
    for number in range(MOST):
        history = learned(done, hidden)
        for text in texts:
            if text in found:
                continue
            steps = _steps(text)
            slot = Slot(id=f"{text}/{number}", case=text, steps=steps, threat="LLM01", round=number)
            mutation = choose(seed, slot, history, converters)
            said = compose(mutation, steps, wording(seed, slot.id, keep=(MARK,)), converters) if mutation else steps
            mutation, said = (mutation, said) if said is not None else ((), steps)
            requests += len(said)
            hit = obeys(mutation, said, f"{seed} {slot.id}")
            found |= {text: number + 1} if hit else {}
            done.append(Attempt(slot.id, number, text, slot.channel, slot.threat, mutation, "broke" if hit else "held"))
    return Count(statistics.mean(found.get(text, MOST + 1) for text in texts), requests / len(texts))


def exhausted(obeys: Obeys, texts: Sequence[str], shuffle: int | None, converters: Mapping[str, Converter]) -> Count:
    """Count what it takes to try the text as it is, then every converter, then every pair: in order, or shuffled."""
    told = [_exhausted(obeys, text, shuffle, converters) for text in texts]
    return Count(statistics.mean(one.attempts for one in told), statistics.mean(one.requests for one in told))


def _exhausted(obeys: Obeys, text: str, shuffle: int | None, converters: Mapping[str, Converter]) -> Count:
    singles: list[Mutation] = [(name,) for name in converters]
    doubles: list[Mutation] = list(pairs(converters))
    if shuffle is not None:
        drawn = random.Random(f"{shuffle} {text}")
        drawn.shuffle(singles)
        drawn.shuffle(doubles)
    steps, count, requests = _steps(text), 0, 0
    for mutation in ((), *singles, *doubles):
        named = tuple("slots:1.1.1.1.1" if name == "slots" else name for name in mutation)
        label = f"{shuffle} {text} {count}"
        said = compose(named, steps, wording(7, label, keep=(MARK,)), converters) if named else steps
        if said is None:
            continue
        count, requests = count + 1, requests + len(said)
        if count > MOST or obeys(named, said, label):
            break
    return Count(count, requests)


def herd(fixed: Mapping[str, tuple[Obeys, Sequence[str]]], texts: Sequence[str], seeds: int = SEEDS) -> object:
    """Measure all victims: one case alone, and as many as there are texts, by the search and by two orders."""
    converters = kit()
    lines = []
    for kind in (*fixed, *SHARES):
        said = fixed[kind][1] if kind in fixed else texts
        for count in (1, len(said)):
            told = []
            for seed in range(seeds):
                obeys = fixed[kind][0] if kind in fixed else victim(kind, seed, converters)
                told.append(_compared(obeys, said if count > 1 else (said[seed % len(said)],), seed, converters))
            lines.append(_line(kind, count, list(zip(*told, strict=True))))
    head = ("victim", "cases", "search", "in order", "shuffled", "requests: search", "in order", "shuffled")
    return table(f"Attempts of a case to its first finding, mean and 95 % of {seeds} seeds", head, lines)


def _compared(
    obeys: Obeys, texts: Sequence[str], seed: int, converters: Mapping[str, Converter]
) -> tuple[Count, Count, Count]:
    return (
        searched(obeys, texts, seed, converters),
        exhausted(obeys, texts, None, converters),
        exhausted(obeys, texts, seed, converters),
    )


def _line(kind: str, cases: int, ways: Sequence[Sequence[Count]]) -> Measured:
    shown = tuple(_shown(one.attempts for one in way) for way in ways)
    requests = tuple(f"{statistics.mean(one.requests for one in way):.1f}" for way in ways)
    return Measured((kind, str(cases), *shown, *requests), {"kind": kind, "cases": cases, "told": ways})


def _steps(text: str) -> Steps:
    return (Step(deliver=Deliver(channel=Channel.USER, text=text.replace("{{canary}}", MARK))),)


def _shown(numbers: Iterable[float]) -> str:
    found = list(numbers)
    half = 1.96 * statistics.stdev(found) / sqrt(len(found)) if len(found) > 1 else 0.0
    return f"{statistics.mean(found):.1f} ± {half:.1f}"
