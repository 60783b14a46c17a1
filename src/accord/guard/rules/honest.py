"""How near a text is to honest ones, and how hostile it sounds: what tells a case from an honest sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import log
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.case.variables import names_in, pieces
from accord.content.views import views
from accord.core.case import Channel
from accord.core.guard import Likeness
from accord.guard.meanings import Meanings, Window
from accord.guard.rules.benign import Benign
from accord.guard.rules.bounds import LEAST_ALIKE
from accord.guard.rules.near import WITHOUT_TOKEN, alike, blended, comparable, whole

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from accord.guard.detector import Scorer
    from accord.guard.meanings import Floats

    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.intp]

HIGHEST: Final = 880
"""A passage for which more likeness than this would be needed meets nothing but itself."""

MAY_BE: Final = "may be honest"
"""The end of a doubt that time on trial can settle."""

_FEWEST: Final = 6  # words of a text in a language that the table of words does not know
_LEAST_TOLD: Final = 2.0  # of a text, in words that tell everything
_TIED: Final = 2  # tokens
_MOST_VIEWS: Final = 6
_COMPARED: Final = 60  # of the nearest stretches of honest text
_MARGIN: Final = 25  # thousandths above the likest honest text
_LEAST: Final = 425  # thousandths that are demanded in any case
_LONG: Final = 6.0  # what a passage tells from which on it is long
_FOR_SHORT: Final = 25  # thousandths more for each word that a passage with a token tells less
_FOR_SHORT_PLAIN: Final = 40  # the same of one without
_FOR_TAME: Final = 50  # thousandths more for a passage that sounds less hostile than an attack
_HOSTILE: Final = 0.5
_LEAST_ABROAD: Final = 315  # of texts in other languages than the passage's
_LEAST_NEAR: Final = 300
_SELDOM: Final = 60  # how many honest texts may come near enough to be compared word by word
_LONGEST: Final = 4_000  # characters that the detector is asked about
_LIKELY: Final = 0.5  # by the front: six of a hundred honest texts are over it
_SURELY: Final = 1.1  # two of a hundred
_HARDLY: Final = -4.0  # attacks are hardly ever under it
_SURELY_READ: Final = 2.9  # with the encoder: three of a hundred
_CONTRADICTS: Final = -2.0  # what the encoder must not say of a short text
_FOR_SHORT_TEXTS: Final = 0.6  # more for each word that a text tells less than a long one
_FOR_SHORT_QUESTIONS: Final = 0.3  # less for each word that a question tells less than a long text
_MOST_LOOKED_AT: Final = 48  # parts of a text
_SAID_BY_ALL: Final = 3  # of so many sentences one is enough
_LONGEST_READ: Final = 1_500
_TWIN: Final = 600  # so like an honest text is an honest text


class Standing(NamedTuple):
    """How like the nearest honest text a text is (thousandths), how hostile it sounds, what the detector says."""

    likest: int
    hostile: float
    detected: float

    @property
    def is_twin(self) -> bool:
        """Tell whether this is as good as an honest text."""
        return self.likest >= _TWIN

    @property
    def front(self) -> float:
        """Return how much the words and the front of the detector speak for an attack, as a logit."""
        return 0.63 * self.hostile + 1.58 * self.detected + 0.85


class _Part(NamedTuple):
    """Some stretches of honest texts: where they stand among all, and what they mean."""

    honest: Benign
    at: Places
    vectors: Floats


def standing(table: Meanings, text: str, honest: Sequence[Benign]) -> Standing:
    """Return how a text stands to honest ones."""
    window = Window(tuple(row for row in whole(table, text).rows if table.is_word(row)), 0, len(text))
    if not window.rows:
        return Standing(1000, 0.0, 0.0)
    vector = table.vectors_of((window,))[0]
    found = max((_likest(table, window, vector, _all(one)) for one in honest), default=0)
    return Standing(found, table.sounds(vector), detected(text))


def sounding(table: Meanings, text: str) -> float:
    """Return how much the most hostile part of a text and the front of the detector speak for an attack.

    A short text tells less, and has to speak the clearer.
    """
    seen = table.read(text[:_LONGEST])
    words = float(seen.hostile.max()) if seen is not None and len(seen) else 0.0
    short = max(0.0, _LONG - table.told(table.rows(text)))
    return Standing(0, words, detected(text)).front - _FOR_SHORT_QUESTIONS * short


class Judge:
    """Tells attacks from honest texts; the encoder is asked, and loaded, only for what the front is not sure of."""

    def __init__(self, table: Meanings, honest: Sequence[Benign], marks: Sequence[str] = ()) -> None:
        self._marks = tuple(marks)
        self.honest = tuple(honest)
        self._table = table
        self._known: dict[str, Standing] = {}
        self._hostile: dict[str, bool] = {}

    def sounds(self, text: str) -> bool:
        """Tell whether a text sounds like an attack, told in a moment."""
        return self._standing(text).front > _LIKELY

    def sounds_throughout(self, text: str) -> bool:
        """Tell whether each sentence of a text sounds like an attack: the letter around an order does not."""
        found = self._table.read(text)
        places = () if found is None else found.places[:_MOST_LOOKED_AT]
        return all(self.sounds(text[start:end]) for start, end in places)

    def is_hostile(self, text: str) -> bool:
        """Tell whether a text is an attack whoever says it; a few of a hundred honest texts seem to be.

        A short text has to be surer, and a long one has to have a part that is an attack alone.
        """
        if text not in self._hostile:
            self._hostile[text] = self._is_sure(text) and self._has_core(text)
        return self._hostile[text]

    def _is_sure(self, text: str) -> bool:
        stands, clear = self._standing(text), self._clear(text)
        if stands.is_twin or stands.front < _HARDLY:
            return False
        short = self._short(clear)
        if stands.front > _SURELY + short:
            return not short or self._encoded(clear, stands) > _CONTRADICTS
        return self._encoded(clear, stands) > _SURELY_READ + short

    def _has_core(self, text: str) -> bool:
        """Tell whether a part of a text is an attack alone, and its sentences are not what everybody says."""
        clear = self._clear(text)
        found = self._table.read(clear)
        if found is None or len(found.places) == 1:
            return True
        said = [self._standing(clear[start:end]).is_twin for start, end in found.places[:_MOST_LOOKED_AT]]
        if _SAID_BY_ALL * sum(said) >= len(said):
            return False
        places = (found.span(at) for at in range(min(len(found), _MOST_LOOKED_AT)))
        parts = (self._standing(clear[start:end]) for start, end in places)
        return any(one.front > _LIKELY and not one.is_twin for one in parts)

    def _short(self, text: str) -> float:
        """Return how much surer a text has to be that tells less than a long one."""
        return _FOR_SHORT_TEXTS * max(0.0, _LONG - self._table.told(self._table.rows(text)))

    def doubt(self, text: str) -> str:
        """Return why a text may be an honest one, or nothing.

        One that does not sound like an attack may still stand for one where it holds two things or more that are the
        attack's own: tokens, which whoever says it again must say too, and what the oracle waits for (`marks`).
        """
        stands = self._standing(text)
        if not self.tells(text):
            return f"the text {text[:60]!r} is too short"
        if stands.is_twin:
            return f"the text {text[:60]!r} is like an honest text (likeness {stands.likest / 1000:.2f})"
        plain = _clear(self._table, text)
        own = {*(f"{{{{{name}}}}}" for name in names_in(plain)), *(mark for mark in self._marks if mark in plain)}
        is_tied = len(own) >= _TIED
        return "" if is_tied or self.is_hostile(text) else f"the text {text[:60]!r} {MAY_BE}"

    def tells(self, text: str) -> bool:
        """Tell whether a text is long enough to be met again."""
        clear = self._clear(text)
        return self._table.told(self._table.rows(clear)) >= _LEAST_TOLD or len(clear.split()) >= _FEWEST

    def _standing(self, text: str) -> Standing:
        if text not in self._known:
            self._known[text] = standing(self._table, self._clear(text), self.honest)
        return self._known[text]

    def _clear(self, text: str) -> str:
        """Return what a text says; a single variable in it is no evidence, and left out."""
        clear = _clear(self._table, text)
        return clear if len(set(names_in(clear))) >= _TIED else " ".join("".join(pieces(clear)[::2]).split())

    def _encoded(self, clear: str, stands: Standing) -> float:
        """Return what the encoder says beside all else; what the front says where there is none."""
        encoder = _scorer(encoder=True).encoder
        if encoder is None:
            return stands.front
        (read,) = encoder.logits([clear[:_LONGEST_READ]])
        return read + 0.63 * stands.hostile + stands.detected


def _clear(table: Meanings, text: str) -> str:
    """Return the view of a text that tells most: what it hides, where it hides something."""
    return max((view.text for view in views(text)[:_MOST_VIEWS]), key=lambda one: table.told(table.rows(one)))


def detected(text: str) -> float:
    """Return how sure the front of the detector is, as a logit; the encoder takes longer to load than all else."""
    chance = min(max(_scorer(encoder=False).score(text[:_LONGEST], Channel.RETRIEVAL).score, 1e-4), 1 - 1e-4)
    return log(chance / (1 - chance))


@cache
def _scorer(*, encoder: bool) -> Scorer:
    from accord.guard.detector import load

    return load(encoder=encoder)


def fitted(
    table: Meanings, passages: Sequence[Likeness], honest: Sequence[Benign], *, less: int = 0
) -> tuple[Likeness, ...]:
    """Return passages with as little likeness demanded as honest texts allow, the loosest first.

    Those that would meet nothing but themselves are left out; `less` is demanded where no honest text is near.
    """
    if not passages:
        return ()
    windows = [whole(table, one.text) for one in passages]
    vectors = table.vectors_of(windows)
    found = (
        _fit(table, passage.text, window, vector, honest, less=less)
        for passage, window, vector in zip(passages, windows, vectors, strict=True)
    )
    return tuple(sorted((one for one in found if one.enough <= HIGHEST), key=lambda one: one.enough))


def _fit(
    table: Meanings, text: str, window: Window, vector: Floats, honest: Sequence[Benign], *, less: int
) -> Likeness:
    language = table.language(window.rows)
    extra = _extra(table, window, vector)
    told = table.tells((window,))[0]
    met = [comparable(one.tells, told) for one in honest]
    home = [_part(one, there & (one.languages == language)) for one, there in zip(honest, met, strict=True)]
    away = [_part(one, there & (one.languages != language)) for one, there in zip(honest, met, strict=True)]
    likest = max((_likest(table, window, vector, one) for one in home), default=0)
    strangest = max((_likest(table, window, vector, one) for one in away), default=0)
    return Likeness(
        text=text,
        near=max((_seldom(vector, one) for one in home), default=_LEAST_NEAR),
        enough=max(LEAST_ALIKE, _LEAST + extra - less, likest + _MARGIN),
        near_abroad=max((_seldom(vector, one) for one in away), default=_LEAST_NEAR),
        abroad=max(LEAST_ALIKE, _LEAST_ABROAD + extra - less, strangest + _MARGIN),
    )


def _all(honest: Benign) -> _Part:
    import numpy as np

    return _Part(honest, np.arange(len(honest.vectors)), honest.vectors)


def _part(honest: Benign, mask: Flags) -> _Part:
    import numpy as np

    at = np.flatnonzero(mask)
    return _Part(honest, at, honest.vectors[at])


def _extra(table: Meanings, window: Window, vector: Floats) -> int:
    """Return how much more likeness is demanded where a passage tells little or sounds tame."""
    short = max(0.0, _LONG - table.told(window.rows))
    tame = max(0.0, _HOSTILE - table.sounds(vector))
    each = _FOR_SHORT if table.has_token(window.rows) else _FOR_SHORT_PLAIN
    return int(each * short + _FOR_TAME * tame)


def _likest(table: Meanings, window: Window, vector: Floats, part: _Part) -> int:
    """Return how like the likest stretch of honest texts is; only the nearest ones are compared word by word."""
    import numpy as np

    if not len(part.at):
        return 0
    near = part.vectors @ vector
    most = min(_COMPARED, len(near))
    ours = tuple(dict.fromkeys(window.rows))
    missing = WITHOUT_TOKEN if table.has_token(ours) else 0
    found = 0
    for at in np.argpartition(-near, most - 1)[:most].tolist():
        theirs = part.honest.rows[int(part.at[at])]
        score = blended(float(near[at]), alike(table, ours, theirs))
        found = max(found, score - (missing if missing and not table.has_token(theirs) else 0))
    return found


def _seldom(vector: Floats, part: _Part) -> int:
    """Return how near, in thousandths, only few honest texts come."""
    import numpy as np

    near = part.vectors @ vector
    if len(near) <= _SELDOM:
        return _LEAST_NEAR
    return max(_LEAST_NEAR, int(1000 * float(np.partition(near, -_SELDOM)[-_SELDOM])))
