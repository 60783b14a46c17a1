"""What words mean, as vectors that are close for words of the same meaning in some thirty languages.

The vectors were made once from the weights of a small multilingual encoder (`train/guard/meanings.py`) and ship as
data. Looking at 1,000 characters takes some 150 microseconds, however many rules there are.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.shipped import DATA

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bytes = npt.NDArray[np.int8] | npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.integer]

WIDTH: Final = 64
"""Numbers of a vector."""

NO_LANGUAGE: Final = 255
"""The language of what is no word."""

_TOKEN: Final = re.compile(r"\{\{\w{1,64}\}\}|https?://[^\s<>\"']{1,200}|[\w\u0300-\u036f]{1,64}")
_END: Final = re.compile(
    r"[.!?;:]+(?=[\s<\"')\]]|$)|[\u3002\uff01\uff1f\uff1b\u061f\u0964]|\n+|</?[A-Za-z!][^<>]{0,80}>"
)
_UNSPACED: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_KINDS: Final = ("token", "address", "number")
_KIND_WEIGHTS: Final = (0.5, 0.7, 0.3)
_LONGEST_PIECE: Final = 6  # characters of a word in scripts without blanks
_LONGEST: Final = 40  # words of a window that is cut from text without sentences
_SPANS: Final = (1, 2, 3, 5)
_FEWEST: Final = 4  # words: a shorter sentence is taken with the one before it
_MOST_WORDS: Final = 120  # of a window
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


class Meanings:
    """The table of words, loaded once; `weights` say how much a word tells."""

    def __init__(
        self, words: Sequence[str], *, vectors: Bytes, lengths: Floats, weights: Floats, languages: Bytes
    ) -> None:
        self.weights = weights
        self._vectors = vectors
        self._lengths = lengths
        self._languages = languages
        self._index = {word: row for row, word in enumerate(words)}
        self._kinds = {kind: len(words) + at for at, kind in enumerate(_KINDS)}
        self._known: dict[str, tuple[int, ...]] = {}

    def windows(self, text: str) -> tuple[Window, ...]:
        """Return the sentences of a text, and two, three and five of them together."""
        sentences = list(self._sentences(text))
        found: list[Window] = []
        for span in _SPANS:
            for at in range(max(1, len(sentences) - span + 1)):
                part = sentences[at : at + span]
                rows = [row for one in part for row in one.rows]
                if len(rows) >= _FEWEST - 1:
                    found.append(Window(tuple(rows[:_MOST_WORDS]), part[0].start, part[-1].end))
            if span >= len(sentences):
                break
        return tuple(found)

    def vectors_of(self, windows: Sequence[Window]) -> Floats:
        """Return one vector of length one for each window: the weighed mean of its words."""
        import numpy as np

        if not windows:
            return np.zeros((0, WIDTH), np.float32)
        flat = np.fromiter((row for one in windows for row in one.rows), np.int32)
        starts = np.cumsum([0, *(len(one.rows) for one in windows[:-1])])
        summed = np.add.reduceat(self.of(flat) * self.weights[flat][:, None], starts, axis=0)
        length = np.sqrt((summed * summed).sum(axis=1, keepdims=True))
        return np.asarray(summed / np.maximum(length, 1e-6), np.float32)

    def of(self, rows: Ints) -> Floats:
        """Return the vectors of words, each of length one."""
        import numpy as np

        return np.asarray(self._vectors[rows] / self._lengths[rows][:, None], np.float32)

    def rows(self, text: str) -> tuple[int, ...]:
        """Return the rows of the words of a text, from its start, as many as a window has at most."""
        found = (row for match in _TOKEN.finditer(text) for row in self._rows(match[0].lower()))
        return tuple(islice(found, _MOST_WORDS))

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

    def is_word(self, row: int) -> bool:
        """Tell whether a row is that of a word, and not of a token, an address or a number."""
        return row < len(self._index)

    def language(self, rows: Sequence[int]) -> int:
        """Return the number of the language that most words of a text are of."""
        import numpy as np

        if not rows:
            return NO_LANGUAGE
        counted = np.bincount(self._languages[np.fromiter(rows, np.int32)], minlength=NO_LANGUAGE + 1)
        counted[NO_LANGUAGE] = 0
        return int(counted.argmax()) if counted.any() else NO_LANGUAGE

    def told(self, rows: Iterable[int]) -> float:
        """Return how much a stretch tells: the sum of the weights of its different words."""
        return float(sum(self.weights[row] for row in set(rows)))

    def _sentences(self, text: str) -> Iterator[_Sentence]:
        """Yield the sentences with words in them; a very short one is joined to the one before it."""
        held: _Sentence | None = None
        for start, end in _stretches(text):
            for one in self._cut(text, start, end):
                if held is None:
                    held = one
                elif len(held.rows) < _FEWEST:
                    held = _Sentence(held.rows + one.rows, held.start, one.end)
                else:
                    yield held
                    held = one
        if held is not None:
            yield held

    def _cut(self, text: str, start: int, end: int) -> Iterator[_Sentence]:
        rows: list[int] = []
        begun = start
        for match in _TOKEN.finditer(text, start, end):
            if not rows:
                begun = match.start()
            rows += self._rows(match[0].lower())
            if len(rows) >= _LONGEST:
                yield _Sentence(rows, begun, match.end())
                rows = []
        if rows:
            yield _Sentence(rows, begun, end)

    def _rows(self, word: str) -> tuple[int, ...]:
        known = self._known.get(word)
        if known is None:
            known = self._looked_up(word)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[word] = known
        return known

    def _looked_up(self, word: str) -> tuple[int, ...]:
        row = self._index.get(word)
        if row is not None:
            return (row,)
        kind = _kind(word)
        if kind:
            return (self._kinds[kind],)
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


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


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
    marks = np.array([[1 if at >> kind & 1 else -1 for at in range(WIDTH)] for kind in range(len(_KINDS))], np.int8)
    return Meanings(
        words,
        vectors=np.concatenate([vectors, marks]),
        lengths=np.concatenate([lengths, np.sqrt(np.full(len(_KINDS), WIDTH, np.float32))]),
        weights=np.concatenate([weights, np.array(_KIND_WEIGHTS, np.float32)]),
        languages=np.concatenate([languages, np.full(len(_KINDS), NO_LANGUAGE, np.uint8)]),
    )
