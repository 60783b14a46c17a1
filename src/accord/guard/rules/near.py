"""Texts that say what a rule's text says, in other words or another language.

First the mean meaning of each stretch is compared with that of every passage (one matrix product), then the words of
the few that come near are laid side by side. What is enough was found for each passage by trial on honest texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.views import View
from accord.core.case import Channel
from accord.core.guard import GuardRule, Hit, Likeness, Outcome
from accord.guard.rules.meanings import Meanings, Window, meanings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from accord.guard.rules.meanings import Floats

    Flags = npt.NDArray[np.bool_]

WITHOUT_TOKEN: Final = 60
"""Thousandths less for a stretch without the token that the passage has."""

SHARP: Final = 0.35
"""Words that are less alike than this have nothing to do with each other."""

_WORDS_COUNT: Final = 3  # times as much as the whole
_MOST_COMPARED: Final = 12  # pairs of stretches whose words are laid side by side in one view
_LEAST_TOLD: Final = 2.6  # of a stretch, in words that tell everything
_LEAST_SHARE: Final = 0.45  # of what the passage tells
_MOST_VIEWS: Final = 12
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
    """The passages of all rules, compiled once and never changed."""

    def __init__(self, rules: Iterable[GuardRule], table: Meanings | None = None) -> None:
        self._table = table or meanings()
        owned = [(rule, one) for rule in rules for one in rule.alike] if self._table else []
        self._rules = [rule for rule, _ in owned]
        self._passages = Passages((one for _, one in owned), self._table) if self._table and owned else None

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
    """Passages as vectors and as the words they are made of."""

    def __init__(self, passages: Iterable[Likeness], table: Meanings) -> None:
        import numpy as np

        self._table = table
        kept = tuple(passages)
        windows = [whole(table, one.text) for one in kept]
        self._rows = [_different(one) for one in windows]
        self._words = [words_of(table, rows) for rows in self._rows]
        self._vectors = table.vectors_of(windows)
        self._near = np.array([one.near / 1000 for one in kept], np.float32)
        self._near_abroad = np.array([one.near_abroad / 1000 for one in kept], np.float32)
        self._languages = np.array([table.language(rows) for rows in self._rows], np.int32)
        self._tells = table.tells(windows)
        self._tokens = [table.has_token(rows) for rows in self._rows]
        self._kept = kept

    def likely(self, text: str) -> tuple[Likely, ...]:
        """Return the passages that a text is like enough, the likest first."""
        found = (one for one in self.compared(text) if one.score >= one.enough)
        return tuple(sorted(found, key=lambda one: one.enough - one.score))

    def compared(self, text: str) -> list[Likely]:
        """Return how alike the nearest pairs of passage and stretch are, whether that is enough or not."""
        import numpy as np

        windows = self._table.windows(text)
        language = self._table.language([row for one in windows for row in one.rows])
        at_home = self._languages == language
        near = np.where(at_home, self._near, self._near_abroad)
        found: list[Likely] = []
        for at in range(0, len(windows), _WINDOWS_AT_ONCE):
            found += self._in(windows[at : at + _WINDOWS_AT_ONCE], near, at_home)
        return found

    def _in(self, windows: Sequence[Window], near: Floats, at_home: Flags) -> list[Likely]:
        import numpy as np

        over = self._table.vectors_of(windows) @ self._vectors.T - near
        over[~comparable(self._table.tells(windows)[:, None], self._tells)] = -1
        pairs = np.argwhere(over > 0)
        if len(pairs) > _MOST_COMPARED:
            best = np.argsort(-over[pairs[:, 0], pairs[:, 1]], kind="stable")[:_MOST_COMPARED]
            pairs = pairs[best]
        found = []
        for at, passage in pairs.tolist():
            window, kept = windows[at], self._kept[passage]
            words = agreed(self._words[passage], words_of(self._table, _different(window)))
            score = blended(float(over[at, passage] + near[passage]), words)
            enough = kept.enough if at_home[passage] else kept.abroad
            score -= WITHOUT_TOKEN if self._tokens[passage] and not self._table.has_token(window.rows) else 0
            found.append(Likely(passage, score, window.start, window.end, enough))
        return found


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


def words_of(table: Meanings, rows: Sequence[int]) -> Words:
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
