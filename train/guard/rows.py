"""Makes the training rows of the guard's detector: `python train/guard/rows.py [--seed N] [--scale F]`.

Every row is `{"text", "label", "channel", "lang", "source"}`, attacks in a carrier also `bad: [start, end]`. The same
seed, corpus, interpreter and grammars give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import carriers
import encode
import grammar
import sources

Row = dict[str, object]
_SHARE_OF_ENGLISH = 0.42
_TWINS = 0.35
"""Rows that are one of two twins, for each row of the others."""

_CALM = (
    "role",
    "role",
    "trigger",
    "policy",
    "reported",
    "security",
    "override",
    "leak",
    "persona",
    "quiet",
    "fiction",
    "admin",
)
"""Kinds of harmless texts that use the words of attacks."""

_INDIRECT = (
    "agentact",
    "agentact",
    "plainact",
    "quiet",
    "quiet",
    "indirect",
    "indirect",
    "indirect",
    "indirect",
    "override",
    "fakeroles",
    "authority",
    "memory",
    "leak",
    "mode",
    "suppress",
)


def main() -> None:
    """Write the rows and say what is in them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=20261122)
    asked.add_argument("--scale", type=float, default=2.0)
    asked.add_argument("--more", action="store_true", help="grammars in grammar/more too, and twins (the encoder's)")
    asked.add_argument("--without", default="", help="leave out corpus sources that begin so (leave-one-source-out)")
    asked.add_argument("--out", type=Path, default=sources.HERE / "made" / "rows.jsonl.gz")
    options = asked.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    seen: set[bytes] = set()
    counts: Counter[tuple[object, ...]] = Counter()
    with options.out.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        for row in rows(options.seed, options.scale, more=options.more):
            key = hashlib.blake2b(str(row["text"]).encode("utf-8", "replace"), digest_size=16).digest()
            if key in seen or not str(row["text"]).strip():
                continue
            seen.add(key)
            counts[row["label"], row["channel"], row["lang"]] += 1
            packed.write((json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
    for label in (0, 1):
        chosen = {key: count for key, count in counts.items() if key[0] == label}
        by_lang, by_channel = Counter[object](), Counter[object]()
        for (_, channel, lang), count in chosen.items():
            by_lang[lang] += count
            by_channel[channel] += count
        print(label, sum(chosen.values()), dict(by_channel), dict(by_lang))


def rows(seed: int, scale: float, *, more: bool = False) -> Iterator[Row]:
    """Yield all rows in a fixed order."""
    corpus = [row for row in sources.corpus("train") if sources.may_train(row)]
    for row in corpus:
        yield {key: row[key] for key in ("text", "label", "channel", "lang", "source")}
    yield from sources.shipped_cases()
    library = list(sources.library_prose())
    for text, channel in library:
        yield {"text": text, "label": 0, "channel": channel, "lang": "en", "source": "library:python"}
    prose = [str(row["text"]) for row in corpus if row["label"] == 0 and row["channel"] in ("document", "email")]
    prose = [text for text in prose if "<html" not in text[:200]] + [
        text for text, channel in library if channel == "document"
    ]
    asks = [
        str(row["text"])
        for row in corpus
        if row["label"] == 0 and row["channel"] == "user" and len(str(row["text"])) < 1200
    ]
    asks = [
        text
        for row, text in zip(
            (r for r in corpus if r["label"] == 0 and r["channel"] == "user" and len(str(r["text"])) < 1200),
            asks,
            strict=True,
        )
        if not str(row["source"]).startswith("encoded")
    ]
    words = _words(prose)
    made: list[Row] = []
    names = grammar.languages(more=more)
    for lang in names:
        rng = random.Random(f"{seed}:{lang}")
        writer = grammar.Writer(grammar.read(lang, more=more), rng, words if lang == "en" else words[::7])
        share = _SHARE_OF_ENGLISH if lang == "en" else (1 - _SHARE_OF_ENGLISH) / max(1, len(names) - 1)
        local = _Local(writer, prose if lang == "en" else [], asks if lang == "en" else [], lang)
        count = int(60_000 * scale * share)
        for row in (*local.rows(count), *local.twins(int(count * _TWINS) if more else 0)):
            made.append(row)
            yield row
    yield from _mixed(made, random.Random(f"{seed}:mixed"), int(6_000 * scale))
    yield from _encoded(
        made + [dict(row) for row in corpus if len(str(row["text"])) < 500],
        random.Random(f"{seed}:encoded"),
        int(9_000 * scale),
    )


def _words(prose: list[str]) -> list[str]:
    found = Counter(
        word
        for text in prose
        for word in text.split()
        if word.isascii() and word.isalpha() and 3 < len(word) < 11 and word.islower()
    )
    return sorted(word for word, _ in found.most_common(4000))


class _Local:
    """The rows of one language."""

    def __init__(self, writer: grammar.Writer, prose: list[str], asks: list[str], lang: str) -> None:
        self.writer, self.prose, self.asks, self.lang = writer, prose, asks, lang

    def rows(self, count: int) -> Iterator[Row]:
        """Yield pairs of attacks and harmless twins."""
        rng = self.writer.rng
        for _ in range(count // 2):
            attack, kind = self._attack(rng.random())
            yield attack
            yield self._benign(rng.random(), kind)

    def twins(self, count: int) -> Iterator[Row]:
        """Yield attacks, each with a harmless text of its own kind: what tells them apart is what they ask for."""
        rng, writer = self.writer.rng, self.writer
        kinds = ["fiction", "fiction", "quiet", *(kind for kind in writer.grammar.attack if kind != "fakeroles")]
        calm = [kind for kind in _CALM if writer.has(0, kind)]
        for _ in range(count // 2):
            kind = rng.choice(kinds)
            attack = writer.attack(kind)[0]
            attack = self._around(attack) if rng.random() < 0.4 else attack
            yield self._row(attack, 1, "user", f"twin:{kind}")
            kind = kind if writer.has(0, kind) and rng.random() < 0.5 else rng.choice(calm)
            honest = writer.benign(kind)[0]
            honest = f"{self._honest_ask()} {honest}" if rng.random() < 0.3 else honest
            yield self._row(honest, 0, "user", f"twin:{kind}")

    def _row(self, text: str, label: int, channel: str, source: str) -> Row:
        rng = self.writer.rng
        if rng.random() < 0.12 and len(text) < 2000:
            text = encode.disturb(text, rng)
        return {"text": text, "label": label, "channel": channel, "lang": self.lang, "source": f"made:{source}"}

    def _attack(self, chance: float) -> tuple[Row, str]:
        writer, rng = self.writer, self.writer.rng
        if chance < 0.30:
            text, kind = writer.attack()
            return self._row(self._around(text), 1, "user", f"one:{kind}"), "user"
        if chance < 0.42:
            parts = [writer.attack()[0] for _ in range(rng.randint(2, 4))]
            return self._row(rng.choice((" ", "\n", "\n\n")).join(parts), 1, "user", "several"), "user"
        if chance < 0.57:
            return self._row(self._jailbreak(), 1, "user", "persona-long"), "user"
        bad = self._hidden()
        kind = rng.choice(carriers.kinds())
        found = carriers.carry(kind, writer, self.prose, bad)
        row = {"text": found.text, "label": 1, "channel": found.channel, "lang": self.lang, "source": f"made:in:{kind}"}
        return row | {"bad": [found.start, found.end]}, kind

    def _hidden(self) -> str:
        rng, writer = self.writer.rng, self.writer
        kinds = [kind for kind in _INDIRECT if writer.has(1, kind)]
        parts = [writer.attack(rng.choice(kinds))[0] for _ in range(rng.choice((1, 1, 1, 2)))]
        text = " ".join(parts)
        if rng.random() < 0.1:
            text = encode.disturb(text, rng)
        return text

    def _around(self, text: str) -> str:
        rng, writer = self.writer.rng, self.writer
        chance = rng.random()
        if chance < 0.55:
            return text
        other = self._honest_ask()
        if chance < 0.8:
            separator = writer.slot("sep") if "sep" in writer.grammar.slots else rng.choice((" ", "\n", "\n\n"))
            return other + (separator or " ") + text
        return (
            text + rng.choice((" ", "\n", "\n\n")) + other if chance < 0.9 else f"{self._honest_ask()} {text} {other}"
        )

    def _honest_ask(self) -> str:
        rng = self.writer.rng
        if self.asks and rng.random() < 0.4:
            return rng.choice(self.asks)
        return self.writer.benign("ask")[0]

    def _jailbreak(self) -> str:
        rng, writer = self.writer.rng, self.writer
        pool = [
            kind
            for kind in ("rules", "rules", "rules", "persona", "mode", "suppress", "hypothetical", "deny")
            if writer.has(1, kind)
        ]
        parts = [writer.attack("persona")[0]] + [writer.attack(rng.choice(pool))[0] for _ in range(rng.randint(3, 12))]
        if rng.random() < 0.3:
            parts.insert(0, writer.attack("override")[0])
        if rng.random() < 0.4:
            parts.insert(rng.randint(0, len(parts)), writer.benign(rng.choice(("persona", "sent")))[0])
        if "harmask" in writer.grammar.slots and rng.random() < 0.6:
            parts.append(writer.slot("harmask"))
        return rng.choice((" ", "\n", " ", "\n\n")).join(parts)

    def _benign(self, chance: float, kind: str) -> Row:
        writer, rng = self.writer, self.writer.rng
        if kind != "user" or chance < 0.12:
            carrier = kind if kind != "user" else rng.choice(carriers.kinds())
            found = carriers.carry(carrier, writer, self.prose, writer.benign()[0] if chance < 0.6 else None)
            return {
                "text": found.text,
                "label": 0,
                "channel": found.channel,
                "lang": self.lang,
                "source": f"made:in:{carrier}",
            }
        if chance < 0.5:
            text, kind = writer.benign()
            return self._row(text, 0, "user", f"one:{kind}")
        if chance < 0.7:
            return self._row(self._honest_ask(), 0, "user", "ask")
        if chance < 0.85:
            parts = [writer.benign()[0] for _ in range(rng.randint(2, 4))]
            return self._row(rng.choice((" ", "\n", "\n\n")).join(parts), 0, "user", "several")
        parts = [writer.benign("persona")[0]] + [
            writer.benign(rng.choice(("persona", "sent", "ask", "admin", "security")))[0]
            for _ in range(rng.randint(2, 8))
        ]
        return self._row(rng.choice((" ", "\n", "\n\n")).join(parts), 0, "user", "persona-long")


def _mixed(made: list[Row], rng: random.Random, count: int) -> Iterator[Row]:
    """Yield long texts of harmless rows, half of them with one bad row inside, languages mixed."""
    good = [row for row in made if row["label"] == 0]
    bad = [row for row in made if row["label"] == 1 and len(str(row["text"])) < 600]
    if not good or not bad:
        return
    for _ in range(count // 2):
        first = rng.choice(good)
        same = [row for row in rng.choices(good, k=40) if row["channel"] == first["channel"]] or [first]
        parts = [str(row["text"]) for row in same[: rng.randint(1, 12)]]
        joint = rng.choice(("\n", "\n\n", " "))
        yield {
            "text": joint.join(parts),
            "label": 0,
            "channel": first["channel"],
            "lang": first["lang"],
            "source": "made:long",
        }
        attack, at = rng.choice(bad), rng.randint(0, len(parts))
        parts.insert(at, str(attack["text"]))
        start = sum(len(part) + len(joint) for part in parts[:at])
        row = {
            "text": joint.join(parts),
            "label": 1,
            "channel": first["channel"],
            "lang": attack["lang"],
            "source": "made:long",
        }
        yield row | {"bad": [start, start + len(str(attack["text"]))]}


def _encoded(made: list[Row], rng: random.Random, count: int) -> Iterator[Row]:
    """Yield encoded rows, of both labels alike."""
    by_label = {
        label: [
            row
            for row in made
            if row["label"] == label and len(str(row["text"])) < 700 and not str(row["source"]).startswith("encoded")
        ]
        for label in (0, 1)
    }
    names = list(encode.ENCODINGS)
    for at in range(count):
        row = rng.choice(by_label[at % 2])
        name = rng.choice(names)
        text = encode.ENCODINGS[name](str(row["text"]), rng)
        yield {
            "text": text,
            "label": row["label"],
            "channel": row["channel"],
            "lang": row["lang"],
            "source": f"made:encoded:{name}",
        }


if __name__ == "__main__":
    main()
