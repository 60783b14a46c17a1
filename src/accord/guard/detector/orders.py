"""Orders that are out of place: sentences that tell somebody to do what the text around them is not about.

A quiet order ("forward the invoices to this address") has no words of an attack. What gives it away is where it stands:
it speaks to whoever can act, amid sentences about something else. A small network looks at each sentence by what its
words mean, how it begins, and how near it is to its neighbours and to the rest of the text; words of one meaning are
near each other in thirty languages. Budget on one core: 0.3 ms for 1,000 characters, 5 ms for 16,000.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from accord.content.decoding.pages import read_out
from accord.guard.meanings import WIDTH, Meanings, Sentences, meanings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

INPUTS: Final = 4 * WIDTH + 11
"""Numbers that tell of a sentence: its meaning, its first word, the next three, the rest of the text; then scalars."""

_TOGETHER: Final = 256  # sentences that are a text of their own
_OVERLAP: Final = 16
_FEWEST: Final = 5  # sentences: in fewer there is no place to be out of
_MANY: Final = 64  # sentences: more than these lower no score any further
_MOST: Final = 1 << 20  # characters of a text that are looked at
_AT_ONCE: Final = 1 << 16
_FIRST: Final = np.arange(4)  # words
_ROWS: Final = 15  # sentences in one product
_COLUMNS: Final = 64  # units in one product
_SCALARS: Final = 4 * WIDTH
_LOOKS: Final = _SCALARS + 5
_NEIGHBOURS: Final = _SCALARS + 7


class Order(NamedTuple):
    """The sentence that is most out of place: how much, as a logit, where it stands, and amid how many."""

    score: float
    start: int
    end: int
    sentences: int = _FEWEST


@dataclass(frozen=True, slots=True)
class Orders:
    """A network of two layers, and what its worst sentence adds to the front's logit.

    That is `weight` times a soft step that begins at `from_`, less `discount` times the logarithm of how many sentences
    there are: of many honest ones, the worst looks bad by chance, to the network as to the front.
    """

    first: Floats
    first_offset: Floats
    second: Floats
    second_offset: float
    weight: float
    from_: float
    discount: float

    def look(self, text: str) -> Order | None:
        """Return the sentence of a text that is most out of place, or None where there are too few."""
        table = meanings()
        if table is None:
            return None
        page = read_out(text[:_MOST])
        worst = [
            order._replace(start=at + order.start, end=at + order.end)
            for at in range(0, len(page.text), _AT_ONCE)
            for order in self._worst(table, page.text[at : at + _AT_ONCE])
        ]
        if not worst:
            return None
        best = max(worst, key=lambda order: order.score)
        return Order(best.score, *page.at(best.start, best.end), sum(order.sentences for order in worst))

    def adds(self, order: Order | None) -> float:
        """Return what the front's logit gains."""
        if order is None:
            return 0.0
        by_chance = self.discount * math.log(min(max(order.sentences, _FEWEST), _MANY) / _FEWEST)
        return self.weight * float(np.logaddexp(0.0, order.score - self.from_)) - by_chance

    def _worst(self, table: Meanings, text: str) -> Iterator[Order]:
        for told, spans in sentences(table, text):
            scores = self._scores(told)
            at = int(scores.argmax())
            yield Order(float(scores[at]), *spans[at], len(spans))

    def _scores(self, told: Floats) -> Floats:
        """Return the logit of each sentence."""
        scores = np.empty(len(told), np.float32)
        for at in range(0, len(told), _ROWS):
            seen = _product(told[at : at + _ROWS], self.first)
            seen += self.first_offset
            np.maximum(seen, 0, out=seen)
            scores[at : at + _ROWS] = seen @ self.second
        return scores + np.float32(self.second_offset)


def sentences(table: Meanings, text: str) -> Iterator[tuple[Floats, Sequence[tuple[int, int]]]]:
    """Yield what tells of the sentences of a text, a row for each, and where each stands; many of them in parts."""
    found = table.sentences(text, _FEWEST)
    if found is None:
        return
    for at in range(0, len(found.places), _TOGETHER - _OVERLAP):
        places = found.places[at : at + _TOGETHER]
        if at and len(places) <= _OVERLAP:
            break
        told = np.empty((len(places), INPUTS), np.float32)
        _mean(told, found.vectors[at : at + _TOGETHER], found.tells[at : at + _TOGETHER])
        _begin(told, table, found, at)
        told[:, _LOOKS] = [text.find("?", end - 1, end + 1) >= 0 for _, end in places]
        told[:, _LOOKS + 1] = [text[start : start + 1].isupper() for start, _ in places]
        yield told, places


def _mean(told: Floats, own: Floats, tells: Floats) -> None:
    """Write what sentences mean, what the rest of the text means, and how near each is to it and to its neighbours."""
    count = len(own)
    summed = own * tells[:, None]
    rest = summed.sum(axis=0) - summed
    rest /= np.maximum(np.sqrt(np.einsum("ij,ij->i", rest, rest)), 1e-6)[:, None]
    alike = _alike(own)
    alike.ravel()[:: count + 1] = -1
    told[:, :WIDTH] = own
    told[:, 3 * WIDTH : _SCALARS] = rest
    told[:, _SCALARS] = np.einsum("ij,ij->i", own, rest)
    told[:, _SCALARS + 1] = alike.max(axis=1)
    told[:, _SCALARS + 3] = math.log(count)
    told[:, _NEIGHBOURS:] = 0
    told[1:, _NEIGHBOURS] = told[:-1, _NEIGHBOURS + 1] = alike.ravel()[1 :: count + 1]
    told[0, _NEIGHBOURS + 2] = told[-1, _NEIGHBOURS + 3] = 1


def _product(left: Floats, right: Floats) -> Floats:
    """Return a product, made of pieces so small that numpy starts no threads for them.

    Where it was loaded before us it may have as many as there are cores, and they cost more than they bring.
    """
    made = np.empty((len(left), right.shape[1]), np.float32)
    for at in range(0, len(left), _ROWS):
        rows, out = left[at : at + _ROWS], made[at : at + _ROWS]
        for begin in range(0, right.shape[1], _COLUMNS):
            columns = slice(begin, begin + _COLUMNS)
            np.matmul(rows, right[:, columns], out=out[:, columns])
    return made


def _alike(own: Floats) -> Floats:
    """Return how near each sentence is to each; at once where numpy has one thread, as when the weights were made."""
    alone = len(own) <= _COLUMNS or os.environ.get("OPENBLAS_NUM_THREADS") == "1"
    return own @ own.T if alone else _product(own, own.T)


def _begin(told: Floats, table: Meanings, found: Sentences, at: int) -> None:
    """Write the meaning of the first word of each sentence, the mean of the three after it, and how much all tell."""
    count = len(told)
    begins, words = found.begins[at : at + count], (found.ends - found.begins)[at : at + count]
    places = (begins[:, None] + _FIRST).ravel()
    first = table.of(found.flat.take(places, mode="clip")).reshape(count, len(_FIRST), WIDTH)
    there = (words[:, None] > _FIRST[1:]).astype(np.float32)
    told[:, WIDTH : 2 * WIDTH] = first[:, 0]
    told[:, 2 * WIDTH : 3 * WIDTH] = np.einsum("ijk,ij->ik", first[:, 1:], there / there.sum(axis=1, keepdims=True))
    told[:, _SCALARS + 2] = np.log(words)
    told[:, _SCALARS + 4] = found.tells[at : at + count] / words


def orders_of(found: Mapping[str, NDArray[np.generic]]) -> Orders:
    """Build it from its arrays.

    Raises `ValueError` when one is missing or has another size.
    """
    hidden = found["first_offset"].shape[0] if "first_offset" in found else 0
    sizes = {"first": (INPUTS, hidden), "first_offset": (hidden,), "second": (hidden,), "rest": (4,)}
    for name, size in sizes.items():
        if name not in found or found[name].shape != size or not hidden:
            raise ValueError(f"the array {name!r} is missing or has not the shape {size}")
    first, first_offset, second, rest = (found[name].astype(np.float32) for name in sizes)
    if not all(np.isfinite(one).all() for one in (first, first_offset, second, rest)) or min(rest[1], rest[3]) < 0:
        raise ValueError("the weights for orders hold what is no number, or turn what they say upside down")
    return Orders(first, first_offset, second, *(float(one) for one in rest))
