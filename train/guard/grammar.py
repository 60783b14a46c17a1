"""Grammars of attack and harmless texts: plain files of templates, expanded with a seeded choice."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent / "grammar"
_MORE: Final = _HERE / "more"
"""More kinds and languages. Taught with them, neither the front nor the encoder was better on sources left out."""

_ORDERS: Final = _HERE / "orders"
"""Orders that are quiet: for what is told by its place alone (`orders.py`)."""

_DEEPEST: Final = 12
_SYLLABLES: Final = (
    "ba co di fen gor hal in jol ka lum mer no or pel qui ran sol tam ur vel wex yor zan cle bri dro".split()
)
_ENDINGS: Final = ("com", "org", "net", "io", "de", "co", "info", "example", "ai", "dev", "fr", "eu")


@dataclass
class Grammar:
    """One language: slots to fill, and templates by kind for both labels."""

    lang: str
    slots: dict[str, list[str]] = field(default_factory=dict)
    attack: dict[str, list[str]] = field(default_factory=dict)
    benign: dict[str, list[str]] = field(default_factory=dict)


def read(lang: str, *, more: bool = False, orders: bool = False) -> Grammar:
    """Read the grammar of one language, with `more` and `orders`; a line that fits nowhere is an error."""
    found, section = Grammar(lang), None
    shared = [_HERE / "_shared.txt"] if lang != "en" else []
    places = [*shared, _HERE / f"{lang}.txt", *([_MORE / f"{lang}.txt"] if more else [])]
    places += [_ORDERS / f"{lang}.txt"] if orders else []
    for line in [line for path in places if path.is_file() for line in path.read_text("utf-8").splitlines()]:
        if not line or line.startswith("# "):
            continue
        if line[0] == "@":
            name, _, body = line[1:].partition(":")
            found.slots.setdefault(name.strip(), []).extend(split(body.lstrip()))
        elif line[0] in "+-" and line[1:].replace("-", "").isalnum() and " " not in line:
            section = (found.attack if line[0] == "+" else found.benign).setdefault(line[1:], [])
        elif section is not None:
            section.append(line)
        else:
            raise ValueError(f"{lang}: a template outside any section: {line[:60]}")
    return found


def languages(*, more: bool = False) -> list[str]:
    """Return the languages that have a grammar, English first; those too that have one in `more` alone."""
    places = (_HERE, _MORE) if more else (_HERE,)
    found = sorted({path.stem for place in places for path in place.glob("[a-z]*.txt")})
    return ["en", *(name for name in found if name != "en")]


def split(body: str) -> list[str]:
    """Cut alternatives at the bars that stand outside brackets."""
    parts, depth, begin, at = [], 0, 0, 0
    while at < len(body):
        if body[at] == "\\":
            at += 1
        elif body[at] == "[":
            depth += 1
        elif body[at] == "]":
            depth -= 1
        elif body[at] == "|" and depth == 0:
            parts.append(body[begin:at])
            begin = at + 1
        at += 1
    parts.append(body[begin:])
    return parts


class Writer:
    """Writes texts from a grammar with one seeded source of chance."""

    def __init__(self, grammar: Grammar, rng: random.Random, words: list[str]) -> None:
        """Remember the grammar, the chance and ordinary words for names."""
        self.grammar, self.rng, self.words = grammar, rng, words

    def attack(self, kind: str | None = None) -> tuple[str, str]:
        """Return an attack and its mechanism."""
        return self._draw(self.grammar.attack, kind)

    def benign(self, kind: str | None = None) -> tuple[str, str]:
        """Return a harmless text and its kind."""
        return self._draw(self.grammar.benign, kind)

    def has(self, label: int, kind: str) -> bool:
        """Say whether the language has this kind."""
        return kind in (self.grammar.attack if label else self.grammar.benign)

    def slot(self, name: str) -> str:
        """Return one filling of a slot."""
        return self.expand(f"<{name}>")

    def _draw(self, table: dict[str, list[str]], kind: str | None) -> tuple[str, str]:
        if kind is None or kind not in table:
            kinds = list(table)
            kind = self.rng.choices(kinds, [len(table[k]) ** 0.5 for k in kinds])[0]
        return self.expand(self.rng.choice(table[kind])), kind

    def expand(self, template: str) -> str:
        """Fill a template."""
        raw = self._fill(template, 0)
        out, capital = [], False
        for char in raw:
            if char == "\x01":
                capital = True
                continue
            out.append(char.upper() if capital and char.isalpha() else char)
            capital = capital and not char.isalnum()
        return "".join(out).strip(" ")

    def _fill(self, text: str, depth: int) -> str:
        out, at = [], 0
        while at < len(text):
            char = text[at]
            if char == "\\" and at + 1 < len(text):
                out.append({"n": "\n", "t": "\t"}.get(text[at + 1], text[at + 1]))
                at += 2
                continue
            end = _closing(text, at)
            if char == "[" and end:
                out.append(self._fill(self.rng.choice(split(text[at + 1 : end])), depth))
                at = end + 1
                continue
            if char == "<" and (stop := text.find(">", at)) > 0 and text[at + 1 : stop] in self.grammar.slots:
                chosen = self.rng.choice(self.grammar.slots[text[at + 1 : stop]])
                out.append(self._fill(chosen, depth + 1) if depth < _DEEPEST else "")
                at = stop + 1
                continue
            if char == "{" and (named := self._named(text, at)):
                out.append(named[0])
                at = named[1]
                continue
            out.append("\x01" if char == "^" else char)
            at += 1
        return "".join(out)

    def _named(self, text: str, at: int) -> tuple[str, int] | None:
        for name in ("num", "word", "host"):
            if text.startswith("{" + name + "}", at):
                return getattr(self, name)(), at + len(name) + 2
        return None

    def num(self) -> str:
        """Return a number as it stands in texts."""
        return str(self.rng.choice((self.rng.randint(2, 12), self.rng.randint(10, 99), self.rng.randint(100, 9999))))

    def word(self) -> str:
        """Return an ordinary or an invented word."""
        if self.rng.random() < 0.6:
            return self.rng.choice(self.words)
        return "".join(self.rng.choices(_SYLLABLES, k=self.rng.randint(2, 3)))

    def host(self) -> str:
        """Return an invented host name: both labels name hosts alike."""
        joint = self.rng.choice(("", "-", "."))
        return f"{self.word()}{joint}{self.word()}.{self.rng.choice(_ENDINGS)}".lower().replace(" ", "")


def _closing(text: str, at: int) -> int:
    if text[at] != "[":
        return 0
    depth = 0
    for here in range(at, len(text)):
        if text[here] == "[" and text[here - 1 : here] != "\\":
            depth += 1
        elif text[here] == "]" and text[here - 1 : here] != "\\":
            depth -= 1
            if depth == 0:
                return here
    return 0
