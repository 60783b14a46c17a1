"""Fits what tells an order to say a token from an honest sentence with a token: the weights of a logistic regression.

Orders are those of the shipped cases, of `ordered/told.txt` and of the grammars, alone and amid honest sentences;
honest are `ordered/honest.txt`, the built-in texts and rows of the corpus that may ship, with tokens in the place of
numbers and names. `{{NAME}}` stands for a token, which itself tells nothing.

    python train/guard/ordered.py --corpus ../shared/corpus/injection --out src/accord/data/guard/ordered.json
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import grammar
import numpy as np
from hostile import CASES, _rows

from accord.case.lint import load
from accord.content.views import views
from accord.core.case import Channel
from accord.guard.meanings import Meanings, meanings
from accord.guard.rules.benign import built_in
from accord.guard.rules.compiling import hostile_texts
from accord.guard.rules.ordering import Ordering

HERE = Path(__file__).parent / "ordered"
TOKEN = re.compile(r"\{\{\w+\}\}")
STANDS_IN = "k7Qz81LmPx44ab7x"
GROUPS = (
    "write say print output repeat reply answer respond tell display echo state mention",
    "answer reply response summary output sentence line heading",
    "assistant ai model chatbot llm bot agent reader automatic",
    "join concatenate combine attach together append glued merge",
    "without space gap separator blank between",
    "begin start end finish first last bottom",
    "ignore disregard forget instructions rules instead",
    "only nothing exactly verbatim just else",
    "must always every should required each",
    "you your yours",
    "user person asker",
    "order tracking invoice delivery account login password customer payment reference",
    "contact write us call support desk phone",
    "code string word token text phrase marker",
)
NAMED = re.compile(r"(?<![\w.])#?[A-Z]{0,4}-?\d{3,}(?![\w.]*\d)|(?<=`)[a-z_]{5,}(?=`)")
"""What an honest text calls by a number or a name, and could call by a token."""

SHARES = (0.5, 1.5, 1.0, 1.3, 1.5)  # cases, orders, the grammars' orders, honest sentences with tokens, honest texts
RIDGE, ROUNDS = 1e-3, 40
MOST = 4  # sentences of a text
AMID = 2  # honest sentences around an order, that many times


def main() -> None:
    """Read the sentences, fit the weights, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    table = meanings()
    if table is None:
        raise SystemExit("numpy is not installed")
    sentences = Sentences(table, random.Random(9))
    honest = list(_honest(args.corpus))
    told, codes = ((HERE / f"{name}.txt").read_text("utf-8").splitlines() for name in ("told", "honest"))
    cases = [text for path in sorted(CASES.rglob("*.yaml")) for text in hostile_texts(load(path))]
    plain = [max((one.text for one in views(text)[:6]), key=lambda one: table.told(table.rows(one))) for text in cases]
    groups = [
        *([*sentences.of(texts), *sentences.of(sentences.amid(texts, honest))] for texts in (plain, told)),
        list(sentences.of(_grammars())),
        [*sentences.of(codes), *sentences.of(sentences.amid(codes, honest))],
        list(sentences.of(NAMED.sub("{{t}}", text) for text in honest)),
    ]
    *weights, bias = (round(float(one), 3) for one in _fitted(groups, (1, 1, 1, 0, 0)))
    args.out.write_text(json.dumps({"groups": GROUPS, "weights": weights, "bias": bias}), encoding="utf-8")


class Sentences:
    """Takes the sentences with tokens out of texts, or any sentence of a text without."""

    def __init__(self, table: Meanings, draw: random.Random) -> None:
        """Remember the table of words and the source of chance."""
        self._table, self._draw = table, draw
        self._asked = Ordering(table, GROUPS, (), 0.0)

    def of(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Yield the numbers of sentences, at most four of a text."""
        for text in texts:
            seen = self._table.read(text)
            places = [] if seen is None else list(seen.places)
            marked = [at for at, place in enumerate(places) if TOKEN.search(text[slice(*place)])]
            marked = marked or ([self._draw.randrange(len(places))] if places else [])
            for at in marked if len(marked) <= MOST else self._draw.sample(marked, MOST):
                yield self._numbers(text, places, at)

    def amid(self, orders: Iterable[str], honest: Sequence[str]) -> Iterator[str]:
        """Yield orders between honest sentences."""
        for order in orders:
            for _ in range(AMID):
                before, after = (self._sentence(self._draw.choice(honest)) for _ in range(2))
                yield f"{before} {order} {after}"

    def _sentence(self, text: str) -> str:
        seen = self._table.read(text)
        start, end = (0, 0) if seen is None else self._draw.choice(list(seen.places))
        return f"{text[start:end].strip()}."

    def _numbers(self, text: str, places: Sequence[tuple[int, int]], at: int) -> np.ndarray:
        first, last = places[max(0, at - 1)][0], places[min(len(places) - 1, at + 1)][1]
        filled = (TOKEN.sub(STANDS_IN, part) for part in (text[slice(*places[at])], text[first:last][:800]))
        return self._asked.numbers(*filled)


def _grammars() -> Iterator[str]:
    """Yield the grammars' attacks that want something said."""
    for lang in grammar.languages(more=True):
        known = grammar.read(lang, more=True)
        known.slots["said"] = ["{{t}}"]
        writer = grammar.Writer(known, random.Random(lang), ["river", "stone", "paper"])
        texts = (writer.attack()[0][:1200] for _ in range(400))
        yield from islice((text for text in texts if TOKEN.search(text)), 50)


def _honest(corpus: Path) -> Iterator[str]:
    """Yield honest texts that no user wrote: ours, and those of the corpus that may ship."""
    yield from (one.text for one in built_in() if one.channel != Channel.USER)
    for row in _rows(corpus):
        if row["ship"] and not row["label"] and row["channel"] != "user":
            yield str(row["text"])[:4000]


def _fitted(groups: Sequence[Sequence[np.ndarray]], labels: Sequence[int]) -> np.ndarray:
    """Return the weights (Newton's method)."""
    seen = np.vstack([part for one in groups for part in one])
    seen = np.hstack([seen, np.ones((len(seen), 1))]).astype(float)
    wanted = np.concatenate([np.full(len(one), label) for one, label in zip(groups, labels, strict=True)])
    share = np.concatenate([np.full(len(one), much / len(one)) for one, much in zip(groups, SHARES, strict=True)])
    out = np.zeros(seen.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-(seen @ out).clip(-30, 30)))
        slope = seen.T @ (share * (chance - wanted)) + RIDGE * out
        bend = (seen * (share * chance * (1 - chance))[:, None]).T @ seen + RIDGE * np.eye(len(out))
        out -= np.linalg.solve(bend, slope)
    return out


if __name__ == "__main__":
    main()
