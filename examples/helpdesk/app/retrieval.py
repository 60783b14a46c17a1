"""Finds help pages by BM25; pages added while running are searched too, and the newest always comes along."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

KB_FOLDER = Path(__file__).resolve().parent.parent / "kb"
_STOP = frozenset(
    "a an and are as at be can do does for from have how i in is it of on or our the to we what when you your".split()
)


class Page(NamedTuple):
    """One help page."""

    name: str
    text: str


def terms(text: str) -> Counter[str]:
    """Count the telling words of a text."""
    words = (word for word in re.findall(r"\w+", text.lower()) if word not in _STOP)
    return Counter(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words)


class Index:
    """Holds the pages and their words."""

    def __init__(self, pages: Iterable[Page]) -> None:
        """Index the pages."""
        self._pages = {page.name: page for page in pages}
        self._added: list[str] = []

    def add(self, page: Page) -> None:
        """Add a page, or replace the one of that name."""
        self._pages[page.name] = page
        self._added = [name for name in self._added if name != page.name] + [page.name]

    def remove(self, name: str) -> bool:
        """Forget a page that was added while running; the pages of the folder stay."""
        if name not in self._added:
            return False
        self._added.remove(name)
        del self._pages[name]
        return True

    def search(self, query: str, *, best: int = 1) -> tuple[Page, ...]:
        """Return the newest added page and the best-matching ones, best first."""
        documents = {page: terms(f"{page.name} {page.text}") for page in self._pages.values()}
        mean = sum(found.total() for found in documents.values()) / max(len(documents), 1)
        scores = {page: _score(terms(query), found, documents.values(), mean) for page, found in documents.items()}
        ranked = sorted((page for page in scores if scores[page] > 0), key=lambda page: (-scores[page], page.name))
        notice = [self._pages[name] for name in self._added[-1:]]
        return tuple(dict.fromkeys([*notice, *ranked[:best]]))


def _score(wanted: Iterable[str], found: Counter[str], documents: Iterable[Counter[str]], mean: float) -> float:
    total, every = 0.0, list(documents)
    for term in wanted:
        count, spread = found[term], sum(term in document for document in every)
        rarity = math.log(1 + (len(every) - spread + 0.5) / (spread + 0.5))
        total += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * found.total() / mean))
    return total


def quote(text: str, question: str) -> str:
    """Return the two sentences of a text that share most words with the question."""
    sentences = [part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.endswith((".", "!", "?"))]
    wanted = terms(question)
    best = sorted(range(len(sentences)), key=lambda n: (-(terms(sentences[n]) & wanted).total(), n))[:2]
    return " ".join(sentences[n] for n in sorted(best))


def from_folder(folder: Path = KB_FOLDER) -> Index:
    """Index the help pages of a folder."""
    return Index(Page(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.md")))
