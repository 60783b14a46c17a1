"""Callers who ask nearly the same again and again: how models are copied, and filters are searched for holes."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

from accord.core.case import Channel
from accord.core.guard import Outcome, Piece, Ruling

PROBING: Final = "probing"
"""The code of a ruling on a caller who probes."""

_WINDOW: Final = 3600.0  # seconds
_CALLERS: Final = 4_096
_MOST: Final = 2_000  # questions of one caller that are remembered
_LONGEST: Final = 2_000  # characters of a question that count
_WORD: Final = re.compile(r"\w+")
_MASKS: Final = tuple(crc32(b"%d" % n) | 1 for n in range(12))  # each gives the triples of words another order
_ROWS: Final = 3


class _Caller:
    """The questions of one caller within the window, as bands of their signatures."""

    def __init__(self) -> None:
        self.asked: deque[tuple[float, tuple[int, ...]]] = deque()
        self.counts: Counter[int] = Counter()

    def forget(self, before: float) -> None:
        while self.asked and (self.asked[0][0] < before or len(self.asked) > _MOST):
            _, old = self.asked.popleft()
            self.counts.subtract(old)
            for band in old:
                if not self.counts[band]:
                    del self.counts[band]

    def note(self, now: float, found: tuple[int, ...]) -> int:
        """Remember a question; return how many like it were asked before."""
        like = max((self.counts[band] for band in found), default=0)
        self.asked.append((now, found))
        self.counts.update(found)
        return like


class Probing:
    """Counts nearly equal questions per caller and hour; `most` of them are fine, one more is a probe.

    Two questions are alike when they share a band of their MinHash signatures: nine of ten pairs that have three of
    four word triples in common, and one of ten that have three of ten. The memory is bounded: 4,096 callers with
    2,000 questions each.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._callers: OrderedDict[str, _Caller] = OrderedDict()

    def saw(self, key: str, pieces: Sequence[Piece], now: float) -> Ruling | None:
        """Note what a caller asks now (seconds of a clock that never goes back); rule on it when it is one too many."""
        text = _question(pieces)
        if not self._most or not text:
            return None
        caller = self._callers.setdefault(key, _Caller())
        self._callers.move_to_end(key)
        if len(self._callers) > _CALLERS:
            self._callers.popitem(last=False)
        caller.forget(now - _WINDOW)
        like = caller.note(now, _bands(text))
        if like < self._most:
            return None
        message = f"{like + 1} nearly equal questions within an hour; {self._most} are allowed"
        return Ruling(outcome=Outcome.BLOCK, code=PROBING, message=message, path=(f"key:{key}",))


def _question(pieces: Iterable[Piece]) -> str:
    """Return what the user says last: histories repeat themselves by nature."""
    said = [piece.text for piece in pieces if piece.channel is Channel.USER]
    return said[-1][:_LONGEST] if said else ""


def _bands(text: str) -> tuple[int, ...]:
    """Return what like texts share: each band is three minima over all triples of words. About 50 µs for 50 words."""
    words = _WORD.findall(text.casefold())
    triples = zip(words, words[1:], words[2:], strict=False) if len(words) > 2 else [tuple(words)]
    hashes = {crc32(" ".join(triple).encode()) for triple in triples}
    least = [min(one * mask & 0xFFFFFFFF for one in hashes) for mask in _MASKS]
    return tuple(hash((at, *least[at : at + _ROWS])) for at in range(0, len(least), _ROWS))
