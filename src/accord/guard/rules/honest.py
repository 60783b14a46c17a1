"""How near a text is to honest ones, and how hostile it sounds: what tells a case from an honest sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from math import log
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.case import Channel
from accord.core.guard import Likeness
from accord.core.shipped import text_of
from accord.guard.rules.benign import Benign
from accord.guard.rules.meanings import Meanings, Window
from accord.guard.rules.near import WITHOUT_TOKEN, alike, blended, comparable, whole

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from accord.guard.detector import Scorer
    from accord.guard.rules.meanings import Floats

    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.intp]

HIGHEST: Final = 880
"""A passage for which more likeness than this would be needed meets nothing but itself."""

_COMPARED: Final = 60  # of the nearest stretches of honest text
_MARGIN: Final = 25  # thousandths above the likest honest text
_LEAST: Final = 425  # thousandths that are demanded in any case
_LONG: Final = 6.0  # what a passage tells from which on it is long
_FOR_SHORT: Final = 25  # thousandths more for each word that a passage tells less
_FOR_TAME: Final = 50  # thousandths more for a passage that sounds less hostile than an attack
_HOSTILE: Final = 0.5
_LEAST_ABROAD: Final = 315  # of texts in other languages than the passage's
_LEAST_NEAR: Final = 300
_SELDOM: Final = 60  # how many honest texts may come near enough to be compared word by word
_LONGEST: Final = 4_000  # characters that the detector is asked about
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
    def is_doubtful(self) -> bool:
        """Tell whether the text may be honest: it is like honest ones and does not sound hostile enough for that."""
        return 1.26 * self.hostile + 0.73 * self.detected - 0.00705 * self.likest + 4.42 < 0


class _Part(NamedTuple):
    """Some stretches of honest texts: where they stand among all, and what they mean."""

    honest: Benign
    at: Places
    vectors: Floats


class _Hostile(NamedTuple):
    weights: tuple[float, ...]
    bias: float


def standing(table: Meanings, text: str, honest: Sequence[Benign]) -> Standing:
    """Return how a text stands to honest ones."""
    window = Window(tuple(row for row in whole(table, text).rows if table.is_word(row)), 0, len(text))
    if not window.rows:
        return Standing(1000, 0.0, 0.0)
    vector = table.vectors_of((window,))[0]
    found = max((_likest(table, window, vector, _all(one)) for one in honest), default=0)
    return Standing(found, _sounds(vector), _detected(text))


def _detected(text: str) -> float:
    """Return how sure the detector is, as a logit."""
    chance = min(max(_scorer().score(text[:_LONGEST], Channel.RETRIEVAL).score, 1e-4), 1 - 1e-4)
    return log(chance / (1 - chance))


@cache
def _scorer() -> Scorer:
    from accord.guard.detector import load

    return load()


def fitted(table: Meanings, passages: Sequence[Likeness], honest: Sequence[Benign]) -> tuple[Likeness, ...]:
    """Return passages with as little likeness demanded as honest texts allow, the loosest first.

    Those that would meet nothing but themselves are left out.
    """
    if not passages:
        return ()
    windows = [whole(table, one.text) for one in passages]
    vectors = table.vectors_of(windows)
    found = (
        _fit(table, passage.text, window, vector, honest)
        for passage, window, vector in zip(passages, windows, vectors, strict=True)
    )
    return tuple(sorted((one for one in found if one.enough <= HIGHEST), key=lambda one: one.enough))


def _fit(table: Meanings, text: str, window: Window, vector: Floats, honest: Sequence[Benign]) -> Likeness:
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
        enough=max(_LEAST + extra, likest + _MARGIN),
        near_abroad=max((_seldom(vector, one) for one in away), default=_LEAST_NEAR),
        abroad=max(_LEAST_ABROAD + extra, strangest + _MARGIN),
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
    tame = max(0.0, _HOSTILE - _sounds(vector))
    return int(_FOR_SHORT * short + _FOR_TAME * tame)


def _sounds(vector: Floats) -> float:
    model = _hostile()
    return float(sum(weight * part for weight, part in zip(model.weights, vector.tolist(), strict=True)) + model.bias)


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


@cache
def _hostile() -> _Hostile:
    held = json.loads(text_of("guard/hostile.json"))
    return _Hostile(tuple(held["weights"]), held["bias"])
