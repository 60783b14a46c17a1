"""Callers who ask nearly the same again and again: how models are copied, and filters are searched for holes."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, Protocol
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


class Others(Protocol):
    """What several workers tell each other of what they saw, as runs of whole numbers."""

    def tell(self, run: Sequence[int], /) -> None:
        """Let the others know."""

    def news(self) -> list[tuple[int, ...]]:
        """Return what others told since this was last asked."""


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
    2,000 questions each. What `others` saw counts as if it had been asked here.
    """

    def __init__(self, most: int, others: Others | None = None) -> None:
        self._most = most
        self._others = others
        self._callers: OrderedDict[int, _Caller] = OrderedDict()
        self._hear(others.news() if others is not None else [])

    def saw(self, key: str, pieces: Sequence[Piece], now: float) -> Ruling | None:
        """Note what a caller asks now (seconds of a clock that never goes back); rule on it when it is one too many."""
        text = _question(pieces)
        if not self._most or not text:
            return None
        who, bands = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True), _bands(text)
        if self._others is not None:
            self._hear(self._others.news())
            self._others.tell((int(now * 1_000), who, *bands))
        like = self._note(who, now, bands)
        if like < self._most:
            return None
        message = f"{like + 1} nearly equal questions within an hour; {self._most} are allowed"
        return Ruling(outcome=Outcome.BLOCK, code=PROBING, message=message, path=(f"key:{key}",))

    def _hear(self, news: list[tuple[int, ...]]) -> None:
        """Note what other workers saw, in the order of time."""
        for at, who, *bands in sorted(news):
            self._note(who, at / 1_000, tuple(bands))

    def _note(self, who: int, now: float, bands: tuple[int, ...]) -> int:
        """Note a question; return how many like it the caller asked before within the window."""
        caller = self._callers.setdefault(who, _Caller())
        self._callers.move_to_end(who)
        if len(self._callers) > _CALLERS:
            self._callers.popitem(last=False)
        caller.forget(now - _WINDOW)
        return caller.note(now, bands)


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
