"""Whether an amount follows from known ones by what the user's words name: shares, sums, differences, parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import lexicon
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import numbers

_CENT: Final = 0.006
_STEP: Final = re.compile(r"\b(?:by|um|de|di|met|con|em|por)\s+(?:[$€£¥]|[A-Z]{3})?\s?(\d[\d.,]*\d|\d)")
_RISEN: Final = re.compile(r"(?i)\b(?:increas|rais|rise|higher|erhöh|steig|augment|aument|sub[ei]|verhoog)")
_FALLEN: Final = re.compile(r"(?i)\b(?:decreas|reduc|lower|cheaper|senk|baiss|rebaj|ridu|verlaag)")
_BETWEEN: Final = ("differ", "différ", "diferen", "verschil", "unterschied")
_PARTS: Final = (2, 3, 4, 5, 6, 12)
_MOST: Final = 400


class Known(NamedTuple):
    """The amounts that the user `said`, those beside that leave no doubt (`firm`), and all that may be added up."""

    said: frozenset[float]
    firm: frozenset[float]
    every: frozenset[float]


def follows(scene: Scene, amount: float, amounts: Known) -> bool:
    """Tell whether an amount is known, or comes from known ones by what the user's words name, and nothing else.

    A percentage names shares, `difference` and `too much` differences, `together` sums, `half` and `split` parts.
    """
    if amount < _CENT:
        return False
    said, known = amounts.said, frozenset(sorted(amounts.every)[:_MOST])
    small, words = lexicon().small, scene.wish.words
    percent = "%" in scene.wish.own or bool(words & small["percenting"])
    differing = bool(words & small["differing"])
    between = any(word.startswith(_BETWEEN) for word in words)  # then neither of the two is the difference
    by = known & steps(scene)
    whole, added = known - by, by or known
    moved, only_share = moves(scene), shares(scene)
    as_it_was = near(amount, whole & amounts.firm) and not only_share and not (moved and by)
    parts = _parts(words, small)
    as_it_was = as_it_was and not _only_part(scene, said, parts)
    if said and not (percent or differing or parts or by or words & (small["totalling"] | small["doubling"])):
        return near(amount, said)  # the user says what it is, and nothing to reckon
    if not between and (near(amount, said) or as_it_was):
        return True
    parted = [share for share in scene.wish.numbers if 0 < share <= 100] if percent else []
    moved = moved and not only_share
    told = [seen.output for _, seen in scene.directed()] if moved else []
    risen, fallen = (any(found.search(text) for text in told) for found in (_RISEN, _FALLEN))
    totalled = bool(words & small["totalling"]) and not only_share and not (differing and said)  # `12 in total`
    adding = (moved and by and not (fallen and not risen)) or totalled
    taking = (moved and by and not (risen and not fallen)) or (differing and not percent)
    for one in known:
        if (adding and one in whole and near(amount - one, added)) or (taking and near(amount + one, known)):
            return True
        if any(_same(one * share / 100, amount) for share in parted) or _three(amount, one, said, parted):
            return True
        whole_of = not words & small["totalling"] or one == max(known)  # `my third of the total`
        if not differing and whole_of and any(_same(one / part, amount) for part in parts):
            return True
        if words & small["doubling"] and _same(one * 2, amount):
            return True
        if parts and any(_same(amount + total / 2, one) for total in said if total not in {0, one}):
            return True
    return False


def shares(scene: Scene) -> bool:
    """Tell whether a share of one amount is asked for, and no other amount: `the difference, 10 %`."""
    small, words = lexicon().small, scene.wish.words
    return ("%" in scene.wish.own or bool(words & small["percenting"])) and bool(words & small["differing"])


def adds(scene: Scene) -> bool:
    """Tell whether the amounts of several records may be reckoned with together."""
    small, words = lexicon().small, scene.wish.words
    together = bool(words & small["totalling"]) or not words & small["differing"]
    return scene.wish.computing and not shares(scene) and together


def moves(scene: Scene) -> bool:
    """Tell whether an amount is to become another one by what a source says."""
    return scene.wish.instructs or bool(scene.wish.words & lexicon().small["adjusting"])


def steps(scene: Scene) -> frozenset[float]:
    """Return by how much something changes, as the sources say: `increased by 100` is no rent of 100."""
    return frozenset[float]().union(*(_steps_in(seen.output) for _, seen in scene.directed()))


@lru_cache(maxsize=512)
def _steps_in(text: str) -> frozenset[float]:
    return frozenset(number for found in _STEP.findall(text) for number in numbers(found))


def _parts(words: frozenset[str], small: Mapping[str, frozenset[str]]) -> Sequence[int]:
    """Return into how many parts the user's words cut an amount."""
    said = words & small["parting"]
    named = {"third": 3, "quarter": 4}
    if not said:
        return ()
    exact = [named[word] for word in said if word in named]
    return exact or ((2,) if said & {"half", "hälfte", "moitié", "mitad", "metà", "helft", "metade"} else _PARTS)


def _only_part(scene: Scene, said: frozenset[float], parts: Sequence[int]) -> bool:
    """Tell whether a named part is asked for, and every other payment has a sum of its own: `my third of the total`."""
    paying = lexicon().groups["pay"].asks
    return len(parts) == 1 and sum(one.verb in paying for one in scene.wish.requests) - len(said) < 2


def _three(amount: float, one: float, said: frozenset[float], shares: Sequence[float]) -> bool:
    """Tell whether an amount is a known one and its share, or a share of a known one beside what the user says."""
    rests = [amount - one * share / 100 for share in shares]
    return any(near(rest, said) or _same(rest, one) for rest in rests)


def _same(one: float, other: float) -> bool:
    return abs(one - other) < _CENT and other > _CENT


def near(amount: float, known: frozenset[float]) -> bool:
    """Tell whether an amount is one of those known, to the cent."""
    return amount > 0 and (amount in known or round(amount, 2) in known)
