"""Texts that say what a rule's text says, in other words or another language.

Two signals have to agree: the mean meaning of a stretch has to be near that of a passage (one matrix product for all
rules), and their words, laid side by side, have to find each other. How alike is enough was found for each passage by
trial on honest texts; the more rules are in force, the more is demanded, so that all together raise as few false
alarms as one. A stretch that sounds tame, or has no token where the passage has one, is not compared at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log2
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.views import View
from accord.core.case import Channel
from accord.core.guard import GuardRule, Hit, Likeness, Outcome
from accord.guard.rules.meanings import Meanings, Stretches, Window, meanings

if TYPE_CHECKING:
    from accord.guard.rules.meanings import Flags, Floats, Ints

WITHOUT_TOKEN: Final = 60
"""Thousandths less for a stretch without the token that the passage has."""

SHARP: Final = 0.35
"""Words that are less alike than this have nothing to do with each other."""

_WORDS_COUNT: Final = 3  # times as much as the whole
_MOST_COMPARED: Final = 12  # pairs of stretches whose words are laid side by side in one view
_LEAST_TOLD: Final = 2.6  # of a stretch, in words that tell everything
_LEAST_SHARE: Final = 0.45  # of what the passage tells
_LEAST_HOSTILE: Final = -0.5  # as a logit: four of ten honest stretches sound less hostile
_SURE: Final = 0.5  # the share of words that tells which language a text is in
_SURE_OF_PASSAGE: Final = 0.7  # the same of a passage, which is short
_ABOVE: Final = 130  # thousandths by which wholes are more alike than words, in all but one of a hundred
_MOST_VIEWS: Final = 12
_MOST_TOKENS: Final = 2  # that are demanded where the passage has as many
_FREE: Final = 16  # rules, up to which each is as strict as alone
_FOR_TWICE: Final = 20  # thousandths more for twice as many, which halves the false alarms at least
_WINDOWS_AT_ONCE: Final = 512


class Likely(NamedTuple):
    """How alike a passage and the nearest stretch of a text are, in thousandths, which it is, and what is enough."""

    passage: int
    score: int
    start: int
    end: int
    enough: int


class Words(NamedTuple):
    """The different words of a stretch: their vectors, how much each tells, and how much all do."""

    vectors: Floats
    weights: Floats
    told: float


class Neighbours:
    """The passages of all rules, compiled once and never changed.

    `strict` is the margin that is demanded, and left out it is that of so many rules.
    """

    def __init__(self, rules: Iterable[GuardRule], table: Meanings | None = None, *, strict: int | None = None) -> None:
        self._table = table or meanings()
        owned = [(rule, one) for rule in rules for one in rule.alike] if self._table else []
        self._rules = [rule for rule, _ in owned]
        self._passages = None
        if self._table and owned:
            wanted = margin(len({rule.id for rule in self._rules})) if strict is None else strict
            self._passages = Passages((one for _, one in owned), self._table, margin=wanted)

    def hits(self, views: Sequence[View], channel: Channel) -> tuple[Hit, ...]:
        """Return what rules for `channel` say of the views of one text, each rule at most once."""
        if self._passages is None:
            return ()
        hits: dict[str, Hit] = {}
        for view in views[:_MOST_VIEWS]:
            for one in self._passages.likely(view.text):
                rule = self._rules[one.passage]
                if rule.id not in hits and _is_for(rule, channel):
                    hits[rule.id] = _hit(rule, one, view)
        return tuple(hits.values())


class Passages:
    """Passages as vectors and as the words they are made of; `margin` is demanded beyond what each demands alone."""

    def __init__(self, passages: Iterable[Likeness], table: Meanings, *, margin: int = 0) -> None:
        import numpy as np

        self._table = table
        self._kept = tuple(passages)
        windows = [whole(table, one.text) for one in self._kept]
        self._rows = [_different(one) for one in windows]
        self._words: list[Words | None] = [None] * len(windows)
        self._vectors = np.ascontiguousarray(table.vectors_of(windows).T)
        self._home = _demanded(((one.near, one.enough) for one in self._kept), margin)
        spoken = [table.spoken(rows) for rows in self._rows]
        self._languages = np.array([language for language, _ in spoken], np.int32)
        strict = (share <= _SURE_OF_PASSAGE for _, share in spoken)  # it may be at home there too
        pairs = zip(self._kept, strict, strict=True)
        self._abroad = _demanded(
            ((one.near_abroad, max(one.abroad, one.enough * unsure)) for one, unsure in pairs), margin
        )
        self._least = np.maximum(_LEAST_TOLD, _LEAST_SHARE * table.tells(windows))
        self._tokens = np.array([min(_MOST_TOKENS, table.tokens(one.rows)) for one in windows], np.float32)

    def likely(self, text: str) -> tuple[Likely, ...]:
        """Return the passages that a text is like enough, the likest first."""
        found = (one for one in self.compared(text) if one.score >= one.enough)
        return tuple(sorted(found, key=lambda one: one.enough - one.score))

    def compared(self, text: str) -> list[Likely]:
        """Return how alike the nearest pairs of passage and stretch are, whether that is enough or not."""
        import numpy as np

        seen = self._table.read(text)
        if seen is None:
            return []
        kept = np.flatnonzero((seen.tells >= _LEAST_TOLD) & (seen.hostile >= _LEAST_HOSTILE))
        if not len(kept):
            return []
        language, share = self._table.spoken(seen.flat)
        at_home = self._languages == language
        abroad = self._abroad.near if share > _SURE else np.float32(2)
        near = np.where(at_home, self._home.near, abroad)
        found: list[Likely] = []
        for at in range(0, len(kept), _WINDOWS_AT_ONCE):
            found += self._in(seen, kept[at : at + _WINDOWS_AT_ONCE], near, at_home)
        return found

    def _in(self, seen: Stretches, kept: Ints, near: Floats, at_home: Flags) -> Iterator[Likely]:
        import numpy as np

        over = seen.vectors[kept] @ self._vectors
        over -= near
        flat = np.flatnonzero(over > 0)
        if not len(flat):
            return
        stretches, passages = np.divmod(flat, over.shape[1])
        told = seen.tells[kept][stretches] >= self._least[passages]
        told &= seen.tokens[kept][stretches] >= self._tokens[passages]
        stretches, passages = stretches[told], passages[told]
        best = np.argsort(-over[stretches, passages], kind="stable")[:_MOST_COMPARED]
        known: dict[int, Words] = {}
        for stretch, passage in zip(stretches[best].tolist(), passages[best].tolist(), strict=True):
            at = int(kept[stretch])
            if at not in known:
                known[at] = words_of(self._table, dict.fromkeys(seen.rows(at)))
            demanded = self._home if at_home[passage] else self._abroad
            score = blended(float(over[stretch, passage] + near[passage]), agreed(self._words_of(passage), known[at]))
            yield Likely(passage, score, *seen.span(at), int(demanded.enough[passage]))

    def _words_of(self, passage: int) -> Words:
        known = self._words[passage]
        if known is None:
            known = self._words[passage] = words_of(self._table, self._rows[passage])
        return known


class _Demanded(NamedTuple):
    """How near the whole must be before words are compared, and how alike is enough, for each passage."""

    near: Floats
    enough: Ints


def margin(rules: int) -> int:
    """Return how much more likeness is demanded of each where so many rules are in force, in thousandths."""
    return max(0, round(_FOR_TWICE * log2(max(1, rules) / _FREE)))


def _demanded(pairs: Iterable[tuple[int, int]], margin: int) -> _Demanded:
    import numpy as np

    near, enough = np.array(list(pairs), np.int32).reshape(-1, 2).T
    enough = enough + margin
    least = np.maximum(near, np.minimum(enough + _ABOVE, 950)) / 1000
    return _Demanded(np.asarray(least, np.float32), enough)


def comparable(stretch: Floats, passage: Floats | float) -> Flags:
    """Tell which stretches tell enough to be compared with a passage: a few words are like too much."""
    import numpy as np

    return np.asarray(stretch >= np.maximum(_LEAST_TOLD, _LEAST_SHARE * passage))


def whole(table: Meanings, text: str) -> Window:
    """Return a passage as one window, however many sentences it has."""
    return Window(table.rows(text), 0, len(text))


def alike(table: Meanings, ours: Sequence[int], theirs: Sequence[int]) -> float:
    """Return how well the words of two stretches find each other, from 0 to 1, whatever their order."""
    return agreed(words_of(table, ours), words_of(table, theirs))


def words_of(table: Meanings, rows: Iterable[int]) -> Words:
    """Return the vectors and the weights of words."""
    import numpy as np

    at = np.fromiter(rows, np.int32)
    weights = table.weights[at]
    return Words(table.of(at), weights, float(weights.sum()))


def agreed(ours: Words, theirs: Words) -> float:
    """Return how well two sets of words find each other, from 0 to 1."""
    if not ours.told or not theirs.told:
        return 0.0
    near = ours.vectors @ theirs.vectors.T
    found = float(ours.weights @ _sharp(near.max(axis=1))) / ours.told
    met = float(theirs.weights @ _sharp(near.max(axis=0))) / theirs.told
    return 2 * found * met / max(found + met, 1e-6)


def _sharp(near: Floats) -> Floats:
    import numpy as np

    return np.asarray((near.clip(min=SHARP) - SHARP) / (1 - SHARP), np.float32)


def blended(whole_alike: float, words_alike: float) -> int:
    """Return one number in thousandths for how alike the whole and the words are."""
    return round(1000 * (whole_alike + _WORDS_COUNT * words_alike) / (1 + _WORDS_COUNT))


def _different(window: Window) -> tuple[int, ...]:
    return tuple(dict.fromkeys(window.rows))


def _is_for(rule: GuardRule, channel: Channel) -> bool:
    return channel in rule.channels if rule.channels else channel is not Channel.SYSTEM


def _hit(rule: GuardRule, one: Likely, view: View) -> Hit:
    start, end = view.at(one.start, one.end)
    hidden = "" if view.kind == "plain" else f", hidden by {view.kind}"
    message = f"says what the text of {rule.name} says{hidden}"
    outcome = Outcome(rule.action.value)
    return Hit(
        rule=rule.id, outcome=outcome, start=start, end=end, view=view.kind, score=one.score / 1000, message=message
    )
