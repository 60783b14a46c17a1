"""The cascade: signatures, the linear front, and the encoder for what the front is not sure of."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.content.views import View, views
from accord.core.errors import CatalogError
from accord.core.shipped import DATA
from accord.guard.detector.calibration import applied, readings
from accord.guard.detector.signatures import Seen, Signatures, signatures
from accord.guard.detector.words import STEEPEST, Reading, Scored, Stage, logit, probability

if TYPE_CHECKING:
    from accord.guard.detector.encoder import Encoder
    from accord.guard.detector.front import Front, Spot
    from accord.guard.detector.orders import Order, Orders

WEIGHTS: Final = DATA / "guard" / "weights"
MOST_WINDOWS: Final = 4
"""Windows of one text that the encoder is asked about."""

_LONGEST_WINDOW: Final = 640
_NEAR: Final = 80  # characters: places that are nearer to each other are one
_LONG: Final = 1200  # characters: the worst of many windows is high by chance, so more makes unsure, in any channel
_TELLING: Final = 2.0  # what an order adds to the logit when it is what tells most
_KEPT: Final = 4096
_CHANNELS: Final[Mapping[str, str]] = {
    "document": "retrieval", "html": "retrieval", "email": "retrieval", "code": "file", "tool_output": "tool-output",
    "tool_description": "tool-description", "system": "user",
}  # fmt: skip


class Blend(NamedTuple):
    """How the front's and the encoder's logits are put together; the encoder's counts at most `most` either way.

    The front decides alone what lies outside its band, so a text inside it has to score what it would score there.
    """

    front: float = 1.0
    encoder: float = 0.5
    offset: float = 0.2
    most: float = STEEPEST


class Cache:
    """Scores of windows that the encoder has seen, the latest ones, by their normalised text."""

    def __init__(self, size: int = _KEPT) -> None:
        """Keep at most `size` scores."""
        self._size = size
        self._kept: OrderedDict[int, float] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: int) -> float | None:
        """Return the score of a window that was asked about lately."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: int, score: float) -> None:
        """Keep the score of a window."""
        with self._lock:
            self._kept[key] = score
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


class Window(NamedTuple):
    """A stretch of text that the encoder is asked about, and where in it stands what it is asked for."""

    text: str
    place: tuple[int, int]

    def key(self) -> int:
        """Return what is the same for stretches that differ by blanks and capitals alone, asked for in one place."""
        return hash((" ".join(self.text.split()).lower(), self.place[0] // _NEAR))


class _First(NamedTuple):
    """What is known of a text before the encoder: its logit and the windows to ask about."""

    logit: float
    scored: Scored
    reading: Reading
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores texts. Safe to share between threads; without numpy or weights it has signatures alone (`rules`)."""

    table: Signatures
    by_channel: Mapping[str, Reading]
    front: Front | None = None
    encoder: Encoder | None = None
    orders: Orders | None = None
    blend: Blend = field(default_factory=Blend)
    cache: Cache = field(default_factory=Cache)

    def score(self, text: str, channel: str = "user", decoded: Sequence[View] | None = None) -> Scored:
        """Return how suspicious a text is in its channel; `decoded` are its views where they are known already."""
        first = self._first(text, channel, decoded)
        if not first.windows or self.encoder is None:
            return first.scored
        return self._second(first, max(self._asked(first.windows)))

    def score_many(self, items: Sequence[tuple[str, str]]) -> tuple[Scored, ...]:
        """Return the scores of texts with their channels; the encoder sees all its windows in one batch."""
        firsts = [self._first(text, channel, None) for text, channel in items]
        if self.encoder is not None:
            self._asked([window for first in firsts for window in first.windows])
        return tuple(
            self._second(first, max(self._asked(first.windows))) if first.windows and self.encoder else first.scored
            for first in firsts
        )

    def channel(self, named: str) -> str:
        """Return the channel whose thresholds a text of this channel has: `html` is read as `retrieval`."""
        return _CHANNELS.get(named, str(named))

    def calibrated(self, by_channel: Mapping[str, Reading]) -> Scorer:
        """Return the same scorer with other thresholds."""
        return replace(self, by_channel={**self.by_channel, **by_channel})

    def _first(self, text: str, channel: str, decoded: Sequence[View] | None) -> _First:
        reading = self._reading(self.channel(channel))
        found = views(text) if decoded is None else decoded
        seen = self.table.seen(found)
        if self.front is None:
            return _First(0.0, _ruled(seen), reading)
        looked = self.front.look(found, seen)
        order = self.orders.look(text) if self.orders else None
        gain = self.orders.adds(order) if self.orders else 0.0
        raw = self.front.logit(looked) + gain
        worst = looked.spots[0]
        place = (seen.start, seen.end) if seen.strength else worst.view.at(worst.start, worst.end)
        if order is not None and gain >= _TELLING:
            place = (order.start, order.end)
        scored = _decided(reading, raw, "front", place)
        low = max(reading.low, self._reading("retrieval").low) if len(text) > _LONG else reading.low
        unsure = (looked.strange or low <= scored.score) and scored.score <= reading.high
        return _First(raw, scored, reading, _windows(found[0], looked.spots, order) if unsure and self.encoder else ())

    def _reading(self, name: str) -> Reading:
        return self.by_channel.get(name) or self.by_channel["default"]

    def _second(self, first: _First, encoded: float) -> Scored:
        said = max(-self.blend.most, min(self.blend.most, logit(encoded)))
        raw = self.blend.front * first.logit + self.blend.encoder * said + self.blend.offset
        return _decided(first.reading, raw, "encoder", (first.scored.start, first.scored.end))

    def _asked(self, windows: Sequence[Window]) -> list[float]:
        if self.encoder is None:
            return [0.0] * len(windows)
        keys = [window.key() for window in windows]
        known = {key: self.cache.get(key) for key in keys}
        missing = {key: window for key, window in zip(keys, windows, strict=True) if known[key] is None}
        if missing:
            texts, places = [one.text for one in missing.values()], [one.place for one in missing.values()]
            for key, score in zip(missing, self.encoder.score(texts, places), strict=True):
                known[key] = score
                self.cache.put(key, score)
        return [known[key] or 0.0 for key in keys]


def load(folder: Path | None = None, *, calibration: Path | None = None, encoder: bool = True) -> Scorer:
    """Return the scorer of this installation: signatures alone without the extra `guard`.

    `calibration` is a file that `accord guard calibrate` wrote. Raises `CatalogError` for weights or a calibration
    that cannot be read.
    """
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more threads only wait for each other
    place = folder or WEIGHTS
    described = _described(place)
    by_channel = readings(described.get("channels"))
    if calibration is not None:
        by_channel = applied(by_channel, calibration)
    front = _front(place)
    scorer = Scorer(signatures(), by_channel, front, orders=_orders(place) if front else None)
    if scorer.front is None or not encoder:
        return scorer
    blend = described.get("blend")
    return replace(scorer, encoder=_encoder(folder), blend=_blend(blend) if isinstance(blend, dict) else Blend())


def _described(place: Path) -> dict[str, object]:
    try:
        found = json.loads((place / "front.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CatalogError(
            f"the description front.json of the detector cannot be read: {error}",
            hint="install accord anew",
            code="ACC-E780",
        ) from error
    return found if isinstance(found, dict) else {}


def _blend(told: Mapping[str, object]) -> Blend:
    """Read how the stages are put together.

    Raises `CatalogError` for numbers that turn what a stage says upside down.
    """
    try:
        found = Blend(**{name: float(str(told[name])) for name in Blend._fields if name in told})
    except ValueError as error:
        raise CatalogError(
            f"the blend of the detector cannot be read: {error}", hint="install accord anew", code="ACC-E781"
        ) from error
    if not (0 < found.front < 1e6 and 0 <= found.encoder < 1e6 and -1e6 < found.offset < 1e6 and found.most > 0):
        raise CatalogError(
            f"the blend of the detector turns what a stage says upside down: {found}",
            hint="install accord anew",
            code="ACC-E781",
        )
    return found


def _front(place: Path) -> Front | None:
    try:
        from accord.guard.detector.front import front_of
        from accord.guard.detector.table import arrays
    except ImportError:
        return None
    try:
        return front_of(arrays(place / "front.safetensors"))
    except ValueError as error:
        raise CatalogError(
            f"the weights of the detector: {error}", hint="install accord anew", code="ACC-E780"
        ) from error


def _orders(place: Path) -> Orders | None:
    """Return what finds orders that are out of place; None in a folder of weights without them."""
    path = place / "orders.safetensors"
    if not path.is_file():
        return None
    from accord.guard.detector.orders import orders_of
    from accord.guard.detector.table import arrays

    try:
        return orders_of(arrays(path))
    except ValueError as error:
        raise CatalogError(
            f"the weights of the detector: {error}", hint="install accord anew", code="ACC-E780"
        ) from error


def _encoder(folder: Path | None) -> Encoder | None:
    from accord.guard.detector.encoder import load_encoder

    return load_encoder(folder)


def _ruled(seen: Seen) -> Scored:
    """Score by signatures alone: the strongest, a little more for each further family."""
    score = min(0.99, seen.strength + 0.03 * max(0, seen.families - 1)) if seen.strength else 0.02
    return Scored(score=score, stage="rules", start=seen.start, end=seen.end, flag=score >= 0.7, block=score >= 0.9)


def _decided(reading: Reading, raw: float, stage: Stage, place: tuple[int, int]) -> Scored:
    score = probability(reading.slope * raw + reading.offset)
    flag, block = score >= reading.flag, score >= reading.block
    return Scored(score=score, stage=stage, start=place[0], end=place[1], flag=flag, block=block)


def _windows(plain: View, spots: Sequence[Spot], order: Order | None) -> tuple[Window, ...]:
    """Return what the encoder is asked about: the worst windows, and the sentence that is most out of place."""
    asked = [_window(spot) for spot in spots[:MOST_WINDOWS]]
    if order is not None:
        said = " ".join(plain.text[order.start : order.end].split())
        if not any(said in " ".join(window.text.split()) for window in asked):
            asked[MOST_WINDOWS - 1 :] = [_window(spots[0]._replace(view=plain, start=order.start, end=order.end))]
    return tuple(asked)


def _window(spot: Spot) -> Window:
    """Return the text of a window, widened to whole words and to what the encoder reads best."""
    text = spot.view.text
    room = max(0, _LONGEST_WINDOW - (spot.end - spot.start)) // 2
    begin, end = max(0, spot.start - room), min(len(text), spot.end + room)
    cut = text[begin:end].strip()
    if not cut:
        return Window(text[:_LONGEST_WINDOW], (0, 0))
    begin = text.index(cut[0], begin)
    return Window(cut, (max(0, spot.start - begin), spot.end - begin))
