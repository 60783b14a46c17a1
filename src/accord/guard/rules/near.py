"""Texts that say what a rule's text says, in other words or another language.

Two signals have to agree: the mean meaning of a stretch has to be near that of a passage (one matrix product for all
rules), and their words, laid side by side, have to find each other. How alike is enough was found for each passage by
trial on honest texts; the more rules are in force, the more is demanded, so that all together raise as few false
alarms as one, and of that the less the more hostile a stretch sounds, as few honest ones do. A stretch that sounds
tame, or has no token where the passage has one, is not compared at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log2
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.views import View
from accord.core.case import Channel
from accord.core.guard import GuardRule, Hit, Likeness
from accord.guard.meanings import Meanings, Stretches, Window, meanings

if TYPE_CHECKING:
    from accord.guard.meanings import Flags, Floats, Ints

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
_MOST_TOKENS: Final = 2  # that count
_TIED: Final = 40  # thousandths less in another language where two tokens stand as in the passage
_FREE: Final = 26  # passages, up to which each is as strict as alone
_FOR_TWICE: Final = 20  # thousandths more for twice as many, which halves the false alarms at least
_FOR_HOSTILE: Final = 40  # thousandths less of these for each logit that a stretch sounds more hostile than not
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

    `strict` is the margin that is demanded, and left out it is that of so many passages.
    """

    def __init__(self, rules: Iterable[GuardRule], table: Meanings | None = None, *, strict: int | None = None) -> None:
        self._table = table or meanings()
        owned = [(rule, one) for rule in rules for one in rule.alike] if self._table else []
        self._rules = [rule for rule, _ in owned]
        self._passages = None
        if self._table and owned:
            firm = margin(sum(not rule.keeps for rule in self._rules)) if strict is None else strict
            wanted = [0 if rule.keeps else firm for rule in self._rules]  # they stop nothing but a secret
            calm = [rule.is_wary for rule in self._rules]
            self._passages = Passages((one for _, one in owned), self._table, margin=wanted, calm=calm)

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
    """Passages as vectors and as the words they are made of; `margin` is demanded beyond what each demands alone.

    Passages without tokens are compared with all stretches, and those with tokens only with stretches that have some:
    few have, so a thousand rules whose attacks carry tokens cost hardly more than one. What is compared without tokens
    has to sound hostile, unless a passage is `calm` itself.
    """

    def __init__(
        self,
        passages: Iterable[Likeness],
        table: Meanings,
        *,
        margin: int | Sequence[int] = 0,
        calm: bool | Sequence[bool] = False,
    ) -> None:
        import numpy as np

        self._table = table
        self._kept = tuple(passages)
        windows = [whole(table, one.text) for one in self._kept]
        self._rows = [_different(one) for one in windows]
        self._words: list[Words | None] = [None] * len(windows)
        vectors = table.vectors_of(windows)
        tokens = np.array([min(_MOST_TOKENS, table.tokens(one.rows)) for one in windows], np.int32)
        self._margins = np.broadcast_to(np.asarray(margin, np.int32), len(windows))
        self._most = int(self._margins.max(initial=0))
        self._home = _demanded(((one.near, one.enough) for one in self._kept), margin)
        spoken = [table.spoken(rows) for rows in self._rows]
        self._languages = np.array([language for language, _ in spoken], np.int32)
        strict = (share <= _SURE_OF_PASSAGE for _, share in spoken)  # it may be at home there too
        pairs = zip(self._kept, strict, strict=True)
        self._abroad = _demanded(
            ((one.near_abroad, max(one.abroad, one.enough * unsure)) for one, unsure in pairs), margin
        )
        least = np.maximum(_LEAST_TOLD, _LEAST_SHARE * table.tells(windows))
        gentle = np.broadcast_to(np.asarray(calm, bool), len(windows)) & (tokens == 0)
        kinds = [(count, False) for count in range(_MOST_TOKENS + 1)] + [(0, True)]
        groups = ((count, soft, np.flatnonzero((tokens == count) & (gentle == soft))) for count, soft in kinds)
        self._groups = tuple(
            _Group(
                tokens=count,
                calm=soft,
                at=at,
                vectors=np.ascontiguousarray(vectors[at].T),
                least=least[at],
                home=self._home.near[at],
                abroad=self._abroad.near[at],
            )
            for count, soft, at in groups
            if len(at)
        )

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
        telling = seen.tells >= _LEAST_TOLD
        language, share = self._table.spoken(seen.flat)
        relief = ((seen.hostile * _FOR_HOSTILE).clip(0, self._most) / 1000).astype(np.float32)
        at_home = self._languages == language
        pairs: list[_Pair] = []
        for group in self._groups:
            for tokens in range(min(1, group.tokens), group.tokens + 1):
                kept = np.flatnonzero(telling if group.calm else telling & _has(seen, tokens, most=group.tokens))
                if not len(kept):
                    continue
                less = _TIED if tokens == _MOST_TOKENS else 0
                abroad = group.abroad - less / 1000 if share > _SURE else np.float32(2)
                near = np.where(at_home[group.at], group.home, abroad)
                for at in range(0, len(kept), _WINDOWS_AT_ONCE):
                    part = kept[at : at + _WINDOWS_AT_ONCE]
                    pairs += _pairs(seen, part, group, _Wanted(near, relief[part], less))
        most = _MOST_COMPARED * -(-len(seen) // _WINDOWS_AT_ONCE)
        known: dict[int, Words] = {}
        nearest = sorted(pairs, key=lambda pair: -pair.over)[:most]
        return [self._compared(seen, one, known, at_home=at_home) for one in nearest]

    def _compared(self, seen: Stretches, pair: _Pair, known: dict[int, Words], *, at_home: Flags) -> Likely:
        if pair.stretch not in known:
            known[pair.stretch] = words_of(self._table, dict.fromkeys(seen.rows(pair.stretch)))
        score = blended(pair.near, agreed(self._words_of(pair.passage), known[pair.stretch]))
        home = bool(at_home[pair.passage])
        enough = (self._home if home else self._abroad).enough[pair.passage] - (0 if home else pair.less)
        relief = min(max(0, int(seen.hostile[pair.stretch] * _FOR_HOSTILE)), int(self._margins[pair.passage]))
        return Likely(pair.passage, score, *seen.span(pair.stretch), int(enough) - relief)

    def _words_of(self, passage: int) -> Words:
        known = self._words[passage]
        if known is None:
            known = self._words[passage] = words_of(self._table, self._rows[passage])
        return known


class _Group(NamedTuple):
    """Passages with as many tokens: which they are, what they mean, and what a stretch has to tell beside each.

    `home` and `abroad` say how near a stretch has to be, in the passage's language and in others.
    """

    tokens: int
    calm: bool
    at: Ints
    vectors: Floats
    least: Floats
    home: Floats
    abroad: Floats


class _Wanted(NamedTuple):
    """How near passages want a stretch to be, what of that each stretch is let off, and what a pair is let off."""

    near: Floats
    relief: Floats
    less: int


class _Pair(NamedTuple):
    """A stretch and a passage that are near as wholes: how near, how much nearer than needed, and what is let off."""

    stretch: int
    passage: int
    near: float
    over: float
    less: int


def _has(seen: Stretches, tokens: int, *, most: int) -> Flags:
    """Tell which stretches have as many tokens, `most` and more counted alike; those with none must sound hostile."""
    import numpy as np

    if not most:
        return np.asarray(seen.hostile >= _LEAST_HOSTILE)
    return np.asarray(seen.tokens >= tokens if tokens == most else seen.tokens == tokens)


def _pairs(seen: Stretches, kept: Ints, group: _Group, wanted: _Wanted) -> Iterator[_Pair]:
    """Yield the nearest pairs of stretches and passages that are near enough to be compared word by word."""
    import numpy as np

    met = seen.vectors[kept] @ group.vectors
    near, relief = wanted.near, wanted.relief
    flat = np.flatnonzero(met > (near - relief[:, None] if relief.any() else near))
    if not len(flat):
        return
    stretches, passages = np.divmod(flat, met.shape[1])
    told = seen.tells[kept][stretches] >= group.least[passages]
    stretches, passages = stretches[told], passages[told]
    over = met[stretches, passages] - near[passages] + relief[stretches]
    best = np.argsort(-over, kind="stable")[:_MOST_COMPARED]
    for at in best.tolist():
        stretch, passage = int(stretches[at]), int(passages[at])
        near_by = float(met[stretch, passage])
        yield _Pair(int(kept[stretch]), int(group.at[passage]), near_by, over=float(over[at]), less=wanted.less)


class _Demanded(NamedTuple):
    """How near the whole must be before words are compared, and how alike is enough, for each passage."""

    near: Floats
    enough: Ints


def margin(passages: int) -> int:
    """Return how much more likeness is demanded of each where so many passages are in force, in thousandths.

    Each passage has its own chance to meet an honest text, and a rule of a long text has ten.
    """
    return max(0, round(_FOR_TWICE * log2(max(1, passages) / _FREE)))


def _demanded(pairs: Iterable[tuple[int, int]], margin: int | Sequence[int]) -> _Demanded:
    import numpy as np

    near, enough = np.array(list(pairs), np.int32).reshape(-1, 2).T
    enough = enough + np.asarray(margin, np.int32)
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
    return Hit(
        rule=rule.id,
        outcome=rule.on_text,
        start=start,
        end=end,
        view=view.kind,
        score=one.score / 1000,
        message=message,
    )
