"""What words mean, as vectors that are close for words of the same meaning in some thirty languages.

The vectors were made once from the weights of a small multilingual encoder (`train/guard/meanings.py`) and ship as
data. Reading 1,000 characters takes some 80 microseconds, however many rules there are.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.shipped import DATA, text_of
from accord.guard.cutting import TOKEN, at_most, stretches, tokens_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bytes = npt.NDArray[np.int8] | npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.integer]

WIDTH: Final = 64
"""Numbers of a vector."""

NO_LANGUAGE: Final = 255
"""The language of what is no word."""

_UNSPACED: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_GLUED: Final = re.compile(r"([0-9a-z]{10,})")  # in a run of a script without blanks
_KINDS: Final = ("token", "address", "number")
_KIND_WEIGHTS: Final = (0.5, 0.7, 0.3)
_LONGEST_WORD: Final = 64
_LONGEST_PIECE: Final = 6  # characters of a word in scripts without blanks
_LONGEST: Final = 40  # words of a stretch that is cut from text without sentences
_SPANS: Final = (1, 2, 3, 5)
_FEWEST: Final = 4  # words: a shorter sentence is taken with the one before it
_MOST_WORDS: Final = 120  # of a passage
_REMEMBERED: Final = 1 << 16


class Window(NamedTuple):
    """A stretch of text: the rows of its words, and from where to where it stands."""

    rows: tuple[int, ...]
    start: int
    end: int


class _Sentence(NamedTuple):
    rows: list[int]
    start: int
    end: int


class Hostile(NamedTuple):
    """How hostile a meaning sounds: one weight for each of its numbers (`train/guard/hostile.py`)."""

    weights: Floats
    bias: float


class Stretches(NamedTuple):
    """The sentences of a text and two, three and five of them together: what each means and how much it tells.

    Stretch `at` has the words `flat[begins[at]:ends[at]]` and stands from `places[firsts[at]]` to `places[lasts[at]]`.
    `hostile` says how much each sounds like an attack (a logit), `tokens` how many tokens stand in it.
    """

    flat: npt.NDArray[np.int32]
    places: Sequence[tuple[int, int]]
    firsts: Ints
    lasts: Ints
    begins: Ints
    ends: Ints
    vectors: Floats
    tells: Floats
    hostile: Floats
    tokens: Floats

    def __len__(self) -> int:
        """Return how many stretches there are."""
        return len(self.tells)

    def rows(self, at: int) -> tuple[int, ...]:
        """Return the words of a stretch, in order."""
        return tuple(self.flat[self.begins[at] : self.ends[at]].tolist())

    def span(self, at: int) -> tuple[int, int]:
        """Return where a stretch stands in its text."""
        return self.places[int(self.firsts[at])][0], self.places[int(self.lasts[at])][1]


class Sentences(NamedTuple):
    """The sentences of a text alone: their words one after another, where those begin and end, and what each means."""

    flat: npt.NDArray[np.int32]
    begins: Ints
    ends: Ints
    vectors: Floats
    tells: Floats
    places: Sequence[tuple[int, int]]


class _Known(dict[str, tuple[int, ...]]):
    """The rows of words that were looked up."""

    def __init__(self, index: Mapping[str, int], kinds: Mapping[str, int]) -> None:
        super().__init__()
        self._index = index
        self._kinds = kinds

    def __missing__(self, word: str) -> tuple[int, ...]:
        """Look a word up, and remember it."""
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = self._looked_up(word)
        return found

    def _looked_up(self, word: str) -> tuple[int, ...]:
        row = self._index.get(word)
        if row is not None:
            return (row,)
        kind = _kind(word)
        if kind and (glued := _GLUED.split(word))[1:] and _UNSPACED.search(word):
            return tuple(row for part in glued if part for row in self[part])
        if kind:
            return (self._kinds[kind],)
        if len(word) > _LONGEST_WORD:
            parts = (word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD))
            return tuple(row for part in parts for row in self._looked_up(part))
        if _UNSPACED.search(word):
            return tuple(self._pieces(word))
        for length in range(len(word) - 1, max(3, len(word) * 11 // 20), -1):
            row = self._index.get(word[:length])
            if row is not None:
                return (row,)
        return ()

    def _pieces(self, word: str) -> Iterator[int]:
        """Yield the longest known words of a run without blanks, from its start."""
        at = 0
        while at < len(word):
            for length in range(min(_LONGEST_PIECE, len(word) - at), 0, -1):
                row = self._index.get(word[at : at + length])
                if row is not None:
                    yield row
                    break
            at += length


class Meanings:
    """The table of words, loaded once; `weights` say how much a word tells."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        vectors: Bytes,
        lengths: Floats,
        weights: Floats,
        languages: Bytes,
        hostile: Hostile,
    ) -> None:
        self.weights = weights
        self._slant, self._bias = hostile
        self._vectors = vectors
        self._lengths = lengths
        self._scales = weights / lengths
        self._languages = languages
        self._words = len(words)
        self._kinds = {kind: len(words) + at for at, kind in enumerate(_KINDS)}
        self._known = _Known(dict(zip(words, range(len(words)), strict=True)), self._kinds)

    def read(self, text: str) -> Stretches | None:
        """Return the stretches of a text, or None where no words are in it."""
        import numpy as np

        sentences = tuple(self._sentences(text))
        if not sentences:
            return None
        flat = np.array([row for one in sentences for row in one.rows], np.int32)
        starts = np.array([0, *accumulate(len(one.rows) for one in sentences)], np.int64)
        words = np.empty((len(flat), WIDTH + 3), np.float32)
        words[:, :WIDTH] = self._weighed(flat)
        words[:, WIDTH] = self.weights[flat]
        words[:, WIDTH + 1] = words[:, :WIDTH] @ self._slant * (flat < self._words)
        words[:, WIDTH + 2] = flat == self._kinds["token"]
        summed = np.zeros((len(sentences) + 1, WIDTH + 3), np.float32)
        np.cumsum(np.add.reduceat(words, starts[:-1], axis=0), axis=0, out=summed[1:])
        firsts, lasts = _spans(len(sentences))
        begins, ends = starts[firsts], starts[lasts + 1]
        kept = ends - begins >= _FEWEST - 1
        if not kept.all():
            firsts, lasts, begins, ends = firsts[kept], lasts[kept], begins[kept], ends[kept]
        sums = summed[lasts + 1] - summed[firsts]
        lengths = _lengths(sums[:, :WIDTH])
        vectors, hostile = sums[:, :WIDTH] / lengths[:, None], sums[:, WIDTH + 1] / lengths + self._bias
        places = [(one.start, one.end) for one in sentences]
        return Stretches(
            flat, places, firsts, lasts, begins, ends, vectors, sums[:, WIDTH], hostile, sums[:, WIDTH + 2]
        )

    def sentences(self, text: str, fewest: int) -> Sentences | None:
        """Return the sentences of a text, or None where there are fewer than so many."""
        import numpy as np

        shortest = 2 * _LONGEST - 1 if text.isascii() else _LONGEST // 2  # characters of a part that is cut for length
        if at_most(text) + len(text) // shortest < fewest:
            return None
        found = [one for one in self._sentences(text) if len(one.rows) >= _FEWEST - 1]
        if len(found) < fewest:
            return None
        flat = np.array([row for one in found for row in one.rows], np.int32)
        ends = np.array([*accumulate(len(one.rows) for one in found)], np.int64)
        begins = np.concatenate((ends[:1] * 0, ends[:-1]))
        sums = np.add.reduceat(self._weighed(flat), begins, axis=0)
        tells = np.add.reduceat(self.weights[flat], begins)
        vectors = np.asarray(sums / _lengths(sums)[:, None], np.float32)
        return Sentences(flat, begins, ends, vectors, tells, [(one.start, one.end) for one in found])

    def windows(self, text: str) -> tuple[Window, ...]:
        """Return the sentences of a text, and two, three and five of them together."""
        found = self.read(text)
        return () if found is None else tuple(Window(found.rows(at), *found.span(at)) for at in range(len(found)))

    def vectors_of(self, windows: Sequence[Window]) -> Floats:
        """Return one vector of length one for each window: the weighed mean of its words."""
        import numpy as np

        if not windows:
            return np.zeros((0, WIDTH), np.float32)
        flat = np.fromiter((row for one in windows for row in one.rows), np.int32)
        starts = np.cumsum([0, *(len(one.rows) for one in windows[:-1])])
        summed = np.add.reduceat(self._weighed(flat), starts, axis=0)
        return np.asarray(summed / _lengths(summed)[:, None], np.float32)

    def of(self, rows: Ints) -> Floats:
        """Return the vectors of words, each of length one."""
        import numpy as np

        return np.asarray(self._vectors[rows] / self._lengths[rows][:, None], np.float32)

    def rows(self, text: str) -> tuple[int, ...]:
        """Return the rows of the words of a text, from its start, as many as a passage has at most."""
        found = (row for match in TOKEN.finditer(text) for row in self._known[match[0].lower()])
        return tuple(islice(found, _MOST_WORDS))

    def _weighed(self, flat: Ints) -> Floats:
        """Return the vectors of words, each as long as it weighs."""
        import numpy as np

        return np.asarray(self._vectors[flat] * self._scales[flat][:, None], np.float32)

    def tells(self, windows: Sequence[Window]) -> Floats:
        """Return how much each window tells, words that come again counted again."""
        import numpy as np

        if not windows:
            return np.zeros(0, np.float32)
        flat = np.fromiter((row for one in windows for row in one.rows), np.int32)
        starts = np.cumsum([0, *(len(one.rows) for one in windows[:-1])])
        return np.asarray(np.add.reduceat(self.weights[flat], starts), np.float32)

    def has_token(self, rows: Iterable[int]) -> bool:
        """Tell whether a token stands in a stretch: letters and digits in one, or a variable of a case."""
        return self._kinds["token"] in rows

    def tokens(self, rows: Sequence[int]) -> int:
        """Return how many tokens stand in a stretch."""
        return rows.count(self._kinds["token"])

    def is_word(self, row: int) -> bool:
        """Tell whether a row is that of a word, and not of a token, an address or a number."""
        return row < self._words

    def sounds(self, vector: Floats) -> float:
        """Return how hostile a meaning sounds, as a logit."""
        return float(vector @ self._slant) + self._bias

    def language(self, rows: Sequence[int] | Ints) -> int:
        """Return the number of the language that most words of a text are of."""
        return self.spoken(rows)[0]

    def spoken(self, rows: Sequence[int] | Ints) -> tuple[int, float]:
        """Return the language that most words of a text are of, and the share of its words that are."""
        import numpy as np

        if not len(rows):
            return NO_LANGUAGE, 0.0
        counted = np.bincount(self._languages[np.asarray(rows, np.int32)], minlength=NO_LANGUAGE + 1)
        counted[NO_LANGUAGE] = 0
        most = int(counted.argmax())
        return (most, float(counted[most] / counted.sum())) if counted[most] else (NO_LANGUAGE, 0.0)

    def told(self, rows: Iterable[int]) -> float:
        """Return how much a stretch tells: the sum of the weights of its different words."""
        return float(sum(self.weights[row] for row in set(rows)))

    def _sentences(self, text: str) -> Iterator[_Sentence]:
        """Yield the sentences with words in them; a very short one is joined to the one before it."""
        held: _Sentence | None = None
        for one in self._cut(text):
            if held is None:
                held = one
            elif len(held.rows) < _FEWEST:
                held = _Sentence(held.rows + one.rows, held.start, one.end)
            else:
                yield held
                held = one
        if held is not None:
            yield held

    def _cut(self, text: str) -> Iterator[_Sentence]:
        known, tokens = self._known, tokens_of(text)
        for start, end in stretches(text):
            rows = [row for word in tokens(start, end) for row in known[word]]
            if len(rows) >= _LONGEST:
                yield from self._parts(text, start, end)
            elif rows:
                yield _Sentence(rows, start, end)

    def _parts(self, text: str, start: int, end: int) -> Iterator[_Sentence]:
        """Yield the parts of a sentence that is too long to be one."""
        rows: list[int] = []
        begun = start
        for match in TOKEN.finditer(text, start, end):
            if not rows:
                begun = match.start()
            rows += self._known[match[0].lower()]
            if len(rows) >= _LONGEST:
                yield _Sentence(rows, begun, match.end())
                rows = []
        if rows:
            yield _Sentence(rows, begun, end)


@lru_cache(maxsize=256)
def _spans(count: int) -> tuple[Ints, Ints]:
    """Return the first and the last sentence of each stretch of a text of so many sentences."""
    import numpy as np

    spans = [span for at, span in enumerate(_SPANS) if not at or _SPANS[at - 1] < count]
    firsts = [np.arange(max(1, count - span + 1)) for span in spans]
    lasts = [np.minimum(one + span, count) - 1 for one, span in zip(firsts, spans, strict=True)]
    return np.concatenate(firsts), np.concatenate(lasts)


def _lengths(vectors: Floats) -> Floats:
    import numpy as np

    return np.asarray(np.maximum(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), 1e-6), np.float32)


def _kind(word: str) -> str:
    if word.startswith("{{"):
        return "token"
    if "://" in word:
        return "address"
    if word.isdigit():
        return "number"
    return "token" if len(word) >= 10 and any(char.isdigit() for char in word) else ""


@cache
def meanings() -> Meanings | None:
    """Return the table of words, or None where numpy is not installed."""
    if "numpy" not in sys.modules:
        # products of small matrices: threads that wait for each other make them twenty times slower
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        import numpy as np
    except ImportError:
        return None
    with np.load(DATA / "guard" / "meanings.npz", allow_pickle=False) as held:
        words = held["words"].tobytes().decode().split("\n")
        vectors, languages = held["vectors"], held["languages"]
        lengths, weights = held["lengths"].astype(np.float32), held["weights"].astype(np.float32) / 255
    told = json.loads(text_of("guard/hostile.json"))
    marks = np.array([[1 if at >> kind & 1 else -1 for at in range(WIDTH)] for kind in range(len(_KINDS))], np.int8)
    return Meanings(
        words,
        vectors=np.concatenate([vectors, marks]),
        lengths=np.concatenate([lengths, np.sqrt(np.full(len(_KINDS), WIDTH, np.float32))]),
        weights=np.concatenate([weights, np.array(_KIND_WEIGHTS, np.float32)]),
        languages=np.concatenate([languages, np.full(len(_KINDS), NO_LANGUAGE, np.uint8)]),
        hostile=Hostile(np.array(told["weights"], np.float32), float(told["bias"])),
    )
